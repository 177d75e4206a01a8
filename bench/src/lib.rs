//! The compiler of policies beside others: the same policies, counted and timed.
//!
//! | module | what it has |
//! |---|---|
//! | [`workload`] | the policies, as static tables |
//! | [`compilers`] | the compilers that make a filter of a workload |
//! | [`calls`] | calls with which filters are compared |
//! | [`agreement`], [`counted`] | what a filter does, and its figures, without a kernel |
//! | [`kernel`], [`timed`], [`start`] | what a filter costs on the running kernel |
//! | [`builds`] | what a policy costs a build |
//! | [`recorded`] | figures of compilers that are not measured here |
//! | [`report`], [`stats`] | the tables |

pub mod agreement;
pub mod builds;
pub mod calls;
pub mod compilers;
pub mod counted;
pub mod kernel;
pub mod recorded;
pub mod report;
pub mod start;
pub mod stats;
pub mod timed;
pub mod workload;
