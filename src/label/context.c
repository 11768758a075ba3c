/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Security contexts as text.
 */
#include "label/context.h"

#include <stdio.h>
#include <string.h>

int context_parse(const char *text, Context *ret)
{
	_cleanup_context_ Context context = {};
	char **fields[] = { &context.user, &context.role, &context.type };

	for (const char *p = text; *p; p++)
		if (*p <= ' ' || *p >= 127)
			return -EINVAL;
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		size_t n = strcspn(text, ":");

		if (n == 0 || (text[n] == '\0' && i + 1 < ARRAY_SIZE(fields)))
			return -EINVAL;
		*fields[i] = strndup(text, n);
		if (!*fields[i])
			return -ENOMEM;
		text += n;
		if (*text == ':' && *++text == '\0')
			return -EINVAL;
	}
	if (*text) {
		context.range = strdup(text);
		if (!context.range)
			return -ENOMEM;
	}
	*ret = context;
	context = (Context){};
	return 0;
}

void context_done(Context *context)
{
	free(context->user);
	free(context->role);
	free(context->type);
	free(context->range);
	*context = (Context){};
}

char *context_format(const char *user, const char *role, const char *type, const char *range)
{
	char *text;

	if (asprintf(&text, "%s:%s:%s%s%s", user, role, type, range ? ":" : "",
		    range ? range : "") < 0)
		return NULL;
	return text;
}
