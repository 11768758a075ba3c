/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The outer archive: ustar (POSIX.1-1988), with GNU's binary sizes for what has more than eight gigabytes.
 */
#include "content/export-file.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fd.h"
#include "base/macro.h"
#include "base/strv.h"
#include "base/text.h"

#define BLOCK 512 /* bytes of a header; members are filled up to that */
#define MAGIC "virt-sandbox-export"
#define VALUE_MAX 4096 /* bytes of a line of the head */
#define PACKAGES_MAX 65536

typedef struct Header { /* as on disk */
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], sum[8], type, link[100],
		magic[8], user[32], group[32], major[8], minor[8], prefix[155], rest[12];
} Header;

_Static_assert(sizeof(Header) == BLOCK, "a header is a block");

static const char *const members[] = { MAGIC, "container.sandbox", "tree.tar.zst" };

/* ---- The head ---- */

void export_head_done(ExportHead *head)
{
	free(head->name);
	free(head->version);
	free(head->machine);
	free(head->system);
	free(head->hash);
	strv_free(head->packages);
	*head = (ExportHead){};
}

void export_file_done(ExportFile *file)
{
	export_head_done(&file->head);
	free(file->description);
	*file = (ExportFile){};
}

int export_head_format(const ExportHead *head, char **ret, Error **ret_error)
{
	_cleanup_buf_ Buf buf = {};

	buf_printf(&buf,
		MAGIC " 1\nname %s\nversion %s\nmachine %s\nsystem %s\nsize %llu\nentries "
		      "%llu\nsha256 %s\n",
		head->name, head->version, head->machine, head->system,
		(unsigned long long)head->size, (unsigned long long)head->entries, head->hash);
	STRV_FOREACH (package, head->packages)
		buf_printf(&buf, "package %s\n", *package);
	return buf_take(&buf, ret, ret_error);
}

static bool is_hash(const char *text)
{
	return strlen(text) == EXPORT_HASH_SIZE &&
	       strspn(text, "0123456789abcdef") == EXPORT_HASH_SIZE;
}

/* 0, -EINVAL, -ENOMEM. */
static int head_take(ExportHead *head, const char *key, const char *value)
{
	char **const texts[] = { &head->name, &head->version, &head->machine, &head->system,
		&head->hash };
	static const char *const names[] = { "name", "version", "machine", "system", "sha256" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (strcmp(key, names[i]) != 0)
			continue;
		if (*texts[i] || (texts[i] == &head->hash && !is_hash(value)))
			return -EINVAL;
		*texts[i] = strdup(value);
		return *texts[i] ? 0 : -ENOMEM;
	}
	if (strcmp(key, "size") == 0)
		return head->size ? -EINVAL : text_number(value, LLONG_MAX, &head->size);
	if (strcmp(key, "entries") == 0)
		return head->entries ? -EINVAL : text_number(value, LLONG_MAX, &head->entries);
	if (strcmp(key, "package") == 0 && strchr(value, ' ') > value &&
		strv_length(head->packages) < PACKAGES_MAX)
		return strv_append(&head->packages, value);
	return -EINVAL;
}

static int head_line(ExportHead *head, char *line, unsigned int number, Error **ret_error)
{
	char *value = strchr(line, ' ');
	int r = -EINVAL;

	text_make_ascii(line, strlen(line));
	if (value && strlen(line) < VALUE_MAX) {
		*value++ = '\0';
		if (number == 1)
			r = strcmp(line, MAGIC) == 0 && strcmp(value, "1") == 0 ? 0 : -EINVAL;
		else
			r = head_take(head, line, value);
	}
	if (r == -ENOMEM)
		return error_oom(ret_error);
	return r < 0 ? error_set(ret_error, EBADMSG,
			       number == 1 ? "it is not an export of this version"
					   : "line %u of its header is invalid",
			       number)
		     : 0;
}

int export_head_parse(const char *text, ExportHead *ret, Error **ret_error)
{
	_cleanup_export_head_ ExportHead head = {};
	_cleanup_free_ char *copy = strdup(text);
	unsigned int number = 0;

	if (!copy)
		return error_oom(ret_error);
	for (char *line = copy, *end; (end = strchr(line, '\n')); line = end + 1) {
		int r;

		*end = '\0';
		r = head_line(&head, line, ++number, ret_error);
		if (r < 0)
			return r;
	}
	if (!head.name || !head.version || !head.machine || !head.system || !head.hash ||
		!head.size || !head.entries)
		return error_set(ret_error, EBADMSG, "its head is cut off");
	*ret = head;
	head = (ExportHead){};
	return 0;
}

/* ---- Headers of the archive ---- */

static unsigned int header_sum(const Header *header)
{
	const unsigned char *bytes = (const unsigned char *)header;
	unsigned int sum = 0;

	for (size_t i = 0; i < sizeof(*header); i++)
		sum += i >= offsetof(Header, sum) && i < offsetof(Header, type) ? ' ' : bytes[i];
	return sum;
}

static int header_write(int fd, const char *name, uint64_t size)
{
	Header header = { .mode = "0000600",
		.uid = "0000000",
		.gid = "0000000",
		.type = '0',
		.mtime = "00000000000",
		.magic = "ustar\00000",
		.major = "0000000",
		.minor = "0000000" };

	memcpy(header.name, name, strlen(name)); /* ours, and short */
	if (size < 1ull << 33) {
		(void)snprintf(header.size, sizeof(header.size), "%011llo",
			(unsigned long long)size); /* fits */
	} else {
		header.size[0] = (char)0x80;
		for (size_t i = 0; i < sizeof(size); i++)
			header.size[sizeof(header.size) - 1 - i] = (char)(size >> 8 * i);
	}
	(void)snprintf(header.sum, sizeof(header.sum), "%06o", header_sum(&header)); /* fits */
	header.sum[7] = ' ';
	return fd_write_all(fd, &header, sizeof(header));
}

