/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * All claims, in their order.
 */
#include "engine/verify/verify.h"

#include "base/strv.h"
#include "engine/verify/evidence.h"

static const char *const names[_VERDICT_MAX] = {
	[VERDICT_HOLDS] = "yes",
	[VERDICT_FAILS] = "no",
	[VERDICT_UNKNOWN] = "unknown",
	[VERDICT_UNASKED] = "not asked",
};

static int add_claim(const Evidence *evidence, const Claim *claim, char ***ret, Error **ret_error)
{
	_cleanup_buf_ Buf found = {};
	_cleanup_free_ char *text = NULL;
	Verdict verdict = claim->ask(evidence, claim->argument, &found);
	int r = buf_take(&found, &text, ret_error);

	if (r < 0)
		return r;
	if (strv_append(ret, claim->what) < 0 || strv_append(ret, names[verdict]) < 0 ||
		strv_append(ret, text) < 0 || strv_append(ret, claim->why) < 0 ||
		strv_append(ret, claim->remedy) < 0)
		return error_oom(ret_error);
	return 0;
}

int verify_run(
	const RunState *state, const Spec *spec, const Label *label, char ***ret, Error **ret_error)
{
	const struct {
		const Claim *claims;
		size_t count;
	} tables[] = {
		{ claims_of_processes, claims_of_processes_count },
		{ claims_of_mounts, claims_of_mounts_count },
		{ claims_of_the_host, claims_of_the_host_count },
		{ claims_of_attempts, claims_of_attempts_count },
	};
	_cleanup_evidence_ Evidence evidence = { .proc_fd = -EBADF, .pid_fd = -EBADF };
	int r = evidence_read(state, spec, label, &evidence, ret_error);

	if (r == 0)
		r = attempts_read(&evidence, ret_error);
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++)
		for (size_t k = 0; r == 0 && k < tables[i].count; k++)
			r = add_claim(&evidence, &tables[i].claims[k], ret, ret_error);
	return r;
}
