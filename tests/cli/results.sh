# What comes out: many pictures, reports, sizes, threads, interruption, memory.
# shellcheck shell=bash
mkdir "$W/many"
for i in 1 2 3 4 5 6; do cp "$W/face.png" "$W/many/$i.png"; done
echo bad >"$W/many/3.png"
cartoon --size 32 many/{1,2,3,4,5,6}.png missing.png -o made/ --json >"$logs/json" 2>"$logs/said"
code=$?
check 'one bad picture: exit code' [ $code = 3 ]
check 'one bad picture: the others are made' [ "$(find "$W/made" -type f | wc -l)" = 5 ]
check 'one bad picture: a line each' [ "$(wc -l <"$logs/said")" = 2 ]
check 'json: a line per picture' [ "$(wc -l <"$logs/json")" = 7 ]
check 'json: output' grep -Eqx '\{"input": "many/1.png", "output": "made/1.png", "milliseconds": [0-9.]+\}' "$logs/json"
check 'json: error' grep -Eqx '\{"input": "missing.png", "error": ".*"\}' "$logs/json"
cartoon --size 32 --json $'a "b"\\\n\x01\xffé.png' >"$logs/json" 2>"$logs/said"
check 'json: escapes' grep -Fqx '{"input": "a \"b\"\\\u000a\u0001\udcffé.png", "error": "'"$(sed -n 's/^p2c-infer: //p' "$logs/said" | sed 's/\\/\\\\/g; s/"/\\"/g; s/\xff/\\udcff/g' | LC_ALL=C cat)"'"}' "$logs/json"
if command -v python3 >/dev/null; then check 'json: parses' sh -c "python3 -c 'import json,sys; [json.loads(l) for l in sys.stdin]' <'$logs/json'"; else skip 'JSON by a parser (no python3)'; fi
check 'progress: none without a terminal' sh -c "! grep -q '#' '$logs/said'"
if script -qec true /dev/null >/dev/null 2>&1 </dev/null; then
    (cd "$W" && script -qec "$infer --prepared --weights good.pt --size 32 many/1.png many/2.png -o made/" /dev/null >"$logs/tty" 2>&1 </dev/null)
    check 'progress: a bar on a terminal' grep -q '\] 1/2' "$logs/tty"
else skip 'the progress bar (no script command, or no terminals)'; fi

for size in 32 48 64 128; do
    check "size $size" cartoon --size $size face.png -o sized.png
    check "size $size: a picture" is_square "$W/sized.png" $size
done
check 'size by default' cartoon face.png -o sized.png
check 'size by default: 256' is_square "$W/sized.png" 256
check 'one thread' cartoon --threads 1 face.png -o one.png --heatmap one_heat.png
check 'three threads' cartoon --threads 3 face.png -o three.png --heatmap three_heat.png
check 'the same bytes with 1 and 3 threads' cmp "$W/one.png" "$W/three.png"
check 'the same heatmap with 1 and 3 threads' cmp "$W/one_heat.png" "$W/three_heat.png"
check 'device by name' cartoon --device cpu --size 32 face.png -o one.png
"$demo/beside" "$W/wide.png" "$W/face.png" "$W/face.png"
check 'a picture that is not square' cartoon --size 32 wide.png -o one.png
check 'a picture that is not square: scaled' is_square "$W/one.png" 32

number='[0-9]+\.[0-9]+'
check 'benchmark without weights' sh -c "'$infer' --benchmark 2 --size 32 --threads 2 >'$logs/bench'"
check 'benchmark: its line' grep -Eqx "\{\"forward_ms_median\": $number, \"forward_ms_min\": $number, \"peak_rss_mib\": $number, \"runs\": 2, \"size\": 32, \"threads\": 2, \"precision\": \"fp32\", \"device\": \"cpu, [^\"]*\"\}" "$logs/bench"
check 'benchmark with weights and a picture' sh -c "cd '$W' && '$infer' --benchmark 1 --size 32 --weights good.pt face.png | grep -q forward_ms_median"
refused 3 'missing.png' --benchmark 1 --size 32 --weights good.pt missing.png

# Memory: a limit on what the process may take. The sanitizers have their own.
if [ -n "$SAN" ]; then limit='export ASAN_OPTIONS=$ASAN_OPTIONS:max_allocation_size_mb=100'; else limit='ulimit -v 700000'; fi
no_cartoon 5 'memory' --size 4096 face.png -o out.png
limit=

# Interrupted in the middle: the files that exist are complete.
for i in $(seq 10 60); do ln -s face.png "$W/many/$i.png"; cp "$W/face.png" "$W/many/x$i.png"; done
rm -rf "$W/made" "$W"/many/??.png
(cd "$W" && exec "$infer" --prepared --weights good.pt --size 256 many/x*.png -o made/ >"$logs/out" 2>"$logs/said") &
pid=$!
for i in $(seq 200); do [ -e "$W/made/x10.png" ] && break; sleep 0.05; done
kill -INT $pid
wait $pid
code=$?
check "interrupted: exit code 130, got $code" [ $code = 130 ]
check 'interrupted: said so' grep -Eq 'p2c-infer: interrupted after [0-9]+ of 51 pictures' "$logs/said"
check 'interrupted: some made, not all' sh -c "n=\$(ls '$W/made' | wc -l); [ \$n -ge 1 ] && [ \$n -lt 51 ]"
check 'interrupted: no other files' [ -z "$(find "$W/made" -type f ! -name 'x??.png')" ]
check 'interrupted: each is whole' "$demo/beside" "$T/readable.png" "$W"/made/x1?.png
rm -rf "$W/many" "$W/made" "$W"/{sized,one,three,one_heat,three_heat,wide}.png
