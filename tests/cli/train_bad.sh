# Data, options and weights that p2c-train must refuse, in one line and without leaving files.
# shellcheck shell=bash disable=SC2154
. tests/cli/train.bash
data=$W/dataset
from() { # a data set, the exit code, a pattern
    no_training "$2" "$3" --dataset "$1" --ch 4 --img_size 96 --run bad "${@:4}"
}
broken() { cp -r "$data/tiny" "$data/$1"; } # a data set to be broken

# The command line.
no_training 2 'unknown option --datset; did you mean --dataset' --datset tiny
no_training 2 '--phase tset: expected one of train|test' --phase tset
no_training 2 '--img_size 100: expected a number divisible by 16' --img-size 100
no_training 2 '--img_size 64: expected a whole number from 96' --img_size 64
no_training 2 '--ch 6: expected a number divisible by 4' --ch 6
no_training 2 '--lr 0: expected more than 0' --lr 0
no_training 2 '--ema 1: expected less than 1' --ema 1
no_training 2 '--threads: expected|--threads .*: expected' --threads=-1
no_training 2 'tiny' tiny
no_training 6 "device 'tpu'" "${small[@]}" --device tpu
no_training 2 'precision tf32: the CPU computes only in fp32' "${small[@]}" --device cpu --precision tf32
no_training 2 '--gpu_ids 0,1: one process computes on one GPU so far; give one number' "${small[@]}" --gpu_ids 0,1
no_training 2 '--gpu_ids first: expected the number of a GPU' "${small[@]}" --gpu_ids first
no_training 2 '--device cuda:1 and --gpu_ids 0 contradict each other' "${small[@]}" --device cuda:1 --gpu_ids 0
no_training 2 '--run \.\.: expected a name' "${small[@]}" --run ..
check 'help tells every option of the published program' sh -c "for o in phase light dataset iteration batch_size print_freq save_freq decay_flag lr adv_weight cycle_weight \
    identity_weight cam_weight faceid_weight ch n_dis img_size img_ch gpu_ids benchmark_flag resume rho_clipper w_clipper pretrained_weights; do
    '$train' --help | grep -q -- \"--\$o \" || exit 1; done"
check 'version' sh -c "'$train' --version | grep -Eqx 'p2c-train [0-9]+\.[0-9]+\.[0-9]+'"

# Pictures.
from nowhere 3 'dataset/nowhere/trainA: cannot be searched: No such file or directory; expected dataset/<name>/'
mkdir -p "$data/empty"/{trainA,trainB}
from empty 3 'dataset/empty/trainA: no picture in this folder; expected dataset/<name>/'
broken photos
rm -r "$data/photos/trainB"
from photos 3 'dataset/photos/trainB: cannot be searched: No such file'
broken file
rm -r "$data/file/trainB"
: >"$data/file/trainB"
from file 3 'dataset/file/trainB: cannot be searched: Not a directory'
broken test
rm "$data/test/testA"/*
from test 3 'dataset/test/testA: no picture'
broken spoilt
head -c 200 "$data/tiny/trainA/0002.png" >"$data/spoilt/trainA/0002.png"
echo 'no picture' >"$data/spoilt/trainB/more.jpg"
lines=3 from spoilt 3 'dataset/spoilt/trainA/0002.png:'
check 'unreadable pictures: both are named' complained 'dataset/spoilt/trainB/more.jpg:'
check 'unreadable pictures: what to do' complained '2 of 7 pictures cannot be read; repair or remove them, or use --skip_bad'
check 'unreadable pictures: left out' training --dataset spoilt --ch 4 --img_size 96 --run spoilt --skip-bad --max_steps 1
check 'unreadable pictures: left out: says so' complained '2 of 7 pictures cannot be read and are left out'
check 'unreadable pictures: left out: counted' grep -q '^pictures  *A 2, B 3 to learn from' "$out"
rm "$data/spoilt/trainA"/{0001,0003}.png
lines=4 from spoilt 3 'dataset/spoilt/trainA/: none of its 1 pictures can be read' --skip-bad

# Weights to start from.
echo 'no weights' >"$W/text.pt"
no_training 3 'text.pt' "${small[@]}" --run bad --pretrained_weights text.pt
no_training 3 'missing.pt: cannot read: No such file' "${small[@]}" --run bad --pretrained_weights missing.pt
no_training 3 'good.pt: these weights are of --ch 4, not 8' --dataset tiny --ch 8 --img_size 96 --run bad --pretrained_weights good.pt
no_training 3 'good.pt: these weights are of --light true' --dataset tiny --light false --img_size 96 --run bad --pretrained_weights good.pt
no_training 3 'missing.pth' "${small[@]}" --run bad --face_weights missing.pth

# Where runs are written.
: >"$W/blocked"
no_training 4 'blocked' "${small[@]}" --run blocked/run
no_training 4 '/proc/run' "${small[@]}" --run /proc/run
no_training 4 'blocked.*Not a directory' "${small[@]}" --result_dir blocked
no_training 3 'experiment/none: there is no such run to resume' --run none --resume
no_training 3 'experiment/spoilt: no run of tiny with a checkpoint' --dataset tiny --resume --result_dir experiment/spoilt
no_training 3 'experiment/none: there is no such run' --run none --phase test
rm -rf "$W"/{dataset,experiment,text.pt,blocked}
