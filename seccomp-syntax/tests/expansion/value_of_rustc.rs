// What this becomes on x86_64:
//
// seccomp_policy! {
//     allow exit, rt_sigreturn;
//     allow write(fd == self::LOG);
//     default kill;
// }

const {
    ::seccomp_runtime::__private::note! {
        ".pushsection .note.seccomp,\"\",%note\n.balign 4\n.4byte 8, 3f-2f, 1\n.asciz \"seccomp\"\n.balign 4\n2:\n.4byte 1" ".4byte 6, 70, 10, 1\n.ascii \"x86_64\"\n.balign 4\n.ascii \"allow exit, rt_sigreturn;\\012allow write(fd == self::LOG);\\012default kill;\\012\"\n.balign 4\n.2byte 32\n.byte 0, 0\n.4byte 4\n.2byte 21\n.byte 0, 6\n.4byte 3221225534\n.2byte 32\n.byte 0, 0\n.4byte 0\n.2byte 21\n.byte 0, 2\n.4byte 1\n.2byte 32\n.byte 0, 0\n.4byte 16\n.2byte 21\n.byte 3, 2\n.4byte 0\n.2byte 21\n.byte 2, 0\n.4byte 15\n.2byte 21\n.byte 1, 0\n.4byte 60\n.2byte 6\n.byte 0, 0\n.4byte 2147483648\n.2byte 6\n.byte 0, 0\n.4byte 2147418112\n.4byte 5\n3:\n.popsection"
    }
    ::seccomp_runtime::__private::register! {
        "allow exit, rt_sigreturn;\nallow write(fd == self::LOG);\ndefault kill;\n" b""
    }
    use ::seccomp_runtime::__private::SockFilter as __seccomp_instruction_N;
    ::seccomp_runtime::__private::policy(
        const {
            &{
                use ::seccomp_runtime::__private::Operand as __seccomp_operand_N;
                ::seccomp_runtime::__private::linked(
                    [
                        __seccomp_instruction_N { code: 32, jt: 0, jf: 0, k: 4 },
                        __seccomp_instruction_N { code: 21, jt: 0, jf: 6, k: 3221225534 },
                        __seccomp_instruction_N { code: 32, jt: 0, jf: 0, k: 0 },
                        __seccomp_instruction_N { code: 21, jt: 0, jf: 2, k: 1 },
                        __seccomp_instruction_N { code: 32, jt: 0, jf: 0, k: 16 },
                        __seccomp_instruction_N { code: 21, jt: 3, jf: 2, k: 0 },
                        __seccomp_instruction_N { code: 21, jt: 2, jf: 0, k: 15 },
                        __seccomp_instruction_N { code: 21, jt: 1, jf: 0, k: 60 },
                        __seccomp_instruction_N { code: 6, jt: 0, jf: 0, k: 2147483648 },
                        __seccomp_instruction_N { code: 6, jt: 0, jf: 0, k: 2147418112 },
                    ],
                    [
                        ::seccomp_runtime::__private::fits(
                            ::seccomp_runtime::__private::number(self::LOG),
                            ::seccomp_runtime::__private::Bounds {
                                bits: 32,
                                signed: false,
                                purpose: ::seccomp_runtime::__private::ValuePurpose::Equality,
                            },
                            [
                                "this value is negative and does not fit `unsigned int fd` of `write`: it is unsigned; write `{ self::LOG as u32 }` for its 32 bits",
                                "this value does not fit `unsigned int fd` of `write`, which is signed with 32 bits: 0 to 4294967295; to compare it unsigned write `as u32`",
                                "this value does not fit `unsigned int fd` of `write`: it has 32 bits, and higher bits are never seen"
                            ],
                        ),
                    ],
                    [(5, 0, __seccomp_operand_N::Low { keep: 4294967295u32, flip: 0u32 }),],
                    [
                        ::seccomp_runtime::__private::Demand {
                            rule: 2,
                            abi: 0,
                            abis: 1,
                            message: "no call matches `allow write(fd == self::LOG)`: its conditions contradict each other",
                            bounds: ::seccomp_runtime::__private::Bounds {
                                bits: 32,
                                signed: false,
                                purpose: ::seccomp_runtime::__private::ValuePurpose::Order,
                            },
                            mask: ::seccomp_runtime::__private::DemandNumber::Known(18446744073709551615),
                            value: ::seccomp_runtime::__private::DemandNumber::Value(0),
                            fulfilled: ::seccomp_runtime::__private::Fulfilled {
                                less: false,
                                equal: true,
                                greater: false
                            },
                        },
                    ]
                )
            }
        }
    )
}
