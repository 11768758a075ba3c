/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * inspect: everything known about one container, as JSON. The description comes out by the table of keys, so that a new key needs no line here.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "base/buf.h"
#include "base/fd.h"
#include "base/strv.h"
#include "desc/defaults.h"
#include "desc/keys.h"
#include "engine/engine.h"
#include "engine/keep/outcome.h"
#include "engine/keep/state.h"
#include "identity/confirm.h"
#include "label/label.h"
#include "sandbox/compile.h"
#include "sandbox/handle.h"
#include "sandbox/info.h"
#include "sandbox/registry.h"

static void inspect_values(Buf *buf, char *const *values, bool list)
{
	const char *separator = "";

	if (list)
		buf_puts(buf, "[");
	STRV_FOREACH (value, values) {
		buf_puts(buf, separator);
		buf_json_string(buf, *value);
		separator = ", ";
	}
	if (list)
		buf_puts(buf, "]");
}

static int inspect_desc(const Container *c, Buf *buf, Error **ret_error)
{
	const char *section = NULL;

	buf_puts(buf, "  \"description\": {");
	for (size_t i = 0; i < keys_count(); i++) {
		const Key *key = keys_at(i);
		_cleanup_strv_ char **values = NULL;

		if (key_get(key, key_object(key, c->desc, c->identity), &values) < 0)
			return error_oom(ret_error);
		if (!values)
			continue;
		if (!section || strcmp(section, key->section) != 0) {
			buf_printf(buf, "%s\n    \"%s\": {\n      ", section ? "\n    }," : "",
				key->section);
			section = key->section;
		} else {
			buf_puts(buf, ",\n      ");
		}
		buf_json_string(buf, key->name);
		buf_puts(buf, ": ");
		inspect_values(buf, values, key->flags & KEY_LIST);
	}
	buf_printf(buf, "%s\n  },\n", section ? "\n    }" : "");
	return 0;
}

/* Of what limits the host's memory of a container: how much, and who said so. */
static void inspect_limit(
	Buf *buf, const char *name, uint64_t asked, uint64_t site, uint64_t builtin)
{
	uint64_t value = asked ? asked : site ? site : builtin;

	buf_printf(buf, "\n    \"%s\": { \"value\": ", name);
	if (value == DESC_UNLIMITED)
		buf_puts(buf, "\"max\"");
	else
		buf_printf(buf, "%llu", (unsigned long long)value);
	buf_printf(buf, ", \"from\": \"%s\", \"enforced\": %s }",
		asked  ? "description"
		: site ? "site"
		       : "default",
		strcmp(name, "files") == 0 || run_can_limit(name) ? "true" : "false");
}

static int inspect_limits(const Desc *desc, Buf *buf, Error **ret_error)
{
	DescResources builtin = compile_default_resources(), site;
	int r = defaults_load(&site, ret_error);

	if (r < 0)
		return r;
	buf_puts(buf, "  \"limits\": {");
	inspect_limit(buf, "memory", desc->resources.memory, site.memory, builtin.memory);
	buf_puts(buf, ",");
	inspect_limit(buf, "pids", desc->resources.pids, site.pids, builtin.pids);
	buf_puts(buf, ",");
	inspect_limit(buf, "files", desc->resources.files, site.files, builtin.files);
	buf_puts(buf, "\n  },\n");
	return 0;
}

/* What the key has when nobody says anything about it. */
static bool is_default(const Desc *desc, const Key *key, char *const *values)
{
	_cleanup_strv_ char **others = NULL;
	_cleanup_desc_ Desc *silent = NULL;

	if (desc_copy(desc, &silent, NULL) < 0)
		return false;
	key->type->unset((char *)silent + key->offset);
	return desc_resolve(silent, NULL) == 0 && key_get(key, silent, &others) == 0 &&
	       strv_equal(others, values);
}

