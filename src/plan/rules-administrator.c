/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The administrator's word: --with. (--without is applied when the plan is finished, to what every rule asked for.)
 */
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
