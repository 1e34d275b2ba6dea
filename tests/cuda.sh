#!/usr/bin/env bash
# The tests of the GPU's kernels: tests/cuda.sh, with B=build/emulated (kernels on the CPU, under sanitizers) or B=build/cuda (on a GPU).
# Ends with what was reached: kernels, cases, and in the emulation the lines of kernels/cuda that no test ran.
set -u
cd "$(dirname "$0")/.." || exit 1
B=${B:-build/emulated}
T=$(mktemp -d) || exit 1
trap 'rm -rf "$T"' EXIT
export P2C_TEST_DEVICE=cuda P2C_EMULATED_REPORT=$T/kernels
export GOMP_SPINCOUNT=1000 # threads of the emulation sleep soon, so that it takes no longer on a busy machine
failed=

run() { # program, arguments: what it prints, and whether it passed
    echo "== $* (${SECONDS} s)"
    "$@" 2>&1 | tee -a "$T/log" || failed="$failed ${1##*/}"
    [ "${PIPESTATUS[0]}" = 0 ] || failed="$failed ${1##*/}"
}

emulated=
[ -x "$B/test-emulator" ] && emulated=yes
if [ -z "$emulated" ] && ! nvidia-smi -L >/dev/null 2>&1; then
    echo "skipped: there is no NVIDIA GPU here; the kernels compile and link, and 'make CUDA=emulated check' runs them on the CPU"
    exit 0
fi

if [ -n "$emulated" ]; then
    find "$B" -name '*.gcda' -delete
    env -u P2C_EMULATED_REPORT "$B/test-emulator" 2>&1 | tail -n 3; [ "${PIPESTATUS[0]}" = 0 ] || failed="$failed test-emulator"
fi
run "$B/test-op"
run "$B/test-unit" graph state_dict autodiff minimize learning step cartoonizer
# The emulation is ten thousand times slower than a GPU, so it runs only a single step of trainings.
if [ -n "$emulated" ]; then
    for each in test_generator_ch8 'test_disc*_7' 'test_disc*_5' test_mobilefacenet test_matte test_landmarks test_precision; do run "$B/test-golden" "$each"; done
    P2C_TEST_STEPS=${P2C_TEST_STEPS:-1} run "$B/test-golden" test_training
else
    run "$B/test-golden"
    run "$B/test-train" step
fi
echo "== tests/cli/cuda.sh ($SECONDS s)"
ONLY=tests/cli/cuda.sh B=$B SAN="${SAN:-}" tests/cli/run.sh || failed="$failed tests/cli/cuda.sh"

cases=$(sed -n 's/^\([0-9]*\) cases,.*/\1/p' "$T/log" | awk '{ n += $1 } END { print n }')
if [ -n "$emulated" ]; then
    echo "== kernels/cuda ($SECONDS s)"
    ran=$(cut -f1,2 "$T/kernels" | sort -u | wc -l)
    echo "$(cat kernels/cuda/*.cu* kernels/cuda/conv2d/*.cu* | grep -c '__global__') kernels are defined; $ran different launches ran, in $cases cases of operations and in networks"
    tests/cuda_on_cpu/coverage.sh "$B"
else
    echo "$cases cases of operations"
fi
if [ -n "$failed" ]; then echo "cuda: FAILED:$failed"; exit 1; fi
echo "cuda: all passed ($SECONDS s)"
