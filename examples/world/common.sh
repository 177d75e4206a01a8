# Functions for the scripts `*/run`. Each script begins with `. "$(dirname "$0")/../common.sh"`, and runs in a new empty
# directory.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
name=$(basename "$here")
root=$(cd "$here/../../.." && pwd)
tool=${CARGO_TARGET_DIR:-$root/target}/debug/cargo-seccomp
if [ -z "${WORLD_WORK:-}" ]; then
    echo "start it by examples/world/run $name" >&2
    exit 2
fi
work=$WORLD_WORK/$name
mkdir -p "$work"
cd "$work"
export LC_ALL=C.UTF-8
# The scripts kill programs on purpose, so no program leaves a core.
ulimit -c 0
# A script that ends early leaves no server behind.
trap 'kill $(jobs -pr) 2> /dev/null || true' EXIT
if [ -n "${WORLD_LEARN:-}" ]; then
    # For ../learn: the learned policy takes the place of the policy of this directory, and at first `learn` takes the
    # place of `exec`.
    cp "$WORLD_WORK/learned.policy" .
    # A program that runs as another user must be able to read it.
    cp "$tool" tool-itself
    tool_itself=$work/tool-itself
    tool=$tool_itself
    case $WORLD_LEARN in
        first-run) start="flock --no-fork $work/learned.lock $tool learn --write --policy $work/learned.policy" ;;
        second-run) start="$tool learn --write --policy $work/learned.policy" ;;
        check) start="$tool exec --policy $work/learned.policy" ;;
    esac
    chmod a+rw . learned.policy
    cat > tool-of-learn <<TOOL
#!/bin/sh
case \$1 in
    exec) while [ "\$1" != -- ]; do shift; done; exec $start "\$@" ;;
    *) exec $tool "\$@" ;;
esac
TOOL
    chmod a+rx tool-of-learn
    tool=$work/tool-of-learn
fi

# say RESULT CLAIM
say() { echo "$1 $name: $2" >> "$WORLD_WORK/claims"; }

