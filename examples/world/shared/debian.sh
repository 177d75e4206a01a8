# Unpacks packages of Debian's suites, without a change to the packages of this machine.

# unpacked NAME SUITE PACKAGE…: prints the directory of the files of these packages, and of the packages that they depend
# on. They are fetched once, with a configuration of apt of their own, and stay in the target directory.
unpacked() {
    local kept=${CARGO_TARGET_DIR:-$root/target}/world/debian/$1 suite=$2
    shift 2
    if [ ! -e "$kept/files" ]; then
        rm -rf "$kept" && mkdir -p "$kept/state/lists/partial" "$kept/cache/archives/partial" "$kept/new"
        : > "$kept/status"
        # A backported package depends on packages of its suite.
        for of in "${suite%-backports}" "$suite"; do
            echo "deb [arch=amd64 signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian $of main"
        done | sort -u > "$kept/sources.list"
        local options=(-o "Dir::State=$kept/state" -o "Dir::State::status=$kept/status" -o "Dir::Cache=$kept/cache" -o "Dir::Etc::SourceList=$kept/sources.list"
            -o Dir::Etc::SourceParts=/dev/null -o APT::Sandbox::User= -o Acquire::Retries=5 -o Acquire::Languages=none -o APT::Install-Recommends=false)
        timeout 300 apt-get "${options[@]}" update -qq &&
            timeout 400 apt-get "${options[@]}" -t "$suite" install -y -qq --download-only "$@" || return 1
        local package
        for package in "$kept"/cache/archives/*.deb; do
            case "$(basename "$package")" in
                # Skips the compiler for C, because that of this machine links.
                gcc* | cpp* | binutils* | libgcc-*-dev* | *san[0-9]* | perl* | debconf* | rpcsvc*) ;;
                *) dpkg-deb -x "$package" "$kept/new" || return 1 ;;
            esac
        done
        # Links to places of the machine become links to places in this tree.
        local link
        find "$kept/new" -type l -lname '/*' | while read -r link; do ln -sfn "$kept/files$(readlink "$link")" "$link"; done
        rm -rf "$kept/cache" "$kept/state"
        mv "$kept/new" "$kept/files"
    fi
    echo "$kept/files"
} 2>> "$work/debian.log"

# loader FILES: prints the directory of the C library in such files.
loader() { dirname "$(find "$1" -name ld-linux-x86-64.so.2 -not -path '*/lib64/*' | head -1)"; }
