/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The root of a container: a small tmpfs with the host's /usr, the private content and the volatile directories in it.
 */
#include <stdio.h>
#include <string.h>

#include "base/path.h"
#include "base/strv.h"
#include "engine/spec/usual.h"
#include "sandbox/compile-parts.h"

#define QUIET (SPEC_MOUNT_NOSUID | SPEC_MOUNT_NODEV | SPEC_MOUNT_NOEXEC)
#define PLAIN (SPEC_MOUNT_NOSUID | SPEC_MOUNT_NODEV)

#define ROOT_OPTIONS "mode=0755,size=4m,nr_inodes=4k" /* names, links and a few small files */
#define COMMON_OPTIONS "mode=0755,size=50%,nr_inodes=1m" /* of all volatile directories together */

typedef struct Directory {
	const char *path;
	uint32_t mode;
} Directory;

static const Directory root_directories[] = {
	{ "/usr", 0755 },
	{ "/dev", 0755 },
	{ "/etc", 0755 },
	{ "/home", 0755 },
	{ "/mnt", 0755 },
	{ "/opt", 0755 },
	{ "/proc", 0555 },
	{ "/root", 0700 },
	{ "/run", 0755 },
	{ "/srv", 0755 },
	{ "/sys", 0555 },
	{ "/tmp", 0755 },
	{ "/var", 0755 },
};

/* The private content. required: no container works without, so its absence means a wrong tree. The others are empty directories of
 * the read-only root then. */
static const struct {
	const char *name;
	bool required;
} content_names[] = {
	{ "etc", true },
	{ "var", true },
	{ "root", false },
	{ "home", false },
	{ "srv", false },
};

/* What is gone with the container. With a content tree, a system runs inside: each has its own limit, so that a full /tmp does not
 * stop its journal. Without, they are directories of one file system, which is cheaper to make, and so are /var and /root. */
static const struct {
	const char *path, *options;
} volatile_names[] = {
	{ "/run", "mode=0755,size=20%,nr_inodes=800k" },
	{ "/tmp", "mode=1777,size=50%,nr_inodes=1m" },
	{ "/dev/shm", "mode=1777,size=50%,nr_inodes=400k" },
};

static const char *const common_parts[] = { "0755 /run", "1777 /tmp", "1777 /dev/shm", "0755 /var",
	"0700 /root" };

static const Directory fresh_var[] = {
	{ "/var/tmp", 01777 },
	{ "/var/cache", 0755 },
	{ "/var/lib", 0755 },
	{ "/var/log", 0755 },
	{ "/var/spool", 0755 },
};

/* /etc of a container without content: a few files of our own, and from the host only what every program needs and everybody may
 * read. No secret, no configuration of a service. */
static const struct {
	const char *path, *text;
} etc_files[] = {
	{ "/etc/passwd", "root:x:0:0:root:/root:/bin/sh\n"
			 "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n" },
	{ "/etc/group", "root:x:0:\ntty:x:5:\nnogroup:x:65534:\n" },
	{ "/etc/nsswitch.conf", "passwd: files\ngroup: files\nshadow: files\nhosts: files dns\n"
				"networks: files\nprotocols: files\nservices: files\n" },
};

static const char *const etc_shared[] = { "/etc/alternatives", "/etc/ld.so.cache",
	"/etc/mime.types", "/etc/pki/ca-trust", "/etc/pki/tls/certs", "/etc/protocols",
	"/etc/services", "/etc/ssl/certs", "/etc/ssl/openssl.cnf" };

/* Made by the engine, and what it verified there must stay true. */
static const char *const reserved[] = { "/proc", "/sys", "/dev" };

SpecMount *compile_mount_entry(
	Compile *c, SpecMountKind kind, const char *target, const char *source, uint32_t flags)
{
	SpecMount *mount = spec_add_mount(c->spec);

	if (!mount) {
		c->failed = true;
		mount = &c->nowhere;
		memset(mount, 0, sizeof(*mount));
	}
	mount->kind = kind;
	mount->flags = flags;
	mount->target = compile_text(c, target);
	mount->source = compile_text(c, source);
	return mount;
}

static void add_directory(Compile *c, const char *path, uint32_t mode)
{
	compile_mount_entry(c, SPEC_MOUNT_DIRECTORY, path, NULL, 0)->mode = mode;
}

