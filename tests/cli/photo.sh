# Photos: the drawn portrait is one in which dlib finds a face; patterns.png has none.
# shellcheck shell=bash
export P2CNN_MODELS=$T/models
mkdir "$T/models"
"$demo/portrait" "$W/photo.png" 320
(cd "$W" && cartoon face.png -o patterns.png >/dev/null)
photo() { (cd "$W" && "$infer" --weights good.pt --size 256 "$@"); }
size_of() { od -An -tu4 --endian=big -j16 -N8 "$1" | tr -s ' ' | sed 's/^ //; s/ /x/'; } # of a PNG file
channels() { case $(od -An -tu1 -j25 -N1 "$1" | tr -d ' ') in 2) echo 3 ;; 6) echo 4 ;; *) echo other ;; esac; }
made() { # name, size, channels, arguments: photo.png becomes out.png
    local name=$1 size=$2 deep=$3
    shift 3
    rm -f "$W/out.png"
    check "$name" photo photo.png -o out.png "$@"
    check "$name: $size" [ "$(size_of "$W/out.png")" = "$size" ]
    check "$name: $deep channels" [ "$(channels "$W/out.png")" = "$deep" ]
}

made 'crop' 256x256 3
cp "$W/out.png" "$T/crop.png"
photo photo.png -o out.png >/dev/null 2>"$logs/warned"
# The generator is untrained: its cartoon is no face.
check 'crop: only the likeness is warned of' sh -c "[ \$(wc -l <'$logs/warned') = 1 ] && grep -q \"warning: photo.png: the cartoon's face is hardly that of the photo\" '$logs/warned'"
photo photo.png -o out.png --landmarks built-in --matte built-in >/dev/null 2>&1
check 'crop: with the networks that are built in' cmp "$W/out.png" "$T/crop.png"
photo photo.png -o out.png --landmarks none --matte none >/dev/null 2>"$logs/warned"
check 'crop: without networks: warned of the background' grep -q 'warning: photo.png: .*background' "$logs/warned"
check 'crop: without networks: warned of landmarks' grep -q 'warning: photo.png: landmarks are guessed' "$logs/warned"
check 'crop: without networks: another picture' sh -c "! cmp -s '$W/out.png' '$T/crop.png'"
made 'keep' 320x320 3 --layout keep
made 'sheet' 520x256 3 --layout sheet
made 'size' 128x128 3 --size 128
made 'size by the face' 512x512 3 --size auto
made 'size by the face, weights of another size' 128x128 3 --size auto --trained-size 64
made 'skin of the photo' 256x256 3 --skin photo
check 'skin of the photo: another picture' sh -c "! cmp -s '$W/out.png' '$T/crop.png'"
made 'half of the strength' 256x256 3 --strength 0.5
made 'no strength: the photo' 320x320 3 --layout keep --strength 0
check 'no strength: the photo itself' "$helper/picture_distance" "$W/out.png" "$W/photo.png" 0
made 'a background of a colour' 256x256 3 --background '#102030'
made 'a transparent background' 256x256 4 --background transparent
made 'a blurred background' 256x256 3 --background blur
made 'a picture as background' 256x256 3 --background face.jpg
made 'keep over nothing' 320x320 4 --layout keep --background transparent
check 'twice the same' sh -c "cd '$W' && '$infer' --weights good.pt --size 256 photo.png -o again.png >/dev/null 2>&1 && cmp again.png '$T/crop.png'"
rm -f "$W"/{out,again}.png

# Wrong combinations of options.
program=$infer
refused 3 'patterns.png: no face found; --on-no-face centre' --weights good.pt patterns.png
refused 2 '--layout keeep: expected one of' --weights good.pt --layout keeep photo.png
refused 2 '--faces: expected largest, all' --weights good.pt --faces some photo.png
refused 2 '--faces: expected' --weights good.pt --faces 0 photo.png
refused 2 "--background: expected a colour" --weights good.pt --background '#12345' photo.png
refused 3 'nowhere.png' --weights good.pt --background nowhere.png photo.png
refused 2 'JPEG file has no transparency' --weights good.pt --background transparent photo.png -o x.jpg
refused 2 '--heatmap needs --prepared' --weights good.pt --heatmap h.png photo.png
refused 2 'leave those options out' --weights good.pt --prepared --layout keep photo.png
refused 2 '--with-cam needs --export' --weights good.pt --with-cam photo.png
refused 2 'a folder of pictures needs a folder' --weights good.pt .
refused 3 'no such folder of models' --weights good.pt --models nowhere photo.png
refused 3 'nowhere.onnx' --weights good.pt --detector nowhere.onnx photo.png
refused 3 'nowhere.onnx' --weights good.pt --landmarks nowhere.onnx photo.png
refused 3 'nowhere.pb' --weights good.pt --matte nowhere.pb photo.png
refused 3 'face.png' --weights good.pt --matte face.png photo.png
refused 3 'face weights.*nowhere.pth' --weights good.pt --face-weights nowhere.pth photo.png
refused 3 'good.pt: not the weights of a face network' --weights good.pt --face-weights good.pt photo.png
refused 2 'leave those options out' --weights good.pt --prepared --skin photo face.png
refused 2 'leave those options out' --weights good.pt --prepared --face-weights good.pt face.png
check 'no face: the middle' photo --on-no-face centre patterns.png -o out.png
check 'no face: warned' sh -c "cd '$W' && '$infer' --weights good.pt --on-no-face centre patterns.png -o out.png 2>&1 | grep -q 'warning: patterns.png: .*no face'"
check 'no face is skipped' sh -c "cd '$W' && '$infer' --weights good.pt --on-no-face skip patterns.png -o skipped.png | grep -q 'no face found, skipped' && ! [ -e skipped.png ]"

