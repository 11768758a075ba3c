/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sandbox/create-notes.h"

#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "base/path.h"
#include "base/strv.h"
#include "content/apply.h"
#include "engine/keep/publisher.h"
#include "host/host.h"
#include "net/reach-rule.h"
#include "sandbox/mount-check.h"
#include "sandbox/registry.h"
#include "sandbox/resource-limits.h"

/* What brings the target of a link, which the host may have changed meanwhile. */
static int note_dangling_link(const char *link, char ***notes)
{
	char target[PATH_MAX];
	ssize_t n = readlink(link, target, sizeof(target) - 1);
	_cleanup_free_ char *path = NULL;

	target[n < 0 ? 0 : n] = '\0';
	path = n > 0 ? path_of_link(link, target) : NULL;
	if (path && facts_is_private(path))
		return strv_appendf(notes,
			"Warning: %s is a symlink whose target does not exist in the container; "
			"--with %s brings it",
			link, path);
	return strv_appendf(notes,
		"Warning: %s is a symlink whose target does not exist in the container; "
		"-m host-bind: mounts it",
		link);
}

/* The host's own service may be what has the port, and be stopped before the container starts. */
static int note_taken_ports(const Desc *desc, char ***notes, Error **ret_error)
{
	_cleanup_strv_ char **problems = NULL;
	int r = publisher_try(desc->published, &problems, ret_error);

	STRV_FOREACH (problem, problems)
		if (strv_appendf(notes, "Warning: the container cannot start at present: %s",
			    *problem) < 0)
			return error_oom(ret_error);
	return r;
}

/* Does the sibling let it in, as much as it is to go there? */
static bool is_allowed(const Desc *sibling, const ReachRule *wish)
{
	STRV_FOREACH (text, sibling->allowed) {
		ReachRule rule;

		if (reach_rule_parse(*text, false, &rule, NULL) == 0 &&
			reach_rule_covers(&rule, wish))
			return true;
	}
	return false;
}

int closed_siblings(const Desc *desc, char ***sentences, Error **ret_error)
{
	STRV_FOREACH (text, desc->egress) {
		_cleanup_container_ Container sibling = {};
		char wish[REACH_RULE_SIZE];
		ReachRule rule;

		if (reach_rule_parse(*text, true, &rule, NULL) < 0 || rule.peer != REACH_NAME ||
			registry_describe(rule.name, &sibling, NULL) < 0)
			continue;
		(void)snprintf(rule.name, sizeof(rule.name), "%s", desc->name);
		if (is_allowed(sibling.desc, &rule))
			continue;
		reach_rule_format(&rule, wish);
		if (strv_appendf(sentences,
			    "--egress %s currently leads nowhere: container %s does not "
			    "allow it; it needs --allow-from %s",
			    *text, sibling.desc->name, wish) < 0)
			return error_oom(ret_error);
	}
	return 0;
}

static int note_closed_siblings(const Desc *desc, char ***notes, Error **ret_error)
{
	_cleanup_strv_ char **sentences = NULL;
	int r = closed_siblings(desc, &sentences, ret_error);

	STRV_FOREACH (sentence, sentences)
		if (strv_appendf(notes, "Warning: %s", *sentence) < 0)
			return error_oom(ret_error);
	return r;
}

static int note_architecture(const Desc *desc, char ***notes, Error **ret_error)
{
	return desc_is_i386(desc) &&
			       strv_append(notes,
				       "Warning: programs of i386 hand the kernel the arguments of network calls in memory (socketcall), "
				       "where the system call filter cannot look: it does not limit which kinds of sockets they make") <
				       0
		       ? error_oom(ret_error)
		       : 0;
}

int create_notes(const Container *c, const Plan *plan, char ***notes, Error **ret_error)
{
	_cleanup_plan_remarks_ PlanRemarks remarks = { 0 };
	int r = plan_remarks(c->places.journal, &remarks, ret_error);
	if (r < 0)
		return r;
	STRV_FOREACH (path, remarks.withheld_keys)
		if (strv_appendf(notes,
			    "%s: holds a key or password of the host and was not copied; "
			    "--with %s brings it along",
			    *path, *path) < 0)
			return error_oom(ret_error);
	STRV_FOREACH (path, remarks.foreign_owners)
		if (strv_appendf(notes,
			    "Warning: %s belongs to a number above 65535, which no container has: "
			    "it and its like belong to root inside",
			    *path) < 0)
			return error_oom(ret_error);
	STRV_FOREACH (path, remarks.devices)
		if (strv_appendf(notes, "Warning: %s is a device of the host, which is not copied",
			    *path) < 0)
			return error_oom(ret_error);
	STRV_FOREACH (path, remarks.dangling_links)
		if (note_dangling_link(*path, notes) < 0)
			return error_oom(ret_error);
	STRV_FOREACH (path, remarks.modified_during_copy)
		if (strv_appendf(notes,
			    "Warning: %s was written to while it was copied; stop the host's "
			    "service during create for a clean copy",
			    *path) < 0)
			return error_oom(ret_error);
	for (size_t i = 0; i < plan->n_notes; i++) {
		const PlanNote *note = &plan->notes[i];

		if (strv_appendf(notes, "%s: %s%s%s%s%s", note->unit ? note->unit : "container",
			    note->directive ? note->directive : "", note->directive ? ": " : "",
			    note->reason, note->replacement ? "; instead: " : "",
			    note->replacement ? note->replacement : "") < 0)
			return error_oom(ret_error);
	}
	STRV_FOREACH (warning, plan->warnings)
		if (strv_appendf(notes, "Warning: %s", *warning) < 0)
			return error_oom(ret_error);
	STRV_FOREACH (value, c->desc->site)
		if (strv_appendf(notes, "Default of the site: %s", *value) < 0)
			return error_oom(ret_error);
	r = note_architecture(c->desc, notes, ret_error);
	if (r == 0)
		r = note_closed_siblings(c->desc, notes, ret_error);
	if (r == 0)
		r = note_taken_ports(c->desc, notes, ret_error);
	if (r == 0 && mount_notes(c->desc, notes) < 0)
		r = error_oom(ret_error);
	return r < 0 ? r : limits_note(&c->desc->resources, notes, ret_error);
}
