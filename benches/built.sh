# Sourced by peers.sh and gate.sh: builds the program and the helpers in one go, and says where they
# are: the program in $timbra, each helper in a variable of its name. With BUILT=FOLDER nothing is
# built and all of them are taken from that folder, for instance to measure an older program.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

build() {
    local name line log targets=()
    if [ -n "${BUILT:-}" ]; then
        timbra=$BUILT/timbra
        for name in "$@"; do declare -g "$name=$BUILT/$name"; done
        return
    fi
    for name in "$@"; do targets+=(--bench "$name"); done
    log=$(cd "$root" && cargo bench --no-run "${targets[@]}" 2>&1 | tee >(cat >&2))
    timbra=${CARGO_TARGET_DIR:-$root/target}/release/timbra
    for name in "$@"; do
        # cargo names the file it built: `Executable benches/NAME.rs (PATH)`
        line=$(grep -F "Executable benches/$name.rs (" <<<"$log")
        line=${line##*\(}
        line=${line%\)*}
        [[ $line == /* ]] || line=$root/$line
        declare -g "$name=$line"
    done
}
