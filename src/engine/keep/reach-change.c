/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A change of who may reach whom. Every link on a network of ours says the same.
 */
#include "engine/keep/reach-change.h"

#include <string.h>

#include "base/strv.h"
#include "engine/keep/control.h"
#include "engine/keep/saved-spec.h"
#include "engine/start/links-program.h"

static int split(char *const *lines, char ***ret_allowed, char ***ret_egress, Error **ret_error)
{
	int r = 0;

	STRV_FOREACH (line, lines) {
		bool egress = strncmp(*line, REACH_EGRESS_WORD, strlen(REACH_EGRESS_WORD)) == 0;
		const char *word = egress ? REACH_EGRESS_WORD : REACH_ALLOW_WORD;

		if (strncmp(*line, word, strlen(word)) != 0)
			return error_set(ret_error, EPROTO, "\"%s\" is not a rule", *line);
		if (r == 0)
			r = strv_append(egress ? ret_egress : ret_allowed, *line + strlen(word));
	}
	return r < 0 ? error_oom(ret_error) : 0;
}

/* Returns how many links there are of the kind; -ENOMEM with some changed. */
static int assign(Spec *spec, char *const *allowed, char *const *egress)
{
	int n = 0;

	for (size_t i = 0; i < spec->n_networks; i++) {
		Attachment *link = &spec->networks[i];

		if (link->kind != ATTACHMENT_SHARED)
			continue;
		link->allowed = strv_free(link->allowed);
		link->egress = strv_free(link->egress);
		if (strv_copy(&link->allowed, allowed) < 0 || strv_copy(&link->egress, egress) < 0)
			return -ENOMEM;
		n++;
	}
	return n;
}

static int save(const Spec *spec, int run_fd, Error **ret_error)
{
	int r = links_reach(spec, ret_error);

	return r < 0 ? r : saved_spec_write(run_fd, spec, ret_error);
}

int reach_say(Spec *spec, char *const *lines, int run_fd, Error **ret_error)
{
	_cleanup_strv_ char **allowed = NULL, **egress = NULL, **allowed_before = NULL,
			    **egress_before = NULL;
	int r = split(lines, &allowed, &egress, ret_error);

	for (size_t i = 0; r == 0 && i < spec->n_networks; i++)
		if (spec->networks[i].kind == ATTACHMENT_SHARED && !allowed_before &&
			!egress_before &&
			(strv_copy(&allowed_before, spec->networks[i].allowed) < 0 ||
				strv_copy(&egress_before, spec->networks[i].egress) < 0))
			r = error_oom(ret_error);
	if (r < 0)
		return r;
	r = assign(spec, allowed, egress);
	if (r == 0)
		return error_set(ret_error, EINVAL,
			"it was started without a network of ours (-N default or NAME)");
	r = r < 0 ? error_oom(ret_error) : save(spec, run_fd, ret_error);
	if (r < 0 && assign(spec, allowed_before, egress_before) > 0)
		(void)save(spec, run_fd, NULL); /* the failure that is told is the first one */
	return r;
}
