# The library as it is installed: files, pkg-config, the examples against it, shared and static.
# shellcheck shell=bash
unset MAKEFLAGS MAKELEVEL
prefix=$top/$B/prefix
rm -rf "$prefix"
check 'make install' "$MAKE" --no-print-directory install SAN="$SAN" PREFIX="$B/prefix"
for file in bin/p2c-infer bin/p2c-train bin/p2c-data bin/p2c-fit include/p2cnn.h lib/libp2cnn.a lib/libp2cnn.so lib/libp2cnn.so.0 lib/pkgconfig/p2cnn.pc; do check "installed: $file" test -s "$prefix/$file"; done
check 'make install DESTDIR' "$MAKE" --no-print-directory install SAN="$SAN" PREFIX=/usr DESTDIR="$T/stage"
check 'DESTDIR: the program' test -x "$T/stage/usr/bin/p2c-infer"
check 'DESTDIR is not in p2cnn.pc' grep -qx 'prefix=/usr' "$T/stage/usr/lib/pkgconfig/p2cnn.pc"
version=$("$infer" --version | cut -d' ' -f2)
export PKG_CONFIG_PATH=$prefix/lib/pkgconfig
check 'pkg-config: the same version' [ "$(pkg-config --modversion p2cnn)" = "$version" ]
check 'soname' sh -c "readelf -d '$prefix/lib/libp2cnn.so.$version' | grep -q 'SONAME.*libp2cnn.so.0'"
check 'only public names are exported' sh -c "! nm -D --defined-only '$prefix/lib/libp2cnn.so' | awk '{print \$3}' | grep -v '^p2c_' | grep -qvE '^(_|__)'"
echo '#include <p2cnn.h>' >"$T/header.cpp"
if command -v c++ >/dev/null; then
    # shellcheck disable=SC2046 # words, on purpose
    check 'the header in C++' c++ -fsyntax-only -Wall -Wextra -x c++ $(pkg-config --cflags p2cnn) "$T/header.cpp"
fi

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
# libp2cnn alone is static; what it needs is shared, so that what *those* need is theirs to know.
check 'static linking' "$CC" $SANITIZE docs/examples/cartoon.c $(pkg-config --cflags p2cnn) "$prefix/lib/libp2cnn.a" $(pkg-config --libs $(pkg-config --print-requires-private p2cnn)) $(sed -n 's/^Libs.private: //p' "$prefix/lib/pkgconfig/p2cnn.pc") -o "$T/static"
check 'static linking: runs' "$T/static" "$W/good.pt" "$W/face.png" "$W/example.png"
check 'static linking: the same' cmp "$W/example.png" "$W/program.png"
rm -f "$W"/{example,program}.png
