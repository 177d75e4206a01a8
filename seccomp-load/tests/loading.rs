//! Policies from texts on the running kernel.

use std::ffi::CString;
use std::fs;
use std::io::{self, Seek, SeekFrom};
use std::thread;

use seccomp_install::{ChildReport, in_child};
use seccomp_ir::prove::{Refusal, prove};
use seccomp_load::{
    Abi, Action, Call, Errno, InstallError, InsteadOfKill, Launch, LoadedPolicy, Loader, Report,
};
use seccomp_syntax::PolicyText;

const NO_FOLDERS: &str = "errno(EPERM) mkdir?, mkdirat; default allow";

fn load(text: &str) -> LoadedPolicy {
    Loader::text("test.policy", text).load().unwrap_or_else(|report| panic!("{report}"))
}

fn refused(loader: Loader<'_>) -> String {
    let report: Report = loader.load().expect_err("the policy has an error");
    report.to_string()
}

/// The errno of mkdir for a folder that exists: `EEXIST`, or what a policy answers.
fn errno_of_mkdir() -> Option<i32> {
    fs::create_dir("/").err().and_then(|error| error.raw_os_error())
}

const EPERM: Option<i32> = Some(1);
const EEXIST: Option<i32> = Some(17);

/// The number of filters of this thread (`Seccomp_filters`, Linux 5.9, in proc_pid_status(5)).
fn filters() -> u32 {
    let status = fs::read_to_string("/proc/thread-self/status").expect("/proc is mounted");
    let line = status.lines().find_map(|line| line.strip_prefix("Seccomp_filters:"));
    line.expect("Linux 5.9 or newer").trim().parse().expect("a number")
}

fn passed(child: io::Result<ChildReport>) {
    let child = child.expect("the child runs");
    assert!(child.status.success(), "{child:?}");
}

#[test]
fn a_loaded_policy_is_in_force_on_every_thread() {
    passed(in_child(|| {
        let (ask, asked) = std::sync::mpsc::channel::<()>();
        let other = thread::spawn(move || {
            asked.recv().expect("the first thread asks");
            errno_of_mkdir()
        });
        assert_eq!(errno_of_mkdir(), EEXIST);
        load(NO_FOLDERS).install().expect("installs");
        ask.send(()).expect("the thread waits");
        assert_eq!((errno_of_mkdir(), other.join().ok()), (EPERM, Some(EPERM)));
    }));
}

#[test]
fn a_loaded_policy_can_be_in_force_on_one_thread() {
    passed(in_child(|| {
        let thread = thread::spawn(|| {
            load(NO_FOLDERS).install_on_thread().expect("installs");
            errno_of_mkdir()
        });
        assert_eq!((thread.join().ok(), errno_of_mkdir()), (Some(EPERM), EEXIST));
    }));
}

#[test]
fn policies_whose_filters_are_at_one_address_one_after_another_are_all_installed() {
    passed(in_child(|| {
        let before = filters();
        for _ in 0..3 {
            load(NO_FOLDERS).install().expect("installs");
        }
        assert_eq!(filters(), before + 3);
    }));
}

#[test]
fn a_value_means_what_the_number_in_its_place_means() {
    let with_values = "allow write(fd in {$log, $(error)}, count < $most); errno($why) write;
                       allow lseek(offset >= $least); default kill";
    let with_numbers = "allow write(fd in {3, 4}, count < 0x1000); errno(13) write;
                        allow lseek(offset >= -1); default kill";
    let loaded = Loader::text("test.policy", with_values)
        .value("log", 3)
        .value("error", 4_u8)
        .value("most", 0x1000_u64)
        .value("why", 13)
        .value("least", -1)
        .value("spare", 0)
        .load()
        .unwrap_or_else(|report| panic!("{report}"));
    assert_eq!(loaded.filter(), load(with_numbers).filter());
    assert_eq!(loaded.used_values(), ["log", "error", "most", "why", "least"]);
    assert_eq!(load(loaded.text()).filter(), loaded.filter());
}

