/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What its files are. Root inside may mount what it likes over what it sees, and harms itself alone; what counts is the lowest mount at each place, and
 * that nothing of the kernel or the host shows through.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/strv.h"
#include "base/text.h"
#include "engine/verify/evidence.h"

static void add_found(Buf *found, const char *what)
{
	buf_printf(found, "%s%s", found->size ? ", " : "", what);
}

static Verdict ask_root(const Evidence *evidence, const char *argument, Buf *found)
{
	const SeenMount *root = evidence_mount_at(evidence, "/");
	SeenMount *host = NULL;
	size_t n = 0;
	Verdict verdict = VERDICT_HOLDS;

	(void)argument;
	if (evidence->spec->root.kind == SPEC_ROOT_HOST)
		return VERDICT_UNASKED;
	if (!root || evidence_parse_mounts(evidence->host_mounts, &host, &n) < 0)
		return VERDICT_UNKNOWN;
	for (size_t i = 0; i < n; i++)
		if (strcmp(host[i].target, "/") == 0 && host[i].major == root->major &&
			host[i].minor == root->minor && strcmp(host[i].root, root->root) == 0)
			verdict = VERDICT_FAILS;
	evidence_free_mounts(host, n);
	if (verdict == VERDICT_FAILS)
		buf_puts(found, "it is the host's");
	return verdict;
}

static Verdict ask_root_readonly(const Evidence *evidence, const char *argument, Buf *found)
{
	const SeenMount *root = evidence_mount_at(evidence, "/");

	(void)argument;
	if (!evidence->spec->root.readonly)
		return VERDICT_UNASKED;
	if (root && evidence_has_option(root->options, "ro"))
		return VERDICT_HOLDS;
	buf_puts(found, "it can be written to");
	return VERDICT_FAILS;
}

static bool is_mounted(const SpecMount *mount)
{
	return mount->target && mount->kind != SPEC_MOUNT_DIRECTORY &&
	       mount->kind != SPEC_MOUNT_FILE && mount->kind != SPEC_MOUNT_LINK && !mount->parts;
}

typedef bool (*MountIsMeant)(const SpecMount *mount, uint32_t flag);

static bool has_flag(const SpecMount *mount, uint32_t flag)
{
	return mount->flags & flag;
}

static bool is_mapped(const SpecMount *mount, uint32_t flag)
{
	(void)flag;
	return mount->kind == SPEC_MOUNT_BIND && mount->mapping != SPEC_MAPPING_NONE;
}

/* Each mount of the Spec that is meant shows `option`. One may be missing, or be where a link led; not all of them. */
static Verdict all_show(const Evidence *evidence, MountIsMeant is_meant, uint32_t flag,
	const char *option, Buf *found)
{
	bool asked = false, any = false;

	for (size_t i = 0; i < evidence->spec->n_mounts; i++) {
		const SpecMount *mount = &evidence->spec->mounts[i];
		const SeenMount *seen;

		if (!is_mounted(mount) || !is_meant(mount, flag))
			continue;
		if (flag == SPEC_MOUNT_NODEV && label_on_nodes(evidence->label) &&
			strcmp(mount->target, "/dev") == 0)
			continue; /* its nodes are made there, see label.h */
		asked = true;
		seen = evidence_mount_at(evidence, mount->target);
		any = any || seen;
		if (seen && !evidence_has_option(seen->options, option))
			add_found(found, mount->target);
	}
	if (asked && !any)
		buf_puts(found, "none of them is there");
	return asked ? nothing_found(found) : VERDICT_UNASKED;
}

static Verdict ask_readonly_mounts(const Evidence *evidence, const char *argument, Buf *found)
{
	return all_show(evidence, has_flag, SPEC_MOUNT_READONLY, argument, found);
}

static Verdict ask_nosuid(const Evidence *evidence, const char *argument, Buf *found)
{
	return all_show(evidence, has_flag, SPEC_MOUNT_NOSUID, argument, found);
}

static Verdict ask_nodev(const Evidence *evidence, const char *argument, Buf *found)
{
	return all_show(evidence, has_flag, SPEC_MOUNT_NODEV, argument, found);
}

