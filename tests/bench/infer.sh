#!/usr/bin/env bash
# Times the generator's forward (ch 32, 256 x 256, float32) of p2c-infer beside PyTorch's, taking turns, so that both see the same
# machine: tests/bench/infer.sh PROGRAM [ROUNDS] [RUNS a round]. The medians of all rounds are compared.
set -eu
program=$1 rounds=${2:-3} runs=${3:-7}
threads=$(nproc)
shared=$(dirname "$0")/../../../shared
torch=$(dirname "$0")/torch_forward.py

grep -m 1 'model name' /proc/cpuinfo 2>/dev/null | sed 's/.*: /processor: /' || true
echo "date: $(date -u +%F), threads: $threads, load before: $(cut -d' ' -f1 /proc/loadavg 2>/dev/null || echo unknown)"
field() { sed -n "s/.*\"$1\": \([0-9.]*\).*/\1/p"; }
middle() { tr ' ' '\n' | sed '/^$/d' | sort -n | awk '{ v[NR] = $1 } END { print (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2 }'; }

peer=
if [ -d "$shared/oracle" ] && python3 -c 'import torch' 2>/dev/null; then peer=yes; fi
[ -n "$peer" ] || echo "PyTorch, or ../shared/oracle, is not here: p2c-infer alone"
ours='' theirs='' line=''
for round in $(seq "$rounds"); do
    line=$("$program" --benchmark "$runs" --threads "$threads")
    ours="$ours $(field forward_ms_median <<<"$line")"
    if [ -n "$peer" ]; then theirs="$theirs $(python3 "$torch" "$shared/oracle" "$runs" "$threads")"; fi
    echo "round $round: p2c-infer ${ours##* } ms${peer:+, PyTorch eager ${theirs##* } ms}"
done
p2c=$(middle <<<"$ours")
echo "p2c-infer: $p2c ms, peak memory $(field peak_rss_mib <<<"$line") MiB ($(sed 's/.*"device": "\(.*\)"}/\1/' <<<"$line"))"
if [ -n "$peer" ]; then
    eager=$(middle <<<"$theirs")
    awk -v a="$p2c" -v b="$eager" 'BEGIN { printf "PyTorch eager: %s ms; p2c-infer takes %.2f times that\n", b, a / b }'
fi
