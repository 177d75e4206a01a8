use std::path::PathBuf;

use object::Endianness;
use object::elf::{
    EM_386, EM_AARCH64, EM_ARM, EM_LOONGARCH, EM_PPC, EM_PPC64, EM_RISCV, EM_S390, EM_X86_64,
    Machine,
};
use seccomp_bpf::abi::Abi;

use super::{Dump, SignalDetail};

/// A core as the kernel writes it, with the parts that a test needs.
struct Core {
    machine: Machine,
    word: usize,
    endian: Endianness,
    /// The bytes of a register.
    register: usize,
    /// The number of registers, `ELF_NGREG`.
    count: usize,
}

const DENIED: SignalDetail =
    SignalDetail { nr: 41, arch: 0xc000_003e, address: 0x1234_5678, data: 7 };

impl Core {
    fn bytes(&self, value: u64, size: usize) -> Vec<u8> {
        match self.endian {
            Endianness::Little => value.to_le_bytes()[..size].to_vec(),
            Endianness::Big => value.to_be_bytes()[8 - size..].to_vec(),
        }
    }

    fn fields(&self, fields: &[(u64, usize)]) -> Vec<u8> {
        fields.iter().flat_map(|(value, size)| self.bytes(*value, *size)).collect()
    }

    fn note(&self, kind: u64, mut content: Vec<u8>) -> Vec<u8> {
        let mut note = self.fields(&[(5, 4), (content.len() as u64, 4), (kind, 4)]);
        note.extend(b"CORE\0\0\0\0");
        content.resize(content.len().next_multiple_of(4), 0);
        note.extend(content);
        note
    }

    /// `elf_prstatus`: register number `n` has the value 0x100 + n.
    fn status(&self, thread: u64) -> Vec<u8> {
        let word = self.word;
        let mut status =
            self.fields(&[(31, 4), (0, 4), (0, 4), (31, 2), (0, 2), (0, word), (0, word)]);
        status.extend(self.fields(&[(thread, 4), (1, 4), (2, 4), (3, 4)]));
        status.resize(status.len() + 8 * word, 0);
        for register in 0..self.count {
            status.extend(self.bytes(0x100 + register as u64, self.register));
        }
        // pr_fpvalid and its padding
        status.resize(status.len() + self.register, 0);
        status
    }

    fn signal(&self) -> Vec<u8> {
        let mut signal = self.fields(&[(31, 4), (DENIED.data.into(), 4), (1, 4)]);
        signal.resize(if self.word == 8 { 16 } else { 12 }, 0);
        let detail = [(DENIED.address, self.word), (DENIED.nr.into(), 4), (DENIED.arch.into(), 4)];
        signal.extend(self.fields(&detail));
        signal.resize(128, 0);
        signal
    }

    fn files(&self) -> Vec<u8> {
        let word = self.word;
        let head = [(2, word), (0x1000, word)];
        let parts = [
            (0x10000, word),
            (0x12000, word),
            (0, word),
            (0x20000, word),
            (0x21000, word),
            (3, word),
        ];
        let mut files = self.fields(&head);
        files.extend(self.fields(&parts));
        files.extend(b"/bin/x\0/lib/y z\0");
        files
    }

    fn file(&self) -> Vec<u8> {
        let word = self.word;
        let notes = [
            self.note(1, self.status(4711)),
            self.note(0x5349_4749, self.signal()),
            self.note(6, self.fields(&[(3, word), (0x10040, word), (0, word), (0, word)])),
            self.note(0x4649_4c45, self.files()),
            self.note(1, self.status(4712)),
        ]
        .concat();
        let memory = self.fields(&[(0xabcd, word), (0x7777, word)]);
        let class = if word == 8 { 2 } else { 1 };
        let order = if self.endian == Endianness::Little { 1 } else { 2 };
        let header_size = if word == 8 { 64 } else { 52 };
        let segment_size = if word == 8 { 56 } else { 32 };
        let notes_at = header_size + 2 * segment_size;
        let memory_at = notes_at + notes.len() as u64;
        let mut out = vec![0x7f, b'E', b'L', b'F', class, order, 1];
        out.resize(16, 0);
        out.extend(self.fields(&[(4, 2), (self.machine.0.into(), 2), (1, 4)]));
        out.extend(self.fields(&[(0, word), (header_size, word), (0, word), (0, 4)]));
        out.extend(self.fields(&[
            (header_size, 2),
            (segment_size, 2),
            (2, 2),
            (0, 2),
            (0, 2),
            (0, 2),
        ]));
        let segments = [
            (4, notes_at, 0, notes.len() as u64),
            (1, memory_at, 0x7fff_0000, memory.len() as u64),
        ];
        for (kind, offset, address, size) in segments {
            let rest = [(offset, word), (address, word), (0, word), (size, word), (size, word)];
            if word == 8 {
                out.extend(self.fields(&[(kind, 4), (0, 4)]));
                out.extend(self.fields(&rest));
            } else {
                out.extend(self.bytes(kind, 4));
                out.extend(self.fields(&rest));
                out.extend(self.bytes(0, 4));
            }
            out.extend(self.bytes(4, word));
        }
        out.extend(notes);
        out.extend(memory);
        out
    }
}