static Verdict ask_noexec(const Evidence *evidence, const char *argument, Buf *found)
{
	return all_show(evidence, has_flag, SPEC_MOUNT_NOEXEC, argument, found);
}

static Verdict ask_mapped(const Evidence *evidence, const char *argument, Buf *found)
{
	return all_show(evidence, is_mapped, 0, argument, found);
}

/* "shared:7 master:3": is this peer group one of the host's? */
static bool is_shared_with_host(const Evidence *evidence, const char *peers, const char *kind)
{
	const char *group = strstr(peers, kind);
	char word[40];

	if (!group)
		return false;
	group += strlen(kind);
	(void)snprintf(
		word, sizeof(word), " shared:%.*s ", (int)strspn(group, "0123456789"), group);
	return strstr(evidence->host_mounts, word);
}

static bool follows_host(const Spec *spec)
{
	if (spec->root.propagation == SPEC_PROPAGATION_SLAVE || spec->root.kind == SPEC_ROOT_HOST)
		return true;
	for (size_t i = 0; i < spec->n_mounts; i++)
		if (spec->mounts[i].propagation == SPEC_PROPAGATION_SLAVE)
			return true;
	return false;
}

static Verdict ask_propagation(const Evidence *evidence, const char *argument, Buf *found)
{
	(void)argument;
	for (size_t i = 0; i < evidence->n_mounts; i++) {
		const SeenMount *mount = &evidence->mounts[i];

		if (is_shared_with_host(evidence, mount->peers, "shared:") ||
			(!follows_host(evidence->spec) &&
				is_shared_with_host(evidence, mount->peers, "master:")))
			add_found(found, mount->target);
	}
	return nothing_found(found);
}

/* The mount that shows this path: the last one at the longest target that leads to it. */
static const SeenMount *covering(const Evidence *evidence, const char *path)
{
	const SeenMount *best = NULL;

	for (size_t i = 0; i < evidence->n_mounts; i++) {
		const SeenMount *mount = &evidence->mounts[i];

		if ((strcmp(mount->target, "/") == 0 || strcmp(mount->target, path) == 0 ||
			    path_is_below(path, mount->target)) &&
			(!best || strlen(mount->target) >= strlen(best->target)))
			best = mount;
	}
	return best;
}

static bool is_of_kernel(const SeenMount *mount)
{
	return strcmp(mount->type, "proc") == 0 || strcmp(mount->type, "sysfs") == 0;
}

