# p2c-fit: small networks for mattes, learnt from drawn portraits.
# shellcheck shell=bash disable=SC2154,SC2034,SC2086
fit=$top/$B/p2c-fit
mkdir -p "$W/empty"
"$demo/faces" "$W/drawn" 24 1 || exit 1
last=20 few='--val_every 10 --val_samples 4'
[ -z "$SAN" ] || last=4 few='--val_every 2 --val_samples 2' # sanitizers are slow
small="matte --portraits drawn/trainA --batch 2 --steps $last --warmup 2 $few --save_every 100 --workers 1"
fitting() { (cd "$W" && exec "$fit" "$@") >"$logs/run" 2>"$logs/said" </dev/null; }
runs=$W/experiment
fitted() { echo "$runs/$1/model/matte_params_$2.pt"; } # of a run, a step or "latest"
same_fit() { "$helper/checkpoints" same "$(fitted "$1" "$3")" "$(fitted "$2" "$3")"; }
courses() { sed 's/,"ms":[^,}]*//' "$runs/$1/metrics.jsonl"; }
same_course() { [ -s "$runs/$1/metrics.jsonl" ] && diff <(courses "$1") <(courses "$2"); }
tasks() { "$fit" --help | grep -q -- "$1"; }

for word in '--portraits DIR' '--teacher FILE' '--resume' 'p2c-fit check WEIGHTS' '--lr X .*(0.002)' '^  0  *done'; do check "fit: help says $word" tasks "$word"; done
check 'fit: version' sh -c "'$fit' --version | grep -Eqx 'p2c-fit [0-9]+\.[0-9]+\.[0-9]+'"

no_fit() { program=$fit refused "$@"; }
no_fit 2 'expected what to do first: matte, landmarks or check'
no_fit 2 "'mate': expected matte, landmarks or check" mate
no_fit 2 '--portraits DIR is missing' matte
no_fit 2 'landmarks needs --teacher FILE' landmarks --portraits drawn/trainA
no_fit 2 '--teacher is for landmarks' matte --portraits drawn/trainA --teacher x.onnx
no_fit 2 'check needs one file of weights' check --portraits drawn/trainA
no_fit 2 'one thing at a time' matte landmarks --portraits drawn/trainA
no_fit 2 '--lr 0: expected more than 0' matte --portraits drawn/trainA --lr 0
no_fit 2 '--ema 1: expected less than 1' matte --portraits drawn/trainA --ema 1
no_fit 2 'unknown option --step; did you mean --steps' matte --portraits drawn/trainA --step 5
no_fit 2 '--steps 0: expected a whole number, 1 or more' matte --portraits drawn/trainA --steps 0
no_fit 2 'leave --resume out' check good.pt --portraits drawn/trainA --resume
no_fit 3 'nowhere' matte --portraits nowhere
no_fit 4 '--out nowhere/x.pt: cannot write there: No such file or directory' matte --portraits drawn/trainA --out nowhere/x.pt
no_fit 3 'there is no such run to resume' matte --run nowhere --resume
no_fit 3 'expected weights or a checkpoint of p2c-fit' check good.pt --portraits drawn/trainA

check 'fit: twenty steps' fitting $small --run whole --out best.pt
check 'fit: says what it learns from' grep -Eq '^portraits +[0-9]+ to learn from, [0-9]+ held out' "$logs/run"
check 'fit: says how good it is' grep -Eq "^step $last: alpha error 0\.[0-9]+, IoU [01]\.[0-9]+ on [0-9]+ samples" "$logs/run"
check 'fit: nothing on stderr' [ ! -s "$logs/said" ]
check 'fit: each step once' [ "$(grep -c '"loss":' "$runs/whole/metrics.jsonl")" = $last ]
check 'fit: the report has its curves and pictures' grep -Eq 'Held-out samples: alpha error.*' "$runs/whole/report.html"
check 'fit: ... embedded' grep -q 'data:image/jpeg;base64,' "$runs/whole/report.html"
check 'fit: weights are small' [ "$(stat -c %s "$W/best.pt")" -lt $((1 << 20)) ]
check 'fit: checkpoints and weights are whole' "$helper/checkpoints" whole "$W/best.pt" "$(fitted whole latest)"
check 'fit: measured again' fitting check best.pt --portraits drawn/trainA --val_samples 4 --batch 2
check 'fit: ... says so' grep -Eq '^best.pt: matte, [0-9,]+ parameters: alpha error 0\.' "$logs/run"
check 'fit: a checkpoint, too' fitting check "$(fitted whole latest)" --portraits drawn/trainA --val_samples 2 --batch 2
no_fit 2 'holds checkpoints of matte already' $small --run whole
no_fit 2 'what a run computes cannot be changed, only by another --run: --lr 0.5 \(checkpoint: 0.002\)' matte --run whole --resume --lr 0.5

