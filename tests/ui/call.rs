use seccomp_runtime::call;

fn main() {
    let _ = call!(raed(0));
    let _ = call!(read(0, 0, 0, 0));
    let _ = call!(read(fd == 0));
    let _ = call!(read(0, fd = 1));
    let _ = call!(ioctl(cmd = 0x1_0000_0000, colour = 2));
    let _ = call!(read);
    let _ = call!(@basic-io());
}
