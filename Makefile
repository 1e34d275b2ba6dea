# p2cnn. What people type:
#   make            library and programs, under build/
#   make demo       installs what is missing, builds, draws faces, and learns for a minute or two to
#                   turn them into cartoons
#   make check      installs what is missing, builds, and runs every test
#   make bench      times the forward pass, the training step, and matrix products
#   make gpu-report on a machine with an NVIDIA GPU and nvcc: tests and times of all that runs there
#   make install    PREFIX=/usr/local (or BINDIR, LIBDIR, INCLUDEDIR, MANDIR), DESTDIR=
#   make uninstall  removes what make install put there
#   make deb        Debian packages, under build/deb
#   make deps       only installs what is missing
#
# Settings, each kind of build in a folder of its own under build/:
#   SAN=address,undefined   build and test under sanitizers
#   CUDA=1                  also build for NVIDIA GPUs, with nvcc; SMS="80 90": for which ones
#   CUDA=emulated           the same for a GPU that is emulated on the CPU, for tests
#   DLIB=0                  leave out dlib's face detector, and with it C++
#   BLAS=openblas           matrix products by OpenBLAS instead of the project's own
#   V=1                     show commands
#   WERROR=1                warnings are errors
#   KILLS=N                 how often the tests kill a training
# CC, CXX, AR, CFLAGS, CXXFLAGS, CPPFLAGS, LDFLAGS, INSTALL and PKG_CONFIG mean what they always
# mean. Objects are built again when one of them changes. A cross-build takes its architecture from
# CC:
#   PKG_CONFIG_LIBDIR=/usr/lib/aarch64-linux-gnu/pkgconfig make B=build/arm64 DLIB=0 \
#       CC=aarch64-linux-gnu-gcc CXX=aarch64-linux-gnu-g++ AR=aarch64-linux-gnu-ar

PREFIX     ?= /usr/local
BINDIR     ?= $(PREFIX)/bin
LIBDIR     ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
DATADIR    ?= $(PREFIX)/share
MANDIR     ?= $(DATADIR)/man
CC         ?= cc
CFLAGS     ?= -O2 -g
CXXFLAGS   ?= $(CFLAGS)
CPPFLAGS   ?=
LDFLAGS    ?=
INSTALL    ?= install
PKG_CONFIG ?= pkg-config
SAN        ?=
CUDA       ?=
DLIB       ?= 1
BLAS       ?=
SMS        ?= 80 90

VERSION := $(shell sed -n 's/^.define P2C_VERSION_[A-Z]* \([0-9]*\)$$/\1/p' lib/p2cnn_base.h \
               | paste -sd.)
SONAME  := libp2cnn.so.$(shell sed -n 's/^.define P2C_ABI //p' lib/p2cnn_base.h)
comma   := ,
space   := $(subst ,, )
$(if $(filter-out 1 emulated,$(CUDA)),$(error CUDA=$(CUDA): there are CUDA=1 and CUDA=emulated))
$(if $(filter-out openblas,$(BLAS)),$(error BLAS=$(BLAS): there is BLAS=openblas))
# The emulation is there to find faults: it is under sanitizers, unless SAN=none.
SANITIZERS := $(filter-out none,$(or $(SAN),\
                  $(if $(filter emulated,$(CUDA)),address$(comma)undefined)))
KIND := $(if $(CUDA),$(if $(filter emulated,$(CUDA)),emulated,cuda)) \
        $(BLAS) $(if $(SAN),san-$(subst $(comma),-,$(SAN)))
CONFIG  := $(or $(subst $(space),-,$(strip $(KIND))),release)
B       := build/$(CONFIG)
Q       := $(if $(V),,@)
# "  CC    lib/graph/plan.c", unless V=1 shows the command itself.
say      = $(if $V,,@printf '  %-5s %s\n' $1 $2)

PACKAGES := libpng libjpeg libzip libexif libprotobuf-c $(BLAS)
ifneq ($(filter-out clean deps demo check,$(or $(MAKECMDGOALS),all)),)
PKG_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(PACKAGES) 2>/dev/null)
PKG_LIBS   := $(shell $(PKG_CONFIG) --libs $(PACKAGES) 2>/dev/null)
$(if $(PKG_LIBS),,$(error libraries are missing; 'make deps' installs or names them))
endif

