//! The checks, with policies that are compiled for the target.

use seccomp_runtime::__private::{SockFilter, policy};
use seccomp_runtime::{
    Abi, Action, Call, Errno, InstallError, InsteadOfKill, Mode, Policy, PolicyWith,
    enter_strict_mode, is_available, seccomp_policy,
};

use crate::call::{self, ENOSYS, End, SIGKILL, SIGSYS};
use crate::{Check, FAILS, HOLDS, supervised};

const LOAD: u16 = 0x20;
const EQUAL: u16 = 0x15;
const RETURN: u16 = 0x06;

/// The probe gets `value` if the low half of its sixth argument is 7; everything else is allowed.
const fn probed(value: Action) -> [SockFilter; 8] {
    let low = if cfg!(target_endian = "big") { 60 } else { 56 };
    [
        SockFilter::statement(LOAD, 4),
        SockFilter::jump(EQUAL, Abi::NATIVE.audit_arch(), 0, 5),
        SockFilter::statement(LOAD, 0),
        SockFilter::jump(EQUAL, call::PROBE as u32, 0, 2),
        SockFilter::statement(LOAD, low),
        SockFilter::jump(EQUAL, 7, 1, 0),
        SockFilter::statement(RETURN, 0x7fff_0000),
        SockFilter::statement(RETURN, value.to_return_value()),
    ]
}

const ERRNO: Policy = policy(&probed(Action::Errno(7)));
const KILL: Policy = policy(&probed(Action::KillProcess));
const ASK: Policy = policy(&probed(Action::Notify));

const SEVENTH: [usize; 6] = [1, 2, 3, 4, 5, 7];
const OTHER: [usize; 6] = [7, 7, 7, 7, 7, 8];

/// The same policy as [`ERRNO`], with values of the running program.
fn with_values(last: usize, error: u16) -> PolicyWith<2> {
    seccomp_policy! {
        errno($error) syscall(1000)(a5 as u32 == $last);
        #[allow(seccomp::default_allow)]
        default allow
    }
}

fn claim(holds: bool) -> u8 {
    if holds { HOLDS } else { FAILS }
}

pub(crate) const ALL: &[Check] = &[
    Check {
        claim: "without a policy the kernel knows no such call",
        run: || claim(call::probe(SEVENTH) == -ENOSYS),
        expected: End::Exited(HOLDS),
    },
    Check {
        claim: "an errno comes back, for the sixth argument only",
        run: || {
            let installed = ERRNO.install().is_ok();
            claim(installed && call::probe(SEVENTH) == -7 && call::probe(OTHER) == -ENOSYS)
        },
        expected: End::Exited(HOLDS),
    },
    Check {
        claim: "values of the running program are put into the policy",
        run: || {
            let installed = with_values(SEVENTH[5], 9).install().is_ok();
            claim(installed && call::probe(SEVENTH) == -9 && call::probe(OTHER) == -ENOSYS)
        },
        expected: End::Exited(HOLDS),
    },
    Check {
        claim: "a value that does not fit installs nothing",
        run: || {
            let error = with_values(7, 4096).install();
            let refused = matches!(error, Err(InstallError::Value { .. }));
            claim(refused && call::probe(SEVENTH) == -ENOSYS)
        },
        expected: End::Exited(HOLDS),
    },
    Check {
        claim: "an errno comes in the place of a kill",
        run: || {
            let errno = InsteadOfKill::Errno(Errno::EXDEV);
            let installed = KILL.installer().instead_of_kill(errno).install().is_ok();
            claim(installed && call::probe(SEVENTH) == -18 && call::probe(OTHER) == -ENOSYS)
        },
        expected: End::Exited(HOLDS),
    },
    Check {
        claim: "a killed call is the last",
        run: || {
            if KILL.install_on_thread().is_err() {
                return FAILS;
            }
            call::probe(SEVENTH);
            HOLDS
        },
        expected: End::Killed(SIGSYS),
    },
    Check {
        claim: "what the policy decides is what the kernel does",
        run: || {
            let call = |arguments: [usize; 6]| {
                Call::new(Abi::NATIVE, call::PROBE as u32, arguments.map(|word| word as u64))
            };
            claim(ERRNO.decide(&call(SEVENTH)) == Action::Errno(7) && ERRNO.allows(&call(OTHER)))
        },
        expected: End::Exited(HOLDS),
    },
    Check {
        claim: "the mode is known before and after",
        run: || {
            let before = Mode::current() == Ok(Mode::Disabled);
            claim(before && ERRNO.install().is_ok() && Mode::current() == Ok(Mode::Filter))
        },
        expected: End::Exited(HOLDS),
    },
    Check {
        claim: "the kernel has every action",
        run: || {
            let all = [Action::KillProcess, Action::Errno(1), Action::Log, Action::Notify];
            claim(all.iter().all(|action| is_available(*action) == Ok(true)))
        },
        expected: End::Exited(HOLDS),
    },
    Check {
        claim: "a program that is too long is refused with its length",
        run: || {
            const LONG: &[SockFilter] = &[SockFilter::statement(RETURN, 0x7fff_0000); 4097];
            let error = policy(LONG).install();
            claim(error == Err(InstallError::Length { instructions: 4097 }))
        },
        expected: End::Exited(HOLDS),
    },
    Check {
        claim: "strict mode leaves writing and exiting",
        run: || {
            if enter_strict_mode().is_err() {
                return FAILS;
            }
            call::write(1, b"");
            call::exit(HOLDS)
        },
        expected: End::Exited(HOLDS),
    },
    Check {
        claim: "strict mode kills for anything else",
        run: || {
            if enter_strict_mode().is_err() {
                return FAILS;
            }
            call::getpid();
            call::exit(HOLDS)
        },
        expected: End::Killed(SIGKILL),
    },
    Check {
        claim: "a policy that cannot be installed ends the program",
        run: || {
            policy(&[]).install_or_exit("check");
            HOLDS
        },
        expected: End::Exited(seccomp_runtime::Installer::EXIT_STATUS),
    },
    Check {
        claim: "a supervisor answers, reads memory and gives descriptors",
        run: || claim(supervised::run(&ASK).is_some()),
        expected: End::Exited(HOLDS),
    },
];
