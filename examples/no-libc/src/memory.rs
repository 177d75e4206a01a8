//! The functions of a C library that the compiler calls.
//!
//! The accesses are volatile, so that the compiler does not recognise the loops and replace them by calls of these
//! same functions.
#![allow(unsafe_code)] // Memory by address.

/// memcpy(3).
///
/// # Safety
///
/// As memcpy(3): `len` bytes can be read at `from` and written at `to`, and do not overlap.
#[unsafe(no_mangle)]
unsafe extern "C" fn memcpy(to: *mut u8, from: *const u8, len: usize) -> *mut u8 {
    for i in 0..len {
        // SAFETY: `i` is below `len`, see above.
        let byte = unsafe { from.wrapping_add(i).read_volatile() };
        // SAFETY: as above.
        unsafe { to.wrapping_add(i).write_volatile(byte) };
    }
    to
}

/// memmove(3).
///
/// # Safety
///
/// As memmove(3): `len` bytes can be read at `from` and written at `to`.
#[unsafe(no_mangle)]
unsafe extern "C" fn memmove(to: *mut u8, from: *const u8, len: usize) -> *mut u8 {
    for step in 0..len {
        let i = if to.cast_const() < from { step } else { len - 1 - step };
        // SAFETY: `i` is below `len`, see above.
        let byte = unsafe { from.wrapping_add(i).read_volatile() };
        // SAFETY: as above.
        unsafe { to.wrapping_add(i).write_volatile(byte) };
    }
    to
}

/// memset(3).
///
/// # Safety
///
/// As memset(3): `len` bytes can be written at `to`.
#[unsafe(no_mangle)]
unsafe extern "C" fn memset(to: *mut u8, byte: i32, len: usize) -> *mut u8 {
    for i in 0..len {
        // SAFETY: `i` is below `len`, see above.
        unsafe { to.wrapping_add(i).write_volatile(byte as u8) };
    }
    to
}

/// memcmp(3).
///
/// # Safety
///
/// As memcmp(3): `len` bytes can be read at both.
#[unsafe(no_mangle)]
unsafe extern "C" fn memcmp(a: *const u8, b: *const u8, len: usize) -> i32 {
    for i in 0..len {
        // SAFETY: `i` is below `len`, see above.
        let left = unsafe { a.wrapping_add(i).read_volatile() };
        // SAFETY: as above.
        let right = unsafe { b.wrapping_add(i).read_volatile() };
        if left != right {
            return i32::from(left) - i32::from(right);
        }
    }
    0
}

/// bcmp(3).
///
/// # Safety
///
/// As memcmp(3): `len` bytes can be read at both.
#[unsafe(no_mangle)]
unsafe extern "C" fn bcmp(a: *const u8, b: *const u8, len: usize) -> i32 {
    // SAFETY: the caller's promise is the same.
    unsafe { memcmp(a, b, len) }
}
