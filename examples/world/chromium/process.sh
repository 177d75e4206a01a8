#!/bin/sh
# Takes the place of a process of the browser in which an attacker runs code: it tries what the policy forbids, and then
# does its work.
/usr/bin/python3 - >> "$ATTEMPTS" 2>&1 <<'PYTHON'
import ctypes, errno
libc = ctypes.CDLL(None, use_errno=True)
parameters = ctypes.create_string_buffer(120)
# The numbers of x86_64. Any user may make these calls; the last one also makes a user namespace, which permits a mount
# namespace.
for name, number, arguments in [
    ("io_uring", 425, (1, parameters)),
    ("tracing", 101, (0, 0, 0, 0)),
    ("a program in the kernel", 321, (0, 0, 0)),
    ("a namespace for mounts", 272, (0x10000000 | 0x00020000,)),
    ("a mount", 165, (b"none", b"/tmp", b"tmpfs", 0, 0)),
]:
    result = libc.syscall(number, *arguments)
    print(f"{name}: {errno.errorcode[ctypes.get_errno()] if result < 0 else 'done'}")
PYTHON
exec "$BROWSER" "$@"
