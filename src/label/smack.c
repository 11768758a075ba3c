/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Smack: one label for a container, its processes and its files. The shared /usr keeps the floor label "_", which everybody may read and execute; no rule lets
 * the container write to "_", because a signal is a write and the host's processes may be "_" (the cookbook's hole). What is below an overlay has a label that
 * no process has: containers may write to it, in their own overlay, and reach it nowhere else.
 *
 * Rules live in the kernel only: they are loaded before the first file and before each start, and revoked when the container has stopped.
 */
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/file.h"
#include "base/layout.h"
#include "label/kernel.h"
#include "label/label-reservation.h"
#include "label/smack-label.h"

#define SMACKFS "/sys/fs/smackfs"
#define WORLD "0.0.0.0/0"
#define LOOPBACK "127.0.0.0/8"
#define DEFAULT_LABEL "-CIPSO" /* for an address: what it would be without an entry */
#define NETWORK_NOTE "smack-network" /* in LAYOUT_RUN: the entry of the world is ours */

static bool smack_present(const LabelHost *host)
{
	return kernel_has(host, SMACKFS "/load2");
}

static int smack_confirm(Label *label, Error **ret_error)
{
	_cleanup_reserve_ ReserveTable table = { .lock_fd = -EBADF };
	int r;

	if (reserve_has(label->container, RESERVE_SMACK, label->process))
		return 0;
	r = reserve_lock(&table, ret_error);
	return r < 0 ? r : reserve_add(label->container, RESERVE_SMACK, label->process, ret_error);
}

static int smack_make(Label *label, const LabelWish *wish, Error **ret_error)
{
	const bool fixed = wish->fixed;
	int r;

	if (wish->level || wish->baselabel || wish->custom_type)
		return error_set(ret_error, EINVAL,
			"container %s: levels, base labels and types are SELinux's; with Smack each container has one label of its own",
			wish->container);
	if (fixed != (wish->label != NULL))
		return error_set(ret_error, EINVAL,
			fixed ? "container %s: -s static needs the label: label=LABEL"
			      : "container %s: a dynamic label is chosen here and cannot be given; use -s static",
			wish->container);
	if (fixed && strncmp(wish->label, SMACK_OURS, strlen(SMACK_OURS)) == 0)
		return error_set(ret_error, EINVAL,
			"container %s: \"%s\" cannot be a container's Smack label: those that begin with " SMACK_OURS
			" are virt-sandbox's own",
			wish->container, wish->label);
	if (fixed)
		label->process = strdup(wish->label);
	else
		label->process = smack_label_of(wish->container);
	label->file = label->process ? strdup(label->process) : NULL;
	if (!label->file)
		return error_oom(ret_error);
	r = smack_confirm(label, ret_error);
	label->reserved = r == 0;
	return r;
}

static int smack_check(Label *label, Error **ret_error)
{
	if (!smack_label_is_valid(label->process) || !label->file ||
		strcmp(label->file, label->process) != 0)
		return error_set(ret_error, EINVAL,
			"container %s: \"%s\" cannot be a container's Smack label: 1 to %d printable characters without "
			"quotes, slashes and a leading \"-\" or one of Smack's own",
			label->container, label->process, SMACK_LABEL_MAX);
	label->real = strdup(label->process);
	return label->real ? 0 : error_oom(ret_error);
}

/* "SUBJECT OBJECT ACCESS"; the access "-" takes all away. */
static int set_rule(const LabelHost *host, const char *subject, const char *object,
	const char *access, Error **ret_error)
{
	_cleanup_free_ char *rule = NULL;

	if (asprintf(&rule, "%s %s %s", subject, object, access) < 0) {
		rule = NULL;
		return error_oom(ret_error);
	}
	return kernel_write(host, SMACKFS "/load2", rule, ret_error);
}

/* Who manages the container: the host's init, and this process, which may have another label. With t, what they make in its directories gets its
 * label. */
static int set_managers(const Label *label, const char *access, Error **ret_error)
{
	static const char *const managers[] = { "/proc/1/attr/smack/current",
		"/proc/thread-self/attr/smack/current" };

	for (size_t i = 0; i < ARRAY_SIZE(managers); i++) {
		_cleanup_free_ char *manager = NULL;
		int r;

		r = kernel_read(label->host, managers[i], &manager, ret_error);
		if (r == 0 && strcmp(manager, label->process) != 0)
			r = set_rule(label->host, manager, label->process, access, ret_error);
		if (r < 0)
			return r;
	}
	return 0;
}

/* What the container changes of its base the overlay copies as a process that has the file's label, which no real one has: with t the copy gets the label of the
 * work directory, the container's. */
static int set_base(const Label *label, bool on, Error **ret_error)
{
	int r = set_rule(label->host, label->process, SMACK_BASE, on ? "rwxa" : "-", ret_error);

	return r < 0 ? r
		     : set_rule(label->host, SMACK_BASE, label->process, on ? "rwxat" : "-",
			       ret_error);
}

