/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * create: description -> facts -> plan -> reservations -> labelled tree -> description and units on disk. Until the last
 * step a pending description tells the next command what to undo, whatever happens to this one.
 */
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/layout.h"
#include "base/log.h"
#include "base/path.h"
#include "base/strv.h"
#include "base/trusted-path.h"
#include "desc/identity.h"
#include "desc/defaults.h"
#include "desc/keyfile.h"
#include "desc/value.h"
#include "engine/engine.h"
#include "engine/keep/event-log.h"
#include "engine/start/fs-image.h"
#include "host/host.h"
#include "host/package-lock.h"
#include "label/label.h"
#include "content/apply.h"
#include "content/base-store.h"
#include "content/host-content.h"
#include "sandbox/create.h"
#include "sandbox/create-notes.h"
#include "sandbox/compile.h"
#include "sandbox/direct-filter-code.h"
#include "sandbox/given-devices.h"
#include "sandbox/handle.h"
#include "sandbox/host-record.h"
#include "identity/confirm.h"
#include "content/image.h"
#include "sandbox/mount-check.h"
#include "content/manifest.h"
#include "sandbox/needs.h"
#include "sandbox/order.h"
#include "sandbox/passwords.h"
#include "sandbox/registry.h"
#include "sandbox/name-lock.h"
#include "sandbox/resource-limits.h"

typedef struct Progress {
	vsb_progress call;
	void *data;
	Manifest written; /* what went into /etc */
} Progress;

static void progress_copy(size_t done, size_t all, void *data)
{
	const Progress *progress = data;

	if (progress->call)
		progress->call("copying", done, all, progress->data);
}

/* Names of units as the host knows them: "web" -> "web.service". */
static int create_name_units(const Desc *asked, const Facts *facts, Desc **ret, Error **ret_error)
{
	_cleanup_desc_ Desc *desc = NULL;
	int r = desc_copy(asked, &desc, ret_error);

	if (r < 0)
		return r;
	desc->units = strv_free(desc->units);
	for (size_t i = 0; i < facts->n_units; i++)
		if (facts->units[i].asked &&
			(strv_append(&desc->units, facts->units[i].name) < 0 ||
				(facts->units[i].asked_as &&
					strv_append_unique(
						&desc->aliases, facts->units[i].asked_as) < 0)))
			return error_oom(ret_error);
	r = desc_resolve(desc, ret_error);
	if (r == 0)
		*ret = TAKE_PTR(desc);
	return r;
}

/* What the plan found that a start needs as well. */
static int create_note_plan(const Desc *planned, const DescResources *asked, const Plan *plan,
	Desc **ret, Error **ret_error)
{
	_cleanup_desc_ Desc *desc = NULL;
	int r = desc_copy(planned, &desc, ret_error);

	if (r < 0)
		return r;
	desc->resources = *asked; /* what the site says holds for the plan, not for the file */
	desc->shared = strv_free(desc->shared);
	if (strv_copy(&desc->shared, plan->shared) < 0)
		return error_oom(ret_error);
	desc->sysctls = strv_free(desc->sysctls);
	if (strv_copy(&desc->sysctls, plan->sysctls) < 0)
		return error_oom(ret_error);
	desc->steps = strv_free(desc->steps);
	if (strv_copy(&desc->steps, plan->steps) < 0)
		return error_oom(ret_error);
	r = direct_filter_code(plan, &desc->steps, ret_error);
	if (r < 0)
		return r;
	desc->socket_rules = strv_free(desc->socket_rules);
	if (strv_copy(&desc->socket_rules, plan->socket_rules) < 0)
		return error_oom(ret_error);
	STRV_FOREACH (name, plan->capabilities)
		if (strv_append_unique(&desc->capabilities, *name) < 0)
			return error_oom(ret_error);
	r = desc_resolve(desc, ret_error);
	if (r == 0)
		*ret = TAKE_PTR(desc);
	return r;
}

