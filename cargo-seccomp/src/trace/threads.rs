//! The traced threads, and the filters in force in each.
//!
//! A thread inherits the filters of the thread that starts it, and keeps them when it executes a program. (seccomp(2).)

use std::collections::{HashMap, HashSet};

use seccomp_bpf::abi::Call;

use super::thread_status::Status;
use super::traced_filters::{FilterId, InForce};

/// A traced thread.
pub(super) struct TracedThread {
    /// The id of its process.
    pub(super) process: u32,
    /// The filters in force.
    pub(super) filters: InForce,
    /// The last call that a filter answered with a signal.
    pub(super) trapped: Option<Call>,
    /// The call for which the thread is to get a signal, and the data of the filter.
    pub(super) trapping: Option<(Call, u16)>,
}

/// All traced threads, by their ids.
#[derive(Default)]
pub(super) struct Threads {
    known: HashMap<u32, TracedThread>,
    /// Threads that stopped before the tracer heard who started them. They stay stopped until it hears that.
    early: HashSet<u32>,
}

impl Threads {
    /// Adds the first thread of the command.
    pub(super) fn first(&mut self, thread: u32) {
        self.add(thread, thread, InForce::from([]));
    }

    fn add(&mut self, thread: u32, process: u32, filters: InForce) {
        self.known.insert(thread, TracedThread { process, filters, trapped: None, trapping: None });
    }

    pub(super) fn get(&mut self, thread: u32) -> Option<&mut TracedThread> {
        self.known.get_mut(&thread)
    }

    /// Call this when a new thread has stopped for the first time. Returns whether it may go on.
    pub(super) fn appeared(&mut self, thread: u32) -> bool {
        let is_known = self.known.contains_key(&thread);
        if !is_known {
            self.early.insert(thread);
        }
        is_known
    }

    /// Call this when `parent` has started `child`. Returns whether the child is stopped and may go on.
    pub(super) fn started(&mut self, parent: u32, child: u32) -> bool {
        // The child was adopted as an orphan, see below.
        if self.known.contains_key(&child) {
            return false;
        }
        let filters = self.known.get(&parent).map(|parent| parent.filters.clone());
        let process = Status::of(child).map_or(child, |status| status.process);
        self.add(child, process, filters.unwrap_or_else(|| InForce::from([])));
        self.early.remove(&child)
    }

    /// Call this when a process has executed a program: only the thread that had the id `former` is left, and now has
    /// the id of the process. Returns the threads that may go on, see [`Self::ended`].
    pub(super) fn executed(&mut self, process: u32, former: u32) -> Vec<u32> {
        let Some(thread) = self.known.remove(&former) else { return Vec::new() };
        self.known.retain(|_, other| other.process != process);
        // The early threads of a thread that was starting a process when this ended it.
        let orphans = self.adopt_orphans(process, &thread.filters);
        self.add(process, process, thread.filters);
        orphans
    }

    /// Call this when a thread is gone. Returns the threads whose start the tracer will never hear of, and which may go
    /// on.
    pub(super) fn ended(&mut self, thread: u32) -> Vec<u32> {
        self.early.remove(&thread);
        let Some(ended) = self.known.remove(&thread) else { return Vec::new() };
        // Another thread of the process may have started the early threads, and then the tracer will hear that.
        if self.known.values().any(|other| other.process == ended.process) {
            return Vec::new();
        }
        self.adopt_orphans(ended.process, &ended.filters)
    }

    /// Adds the early threads whose start nothing will report any more, because all threads of `process` are gone.
    fn adopt_orphans(&mut self, process: u32, filters: &InForce) -> Vec<u32> {
        let mut orphans = Vec::new();
        for &early in &self.early {
            let Some(status) = Status::of(early) else { continue };
            let is_known = |process| self.known.values().any(|other| other.process == process);
            // A process whose parent is gone has another parent by now.
            if [status.process, status.parent].contains(&process)
                || !is_known(status.parent) && !is_known(status.process)
            {
                orphans.push((early, status.process));
            }
        }
        for &(orphan, process) in &orphans {
            self.early.remove(&orphan);
            self.add(orphan, process, filters.clone());
        }
        orphans.into_iter().map(|(orphan, _)| orphan).collect()
    }

