"""An interpreter of filters, with the instructions that filters use, written from the kernel's documentation.

Documentation/networking/filter.rst and include/uapi/linux/bpf_common.h, Linux 6.12. A filter loads words of `struct
seccomp_data` (include/uapi/linux/seccomp.h) in the byte order of the kernel.
"""

import struct


def data(arch, number, arguments, big_endian):
    """The sixteen words of `struct seccomp_data`, as the machine loads them."""
    order = ">" if big_endian else "<"
    raw = struct.pack(order + "IIQ6Q", number, arch, 0, *arguments)
    return struct.unpack(order + "16I", raw)


def run(program, words):
    """The return value of the filter, and the instructions that ran."""
    accumulator, at, ran = 0, 0, []
    while True:
        code, jt, jf, k = program[at]
        ran.append(at)
        at += 1
        if code == 0x20:  # BPF_LD | BPF_W | BPF_ABS
            accumulator = words[k // 4]
        elif code == 0x15:  # BPF_JMP | BPF_JEQ | BPF_K
            at += jt if accumulator == k else jf
        elif code == 0x25:  # BPF_JMP | BPF_JGT | BPF_K
            at += jt if accumulator > k else jf
        elif code == 0x35:  # BPF_JMP | BPF_JGE | BPF_K
            at += jt if accumulator >= k else jf
        elif code == 0x45:  # BPF_JMP | BPF_JSET | BPF_K
            at += jt if accumulator & k else jf
        elif code == 0x54:  # BPF_ALU | BPF_AND | BPF_K
            accumulator &= k
        elif code == 0xA4:  # BPF_ALU | BPF_XOR | BPF_K
            accumulator ^= k
        elif code == 0x05:  # BPF_JMP | BPF_JA
            at += k
        elif code == 0x06:  # BPF_RET | BPF_K
            return k, ran
        else:
            raise ValueError(f"instruction {at - 1} has code {code:#x}")
