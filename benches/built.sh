# Sourced by peers.sh and gate.sh: builds the program and the helpers, and says where they are.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

build() {
    (cd "$root" && cargo build --release --bin timbra)
    timbra=${CARGO_TARGET_DIR:-$root/target}/release/timbra
    local name
    for name in "$@"; do
        # cargo names the file it built: `Executable benches/NAME.rs (PATH)`
        local line
        line=$(cd "$root" && cargo bench --no-run --bench "$name" 2>&1 | tee /dev/stderr | grep -F "Executable benches/$name.rs (")
        line=${line##*\(}
        line=${line%\)*}
        case $line in
        /*) declare -g "$name=$line" ;;
        *) declare -g "$name=$root/$line" ;;
        esac
    done
}
