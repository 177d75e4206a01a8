//! What a filter can answer, and the 32-bit form in which it does (seccomp(2), `linux/seccomp.h`).

/// The answer of a filter to a system call, in falling order of precedence: among stacked
/// filters the kernel takes the first of these that any of them returns.
///
/// Whoever matches on it decides about all of them: it is not `#[non_exhaustive]`, so that an action that the kernel
/// gains stops the build at each place that has not decided about it, and is a new major version.
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
    /// A supervisor decides, over a listener; without one `ENOSYS` (`SECCOMP_RET_USER_NOTIF`).
    Notify,
    /// A tracer decides and sees the 16 bits; without one `ENOSYS` (`SECCOMP_RET_TRACE`).
    Trace(u16),
    /// The call is made and logged (`SECCOMP_RET_LOG`).
    Log,
    /// The call is made (`SECCOMP_RET_ALLOW`).
    Allow,
}

impl Action {
    /// The highest errno that the kernel passes on; it clamps greater ones
    /// (`MAX_ERRNO`, `include/linux/err.h`, Linux 6.12).
    pub const MAX_ERRNO: u16 = 4095;

    const KILL_PROCESS: u32 = 0x8000_0000;
    const KILL_THREAD: u32 = 0x0000_0000;
    const TRAP: u32 = 0x0003_0000;
    const ERRNO: u32 = 0x0005_0000;
    const USER_NOTIF: u32 = 0x7fc0_0000;
    const TRACE: u32 = 0x7ff0_0000;
    const LOG: u32 = 0x7ffc_0000;
    const ALLOW: u32 = 0x7fff_0000;
    const DATA: u32 = 0x0000_ffff;

    /// The 32 bits that a filter returns for this action.
    #[inline]
    #[must_use]
    pub const fn to_return_value(self) -> u32 {
        match self {
            Self::KillProcess => Self::KILL_PROCESS,
            Self::KillThread => Self::KILL_THREAD,
            Self::Trap(data) => Self::TRAP | data as u32,
            Self::Errno(errno) => Self::ERRNO | errno as u32,
            Self::Notify => Self::USER_NOTIF,
            Self::Trace(data) => Self::TRACE | data as u32,
            Self::Log => Self::LOG,
            Self::Allow => Self::ALLOW,
        }
    }

    /// What the kernel does on this return value. An action that it does not know kills the
    /// process (`__seccomp_filter`, `kernel/seccomp.c`, Linux 6.12), so this is total; errno
    /// above [`Self::MAX_ERRNO`] is clamped as the kernel does.
    #[inline]
    #[must_use]
    pub const fn from_return_value(value: u32) -> Self {
        let data = (value & Self::DATA) as u16;
        match value & !Self::DATA {
            Self::KILL_THREAD => Self::KillThread,
            Self::TRAP => Self::Trap(data),
            Self::ERRNO if data > Self::MAX_ERRNO => Self::Errno(Self::MAX_ERRNO),
            Self::ERRNO => Self::Errno(data),
            Self::USER_NOTIF => Self::Notify,
            Self::TRACE => Self::Trace(data),
            Self::LOG => Self::Log,
            Self::ALLOW => Self::Allow,
            _ => Self::KillProcess,
        }
    }

    /// Whether the kernel makes the call.
    ///
    /// Neither this nor [`Self::forbids`] holds where a tracer or a supervisor has the last word
    /// ([`Self::Trace`], [`Self::Notify`]).
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

    /// Whether the call is not made, whatever a tracer or a supervisor says: they are not asked.
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
    /// As the policy language writes it: `errno(38)`, `kill`.
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
    fn only_a_tracer_and_a_supervisor_neither_permit_nor_forbid() {
        for action in SOME {
            let asks = matches!(action, Action::Notify | Action::Trace(_));
            assert_eq!(!action.permits() && !action.forbids(), asks, "{action}");
            assert!(!(action.permits() && action.forbids()), "{action}");
            // The kernel's order: from the strictest to the most lenient.
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