WARN     := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wundef \
            $(if $(WERROR),-Werror)
SANITIZE := $(if $(SANITIZERS),-fsanitize=$(SANITIZERS) -fno-sanitize-recover=all \
                -fno-omit-frame-pointer)
COMMON    = $(SANITIZE) -fPIC -fvisibility=hidden -MMD -MP -Ilib $(CPPFLAGS)
BASE      = -std=gnu11 $(WARN) $(COMMON) -pthread $(PKG_CFLAGS) $(if $(CUDA),-DP2C_CUDA) \
            $(if $(BLAS),-DP2C_OPENBLAS)
# Contraction to fused multiply-add, and no errno or traps from arithmetic. Never -ffast-math, which
# deletes checks for NaN. -Wno-psabi: wide vectors are only passed between inline functions.
KERNEL   := -O3 -ffp-contract=fast -fno-math-errno -fno-trapping-math -Wno-psabi
# Not dlib's pkg-config: it asks for the development packages of all that dlib could be built with.
# Statically into programs: the detector needs a few small functions, the shared libdlib brings BLAS
# and LAPACK with it, which may be OpenBLAS. The archive cannot go into a shared library.
DLIB_LIB  := $(if $(findstring /,$(shell $(CC) -print-file-name=libdlib.a)),-l:libdlib.a,-ldlib)
DLIB_LIBS  = $(if $(filter-out 0,$(DLIB)),$(DLIB_LIB) -lstdc++ -lpthread)
# Loops are shared among threads in OpenMP's notation. GCC's runtime is not linked, lib/base/team.h
# takes its place by names that only the assembler sees: not for link-time optimisation. Clang's is.
LOOPS    := -fopenmp -fno-lto
OMP_LIBS := $(if $(findstring clang,$(shell $(CC) --version)),-fopenmp)
LIBS      = $(PKG_LIBS) $(DLIB_LIBS) $(CUDA_LIBS) $(OMP_LIBS) -lm

# Kernels are compiled once for each instruction set; lib/base/device.c chooses at run time. The
# architecture is that of the compiler's target, which need not be this machine's.
MACHINE := $(shell $(CC) -dumpmachine)
ifneq ($(filter x86_64-%,$(MACHINE)),)
ISAS   := v2 v3 v4
ISA_v2 := -march=x86-64-v2
ISA_v3 := -march=x86-64-v3
ISA_v4 := -march=x86-64-v4 -mprefer-vector-width=512
else
ISAS     := base
ISA_base :=
endif

# ---- what is made of what ---------------------------------------------------------------------

