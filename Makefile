# clrpod. Run from the folder of this file; README.md has the commands, this file the truth.
#
#   make            build/release/clrpod
#   make static     build/static/clrpod: one file, no shared libraries, stripped
#   make static CROSS=aarch64   the same for arm64, on another machine: build/static-aarch64/clrpod
#   make deps       install what building and testing need (Debian 12; root or sudo)
#   make check      every test; ends with "N passed, N failed, N skipped"
#   make asan       the program and its unit tests with sanitizers: unit, golden, cli, fuzz corpora
#   make tsan       the unit tests that start threads, with ThreadSanitizer
#   make night      what has a longer form than make check's, in that form: docs/NIGHT.md
#   make lie        each command on each dump again with each page hidden that it had read: hours
#   make demo       the program at work on a dump that ships with the project
#   make matrix     every dump that ships, against what is known of it, as a table
#   make circles    which files need each other, by the symbols of what is built: none may
#   make lint format layers headers howto bench bench-collect fuzz docs golden-update
#
# VARIANT=release|debug|asan|tsan|cover|fuzz|static: a build folder each, so that flags never mix.
# BUILD_ROOT=DIR builds elsewhere, SKIP="a.c b.c" leaves sources out, WERROR=1 makes warnings fail,
# KINDS="live vm" runs tests of these kinds alone (tests/run).

PROGRAM    := clrpod
LAYERS     := base attach/target attach dump/images dump/core dump/collect heap inspect commands cli
VARIANT    ?= release
BUILD_ROOT ?= build
BUILD      := $(BUILD_ROOT)/$(VARIANT)$(if $(CROSS),-$(CROSS))
DEPS       := $(BUILD_ROOT)/deps
SECONDS    ?= 60

WARNINGS := -Wall -Wextra -Wshadow -Wvla -Wundef -Wformat=2 -Wmissing-prototypes \
	-Wstrict-prototypes -Wwrite-strings -Wno-format-zero-length $(if $(WERROR),-Werror)
HARDEN         := -D_FORTIFY_SOURCE=2 -fstack-protector-strong
FLAGS_release  := -O2 -g $(HARDEN)
FLAGS_debug    := -O0 -g3
FLAGS_asan     := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all \
	-fno-omit-frame-pointer
FLAGS_tsan     := -O1 -g -fsanitize=thread -fno-omit-frame-pointer -DTAP_BRIEF
FLAGS_cover    := -O0 -g --coverage
FLAGS_fuzz     := $(FLAGS_asan) -fsanitize=fuzzer-no-link
FLAGS_static   := -O2 -g $(HARDEN) -ffunction-sections -fdata-sections -isystem $(DEPS)/include
LDFLAGS_static := -static -Wl,--gc-sections

# Debian has no libcjson.a: the static program compiles cJSON's one file (see tools/install-deps).
LIBS := -ledit -lelf -lcjson -lzstd -lz -lpthread
ifeq ($(VARIANT),static)
LIBS := -ledit -ltinfo -lbsd -lmd -lelf -lzstd -lz -lpthread
endif

# A static program of another architecture: Debian's cross compiler, Debian's libraries of that
# architecture unpacked below CROSS_ROOT (tools/install-deps cross).
STRIP := strip
ifneq ($(CROSS),)
CROSS_ROOT := $(DEPS)/$(CROSS)
CC         := $(CROSS)-linux-gnu-gcc
STRIP      := $(CROSS)-linux-gnu-strip
FLAGS_static   += $(addprefix -isystem $(CROSS_ROOT)/root/usr/include,/ /$(CROSS)-linux-gnu)
LDFLAGS_static += -L$(CROSS_ROOT)/root/usr/lib/$(CROSS)-linux-gnu
endif

COMPILE := $(CC) -std=gnu11 -D_GNU_SOURCE -I. -I$(BUILD) $(WARNINGS) $(FLAGS_$(VARIANT)) $(CFLAGS)
LINK    := $(COMPILE) $(LDFLAGS_$(VARIANT)) $(LDFLAGS)

FIND_SOURCES = $(shell find $(1) -name '*.[cS]' 2>/dev/null | LC_ALL=C sort -u)
OBJECT_NAMES = $(addprefix $(BUILD)/,$(addsuffix .o,$(basename $(1))))

SOURCES := $(filter-out $(SKIP),$(call FIND_SOURCES,$(LAYERS)))
OBJECTS := $(call OBJECT_NAMES,$(SOURCES))
ifeq ($(VARIANT),static)
OBJECTS += $(BUILD)/cJSON.o
endif
LAYOUTS := $(BUILD)/heap/contract/layouts.inc
LIBRARY := $(filter-out $(BUILD)/cli/main.o,$(OBJECTS))

