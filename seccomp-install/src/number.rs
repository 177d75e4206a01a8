//! A constant of the program as a number, whatever its integer type.
//!
//! rustc evaluates this module while the program compiles: the program contains no code of it.
#![allow(unsafe_code)] // One read, below: Rust has no `as` from a generic type.

/// The type of every constant as a number.
pub type Number = i128;

mod sealed {
    /// Prevents other modules from implementing `Integer`.
    pub trait Sealed {}
}

/// The types of values that a policy can name.
#[diagnostic::on_unimplemented(
    message = "arguments of system calls are integers, and `{Self}` is not an integer type",
    label = "a value of an integer type goes here"
)]
pub trait Integer: Copy + sealed::Sealed {
    /// Whether the type is signed.
    #[doc(hidden)]
    const SIGNED: bool;
}

macro_rules! integers {
    ($($integer:ty)*) => {
        $(
            impl sealed::Sealed for $integer {}
            impl Integer for $integer {
                const SIGNED: bool = <$integer>::MIN != 0;
            }
        )*
    };
}
integers!(i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize);

/// `value` as a number. A number above the highest `Number` becomes the highest one: neither fits any
/// argument.
#[must_use]
pub const fn number<T: Integer>(value: T) -> Number {
    match (T::SIGNED, size_of::<T>()) {
        (true, 1) => read::<T, i8>(value) as Number,
        (true, 2) => read::<T, i16>(value) as Number,
        (true, 4) => read::<T, i32>(value) as Number,
        (true, 8) => read::<T, i64>(value) as Number,
        (true, _) => read::<T, i128>(value),
        (false, 1) => read::<T, u8>(value) as Number,
        (false, 2) => read::<T, u16>(value) as Number,
        (false, 4) => read::<T, u32>(value) as Number,
        (false, 8) => read::<T, u64>(value) as Number,
        (false, _) => {
            let value = read::<T, u128>(value);
            if value > Number::MAX as u128 { Number::MAX } else { value as Number }
        }
    }
}

/// `value` as the integer type with the same size and sign.
const fn read<T: Integer, U: Integer>(value: T) -> U {
    assert!(size_of::<T>() == size_of::<U>());
    // SAFETY: `transmute_copy` reads as many bytes as `U` has, which are those of `value`, as `T` has
    // the same size. Nothing but the integer types of Rust implements `Integer` (its supertrait is
    // private): all bytes of `T` are initialised, and all bit patterns are values of `U` (The Rust
    // Reference, "Integer types" and "Behavior considered undefined").
    unsafe { core::mem::transmute_copy::<T, U>(&value) }
}
