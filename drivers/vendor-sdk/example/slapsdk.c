/* The example library: draws a platen instead of reading one. Every fault a real library showed somebody is a switch.
 *
 * SLAPSDK_FAULT: crash (in the middle of a capture), hang (never returns from slap_poll), nonsense (sizes that fit nothing), huge, nobody,
 * dirty, gone, busy, none (nothing plugged in), abi (another version), lowres, noisy (prints to standard output).
 * SLAPSDK_FAULT_FILE: a file holding that word; it is read at each call, so a fault can come and go while the library runs. */
#include "slapsdk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef _WIN32
#include <windows.h>
#define nap(ms) Sleep(ms)
#else
#include <unistd.h>
#define nap(ms) usleep((ms) * 1000)
#endif

#define WIDTH 1600
#define HEIGHT 1000
#define SMALL 4 /* previews are a quarter of the picture */

struct slap_device { uint32_t fingers; int polls; };

static struct slap_device the_device;

static const char *fault(void)
{
    static char word[32];
    const char *path = getenv("SLAPSDK_FAULT_FILE"), *env = getenv("SLAPSDK_FAULT");
    FILE *file = path ? fopen(path, "r") : NULL;
    word[0] = 0;
    if (file) {
        if (!fgets(word, sizeof word, file)) word[0] = 0;
        fclose(file);
        word[strcspn(word, "\r\n")] = 0;
    }
    return word[0] ? word : env ? env : "";
}

static int is(const char *name) { return strcmp(fault(), name) == 0; }

int slap_abi_version(void) { return is("abi") ? SLAP_ABI + 1 : SLAP_ABI; }
int slap_count(void) { return is("none") || is("gone") ? 0 : 1; }

int slap_describe(int index, slap_info *info)
{
    if (index != 0 || !info) return SLAP_E_ARG;
    memset(info, 0, sizeof *info);
    strcpy(info->make, "Contoh");
    strcpy(info->model, "Slap 442");
    strcpy(info->serial, "SLAP-0001");
    return SLAP_OK;
}

int slap_open(int index, slap_device **device)
{
    if (index != 0 || !device) return SLAP_E_ARG;
    if (slap_count() == 0) return SLAP_E_GONE;
    if (is("busy")) return SLAP_E_BUSY;
    if (is("noisy")) puts("slapsdk: opened");
    memset(&the_device, 0, sizeof the_device);
    *device = &the_device;
    return SLAP_OK;
}

int slap_alive(slap_device *device) { return !device ? SLAP_E_ARG : is("gone") ? SLAP_E_GONE : SLAP_OK; }

int slap_start(slap_device *device, uint32_t fingers)
{
    if (!device || !fingers || fingers >> 10) return SLAP_E_ARG;
    if (is("gone")) return SLAP_E_GONE;
    if (is("dirty")) return SLAP_E_DIRTY;
    device->fingers = fingers;
    device->polls = 0;
    return SLAP_OK;
}

/* One oval of ridges a finger, from left to right. */
static void draw(const slap_device *device, uint8_t *buffer, int width, int height)
{
    int count = 0, number = 0;
    for (int f = 0; f < 10; f++) count += device->fingers >> f & 1;
    memset(buffer, 255, (size_t)width * height);
    for (int f = 0; f < 10; f++) {
        if (!(device->fingers >> f & 1)) continue;
        int slot = width / count, cx = slot * number++ + slot / 2, cy = height * 45 / 100;
        int rx = width / 10, ry = height / 5, period = 9 * width / WIDTH + 1;
        for (int y = cy - ry; y < cy + ry; y++)
            for (int x = cx - rx; x < cx + rx; x++) {
                double dx = (double)(x - cx) / rx, dy = (double)(y - cy) / ry;
                if (x < 0 || x >= width || y < 0 || y >= height || dx * dx + dy * dy > 1) continue;
                buffer[(size_t)y * width + x] = ((x - cx) * (x - cx) / (rx * 2) + y) % period < period / 2 + f % 2 ? 40 : 215;
            }
    }
}

int slap_poll(slap_device *device, uint8_t *buffer, size_t size, slap_size *preview)
{
    if (!device || !preview) return SLAP_E_ARG;
    if (is("gone")) return SLAP_E_GONE;
    if (is("hang")) for (;;) nap(1000);
    nap(20);
    if (is("nobody")) return SLAP_WAIT;
    device->polls++;
    if (is("crash") && device->polls > 2) *(volatile int *)0 = 0;
    if (device->polls > 4) return SLAP_READY;
    preview->width = WIDTH / SMALL;
    preview->height = HEIGHT / SMALL;
    preview->ppi = 500 / SMALL;
    if (size < (size_t)preview->width * preview->height) return SLAP_E_SIZE;
    draw(device, buffer, preview->width, preview->height);
    return SLAP_PREVIEW;
}

int slap_image(slap_device *device, uint8_t *buffer, size_t size, slap_size *image)
{
    if (!device || !image) return SLAP_E_ARG;
    if (is("gone")) return SLAP_E_GONE;
    image->width = WIDTH;
    image->height = HEIGHT;
    image->ppi = is("lowres") ? 363 : 500;
    if (size < (size_t)WIDTH * HEIGHT) return SLAP_E_SIZE;
    draw(device, buffer, WIDTH, HEIGHT);
    if (is("nonsense")) { image->width = -7; image->height = 3; }
    if (is("huge")) { image->width = 60000; image->height = 60000; }
    return SLAP_OK;
}

void slap_stop(slap_device *device) { if (device) device->fingers = 0; }
void slap_close(slap_device *device) { (void)device; }
