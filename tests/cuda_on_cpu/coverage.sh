#!/usr/bin/env bash
# Which lines of kernels/cuda no test reached: tests/cuda_on_cpu/coverage.sh BUILD_FOLDER, after the tests of the emulated build.
set -u
B=$1
if ! command -v gcov >/dev/null; then
    echo "gcov is not here: no count of lines"
    exit 0
fi
for file in kernels/cuda/*.cu kernels/cuda/conv2d/*.cu; do
    [ -e "$B/${file%.cu}.gcda" ] && gcov -t -o "$B/${file%/*}" "$B/${file%.cu}.gcda" 2>/dev/null
done | awk -F: '
    $2 ~ /^ *0$/ && $3 == "Source" { file = $4; sub(/conv2d\/\.\.\//, "", file); next }
    file !~ /^kernels\/cuda\/(conv2d\/)?[^\/]*$/ { next }
    { count = $1; gsub(/[ *]/, "", count); line = $2; gsub(/ /, "", line); at = file ":" line }
    count == "-" || count == "" { next }
    !(at in known) { known[at] = 1; lines++ }
    count != "#####" && count != "=====" && !(at in hit) { hit[at] = 1; reached++ }
    { text[at] = substr($0, index($0, $3)) }
    END {
        printf "%d of %d lines of kernels/cuda were reached; not these:\n", reached, lines
        for (at in known) if (!(at in hit)) print "  " at ":" text[at] | "sort -t: -k1,1 -k2,2n"
    }'