static void add_kept_directory(Compile *c, const char *path, uint32_t mode)
{
	compile_mount_entry(c, SPEC_MOUNT_DIRECTORY, path, NULL, SPEC_MOUNT_KEPT)->mode = mode;
}

static void add_tmpfs(Compile *c, const char *path, const char *options, uint32_t flags)
{
	SpecMount *mount = compile_mount_entry(c, SPEC_MOUNT_TMPFS, path, NULL, flags);

	mount->options = compile_text(c, options);
}

static void compile_layer(Compile *c, SpecLayerRole role, const char *source, const char *name)
{
	SpecLayer *layer = spec_add_layer(c->spec);

	if (!layer ||
		asprintf(&layer->source, "%s%s%s", source, name ? "/" : "", name ? name : "") < 0) {
		if (layer)
			layer->source = NULL;
		c->failed = true;
		return;
	}
	layer->role = role;
	layer->mapping = SPEC_MAPPING_CONTAINER;
}

static void add_file(Compile *c, const char *path, const char *text)
{
	SpecMount *mount = compile_mount_entry(c, SPEC_MOUNT_FILE, path, NULL, 0);

	mount->mode = 0644;
	mount->text = compile_text(c, text);
}

/* As its own root sees it, but read-only. */
static void add_shared(Compile *c, const char *source, uint32_t flags)
{
	compile_mount_entry(c, SPEC_MOUNT_BIND, source, source,
		flags | SPEC_MOUNT_READONLY | SPEC_MOUNT_NODEV | SPEC_MOUNT_RECURSIVE |
			SPEC_MOUNT_FOLLOW)
		->mapping = SPEC_MAPPING_CONTAINER;
}

static void compile_system(Compile *c)
{
	add_shared(c, "/usr", 0);
	for (size_t i = 0; i < KERNEL_FACTS_NAMES; i++) {
		const SystemName *name = &c->facts->system[i];
		char path[16];

		(void)snprintf(path, sizeof(path), "/%s", name->name ? name->name : "");
		if (name->present && name->link)
			compile_mount_entry(c, SPEC_MOUNT_LINK, path, name->link, 0);
		else if (name->present)
			add_shared(c, path, SPEC_MOUNT_MAKE);
	}
}

static void compile_tree(Compile *c)
{
	const char *tree = c->places->tree;

	if (c->places->image)
		compile_mount_entry(c, SPEC_MOUNT_IMAGE, NULL, c->places->image, 0)->below =
			compile_text(c, tree);
	for (size_t i = 0; i < ARRAY_SIZE(content_names); i++) {
		char target[16];
		SpecMount *mount;

		(void)snprintf(target, sizeof(target), "/%s", content_names[i].name);
		mount = compile_mount_entry(c, SPEC_MOUNT_BIND, target, content_names[i].name,
			SPEC_MOUNT_NODEV | (content_names[i].required ? 0 : SPEC_MOUNT_OPTIONAL));
		mount->below = compile_text(c, tree);
		mount->mapping = SPEC_MAPPING_CONTAINER;
	}
}

static void share_etc(Compile *c, const char *target, const char *source)
{
	compile_mount_entry(c, SPEC_MOUNT_BIND, target, source,
		QUIET | SPEC_MOUNT_READONLY | SPEC_MOUNT_FOLLOW | SPEC_MOUNT_OPTIONAL |
			SPEC_MOUNT_MAKE);
}

static void compile_own_names(Compile *c)
{
	const char *name = c->desc->name;
	char text[256];

	(void)snprintf(
		text, sizeof(text), "127.0.0.1\tlocalhost %s\n::1\tlocalhost %s\n", name, name);
	add_file(c, "/etc/hosts", text);
	(void)snprintf(text, sizeof(text), "%s\n", name);
	add_file(c, "/etc/hostname", text);
}

