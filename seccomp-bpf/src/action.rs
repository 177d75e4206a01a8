//! The actions of a filter, and their 32-bit return values (seccomp(2), `linux/seccomp.h`).

/// What the kernel does with a system call, in falling order of precedence: if several filters are installed, the
/// kernel takes the first of these actions that any of them returns.
///
/// It is not `#[non_exhaustive]`: a new action of the kernel is a new major version, and every `match` that does not
/// handle it fails to compile.
///
/// Source: seccomp(2), Linux man-pages 6.03; `include/uapi/linux/seccomp.h`, Linux 6.12.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Action {
    /// The whole process dies as if by `SIGSYS`, with a core dump (`SECCOMP_RET_KILL_PROCESS`).
    KillProcess,
    /// The calling thread dies (`SECCOMP_RET_KILL_THREAD`).
    KillThread,
    /// The thread gets `SIGSYS`; the 16 bits arrive in `si_errno` (`SECCOMP_RET_TRAP`).
    Trap(u16),
    /// The call is not made and fails with this number, 0 to 4095 (`SECCOMP_RET_ERRNO`).
    Errno(u16),
    /// A supervisor with a listener decides; without one the call fails with `ENOSYS` (`SECCOMP_RET_USER_NOTIF`).
    Notify,
    /// A tracer, which sees the 16 bits, decides; without one the call fails with `ENOSYS` (`SECCOMP_RET_TRACE`).
    Trace(u16),
    /// The call is made and logged (`SECCOMP_RET_LOG`).
    Log,
    /// The call is made (`SECCOMP_RET_ALLOW`).
    Allow,
}

/// The upper 16 bits of the return value of each action. Both directions use this one table, so that every action
/// that can be written can also be read.
macro_rules! return_values {
    ($($action:ident $(($data:ident))? = $value:expr;)*) => {
        impl Action {
            /// The 32 bits that a filter returns for this action.
            #[inline]
            #[must_use]
            pub const fn to_return_value(self) -> u32 {
                match self {
                    $(Self::$action $(($data))? => $value $(| $data as u32)?,)*
                }
            }

            /// What the kernel does on this return value. Every value has an action: an action that the kernel does
            /// not know kills the process (`__seccomp_filter`, `kernel/seccomp.c`, Linux 6.12), and an errno above
            /// [`Self::MAX_ERRNO`] is clamped, as in the kernel.
            #[inline]
            #[must_use]
            pub const fn from_return_value(value: u32) -> Self {
                let data = (value & Self::DATA) as u16;
                let action = value & !Self::DATA;
                let is_clamped = action == Self::ERRNO && data > Self::MAX_ERRNO;
                let data = if is_clamped { Self::MAX_ERRNO } else { data };
                $(
                    if action == $value {
                        $(let $data = data;)?
                        return Self::$action $(($data))?;
                    }
                )*
                Self::KillProcess
            }
        }
    };
}

return_values! {
    KillProcess = 0x8000_0000;
    KillThread = 0x0000_0000;
    Trap(data) = 0x0003_0000;
    Errno(errno) = Self::ERRNO;
    Notify = 0x7fc0_0000;
    Trace(data) = 0x7ff0_0000;
    Log = 0x7ffc_0000;
    Allow = 0x7fff_0000;
}

impl Action {
    /// The highest errno that the kernel returns; it clamps greater ones (`MAX_ERRNO`, `include/linux/err.h`, Linux
    /// 6.12).
    pub const MAX_ERRNO: u16 = 4095;

    const DATA: u32 = 0x0000_ffff;
    const ERRNO: u32 = 0x0005_0000;

    /// The place of the action in the kernel's order; the data of the action does not matter. If several filters return
    /// actions, the kernel takes the action with the least number. Among equal numbers it takes the action of the filter that
    /// was installed last (`ACTION_ONLY` in `seccomp_run_filters`, `kernel/seccomp.c`, Linux 6.12).
    #[inline]
    #[must_use]
    pub const fn precedence(self) -> i32 {
        (self.to_return_value() & !Self::DATA) as i32
    }