# install PACKAGE: installs Debian's package if that is possible.
install() {
    if [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null; then
        # The image of a container has no lists of packages.
        compgen -G '/var/lib/apt/lists/*Packages*' > /dev/null || timeout 100 apt-get -o DPkg::Lock::Timeout=90 update -q > apt.log 2>&1 || true
        DEBIAN_FRONTEND=noninteractive timeout 300 apt-get -o DPkg::Lock::Timeout=150 install -y -q --no-install-recommends "$1" > apt.log 2>&1 || true
    fi
}

# need COMMAND PACKAGE: installs Debian's package if the command is missing.
need() {
    command -v "$1" > /dev/null && return
    install "$2"
    command -v "$1" > /dev/null && return
    say "did not run" "$1 is missing, and Debian's package $2 cannot be installed here"
    exit 0
}

# end_of_work: after this come attacks, from which ../learn must learn nothing.
end_of_work() { [ -z "${WORLD_LEARN:-}" ] || exit 0; }

# need_compiler: a compiler of C, and the headers of the C library.
need_compiler() {
    need gcc gcc
    [ -e /usr/include/stdlib.h ] || install libc6-dev
    [ -e /usr/include/stdlib.h ] && return
    say "did not run" "/usr/include/stdlib.h is missing, and Debian's package libc6-dev cannot be installed here"
    exit 0
}

# free_port: prints a port of this machine on which nothing listens.
free_port() {
    local port
    while port=$((20000 + RANDOM % 10000)); (exec 3<> "/dev/tcp/127.0.0.1/$port") 2> /dev/null; do :; done
    echo "$port"
}

# filters PROCESS: prints the number of filters that the process is under. In a container this script is under one too (`outer`).
filters() { sed -n 's/^Seccomp_filters:\t//p' "/proc/$1/status"; }
outer=$(filters self)

# version COMMAND…: records the first line that the command prints.
version() { echo "$name: $("$@" 2>&1 | sed -n 1p)" >> "$WORLD_WORK/versions"; }

# under POLICY [OPTIONS] -- COMMAND…: runs the command under $here/POLICY.policy.
under() {
    local policy=$here/$1.policy
    shift
    "$tool" exec --policy "$policy" "$@"
}

# claim CLAIM COMMAND…: the command succeeds.
claim() {
    local text=$1
    shift
    if "$@" > claim.log 2>&1; then
        say passed "$text"
    else
        say FAILED "$text: exit status $?"
        sed 's/^/    /' claim.log >&2
    fi
}

# killed CLAIM COMMAND…: SIGSYS ends the command.
killed() {
    local text=$1 status=0
    shift
    { "$@" > claim.log 2>&1; } 2> /dev/null || status=$?
    if [ "$status" = 159 ]; then
        say passed "$text"
    else
        say FAILED "$text: exit status $status"
        sed 's/^/    /' claim.log >&2
    fi
}

# killed_by CALL CLAIM POLICY COMMAND…: under $here/POLICY.policy SIGSYS ends the command at this call, and not at an
# earlier one.
killed_by() {
    local call=$1 text=$2 policy=$here/$3.policy status=0 watched=0
    shift 3
    { "$tool" exec --policy "$policy" -- "$@" > claim.log 2>&1; } 2> /dev/null || status=$?
    { "$tool" run --policy "$policy" -- "$@" > denials.log 2>&1; } 2> /dev/null || watched=$?
    if [ "$status $watched" = "159 159" ] && grep -A1 " denies $call(" denials.log | grep -q 'answer: the process is killed'; then
        say passed "$text"
    else
        say FAILED "$text: exit status $status, and $watched under \`run\`, which sees: $(grep ' denies ' denials.log | tail -1)"
        sed 's/^/    /' claim.log denials.log >&2
    fi
}

# says CLAIM PATTERN COMMAND…: the output has the pattern, whatever the exit status.
says() {
    local text=$1 pattern=$2
    shift 2
    { "$@" > claim.log 2>&1; } 2> /dev/null || true
    if grep -q -e "$pattern" claim.log; then
        say passed "$text"
    else
        say FAILED "$text: no \`$pattern\` in the output"
        sed 's/^/    /' claim.log >&2
    fi
}

# picture NAME PROCESS TITLE [FILTER…] [--note NAME=TEXT]: records a process and its children, if results are recorded. ../draw draws them.
picture() {
    local picture=$1
    shift
    [ -n "${WORLD_RECORD:-}" ] || return 0
    if python3 "$here/../shared/processes.py" "$@" > picture.tsv 2> picture.log; then
        cp picture.tsv "$here/../pictures/$picture.tsv"
    else
        say FAILED "a picture of $picture: $(tail -1 picture.log)"
    fi
}

# attempts [POLICY FILTER]: under the filter, each attempt of ../shared/attempts.c has the answer that the column POLICY of ../attempts.tsv has. Without
# arguments, it is the policy of this directory.
attempts() {
    local policy=${1:-$name} filter=${2:-$work/$name.bpf} wrong
    if [ "$(uname -m)" != x86_64 ]; then
        say "did not run" "what code of an attacker can do under $policy: the attempts are for x86_64"
        return
    fi
    # Without a compiler, only this part does not run.
    (need_compiler)
    command -v gcc > /dev/null && [ -e /usr/include/stdlib.h ] || return 0
    [ -x "$WORLD_WORK/attempts" ] || gcc -O1 -static -o "$WORLD_WORK/attempts" "$here/../shared/attempts.c"
    # Most policies here deny execve, which is a warning.
    [ $# != 0 ] || "$tool" exec --policy "$here/$name.policy" --write-bpf "$filter" 2> attempts.log
    mkdir -p attempts
    (cd attempts && timeout 100 "$WORLD_WORK/attempts" "$filter") > attempts.txt 2>> attempts.log || say FAILED "the attempts under $policy: exit status $?"
    # `open` means that the policy leaves the call to the kernel. An answer that the kernel gives without the policy too
    # shows nothing.
    wrong=$(awk -F '\t' -v policy="$policy" -v same="attempts.same" '
        BEGIN { printf "" > same }
        /^#/ { next }
        FNR == NR && !column { for (at = 2; at <= NF; at++) if ($at == policy) column = at; if (!column) { print "there is no such column"; exit } next }
        FNR == NR { expected[$1] = $column; next }
        !($1 in expected) { printf "%s is not in attempts.tsv; ", $1; next }
        { seen[$1] = 1; open = expected[$1] == "open" }
        open ? $2 != $3 : expected[$1] != $3 { printf "%s is %s instead of %s; ", $1, $2 == $3 ? "open" : $3, expected[$1]; next }
        !open && $2 == $3 { printf "%s; ", $1 > same }
        END { for (attempt in expected) if (!(attempt in seen)) printf "%s was not made; ", attempt }' "$here/../attempts.tsv" attempts.txt)
    if [ -n "$wrong" ]; then
        say FAILED "what code of an attacker can do under $policy: ${wrong%; }"
        cat attempts.log >&2
    elif [ -s attempts.same ]; then
        say "did not run" "what code of an attacker can do under $policy: this machine answers as the policy does: $(cat attempts.same)"
    else
        say passed "what code of an attacker can do under $policy is what attempts.tsv says, in each of $(wc -l < attempts.txt) attempts"
    fi
}

# filter_of PROGRAM SOURCE LINE: prints the filter of the policy that begins in that line of SOURCE.
filter_of() {
    "$tool" show --message-format json "$1" | python3 -c '
import json, struct, sys
for line in sys.stdin:
    policy = json.loads(line)
    if policy.get("policy", "").endswith(sys.argv[1]):
        for instruction in policy["filter"]:
            sys.stdout.buffer.write(struct.pack("=HBBI", *instruction))' "$2:$3"
}
