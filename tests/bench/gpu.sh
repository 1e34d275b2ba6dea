#!/usr/bin/env bash
# Everything that only a machine with an NVIDIA GPU can show, in a few minutes: tests/bench/gpu.sh BUILD_FOLDER
#   1. the tests, on the GPU: operations, golden values, and operations again under compute-sanitizer
#   2. times, memory and the costliest kernels in fp32, tf32 and bf16, beside PyTorch where it and ../shared/oracle are
# `make gpu-report` builds what it needs and calls it. Exit code 1: a test failed.
set -u
B=$1
shared=$(dirname "$0")/../../../shared
export P2C_TEST_DEVICE=cuda
failed=

section() { printf '\n== %s (%s s)\n' "$1" "$SECONDS"; }
# The last lines of a test program, and whether it passed.
try() {
    local name=$1 lines=$2
    shift 2
    if timeout 240 "$@" >"$log/$name" 2>&1; then tail -n "$lines" "$log/$name"; else
        failed="$failed $name"
        grep -E 'FAILED|ERROR|expected|Assert|error' "$log/$name" | head -12
        tail -n 3 "$log/$name"
    fi
}
log=$(mktemp -d)
trap 'rm -rf "$log"' EXIT

section "the machine"
nvidia-smi --query-gpu=name,driver_version,memory.total,clocks.sm,clocks.max.sm --format=csv,noheader || exit 6
date -u +%F

section "tests"
try op 2 "$B/test-op"
try unit 1 "$B/test-unit" graph autodiff minimize state_dict schedule cartoonizer
try golden 40 "$B/test-golden"

section "operations under compute-sanitizer (memcheck)"
if command -v compute-sanitizer >/dev/null; then
    ops=$(sed -n 's/^P2C_OP(\(.*\))/\1/p' lib/op/op_list.h)
    # shellcheck disable=SC2016 # expanded by the inner shell
    xargs -P 6 -I{} sh -c 'timeout 100 compute-sanitizer --error-exitcode 77 "$0"/test-op test_op_{} >"$1"/san-{} 2>&1; echo "{} $?"' "$B" "$log" <<<"$ops" >"$log/sanitizer"
    awk '$2 == 0 { ok++ } $2 == 124 { late = late " " $1 } $2 != 0 && $2 != 124 { bad = bad " " $1 }
         END { printf "%d operations clean; still clean after 100 s:%s; at fault:%s\n", ok, late ? late : " none", bad ? bad : " none"; exit bad != "" }' "$log/sanitizer" || failed="$failed sanitizer"
else
    echo "compute-sanitizer is not here: skipped"
fi

section "times"
for precision in fp32 tf32 bf16; do timeout 100 "$B/bench-gpu" cuda "$precision" || failed="$failed bench-$precision"; done
if [ -d "$shared/oracle" ] && python3 -c 'import torch; assert torch.cuda.is_available()' 2>/dev/null; then
    section "PyTorch, same machine"
    timeout 200 python3 "$shared/oracle/p2c_torch.py" bench cuda
else
    echo "PyTorch, or the reference networks, are not here: only p2cnn is measured"
fi

section "end"
if [ -n "$failed" ]; then echo "gpu-report: FAILED:$failed"; exit 1; fi
echo "gpu-report: all passed"
