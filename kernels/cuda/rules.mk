# rules.mk: how kernels/cuda is built: by nvcc (CUDA=1), or as C++ for the emulation in
# tests/cuda_on_cpu (CUDA=emulated), whose headers stand in for those of kernels/cuda/native.

LIB_O += $(patsubst %.cu,$B/%.o,$(wildcard kernels/cuda/*.cu kernels/cuda/conv2d/*.cu))

ifeq ($(CUDA),1)
NVCC         ?= nvcc
NVCC_ROOT    := $(dir $(realpath $(shell command -v $(NVCC))))..
CUDA_RUNTIME := $(firstword $(wildcard $(foreach d,lib64 lib targets/*/lib,\
                    $(NVCC_ROOT)/$d/libcudart_static.a)))
CUDA_LIBS    := $(CUDA_RUNTIME) -ldl -lrt -lpthread -lstdc++
$(if $(CUDA_RUNTIME),,$(error CUDA=1 needs nvcc in PATH, and libcudart_static.a beside it))

# Machine code for each architecture, and PTX of the last for those to come.
NEWEST  := $(lastword $(SMS))
GENCODE := $(foreach s,$(SMS),-gencode arch=compute_$s,code=sm_$s) \
           -gencode arch=compute_$(NEWEST),code=compute_$(NEWEST)
HOST    := -fPIC -fvisibility=hidden -Wall -Wextra -Wno-missing-field-initializers \
           $(SANITIZE)
$B/%.o: %.cu Makefile kernels/cuda/rules.mk $(B)/flags
	$(call say,NVCC,$<)
	@mkdir -p $(@D)
	$Q $(NVCC) -std=c++20 -O3 $(GENCODE) $(if $(WERROR),--Werror all-warnings) \
	    -Xcompiler $(subst $(space),$(comma),$(strip $(HOST))) \
	    -MMD -MP -Ikernels/cuda/native -Ilib -c -o $@ $<
else
CUDA_LIBS := -lstdc++ --coverage -fopenmp # the emulation's own threads are OpenMP's
EMULATOR  := tests/cuda_on_cpu
EMU_O     := $(patsubst %.cc,$B/%.o,$(wildcard $(EMULATOR)/*.cc))
LIB_O     += $(EMU_O)
TESTS     += $B/test-emulator

# Kernels are written for nvcc, which knows its pragmas, allows what C++ calls aliasing, and does not
# ask for signs in comparisons. Of UndefinedBehaviorSanitizer they have the bounds of arrays: in loops
# as tight as theirs all of it takes most of the time. Counts of lines need no atomics.
EMULATED = -x c++ -std=c++20 -Wall -Wextra $(if $(WERROR),-Werror) $(SANITIZE) -fopenmp -fPIC \
           -fvisibility=hidden -ftls-model=initial-exec -MMD -MP -I$(EMULATOR) -Ilib
AS_CUDA := --coverage -fprofile-update=single -fno-strict-aliasing -Wno-unknown-pragmas \
           -Wno-sign-compare -Wno-missing-field-initializers -Wno-deprecated-enum-enum-conversion
# Each file is a program of its own on a GPU, and may call different things by one name. C++ would
# take one of them for all. So what a file defines weakly (inline functions, methods of its structs)
# is made its own.
$B/%.o: %.cu Makefile kernels/cuda/rules.mk $(B)/flags
	$(call say,CXX,$<)
	@mkdir -p $(@D)
	$Q $(CXX) $(EMULATED) $(AS_CUDA) $(FEWER) $(CFLAGS) -c -o $@ $<
	$Q ld -r --force-group-allocation -o $@.own $@
	$Q objcopy $$(nm --defined-only $@.own | \
	    awk '$$2 ~ /[WVu]/ { print "--localize-symbol=" $$3 }') $@.own $@ && rm $@.own
$B/%.o: %.cc Makefile kernels/cuda/rules.mk $(B)/flags
	$(call say,CXX,$<)
	@mkdir -p $(@D)
	$Q $(CXX) $(EMULATED) -Wshadow $(CFLAGS) -c -o $@ $<
# What runs for every thread of every kernel is not itself under sanitizers; nor are the references,
# which other builds have under them.
$B/tests/op/%.o $B/tests/golden/%.o: private SANITIZE :=
$B/kernels/cuda/%.o: FEWER := $(if $(SANITIZERS),-fno-sanitize=undefined -fsanitize=bounds)
$(foreach f,fiber block waiting mma,$B/$(EMULATOR)/$f.o): private SANITIZE :=

# The emulation's own tests, without the library.
EMULATOR_TESTS := $(wildcard $(EMULATOR)/self/*.c $(EMULATOR)/self/*.cu)
$B/test-emulator: $(patsubst %,$B/%.o,$(basename $(EMULATOR_TESTS))) $(EMU_O)
	$(call say,LD,$@)
	$Q $(CC) $(BASE) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(CUDA_LIBS) -lm -lcmocka
endif
