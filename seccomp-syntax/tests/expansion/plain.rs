// What this becomes on x86_64:
//
// seccomp_policy! {
//     allow exit, rt_sigreturn;
//     allow write(fd == 1);
//     default kill;
// }

{
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