static bool is_of_the_site(const Desc *desc, const Key *key, char *const *values)
{
	bool all = desc->site;

	STRV_FOREACH (value, values) {
		_cleanup_free_ char *line = NULL;

		if (asprintf(&line, "%s.%s=%s", key->section, key->name, *value) < 0)
			line = NULL;
		all = all && line && strv_contains(desc->site, line);
	}
	return all;
}

/* Of each key with a value: who said so. What a limit has that the description is silent about is with the limits. */
static int inspect_sources(const Desc *desc, Buf *buf, Error **ret_error)
{
	const char *separator = "";

	buf_puts(buf, "  \"sources\": {");
	for (size_t i = 0; i < keys_count(); i++) {
		_cleanup_strv_ char **values = NULL;
		const Key *key = keys_at(i);

		if (key->flags & KEY_IDENTITY ||
			strcmp(key->name, "site") == 0) /* what tells of others */
			continue;
		if (key_get(key, desc, &values) < 0)
			return error_oom(ret_error);
		if (!values)
			continue;
		buf_printf(buf, "%s\n    \"%s.%s\": \"%s\"", separator, key->section, key->name,
			is_of_the_site(desc, key, values) ? "site"
			: key->flags & KEY_OUTPUT	  ? "unit"
			: is_default(desc, key, values)	  ? "default"
							  : "description");
		separator = ",";
	}
	buf_puts(buf, "\n  },\n");
	return 0;
}

static void inspect_figure(Buf *buf, const char *name, uint64_t figure)
{
	buf_printf(buf, ",\n    \"%s\": ", name);
	if (figure == RUN_UNCOUNTED)
		buf_puts(buf, "null");
	else
		buf_printf(buf, "%llu", (unsigned long long)figure);
}