    /// Whether the kernel makes the call.
    ///
    /// Both this and [`Self::forbids`] are false for [`Self::Trace`] and [`Self::Notify`], where a tracer or a
    /// supervisor decides.
    #[inline]
    #[must_use]
    pub const fn permits(self) -> bool {
        match self {
            Self::Allow | Self::Log => true,
            Self::KillProcess
            | Self::KillThread
            | Self::Trap(_)
            | Self::Errno(_)
            | Self::Notify
            | Self::Trace(_) => false,
        }
    }

    /// Whether the call is never made: the kernel does not ask a tracer or a supervisor.
    #[inline]
    #[must_use]
    pub const fn forbids(self) -> bool {
        match self {
            Self::KillProcess | Self::KillThread | Self::Trap(_) | Self::Errno(_) => true,
            Self::Notify | Self::Trace(_) | Self::Log | Self::Allow => false,
        }
    }

    /// Whether the caller gets `SIGSYS`, or dies as if by it, instead of a result.
    #[inline]
    #[must_use]
    pub const fn signals(self) -> bool {
        match self {
            Self::KillProcess | Self::KillThread | Self::Trap(_) => true,
            Self::Errno(_) | Self::Notify | Self::Trace(_) | Self::Log | Self::Allow => false,
        }
    }
}

impl core::fmt::Display for Action {
    /// The action in the policy language: `errno(38)`, `kill`.
    #[inline]
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::KillProcess => f.write_str("kill"),
            Self::KillThread => f.write_str("kill_thread"),
            Self::Trap(data) => write!(f, "trap({data})"),
            Self::Errno(errno) => write!(f, "errno({errno})"),
            Self::Notify => f.write_str("notify"),
            Self::Trace(data) => write!(f, "trace({data})"),
            Self::Log => f.write_str("log"),
            Self::Allow => f.write_str("allow"),
        }
    }
}

#[cfg(test)]
mod tests {
    use core::cmp::Ordering;

    use super::Action;

    const SOME: [Action; 9] = [
        Action::KillProcess,
        Action::KillThread,
        Action::Trap(7),
        Action::Errno(0),
        Action::Errno(4095),
        Action::Notify,
        Action::Trace(65535),
        Action::Log,
        Action::Allow,
    ];

    #[test]
    fn every_action_survives_the_way_through_its_return_value() {
        for action in SOME {
            assert_eq!(Action::from_return_value(action.to_return_value()), action);
        }
    }

    #[test]
    fn the_order_of_the_kernel_is_that_of_the_variants_whatever_their_data_is() {
        for pair in SOME.windows(2) {
            let same = matches!(pair, [Action::Errno(_), Action::Errno(_)]);
            let expected = if same { Ordering::Equal } else { Ordering::Less };
            assert_eq!(pair[0].precedence().cmp(&pair[1].precedence()), expected, "{pair:?}");
        }
    }

    #[test]
    fn only_a_tracer_and_a_supervisor_neither_permit_nor_forbid() {
        for action in SOME {
            let asks = matches!(action, Action::Notify | Action::Trace(_));
            assert_eq!(!action.permits() && !action.forbids(), asks, "{action}");
            assert!(!(action.permits() && action.forbids()), "{action}");
            // The order of the kernel: from the strictest to the most lenient.
            assert_eq!(action.permits(), action >= Action::Log, "{action}");
            assert_eq!(action.forbids(), action < Action::Notify, "{action}");
            assert_eq!(action.signals(), action < Action::Errno(0), "{action}");
        }
    }

    #[test]
    fn an_unknown_return_value_kills_and_a_large_errno_is_clamped() {
        assert_eq!(Action::from_return_value(0x1234_0000), Action::KillProcess);
        assert_eq!(Action::from_return_value(0x0005_ffff), Action::Errno(4095));
    }
}
