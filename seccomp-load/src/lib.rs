//! Policies that a program gets when it runs: as text, or as a file of another tool. They are compiled to proven filters and
//! installed.
