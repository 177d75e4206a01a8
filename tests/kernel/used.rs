//! The bits that the kernel uses of an argument that it declares wider
//! (`seccomp-ir/data/used.tsv`).
//!
//! Each case makes a call twice, plainly and with other bits set where the table says that the kernel
//! ignores them: both calls must do the same. Then the case installs a policy that denies the plain
//! value of that argument, and both calls must be denied. The first half checks the table, the second
//! the filter.
#![allow(unsafe_code)] // System calls with addresses of the test's own memory.
#![cfg(target_pointer_width = "64")]

use std::collections::BTreeSet;
use std::sync::Once;
use std::sync::atomic::{AtomicI64, Ordering};

use seccomp_runtime::{Policy, seccomp_policy};
use seccomp_tests::call;
use seccomp_tests::child::{End, Notes, child};

/// Bits above the lower 32, the sign of 64 among them.
const RUBBISH: u64 = 0x8000_0001_0000_0000;

/// A file in memory, open for reading and writing.
const FILE: u64 = 90;
/// The end of a pipe that is written to.
const PIPE: u64 = 91;
/// The descriptor of the process itself.
const PROCESS: u64 = 92;

/// The action of every rule below.
const DENIED: i64 = -99;

/// The number of bytes that are read, written or mapped.
const PAGE: usize = 4096;

/// An argument of a call, and a policy that denies its plain value.
struct Case {
    call: &'static str,
    argument: &'static str,
    /// The register of the argument.
    position: usize,
    /// Prepares the call, and returns its number and arguments.
    plain: fn(&mut World) -> (i64, [u64; 6]),
    /// Undoes what a successful call did, and returns the part of its result that is compared.
    effect: fn(i64) -> i64,
    policy: Policy,
}

/// Memory for calls to use.
#[repr(C, align(4096))]
struct World {
    page: [u8; PAGE],
    parts: [libc::iovec; 1],
    others: [libc::iovec; 1],
}

/// A count or a status is compared as it is.
fn itself(result: i64) -> i64 {
    result
}

/// The address of a mapping differs, so only success is compared.
fn mapped(result: i64) -> i64 {
    if result > 0 { 1 } else { result }
}

/// A new process ends at once, and its parent waits for it.
fn forked(result: i64) -> i64 {
    if result <= 0 {
        return result;
    }
    // SAFETY: waitpid(2) writes nothing to a null pointer.
    let waited = unsafe { libc::waitpid(result as libc::pid_t, std::ptr::null_mut(), 0) };
    i64::from(i64::from(waited) == result)
}

fn own_process() -> u64 {
    std::process::id().into()
}

fn parts(world: &World) -> u64 {
    world.parts.as_ptr() as u64
}

fn vector(world: &mut World, number: i64) -> (i64, [u64; 6]) {
    (number, [FILE, parts(world), 1, 0, 0, 0])
}

fn vm(world: &mut World, number: i64) -> (i64, [u64; 6]) {
    let own = own_process();
    (number, [own, parts(world), 1, world.others.as_ptr() as u64, 1, 0])
}

fn mmap(_: &mut World) -> (i64, [u64; 6]) {
    (libc::SYS_mmap, [0, PAGE as u64, 1, libc::MAP_SHARED as u64, FILE, 0])
}

fn clone(_: &mut World) -> (i64, [u64; 6]) {
    let mut arguments = [0; 6];
    arguments[CLONE_FLAGS] = libc::SIGCHLD as u64;
    (libc::SYS_clone, arguments)
}

const CLONE_FLAGS: usize = if cfg!(target_arch = "s390x") { 1 } else { 0 };

fn mbind(world: &mut World) -> (i64, [u64; 6]) {
    (libc::SYS_mbind, [world.page.as_ptr() as u64, PAGE as u64, 0, 0, 0, 0])
}

fn kcmp(_: &mut World) -> (i64, [u64; 6]) {
    let own = own_process();
    // KCMP_FILE
    (libc::SYS_kcmp, [own, own, 0, FILE, FILE, 0])
}

/// Traces a process that waits to be killed.
fn ptrace(_: &mut World) -> (i64, [u64; 6]) {
    let waiting = call::fork();
    if waiting == 0 {
        for _ in 0..20 {
            call::sleep_ms(500);
        }
        call::exit_group(0);
    }
    // PTRACE_SEIZE
    (libc::SYS_ptrace, [0x4206, waiting as u64, 0, 0, 0, 0])
}

fn process_madvise(world: &mut World) -> (i64, [u64; 6]) {
    (libc::SYS_process_madvise, [PROCESS, parts(world), 1, libc::MADV_WILLNEED as u64, 0, 0])
}

