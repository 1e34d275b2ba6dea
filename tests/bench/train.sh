#!/usr/bin/env bash
# Times the training step (ch 32, 256 x 256, batch 1, float32, with the face network) of p2c-train beside PyTorch's, taking turns, so that both
# see the same machine: tests/bench/train.sh PROGRAM [ROUNDS] [RUNS a round]. The medians of all rounds are compared.
set -eu
program=$1 rounds=${2:-2} runs=${3:-3}
torch=$(dirname "$0")/torch_step.py
. "$(dirname "$0")/common.bash"
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
