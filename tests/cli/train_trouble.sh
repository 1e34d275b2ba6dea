# Trouble during a training: pictures that vanish, a full disk, numbers that are not finite.
# shellcheck shell=bash disable=SC2154
. tests/cli/train.bash

# A picture is deleted that is not in memory.
cp -r "$W/dataset/tiny" "$W/dataset/fading"
fading=(--dataset fading --ch 4 --img_size 96 --cache_mib 0)
start "${fading[@]}" --run fading --save_freq 100000
await reached fading 1 || fail 'a deleted picture: before' "$(cat "$said")"
rm "$W/dataset/fading/trainA/0002.png"
end
at=$(step fading)
check "a deleted picture: exit code 3, got $code" [ $code = 3 ]
check 'a deleted picture: which' complained '^p2c-train: dataset/fading/trainA/0002.png: cannot read: No such file or directory; --skip_bad would continue without it$'
check 'a deleted picture: what was done is saved' complained "^p2c-train: stopped at step $at; the newest checkpoint is that of step $at, from which --resume goes on$"
check 'a deleted picture: it is' test -s "$runs/fading/model/fading_params_$(printf %07d "$at").pt"
no_training 2 'the pictures are not those of the checkpoint \(A 3, B 3 there; A 2, B 3 here' --run fading --resume
check 'a deleted picture: without it' training --run fading --resume --override --max_steps $((at + 1))
start "${fading[@]}" --run skipping --save_freq 100000 --skip_bad --workers 0
await reached skipping 1 || fail 'a deleted picture, --skip_bad: before' "$(cat "$said")"
rm "$W/dataset/fading/trainB/0003.png"
await complained 'trainB/0003.png: cannot read: No such file or directory; left out from now on$'
at=$(step skipping)
await reached skipping $((at + 3))
check 'a deleted picture, --skip_bad: goes on' kill -TERM $pid
end
check "a deleted picture, --skip_bad: until it is stopped, $code" [ $code = 143 ]
check 'a deleted picture, --skip_bad: said once' [ "$(wc -l <"$said")" = 1 ]

# A disk that fills up: space for two checkpoints of 8 MB, and for none.
tmpfs=$W/disk
mkdir "$tmpfs"
if mount -t tmpfs -o size=20m tmpfs "$tmpfs" 2>/dev/null; then
    check 'a full disk: exit code 4' sh -c "(cd '$W' && '$train' ${small[*]} --run disk/run --save_freq 1 --max_steps 4) >'$out' 2>'$said'; [ \$? = 4 ]"
    check 'a full disk: two checkpoints are there' [ "$(cd "$tmpfs/run/model" && echo *)" = 'tiny_params_0000000.pt tiny_params_0000001.pt tiny_params_latest.pt' ]
    check 'a full disk: and whole' "$helper/checkpoints" whole "$tmpfs"/run/model/*
    check 'a full disk: says so' complained 'disk/run/model/tiny_params_0000002.pt: cannot write: .*No space left on device; step 2 is not saved, older checkpoints are as they were$'
    check 'a full disk: goes on' complained 'the checkpoint of step 3 could not be written; the one of step 1 is the newest$'
    check 'a full disk: does not claim to be done' sh -c "! grep -q '^done' '$out'"
    check 'a full disk: no temporaries' [ -z "$(find "$tmpfs" -name '.p2cnn*')" ]
    mount -o remount,size=60m "$tmpfs"
    check 'more room: goes on' training --run disk/run --resume --max_steps 3 --save_freq 1
    rm -rf "$tmpfs/run"
    mount -o remount,size=2m "$tmpfs"
    no_training 4 'disk/run/model/tiny_params_0000000.pt: cannot write: .*No space left on device; step 0 is not saved' "${small[@]}" --run disk/run
    dd if=/dev/zero of="$tmpfs/full" bs=64k status=none 2>/dev/null
    no_training 4 'disk/.*No space left on device' "${small[@]}" --run disk/run
    umount "$tmpfs"
else
    skip 'a training on a full disk (a tmpfs cannot be mounted here)'
fi

# The reader of the output closes it.
(cd "$W" && "$train" "${small[@]}" --run unread --max_steps 1 2>"$said"; echo $? >"$logs/code") | head -n 1 >"$out"
check "an output that nobody reads: exit code 4, got $(cat "$logs/code")" [ "$(cat "$logs/code")" = 4 ]
check 'an output that nobody reads: trains' test -s "$(model unread 0000001)"
check 'an output that nobody reads: says so' complained '^p2c-train: cannot write to standard output$'

# Losses that are not finite: nothing is learnt from them.
check 'divergence: exit code 7' sh -c "(cd '$W' && '$train' ${small[*]} --run wild --adv_weight 1e30 --lr 1 --max_steps 50) >'$out' 2>'$said'; [ \$? = 7 ]"
tensor='the gradient of (dis[GL][AB]|gen[AB]2[AB])\.[A-Za-z0-9_.]+ \(network (dis[GL][AB]|gen[AB]2[AB])\) is not finite'
check 'divergence: step, tensor and network' [ "$(grep -Ec "^p2c-train: step [123] skipped: $tensor$" "$said")" = 6 ]
check 'divergence: goes back, twice' [ "$(grep -Ec '^p2c-train: 3 steps out of 100 were skipped: back from step 3 to step 0' "$said")" = 2 ]
check 'divergence: in the end' [ "$(tail -n 1 "$said")" = 'p2c-train: diverged: went back twice; the newest checkpoint is that of step 0; a lower --lr (with --resume --override) may help' ]
cp "$(model wild latest)" "$W/wild.pt"
check 'divergence: untouched weights to compare with' training "${small[@]}" --run tame --max_steps 1
check 'divergence: the weights are those of step 0' "$helper/checkpoints" networks "$(model tame 0000000)" "$W/wild.pt"
check 'divergence: the report says so' grep -qi 'diverged' "$runs/wild/report.html"
check 'divergence: with a remedy' training --run wild --resume --override --adv_weight 1 --lr 0.0001 --max_steps 2
check 'divergence: with evaluations: exit code 7' sh -c "(cd '$W' && '$train' ${small[*]} --run wild2 --adv_weight 1e30 --lr 1 --max_steps 50 --eval_freq 5) >'$out' 2>'$said'; [ \$? = 7 ]"
# Stopped and resumed in the middle: steps that were skipped before still count.
check 'divergence in parts: two steps' training "${small[@]}" --run parts --cycle_weight 1e39 --max_steps 2
check 'divergence in parts: exit code 7' sh -c "(cd '$W' && '$train' --run parts --resume --max_steps 40) >'$out' 2>'$said'; [ \$? = 7 ]"
check 'divergence in parts: the third one' complained '3 steps out of 100 were skipped: back from step 3 to step 2'
# A changed option stays changed.
check 'changed: starts' training "${small[@]}" --run moved --max_steps 1
mv "$W/dataset/tiny" "$W/dataset/other"; "$demo/faces" "$W/dataset/tiny" 4 2
no_training 2 'the pictures are not those of the checkpoint' --run moved --resume --max_steps 2
check 'changed: with other pictures' training --run moved --resume --override --max_steps 2
check 'changed: for good' training --run moved --resume --max_steps 3
rm -rf "$W"/{dataset,experiment,disk,wild.pt}
