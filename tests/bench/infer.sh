#!/usr/bin/env bash
# Times the generator's forward (ch 32, 256 x 256, float32) of p2c-infer beside PyTorch's, taking turns, so that both see the same
# machine: tests/bench/infer.sh PROGRAM [ROUNDS] [RUNS a round]. The medians of all rounds are compared.
set -eu
program=$1 rounds=${2:-3} runs=${3:-7}
torch=$(dirname "$0")/torch_forward.py
. "$(dirname "$0")/common.bash"
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
