//! A process that answers the calls of another one.
#![allow(unsafe_code)] // The number of a descriptor that another process makes.

use seccomp_runtime::{AddFd, Errno, Listener, ListenerError, Notification, Policy, Response};

use crate::call::{self, ENOSYS, Status};
use crate::{FAILS, HOLDS};

static TEXT: [u8; 5] = *b"text\0";
/// The number at which the target gets a descriptor.
const THERE: u32 = 100;

/// What the calls of the target return.
const RETURNED: [isize; 6] = [70, -18, -ENOSYS, 4, THERE as isize, -ENOSYS];

/// Supervises a process under `policy`, which asks about the probe if its sixth argument is 7. Returns `None` if
/// anything goes wrong.
pub(crate) fn run(policy: &Policy) -> Option<()> {
    // The number of the next descriptor. Both processes share their descriptors, so this will be the number of the
    // listener.
    let number = usize::try_from(call::open(c"/")).ok()?;
    call::close(number);
    let process = call::fork_with_descriptors();
    if process == 0 {
        call::exit_group(target(policy));
    }
    let supervised = supervise(number as i32, process);
    if supervised.is_none() {
        call::kill(process, call::SIGKILL);
        call::wait(process);
    }
    supervised
}

fn target(policy: &Policy) -> u8 {
    let Ok(listener) = policy.installer().install_with_listener() else { return FAILS };
    // The supervisor owns it.
    let _ = listener.into_raw();
    let holds = RETURNED.into_iter().enumerate().all(|(index, expected)| {
        let text = TEXT.as_ptr() as usize;
        call::probe([text, index, 3, 4, 5, 7]) == expected
    });
    if holds { HOLDS } else { FAILS }
}

fn supervise(number: i32, process: usize) -> Option<()> {
    // SAFETY: the target makes this descriptor, which both processes have, and gives up its ownership. Until it has made
    // it, the number is not a descriptor, and this process makes none either.
    let listener = unsafe { Listener::from_raw(number) };
    let next = |index: u64| {
        let notification = loop {
            match listener.try_receive() {
                Ok(Some(notification)) => break notification,
                Err(ListenerError::WouldBlock | ListenerError::Other { errno: Errno::EBADF }) => {}
                Ok(None) | Err(_) => return None,
            }
        };
        let arguments = notification.call().args;
        let as_made = arguments[1..] == [index, 3, 4, 5, 7];
        (as_made && notification.is_valid() == Ok(true)).then_some(notification)
    };
    next(0)?.respond(Response::Value(70)).ok()?;
    next(1)?.respond(Response::Errno(Errno::EXDEV)).ok()?;
    next(2)?.continue_unchecked().ok()?;
    let reads = next(3)?;
    let length = read(&reads)?;
    reads.respond(Response::Value(length)).ok()?;
    let how = AddFd { at: Some(THERE), close_on_exec: true };
    // Now both processes have it.
    let there = next(4)?.respond_with_raw_fd(1, how);
    call::close(THERE as usize);
    if there != Ok(THERE) {
        return None;
    }
    let last = next(5)?.defer();
    drop(listener.resume(last));
    if call::wait(process) != Status::Exited(HOLDS) {
        return None;
    }
    // Now neither the process nor a call of it is left.
    let ended = matches!(listener.receive(), Ok(None));
    let gone = listener.resume(last).respond(Response::Value(0)) == Err(ListenerError::Gone);
    (ended && gone).then_some(())
}

/// The length of the string at the first argument, if it is the one that the target wrote.
fn read(notification: &Notification<'_>) -> Option<i64> {
    let at = notification.call().args[0];
    let mut buffer = [0; 64];
    let text = notification.read_string(at, &mut buffer).ok()?.to_bytes_with_nul();
    let mut bytes = [0; TEXT.len()];
    let read = notification.read_memory(at, &mut bytes);
    let nothing = notification.read_memory(0, &mut [0]);
    (text == TEXT && read == Ok(()) && bytes == TEXT && nothing == Err(ListenerError::Unreadable))
        .then_some(text.len() as i64 - 1)
}
