# A training that is killed again and again at random moments gives the same bits. KILLS=N says how often.
# shellcheck shell=bash disable=SC2154,SC2086
. tests/cli/train.bash
machine=(--save_freq 1 --keep 2 --print_freq 5 --workers 1)
kills=${KILLS:-200} life=10 stride=10 # a run is killed `life` times, continues to a step that is a multiple of stride, and is compared there
[ -z "$SAN" ] || kills=${KILLS:-10} life=5 stride=4
RANDOM=20

# The time of a start and two steps, in milliseconds; kills are spread over it.
check 'killed: a first run' training "${small[@]}" "${machine[@]}" --run time --max_steps 1
begin=$(date +%s%N)
check 'killed: a first run, resumed' training "${machine[@]}" --run time --resume --max_steps 3
span=$((($(date +%s%N) - begin) / 1000000))
rm -rf "$runs/time"

saved() { ls "$runs/$1"/model/*_params_0*.pt >/dev/null 2>&1; }
go_on() { # start or training, a run, options: resumes it if its folder has a checkpoint
    if saved "$2"; then "$1" "${machine[@]}" --run "$2" --resume "${@:3}"; else "$1" "${small[@]}" "${machine[@]}" --run "$2" "${@:3}"; fi
}
early=0 torn=0
kill_once() { # a run
    local ms=$((RANDOM * 32768 + RANDOM))
    saved "$1" && ms=$((ms % span)) || ms=$((ms % (span / 3 + 1)))
    go_on start "$1"
    sleep "$((ms / 1000)).$(printf %03d $((ms % 1000)))"
    kill -KILL $pid
    end
    [ $code = 137 ] || fail "killed: $1 ended by itself, $code" "$(cat "$said")"
    [ -z "$(find "$runs/$1" -name '.p2cnn-*' 2>/dev/null)" ] || torn=$((torn + 1))
    if saved "$1"; then
        "$helper/checkpoints" whole "$runs/$1"/model/*_params_0*.pt >"$logs/whole" || fail "killed: $1 has damaged checkpoints" "$(cat "$logs/whole")"
    else
        early=$((early + 1))
        [ $early -gt 2 ] || no_training 3 'holds no checkpoint to resume|there is no such run to resume' --run "$1" --resume
    fi
}
newest() { # step of a run's newest checkpoint
    local names
    names=$(numbered "$1")
    names=${names##*_}
    echo $((10#${names%.pt}))
}
compared=() most=0
for ((n = 0; n < kills;)); do
    run=life-${#compared[@]}
    for ((i = 0; i < life && n < kills; i++, n++)); do kill_once "$run"; done
    end=0
    saved "$run" && end=$(newest "$run")
    end=$(((end / stride + 1) * stride))
    check "killed: $run goes on to step $end" go_on training "$run" --max_steps $end
    check "killed: $run: no temporaries" no_temporaries
    check "killed: $run: the newest is the last" cmp "$(model "$run" latest)" "$(model "$run" "$(printf %07d $end)")"
    check "killed: $run: each step once in metrics.jsonl" [ "$(losses "$run" | sed 's/^{"step":\([0-9]*\),.*/\1/' | xargs)" = "$(seq $end | xargs)" ]
    rm -rf "$runs/$run/img"
    find "$runs/$run/model" -type f ! -name "*_$(printf %07d $end).pt" -delete
    compared+=("$run $end")
    [ $end -le $most ] || most=$end
done
check "killed: in one go, to step $most" training "${small[@]}" --run whole --save_freq $stride --keep 0 --max_steps $most
losses whole >"$logs/losses"
for each in "${compared[@]}"; do
    read -r run end <<<"$each"
    check "killed: $run: the same bits as in one go" same "$run" whole "$(printf %07d "$end")"
    check "killed: $run: the same losses" diff <(losses "$run") <(head -n "$end" "$logs/losses")
done
echo "    $kills kills within $span ms of a start: $early before there was a checkpoint, $torn while a file was written"
rm -rf "$W"/{dataset,experiment}
