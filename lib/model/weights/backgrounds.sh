#!/bin/sh
# backgrounds.sh FOLDER makes pictures without people, to put behind heads: squares of 512 pixels
# from wallpapers and textures of Debian 12's packages. It needs apt-get, dpkg and ImageMagick,
# 2.5 GB of space while it runs, and some minutes. Pictures are named by their checksums, so that
# each appears once and their order is mixed; the parts of one picture stay together.
set -eu
mkdir -p "$1"
out=$(cd "$1" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
(cd "$work" && apt-get download lomiri-wallpapers-16.04 lomiri-wallpapers-20.04 mate-backgrounds plasma-workspace-wallpapers supertuxkart-data ukui-wallpapers)
for package in "$work"/*.deb; do dpkg -x "$package" "$work/files"; done
cd "$work/files/usr/share"
game=games/supertuxkart/data
find backgrounds wallpapers $game/textures $game/tracks $game/library -type f \( -iname '*.jpg' -o -iname '*.png' \) |
    grep -vEi '([-_](nm|normal|gloss[a-z]*|dirtmask)|screenshot)\.' | # what is no picture, or one twice
    while read -r file; do echo "$(md5sum <"$file" | cut -c 1-8) $file"; done | sort | awk '!seen[$1]++' |
    while read -r sum file; do
        read -r width height <<END
$(identify -quiet -format '%w %h\n' "$file" | head -n 1)
END
        if [ "$width" -lt 384 ] || [ "$height" -lt 384 ]; then continue; fi
        convert -quiet "${file}[0]" -background '#8a7f72' -alpha remove -alpha off -colorspace sRGB -type TrueColor -resize '1080x1080^>' -gravity Center -quality 92 -strip \
            \( +clone -resize '512x512^' -extent 512x512 -write "$out/${sum}_0.jpg" +delete \) "$work/middle.mpc"
        if [ "$width" -lt 1024 ] || [ "$height" -lt 1024 ]; then continue; fi
        for side in West Center East; do convert "$work/middle.mpc" -gravity $side -extent 512x512 -quality 92 "$out/${sum}_$side.jpg"; done
    done
