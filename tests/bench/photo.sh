#!/usr/bin/env bash
# Times every stage from a photo to its cartoon (ch 32, 256 x 256, layout keep) for each photo given, and prints how much memory it took:
# tests/bench/photo.sh PROGRAM WEIGHTS PHOTO... Each photo is drawn ROUNDS times by a process of its own; medians. With the networks that are built in, or
# those that P2CNN_MODELS names.
set -eu
program=$1 weights=$2
shift 2
export P2CNN_MODELS=${P2CNN_MODELS:-none}
rounds=${ROUNDS:-5}
. "$(dirname "$0")/common.bash"
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
printf '%-24s %8s %8s %8s %8s %8s %8s %8s %8s %9s\n' photo read find align matte draw compose write 'all ms' 'peak MiB'
for photo in "$@"; do
    for _ in $(seq "$rounds"); do
        "$program" --weights "$weights" --layout keep --json "$photo" -o "$T/out.png" >>"$T/lines"
    done
    printf '%-24s' "$(basename "$photo")"
    for stage in read_ms find_ms align_ms matte_ms draw_ms compose_ms write_ms milliseconds peak_mib; do
        value=$(field "$stage" <"$T/lines" | tr '\n' ' ' | middle)
        printf ' %8.0f' "$value"
    done
    echo
    rm "$T/lines"
done
