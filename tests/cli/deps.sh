# What .ci/deps does if something is missing, tested with fake pkg-config, apt-get and id.
# shellcheck shell=bash
fake=$T/fake
mkdir "$fake"
for tool in bash gcc g++ make cat env protoc-c; do ln -s "$(command -v $tool)" "$fake/"; done
printf '#!/bin/sh\ncase $2 in libzip) [ -e %s/installed ];; openblas) false;; esac\n' "$T" >"$fake/pkg-config"
printf '#!/bin/sh\necho %s\n' 1000 >"$fake/id"
chmod +x "$fake"/*
deps() { PATH=$fake BLAS=${1:-} bash .ci/deps; }
check 'nothing missing here' .ci/deps
deps >"$logs/deps" 2>&1
code=$?
check 'no way to install: fails' [ $code = 1 ]
check 'no way to install: says what to type' grep -q 'apt-get install libzip-dev *$' "$logs/deps"
deps openblas >"$logs/deps" 2>&1
check 'BLAS=openblas: names it, too' grep -q 'apt-get install libzip-dev libopenblas-dev *$' "$logs/deps"
printf '#!/bin/sh\necho 0\n' >"$fake/id"
printf '#!/bin/sh\necho "$@" >>%s/apt; case "$*" in *install*libzip-dev) : >%s/installed;; esac\n' "$T" "$T" >"$fake/apt-get"
chmod +x "$fake/apt-get"
check 'as root: installs' deps
check 'as root: only what is missing' sh -c "tail -n 1 '$T/apt' | grep -Eq 'install.* libzip-dev$' && ! grep -q libpng '$T/apt'"