static int smack_shared(const LabelHost *host, char **ret_top, char **ret, Error **ret_error)
{
	_cleanup_free_ char *top = strdup(SMACK_CLOSED), *text = strdup(SMACK_BASE);

	(void)host;
	if (!top || !text)
		return error_oom(ret_error);
	*ret_top = TAKE_PTR(top);
	*ret = TAKE_PTR(text);
	return 0;
}

static int read_table(const LabelHost *host, const char *name, char **ret, Error **ret_error)
{
	_cleanup_free_ char *path = NULL;

	if (asprintf(&path, "%s" SMACKFS "/%s", host->root, name) < 0) {
		path = NULL;
		return error_oom(ret_error);
	}
	return kernel_read_table(path, ret, ret_error);
}

/* Traffic with the world: unlabelled, so that no rule towards "_" is needed for it. Loopback keeps the label of who sends, in the CIPSO option. What the
 * administrator has set for these addresses stays; that it was us who set the first is noted, to be undone with the last container. */
static int open_network(const LabelHost *host, Error **ret_error)
{
	_cleanup_free_ char *table = NULL, *directory = layout_path(LAYOUT_RUN),
			    *note = layout_pathf(LAYOUT_RUN, NETWORK_NOTE);
	const char *has;
	int r;

	if (!note || !directory)
		return error_oom(ret_error);
	r = read_table(host, "netlabel", &table, ret_error);
	if (r < 0)
		return r;
	has = smack_table_find(table, WORLD);
	if (!has || strncmp(has, DEFAULT_LABEL, strlen(DEFAULT_LABEL)) == 0) {
		r = file_mkdir_p(directory, 0700, ret_error);
		if (r == 0)
			r = file_write_atomic(note, "", 0, 0600, ret_error);
		if (r == 0)
			r = kernel_write(host, SMACKFS "/netlabel", WORLD " @", ret_error);
	}
	if (r == 0 && !smack_table_find(table, LOOPBACK))
		r = kernel_write(host, SMACKFS "/netlabel", LOOPBACK " " DEFAULT_LABEL, ret_error);
	return r;
}

/* Has any other container rules in the kernel? */
static int others_loaded(
	const ReserveTable *table, const Label *label, bool *ret, Error **ret_error)
{
	_cleanup_free_ char *rules = NULL;
	bool found = false;
	int r = read_table(label->host, "load2", &rules, ret_error);

	if (r < 0)
		return r;
	for (size_t i = 0; i < table->n && !found; i++) {
		_cleanup_free_ char *object = NULL;

		if (table->entries[i].kind != RESERVE_SMACK ||
			strcmp(table->entries[i].container, label->container) == 0)
			continue;
		if (asprintf(&object, " %s ", table->entries[i].text) < 0) {
			object = NULL;
			return error_oom(ret_error);
		}
		found = strstr(rules, object) != NULL;
	}
	*ret = found;
	return 0;
}

/* The kernel takes no address out of its table; with this label it is treated as if it were not there. */
static int close_network(const ReserveTable *table, const Label *label, Error **ret_error)
{
	_cleanup_free_ char *note = layout_pathf(LAYOUT_RUN, NETWORK_NOTE);
	bool others = false;
	int r;

	if (!note)
		return error_oom(ret_error);
	if (!file_exists(note))
		return 0;
	r = others_loaded(table, label, &others, ret_error);
	if (r < 0 || others)
		return r;
	r = kernel_write(label->host, SMACKFS "/netlabel", WORLD " " DEFAULT_LABEL, ret_error);
	if (r < 0)
		return r;
	return unlink(note) < 0 ? error_errno(ret_error, errno, "cannot remove %s", note) : 0;
}

/* Under the lock of the reservations: the network belongs to all containers. */
static int smack_load(const Label *label, Error **ret_error)
{
	_cleanup_reserve_ ReserveTable table = { .lock_fd = -EBADF };
	int r = reserve_lock(&table, ret_error);

	if (r == 0)
		r = set_managers(label, "rwxat", ret_error);
	if (r == 0 && label->base)
		r = set_base(label, true, ret_error);
	if (r == 0)
		r = open_network(label->host, ret_error);
	return r < 0 ? error_wrap(ret_error, "container %s: cannot load its Smack rules",
			       label->container)
		     : 0;
}

static int smack_unload(const Label *label, Error **ret_error)
{
	_cleanup_reserve_ ReserveTable table = { .lock_fd = -EBADF };
	int r = reserve_load(&table, ret_error);

	if (r == 0)
		r = set_managers(label, "-", ret_error);
	if (r == 0 && label->base)
		r = set_base(label, false, ret_error);
	if (r == 0)
		r = kernel_write(label->host, SMACKFS "/revoke-subject", label->process, ret_error);
	if (r == 0)
		r = close_network(&table, label, ret_error);
	return r < 0 ? error_wrap(ret_error, "container %s: cannot revoke its Smack rules",
			       label->container)
		     : 0;
}

