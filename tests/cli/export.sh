# The generator as an ONNX file: written, read back by p2c-infer itself, and computed by onnxruntime.
# shellcheck shell=bash disable=SC2154
"$demo/random_weights" "$W/light8.pt" 8 64 && "$demo/random_weights" "$W/full4.pt" 4 32 full
exported() { # name, arguments
    local name=$1
    shift
    check "export: $name" sh -c 'cd "$1" && shift && "$@"' - "$W" "$infer" "$@" --export "$name.onnx"
}
exported light4 --weights good.pt --size 32 --with-cam
exported light8 --weights light8.pt --size 64
exported full4 --weights full4.pt --with-cam
program=$infer
refused 2 'takes no pictures' --weights good.pt --export x.onnx face.png
refused 4 'nowhere' --weights good.pt --export nowhere/x.onnx
refused 4 '/dev/full' --weights good.pt --size 32 --export /dev/full
if python3 -c 'import onnxruntime, numpy' 2>/dev/null; then
    sizes='light4 light8 full4'
    if [ -d ../shared/models ] && [ -z "$SAN" ]; then # the published size, with trained weights
        check 'export: light32' "$infer" --weights ../shared/models/genA2B_3341steps_half.pt --export "$W/light32.onnx" --with-cam
        cp ../shared/models/genA2B_3341steps_half.pt "$W/light32.pt"
        sizes="$sizes light32"
    fi
    cp "$W/good.pt" "$W/light4.pt"
    for name in $sizes; do
        side=$(python3 -c 'import onnxruntime as o, sys; print(o.InferenceSession(sys.argv[1]).get_inputs()[0].shape[2])' "$W/$name.onnx" 2>/dev/null)
        "$demo/portrait" "$W/plain.png" "$side"
        (cd "$W" && "$infer" --prepared --weights "$name.pt" --size "$side" plain.png -o "$name.png" >/dev/null)
        check "export: $name by onnxruntime" python3 tests/cli/export.py "$W/$name.onnx" "$W/plain.png" "$W/$name.png"
        sed 's/^/    /' "$logs/out"
    done
else
    skip 'exported networks by onnxruntime (needs python3 with onnxruntime, numpy and Pillow)'
fi
rm -f "$W"/*.onnx "$W"/{light,full}*.{pt,png} "$W/plain.png"
