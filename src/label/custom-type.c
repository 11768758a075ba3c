/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Types of a container's own.
 */
#include "label/custom-type.h"

#include <ctype.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/layout.h"
#include "base/spawn.h"
#include "base/strv.h"
#include "label/context.h"
#include "label/selinux-canonical.h"

/* The name as part of an identifier of the policy language. '_' introduces the characters that may not stand in one, itself included, so
 * that different names stay different. */
static int append_name(Buf *text, const char *container)
{
	for (const char *p = container; *p; p++) {
		if (isalnum((unsigned char)*p))
			buf_append(text, p, 1);
		else if (*p == '_')
			buf_puts(text, "__");
		else if (*p == '-')
			buf_puts(text, "_m");
		else if (*p == '.')
			buf_puts(text, "_p");
		else
			return -EINVAL;
	}
	return 0;
}

static int format_name(const char *container, const char *suffix, char **ret, Error **ret_error)
{
	_cleanup_buf_ Buf text = {};

	buf_puts(&text, "vss_");
	if (append_name(&text, container) < 0)
		return error_set(ret_error, EINVAL,
			"container name \"%s\" cannot be made part of a policy's type", container);
	buf_puts(&text, suffix);
	return buf_take(&text, ret, ret_error);
}

int custom_type_names(const char *container, char **ret_process, char **ret_file, Error **ret_error)
{
	_cleanup_free_ char *process = NULL;
	int r = format_name(container, "_t", &process, ret_error);

	if (r >= 0)
		r = format_name(container, "_file_t", ret_file, ret_error);
	if (r < 0)
		return r;
	*ret_process = TAKE_PTR(process);
	return 0;
}

int custom_type_format(const char *container, char *const *ports, char **ret, Error **ret_error)
{
	_cleanup_free_ char *process = NULL, *file = NULL;
	_cleanup_buf_ Buf text = {};
	int r = custom_type_names(container, &process, &file, ret_error);

	if (r < 0)
		return r;
	buf_printf(&text,
		"; Types of the container %s, written by virt-sandbox-service and removed with it.\n"
		"(type %s)\n"
		"(type %s)\n"
		"(call vss_container (%s %s))\n",
		container, process, file, process, file);
	STRV_FOREACH (type, ports)
		buf_printf(&text,
			"(allow %s %s (tcp_socket (name_bind)))\n"
			"(allow %s %s (udp_socket (name_bind)))\n",
			process, *type, process, *type);
	return buf_take(&text, ret, ret_error);
}

/* semodule(8) takes the module's name from the file's, and the file tells an administrator afterwards what was loaded. */
static char *module_path(const char *module)
{
	return layout_pathf(LAYOUT_RESERVATIONS, "policy/%s.cil", module);
}

int custom_type_write(const char *container, char *const *ports, Error **ret_error)
{
	_cleanup_free_ char *directory = layout_pathf(LAYOUT_RESERVATIONS, "policy"), *path = NULL,
			    *module = NULL, *text = NULL;
	int r = format_name(container, "", &module, ret_error);

	if (r >= 0)
		r = custom_type_format(container, ports, &text, ret_error);
	if (r < 0)
		return r;
	path = module_path(module);
	if (!directory || !path)
		return error_oom(ret_error);
	r = file_mkdir_p(directory, 0700, ret_error);
	return r < 0 ? r : file_write_atomic(path, text, strlen(text), 0600, ret_error);
}

int custom_type_install(const char *container, Error **ret_error)
{
	_cleanup_free_ char *module = NULL, *path = NULL;
	int r = format_name(container, "", &module, ret_error);

	if (r < 0)
		return r;
	path = module_path(module);
	if (!path)
		return error_oom(ret_error);
	if (!file_exists(path))
		return error_set(ret_error, ENOENT,
			"cannot load the policy of container %s: %s does not exist; `virt-sandbox-service upgrade %s` writes it",
			container, path, container);
	r = spawn_run((char *const[]){ (char *)"semodule", (char *)"-i", path, NULL }, NULL, NULL,
		NULL, ret_error);
	if (r < 0)
		return error_wrap(ret_error,
			"container %s: cannot load its own policy, which needs that of `virt-sandbox-service policy install`",
			container);
	return 0;
}

/* Whether the module was loaded: an install that failed or was killed leaves the file without it. */
static int is_loaded(const char *container, bool *ret, Error **ret_error)
{
	_cleanup_free_ char *process = NULL, *file = NULL, *context = NULL, *real = NULL;
	int r = custom_type_names(container, &process, &file, ret_error);

	if (r < 0)
		return r;
	context = context_format("system_u", "object_r", file, "s0");
	if (!context)
		return error_oom(ret_error);
	*ret = selinux_canonical(&label_host_real, context, &real, NULL) == 0;
	return 0;
}

int custom_type_remove(const char *container, Error **ret_error)
{
	_cleanup_free_ char *path = NULL, *module = NULL;
	bool loaded = false;
	int r = format_name(container, "", &module, ret_error);

	if (r < 0)
		return r;
	path = module_path(module);
	if (!path)
		return error_oom(ret_error);
	if (!file_exists(path))
		return 0;
	r = is_loaded(container, &loaded, ret_error);
	if (r == 0 && loaded)
		r = spawn_run((char *const[]){ (char *)"semodule", (char *)"-r", module, NULL },
			NULL, NULL, NULL, ret_error);
	if (r < 0)
		return error_wrap(
			ret_error, "container %s: cannot remove its own policy", container);
	if (unlink(path) < 0 && errno != ENOENT)
		return error_errno(ret_error, errno, "cannot remove %s", path);
	return 0;
}
