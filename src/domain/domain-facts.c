/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the compiler must know of this host for one domain. Reads only.
 */
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/layout.h"
#include "base/path.h"
#include "base/strv.h"
#include "domain/node.h"
#include "engine/keep/state.h"

#define SOCKETS_DEPTH 3 /* directories below /run */
#define ACCOUNTS_MAX (1u << 20) /* bytes of a container's passwd(5) or group(5) */

/* Where others keep their trees, and sockets of users. */
static const char *const others[] = { "/run/user", "/var/lib/containers", "/var/lib/docker",
	"/var/lib/lxc", "/var/lib/machines" };
static const LayoutPlace own[] = { LAYOUT_SERVICES, LAYOUT_FILESYSTEMS, LAYOUT_IMAGES,
	LAYOUT_RESERVATIONS, LAYOUT_RUN };

static int refuse(const DomainNode *node, Error **ret_error, const char *path, const char *why)
{
	return error_set(ret_error, EINVAL, "line %u: %s %s", node->line, path, why);
}

static int check_filesystem(const DomainFilesystem *fs, Error **ret_error)
{
	struct stat st;

	if (!fs->source || fs->type == DOMAIN_FILESYSTEM_BIND)
		return 0;
	if (stat(fs->source, &st) < 0)
		return errno == ENOENT ? refuse(fs->node, ret_error, fs->source,
						 "does not exist on this host")
				       : error_errno(ret_error, errno, "line %u: cannot inspect %s",
						 fs->node->line, fs->source);
	if (fs->type == DOMAIN_FILESYSTEM_FILE && !S_ISREG(st.st_mode))
		return refuse(fs->node, ret_error, fs->source, "is not a file with a file system");
	if (fs->type == DOMAIN_FILESYSTEM_BLOCK && !S_ISBLK(st.st_mode))
		return refuse(
			fs->node, ret_error, fs->source, "is not a block device of this host");
	if (strcmp(fs->target, "/") == 0 && fs->type == DOMAIN_FILESYSTEM_MOUNT &&
		!S_ISDIR(st.st_mode))
		return refuse(fs->node, ret_error, fs->source, "is not a directory");
	return 0;
}

/* On the host's root nothing is made. */
static int check_target(const Domain *domain, const DomainFilesystem *fs, Error **ret_error)
{
	if (domain->root_kind != DOMAIN_ROOT_HOST || access(fs->target, F_OK) == 0)
		return 0;
	return refuse(fs->node, ret_error, fs->target,
		"does not exist, and is not created on the host's root; create it, or give the domain its own root");
}

static int read_filesystems(const Domain *domain, Error **ret_error)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < domain->n_filesystems; i++) {
		r = check_filesystem(&domain->filesystems[i], ret_error);
		if (r == 0)
			r = check_target(domain, &domain->filesystems[i], ret_error);
	}
	return r;
}

static int read_node(const DomainHostdev *hostdev, struct DomainNodeFact *ret, Error **ret_error)
{
	bool block = hostdev->type == DOMAIN_HOSTDEV_STORAGE;
	struct stat st;

	if (!path_is_normal(hostdev->source) || stat(hostdev->source, &st) < 0 ||
		(block ? !S_ISBLK(st.st_mode) : !S_ISCHR(st.st_mode)))
		return refuse(hostdev->node, ret_error, hostdev->source,
			block ? "is not a block device of this host"
			      : "is not a character device of this host");
	ret->major = major(st.st_rdev);
	ret->minor = minor(st.st_rdev);
	return 0;
}

static int read_nodes(const Domain *domain, DomainFacts *facts, Error **ret_error)
{
	int r = 0;

	facts->nodes = calloc(domain->n_hostdevs + 1, sizeof(*facts->nodes));
	if (!facts->nodes)
		return error_oom(ret_error);
	facts->n_nodes = domain->n_hostdevs;
	for (size_t i = 0; r == 0 && i < domain->n_hostdevs; i++)
		r = read_node(&domain->hostdevs[i], &facts->nodes[i], ret_error);
	return r;
}

