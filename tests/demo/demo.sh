#!/usr/bin/env bash
# make demo: draws two sets of faces, trains small networks on them, and shows before and after.
# A minute or two on two quiet cores: the smallest pictures, steps forty times as large as in a long
# training, no random crops, and style before likeness. Then the generator that comes with p2cnn draws
# a photo: the drawn one, or PHOTO. B: the folder of the build.
set -eu
cd "$(dirname "$0")/../.."
out=build/demo steps=350
options="--img_size 96 --ch 8 --iteration $steps --lr 4e-3 --weight_decay 0 --adv_weight 0.5
    --cycle_weight 15 --identity_weight 30 --cam_weight 1 --ema 0.98 --augment false
    --print_freq 50 --save_freq $steps"
weights=$out/run/model/faces_params_latest.pt

cartoon=
rm -rf $out && mkdir -p $out/faces
echo "1. Drawing faces: 200 'photos' and 200 cartoons to learn from, none of them in pairs,"
echo "   and 8 of each that are never learnt from"
"$B/tests/demo/faces" $out/faces 200 8
echo "2. Training from nothing: a network that makes cartoons of photos, one for the way back,"
echo "   and their four critics"
# shellcheck disable=SC2086 # words, on purpose
"$B/p2c-train" --dataset $out/faces --run $out/run $options
echo "3. Cartoons of the 8 photos that were kept back"
"$B/p2c-infer" --prepared --ema --size 96 --weights $weights $out/faces/testA/*.png -o $out/cartoons/
"$B/tests/demo/beside" $out/before_after.png -s 192 $out/faces/testA/*.png / $out/cartoons/*.png
echo "4. A photo of somebody in a room: the face is found, turned upright, cut out, drawn, put back"
"$B/tests/demo/room" $out/room.png
if [ "${DLIB:-1}" = 0 ]; then echo "skipped: DLIB=0, so no face can be found"
else
    "$B/p2c-infer" --ema --size 96 --layout keep --weights $weights $out/room.png \
        -o $out/room_cartoon.png
fi
echo "5. The same photo, or yours, by the generator that comes with p2cnn"
photo=${PHOTO:-$out/room.png}
if [ "${DLIB:-1}" != 0 ]; then
    "$B/p2c-infer" --weights built-in --layout sheet "$photo" -o $out/cartoon.png
    cartoon="
A photo, and its cartoon by the generator that comes with p2cnn:
    $out/cartoon.png"
fi
cat <<END

Photos, and below them what the network makes of them after $steps steps:
    $out/before_after.png
The room, before and after:
    $out/room.png, $out/room_cartoon.png
How it learnt, in curves and pictures; open it in a browser:
    $out/run/report.html
$cartoon
Yours: this writes YOURPHOTO_cartoon.png beside the photo.
    $B/p2c-infer YOURPHOTO.jpg

For a style of your own take photos and cartoons, and give it days, not minutes:
    $B/p2c-data build PHOTOS/ --out dataset/NAME
    $B/p2c-data build CARTOONS/ --out dataset/NAME --domain B --align none
    $B/p2c-train --dataset NAME --run first
    $B/p2c-infer --weights experiment/first/model/NAME_params_latest.pt PHOTO.jpg -o CARTOON.png
END
