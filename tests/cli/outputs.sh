# Where results go: names, folders, clashes, places that cannot be written.
# shellcheck shell=bash
no_cartoon 4 'face.jpg/x.png' face.png -o face.jpg/x.png
no_cartoon 4 'nowhere/x.png' face.png -o nowhere/x.png
no_cartoon 4 'face.jpg: cannot make this folder: Not a directory' face.png -o face.jpg/
no_cartoon 4 '/proc/' face.png -o /proc/p2cnn.png
no_cartoon 4 'nowhere' face.png --heatmap nowhere/h.png
no_cartoon 2 "expected a name ending in .png" face.png -o out.gif
no_cartoon 2 "expected a name ending in .png" face.png -o out
no_cartoon 2 "expected a name ending in .png" face.png -o out.png --heatmap heat
no_cartoon 2 '2 pictures need a folder' face.png face.jpg -o out.png
no_cartoon 2 '2 pictures need a folder' face.png face.jpg --heatmap heat.png
no_cartoon 2 'would both be written to' face.png face.jpg
no_cartoon 2 'would both be written to' face.png face.jpg -o new/
no_cartoon 2 'would both be written to' face.png face.png
no_cartoon 2 'would both be written to' face.png -o out.png --heatmap ./out.png
no_cartoon 2 'would be written over' face.png -o face.png
no_cartoon 2 'would be written over' face.png -o ../work/face.png
no_cartoon 2 'would be written over' face.png -o .
ln -s face.png "$W/link.png"
no_cartoon 2 'would be written over' face.png -o link.png
rm "$W/link.png"
cp "$W/face.png" "$W/keep.png"
no_cartoon 3 'missing.png' missing.png -o keep.png # the file that was there before stays

if mkdir "$W/full" && mount -t tmpfs -o size=4k tmpfs "$W/full" 2>/dev/null; then
    no_cartoon 4 'full/' face.png -o full/out.png --size 256
    no_cartoon 4 'full/' face.png -o full/
    umount "$W/full"
else
    skip 'a full disk (a tmpfs cannot be mounted here)'
fi
rm -rf "$W/full"
if [ "$(id -u)" != 0 ]; then
    mkdir -m 555 "$W/locked"
    no_cartoon 4 'locked' face.png -o locked/out.png
    rmdir "$W/locked"
fi

made() { # name of the case, file, then arguments: the file appears, is a picture of side 32, and leaves nothing beside it
    local name=$1 file=$2 before after
    shift 2
    before=$(cd "$W" && find . | sort)
    check "$name" cartoon --size 32 "$@"
    after=$(cd "$W" && find . | sort)
    check "$name: a picture" is_square "$W/$file" 32
    if [ "$(comm -13 <(echo "$before") <(echo "$after") | grep -vc '/$')" -gt 3 ]; then fail "$name: files beside the result" "$after"; fi
}
made 'beside the input' face_cartoon.png face.png
made 'a file' out.png face.png -o out.png
made 'over an earlier result' out.png face.png -o out.png
made 'a new folder' new/face.png face.png -o new/
made 'a folder there is' new/face.png face.jpg -o new
made 'the published spelling' published.png --photo_path face.png --save_path published.png
made 'the other spelling' other.png --photo-path=face.png --save-path=other.png
made 'after --' dashes.png -o dashes.png -- face.png
check 'the same bytes by both spellings' cmp "$W/published.png" "$W/out.png"
check 'JPEG out' cartoon --size 32 face.png -o out.jpg
check 'JPEG out: a JPEG file' sh -c "head -c 3 '$W/out.jpg' | od -An -tx1 | grep -q 'ff d8 ff'"
made 'heatmap' heat.png face.png -o out.png --heatmap heat.png
made 'heatmaps in a folder' new/face_heatmap.png face.png -o new/ --heatmap new/
cp "$W/face.png" "$W/"$'odd "name"\n\xff.png'
made 'an odd name' $'odd "name"\n\xff_cartoon.png' $'odd "name"\n\xff.png'
rm -rf "$W"/{keep,out,published,other,dashes,heat,face_cartoon}.png "$W/out.jpg" "$W/new" "$W"/odd*
