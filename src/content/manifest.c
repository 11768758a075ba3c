/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a container's /etc was. The digest is FNV-1a of 64 bits: it guards against accidents only, and whoever could forge a collision is root inside and
 * may write the file anyway.
 */
#include "content/manifest.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/buf.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/layout.h"
#include "base/path.h"

#define DIGEST_LINK hash_bytes_64(HASH_START_64, "link ", 5)

void manifest_done(Manifest *manifest)
{
	for (size_t i = 0; i < manifest->n_files; i++)
		free(manifest->files[i].path);
	free(manifest->files);
	*manifest = (Manifest){ 0 };
}

static int manifest_add(Manifest *manifest, const char *path, uint64_t digest)
{
	size_t n = manifest->n_files;

	if (n >= MANIFEST_FILES_MAX)
		return -E2BIG;
	if (array_room(&manifest->files, n, sizeof(*manifest->files)) < 0)
		return -ENOMEM;
	manifest->files[n].path = strdup(path);
	if (!manifest->files[n].path)
		return -ENOMEM;
	manifest->files[n].digest = digest;
	manifest->n_files++;
	return 0;
}

static int file_compare(const void *a, const void *b)
{
	return strcmp(((const ManifestFile *)a)->path, ((const ManifestFile *)b)->path);
}

int manifest_note(Manifest *noted, const char *path, bool link, const char *content, size_t size)
{
	return manifest_add(
		noted, path, hash_bytes_64(link ? DIGEST_LINK : HASH_START_64, content, size));
}

/* Not a part of their recursive caller: of the stack that many levels need. */
__attribute__((noinline)) static int digest_link(int directory_fd, const char *name, uint64_t *ret)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(directory_fd, name, target, sizeof(target));

	if (n < 0)
		return -errno;
	*ret = hash_bytes_64(DIGEST_LINK, target, (size_t)n);
	return 0;
}

typedef struct Walk {
	const Manifest *noted; /* or NULL */
	Manifest made;
	uint64_t read; /* bytes so far */
} Walk;

static void walk_done(Walk *walk)
{
	manifest_done(&walk->made);
}

