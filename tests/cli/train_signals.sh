# A training that gets a signal: after one it saves before it exits, after two it exits at once.
# shellcheck shell=bash disable=SC2154,SC2086
. tests/cli/train.bash
furthest=0
stopped() { # signal, exit code, name in the message
    local run=stopped-$1 at
    start "${small[@]}" --run "$run" --save_freq 1000
    await reached "$run" 2 || fail "$1: before" "$(cat "$said")"
    kill "-$1" $pid
    end
    at=$(step "$run")
    check "$1: exit code $2, got $code" [ $code = "$2" ]
    check "$1: says so" grep -Eqx "$3: stopped at step $at; --resume goes on from step $at" "$out"
    check "$1: nothing on stderr" [ ! -s "$said" ]
    check "$1: the step is saved" [ "$(numbered "$run")" = "tiny_params_0000000.pt $(basename "$(model "$run" "$(printf %07d "$at")")")" ]
    check "$1: the report says so" grep -q 'Stopped by a signal' "$runs/$run/report.html"
    check "$1: checkpoints are whole" all_whole "$run"
    check "$1: resumed" training --run "$run" --resume --max_steps $((at + 1))
    [ "$at" -lt "$furthest" ] || furthest=$((at + 1))
    ends+=" $run:$(printf %07d $((at + 1)))"
}
ends=
stopped INT 130 'SIGINT \(Ctrl-C\)'
stopped TERM 143 SIGTERM
check 'stopped: in one go' training "${small[@]}" --run whole --max_steps "$furthest" --save_freq 1 --keep 0
for end in $ends; do check "${end%:*}: the same bits as in one go" same "${end%:*}" whole "${end#*:}"; done

# A step takes long enough for two signals.
slow=(--batch_size 24)
[ -z "$SAN" ] || slow=(--batch_size 2)
for second in INT TERM; do
    start "${small[@]}" "${slow[@]}" --run twice-$second --save_freq 1000
    await reached twice-$second 1 || fail "INT, $second: before" "$(cat "$said")"
    kill -INT $pid
    sleep 0.2
    kill -$second $pid
    end
    check "INT, $second: ended by the second, got $code" [ $code = $((128 + $(kill -l $second))) ]
    check "INT, $second: at once" [ "$(numbered twice-$second)" = tiny_params_0000000.pt ]
    check "INT, $second: what was there is whole" all_whole twice-$second
    [ -z "$SAN" ] || break
done
check 'INT, INT: resumed' training --run twice-INT --resume --max_steps 1
check 'INT, INT: in one go' training "${small[@]}" "${slow[@]}" --run at-once --max_steps 1
check 'INT, INT: the same bits' same twice-INT at-once 0000001
check 'INT, INT: the same losses, once each' same_losses twice-INT at-once
check 'stopped: no temporaries' no_temporaries
rm -rf "$W"/{dataset,experiment}
