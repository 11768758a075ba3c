/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The administrator's word: --with. (--without is applied when the plan is finished, to what every rule asked for.)
 */
#include <string.h>

#include "base/path.h"
#include "base/strv.h"
#include "plan/rules.h"

#define LINKS_MAX 8 /* of a chain; a longer one is a loop */

/* A link that the administrator names brings what it leads to. */
static void follow(PlanBuild *build, const char *named)
{
	const char *path = named;

	for (unsigned int i = 0; i < LINKS_MAX && path; i++) {
		const KnownPath *known = build_known(build, path);

		path = known && known->reference ? known->reference->target : NULL;
		if (path && path_is_below(path, "/opt"))
			build_share(build, path);
		else if (path)
			(void)build_trusted(
				build, path, "--with %s", named); /* or it is below /usr */
	}
}

void rule_with(PlanBuild *build)
{
	STRV_FOREACH (path, build->desc->with) {
		if (path_is_below(*path, "/opt"))
			build_share(build, *path);
		else if (path_is_below(*path, "/usr"))
			build_warn(build, "--with %s: /usr is shared with the host anyway", *path);
		else if (!build_trusted(build, *path, "--with %s", *path) && !build->failed)
			build_meaningless(build,
				"--with %s: only what is below /etc, /var, /srv, /home, /root and "
				"/opt can be content of a container; mount it instead",
				*path);
		follow(build, *path);
	}
}

/* Of "FILE WORD" the word. */
static const char *word_of(const char *pair)
{
	return strrchr(pair, ' ') + 1;
}

static bool same_file(const char *pair, const char *other)
{
	size_t n = (size_t)(word_of(pair) - pair);

	return strncmp(pair, other, n) == 0 && (size_t)(word_of(other) - other) == n;
}

static void leave_file(PlanBuild *build, const char *pair, const char *why)
{
	_cleanup_free_ char *path = strndup(pair, (size_t)(word_of(pair) - pair) - 1);

	if (!path) {
		build->failed = true;
		return;
	}
	if (path_is_below_any(path, build->with) || plan_excludes(build->plan, path, NULL))
		return;
	build_exclude(build, path);
	build_warn(build, "%s stays on the host: it names %s, %s; --with %s brings it along", path,
		word_of(pair), why, path);
}

/* Its reader would fail with it at each run. */
void rule_drop_file(PlanBuild *build)
{
	char **files = build->facts->left_files;

	STRV_FOREACH (pair, build->facts->stranger_files)
		leave_file(build, *pair, "which is not an account of this host");
	for (size_t i = 0, n; files && files[i]; i += n) {
		bool met = false;

		for (n = 0; files[i + n] && same_file(files[i], files[i + n]); n++)
			met = met || build_meets(build, word_of(files[i + n]));
		if (!met)
			leave_file(build, files[i], "which is not inside");
	}
}