    /// Call this when a filter is in force in a thread, or in all threads of its process, which then have the same
    /// filters as this thread.
    pub(super) fn installed(&mut self, thread: u32, filter: FilterId, in_all: bool) {
        let Some(caller) = self.known.get_mut(&thread) else { return };
        let filters: InForce = caller.filters.iter().copied().chain([filter]).collect();
        caller.filters = filters.clone();
        let process = caller.process;
        if in_all {
            for other in self.known.values_mut().filter(|other| other.process == process) {
                other.filters = filters.clone();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: FilterId = FilterId(0);
    const SECOND: FilterId = FilterId(1);

    /// Ids that no process has: above `PID_MAX_LIMIT`.
    const A: u32 = 0x7000_0001;
    const B: u32 = 0x7000_0002;
    const C: u32 = 0x7000_0003;

    fn filters(threads: &mut Threads, thread: u32) -> Vec<FilterId> {
        threads.get(thread).unwrap().filters.to_vec()
    }

    #[test]
    fn a_child_inherits_filters_and_its_parent_does_not_get_those_of_the_child() {
        let mut threads = Threads::default();
        threads.first(A);
        threads.installed(A, FIRST, false);
        assert!(!threads.started(A, B));
        threads.installed(B, SECOND, false);
        assert_eq!(filters(&mut threads, A), [FIRST]);
        assert_eq!(filters(&mut threads, B), [FIRST, SECOND]);
        assert!(threads.appeared(B));
    }

    #[test]
    fn a_child_that_stops_early_waits_for_its_parent() {
        let mut threads = Threads::default();
        threads.first(A);
        assert!(!threads.appeared(B));
        assert!(threads.started(A, B));
    }

    #[test]
    fn a_child_is_not_taken_for_the_child_of_another_thread_of_the_process() {
        // This process plays one whose other thread the tracer has not heard of yet.
        let own = std::process::id();
        let mut threads = Threads::default();
        threads.first(A);
        threads.get(A).unwrap().process = own;
        threads.started(A, B);
        threads.get(B).unwrap().process = own;
        threads.installed(B, FIRST, false);
        assert!(!threads.appeared(own));
        assert_eq!(threads.ended(B), [0; 0]);
        assert!(threads.started(A, own));
        assert_eq!(filters(&mut threads, own), []);
    }

    #[test]
    fn a_child_whose_parent_is_gone_goes_on_with_the_filters_of_the_parent() {
        let own = std::process::id();
        let mut threads = Threads::default();
        threads.first(A);
        threads.get(A).unwrap().process = own;
        threads.installed(A, FIRST, false);
        assert!(!threads.appeared(own));
        assert_eq!(threads.ended(A), [own]);
        assert_eq!(filters(&mut threads, own), [FIRST]);
        // A later report of the start changes nothing.
        assert!(!threads.started(A, own));
        assert_eq!(filters(&mut threads, own), [FIRST]);
    }

    #[test]
    fn all_threads_of_a_process_get_a_filter_for_all_and_other_processes_do_not() {
        let mut threads = Threads::default();
        threads.first(A);
        threads.started(A, B);
        threads.started(A, C);
        threads.get(B).unwrap().process = A;
        threads.installed(A, FIRST, true);
        assert_eq!(filters(&mut threads, B), [FIRST]);
        assert_eq!(filters(&mut threads, C), []);
    }

    #[test]
    fn a_thread_that_executes_a_program_keeps_its_filters_under_the_id_of_the_process() {
        let mut threads = Threads::default();
        threads.first(A);
        threads.started(A, B);
        threads.get(B).unwrap().process = A;
        threads.installed(B, FIRST, false);
        threads.executed(A, B);
        assert_eq!(filters(&mut threads, A), [FIRST]);
        assert!(threads.get(B).is_none());
    }
}