/// The machines, and the registers of the six arguments, the instruction and the stack by their number in `pr_reg`.
///
/// Source: the headers that `register_layout.rs` names, read a second time: `ELF_NGREG` and the order of the fields.
const MACHINES: [(Abi, Core, [u64; 6], u64, u64); 11] = {
    use Endianness::{Big, Little};
    const fn core(
        machine: Machine,
        word: usize,
        endian: Endianness,
        register: usize,
        count: usize,
    ) -> Core {
        Core { machine, word, endian, register, count }
    }
    [
        (Abi::X86_64, core(EM_X86_64, 8, Little, 8, 27), [14, 13, 12, 7, 9, 8], 16, 19),
        (Abi::X32, core(EM_X86_64, 4, Little, 8, 27), [14, 13, 12, 7, 9, 8], 16, 19),
        (Abi::X86, core(EM_386, 4, Little, 4, 17), [0, 1, 2, 3, 4, 5], 12, 15),
        (Abi::Aarch64, core(EM_AARCH64, 8, Little, 8, 34), [0, 1, 2, 3, 4, 5], 32, 31),
        (Abi::Arm, core(EM_ARM, 4, Little, 4, 18), [17, 1, 2, 3, 4, 5], 15, 13),
        (Abi::Riscv64, core(EM_RISCV, 8, Little, 8, 32), [10, 11, 12, 13, 14, 15], 0, 2),
        (Abi::S390x, core(EM_S390, 8, Big, 8, 27), [26, 5, 6, 7, 8, 9], 1, 17),
        (Abi::Loongarch64, core(EM_LOONGARCH, 8, Little, 8, 45), [32, 5, 6, 7, 8, 9], 33, 3),
        (Abi::Ppc, core(EM_PPC, 4, Big, 4, 48), [34, 4, 5, 6, 7, 8], 32, 1),
        (Abi::Ppc64, core(EM_PPC64, 8, Big, 8, 48), [34, 4, 5, 6, 7, 8], 32, 1),
        (Abi::Ppc64le, core(EM_PPC64, 8, Little, 8, 48), [34, 4, 5, 6, 7, 8], 32, 1),
    ]
};

/// Writes a file that is removed at the end.
struct WrittenCore(PathBuf);

impl WrittenCore {
    fn new(name: &str, bytes: &[u8]) -> Self {
        let path = std::env::temp_dir().join(format!("seccomp-dump-{name}-{}", std::process::id()));
        std::fs::write(&path, bytes).unwrap();
        Self(path)
    }
}

