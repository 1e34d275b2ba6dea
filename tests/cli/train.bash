# What the tests of p2c-train share: a small set of pictures, and the smallest networks that can be trained. Sourced by train_*.sh.
# shellcheck shell=bash disable=SC2154,SC2034,SC2086
small=(--dataset tiny --ch 4 --img_size 96)
runs=$W/experiment # by default
rm -rf "$W/dataset" "$runs"
mkdir -p "$W/dataset/tiny" "$runs"
"$demo/faces" "$W/dataset/tiny" 3 2 || exit 1

# These two files have the output of a training. If it fails, its messages are also in the report of the test.
out=$logs/run said=$logs/said
training() {
    (cd "$W" && exec "$train" "$@") >"$out" 2>"$said" </dev/null
    code=$?
    [ $code = 0 ] || cat "$said" >&2
    return $code
}
model() { echo "$runs/$1/model/tiny_params_$2.pt"; } # of a run, a step or "latest"
numbered() { (cd "$runs/$1/model" && echo *_params_0*.pt); }
# Numbers of every step, without times.
losses() { sed -n '/"d":/ s/"ms":[^,]*,//p' "$runs/$1/metrics.jsonl"; }
same_losses() { [ -s "$runs/$1/metrics.jsonl" ] && diff <(losses "$1") <(losses "$2"); }
same() { "$helper/checkpoints" same "$(model "$1" "$3")" "$(model "$2" "$3")"; } # two runs, a step
all_whole() { "$helper/checkpoints" whole "$runs/$1"/model/*.pt; }
no_temporaries() { [ -z "$(find "$runs" -name '.p2cnn-*')" ]; }

no_training() { # like refused
    program=$train refused "$@"
    cp "$logs/err" "$said"
}

# A training in the background; $pid is its process.
start() { # arguments
    (cd "$W" && exec "$train" "$@") >"$out" 2>"$said" </dev/null &
    pid=$!
}
end() { # its exit code is in $code
    { wait $pid; } 2>/dev/null
    code=$?
}
step() { # the last step that a run has done
    local line
    line=$(grep '"d":' "$runs/$1/metrics.jsonl" 2>/dev/null | tail -n 1)
    line=${line#*:}
    echo "${line%%,*}"
}
reached() { [ "$(step "$1")" -ge "$2" ] 2>/dev/null; }
complained() { grep -Eq -- "$1" "$said"; }
await() { # command...: until it succeeds; false after two minutes, or when the training has ended
    for _ in $(seq 2400); do
        "$@" && return
        kill -0 $pid 2>/dev/null || break
        sleep 0.05
    done
    "$@"
}
