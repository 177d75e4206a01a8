//! The policy compiler beside others: the same policies, counted and timed.
//!
//! | module | what it knows |
//! |---|---|
//! | [`workload`] | the policies, as static tables |
//! | [`compilers`] | who makes a program of a workload |
//! | [`calls`] | calls to judge a program by |
//! | [`verdicts`], [`counted`] | what can be known about a filter without a kernel |
//! | [`kernel`], [`timed`], [`start`] | what a filter costs on the running kernel |
//! | [`builds`] | what a policy costs a build |
//! | [`recorded`] | figures of compilers that are not measured here |
//! | [`report`], [`stats`] | the tables |

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
pub mod verdicts;
pub mod workload;