# A training in parts gives the same bits, even with another number of threads and after a signal.
half=$((last / 2))
check 'fit: half' fitting $small --run parts --max_steps $half --threads 1 --workers 0 --out best.pt
check 'fit: the other half' fitting matte --run parts --resume --threads 2
check 'fit: in parts, the same bits' same_fit whole parts 00000$(printf %02d $last)
check 'fit: in parts, the same course' same_course whole parts

(cd "$W" && exec "$fit" $small --run stopped --out best.pt) >"$logs/run" 2>"$logs/said" </dev/null &
pid=$!
for _ in $(seq 600); do
    grep -q '"step":2,' "$runs/stopped/metrics.jsonl" 2>/dev/null && break
    kill -0 $pid 2>/dev/null || break
    sleep 0.05
done
kill -INT $pid
{ wait $pid; } 2>/dev/null
code=$?
check "fit: Ctrl-C: exit code 130, got $code" [ $code = 130 ]
check 'fit: Ctrl-C: says so' grep -Eq '^SIGINT \(Ctrl-C\): stopped at step [0-9]+; --resume goes on' "$logs/run"
check 'fit: Ctrl-C: the report says so' grep -q 'Stopped by a signal' "$runs/stopped/report.html"
check 'fit: resumed' fitting matte --run stopped --resume
check 'fit: stopped and resumed, the same bits' same_fit whole stopped 00000$(printf %02d $last)
check 'fit: stopped and resumed, the same course' same_course whole stopped
check 'fit: the comparison would find a difference' sh -c "! '$helper/checkpoints' same '$(fitted whole 0000000)' '$(fitted whole latest)'"
check 'fit: no temporaries' [ -z "$(find "$runs" -name '.p2cnn-*')" ]

# Weights that are not numbers: three skipped steps lead back to the start, and the next three end the training.
"$helper/bad_weights" nan "$W/best.pt" "$W/nan.pt" || fail 'fit: weights that are no numbers'
fitting $small --run wild --steps 50 --pretrained_weights nan.pt
code=$?
check "fit: diverged: exit code 7, got $code" [ $code = 7 ]
check 'fit: diverged: says so' [ "$(tail -n 1 "$logs/said")" = 'p2c-fit: diverged: went back twice; the newest checkpoint is that of step 0; a new --run with a lower --lr may help' ]

# Points: the built-in network teaches another one.
points=(landmarks --portraits drawn/trainA --teacher built-in --batch 4 --steps 4 --warmup 2 --val_every 2 --val_samples 4 --workers 1)
if ! fitting "${points[@]}" --run points && grep -q 'no dlib' "$logs/said"; then
    skip 'fit: points (this build has no detector)'
else
    check 'fit: points: says what it learns from' grep -Eq '^[0-9]+ with points on which the teacher' "$logs/run"
    check 'fit: points: says how good it is' grep -Eq '^step 4: points off by [0-9.]+ of the eyes. distance, [0-9.]+ % of faces level' "$logs/run"
    check 'fit: points: measured again' fitting check experiment/points/landmarks.pt --portraits drawn/trainA --teacher built-in --val_samples 4
    check 'fit: points: ... says so' grep -Eq '^experiment/points/landmarks.pt: landmarks, [0-9,]+ parameters: points off by' "$logs/run"
    no_fit 2 '--teacher FILE is needed' check experiment/points/landmarks.pt --portraits drawn/trainA
fi
rm -rf "$W"/{drawn,empty,experiment,best.pt,nan.pt}
