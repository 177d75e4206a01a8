//! Policies in an ordinary program: on a thread, in a child process, one after another.

mod children;
mod later;
mod threads;
