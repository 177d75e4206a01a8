// What this becomes on x86_64:
//
// seccomp_policy! {
//     allow exit, rt_sigreturn;
//     allow wriet;
//     default kill;
// }

{
    ::core::compile_error! { "unknown system call `wriet`; did you mean `write`?" }
    ::seccomp_runtime::__private::policy(const { &[] })
}