# Every tests/unit/test_*.c is a program; the other files there help all of them, and the flags make
# our own allocations fail on demand.
UNIT_SOURCES := $(filter-out $(SKIP),$(call FIND_SOURCES,tests/unit))
UNIT_TESTS   := $(filter tests/unit/test_%.c,$(UNIT_SOURCES))
UNIT_HELPERS := $(call OBJECT_NAMES,$(filter-out $(UNIT_TESTS),$(UNIT_SOURCES)))
UNIT         := $(patsubst tests/unit/%.c,$(BUILD)/tests/unit/%,$(UNIT_TESTS))
# Those that start threads, for ThreadSanitizer: not those that fork beside them, which it forbids.
THREADED     := $(addprefix $(BUILD)/tests/unit/test_,core_sink_zstd heap_walk memory_budget \
	object_rank row_source)
UNIT_FLAGS   := $(addprefix @,$(wildcard tests/unit/alloc_fail.flags))

# One program of tests/lie, like those of tests/unit.
LIE_SOURCES := $(filter-out $(SKIP),$(call FIND_SOURCES,tests/lie))
LIE         := $(BUILD)/tests/lie/lie

FUZZ_SOURCES := $(filter-out $(SKIP),$(wildcard tests/fuzz/fuzz_*.c))
# What fuzz_contract and fuzz_walk stand on.
FUZZ_HELPERS := $(addprefix $(BUILD)/tests/unit/,fake_runtime.o fake_target.o alloc_fail.o)
FUZZERS      := $(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/%,$(FUZZ_SOURCES))
ALL_SOURCES   = $(shell find $(LAYERS) tests -name '*.[ch]' | LC_ALL=C sort -u)

# V=1 shows the commands.
Q   := $(if $(V),,@)
say  = $(if $(V),,@echo "  $(1)	$(2)")

# Before anything is made in a folder: a checkout may be read-only.
writable = $(if $(shell mkdir -p $(1) 2>/dev/null && [ -w $(1) ] && echo yes),,$(error \
	$(1) cannot be written: build elsewhere, with make BUILD_ROOT=/tmp/clrpod))

.DELETE_ON_ERROR:
all: $(BUILD)/$(PROGRAM)

$(BUILD)/$(PROGRAM): $(OBJECTS)
	$(call say,LINK,$@)
	$(Q)$(LINK) -o $@ $(OBJECTS) $(LIBS)
	$(if $(filter static,$(VARIANT)),$(Q)$(STRIP) $@)

$(BUILD)/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(COMPILE) -MMD -MP -c -o $@ $<

