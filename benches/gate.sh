#!/usr/bin/env bash
# What continuous integration holds against every change: instructions for each imported row and for
# each computed day, fsyncs for each commit, wake-ups of an idle daemon. Counters, not times: noise on
# the machine does not move them.
#
#     benches/gate.sh            exit 1 when a limit is passed
#     BUILT=FOLDER benches/gate.sh    the programs of a folder, nothing is built
set -euo pipefail
# shellcheck source=benches/built.sh
source "$(dirname "${BASH_SOURCE[0]}")/built.sh"

# For each row, between 20,000 and 100,000 rows. Of what is measured some 1,940 are SHA-256: valgrind
# shows the program a processor without instructions for it, a real one needs a tenth.
limit_instructions=${LIMIT_INSTRUCTIONS:-8000}
# For each day of a month's close, from its four punches in the store to its part of the data file,
# between 100 and 500 coworkers. What was measured and 2 %: raise it knowingly, lower it gladly.
limit_day=${LIMIT_DAY:-16002}
# For each commit of 10,000 rows, checkpoints included.
limit_fsyncs=${LIMIT_FSYNCS:-1.5}
# For each card at a reader on a port, when one comes after the other, between 500 and 2,500 cards.
limit_single=${LIMIT_SINGLE:-1.01}
# Of the daemon with eight idle ports, in 20 seconds, without a watchdog.
limit_wakes=${LIMIT_WAKES:-2}

for tool in valgrind strace; do
    command -v "$tool" >/dev/null || { apt-get update -qq && apt-get install -y -qq "$tool" >/dev/null; }
done
build generator month serial

place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
first=$(date -d '300 days ago' +%F)
"$generator" config "$place/config" "$first"
for lines in 20000 100000; do
    "$generator" lines "$lines" "$first" "$place/$lines.dat"
    touch -d '1 hour ago' "$place/$lines.dat"
done

instructions() {
    rm -rf "$place/config/store"
    valgrind --tool=cachegrind --cache-sim=no --cachegrind-out-file=/dev/null --log-file="$place/log" \
        "$timbra" --config "$place/config" import "$place/$1.dat" --reader ingresso 2>/dev/null
    sed -n 's/.*I *refs: *//p' "$place/log" | tr -d ,
}

closing() {
    TIMBRA_BENCH_PEOPLE=$1 "$month" fill "$place/month-$1" >/dev/null
    TIMBRA_BENCH_PEOPLE=$1 valgrind --tool=cachegrind --cache-sim=no --cachegrind-out-file=/dev/null \
        --log-file="$place/log" "$month" close "$place/month-$1" >/dev/null
    sed -n 's/.*I *refs: *//p' "$place/log" | tr -d ,
}

fsyncs() {
    rm -rf "$place/config/store"
    strace -f -e trace=fsync,fdatasync -o "$place/log" \
        "$timbra" --config "$place/config" import "$place/$1.dat" --reader ingresso 2>/dev/null
    grep -cE 'f(data)?sync\(' "$place/log"
}

single() {
    WORK=$place strace -f -e trace=fsync,fdatasync -o "$place/log" "$serial" single "$1"
    grep -cE 'f(data)?sync\(' "$place/log"
}

failed=0
hold() {
    local name=$1 measured=$2 limit=$3 verdict=ok
    if awk "BEGIN { exit !($measured > $limit) }"; then
        verdict="OVER THE LIMIT"
        failed=1
    fi
    printf '%-40s %10s  limit %8s  %s\n' "$name" "$measured" "$limit" "$verdict"
}

few=$(instructions 20000)
many=$(instructions 100000)
hold "instructions per imported row" "$(((many - few) / 80000))" "$limit_instructions"
few=$(closing 100)
many=$(closing 500)
hold "instructions per computed day" "$(((many - few) / (400 * 23)))" "$limit_day"
few=$(fsyncs 20000)
many=$(fsyncs 100000)
hold "fsyncs per commit of 10,000 rows" "$(awk "BEGIN { print ($many - $few) / 8 }")" "$limit_fsyncs"
few=$(single 500)
many=$(single 2500)
hold "fsyncs per card at a port" "$(awk "BEGIN { print ($many - $few) / 2000 }")" "$limit_single"
hold "wake-ups with 8 idle ports" "$(python3 "$root/benches/pairs.py" ports 8 20 "$timbra")" "$limit_wakes"
exit "$failed"
