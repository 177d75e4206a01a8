// What this becomes on x86_64:
//
// seccomp_policy! {
//     allow exit, rt_sigreturn;
//     allow write(fd == $log);
//     allow lseek(offset in $first..$(last + 1), whence & !$mask == self::ZERO);
//     errno(!$(error)) dup;
//     default kill;
// }

{
    ::seccomp_runtime::__private::note! {
        ".pushsection .note.seccomp,\"\",%note\n.balign 4\n.4byte 8, 3f-2f, 1\n.asciz \"seccomp\"\n.balign 4\n2:\n.4byte 1" ".4byte 6, 160, 31, 12\n.ascii \"x86_64\"\n.balign 4\n.ascii \"allow exit, rt_sigreturn;\\012allow write(fd == $log);\\012allow lseek(offset in $first..$(last + 1), whence & !$mask == self::ZERO);\\012errno(!$error) dup;\\012default kill;\\012\"\n.balign 4\n.2byte 32\n.byte 0, 0\n.4byte 4\n.2byte 21\n.byte 0, 28\n.4byte 3221225534\n.2byte 32\n.byte 0, 0\n.4byte 0\n.2byte 21\n.byte 0, 2\n.4byte 1\n.2byte 32\n.byte 0, 0\n.4byte 16\n.2byte 21\n.byte 23, 24\n.4byte 0\n.2byte 21\n.byte 3, 0\n.4byte 8\n.2byte 21\n.byte 21, 0\n.4byte 15\n.2byte 21\n.byte 20, 0\n.4byte 60\n.2byte 21\n.byte 18, 20\n.4byte 32\n.2byte 32\n.byte 0, 0\n.4byte 32\n.2byte 84\n.byte 0, 0\n.4byte 0\n.2byte 21\n.byte 0, 17\n.4byte 0\n.2byte 32\n.byte 0, 0\n.4byte 28\n.2byte 164\n.byte 0, 0\n.4byte 2147483648\n.2byte 37\n.byte 14, 0\n.4byte 0\n.2byte 37\n.byte 0, 4\n.4byte 0\n.2byte 32\n.byte 0, 0\n.4byte 24\n.2byte 53\n.byte 0, 10\n.4byte 0\n.2byte 32\n.byte 0, 0\n.4byte 28\n.2byte 21\n.byte 9, 8\n.4byte 0\n.2byte 32\n.byte 0, 0\n.4byte 24\n.2byte 53\n.byte 0, 7\n.4byte 0\n.2byte 32\n.byte 0, 0\n.4byte 28\n.2byte 21\n.byte 0, 5\n.4byte 0\n.2byte 21\n.byte 0, 3\n.4byte 0\n.2byte 32\n.byte 0, 0\n.4byte 24\n.2byte 53\n.byte 2, 1\n.4byte 0\n.2byte 6\n.byte 0, 0\n.4byte 0\n.2byte 6\n.byte 0, 0\n.4byte 2147418112\n.2byte 6\n.byte 0, 0\n.4byte 2147483648\n.4byte 5\n.4byte 11\n.4byte 12\n.4byte 15\n.4byte 16\n.4byte 18\n.4byte 20\n.4byte 22\n.4byte 24\n.4byte 25\n.4byte 27\n.4byte 28\n3:\n.popsection"
    }
    ::seccomp_runtime::__private::register! {
        "allow exit, rt_sigreturn;\nallow write(fd == $log);\nallow lseek(offset in $first..$(last + 1), whence & !$mask == self::ZERO);\nerrno(!$error) dup;\ndefault kill;\n" b""
    }
    use ::seccomp_runtime::__private::SockFilter as __seccomp_instruction_N;
    ::seccomp_runtime::__private::write_braces_for_a_constant_or_put_the_policy_in_a_function(
        const {
            use ::seccomp_runtime::__private::Operand as __seccomp_open_operand_N;
            &::seccomp_runtime::__private::Template {
                filter: &{
                    use ::seccomp_runtime::__private::Operand as __seccomp_operand_N;
                    ::seccomp_runtime::__private::linked(
                        [
                            __seccomp_instruction_N { code: 32, jt: 0, jf: 0, k: 4 },
                            __seccomp_instruction_N { code: 21, jt: 0, jf: 28, k: 3221225534 },
                            __seccomp_instruction_N { code: 32, jt: 0, jf: 0, k: 0 },
                            __seccomp_instruction_N { code: 21, jt: 0, jf: 2, k: 1 },
                            __seccomp_instruction_N { code: 32, jt: 0, jf: 0, k: 16 },
                            __seccomp_instruction_N { code: 21, jt: 23, jf: 24, k: 0 },
                            __seccomp_instruction_N { code: 21, jt: 3, jf: 0, k: 8 },
                            __seccomp_instruction_N { code: 21, jt: 21, jf: 0, k: 15 },
                            __seccomp_instruction_N { code: 21, jt: 20, jf: 0, k: 60 },
                            __seccomp_instruction_N { code: 21, jt: 18, jf: 20, k: 32 },
                            __seccomp_instruction_N { code: 32, jt: 0, jf: 0, k: 32 },
                            __seccomp_instruction_N { code: 84, jt: 0, jf: 0, k: 0 },
                            __seccomp_instruction_N { code: 21, jt: 0, jf: 17, k: 0 },
                            __seccomp_instruction_N { code: 32, jt: 0, jf: 0, k: 28 },
                            __seccomp_instruction_N { code: 164, jt: 0, jf: 0, k: 2147483648 },
                            __seccomp_instruction_N { code: 37, jt: 14, jf: 0, k: 0 },
                            __seccomp_instruction_N { code: 37, jt: 0, jf: 4, k: 0 },
                            __seccomp_instruction_N { code: 32, jt: 0, jf: 0, k: 24 },
                            __seccomp_instruction_N { code: 53, jt: 0, jf: 10, k: 0 },
                            __seccomp_instruction_N { code: 32, jt: 0, jf: 0, k: 28 },
                            __seccomp_instruction_N { code: 21, jt: 9, jf: 8, k: 0 },
                            __seccomp_instruction_N { code: 32, jt: 0, jf: 0, k: 24 },
                            __seccomp_instruction_N { code: 53, jt: 0, jf: 7, k: 0 },
                            __seccomp_instruction_N { code: 32, jt: 0, jf: 0, k: 28 },
                            __seccomp_instruction_N { code: 21, jt: 0, jf: 5, k: 0 },
                            __seccomp_instruction_N { code: 21, jt: 0, jf: 3, k: 0 },
                            __seccomp_instruction_N { code: 32, jt: 0, jf: 0, k: 24 },
                            __seccomp_instruction_N { code: 53, jt: 2, jf: 1, k: 0 },
                            __seccomp_instruction_N { code: 6, jt: 0, jf: 0, k: 0 },
                            __seccomp_instruction_N { code: 6, jt: 0, jf: 0, k: 2147418112 },
                            __seccomp_instruction_N { code: 6, jt: 0, jf: 0, k: 2147483648 },
                        ],
                        [
                            0,
                            0,
                            0,
                            0,
                            ::seccomp_runtime::__private::fits(
                                ::seccomp_runtime::__private::number(self::ZERO),
                                ::seccomp_runtime::__private::Bounds {
                                    bits: 32,
                                    signed: false,
                                    purpose: ::seccomp_runtime::__private::ValuePurpose::Equality,
                                },
                                [
                                    "this value is negative and does not fit `unsigned int whence` of `lseek`: it is unsigned; write `{ self::ZERO as u32 }` for its 32 bits",
                                    "this value does not fit `unsigned int whence` of `lseek`, which is signed with 32 bits: 0 to 4294967295; to compare it unsigned write `as u32`",
                                    "this value does not fit `unsigned int whence` of `lseek`: it has 32 bits, and higher bits are never seen"
                                ],
                            ),
                            0,
                        ],
                        [(12, 4, __seccomp_operand_N::Low { keep: 4294967295u32, flip: 0u32 }),],
                        []
                    )
                },
                blanks: ::seccomp_runtime::__private::Blanks {
                    values: &[
                        ::seccomp_runtime::__private::Term::Given {
                            index: 0,
                            bounds: ::seccomp_runtime::__private::Bounds {
                                bits: 32,
                                signed: false,
                                purpose: ::seccomp_runtime::__private::ValuePurpose::Equality,
                            },
                            refusals: [
                                "`$log`: this value is negative and does not fit `unsigned int fd` of `write`: it is unsigned; write `$(log as u32)` for its 32 bits",
                                "",
                                "`$log`: this value does not fit `unsigned int fd` of `write`: it has 32 bits, and higher bits are never seen"
                            ]
                        },
                        ::seccomp_runtime::__private::Term::Given {
                            index: 1,
                            bounds: ::seccomp_runtime::__private::Bounds {
                                bits: 64,
                                signed: true,
                                purpose: ::seccomp_runtime::__private::ValuePurpose::Order,
                            },
                            refusals: [
                                "",
                                "`$first`: this value does not fit `off_t offset` of `lseek`, which is signed with 64 bits: -9223372036854775808 to 9223372036854775807; to compare it unsigned write `as u64`",
                                "`$first`: this value does not fit `off_t offset` of `lseek`: it has 64 bits, and higher bits are never seen"
                            ]
                        },
                        ::seccomp_runtime::__private::Term::Given {
                            index: 2,
                            bounds: ::seccomp_runtime::__private::Bounds {
                                bits: 64,
                                signed: true,
                                purpose: ::seccomp_runtime::__private::ValuePurpose::Order,
                            },
                            refusals: [
                                "",
                                "`$(last + 1)`: this value does not fit `off_t offset` of `lseek`, which is signed with 64 bits: -9223372036854775808 to 9223372036854775807; to compare it unsigned write `as u64`",
                                "`$(last + 1)`: this value does not fit `off_t offset` of `lseek`: it has 64 bits, and higher bits are never seen"
                            ]
                        },
                        ::seccomp_runtime::__private::Term::Not {
                            of: &::seccomp_runtime::__private::Term::Given {
                                index: 3,
                                bounds: ::seccomp_runtime::__private::Bounds {
                                    bits: 32,
                                    signed: false,
                                    purpose: ::seccomp_runtime::__private::ValuePurpose::Mask,
                                },
                                refusals: [
                                    "`$mask`: this value is negative and does not fit `unsigned int whence` of `lseek`: bits have no sign; write `$(mask as u32)` for its 32 bits",
                                    "",
                                    "`$mask`: this value does not fit `unsigned int whence` of `lseek`: it has 32 bits, and higher bits are never seen"
                                ]
                            },
                            ones: 4294967295u64
                        },
                        ::seccomp_runtime::__private::Term::Whole {
                            of: &::seccomp_runtime::__private::Term::Not {
                                of: &::seccomp_runtime::__private::Term::Given {
                                    index: 4,
                                    bounds: ::seccomp_runtime::__private::Bounds {
                                        bits: 64,
                                        signed: false,
                                        purpose: ::seccomp_runtime::__private::ValuePurpose::Mask,
                                    },
                                    refusals: [
                                        "`$error`: this value is negative and does not fit `errno`: bits have no sign; write `$(error as u32)` for its 32 bits",
                                        "",
                                        "`$error`: this value does not fit `errno`: it has 64 bits, and higher bits are never seen"
                                    ]
                                },
                                ones: 18446744073709551615u64
                            },
                            bounds: ::seccomp_runtime::__private::Bounds {
                                bits: 64,
                                signed: false,
                                purpose: ::seccomp_runtime::__private::ValuePurpose::Errno,
                            },
                            refusals: [
                                "`!$error`: an errno is written without a minus sign: 0 to 4095",
                                "",
                                "`!$error`: this errno is above 4095, the highest that the kernel passes on: it would arrive as 4095"
                            ]
                        },
                    ],
                    operands: &[
                        (5, 0, __seccomp_open_operand_N::Low { keep: 4294967295u32, flip: 0u32 }),
                        (11, 3, __seccomp_open_operand_N::Low { keep: 4294967295u32, flip: 0u32 }),
                        (
                            15,
                            2,
                            __seccomp_open_operand_N::High { keep: 4294967295u32, flip: 2147483648u32 }
                        ),
                        (
                            16,
                            1,
                            __seccomp_open_operand_N::High { keep: 4294967295u32, flip: 2147483648u32 }
                        ),
                        (18, 2, __seccomp_open_operand_N::Low { keep: 4294967295u32, flip: 0u32 }),
                        (20, 2, __seccomp_open_operand_N::High { keep: 4294967295u32, flip: 0u32 }),
                        (22, 1, __seccomp_open_operand_N::Low { keep: 4294967295u32, flip: 0u32 }),
                        (24, 1, __seccomp_open_operand_N::High { keep: 4294967295u32, flip: 0u32 }),
                        (25, 2, __seccomp_open_operand_N::High { keep: 4294967295u32, flip: 0u32 }),
                        (27, 2, __seccomp_open_operand_N::Low { keep: 4294967295u32, flip: 0u32 }),
                        (28, 4, __seccomp_open_operand_N::Errno),
                    ],
                    ranges: &[
                        ::seccomp_runtime::__private::OpenRange {
                            first: ::seccomp_runtime::__private::Term::Given {
                                index: 1,
                                bounds: ::seccomp_runtime::__private::Bounds {
                                    bits: 64,
                                    signed: true,
                                    purpose: ::seccomp_runtime::__private::ValuePurpose::Order,
                                },
                                refusals: [
                                    "",
                                    "`$first`: this value does not fit `off_t offset` of `lseek`, which is signed with 64 bits: -9223372036854775808 to 9223372036854775807; to compare it unsigned write `as u64`",
                                    "`$first`: this value does not fit `off_t offset` of `lseek`: it has 64 bits, and higher bits are never seen"
                                ]
                            },
                            last: ::seccomp_runtime::__private::Term::Given {
                                index: 2,
                                bounds: ::seccomp_runtime::__private::Bounds {
                                    bits: 64,
                                    signed: true,
                                    purpose: ::seccomp_runtime::__private::ValuePurpose::Order,
                                },
                                refusals: [
                                    "",
                                    "`$(last + 1)`: this value does not fit `off_t offset` of `lseek`, which is signed with 64 bits: -9223372036854775808 to 9223372036854775807; to compare it unsigned write `as u64`",
                                    "`$(last + 1)`: this value does not fit `off_t offset` of `lseek`: it has 64 bits, and higher bits are never seen"
                                ]
                            },
                            inclusive: false,
                            ones: 18446744073709551615u64,
                            sign: 9223372036854775808u64,
                            message: "this range matches nothing, as `$first` is not below `$(last + 1)`: the lower bound goes first, and `..` excludes its end, which `..=` includes",
                        },
                    ],
                    demands: &[
                        ::seccomp_runtime::__private::Demand {
                            rule: 2,
                            abi: 0,
                            abis: 1,
                            message: "no call matches `allow write(fd == $log)`: its conditions contradict each other",
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
                        ::seccomp_runtime::__private::Demand {
                            rule: 3,
                            abi: 0,
                            abis: 1,
                            message: "no call matches `allow lseek(offset in $first..$(last + 1), whence & !$mask == self::ZERO)`: its conditions contradict each other",
                            bounds: ::seccomp_runtime::__private::Bounds {
                                bits: 64,
                                signed: true,
                                purpose: ::seccomp_runtime::__private::ValuePurpose::Order,
                            },
                            mask: ::seccomp_runtime::__private::DemandNumber::Known(18446744073709551615),
                            value: ::seccomp_runtime::__private::DemandNumber::Value(1),
                            fulfilled: ::seccomp_runtime::__private::Fulfilled {
                                less: false,
                                equal: true,
                                greater: true
                            },
                        },
                        ::seccomp_runtime::__private::Demand {
                            rule: 3,
                            abi: 0,
                            abis: 1,
                            message: "no call matches `allow lseek(offset in $first..$(last + 1), whence & !$mask == self::ZERO)`: its conditions contradict each other",
                            bounds: ::seccomp_runtime::__private::Bounds {
                                bits: 64,
                                signed: true,
                                purpose: ::seccomp_runtime::__private::ValuePurpose::Order,
                            },
                            mask: ::seccomp_runtime::__private::DemandNumber::Known(18446744073709551615),
                            value: ::seccomp_runtime::__private::DemandNumber::Value(2),
                            fulfilled: ::seccomp_runtime::__private::Fulfilled {
                                less: true,
                                equal: false,
                                greater: false
                            },
                        },
                        ::seccomp_runtime::__private::Demand {
                            rule: 3,
                            abi: 0,
                            abis: 1,
                            message: "no call matches `allow lseek(offset in $first..$(last + 1), whence & !$mask == self::ZERO)`: its conditions contradict each other",
                            bounds: ::seccomp_runtime::__private::Bounds {
                                bits: 32,
                                signed: false,
                                purpose: ::seccomp_runtime::__private::ValuePurpose::Order,
                            },
                            mask: ::seccomp_runtime::__private::DemandNumber::Value(3),
                            value: ::seccomp_runtime::__private::DemandNumber::Known(
                                ::seccomp_runtime::__private::fits(
                                    ::seccomp_runtime::__private::number(self::ZERO),
                                    ::seccomp_runtime::__private::Bounds {
                                        bits: 32,
                                        signed: false,
                                        purpose: ::seccomp_runtime::__private::ValuePurpose::Equality,
                                    },
                                    [
                                        "this value is negative and does not fit `unsigned int whence` of `lseek`: it is unsigned; write `{ self::ZERO as u32 }` for its 32 bits",
                                        "this value does not fit `unsigned int whence` of `lseek`, which is signed with 32 bits: 0 to 4294967295; to compare it unsigned write `as u32`",
                                        "this value does not fit `unsigned int whence` of `lseek`: it has 32 bits, and higher bits are never seen"
                                    ],
                                )
                            ),
                            fulfilled: ::seccomp_runtime::__private::Fulfilled {
                                less: false,
                                equal: true,
                                greater: false
                            },
                        },
                    ],
                },
                report: ::seccomp_runtime::__private::core::option::Option::None,
            }
        },
        [
            ::seccomp_runtime::__private::number(log),
            ::seccomp_runtime::__private::number(first),
            ::seccomp_runtime::__private::number((last + 1)),
            ::seccomp_runtime::__private::number(mask),
            ::seccomp_runtime::__private::number(error),
        ],
    )
}
