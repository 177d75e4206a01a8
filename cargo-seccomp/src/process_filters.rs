//! The filters that are in force in a process, as the kernel gives them.

use std::path::Path;

use anyhow::{Context as _, Result, anyhow, bail};
use rustix::process::{Pid, WaitOptions, waitpid};
use seccomp_bpf::abi::Abi;
use seccomp_bpf::action::Action;
use seccomp_bpf::bpf::{MAX_INSTRUCTIONS, Operation, SockFilter};
use seccomp_decompile::{
    DecompileError, Decompiled, EqualFor, Options as DecompileOptions, decompile,
    decompile_for_kernel,
};
use seccomp_install::Errno;
use seccomp_install::tracer::{self, Options};

use crate::elf::{ProgramPolicy, policies_of_process};
use crate::input_policy::InputPolicy;

/// `__WALL`: waits for any thread, not only for the first of a process (`include/uapi/linux/wait.h`, Linux 6.12).
const ANY_THREAD: u32 = 0x4000_0000;

/// The policies that are in force in a process for calls of `abi`, in the order in which they were installed. They come
/// from the notes of its program and libraries; for a filter without a note, it is the policy that is proven equal to
/// the filter.
///
/// # Errors
///
/// If the kernel does not give the filters, or if no policy can express one of them.
pub(crate) fn policies_in_force(process: u32, abi: Abi) -> Result<Vec<InputPolicy>> {
    let filters = filters_of(process)?;
    // If there are no notes, because they were removed or the files are gone, the filters suffice.
    let (notes, _) = policies_of_process(process).unwrap_or_default();
    let mut policies = Vec::new();
    for (index, filter) in filters.iter().enumerate() {
        let name = format!("filter {} of process {process}", index + 1);
        if let Some(note) = notes.iter().find(|note| note.has_filter(filter)) {
            policies.push(InputPolicy::of_note(note.clone())?);
            continue;
        }
        let policy = decompiled(filter, abi)
            .map_err(|error| anyhow!("{name} has no note, and no policy expresses it: {error}"))?;
        policies.push(InputPolicy::of_text(name, policy.text(), policy.target()));
    }
    Ok(policies)
}

/// The policies in force in the threads of a process.
pub(crate) struct NotesInForce {
    /// The threads that were looked at.
    pub(crate) threads: usize,
    /// The number of threads in which each policy is in force, in the order of the notes.
    pub(crate) policies: Vec<usize>,
    /// The most filters that a thread has without a note.
    pub(crate) without_note: usize,
}

/// The most threads of a process that are looked at. Each is stopped for a moment.
const MOST_THREADS: usize = 256;

/// Which of the policies with these notes are in force in the threads of a process.
///
/// # Errors
///
/// If the kernel does not give the filters, with the reason.
pub(crate) fn notes_in_force(process: u32, notes: &[ProgramPolicy]) -> Result<NotesInForce> {
    let threads = std::fs::read_dir(format!("/proc/{process}/task"));
    let threads = threads.with_context(|| format!("there is no process {process}"))?;
    let threads = threads.filter_map(|thread| thread.ok()?.file_name().to_str()?.parse().ok());
    let mut found = NotesInForce { threads: 0, policies: vec![0; notes.len()], without_note: 0 };
    for thread in threads.take(MOST_THREADS) {
        let filters = match filters_of_thread(thread) {
            Ok(filters) => filters,
            // The thread has ended meanwhile.
            Err(_) if found.threads > 0 && !Path::new(&format!("/proc/{thread}")).exists() => {
                continue;
            }
            Err(error) => return Err(error),
        };
        found.threads += 1;
        let mut without_note = 0;
        let mut counted = vec![false; notes.len()];
        for filter in &filters {
            // If several notes fit, the note with exactly this filter counts.
            let best = (0..notes.len()).max_by_key(|&index| likeness(&notes[index], filter));
            match best.filter(|&index| likeness(&notes[index], filter) > 0) {
                Some(index) => counted[index] = true,
                None => without_note += 1,
            }
        }
        found.without_note = found.without_note.max(without_note);
        for (count, is_in_force) in found.policies.iter_mut().zip(counted) {
            *count += usize::from(is_in_force);
        }
    }
    Ok(found)
}

/// How well a filter fits a note: 2 if it is the filter of the note, 1 if it is that filter with another action instead
/// of a kill (`InsteadOfKill`), 0 if it is another filter.
pub(crate) fn likeness(note: &ProgramPolicy, filter: &[SockFilter]) -> u8 {
    if note.has_filter(filter) {
        return 2;
    }
    let kills = |instruction: &SockFilter| match instruction.operation() {
        Some(Operation::ReturnConstant(value)) => match Action::from_return_value(value) {
            Action::KillProcess | Action::KillThread => true,
            Action::Trap(_)
            | Action::Errno(_)
            | Action::Notify
            | Action::Trace(_)
            | Action::Log
            | Action::Allow => false,
        },
        _ => false,
    };
    if note.filter.len() != filter.len() {
        return 0;
    }
    let killing: Vec<SockFilter> = (note.filter.iter().zip(filter))
        .map(|(own, other)| if kills(own) { SockFilter { k: own.k, ..*other } } else { *other })
        .collect();
    u8::from(note.has_filter(&killing))
}

