/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * SELinux: the four sVirt configurations. dynamic: the policy's container types with the user and role of who manages the container and a reserved pair of
 * categories. dynamic with a base label: that type instead. static: exactly what was given. relabel says whether existing files may change.
 *
 * All kernel interfaces are used directly (see kernel.h). setexeccon(3) would besides write to the /proc it finds mounted, where we hold a checked one.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "label/compartment.h"
#include "label/context.h"
#include "label/kernel.h"
#include "label/custom-type.h"
#include "label/selinux-contexts.h"
#include "label/selinux-canonical.h"

/* Permissive counts: the administrator of such a host wants to see what would be denied. selinuxfs is mounted by the host's init when it has
 * loaded a policy. */
static bool selinux_present(const LabelHost *host)
{
	return kernel_has(host, SELINUXFS "/enforce");
}

static int parse_context(
	const char *text, const char *what, const char *container, Context *ret, Error **ret_error)
{
	int r = context_parse(text, ret);

	if (r == -ENOMEM)
		return error_oom(ret_error);
	if (r < 0)
		return error_set(ret_error, EINVAL,
			"container %s: %s \"%s\" is not a security context (user:role:type:level)",
			container, what, text);
	return 0;
}

/* Who manages the container: this process for one command, the host's init for a container with units, because it is init that starts it at the next boot
 * whoever creates it now. */
static int manager_context(
	const Label *label, Context *ret, LevelRange *ret_range, Error **ret_error)
{
	_cleanup_context_ Context context = {};
	_cleanup_free_ char *text = NULL;
	LevelRange range = {};
	int r = kernel_read(label->host,
		label->service ? "/proc/1/attr/current" : "/proc/thread-self/attr/current", &text,
		ret_error);

	if (r >= 0)
		r = parse_context(
			text, "its manager's label", label->container, &context, ret_error);
	if (r < 0)
		return r;
	if (context.range && level_parse_range(context.range, &range) < 0)
		return error_set(ret_error, EINVAL,
			"Cannot parse category: the range of \"%s\" is not one of numbered categories",
			text);
	*ret = context;
	*ret_range = range;
	context = (Context){};
	return 0;
}

/* The file type to go with the level of the process. The object's role stays. */
static int make_file(Label *label, const char *file_context, const char *user, const char *type,
	const char *level, Error **ret_error)
{
	_cleanup_context_ Context file = {};
	int r = parse_context(
		file_context, "the policy's file label", label->container, &file, ret_error);

	if (r < 0)
		return r;
	label->file =
		context_format(user ? user : file.user, file.role, type ? type : file.type, level);
	return label->file ? 0 : error_oom(ret_error);
}

static int choose_level(
	Label *label, const LabelWish *wish, const LevelRange *own, char **ret, Error **ret_error)
{
	Level level;
	int r;

	if (wish->level) {
		if (level_parse(wish->level, &level) < 0)
			return error_set(ret_error, EINVAL,
				"container %s: \"%s\" is not a level: a sensitivity and rising categories are, as in s0:c1,c2",
				wish->container, wish->level);
		r = compartment_take(label, &level, ret_error);
	} else {
		r = compartment_draw(label, own, &level, ret_error);
	}
	if (r < 0)
		return r;
	*ret = level_format(&level);
	return *ret ? 0 : error_oom(ret_error);
}

static int make_dynamic(
	Label *label, const LabelWish *wish, const SelinuxContexts *policy, Error **ret_error)
{
	const char *text = wish->baselabel ? wish->baselabel : policy->process;
	_cleanup_context_ Context base = {}, manager = {};
	_cleanup_free_ char *level = NULL, *custom_process = NULL, *custom_file = NULL;
	LevelRange own;
	int r;

	if (wish->label)
		return error_set(ret_error, EINVAL,
			"container %s: a dynamic label is chosen here and cannot be given; give a base label or a level, or -s static",
			wish->container);
	r = parse_context(text, wish->baselabel ? "the base label" : "the policy's process label",
		wish->container, &base, ret_error);
	if (r >= 0)
		r = manager_context(label, &manager, &own, ret_error);
	if (r < 0)
		return r;
	if (label->custom_type) {
		r = custom_type_names(wish->container, &custom_process, &custom_file, ret_error);
		if (r < 0)
			return r;
	}
	r = choose_level(label, wish, &own, &level, ret_error);
	if (r < 0)
		return r;
	label->process = context_format(
		manager.user, manager.role, custom_process ? custom_process : base.type, level);
	if (!label->process)
		return error_oom(ret_error);
	return make_file(label, policy->file, manager.user, custom_file, level, ret_error);
}

static int make_static(
	Label *label, const LabelWish *wish, const SelinuxContexts *policy, Error **ret_error)
{
	_cleanup_context_ Context given = {};
	LevelRange range = {};
	int r;

	if (!wish->label)
		return error_set(ret_error, EINVAL,
			"container %s: -s static needs the label: label=USER:ROLE:TYPE:LEVEL",
			wish->container);
	if (wish->baselabel || wish->level || wish->custom_type)
		return error_set(ret_error, EINVAL,
			"container %s: a static label is given whole; it goes with no base label, level or type",
			wish->container);
	r = parse_context(wish->label, "the static label", wish->container, &given, ret_error);
	if (r < 0)
		return r;
	label->process = strdup(wish->label);
	if (!label->process)
		return error_oom(ret_error);
	if (!given.range)
		return make_file(label, policy->file, NULL, NULL, NULL, ret_error);
	/* A range that is not numbers (mcstrans) is the policy's to judge; no pair of ours can be meant by it. */
	if (level_parse_range(given.range, &range) == 0 && level_count(&range.low) > 0) {
		r = compartment_note(label, &range.low, ret_error);
		if (r < 0)
			return r;
	}
	return make_file(label, policy->file, NULL, NULL, given.range, ret_error);
}

