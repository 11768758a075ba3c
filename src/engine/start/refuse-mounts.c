/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a root, a layer or a mount says and its kind does not read. Each kind has its members here; the others must be as in a Spec that
 * is all zero.
 */
#include <string.h>

#include "engine/start/refuse.h"
#include "engine/spec/spec-table.h"

#define ATTRIBUTES                                                                                 \
	(SPEC_MOUNT_READONLY | SPEC_MOUNT_NOSUID | SPEC_MOUNT_NODEV | SPEC_MOUNT_NOEXEC |          \
		SPEC_MOUNT_NOATIME | SPEC_MOUNT_NOSYMFOLLOW)
/* What the kernel's file systems of a container have whether or not a Spec says so. */
#define QUIET (SPEC_MOUNT_NOSUID | SPEC_MOUNT_NODEV | SPEC_MOUNT_NOEXEC)

/* What a file system has that only others are taken of. */
#define HIDDEN (SPEC_MOUNT_READONLY | QUIET)

#define ALWAYS "kind target flags mapping users groups propagation " /* judged by themselves */

typedef struct Kind {
	const char *name;
	const char *members; /* separated by spaces, each with one behind it */
	uint32_t flags;
	bool mapped; /* its ids can be */
	bool is_mount; /* at a path of its own */
} Kind;

static const Kind mounts[_SPEC_MOUNT_KIND_MAX] = {
	[SPEC_MOUNT_BIND] = { "bind", "source below ",
		ATTRIBUTES | SPEC_MOUNT_RECURSIVE | SPEC_MOUNT_FOLLOW | SPEC_MOUNT_OPTIONAL |
			SPEC_MOUNT_MAKE | SPEC_MOUNT_SOCKET | SPEC_MOUNT_KEEP_LABEL |
			SPEC_MOUNT_WALK | SPEC_MOUNT_YIELD | SPEC_MOUNT_BEGIN,
		true, true },
	[SPEC_MOUNT_INSIDE] = { "inside", "source ",
		ATTRIBUTES | SPEC_MOUNT_RECURSIVE | SPEC_MOUNT_MAKE | SPEC_MOUNT_KEEP_LABEL, true,
		true },
	[SPEC_MOUNT_IMAGE] = { "image", "source below ",
		ATTRIBUTES | SPEC_MOUNT_MAKE | SPEC_MOUNT_KEEP_LABEL, true, true },
	[SPEC_MOUNT_TMPFS] = { "tmpfs", "options parts ",
		ATTRIBUTES | SPEC_MOUNT_MAKE | SPEC_MOUNT_KEPT, false, true },
	[SPEC_MOUNT_DEVPTS] = { "devpts", "options ", ATTRIBUTES | SPEC_MOUNT_MAKE, false, true },
	[SPEC_MOUNT_MQUEUE] = { "mqueue", "", ATTRIBUTES | SPEC_MOUNT_MAKE, false, true },
	[SPEC_MOUNT_PROC] = { "proc", "", QUIET, false, true },
	[SPEC_MOUNT_SYSFS] = { "sysfs", "parts ", QUIET | SPEC_MOUNT_READONLY, false, true },
	[SPEC_MOUNT_CGROUP] = { "cgroup", "", QUIET | SPEC_MOUNT_READONLY | SPEC_MOUNT_OPTIONAL,
		false, true },
	[SPEC_MOUNT_DIRECTORY] = { "directory", "mode ", SPEC_MOUNT_KEPT, false },
	[SPEC_MOUNT_FILE] = { "file", "mode text ", 0, false },
	[SPEC_MOUNT_LINK] = { "link", "source ", 0, false },
};

static const Kind roots[_SPEC_ROOT_KIND_MAX] = {
	[SPEC_ROOT_TMPFS] = { "tmpfs", "options readonly ", 0, false },
	[SPEC_ROOT_DIRECTORY] = { "directory", "source readonly ", 0, true },
	[SPEC_ROOT_IMAGE] = { "image", "source readonly ", 0, true },
	[SPEC_ROOT_OVERLAY] = { "overlay", "readonly ", 0, false },
	[SPEC_ROOT_HOST] = { "host", "readonly ", 0, true },
};

static bool is_listed(const char *list, const char *key)
{
	size_t n = strlen(key);

	for (; *list; list += strcspn(list, " ") + 1)
		if (strncmp(list, key, n) == 0 && list[n] == ' ')
			return true;
	return false;
}

static const SpecSection *find_section(const char *name)
{
	for (size_t i = 0; i < spec_sections_count; i++)
		if (strcmp(spec_sections[i].name, name) == 0)
			return &spec_sections[i];
	return NULL;
}

