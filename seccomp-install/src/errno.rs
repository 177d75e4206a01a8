//! Error numbers of the kernel.

use core::fmt;

/// An error number of the kernel, 1 to 4095.
///
/// ```text
/// match is_available(Action::Log) {
///     Err(Errno::EINVAL) => …, // a kernel before Linux 4.14
///     …
/// }
/// ```
///
/// With the feature `std` it becomes a `std::io::Error`.
///
/// Source: errno(3), Linux man-pages 6.03; `MAX_ERRNO`, `include/linux/err.h`, Linux 6.12.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Errno(u16);

macro_rules! errnos {
    ($($name:ident $number:literal;)*) => {
        /// The error numbers that have one value on every architecture that this crate serves.
        ///
        /// Source: `include/uapi/asm-generic/errno-base.h` and `errno.h`, Linux 6.1. PowerPC has a value of
        /// its own for `EDEADLOCK` (`arch/powerpc/include/uapi/asm/errno.h`), which is not among them.
        impl Errno {
            $(
                #[doc = concat!("`", stringify!($name), "`, ", stringify!($number), ".")]
                pub const $name: Self = Self($number);
            )*

            #[cfg(test)]
            pub(crate) const NAMED: &'static [(&'static str, Self)] = &[$((stringify!($name), Self::$name),)*];
        }
    };
}

errnos! {
    EPERM 1;
    ENOENT 2;
    ESRCH 3;
    EINTR 4;
    EIO 5;
    ENXIO 6;
    E2BIG 7;
    ENOEXEC 8;
    EBADF 9;
    ECHILD 10;
    EAGAIN 11;
    ENOMEM 12;
    EACCES 13;
    EFAULT 14;
    ENOTBLK 15;
    EBUSY 16;
    EEXIST 17;
    EXDEV 18;
    ENODEV 19;
    ENOTDIR 20;
    EISDIR 21;
    EINVAL 22;
    ENFILE 23;
    EMFILE 24;
    ENOTTY 25;
    ETXTBSY 26;
    EFBIG 27;
    ENOSPC 28;
    ESPIPE 29;
    EROFS 30;
    EMLINK 31;
    EPIPE 32;
    EDOM 33;
    ERANGE 34;
    EDEADLK 35;
    ENAMETOOLONG 36;
    ENOLCK 37;
    ENOSYS 38;
    ENOTEMPTY 39;
    ELOOP 40;
    ENOMSG 42;
    EIDRM 43;
    ECHRNG 44;
    EL2NSYNC 45;
    EL3HLT 46;
    EL3RST 47;
    ELNRNG 48;
    EUNATCH 49;
    ENOCSI 50;
    EL2HLT 51;
    EBADE 52;
    EBADR 53;
    EXFULL 54;
    ENOANO 55;
    EBADRQC 56;
    EBADSLT 57;
    EBFONT 59;
    ENOSTR 60;
    ENODATA 61;
    ETIME 62;
    ENOSR 63;
    ENONET 64;
    ENOPKG 65;
    EREMOTE 66;
    ENOLINK 67;
    EADV 68;
    ESRMNT 69;
    ECOMM 70;
    EPROTO 71;
    EMULTIHOP 72;
    EDOTDOT 73;
    EBADMSG 74;
    EOVERFLOW 75;
    ENOTUNIQ 76;
    EBADFD 77;
    EREMCHG 78;
    ELIBACC 79;
    ELIBBAD 80;
    ELIBSCN 81;
    ELIBMAX 82;
    ELIBEXEC 83;
    EILSEQ 84;
    ERESTART 85;
    ESTRPIPE 86;
    EUSERS 87;
    ENOTSOCK 88;
    EDESTADDRREQ 89;
    EMSGSIZE 90;
    EPROTOTYPE 91;
    ENOPROTOOPT 92;
    EPROTONOSUPPORT 93;
    ESOCKTNOSUPPORT 94;
    EOPNOTSUPP 95;
    EPFNOSUPPORT 96;
    EAFNOSUPPORT 97;
    EADDRINUSE 98;
    EADDRNOTAVAIL 99;
    ENETDOWN 100;
    ENETUNREACH 101;
    ENETRESET 102;
    ECONNABORTED 103;
    ECONNRESET 104;
    ENOBUFS 105;
    EISCONN 106;
    ENOTCONN 107;
    ESHUTDOWN 108;
    ETOOMANYREFS 109;
    ETIMEDOUT 110;
    ECONNREFUSED 111;
    EHOSTDOWN 112;
    EHOSTUNREACH 113;
    EALREADY 114;
    EINPROGRESS 115;
    ESTALE 116;
    EUCLEAN 117;
    ENOTNAM 118;
    ENAVAIL 119;
    EISNAM 120;
    EREMOTEIO 121;
    EDQUOT 122;
    ENOMEDIUM 123;
    EMEDIUMTYPE 124;
    ECANCELED 125;
    ENOKEY 126;
    EKEYEXPIRED 127;
    EKEYREVOKED 128;
    EKEYREJECTED 129;
    EOWNERDEAD 130;
    ENOTRECOVERABLE 131;
    ERFKILL 132;
    EHWPOISON 133;
}

impl Errno {
    /// An error number from the kernel, which is from 1 to 4095.
    pub(crate) const fn new(number: u16) -> Self {
        Self(number)
    }

    /// `raw` as an error number: a positive number, as in `errno`. `None` if it is not from 1 to 4095, the
    /// error numbers that the kernel can return.
    #[inline]
    #[must_use]
    pub const fn from_raw_os_error(raw: i32) -> Option<Self> {
        match raw {
            1..=4095 => Some(Self(raw as u16)),
            _ => None,
        }
    }

    /// The number, as in `errno`: 1 to 4095.
    #[inline]
    #[must_use]
    pub const fn raw_os_error(self) -> i32 {
        self.0 as i32
    }
}

impl fmt::Display for Errno {
    /// The text `errno 13`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "errno {}", self.0)
    }
}

impl core::error::Error for Errno {}

#[cfg(feature = "std")]
impl From<Errno> for std::io::Error {
    fn from(errno: Errno) -> Self {
        Self::from_raw_os_error(errno.raw_os_error())
    }
}

#[cfg(test)]
mod tests {
    use super::Errno;

    #[test]
    fn a_number_is_an_errno_from_1_to_4095() {
        for wrong in [i32::MIN, -1, 0, 4096, 0x1_0001] {
            assert_eq!(Errno::from_raw_os_error(wrong), None, "{wrong}");
        }
        for right in [1, 38, 4095] {
            assert_eq!(Errno::from_raw_os_error(right).map(Errno::raw_os_error), Some(right));
        }
    }

    #[cfg(feature = "std")]
    #[test]
    fn an_errno_becomes_the_error_of_the_standard_library() {
        let error = std::io::Error::from(Errno::EACCES);
        assert_eq!(error.raw_os_error(), Some(13));
        assert_eq!(error.kind(), std::io::ErrorKind::PermissionDenied);
    }
}
