//! Filters that use everything that seccomp allows, each with the policy that it becomes.

use seccomp_decompile::{
    BytesError, DecompileError, Options, Unsaid, decompile, from_bytes, to_bytes,
};
use seccomp_ir::abi::{Abi, Endian};
use seccomp_ir::bpf::{InstructionIndex, SockFilter};
use seccomp_ir::compare::{Side, compare};
use seccomp_ir::explore::{Budget, CallFunctions, CallSet, Unexplored};

const ALLOW: u32 = 0x7fff_0000;
const KILL: u32 = 0x8000_0000;
const EPERM: u32 = 0x0005_0001;

const ARCH: u32 = 0xc000_003e;
const NR: u32 = 0;

/// The low and the high half of an argument on a little-endian machine.
const fn low(argument: u32) -> u32 {
    16 + 8 * argument
}
const fn high(argument: u32) -> u32 {
    20 + 8 * argument
}

const fn op(code: u16, k: u32) -> SockFilter {
    SockFilter { code, jt: 0, jf: 0, k }
}
const fn jump(code: u16, k: u32, jt: u8, jf: u8) -> SockFilter {
    SockFilter { code, jt, jf, k }
}
const fn load(offset: u32) -> SockFilter {
    op(0x20, offset)
}
const fn ret(k: u32) -> SockFilter {
    op(0x06, k)
}

/// Kills calls of other ABIs than x86_64, runs `body` for one number, and kills the rest.
fn for_number(nr: u32, body: &[SockFilter]) -> Vec<SockFilter> {
    let mut filter = vec![load(4), jump(0x15, ARCH, 1, 0), ret(KILL), load(NR)];
    filter.push(jump(0x15, nr, 1, 0));
    filter.push(ret(KILL));
    filter.extend(body);
    filter
}

/// The policy without its first and last line, for every input.
fn rules(filter: &[SockFilter]) -> String {
    let decompiled = decompile(filter, &Options::default()).unwrap();
    // `compare` reads filters too, and shares nothing with the decompiler's own proof.
    let left = Side::Policy { policy: decompiled.policy(), symbols: &[] };
    let right = Side::Filter { instructions: filter, endian: Endian::Little };
    assert!(compare(left, right).unwrap().is_same());
    let text = decompiled.text();
    let rules = text.strip_prefix("arch x86_64;\n").expect(&text);
    rules.strip_suffix("default kill;\n").expect(&text).to_owned()
}

#[test]
fn arithmetic_on_an_argument_becomes_comparisons() {
    // (fd + 5) ^ 1 == 8, so fd + 5 == 9
    let sum = [load(low(0)), op(0x04, 5), op(0xa4, 1), jump(0x15, 8, 0, 1), ret(ALLOW), ret(KILL)];
    assert_eq!(rules(&for_number(0, &sum)), "allow read(fd == 4);\n");
    // fd / 4 == 3
    let quotient = [load(low(0)), op(0x34, 4), jump(0x15, 3, 0, 1), ret(ALLOW), ret(KILL)];
    assert_eq!(rules(&for_number(0, &quotient)), "allow read(fd in 12..=15);\n");
    // fd << 30 == 0, that is fd & 3 == 0
    let shift = [load(low(0)), op(0x64, 30), jump(0x15, 0, 0, 1), ret(ALLOW), ret(KILL)];
    assert_eq!(rules(&for_number(0, &shift)), "allow read(fd & 3 == 0);\n".replace('3', "0x3"));
    // 0 - fd == 1
    let negated = [load(low(0)), op(0x84, 0), jump(0x15, 1, 0, 1), ret(ALLOW), ret(KILL)];
    assert_eq!(rules(&for_number(0, &negated)), "allow read(fd == 0xffff_ffff);\n");
}

#[test]
fn memory_and_x_are_followed() {
    // M[3] = fd; X = 7; A = M[3]; A == X
    let body = [
        load(low(0)),
        op(0x02, 3),
        op(0x01, 7),
        load(low(1)),
        op(0x60, 3),
        jump(0x1d, 0, 0, 1),
        ret(ALLOW),
        ret(KILL),
    ];
    assert_eq!(rules(&for_number(0, &body)), "allow read(fd == 7);\n");
    // The length of the input is 64.
    let length = [op(0x81, 0), load(low(0)), jump(0x3d, 0, 0, 1), ret(ALLOW), ret(KILL)];
    assert_eq!(rules(&for_number(0, &length)), "allow read(fd >= 64);\n");
}

#[test]
fn a_returned_number_that_is_computed_becomes_its_actions() {
    // RET_ERRNO | (fd & 1)
    let body = [load(low(0)), op(0x54, 1), op(0x44, 0x0005_0000), op(0x16, 0)];
    let rules = rules(&for_number(0, &body));
    assert_eq!(rules, "errno(EPERM) read(fd & 0x1 != 0);\nerrno(0) read;\n");
    let everything = [load(low(0)), op(0x16, 0)];
    let error = decompile(&for_number(0, &everything), &Options::default()).err().unwrap();
    assert!(error.to_string().starts_with("instruction 7: it returns a number"), "{error}");
}

