"""Adds a profile to the bundle of a container, as container engines do: bundle.py CONFIG PROFILE."""
import json
import sys

config_file, profile_file = sys.argv[1:]
with open(config_file) as file:
    config = json.load(file)
with open(profile_file) as file:
    profile = json.load(file)
config["process"]["args"] = ["/bin/busybox", "sleep", "29"]
config["process"]["terminal"] = False
config["mounts"] = [mount for mount in config["mounts"] if mount["type"] != "cgroup"]
config["linux"]["namespaces"] = [
    space for space in config["linux"]["namespaces"] if space["type"] != "cgroup"
]
capabilities = set(config["process"]["capabilities"]["bounding"])
rules = []
for rule in profile["syscalls"]:
    includes, excludes = rule.get("includes") or {}, rule.get("excludes") or {}
    if "arches" in includes and "amd64" not in includes["arches"]:
        continue
    if "amd64" in excludes.get("arches", []):
        continue
    if not set(includes.get("caps", [])) <= capabilities or set(excludes.get("caps", [])) & capabilities:
        continue
    kept = {key: rule[key] for key in ("names", "action", "args", "errnoRet") if rule.get(key) is not None}
    if kept.get("args") == []:
        del kept["args"]
    rules.append(kept)
seccomp = {
    "defaultAction": profile["defaultAction"],
    "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
    "syscalls": rules,
}
if "defaultErrnoRet" in profile:
    seccomp["defaultErrnoRet"] = profile["defaultErrnoRet"]
config["linux"]["seccomp"] = seccomp
with open(config_file, "w") as file:
    json.dump(config, file)
