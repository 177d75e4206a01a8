// What this becomes on x86_64:
//
// seccomp_policy! {
//     default allow;
// }

{
    {
        #[
            deprecated(
                note = "every call that no rule names is allowed, including calls that newer kernels add, such as the mount API of Linux 5.2 (CVE-2021-41133)\nlist what the program needs and write `default kill`, or at least add `unknown errno(ENOSYS);`\nif it is meant: `#[allow(seccomp::default_allow)]` before it"
            )
        ]
        macro_rules! seccomp_default_allow { () => {}; }
        seccomp_default_allow! {}
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