static void inspect_usage(const vsb_info *info, const RunState *state, Buf *buf)
{
	RunUsage usage = { RUN_UNCOUNTED, RUN_UNCOUNTED, RUN_UNCOUNTED };
	_cleanup_fd_ int cgroup_fd = -EBADF;

	if (state->cgroup)
		cgroup_fd = open(state->cgroup, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (cgroup_fd >= 0)
		(void)run_usage(cgroup_fd, &usage, NULL); /* it may end while we look */
	inspect_figure(buf, "memory", info->memory ? info->memory : RUN_UNCOUNTED);
	inspect_figure(buf, "cpu_usec", usage.cpu_usec);
	inspect_figure(buf, "pids", usage.pids);
}

static void inspect_failed(Buf *buf, const OutcomeUnit *unit, const char *separator)
{
	buf_printf(buf, "%s\n      { \"unit\": ", separator);
	buf_json_string(buf, unit->name);
	buf_puts(buf, ", \"result\": ");
	buf_json_string(buf, unit->result);
	buf_printf(buf, ", \"%s\": %d, \"time\": %lld }", unit->signaled ? "signal" : "status",
		unit->number, (long long)unit->time);
}

/* Of one that runs or has ended: which of its units have failed; how it ended, if nobody told it to. */
static int inspect_outcome(const char *name, Buf *buf, Error **ret_error)
{
	_cleanup_outcome_ Outcome outcome = { 0 };
	int r = outcome_load(name, &outcome, ret_error);

	if (r < 0)
		return r;
	buf_puts(buf, "  \"outcome\": {\n    \"verdict\": ");
	buf_json_string(buf, outcome_verdict_name(outcome.verdict));
	if (outcome.ended)
		buf_printf(buf, ",\n    \"ended\": %lld,\n    \"%s\": %d", (long long)outcome.time,
			WIFSIGNALED(outcome.status) ? "signal" : "status",
			WIFSIGNALED(outcome.status) ? WTERMSIG(outcome.status)
						    : WEXITSTATUS(outcome.status));
	if (outcome.reason) {
		buf_puts(buf, ",\n    \"reason\": ");
		buf_json_string(buf, outcome.reason);
	}
	buf_puts(buf, ",\n    \"failed\": [");
	for (size_t i = 0; i < outcome.n_units; i++)
		inspect_failed(buf, &outcome.units[i], i ? "," : "");
	buf_puts(buf, "]\n  },\n");
	return 0;
}

static void inspect_state(const vsb_info *info, const RunState *state, Buf *buf)
{
	buf_puts(buf, "  \"state\": {\n    \"phase\": ");
	buf_json_string(buf, info->state);
	if (info->address) {
		buf_puts(buf, ",\n    \"address\": ");
		buf_json_string(buf, info->address);
	}
	buf_puts(buf, ",\n    \"addresses\": ");
	inspect_values(buf, info->addresses, true);
	if (state->phase != RUN_STOPPED) {
		buf_printf(buf,
			",\n    \"supervisor\": %d,\n    \"pid\": %d,\n    \"since\": %lld,\n    "
			"\"stale\": %s",
			state->supervisor, state->pid, (long long)state->since,
			info->stale ? "true" : "false");
		buf_printf(buf, ",\n    \"health\": \"%s\"", run_health_name(state->health));
		buf_printf(buf, ",\n    \"outdated\": %s,\n    \"version\": ",
			info->outdated ? "true" : "false");
		if (info->version)
			buf_json_string(buf, info->version);
		else
			buf_puts(buf, "null");
		if (state->cgroup) {
			buf_puts(buf, ",\n    \"cgroup\": ");
			buf_json_string(buf, state->cgroup);
		}
		inspect_usage(info, state, buf);
	}
	buf_puts(buf, "\n  },\n");
}

/* The label, and which files of the tree do not carry it. */
static int inspect_label(const Container *c, const char *tree, Buf *buf, Error **ret_error)
{
	_cleanup_strv_ char **differing = NULL;
	_cleanup_label_ Label *label = NULL;
	int r = identity_open_label(c->desc, c->identity, &label, ret_error);
	if (r >= 0)
		r = label_check_tree(label, tree, &differing, ret_error);
	if (r < 0)
		return r;
	buf_puts(buf, "  \"label\": {\n    \"model\": ");
	buf_json_string(buf, label_model(label));
	if (label_process(label)) {
		buf_puts(buf, ",\n    \"process\": ");
		buf_json_string(buf, label_process(label));
	}
	if (label_file(label)) {
		buf_puts(buf, ",\n    \"file\": ");
		buf_json_string(buf, label_file(label));
	}
	buf_puts(buf, ",\n    \"differing\": ");
	inspect_values(buf, differing, true);
	buf_puts(buf, "\n  }\n}\n");
	return 0;
}

PUBLIC int vsb_inspect(const char *name, char **ret, vsb_error **error)
{
	_cleanup_run_state_ RunState state = { 0 };
	_cleanup_container_ Container container = {};
	_cleanup_buf_ Buf buf = { 0 };
	_cleanup_info_ vsb_info *info = NULL;
	int r = vsb_info_of(name, &info, error);
	if (r < 0)
		return r;
	r = registry_load(name, &container, error);
	if (r >= 0)
		r = run_state_load(name, &state, error);
	if (r >= 0) {
		buf_puts(&buf, "{\n  \"name\": ");
		buf_json_string(&buf, name);
		buf_puts(&buf, ",\n  \"tree\": ");
		buf_json_string(&buf, container.places.tree);
		buf_puts(&buf, ",\n");
		r = inspect_desc(&container, &buf, error);
	}
	if (r >= 0)
		r = inspect_sources(container.desc, &buf, error);
	if (r >= 0)
		r = inspect_limits(container.desc, &buf, error);
	if (r >= 0) {
		inspect_state(info, &state, &buf);
		r = inspect_outcome(name, &buf, error);
	}
	if (r >= 0)
		r = inspect_label(&container, container.places.tree, &buf, error);
	return r < 0 ? r : buf_take(&buf, ret, error);
}