/// The policy that is equal to a filter for every input, or otherwise for the calls of `abi` on this machine's kernel.
fn decompiled(filter: &[SockFilter], abi: Abi) -> Result<Decompiled, DecompileError> {
    let error = match decompile(filter, &DecompileOptions::default()) {
        Ok(policy) => return Ok(policy),
        Err(error) => error,
    };
    let of_abi = |policy: &Decompiled| match policy.equal_for() {
        EqualFor::Every => true,
        EqualFor::Abis(abis) => abis.contains(&abi),
    };
    decompile_for_kernel(filter, Abi::NATIVE)?.into_iter().find(of_abi).ok_or(error)
}

/// The filters of a thread or of the first thread of a process, from the oldest to the newest. The thread is stopped
/// for a moment.
///
/// # Errors
///
/// If the kernel does not give them, with the reason.
pub(crate) fn filters_of(thread: u32) -> Result<Vec<Vec<SockFilter>>> {
    let filters = filters_of_thread(thread)?;
    if filters.is_empty() {
        bail!("process {thread} is under no filter");
    }
    Ok(filters)
}

/// The filters of a thread, which may have none.
fn filters_of_thread(thread: u32) -> Result<Vec<Vec<SockFilter>>> {
    let pid = i32::try_from(thread).ok().and_then(Pid::from_raw);
    let pid = pid.ok_or_else(|| anyhow!("{thread} is not a process"))?;
    tracer::seize(thread, Options::NONE).map_err(|errno| refused(thread, errno))?;
    tracer::interrupt(thread).with_context(|| format!("cannot stop process {thread}"))?;
    let stopped = waitpid(Some(pid), WaitOptions::from_bits_retain(ANY_THREAD));
    match stopped.with_context(|| format!("cannot wait for process {thread}"))? {
        Some((_, status)) if status.stopped() => {}
        _ => bail!("process {thread} has ended"),
    }
    let filters = read(thread);
    // If the thread has ended meanwhile, there is nothing to let go.
    let _ = tracer::detach(thread);
    filters
}

fn read(thread: u32) -> Result<Vec<Vec<SockFilter>>> {
    let mut filters = Vec::new();
    loop {
        let mut buffer = [SockFilter { code: 0, jt: 0, jf: 0, k: 0 }; MAX_INSTRUCTIONS];
        match tracer::filter(thread, filters.len(), &mut buffer) {
            Ok(length) => filters.push(buffer[..length.min(MAX_INSTRUCTIONS)].to_vec()),
            // A thread without filters gives `EINVAL`.
            Err(Errno::EINVAL | Errno::ENOENT) => return Ok(filters),
            Err(Errno::EACCES) => bail!(
                "the kernel gives the filters of process {thread} only to a caller with CAP_SYS_ADMIN that is under no filter \
                 itself: run this as root, outside of a container"
            ),
            Err(Errno::EIO) => bail!(
                "this kernel does not give filters: it is built without CONFIG_CHECKPOINT_RESTORE"
            ),
            Err(errno) => {
                return Err(errno)
                    .with_context(|| format!("cannot read the filters of process {thread}"));
            }
        }
    }
}

fn refused(thread: u32, errno: Errno) -> anyhow::Error {
    match errno {
        Errno::ESRCH => anyhow!("there is no process {thread}"),
        Errno::EPERM => anyhow!(
            "process {thread} cannot be traced: it belongs to another user or has a tracer; run this as root, with CAP_SYS_PTRACE"
        ),
        errno => anyhow!("process {thread} cannot be traced: {errno}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(returns: u32) -> Vec<SockFilter> {
        // Calls below 3 get `returns`, and others fail with EPERM.
        vec![
            SockFilter::statement(0x20, 0),
            SockFilter::jump(0x35, 3, 1, 0),
            SockFilter::statement(6, returns),
            SockFilter::statement(6, 0x0005_0001),
        ]
    }

    #[test]
    fn a_filter_with_another_answer_for_kill_is_known_too() {
        let note = ProgramPolicy {
            from: String::new(),
            build_id: None,
            number: 1,
            file: "src/main.rs".to_owned(),
            line: 1,
            column: 1,
            abi: "x86_64".to_owned(),
            text: String::new(),
            filter: filter(0x8000_0000),
            relocations: Vec::new(),
            endian: Abi::NATIVE.endian(),
        };
        let like = |returns| likeness(&note, &filter(returns));
        assert_eq!((like(0x8000_0000), like(0x7ffc_0000)), (2, 1));
        assert_eq!(likeness(&note, &filter(0x8000_0000)[1..]), 0);
    }
}
