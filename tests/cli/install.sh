# The library as it is installed: files, pkg-config, the examples against it, shared and static.
# shellcheck shell=bash
unset MAKEFLAGS MAKELEVEL
prefix=$top/$B/prefix
rm -rf "$prefix"
check 'make install' "$MAKE" --no-print-directory install SAN="$SAN" PREFIX="$B/prefix"
for file in bin/p2c-infer bin/p2c-train bin/p2c-data bin/p2c-fit include/p2cnn.h include/p2cnn_base.h include/p2cnn_graph.h include/p2cnn_files.h lib/libp2cnn.a lib/libp2cnn.so lib/libp2cnn.so.0 lib/pkgconfig/p2cnn.pc; do check "installed: $file" test -s "$prefix/$file"; done
stage="$T/a stage"
check 'make install DESTDIR, with a blank in it' "$MAKE" --no-print-directory install SAN="$SAN" \
    PREFIX=/usr DESTDIR="$stage"
check 'DESTDIR: the program' test -x "$stage/usr/bin/p2c-infer"
check 'DESTDIR is not in p2cnn.pc' grep -qx 'prefix=/usr' "$stage/usr/lib/pkgconfig/p2cnn.pc"
for name in p2c-infer p2c-train p2c-data p2c-fit; do
    page=$stage/usr/share/man/man1/$name.1
    check "$name: a manual page" grep -q '^\.SH OPTIONS' "$page"
    # groff prints a line for each macro or escape that it does not understand
    if command -v groff >/dev/null; then
        check "$name: groff has no complaint" \
            sh -c "groff -man -Tutf8 -ww '$page' 2>&1 >/dev/null | (! grep .)"
    else skip "$name: groff reads the manual page (no groff here)"; fi
    bash=$stage/usr/share/bash-completion/completions/$name
    check "$name: bash completes options" bash -c ". '$bash'; COMP_WORDS=($name --hel) COMP_CWORD=1
        _${name/-/_} && [ \"\${COMPREPLY[*]}\" = --help ]"
    if command -v zsh >/dev/null; then
        check "$name: zsh reads its completion" zsh -n "$stage/usr/share/zsh/site-functions/_$name"
    fi
done
check 'make uninstall' "$MAKE" --no-print-directory uninstall SAN="$SAN" PREFIX=/usr DESTDIR="$stage"
check 'make uninstall: no file is left' sh -c "! find '$stage' ! -type d | grep ."
version=$("$infer" --version | cut -d' ' -f2)
export PKG_CONFIG_PATH=$prefix/lib/pkgconfig
check 'pkg-config: the same version' [ "$(pkg-config --modversion p2cnn)" = "$version" ]
check 'soname' sh -c "readelf -d '$prefix/lib/libp2cnn.so.$version' | grep -q 'SONAME.*libp2cnn.so.0'"
[ -n "${BLAS:-}" ] || check 'OpenBLAS is not needed' sh -c "! grep -q openblas '$prefix/lib/pkgconfig/p2cnn.pc' && ! readelf -d '$prefix/bin'/* '$prefix/lib/libp2cnn.so' | grep -q openblas"
check 'the shared library is not executable' [ "$(stat -c %a "$prefix/lib/libp2cnn.so.$version")" = 644 ]
# What the headers declare, and nothing else.
echo '#include <p2cnn.h>' | $CC -E -P -I"$prefix/include" -x c - | tr '\n;' ' \n' | sed -n 's/.*visibility("default").*[ *]\(p2c_[a-z0-9_]*\)(.*/\1/p' | sort >"$T/declared"
nm -D --defined-only "$prefix/lib/libp2cnn.so" | awk '{ print $3 }' | sort >"$T/exported"
check 'the headers declare functions' [ "$(wc -l <"$T/declared")" -gt 100 ]
check 'what the headers declare is exported, and nothing else' sh -c "diff '$T/declared' '$T/exported' >&2"

# Every header by itself, in both languages; then a program in C++.
strict='-Wall -Wextra -Wpedantic -Werror'
for compiler in gcc clang g++ clang++; do
    case $compiler in *++) standard='-std=c++17 -x c++' ;; *) standard='-std=c11 -x c' ;; esac
    command -v "$compiler" >/dev/null || { skip "no $compiler here to compile the headers with" && continue; }
    for header in "$prefix"/include/p2cnn*.h; do
        echo "#include <${header##*/}>" >"$T/alone"
        # shellcheck disable=SC2086 # words, on purpose
        check "$compiler: ${header##*/} by itself" "$compiler" $strict -fsyntax-only -I"$prefix/include" $standard "$T/alone"
    done
    [ "${compiler%++}" = "$compiler" ] && continue
    [ "$compiler$SAN" = clang++ ] || [ "$compiler" = g++ ] || { skip "$compiler: its sanitizers are not those of the library" && continue; }
    # shellcheck disable=SC2046,SC2086 # words, on purpose
    check "$compiler: a program" "$compiler" -std=c++17 $strict $SANITIZE tests/cli/usable.cc $(pkg-config --cflags --libs p2cnn) -o "$T/usable"
    check "$compiler: the program runs" env LD_LIBRARY_PATH="$prefix/lib" "$T/usable" "$W/face.png" 64
done

check 'examples build' "$MAKE" --no-print-directory -C docs/examples CC="$CC" CFLAGS="-O2 -g -Wall -Wextra -Werror $SANITIZE" OUT="$T/examples"
export LD_LIBRARY_PATH=$prefix/lib
check 'example: cartoon' "$T/examples/cartoon" "$W/good.pt" "$W/face.png" "$W/example.png"
check 'example: cartoon: a picture' is_square "$W/example.png" 256
(cd "$W" && cartoon face.png -o program.png >"$logs/out")
check 'example: cartoon: as p2c-infer makes it' cmp "$W/example.png" "$W/program.png"
check 'example: cartoon: refuses' sh -c "! '$T/examples/cartoon' '$W/missing.pt' '$W/face.png' '$W/no.png' 2>/dev/null && ! [ -e '$W/no.png' ]"
check 'example: photo' "$T/examples/photo" "$W/good.pt" "$W/face.png" "$W/example.png"
check 'example: photo: refuses' sh -c "! '$T/examples/photo' '$W/good.pt' '$W/missing.png' '$W/no.png' 2>/dev/null && ! [ -e '$W/no.png' ]"
check 'example: train_network learns' "$T/examples/train_network"
sed 's/^/    /' "$logs/out"
unset LD_LIBRARY_PATH
# shellcheck disable=SC2046,SC2086 # words, on purpose
# Only libp2cnn is linked statically. The libraries it needs are shared, so the linker finds what they need in turn.
check 'static linking' $CC $SANITIZE docs/examples/cartoon.c $(pkg-config --cflags p2cnn) "$prefix/lib/libp2cnn.a" $(pkg-config --libs $(pkg-config --print-requires-private p2cnn)) $(sed -n 's/^Libs.private: //p' "$prefix/lib/pkgconfig/p2cnn.pc") -o "$T/static"
check 'static linking: runs' "$T/static" "$W/good.pt" "$W/face.png" "$W/example.png"
check 'static linking: the same' cmp "$W/example.png" "$W/program.png"
rm -f "$W"/{example,program}.png