#[test]
fn a_value_that_does_not_fit_is_refused_at_its_place_and_nothing_is_installed() {
    passed(in_child(|| {
        let before = filters();
        for (text, value, message) in [
            ("allow close(fd == $v); default kill", 1_i128 << 32, "does not fit"),
            ("allow close(fd == $v); default kill", i128::MAX, "at most 64 bits"),
            ("allow close(fd == $v); default kill", i128::MIN, "at most 64 bits"),
            ("errno($v) close; default kill", 4096, "4095"),
            ("errno($v) close; default kill", -1, "errno"),
            ("allow close(fd in $v..3); default kill", 3, "empty"),
            ("allow close(fd & 1 == $v); default kill", 2, "contradict"),
        ] {
            let report = refused(Loader::text("test.policy", text).value("v", value));
            assert!(report.contains("--> test.policy:1:"), "{report}");
            assert!(report.contains(message), "{message}: {report}");
        }
        assert_eq!(filters(), before);
    }));
}

#[test]
fn all_values_that_only_rustc_could_give_are_refused_at_once() {
    let text = "report;\nallow close(fd == libc::STDIN);\nallow dup(fildes == $(file.as_raw_fd()));\n\
                allow read(fd == $fd);\ninclude crate::NET;\ndefault kill;";
    let report = refused(Loader::text("test.policy", text));
    // A fragment ends the reading of a text.
    assert!(report.contains("E0503"), "{report}");
    let report = refused(Loader::text("test.policy", text.replace("include crate::NET;", "")));
    for place in ["E0506", ":1:1", "E0305", ":2:19", "E0306", ":3:21", ":4:18"] {
        assert!(report.contains(place), "{place}: {report}");
    }
}

/// The diagram of these conditions would be too large, so the filter is a chain, which is proven condition by
/// condition.
#[test]
fn the_kernel_follows_a_hundred_random_masks_on_one_argument() {
    let mut random = fastrand::Rng::with_seed(12);
    let mut text = String::new();
    let mut rules = Vec::new();
    for number in 0..100 {
        let mask: u64 = (0..3 + number % 5).fold(0, |mask, _| mask | 1 << random.u32(..64));
        let (value, errno) = (random.u64(..) & mask, 100 + number % 3);
        text += &format!("errno({errno}) lseek(offset & {mask:#x} == {value:#x});\n");
        rules.push((mask, value, errno));
    }
    text += "#[allow(seccomp::default_allow, seccomp::sibling_allowed)] default allow";
    let policy = load(&text);
    let mut null = fs::File::open("/dev/null").expect("a device of Linux");
    passed(in_child(|| {
        policy.install().expect("installs");
        let mut decided = [0; 4];
        for trial in 0..20_000 {
            // An offset near a rule, or any offset.
            let (mask, value, _) = rules[trial % rules.len()];
            let near = (random.u64(..) & !mask) | value;
            let offset = if trial % 2 == 0 { near } else { random.u64(..) };
            let rule = rules.iter().find(|(mask, value, _)| offset & mask == *value);
            // /dev/null takes any offset: `null_lseek` (drivers/char/mem.c, Linux 6.12).
            let answer = null.seek(SeekFrom::Start(offset)).err();
            let errno = answer.and_then(|error| error.raw_os_error());
            assert_eq!(errno, rule.map(|&(.., errno)| errno), "{offset:#x}");
            decided[rule.map_or(3, |&(.., errno)| errno as usize - 100)] += 1;
        }
        assert!(decided.iter().all(|&times| times > 10), "{decided:?}");
    }));
}

