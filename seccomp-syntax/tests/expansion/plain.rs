// What this becomes on x86_64:
//
// seccomp_policy! {
//     allow exit, rt_sigreturn;
//     allow write(fd == 1);
//     default kill;
// }

const {
    ::seccomp_runtime::__private::note! {
        ".pushsection .note.seccomp,\"\",%note\n.balign 4\n.4byte 8, 3f-2f, 1\n.asciz \"seccomp\"\n.balign 4\n2:\n.4byte 1" ".4byte 6, 62, 10, 0\n.ascii \"x86_64\"\n.balign 4\n.ascii \"allow exit, rt_sigreturn;\\012allow write(fd == 1);\\012default kill;\\012\"\n.balign 4\n.2byte 32\n.byte 0, 0\n.4byte 4\n.2byte 21\n.byte 0, 6\n.4byte 3221225534\n.2byte 32\n.byte 0, 0\n.4byte 0\n.2byte 21\n.byte 0, 2\n.4byte 1\n.2byte 32\n.byte 0, 0\n.4byte 16\n.2byte 21\n.byte 3, 2\n.4byte 1\n.2byte 21\n.byte 2, 0\n.4byte 15\n.2byte 21\n.byte 1, 0\n.4byte 60\n.2byte 6\n.byte 0, 0\n.4byte 2147483648\n.2byte 6\n.byte 0, 0\n.4byte 2147418112\n3:\n.popsection"
    }
    ::seccomp_runtime::__private::register! {
        "allow exit, rt_sigreturn;\nallow write(fd == 1);\ndefault kill;\n" b" \0\0\0\x04\0\0\0\x15\0\0\x06>\0\0\xC0 \0\0\0\0\0\0\0\x15\0\0\x02\x01\0\0\0 \0\0\0\x10\0\0\0\x15\0\x03\x02\x01\0\0\0\x15\0\x02\0\x0F\0\0\0\x15\0\x01\0<\0\0\0\x06\0\0\0\0\0\0\x80\x06\0\0\0\0\0\xFF\x7F"
    }
    use ::seccomp_runtime::__private::SockFilter as __seccomp_instruction_N;
    ::seccomp_runtime::__private::policy(
        const {
            &[
                __seccomp_instruction_N { code: 32, jt: 0, jf: 0, k: 4 },
                __seccomp_instruction_N { code: 21, jt: 0, jf: 6, k: 3221225534 },
                __seccomp_instruction_N { code: 32, jt: 0, jf: 0, k: 0 },
                __seccomp_instruction_N { code: 21, jt: 0, jf: 2, k: 1 },
                __seccomp_instruction_N { code: 32, jt: 0, jf: 0, k: 16 },
                __seccomp_instruction_N { code: 21, jt: 3, jf: 2, k: 1 },
                __seccomp_instruction_N { code: 21, jt: 2, jf: 0, k: 15 },
                __seccomp_instruction_N { code: 21, jt: 1, jf: 0, k: 60 },
                __seccomp_instruction_N { code: 6, jt: 0, jf: 0, k: 2147483648 },
                __seccomp_instruction_N { code: 6, jt: 0, jf: 0, k: 2147418112 },
            ]
        }
    )
}