/* A file of several terabytes takes root inside one call to make. Of one that is larger than anything that we write, beginning and size must do. */
__attribute__((noinline)) static int digest_file(
	Walk *walk, int directory_fd, const char *name, uint64_t *ret)
{
	_cleanup_fd_ int fd =
		openat(directory_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	uint64_t digest = HASH_START_64;
	char buffer[16384];
	size_t size = 0;
	struct stat st;
	ssize_t n;

	if (fd < 0)
		return -errno;
	do {
		n = read(fd, buffer, sizeof(buffer));
		if (n < 0)
			return -errno;
		digest = hash_bytes_64(digest, buffer, (size_t)n);
		size += (size_t)n;
	} while (n == sizeof(buffer) &&
		 size < FILE_LIMIT); /* of a regular file less is read only at its end */
	walk->read += size;
	if (walk->read > MANIFEST_BYTES_MAX)
		return -EFBIG;
	if (size >= FILE_LIMIT) {
		if (fstat(fd, &st) < 0)
			return -errno;
		digest = hash_bytes_64(digest, (const char *)&st.st_size, sizeof(st.st_size));
	}
	*ret = digest;
	return 0;
}

static int walk(Walk *walk, int directory_fd, const char *prefix, unsigned int depth);

/* DT_*, also on the file systems that do not tell it with the name. */
static int type_of(int directory_fd, const struct dirent *entry)
{
	struct stat st;

	if (entry->d_type != DT_UNKNOWN)
		return entry->d_type;
	if (fstatat(directory_fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	return IFTODT(st.st_mode);
}

static int digest_entry(Walk *walk, int directory_fd, const char *name, int type, uint64_t *ret)
{
	return type == DT_LNK ? digest_link(directory_fd, name, ret)
			      : digest_file(walk, directory_fd, name, ret);
}

static int walk_entry(Walk *made, int directory_fd, const char *prefix, const struct dirent *entry,
	unsigned int depth)
{
	const char *name = entry->d_name;
	_cleanup_free_ char *path = *prefix ? path_join(prefix, name) : strdup(name);
	int r = 0, type = type_of(directory_fd, entry);
	const uint64_t *noted;
	uint64_t digest = 0;

	if (!path)
		return -ENOMEM;
	if (strchr(path, '\n'))
		return 0; /* cannot be written in a line; no package has such a name */
	if (type == DT_DIR) {
		int fd =
			openat(directory_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

		return fd < 0 ? -errno : walk(made, fd, path, depth + 1);
	}
	if (type != DT_REG && type != DT_LNK)
		return type < 0 ? type : 0;
	noted = made->noted ? manifest_find(made->noted, path) : NULL;
	if (!noted)
		r = digest_entry(made, directory_fd, name, type, &digest);
	return r < 0 ? r : manifest_add(&made->made, path, noted ? *noted : digest);
}

/* Consumes directory_fd. */
static int walk(Walk *made, int directory_fd, const char *prefix, unsigned int depth)
{
	_cleanup_fd_ int fd = directory_fd;
	struct dirent *entry;
	int r = 0;
	DIR *dir;

	if (depth > MANIFEST_DEPTH_MAX)
		return -EOVERFLOW;
	dir = fdopendir(fd);
	if (!dir)
		return -errno;
	(void)TAKE_FD(fd); /* closedir() closes it */
	while (r == 0 && (entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			r = walk_entry(made, dirfd(dir), prefix, entry, depth);
	(void)closedir(dir); /* read only */
	return r;
}

static void sort(Manifest *manifest)
{
	if (manifest->n_files > 0)
		qsort(manifest->files, manifest->n_files, sizeof(*manifest->files), file_compare);
}

int manifest_make(int directory_fd, Manifest *noted, Manifest *ret, Error **ret_error)
{
	_cleanup_(walk_done) Walk made = { .noted = noted };
	int r, fd = openat(directory_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (noted)
		sort(noted);
	r = fd < 0 ? -errno : walk(&made, fd, "", 0);
	if (r == -EOVERFLOW)
		return error_set(ret_error, EOVERFLOW,
			"cannot read the container's /etc: directories are nested more than %d levels deep; "
			"remove or move the innermost ones first",
			MANIFEST_DEPTH_MAX);
	if (r < 0)
		return error_errno(ret_error, -r, "cannot read the container's /etc");
	sort(&made.made);
	*ret = made.made;
	made.made = (Manifest){ 0 };
	return 0;
}

const uint64_t *manifest_find(const Manifest *manifest, const char *path)
{
	const ManifestFile wanted = { .path = (char *)path };
	const ManifestFile *found;

	if (manifest->n_files == 0)
		return NULL;
	found = bsearch(&wanted, manifest->files, manifest->n_files, sizeof(wanted), file_compare);
	return found ? &found->digest : NULL;
}

int manifest_save(const Manifest *manifest, const char *path, Error **ret_error)
{
	_cleanup_buf_ Buf buf = { 0 };
	_cleanup_free_ char *text = NULL;
	int r;

	for (size_t i = 0; i < manifest->n_files; i++)
		buf_printf(&buf, "%016" PRIx64 " %s\n", manifest->files[i].digest,
			manifest->files[i].path);
	r = buf_take(&buf, &text, ret_error);
	if (r < 0)
		return r;
	r = file_mkdir_parent(path, ret_error);
	return r < 0 ? r : file_write_unsynced(path, text, strlen(text), 0600, ret_error);
}

int manifest_parse(const char *text, Manifest *ret, Error **ret_error)
{
	_cleanup_manifest_ Manifest manifest = { 0 };
	size_t line = 0;

	while (*text) {
		const char *end = strchrnul(text, '\n');
		_cleanup_free_ char *path = NULL;
		uint64_t digest;
		char *after;
		int r;

		line++;
		errno = 0;
		digest = strtoull(text, &after, 16);
		if (errno != 0 || after != text + 16 || *after != ' ' || end <= after + 1)
			return error_set(
				ret_error, EINVAL, "line %zu is not part of a manifest", line);
		path = strndup(after + 1, (size_t)(end - after - 1));
		if (!path)
			return error_oom(ret_error);
		r = manifest_add(&manifest, path, digest);
		if (r < 0)
			return error_errno(ret_error, -r, "line %zu", line);
		text = *end ? end + 1 : end;
	}
	sort(&manifest);
	*ret = manifest;
	manifest = (Manifest){ 0 };
	return 0;
}

int manifest_load(const char *path, Manifest *ret, Error **ret_error)
{
	_cleanup_free_ char *text = NULL;
	int r = file_read_optional(path, &text, NULL, ret_error);

	if (r == 0)
		*ret = (Manifest){ 0 };
	if (r <= 0)
		return r;
	r = manifest_parse(text, ret, ret_error);
	return r < 0 ? error_wrap(ret_error, "%s", path) : 0;
}

int manifest_forget(const char *path, Error **ret_error)
{
	if (unlink(path) < 0 && errno != ENOENT)
		return error_errno(ret_error, errno, "cannot remove %s", path);
	return 0;
}
