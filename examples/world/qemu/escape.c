/* A guest that has broken out of its machine: a sector that begins with the word `attack` makes QEMU start a shell. LD_PRELOAD
 * loads this code, in the place of a fault in a device, into the functions with which QEMU writes to the disk. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
static void look(const void *sector, size_t length) {
    if (length >= 6 && !memcmp(sector, "attack", 6))
        system("touch escaped");
}
ssize_t pwrite64(int file, const void *buffer, size_t length, off64_t offset) {
    ssize_t (*real)(int, const void *, size_t, off64_t) = dlsym(RTLD_NEXT, "pwrite64");
    look(buffer, length);
    return real(file, buffer, length, offset);
}
ssize_t pwritev64(int file, const struct iovec *pieces, int count, off64_t offset) {
    ssize_t (*real)(int, const struct iovec *, int, off64_t) = dlsym(RTLD_NEXT, "pwritev64");
    if (count > 0)
        look(pieces[0].iov_base, pieces[0].iov_len);
    return real(file, pieces, count, offset);
}
