//! Rules about `ioctl` and about sockets.

use fastrand::Rng;
use seccomp_ir::abi::Abi;

use crate::{denial, list, one};

pub(crate) fn deny_in_a_group(rng: &mut Rng, _: Abi) -> Vec<String> {
    let (deny, what) =
        (denial(rng), list(rng, &["TIOCSTI", "TIOCLINUX", "TIOCSCTTY", "TIOCSETD"], 4));
    let group = one(
        rng,
        &["cmd & 0xff00 == 0x5400", "cmd & 0xffffff00 == 0x5400", "cmd in 0x5400..=0x54ff"],
    );
    vec![format!("{deny} ioctl(cmd in {{{what}}})"), format!("allow ioctl({group})")]
}

pub(crate) fn commands_of_a_driver(rng: &mut Rng, _: Abi) -> Vec<String> {
    let kind = one(rng, &["0x64", "0x45", "0xae", "0x56", "0x89", "0x4e"]);
    let first = rng.u32(..8) * 16;
    let last = first + rng.u32(1..64);
    let other = one(rng, &["TCGETS", "FIONREAD", "FIONBIO", "TIOCGWINSZ"]);
    match rng.u8(..3) {
        0 => vec![format!("allow ioctl(cmd & 0xff00 == {kind}00 || cmd == {other})")],
        1 => vec![format!("allow ioctl(cmd & 0xff00 == {kind}00, cmd & 0xff in {first}..={last})")],
        _ => vec![
            format!("allow ioctl(cmd == {other})"),
            format!("allow ioctl(cmd & 0xff00 == {kind}00, cmd & 0xff <= {last})"),
        ],
    }
}

pub(crate) fn commands_by_direction(rng: &mut Rng, _: Abi) -> Vec<String> {
    let kind = one(rng, &["0x6400", "0x5600", "0xae00", "0x4800"]);
    let direction = one(rng, &["== 0", "== 0x80000000", "== 0x40000000", "!= 0", "!= 0xc0000000"]);
    vec![format!("allow ioctl(cmd & 0xff00 == {kind}, cmd & 0xc0000000 {direction})")]
}

pub(crate) fn commands_by_size(rng: &mut Rng, _: Abi) -> Vec<String> {
    let size = one(rng, &["<= 0x400000", "== 0x80000", "!= 0", "< 0x10000000"]);
    let kind = one(rng, &["0x6400", "0x5600", "0xae00"]);
    let mut rules = vec![format!("allow ioctl(cmd & 0xff00 == {kind}, cmd & 0x3fff0000 {size})")];
    if rng.bool() {
        rules.push(format!("{} ioctl(cmd & 0xff00 == {kind})", denial(rng)));
    }
    rules
}

pub(crate) fn listed_commands(rng: &mut Rng, _: Abi) -> Vec<String> {
    let commands = [
        "TCGETS",
        "TCSETS",
        "TCSETSW",
        "TIOCGWINSZ",
        "TIOCSWINSZ",
        "TIOCGPGRP",
        "TIOCSPGRP",
        "FIONREAD",
        "FIONBIO",
        "FIOCLEX",
        "FIONCLEX",
        "TIOCGSID",
    ];
    let fd = if rng.bool() { ", fd <= 2" } else { "" };
    vec![format!("allow ioctl(cmd in {{{}}}{fd})", list(rng, &commands, 12))]
}

pub(crate) fn socket_types(rng: &mut Rng, _: Abi) -> Vec<String> {
    let families = list(rng, &["AF_UNIX", "AF_INET", "AF_INET6", "AF_NETLINK"], 4);
    match rng.u8(..4) {
        0 => vec![format!("allow socket(family in {{{families}}}, type & 0xf == SOCK_STREAM)")],
        1 => vec![format!("allow socket(family in {{{families}}}, type & !(SOCK_CLOEXEC | SOCK_NONBLOCK) in {{SOCK_STREAM, SOCK_DGRAM}})")],
        2 => vec![format!("allow socket(family in {{{families}}}, type & 0xf in {{SOCK_STREAM, SOCK_DGRAM}}, protocol in {{0, IPPROTO_TCP, IPPROTO_UDP}})")],
        _ => vec![
            "allow socket(family == AF_UNIX)".to_owned(),
            "allow socket(family in {AF_INET, AF_INET6}, type & 0xf == SOCK_STREAM, type & SOCK_CLOEXEC != 0)".to_owned(),
        ],
    }
}

pub(crate) fn packet_sockets(rng: &mut Rng, _: Abi) -> Vec<String> {
    vec![
        format!("{} socket(type & 0xf in {{SOCK_RAW, SOCK_PACKET}})", denial(rng)),
        format!("allow socket(family <= {})", one(rng, &["AF_INET", "AF_INET6", "AF_PACKET"])),
    ]
}

pub(crate) fn accept_flags(rng: &mut Rng, _: Abi) -> Vec<String> {
    let exact = [
        "flags == SOCK_CLOEXEC",
        "flags & !(SOCK_CLOEXEC | SOCK_NONBLOCK) == 0",
        "flags & SOCK_CLOEXEC != 0",
    ];
    vec![format!("allow accept4({})", one(rng, &exact))]
}
