"""Writes service units with filters: units.py SYSTEM FOLDER. SYSTEM has systemd's own units. Their filters stay as
they are, without `ProtectKernelLogs=` and `ProtectKernelModules=`: these also mount, which a user's manager cannot
do."""

import pathlib
import sys

# Not `MemoryDenyWriteExecute=`: this systemd uses prctl(2) for it, which an import says.
FILTERS = (
    "SystemCall", "RestrictAddressFamilies", "RestrictNamespaces", "RestrictRealtime", "RestrictSUIDSGID", "LockPersonality",
    "ProtectClock", "ProtectHostname", "ProtectKernelLogs", "ProtectKernelModules",
)

# Each list of allowed calls has the calls that `sleep` needs.
UNITS = {
    "list": ["SystemCallFilter=@system-service"],
    "list-errno": ["SystemCallFilter=@system-service", "SystemCallErrorNumber=EPERM"],
    "list-removed": ["SystemCallFilter=@system-service", "SystemCallFilter=~@resources @privileged", "SystemCallErrorNumber=ENOSYS"],
    "list-own-errno": ["SystemCallFilter=@system-service", "SystemCallFilter=~@mount:EACCES ptrace:ENOTTY uname:kill"],
    "denied": ["SystemCallFilter=~@mount @debug"],
    "denied-errno": ["SystemCallFilter=~@clock:EACCES @reboot swapon:EBUSY @module", "SystemCallErrorNumber=ENOSYS"],
    "denied-kill": ["SystemCallFilter=~@obsolete:kill @cpu-emulation", "SystemCallErrorNumber=EPERM"],
    "denied-then-allowed": ["SystemCallFilter=~@mount", "SystemCallFilter=umount2"],
    "reset": ["SystemCallFilter=read", "SystemCallFilter=", "SystemCallFilter=~@swap"],
    "native": ["SystemCallArchitectures=native"],
    "architectures": ["SystemCallArchitectures=x86-64 x86", "SystemCallFilter=~@raw-io"],
    "log": ["SystemCallLog=@network-io @file-system"],
    "log-all-but": ["SystemCallLog=~@system-service"],
    "families": ["RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6"],
    "families-denied": ["RestrictAddressFamilies=~AF_PACKET AF_NETLINK"],
    "families-none": ["RestrictAddressFamilies=none"],
    "namespaces": ["RestrictNamespaces=yes"],
    "namespaces-some": ["RestrictNamespaces=user mnt"],
    "namespaces-denied": ["RestrictNamespaces=~user net"],
    "realtime": ["RestrictRealtime=yes"],
    "suid": ["RestrictSUIDSGID=yes"],
    "personality": ["LockPersonality=yes"],
    "clock": ["ProtectClock=yes"],
    "hostname": ["ProtectHostname=yes"],
    "kernel-logs": ["ProtectKernelLogs=yes"],
    "kernel-modules": ["ProtectKernelModules=yes"],
    "several": [
        "SystemCallFilter=@system-service", "SystemCallFilter=~@resources", "SystemCallErrorNumber=EPERM", "SystemCallArchitectures=native",
        "RestrictNamespaces=yes", "RestrictRealtime=yes", "RestrictSUIDSGID=yes", "LockPersonality=yes", "RestrictAddressFamilies=AF_UNIX",
    ],
}


def main():
    system, folder = map(pathlib.Path, sys.argv[1:])
    units = dict(UNITS)
    for unit in sorted(system.glob("*.service")):
        lines = [line for line in unit.read_text(encoding="utf-8").splitlines() if line.startswith(FILTERS) and not line.startswith("ProtectKernel")]
        if lines:
            units["of-" + unit.stem.replace("@", "")] = lines
    for name, lines in units.items():
        text = "\n".join(["[Service]", "ExecStart=/run/busybox sleep 500", *lines]) + "\n"
        (folder / f"{name}.service").write_text(text, encoding="utf-8")


main()