/* Paths with "*" stand for those that are there, and are left to what covers them. */
static bool can_be_asked(const char *path)
{
	return !strchr(path, '*') && faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static Verdict ask_hidden(const Evidence *evidence, const char *argument, Buf *found)
{
	bool asked = false;

	(void)argument;
	STRV_FOREACH (path, evidence->spec->paths.hidden) {
		const SeenMount *mount = can_be_asked(*path) ? covering(evidence, *path) : NULL;

		asked = asked || mount;
		if (mount && is_of_kernel(mount))
			add_found(found, *path);
	}
	return asked ? nothing_found(found) : VERDICT_UNASKED;
}

static Verdict ask_readonly_paths(const Evidence *evidence, const char *argument, Buf *found)
{
	bool asked = false;

	STRV_FOREACH (path, evidence->spec->paths.readonly) {
		const SeenMount *mount = can_be_asked(*path) ? covering(evidence, *path) : NULL;

		asked = asked || mount;
		if (mount && is_of_kernel(mount) && !evidence_has_option(mount->options, argument))
			add_found(found, *path);
	}
	return asked ? nothing_found(found) : VERDICT_UNASKED;
}

static Verdict ask_kernel_file_systems(const Evidence *evidence, const char *argument, Buf *found)
{
	static const char *const types[] = { "securityfs", "debugfs", "tracefs", "bpf", "configfs",
		"selinuxfs", "smackfs", "pstore", "efivarfs", "fusectl", "cgroup", "binfmt_misc" };

	(void)argument;
	for (size_t i = 0; i < evidence->n_mounts; i++)
		if (text_is_one_of(evidence->mounts[i].type, types, ARRAY_SIZE(types)))
			add_found(found, evidence->mounts[i].type);
	if (found->size && evidence->spec->root.kind == SPEC_ROOT_HOST)
		return VERDICT_UNASKED;
	return nothing_found(found);
}

/* The number of the mount that a descriptor is on, which no file system is asked for. */
static bool is_on_type(const Evidence *evidence, int fd, const char *target, const char *type)
{
	_cleanup_free_ char *text = NULL;
	char path[48], room[32];
	const char *number;

	(void)snprintf(path, sizeof(path), "self/fdinfo/%d", fd);
	if (fd_read_at(evidence->proc_fd, path, 4096, &text) < 0)
		return false;
	number = evidence_field(text, "mnt_id", room, sizeof(room));
	for (size_t i = 0; number && i < evidence->n_mounts; i++)
		if (strcmp(evidence->mounts[i].target, target) == 0 &&
			strcmp(evidence->mounts[i].line, number) == 0)
			return strcmp(evidence->mounts[i].type, type) == 0;
	return false;
}

static bool is_asked_device(const Spec *spec, const char *name, const struct stat *st)
{
	for (size_t i = 0; i < spec->n_devices; i++) {
		const SpecDevice *device = &spec->devices[i];

		if (device->type == (S_ISBLK(st->st_mode) ? SPEC_DEVICE_BLOCK
							  : SPEC_DEVICE_CHARACTER) &&
			device->major == major(st->st_rdev) && device->minor == minor(st->st_rdev))
			return true;
	}
	return strcmp(name, "console") == 0;
}

static Verdict ask_devices(const Evidence *evidence, const char *argument, Buf *found)
{
	_cleanup_fd_ int root = openat(evidence->pid_fd, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	_cleanup_fd_ int place = -EBADF;
	_cleanup_dir_ DIR *dir = NULL;
	int fd;

	(void)argument;
	place = root < 0 ? -EBADF : path_open_in_root(root, "dev", O_PATH | O_DIRECTORY, 0);
	if (place < 0 || !is_on_type(evidence, place, "/dev", "tmpfs")) {
		buf_puts(found, "/dev is no tmpfs of its own");
		return evidence->spec->root.kind == SPEC_ROOT_HOST ? VERDICT_UNASKED
								   : VERDICT_FAILS;
	}
	fd = openat(place, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir) {
		(void)fd_close(fd);
		return VERDICT_UNKNOWN;
	}
	for (const struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
		struct stat st;

		if ((entry->d_type == DT_CHR || entry->d_type == DT_BLK ||
			    entry->d_type == DT_REG) &&
			fstatat(place, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
			(S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode)) &&
			!is_asked_device(evidence->spec, entry->d_name, &st))
			add_found(found, entry->d_name);
	}
	return nothing_found(found);
}

const Claim claims_of_mounts[] = {
	{ "root directory", ask_root, NULL, "it would see all files of the host", BUG },
	{ "root is read-only", ask_root_readonly, NULL, "it could change what it was started with",
		BUG },
	{ "read-only mounts", ask_readonly_mounts, "ro", "it could change files that others use",
		BUG },
	{ "nosuid mounts", ask_nosuid, "nosuid",
		"a program that it puts there would gain its owner's rights", BUG },
	{ "nodev mounts", ask_nodev, "nodev",
		"a device node that it puts there would reach the hardware", BUG },
	{ "noexec mounts", ask_noexec, "noexec", "it could run programs that it puts there", BUG },
	{ "id-mapped mounts", ask_mapped, "idmapped",
		"files would belong to ids of the host, not to its own", BUG },
	{ "mount propagation", ask_propagation, NULL, "what it mounts would appear on the host",
		BUG },
	{ "masked kernel files", ask_hidden, NULL, "they reveal the host's state, or could harm it",
		BUG },
	{ "read-only kernel files", ask_readonly_paths, "ro",
		"it could change settings of the host", BUG },
	{ "no kernel file systems of the host", ask_kernel_file_systems, NULL,
		"they control the whole host", BUG },
	{ "device nodes", ask_devices, NULL, "it could use hardware that it was not granted", BUG },
};
const size_t claims_of_mounts_count = ARRAY_SIZE(claims_of_mounts);
