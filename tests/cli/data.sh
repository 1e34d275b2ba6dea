# p2c-data: datasets of photos and cartoons. No detector is used: pictures are taken as they are, or by points from a file.
# shellcheck shell=bash disable=SC2154,SC2034
data=$top/$B/p2c-data
dataset() { # arguments: its output is in $logs/said and $logs/err
    (cd "$W" && P2CNN_MODELS=$T/none exec "$data" "$@") >"$logs/said" 2>"$logs/complaints" </dev/null
    code=$?
    [ $code = 0 ] || cat "$logs/complaints" >&2
    return $code
}
no_dataset() { # like refused
    program=$data refused "$@"
    program=$infer
}
ends_with() { # exit code, arguments
    local want=$1
    shift
    dataset "$@" 2>/dev/null
    [ $code = "$want" ]
}
column() { awk -F '\t' -v "name=$2" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) c = i; next } { print $c }' "$1"; } # manifest, name
listing() { (cd "$1" && find . -type f | sort); }
hashes() { (cd "$1" && find . -type f -exec sha256sum {} + | sort -k 2); }
same_tree() { diff <(hashes "$1") <(hashes "$2"); }
said() { grep -Eq -- "$1" "$logs/said"; }
complained_of() { [ "$(wc -l <"$logs/complaints")" = "$2" ] && grep -Eq -- "^p2c-data: .*$1" "$logs/complaints"; }