static void compile_etc(Compile *c)
{
	for (size_t i = 0; i < ARRAY_SIZE(etc_files); i++)
		add_file(c, etc_files[i].path, etc_files[i].text);
	compile_own_names(c);
	/* The time zone is a link into /usr, which the container has, too. None is UTC, as on the host. */
	if (c->facts->localtime)
		compile_mount_entry(c, SPEC_MOUNT_LINK, "/etc/localtime", c->facts->localtime, 0);
	else if (c->facts->has_localtime)
		share_etc(c, "/etc/localtime", "/etc/localtime");
	for (size_t i = 0; i < ARRAY_SIZE(etc_shared); i++)
		share_etc(c, etc_shared[i], etc_shared[i]);
	if (!c->places->copies)
		compile_fresh_resolver(c);
}

/* A root that is none of our making. The kernel's file systems need mount points; what is gone with the container is as everywhere. */
static void compile_own_root(Compile *c)
{
	static const Directory points[] = { { "/dev", 0755 }, { "/proc", 0555 }, { "/sys", 0555 },
		{ "/run", 0755 }, { "/tmp", 01777 } };
	SpecRoot *root = &c->spec->root;

	if (c->places->base) {
		root->kind = SPEC_ROOT_OVERLAY;
		compile_layer(c, SPEC_LAYER_LOWER, c->places->base, NULL);
		compile_layer(c, SPEC_LAYER_UPPER, c->places->tree, SYSTEM_UPPER);
		compile_layer(c, SPEC_LAYER_WORK, c->places->tree, SYSTEM_WORK);
	} else if (desc_has_host_root(c->desc)) {
		/* Its ids are not the container's: all of it is nobody's inside. */
		root->kind = SPEC_ROOT_HOST;
		root->readonly = true;
	} else {
		root->kind = c->facts->root_is_image ? SPEC_ROOT_IMAGE : SPEC_ROOT_DIRECTORY;
		root->source = compile_text(c, c->facts->root);
		root->readonly = c->desc->root_readonly;
		root->mapping = SPEC_MAPPING_CONTAINER;
	}
	for (size_t i = 0; i < ARRAY_SIZE(points) && root->kind != SPEC_ROOT_HOST; i++)
		add_directory(c, points[i].path, points[i].mode);
	if (root->kind == SPEC_ROOT_HOST) /* everybody may write there */
		add_tmpfs(c, "/var/tmp", volatile_names[1].options, PLAIN);
	c->failed = usual_dev(c->spec) < 0 || c->failed;
	/* For the parts of sysfs, which are mounted at directories that are made there. */
	add_tmpfs(c, "/sys", USUAL_SYS_OPTIONS, QUIET);
}

static void compile_common(Compile *c)
{
	SpecMount *mount = compile_mount_entry(c, SPEC_MOUNT_TMPFS, NULL, NULL, PLAIN);

	mount->options = compile_text(c, COMMON_OPTIONS);
	for (size_t i = 0; i < ARRAY_SIZE(common_parts); i++)
		compile_list(c, &mount->parts, common_parts[i]);
	for (size_t i = 0; i < ARRAY_SIZE(fresh_var); i++)
		add_directory(c, fresh_var[i].path, fresh_var[i].mode);
	compile_mount_entry(c, SPEC_MOUNT_LINK, "/var/run", "../run", 0);
}

static void compile_volatile(Compile *c)
{
	bool own = desc_has_own_root(c->desc) || c->places->tree;

	if (!own)
		compile_common(c);
	for (size_t i = 0; own && i < ARRAY_SIZE(volatile_names); i++)
		add_tmpfs(c, volatile_names[i].path, volatile_names[i].options, PLAIN);
	add_directory(c, "/run/lock", 01777);
	add_kept_directory(c, "/run/host", 0755);
	/* Its systemd would make it; but no label has to allow that, and so none has to allow to rename it either (AppArmor's rules). */
	if (desc_has_manager(c->desc))
		add_kept_directory(c, "/run/systemd", 0755);
	if (c->places->notify)
		compile_mount_entry(c, SPEC_MOUNT_BIND, "/run/host/notify", c->places->notify,
			SPEC_MOUNT_SOCKET | SPEC_MOUNT_MAKE);
}

static int check_path(const char *path, Error **ret_error)
{
	if (!path || !path_is_normal(path) || path[1] == '\0')
		return error_set(ret_error, EINVAL,
			"%s is not a path for a mount: it must be absolute, without '.' and '..'",
			path ? path : "nothing");
	for (size_t i = 0; i < ARRAY_SIZE(reserved); i++)
		if (path_is_below(path, reserved[i]))
			return error_set(ret_error, EPERM,
				"%s is below %s, of which the container has its own", path,
				reserved[i]);
	return 0;
}

