//! The conformance corpus on this kernel.
//!
//! The compiled policies, the calls and the expected results are in a file `corpus` of the working
//! directory, in the format of `corpus::image` in the package of the tests. Without the file there is
//! no corpus; a file that is cut short or of another version is a failure.

use seccomp_runtime::__private::SockFilter;
use seccomp_runtime::Action;

use crate::arena::Arena;
use crate::call::{self, ENOSYS};
use crate::traced::{self, Call, Route, Seen};
use crate::{Tally, print, print_number};

/// The most bytes that a corpus may have: far more than it has.
const ROOM: usize = 8 << 20;
/// The instructions of all policies of the corpus.
static INSTRUCTIONS: Arena<SockFilter, { 1 << 17 }> = Arena::new(SockFilter::statement(0, 0));
const MAGIC: &[u8] = b"corpus 1";

/// Makes every call of the corpus, if there is a corpus.
pub(crate) fn run() -> Option<Tally> {
    let file = call::open(c"corpus");
    if file < 0 {
        return None;
    }
    let mut tally = Tally::default();
    let mut reader = Reader(read(file as usize));
    if reader.policies(&mut tally).is_none() {
        tally.count(false);
        print("FAILED: the corpus is cut short, too large, or of another version\n");
    }
    Some(tally)
}

/// The whole file.
fn read(file: usize) -> &'static [u8] {
    static BYTES: Arena<u8, ROOM> = Arena::new(0);
    let buffer = BYTES.take(ROOM).unwrap_or_default();
    let mut length = 0;
    while let Ok(more @ 1..) = usize::try_from(call::read(file, &mut buffer[length..])) {
        length += more;
    }
    &buffer[..length]
}

/// The rest of the file.
struct Reader(&'static [u8]);

impl Reader {
    fn bytes(&mut self, count: usize) -> Option<&'static [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.bytes(N)?.try_into().ok()
    }

    fn u8(&mut self) -> Option<u8> {
        self.array().map(u8::from_le_bytes)
    }

    fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_le_bytes)
    }

    fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    /// Every policy, up to the end of the file; `None` if the file ends too early or too late.
    fn policies(&mut self, tally: &mut Tally) -> Option<()> {
        if self.bytes(MAGIC.len())? != MAGIC {
            return None;
        }
        for _ in 0..self.u32()? {
            let program = self.program()?;
            for _ in 0..self.u32()? {
                self.call(program, tally)?;
            }
        }
        self.0.is_empty().then_some(())
    }

    fn program(&mut self) -> Option<&'static [SockFilter]> {
        let length = self.u32()? as usize;
        let mut bytes = Reader(self.bytes(length.checked_mul(8)?)?);
        let program = INSTRUCTIONS.take(length)?;
        for SockFilter { code, jt, jf, k } in &mut *program {
            (*code, *jt, *jf, *k) = (bytes.u16()?, bytes.u8()?, bytes.u8()?, bytes.u32()?);
        }
        Some(program)
    }

    fn call(&mut self, program: &'static [SockFilter], tally: &mut Tally) -> Option<()> {
        let route = match self.u8()? {
            0 => Route::Own,
            1 => Route::Int80,
            _ => return None,
        };
        let harmless = self.u8()? != 0;
        let expected = Action::from_return_value(self.u32()?);
        let (nr, arch) = (self.u32()?, self.u32()?);
        let mut args = [0; 6];
        for arg in &mut args {
            *arg = self.u64()?;
        }
        let length = self.u16()?;
        let text = core::str::from_utf8(self.bytes(length.into())?).ok()?;
        let call = Call { route, nr, arch, args };

        let seen = traced::ask(program, &call);
        report(tally, text, "", seen, is_action(seen, expected));
        if harmless {
            let seen = traced::make(program, &call);
            report(tally, text, " (in earnest)", seen, is_unchanged(seen));
        }
        Some(())
    }
}

/// Whether the kernel does this for the action `expected`, under the outer filter of [`traced`].
fn is_action(seen: Seen, expected: Action) -> bool {
    match (expected, seen) {
        (Action::KillProcess | Action::KillThread, Seen::Killed)
        | (Action::Log | Action::Allow, Seen::Through) => true,
        (Action::Trap(data), Seen::Trapped(seen)) => seen == data,
        (Action::Trace(data), Seen::Traced(seen)) => seen == data,
        (Action::Errno(errno), Seen::Returned { value, .. }) => value == -(errno as isize),
        // There is no listener.
        (Action::Notify, Seen::Returned { value, .. }) => value == -ENOSYS,
        _ => false,
    }
}

/// Whether the call did the same with and without the policy.
fn is_unchanged(seen: Seen) -> bool {
    matches!(seen, Seen::Returned { before, value } if before == value)
}

fn report(tally: &mut Tally, text: &str, how: &str, seen: Seen, holds: bool) {
    tally.count(holds);
    if holds {
        return;
    }
    print("FAILED: ");
    print(text);
    print(how);
    print(": ");
    match seen {
        Seen::Killed => print("killed"),
        Seen::Trapped(data) => {
            print("trapped with ");
            print_number(data.into());
        }
        Seen::Traced(data) => {
            print("traced with ");
            print_number(data.into());
        }
        Seen::Through => print("let through"),
        Seen::Returned { before, value } => {
            print("returned ");
            print_signed(value);
            print(", before the policy ");
            print_signed(before);
        }
        Seen::Broken(what) => print(what),
    }
    print("\n");
}

fn print_signed(number: isize) {
    if number < 0 {
        print("-");
    }
    print_number(u32::try_from(number.unsigned_abs()).unwrap_or(u32::MAX));
}
