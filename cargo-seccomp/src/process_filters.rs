//! The filters that are in force in a process, as the kernel has them.

use anyhow::{Context as _, Result, anyhow, bail};
use rustix::process::{Pid, WaitOptions, waitpid};
use seccomp_bpf::abi::Abi;
use seccomp_bpf::bpf::{MAX_INSTRUCTIONS, SockFilter};
use seccomp_decompile::{
    DecompileError, Decompiled, EqualFor, Options as DecompileOptions, decompile,
    decompile_for_kernel,
};
use seccomp_install::Errno;
use seccomp_install::tracer::{self, Options};

use crate::elf::policies_of_process;
use crate::input_policy::InputPolicy;

/// `__WALL`: waits for any thread, not only for the first of a process (`include/uapi/linux/wait.h`, Linux 6.12).
const ANY_THREAD: u32 = 0x4000_0000;

/// The policies that are in force in a process for calls of `abi`, in the order in which they were installed: by the notes of its program and
/// libraries, and for a filter without a note the policy that is proven equal to it.
///
/// # Errors
///
/// If the kernel does not give the filters, or if no policy can say one of them.
pub(crate) fn policies_in_force(process: u32, abi: Abi) -> Result<Vec<InputPolicy>> {
    let filters = filters_of(process)?;
    // Without notes, because they were removed or its files are gone, the filters say all.
    let (notes, _) = policies_of_process(process).unwrap_or_default();
    let mut policies = Vec::new();
    for (index, filter) in filters.iter().enumerate() {
        let name = format!("filter {} of process {process}", index + 1);
        if let Some(note) = notes.iter().find(|note| note.has_filter(filter)) {
            policies.push(InputPolicy::of_note(note.clone())?);
            continue;
        }
        let policy = decompiled(filter, abi)
            .map_err(|error| anyhow!("{name} has no note, and no policy says it: {error}"))?;
        policies.push(InputPolicy::of_text(name, policy.text(), policy.target()));
    }
    Ok(policies)
}

/// The policy that is equal to a filter for every input, or else for the calls of `abi` on this machine's kernel.
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

/// The filters of a thread or of the first thread of a process, from the oldest to the newest. It is stopped for that
/// moment.
///
/// # Errors
///
/// If the kernel does not give them, with the reason.
pub(crate) fn filters_of(thread: u32) -> Result<Vec<Vec<SockFilter>>> {
    let pid = i32::try_from(thread).ok().and_then(Pid::from_raw);
    let pid = pid.ok_or_else(|| anyhow!("{thread} is no process"))?;
    tracer::seize(thread, Options::NONE).map_err(|errno| refused(thread, errno))?;
    tracer::interrupt(thread).with_context(|| format!("cannot stop process {thread}"))?;
    let stopped = waitpid(Some(pid), WaitOptions::from_bits_retain(ANY_THREAD));
    match stopped.with_context(|| format!("cannot wait for process {thread}"))? {
        Some((_, status)) if status.stopped() => {}
        _ => bail!("process {thread} has ended"),
    }
    let filters = read(thread);
    // If it has ended meanwhile, there is nothing to let go.
    let _ = tracer::detach(thread);
    filters
}

fn read(thread: u32) -> Result<Vec<Vec<SockFilter>>> {
    let mut filters = Vec::new();
    loop {
        let mut buffer = [SockFilter { code: 0, jt: 0, jf: 0, k: 0 }; MAX_INSTRUCTIONS];
        match tracer::filter(thread, filters.len(), &mut buffer) {
            Ok(length) => filters.push(buffer[..length.min(MAX_INSTRUCTIONS)].to_vec()),
            Err(Errno::ENOENT) if !filters.is_empty() => return Ok(filters),
            Err(Errno::EINVAL | Errno::ENOENT) => bail!("process {thread} is under no filter"),
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
