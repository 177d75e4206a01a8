//! Values to try in every place of a policy where a value may be.

/// Where something changes for one of the types; a policy cannot write the last two.
pub const VALUES: [i128; 24] = [
    0,
    1,
    5,
    -1,
    -5,
    0x7fff,
    0x8000,
    0xffff,
    0x1_0000,
    -0x8001,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_fffb,
    0xffff_ffff,
    0x1_0000_0000,
    -0x8000_0000,
    -0x8000_0001,
    i64::MAX as i128,
    i64::MIN as i128,
    i64::MIN as i128 - 1,
    u64::MAX as i128 - 4,
    u64::MAX as i128,
    u64::MAX as i128 + 1,
    i128::MAX,
];
