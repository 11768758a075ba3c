/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Programs of the host in a sandbox.
 */
#include "sandbox/tool.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/path.h"
#include "base/strv.h"
#include "base/text.h"
#include "sandbox/execute.h"

#define TIME_LIMIT 3600 /* seconds that one may take */
#define SAID_LIMIT 65536 /* bytes of what they say that are read */

static int add_mount(Desc *desc, const char *target, const char *source, bool readonly)
{
	DescMount *mount = desc_add_mount(desc);

	if (!mount)
		return -ENOMEM;
	*mount = (DescMount){ .type = DESC_MOUNT_HOST_BIND,
		.target = strdup(target),
		.source = strdup(source),
		.readonly = readonly,
		.keep_label = true };
	return mount->target && mount->source ? 0 : -ENOMEM;
}

/* The file that a program wrote there, or a link that it put in its place. */
static char *said(const char *say, const char *name)
{
	_cleanup_fd_ int dir = open(say, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC),
			 fd = -EBADF;
	char *text = calloc(1, SAID_LIMIT + 1);
	ssize_t n;

	fd = dir < 0 ? -EBADF : path_open_no_links(dir, name, O_RDONLY | O_NONBLOCK, 0);
	n = fd < 0 || !text ? 0 : read(fd, text, SAID_LIMIT);
	if (text)
		text[n < 0 ? 0 : n] = '\0';
	return text;
}

static int describe(const char *script, const char *scratch, const char *from, bool readonly,
	Desc **ret, Error **ret_error)
{
	_cleanup_free_ char *root = path_join(scratch, "root"), *say = path_join(scratch, "say");
	_cleanup_desc_ Desc *tool = desc_new();
	int r = root && say && tool ? 0 : -ENOMEM;

	if (r == 0)
		r = strv_append(&tool->command, "/bin/sh");
	if (r == 0)
		r = strv_append(&tool->command, "-c");
	if (r == 0)
		r = strv_append(&tool->command, script);
	if (r == 0)
		r = add_mount(tool, TOOL_INTO, root, readonly);
	if (r == 0)
		r = add_mount(tool, TOOL_SAY, say, false);
	if (r == 0 && from)
		r = add_mount(tool, TOOL_FROM, from, true);
	if (r < 0)
		return error_oom(ret_error);
	tool->kind = DESC_COMMAND;
	/* Who named the archive may read it, whatever label it has; and the base has none of a container's. */
	tool->security.model = DESC_MODEL_NONE;
	*ret = TAKE_PTR(tool);
	return 0;
}

/* GNU tar goes on without the "/" or ".." and only says so. */
static bool took_names(const char *text)
{
	return strstr(text, "Removing leading") != NULL;
}

static int report(const char *text, Error **ret_error)
{
	_cleanup_free_ char *line = strndup(text, strcspn(text, "\n"));

	if (!line)
		return error_oom(ret_error);
	text_make_ascii(line, strlen(line));
	return error_set(ret_error, EINVAL, "%s", *line ? line : "its files cannot be unpacked");
}

int tool_run_watched(const OneshotWatch *watch, const char *script, const char *scratch,
	const char *from, bool readonly, char **ret_said, Error **ret_error)
{
	_cleanup_free_ char *say = path_join(scratch, "say"), *err = NULL;
	_cleanup_desc_ Desc *tool = NULL;
	int status, r;

	if (!say)
		return error_oom(ret_error);
	r = file_remove_tree(AT_FDCWD, say, ret_error);
	if (r == 0 && mkdir(say, 0700) < 0)
		r = error_errno(ret_error, errno, "cannot make %s", say);
	if (r == 0)
		r = describe(script, scratch, from, readonly, &tool, ret_error);
	if (r == 0)
		r = oneshot_quiet(tool, TIME_LIMIT, watch, &status, ret_error);
	if (r < 0)
		return r;
	err = said(say, "err");
	if (ret_said)
		*ret_said = said(say, "out");
	if (!err || (ret_said && !*ret_said))
		return error_oom(ret_error);
	if (took_names(err))
		return error_set(ret_error, EINVAL,
			"it has absolute names, or names with \"..\" in them: %.*s",
			(int)strcspn(err, "\n"), err);
	return status == 0 ? 0 : report(err, ret_error);
}
