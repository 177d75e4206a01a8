# What the scripts `*/run` share. Each begins with `. "$(dirname "$0")/../common.sh"`, and runs in a new empty directory.
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

# say RESULT CLAIM
say() { echo "$1 $name: $2" >> "$WORLD_WORK/claims"; }

# install PACKAGE: installs Debian's package where that can be.
install() {
    if [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null; then
        DEBIAN_FRONTEND=noninteractive timeout 200 apt-get install -y -q --no-install-recommends "$1" > apt.log 2>&1 || true
    fi
}

# need COMMAND PACKAGE: has the command, or installs Debian's package.
need() {
    command -v "$1" > /dev/null && return
    install "$2"
    command -v "$1" > /dev/null && return
    say "did not run" "$1 is missing, and Debian's package $2 cannot be installed here"
    exit 0
}

# version COMMAND…: records the first line that the command prints.
version() { echo "$name: $("$@" 2>&1 | sed -n 1p)" >> "$WORLD_WORK/versions"; }

# under POLICY [OPTIONS] -- COMMAND…: the command under $here/POLICY.policy.
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

# tree PROCESS: a picture of a process and its children: what it is, its user, and how many filters it is under.
tree() {
    local process=$1 indent=${2:-} command kind user filters child
    command=$(tr '\0' ' ' < "/proc/$process/cmdline" 2> /dev/null) || return 0
    kind=$(sed -n 's/.*--type=\([a-z-]*\).*/ \1/p' <<< "$command")
    # A program may write another text in the place of its arguments, as nginx does.
    case "$command" in
        nginx:*) command=$(cut -d' ' -f1-2 <<< "$command") ;;
        *) command=$(basename "${command%% *}") ;;
    esac
    user=$(stat -c %U "/proc/$process" 2> /dev/null) || return 0
    filters=$(sed -n 's/^Seccomp_filters:\t//p' "/proc/$process/status" 2> /dev/null) || return 0
    printf '%s%s%s: user %s, filters %s\n' "$indent" "$command" "$kind" "$user" "$filters"
    for child in $(cat "/proc/$process"/task/*/children 2> /dev/null); do tree "$child" "$indent    "; done
}

# picture TITLE PROCESS: records such a picture.
picture() {
    local drawn
    drawn=$(tree "$2")
    printf '%s\n%s\n\n' "$1" "$drawn" >> "$WORLD_WORK/pictures"
}
