// What this becomes on x86_64:
//
// seccomp_policy! {
//     default allow;
// }

const {
    {
        #[
            deprecated(
                note = "every call that no rule names is allowed, including calls that newer kernels add, such as the mount API of Linux 5.2 (CVE-2021-41133)\nlist what the program needs and write `default kill`, or at least add `unknown errno(ENOSYS);`\nif it is meant: `#[allow(seccomp::default_allow)]` before it"
            )
        ]
        macro_rules! seccomp_default_allow { () => {}; }
        seccomp_default_allow! {}
    }
    ::seccomp_runtime::__private::note! {
        ".pushsection .note.seccomp,\"\",%note\n.balign 4\n.4byte 8, 3f-2f, 1\n.asciz \"seccomp\"\n.balign 4\n2:\n.4byte 1" ".4byte 6, 15, 7, 0\n.ascii \"x86_64\"\n.balign 4\n.ascii \"default allow;\\012\"\n.balign 4\n.2byte 32\n.byte 0, 0\n.4byte 4\n.2byte 21\n.byte 0, 3\n.4byte 3221225534\n.2byte 32\n.byte 0, 0\n.4byte 0\n.2byte 37\n.byte 0, 2\n.4byte 1073741823\n.2byte 37\n.byte 1, 0\n.4byte 4294967294\n.2byte 6\n.byte 0, 0\n.4byte 2147483648\n.2byte 6\n.byte 0, 0\n.4byte 2147418112\n3:\n.popsection"
    }
    ::seccomp_runtime::__private::register! {
        "default allow;\n" b" \0\0\0\x04\0\0\0\x15\0\0\x03>\0\0\xC0 \0\0\0\0\0\0\0%\0\0\x02\xFF\xFF\xFF?%\0\x01\0\xFE\xFF\xFF\xFF\x06\0\0\0\0\0\0\x80\x06\0\0\0\0\0\xFF\x7F"
    }
    use ::seccomp_runtime::__private::SockFilter as __seccomp_instruction_N;
    ::seccomp_runtime::__private::policy(
        const {
            &[
                __seccomp_instruction_N { code: 32, jt: 0, jf: 0, k: 4 },
                __seccomp_instruction_N { code: 21, jt: 0, jf: 3, k: 3221225534 },
                __seccomp_instruction_N { code: 32, jt: 0, jf: 0, k: 0 },
                __seccomp_instruction_N { code: 37, jt: 0, jf: 2, k: 1073741823 },
                __seccomp_instruction_N { code: 37, jt: 1, jf: 0, k: 4294967294 },
                __seccomp_instruction_N { code: 6, jt: 0, jf: 0, k: 2147483648 },
                __seccomp_instruction_N { code: 6, jt: 0, jf: 0, k: 2147418112 },
            ]
        }
    )
}
