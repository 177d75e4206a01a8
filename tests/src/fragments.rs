//! Fragments that another crate includes.

use seccomp_runtime::seccomp_fragment;

const TERMINAL_SIZE: libc::c_ulong = libc::TIOCGWINSZ;

mod families {
    pub(super) const INTERNET: i32 = libc::AF_INET;
}

seccomp_fragment! {
    /// Internet sockets, and the size of a terminal.
    pub SOCKETS {
        allow socket(family in {families::INTERNET, AF_INET6, { libc::AF_UNIX }});
        allow ioctl(cmd == self::TERMINAL_SIZE);
    }
    /// The same, through another fragment.
    pub NETWORK {
        include crate::fragments::SOCKETS;
    }
}
