/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The language of -m and [mount] entry=: one mount on one line.
 */
#include <string.h>

#include "base/buf.h"
#include "desc/mount-target.h"
#include "desc/option-value.h"
#include "desc/value.h"

#define SPECIAL "\\,=" /* written with a backslash inside a path */

/* Takes the text at *p up to a delimiter that has no backslash before it, without the
 * backslashes, and moves *p to the delimiter. */
static char *take_until(const char **p, char delimiter)
{
	char *word = malloc(strlen(*p) + 1), *end = word;

	if (!word)
		return NULL;
	for (; **p && **p != delimiter; (*p)++) {
		if (**p == '\\' && (*p)[1] && strchr(SPECIAL, (*p)[1]))
			(*p)++;
		*end++ = **p;
	}
	*end = '\0';
	return word;
}

static void put_escaped(Buf *buf, const char *path)
{
	for (; *path; path++) {
		if (strchr(SPECIAL, *path))
			buf_puts(buf, "\\");
		buf_append(buf, path, 1);
	}
}

static int read_source(DescMount *mount, const char *source, const char *text, Error **ret_error)
{
	int r;

	if (!*source)
		return error_set(ret_error, EINVAL, "Missing mount source string on \"%s\"", text);
	if (mount->type != DESC_MOUNT_RAM)
		return value_path(source, &mount->source, ret_error);
	r = value_size(source, &mount->size, ret_error);
	if (r == 0 && mount->size == 0)
		return error_set(
			ret_error, EINVAL, "mount \"%s\": a size must be more than 0", text);
	return r;
}

static int read_relabel(DescMount *mount, const char *value, const char *text, Error **ret_error)
{
	bool relabel;
	int r;

	if (mount->type != DESC_MOUNT_HOST_BIND)
		return error_set(ret_error, EINVAL,
			"mount \"%s\": only a directory or file of the host keeps its labels",
			text);
	r = value_bool(value, &relabel, ret_error);
	if (r < 0)
		return error_wrap(ret_error, "mount \"%s\"", text);
	mount->keep_label = !relabel;
	return 0;
}

static int read_flag(DescMount *mount, const char *flag, const char *text, Error **ret_error)
{
	if (strcmp(flag, "readonly") == 0 || strcmp(flag, "ro") == 0) {
		mount->readonly = true;
		return 0;
	}
	if (strncmp(flag, "relabel=", 8) == 0)
		return read_relabel(mount, flag + 8, text, ret_error);
	if (strncmp(flag, "format=", 7) != 0)
		return error_set(ret_error, EINVAL,
			"Unknown parameter \"%s\" in mount \"%s\"; known are readonly, relabel= and format=",
			flag, text);
	if (mount->type != DESC_MOUNT_HOST_IMAGE)
		return error_set(
			ret_error, EINVAL, "mount \"%s\": only an image has a format", text);
	if (strcmp(flag + 7, "raw") != 0)
		return error_set(ret_error, EOPNOTSUPP,
			"mount \"%s\": image format %s is not supported, only raw is", text,
			flag + 7);
	free(mount->format);
	mount->format = strdup("raw");
	return mount->format ? 0 : error_oom(ret_error);
}

static int read_flags(DescMount *mount, const char *p, const char *text, Error **ret_error)
{
	while (*p == ',') {
		_cleanup_free_ char *flag = NULL;
		int r;

		p++;
		flag = take_until(&p, ',');
		if (!flag)
			return error_oom(ret_error);
		r = read_flag(mount, flag, text, ret_error);
		if (r < 0)
			return r;
	}
	return 0;
}

static int read_mount(DescMount *mount, const char *text, Error **ret_error)
{
	_cleanup_free_ char *type = NULL, *target = NULL, *source = NULL;
	const char *p = text;
	int r;

	if (!strchr(text, ':'))
		return error_set(ret_error, EINVAL,
			"No mount type prefix on \"%s\", which is written TYPE:TARGET=SOURCE",
			text);
	type = take_until(&p, ':');
	p++;
	target = take_until(&p, '=');
	if (!type || !target)
		return error_oom(ret_error);
	mount->type = desc_mount_type_from_name(type);
	if (mount->type < 0)
		return error_set(ret_error, EINVAL,
			"Unknown mount type prefix on \"%s\"; known are host-bind, guest-bind, host-image and ram",
			text);
	if (*p != '=')
		return error_set(ret_error, EINVAL, "Missing mount source string on \"%s\"", text);
	p++;
	source = take_until(&p, ',');
	if (!source)
		return error_oom(ret_error);
	r = value_path(target, &mount->target, ret_error);
	if (r == 0)
		r = mount_target_check(mount->target, _DESC_KIND_INVALID, ret_error);
	if (r == 0)
		r = read_source(mount, source, text, ret_error);
	return r == 0 ? read_flags(mount, p, text, ret_error) : r;
}

int option_parse_mount(Desc *desc, const char *text, Error **ret_error)
{
	DescMount *mount;
	int r;

	if (desc->n_mounts >= DESC_LIST_MAX)
		return error_set(ret_error, E2BIG, "more than %u mounts", DESC_LIST_MAX);
	mount = desc_add_mount(desc);
	if (!mount)
		return error_oom(ret_error);
	r = read_mount(mount, text, ret_error);
	if (r < 0) {
		option_mount_done(mount);
		desc->n_mounts--;
	}
	return r;
}

char *option_format_mount(const DescMount *mount)
{
	_cleanup_free_ char *size = NULL;
	_cleanup_buf_ Buf buf = {};
	char *text = NULL;

	buf_printf(&buf, "%s:", desc_mount_type_name(mount->type));
	put_escaped(&buf, mount->target);
	buf_puts(&buf, "=");
	if (mount->type == DESC_MOUNT_RAM) {
		size = value_size_format(mount->size);
		if (!size)
			return NULL;
		buf_puts(&buf, size);
	} else {
		put_escaped(&buf, mount->source);
	}
	if (mount->format)
		buf_printf(&buf, ",format=%s", mount->format);
	if (mount->readonly)
		buf_puts(&buf, ",readonly");
	if (mount->keep_label)
		buf_puts(&buf, ",relabel=no");
	return buf_take(&buf, &text, NULL) < 0 ? NULL : text;
}

void option_mount_done(DescMount *mount)
{
	free(mount->target);
	free(mount->source);
	free(mount->format);
	*mount = (DescMount){};
}
