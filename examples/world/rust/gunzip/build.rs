//! Links the C library, which has the start of the program and memcpy(3): without std, nothing else asks for it.
fn main() {
    println!("cargo::rustc-link-arg=-lc");
}
