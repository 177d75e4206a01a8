//! The privileges that a program would get when it is executed, and does not get under `no_new_privs`.
//!
//! Source: prctl(2), `PR_SET_NO_NEW_PRIVS`, and capabilities(7), Linux man-pages 6.03.

use std::fs;
use std::os::unix::fs::MetadataExt as _;

use rustix::fs::getxattr;

use super::thread_status::Status;

/// The kind of a program that a thread has just executed, if it does not get its privileges while it is traced.
pub(super) fn lost_privileges(thread: u32) -> Option<&'static str> {
    /// `S_ISUID` and `S_ISGID`: inode(7), Linux man-pages 6.03.
    const SET_USER: u32 = 0o4000;
    const SET_GROUP: u32 = 0o2010;
    let program = format!("/proc/{thread}/exe");
    let file = fs::metadata(&program).ok()?;
    let Status { user, group, .. } = Status::of(thread)?;
    let has = |bits| file.mode() & bits == bits;
    // The superuser has these capabilities anyway.
    let has_capabilities = || {
        getxattr(&program, "security.capability", &mut [0_u8; 64]).is_ok_and(|length| length > 0)
    };
    if has(SET_USER) && file.uid() != user {
        Some("a set-user-ID program")
    } else if has(SET_GROUP) && file.gid() != group {
        Some("a set-group-ID program")
    } else if user != 0 && has_capabilities() {
        Some("a program with capabilities of its file")
    } else {
        None
    }
}
