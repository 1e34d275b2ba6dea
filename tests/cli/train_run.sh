# A training: what it writes and where, and what can be done with it.
# shellcheck shell=bash disable=SC2154
. tests/cli/train.bash
check 'a run' training "${small[@]}" --run first --max-steps 4 --save_freq 2 --print_freq 2 --ema 0.9 --lr 0.01 --tensorboard
check 'a run: nothing on stderr' [ ! -s "$said" ]
check 'a run: says what it works on' grep -qx 'pictures     A 3, B 3 to learn from; A 2, B 2 to test' "$out"
check 'a run: says that the ID loss is off' grep -q '^ID loss *off: no --face_weights' "$out"
check 'a run: says where things are' grep -qx 'done: step 4; the newest networks are experiment/first/model/tiny_params_latest.pt, how it went is in experiment/first/report.html' "$out"
check 'a run: what it will take' grep -Eqx 'estimate     4 steps of about [0-9.e-]+ s: .*; up to [0-9.]+ GiB on disk' "$out"
check 'a run: a line of losses' grep -Eq '^step 4/4  d [0-9.]+  g [0-9]+  .* ms  done$' "$out"
check 'a run: its checkpoints' [ "$(numbered first)" = 'tiny_params_0000000.pt tiny_params_0000002.pt tiny_params_0000004.pt' ]
check 'a run: the newest' cmp "$(model first latest)" "$(model first 0000004)"
check 'a run: checkpoints are whole' all_whole first
check 'a run: it learns' sh -c "! '$helper/checkpoints' networks '$(model first 0000002)' '$(model first 0000004)'"
for name in A2B B2A; do
    for step in 2 4; do check "a run: $name of step $step" is_square "$runs/first/img/${name}_000000$step.png" $((5 * 96)); done # 3 training pictures, 2 test pictures
    check "a run: ${name}_latest.jpg" test -s "$runs/first/img/${name}_latest.jpg"
