//! Conversions to and from the `libc` crate's type of the same layout.

use super::SockFilter;

impl From<libc::sock_filter> for SockFilter {
    fn from(libc::sock_filter { code, jt, jf, k }: libc::sock_filter) -> Self {
        Self { code, jt, jf, k }
    }
}

impl From<SockFilter> for libc::sock_filter {
    fn from(SockFilter { code, jt, jf, k }: SockFilter) -> Self {
        Self { code, jt, jf, k }
    }
}

const _: () = assert!(size_of::<libc::sock_filter>() == size_of::<SockFilter>());
const _: () = assert!(align_of::<libc::sock_filter>() == align_of::<SockFilter>());

#[cfg(test)]
mod tests {
    use super::SockFilter;

    #[test]
    fn an_instruction_comes_back_from_libc_as_it_went() {
        let there = SockFilter { code: 0x15, jt: 3, jf: 4, k: 0xdead_beef };
        let libc = libc::sock_filter::from(there);
        assert_eq!((libc.code, libc.jt, libc.jf, libc.k), (0x15, 3, 4, 0xdead_beef));
        assert_eq!(SockFilter::from(libc), there);
    }
}
