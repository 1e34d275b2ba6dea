#!/usr/bin/env bash
# The programs on a GPU: options, messages, faults; a training that changes between devices. With CUDA=emulated all of it, since faults happen on
# demand there (P2C_EMULATED_FAULT); on a real GPU all but faults; in builds without CUDA, and on machines without a GPU, what they say then.
# Alone: B=build/emulated tests/cli/cuda.sh
# shellcheck shell=bash disable=SC2154,SC2034
if [ "${BASH_SOURCE[0]}" = "$0" ]; then
    export GOMP_SPINCOUNT=${GOMP_SPINCOUNT:-1000} ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1:exitcode=99:allocator_may_return_null=1} ONLY=tests/cli/cuda.sh
    exec "$(dirname "$0")/run.sh"
fi
. tests/cli/train.bash
gpus_hidden=${P2C_EMULATED_DEVICES:-} # of tests that are not about them
export P2C_EMULATED_DEVICES=1
fault() { limit="export P2C_EMULATED_FAULT=$1"; } # of refused
counted() { P2C_EMULATED_REPORT=$logs/launches "$@"; }
launches() { awk -F'\t' '{ n += $3 } END { print n }' "$logs/launches"; } # of the program that was counted
quick=(--prepared --weights good.pt --size 32) # a small picture

says=$("$infer" --list-weights "$W/good.pt" --device cuda 2>&1 >/dev/null)
if grep -q 'this build has: cpu, auto$' <<<"$says"; then kind=none
elif P2C_EMULATED_FAULT=architecture "$infer" --list-weights "$W/good.pt" --device cuda 2>&1 | grep -q 'this build has no code'; then kind=emulated
elif [ -n "$says" ]; then kind=absent
else kind=gpu; fi
echo "   $kind"

case $kind in
none)
    no_cartoon 6 "device 'cuda' is not known; this build has: cpu, auto" --device cuda face.png
    no_cartoon 6 "device 'cuda:1' is not known; this build has: cpu, auto" --device cuda:1 face.png
    no_training 6 "device 'cuda' is not known; this build has: cpu, auto" "${small[@]}" --device cuda
    no_training 6 "gpu_ids 0: device 'cuda:0' is not known; this build has: cpu, auto" "${small[@]}" --gpu_ids 0
    check 'gpu_ids: no effect on the CPU' training "${small[@]}" --device cpu --gpu_ids 0 --max_steps 1
    ;;
absent)
    no_cartoon 6 'cuda: there is no NVIDIA|cuda: the NVIDIA driver knows CUDA up to' --device cuda face.png
    no_training 6 'cuda: there is no NVIDIA|cuda: the NVIDIA driver knows CUDA up to' "${small[@]}" --device cuda
    ;;
emulated)
    # No GPU, or none that can be used. auto takes the CPU where there is no GPU, and never instead of one that fails.
    for each in 'driver|there is no NVIDIA driver on this machine' 'driver:11040|the NVIDIA driver knows CUDA up to 11.4, this build needs 1[0-9]+\.[0-9]+; update the driver' \
        'none|there is no NVIDIA GPU on this machine, or CUDA_VISIBLE_DEVICES hides it' 'architecture|is of architecture 9.0, for which this build has no code; build it with: make CUDA=1 SMS=90'; do
        fault "${each%%|*}"
        no_cartoon 6 "cuda.*${each#*|}" --device cuda face.png
        no_training 6 "cuda.*${each#*|}" "${small[@]}" --device cuda
    done
    no_cartoon 6 'for which this build has no code' face.png
    fault none
    no_cartoon 2 'precision bf16: the CPU computes only in fp32' --device auto --precision bf16 face.png
    no_training 6 'gpu_ids 0: cuda: there is no NVIDIA GPU' "${small[@]}" --gpu_ids 0
    check 'auto: the CPU, where there is no GPU' sh -c "cd '$W' && P2C_EMULATED_FAULT=none '$infer' ${quick[*]} --benchmark 1 | grep -q '\"precision\": \"fp32\", \"device\": \"cpu, '"
    limit=
    no_cartoon 6 'cuda:1: there is 1 GPU' --device cuda:1 face.png
    no_training 6 'gpu_ids 1: cuda:1: there is 1 GPU' "${small[@]}" --gpu_ids 1
    fault memory:24000000
    no_cartoon 5 'out of memory: the graph needs [0-9.]+ MiB on cuda:0, where [0-9.]+ MiB are free; try a smaller picture or batch' --device cuda --size 512 face.png
    no_training 5 'out of memory: the graph needs [0-9.]+ MiB on cuda:0, where [0-9.]+ MiB are free; .*--batch_size .*another --device' "${small[@]}" --device cuda
    fault memory:1000000
    no_training 5 'out of memory: [^ ]+ needs [0-9.]+ MiB on cuda:0' "${small[@]}" --device cuda
    limit=
    ;;
esac

if [ $kind = emulated ] || [ $kind = gpu ]; then
    # Cartoons.
    made() { # name, options
        (cd "$W" && "$infer" "${quick[@]}" face.png -o "$1.png" "${@:2}")
    }
    check 'a cartoon on the CPU' made cpu --device cpu
    check 'a cartoon on the GPU' counted made gpu --device cuda --precision fp32
    one=$([ $kind = gpu ] || launches)
    check 'a cartoon on the GPU: the same within 1 level' "$helper/picture_distance" "$W/cpu.png" "$W/gpu.png" 1
    check 'a cartoon in bf16' made bf16 --device auto --precision bf16
    check 'a cartoon in bf16: nearly the same' "$helper/picture_distance" "$W/cpu.png" "$W/bf16.png" 40
    number='[0-9]+\.[0-9]+'
    check 'benchmark: its line' sh -c "cd '$W' && '$infer' ${quick[*]} --benchmark 1 --threads 1 | grep -Eqx '\{\"forward_ms_median\": $number, .*, \"threads\": 1, \"precision\": \"tf32\", \"device_mib\": $number, \"device\": \"cuda:0, [^\"]*\"\}'"