/* Paths of the host that the description names, while a mistake costs nothing yet. Start asks again. */
int create_check_paths(const Desc *desc, Error **ret_error)
{
	_cleanup_free_ DeviceFact *devices = NULL;
	int r = 0;

	if (desc->path) {
		_cleanup_fd_ int fd = -EBADF;
		struct stat st;

		r = trusted_path_open(desc->path,
			TRUSTED_NO_CONTAINER | TRUSTED_ROOT_ONLY | TRUSTED_WITHIN, &fd, NULL,
			ret_error);
		if (r == 0 && (fstat(fd, &st) < 0 || !S_ISDIR(st.st_mode)))
			r = error_set(ret_error, ENOTDIR, "cannot use %s: it is not a directory",
				desc->path);
		if (r < 0)
			return error_wrap(ret_error, "the directory for the content");
	}
	STRV_FOREACH (path, desc->with) {
		_cleanup_fd_ int fd = -EBADF;

		r = trusted_path_open(
			*path, TRUSTED_LINK | TRUSTED_ROOTS_LINKS, &fd, NULL, ret_error);
		if (r < 0)
			return error_wrap(ret_error, "--with");
	}
	r = given_devices_read(desc, &devices, ret_error);
	return r < 0 ? r : mount_sources_check(desc, ret_error);
}

int create_resolve(const Desc *asked, Desc **ret, Error **ret_error)
{
	_cleanup_desc_ Desc *desc = NULL;
	int r = desc_copy(asked, &desc, ret_error);

	if (r == 0)
		r = desc_resolve(desc, ret_error);
	if (r == 0)
		r = needs_check(desc, ret_error);
	if (r == 0)
		r = limits_check(desc, ret_error);
	if (r == 0)
		r = order_check(desc, ret_error);
	if (r == 0)
		*ret = TAKE_PTR(desc);
	return r;
}

static int check_networkd(const Desc *desc, Error **ret_error)
{
	return !desc_runs_networkd(desc) || access("/usr/lib/systemd/systemd-networkd", X_OK) == 0
		       ? 0
		       : error_set(ret_error, ENOENT,
				 "dhcp needs systemd-networkd, and this host has none; install the "
				 "package systemd-networkd, or give address= and route=");
}

static int create_plan_host_root(const Desc *asked, const Identity *identity, Desc **ret_desc,
	Plan **ret_plan, Error **ret_error)
{
	_cleanup_desc_ Desc *resolved = NULL, *named = NULL;
	_cleanup_facts_ Facts *facts = NULL;
	_cleanup_plan_ Plan *plan = NULL;
	int r = create_resolve(asked, &resolved, ret_error);

	if (r == 0)
		r = check_networkd(resolved, ret_error);
	if (r == 0)
		r = host_facts(resolved, &facts, ret_error);
	if (r == 0 && run_cannot_limit(&facts->lacked_controllers) < 0)
		r = error_oom(ret_error);
	if (r == 0)
		r = create_name_units(resolved, facts, &named, ret_error);
	if (r == 0)
		log_step("plan", "content of %s", named->name);
	if (r == 0)
		r = limits_fill(&named->resources, ret_error);
	if (r == 0)
		r = plan_make(named, identity, facts, &plan, ret_error);
	if (r == 0 && plan->meaningless)
		r = error_set(ret_error, EINVAL, "%s", plan->meaningless[0]);
	if (r == 0)
		r = mount_below_check(plan, ret_error);
	if (r == 0)
		r = passwords_fill(named, plan, ret_error);
	if (r == 0)
		r = create_note_plan(named, &resolved->resources, plan, ret_desc, ret_error);
	if (r == 0)
		*ret_plan = TAKE_PTR(plan);
	return r;
}

static bool create_has_own_root(const Desc *asked)
{
	return asked->os || asked->os_from || asked->base || asked->root;
}

int create_make_plan(const Desc *asked, const Identity *identity, Desc **ret_desc, Plan **ret_plan,
	Error **ret_error)
{
	return create_has_own_root(asked)
		       ? create_system_plan(asked, identity, ret_desc, ret_plan, ret_error)
		       : create_plan_host_root(asked, identity, ret_desc, ret_plan, ret_error);
}

