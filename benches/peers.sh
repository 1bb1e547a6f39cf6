#!/usr/bin/env bash
# timbra beside what else could do the same, and beside the floor of what is possible: whole processes
# in turns, A B A B ..., the median of the ratios with its target beside it. Never fails on time.
#
#     benches/peers.sh                       1 and 10 million rows, 7 rounds
#     ROUNDS=3 LINES=1000000 benches/peers.sh
#     PARTS="import again daemon" WORK=/var/tmp/bench benches/peers.sh
#
# ROUNDS  rounds of the large runs       SHORT   rounds of the short ones
# LINES   rows of the large file         PARTS   import again grown flat bytes daemon wakes size
# WORK    folder for the files (1 GB for each million rows is plenty); kept when it is named
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=benches/built.sh
source "$here/built.sh"

rounds=${ROUNDS:-7}
short=${SHORT:-31}
lines=${LINES:-10000000}
parts=" ${PARTS:-import again grown flat bytes daemon wakes size} "

for tool in sqlite3 python3; do
    command -v "$tool" >/dev/null || { echo "peers.sh needs $tool" >&2; exit 1; }
done
build generator bare empty

work=${WORK:-}
if [ -z "$work" ]; then
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
fi
mkdir -p "$work"
first=$(date -d '362 days ago' +%F)
config=$work/config
rm -rf "$config"
"$generator" config "$config" "$first"

file() {
    [ -f "$work/$1.dat" ] || "$generator" lines "$1" "$first" "$work/$1.dat"
    touch -d '1 hour ago' "$work/$1.dat"
    echo "$work/$1.dat"
}

pairs() { python3 "$here/pairs.py" "$@"; }
wants() { [[ $parts == *" $1 "* ]]; }
import() { echo "$timbra --config $config import $1 --reader ingresso"; }
fresh="rm -rf $config/store"
few=$(file 1000000)
many=$(file "$lines")

if wants import; then
    sqlite="sqlite3 $work/peer.sqlite"
    table="CREATE TABLE t (badge TEXT, at TEXT, device INTEGER, direction INTEGER, work INTEGER, reserved INTEGER);"
    peer="$sqlite 'PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; $table' '.mode tabs' '.import $many t'"
    without="rm -f $work/peer.sqlite*"
    pairs pair "$rounds" 0.6 "import / sqlite3 .import" "$fresh" "$(import "$many")" "$without" "$peer"
    pairs pair "$rounds" 1.3 "import / bare table" "$fresh" "$(import "$many")" "rm -f $work/bare.sqlite*" "$bare $many $work/bare.sqlite"
    rm -f "$work"/peer.sqlite* "$work"/bare.sqlite*
fi

if wants flat; then
    # the same program on both sides: cost of a row at ten times as many
    tenth=$((lines / 10))
    "$generator" lines "$tenth" "$first" "$work/tenth.dat"
    touch -d '1 hour ago' "$work/tenth.dat"
    pairs pair "$rounds" "$((lines / tenth)).5" "$lines rows / $tenth rows" "$fresh" "$(import "$many")" "$fresh" "$(import "$work/tenth.dat")"
    # 100,000 rows of the last days, into a store with the rows before them and into one with a tenth
    tail -n 100000 "$many" >"$work/end.dat"
    head -n -100000 "$many" >"$work/most.dat"
    tail -n 1000000 "$work/most.dat" >"$work/some.dat"
    touch -d '1 hour ago' "$work"/{end,most,some}.dat
    for size in most some; do
        $fresh
        $(import "$work/$size.dat") 2>/dev/null
        rm -rf "$work/$size.store" && mv "$config/store" "$work/$size.store"
    done
    place() { echo "rm -rf $config/store && cp -r $work/$1.store $config/store"; }
    pairs pair "$rounds" 1.05 "append 100,000 to all / to 1 million" "$(place most)" "$(import "$work/end.dat")" "$(place some)" "$(import "$work/end.dat")"
    rm -rf "$work"/{end,most,some,tenth}.dat "$work"/{most,some}.store
fi

if wants bytes; then
    for file in "$few" "$many"; do
        read -r peak written < <(pairs once "$fresh" "$(import "$file")")
        size=$(du -b --total "$config"/store/* | tail -1 | cut -f1)
        awk -v f="$(basename "$file")" -v p="$peak" -v w="$written" -v s="$size" 'BEGIN {
            printf "%-44s %7.1f MB (target: the same for all)\n", "peak memory, " f, p / 1048576
            printf "%-44s %7.3f  target 3\n", "bytes written / bytes of the store, " f, w / s }'
    done
fi

if wants again || wants grown; then
    $fresh
    $(import "$many") 2>/dev/null
    $(import "$few") 2>/dev/null
fi

if wants again; then
    for file in "$few" "$many"; do
        pairs pair "$short" 1.3 "unchanged $(basename "$file") / stat" "" "$(import "$file")" "" "stat $file"
    done
fi

if wants grown; then
    # the same export with a day more at its end, beside the first import of it all
    grown=$work/grown.dat
    more="rm -rf $config/store && cp -r $work/full.store $config/store"
    rm -rf "$work/full.store" && cp -r "$config/store" "$work/full.store"
    { cat "$many"; tail -n 4000 "$many" | sed 's/\t1\t\([01]\)/\t2\t\1/; s/^1/2/'; } >"$grown"
    touch -d '1 hour ago' "$grown"
    pairs pair "$rounds" 0.04 "4,000 rows more / first import" "$more" "$(import "$grown")" "$fresh" "$(import "$many")"
    rm -rf "$work/full.store" "$grown"
fi

run="$timbra --config $config run"
if wants daemon; then
    mkdir -p "$work/empty"
    pairs daemon "$short" 1.5,1.4,- "$fresh" "$run" "rm -f $work/empty/*" "$empty $work/empty"
fi

if wants wakes; then
    $fresh
    echo "wake-ups of the idle daemon in 30 s: $(pairs wakes 30 "$run")  target: the poll of each folder (60 s) and the watchdog"
fi

if wants size; then
    awk -v s="$(stat -c %s "$timbra")" 'BEGIN { printf "%-44s %7.2f MB  target 12\n", "size of the stripped program", s / 1e6 }'
fi