/* A process in a user namespace has no privilege that Smack knows. The kernel lets it change its label once, to one that a privileged ancestor has
 * listed, and clears the list then. */
static int smack_prepare(const Label *label, Error **ret_error)
{
	return kernel_write(label->host, SMACKFS "/relabel-self", label->process, ret_error);
}

/* Smack has no label for files to come: they get it from their directory, when that is marked for it and a rule says t. */
static int smack_create_as(const Label *label, const char *text, Error **ret_error)
{
	return text ? smack_load(label, ret_error) : 0;
}

/* New files in it get its label, whoever makes them. */
static int mark_directory(const Label *label, const char *path, Error **ret_error)
{
	_cleanup_free_ char *name = NULL;

	if (asprintf(&name, "%sSMACK64TRANSMUTE", label->host->xattr_prefix) < 0) {
		name = NULL;
		return error_oom(ret_error);
	}
	if (setxattr(path, name, "TRUE", 4, 0) < 0)
		return error_errno(ret_error, errno,
			"container %s: cannot mark a directory for Smack", label->container);
	return 0;
}

/* Executing a file with this attribute changes the label of the process, on a nosuid mount as well. */
static int strip_program(const Label *label, const char *path, bool existing, Error **ret_error)
{
	_cleanup_free_ char *name = NULL;

	if (asprintf(&name, "%sSMACK64EXEC", label->host->xattr_prefix) < 0) {
		name = NULL;
		return error_oom(ret_error);
	}
	if (existing && getxattr(path, name, NULL, 0) >= 0)
		return error_set(ret_error, EPERM,
			"it has the attribute %s, by which container %s would leave its label: remove it first",
			name, label->container);
	if (!existing && removexattr(path, name) < 0 && errno != ENODATA)
		return error_errno(ret_error, errno, "container %s: cannot remove %s from a file",
			label->container, name);
	return 0;
}

static int smack_finish_file(
	const Label *label, int fd, mode_t mode, bool existing, Error **ret_error)
{
	char path[sizeof("/proc/self/fd/") + 11];

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd); /* cannot be cut */
	if (S_ISDIR(mode) && !existing)
		return mark_directory(label, path, ret_error);
	return S_ISREG(mode) ? strip_program(label, path, existing, ret_error) : 0;
}

static int smack_mount_option(const Label *label, const char *fstype, char **ret, Error **ret_error)
{
	static const char *const labelled[] = { "tmpfs", "ramfs", "devpts", "ext4", "xfs", "btrfs",
		"overlay" };
	const char *format = "";

	for (size_t i = 0; i < ARRAY_SIZE(labelled); i++)
		if (strcmp(fstype, labelled[i]) == 0)
			format = label->file;
	/* The root hands its label down to what we make below it. */
	if (*format == '\0')
		*ret = strdup("");
	else if (asprintf(ret, "smackfstransmute=%s,smackfsdef=%s", format, format) < 0)
		*ret = NULL;
	return *ret ? 0 : error_oom(ret_error);
}

/* The kernel compares labels of sockets, not of the files that name them. */
static int smack_set_socket(const Label *label, int fd, Error **ret_error)
{
	if (fsetxattr(fd, "security.SMACK64IPIN", label->process, strlen(label->process), 0) < 0)
		return error_errno(ret_error, errno,
			"container %s: cannot open a socket to its label", label->container);
	return 0;
}

static int smack_attribute(
	const Label *label, const char **ret_file, char **ret_text, Error **ret_error)
{
	char *text = strdup(label->process);

	if (!text)
		return error_oom(ret_error);
	*ret_file = "attr/smack/current";
	*ret_text = text;
	return 0;
}

static int smack_read_process(int proc_fd, pid_t pid, char **ret, Error **ret_error)
{
	return kernel_read_attr(proc_fd, pid, "smack/current", ret, ret_error);
}

const LabelDriver label_driver_smack = {
	.name = "smack",
	.xattr = "SMACK64",
	.images_distrusted = true, /* SMACK64EXEC */
	.on_nodes = true,
	.shared_closed = true,
	.install =
		"boot a kernel built with CONFIG_SECURITY_SMACK with lsm=...,smack, and have smackfs mounted on /sys/fs/smackfs",
	.present = smack_present,
	.make = smack_make,
	.confirm = smack_confirm,
	.check = smack_check,
	.load = smack_load,
	.unload = smack_unload,
	.prepare = smack_prepare,
	.create_as = smack_create_as,
	.shared = smack_shared,
	.finish_file = smack_finish_file,
	.mount_option = smack_mount_option,
	.set_socket = smack_set_socket,
	.attribute = smack_attribute,
	.read_process = smack_read_process,
};
