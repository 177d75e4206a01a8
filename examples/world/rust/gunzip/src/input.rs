//! Standard input, in pieces.

/// The number of bytes that are read at once.
const SIZE: usize = 1 << 15;

/// Bytes of standard input that are read and not yet used.
pub(crate) struct Input {
    buffer: [u8; SIZE],
    start: usize,
    end: usize,
}

impl Input {
    pub(crate) fn new() -> Self {
        Self { buffer: [0; SIZE], start: 0, end: 0 }
    }

    /// The unused bytes, after a read if there are none; empty at the end of the input.
    ///
    /// # Errors
    ///
    /// If standard input cannot be read.
    pub(crate) fn bytes(&mut self) -> Result<&[u8], &'static str> {
        while self.start == self.end {
            match rustix::io::read(crate::descriptors::input(), &mut self.buffer) {
                Ok(count) => {
                    (self.start, self.end) = (0, count);
                    break;
                }
                Err(rustix::io::Errno::INTR) => {}
                Err(_) => return Err("the input cannot be read"),
            }
        }
        Ok(&self.buffer[self.start..self.end])
    }

    /// Marks the first `count` bytes as used.
    pub(crate) fn used(&mut self, count: usize) {
        self.start = (self.start + count).min(self.end);
    }

    /// The next byte.
    ///
    /// # Errors
    ///
    /// If there is none.
    pub(crate) fn byte(&mut self) -> Result<u8, &'static str> {
        let byte = *self.bytes()?.first().ok_or("the input ends too early")?;
        self.used(1);
        Ok(byte)
    }

    /// The next four bytes as a number, the lowest first.
    ///
    /// # Errors
    ///
    /// If there are fewer.
    pub(crate) fn number(&mut self) -> Result<u32, &'static str> {
        let mut bytes = [0; 4];
        for byte in &mut bytes {
            *byte = self.byte()?;
        }
        Ok(u32::from_le_bytes(bytes))
    }
}