fn remap_file_pages(_: &mut World) -> (i64, [u64; 6]) {
    let (number, arguments) = (libc::SYS_mmap, [0, PAGE as u64, 3, 1, FILE, 0]);
    // SAFETY: a new mapping aliases nothing.
    let at = unsafe { make(number, arguments) };
    (libc::SYS_remap_file_pages, [at as u64, PAGE as u64, 0, 0, 0, 0])
}

fn vmsplice(world: &mut World) -> (i64, [u64; 6]) {
    (libc::SYS_vmsplice, [PIPE, parts(world), 1, 0, 0, 0])
}

/// Mounts a file system in namespaces of the process's own. With the magic number of old programs in the upper half of the
/// low 32 bits, the kernel cuts off that half and all bits above it; without that number, it refuses the bits above.
fn mount(_: &mut World) -> (i64, [u64; 6]) {
    static OWN: Once = Once::new();
    let namespaces = (libc::CLONE_NEWUSER | libc::CLONE_NEWNS) as u64;
    // SAFETY: unshare(2) takes a number.
    let own = || unsafe { make(libc::SYS_unshare, [namespaces, 0, 0, 0, 0, 0]) };
    OWN.call_once(|| assert_eq!(own(), 0, "this system gives no user namespaces to the test"));
    let (kind, at) = (c"tmpfs".as_ptr() as u64, c"/tmp".as_ptr() as u64);
    (libc::SYS_mount, [kind, at, kind, MS_MGC_VAL, 0, 0])
}

const MS_MGC_VAL: u64 = 0xc0ed_0000;

fn fcntl(command: i32, argument: i32, fd: u64) -> (i64, [u64; 6]) {
    (libc::SYS_fcntl, [fd, command as u64, argument as u64, 0, 0, 0])
}

/// A descriptor is closed again, and its number is compared.
fn opened(result: i64) -> i64 {
    if result > 0 {
        call::close(result as u64);
    }
    result
}

/// The identity of a keyring differs, so only success is compared.
fn found(result: i64) -> i64 {
    result.min(1)
}

/// A new set of one semaphore, which `removed` removes.
fn semaphore(_: &mut World) -> (i64, [u64; 6]) {
    // SAFETY: semget(2) takes numbers.
    let set = unsafe { make(libc::SYS_semget, [libc::IPC_PRIVATE as u64, 1, 0o600, 0, 0, 0]) };
    SET.store(set, Ordering::SeqCst);
    (libc::SYS_semctl, [set as u64, 0, libc::SETVAL as u64, 5, 0, 0])
}

/// The set that `semaphore` made. Each case runs in a process of its own.
static SET: AtomicI64 = AtomicI64::new(-1);

/// The value of the semaphore is compared.
fn removed(result: i64) -> i64 {
    let set = SET.load(Ordering::SeqCst) as u64;
    // SAFETY: semctl(2) takes numbers for these commands.
    let of = |command: i32| unsafe { make(libc::SYS_semctl, [set, 0, command as u64, 0, 0, 0]) };
    let value = of(libc::GETVAL);
    of(libc::IPC_RMID);
    if result == 0 { value } else { result }
}

fn keyctl(command: u64, rest: [u64; 2]) -> (i64, [u64; 6]) {
    (libc::SYS_keyctl, [command, rest[0], rest[1], 0, 0, 0])
}