/// The search gives up before it finds that these conditions always hold, and the proof finds it.
#[test]
fn a_condition_that_always_holds_is_compiled_where_only_the_proof_finds_that() {
    let mut random = fastrand::Rng::with_seed(0);
    let mut masks = Vec::new();
    for _ in 0..300 {
        let mut mask = 0_u32;
        while mask.count_ones() < 3 {
            mask |= 1 << random.u32(..32);
        }
        masks.push(format!("cmd & {mask:#x} == {:#x}", random.u32(..) & mask));
    }
    let text = format!("allow ioctl({}); default kill", masks.join(" || "));
    let compiled = PolicyText::new("a", &text, Abi::NATIVE).compile().expect("compiles").compiled;
    let proof = prove(&compiled.policy, &compiled.filter);
    assert!(matches!(proof, Err(Refusal::NotConstant { .. })), "{proof:?}");
}

#[test]
fn another_action_can_replace_kill() {
    passed(in_child(|| {
        let policy = load("kill mkdir?, mkdirat; default allow");
        let installer = policy.installer().instead_of_kill(InsteadOfKill::Errno(Errno::EPERM));
        installer.install().expect("installs");
        assert_eq!(errno_of_mkdir(), EPERM);
    }));
    let killed = in_child(|| {
        load("kill mkdir?, mkdirat; default allow").install().expect("installs");
        errno_of_mkdir();
    });
    assert!(killed.expect("the child runs").is_killed_by_policy());
}

#[test]
fn a_listener_answers_the_calls_of_a_loaded_policy() {
    passed(in_child(|| {
        let (send, received) = std::sync::mpsc::channel();
        let thread = thread::spawn(move || {
            let policy = load("notify mkdir?, mkdirat; default allow");
            let installer = policy.installer().this_thread_only();
            send.send(installer.install_with_listener().expect("installs")).expect("it waits");
            errno_of_mkdir()
        });
        let listener = received.recv().expect("the thread sends it");
        let notification = listener.receive().expect("the kernel has listeners");
        let notification = notification.expect("the thread makes a call");
        notification.respond(seccomp_install::Response::Errno(Errno::EPERM)).expect("it waits");
        assert_eq!(thread.join().ok(), Some(EPERM));
    }));
}

#[test]
fn a_policy_that_denies_an_install_is_an_error_for_the_next_one() {
    passed(in_child(|| {
        load("errno(EPERM) seccomp; default allow").install().expect("installs");
        let error = load(NO_FOLDERS).install().expect_err("seccomp is denied");
        assert!(matches!(error, InstallError::NotPermitted { .. }), "{error:?}");
    }));
}

#[test]
fn a_loaded_policy_serves_the_other_abis_that_it_names() {
    let policy = match Abi::NATIVE {
        Abi::X86_64 => load("arch x86_64, x86; allow exit_group; default kill"),
        abi => load(&format!("arch {}; allow exit_group; default kill", abi.name())),
    };
    assert!(policy.abis().contains(&Abi::NATIVE));
    if Abi::NATIVE == Abi::X86_64 {
        // `exit_group` of x86.
        assert_eq!(policy.decide(&Call::new(Abi::X86, 252, [0; 6])), Action::Allow);
        assert_eq!(policy.decide(&Call::new(Abi::X32, 0x4000_00e7, [0; 6])), Action::KillProcess);
    }
}

#[test]
fn the_bytes_for_other_programs_are_the_filter() {
    let policy = load(NO_FOLDERS);
    let mut bytes = Vec::new();
    policy.write_bpf(&mut bytes).expect("a vector takes everything");
    let mut read = Vec::new();
    for chunk in bytes.chunks(8) {
        let &[c0, c1, jt, jf, k0, k1, k2, k3] = chunk else { panic!("{chunk:?}") };
        let k = u32::from_ne_bytes([k0, k1, k2, k3]);
        read.push(seccomp_load::SockFilter { code: u16::from_ne_bytes([c0, c1]), jt, jf, k });
    }
    assert_eq!(read, policy.filter());
}