static int create_reserve(const Container *c, NameLock *lock, Label **ret_label, Error **ret_error)
{
	_cleanup_label_ Label *label = NULL;
	_cleanup_fd_ int bases = -EBADF;
	int r = c->desc->base ? base_lock(&bases, ret_error) : 0;

	if (r == 0)
		r = name_lock_begin(lock, c, ret_error);
	/* From now on it has a user. */
	if (r == 0 && c->places.base && !file_exists(c->places.base))
		r = error_set(ret_error, ENOENT, "its base %.12s is missing", c->desc->base);
	bases = fd_close(bases);
	if (r == 0)
		log_step("reserve", "ids, addresses and label of %s", c->desc->name);
	if (r == 0)
		r = identity_reserve(c->desc, c->identity, ret_error);
	if (r == 0)
		r = identity_reserve_label(c->desc, c->identity, &label, ret_error);
	if (r == 0)
		r = compile_check_dhcp(c->desc, c->identity->model, ret_error);
	/* Again, now with what was reserved. A death between the two is covered as well: reservations are released by name. */
	if (r == 0)
		r = name_lock_begin(lock, c, ret_error);
	if (r == 0)
		*ret_label = TAKE_PTR(label);
	return r;
}

static int progress_made(const char *path, bool link, const char *content, size_t size, void *data)
{
	static const char etc[] = "/etc/";
	Progress *progress = data;

	if (strncmp(path, etc, strlen(etc)) != 0)
		return 0;
	return manifest_note(&progress->written, path + strlen(etc), link, content, size);
}

/* Tells ext4 (chattr(1), attribute T) that the trees in this directory have nothing to do with each other, so each gets a part of the
 * disk of its own. All in one part, every new file searches past the inodes of all the other containers and of those deleted in the last
 * minutes, which ext4 does not use again so soon: that was seen to take ten times as long as the files themselves. */
static void spread_trees(const char *directory)
{
	_cleanup_fd_ int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int flags;

	if (fd >= 0 && ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0 && !(flags & FS_TOPDIR_FL)) {
		flags |= FS_TOPDIR_FL;
		(void)ioctl(fd, FS_IOC_SETFLAGS, &flags); /* other file systems need no such hint */
	}
}

/* From now on others write there: a clone has the links that its original's root made. */
static int mark_tree(const char *tree, Error **ret_error)
{
	_cleanup_fd_ int fd = -EBADF;
	int r = trusted_path_open(
		tree, TRUSTED_NO_CONTAINER | TRUSTED_ROOT_ONLY, &fd, NULL, ret_error);

	return r < 0 ? r : trusted_path_mark(fd, tree, ret_error);
}

/* The parent is closed to others: set-user-id programs of containers must not be reachable by the host's users. */
static int create_place(const Container *c, Error **ret_error)
{
	const char *tree = c->places.tree;
	_cleanup_free_ char *parent = NULL;
	int r;

	if (file_exists(tree))
		return error_set(ret_error, EEXIST,
			"%s exists already and does not belong to a container; move it away or "
			"choose another name",
			tree);
	if (c->desc->path) /* another directory is the administrator's */
		return 0;
	parent = layout_path(LAYOUT_FILESYSTEMS);
	r = parent ? file_mkdir_p(parent, 0700, ret_error) : error_oom(ret_error);
	if (r == 0)
		spread_trees(parent);
	return r;
}