# Extreme pictures.
plain() { "$helper/plain_picture" "$W/plain.png" "$@"; }
for size in '1 1' '1 3000' '3000 1'; do
    # shellcheck disable=SC2086 # words, on purpose
    plain $size 90 120 150
    refused 3 'plain.png: no face found' --weights good.pt plain.png
    refused 3 'its square would have 1 pixels a side' --weights good.pt --on-no-face centre plain.png
done
plain 6 4 90 120 150
check 'the middle of 6 x 4' photo --on-no-face centre plain.png -o out.png
check 'the middle of 6 x 4, kept' photo --on-no-face centre --layout keep plain.png -o out.png
check 'the middle of 6 x 4, kept: its size' [ "$(size_of "$W/out.png")" = 6x4 ]
plain 300 200 90 120 150 0
refused 3 'plain.png: no face found' --weights good.pt plain.png
check 'all transparent' photo --on-no-face centre plain.png -o out.png
plain 300 200 255 255 255 0
for layout in crop keep sheet; do check "all transparent, $layout over nothing" photo --on-no-face centre --layout $layout --background transparent plain.png -o out.png; done
rm "$W/plain.png"

# Folders, names, jobs.
mkdir -p "$W/photos/below" && cp "$W/photo.png" "$W/photos/a.png" && cp "$W/face.jpg" "$W/photos/b.jpg" && cp "$W/photo.png" "$W/photos/below/c.png"
check 'a folder' photo --on-no-face centre photos -o cartoons/
for name in a b below/c; do check "a folder: $name" is_square "$W/cartoons/$name.png" 256; done
check 'a folder: as by itself' cmp "$W/cartoons/a.png" "$T/crop.png"
check 'jobs side by side' photo --on-no-face centre photos -o more/ -j 3
check 'jobs: the same pictures' diff -r "$W/cartoons" "$W/more"
echo none >"$W/photos/broken.jpg"
check 'a broken one does not stop the others' sh -c "cd '$W' && rm -r more && ! '$infer' --weights good.pt --on-no-face centre photos -o more/ -j 2 2>/dev/null >&2 && [ -e more/below/c.png ]"
cp "$W/photo.png" "$W/photos/a_face2.png"
refused 2 'a further face' --weights good.pt --faces all photos -o clash/
rm -rf "$W"/{photos,cartoons,more}

# JSON, and the folder of models.
check 'JSON' sh -c "cd '$W' && '$infer' --weights good.pt --json photo.png -o out.png >'$logs/json'"
cat >"$T/read.py" <<'END'
import json, sys
line = json.loads(open(sys.argv[1]).read())
face = line["faces"][0]
assert line["output"] == "out.png" and len(face["landmarks"]) == 68 and len(face["box"]) == 4, line
assert 0.3 < face["coverage"] < 0.7 and abs(face["angle"]) < 8 and len(face["warnings"]) == 1, face
likeness = face["likeness"]
assert likeness["landmarks"] > 0.06 or likeness["doubt"] > 0.035, likeness
assert likeness["identity"] is None, likeness
left, top, right, bottom = face["box"]
assert 0 < left < 160 < right < 320 and 0 < top < 160 < bottom < 320, face["box"]
assert all(line[k] >= 0 for k in ("read_ms", "find_ms", "draw_ms", "compose_ms", "write_ms", "milliseconds")), line
END
if command -v python3 >/dev/null; then check 'JSON: whole' python3 "$T/read.py" "$logs/json"; else skip 'what JSON of photos holds (needs python3)'; fi
cp "$W/good.pt" "$T/models/weights.pt"
check 'weights of the models folder' sh -c "cd '$W' && '$infer' --size 256 photo.png -o out.png 2>/dev/null && cmp out.png '$T/crop.png'"
check '--models-list' sh -c "'$infer' --models-list | grep '^weights' | grep -q \$(sha256sum <'$T/models/weights.pt' | cut -d' ' -f1)"
check 'without weights: the built-in ones' sh -c "cd '$W' && P2CNN_MODELS= XDG_DATA_HOME='$T/nowhere' '$infer' photo.png -o out.png 2>/dev/null && '$infer' --weights built-in photo.png -o again.png 2>/dev/null && cmp out.png again.png && ! cmp -s out.png '$T/crop.png'"
check '--models-list: what is not there' sh -c "'$infer' --models-list | grep -q '^landmarks .*built in'"
echo 'no network' >"$T/models/matte.onnx"
refused 3 'matte.onnx' photo.png
check 'what is built in, also where the folder has another' sh -c "cd '$W' && '$infer' --size 256 --matte built-in photo.png -o out.png && cmp out.png '$T/crop.png'"
refused 2 'takes no pictures' --models-list photo.png
rm -rf "$W"/{photo,out,again,patterns}.png "$T/models"
unset P2CNN_MODELS
