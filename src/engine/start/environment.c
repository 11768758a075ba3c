/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The environment of a process in a container.
 */
#include "engine/start/environment.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/strv.h"

#define TERM_MAX 32 /* characters of a terminal type that we hand on */

/* Takes assignment, which begins with a name of n characters and "=". */
static int consume(char ***env, char *assignment, size_t n)
{
	_cleanup_free_ char *owned = assignment;

	if (!owned)
		return -ENOMEM;
	for (char **e = *env; e && *e; e++)
		if (strncmp(*e, owned, n + 1) == 0) {
			free(*e);
			*e = TAKE_PTR(owned);
			return 0;
		}
	return strv_append(env, owned);
}

int environment_set(char ***env, const char *name, const char *value)
{
	char *assignment;

	if (asprintf(&assignment, "%s=%s", name, value) < 0)
		return -ENOMEM;
	return consume(env, assignment, strlen(name));
}

int environment_add(char ***env, char *const *assignments)
{
	STRV_FOREACH (a, assignments) {
		const char *equals = strchr(*a, '=');
		int r = equals && equals != *a ? consume(env, strdup(*a), (size_t)(equals - *a))
					       : -EINVAL;

		if (r < 0)
			return r;
	}
	return 0;
}

const char *environment_get(char *const *env, const char *name)
{
	size_t n = strlen(name);

	STRV_FOREACH (e, env)
		if (strncmp(*e, name, n) == 0 && (*e)[n] == '=')
			return *e + n + 1;
	return NULL;
}

int environment_of_helper(char ***ret)
{
	static const char *const kept[] = { "VIRT_SANDBOX_ROOT", "VIRT_SANDBOX_LIBEXEC" };
	_cleanup_strv_ char **env = NULL;
	int r = environment_set(&env, "PATH", ENVIRONMENT_PATH);

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(kept); i++) {
		const char *value = secure_getenv(kept[i]);

		if (value)
			r = environment_set(&env, kept[i], value);
	}
	if (r == 0 && log_variable())
		r = strv_append(&env, log_variable());
	if (r < 0)
		return r;
	*ret = TAKE_PTR(env);
	return 0;
}

/* The type is a name in the terminfo database, not a path or any text: else it is not handed on. */
const char *environment_terminal(void)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-_.";
	const char *term = getenv("TERM");

	if (!term || !*term || *term == '.' || strlen(term) > TERM_MAX ||
		term[strspn(term, allowed)] != '\0')
		return "linux";
	return term;
}