static int selinux_make(Label *label, const LabelWish *wish, Error **ret_error)
{
	_cleanup_selinux_contexts_ SelinuxContexts policy = {};
	int r = selinux_contexts_load(label->host, label->service, &policy, ret_error);

	if (r < 0)
		return r;
	return wish->fixed ? make_static(label, wish, &policy, ret_error)
			   : make_dynamic(label, wish, &policy, ret_error);
}

static int selinux_confirm(Label *label, Error **ret_error)
{
	_cleanup_context_ Context context = {};
	LevelRange range = {};
	int r = parse_context(label->process, "its label", label->container, &context, ret_error);

	if (r < 0)
		return r;
	if (!context.range || level_parse_range(context.range, &range) < 0 ||
		level_count(&range.low) == 0) {
		if (label->fixed) /* as at create */
			return 0;
		return error_set(ret_error, EINVAL,
			"container %s: its dynamic label \"%s\" has no categories of its own",
			label->container, label->process);
	}
	return compartment_confirm(label, &range.low, ret_error);
}

static int selinux_check(Label *label, Error **ret_error)
{
	int r;

	if (label->custom_type) {
		/* Its types are loaded with the container, and have no aliases. */
		label->real = strdup(label->process);
		return label->real ? 0 : error_oom(ret_error);
	}
	r = selinux_canonical(label->host, label->process, &label->real, ret_error);
	if (r == 0 && label->file)
		r = selinux_canonical(label->host, label->file, &label->real_file, ret_error);
	return r < 0 ? error_wrap(ret_error, "container %s", label->container) : 0;
}

static int selinux_load(const Label *label, Error **ret_error)
{
	_cleanup_free_ char *real = NULL;
	int r;

	if (!label->custom_type)
		return 0;
	if (selinux_canonical(label->host, label->process, &real, NULL) == 0)
		return 0; /* it stays loaded from create to delete */
	/* One command is written for here; a service by who knows its ports. */
	if (!label->service) {
		r = custom_type_write(label->container, NULL, ret_error);
		if (r < 0)
			return r;
	}
	r = custom_type_install(label->container, ret_error);
	return r < 0 ? r : selinux_canonical(label->host, label->process, &real, ret_error);
}

static int selinux_describe(const Label *label, char *const *ports, Error **ret_error)
{
	return label->custom_type ? custom_type_write(label->container, ports, ret_error) : 0;
}

static int selinux_create_as(const Label *label, const char *text, Error **ret_error)
{
	int r = text ? selinux_load(label, ret_error)
		     : 0; /* the type must be known before the first file has it */

	/* An empty write resets; file_write_kernel() would make it no write at all, a lone newline is what the kernel takes for it. */
	return r < 0 ? r
		     : kernel_write(label->host, "/proc/thread-self/attr/fscreate",
			       text ? text : "\n", ret_error);
}

/* Labels all files of the mount, whatever creates them. Inside a user namespace the kernel allows it for these file systems only; pseudo file
 * systems have labels by the policy. */
static int selinux_mount_option(
	const Label *label, const char *fstype, char **ret, Error **ret_error)
{
	static const char *const by_policy[] = { "proc", "sysfs", "cgroup", "cgroup2", "mqueue",
		"bpf", "securityfs", "tracefs", "debugfs" };

	for (size_t i = 0; i < ARRAY_SIZE(by_policy); i++)
		if (strcmp(fstype, by_policy[i]) == 0) {
			*ret = strdup("");
			return *ret ? 0 : error_oom(ret_error);
		}
	if (asprintf(ret, "context=\"%s\"", label->file) < 0) {
		*ret = NULL;
		return error_oom(ret_error);
	}
	return 0;
}

static int selinux_shared(const LabelHost *host, char **ret_top, char **ret, Error **ret_error)
{
	_cleanup_selinux_contexts_ SelinuxContexts policy = {};
	int r = selinux_contexts_load(host, false, &policy, ret_error);

	if (r < 0)
		return r;
	*ret_top = NULL;
	*ret = TAKE_PTR(policy.ro_file);
	return 0;
}

static int selinux_attribute(
	const Label *label, const char **ret_file, char **ret_text, Error **ret_error)
{
	char *text = strdup(label->process);

	if (!text)
		return error_oom(ret_error);
	*ret_file = "attr/exec";
	*ret_text = text;
	return 0;
}

static int selinux_read_process(int proc_fd, pid_t pid, char **ret, Error **ret_error)
{
	return kernel_read_attr(proc_fd, pid, "current", ret, ret_error);
}

const LabelDriver label_driver_selinux = {
	.name = "selinux",
	.xattr = "selinux",
	.names_maker = true,
	.install =
		"install a policy and boot with it (Debian: selinux-basics and selinux-policy-default, then selinux-activate)",
	.present = selinux_present,
	.make = selinux_make,
	.confirm = selinux_confirm,
	.check = selinux_check,
	.load = selinux_load,
	.describe = selinux_describe,
	.forget = custom_type_remove,
	.create_as = selinux_create_as,
	.mount_option = selinux_mount_option,
	.shared = selinux_shared,
	.attribute = selinux_attribute,
	.read_process = selinux_read_process,
};