static int read_numbers(const Domain *domain, DomainFacts *facts, Error **ret_error)
{
	const DomainNode *tune = node_child(domain->root, "blkiotune");

	for (size_t i = 0; tune && i < tune->n_children; i++) {
		const char *path = node_value(tune->children[i], "path");
		struct stat st;

		if (!path)
			continue;
		if (stat(path, &st) < 0 || !S_ISBLK(st.st_mode))
			return refuse(tune->children[i], ret_error, path,
				"is not a block device of this host");
		if (strv_appendf(&facts->numbers, "%u:%u", major(st.st_rdev), minor(st.st_rdev)) <
			0)
			return error_oom(ret_error);
	}
	return 0;
}

/* ---- Whom the first process runs as ---- */

/* The third field of the line of that name. The file is the container's: only its text is looked at. */
static bool find_id(const char *text, const char *name, size_t field, uint32_t *ret)
{
	size_t n = strlen(name);

	for (const char *line = text; line && *line; line = strchr(line, '\n')) {
		const char *at;
		char *end;
		unsigned long id;

		line += *line == '\n';
		if (strncmp(line, name, n) != 0 || line[n] != ':')
			continue;
		at = line;
		for (size_t i = 0; at && i < field; i++)
			at = strpbrk(at + (i > 0), ":\n");
		if (!at || *at != ':' || !isdigit((unsigned char)at[1]))
			return false;
		id = strtoul(at + 1, &end, 10);
		if (*end != ':' && *end != '\n' && *end)
			return false;
		*ret = (uint32_t)id;
		return id <= UINT32_MAX;
	}
	return false;
}

static int read_accounts(const char *root, const char *path, char **ret, Error **ret_error)
{
	_cleanup_fd_ int root_fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC), fd = -EBADF;
	_cleanup_free_ char *text = calloc(1, ACCOUNTS_MAX + 1);
	ssize_t n;

	if (!text)
		return error_oom(ret_error);
	fd = root_fd < 0 ? -errno : path_open_in_root(root_fd, path, O_RDONLY | O_NONBLOCK, 0);
	if (fd < 0)
		return error_errno(ret_error, -fd, "cannot open %s below %s", path, root);
	n = read(fd, text, ACCOUNTS_MAX);
	if (n < 0)
		return error_errno(ret_error, errno, "cannot read %s below %s", path, root);
	*ret = TAKE_PTR(text);
	return 0;
}

/* "+1234", "1234" or a name that the container's own files know. Asking the C library would load what is inside. */
static int read_account(const Domain *domain, const char *name, bool group, uint32_t *ret,
	uint32_t *ret_primary, Error **ret_error)
{
	const char *path = group ? "etc/group" : "etc/passwd", *digits = name + (*name == '+');
	const DomainNode *node = node_find(domain->root, group ? "os/initgroup" : "os/inituser");
	_cleanup_free_ char *text = NULL;
	int r;

	if (*digits && strspn(digits, "0123456789") == strlen(digits)) {
		unsigned long id = strtoul(digits, NULL, 10);

		if (id >= UINT32_MAX)
			return refuse(node, ret_error, name, "is beyond the largest id");
		*ret = (uint32_t)id;
		return 0;
	}
	if (domain->root_kind == DOMAIN_ROOT_IMAGE || domain->root_kind == DOMAIN_ROOT_BLOCK)
		return refuse(node, ret_error, name,
			"cannot be looked up in an image; give the number, as in +1000");
	r = read_accounts(
		domain->root_kind == DOMAIN_ROOT_HOST ? "/" : domain->root_filesystem->source, path,
		&text, ret_error);
	if (r < 0)
		return error_wrap(ret_error, "line %u: cannot look up %s", node->line, name);
	if (!find_id(text, name, 2, ret))
		return refuse(node, ret_error, name,
			group ? "is not a group of the container"
			      : "is not a user of the container");
	if (!group && ret_primary)
		(void)find_id(text, name, 3, ret_primary);
	return 0;
}

