# The command line: what is refused, with helpful messages, and --help.
# shellcheck shell=bash
refused 2 'unknown option --wieghts; did you mean --weights' --wieghts good.pt face.png
refused 2 'did you mean --photo-path' --foto_path face.png
refused 2 'did you mean --benchmark' --bench=3
refused 2 'unknown option -x' -x
refused 2 'unknown option -oout.png' -oout.png
refused 2 'no picture given'
refused 2 '--size needs a value' --size
refused 2 '--size: expected auto, or a whole number' --size abc
refused 2 '--size: expected auto, or a whole number' --size -3
refused 2 '--size: expected auto' --size 99999999999999999999
refused 2 '--strength 2: expected' --strength 2
refused 2 '--skin green: expected one of style|photo' --skin green
no_cartoon 2 'size 50' --trained-size 50 face.png
refused 2 '--threads 1000: expected' --threads 1000
refused 2 '--benchmark 0: expected' --benchmark 0
refused 2 '--json takes no value' --json=yes
refused 2 '--weights: expected a FILE' --weights=
refused 2 '--ema takes no value' --ema=no
refused 2 '--ema: no weights' --prepared --ema face.png
refused 2 '--ema: no weights' --benchmark 1 --ema
refused 2 'writes no picture' --benchmark 1 -o x.png
refused 2 'takes no pictures' --list-weights good.pt face.png
no_cartoon 2 'size 50' --size 50 face.png
no_cartoon 2 'size 16' --size 16 face.png
no_cartoon 2 'size 1000000' --size 1000000 face.png
no_cartoon 2 "direction 'B2B'" --direction B2B face.png
no_cartoon 6 "device 'tpu'" --device tpu face.png
no_cartoon 2 '--precision int8: expected one of fp32|tf32|bf16' --precision int8 face.png
no_cartoon 2 'precision bf16: the CPU computes only in fp32' --device cpu --precision bf16 face.png

check 'help' "$infer" --help
cp "$logs/out" "$logs/help"
for option in weights output layout faces background skin strength trained-size on-no-face models detector landmarks matte face-weights models-list export with-cam jobs prepared heatmap size direction ema device precision threads json benchmark list-weights photo-path save-path version help; do
    check "help explains --$option" sh -c "grep -A 1 -e '--$option\b' '$logs/help' | grep -q '[a-z] [a-z]'"
done
check 'help tells exit codes' grep -q 'Exit codes' "$logs/help"
check 'version' sh -c "'$infer' --version | grep -Eqx 'p2c-infer [0-9]+\.[0-9]+\.[0-9]+'"
check 'a full standard output is noticed' sh -c "'$infer' --help >/dev/full 2>'$logs/full'; [ \$? = 4 ] && [ \$(wc -l <'$logs/full') = 1 ]"