macro_rules! cases {
    ($shown:ident: $($(#[$meta:meta])? $test:ident:
        $call:ident($argument:ident = $position:expr, $value:tt $(, $command:ident == $name:tt)?), $plain:expr, $effect:ident;)*) => {
        $($(#[$meta])? #[test]
        fn $test() {
            const DENYING: Policy = seccomp_policy! {
                errno(99) $call($argument == $value $(, $command == $name)?);
                default allow
            };
            holds(&Case {
                call: stringify!($call),
                argument: stringify!($argument),
                position: $position,
                plain: $plain,
                effect: $effect,
                policy: DENYING,
            });
        })*

        const $shown: &[(&str, &str)] = &[$((stringify!($call), stringify!($argument)),)*];
    };
}

cases! {
    SHOWN:
    clone_takes_32_bits_of_its_flags: clone(clone_flags = CLONE_FLAGS, 17), clone, forked;
    kcmp_takes_32_bits_of_its_first_index: kcmp(idx1 = 3, 90), kcmp, itself;
    mbind_takes_32_bits_of_its_mode: mbind(mode = 2, 0), mbind, itself;
    mmap_takes_32_bits_of_its_descriptor: mmap(fd = 4, 90), mmap, mapped;
    mmap_takes_32_bits_of_its_flags: mmap(flags = 3, 1), mmap, mapped;
    mmap_takes_32_bits_of_its_protection: mmap(prot = 2, 1), mmap, mapped;
    mount_takes_32_bits_of_the_flags_of_old_programs: mount(flags = 3, 0xc0ed_0000), mount, itself;
    preadv_takes_32_bits_of_its_descriptor: preadv(fd = 0, 90), |w| vector(w, libc::SYS_preadv), itself;
    preadv_takes_32_bits_of_its_count: preadv(vlen = 2, 1), |w| vector(w, libc::SYS_preadv), itself;
    preadv2_takes_32_bits_of_its_descriptor: preadv2(fd = 0, 90), |w| vector(w, libc::SYS_preadv2), itself;
    preadv2_takes_32_bits_of_its_count: preadv2(vlen = 2, 1), |w| vector(w, libc::SYS_preadv2), itself;
    process_madvise_takes_32_bits_of_its_count: process_madvise(vlen = 2, 1), process_madvise, itself;
    process_vm_readv_takes_32_bits_of_its_count:
        process_vm_readv(liovcnt = 2, 1), |w| vm(w, libc::SYS_process_vm_readv), itself;
    process_vm_writev_takes_32_bits_of_its_count:
        process_vm_writev(liovcnt = 2, 1), |w| vm(w, libc::SYS_process_vm_writev), itself;
    pwritev_takes_32_bits_of_its_descriptor: pwritev(fd = 0, 90), |w| vector(w, libc::SYS_pwritev), itself;
    pwritev_takes_32_bits_of_its_count: pwritev(vlen = 2, 1), |w| vector(w, libc::SYS_pwritev), itself;
    pwritev2_takes_32_bits_of_its_descriptor: pwritev2(fd = 0, 90), |w| vector(w, libc::SYS_pwritev2), itself;
    pwritev2_takes_32_bits_of_its_count: pwritev2(vlen = 2, 1), |w| vector(w, libc::SYS_pwritev2), itself;
    readv_takes_32_bits_of_its_descriptor: readv(fd = 0, 90), |w| vector(w, libc::SYS_readv), itself;
    readv_takes_32_bits_of_its_count: readv(vlen = 2, 1), |w| vector(w, libc::SYS_readv), itself;
    remap_file_pages_takes_32_bits_of_its_flags: remap_file_pages(flags = 4, 0), remap_file_pages, itself;
    vmsplice_takes_32_bits_of_its_count: vmsplice(nr_segs = 2, 1), vmsplice, itself;
    writev_takes_32_bits_of_its_descriptor: writev(fd = 0, 90), |w| vector(w, libc::SYS_writev), itself;
    writev_takes_32_bits_of_its_count: writev(vlen = 2, 1), |w| vector(w, libc::SYS_writev), itself;
}

// Under a command: `data/commands.tsv`.
cases! {
    UNDER_COMMANDS:
    fcntl_takes_32_bits_of_a_lowest_descriptor:
        fcntl(arg = 2, 95, cmd == F_DUPFD), |_| fcntl(libc::F_DUPFD, 95, FILE), opened;
    fcntl_takes_32_bits_of_a_lowest_descriptor_to_be_closed:
        fcntl(arg = 2, 95, cmd == F_DUPFD_CLOEXEC), |_| fcntl(libc::F_DUPFD_CLOEXEC, 95, FILE), opened;
    fcntl_takes_32_bits_of_flags_of_a_descriptor:
        fcntl(arg = 2, 1, cmd == F_SETFD), |_| fcntl(libc::F_SETFD, 1, FILE), itself;
    fcntl_takes_32_bits_of_flags_of_a_file:
        fcntl(arg = 2, 0x400, cmd == F_SETFL), |_| fcntl(libc::F_SETFL, libc::O_APPEND, FILE), itself;
    fcntl_takes_32_bits_of_an_owner:
        fcntl(arg = 2, 0, cmd == F_SETOWN), |_| fcntl(libc::F_SETOWN, 0, FILE), itself;
    fcntl_takes_32_bits_of_a_signal:
        fcntl(arg = 2, 10, cmd == F_SETSIG), |_| fcntl(10, 10, FILE), itself;
    fcntl_takes_32_bits_of_the_size_of_a_pipe:
        fcntl(arg = 2, 8192, cmd == F_SETPIPE_SZ), |_| fcntl(libc::F_SETPIPE_SZ, 8192, PIPE), itself;
    kcmp_takes_32_bits_of_its_second_index_for_files:
        kcmp(idx2 = 4, 90, type == KCMP_FILE), kcmp, itself;
    keyctl_takes_32_bits_of_a_key:
        keyctl(arg2 = 1, 0xffff_fffe, option == KEYCTL_GET_KEYRING_ID), |_| keyctl(0, [0xffff_fffe, 1]), found;
    keyctl_takes_32_bits_of_whether_to_make_a_keyring:
        keyctl(arg3 = 2, 1, option == KEYCTL_GET_KEYRING_ID), |_| keyctl(0, [0xffff_fffe, 1]), found;
    keyctl_takes_32_bits_of_a_default_keyring:
        keyctl(arg2 = 1, 0, option == KEYCTL_SET_REQKEY_KEYRING), |_| keyctl(14, [0, 0]), itself;
    #[cfg(target_arch = "x86_64")]
    prctl_takes_32_bits_of_the_mode_of_the_time_stamp_counter:
        prctl(arg2 = 1, 1, option == PR_SET_TSC), |_| (libc::SYS_prctl, [26, 1, 0, 0, 0, 0]), itself;
    #[cfg(target_endian = "little")]
    semctl_takes_32_bits_of_a_value:
        semctl(arg = 3, 5, cmd == SETVAL), semaphore, removed;
}

#[test]
fn every_case_under_a_command_is_in_the_table() {
    let table = concat!(env!("CARGO_MANIFEST_DIR"), "/../seccomp-ir/data/commands.tsv");
    let table = std::fs::read_to_string(table).expect("the table");
    for (call, argument) in UNDER_COMMANDS {
        let narrow = format!("{argument}=i32");
        let of = |row: &&str| row.starts_with(&format!("{call}\t"));
        let says = |row: &str| row.contains(&narrow) || row.contains(&format!("{argument}=u32"));
        assert!(table.lines().filter(of).any(says), "{call} {argument}");
    }
}

/// The id of the process is known only when the test runs, so no constant has it. A negative number of 64
/// bits is not above 1.
#[test]
fn ptrace_takes_32_bits_of_its_process() {
    const DENYING: Policy = seccomp_policy! { errno(99) ptrace(pid > 1); default allow };
    holds(&Case {
        call: "ptrace",
        argument: "pid",
        position: 1,
        plain: ptrace,
        effect: itself,
        policy: DENYING,
    });
}

/// The kernel shifts the upper half of the position out of a register of 64 bits.
#[test]
fn vectored_calls_ignore_the_upper_half_of_their_position() {
    let outcome = child(|notes| {
        let mut world = World::new();
        world.point();
        for (index, number) in
            [libc::SYS_preadv, libc::SYS_preadv2, libc::SYS_pwritev, libc::SYS_pwritev2]
                .into_iter()
                .enumerate()
        {
            let (number, mut arguments) = vector(&mut world, number);
            // SAFETY: the vector is of this test's memory.
            notes.put(2 * index, unsafe { make(number, arguments) });
            arguments[4] = u64::MAX;
            // SAFETY: the same vector.
            notes.put(2 * index + 1, unsafe { make(number, arguments) });
        }
        0
    });
    assert_eq!(outcome.end, End::Exited(0));
    assert_eq!(outcome.notes.first(), [PAGE as i64; 8]);
}

/// The kernel uses all bits of arguments that the table says are used whole: it refuses a bit above the lower 32 that no
/// flag has, and a size with such a bit is too large. (`seccomp-ir/tests/tables/whole.tsv`; a mask of the type `unsigned
/// int` in the kernel would cut the bit off.)
#[test]
fn flags_and_sizes_that_are_used_whole_are_refused_with_more_bits() {
    let outcome = child(|notes| {
        let mut world = World::new();
        world.point();
        let page = world.page.as_ptr() as u64;
        let (read, parts) = vm(&mut world, libc::SYS_process_vm_readv);
        let plain: [(i64, [u64; 6], usize); 6] = [
            (libc::SYS_unshare, [libc::CLONE_FS as u64, 0, 0, 0, 0, 0], 0),
            (libc::SYS_mprotect, [page, PAGE as u64, 3, 0, 0, 0], 2),
            (libc::SYS_mremap, [page, PAGE as u64, PAGE as u64, 1, 0, 0], 3),
            (libc::SYS_get_mempolicy, [page, 0, 0, 0, 0, 0], 4),
            (read, parts, 5),
            (read, parts, 4),
        ];
        for (index, (number, mut arguments, position)) in plain.into_iter().enumerate() {
            // SAFETY: the arguments are right for the call, with memory of this test.
            notes.put(2 * index, unsafe { make(number, arguments) }.min(1));
            arguments[position] |= 1 << 40;
            // SAFETY: the same arguments; the kernel refuses one of them.
            notes.put(2 * index + 1, unsafe { make(number, arguments) });
        }
        0
    });
    assert_eq!(outcome.end, End::Exited(0));
    for (index, pair) in outcome.notes.first::<12>().chunks(2).enumerate() {
        assert!(pair[0] >= 0, "case {index} fails as it is: {}", pair[0]);
        assert_eq!(pair[1], -i64::from(libc::EINVAL), "case {index}");
    }
}

#[test]
fn every_argument_that_the_table_says_is_shown_here_has_a_case() {
    let table = concat!(env!("CARGO_MANIFEST_DIR"), "/../seccomp-ir/data/used.tsv");
    let table = std::fs::read_to_string(table).expect("the table");
    let mut said = BTreeSet::new();
    for row in table.lines().filter(|row| !row.starts_with('#')) {
        let cells = row.split('\t').collect::<Vec<_>>();
        let [call, argument, _, used, _, shown] = cells[..] else { panic!("{row}") };
        if shown == "yes" && used != "none" {
            said.insert((call, argument));
        }
    }
    let mut shown = SHOWN.iter().copied().collect::<BTreeSet<_>>();
    shown.insert(("ptrace", "pid"));
    assert_eq!(said, shown);
}

impl World {
    /// Memory, and the descriptors of the top of this file.
    fn new() -> Self {
        let nothing = libc::iovec { iov_base: std::ptr::null_mut(), iov_len: 0 };
        let mut pipe = [0_i32; 2];
        // SAFETY: the calls below take numbers, a string with its end, and an array of two descriptors.
        let call = |number, [a, b, c]: [u64; 3]| unsafe { make(number, [a, b, c, 0, 0, 0]) };
        let file = call(libc::SYS_memfd_create, [c"used".as_ptr() as u64, 0, 0]);
        call(libc::SYS_ftruncate, [file as u64, 4 * PAGE as u64, 0]);
        call(libc::SYS_dup3, [file as u64, FILE, 0]);
        call(libc::SYS_pipe2, [pipe.as_mut_ptr() as u64, 0, 0]);
        call(libc::SYS_dup3, [pipe[1] as u64, PIPE, 0]);
        let own = call(libc::SYS_pidfd_open, [own_process(), 0, 0]);
        call(libc::SYS_dup3, [own as u64, PROCESS, 0]);
        Self { page: [1; PAGE], parts: [nothing], others: [nothing] }
    }

    /// Lets the vectors point to the page, once its address is final.
    fn point(&mut self) {
        let part = libc::iovec { iov_base: self.page.as_mut_ptr().cast(), iov_len: PAGE };
        (self.parts, self.others) = ([part], [part]);
    }
}

/// Makes a call: its result, or an errno below zero.
///
/// # Safety
///
/// The arguments have to be right for the call.
unsafe fn make(number: i64, a: [u64; 6]) -> i64 {
    // SAFETY: the caller says so.
    let result = unsafe { libc::syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]) };
    match result {
        -1 => -i64::from(std::io::Error::last_os_error().raw_os_error().unwrap_or(0)),
        result => result,
    }
}

