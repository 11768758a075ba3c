/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a process inside tried: the other side of the claims, since a rule that looks right can still be no rule. Root inside can answer in its place:
 * a refusal is no proof, and the claims that are read from outside stand without it.
 */
#include "engine/verify/attempts.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "engine/enter/enter.h"
#include "engine/enter/sealed.h"
#include "engine/keep/freezer.h"
#include "engine/verify/evidence.h"

#define ATTEMPT_SECONDS 10 /* that a container can keep us waiting */
#define LABEL_MAX 4096 /* bytes */

/* What a process writes where, to have another label (proc(5), aa_change_profile(2)). */
static const struct {
	const char *model, *file, *verb;
} changes[] = {
	{ "selinux", "attr/current", "" },
	{ "smack", "attr/smack/current", "" },
	{ "apparmor", "attr/apparmor/current", "changeprofile " },
};

/* The two arguments of the program, or NULL: of a container without a label. */
static int foreign_label(
	const Evidence *evidence, char **ret_file, char **ret_text, Error **ret_error)
{
	const char *model = evidence->label ? label_model(evidence->label) : "none";
	_cleanup_free_ char *label = NULL, *file = NULL, *text = NULL;
	char path[64];

	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		if (strcmp(changes[i].model, model) != 0)
			continue;
		(void)snprintf(path, sizeof(path), "1/%s", changes[i].file);
		if (fd_read_at(evidence->proc_fd, path, LABEL_MAX, &label) < 0)
			return 0; /* a host whose labels cannot be read has other troubles */
		label[strcspn(label, "\n ")] = '\0'; /* "unconfined", "NAME (enforce)" */
		if (asprintf(&file, "/proc/self/%s", changes[i].file) < 0 ||
			asprintf(&text, "%s%s", changes[i].verb, label) < 0)
			return error_oom(ret_error);
		*ret_file = TAKE_PTR(file);
		*ret_text = TAKE_PTR(text);
	}
	return 0;
}

static int open_program(const Label *label, int *ret_fd, Error **ret_error)
{
	_cleanup_fd_ int fd = -EBADF;
	int r = sealed_program("virt-sandbox-attempt", &fd, ret_error);

	if (r == 0 && label)
		r = label_set_fd(label, fd, ret_error);
	if (r < 0)
		return r;
	/* A file that is open for writing anywhere is not executed. */
	*ret_fd = open(fd_magic(fd).path, O_RDONLY | O_CLOEXEC);
	return *ret_fd < 0 ? error_errno(ret_error, errno, "cannot open the copy for reading") : 0;
}

static int run_program(Evidence *evidence, Error **ret_error)
{
	static char path[] = "/proc/self/fd/0"; /* it is its own standard input */
	_cleanup_free_ char *file = NULL, *text = NULL;
	_cleanup_fd_ int program = -EBADF, pidfd = -EBADF;
	EnterSpec spec = { .spec = evidence->spec,
		.label = evidence->label,
		.pid = evidence->state->pid,
		.capture = &evidence->attempts,
		.capture_seconds = ATTEMPT_SECONDS };
	int status, r = open_program(evidence->label, &program, ret_error);

	if (r == 0)
		r = foreign_label(evidence, &file, &text, ret_error);
	if (r == 0)
		r = run_state_pidfd(evidence->state, &pidfd, ret_error);
	if (r < 0)
		return r;
	spec.input_fd = program;
	spec.pidfd = pidfd;
	spec.argv = (char *const[]){ path, file, text, NULL };
	return engine_enter(&spec, &status, ret_error);
}

int attempts_read(Evidence *evidence, Error **ret_error)
{
	_cleanup_error_ Error *error = NULL;
	const char *why = NULL;

	if (freezer_is_on(evidence->state->cgroup))
		why = "the container is paused";
	else if (evidence->state->phase != RUN_RUNNING)
		why = "the container is not up";
	else if (run_program(evidence, &error) < 0)
		why = error_message(error);
	if (!why)
		return 0;
	free(evidence->attempts);
	evidence->attempts = NULL;
	evidence->unasked = strdup(why);
	return evidence->unasked ? 0 : error_oom(ret_error);
}

Verdict attempts_ask(const Evidence *evidence, const char *name, Buf *found)
{
	size_t length = strlen(name);

	if (evidence->unasked) {
		buf_puts(found, evidence->unasked);
		return VERDICT_UNKNOWN;
	}
	for (const char *line = evidence->attempts; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, name, length) != 0 || line[length] != ' ')
			continue;
		if (strncmp(line + length + 1, "refused\n", 8) == 0)
			return VERDICT_HOLDS;
		if (strncmp(line + length + 1, "allowed\n", 8) == 0) {
			buf_puts(found, "it was allowed");
			return VERDICT_FAILS;
		}
	}
	buf_puts(found, "the program that tries it was killed before it answered");
	return VERDICT_UNKNOWN;
}

/* DHCP clients inside need them. */
static bool has_packet_sockets(const Spec *spec)
{
	return spec->filter.kind == SPEC_FILTER_NARROW_DHCP ||
	       spec->filter.kind == SPEC_FILTER_WIDE_DHCP;
}

static Verdict ask(const Evidence *evidence, const char *name, Buf *found)
{
	const Spec *spec = evidence->spec;

	/* Whoever brings a filter, or none, says what is allowed. */
	if (spec->filter.kind == SPEC_FILTER_RULES || spec->filter.kind == SPEC_FILTER_NONE)
		return VERDICT_UNASKED;
	if (strcmp(name, "packet_socket") == 0 && has_packet_sockets(spec))
		return VERDICT_UNASKED;
	if (strcmp(name, "label") == 0 && (!evidence->label || !label_process(evidence->label)))
		return VERDICT_UNASKED;
	return attempts_ask(evidence, name, found);
}

const Claim claims_of_attempts[] = {
#define CLAIM(name, what, why) { what, ask, #name, why, BUG },
	ATTEMPTS(CLAIM)
};
const size_t claims_of_attempts_count = ARRAY_SIZE(claims_of_attempts);
