/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * policy and audit: what has to do with mandatory access control alone.
 */
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/report.h"

static int policy_status(vsb_error **error)
{
	char *sentence;
	int r = vsb_policy_status(&sentence, error);

	if (r < 0)
		return r;
	(void)puts(sentence);
	vsb_free(sentence);
	return 0;
}

static const struct {
	const char *word;
	int (*run)(vsb_error **error);
	const char *doing; /* what takes seconds: the host's whole policy is compiled anew */
} policy_words[] = {
	{ "install", vsb_policy_install, "installing" },
	{ "status", policy_status, NULL },
	{ "remove", vsb_policy_remove, "removing" },
};

static int policy_do(size_t word, vsb_error **error)
{
	int r;

	if (policy_words[word].doing)
		wait_begin(policy_words[word].doing, "the policy module");
	r = policy_words[word].run(error);
	wait_end();
	return r;
}

int run_policy(const Args *args)
{
	for (size_t i = 0; i < sizeof(policy_words) / sizeof(policy_words[0]); i++) {
		vsb_error *error = NULL;

		if (strcmp(args->words[0], policy_words[i].word) != 0)
			continue;
		if (policy_do(i, &error) >= 0)
			return 0;
		report_error(error);
		vsb_error_free(error);
		return EXIT_FAILED;
	}
	return report_usage("policy", "say install, status or remove");
}

int run_audit(const Args *args)
{
	vsb_error *error = NULL;
	char **sentences = NULL;

	if (vsb_audit(args->n_words > 0 ? args->words[0] : NULL, &sentences, &error) < 0) {
		report_error(error);
		vsb_error_free(error);
		return EXIT_FAILED;
	}
	if (args_has(args, "json"))
		put_json_strings(sentences);
	else
		put_lines(sentences);
	vsb_strv_free(sentences);
	return 0;
}
