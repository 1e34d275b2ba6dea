# p2cnn. What people type:
#   make            library and programs, under build/
#   make demo       installs what is missing, builds, draws faces, learns for a minute or two to turn them into cartoons
#   make check      installs what is missing, builds, runs every test (SAN=address,undefined: under sanitizers)
#   make bench      times p2cnn, beside PyTorch when there is one
#   make gpu-report on a machine with an NVIDIA GPU and nvcc: tests and times of all that runs there
#   make install    PREFIX=/usr/local (or BINDIR, LIBDIR, INCLUDEDIR, MANDIR), DESTDIR=; make uninstall
#   make deb        Debian packages of it, under build/deb
#   make deps       only installs what is missing
# CC, CXX, AR, CFLAGS, CXXFLAGS, CPPFLAGS, LDFLAGS, INSTALL and PKG_CONFIG mean what they always mean; objects are
# built again when one of them changes. A cross-build takes its architecture from CC:
#   make CC=aarch64-linux-gnu-gcc CXX=aarch64-linux-gnu-g++ AR=aarch64-linux-gnu-ar PKG_CONFIG=aarch64-linux-gnu-pkg-config
# CUDA=1 also builds for NVIDIA's GPUs, with nvcc (SMS="80 90": for which architectures); CUDA=emulated builds the same for a GPU that is
# emulated on the CPU, under sanitizers: for tests. Each has a folder of its own under build/.
# DLIB=0 leaves dlib's face detector out, and with it C++.
# V=1 shows commands; WERROR=1 makes warnings errors; KILLS=N: how often the tests kill a training (200).

VERSION  := $(shell sed -n 's/.*define P2C_VERSION "\(.*\)"/\1/p' lib/p2cnn.h)
PREFIX   ?= /usr/local
BINDIR   ?= $(PREFIX)/bin
LIBDIR   ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
DATADIR  ?= $(PREFIX)/share
MANDIR   ?= $(DATADIR)/man
CC       ?= cc
CFLAGS   ?= -O2 -g
CXXFLAGS ?= $(CFLAGS)
CPPFLAGS ?=
LDFLAGS  ?=
INSTALL  ?= install
PKG_CONFIG ?= pkg-config
SAN      ?=
CUDA     ?=
DLIB     ?= 1
SMS      ?= 80 90
comma    := ,
space    := $(subst ,, )
$(if $(filter-out 1 emulated,$(CUDA)),$(error CUDA=$(CUDA): there are CUDA=1 and CUDA=emulated))
# The emulation is there to find faults: it is under sanitizers, unless SAN=none.
SANITIZERS := $(filter-out none,$(or $(SAN),$(if $(filter emulated,$(CUDA)),address$(comma)undefined)))
KIND     := $(if $(CUDA),$(if $(filter emulated,$(CUDA)),emulated,cuda)) $(if $(SAN),san-$(subst $(comma),-,$(SAN)))
CONFIG   := $(or $(subst $(space),-,$(strip $(KIND))),release)
B        := build/$(CONFIG)
Q        := $(if $(V),,@)

PACKAGES := libpng libjpeg libzip libexif libprotobuf-c
ifneq ($(filter-out clean deps demo check,$(or $(MAKECMDGOALS),all)),)
PKG_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(PACKAGES) openblas 2>/dev/null)
PKG_LIBS   := $(shell $(PKG_CONFIG) --libs $(PACKAGES) openblas 2>/dev/null)
$(if $(PKG_LIBS),,$(error libraries are missing; 'make deps' installs them, or says what to install))
endif