done
check 'a run: one line of metrics each step' [ "$(sed 's/^{"step":\([0-9]*\),"d":.*/\1/' "$runs/first/metrics.jsonl" | xargs)" = '1 2 3 4' ]
for name in step {d,g,adv,cycle,identity,cam,faceid}{,_A,_B} lr ms grad_{genA2B,genB2A,disGA,disGB,disLA,disLB}; do
    check "a run: metrics: $name" [ "$(grep -Ec "[{,]\"$name\":-?[0-9]+(\.[0-9]+)?(e[-+][0-9]+)?[,}]" "$runs/first/metrics.jsonl")" = 4 ]
done
check 'a run: report' sh -c "head -c 15 '$runs/first/report.html' | grep -qi '<!doctype html>' && tail -n 1 '$runs/first/report.html' | grep -q '</html>'"
check 'a run: for TensorBoard' sh -c "test -s '$runs'/first/tensorboard/events.out.tfevents.*"
check 'a run: no other files' [ "$(cd "$runs/first" && echo .[!.]* * model/.[!.]* img/.[!.]*)" = '.[!.]* img lock metrics.jsonl model report.html tensorboard model/.[!.]* img/.[!.]*' ]

# Its networks.
photo=dataset/tiny/testA/0001.png
check 'p2c-infer takes its networks' sh -c "cd '$W' && '$infer' --prepared --weights experiment/first/model/tiny_params_latest.pt $photo -o cartoon.png"
check 'p2c-infer: a picture of twice the size of training' is_square "$W/cartoon.png" 192
check 'p2c-infer takes the averaged ones' sh -c "cd '$W' && '$infer' --prepared --ema --weights experiment/first/model/tiny_params_latest.pt $photo -o average.png"
check 'p2c-infer: the averaged ones are others' sh -c "! cmp -s '$W/cartoon.png' '$W/average.png'"
check 'the test phase' training --run first --phase test
check 'the test phase: says where' grep -qx '2 photos and 2 cartoons, seven rows each, are in experiment/first/test' "$out"
check 'the test phase: pictures' [ "$(cd "$runs/first/test" && echo *)" = 'A2B_0001.png A2B_0002.png B2A_0001.png B2A_0002.png measures.json' ]
check 'the test phase: measures' grep -Eqx 'SWD, mean of the levels +[0-9.]+ +[0-9.]+ +[0-9.]+' "$out"
check 'the test phase: what was compared' grep -qx '2 pictures made, 5 cartoons to compare with' "$out"
check 'the test phase: no face network' grep -qx 'KID and ID are not measured: they need --face_weights' "$out"
json=$runs/first/test/measures.json
check 'the test phase: JSON' grep -Eqx '\{"photo_count": 2, "cartoon_count": 5, "score": [0-9.]+, "cycle_l1": [0-9.]+,' "$json"
for key in made drawn photos; do check "the test phase: JSON: $key" grep -Eq "^ \"$key\": \{\"swd\": [0-9.]+, .* \"swd_32\": null, \"kid\": null, .*\"lines\": [0-9.e-]+, \"flat\": [0-9.e-]+\}" "$json"; done
cp "$(model first latest)" "$W/start.pt"

# Pictures that p2c-infer has made; and those of nobody.
check 'measure: pictures' sh -c "cd '$W' && mkdir made && '$infer' --prepared --size 96 --weights experiment/first/model/tiny_params_latest.pt dataset/tiny/testA -o made/"
check 'measure' training --dataset tiny --img_size 96 --measure made
check 'measure: likeness' grep -Eq '^landmark distance +[0-9.]+ +[0-9.]+ +[0-9.]+$' "$out"
mv "$W/made/0001.png" "$W/made/nobody.png"
check 'measure: other names' training --dataset tiny --img_size 96 --measure made
check 'measure: other names: no likeness' sh -c "grep -q '^made/nobody.png: no photo of this name in testA' '$out' && ! grep -q '^landmark' '$out'"
check 'measure: other names: the others' grep -Eq '^SWD, mean of the levels +[0-9.]+ +[0-9.]+ +-$' "$out"
check 'an evaluation' training "${small[@]}" --run measured --max-steps 2 --eval_freq 1
check 'an evaluation: says' grep -Eq '^step 1: SWD [0-9.]+ \(drawn cartoons [0-9.]+, photos [0-9.]+\), .* on 2 photos and 5 cartoons$' "$out"
check 'an evaluation: the best' test -s "$runs/measured/model/best.pt"
check 'an evaluation: in the report' grep -q 'Evaluation: share of line pixels' "$runs/measured/report.html"

# Folders of pictures and runs; generated names.
cp -r "$W/dataset/tiny" "$W/elsewhere"
one=(--ch 4 --img_size 96 --max_steps 1)
[ -n "$SAN" ] || { # sanitizers are slow
    check 'dataset: a path' training --dataset ./elsewhere "${one[@]}" --run path
    check 'dataset: a path: its name' test -s "$runs/path/model/elsewhere_params_0000001.pt"
    check 'dataset: below another root' training --dataset tiny --data_root "$W/dataset/" "${one[@]}" --run ./here --save-freq 1
    check 'run: a path' test -s "$W/here/model/tiny_params_0000001.pt"
    check 'a name from the day' training "${small[@]}" --max_steps 1
    day=$(cd "$runs" && echo tiny-*)
    check 'a name from the day: which' sh -c "echo '$day' | grep -Eqx 'tiny-[0-9]{4}-[0-9]{2}-[0-9]{2}'"
    check 'another one the same day' training "${small[@]}" --max_steps 1
    check 'another one the same day: says so' grep -q "experiment/$day is there already.*is experiment/tiny-.*-2\$" "$out"
    check 'resume without a name' training --resume --max_steps 2
    check 'resume without a name: the last one' test -s "$runs/$day-2/model/tiny_params_0000002.pt"
}
check 'other networks to start from' training "${small[@]}" --max_steps 1 --run pretrained --pretrained_weights start.pt
check 'other networks to start from: they are' "$helper/checkpoints" starts "$(model pretrained 0000000)" "$W/start.pt"
check 'other networks at another size: their width is taken' training --dataset tiny --img_size 112 --warm_up 4 --max_steps 1 --run pretrained-larger --pretrained_weights start.pt
check 'other networks at another size: they are' "$helper/checkpoints" starts "$(model pretrained-larger 0000000)" "$W/start.pt"
check 'other networks at another size: the first rate is a tenth' grep -q '"lr":1e-05[,}]' "$runs/pretrained-larger/metrics.jsonl"
check 'other networks to start from: says so' grep -Eq '^disLB: [0-9]+ tensors loaded from start.pt$' "$out"
no_training 3 'start.pt: these weights are of --ch_b2a 4, not 8' "${small[@]}" --ch_b2a 8 --max_steps 1 --run wrong --pretrained_weights start.pt
check 'export' training --run first --export_networks small.pt
check 'export: says so' grep -qx '6 networks, float16, are in small.pt; --pretrained_weights starts a run from them' "$out"
check 'export: small' [ $(($(stat -c %s "$W/small.pt") * 5)) -lt "$(stat -c %s "$W/start.pt")" ]
check 'export: a cartoon' sh -c "cd '$W' && '$infer' --prepared --weights small.pt $photo -o small.png"
check 'export: that of the averages' "$helper/picture_distance" "$W/average.png" "$W/small.png" 8
check 'export: a run starts from it' training --dataset tiny --img_size 96 --max_steps 1 --run small --pretrained_weights small.pt
check 'export: again, from a file' training --pretrained_weights small.pt --export_networks again.pt
check 'export: again: the same' cmp "$W/small.pt" "$W/again.pt"
no_training 3 'nowhere.pt: cannot read' --pretrained_weights nowhere.pt --export_networks other.pt
whole=(--autoencoder_steps 2 --warm_up 3 --identity_every 2 --ema 0.9)
check 'autoencoder: without a stop' training "${small[@]}" "${whole[@]}" --max_steps 4 --run whole
check 'autoencoder: no discriminators at first' [ "$(sed -n 's/.*"d":\([^,]*\),.*/\1/p' "$runs/whole/metrics.jsonl" | head -n 2 | xargs)" = '0 0' ]
check 'autoencoder: stopped in it' training "${small[@]}" "${whole[@]}" --max_steps 1 --run halves
check 'autoencoder: continued' training --run halves --resume --max_steps 3
check 'autoencoder: continued again' training --run halves --resume --max_steps 4
check 'autoencoder: the same networks' same whole halves 0000004
check 'autoencoder: the same losses' same_losses whole halves
check 'a preset' training --preset cpu --dataset tiny --ch 4 --ch_b2a 4 --img_size 96 --max_steps 1 --run preset
check 'a preset: what it sets' grep -qx 'preset       --cam_weight 100' "$out"
check 'a preset: what the command line changes' grep -qx 'preset       --ch 4, not 16' "$out"
check 'wider networks to start from' training --dataset tiny --img_size 96 --widen --max_steps 1 --run wider --pretrained_weights start.pt
check 'wider networks to start from: says so' grep -qx 'widened      every channel is there twice; the second copies have noise of 2 %' "$out"
check 'wider networks to start from: their width is kept' training --run wider --resume --max_steps 2 --ch 8
no_training 3 'start.pt: these weights are of --ch 4, which --widen makes 8, not 16' --dataset tiny --img_size 96 --ch 16 --widen --max_steps 1 --run wrong --pretrained_weights start.pt

number='[0-9]+\.[0-9]+'
check 'benchmark' training --benchmark 2 --ch 4 --img_size 96 --threads 1
check 'benchmark: its line' grep -Eqx "\{\"step_ms_median\": $number, \"step_ms_min\": $number, \"peak_rss_mib\": $number, \"steps\": 2, \"ch\": 4, \"size\": 96, \"batch\": 1, \"threads\": 1, \"precision\": \"fp32\", \"device\": \"cpu, [^\"]*\"\}" "$out"
check 'benchmark: nothing else' [ "$(wc -l <"$out")" = 1 ]
rm -rf "$W"/{dataset,experiment,elsewhere,here,cartoon.png,average.png,start.pt,small.pt,small.png,again.pt}
