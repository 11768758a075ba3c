/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Golden Specs: tests/golden/spec/X.sandbox gives X.spec, whatever machine this runs on.
 */
#include <stdio.h>
#include <string.h>

#include <linux/capability.h>

#include "base/file.h"
#include "base/path.h"
#include "base/strv.h"
#include "base/unit-test.h"
#include "desc/keyfile.h"
#include "desc/option-value.h"
#include "engine/spec/usual.h"
#include "sandbox/compile-parts.h"
#include "sandbox/compile.h"

static const KernelFacts merged_usr = {
	.system = { { "bin", true, (char *)"usr/bin" }, { "sbin", true, (char *)"usr/sbin" },
		{ "lib", true, (char *)"usr/lib" }, { "lib32", false, NULL },
		{ "lib64", true, (char *)"usr/lib64" }, { "libx32", false, NULL } },
	.has_localtime = true,
	.localtime = (char *)"/usr/share/zoneinfo/Etc/UTC",
	.resolver = (char *)"/run/systemd/resolve/resolv.conf",
};

static void load(const char *name, Desc **ret, Identity **ret_identity)
{
	_cleanup_free_ char *path = NULL;
	_cleanup_error_ Error *error = NULL;

	assert_true(asprintf(&path, "%s/tests/golden/spec/%s.sandbox", getenv("SOURCE_ROOT"),
			    name) > 0);
	if (keyfile_load(path, ret, ret_identity, &error) < 0 || desc_resolve(*ret, &error) < 0)
		fail_msg("%s", error_message(error));
}

static void check(const char *name, const Places *places, bool terminal)
{
	_cleanup_free_ char *path = NULL, *made = NULL, *golden = NULL;
	_cleanup_error_ Error *error = NULL;
	_cleanup_spec_ Spec *spec = NULL;
	_cleanup_identity_ Identity *identity = NULL;
	_cleanup_desc_ Desc *desc = NULL;

	load(name, &desc, &identity);
	if (spec_from_desc(desc, identity, places, &merged_usr,
		    (CompileTerminal){ terminal, "xterm" }, &spec, &error) < 0)
		fail_msg("%s", error_message(error));
	assert_int_equal(spec_format(spec, &made, &error), 0);
	assert_true(
		asprintf(&path, "%s/tests/golden/spec/%s.spec", getenv("SOURCE_ROOT"), name) > 0);
	if (getenv("GOLDEN_WRITE"))
		assert_int_equal(file_write_atomic(path, made, strlen(made), 0644, &error), 0);
	assert_int_equal(file_read(path, &golden, NULL, &error), 0);
	assert_string_equal(made, golden);
}

TEST(service)
{
	check("service",
		&(Places){ .tree = "/var/lib/libvirt/filesystems/web1",
			.notify = "/run/libvirt-sandbox/web1/notify",
			.init = "/usr/libexec/virt-sandbox/virt-sandbox-init" },
		true);
}

TEST(direct)
{
	check("direct",
		&(Places){ .tree = "/var/lib/libvirt/filesystems/web1",
			.notify = "/run/libvirt-sandbox/web1/notify",
			.direct = "/usr/libexec/virt-sandbox/virt-sandbox-direct" },
		true);
}

TEST(command)
{
	check("command", &(Places){ .init = "/usr/libexec/virt-sandbox/virt-sandbox-init" }, false);
}

static void refuse(DescMountType type, const char *target, const char *source, const char *sentence)
{
	_cleanup_error_ Error *error = NULL;
	_cleanup_identity_ Identity *identity = NULL;
	_cleanup_desc_ Desc *desc = NULL;
	Spec *spec = NULL;
	DescMount *mount;

	load("command", &desc, &identity);
	mount = desc_add_mount(desc);
	*mount = (DescMount){
		.type = type, .target = strdup(target), .source = source ? strdup(source) : NULL
	};
	assert_true(spec_from_desc(desc, identity, &(Places){ .init = "/init" }, &merged_usr,
			    (CompileTerminal){ 0 }, &spec, &error) < 0);
	assert_string_equal(error_message(error), sentence);
}

