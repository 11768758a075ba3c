/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * AppArmor: a profile of each container's own, generated and compiled when the container starts (the compiled form depends on the running kernel), removed
 * when it has stopped. Loading is apparmor_parser's; taking a label and reading it are files of /proc (see kernel.h).
 */
#include <stdio.h>
#include <string.h>

#include "base/spawn.h"
#include "label/apparmor-profile.h"
#include "label/kernel.h"

#define APPARMORFS "/sys/kernel/security/apparmor"

static bool apparmor_present(const LabelHost *host)
{
	_cleanup_free_ char *enabled = NULL;

	return kernel_read(host, "/sys/module/apparmor/parameters/enabled", &enabled, NULL) == 0 &&
	       *enabled == 'Y';
}

static int apparmor_make(Label *label, const Desc *desc, Error **ret_error)
{
	const DescSecurity *s = &desc->security;

	if (s->baselabel)
		return error_set(ret_error, EINVAL,
			"container %s: Cannot set a base label with AppArmor", desc->name);
	if (s->level || s->own_type)
		return error_set(ret_error, EINVAL,
			"container %s: levels and types are SELinux's; with AppArmor each "
			"container has a profile of its own",
			desc->name);
	if (s->label && !label->fixed)
		return error_set(ret_error, EINVAL,
			"container %s: a dynamic label is chosen here and cannot be given; use -s "
			"static",
			desc->name);
	if (!s->label && label->fixed)
		return error_set(ret_error, EINVAL,
			"container %s: -s static needs the label: label=PROFILE", desc->name);
	label->process = s->label ? strdup(s->label) : apparmor_profile_name(desc->name);
	return label->process ? 0 : error_oom(ret_error);
}

static int apparmor_check(Label *label, Error **ret_error)
{
	if (strcmp(label->process, "unconfined") == 0 || strpbrk(label->process, " \t\n"))
		return error_set(ret_error, EINVAL,
			"container %s: \"%s\" is no AppArmor profile that confines",
			label->container, label->process);
	if (asprintf(&label->real, "%s (enforce)", label->process) < 0) {
		label->real = NULL;
		return error_oom(ret_error);
	}
	return 0;
}

static int check_loaded(const Label *label, Error **ret_error)
{
	_cleanup_free_ char *path = NULL, *table = NULL, *line = NULL;
	int r;

	if (asprintf(&path, "%s" APPARMORFS "/profiles", label->host->root) < 0) {
		path = NULL;
		return error_oom(ret_error);
	}
	if (asprintf(&line, "%s\n", label->real) < 0) {
		line = NULL;
		return error_oom(ret_error);
	}
	r = kernel_read_table(path, &table, ret_error);
	if (r < 0)
		return r;
	for (const char *p = table; *p; p += strcspn(p, "\n"), p += *p == '\n')
		if (strncmp(p, line, strlen(line)) == 0)
			return 0;
	return error_set(ret_error, ENOENT,
		"container %s: the AppArmor profile %s is not loaded in enforce mode: load it with "
		"apparmor_parser -r",
		label->container, label->process);
}

static int apparmor_load(const Label *label, Error **ret_error)
{
	_cleanup_free_ char *text = NULL;
	int r;

	if (!label->fixed) {
		r = apparmor_profile_format(label->process, label->service, &text, ret_error);
		if (r < 0)
			return r;
		/* No cache: parser's is named by files, and this text never was one. */
		r = spawn_run((char *const[]){ (char *)"apparmor_parser", (char *)"--replace",
				      (char *)"--skip-cache", (char *)"--quiet", NULL },
			text, NULL, NULL, ret_error);
		if (r == -ENOENT)
			return error_wrap(ret_error,
				"container %s: load its AppArmor profile (install the package "
				"apparmor)",
				label->container);
		if (r < 0)
			return error_wrap(ret_error, "container %s: load its AppArmor profile",
				label->container);
	}
	return check_loaded(label, ret_error);
}

static int apparmor_unload(const Label *label, Error **ret_error)
{
	int r;

	if (label->fixed)
		return 0;
	r = kernel_write(label->host, APPARMORFS "/.remove", label->process, NULL);
	if (r == -ENOENT)
		return 0; /* it was never loaded, or is gone */
	return r < 0 ? error_errno(ret_error, -r, "container %s: remove its AppArmor profile",
			       label->container)
		     : 0;
}

static int apparmor_attribute(
	const Label *label, const char **ret_file, char **ret_text, Error **ret_error)
{
	char *command;

	if (asprintf(&command, "exec %s", label->process) < 0)
		return error_oom(ret_error);
	*ret_file = "attr/apparmor/exec";
	*ret_text = command;
	return 0;
}

static int apparmor_read_process(int proc_fd, pid_t pid, char **ret, Error **ret_error)
{
	return kernel_read_attr(proc_fd, pid, "apparmor/current", ret, ret_error);
}

const LabelDriver label_driver_apparmor = {
	.name = "apparmor",
	.model = DESC_MODEL_APPARMOR,
	/* It is not told of move_mount(2) before Linux 6.7, and since then not what is mounted by it. */
	.old_mounts_only = true,
	.install = "boot with lsm=...,apparmor and install the package apparmor",
	.present = apparmor_present,
	.make = apparmor_make,
	.check = apparmor_check,
	.load = apparmor_load,
	.unload = apparmor_unload,
	.attribute = apparmor_attribute,
	.read_process = apparmor_read_process,
};
