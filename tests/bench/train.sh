#!/usr/bin/env bash
# Times the training step (ch 32, 256 x 256, batch 1, float32, with the face network) of p2c-train beside PyTorch's, taking turns, so that both
# see the same machine: tests/bench/train.sh PROGRAM [ROUNDS] [RUNS a round]. The medians of all rounds are compared.
set -eu
program=$1 rounds=${2:-2} runs=${3:-3}
threads=$(nproc)
shared=$(dirname "$0")/../../../shared
torch=$(dirname "$0")/torch_step.py

grep -m 1 'model name' /proc/cpuinfo 2>/dev/null | sed 's/.*: /processor: /' || true
echo "date: $(date -u +%F), threads: $threads, load before: $(cut -d' ' -f1 /proc/loadavg 2>/dev/null || echo unknown)"
field() { sed -n "s/.*\"$1\": \([0-9.]*\).*/\1/p"; }
middle() { tr ' ' '\n' | sed '/^$/d' | sort -n | awk '{ v[NR] = $1 } END { print (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2 }'; }

peer=
if [ -d "$shared/oracle" ] && python3 -c 'import torch' 2>/dev/null; then peer=yes; fi
[ -n "$peer" ] || echo "PyTorch, or ../shared/oracle, is not here: p2c-train alone"
ours='' published='' lean='' line='' memory=''
for round in $(seq "$rounds"); do
    line=$("$program" --benchmark "$runs" --threads "$threads")
    ours="$ours $(field step_ms_median <<<"$line")"
    if [ -n "$peer" ]; then
        read -r first second memory <<<"$(python3 "$torch" "$shared/oracle" "$runs" "$threads")"
        published="$published $first" lean="$lean $second"
    fi
    echo "round $round: p2c-train ${ours##* } ms${peer:+, PyTorch ${published##* } ms as published, ${lean##* } ms without its waste}"
done
p2c=$(middle <<<"$ours")
echo "p2c-train: $p2c ms a step, peak memory $(field peak_rss_mib <<<"$line") MiB ($(sed 's/.*"device": "\(.*\)"}/\1/' <<<"$line"))"
if [ -n "$peer" ]; then
    awk -v a="$p2c" -v b="$(middle <<<"$published")" -v c="$(middle <<<"$lean")" -v m="$memory" 'BEGIN {
        printf "PyTorch: %s ms as published, %s ms without its waste, %s MiB; p2c-train takes %.2f and %.2f times that\n", b, c, m, a / b, a / c }'
fi
