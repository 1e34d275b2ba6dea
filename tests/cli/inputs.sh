# Files that are not pictures.
# shellcheck shell=bash
png_header() { printf '\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR%b' "$1"; }
: >"$W/empty.png"
echo 'this is no picture' >"$W/text.png"
mkdir "$W/folder.png"
head -c 30000 /dev/urandom >"$W/noise.jpg"
png_header '\x80\x00\x00\x00\x80\x00\x00\x00\x08\x02\x00\x00\x00\x72\xd6\xce\x1d' >"$W/huge31.png"
png_header '\x7f\xff\xff\xff\x7f\xff\xff\xff\x08\x02\x00\x00\x00\x9b\xab\x9c\x31' >"$W/huge.png"
printf '\xff\xd8\xff\xc0\x00\x11\x08\xff\xff\xff\xff\x03\x01\x11\x00\x02\x11\x00\x03\x11\x00' >"$W/huge.jpg" # 65535 x 65535
no_cartoon 2 'a folder of pictures needs a folder' folder.png
for bad in missing.png empty.png text.png noise.jpg huge31.png huge.png huge.jpg; do
    no_cartoon 3 "$bad" "$bad" -o out.png
    no_cartoon 3 "$bad" --heatmap heat.png "$bad"
done
for format in png jpg; do
    size=$(stat -c %s "$W/face.$format")
    for cut in 1 4 8 20 33 60 $((size / 4)) $((size / 2)) $((size - 30)); do
        head -c "$cut" "$W/face.$format" >"$W/cut.$format"
        no_cartoon 3 "cut.$format" "cut.$format" -o out.png
    done
done
head -c -1 "$W/face.png" | tr '\000-\377' '\001-\377\000' >"$W/shifted.png"
no_cartoon 3 shifted.png shifted.png -o out.png
no_cartoon 3 '' '' -o out.png
no_cartoon 3 'no.such.*file' $'no\nsuch\nfile.png' -o out.png
rm -rf "$W"/{empty.png,text.png,folder.png,noise.jpg,huge31.png,huge.png,huge.jpg,cut.*,shifted.png}
