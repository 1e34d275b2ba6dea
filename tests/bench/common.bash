# What the benchmarks share. Sourced, with `set -eu`; sets threads, shared, peer (empty: no PyTorch or no oracle), and says on what it runs.
# shellcheck shell=bash disable=SC2034
threads=${THREADS:-$(nproc)}
shared=$(dirname "${BASH_SOURCE[0]}")/../../../shared

grep -m 1 'model name' /proc/cpuinfo 2>/dev/null | sed 's/.*: /processor: /' || true
echo "date: $(date -u +%F), threads: $threads, load before: $(cut -d' ' -f1 /proc/loadavg 2>/dev/null || echo unknown)"
field() { sed -n "s/.*\"$1\": \([0-9.]*\).*/\1/p"; } # of a line of JSON
middle() { tr ' ' '\n' | sed '/^$/d' | sort -n | awk '{ v[NR] = $1 } END { print (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2 }'; }

peer=
if [ -d "$shared/oracle" ] && python3 -c 'import torch' 2>/dev/null; then peer=yes; fi
[ -n "$peer" ] || echo "PyTorch, or the reference networks, are not here: only p2cnn is measured"
