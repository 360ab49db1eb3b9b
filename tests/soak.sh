#!/bin/sh
# Tries for an hour (or SOAK_MINUTES) to lose something, and prints one table at the end: `make soak`.
# CARGO is the cargo to use. The parts that mount images of disks need root.
set -u
cargo=${CARGO:-cargo}
minutes=${SOAK_MINUTES:-60}
log=$(mktemp)
failed=0

# part NAME HUNDREDTHS TEST-ARGUMENTS...: a part that takes this many hundredths of the time
part() {
    name=$1 secs=$((minutes * 60 * $2 / 100))
    shift 2
    echo "== $name ($secs s)"
    SOUNDALIKE_SOAK_SECS=$secs "$cargo" test "$@" --nocapture 2>&1 | tee "$log.part" | grep -E 'FIGURE|SKIPPED|panicked|lost|deeds|^test '
    cat "$log.part" >> "$log"
    if ! grep -q '^test result: ok' "$log.part"; then
        failed=$((failed + 1))
        echo "FIGURE|FAULT in $name|1|$(grep -A1 -m1 'panicked at' "$log.part" | tail -n 1)" | tee -a "$log"
    fi
}

"$cargo" test --no-run --test it --test durability || exit 1
part 'damage on the disk' 32 --test it damage:: --
part 'kills' 24 --test durability what_is_killed_leaves --
part 'full disks' 10 --test durability a_disk_that_becomes_full --
part 'several processes' 6 --test durability crowd:: --
# The seconds are those of each kind of file system.
part 'power cuts' 5 --test durability survives_a_power_cut -- --ignored
part 'memory sticks' 3 --test durability on_a_memory_stick -- --ignored
part 'other disks' 1 --test durability the_usual_work -- --ignored

echo
printf '%-42s %8s  %s\n' 'what was done' 'times' 'details'
sed -n 's/.*FIGURE|\(.*\)|\(.*\)|\(.*\)/\1|\2|\3/p' "$log" | while IFS='|' read -r what times details; do
    printf '%-42s %8s  %s\n' "$what" "$times" "$details"
done
grep -h 'SKIPPED' "$log" | sort -u
echo "$failed parts found a fault."
rm -f "$log" "$log.part"
[ "$failed" = 0 ]