static int read_user(const Domain *domain, DomainFacts *facts, Error **ret_error)
{
	int r = 0;

	if (domain->inituser)
		r = read_account(
			domain, domain->inituser, false, &facts->user, &facts->group, ret_error);
	if (r == 0 && domain->initgroup)
		r = read_account(domain, domain->initgroup, true, &facts->group, NULL, ret_error);
	return r;
}

/* ---- Whose namespaces ---- */

/* The first process of another container of ours; as text. */
static int init_of(const char *name, char **ret, Error **ret_error)
{
	_cleanup_run_state_ RunState state = { 0 };
	int r = run_state_load(name, &state, ret_error);

	if (r < 0)
		return r;
	if (state.phase == RUN_STOPPED || state.pid <= 0)
		return error_set(ret_error, ESRCH, "container '%s' is not running", name);
	if (asprintf(ret, "%d", state.pid) < 0) {
		*ret = NULL;
		return error_oom(ret_error);
	}
	return 0;
}

static int read_join(
	const Domain *domain, const char *element, const char *file, char **ret, Error **ret_error)
{
	const DomainNode *node = node_child(node_child(domain->root, "lxc:namespace"), element);
	const char *type = node_attribute(node, "type"), *value = node_attribute(node, "value");
	_cleanup_free_ char *pid = NULL;
	int r = 0;

	if (!type || strcmp(type, "none") == 0)
		return 0;
	if (strchr(value, '/') || path_is_dot(value))
		return refuse(node, ret_error, value, "is not a name");
	if (strcmp(type, "netns") == 0)
		r = asprintf(ret, "/run/netns/%s", value);
	else if (strcmp(type, "name") == 0 && (r = init_of(value, &pid, ret_error)) < 0)
		return error_wrap(ret_error, "line %u: <%s>", node->line, element);
	else
		r = asprintf(ret, "/proc/%s/ns/%s", pid ? pid : value, file);
	if (r < 0) {
		*ret = NULL;
		return error_oom(ret_error);
	}
	return access(*ret, F_OK) == 0 ? 0 : refuse(node, ret_error, *ret, "is not there");
}

/* A service manager inside is told to power off; everything else is told to end. */
static void read_stop(const Domain *domain, DomainFacts *facts)
{
	const char *root =
		domain->root_kind == DOMAIN_ROOT_DIRECTORY ? domain->root_filesystem->source : "/";
	_cleanup_fd_ int root_fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC), fd = -EBADF;
	_cleanup_free_ char *path = NULL;
	char link[64];

	facts->stop_signal = "TERM";
	if (root_fd < 0 || domain->root_kind == DOMAIN_ROOT_IMAGE ||
		domain->root_kind == DOMAIN_ROOT_BLOCK)
		path = strdup(domain->init);
	else if ((fd = path_open_in_root(root_fd, domain->init, O_PATH, 0)) >= 0) {
		(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
		path = realpath(link, NULL);
	}
	if (path && strcmp(path_base(path), "systemd") == 0)
		facts->stop_signal = "RTMIN+3";
}

/* Of cgroup v2, alone or beside v1. */
static bool has_controller(const char *name)
{
	static const char *const files[] = { "/sys/fs/cgroup/cgroup.controllers",
		"/sys/fs/cgroup/unified/cgroup.controllers" };

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		_cleanup_free_ char *text = NULL;
		_cleanup_strv_ char **words = NULL;

		if (file_read(files[i], &text, NULL, NULL) == 0 &&
			strv_split(&words, text, " \n") == 0 && strv_contains(words, name))
			return true;
	}
	return false;
}

/* ---- What is not to be seen on the host's root ---- */

static int hide(DomainFacts *facts, const char *path)
{
	struct statx st;

	if (statx(AT_FDCWD, path, AT_NO_AUTOMOUNT | AT_SYMLINK_NOFOLLOW, STATX_TYPE, &st) < 0 ||
		S_ISLNK(st.stx_mode))
		return 0;
	return strv_append(&facts->hidden, path);
}

