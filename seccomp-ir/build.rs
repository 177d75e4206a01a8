//! Turns the tables in `data/` into sorted statics.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
}