static void compile_mount(Compile *c, const DescMount *m)
{
	uint32_t readonly = m->readonly ? SPEC_MOUNT_READONLY : 0;
	SpecMount *mount;

	switch (m->type) {
	case DESC_MOUNT_HOST_BIND:
		mount = compile_mount_entry(c, SPEC_MOUNT_BIND, m->target, m->source,
			readonly | PLAIN | SPEC_MOUNT_RECURSIVE | SPEC_MOUNT_WALK |
				SPEC_MOUNT_MAKE |
				(m->keep_label ? (uint32_t)SPEC_MOUNT_KEEP_LABEL : 0));
		mount->mapping = SPEC_MAPPING_CONTAINER;
		break;
	case DESC_MOUNT_GUEST_BIND:
		compile_mount_entry(c, SPEC_MOUNT_INSIDE, m->target, m->source,
			readonly | SPEC_MOUNT_RECURSIVE | SPEC_MOUNT_MAKE);
		break;
	case DESC_MOUNT_HOST_IMAGE:
		mount = compile_mount_entry(c, SPEC_MOUNT_IMAGE, m->target, m->source,
			readonly | PLAIN | SPEC_MOUNT_MAKE);
		mount->mapping = SPEC_MAPPING_CONTAINER;
		break;
	default:
		mount = compile_mount_entry(
			c, SPEC_MOUNT_TMPFS, m->target, NULL, PLAIN | SPEC_MOUNT_MAKE);
		mount->options = usual_ram_options(m->size);
		c->failed = c->failed || !mount->options;
	}
}

static int compile_mounts(Compile *c, Error **ret_error)
{
	for (size_t i = 0; i < c->desc->n_mounts; i++) {
		const DescMount *mount = &c->desc->mounts[i];
		int r = check_path(mount->target, ret_error);

		if (r == 0 && mount->type == DESC_MOUNT_GUEST_BIND)
			r = check_path(mount->source, ret_error);
		if (r < 0)
			return error_wrap(ret_error, "cannot mount %s", mount->target);
		compile_mount(c, mount);
	}
	return 0;
}

/* A new root with the host's programs. */
static void compile_host_root(Compile *c)
{
	SpecRoot *root = &c->spec->root;

	root->options = compile_text(c, ROOT_OPTIONS);
	root->readonly = true;
	for (size_t i = 0; i < ARRAY_SIZE(root_directories); i++)
		add_directory(c, root_directories[i].path, root_directories[i].mode);
	c->failed = usual_dev(c->spec) < 0 || c->failed;
	compile_system(c);
	if (c->places->tree)
		compile_tree(c);
	else
		compile_etc(c);
}

int compile_root(Compile *c, Error **ret_error)
{
	SpecRoot *root = &c->spec->root;
	int r;

	if (desc_has_manager(c->desc) && !c->places->tree)
		return error_set(ret_error, EINVAL, "a container of a system needs a content tree");
	/* A system makes mounts of units (LoadCredential=) in namespaces below its own and expects to see them in /run. */
	root->propagation =
		desc_has_manager(c->desc) ? SPEC_PROPAGATION_SHARED : SPEC_PROPAGATION_PRIVATE;
	if (desc_has_own_root(c->desc))
		compile_own_root(c);
	else
		compile_host_root(c);
	compile_volatile(c);
	STRV_FOREACH (shared, c->desc->shared)
		add_shared(c, *shared, SPEC_MOUNT_MAKE | SPEC_MOUNT_WALK);
	r = compile_mounts(c, ret_error);
	if (r < 0)
		return r;
	if (!c->places->copies && desc_has_own_root(c->desc) &&
		(c->desc->dns || c->desc->dns_search))
		return error_set(ret_error, EOPNOTSUPP,
			"--dns and --dns-search: a command with a root of its own (--root) asks the name servers that its /etc/resolv.conf lists");
	compile_copies(c);
	compile_resolver(c);
	compile_hosts(c);
	c->failed = usual_kernel(c->spec, desc_has_manager(c->desc)) < 0 || c->failed;
	return 0;
}