TEST(mounts_that_are_refused)
{
	refuse(DESC_MOUNT_RAM, "/proc/sys", NULL,
		"cannot mount /proc/sys: /proc/sys is below /proc, of which the container has its own");
	refuse(DESC_MOUNT_RAM, "/", NULL,
		"cannot mount /: / is not a path for a mount: it must be absolute, without '.' and '..'");
	refuse(DESC_MOUNT_GUEST_BIND, "/srv", "/sys/kernel",
		"cannot mount /srv: /sys/kernel is below /sys, of which the container has its own");
}

TEST(service_needs_content)
{
	_cleanup_error_ Error *error = NULL;
	_cleanup_identity_ Identity *identity = NULL;
	_cleanup_desc_ Desc *desc = NULL;
	Spec *spec = NULL;

	load("service", &desc, &identity);
	assert_int_equal(spec_from_desc(desc, identity, &(Places){ .init = "/init" }, &merged_usr,
				 (CompileTerminal){ 0 }, &spec, &error),
		-EINVAL);
	assert_string_equal(error_message(error), "a container of a system needs a content tree");
}

TEST(dhcp_is_refused_where_a_policy_forbids_it)
{
	_cleanup_identity_ Identity *identity = NULL;
	_cleanup_desc_ Desc *desc = NULL;

	load("service", &desc, &identity);
	assert_int_equal(option_parse_network(desc, "source=br0,dhcp", NULL), 0);
	for (DescModel model = 0; model < _DESC_MODEL_MAX; model++) {
		bool forbidden = model == DESC_MODEL_SELINUX || model == DESC_MODEL_APPARMOR;

		assert_int_equal(
			compile_check_dhcp(desc, model, NULL), forbidden ? -EOPNOTSUPP : 0);
		desc->kind = DESC_COMMAND; /* a client of the host asks */
		assert_int_equal(compile_check_dhcp(desc, model, NULL), 0);
		desc->kind = DESC_SERVICE;
	}
}

TEST(capabilities)
{
	static const int never[] = { CAP_SYS_MODULE, CAP_SYS_RAWIO, CAP_SYS_TIME, CAP_MKNOD,
		CAP_MAC_ADMIN, CAP_MAC_OVERRIDE, CAP_SYSLOG, CAP_AUDIT_CONTROL, CAP_AUDIT_READ,
		CAP_LINUX_IMMUTABLE, CAP_BPF, CAP_PERFMON, CAP_CHECKPOINT_RESTORE, CAP_IPC_LOCK,
		CAP_SYS_PACCT, CAP_WAKE_ALARM, CAP_BLOCK_SUSPEND };
	uint64_t command = usual_capabilities(false, true, false),
		 service = usual_capabilities(true, true, false);

	assert_int_equal(__builtin_popcountll(command), 11);
	assert_int_equal(command & ~service, 0);
	for (size_t i = 0; i < ARRAY_SIZE(never); i++)
		assert_int_equal(service >> never[i] & 1, 0);
	assert_int_equal(service >> CAP_SYS_ADMIN & 1, 1);
	assert_int_equal((service | command) >> CAP_NET_ADMIN & 1, 0);
	assert_int_equal(
		usual_capabilities(true, true, true), service | UINT64_C(1) << CAP_NET_ADMIN);
	assert_int_equal(
		usual_capabilities(false, true, true), command | UINT64_C(1) << CAP_NET_ADMIN);
	assert_int_equal(usual_capabilities(true, false, true) >> CAP_NET_ADMIN & 1, 0);
	assert_int_equal(usual_capabilities(false, false, false) >> CAP_NET_BIND_SERVICE & 1, 0);
}

TEST(masks)
{
	static const char *const wanted[] = { "/proc/kcore", "/proc/keys", "/proc/kallsyms",
		"/proc/sysrq-trigger", "/proc/kmsg", "/proc/timer_list", "/proc/interrupts",
		"/sys/devices/virtual/powercap", "/proc/cmdline" };
	_cleanup_spec_ Spec *spec = spec_new();

	assert_int_equal(usual_paths(spec, false), 0);
	for (size_t w = 0; w < ARRAY_SIZE(wanted); w++)
		assert_true(strv_contains(spec->paths.hidden, wanted[w]));
	assert_true(strv_contains(spec->paths.readonly, "/proc/sys"));
	assert_true(strv_contains(spec->paths.readonly, "/proc/irq"));
	/* What is below a hidden path could not be masked any more. */
	STRV_FOREACH (hidden, spec->paths.hidden)
		STRV_FOREACH (path, spec->paths.readonly)
			assert_false(path_is_below(*path, *hidden));
}
