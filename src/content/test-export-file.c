/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Exports: what is read back is what was written, and rubbish is refused.
 */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/unit-test.h"
#include "content/export-file.h"

#define HASH "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define CONTENT "not packed at all"

static int text_file(const char *text)
{
	int fd = memfd_create("text", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(fd_write_all(fd, text, strlen(text)), 0);
	return fd;
}

static int written(int content_fd)
{
	char *packages[] = { (char *)"web 1.2-3", (char *)"libc6 2.36", NULL };
	const ExportHead head = { (char *)"web1", (char *)"0.1.1", (char *)"x86_64",
		(char *)"Debian GNU/Linux 12", (char *)HASH, 10240, 7, packages };
	int fd = memfd_create("export", MFD_CLOEXEC);

	assert_int_equal(export_file_write(fd, &head, "[core]\nname=web1\n", content_fd, NULL), 0);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

TEST(read_what_was_written)
{
	_cleanup_fd_ int content = text_file(CONTENT), fd = written(content);
	_cleanup_export_file_ ExportFile file = {};
	char text[sizeof(CONTENT)] = "";

	assert_int_equal(export_file_read(fd, &file, NULL), 0);
	assert_string_equal(file.head.name, "web1");
	assert_string_equal(file.head.system, "Debian GNU/Linux 12");
	assert_string_equal(file.head.packages[1], "libc6 2.36");
	assert_int_equal(file.head.size, 10240);
	assert_string_equal(file.description, "[core]\nname=web1\n");
	assert_int_equal(file.packed, strlen(CONTENT));
	assert_int_equal(pread(fd, text, file.packed, (off_t)file.offset), strlen(CONTENT));
	assert_string_equal(text, CONTENT);
}

/* Every byte that is cut off, and every one that is another, makes it another file or none: never a longer content. */
TEST(broken)
{
	_cleanup_fd_ int content = text_file(CONTENT), fd = written(content);
	_cleanup_export_file_ ExportFile whole = {};

	assert_int_equal(export_file_read(fd, &whole, NULL), 0);
	for (off_t cut = 0; cut < (off_t)(whole.offset + whole.packed); cut += 97) {
		_cleanup_fd_ int other = written(content);
		_cleanup_export_file_ ExportFile file = {};
		_cleanup_error_ Error *error = NULL;

		assert_int_equal(ftruncate(other, cut), 0);
		assert_int_equal(export_file_read(other, &file, &error), -EBADMSG);
		assert_non_null(error_message(error));
	}
}

TEST(heads)
{
	static const char begin[] =
		"virt-sandbox-export 1\nname a\nversion 1\nmachine m\nsystem s\n";
	static const char *const bad[] = { "", "virt-sandbox-export 2\n", "virt-sandbox-export 1\n",
		"size 1\nentries 1\nsha256 " HASH, "size 1\nentries 1\nsha256 abc\n",
		"size -1\nentries 1\nsha256 " HASH "\n", "size 0\nentries 1\nsha256 " HASH "\n",
		"size 99999999999999999999\nentries 1\nsha256 " HASH "\n",
		"size 1\nsize 2\nentries 1\nsha256 " HASH "\n",
		"size 1\nentries 1\nsha256 " HASH "\nother x\n",
		"size 1\nentries 1\nsha256 " HASH "\npackage x\n",
		"size 1\nentries 1\nsha256 " HASH "\nname b\n" };
	_cleanup_export_head_ ExportHead head = {};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		_cleanup_free_ char *text = NULL;

		assert_true(asprintf(&text, "%s%s", i < 3 ? "" : begin, bad[i]) >= 0);
		assert_int_equal(export_head_parse(text, &head, NULL), -EBADMSG);
	}
	{
		_cleanup_free_ char *text = NULL;

		assert_true(asprintf(&text, "%ssize 1\nentries 1\nsha256 " HASH "\n", begin) >= 0);
		assert_int_equal(export_head_parse(text, &head, NULL), 0);
	}
}
