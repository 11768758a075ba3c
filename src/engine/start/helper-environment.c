/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What begins each environment.
 */
#include "engine/start/helper-environment.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/environment.h"
#include "base/log.h"
#include "base/strv.h"

#define TERM_MAX 32 /* characters of a terminal type that we hand on */

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
