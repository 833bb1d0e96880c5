# zendesk for Lua: the whole of a developer's day.
#
#   make demo    installs what is missing, builds, and runs the quickstart against the sandbox
#   make test    installs what is missing, builds, and runs every test
#   make help    lists the rest
#
# Everything is built into $(BUILD); the tree itself stays clean. BUILD must not hold spaces, the
# path of the checkout may; only ; and ? cannot be in it, to which Lua's search path gives a meaning.

BUILD := build
PREFIX ?= /usr/local
DESTDIR ?=

CC ?= cc
CLANG ?= clang
LUA ?= lua5.4
LUAC ?= luac5.4
LUACHECK ?= luacheck
LUAROCKS ?= luarocks
CLANG_FORMAT ?= clang-format
VALGRIND ?= valgrind

OPTIMIZE := -O2 -g
SANITIZE :=
WARNINGS := -Wall -Wextra -Werror
# pkg-config is asked when a recipe runs, so that `make demo` may install it first.
CURL_CFLAGS = $(shell pkg-config --cflags libcurl libcrypto 2>/dev/null)
CURL_LIBS = $(shell pkg-config --libs libcurl libcrypto 2>/dev/null || echo -lcurl -lcrypto)
LUA_CFLAGS = $(shell pkg-config --cflags lua5.4 2>/dev/null || pkg-config --cflags lua-5.4 2>/dev/null)

# lua.h is not on the include path of the core: that it compiles proves that it knows no Lua.
CORE_CFLAGS = -std=c99 $(WARNINGS) $(OPTIMIZE) $(SANITIZE) -fPIC -Icsrc $(CURL_CFLAGS) $(CFLAGS)
BIND_CFLAGS = -std=c99 $(WARNINGS) $(OPTIMIZE) $(SANITIZE) -fPIC -Icsrc $(LUA_CFLAGS) $(CFLAGS)

ifeq ($(shell uname),Darwin)
SHARED := -bundle -undefined dynamic_lookup
else
SHARED := -shared
endif

