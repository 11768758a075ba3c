/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The administrator's word: --with. (--without is applied when the plan is finished, to what every rule asked for.)
 */
#include "base/path.h"
#include "base/strv.h"
#include "plan/rules.h"

void rule_with(PlanBuild *build)
{
	STRV_FOREACH (path, build->desc->with) {
		if (path_is_below(*path, "/opt"))
			build_share(build, *path);
		else if (path_is_below(*path, "/usr"))
			build_warn(build, "--with %s: /usr is shared with the host anyway", *path);
		else if (!build_trusted(build, *path, "--with %s", *path) && !build->failed)
			build_warn(build,
				"--with %s: only what is below /etc, /var, /srv, /home, /root and "
				"/opt can be "
				"content of a container: mount it instead",
				*path);
	}
}