# One folder, one wildcard. lib/cli is for the programs: libp2cnn does not hold it.
objects   = $(patsubst %.c,$B/%.o,$(foreach d,$1,$(wildcard $d/*.c)))
PROTO    := $(wildcard lib/onnx/*.proto)
KERNEL_C := $(wildcard kernels/cpu/*.c kernels/cpu/*/*.c)
LIB_O    := $(call objects,$(addprefix lib/,base graph op model image torch onnx face cartoon)) \
            $(patsubst %.cc,$B/%.o,$(wildcard lib/face/*.cc)) $(PROTO:%.proto=$B/%.pb-c.o) \
            $B/lib/model/weights/weights.o $(foreach i,$(ISAS),$(KERNEL_C:%.c=$B/%.$i.o))
CLI_O    := $(call objects,lib/cli)
# Two programs that train, and what both are made of: run a training, whatever is trained.
RUN_O    := $(call objects,train/run)
TRAIN_O  := $(call objects,train train/measure)
FIT_O    := $(call objects,train/fit train/fit/scene)
PROGRAMS := $B/p2c-infer $B/p2c-train $B/p2c-data $B/p2c-fit
HELPERS  := $(patsubst %.c,$B/%,$(wildcard tests/demo/*.c tests/cli/*.c))
TESTS    := $(foreach d,op unit golden train,$B/test-$d)

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.PHONY: all demo demo-built check check-built check-cuda bench profile gpu-report install \
        uninstall deb deps clean FORCE
FORCE:
include $(if $(CUDA),kernels/cuda/rules.mk) .ci/install.mk

# What objects are built with. When it changes, so does the stamp, and all of them are built again.
FLAGS  = $(CC) | $(CXX) | $(NVCC) | $(BASE) | $(CFLAGS) | $(CXXFLAGS) | $(LOOPS) | $(KERNEL) | \
         $(MACHINE) | $(DLIB) | $(SMS)
STAMP := $B/flags
ifneq ($(file <$(STAMP)),$(strip $(FLAGS)))
$(STAMP): FORCE
endif
$(STAMP):
	@mkdir -p $(@D)
	@printf '%s' '$(subst ','\'',$(strip $(FLAGS)))' >$@

all: $B/libp2cnn.a $B/libp2cnn.so $(PROGRAMS)

$B/libp2cnn.a: $(LIB_O)
	$(call say,AR,$@)
	$Q rm -f $@ && $(AR) rcs $@ $^
$B/libp2cnn.so: private DLIB_LIB := -ldlib
$B/libp2cnn.so: $(LIB_O) lib/libp2cnn.map
	$(call say,LD,$@)
	$Q $(CC) $(BASE) $(CFLAGS) -shared -Wl,-soname,$(SONAME) -Wl,--no-undefined \
	    -Wl,--version-script=lib/libp2cnn.map $(LDFLAGS) -o $@ $(filter %.o,$^) $(LIBS)
$B/p2c-infer: $(call objects,infer) $(CLI_O) $B/libp2cnn.a
$B/p2c-data: $(call objects,data) $(CLI_O) $B/libp2cnn.a
$B/p2c-train: $(TRAIN_O) $(RUN_O) $(CLI_O) $B/libp2cnn.a
$B/p2c-fit: $(FIT_O) $(RUN_O) $(CLI_O) $B/libp2cnn.a
$B/p2c-infer: LIBS += -lmd
link = $(CC) $(BASE) $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(LIBS)
$(PROGRAMS):
	$(call say,LD,$@)
	$Q $(link)

define isa_rule
$B/kernels/cpu/%.$1.o: kernels/cpu/%.c Makefile $$(STAMP)
	$$(call say,CC,"$$< ($1)")
	@mkdir -p $$(@D)
	$$Q $$(CC) $$(BASE) $$(CFLAGS) $$(LOOPS) $$(KERNEL) $$(ISA_$1) -DP2C_ISA=$1 -c -o $$@ $$<
endef
$(foreach i,$(ISAS),$(eval $(call isa_rule,$i)))
$B/%.o: %.c Makefile $(STAMP)
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$Q $(CC) $(BASE) $(CFLAGS) $(LOOPS) -c -o $@ $<
$B/lib/model/weights/weights.o: $(wildcard lib/model/weights/*.pt)
$B/%.o: %.S Makefile $(STAMP)
	$(call say,AS,$<)
	@mkdir -p $(@D)
	$Q $(CC) $(CPPFLAGS) -c -o $@ $<
# dlib's headers are not held to the warnings of this project.
$B/lib/face/%.o: lib/face/%.cc Makefile $(STAMP)
	$(call say,CXX,$<)
	@mkdir -p $(@D)
	$Q $(CXX) -std=c++17 -Wall $(if $(WERROR),-Werror) $(COMMON) \
	    $(if $(DLIB_LIBS),-DP2C_DLIB) $(CXXFLAGS) -c -o $@ $<
# Readers of protobuf files, made by protoc-c.
$B/%.pb-c.c $B/%.pb-c.h: %.proto
	$(call say,PROTO,$<)
	@mkdir -p $(@D)
	$Q protoc-c -I$(<D) --c_out=$(@D) $<
$B/%.pb-c.o: $B/%.pb-c.c Makefile $(STAMP)
	$(call say,CC,$<)
	$Q $(CC) $(BASE) $(CFLAGS) -c -o $@ $<
PROTO_O := $(patsubst %.c,$B/%.o,$(wildcard $(PROTO:.proto=*.c)))
$(PROTO_O): private PKG_CFLAGS += -I$B/lib/onnx
$(PROTO_O): | $(PROTO:%.proto=$B/%.pb-c.h)

# ---- tests --------------------------------------------------------------------------------------

$B/test-%: $B/libp2cnn.a
	$(call say,LD,$@)
	$Q $(link) -lcmocka
$(foreach d,op unit golden train,$(eval $B/test-$d: $(call objects,tests/$d tests)))
$B/test-golden: $B/train/step.o
# All of the trainers except their mains, with what the unit tests share.
$B/test-train: $(filter-out %/main.o,$(TRAIN_O) $(FIT_O)) $(RUN_O) $(CLI_O) \
               $(foreach o,support world drawn,$B/tests/unit/$o.o)
$(foreach p,portrait faces room,$B/tests/demo/$p): $(call objects,tests/demo/draw)
$(HELPERS): $B/%: $B/%.o $B/libp2cnn.a
	$(call say,LD,$@)
	$Q $(link)

deps:
	@.ci/deps

# In two steps, because the libraries' flags are known only once they are installed.
demo check: deps
	@$(MAKE) --no-print-directory $@-built

demo-built: all $(HELPERS)
	@B=$B DLIB=$(DLIB) PHOTO="$(PHOTO)" tests/demo/demo.sh

# Leaks count as failures. The exit codes of the sanitizers differ from those of every program here.
CHECK_ENV := UBSAN_OPTIONS=print_stacktrace=1:exitcode=99 \
             ASAN_OPTIONS=detect_leaks=1:exitcode=99:allocator_may_return_null=1
TEST_ENV   = $(CHECK_ENV) B=$B SAN=$(SAN) CC="$(CC)" SANITIZE="$(SANITIZE)" MAKE="$(MAKE)"
ifneq ($(CUDA),)
check-built: check-cuda
else
# A plain build has no kernels for a GPU: its check makes an emulated build, with nvcc a real one.
check-built: all $(TESTS) $(HELPERS)
	@failed=; for t in .ci/format .ci/includes $(TESTS); do \
	    echo "== $$t"; $(CHECK_ENV) $$t || failed="$$failed $$t"; \
	done; \
	echo "== tests/cli"; $(TEST_ENV) tests/cli/run.sh || failed="$$failed tests/cli"; \
	if [ -n "$$failed" ]; then echo "check: FAILED:$$failed"; exit 1; fi; \
	echo "check: all passed ($(CONFIG))"
ifeq ($(SAN),)
	@$(MAKE) --no-print-directory CUDA=emulated check-cuda
	@if command -v nvcc >/dev/null; then \
	    $(MAKE) --no-print-directory CUDA=1 WERROR=1 check-cuda; \
	else echo "skipped: no nvcc here to compile kernels/cuda with"; fi
endif
endif

check-cuda: all $(TESTS) $(HELPERS)
	@$(TEST_ENV) tests/cuda.sh

# ---- times --------------------------------------------------------------------------------------

bench: all $B/bench-gemm $B/tests/demo/random_weights
	@tests/bench/infer.sh $B/p2c-infer $B/tests/demo/random_weights
	@tests/bench/train.sh $B/p2c-train
	@$B/bench-gemm

# Where the time goes: one thread, ch 32, 256 x 256.
profile: $B/bench-profile
	@$B/bench-profile forward
	@$B/bench-profile step

# How good networks for faces are, beside others; and what only a machine with a GPU can tell.
$B/bench-faces: $B/tests/bench/faces.o $(filter-out %/main.o,$(FIT_O)) $(RUN_O) $(CLI_O) \
                $B/libp2cnn.a
$B/bench-gpu: $B/tests/bench/gpu.o $B/train/step.o $(CLI_O) $B/libp2cnn.a
$B/bench-profile: $B/tests/bench/profile.o $B/train/step.o $(CLI_O) $B/libp2cnn.a
$B/bench-gemm: $B/tests/bench/gemm.o $B/libp2cnn.a
$B/bench-faces $B/bench-gpu $B/bench-profile $B/bench-gemm:
	$(call say,LD,$@)
	$Q $(link)
gpu-report:
	@$(MAKE) --no-print-directory CUDA=1 \
	    $(foreach p,test-op test-unit test-golden bench-gpu,build/cuda/$p)
	@tests/bench/gpu.sh build/cuda

clean:
	rm -rf build

-include $(shell find $B -name '*.d' 2>/dev/null)
