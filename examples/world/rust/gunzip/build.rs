//! Links the C library, which has the start of the program and memcpy(3): without std, nothing else links it.
fn main() {
    println!("cargo::rustc-link-arg=-lc");
}
