/* A small slap scanner SDK as vendors ship them: a C library with handles, codes and buffers of the caller.
 * It stands for the vendor's own header; the desk never includes or links it. */
#ifndef SLAPSDK_H
#define SLAPSDK_H

#include <stddef.h>
#include <stdint.h>

#define SLAP_ABI 2

enum {
    SLAP_OK = 0,
    SLAP_WAIT = 1,      /* nobody touches the platen yet */
    SLAP_PREVIEW = 2,   /* a preview was written to the buffer */
    SLAP_READY = 3,     /* the picture can be fetched */
    SLAP_E_GONE = -1,   /* unplugged */
    SLAP_E_BUSY = -2,   /* another program holds it */
    SLAP_E_SIZE = -3,   /* the buffer is too small */
    SLAP_E_ARG = -4,
    SLAP_E_DIRTY = -5,  /* clean the platen */
    SLAP_E_LIFT = -6    /* the fingers have to be lifted first */
};

/* Bits of the fingers asked for, right thumb first, as ISO/IEC 19794-4 numbers them less one. */
typedef struct { char make[32], model[32], serial[32]; } slap_info;
typedef struct { int32_t width, height, ppi; } slap_size;
typedef struct slap_device slap_device;

int slap_abi_version(void);
int slap_count(void);
int slap_describe(int index, slap_info *info);
int slap_open(int index, slap_device **device);
int slap_alive(slap_device *device);
int slap_start(slap_device *device, uint32_t fingers);
int slap_poll(slap_device *device, uint8_t *buffer, size_t size, slap_size *preview);
int slap_image(slap_device *device, uint8_t *buffer, size_t size, slap_size *image);
void slap_stop(slap_device *device);
void slap_close(slap_device *device);

#endif
