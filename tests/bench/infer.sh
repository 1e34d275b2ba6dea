#!/usr/bin/env bash
# Times the generator's forward (ch 32, 256 x 256, float32) of p2c-infer beside PyTorch's, onnxruntime's and OpenVINO's, as far as they are
# installed, taking turns, so that all see the same machine: tests/bench/infer.sh PROGRAM RANDOM_WEIGHTS [ROUNDS] [RUNS a round]
# The medians of all rounds are compared. RANDOM_WEIGHTS: the helper that makes the weights of the ONNX file.
set -eu
program=$1 maker=$2 rounds=${3:-3} runs=${4:-7}
here=$(dirname "$0")
. "$here/common.bash"
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
"$maker" "$T/w.pt" 32 256
"$program" --weights "$T/w.pt" --size 256 --export "$T/g.onnx" >/dev/null

peers=()
[ -z "$peer" ] || peers=(torch)
for each in onnxruntime openvino; do
    if python3 -c "import $each, numpy" 2>/dev/null; then peers+=("$each"); else echo "$each is not installed"; fi
done
time_peer() { # name
    if [ "$1" = torch ]; then python3 "$here/torch_forward.py" "$shared/oracle" "$runs" "$threads"
    else python3 "$here/onnx_forward.py" "$1" "$T/g.onnx" 256 "$runs" "$threads" 2>/dev/null; fi
}

ours=''
line=''
declare -A theirs
for round in $(seq "$rounds"); do
    line=$("$program" --benchmark "$runs" --threads "$threads")
    ours="$ours $(field forward_ms_median <<<"$line")"
    said="round $round: p2c-infer ${ours##* } ms"
    for each in "${peers[@]}"; do # one that dies is said so, and does not count
        ms=$(time_peer "$each" 2>/dev/null || true)
        theirs[$each]="${theirs[$each]:-} $ms"
        said="$said, $each ${ms:-failed}${ms:+ ms}"
    done
    echo "$said"
done
p2c=$(middle <<<"$ours")
echo "p2c-infer: $p2c ms, peak memory $(field peak_rss_mib <<<"$line") MiB ($(sed 's/.*"device": "\(.*\)"}/\1/' <<<"$line"))"
for each in "${peers[@]}"; do
    [ -n "${theirs[$each]// /}" ] || continue
    awk -v a="$p2c" -v b="$(middle <<<"${theirs[$each]}")" -v name="$each" 'BEGIN { printf "%s: %s ms; p2c-infer takes %.2f times that\n", name, b, a / b }'
done
