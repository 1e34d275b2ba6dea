# Killed at random moments, again and again, a training comes to the same bits. KILLS says how often.
# shellcheck shell=bash disable=SC2154
. tests/cli/train.bash
kills=${KILLS:-200} # of all lives together
a_life=25 stride=20 # kills before a run is brought to a step that is a multiple of stride, and compared
[ -z "$SAN" ] || { kills=${KILLS:-10} a_life=10 stride=5; }
how=("${small[@]}" --save_freq 1 --keep 2 --print_freq 5 --workers 1)
RANDOM=20

# How long a start takes until a few steps are done, in milliseconds: kills are spread over it.
check 'killed: without, once' training "${how[@]}" --run time --max_steps 1
begin=$(date +%s%N)
check 'killed: without, resumed' training --run time --resume --save_freq 1 --keep 2 --max_steps 3
span=$((($(date +%s%N) - begin) / 1000000))
rm -rf "$runs/time"

has_checkpoint() { ls "$runs/$1"/model/*_params_0*.pt >/dev/null 2>&1; }
early=0 torn=0 ended=0 done_kills=0 lives=0 finals=
go_on() { # a run and further arguments: as its user would
    if has_checkpoint "$1"; then "$2" --run "$1" --resume "${@:3}" "${how[@]:5}"; else "$2" "${how[@]}" --run "$1" "${@:3}"; fi
}
kill_once() { # a run
    local ms=$((RANDOM % span))
    go_on "$1" start
    sleep "$((ms / 1000)).$(printf %03d $((ms % 1000)))"
    kill -KILL $pid 2>/dev/null
    end
    [ $code = 137 ] || fail "killed: run $1 ended by itself: $code" "$(cat "$said")"
    [ -z "$(find "$runs/$1" -name '.p2cnn-*' 2>/dev/null)" ] || torn=$((torn + 1))
    if ! has_checkpoint "$1"; then early=$((early + 1))
    elif ! all_whole "$1" >"$logs/whole"; then fail "killed: run $1: damaged" "$(cat "$logs/whole")"; fi
}
newest() { (cd "$runs/$1/model" && printf '%s\n' *_params_0*.pt) | sed -n 's/.*_params_0*\([0-9]*\)\.pt$/\1/p' | tail -n 1; }
while [ $done_kills -lt "$kills" ]; do
    lives=$((lives + 1)) life=life$lives
    for _ in $(seq $a_life); do
        [ $done_kills -lt "$kills" ] || break
        kill_once $life
        done_kills=$((done_kills + 1))
    done
done
