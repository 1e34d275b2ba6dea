# The same cartoons as PyTorch makes, to one step of 255, with trained, hash-made and built-in weights.
# shellcheck shell=bash disable=SC2154
if [ -d ../shared/oracle ] && [ -d ../shared/data ] && [ -d ../shared/models ] && python3 -c 'import torch, PIL' 2>/dev/null; then
    count=20
    [ -z "$SAN" ] || count=1 # sanitizers are slow
    mkdir "$T/oracle"
    check 'oracle: prepare' python3 tests/cli/oracle.py prepare "$T/oracle" $count
    check 'oracle: trained weights' "$infer" --prepared --size 256 --weights ../shared/models/genA2B_3341steps_half.pt "$T"/oracle/in/*.png -o "$T/oracle/half_p2cnn/"
    check 'oracle: hash-made weights' "$infer" --prepared --size 256 --weights "$T/oracle/hash.pt" "$T"/oracle/in/*.png -o "$T/oracle/hash_p2cnn/"
    check 'oracle: built-in weights' "$infer" --prepared --weights built-in --size 256 "$T"/oracle/in/*.png -o "$T/oracle/builtin_p2cnn/"
    check 'oracle: every 8-bit value within 1' python3 tests/cli/oracle.py compare "$T/oracle"
    sed 's/^/    /' "$logs/out"
    [ -z "${KEEP:-}" ] || cp -r "$T/oracle" "$KEEP"
else
    skip 'cartoons against PyTorch (needs ../shared and python3 with torch and Pillow)'
fi