/* Not one that something is mounted on: looking into it may wait for whoever mounts it. */
static bool is_plain_directory(const char *path)
{
	struct statx st;

	return statx(AT_FDCWD, path, AT_NO_AUTOMOUNT | AT_SYMLINK_NOFOLLOW, STATX_TYPE, &st) == 0 &&
	       S_ISDIR(st.stx_mode) && !(st.stx_attributes & STATX_ATTR_MOUNT_ROOT);
}

/* Whoever reaches the sockets of the host's daemons may be root of the host. A directory that holds no other directories goes as a whole. */
static int hide_sockets(DomainFacts *facts, const char *path, unsigned int depth)
{
	bool look = depth == 0 || (!strv_contains(facts->hidden, path) && is_plain_directory(path));
	_cleanup_dir_ DIR *dir = look ? opendir(path) : NULL;
	_cleanup_strv_ char **sockets = NULL, **directories = NULL;
	const struct dirent *entry;
	int r = 0;

	while (r >= 0 && dir && (entry = readdir(dir))) {
		bool kept = entry->d_type == DT_SOCK || entry->d_type == DT_DIR;
		_cleanup_free_ char *child = kept ? path_join(path, entry->d_name) : NULL;

		if (kept && !child)
			return -ENOMEM;
		if (entry->d_type == DT_SOCK)
			r = strv_append(&sockets, child);
		else if (entry->d_type == DT_DIR && !path_is_dot(entry->d_name))
			r = strv_append(&directories, child);
	}
	if (r >= 0 && sockets && !directories && depth > 0)
		return hide(facts, path);
	STRV_FOREACH (socket, sockets)
		if (r >= 0)
			r = hide(facts, *socket);
	STRV_FOREACH (directory, directories)
		if (r >= 0 && depth < SOCKETS_DEPTH)
			r = hide_sockets(facts, *directory, depth + 1);
	return r;
}

static int read_hidden(const Domain *domain, DomainFacts *facts, Error **ret_error)
{
	int r = 0;

	if (domain->root_kind != DOMAIN_ROOT_HOST)
		return 0;
	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(own); i++) {
		_cleanup_free_ char *path = layout_path(own[i]);

		r = path ? hide(facts, path) : -ENOMEM;
	}
	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(others); i++)
		r = hide(facts, others[i]);
	if (r >= 0)
		r = hide_sockets(facts, "/run", 0);
	return r < 0 ? error_oom(ret_error) : 0;
}

int domain_facts_read(const Domain *domain, DomainFacts *ret, Error **ret_error)
{
	DomainFacts facts = { .user_namespace = domain->root_kind != DOMAIN_ROOT_HOST ||
						domain->users.n_ranges > 0 };
	int r = read_filesystems(domain, ret_error);

	if (r == 0)
		r = read_nodes(domain, &facts, ret_error);
	if (r == 0)
		r = read_numbers(domain, &facts, ret_error);
	if (r == 0)
		r = read_user(domain, &facts, ret_error);
	if (r == 0)
		r = read_join(domain, "lxc:sharenet", "net", &facts.join_network, ret_error);
	if (r == 0)
		r = read_join(domain, "lxc:shareipc", "ipc", &facts.join_ipc, ret_error);
	if (r == 0)
		r = read_join(domain, "lxc:shareuts", "uts", &facts.join_uts, ret_error);
	if (r == 0)
		r = read_hidden(domain, &facts, ret_error);
	read_stop(domain, &facts);
	facts.counts_memory = has_controller("memory");
	if (r < 0)
		domain_facts_done(&facts);
	else
		*ret = facts;
	return r;
}

void domain_facts_done(DomainFacts *facts)
{
	free(facts->nodes);
	strv_free(facts->numbers);
	strv_free(facts->hidden);
	free(facts->join_network);
	free(facts->join_ipc);
	free(facts->join_uts);
	memset(facts, 0, sizeof(*facts));
}
