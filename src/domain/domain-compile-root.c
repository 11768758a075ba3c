/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The root of a domain, what is mounted in it, and its devices.
 */
#include <stdio.h>
#include <string.h>

#include "base/path.h"
#include "base/strv.h"
#include "domain/domain-compile.h"
#include "engine/spec/usual.h"

#define SHM_OPTIONS "mode=1777,size=50%,nr_inodes=400k"

/* An <idmap> is about the owners on disk, as libvirt has it; with ids of our own choosing the tree keeps its ordinary owners. */
static SpecMapping mapping(const DomainCompile *c)
{
	return c->facts->user_namespace && c->domain->users.n_ranges == 0 ? SPEC_MAPPING_CONTAINER
									  : SPEC_MAPPING_NONE;
}

static SpecMount *add(
	DomainCompile *c, SpecMountKind kind, const DomainFilesystem *fs, uint32_t flags)
{
	uint32_t make = c->domain->root_kind == DOMAIN_ROOT_HOST ? 0 : SPEC_MOUNT_MAKE;
	SpecMount *mount = usual_mount(c->spec, kind, fs->target, fs->source, NULL,
		flags | make | (fs->readonly ? (uint32_t)SPEC_MOUNT_READONLY : 0));

	c->failed = c->failed || !mount;
	return mount;
}

static void compile_ram(DomainCompile *c, const DomainFilesystem *fs)
{
	SpecMount *mount = add(c, SPEC_MOUNT_TMPFS, fs, SPEC_MOUNT_NOSUID | SPEC_MOUNT_NODEV);

	if (mount)
		mount->options = usual_ram_options(fs->size);
	c->failed = c->failed || !mount || !mount->options;
}

static void compile_filesystem(DomainCompile *c, const DomainFilesystem *fs)
{
	SpecMount *mount = NULL;

	switch (fs->type) {
	case DOMAIN_FILESYSTEM_MOUNT:
		mount = add(c, SPEC_MOUNT_BIND, fs,
			SPEC_MOUNT_NODEV | SPEC_MOUNT_RECURSIVE | SPEC_MOUNT_WALK);
		break;
	case DOMAIN_FILESYSTEM_FILE:
	case DOMAIN_FILESYSTEM_BLOCK:
		mount = add(c, SPEC_MOUNT_IMAGE, fs, SPEC_MOUNT_NODEV);
		break;
	case DOMAIN_FILESYSTEM_BIND:
		(void)add(c, SPEC_MOUNT_INSIDE, fs, SPEC_MOUNT_RECURSIVE);
		return;
	case DOMAIN_FILESYSTEM_RAM:
		compile_ram(c, fs);
		return;
	default: /* refused before */
		return;
	}
	if (mount)
		mount->mapping = mapping(c);
}

static void compile_own_root(DomainCompile *c)
{
	static const SpecRootKind kinds[_DOMAIN_ROOT_MAX] = {
		[DOMAIN_ROOT_HOST] = SPEC_ROOT_HOST,
		[DOMAIN_ROOT_DIRECTORY] = SPEC_ROOT_DIRECTORY,
		[DOMAIN_ROOT_IMAGE] = SPEC_ROOT_IMAGE,
		[DOMAIN_ROOT_BLOCK] = SPEC_ROOT_IMAGE,
	};
	const DomainFilesystem *fs = c->domain->root_filesystem;
	SpecRoot *root = &c->spec->root;

	root->kind = kinds[c->domain->root_kind];
	if (root->kind != SPEC_ROOT_HOST)
		root->source = domain_compile_text(c, fs->source);
	root->readonly = fs && fs->readonly;
	root->mapping = root->kind == SPEC_ROOT_HOST ? SPEC_MAPPING_NONE : mapping(c);
}

static const SpecDevice *find_device(const Spec *spec, const char *path)
{
	for (size_t i = 0; i < spec->n_devices; i++)
		if (spec->devices[i].path && strcmp(spec->devices[i].path, path) == 0)
			return &spec->devices[i];
	return NULL;
}

