"""Which names of the user headers are commands of ioctl."""

import glob
import os
import re

# Every command that is made by these macros is found, however many other macros are between them and its name.
MACROS = {"_IO", "_IOR", "_IOW", "_IOWR", "_IOR_BAD", "_IOW_BAD", "_IOWR_BAD", "_IOC"}

# What takes a command apart, or is a part of one, is no command.
PARTS = re.compile(r"\b_IOC_(NR|SIZE|TYPE|DIR)\b")

# Older commands are plain numbers: the pattern of their names, and of the text of their definition.
PLAIN = [(re.compile(name + "$"), re.compile(text)) for name, text in (
    (r"(TIOC(?!M_|PKT_|SER_TEMT|L_)|FIO|SIOC(?!PARM_|_IN|_OUT|_VOID))[A-Z0-9_]+", r"."),
    (r"TC(GET|SET|SB|FLSH|XONC)[A-Z0-9]*", r"."),
    (r"CDROM[A-Z_]+|DVD_(READ_STRUCT|WRITE_STRUCT|AUTH)", r"0x53"),
    (r"HDIO_[A-Z_0-9]+", r"0x03"),
    (r"(GIO|PIO|KD)[A-Z_]+", r"0x4B"),
    (r"VT_[A-Z_]+", r"0x56"),
    (r"LOOP_[A-Z_0-9]+", r"0x4C"),
    (r"LP[A-Z_]+", r"0x06"),
    (r"SCSI_IOCTL_[A-Z_]+", r"0x538|^\d$"),
    (r"SG_[A-Z_]+", r"0x22"),
    (r"FBIO[A-Z_]+", r"0x46"),
    (r"I2C_[A-Z_0-9]+", r"0x07[0-9]"),
    (r"CY[A-Z]+", r"0x4359"),
)]

# When a terminal takes new settings over, an argument of tcsetattr(3): mips defines these by commands, and the others as 0 to 2.
NO_COMMANDS = {"TCSANOW", "TCSADRAIN", "TCSAFLUSH"}

DEFINE = re.compile(r"^[ \t]*#[ \t]*define[ \t]+(\w+)(\([^)\n]*\))?[ \t]*([^\n]*)$", re.M)
ENUMERATOR = re.compile(r"(?:^|[,{])\s*(\w+)\s*=\s*([^,\n}]*)")


def commands(texts):
    """The names that are commands in these texts of headers, without those that take arguments."""
    defined, texts = [], list(texts)
    for text in texts:
        text = re.sub(r"/\*.*?\*/|//[^\n]*", "", text, flags=re.S).replace("\\\n", " ")
        defined += DEFINE.findall(text)
        defined += [(name, "", value) for name, value in ENUMERATOR.findall(text)]
    made, found = set(MACROS), set()
    bodies = [(name, arguments, set(re.findall(r"[A-Za-z_]\w*", body))) for name, arguments, body in defined
              if not PARTS.search(body)]
    while True:
        new = {name for name, _, words in bodies if name not in made and words & made}
        if not new:
            break
        made |= new
    # A macro of those above by another name takes arguments too.
    taking = set(MACROS) | {name for name, arguments, _ in bodies if arguments and name in made}
    for name, arguments, body in defined:
        if not arguments and body.strip() in taking:
            taking.add(name)
    # Commands of linux/scc.h, which count up from SIOCDEVPRIVATE.
    for text in texts:
        found.update(re.findall(r"\bSIOCSCC[A-Z]+\b", text))
    found.update(name for name, arguments, _ in bodies if not arguments and name in made and name not in taking)
    for name, arguments, body in defined:
        if not arguments and any(n.match(name) and text.search(body.strip("() ")) for n, text in PLAIN):
            found.add(name)
    return found - NO_COMMANDS


def texts_below(directory):
    """The text of every header below a directory."""
    for path in sorted(glob.glob(os.path.join(directory, "**/*.h"), recursive=True)):
        yield open(path, errors="replace").read()