impl Drop for WrittenCore {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

#[test]
fn a_core_of_each_architecture_has_the_call_its_arguments_and_the_threads() {
    for (abi, core, arguments, instruction, stack) in &MACHINES {
        let file = WrittenCore::new(abi.name(), &core.file());
        assert!(Dump::is_one(&file.0));
        let dump = Dump::read(&file.0).unwrap();
        assert_eq!(dump.abi, Some(*abi));
        assert_eq!(dump.signal.as_ref().unwrap().denied, Some(DENIED), "{abi}");
        let threads: Vec<_> = dump.threads.iter().map(|thread| thread.id).collect();
        assert_eq!(threads, [4711, 4712], "{abi}");
        let registers = dump.threads[0].arguments(*abi, *abi);
        assert_eq!(registers, arguments.map(|index| Some(0x100 + index)), "{abi}");
        let start = dump.threads[1].stack_start(*abi).unwrap();
        assert_eq!((start.instruction, start.stack), (0x100 + instruction, 0x100 + stack), "{abi}");
        assert_eq!(dump.program, Some(PathBuf::from("/bin/x")));
        assert_eq!((dump.files[1].path.as_str(), dump.files[1].offset), ("/lib/y z", 0x3000));
        assert_eq!(dump.word_at(0x7fff_0000), Some(0xabcd));
        assert_eq!(dump.word_at(0x7fff_0000 + core.word as u64), Some(0x7777));
        assert_eq!(dump.word_at(0x7fff_0000 + 2 * core.word as u64), None);
        assert!(dump.cut_off.is_empty());
    }
}

#[test]
fn a_call_of_x86_in_a_program_of_x86_64_has_the_registers_of_x86() {
    let (_, core, ..) = &MACHINES[0];
    let file = WrittenCore::new("int80", &core.file());
    let registers = Dump::read(&file.0).unwrap().threads[0].arguments(Abi::X86_64, Abi::X86);
    assert_eq!(registers, [5, 11, 12, 13, 14, 4].map(|index| Some(0x100 + index)));
}

#[test]
fn a_core_that_is_cut_off_says_what_is_missing() {
    let (_, core, ..) = &MACHINES[0];
    let whole = core.file();
    let file = WrittenCore::new("memory", &whole[..whole.len() - 8]);
    let dump = Dump::read(&file.0).unwrap();
    assert_eq!(dump.cut_off, ["the file is cut off: 8 bytes of the memory are missing"]);
    assert_eq!((dump.word_at(0x7fff_0000), dump.word_at(0x7fff_0008)), (Some(0xabcd), None));
    let file = WrittenCore::new("notes", &whole[..64 + 2 * 56 + 20 + 112 + 27 * 8 + 8 + 4]);
    let dump = Dump::read(&file.0).unwrap();
    assert_eq!((dump.threads.len(), &dump.signal), (1, &None));
    assert!(dump.cut_off[0].contains("within its notes"), "{:?}", dump.cut_off);
}

#[test]
fn the_error_for_another_file_says_what_it_is() {
    let error = |name: &str, bytes: &[u8]| {
        let file = WrittenCore::new(name, bytes);
        format!("{:#}", Dump::read(&file.0).unwrap_err())
    };
    assert!(error("short", b"\x7fEL").contains("less than 6 bytes"));
    assert!(error("zstd", b"\x28\xb5\x2f\xfd\0\0\0").contains("zstd -d"));
    assert!(error("text", b"hello world").contains("not an ELF file"));
    let program = std::fs::read("/proc/self/exe").unwrap();
    assert!(error("program", &program[..4096]).contains("not a core"));
}

#[test]
fn a_call_of_x86_in_a_program_of_x86_64_has_its_arguments_in_the_registers_of_x86() {
    let (_, core, ..) = MACHINES.iter().find(|(abi, ..)| *abi == Abi::X86_64).expect("it is there");
    let file = WrittenCore::new("x86-call", &core.file());
    let dump = Dump::read(&file.0).unwrap();
    // bx, cx, dx, si, di, bp in `pr_reg` of a 64-bit program (`arch/x86/include/asm/user_64.h`, Linux 6.12).
    let places = [5, 11, 12, 13, 14, 4];
    let arguments = dump.threads[0].arguments(Abi::X86_64, Abi::X86);
    assert_eq!(arguments, places.map(|place| Some(0x100 + place)));
}

/// A small core with changed bytes or a cut gives an answer or an error, and no panic.
#[test]
fn a_damaged_core_gives_an_answer_or_an_error() {
    for (abi, core, ..) in &MACHINES[..3] {
        let whole = core.file();
        let file = WrittenCore::new(&format!("damaged-{abi}"), &whole);
        for at in (0..whole.len()).step_by(7) {
            let mut damaged = whole.clone();
            damaged[at] = 0xff;
            if at % 2 == 0 {
                damaged.truncate(at);
            }
            std::fs::write(&file.0, &damaged).unwrap();
            if let Ok(dump) = Dump::read(&file.0) {
                for thread in &dump.threads {
                    let _ = (thread.arguments(*abi, Abi::X86), thread.stack_start(*abi));
                }
                let _ = (dump.word_at(0x7fff_0000), dump.memory(u64::MAX - 3, 8));
            }
        }
    }
}

/// Two segments of nearly 2^64 bytes each: their sum is more than a number of 64 bits.
#[test]
fn segments_that_are_longer_than_any_memory_are_said_to_be_missing() {
    let (_, core, ..) = MACHINES.iter().find(|(abi, ..)| *abi == Abi::X86_64).expect("it is there");
    let mut bytes = core.file();
    for header in [64, 64 + 56] {
        // p_type (PT_LOAD) and p_filesz of a 64-bit file: man 5 elf.
        bytes[header..header + 4].copy_from_slice(&1_u32.to_le_bytes());
        bytes[header + 32..header + 40].copy_from_slice(&u64::MAX.to_le_bytes());
    }
    let file = WrittenCore::new("endless", &bytes);
    let cut_off = Dump::read(&file.0).unwrap().cut_off;
    assert!(cut_off[0].contains(&format!("{} bytes of the memory", u64::MAX)), "{cut_off:?}");
}