CORE_SOURCES := $(sort $(wildcard csrc/core/*.c))
BIND_SOURCES := $(sort $(wildcard csrc/bind/*.c))
CORE_OBJECTS := $(CORE_SOURCES:csrc/%.c=$(BUILD)/obj/%.o)
BIND_OBJECTS := $(BIND_SOURCES:csrc/%.c=$(BUILD)/obj/%.o)
C_TESTS := $(patsubst spec/core/%.c,$(BUILD)/test/%,$(sort $(wildcard spec/core/test_*.c)))
FUZZERS := $(patsubst spec/fuzz/%.c,$(BUILD)/fuzz/%,$(sort $(wildcard spec/fuzz/fuzz_*.c)))

MODULE := $(BUILD)/lib/zendesk/core.so

# One word for the shell, whatever is in it.
quote = '$(subst ','\'',$(1))'
# What a Lua of this tree needs to find its modules.
LUA_ENV = env -u LUA_PATH_5_4 -u LUA_CPATH_5_4 ZENDESK_BUILD=$(call quote,$(BUILD)) \
  LUA_PATH=$(call quote,$(CURDIR)/lua/?.lua;$(CURDIR)/lua/?/init.lua;$(CURDIR)/?.lua;;) \
  LUA_CPATH=$(call quote,$(if $(filter /%,$(BUILD)),,$(CURDIR)/)$(BUILD)/lib/?.so;;)
BUSTED = $(LUA) spec/support/busted.lua --ignore-lua
# Which specs `make spec` and the checked runs take: files or folders, and more options for busted.
SPEC := spec
SPEC_FLAGS :=
# Specs that need no server but the sandbox: what the slow checkers (valgrind, sanitizers) repeat.
QUICK_SPECS = $(wildcard spec/bind spec/unit spec/wire)
QUICK_FLAGS = --exclude-tags=slow,tls,postgres,browser,node

.PHONY: all help setup test demo env spec ctest check asan tsan valgrind valgrind_ctest \
  valgrind_spec stress fuzz torture run_torture faults check_faults coverage embed install rock clean

all: $(MODULE)
	@:

help:
	@sed -n 's/^## //p' Makefile

## make               builds $(BUILD)/lib/zendesk/core.so
$(MODULE): $(CORE_OBJECTS) $(BIND_OBJECTS)
	@mkdir -p $(@D)
	@echo "  LD    $@"
	@$(CC) $(SHARED) $(SANITIZE) $(LDFLAGS) -o $@ $^ $(CURL_LIBS)

$(BUILD)/obj/core/%.o: csrc/core/%.c Makefile
	@mkdir -p $(@D)
	@echo "  CC    $<"
	@$(CC) $(CORE_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/obj/bind/%.o: csrc/bind/%.c Makefile
	@mkdir -p $(@D)
	@echo "  CC    $<"
	@$(CC) $(BIND_CFLAGS) -MMD -MP -c -o $@ $<

# A C test is one program on the core alone; it prints what fails and exits 1 then.
$(BUILD)/test/%: spec/core/%.c $(CORE_OBJECTS) Makefile
	@mkdir -p $(@D)
	@echo "  CC    $<"
	@$(CC) $(CORE_CFLAGS) -Ispec/core -MMD -MP -MF $@.d -o $@ $< $(CORE_OBJECTS) $(LDFLAGS) \
	  $(CURL_LIBS) -lpthread

-include $(wildcard $(BUILD)/obj/*/*.d $(BUILD)/test/*.d)

## make setup         installs the Debian packages that the tests need (root or sudo)
setup:
	@tools/setup test
	@tools/setup_npm "$(BUILD)"

## make test          = setup, build, every C test and every spec
test: setup
	@$(MAKE) --no-print-directory all ctest spec

## make demo          = setup, build, examples/quickstart.lua; with ZENDESK_SUBDOMAIN and
##                    credentials in the environment against that account, else in the sandbox
demo:
	@tools/setup demo
	@$(MAKE) --no-print-directory all
	@$(LUA_ENV) $(LUA) examples/quickstart.lua

## make env           for a shell, after make: eval "$(make -s env)" has lua5.4 and zendesk use
##                    this build
env:
	@$(LUA_ENV) tools/env

## make spec          runs specs on the build as it is: SPEC=spec/wire SPEC_FLAGS=--filter=login
spec: $(MODULE)
	@$(LUA_ENV) $(BUSTED) $(SPEC_FLAGS) $(SPEC)

## make ctest         runs the C tests on the build as it is
ctest: $(C_TESTS)
	@tools/run_ctests $(C_TESTS)

## make check         luacheck, layers, sizes, exported symbols, formatting
check: $(MODULE) check_docs
	@$(LUACHECK) --quiet lua spec examples tools bench bin/zendesk .busted .luacheckrc zendesk-scm-1.rockspec
	@$(LUA) tools/check_layers.lua
	@tools/check_symbols $(MODULE)
	@$(CC) $(BIND_CFLAGS) $(CURL_CFLAGS) -fsyntax-only csrc/onezd.c
	@tools/check_format

## make asan          C tests and quick specs under AddressSanitizer and UBSan
asan:
	@$(MAKE) --no-print-directory $(ASAN_BUILD) SPEC="$(or $(filter-out spec,$(SPEC)),$(QUICK_SPECS))" \
	  SPEC_FLAGS="$(QUICK_FLAGS) $(SPEC_FLAGS)" LUA="$(ASAN_LUA)" all ctest spec

ASAN_BUILD = BUILD=$(BUILD)/asan OPTIMIZE="-O1 -g -fno-omit-frame-pointer" \
  SANITIZE="-fsanitize=address,undefined -fno-sanitize-recover=all"
# Leaks are valgrind's business: an interpreter that unloads its modules leaves LeakSanitizer blind.
ASAN_LUA = env ASAN_OPTIONS=detect_leaks=0 LD_PRELOAD=$(shell $(CC) -print-file-name=libasan.so) $(LUA)

## make tsan          8 threads x 1,000 calls under ThreadSanitizer, and fewer under helgrind
tsan: $(BUILD)/test/test_threads
	@$(MAKE) --no-print-directory BUILD=$(BUILD)/tsan OPTIMIZE="-O1 -g" \
	  SANITIZE=-fsanitize=thread $(BUILD)/tsan/test/test_threads
	@tools/run_ctests $(BUILD)/tsan/test/test_threads
	@tools/run_ctests --with "$(VALGRIND) -q --tool=helgrind --error-exitcode=99 \
	  --suppressions=spec/core/helgrind.supp" $<

## make valgrind      C tests and quick specs under valgrind: no error, no leak
valgrind: valgrind_ctest valgrind_spec

valgrind_ctest: $(C_TESTS)
	@tools/run_ctests --with "$(VALGRIND_RUN)" $(C_TESTS)

valgrind_spec: $(MODULE)
	@$(LUA_ENV) $(VALGRIND_RUN) $(BUSTED) $(QUICK_FLAGS) $(SPEC_FLAGS) $(QUICK_SPECS)

VALGRIND_RUN = $(VALGRIND) -q --error-exitcode=99 --leak-check=full \
  --errors-for-leak-kinds=definite,indirect --show-leak-kinds=definite,indirect

## make stress        every quick spec with the garbage collector running all the time
stress: $(MODULE)
	@$(LUA_ENV) $(BUSTED) --run=stress $(QUICK_FLAGS) $(SPEC_FLAGS) $(QUICK_SPECS)

## make fuzz          every fuzzer for FUZZ_SECONDS (60) under the sanitizers
FUZZ_SECONDS := 60
fuzz: $(FUZZERS)
	@tools/run_fuzzers $(FUZZ_SECONDS) $(FUZZERS)

$(BUILD)/fuzz/%: spec/fuzz/%.c $(CORE_SOURCES) $(wildcard csrc/core/*.h) Makefile
	@mkdir -p $(@D)
	@echo "  FUZZ  $<"
	@$(CLANG) -std=c99 $(WARNINGS) -O1 -g -Icsrc $(CURL_CFLAGS) \
	  -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all \
	  -o $@ $< $(CORE_SOURCES) $(CURL_LIBS)

## make embed         examples/embed/host: Lua, the module and its Lua files in one program
##                    (EMBED_CURL=shared leaves libcurl outside, EMBED_SHARED="rtmp ldap" those)
# Lua and libcurl are linked statically, and of what libcurl needs what there are archives of:
# $(EMBED)/curl.linked. EMBED_LIBS="…" says otherwise.
EMBED := $(BUILD)/embed
EMBED_CURL :=
EMBED_SHARED :=
EMBED_LIBS = $$(cat $(EMBED)/curl.libs)
LUA_STATIC = $(shell pkg-config --variable=libdir lua5.4 2>/dev/null || echo /usr/local/lib)/liblua5.4.a
EMBED_CFLAGS = $(BIND_CFLAGS) $(CURL_CFLAGS) -DZD_STATIC

embed: $(EMBED)/host

$(EMBED)/zendesk.o: csrc/onezd.c csrc/zendesk.h $(CORE_SOURCES) $(BIND_SOURCES) Makefile
	@mkdir -p $(@D)
	@echo "  CC    $<"
	@$(CC) $(EMBED_CFLAGS) -c -o $@ $<
	@if command -v objcopy >/dev/null; then objcopy --localize-hidden $@; fi

$(EMBED)/bundle.c: tools/bundle.lua $(shell find lua -name '*.lua')
	@mkdir -p $(@D)
	@echo "  LUA   $@"
	@$(LUA) tools/bundle.lua lua >$@.new && mv $@.new $@

# Asked anew when the settings are others.
EMBED_SETTINGS = CC="$(CC)" LDFLAGS="$(LDFLAGS)" EMBED_CURL="$(EMBED_CURL)" \
  EMBED_SHARED="$(EMBED_SHARED)"
.PHONY: embed_settings
$(EMBED)/curl.settings: embed_settings
	@mkdir -p $(@D)
	@echo '$(EMBED_SETTINGS)' >$@.new; cmp -s $@.new $@ || cp $@.new $@

$(EMBED)/curl.libs: tools/link_curl.lua $(EMBED)/curl.settings
	@echo "  CURL  $@"
	@$(EMBED_SETTINGS) $(LUA) tools/link_curl.lua $(@D)

EMBED_HOST := examples/embed/host.c $(EMBED)/bundle.c $(EMBED)/zendesk.o
$(EMBED)/host: $(EMBED_HOST) $(EMBED)/curl.libs
	@echo "  LD    $@"
	@$(CC) $(EMBED_CFLAGS) -Iexamples/embed $(LDFLAGS) -o $@ $(EMBED_HOST) $(LUA_STATIC) \
	  $(EMBED_LIBS) -lm -ldl

## make torture       every allocation of a call fails once, and for good; TORTURE_STEP=7 samples
TORTURE_STEP := 1
TORTURE_WRAPS := -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=free
TORTURE_SHARED := spec/torture/torture.c spec/torture/server.c
LUA_LIBS = $(shell pkg-config --libs lua5.4 2>/dev/null || pkg-config --libs lua-5.4 2>/dev/null)
torture:
	@$(MAKE) --no-print-directory $(ASAN_BUILD) run_torture

run_torture: $(BUILD)/torture/core_torture $(BUILD)/torture/lua_torture
	@TORTURE_STEP=$(TORTURE_STEP) $(BUILD)/torture/core_torture
	@$(LUA_ENV) TORTURE_STEP=$(TORTURE_STEP) $(BUILD)/torture/lua_torture spec/torture/cycle.lua

$(BUILD)/torture/core_torture: spec/torture/core_torture.c $(TORTURE_SHARED) $(CORE_OBJECTS) Makefile
	@mkdir -p $(@D)
	@echo "  CC    $<"
	@$(CC) $(CORE_CFLAGS) -Ispec/torture -o $@ $< $(TORTURE_SHARED) $(CORE_OBJECTS) \
	  $(TORTURE_WRAPS) $(LDFLAGS) $(CURL_LIBS) -lpthread

$(BUILD)/torture/lua_torture: spec/torture/lua_torture.c $(TORTURE_SHARED) $(CORE_OBJECTS) \
  $(BIND_OBJECTS) spec/torture/torture.h Makefile
	@mkdir -p $(@D)
	@echo "  CC    $<"
	@$(CC) $(BIND_CFLAGS) $(CURL_CFLAGS) -Ispec/torture -o $@ $< $(TORTURE_SHARED) \
	  $(CORE_OBJECTS) $(BIND_OBJECTS) $(TORTURE_WRAPS) $(LDFLAGS) $(LUA_LIBS) $(CURL_LIBS) -lpthread

# The parsers that are written in Lua have a fuzzer of their own; FUZZ_SECONDS is for all of them.
.PHONY: fuzz_lua
fuzz: fuzz_lua
fuzz_lua: $(MODULE)
	@mkdir -p $(BUILD)/fuzz
	@$(LUA_ENV) $(LUA) spec/fuzz/parsers.lua $(FUZZ_SECONDS) $(BUILD)/fuzz

## make soak          REQUESTS=1000000 calls in one process to a server that fails one in a hundred
REQUESTS := 1000000
.PHONY: soak
soak: $(MODULE) $(BUILD)/soak/server
	@$(LUA_ENV) $(LUA) spec/soak/million.lua $(BUILD)/soak/server $(REQUESTS)

$(BUILD)/soak/server: spec/soak/server.c Makefile
	@mkdir -p $(@D)
	@echo "  CC    $<"
	@$(CC) -std=c99 $(WARNINGS) -O2 -o $@ $<

## make faults        provokes every fault of the specs and writes the table docs/faults.md anew
faults: $(MODULE)
	@$(LUA_ENV) $(LUA) tools/fault_table.lua --write

## make check_faults  the same, and fails when docs/faults.md is not what comes out
check_faults: $(MODULE)
	@$(LUA_ENV) $(LUA) tools/fault_table.lua --check

## make docs          writes docs/reference/ anew from the annotations in lua/zendesk/
## make check_docs    fails when docs/reference/ is not what comes out; part of `make check`
.PHONY: docs check_docs
docs:
	@$(LUA_ENV) $(LUA) tools/docgen.lua --write

check_docs:
	@$(LUA_ENV) $(LUA) tools/docgen.lua --check

## make coverage      counts executed lines of csrc/ and lua/; reports in $(BUILD)/coverage
coverage:
	@tools/coverage "$(BUILD)/coverage"

## make bench         the module, its peers and the floor on the same work, in bench/results
##                    (20 minutes); QUICK=1: under two, ONLY=^cold: the groups that a
##                    Lua pattern matches, both in $(BUILD)/bench/results
.PHONY: bench bench_setup bench-instructions
BENCH := $(BUILD)/bench
BENCH_TOOLS := $(BENCH)/floor $(BENCH)/c_cjson $(BENCH)/spawn
QUICK :=
ONLY :=
bench: bench_setup
	@$(MAKE) --no-print-directory -s $(MODULE) $(BENCH_TOOLS)
	@$(LUA_ENV) $(LUA) bench/run.lua "$(if $(QUICK)$(ONLY),$(BENCH),bench)/results" \
	  $(if $(QUICK),quick,full) '$(ONLY)'

bench_setup:
	@tools/setup bench
	@tools/setup peers || echo "Some peers cannot be installed; the bench goes on without them."
	@bench/setup "$(BUILD)"

$(BENCH)/spawn: bench/clients/spawn.c Makefile
	@mkdir -p $(@D)
	@echo "  CC    $<"
	@$(CC) -std=c99 $(WARNINGS) -O2 -o $@ $<

$(BENCH)/%: bench/clients/%.c bench/clients/measure.c bench/clients/measure.h Makefile
	@mkdir -p $(@D)
	@echo "  CC    $<"
	@$(CC) -std=c99 $(WARNINGS) -O2 $(CURL_CFLAGS) $(LUA_CFLAGS) -o $@ $(filter %.c,$^) \
	  $(CURL_LIBS) $(if $(filter %/c_cjson,$@),$(LUA_LIBS))

## make bench-instructions  counts instructions (callgrind); over 3 % more than
##                    bench/instructions.baseline fails; RENEW=1 writes that anew
RENEW :=
bench-instructions:
	@tools/setup bench
	@$(MAKE) --no-print-directory -s $(MODULE) $(BENCH)/floor
	@$(LUA_ENV) $(LUA) bench/instructions.lua bench/instructions.baseline $(if $(RENEW),renew)

## make install       PREFIX=/usr/local DESTDIR= LIBDIR=$(PREFIX)/lib; make uninstall undoes it
INSTALL_ENV = $(LUA_ENV) DESTDIR=$(call quote,$(DESTDIR)) PREFIX=$(call quote,$(PREFIX)) \
  LIBDIR=$(call quote,$(LIBDIR)) ZSHDIR=$(call quote,$(ZSHDIR)) LUA=$(call quote,$(LUA))
install: $(MODULE)
	@$(INSTALL_ENV) tools/install $(MODULE)

uninstall:
	@$(INSTALL_ENV) tools/install --remove $(MODULE)

## make rock          luarocks make into $(BUILD)/rock, offline, and a first call with it
rock:
	@LUAROCKS="$(LUAROCKS)" LUA="$(LUA)" tools/rock "$(BUILD)/rock"

.PHONY: uninstall release deb deb_test
## make release       source archive, rockspec, source rock and checksums, in $(BUILD)/release
release:
	@tools/release "$(BUILD)/release"

## make deb           the Debian package lua-zendesk, in $(BUILD)/deb
deb:
	@tools/deb "$(BUILD)/deb"

## make deb_test      the same, installed and used in a minimal Debian 12 (root, debootstrap)
deb_test:
	@DEB_BUILD_OPTIONS="nocheck $(DEB_BUILD_OPTIONS)" tools/deb "$(BUILD)/deb"
	@tools/deb_test "$(BUILD)/deb" "$(BUILD)/deb_test"

## make clean         removes $(BUILD)
clean:
	rm -rf $(BUILD)
