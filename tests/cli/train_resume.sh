# A training in parts computes the same bits as one in one go, whatever the machine's options are in each part.
# shellcheck shell=bash disable=SC2154,SC2086
. tests/cli/train.bash
last=6
[ -z "$SAN" ] || last=3 # sanitizers are slow

# The options, for one go; then the parts, each with its last step and its options.
whole() { check "in one go: $1" training "${small[@]}" --iteration $last --run whole $1; } # words, on purpose
in_parts() { # options, then pairs
    local how=$1 name begin="${small[*]} --iteration $last $1"
    shift
    name="in parts: $how: $(printf '%s; ' "$@")"
    rm -rf "$runs/parts"
    while [ $# -gt 0 ]; do
        check "$name step $1" training $begin --run parts --max_steps $1 --save_freq 100 $2
        begin=--resume
        shift 2
    done
    check "$name the same bits" same whole parts 000000$last
    check "$name the same losses, once each" same_losses whole parts
    check "$name each step once" [ "$(losses parts | sed 's/^{"step":\([0-9]*\),.*/\1/' | xargs)" = "$(seq $last | xargs)" ]
}
again() { rm -rf "$runs/whole"; } # before another run in one go

if [ -z "$SAN" ]; then
    whole ''
    check 'resumed at the end' sh -c "(cd '$W' && '$train' --run whole --resume) 2>'$said'; [ \$? = 2 ]"
    check 'resumed at the end: says so' complained 'this run is at step 6 already, and was to end at 6; --max_steps or --iteration'
    in_parts '' 1 '--threads 1 --workers 0' 6 '--threads 2 --workers 3'
    in_parts '' 3 '--threads 2 --workers 3 --print_freq 2' 6 '--threads 1 --workers 0 --cache_mib 0'
    in_parts '' 5 '--threads 2 --workers 1 --cache_mib 0' 6 '--threads 2 --workers 1 --tensorboard'
    in_parts '' 1 '' 2 '--keep 2 --save_freq 1' 3 '--threads 1' 4 '--workers 1' 6 ''
    again
    whole '--batch_size 2 --accumulate 2 --ch_b2a 8 --identity_every 3 --lr_dis 2e-4 --decay_flag false --seed 7 --eval_freq 2'
    in_parts '--batch_size 2 --accumulate 2 --ch_b2a 8 --identity_every 3 --lr_dis 2e-4 --decay_flag false --seed 7 --eval_freq 2' 4 '--threads 1 --workers 1' 6 '--threads 2 --workers 0'
    again
fi
whole '--ema 0.9 --accumulate 2 --augment false'
in_parts '--ema 0.9 --accumulate 2 --augment false' 1 '--threads 2 --workers 3 --print_freq 1' $last '--threads 1 --workers 0 --cache_mib 0'
check 'the comparison: would find a difference' sh -c "! '$helper/checkpoints' same '$(model whole 0000000)' '$(model whole 000000$last)' && ! '$helper/checkpoints' networks '$(model whole 0000000)' '$(model whole 000000$last)'"
rm -rf "$W"/{dataset,experiment}