mkdir -p "$W/art"
"$demo/faces" "$W/drawn" 12 2 80 || exit 1
cp "$W"/drawn/trainB/*.png "$W/art/"

# ---- the command line
no_dataset 2 'nothing to do'
no_dataset 2 'expected build or check' make art
no_dataset 2 'no photos given' build --out d
no_dataset 2 'add --out' build art
no_dataset 2 'are needed together' --data_path art
no_dataset 2 'leave out the other names' --data_path art --save_path x art
no_dataset 2 '--size 12: expected 16 to 8192, or native' build art --out d --size 12
no_dataset 2 '--size 64x64: expected' build art --out d --size 64x64
no_dataset 2 '--faces 0: expected' build art --out d --faces 0
no_dataset 2 '--test 101: expected 0% to 100%' build art --out d --test 101
no_dataset 2 '--test nan: expected' build art --out d --test nan
no_dataset 2 '--reject ugly: expected none, or some of small' build art --out d --reject ugly
no_dataset 2 '--domain C: expected one of A' build art --out d --domain C
no_dataset 2 '--near 513: expected' build art --out d --near 513
no_dataset 2 '--jobs 65: expected' build art --out d -j 65
no_dataset 2 'unknown option --aling; did you mean --align' build art --aling none
no_dataset 2 'use no network' build art --out d --align none --matte m.onnx
no_dataset 2 'check takes one dataset' check
no_dataset 2 'is in \./?' build art --out . --align none
no_dataset 3 'nowhere: No such file' build nowhere --out d --align none
no_dataset 3 'nowhere: no such folder' check nowhere
no_dataset 3 'points.tsv: cannot read' build art --out d --align points.tsv
mkdir "$W/empty"
no_dataset 3 'empty: no picture in this folder' build empty --out d --align none
rmdir "$W/empty"
check 'data: help' "$data" --help
cp "$logs/out" "$logs/help"
for option in out domain test size align faces models detector landmarks matte reject near keep-duplicates strict data_path save_path jobs version help; do
    check "data: help explains --$option" sh -c "grep -A 1 -e '--$option\b' '$logs/help' | grep -q '[a-z] [a-z]'"
done
check 'data: version' sh -c "'$data' --version | grep -Eqx 'p2c-data [0-9]+\.[0-9]+\.[0-9]+'"
check 'data: a full standard output is noticed' sh -c "'$data' --help >/dev/full 2>'$logs/full'; [ \$? = 4 ] && [ \$(wc -l <'$logs/full') = 1 ]"

# ---- what is made
build=(build art --domain B --align none --size 48)
check 'data: build' dataset "${build[@]}" --out one -j 1 --test 25%
check 'data: says what became of them' said '^12 sources, 0 of them unchanged: 12 pictures made, 0 rejected'
check 'data: nothing on stderr' [ ! -s "$logs/complaints" ]
check 'data: a line for each' [ "$(wc -l <"$W/one/manifest.tsv")" = 13 ]
check 'data: every column in every line' [ -z "$(awk -F '\t' 'NF != 13' "$W/one/manifest.tsv")" ]
check 'data: all accepted' [ "$(column "$W/one/manifest.tsv" status | sort | uniq -c | tr -s ' ')" = ' 12 accepted' ]
check 'data: the manifest names the files there are' diff <(column "$W/one/manifest.tsv" output | sort) <(cd "$W/one" && find t*B -type f | sort)
check 'data: original names' diff <(ls "$W/art") <(cd "$W/one" && find t*B -type f -printf '%f\n' | sort)
check 'data: some for testing, most for training' sh -c "[ \$(ls '$W/one/testB' | wc -l) -ge 1 ] && [ \$(ls '$W/one/trainB' | wc -l) -ge 6 ]"
check 'data: the size asked for' is_square "$W/one/$(column "$W/one/manifest.tsv" output | head -n 1)" 48
check 'data: a contact sheet' is_square "$W/one/contact_sheet.png" $((12 * 96))
check 'data: by four threads' dataset "${build[@]}" --out four -j 4 --test 25%
check 'data: the same bytes by four threads' same_tree "$W/one" "$W/four"
check 'data: nothing left beside them' [ -z "$(find "$W/one" "$W/four" -name '.p2cnn-*')" ]

touch "$W/before"
check 'data: again' dataset "${build[@]}" --out one --test 25%
check 'data: again: all unchanged' said '12 of them unchanged: 0 pictures made'
check 'data: again: no picture is written' [ -z "$(find "$W/one" -name '*.png' -newer "$W/before")" ]
check 'data: again: the same bytes' same_tree "$W/one" "$W/four"

# Photos are added: test pictures stay test pictures. The new names sort before the others.
cp -r "$W/one" "$W/more"
mkdir "$W/added"
for i in 1 2; do cp "$W/drawn/testB/000$i.png" "$W/added/000$i.png"; done
cp "$W/drawn/testA/0001.png" "$W/added/new.png"
check 'data: added' dataset build art added --domain B --align none --size 48 --out more --test 25%
check 'data: added: only the new ones are made' said '^15 sources, 12 of them unchanged: 3 pictures made'
check 'data: added: nothing has moved' [ -z "$(comm -23 <(listing "$W/one") <(listing "$W/more"))" ]
check 'data: added: same names, called by their folder or a number' sh -c "ls '$W'/more/t*B | grep -qx '0001-2.png' && ls '$W'/more/t*B | grep -qx new.png"
check 'data: added: one source each' [ -z "$(column "$W/more/manifest.tsv" output | sort | uniq -d)" ]

# From subfolders of one folder.
mkdir -p "$W/tree/x/y" "$W/tree/z"
cp "$W/drawn/trainA/0001.png" "$W/tree/p.png"
cp "$W/drawn/trainA/0002.png" "$W/tree/x/y/p.png"
cp "$W/drawn/trainA/0003.png" "$W/tree/z/p.png"
cp "$W/drawn/trainA/0004.png" "$W/tree/z/tab"$'\t'"and"$'\n'"line.png"
check 'data: same names in folders' dataset build tree --align none --size 32 --out names --test 0
check 'data: same names: by their folders' diff <(printf '%s\n' p.png x-y-p.png z-p.png) <(cd "$W/names/trainA" && printf '%s\n' *p.png)
check 'data: an odd name is one line' [ "$(wc -l <"$W/names/manifest.tsv")" = 5 ]
check 'data: an odd name is found again' dataset build tree --align none --size 32 --out names --test 0
check 'data: an odd name is unchanged' said '4 of them unchanged'
check 'data: the other domain beside it' dataset "${build[@]}" --out names
check 'data: both in one manifest' [ "$(column "$W/names/manifest.tsv" domain | sort | uniq -c | tr -s ' ' | tr '\n' ';')" = ' 4 A; 12 B;' ]
check 'data: what is not ours stays' sh -c "cp '$W/face.png' '$W/names/trainA/mine.png' && mkdir '$W/own' && cp '$W/drawn/trainA/0005.png' '$W/own/mine.png'"
check 'data: a name that is taken' dataset build own --align none --size 32 --out names --test 0
check 'data: a name that is taken: untouched' cmp "$W/face.png" "$W/names/trainA/mine.png"
check 'data: a name that is taken: another one' [ -e "$W/names/trainA/mine-2.png" ]
rm -r "$W/own"

check 'data: all for testing' dataset "${build[@]}" --out four --test 100%
check 'data: all for testing: what stood elsewhere is gone' sh -c "[ \$(ls '$W/four/testB' | wc -l) = 12 ] && [ \$(ls '$W/four/trainB' | wc -l) = 0 ]"

# Wide pictures: 168 x 80.
mkdir "$W/wide"
"$demo/beside" "$W/wide/w.png" "$W/drawn/trainA/0001.png" "$W/drawn/trainA/0002.png"
check 'data: wide' dataset build wide --align none --size native --out wide_out --test 0
check 'data: wide: on a square as wide' is_square "$W/wide_out/trainA/w.png" 168
check 'data: its middle' dataset build wide --align centre --size native --out wide_out --test 0
check 'data: its middle: as large as the shorter side' is_square "$W/wide_out/trainA/w.png" 80
rm -r "$W/wide" "$W/wide_out"

# ---- duplicates
mkdir "$W/twice"
for i in 1 2 3; do cp "$W/drawn/trainB/000$i.png" "$W/twice/$i.png"; done
cp "$W/twice/1.png" "$W/twice/4.png"                                               # the same bytes
"$demo/beside" "$W/twice/5.jpg" -s 61 "$W/twice/2.png" 2>/dev/null || cp "$W/twice/2.png" "$W/twice/5.jpg"
check 'data: duplicates' dataset build twice --align none --size 64 --out dup --test 0
check 'data: a copy of a file' [ "$(column "$W/dup/manifest.tsv" why | grep -c "^exact duplicate of $W/twice/1.png")" = 1 ]
check 'data: a picture that looks alike' [ "$(column "$W/dup/manifest.tsv" why | grep -Ec '^near duplicate of trainA/2.png, distance [0-9]+$')" = 1 ]
check 'data: duplicates are left out' [ "$(ls "$W/dup/trainA" | tr '\n' ' ')" = '1.png 2.png 3.png ' ]
check 'data: duplicates again' dataset build twice --align none --size 64 --out dup --test 0
check 'data: duplicates stay out' [ "$(ls "$W/dup/trainA" | tr '\n' ' ')" = '1.png 2.png 3.png ' ]
check 'data: duplicates kept' dataset build twice --align none --size 64 --out dup --test 0 --keep-duplicates
check 'data: all five are there' [ "$(ls "$W/dup/trainA" | tr '\n' ' ')" = '1.png 2.png 3.png 4.png 5.png ' ]
mv "$W/twice/3.png" "$W/twice/moved.png"
check 'data: a file that moved' dataset build twice --align none --size 64 --out dup --test 0 --keep-duplicates
check 'data: a file that moved keeps its picture' sh -c "[ -e '$W/dup/trainA/3.png' ] && [ ! -e '$W/dup/trainA/moved.png' ] && [ \$(wc -l <'$W/dup/manifest.tsv') = 6 ]"
rm "$W/twice/5.jpg"
check 'data: a photo that is gone' dataset build twice --align none --size 64 --out dup --test 0 --keep-duplicates
check 'data: a photo that is gone: its picture stays' [ "$(wc -l <"$W/dup/manifest.tsv")$(ls "$W/dup/trainA" | grep 5)" = 65.png ]
rm "$W/dup/trainA/5.png"
check 'data: both are gone' dataset build twice --align none --size 64 --out dup --test 0 --keep-duplicates
check 'data: both are gone: forgotten' [ "$(wc -l <"$W/dup/manifest.tsv")" = 5 ]
cp "$W/drawn/trainB/0009.png" "$W/twice/2.png"
rm "$W/dup/trainA/1.png"
check 'data: changed, and lost' dataset build twice --align none --size 64 --out dup --test 0 --keep-duplicates
check 'data: changed, and lost: made again' said '2 of them unchanged: 2 pictures made'
check 'data: changed: in its old place' [ "$(ls "$W/dup/trainA" | tr '\n' ' ')" = '1.png 2.png 3.png 4.png ' ]
check 'data: another size' dataset build twice --align none --size 32 --out dup --test 0 --keep-duplicates
check 'data: another size: all are made again' is_square "$W/dup/trainA/3.png" 32

# ---- bad files
mkdir "$W/mixed"
cp "$W"/art/000[1-3].png "$W/mixed/"
: >"$W/mixed/empty.png"
head -c 700 "$W/face.png" >"$W/mixed/cut.png"
mkdir "$W/mixed/folder.png"
ln -s nowhere "$W/mixed/link.jpg"
mkfifo "$W/mixed/pipe.png"
check 'data: bad files stop nothing' dataset build mixed --align none --size 32 --out mixed_out --test 0
check 'data: bad files: a line each' complained_of cut.png 4
check 'data: bad files are told of' said '3 pictures made, .* 4 unreadable'
check 'data: bad files: in the manifest' [ "$(column "$W/mixed_out/manifest.tsv" status | grep -c failed)" = 4 ]
check 'data: bad files: --strict' ends_with 3 build mixed --align none --size 32 --out mixed_out --test 0 --strict
cp "$W/art/0004.png" "$W/mixed/cut.png"
check 'data: bad files: mended' dataset build mixed --align none --size 32 --out mixed_out --test 0
check 'data: bad files: mended: made' [ -e "$W/mixed_out/trainA/cut.png" ]
cp "$W/face.png" "$W/mixed/cut.png"
truncate -s -1 "$W/mixed/cut.png"
check 'data: broken later' dataset build mixed --align none --size 32 --out mixed_out --test 0
check 'data: broken later: its picture stays' [ -e "$W/mixed_out/trainA/cut.png" ]
check 'data: broken later: the manifest knows it' [ "$(column "$W/mixed_out/manifest.tsv" output | grep -c cut.png)" = 1 ]
mkdir "$W/bad"
cp "$W/mixed/cut.png" "$W/bad/"
check 'data: nothing but bad files' ends_with 3 build bad --align none --out bad_out
rm "$W/mixed/pipe.png"

# ---- places that cannot be written, files that are not manifests
no_dataset 4 'face.jpg: cannot make this folder' build art --align none --out face.jpg/x
no_dataset 4 '/proc/p2cnn: cannot make this folder' build art --align none --out /proc/p2cnn
if mkdir "$W/full" && mount -t tmpfs -o size=12k tmpfs "$W/full" 2>/dev/null; then
    check 'data: a full disk' ends_with 4 build art --align none --size 256 --out full/d
    check 'data: a full disk: one line' complained_of 'cannot write' 1
    umount "$W/full"
else
    skip 'data: a full disk (a tmpfs cannot be mounted here)'
fi
rm -rf "$W/full"
cp -r "$W/one" "$W/odd"
for line in 'nonsense' $'B\t/x.png\t1/1\taccepted\t\ttrainB/x/../../../face.png\t\t\t\t\t0000000000000000\t\tnone' \
    $'B\t/x.png\t2/1\trejected\tno\t\t\t\t\t\t0000000000000000\t\tnone' $'C\t/x.png\t1/1\trejected\tno\t\t\t\t\t\t0000000000000000\t\tnone' \
    $'B\t/x.png\t1/1\trejected\tno\t\t\t\t\t\t00\t\tnone' $'B\t/x.png\t1/1\trejected\tno\t\t\t\t\tugly\t0000000000000000\t\tnone'; do
    { cat "$W/one/manifest.tsv" && echo "$line"; } >"$W/odd/manifest.tsv"
    no_dataset 3 'odd/manifest.tsv:14: not a line of a manifest' "${build[@]}" --out odd
done
echo 'a,b,c' >"$W/odd/manifest.tsv"
no_dataset 3 'odd/manifest.tsv:1: not a line of a manifest' "${build[@]}" --out odd
{ cat "$W/one/manifest.tsv" && printf 'B\t/x.png\t1/'; } >"$W/odd/manifest.tsv" # a crash of the machine, in the middle of a line
check 'data: a torn last line' dataset "${build[@]}" --out odd --test 25%
check 'data: a torn last line never counted' same_tree "$W/one" "$W/odd"
rm -rf "$W/odd"

# ---- stopped
mkdir "$W/many"
for i in $(seq 12); do
    for d in trainA trainB; do cp "$W/drawn/$d/$(printf %04d "$i").png" "$W/many/$d$i.png"; done
done
many=(build many --align none --size 512 --test 20 --keep-duplicates)
check 'data: not stopped' dataset "${many[@]}" --out whole -j 1
for signal in INT TERM KILL; do
    (cd "$W" && exec "$data" "${many[@]}" --out "stop$signal" -j 1) >"$logs/said" 2>"$logs/complaints" </dev/null &
    pid=$!
    for _ in $(seq 2400); do
        [ "$(cat "$W/stop$signal/manifest.tsv" 2>/dev/null | wc -l)" -gt 1 ] && break
        kill -0 $pid 2>/dev/null || break
        sleep 0.005
    done
    kill "-$signal" $pid 2>/dev/null
    { wait $pid; } 2>/dev/null
    code=$?
    check "data: $signal: exit code, got $code" [ $code = $((128 + $(kill -l $signal))) ]
    [ $signal = KILL ] || check "data: $signal: says so" complained_of 'stopped after [0-9]+ of 24 sources' 1
    check "data: $signal: not all are done" [ "$(ls "$W/stop$signal"/t*A | grep -c png)" -lt 24 ]
    check "data: $signal: goes on" dataset "${many[@]}" --out "stop$signal" -j 2
    [ $signal = KILL ] || check "data: $signal: what was done is left alone" said '[1-9][0-9]* of them unchanged'
    find "$W/stop$signal" -name '.p2cnn-*' -delete # left by a killed process
    check "data: $signal: the same bytes as in one go" same_tree "$W/whole" "$W/stop$signal"
done
rm -rf "$W/whole" "$W"/stop*

# ---- as data_process.py does it
check 'data: published' dataset --data_path tree --save_path flat --align centre
check 'data: published: names' [ "$(ls "$W/flat" | grep -c 'p.png')" = 3 ]
check 'data: published: nothing else' [ "$(find "$W/flat" -type f ! -name '*.png' | wc -l)" = 0 ]
check 'data: published: as large as it comes' is_square "$W/flat/p.png" 80
no_dataset 2 'is in flat' --data_path flat --save_path flat --align none

# ---- faces: few can be drawn well enough for a detector, so points give their places
printf 'anna.png\t25 40 55 40\nturned.png\t40,25,40,55\n# nobody\n\nlost.png\t1\t2\t3\t4\n' >"$W/points.tsv"
mkdir "$W/people"
cp "$W/drawn/trainA/0001.png" "$W/people/anna.png"
cp "$W/drawn/trainA/0002.png" "$W/people/turned.png"
cp "$W/drawn/trainA/0003.png" "$W/people/nobody.png"
if ! dataset build people --align points.tsv --out faces --test 0 2>/dev/null && grep -q 'no dlib' "$logs/complaints"; then
    skip 'data: faces (this build has no detector)'
else
    check 'data: points' [ "$code" = 0 ]
    check 'data: points: those that have them' [ "$(ls "$W/faces/trainA" | tr '\n' ' ')" = 'anna.png turned.png ' ]
    check 'data: points: the others are told of' [ "$(column "$W/faces/manifest.tsv" why | grep -c 'not in the file of points')" = 1 ]
    check 'data: points: angles' [ "$(column "$W/faces/manifest.tsv" angle | tr '\n' ' ')" = '0.00  90.00 ' ]
    check 'data: points: freed of the background' [ "$(column "$W/faces/manifest.tsv" warnings | grep -c no-matte)" = 0 ]
    check 'data: points: without a matte' dataset build people --align points.tsv --out kept --test 0 --matte none
    check 'data: points: without a matte: warned' [ "$(column "$W/kept/manifest.tsv" warnings | grep -c no-matte)" = 2 ]
    check 'data: points: without a matte: other pictures' sh -c "! cmp -s '$W/kept/trainA/anna.png' '$W/faces/trainA/anna.png'"
    sed -i 's/^turned.*/turned.png\t26 40 54 41/' "$W/points.tsv"
    check 'data: points: one has changed' dataset build people --align points.tsv --out faces --test 0
    check 'data: points: the others stay' said '2 of them unchanged: 1 pictures made'
    mkdir "$W/nobody" && "$demo/portrait" "$W/nobody/tiny.png" 16
    check 'data: no face' ends_with 3 build nobody --out nofaces
    check 'data: no face: why' [ "$(column "$W/nofaces/manifest.tsv" why | sort -u)" = 'no face found' ]
    printf 'a.png\t1 2 3 4\nb.png\t1 2 3\nc.png 1 2 3 4\nd.png\t1 2 3 four\ne.png\t5 5 5 5\nf.png\t1 2 3 nan\n' >"$W/wrong.tsv"
    check 'data: points: malformed lines' ends_with 3 build people --align wrong.tsv --out wrong
    for line in 2 3 4 5 6; do check "data: points: line $line is named" complained_of "wrong.tsv:$line: " 5; done
    check 'data: points: nothing is made' [ ! -e "$W/wrong" ]
    printf 'a.png\t1 2 3 4\na.png\t1 2 3 4\n' >"$W/wrong.tsv"
    no_dataset 3 'wrong.tsv:2: a.png was given already, in line 1' build people --align wrong.tsv --out wrong
    raw=$top/../shared/data/raw
    if [ -d "$raw" ]; then
        check 'data: photos' dataset build "$raw" --out photos --test 0 --faces all --reject small
        check 'data: photos: faces are found' [ "$(column "$W/photos/manifest.tsv" status | grep -c accepted)" -ge 5 ]
        check 'data: photos: small ones are left out' [ "$(column "$W/photos/manifest.tsv" why | grep -c 'warning: small')" -ge 1 ]
    else
        skip 'data: photos (there are none beside this folder)'
    fi
fi
rm -rf "$W"/{people,nobody,faces,kept,nofaces,photos} "$W"/{points,wrong}.tsv

# ---- check
check 'data: check' dataset check drawn
check 'data: check: a line for each folder' said '^trainA +12 +0 +80 +0 +0 +0$'
check 'data: check: can start' said 'p2c-train can start'
cp -r "$W/drawn" "$W/spoilt"
cp "$W/spoilt/trainA/0003.png" "$W/spoilt/testA/known.png"
: >"$W/spoilt/trainB/0004.png"
check 'data: check: spoilt' ends_with 3 check spoilt
check 'data: check: a test picture that is trained on' said 'trainA/0003.png and testA/known.png look alike: 0 of 512'
check 'data: check: unreadable' complained_of 0004.png 1
rm -r "$W/spoilt/trainB"
check 'data: check: no cartoons' ends_with 3 check spoilt
check 'data: check: no cartoons: said once' complained_of 'trainB: no such folder' 1
mkdir "$W/spoilt/trainB"
check 'data: check: empty' ends_with 3 check spoilt
rm -rf "$W"/{art,drawn,one,four,more,added,tree,names,twice,dup,mixed,mixed_out,bad,bad_out,many,flat,spoilt,before}