/// Makes the call of a case, with these bits added to the argument, and writes down what it did.
fn try_call(case: &Case, bits: u64, world: &mut World, notes: &Notes, note: usize) {
    let (number, mut arguments) = (case.plain)(world);
    arguments[case.position] |= bits;
    // SAFETY: each case is right for its call; the bits are those that the kernel ignores.
    let result = unsafe { make(number, arguments) };
    if result == 0 && number == libc::SYS_clone {
        call::exit_group(0);
    }
    notes.put(note, (case.effect)(result));
}

fn holds(case: &Case) {
    let outcome = child(|notes| {
        let mut world = World::new();
        world.point();
        try_call(case, 0, &mut world, notes, 0);
        try_call(case, RUBBISH, &mut world, notes, 1);
        if case.policy.install_on_thread().is_err() {
            return 1;
        }
        try_call(case, 0, &mut world, notes, 2);
        try_call(case, RUBBISH, &mut world, notes, 3);
        0
    });
    let Case { call, argument, .. } = case;
    assert_eq!(outcome.end, End::Exited(0), "{call} {argument}");
    let [plain, rubbish, denied, side_stepped] = outcome.notes.first();
    assert!(plain >= 0, "{call} fails without a policy: {plain}");
    assert_eq!(rubbish, plain, "the kernel looks at more of {argument} of {call}");
    assert_eq!(denied, DENIED, "{call} {argument}");
    assert_eq!(side_stepped, DENIED, "{call} is side-stepped through {argument}");
}
