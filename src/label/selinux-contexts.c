/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * lxc_contexts and its kin: lines `key = "context"` with comments after #. Read here and not through libselinux, whose part in this is the
 * SELINUXTYPE of its configuration file: a command in a sandbox chooses its label while it starts.
 */
#include "label/selinux-contexts.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/path.h"

#define CONTAINERS_CONTEXTS                                                                        \
	"/usr/share/containers/selinux/contexts" /* container-selinux keeps it with its policy module */

void selinux_contexts_done(SelinuxContexts *contexts)
{
	free(contexts->process);
	free(contexts->file);
	free(contexts->ro_file);
	free(contexts->path);
	*contexts = (SelinuxContexts){};
}

static const char *skip_blanks(const char *p)
{
	while (*p == ' ' || *p == '\t')
		p++;
	return p;
}

/* The value when the line is about key, else NULL. */
static char *line_value(const char *line, size_t size, const char *key)
{
	const char *p = skip_blanks(line), *end = line + size;
	size_t n = strlen(key);
	const char *stop;

	if (strncmp(p, key, n) != 0)
		return NULL;
	p = skip_blanks(p + n);
	if (*p != '=')
		return NULL;
	p = skip_blanks(p + 1);
	if (*p == '"') {
		p++;
		stop = memchr(p, '"', (size_t)(end - p));
		return stop ? strndup(p, (size_t)(stop - p)) : NULL;
	}
	stop = p;
	while (stop < end && !isspace((unsigned char)*stop) && *stop != '#')
		stop++;
	return strndup(p, (size_t)(stop - p));
}

char *selinux_contexts_value(const char *text, const char *key)
{
	while (*text) {
		size_t n = strcspn(text, "\n");
		_cleanup_free_ char *line = strndup(text, n);
		char *value = line ? line_value(line, n, key) : NULL;

		if (value)
			return value;
		text += n + (text[n] == '\n');
	}
	return NULL;
}

/* .../etc/selinux/TYPE/contexts/lxc_contexts */
static int policy_contexts_path(const LabelHost *host, char **ret, Error **ret_error)
{
	_cleanup_free_ char *config = path_join(host->root, "/etc/selinux/config"), *text = NULL,
			    *type = NULL;
	int r;

	if (!config)
		return error_oom(ret_error);
	r = file_read(config, &text, NULL, ret_error);
	if (r < 0)
		return error_wrap(ret_error, "cannot find the SELinux policy of this host");
	type = selinux_contexts_value(text, "SELINUXTYPE");
	if (!type || !*type || strchr(type, '/'))
		return error_set(ret_error, EINVAL,
			"%s: there is no SELINUXTYPE that names a policy", config);
	if (asprintf(ret, "%s/etc/selinux/%s/contexts/lxc_contexts", host->root, type) < 0) {
		*ret = NULL;
		return error_oom(ret_error);
	}
	return 0;
}

int selinux_contexts_load(
	const LabelHost *host, bool service, SelinuxContexts *ret, Error **ret_error)
{
	_cleanup_selinux_contexts_ SelinuxContexts contexts = {};
	_cleanup_free_ char *text = NULL;
	int r;

	contexts.path = path_join(host->root, CONTAINERS_CONTEXTS);
	if (!contexts.path)
		return error_oom(ret_error);
	if (!file_exists(contexts.path)) {
		free(contexts.path);
		contexts.path = NULL;
		r = policy_contexts_path(host, &contexts.path, ret_error);
		if (r < 0)
			return r;
	}
	r = file_read(contexts.path, &text, NULL, ret_error);
	if (r < 0)
		return error_wrap(
			ret_error, "cannot find the container types of the SELinux policy");
	if (service)
		contexts.process = selinux_contexts_value(text, "init_process");
	if (!contexts.process)
		contexts.process = selinux_contexts_value(text, "process");
	contexts.file = selinux_contexts_value(text, "file");
	contexts.ro_file = selinux_contexts_value(text, "ro_file");
	if (!contexts.ro_file) /* older lists have none, policies do */
		contexts.ro_file = strdup("system_u:object_r:container_ro_file_t:s0");
	if (!contexts.ro_file)
		return error_oom(ret_error);
	if (!contexts.process || !contexts.file)
		return error_set(ret_error, EINVAL, "%s: it names no %s context for containers",
			contexts.path, contexts.process ? "file" : "process");
	*ret = contexts;
	contexts = (SelinuxContexts){};
	return 0;
}