fi
# In the emulation a step takes a minute: when asked for.
trains=
if [ $kind = gpu ] || { [ $kind = emulated ] && [ -n "${P2C_TEST_LONG:-}" ]; }; then trains=yes; fi
[ $kind != emulated ] || [ -n "$trains" ] || skip 'trainings on an emulated GPU: P2C_TEST_LONG=1 takes ten minutes for them'
if [ -n "$trains" ]; then
    # A training: a step here, a step there.
    numbers() { # run, step: its losses
        sed -n "s/^{\"step\":$2,\(\"d\":.*\)/\1/p" "$runs/$1/metrics.jsonl" | grep -oE '"(d|g|adv|cycle|identity|cam)":[^,}]*' | sed 's/.*://'
    }
    near() { # two runs, step: their losses are as near as a step's rounding, after Adam, lets them be: 1e-4 of them, 1e-3, 1e-2
        paste <(numbers "$1" "$3") <(numbers "$2" "$3") | awk -v of=$((10 ** (5 - $3))) '{ d = ($1 - $2) * of; if (d * d > $2 * $2) bad = 1 } END { exit bad || NR != 6 }'
    }
    resumed() { # run, device, options: says where it is now, and from where it goes on
        training --run "$1" --resume --device "$2" "${@:3}" && grep -q "^p2c-train [0-9.]*, $2" "$out" && grep -q '^resuming from ' "$out"
    }
    check 'training on the CPU' training "${small[@]}" --run cpu --device cpu --max_steps 3
    rm -f "$logs/launches"
    check 'training on the GPU' counted training "${small[@]}" --run gpu --device cuda --precision fp32 --max_steps 1
    check 'training on the GPU: says what it needs' grep -Eq '^memory +[0-9.]+ GiB of the GPU.s needed, [0-9.]+ GiB there$' "$out"
    check 'training on the GPU: the same losses' near gpu cpu 1
    check 'from the GPU to the CPU' resumed gpu cpu --max_steps 2
    check 'from the GPU to the CPU: the same losses' near gpu cpu 2
    if [ $kind = gpu ]; then
        check 'from the CPU to the GPU' resumed gpu cuda --precision fp32 --max_steps 3
        check 'from the CPU to the GPU: the same losses' near gpu cpu 3
    fi
fi

if [ $kind = emulated ]; then
    # A GPU that fails: in the second of three pictures; in the second step of a training that went back to it; while that draws.
    fails() { # name, launches before it does, pattern, command...: exit code 6, one line
        local name=$1 after=$2 pattern=$3
        shift 3
        (cd "$W" && P2C_EMULATED_FAULT=launch:$((after + 20)) "$@") >"$out" 2>"$said" </dev/null
        code=$?
        check "$name: exit code 6, got $code" [ $code = 6 ]
        check "$name: one line" [ "$(wc -l <"$said")" = 1 ]
        check "$name: says so" grep -Eqx "p2c-[a-z]*: cuda:0 failed in [a-z ]*: an illegal memory access was encountered \(cudaErrorIllegalAddress\); nothing on it can be read any more; $pattern" "$said"
    }
    cp "$W/face.png" "$W/second.png"
    cp "$W/face.png" "$W/third.png"
    fails 'it fails in a picture' "$one" 'stopped after 1 of 3 pictures' "$infer" "${quick[@]}" --device cuda face.png second.png third.png -o made/
    check 'it fails in a picture: the first is there' [ "$(ls "$W/made")" = face.png ]

fi
if [ $kind = emulated ] && [ -n "$trains" ]; then
    step=$(launches)
    cp -r "$runs/gpu" "$runs/drawing"
    fails 'it fails in a step' "$step" 'stopped at step 3; --resume goes on from step 2, the newest checkpoint' "$train" --run gpu --resume --device cuda --precision fp32 --max_steps 9
    check 'it fails in a step: the one before was good' near gpu cpu 3
    check 'it fails in a step: nothing was saved' [ "$(numbered gpu)" = 'tiny_params_0000000.pt tiny_params_0000001.pt tiny_params_0000002.pt' ]
    check 'it fails in a step: the report says so' grep -q 'Stopped: the device failed' "$runs/gpu/report.html"
    check 'it fails in a step: metrics.jsonl says so' grep -q '^{"step":3,"event":"cuda:0 failed in ' "$runs/gpu/metrics.jsonl"
    check 'it fails in a step: the CPU goes on' resumed gpu cpu --max_steps 3
    check 'it fails in a step: the CPU goes on: the same losses' near gpu cpu 3
    fails 'it fails while drawing' "$step" 'stopped at step 3; --resume goes on from step 2, the newest checkpoint' "$train" --run drawing --resume --device cuda --max_steps 9 --print_freq 3
    check 'no temporaries' no_temporaries
fi
P2C_EMULATED_DEVICES=$gpus_hidden
[ -n "$gpus_hidden" ] || unset P2C_EMULATED_DEVICES
rm -rf "$W"/{dataset,experiment,made,second.png,third.png,cpu.png,gpu.png,bf16.png}
