//! A program with policies of its own, of two libraries, and in generic code. The program names one library only
//! in `use … as _`.
#![forbid(unsafe_code)]

use note_other as _;
use seccomp_runtime::{InstallError, Policy, sandboxed, seccomp_policy};

const MAIN: Policy = seccomp_policy! {
    allow write(fd in {1, 2}), @rust-panic, exit_group;
    #[allow(seccomp::default_allow)]
    default allow
};

struct Descriptor<const FD: i32>;

impl<const FD: i32> Descriptor<FD> {
    fn install() -> Result<(), InstallError> {
        const {
            seccomp_policy! {
                errno(EBADF) read(fd == { FD });
                #[allow(seccomp::default_allow)]
                default allow
            }
        }
        .install()
    }
}

trait Guarded {
    const POLICY: Policy;
}

struct Clock;

impl Clock {
    const LOG: i32 = 72;
}

impl Guarded for Clock {
    const POLICY: Policy = seccomp_policy! {
        errno(EBADF) fsync(fd == { Self::LOG });
        #[allow(seccomp::default_allow)]
        default allow
    };
}

/// A type parameter, and a policy that does not depend on it.
fn generic<T: Guarded>() -> Result<(), InstallError> {
    const {
        seccomp_policy! {
            errno(EPERM) acct;
            #[allow(seccomp::default_allow)]
            default allow
        }
    }
    .install()?;
    T::POLICY.install()
}

/// A trait constant that no type replaces.
trait ByDefault {
    const POLICY: Policy = seccomp_policy! {
        errno(EPERM) swapon;
        #[allow(seccomp::default_allow)]
        default allow
    };
}

impl ByDefault for Clock {}

#[sandboxed(MAIN)]
fn main() -> Result<(), InstallError> {
    Descriptor::<70>::install()?;
    Descriptor::<71>::install()?;
    generic::<Clock>()?;
    <Clock as ByDefault>::POLICY.install()?;
    note_library::install()?;
    note_library::USED.install()?;
    println!("installed");
    Ok(())
}
