/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * AppArmor: a profile of each container's own, generated when the container starts, compiled then unless what was compiled last time still holds for the running
 * kernel, removed when it has stopped. Loading is apparmor_parser's; taking a label and reading it are files of /proc (see kernel.h).
 */
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/layout.h"
#include "base/path.h"
#include "base/spawn.h"
#include "label/apparmor-profile.h"
#include "label/kernel.h"

#define APPARMORFS "/sys/kernel/security/apparmor"

/* Below the reservations: what is kept of a service's profile. A container's name has no characters that glob(3) knows. */
#define SOURCES "apparmor"
#define COMPILED "apparmor-compiled"

static bool apparmor_present(const LabelHost *host)
{
	_cleanup_free_ char *enabled = NULL;

	return kernel_read(host, "/sys/module/apparmor/parameters/enabled", &enabled, NULL) == 0 &&
	       *enabled == 'Y';
}

static int apparmor_make(Label *label, const LabelWish *wish, Error **ret_error)
{

	if (wish->baselabel)
		return error_set(ret_error, EINVAL,
			"container %s: Cannot set a base label with AppArmor", wish->container);
	if (wish->level || wish->custom_type)
		return error_set(ret_error, EINVAL,
			"container %s: levels and types are SELinux's; with AppArmor each container has a profile of its own",
			wish->container);
	if (wish->label && !label->fixed)
		return error_set(ret_error, EINVAL,
			"container %s: a dynamic label is chosen automatically and cannot be given; use -s static",
			wish->container);
	if (!wish->label && label->fixed)
		return error_set(ret_error, EINVAL,
			"container %s: -s static needs the label: label=PROFILE", wish->container);
	label->process = wish->label ? strdup(wish->label) : apparmor_profile_name(wish->container);
	return label->process ? 0 : error_oom(ret_error);
}

static int apparmor_check(Label *label, Error **ret_error)
{
	if (strcmp(label->process, "unconfined") == 0 || strpbrk(label->process, " \t\n"))
		return error_set(ret_error, EINVAL,
			"container %s: \"%s\" is not an AppArmor profile that confines",
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
		"container %s: the AppArmor profile %s is not loaded in enforce mode: load it with apparmor_parser -r",
		label->container, label->process);
}

/* The profile as a file, which names the compiled form that the parser keeps of it. Written only when it changed: what is older than its source
 * is compiled anew, as is what was compiled for another kernel. */
static int keep_source(const char *path, const char *text, Error **ret_error)
{
	_cleanup_free_ char *kept = NULL;

	if (file_read(path, &kept, NULL, NULL) >= 0 && strcmp(kept, text) == 0)
		return 0;
	return file_write_atomic(path, text, strlen(text), 0600, ret_error);
}

/* To compile a service's profile takes a tenth of a second, most of its start. */
static int load_kept(const Label *label, const char *text, Error **ret_error)
{
	_cleanup_free_ char *sources = layout_pathf(LAYOUT_RESERVATIONS, SOURCES);
	_cleanup_free_ char *compiled = layout_pathf(LAYOUT_RESERVATIONS, COMPILED);
	_cleanup_free_ char *path = sources ? path_join(sources, label->container) : NULL;
	_cleanup_free_ char *cache = NULL;
	int r;

	if (!path || !compiled || asprintf(&cache, "--cache-loc=%s", compiled) < 0) {
		cache = NULL;
		return error_oom(ret_error);
	}
	r = file_mkdir_p(sources, 0700, ret_error);
	if (r == 0)
		r = file_mkdir_p(compiled, 0700, ret_error);
	if (r == 0)
		r = keep_source(path, text, ret_error);
	if (r < 0)
		return r;
	return spawn_run((char *const[]){ (char *)"apparmor_parser", (char *)"--replace",
				 (char *)"--quiet", (char *)"--write-cache", cache, path, NULL },
		NULL, NULL, NULL, ret_error);
}

static int load_text(const char *text, Error **ret_error)
{
	return spawn_run((char *const[]){ (char *)"apparmor_parser", (char *)"--replace",
				 (char *)"--quiet", (char *)"--skip-cache", NULL },
		text, NULL, NULL, ret_error);
}

static int apparmor_load(const Label *label, Error **ret_error)
{
	_cleanup_free_ char *text = NULL;
	int r;

	if (label->fixed)
		return check_loaded(label, ret_error);
	r = apparmor_profile_format(label->process, label->service, &text, ret_error);
	if (r < 0)
		return r;
	r = label->service ? load_kept(label, text, ret_error) : load_text(text, ret_error);
	if (r == -ENOENT)
		return error_wrap(ret_error,
			"container %s: cannot load its AppArmor profile (install the package apparmor)",
			label->container);
	if (r < 0)
		return error_wrap(ret_error, "container %s: cannot load its AppArmor profile",
			label->container);
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
	return r < 0 ? error_errno(ret_error, -r,
			       "container %s: cannot remove its AppArmor profile", label->container)
		     : 0;
}

/* The parser keeps what it compiled in a directory for each set of features of a kernel. */
static int forget_compiled(const char *container, Error **ret_error)
{
	_cleanup_free_ char *pattern =
		layout_pathf(LAYOUT_RESERVATIONS, COMPILED "/*/%s", container);
	glob_t found;
	int r;

	if (!pattern)
		return error_oom(ret_error);
	r = glob(pattern, GLOB_NOSORT, NULL, &found);
	if (r == GLOB_NOMATCH)
		return 0;
	if (r != 0)
		return error_set(ret_error, EIO, "cannot search for %s", pattern);
	for (size_t i = 0; i < found.gl_pathc && r == 0; i++)
		if (unlink(found.gl_pathv[i]) < 0 && errno != ENOENT)
			r = error_errno(ret_error, errno, "cannot remove %s", found.gl_pathv[i]);
	globfree(&found);
	return r;
}

static int apparmor_forget(const char *container, Error **ret_error)
{
	_cleanup_free_ char *path = layout_pathf(LAYOUT_RESERVATIONS, SOURCES "/%s", container);

	if (!path)
		return error_oom(ret_error);
	if (unlink(path) < 0)
		return errno == ENOENT ? 0
				       : error_errno(ret_error, errno, "cannot remove %s", path);
	return forget_compiled(container, ret_error);
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
	/* It is not told of move_mount(2) before Linux 6.7, and since then not what is mounted by it. */
	.old_mounts_only = true,
	.install = "boot with lsm=...,apparmor and install the package apparmor",
	.present = apparmor_present,
	.make = apparmor_make,
	.check = apparmor_check,
	.load = apparmor_load,
	.unload = apparmor_unload,
	.forget = apparmor_forget,
	.attribute = apparmor_attribute,
	.read_process = apparmor_read_process,
};
