/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * export: a container as one file. Its content was written by whoever was root inside, so the programs that read it run in a sandbox.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/log.h"
#include "base/path.h"
#include "base/spawn.h"
#include "base/strv.h"
#include "base/text.h"
#include "content/export-file.h"
#include "content/image.h"
#include "desc/keyfile.h"
#include "host/host.h"
#include "sandbox/export-source.h"
#include "sandbox/host-file.h"
#include "sandbox/tool.h"

/* Logs of the journal name the machine that the container was, and no other reads them. */
static const char pack[] = TOOL_BEGIN
	"mkfifo " TOOL_SAY "/bytes " TOOL_SAY "/names || exit; wc -c <" TOOL_SAY "/bytes >" TOOL_SAY
	"/size & wc -l <" TOOL_SAY "/names >" TOOL_SAY "/entries & "
	"{ " TOOL_TAR_OUT "--sparse --verbose --index-file=" TOOL_SAY
	"/names --directory=" TOOL_FROM
	" --anchored --exclude='./var/log/journal/*' --file=- . || touch " TOOL_SAY
	"/failed; } | tee " TOOL_SAY "/bytes | { zstd -q -T0 >" TOOL_INTO
	"/content || touch " TOOL_SAY "/failed; }; wait; test ! -e " TOOL_SAY
	"/failed && sha256sum <" TOOL_INTO "/content && cat " TOOL_SAY "/size " TOOL_SAY "/entries";

/* What it needs of its host; without a unit that is there, nobody knows. */
static int read_packages(const Desc *desc, char ***ret, char ***notes, Error **ret_error)
{
	_cleanup_strv_ char **packages = NULL;
	_cleanup_facts_ Facts *facts = NULL;
	_cleanup_error_ Error *error = NULL;

	if (host_facts(desc, &facts, &error) < 0)
		return strv_appendf(notes, "The file does not say which packages it needs: %s",
			       error_message(error)) < 0
			       ? error_oom(ret_error)
			       : 0;
	for (size_t i = 0; i < facts->n_packages; i++)
		if (strv_appendf(&packages, "%s %s", facts->packages[i].name,
			    facts->packages[i].version) < 0)
			return error_oom(ret_error);
	strv_sort(packages);
	*ret = TAKE_PTR(packages);
	return 0;
}

static int fill_head(
	const Desc *desc, char *said, ExportHead *head, char ***notes, Error **ret_error)
{
	char hash[EXPORT_HASH_SIZE + 1] = "";
	unsigned long long size, entries;
	struct utsname host;
	int r;

	if (sscanf(said, "%64[0-9a-f] - %llu %llu", hash, &size, &entries) != 3)
		return error_set(ret_error, EIO, "the programs that packed it did not say what");
	(void)uname(&host); /* cannot fail */
	head->size = size;
	head->entries = entries;
	head->name = strdup(desc->name);
	head->version = strdup(VERSION);
	head->machine = strdup(host.machine);
	head->hash = strdup(hash);
	if (!head->name || !head->version || !head->machine || !head->hash)
		return error_oom(ret_error);
	r = host_system_name(&head->system, ret_error);
	return r < 0 ? r : read_packages(desc, &head->packages, notes, ret_error);
}

static int write_to(const NewFile *file, const ExportHead *head, const Desc *desc, int content_fd,
	Error **ret_error)
{
	_cleanup_fd_ int fd = -EBADF;
	_cleanup_free_ char *description = NULL;
	int r = new_file_open(file, &fd, ret_error);

	if (r == 0)
		r = keyfile_format(desc, NULL, NULL, &description, ret_error);
	if (r == 0)
		r = export_file_write(fd, head, description, content_fd, ret_error);
	return r < 0 ? r : new_file_name(file, fd, ret_error);
}

static int pack_tree(const Container *c, const char *scratch, const NewFile *file,
	vsb_progress progress, void *data, char ***notes, Error **ret_error)
{
	_cleanup_free_ char *content = path_join(scratch, "root/content"), *said = NULL;
	_cleanup_export_head_ ExportHead head = {};
	_cleanup_fd_ int fd = -EBADF;
	int r = content ? image_mount(&c->places, true, ret_error) : error_oom(ret_error);

	if (r == 0 && progress)
		progress("packing", 0, 0, data);
	if (r == 0)
		r = tool_run_watched(NULL, pack, scratch, c->places.tree, false, &said, ret_error);
	if (r == 0)
		r = fill_head(c->desc, said, &head, notes, ret_error);
	if (r < 0)
		return r;
	fd = open(content, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return error_errno(ret_error, errno, "cannot open %s", content);
	if (progress)
		progress("writing", 0, 0, data);
	r = write_to(file, &head, c->desc, fd, ret_error);
	if (r == 0 && strv_appendf(notes, "Exported container %s to %s: %llu files and directories",
			      c->desc->name, file->path, (unsigned long long)head.entries) < 0)
		return error_oom(ret_error);
	return r;
}

PUBLIC int vsb_export(const char *name, const char *path, unsigned int flags, vsb_progress progress,
	void *data, char ***ret_notes, vsb_error **error)
{
	_cleanup_export_source_ ExportSource source = EXPORT_SOURCE_NONE;
	_cleanup_new_file_ NewFile file = NEW_FILE_NONE;
	_cleanup_strv_ char **notes = NULL;
	_cleanup_free_ char *tag = NULL;
	int r = export_source_open(name, &source, &tag, error);

	if (r == 0)
		r = spawn_need("zstd", error);
	if (r == 0)
		r = new_file_begin(path, &file, error);
	if (r == 0)
		r = export_source_begin(&source, tag, flags, error);
	if (r == 0) {
		log_step("export", "%s to %s", name, path);
		r = pack_tree(
			&source.container, source.scratch, &file, progress, data, &notes, error);
	}
	if (r < 0)
		return error_wrap(error, "cannot export container %s", name);
	if (ret_notes)
		*ret_notes = TAKE_PTR(notes);
	return 0;
}