# Where kernels/cuda goes: to nvcc, or as C++ to the emulation in tests/cuda_on_cpu, whose headers stand in for those of kernels/cuda/native.
ifeq ($(CUDA),1)
NVCC ?= nvcc
CUDA_RUNTIME := $(firstword $(wildcard $(foreach d,lib64 lib targets/*/lib,$(dir $(realpath $(shell command -v $(NVCC))))../$d/libcudart_static.a)))
CUDA_LIBS    := $(CUDA_RUNTIME) -ldl -lrt -lpthread -lstdc++
$(if $(CUDA_RUNTIME),,$(error CUDA=1 needs nvcc in PATH, and libcudart_static.a beside it))
else ifeq ($(CUDA),emulated)
CUDA_LIBS    := -lstdc++ --coverage
EMULATOR     := tests/cuda_on_cpu
endif

WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wundef $(if $(WERROR),-Werror)
SANITIZE := $(if $(SANITIZERS),-fsanitize=$(SANITIZERS) -fno-sanitize-recover=all -fno-omit-frame-pointer)
BASE := -std=gnu11 $(WARN) $(SANITIZE) -fopenmp -fPIC -fvisibility=hidden -MMD -MP -Ilib $(PKG_CFLAGS) $(CPPFLAGS) $(if $(CUDA),-DP2C_CUDA)
# Contraction to fused multiply-add and no errno or traps from arithmetic; never -ffast-math, which deletes NaN checks.
# -Wno-psabi: wide vectors are passed between inline functions of one file alone.
KERNEL := -O3 -ffp-contract=fast -fno-math-errno -fno-trapping-math -Wno-psabi
# Not dlib's pkg-config, which asks for the development packages of all that dlib could be built with.
DLIB_LIBS := $(if $(filter-out 0,$(DLIB)),-ldlib -lstdc++ -lpthread)
LIBS := $(PKG_LIBS) $(DLIB_LIBS) $(CUDA_LIBS) -lm

# Kernels are plain C, compiled once per instruction set; lib/base/device.c picks at run time.
# Of the target, which need not be this machine.
MACHINE := $(shell $(CC) -dumpmachine)
ifneq ($(filter x86_64-%,$(MACHINE)),)
ISAS := v2 v3 v4
ISA_v2 := -march=x86-64-v2
ISA_v3 := -march=x86-64-v3
ISA_v4 := -march=x86-64-v4 -mprefer-vector-width=512
else
ISAS := base
ISA_base :=
endif

# One room, one wildcard. lib/cli is for the programs: libp2cnn does not hold it.
ROOMS    := base graph op model image torch onnx face cartoon
LIB_C    := $(foreach r,$(ROOMS),$(wildcard lib/$r/*.c))
LIB_CC   := $(wildcard lib/face/*.cc)
PROTO    := $(wildcard lib/onnx/*.proto)
KERNEL_C := $(wildcard kernels/cpu/*.c kernels/cpu/*/*.c)
CUDA_C   := $(if $(CUDA),$(wildcard kernels/cuda/*.cu kernels/cuda/conv2d/*.cu))
EMU_O    := $(if $(EMULATOR),$(patsubst %.cc,$B/%.o,$(wildcard $(EMULATOR)/*.cc)))
LIB_O    := $(LIB_C:%.c=$B/%.o) $B/lib/model/weights/weights.o $(LIB_CC:%.cc=$B/%.o) $(PROTO:%.proto=$B/%.pb-c.o) $(foreach i,$(ISAS),$(KERNEL_C:%.c=$B/%.$i.o)) $(CUDA_C:%.cu=$B/%.o) $(EMU_O)
CLI_O    := $(patsubst %.c,$B/%.o,$(wildcard lib/cli/*.c))
# Two programs that train, and what both are made of: run a training, whatever is trained.
RUN_O    := $(patsubst %.c,$B/%.o,$(wildcard train/run/*.c))
TRAIN_O  := $(patsubst %.c,$B/%.o,$(wildcard train/*.c))
FIT_O    := $(patsubst %.c,$B/%.o,$(wildcard train/fit/*.c train/fit/scene/*.c))
PROGRAMS := $B/p2c-infer $B/p2c-train $B/p2c-data $B/p2c-fit
TESTS    := $(foreach d,op unit golden train,$B/test-$d) $(if $(EMULATOR),$B/test-emulator)
HELPERS  := $(patsubst %.c,$B/%,$(wildcard tests/demo/*.c tests/cli/*.c))

# What objects are built with. When it changes, so does the stamp, and all of them are built again.
.DEFAULT_GOAL := all
FLAGS := $(CC) | $(CXX) | $(NVCC) | $(BASE) | $(CPPFLAGS) | $(CFLAGS) | $(CXXFLAGS) | $(KERNEL) | $(MACHINE) | $(DLIB) | $(SMS)
STAMP := $B/flags
ifneq ($(file <$(STAMP)),$(FLAGS))
$(STAMP): FORCE
endif
$(STAMP):
	@mkdir -p $(@D)
	@printf '%s' '$(subst ','\'',$(FLAGS))' >$@

.PHONY: all demo demo-built check check-built check-cuda bench gpu-report install uninstall deb deps clean FORCE
FORCE:
.DELETE_ON_ERROR:
all: $B/libp2cnn.a $B/libp2cnn.so $(PROGRAMS)

$B/libp2cnn.a: $(LIB_O)
	$(if $V,,@echo "  AR    $@")
	$Q rm -f $@ && $(AR) rcs $@ $^
$B/libp2cnn.so: $(LIB_O)
	$(if $V,,@echo "  LD    $@")
	$Q $(CC) $(BASE) $(CFLAGS) -shared -Wl,-soname,libp2cnn.so.0 -Wl,--no-undefined $(LDFLAGS) -o $@ $^ $(LIBS)
$B/p2c-infer: $(patsubst %.c,$B/%.o,$(wildcard infer/*.c)) $(CLI_O) $B/libp2cnn.a
$B/p2c-train: $(TRAIN_O) $(RUN_O) $(CLI_O) $B/libp2cnn.a
$B/p2c-fit: $(FIT_O) $(RUN_O) $(CLI_O) $B/libp2cnn.a
$B/p2c-infer: LIBS += -lmd
$B/p2c-data: $(patsubst %.c,$B/%.o,$(wildcard data/*.c)) $(CLI_O) $B/libp2cnn.a
$(PROGRAMS):
	$(if $V,,@echo "  LD    $@")
	$Q $(CC) $(BASE) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

define isa_rule
$B/kernels/cpu/%.$1.o: kernels/cpu/%.c Makefile $$(STAMP)
	$$(if $$V,,@echo "  CC    $$< ($1)")
	@mkdir -p $$(@D)
	$$Q $$(CC) $$(BASE) $$(CFLAGS) $$(KERNEL) $$(ISA_$1) -DP2C_ISA=$1 -c -o $$@ $$<
endef
$(foreach i,$(ISAS),$(eval $(call isa_rule,$i)))
$B/%.o: %.c Makefile $(STAMP)
	$(if $V,,@echo "  CC    $<")
	@mkdir -p $(@D)
	$Q $(CC) $(BASE) $(CFLAGS) -c -o $@ $<
$B/lib/model/weights/weights.o: $(wildcard lib/model/weights/*.pt)
$B/%.o: %.S Makefile $(STAMP)
	$(if $V,,@echo "  AS    $<")
	@mkdir -p $(@D)
	$Q $(CC) $(CPPFLAGS) -c -o $@ $<

# dlib's headers are not held to the warnings of this project.
$B/lib/face/%.o: lib/face/%.cc Makefile $(STAMP)
	$(if $V,,@echo "  CXX   $<")
	@mkdir -p $(@D)
	$Q $(CXX) -std=c++17 -Wall $(if $(WERROR),-Werror) $(SANITIZE) -fPIC -fvisibility=hidden -MMD -MP -Ilib $(if $(DLIB_LIBS),-DP2C_DLIB) $(CPPFLAGS) $(CXXFLAGS) -c -o $@ $<
# Readers of protobuf files, made by protoc-c.
$B/%.pb-c.c $B/%.pb-c.h: %.proto
	$(if $V,,@echo "  PROTO $<")
	@mkdir -p $(@D)
	$Q protoc-c -I$(<D) --c_out=$(@D) $<
$B/%.pb-c.o: $B/%.pb-c.c
	$(if $V,,@echo "  CC    $<")
	$Q $(CC) $(BASE) $(CFLAGS) -c -o $@ $<
PROTO_O := $(patsubst %.c,$B/%.o,$(wildcard $(PROTO:.proto=*.c)))
$(PROTO_O): BASE += -I$B/lib/onnx
$(PROTO_O): | $(PROTO:%.proto=$B/%.pb-c.h)

ifeq ($(CUDA),1)
# Machine code for each architecture, and PTX of the last for those to come.
GENCODE := $(foreach s,$(SMS),-gencode arch=compute_$s,code=sm_$s) -gencode arch=compute_$(lastword $(SMS)),code=compute_$(lastword $(SMS))
HOST    := -fPIC -fvisibility=hidden -fopenmp -Wall -Wextra -Wno-missing-field-initializers $(SANITIZE)
$B/%.o: %.cu Makefile $(STAMP)
	$(if $V,,@echo "  NVCC  $<")
	@mkdir -p $(@D)
	$Q $(NVCC) -std=c++20 -O3 $(GENCODE) $(if $(WERROR),--Werror all-warnings) -Xcompiler $(subst $(space),$(comma),$(strip $(HOST))) \
	    -MMD -MP -Ikernels/cuda/native -Ilib -c -o $@ $<
else ifeq ($(CUDA),emulated)
# Kernels are written for nvcc, which knows its pragmas, allows what C++ calls aliasing, and does not ask for signs in comparisons. Each file is a
# program of its own on a GPU, and may call different things by one name; C++ would take one of them for all: so what a file defines weakly
# (inline functions, methods of its structs) is made its own.
EMULATED  = -x c++ -std=c++20 -Wall -Wextra $(if $(WERROR),-Werror) $(SANITIZE) -fopenmp -fPIC -fvisibility=hidden -ftls-model=initial-exec \
            -MMD -MP -I$(EMULATOR) -Ilib
# Of UndefinedBehaviorSanitizer kernels have the bounds of arrays; in loops as tight as theirs all of it takes most of the time. Counts of lines
# need no atomics.
AS_CUDA  := --coverage -fprofile-update=single -fno-strict-aliasing -Wno-unknown-pragmas -Wno-sign-compare \
            -Wno-missing-field-initializers -Wno-deprecated-enum-enum-conversion
$B/%.o: %.cu Makefile $(STAMP)
	$(if $V,,@echo "  CXX   $<")
	@mkdir -p $(@D)
	$Q $(CXX) $(EMULATED) $(AS_CUDA) $(FEWER) $(CFLAGS) -c -o $@ $<
	$Q ld -r --force-group-allocation -o $@.own $@
	$Q objcopy $$(nm --defined-only $@.own | awk '$$2 ~ /[WVu]/ { print "--localize-symbol=" $$3 }') $@.own $@ && rm $@.own
$B/%.o: %.cc Makefile $(STAMP)
	$(if $V,,@echo "  CXX   $<")
	@mkdir -p $(@D)
	$Q $(CXX) $(EMULATED) -Wshadow $(CFLAGS) -c -o $@ $<
# What runs for every thread of every kernel is not itself under sanitizers; nor are the references, which other builds have under them.
$B/tests/op/%.o $B/tests/golden/%.o: SANITIZE :=
$B/kernels/cuda/%.o: FEWER := $(if $(SANITIZERS),-fno-sanitize=undefined -fsanitize=bounds)
$(foreach f,fiber block waiting mma,$B/$(EMULATOR)/$f.o): SANITIZE :=
endif

$B/test-%: $B/libp2cnn.a
	$(if $V,,@echo "  LD    $@")
	$Q $(CC) $(BASE) $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) $B/libp2cnn.a $(LIBS) -lcmocka
define test_rule
$B/test-$1: $(patsubst %.c,$B/%.o,$(wildcard tests/$1/*.c tests/*.c))
endef
$(foreach d,op unit golden train,$(eval $(call test_rule,$d)))
$B/test-golden: $B/train/step.o
# All of the trainers but their mains, with what the unit tests share.
$B/test-train: $(filter-out %/main.o,$(TRAIN_O) $(FIT_O)) $(RUN_O) $(CLI_O) $(foreach o,support world drawn,$B/tests/unit/$o.o)
# The emulation's own, without a library.
EMULATOR_TESTS := $(wildcard $(EMULATOR)/self/*.c $(EMULATOR)/self/*.cu)
$B/test-emulator: $(patsubst %,$B/%.o,$(basename $(EMULATOR_TESTS))) $(EMU_O)
	$(if $V,,@echo "  LD    $@")
	$Q $(CC) $(BASE) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(CUDA_LIBS) -lm -lcmocka

$B/tests/demo/portrait $B/tests/demo/faces $B/tests/demo/room: $(patsubst %.c,$B/%.o,$(wildcard tests/demo/draw/*.c))
$(HELPERS): $B/%: $B/%.o $B/libp2cnn.a
	$(if $V,,@echo "  LD    $@")
	$Q $(CC) $(BASE) $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) $B/libp2cnn.a $(LIBS)

deps:
	@.ci/deps

# In two steps, because the libraries' flags are known only once they are installed.
demo check: deps
	@$(MAKE) --no-print-directory $@-built

# A training of a minute or two on two quiet cores: small networks, the smallest pictures, steps forty times as large as in a long
# training, no random crops, and style before likeness.
D := build/demo
DEMO_TRAIN := --img_size 96 --ch 8 --iteration 350 --lr 4e-3 --weight_decay 0 --adv_weight 0.5 --cycle_weight 15 --identity_weight 30 \
              --cam_weight 1 --ema 0.98 --augment false --print_freq 50 --save_freq 350
demo-built: all $(HELPERS)
	@rm -rf $D && mkdir -p $D/faces
	@echo "1. Drawing faces: 200 'photos' and 200 cartoons to learn from, none of them in pairs, and 8 of each that are never learnt from"
	@$B/tests/demo/faces $D/faces 200 8
	@echo "2. Training from nothing: a network that makes cartoons of photos, one for the way back, and their four critics"
	@$B/p2c-train --dataset $D/faces --run $D/run $(DEMO_TRAIN)
	@echo "3. Cartoons of the 8 photos that were kept back"
	@$B/p2c-infer --prepared --ema --size 96 --weights $D/run/model/faces_params_latest.pt $D/faces/testA/*.png -o $D/cartoons/
	@$B/tests/demo/beside $D/before_after.png -s 192 $D/faces/testA/*.png / $D/cartoons/*.png
	@echo "4. A photo of somebody in a room: the face is found, turned upright, cut out, drawn, and put back"
	@$B/tests/demo/room $D/room.png
	@$(if $(DLIB_LIBS),$B/p2c-infer --ema --size 96 --layout keep --weights $D/run/model/faces_params_latest.pt $D/room.png -o $D/room_cartoon.png,echo "skipped: DLIB=0, so no face can be found")
	@echo
	@echo "Photos, and below them what the network makes of them after 350 steps:   $D/before_after.png"
	@echo "The room, before and after:                                             $D/room.png, $D/room_cartoon.png"
	@echo "How it learnt, in curves and pictures; open it in a browser:                    $D/run/report.html"
	@echo "For the real thing take photos and cartoons, and give it days, not minutes:"
	@echo "  $B/p2c-data build PHOTOS/ --out dataset/NAME"
	@echo "  $B/p2c-data build CARTOONS/ --out dataset/NAME --domain B --align none"
	@echo "  $B/p2c-train --dataset NAME --run first"
	@echo "  $B/p2c-infer --weights experiment/first/model/NAME_params_latest.pt PHOTO.jpg -o CARTOON.png"

# GOMP_SPINCOUNT: waiting threads sleep soon, so that the tests take no longer on a machine that does other work.
# Leaks count as failures; the exit codes of the sanitizers differ from those of every program here.
CHECK_ENV := GOMP_SPINCOUNT=1000 ASAN_OPTIONS=detect_leaks=1:exitcode=99:allocator_may_return_null=1 UBSAN_OPTIONS=print_stacktrace=1:exitcode=99
ifneq ($(CUDA),)
check-built: check-cuda
else
CHECK_CUDA := $(if $(SAN),,@$(MAKE) --no-print-directory CUDA=emulated check-cuda && $(if $(shell command -v nvcc),$(MAKE) --no-print-directory CUDA=1 WERROR=1 check-cuda,echo "skipped: no nvcc here to compile kernels/cuda with"))
check-built: all $(TESTS) $(HELPERS)
	@failed=; for t in $(TESTS); do echo "== $$t"; $(CHECK_ENV) $$t || failed="$$failed $$t"; done; \
	echo "== tests/cli"; \
	$(CHECK_ENV) B=$B SAN=$(SAN) CC="$(CC)" SANITIZE="$(SANITIZE)" MAKE="$(MAKE)" tests/cli/run.sh || failed="$$failed tests/cli"; \
	if [ -n "$$failed" ]; then echo "check: FAILED:$$failed"; exit 1; else echo "check: all passed ($(CONFIG))"; fi
	$(CHECK_CUDA)
endif

# The GPU's kernels: on one, or emulated. A plain build has none, so its check makes an emulated one, and with nvcc a real one.
check-cuda: all $(TESTS) $(HELPERS)
	@$(CHECK_ENV) B=$B SAN=$(SAN) CC="$(CC)" SANITIZE="$(SANITIZE)" MAKE="$(MAKE)" tests/cuda.sh

bench: all
	@tests/bench/infer.sh $B/p2c-infer
	@tests/bench/train.sh $B/p2c-train

# How good networks for faces are, beside others; and what only a machine with a GPU can tell.
$B/bench-faces: $B/tests/bench/faces.o $(filter-out %/main.o,$(FIT_O)) $(RUN_O) $(CLI_O) $B/libp2cnn.a
$B/bench-gpu: $B/tests/bench/gpu.o $B/train/step.o $(CLI_O) $B/libp2cnn.a
$B/bench-faces $B/bench-gpu:
	$(if $V,,@echo "  LD    $@")
	$Q $(CC) $(BASE) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)
gpu-report:
	@$(MAKE) --no-print-directory CUDA=1 build/cuda/test-op build/cuda/test-unit build/cuda/test-golden build/cuda/bench-gpu
	@tests/bench/gpu.sh build/cuda

# Manual pages and completions, which the programs print. A cross-build cannot run them, and has none.
BASHDIR ?= $(DATADIR)/bash-completion/completions
ZSHDIR  ?= $(DATADIR)/zsh/site-functions
MANUAL  := $(if $(filter $(MACHINE),$(shell cc -dumpmachine)),$(foreach p,$(notdir $(PROGRAMS)),\
               $B/manual/$p.1 $B/manual/$p.bash $B/manual/$p.zsh))
$B/manual/%.1 $B/manual/%.bash $B/manual/%.zsh: $B/%
	@mkdir -p $(@D)
	$Q for f in man:1 bash:bash zsh:zsh; do $< --print $${f%:*} >$B/manual/$*.$${f#*:} || exit; done

# The shared library as lib<name>.so.VERSION with its two usual links. PREFIX may be relative; p2cnn.pc needs it
# whole. Names are quoted: DESTDIR may have blanks in it.
HEADERS := lib/p2cnn.h
PC_SETTINGS = s|@PREFIX@|$(abspath $(PREFIX))|; s|@LIBDIR@|$(abspath $(LIBDIR))|; \
    s|@INCLUDEDIR@|$(abspath $(INCLUDEDIR))|; s|@VERSION@|$(VERSION)|; s|@PACKAGES@|$(PACKAGES) openblas|; \
    s|@LIBS@|$(strip $(DLIB_LIBS) $(CUDA_LIBS) -fopenmp -lm)|
install: all $(MANUAL)
	$(INSTALL) -d "$(DESTDIR)$(BINDIR)" "$(DESTDIR)$(INCLUDEDIR)" "$(DESTDIR)$(LIBDIR)/pkgconfig"
	$(INSTALL) -m 755 $(PROGRAMS) "$(DESTDIR)$(BINDIR)/"
	$(INSTALL) -m 644 $(HEADERS) "$(DESTDIR)$(INCLUDEDIR)/"
	$(INSTALL) -m 644 $B/libp2cnn.a "$(DESTDIR)$(LIBDIR)/"
	$(INSTALL) -m 644 $B/libp2cnn.so "$(DESTDIR)$(LIBDIR)/libp2cnn.so.$(VERSION)"
	ln -sf libp2cnn.so.$(VERSION) "$(DESTDIR)$(LIBDIR)/libp2cnn.so.0"
	ln -sf libp2cnn.so.0 "$(DESTDIR)$(LIBDIR)/libp2cnn.so"
	sed '$(PC_SETTINGS)' p2cnn.pc.in >"$(DESTDIR)$(LIBDIR)/pkgconfig/p2cnn.pc"

ifneq ($(MANUAL),)
	$(INSTALL) -d "$(DESTDIR)$(MANDIR)/man1" "$(DESTDIR)$(BASHDIR)" "$(DESTDIR)$(ZSHDIR)"
	$(INSTALL) -m 644 $(filter %.1,$(MANUAL)) "$(DESTDIR)$(MANDIR)/man1/"
	for p in $(notdir $(PROGRAMS)); do \
	    $(INSTALL) -m 644 $B/manual/$$p.bash "$(DESTDIR)$(BASHDIR)/$$p"; \
	    $(INSTALL) -m 644 $B/manual/$$p.zsh "$(DESTDIR)$(ZSHDIR)/_$$p"; \
	done
endif

# What install put there, by name; folders only if they are empty.
uninstall:
	cd "$(DESTDIR)$(BINDIR)" && rm -f $(notdir $(PROGRAMS))
	cd "$(DESTDIR)$(INCLUDEDIR)" && rm -f $(notdir $(HEADERS))
	cd "$(DESTDIR)$(LIBDIR)" && rm -f libp2cnn.a libp2cnn.so libp2cnn.so.0 libp2cnn.so.$(VERSION) pkgconfig/p2cnn.pc
	cd "$(DESTDIR)$(MANDIR)/man1" 2>/dev/null && rm -f $(PROGRAMS:$B/%=%.1) || true
	cd "$(DESTDIR)$(BASHDIR)" 2>/dev/null && rm -f $(notdir $(PROGRAMS)) || true
	cd "$(DESTDIR)$(ZSHDIR)" 2>/dev/null && rm -f $(PROGRAMS:$B/%=_%) || true

# Debian packages libp2cnn0, libp2cnn-dev and p2cnn, of the files that git knows, under build/deb.
DEB := build/deb/p2cnn-$(VERSION)
deb:
	@command -v dpkg-buildpackage dh >/dev/null || { echo "make deb needs dpkg-dev and debhelper" >&2; exit 1; }
	rm -rf build/deb && mkdir -p $(DEB)
	git ls-files -z | xargs -0 cp --parents -t $(DEB)
	cp -r .ci/debian $(DEB)/debian
	printf 'p2cnn (%s) unstable; urgency=medium\n\n  * See CHANGELOG.md.\n\n -- The p2cnn authors <p2cnn@example.org>  %s\n' \
	    $(VERSION) "$$(date -R -r CHANGELOG.md)" >$(DEB)/debian/changelog
	cd $(DEB) && dpkg-buildpackage -us -uc -b
	@ls -l build/deb/*.deb

clean:
	rm -rf build

-include $(shell find $B -name '*.d' 2>/dev/null)