#[test]
fn a_returned_number_may_have_as_many_answers_as_a_filter_has_instructions() {
    // RET_TRAP | (fd & mask): there is no policy for more answers than a filter has instructions, because it names each
    // answer.
    let body = |mask| [load(low(0)), op(0x54, mask), op(0x44, 0x0003_0000), op(0x16, 0)];
    let few = rules(&for_number(0, &body(0x3f)));
    // The last answer is `trap read;`.
    assert_eq!(few.matches("trap(").count(), 63, "{few}");
    assert!(few.contains("trap(63) read(fd & 0x3f == 63)"), "{few}");
    let error = decompile(&for_number(0, &body(0x1fff)), &Options::default()).err().unwrap();
    assert_eq!(
        error.to_string(),
        "instruction 9: it returns a number that the filter has computed from the call, which gives more than 4096 \
         different actions: a policy names each action, and no filter has that many instructions"
    );
    // RET_ERRNO | fd: the kernel clamps what is above 4095. All other numbers are actions without data.
    let clamped = [load(low(0)), op(0x54, 0xf000), op(0x44, 0x0005_0000), op(0x16, 0)];
    assert_eq!(
        rules(&for_number(0, &clamped)),
        "errno(4095) read(fd & 0xf000 != 0);\nerrno(0) read;\n"
    );
}

#[test]
fn parts_that_decide_nothing_are_not_worked_out() {
    // The filter tests the product of two arguments, whose diagram no memory could hold, and does the same in both
    // cases.
    let both_ways = [load(low(0)), op(0x07, 0), load(low(1)), op(0x2c, 0), jump(0x25, 7, 0, 1)];
    let same = for_number(0, &[&both_ways[..], &[ret(EPERM), ret(EPERM)]].concat());
    let same = decompile(&same, &Options::default()).unwrap().text();
    assert_eq!(same, "arch x86_64;\nerrno(EPERM) read;\ndefault kill;\n");
    let other = [&both_ways[..], &[ret(ALLOW), ret(EPERM)]].concat();
    let error = decompile(&for_number(0, &other), &Options::default()).err().unwrap();
    assert!(error.to_string().contains("takes too much memory"), "{error}");
    // If the quotient is not read, only a division by 0 matters.
    let quotient = [load(low(1)), op(0x07, 0), load(low(0)), op(0x3c, 0), ret(ALLOW)];
    let quotient = decompile(&for_number(0, &quotient), &Options::default()).unwrap().text();
    let expected = "\nallow read(buf as u32 != 0);\nkill_thread read;\n";
    assert!(quotient.contains(expected), "{quotient}");
}

/// A chain of tests: for each a word, a mask, and the errno if one of its bits is set.
fn tests_of_bits(tests: usize, errnos: u32, seed: u64) -> Vec<SockFilter> {
    let mut rng = fastrand::Rng::with_seed(seed);
    let mut body = Vec::new();
    for test in 0..tests as u32 {
        body.push(load(16 + 4 * (test * 5 % 12)));
        body.push(jump(0x45, rng.u32(..), 0, 1));
        body.push(ret(0x0005_0000 | (test % errnos)));
    }
    body.push(ret(ALLOW));
    for_number(0, &body)
}

#[test]
fn many_tests_of_all_arguments_come_back() {
    // Some sets may be written wider than necessary. The products that share one must still cover everything.
    let filter = tests_of_bits(26, 3, 0);
    let decompiled = decompile(&filter, &Options::for_kernel(Abi::X86_64));
    assert!(decompiled.unwrap().text().contains("errno(ENOENT) read("));
}

#[test]
fn the_work_is_bounded_by_a_count_of_steps() {
    let filter = tests_of_bits(1300, 3, 0);
    let calls = CallSet { arch: Some(ARCH), nr: Some(0), ..CallSet::ALL };
    let run = |steps| {
        let mut functions = CallFunctions::new(1 << 20, &Budget::new(steps));
        functions.run(&filter, Endian::Little, &calls).map(|_| ())
    };
    assert_eq!(run(3000), Err(Unexplored::TooLong));
    assert_eq!(run(Budget::STEPS), Ok(()));
}

#[test]
fn halves_of_an_argument_become_one_comparison() {
    let body = [
        load(high(2)),
        jump(0x15, 0, 0, 3),
        load(low(2)),
        jump(0x25, 4096, 1, 0),
        ret(ALLOW),
        ret(KILL),
    ];
    assert_eq!(rules(&for_number(0, &body)), "allow read(count <= 4096);\n");
    let other_order = [
        load(low(2)),
        jump(0x25, 4096, 2, 0),
        load(high(2)),
        jump(0x15, 0, 1, 0),
        ret(KILL),
        ret(ALLOW),
    ];
    assert_eq!(rules(&for_number(0, &other_order)), "allow read(count <= 4096);\n");
}