/* One that is there already may be asked for: every container has "/dev/full". Two nodes of one name cannot be. */
static int add_node(DomainCompile *c, const DomainHostdev *hostdev,
	const struct DomainNodeFact *fact, Error **ret_error)
{
	bool block = hostdev->type == DOMAIN_HOSTDEV_STORAGE;
	SpecDeviceType type = block ? SPEC_DEVICE_BLOCK : SPEC_DEVICE_CHARACTER;
	_cleanup_free_ char *path =
		path_join(*hostdev->target == '/' ? "" : "/dev", hostdev->target);
	const SpecDevice *same = path ? find_device(c->spec, path) : NULL;
	SpecDevice *device;

	if (same && same->type == type && same->major == fact->major && same->minor == fact->minor)
		return 0;
	if (same)
		return error_set(ret_error, EINVAL,
			"line %u: the container has another device as %s already; give this one another target",
			hostdev->node->line, path);
	device = path ? spec_add_device(c->spec) : NULL;
	if (!device)
		return error_oom(ret_error);
	device->path = TAKE_PTR(path);
	device->type = type;
	device->major = fact->major;
	device->minor = fact->minor;
	device->mode = hostdev->readonly ? 0400 : 0600;
	device->made = true;
	if (hostdev->readonly)
		c->failed = !spec_forbid_writing(c->spec, device) || c->failed;
	return 0;
}

static int compile_nodes(DomainCompile *c, Error **ret_error)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < c->domain->n_hostdevs && i < c->facts->n_nodes; i++)
		r = add_node(c, &c->domain->hostdevs[i], &c->facts->nodes[i], ret_error);
	return r;
}

static void compile_mount_points(DomainCompile *c)
{
	static const struct {
		const char *path;
		uint32_t mode;
	} points[] = { { "/dev", 0755 }, { "/proc", 0555 }, { "/sys", 0555 } };

	for (size_t i = 0; i < ARRAY_SIZE(points); i++) {
		SpecMount *mount =
			usual_mount(c->spec, SPEC_MOUNT_DIRECTORY, points[i].path, NULL, NULL, 0);

		if (mount)
			mount->mode = points[i].mode;
		else
			c->failed = true;
	}
}

int domain_compile_root(DomainCompile *c, Error **ret_error)
{
	bool manager = c->facts->user_namespace;
	Spec *spec = c->spec;
	int r;

	compile_own_root(c);
	if (spec->root.kind != SPEC_ROOT_HOST) /* there nothing is made */
		compile_mount_points(c);
	if (usual_dev(spec) < 0 || !usual_mount(spec, SPEC_MOUNT_TMPFS, "/dev/shm", NULL,
					   SHM_OPTIONS, SPEC_MOUNT_NOSUID | SPEC_MOUNT_NODEV))
		c->failed = true;
	r = compile_nodes(c, ret_error);
	for (size_t i = 0; i < c->domain->n_filesystems; i++)
		if (&c->domain->filesystems[i] != c->domain->root_filesystem)
			compile_filesystem(c, &c->domain->filesystems[i]);
	/* For the parts of sysfs: in a root that is not of our making nothing is made. */
	if (spec->root.kind != SPEC_ROOT_TMPFS &&
		!usual_mount(spec, SPEC_MOUNT_TMPFS, "/sys", NULL, USUAL_SYS_OPTIONS,
			SPEC_MOUNT_NOSUID | SPEC_MOUNT_NODEV | SPEC_MOUNT_NOEXEC))
		c->failed = true;
	if (usual_kernel(spec, manager) < 0 ||
		usual_paths(spec, spec->namespaces.network.kind == SPEC_NAMESPACE_NEW && manager) <
			0)
		c->failed = true;
	STRV_FOREACH (path, c->facts->hidden)
		if (strv_append(&spec->paths.hidden, *path) < 0)
			c->failed = true;
	return r;
}
