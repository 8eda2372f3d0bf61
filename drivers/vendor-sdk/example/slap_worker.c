/* The same worker in C, for vendors whose library is 32 bit only or whose desks have no Python:
 *     cc -O2 -o slap_worker slap_worker.c slapsdk.c          (-m32 for a 32-bit library)
 * It speaks the kiosk's wire on standard input and output: length (4 bytes, big endian), a JSON header, then the blobs the header lists.
 * Only what the kiosk sends is understood, not JSON in general. Linux and other systems with poll(2). */
#include "slapsdk.h"

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LARGEST (2000 * 2000)

static const char *FINGERS[10] = {"right_thumb", "right_index", "right_middle", "right_ring", "right_little",
                                  "left_thumb", "left_index", "left_middle", "left_ring", "left_little"};
static char header[1 << 16];
static uint8_t buffer[LARGEST];
static slap_device *device;
static int wire;
static long call;

static void put_all(const void *data, size_t size)
{
    const char *at = data;
    while (size) {
        ssize_t n = write(wire, at, size);
        if (n <= 0) exit(0);
        at += n;
        size -= (size_t)n;
    }
}

static int get_all(void *data, size_t size)
{
    char *at = data;
    while (size) {
        ssize_t n = read(0, at, size);
        if (n <= 0) return 0;
        at += n;
        size -= (size_t)n;
    }
    return 1;
}

/* One message: the id, what `format` makes, and at most one blob. */
static void say(const uint8_t *blob, size_t blob_size, const char *format, ...)
{
    static char text[2048];
    va_list list;
    int n = snprintf(text, sizeof text, "{\"id\": %ld, ", call);
    va_start(list, format);
    n += vsnprintf(text + n, sizeof text - (size_t)n, format, list);
    va_end(list);
    if (blob) n += snprintf(text + n, sizeof text - (size_t)n, ", \"blobs\": [%zu]}", blob_size);
    else n += snprintf(text + n, sizeof text - (size_t)n, ", \"blobs\": []}");
    uint8_t head[4] = {(uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n};
    put_all(head, 4);
    put_all(text, (size_t)n);
    if (blob) put_all(blob, blob_size);
}

static void refuse(const char *kind, const char *key, const char *fact, long value)
{
    say(NULL, 0, "\"error\": {\"kind\": \"%s\", \"key\": \"%s\", \"facts\": {\"%s\": %ld}}", kind, key, fact, value);
}

/* Returns 1 when the code was an error, which is then told. */
static int failed(int code)
{
    if (code >= 0) return 0;
    if (code == SLAP_E_GONE) refuse("NotConnected", "device.unplugged", "status", code);
    else if (code == SLAP_E_BUSY) refuse("Busy", "device.busy_elsewhere", "status", code);
    else if (code == SLAP_E_DIRTY) refuse("CaptureFailed", "finger.dirty", "status", code);
    else if (code == SLAP_E_LIFT) refuse("CaptureFailed", "fprint.lift", "status", code);
    else refuse("DeviceTrouble", "vendor.failed", "status", code);
    return 1;
}

/* The next header; 0 at the end. The kiosk sends no blobs to this worker. */
static int next(void)
{
    uint8_t head[4];
    if (!get_all(head, 4)) return 0;
    uint32_t size = (uint32_t)head[0] << 24 | head[1] << 16 | head[2] << 8 | head[3];
    if (size >= sizeof header || !get_all(header, size)) return 0;
    header[size] = 0;
    return 1;
}

static int interrupted(void)
{
    struct pollfd in = {0, POLLIN, 0};
    if (poll(&in, 1, 0) <= 0) return 0;
    if (!next()) exit(0);
    return strstr(header, "\"interrupt\"") != NULL;
}

static double number(const char *key, double otherwise)
{
    const char *at = strstr(header, key);
    at = at ? strchr(at, ':') : NULL;
    return at ? strtod(at + 1, NULL) : otherwise;
}

static int asks(const char *operation)
{
    char op[40];
    snprintf(op, sizeof op, "\"op\": \"%s\"", operation);
    return strstr(header, op) != NULL;
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + t.tv_nsec / 1e9;
}

static size_t fits(const slap_size *size)
{
    double all = (double)size->width * size->height;
    return all < 0 ? 0 : all > LARGEST ? LARGEST : (size_t)all;
}

static void capture(void)
{
    uint32_t wanted = 0;
    slap_size size = {0, 0, 0};
    double until = now() + number("\"timeout\"", 20);
    char name[32];
    int code;
    for (int f = 0; f < 10; f++) {
        snprintf(name, sizeof name, "\"%s\"", FINGERS[f]);
        if (strstr(header, name)) wanted |= 1u << f;
    }
    if (failed(slap_start(device, wanted))) return;
    for (;;) {
        code = slap_poll(device, buffer, LARGEST, &size);
        if (failed(code)) break;
        if (interrupted()) { refuse("CaptureFailed", "device.interrupted", "status", 0); break; }
        if (code == SLAP_READY) {
            if (failed(slap_image(device, buffer, LARGEST, &size))) break;
            say(buffer, fits(&size), "\"ok\": {\"slap\": {\"width\": %d, \"height\": %d, \"ppi\": %d}, \"fingers\": []}",
                size.width, size.height, size.ppi);
            break;
        }
        if (code == SLAP_PREVIEW)
            say(buffer, fits(&size), "\"event\": \"preview\", \"data\": {\"width\": %d, \"height\": %d}", size.width, size.height);
        if (now() > until) { refuse("CaptureFailed", "finger.none", "status", 0); break; }
    }
    slap_stop(device);
}

int main(void)
{
    slap_info info;
    wire = dup(1);
    dup2(2, 1); /* what the library prints must not get onto the wire */
    while (next()) {
        if (strstr(header, "\"interrupt\"")) continue;
        call = (long)number("\"id\"", 0);
        if (slap_abi_version() != SLAP_ABI)
            say(NULL, 0, "\"error\": {\"kind\": \"DeviceTrouble\", \"key\": \"vendor.abi\", \"facts\": {\"expected\": %d, \"found\": %d}}",
                SLAP_ABI, slap_abi_version());
        else if (asks("discover") && slap_count() && slap_describe(0, &info) == SLAP_OK)
            say(NULL, 0, "\"ok\": {\"wire\": 1, \"devices\": [{\"key\": \"0\", \"label\": \"%s %s\", \"serial\": \"%s\"}]}",
                info.make, info.model, info.serial);
        else if (asks("discover"))
            say(NULL, 0, "\"ok\": {\"wire\": 1, \"devices\": []}");
        else if (asks("open")) {
            if (!failed(slap_open(0, &device)) && !failed(slap_describe(0, &info)))
                say(NULL, 0, "\"ok\": {\"make\": \"%s\", \"model\": \"%s\", \"serial\": \"%s\", \"driver\": \"slapsdk 2\", \"slap\": true}",
                    info.make, info.model, info.serial);
        } else if (asks("healthy")) {
            if (!failed(slap_alive(device))) say(NULL, 0, "\"ok\": {}");
        } else if (asks("capture"))
            capture();
        else
            refuse("DeviceTrouble", "device.worker", "status", 0);
    }
    if (device) slap_close(device);
    return 0;
}
