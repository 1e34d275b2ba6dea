# Files that are not weights, would run code, or do not fit; and unusual forms of weights that are accepted.
# shellcheck shell=bash
bad_weights() { "$helper/bad_weights" "$@" || fail "bad_weights $*"; }
bad_pt() { refused "$1" "$2" --prepared --weights "$3" face.png -o out.png; }

echo 'no weights' >"$W/text.pt"
: >"$W/empty.pt"
bad_weights evil - "$W/evil.pt"
# The same call in the older format: magic number, protocol, system information, then the object.
{
    printf '\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.'
    printf '\x80\x02M\xe9\x03.'
    printf '\x80\x02}(X\x10\x00\x00\x00protocol_versionM\xe9\x03X\x0d\x00\x00\x00little_endian\x88u.'
    printf '\x80\x02cos\nsystem\nX\x0d\x00\x00\x00touch pwned.x\x85R.'
} >"$W/evil_legacy.pt"
printf '\x80\x02cos\nsystem\nX\x0d\x00\x00\x00touch pwned.x\x85R.' >"$W/evil_pickle.pt"
for bad in missing.pt empty.pt text.pt face.png evil_pickle.pt; do bad_pt 3 "$bad" "$bad"; done
for bad in evil.pt evil_legacy.pt; do
    bad_pt 3 "$bad.*(os.system|system)" "$bad"
    refused 3 "$bad.*system" --list-weights "$bad"
done
size=$(stat -c %s "$W/good.pt")
for i in 0 1 2 3 4 5 6 7 8 9; do
    head -c $((size * i / 10 + 1)) "$W/good.pt" >"$W/cut.pt"
    bad_pt 3 cut.pt cut.pt
done
head -c -1 "$W/good.pt" >"$W/cut.pt"
bad_pt 3 cut.pt cut.pt

for mode in missing extra misshapen; do
    bad_weights $mode "$W/good.pt" "$W/$mode.pt"
    bad_pt 3 "$mode.pt.*4.*$mode" $mode.pt
    names=$(grep -oE '(HourGlass4|ConvBlock2|UpBlock2)[A-Za-z0-9_.]*' "$logs/err" | sort -u | wc -l)
    if [ "$names" = 3 ]; then pass; else fail "$mode.pt: three names" "$names named: $(cat "$logs/err")"; fi
done
bad_weights other "$W/good.pt" "$W/other.pt"
bad_pt 3 other.pt other.pt
bad_weights nan "$W/good.pt" "$W/nan.pt"
bad_pt 3 'not a number' nan.pt
bad_weights b2a "$W/good.pt" "$W/b2a.pt"
bad_pt 3 'no genA2B; direction B2A' b2a.pt
"$demo/random_weights" "$W/ema.pt" 4 32 ema || fail 'random_weights ema'
refused 3 'good.pt holds no genA2B_ema.*leave ema out' --prepared --ema --weights good.pt face.png -o out.png
refused 3 'ema.pt holds no genB2A_ema' --prepared --ema --direction B2A --weights ema.pt face.png -o out.png
"$demo/random_weights" "$W/full.pt" 4 32 full || fail 'random_weights full'
refused 2 'made for size 32' --prepared --weights full.pt --size 64 face.png -o out.png

bad_weights half "$W/good.pt" "$W/half.pt"
"$demo/random_weights" "$W/bare.pt" 4 32 bare || fail 'random_weights bare'
(cd "$W" && cartoon --size 32 face.png -o reference.png >"$logs/out")
for form in 'bare.pt' 'bare.pt --direction B2A' 'b2a.pt --direction B2A' 'half.pt' 'full.pt'; do
    # shellcheck disable=SC2086 # words, on purpose
    check "weights: $form" sh -c "cd '$W' && '$infer' --prepared --size 32 face.png -o form.png --weights $form"
    check "weights: $form: a picture" is_square "$W/form.png" 32
    case $form in b* | half.pt) check "weights: $form: as from the checkpoint" "$helper/picture_distance" "$W/reference.png" "$W/form.png" "$([ "$form" = half.pt ] && echo 8 || echo 0)" ;; esac
done
check 'averaged generator' sh -c "cd '$W' && '$infer' --prepared --size 32 face.png -o form.png --weights ema.pt --ema"
check 'averaged generator: not the other one' sh -c "! '$helper/picture_distance' '$W/reference.png' '$W/form.png' 8"
check 'averaged generator: left alone without --ema' sh -c "cd '$W' && '$infer' --prepared --size 32 face.png -o form.png --weights ema.pt && cmp form.png reference.png"
check 'list of weights' sh -c "cd '$W' && '$infer' --list-weights good.pt >list.txt && grep -Eq '^genA2B.ConvBlock1.1.weight +\(4,3,7,7\) +float32' list.txt"
check 'list of weights: total' sh -c "awk '/^total:/ { said = \$2; next } { n++ } END { exit said != n || n < 200 }' '$W/list.txt'"
check 'list of weights: types' sh -c "'$infer' --list-weights '$W/half.pt' | grep -q float16"
rm -f "$W"/*.pt.* "$W"/{text,empty,evil,evil_legacy,evil_pickle,cut,missing,extra,misshapen,other,nan}.pt "$W"/{form,reference}.png "$W/list.txt"