#[test]
fn a_loaded_filter_is_that_of_the_compiler() {
    let compiled = PolicyText::new("a", NO_FOLDERS, Abi::NATIVE).compile().expect("compiles");
    assert_eq!(load(NO_FOLDERS).filter(), compiled.compiled.filter.instructions);
}

/// Executes a command of a shell under a policy, in the place of this process.
fn launch(text: &str, path: &str, command: &str) -> ! {
    let string = |text: &str| CString::new(text).expect("no NUL");
    let arguments = ["sh", "-c", command].map(string).to_vec();
    let launch = Launch::new(&string(path), arguments, vec![string("NAME=value")]);
    let launch = launch.expect("there are random numbers");
    let policy = launch.under(&load(text)).unwrap_or_else(|report| panic!("{report}"));
    panic!("{}", launch.execute(policy.installer(), "cannot launch: "))
}

#[test]
fn a_program_is_launched_under_a_policy_that_denies_execve() {
    let command = "echo \"$0 $NAME\"; /bin/true || echo \"exit $?\"";
    for policy in ["errno(EPERM) execve, execveat; default allow", "allow execve; default log"] {
        let child = in_child(|| launch(policy, "/bin/sh", command)).expect("the child runs");
        let expected =
            if policy.starts_with("allow") { "sh value\n" } else { "sh value\nexit 126\n" };
        assert_eq!(child.stdout, expected, "{child:?}");
    }
    let text = "kill execve, execveat; default allow";
    let child = in_child(|| launch(text, "/bin/sh", "exec /bin/true")).expect("the child runs");
    assert!(child.is_killed_by_policy(), "{child:?}");
}

#[test]
fn a_launched_program_does_not_ignore_broken_pipes() {
    let command = "while read name value; do case $name in SigIgn:) echo $value;; esac; done < /proc/self/status";
    let child = in_child(|| launch("default allow", "/bin/sh", command)).expect("the child runs");
    let ignored = u64::from_str_radix(child.stdout.trim(), 16);
    // SIGPIPE is 13.
    assert_eq!(ignored.map(|ignored| ignored & 1 << 12), Ok(0), "{child:?}");
}

#[test]
fn each_launch_has_other_addresses() {
    let call = || Launch::new(c"/bin/sh", Vec::new(), Vec::new()).expect("random numbers").call();
    let (first, second) = (call(), call());
    for argument in 0..3 {
        assert_ne!(first.args[argument], second.args[argument]);
    }
}

#[test]
fn a_program_that_cannot_be_executed_ends_the_process_as_in_a_shell() {
    for (path, status, message) in
        [("/nothing/here", 127, "ENOENT"), ("/", 126, "EACCES"), ("/dev/null", 126, "EACCES")]
    {
        let child = in_child(|| launch("default allow", path, "")).expect("the child runs");
        assert_eq!(child.status.code(), Some(status), "{child:?}");
        assert!(child.stderr.contains("cannot launch: "), "{child:?}");
        assert!(child.stderr.contains(message), "{child:?}");
    }
}

#[test]
fn an_included_file_is_read_by_the_loader() {
    let files = |name: &str| match name {
        "net.policy" => {
            Ok("#[cfg(feature = \"net\")] allow socket; #[cfg(quiet)] allow bind;".to_owned())
        }
        _ => Err("there is none".to_owned()),
    };
    let loader = || Loader::text("a.policy", "include \"net.policy\"; default kill").files(&files);
    let neither = loader().load().unwrap_or_else(|report| panic!("{report}"));
    assert_eq!(neither.text(), "default kill;\n");
    let both = loader().cfg_value("feature", "net").cfg("quiet").load();
    let both = both.unwrap_or_else(|report| panic!("{report}"));
    assert_eq!(both.text(), "allow socket;\nallow bind;\ndefault kill;\n");
    let missing =
        refused(Loader::text("a.policy", "include \"b.policy\"; default kill").files(&files));
    assert!(missing.contains("there is none"), "{missing}");
}
