#!/usr/bin/env bash
# Readers on ports beside what the disk itself can do, by ratios within one run; and how often a daemon
# with idle ports wakes up. Never fails on time; what may fail stands in gate.sh.
#
#     benches/ports.sh
#     EVENTS=10000 WORK=/var/tmp benches/ports.sh
#     SLOWER=97 benches/ports.sh    as on a disk on which each fdatasync takes so many microseconds more
#
# EVENTS  cards of a measurement       WORK  where the store lies; the disk that is measured
# PORTS   idle ports                   PARTS latency rush wakes
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=benches/built.sh
source "$here/built.sh"

events=${EVENTS:-3000}
parts=" ${PARTS:-latency rush wakes} "
build serial

# On a quick disk the way through the pseudo-terminal weighs more than the commit; ratios are of a disk.
slower=()
if [ -n "${SLOWER:-}" ]; then
    library=$(mktemp --suffix=.so)
    trap 'rm -f "$library"' EXIT
    cc -shared -fPIC -O2 -D_GNU_SOURCE -D"SLOWER=$SLOWER" -o "$library" "$here/slower_disk.c" -ldl
    slower=(env "LD_PRELOAD=$library")
    echo "each fdatasync takes $SLOWER microseconds more"
fi

for part in latency rush; do
    if [[ $parts == *" $part "* ]]; then "${slower[@]}" "$serial" "$part" "$events"; fi
done
if [[ $parts == *" wakes "* ]]; then
    for ports in 0 "${PORTS:-8}"; do
        echo "wake-ups in 30 s with $ports idle ports: $(python3 "$here/pairs.py" ports "$ports" 30 "$timbra")"
    done
fi