/* Remembers what the tool wrote into /etc, for a later upgrade. */
static int create_manifest(
	const Places *places, int content_fd, Progress *progress, Error **ret_error)
{
	_cleanup_manifest_ Manifest manifest = { 0 };
	_cleanup_fd_ int tree_fd = -EBADF, fd = -EBADF;
	int r;

	if (content_fd < 0)
		content_fd = tree_fd = open(places->tree, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (content_fd >= 0)
		fd = openat(content_fd, "etc", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return error_errno(ret_error, errno, "cannot open %s/etc", places->tree);
	r = manifest_make(fd, &progress->written, &manifest, ret_error);
	return r < 0 ? r : manifest_save(&manifest, places->manifest, ret_error);
}

/* Into the image through its descriptor, or below the tree; in both cases there is a directory of the tree. */
static int create_content(const Container *c, const Plan *plan, const Label *label,
	Progress *progress, Error **ret_error)
{
	const Places *places = &c->places;
	_cleanup_fd_ int fd = -EBADF;
	int r;

	log_step("apply", "plan of %s to %s", c->desc->name, places->tree);
	r = create_place(c, ret_error);
	if (r >= 0)
		r = image_make(places, c->desc->image_size, &fd, ret_error);
	if (r < 0)
		return r;
	r = plan_apply_into(plan, fd, places->tree, places->journal, label,
		&(PlanWatch){ .progress = progress_copy, .made = progress_made, .data = progress },
		ret_error);
	if (r < 0 && fd >= 0)
		return error_wrap(ret_error, "cannot put the content into an image of %llu bytes",
			(unsigned long long)c->desc->image_size);
	if (r == 0)
		r = mark_tree(places->tree, ret_error);
	if (r == 0 && !desc_has_own_root(c->desc))
		r = mount_inside_check(c->desc, fd, places->tree, ret_error);
	if (r < 0)
		return r;
	if (desc_has_own_root(c->desc)) /* its /etc is its own, and no upgrade's */
		return 0;
	r = create_manifest(places, fd, progress, ret_error);
	return r < 0 ? r : image_finish(places, fd, ret_error);
}

/* The line that names where the content is comes first of all. */
static int create_note_content(const Places *places, char ***notes, Error **ret_error)
{
	int r = places->image
			? strv_appendf(notes, "Created sandbox container image %s", places->image)
			: strv_appendf(notes, "Created sandbox container dir %s", places->tree);

	return r < 0 ? error_oom(ret_error) : 0;
}

/* A description that survives a power cut must not speak of files that did not. One syncfs(2) costs less than an fsync(2) for each of
 * hundreds of files. */
int create_sync(const Places *places, Error **ret_error)
{
	_cleanup_free_ char *units = layout_path(LAYOUT_UNITS),
			    *reservations = layout_path(LAYOUT_RESERVATIONS);
	char *const paths[] = { (char *)places->tree, units, reservations, (char *)places->image,
		NULL };

	return units && reservations ? file_sync_systems(paths, ret_error) : error_oom(ret_error);
}

/* The host's units and the journal's link, on disk before the description that makes them a container's. */
static int create_surroundings(
	const Container *c, const Plan *plan, char ***units, Error **ret_error)
{
	int r = c->desc->host_journal
			? host_journal_link(c->identity->uuid, c->places.tree, ret_error)
			: 0;

	if (r == 0)
		r = host_units_write(c->desc, &c->places, units, ret_error);
	if (r == 0 && !desc_has_own_root(c->desc))
		r = host_record_save(c->desc->name, plan, ret_error);
	return r < 0 ? r : create_sync(&c->places, ret_error);
}

static int create_publish(const Container *c, const Plan *plan, char ***notes, Error **ret_error)
{
	const char *keyfile = c->places.keyfile;
	_cleanup_strv_ char **units = NULL;
	int r = create_surroundings(c, plan, &units, ret_error);
	if (r == 0)
		r = file_mkdir_parent(keyfile, ret_error);
	if (r == 0)
		log_step("save", "%s", keyfile);
	if (r == 0)
		r = keyfile_save(c->desc, c->identity, keyfile, ret_error);
	if (r < 0)
		return r;
	if (strv_appendf(notes, "Created sandbox config %s", keyfile) < 0)
		return error_oom(ret_error);
	STRV_FOREACH (unit, units)
		if (strv_appendf(notes, "Created unit file %s", *unit) < 0)
			return error_oom(ret_error);
	return 0;
}

static int create_steps(const Container *c, const Plan *plan, NameLock *lock, Progress *progress,
	char ***notes, Error **ret_error)
{
	_cleanup_label_ Label *label = NULL;
	int r = image_check_free(&c->places, ret_error);
	if (r >= 0)
		r = create_reserve(c, lock, &label, ret_error);
	if (r < 0)
		return r;
	r = label_describe(label, plan->ports, ret_error);
	if (r == 0)
		r = label_load(label, ret_error);
	if (r >= 0)
		r = create_content(c, plan, label, progress, ret_error);
	if (r >= 0)
		r = content_relabel(c->desc, label, ret_error);
	if (r >= 0)
		r = create_note_content(&c->places, notes, ret_error);
	if (r >= 0)
		r = create_publish(c, plan, notes, ret_error);
	if (r >= 0)
		r = create_notes(c, plan, notes, ret_error);
	if (r < 0)
		return r;
	return name_lock_commit(lock, ret_error);
}

int create_make(const Container *container, const Plan *plan, NameLock *lock, vsb_progress call,
	void *data, char ***notes, Error **ret_error)
{
	Progress progress = { .call = call, .data = data };
	int r = create_steps(container, plan, lock, &progress, notes, ret_error);

	manifest_done(&progress.written);
	if (r < 0) /* what cannot be undone now, the pending description tells the next command */
		(void)name_lock_undo(lock, NULL);
	else
		event_log(container->desc->name, EVENT_CREATED, NULL);
	return r;
}

/* An identity that has nothing yet but the machine id, which the plan writes. */
static int create_identity(Identity **ret, Error **ret_error)
{
	_cleanup_identity_ Identity *identity = identity_new();
	int r = identity ? identity_make_uuid(&identity->uuid, ret_error) : error_oom(ret_error);

	if (r == 0)
		*ret = TAKE_PTR(identity);
	return r;
}

int create_plan(const Desc *asked, Container *ret, Plan **ret_plan, Error **ret_error)
{
	_cleanup_identity_ Identity *identity = NULL;
	_cleanup_desc_ Desc *desc = NULL;
	int r = create_identity(&identity, ret_error);

	if (r == 0)
		r = create_make_plan(asked, identity, &desc, ret_plan, ret_error);
	if (r == 0)
		r = container_new(&desc, &identity, ret, ret_error);
	return r;
}

void create_tell(vsb_desc *handle, Container *container)
{
	desc_free(handle->desc);
	identity_free(handle->identity);
	handle->desc = (Desc *)TAKE_PTR(container->desc);
	handle->identity = TAKE_PTR(container->identity);
}

/* With what the site says where it is silent, and paths that are checked. */
int create_with_site(const Desc *asked, Desc **ret, Error **ret_error)
{
	_cleanup_desc_ Desc *desc = NULL, *tried = NULL, *alone = NULL;
	int r = create_check_paths(asked, ret_error);

	if (r == 0)
		r = desc_copy(asked, &desc, ret_error);
	if (r == 0)
		r = defaults_take(desc, ret_error);
	if (r == 0 && desc->site)
		r = create_check_paths(desc, ret_error);
	if (r == 0)
		r = desc_copy(desc, &tried, ret_error);
	if (r < 0)
		return r;
	/* Whose fault is it? */
	r = desc_resolve(tried, ret_error);
	if (r < 0 && desc_copy(asked, &alone, NULL) == 0 && desc_resolve(alone, NULL) == 0)
		return error_wrap(ret_error, "with the site's defaults (defaults.conf)");
	if (r == 0)
		*ret = TAKE_PTR(desc);
	return r;
}

int create_claimed(const Desc *given, NameLock *lock, vsb_progress progress, void *data,
	Container *ret, char ***notes, Error **ret_error)
{
	_cleanup_plan_ Plan *plan = NULL;
	_cleanup_desc_ Desc *asked = NULL, *desc = NULL;
	int r = create_has_own_root(given) ? 0 : package_wait("", NULL, NULL, ret_error);

	if (r >= 0)
		r = create_with_site(given, &asked, ret_error);
	if (r >= 0)
		r = create_system_base(asked, progress, data, &desc, ret_error);
	if (r >= 0)
		r = create_plan(desc, ret, &plan, ret_error);
	if (r >= 0)
		r = create_make(ret, plan, lock, progress, data, notes, ret_error);
	return r < 0 ? error_wrap(ret_error, "cannot create container %s", given->name) : 0;
}

PUBLIC int vsb_create(
	vsb_desc *handle, vsb_progress progress, void *data, char ***ret_notes, vsb_error **error)
{
	_cleanup_container_ Container container = {};
	_cleanup_strv_ char **notes = NULL;
	_cleanup_name_lock_ NameLock *lock = NULL;
	const Desc *asked = handle->desc;
	int r = sandbox_begin_work(error);
	if (r >= 0)
		r = desc_check_name(asked->name ? asked->name : "", error);
	if (r < 0)
		return r;
	r = name_lock_new(asked->name, &lock, error);
	if (r == 0)
		r = create_claimed(asked, lock, progress, data, &container, &notes, error);
	if (r < 0)
		return r;
	create_tell(handle, &container);
	if (ret_notes)
		*ret_notes = TAKE_PTR(notes);
	return 0;
}

PUBLIC int vsb_create_plan(const vsb_desc *handle, bool json, char **ret, vsb_error **error)
{
	_cleanup_container_ Container container = {};
	_cleanup_plan_ Plan *plan = NULL;
	_cleanup_desc_ Desc *asked = NULL;
	int r = create_with_site(handle->desc, &asked, error);

	if (r >= 0)
		r = create_plan(asked, &container, &plan, error);
	if (r < 0)
		return r;
	return json ? plan_format_json(plan, ret, error) : plan_format(plan, ret, error);
}