/* -EOPNOTSUPP for a member of the item that its kind does not read. */
static int refuse_members(
	const SpecSection *section, const Kind *kind, const void *item, Error **ret_error)
{
	for (size_t m = 0; m < section->n_members; m++)
		if (!spec_member_is_unset(&section->members[m], item) &&
			!is_listed(ALWAYS, section->members[m].key) &&
			!is_listed(kind->members, section->members[m].key))
			return error_set(ret_error, EOPNOTSUPP,
				"cannot start the container: [%s] %s is not supported with kind=%s",
				section->name, section->members[m].key, kind->name);
	return 0;
}

static int refuse_mapping(const Spec *spec, const char *what, bool possible, SpecMapping mapping,
	const SpecIdMap *users, const SpecIdMap *groups, Error **ret_error)
{
	bool own = mapping == SPEC_MAPPING_OWN;

	if (mapping != SPEC_MAPPING_NONE && !possible)
		return error_set(ret_error, EOPNOTSUPP,
			"cannot map the ids of %s: its kind has none of its own", what);
	if (own != (users->n_ranges > 0) || own != (groups->n_ranges > 0))
		return error_set(ret_error, EINVAL,
			"cannot map the ids of %s: mapping=own and ranges of users and groups belong together",
			what);
	if (mapping == SPEC_MAPPING_CONTAINER && spec->namespaces.user.kind == SPEC_NAMESPACE_HOST)
		return error_set(ret_error, EINVAL,
			"cannot map the ids of %s: the container has no user namespace of its own",
			what);
	return 0;
}

static int refuse_mount(
	const Spec *spec, const SpecSection *section, const SpecMount *mount, Error **ret_error)
{
	const char *name = mount->target ? mount->target : mount->below ? mount->below : "a mount";
	const Kind *kind = &mounts[mount->kind];
	bool hidden = !mount->target; /* for binds of this container alone */
	uint32_t flags = hidden ? kind->flags & HIDDEN : kind->flags;
	int r = refuse_members(section, kind, mount, ret_error);

	if (r < 0)
		return r;
	if (mount->propagation == SPEC_PROPAGATION_SLAVE &&
		(mount->kind != SPEC_MOUNT_BIND || mount->below ||
			mount->flags & (SPEC_MOUNT_WALK | SPEC_MOUNT_SOCKET)))
		return error_set(ret_error, EOPNOTSUPP,
			"cannot mount %s: only a bind of a path of the host, without below and the flags walk and socket, can be a slave",
			name);
	if (mount->propagation != SPEC_PROPAGATION_PRIVATE && (hidden || !kind->is_mount))
		return error_set(ret_error, EOPNOTSUPP,
			"cannot mount %s: its kind has no propagation of its own", name);
	if (mount->flags & ~flags)
		return error_set(ret_error, EOPNOTSUPP,
			"cannot mount %s: it has flags that are not supported with kind=%s", name,
			kind->name);
	return refuse_mapping(spec, name, kind->mapped && !hidden, mount->mapping, &mount->users,
		&mount->groups, ret_error);
}

static int refuse_root(const Spec *spec, Error **ret_error)
{
	const SpecRoot *root = &spec->root;
	int r = refuse_members(find_section("root"), &roots[root->kind], root, ret_error);

	if (r == 0)
		r = refuse_mapping(spec, "the root", roots[root->kind].mapped, root->mapping,
			&root->users, &root->groups, ret_error);
	if (r == 0 && root->propagation == SPEC_PROPAGATION_SLAVE &&
		root->kind != SPEC_ROOT_DIRECTORY && root->kind != SPEC_ROOT_HOST)
		return error_set(ret_error, EOPNOTSUPP,
			"the root cannot be a slave: only a directory of the host or the host's root can");
	if (r == 0 && spec->n_layers > 0 && root->kind != SPEC_ROOT_OVERLAY)
		return error_set(ret_error, EINVAL,
			"cannot use the layers: the root is not an overlay; give it kind=overlay");
	for (size_t i = 0; r == 0 && i < spec->n_layers; i++)
		r = refuse_mapping(spec, "a layer", true, spec->layers[i].mapping,
			&spec->layers[i].users, &spec->layers[i].groups, ret_error);
	return r;
}

int refuse_mounts(const Spec *spec, Error **ret_error)
{
	const SpecSection *section = find_section("mount");
	int r;

	if ((unsigned int)spec->root.kind >= _SPEC_ROOT_KIND_MAX)
		return error_set(ret_error, EINVAL, "there is no root of kind %d", spec->root.kind);
	r = refuse_root(spec, ret_error);
	for (size_t i = 0; r == 0 && i < spec->n_mounts; i++) {
		if ((unsigned int)spec->mounts[i].kind >= _SPEC_MOUNT_KIND_MAX)
			return error_set(ret_error, EINVAL, "there is no mount of kind %d",
				spec->mounts[i].kind);
		r = refuse_mount(spec, section, &spec->mounts[i], ret_error);
	}
	return r;
}