/* -EBADMSG. */
static int size_parse(const char *field, size_t length, uint64_t *ret)
{
	uint64_t size = 0;

	if ((unsigned char)field[0] == 0x80) {
		for (size_t i = 1; i < length; i++) {
			if (size > LLONG_MAX >> 8)
				return -EBADMSG;
			size = size << 8 | (unsigned char)field[i];
		}
	} else {
		for (size_t i = 0; i + 1 < length; i++) {
			if (field[i] < '0' || field[i] > '7')
				return -EBADMSG;
			size = size << 3 | (uint64_t)(field[i] - '0');
		}
	}
	*ret = size;
	return 0;
}

static int header_read(int fd, const char *name, uint64_t *ret_size, Error **ret_error)
{
	char sum[sizeof(((Header *)NULL)->sum) + 1];
	Header header;

	if (read(fd, &header, sizeof(header)) != (ssize_t)sizeof(header))
		return error_set(ret_error, EBADMSG, "it is cut off before %s", name);
	(void)snprintf(sum, sizeof(sum), "%06o", header_sum(&header)); /* fits */
	if (memcmp(header.sum, sum, 6) != 0 || header.type != '0' || header.prefix[0] ||
		strncmp(header.name, name, sizeof(header.name)) != 0 ||
		size_parse(header.size, sizeof(header.size), ret_size) < 0)
		return error_set(ret_error, EBADMSG,
			"it was not written by `virt-sandbox-service export`, or is damaged: %s is not where it should be",
			name);
	return 0;
}

static uint64_t padding(uint64_t size)
{
	return (BLOCK - size % BLOCK) % BLOCK;
}

/* ---- The file ---- */

static int read_text(int fd, const char *name, size_t limit, char **ret, Error **ret_error)
{
	char filler[BLOCK];
	uint64_t size;
	char *text;
	int r = header_read(fd, name, &size, ret_error);

	if (r < 0)
		return r;
	if (size > limit)
		return error_set(ret_error, EFBIG, "%s in it has more than %zu bytes", name, limit);
	text = calloc(1, size + 1);
	if (!text)
		return error_oom(ret_error);
	if (read(fd, text, size) != (ssize_t)size ||
		read(fd, filler, padding(size)) != (ssize_t)padding(size) || strlen(text) != size) {
		free(text);
		return error_set(ret_error, EBADMSG, "%s in it is cut off", name);
	}
	*ret = text;
	return 0;
}

int export_file_read(int fd, ExportFile *ret, Error **ret_error)
{
	_cleanup_export_file_ ExportFile file = {};
	_cleanup_free_ char *head = NULL;
	struct stat st;
	int r = read_text(fd, members[0], EXPORT_HEAD_MAX, &head, ret_error);

	if (r == 0)
		r = export_head_parse(head, &file.head, ret_error);
	if (r == 0)
		r = read_text(fd, members[1], EXPORT_DESCRIPTION_MAX, &file.description, ret_error);
	if (r == 0)
		r = header_read(fd, members[2], &file.packed, ret_error);
	if (r < 0)
		return r;
	file.offset = (uint64_t)lseek(fd, 0, SEEK_CUR);
	if (fstat(fd, &st) < 0 || (uint64_t)st.st_size < file.offset ||
		(uint64_t)st.st_size - file.offset < file.packed)
		return error_set(ret_error, EBADMSG, "its content is cut off");
	*ret = file;
	file = (ExportFile){};
	return 0;
}

static int write_member(int fd, const char *name, const char *text)
{
	static const char zeros[BLOCK];
	size_t size = strlen(text);
	int r = header_write(fd, name, size);

	if (r == 0)
		r = fd_write_all(fd, text, size);
	return r == 0 ? fd_write_all(fd, zeros, padding(size)) : r;
}

static int append(int fd, int from, off_t size)
{
	for (off_t offset = 0; offset < size;) {
		ssize_t n = sendfile(fd, from, &offset, (size_t)(size - offset));

		if (n <= 0)
			return n < 0 ? -errno : -EIO; /* nobody else has it */
	}
	return 0;
}

static int write_content(int fd, int content_fd)
{
	static const char zeros[2 * BLOCK + BLOCK];
	struct stat st;
	int r;

	if (fstat(content_fd, &st) < 0)
		return -errno;
	r = header_write(fd, members[2], (uint64_t)st.st_size);
	if (r == 0)
		r = append(fd, content_fd, st.st_size);
	return r == 0 ? fd_write_all(fd, zeros, padding((uint64_t)st.st_size) + 2 * BLOCK) : r;
}

int export_file_write(
	int fd, const ExportHead *head, const char *description, int content_fd, Error **ret_error)
{
	_cleanup_free_ char *text = NULL;
	int r = export_head_format(head, &text, ret_error);

	if (r < 0)
		return r;
	r = write_member(fd, members[0], text);
	if (r == 0)
		r = write_member(fd, members[1], description);
	if (r == 0)
		r = write_content(fd, content_fd);
	if (r == 0 && fsync(fd) < 0)
		r = -errno;
	return r < 0 ? error_errno(ret_error, -r, "cannot write the file") : 0;
}
