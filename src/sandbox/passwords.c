/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The one reader of the host's shadow(5).
 */
#include "sandbox/passwords.h"

#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/strv.h"

#define SHADOW "/etc/shadow"

/* The line of this account in text, borrowed; NULL: there is none. */
static const char *find_line(const char *text, const char *name, size_t n)
{
	for (; text && *text; text = strchr(text, '\n')) {
		text += *text == '\n';
		if (strncmp(text, name, n) == 0 && text[n] == ':')
			return text;
	}
	return NULL;
}

static int fill(const char *asked, const char *shadow, PlanEntry *entry, Error **ret_error)
{
	const size_t n = strcspn(asked, ",");
	const char *host = find_line(shadow, asked, n), *here = find_line(entry->content, asked, n);
	_cleanup_buf_ Buf buf = { 0 };
	char *text = NULL;

	if (!asked[n] || !here)
		return 0;
	if (!host || !host[n + 1] || strchr("!*:", host[n + 1]))
		return error_set(ret_error, ENOKEY,
			"--account %s: this account has no password on the host, or a locked one",
			asked);
	buf_append(&buf, entry->content, (size_t)(here - entry->content));
	buf_append(&buf, host, strcspn(host, "\n"));
	buf_puts(&buf, here + strcspn(here, "\n"));
	if (buf_take(&buf, &text, ret_error) < 0)
		return -ENOMEM;
	free(entry->content);
	entry->content = text;
	return 0;
}

static bool is_asked(const Desc *desc)
{
	STRV_FOREACH (asked, desc->accounts)
		if (strchr(*asked, ','))
			return true;
	return false;
}

int passwords_fill(const Desc *desc, Plan *plan, Error **ret_error)
{
	_cleanup_free_ char *shadow = NULL;
	int r = is_asked(desc) ? file_read(SHADOW, &shadow, NULL, ret_error) : 0;

	for (size_t i = 0; i < plan->n_entries && shadow; i++)
		STRV_FOREACH (asked, desc->accounts)
			if (r == 0 && plan->entries[i].kind == PLAN_FILE &&
				strcmp(plan->entries[i].path, SHADOW) == 0)
				r = fill(*asked, shadow, &plan->entries[i], ret_error);
	return r;
}
