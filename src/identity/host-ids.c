/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Ids of the host, read as text: the C library's getpwent(3) would load whatever nsswitch.conf names into this process.
 */
#include "identity/host-ids.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/file.h"
#include "base/passwd.h"
#include "base/path.h"
#include "base/spawn.h"
#include "base/strv.h"

#define ID_LAST (UINT32_MAX - 1) /* -1 is "no id" to the kernel */
#define RANGES_MAX 1000000u /* entries of all files together */
#define DIRECTORY_SECONDS "10" /* that a directory service may take for its answer */

void host_ids_done(HostIds *ids)
{
	for (size_t i = 0; i < ids->n_ranges; i++)
		free(ids->ranges[i].whose);
	free(ids->ranges);
	free(ids->directory);
	*ids = (HostIds){};
}

static int add_range(HostIds *ids, uint32_t first, uint32_t last, bool planned, char *whose)
{
	if (!whose || ids->n_ranges >= RANGES_MAX ||
		array_room(&ids->ranges, ids->n_ranges, sizeof(*ids->ranges)) < 0) {
		free(whose);
		return ids->n_ranges >= RANGES_MAX ? -E2BIG : -ENOMEM;
	}
	ids->ranges[ids->n_ranges++] =
		(HostIdRange){ .first = first, .last = last, .whose = whose, .planned = planned };
	return 0;
}

/* Takes the entries of a file. Lines that make no sense say nothing, as to the host's own programs. */
typedef int (*TakeFile)(HostIds *ids, const char *text, const char *file);

static char *whose(const char *what, PasswdField name, const char *file)
{
	char *text;

	return asprintf(&text, "%s %.*s (/etc/%s)", what, (int)name.size, name.text, file) < 0
		       ? NULL
		       : text;
}

static int take_accounts(HostIds *ids, const char *text, const char *file)
{
	bool group = strcmp(file, "group") == 0;
	PasswdField fields[PASSWD_FIELDS];
	uint32_t id;
	int r = 0;

	while (r == 0 && passwd_next(&text, fields, group ? GROUP_FIELDS : PASSWD_FIELDS))
		if (passwd_parse_id(fields[PASSWD_ID], ID_LAST, &id))
			r = add_range(ids, id, id, false,
				whose(group ? "the group" : "the account", fields[PASSWD_NAME],
					file));
	return r;
}

static int take_subordinates(HostIds *ids, const char *text, const char *file)
{
	PasswdField fields[SUBORDINATE_FIELDS];
	uint32_t first, count;
	int r = 0;

	while (r == 0 && passwd_next(&text, fields, SUBORDINATE_FIELDS)) {
		if (!passwd_parse_id(fields[SUBORDINATE_FIRST], ID_LAST, &first) ||
			!passwd_parse_id(fields[SUBORDINATE_COUNT], UINT32_MAX, &count) ||
			count == 0)
			continue;
		if (count - 1 > ID_LAST - first)
			count = ID_LAST - first + 1;
		r = add_range(ids, first, first + (count - 1), false,
			whose("the subordinate ids of", fields[SUBORDINATE_OWNER], file));
	}
	return r;
}

static int read_optional(const char *etc, const char *file, char **ret, Error **ret_error)
{
	_cleanup_free_ char *path = path_join(etc, file);

	int r = path ? file_read_optional(path, ret, NULL, ret_error) : error_oom(ret_error);

	return r < 0 ? r : 0;
}

static int read_entries(
	HostIds *ids, const char *etc, const char *file, TakeFile take, Error **ret_error)
{
	_cleanup_free_ char *text = NULL;
	int r = read_optional(etc, file, &text, ret_error);

	if (r < 0 || !text)
		return r;
	r = take(ids, text, file);
	return r < 0 ? error_errno(ret_error, -r, "cannot read the ids in /etc/%s", file) : 0;
}

/* The value of a word at the beginning of a line: login.defs(5), nsswitch.conf(5). */
static char *value_of(const char *text, const char *word)
{
	size_t n = strlen(word);

	for (const char *line = text; line && *line;
		line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
		line += strspn(line, " \t");
		if (strncmp(line, word, n) == 0 && strchr(" \t", line[n]) && line[n]) {
			line += n + strspn(line + n, " \t");
			return strndup(line, strcspn(line, "#\n"));
		}
	}
	return NULL;
}

static bool parse_number(const char *text, uint32_t *ret)
{
	return text && passwd_parse_id((PasswdField){ text, strcspn(text, " \t") }, ID_LAST, ret);
}

