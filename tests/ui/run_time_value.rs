//! Values of the running program that are none.

use seccomp_runtime::{Policy, PolicyWith, call, seccomp_policy};

fn unknown() -> PolicyWith<1> {
    seccomp_policy! {
        allow write(fd == $lgo), exit_group, rt_sigreturn;
        default kill
    }
}

fn no_integer(file: std::fs::File, name: &str, half: f32) -> PolicyWith<3> {
    seccomp_policy! {
        allow write(fd == $file), read(fd in {$(name), $half}), exit_group, rt_sigreturn;
        default kill
    }
}

fn number_of_values(log: i32) -> PolicyWith<1> {
    seccomp_policy! {
        allow write(fd == $log), read(fd == $log), exit_group, rt_sigreturn;
        default kill
    }
}

fn forms(log: i32) {
    let _: Policy = seccomp_policy! {
        allow write(fd == $);
        allow write(fd == $5);
        allow write(fd == $());
        allow write(fd == $log.fd);
        allow write(fd == $self::LOG);
        allow write(fd == $log + 1);
        allow write(fd == $log, buf == $(log | 1) | 1);
        trap($log) close;
        trace($log | 1) dup;
        allow read(fd == run_time());
        default kill
    };
}

fn calls(log: i32) {
    let _ = call!(write($log));
}

fn main() {}