# Assembly here only embeds files (.incbin), which the compiler's -MMD does not see.
$(BUILD)/%.o: %.S $(wildcard heap/contract/data/*.json) $(LAYOUTS) $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,AS,$<)
	$(Q)$(COMPILE) -c -o $@ $<

# Which layouts there are is said by their files alone: one that comes or goes changes the list.
$(LAYOUTS): $(BUILD)/flags FORCE
	@mkdir -p $(@D)
	@tools/list-layouts heap/contract/data > $@.new && { cmp -s $@.new $@ || mv $@.new $@; }
$(BUILD)/heap/contract/layouts.o: $(LAYOUTS)

$(BUILD)/cJSON.o: $(DEPS)/cjson/cJSON.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) -std=gnu11 $(FLAGS_$(VARIANT)) $(CFLAGS) -c -o $@ $<

$(DEPS)/cjson/cJSON.c:
	$(call writable,$(DEPS))
	tools/install-deps cjson $(DEPS)

$(BUILD)/tests/unit/test_%: $(BUILD)/tests/unit/test_%.o $(UNIT_HELPERS) $(LIBRARY)
	$(call say,LINK,$@)
	$(Q)$(LINK) $(UNIT_FLAGS) -o $@ $(filter %.o,$^) $(LIBS)

$(LIE): $(call OBJECT_NAMES,$(LIE_SOURCES)) $(LIBRARY)
	$(call say,LINK,$@)
	$(Q)$(LINK) -o $@ $(filter %.o,$^) $(LIBS)

$(BUILD)/fuzz/%: tests/fuzz/%.c $(FUZZ_HELPERS) $(LIBRARY) $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(LINK) $(if $(filter fuzz,$(VARIANT)),-fsanitize=fuzzer,tests/fuzz/replay.c) \
		-MMD -MP -o $@ $< $(FUZZ_HELPERS) $(LIBRARY) $(LIBS)

$(BUILD)/flags: FORCE
	$(call writable,$(@D))
	@echo '$(LINK) $(LIBS)' | cmp -s - $@ || echo '$(LINK) $(LIBS)' > $@

$(CROSS_ROOT)/packages:
	$(call writable,$(DEPS))
	tools/install-deps cross $(CROSS) $(CROSS_ROOT)

# The source of cJSON is fetched before the recursive make, so that its header is there.
static: $(DEPS)/cjson/cJSON.c $(if $(CROSS),$(CROSS_ROOT)/packages)
	+@$(MAKE) --no-print-directory VARIANT=static all

deps:
	tools/install-deps build
deps-lint:
	tools/install-deps lint
deps-fuzz:
	tools/install-deps fuzz
# What tests/vm and the containers of tests/live want: emulators, arm64's compiler, podman.
deps-vm:
	tools/install-deps vm

unit: $(UNIT) $(LIE)
fuzzers: $(FUZZERS)

check: deps
	$(call writable,$(BUILD_ROOT))
	+@$(MAKE) --no-print-directory static || echo "no static program: its test is skipped"
	+@$(MAKE) --no-print-directory check-built
check-built: all unit $(if $(wildcard tests/fuzz/replay.c),fuzzers)
	@KINDS="$(KINDS)" tests/run $(BUILD) $(PROGRAM)

# Live processes, machines and the oracle are for the plain build: there they run once.
asan: deps
	+@$(MAKE) --no-print-directory VARIANT=asan KINDS="unit golden cli fuzz" check-built

tsan: deps
	+@$(MAKE) --no-print-directory VARIANT=tsan tsan-built
tsan-built: $(THREADED)
	@tests/tsan $(BUILD) $(PROGRAM)

# By hand: docs/NIGHT.md. Each test has hours.
night: deps
	+@$(MAKE) --no-print-directory all
	@NIGHT=1 TEST_SECONDS=14400 VM_SECONDS=14000 tests/run $(BUILD) $(PROGRAM)

# EVERY=N takes one variant of N. What is printed last is for docs/NIGHT.md.
LIE_DUMPS := $(filter-out %kernel33.core.zst %packed-heap.core.zst,$(wildcard tests/dumps/*.core.zst))
lie: $(LIE)
	@$(LIE) --jobs $$(nproc) --every $(or $(EVERY),1) $(LIE_DUMPS)

fuzz:
	+@$(MAKE) --no-print-directory VARIANT=fuzz CC=clang fuzzers
	tests/fuzz/run $(BUILD_ROOT)/fuzz/fuzz $(SECONDS)

lint: layers headers howto
	@clang-format --dry-run -Werror $(ALL_SOURCES)
	@tests/lint/lengths $(ALL_SOURCES)
	@tests/lint/raw_output $(LAYERS)
	@tests/lint/citations $(LAYERS) tests tools Makefile README.md man docs
	@tests/lint/versions heap inspect commands cli
	@tests/lint/offsets inspect commands cli
	@tests/lint/twice
	@tests/lint/architectures $(LAYERS)
	cppcheck -q --enable=warning,portability --inline-suppr --error-exitcode=1 \
		--suppressions-list=tests/lint/cppcheck-suppressions -D__linux__ -I. $(LAYERS)

# Puts every source in the form that lint wants.
format:
	clang-format -i $(ALL_SOURCES)

layers:
	@tests/lint/layers $(LAYERS)

# An include says what a file may need, its object what it does.
circles: all
	@tests/lint/circles $(BUILD) $(LAYERS)

# Each header compiles alone.
headers:
	@for header in $$(find $(LAYERS) -name '*.h'); do \
		$(COMPILE) -Wno-unused-function -fsyntax-only -xc $$header || exit 1; done

# The command that docs/HOWTO_ADD_COMMAND.md adds compiles as the page has it.
howto:
	@sed -n '/^   ```c$$/,/^   ```$$/{/```/d;s/^   //;p}' docs/HOWTO_ADD_COMMAND.md | \
		$(COMPILE) -Werror -fsyntax-only -xc -

docs: all
	tools/docs $(BUILD)/$(PROGRAM)

golden-update: all
	tests/golden/run --update $(BUILD)/$(PROGRAM)

# The table of README.md, on stdout; what is wrong with a cell, on stderr.
matrix: all
	@tests/matrix/run --table $(BUILD)/$(PROGRAM)

demo: deps
	+@$(MAKE) --no-print-directory all
	@tests/demo $(BUILD)/$(PROGRAM)

bench: all
	@tests/bench/run $(BUILD)/$(PROGRAM)

bench-collect: all
	@tests/bench/collect $(BUILD)/$(PROGRAM)

clean:
	rm -rf $(addprefix $(BUILD_ROOT)/,release debug asan tsan cover fuzz static static-aarch64)

-include $(OBJECTS:.o=.d) $(UNIT:=.d) $(patsubst %.c,$(BUILD)/%.d,$(LIE_SOURCES)) $(UNIT_HELPERS:.o=.d) $(FUZZERS:=.d)

.PHONY: all static deps deps-lint deps-fuzz deps-vm unit fuzzers check check-built asan tsan \
	tsan-built night lie fuzz lint format layers circles headers howto docs golden-update matrix \
	demo bench bench-collect \
	clean FORCE
.SECONDARY:
