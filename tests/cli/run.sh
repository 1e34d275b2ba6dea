#!/usr/bin/env bash
# Runs the tests of the programs, as a user would: tests/cli/run.sh, with B=build/release (or another build). Prints what fails, then
# one line, "N passed, N failed". The tests are the other *.sh here, each sourced in this shell.
set -u
cd "$(dirname "$0")/../.." || exit 1
top=$PWD
B=${B:-build/release} SAN=${SAN:-} CC=${CC:-cc} SANITIZE=${SANITIZE:-} MAKE=${MAKE:-make}
infer=$top/$B/p2c-infer train=$top/$B/p2c-train demo=$top/$B/tests/demo helper=$top/$B/tests/cli
passed=0 failed=0
T=$(mktemp -d) || exit 1
trap 'rm -rf "$T"' EXIT
trap 'exit 130' INT TERM
W=$T/work logs=$T/logs # everything a program may touch, and its output
mkdir "$W" "$logs"

pass() { passed=$((passed + 1)); }
fail() { # what failed, then details
    failed=$((failed + 1))
    echo "FAILED: $1"
    shift
    for line in "$@"; do echo "    $line"; done
}
skip() { echo "skipped: $1"; }
check() { # name, command...: it must succeed
    local name=$1
    shift
    if "$@" >"$logs/out" 2>"$logs/err"; then pass; else fail "$name" "exit $?: $*" "$(head -c 2000 "$logs/err")"; fi
}
# A run's lock holds the number of the last process that had it.
snapshot() { (cd "$W" && find . ! -name lock -printf '%y %p ' \( -type f -exec sha256sum {} \; -o -printf '\n' \) | sort); }
program=$infer lines=1 # of refused, see there
refused() { # exit code, pattern, arguments of $program...: $lines lines on stderr, one of which matches, and no file made, changed or removed
    local want=$1 pattern=$2 name=${program##*/} before after code
    shift 2
    before=$(snapshot)
    (cd "$W" && eval "${limit:-}" && "$program" "$@") >"$logs/out" 2>"$logs/err" </dev/null
    code=$?
    sed -i '/WARNING: AddressSanitizer failed to allocate/d' "$logs/err" # the sanitizer prints this, where malloc would only return NULL
    after=$(snapshot)
    if [ $code != "$want" ]; then fail "$name $*" "exit $code, expected $want" "$(head -c 2000 "$logs/err")"
    elif [ "$(grep -c "^$name: " "$logs/err")" != "$lines" ] || [ "$(wc -l <"$logs/err")" != "$lines" ] || ! grep -Eq -- "^$name: .*$pattern" "$logs/err"; then
        fail "$name $*" "stderr is not $lines line(s), one with '$pattern':" "$(head -c 2000 "$logs/err")"
    elif [ "$before" != "$after" ]; then fail "$name $*" "files changed:" "$(diff <(echo "$before") <(echo "$after"))"
    elif [ "$program" = "$infer" ] && [ -s "$logs/out" ]; then fail "$name $*" "it printed: $(head -c 300 "$logs/out")"
    else pass; fi
}
cartoon() { (cd "$W" && "$infer" --prepared --weights good.pt "$@"); }
no_cartoon() { # like cartoon, but it must be refused
    local want=$1 pattern=$2
    shift 2
    refused "$want" "$pattern" --prepared --weights good.pt "$@"
}
side() { od -An -tu4 --endian=big -j16 -N4 "$1" | tr -d ' '; } # width of a PNG file
is_square() { [ "$(side "$1")" = "$2" ] && "$demo/beside" "$T/readable.png" "$1"; }

# What the tests work on: a portrait, a small generator.
"$demo/portrait" "$W/face.png" 64 && "$demo/portrait" "$W/face.jpg" 64 && "$demo/random_weights" "$W/good.pt" 4 32 || exit 1

for file in ${ONLY:-tests/cli/*.sh}; do # ONLY=tests/cli/options.sh runs that one
    [ "$file" = tests/cli/run.sh ] && continue
    echo "-- ${file##*/}"
    SECONDS=0
    # shellcheck source=/dev/null
    . "$file"
    echo "   $SECONDS s"
done
echo "$passed passed, $failed failed"
[ $failed = 0 ]
