# SPDX-License-Identifier: LGPL-2.1-or-later
# Short names for what people do here. The build itself is meson's.

PREFIX ?= /usr
# Where Debian's loader looks. meson knows it only where dpkg-dev is installed; asked when it is needed, since gcc may not be there yet.
MULTIARCH = $(shell gcc -print-multiarch)
BUILD ?= build
# What this machine's administrator chose first in PATH may lack Debian's modules.
PYTHON = /usr/bin/python3
# Tests that must run and cannot are failures where this is set (CI sets it).
export VIRT_SANDBOX_MUST ?= $(if $(CI),1,)

.PHONY: all build install uninstall quickstart check check-quick check-long check-unit check-style check-builds check-system \
	check-nothing check-packages check-rpm check-arm check-policy check-lab check-lab-all check-analyzers bench coverage fuzz install-selinux matrix survey stacks autopkgtest clean

all: build

$(BUILD)/build.ninja:
	tools/install-deps build
	meson setup $(BUILD) --prefix=$(PREFIX) $(if $(MULTIARCH),--libdir=lib/$(MULTIARCH))

build: $(BUILD)/build.ninja
	ninja -C $(BUILD)

install: build
	ninja -C $(BUILD) install
	$(if $(DESTDIR),,ldconfig)

uninstall: $(BUILD)/build.ninja
	ninja -C $(BUILD) uninstall

# Installs what is missing, builds, installs, then does the main job on a real service and shows each step.
quickstart:
	tools/install-deps build quickstart
	$(MAKE) install
	tools/quickstart

# What an editor of the code runs all the time, under three minutes: style, unit and golden tests, and that containers start.
check-quick: build
	$(MAKE) check-style check-unit
	BUILD_ROOT="$(CURDIR)/$(BUILD)" $(PYTHON) -m pytest -q -rs tests/system/test_engine_start.py

# All tests of the project: style, unit, golden, other compilers and sanitizers, system, bare machines, SELinux policy, lab.
check:
	tools/install-deps build test lab
	$(MAKE) check-style check-unit
	@# The lab's image is mostly waited for: who needs it later waits for this one, and says what is wrong.
	tests/lab/build-image >$(BUILD)/image.said 2>&1 & $(MAKE) check-builds; status=$$?; wait; exit $$status
	$(MAKE) check-system check-nothing check-policy check-lab

# Everything, for every night: all suites of the lab, 200 races of each pair of verbs, the analyzers, whole applications, and ten minutes of fuzzing.
check-long: export VIRT_SANDBOX_STEADY = 1
check-long: check
	$(MAKE) check-lab-all matrix
	VIRT_SANDBOX_RACE_ROUNDS=200 BUILD_ROOT="$(CURDIR)/$(BUILD)" PYTHON="$(PYTHON)" tests/system/run tests/system/test_races.py
	VIRT_SANDBOX_NETWORK_ROUNDS=1000 BUILD_ROOT="$(CURDIR)/$(BUILD)" PYTHON="$(PYTHON)" tests/system/run tests/system/test_net_default.py
	VIRT_SANDBOX_NETWORK_SIZE=200 BUILD_ROOT="$(CURDIR)/$(BUILD)" PYTHON="$(PYTHON)" tests/system/run tests/system/test_network_lost.py
	VIRT_SANDBOX_START_ROUNDS=100 BUILD_ROOT="$(CURDIR)/$(BUILD)" PYTHON="$(PYTHON)" tests/system/run tests/system/test_start.py
	BUILD_ROOT="$(CURDIR)/$(BUILD)" PYTHON="$(PYTHON)" tests/system/run tests/system/cookbook.py # full systems, from Debian's archive
	$(MAKE) check-packages check-rpm check-arm check-analyzers stacks
	$(MAKE) fuzz SECONDS=600

check-unit: build
	meson test -C $(BUILD) --suite unit --timeout-multiplier 4 --print-errorlogs

check-style: build
	tools/check-style

# The same tests as built by clang, with ASAN and UBSAN, and optimised without assertions.
check-builds:
	tools/check-builds

check-system: build
	BUILD_ROOT="$(CURDIR)/$(BUILD)" PYTHON="$(PYTHON)" tests/system/run

# `make quickstart` and the unit tests on machines that have nothing but apt and make.
check-nothing:
	tests/nothing/run

# Debian's packages: built twice, lintian, installed, upgraded under a container, purged, on Debian 12 and 13.
check-packages:
	tests/packages/run

# The real services alone; writes the table that is kept in docs/.
matrix: build
	tools/install-deps test
	tests/system/write-matrix $(PYTHON) $(BUILD)

# Hundreds of Debian's services, in a container and without one; writes the tables that are kept in docs/. Takes hours.
survey: build
	tools/install-deps survey
	tests/survey/survey --page --build $(BUILD)

# Whole applications in containers, asked by their own clients. An hour; each has a Debian tree of its own.
stacks: build
	tools/install-deps stacks
	tests/stacks/run --build $(BUILD)

# Debian's own tests of its services, in a container and without one; writes the tables that are kept in docs/. Takes hours.
autopkgtest: build
	tools/install-deps autopkgtest
	tests/autopkgtest/run --page --build $(BUILD)

# The packages of packaging/rpm, on a host whose packages are rpms.
check-rpm:
	tests/rpm/run

# The cross build for arm64, with its unit tests, by emulation.
check-arm:
	tests/arm64/run

# The SELinux policy module against Debian's policy; with the lab's image, without a machine.
check-policy:
	tests/policy/check

# What make check runs in the lab, half an hour on two processors; check-lab-all runs every suite on every model.
check-lab: build
	tests/lab/run smoke danger verify label cheats cross service smack apparmor host-systemd machined selinux-howto selinux-services selinux-services-web \
		selinux-services-net selinux-modules selinux-tools containers-many

check-lab-all: build
	tests/lab/run

# All parsers under libFuzzer for SECONDS together.
SECONDS ?= 60
fuzz:
	tools/install-deps build test
	tools/fuzz $(SECONDS)

# clang-tidy and gcc -fanalyzer; a quarter of an hour on two processors.
check-analyzers: build
	tools/install-deps build analyze
	tools/check-analyzers $(BUILD)

# How much of each file the unit tests and the corpus of the fuzz targets run, in a build directory of its own.
coverage:
	tools/install-deps build test analyze
	[ -f build-coverage/build.ninja ] || meson setup build-coverage -Db_coverage=true >/dev/null
	ninja -C build-coverage
	meson test -C build-coverage --suite unit
	gcovr --root . build-coverage --filter src/ --exclude '.*/test-.*' --print-summary

bench: build
	tools/install-deps bench
	bench/run

# For this machine: its kernel must have SELinux enabled.
install-selinux: install
	virt-sandbox-service policy install

clean:
	rm -rf $(BUILD) build-*
