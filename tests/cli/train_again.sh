# Resuming a run after a change of options, pictures or checkpoints, and while another process has it.
# shellcheck shell=bash disable=SC2154,SC2059
. tests/cli/train.bash
check 'a run to go on with' training "${small[@]}" --run first --max_steps 2 --save_freq 1
cp -r "$runs/first" "$runs/copy"
restored() { rm -rf "$runs/first" && cp -r "$runs/copy" "$runs/first"; }
resume() { no_training "$1" "$2" --run first --resume "${@:3}"; }

# Options.
no_training 2 'experiment/first holds checkpoints of tiny already, the newest of step 2; --resume goes on with it, another --run' "${small[@]}" --run first
resume 2 'trained with other options: --lr 0.5 \(checkpoint: 0.0001\), --cam_weight 7 \(checkpoint: 1000\); leave them out, or add --override' --lr 0.5 --cam_weight 7 --max_steps 3
resume 2 'cannot be changed: --img_size 128 \(checkpoint: 96\), --ch 8 \(checkpoint: 4\)' --ch 8 --img_size 128 --override
resume 2 'already, and was to end at 1' --max_steps 1
check 'override' training --run first --resume --override --lr 0.5 --cam_weight 7 --max_steps 3
check 'override: it counts' grep -Eq '"step":3,.*"lr":0\.5,' "$runs/first/metrics.jsonl"
check 'override: and is kept' sh -c "cd '$W' && '$train' --run first --resume --max_steps 4 >'$out' && grep -Eq '\"step\":4,.*\"lr\":0\.5,' experiment/first/metrics.jsonl"
restored

# Pictures.
cp "$W/dataset/tiny/testA/0001.png" "$W/dataset/tiny/trainA/new.png"
resume 2 'the pictures are not those of the checkpoint \(A 3, B 3 there; A 4, B 3 here, or other names\); add --override' --max_steps 3
check 'other pictures: override' training --run first --resume --override --max_steps 3
check 'other pictures: override: says so' complained 'A 4, B 3 here, or other names\): continuing with these'
rm "$W/dataset/tiny/trainA/new.png"
restored
mkdir "$W/moved"
mv "$W/dataset/tiny" "$W/moved/"
resume 3 'dataset/tiny/trainA: cannot be searched' --max_steps 3
check 'moved pictures' training --run first --resume --data_root moved --max_steps 3
mv "$W/moved/tiny" "$W/dataset/"
restored

# Checkpoints: cut off, with a byte changed in a tensor, in the pickle, in the directory; not ours.
newest=$(model first 0000002) size=$(stat -c %s "$(model first 0000002)")
flip() { # offset in the newest checkpoint: changes one byte
    local byte
    byte=$(od -An -tu1 -j"$1" -N1 "$newest")
    printf "\\x$(printf %02x $((byte ^ 255)))" | dd of="$newest" bs=1 seek="$1" conv=notrunc status=none
}
falls_back() { # description of the damage
    check "$1: goes on from the one before" training --run first --resume --max_steps 3
    check "$1: says so" complained "tiny_params_0000002.pt.*; trying the checkpoint before it"
    check "$1: says from where" grep -qx 'resuming from experiment/first/model/tiny_params_0000001.pt, step 1' "$out"
    check "$1: puts it aside" test -e "$newest.damaged"
    check "$1: each step once" [ "$(losses first | sed 's/^{"step":\([0-9]*\),.*/\1/' | xargs)" = '1 2 3' ]
    check "$1: all whole" all_whole first
    restored
}
truncate -s $((size / 2)) "$newest"
falls_back 'cut off'
[ -n "$SAN" ] || {
    flip $((size / 3))
    falls_back 'a byte of a tensor'
    flip 200
    falls_back 'a byte of the pickle'
    flip $((size - 100))
    falls_back 'a byte of the directory'
    : >"$newest"
    falls_back 'empty'
}
for file in "$runs"/first/model/*; do truncate -s 1000 "$file"; done
lines=4 resume 3 'experiment/first/model: none of its 3 checkpoints of tiny can be read; --pretrained_weights' --max_steps 3
lines=4 no_training 3 'none of its 3 checkpoints' --run first --phase test
restored
rm "$runs"/first/model/*
cp "$W/good.pt" "$newest"
resume 3 'this checkpoint was not made by p2c-train: .*--pretrained_weights' --max_steps 3
restored

# Another process.
start --run first --resume --max_steps 100000 --save_freq 100000
await reached first 3 || fail 'a second process: the first' "$(cat "$said")"
kill -STOP $pid
no_training 2 "another training \\(pid $pid\\) is going on in experiment/first" "${small[@]}" --run first
resume 2 "another training \\(pid $pid\\) is going on in experiment/first"
kill -CONT $pid
kill -TERM $pid
end
check "a second process: the first was not disturbed, $code" [ $code = 143 ]
rm -rf "$W"/{dataset,experiment,moved}
