//! Decompiles seccomp filters: from instructions, whoever made them, to a policy in the language that is proven equal.