static int read_login_defs(HostIds *ids, const char *etc, Error **ret_error)
{
	static const char *const kinds[] = { "SUB_UID", "SUB_GID" };
	_cleanup_free_ char *text = NULL;
	int r = read_optional(etc, "login.defs", &text, ret_error);

	for (size_t i = 0; text && r == 0 && i < ARRAY_SIZE(kinds); i++) {
		_cleanup_free_ char *low = NULL, *high = NULL;
		uint32_t first, last;
		char word[16];

		(void)snprintf(word, sizeof(word), "%s_MIN", kinds[i]); /* fits */
		low = value_of(text, word);
		(void)snprintf(word, sizeof(word), "%s_MAX", kinds[i]);
		high = value_of(text, word);
		if (!parse_number(low, &first) || !parse_number(high, &last) || first > last)
			continue;
		r = add_range(ids, first, last, true,
			whose("the range for", (PasswdField){ kinds[i], strlen(kinds[i]) },
				"login.defs"));
		if (r < 0)
			return error_errno(ret_error, -r, "cannot read the ids in /etc/login.defs");
	}
	return r;
}

static int read_nsswitch(HostIds *ids, const char *etc, Error **ret_error)
{
	static const char *const local[] = { "files", "compat", "systemd", "db", "altfiles",
		"mymachines", "extrausers" };
	_cleanup_free_ char *text = NULL, *value = NULL;
	_cleanup_strv_ char **words = NULL, **foreign = NULL;
	int r = read_optional(etc, "nsswitch.conf", &text, ret_error);

	if (r < 0 || !text)
		return r;
	value = value_of(text, "passwd:");
	if (!value)
		return 0;
	if (strv_split(&words, value, " \t") < 0)
		return error_oom(ret_error);
	STRV_FOREACH (word, words) {
		bool known = **word == '['; /* what to do after an answer */

		for (size_t i = 0; i < ARRAY_SIZE(local); i++)
			known = known || strcmp(*word, local[i]) == 0;
		if (!known && strv_append(&foreign, *word) < 0)
			return error_oom(ret_error);
	}
	if (!foreign)
		return 0;
	ids->directory = strv_join(foreign, " ");
	return ids->directory ? 0 : error_oom(ret_error);
}

int host_ids_load(const char *etc, HostIds *ret, Error **ret_error)
{
	static const struct {
		const char *file;
		TakeFile take;
	} files[] = {
		{ "passwd", take_accounts },
		{ "group", take_accounts },
		{ "subuid", take_subordinates },
		{ "subgid", take_subordinates },
	};
	_cleanup_host_ids_ HostIds ids = {};
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(files); i++)
		r = read_entries(&ids, etc, files[i].file, files[i].take, ret_error);
	if (r == 0)
		r = read_login_defs(&ids, etc, ret_error);
	if (r == 0)
		r = read_nsswitch(&ids, etc, ret_error);
	if (r < 0)
		return r;
	*ret = ids;
	ids = (HostIds){};
	return 0;
}

const HostIdRange *host_ids_find(const HostIds *ids, uint32_t first, uint32_t last)
{
	const HostIdRange *planned = NULL;

	for (size_t i = 0; i < ids->n_ranges; i++) {
		const HostIdRange *range = &ids->ranges[i];

		if (range->first > last || range->last < first)
			continue;
		if (!range->planned)
			return range;
		planned = range;
	}
	return planned;
}

int host_ids_ask_directory(const HostIds *ids, uint32_t first, uint32_t last, Error **ret_error)
{
	static const char *const databases[] = { "passwd", "group" };
	char low[16], high[16];

	(void)snprintf(low, sizeof(low), "%u", first); /* both fit */
	(void)snprintf(high, sizeof(high), "%u", last);
	for (size_t i = 0; ids->directory && i < ARRAY_SIZE(databases); i++) {
		char *const argv[] = { (char *)"timeout", (char *)DIRECTORY_SECONDS,
			(char *)"getent", (char *)databases[i], low, high, NULL };
		_cleanup_free_ char *output = NULL;
		int status, r;

		r = spawn_run(argv, NULL, &output, &status, ret_error);
		if (r < 0)
			return r;
		if (output && *output)
			return 1;
		if (status != 0 && status != 2) /* getent(1): 2 is "not found" */
			return error_set(ret_error, EHOSTUNREACH,
				"the host's directory service (/etc/nsswitch.conf: %s) does not answer whether it uses the ids from %u; try again when it does",
				ids->directory, first);
	}
	return 0;
}
