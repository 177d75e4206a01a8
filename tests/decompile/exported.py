"""Compiles the workloads with kafel and minijail: exported.py TOOL FOLDER [--kafel LIBRARY] [--minijail DIRECTORY]

FOLDER has a policy for each workload. The script exports it, compiles the export with the tool itself, and leaves the
filter there. It prints what a format cannot say."""

import argparse
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "formats"))
from peers import Kafel, Minijail  # noqa: E402


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tool")
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--kafel")
    parser.add_argument("--minijail")
    options = parser.parse_args()
    compilers = []
    if options.kafel:
        compilers.append(("kafel", "kafel", lambda file, out: Kafel(options.kafel).compile(file.read_text(encoding="utf-8"), out)))
    else:
        print("KAFEL is not set: its filters are NOT made", file=sys.stderr)
    if options.minijail:
        minijail = Minijail(options.minijail, str(options.folder))
        compilers.append(("minijail", "minijail0", lambda file, out: minijail.minijail0(str(file), out)))
        compilers.append(("minijail", "compile_seccomp_policy.py", lambda file, out: minijail.compiler(str(file), out)))
    else:
        print("MINIJAIL is not set: its filters are NOT made", file=sys.stderr)
    for policy in sorted(options.folder.glob("W?.policy")):
        # These tools treat other ABIs and x32 differently from the workload.
        text = policy.read_text(encoding="utf-8")
        lines = [line for line in text.splitlines() if not line.startswith("bad_arch ")]
        policy.write_text("\n".join(lines) + "\n", encoding="utf-8")
        for form, name, compile_it in compilers:
            exported = policy.with_suffix(f".{name}")
            dialect = ["--dialect", "minijail0" if name == "minijail0" else "compiler"] if form == "minijail" else []
            done = subprocess.run([options.tool, "export", str(policy), "--to", form, *dialect, "-o", str(exported)], capture_output=True, text=True, check=False)
            if done.returncode:
                print(f"{policy.stem}, {name}: {done.stderr.splitlines()[0]}", file=sys.stderr)
                continue
            try:
                compile_it(exported, str(options.folder / f"{policy.stem}, {name}.bpf"))
            except (AssertionError, subprocess.CalledProcessError) as error:
                said = getattr(error, "stderr", b"") or str(error)
                print(f"{policy.stem}, {name}: {name} refuses it: {said}", file=sys.stderr)


main()
