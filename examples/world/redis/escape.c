/* A module of Redis that starts a shell, in the place of a fault that lets an attacker run code in the server. */
#include <stdlib.h>
int RedisModule_OnLoad(void *context, void **arguments, int count) {
    (void)context, (void)arguments, (void)count;
    return system("touch escaped") == 0;
}