#[test]
fn flags_and_constants_have_their_names() {
    let socket =
        [load(low(0)), jump(0x15, 2, 1, 0), jump(0x15, 10, 0, 3), load(low(1)), op(0x54, 0xf)];
    let mut body = socket.to_vec();
    body.extend([jump(0x15, 1, 1, 0), ret(KILL), ret(ALLOW)]);
    assert_eq!(
        rules(&for_number(41, &body)),
        "allow socket(family in {AF_INET, AF_INET6}, type & SOCK_TYPE_MASK == SOCK_STREAM);\n"
    );
    let prot = [load(low(2)), jump(0x45, 6, 0, 1), ret(EPERM), ret(ALLOW)];
    assert_eq!(
        rules(&for_number(9, &prot)),
        "errno(EPERM) mmap(prot & (PROT_WRITE | PROT_EXEC) != 0);\nallow mmap;\n"
    );
}

#[test]
fn a_type_decides_how_an_argument_is_compared() {
    // 64 bits of an `unsigned int`.
    let wide = [
        load(high(0)),
        jump(0x15, 0, 0, 2),
        load(low(0)),
        jump(0x15, 3, 1, 0),
        ret(KILL),
        ret(ALLOW),
    ];
    assert_eq!(rules(&for_number(0, &wide)), "allow read(fd as u64 == 3);\n");
    // A signed one, as the filter sees it: setpriority(which, who, niceval).
    let signed = [load(low(2)), jump(0x35, 0x8000_0000, 0, 1), ret(ALLOW), ret(KILL)];
    assert_eq!(
        rules(&for_number(141, &signed)),
        "allow setpriority(niceval < 0);\n".replace("< 0", "<= -1")
    );
    // The call has no fourth argument.
    let none = [load(low(4)), jump(0x15, 3, 0, 1), ret(ALLOW), ret(KILL)];
    assert_eq!(rules(&for_number(0, &none)), "allow read(a4 as u32 == 3);\n");
    // The command decides the type of the other argument.
    let command = [
        load(low(1)),
        jump(0x15, 0, 0, 3),
        load(low(2)),
        jump(0x15, 3, 0, 1),
        ret(ALLOW),
        ret(KILL),
    ];
    assert_eq!(rules(&for_number(72, &command)), "allow fcntl(cmd == F_DUPFD, arg == 3);\n");
}

#[test]
fn an_error_says_which_behaviour_a_policy_cannot_express() {
    let error = |filter: &[SockFilter]| decompile(filter, &Options::default()).err().unwrap();
    let address = [load(8), jump(0x15, 3, 0, 1), ret(ALLOW), ret(KILL)];
    assert_eq!(
        error(&for_number(0, &address)).to_string(),
        "what the filter does with `read` on x86_64 depends on the address of the instruction that makes the call, which a \
         policy cannot look at"
    );
    let no_arch = [load(0), jump(0x15, 0, 0, 1), ret(ALLOW), ret(KILL)];
    assert_eq!(error(&no_arch), DecompileError::Unsaid(Unsaid::OtherArchs));
    let of_kernel = decompile(&no_arch, &Options::for_kernel(Abi::X86_64)).unwrap();
    // Number 0 is a different call on each ABI. The policy shows this hole.
    assert_eq!(
        of_kernel.text(),
        "arch x86_64, x86;\n#[arch(x86_64)]\nallow read;\n#[arch(x86)]\nallow restart_syscall;\ndefault kill;\n"
    );
    let ends_nowhere = [load(0)];
    assert_eq!(
        error(&ends_nowhere).to_string(),
        "this is not a filter that the kernel loads: instruction 0: is the last \
         instruction and not a return, so the filter has no end"
    );
}

#[test]
fn bytes_and_listings_are_read_in_either_byte_order() {
    let filter = for_number(0, &[ret(ALLOW)]);
    for endian in [Endian::Little, Endian::Big] {
        assert_eq!(from_bytes(&to_bytes(&filter, endian)), Ok((filter.clone(), Some(endian))));
    }
    let mut listing = String::from("// a comment\n");
    for SockFilter { code, jt, jf, k } in &filter {
        listing += &format!("{{ {code:#x}, {jt}, {jf}, {k:#x} }}, # text\n");
    }
    assert_eq!(from_bytes(listing.as_bytes()), Ok((filter.clone(), None)));
    assert_eq!(from_bytes(b"20 0 0 0\n6 0 0 7fff0000\n").unwrap().0, [load(0), ret(ALLOW)]);
    assert_eq!(from_bytes(b""), Err(BytesError::Empty));
    assert_eq!(from_bytes(&[6, 0, 0]), Err(BytesError::Rest { bytes: 3 }));
    assert_eq!(from_bytes(b"6 0 0 0\n6 0 0"), Err(BytesError::Line { line: 2 }));
    let mut wrong = to_bytes(&filter, Endian::Little);
    wrong[16] = 0xff;
    assert_eq!(from_bytes(&wrong), Err(BytesError::Code { index: InstructionIndex(2) }));
}
