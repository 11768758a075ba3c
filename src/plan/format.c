/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A plan as text for people and golden tests, and as JSON for programs.
 */
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/strv.h"
#include "plan/plan.h"

static const char *const kind_names[_PLAN_KIND_MAX] = {
	[PLAN_DIRECTORY] = "dir",
	[PLAN_FILE] = "file",
	[PLAN_LINK] = "link",
	[PLAN_COPY] = "copy",
	[PLAN_SECRET] = "secret",
};

static mode_t default_mode(const PlanEntry *e)
{
	return e->mode ? e->mode : e->kind == PLAN_DIRECTORY ? 0755 : 0644;
}

static void format_entry(Buf *buf, const PlanEntry *e)
{
	const char *kind = e->kind == PLAN_COPY && e->recurse ? "tree" : kind_names[e->kind];

	buf_printf(buf, "%-6s ", kind);
	if (e->kind == PLAN_LINK || (e->kind == PLAN_COPY && e->mode == 0))
		buf_puts(buf, "   - ");
	else
		buf_printf(buf, "%04o ", default_mode(e));
	if (e->kind == PLAN_COPY && !e->user && !e->group)
		buf_puts(buf, "- ");
	else
		buf_printf(buf, "%s:%s ", e->user ? e->user : "root", e->group ? e->group : "root");
	buf_puts(buf, e->path);
	if (e->kind == PLAN_LINK || e->kind == PLAN_SECRET)
		buf_printf(buf, " %s %.*s", e->kind == PLAN_LINK ? "->" : "=",
			(int)strcspn(e->content, "\n"), e->content);
	else if (e->kind == PLAN_COPY && strcmp(e->source, e->path) != 0)
		buf_printf(buf, " <- %s", e->source);
	buf_printf(buf, "  # %s%s: %s\n", e->rule, e->inferred ? " (inferred)" : "", e->reason);
}

static void format_note(Buf *buf, const PlanNote *note)
{
	buf_printf(buf, "%s %s: %s: %s", note->refusal ? "refused" : "note",
		note->unit ? note->unit : "-", note->directive ? note->directive : "-",
		note->reason);
	if (note->replacement)
		buf_printf(buf, "; replaced by %s",
			*note->replacement ? note->replacement : "nothing");
	buf_puts(buf, "\n");
}

int plan_format(const Plan *plan, char **ret, Error **ret_error)
{
	_cleanup_buf_ Buf buf = { 0 };

	for (size_t i = 0; i < plan->n_entries; i++)
		format_entry(&buf, &plan->entries[i]);
	STRV_FOREACH (path, plan->shared)
		buf_printf(&buf, "shared %s\n", *path);
	STRV_FOREACH (setting, plan->sysctls)
		buf_printf(&buf, "sysctl %s\n", *setting);
	STRV_FOREACH (rule, plan->socket_rules)
		buf_printf(&buf, "sockets %s\n", *rule);
	STRV_FOREACH (name, plan->capabilities)
		buf_printf(&buf, "capability %s\n", *name);
	STRV_FOREACH (step, plan->steps)
		buf_printf(&buf, "step   %s\n", *step);
	STRV_FOREACH (type, plan->ports)
		buf_printf(&buf, "port   %s\n", *type);
	STRV_FOREACH (path, plan->excluded)
		buf_printf(&buf, "never  %s\n", *path);
	for (size_t i = 0; i < plan->n_notes; i++)
		format_note(&buf, &plan->notes[i]);
	STRV_FOREACH (text, plan->warnings)
		buf_printf(&buf, "warning %s\n", *text);
	return buf_take(&buf, ret, ret_error);
}

static void json_member(Buf *buf, const char *name, const char *value)
{
	if (!value)
		return;
	buf_printf(buf, ",\"%s\":", name);
	buf_json_string(buf, value);
}

static void json_entry(Buf *buf, const PlanEntry *e)
{
	buf_printf(buf, "{\"kind\":\"%s\"", kind_names[e->kind]);
	json_member(buf, "path", e->path);
	json_member(buf, "source", e->source);
	if (e->kind != PLAN_FILE || (default_mode(e) & S_IROTH)) /* a plan is shown to others */
		json_member(buf, "content", e->content);
	json_member(buf, "rule", e->rule);
	json_member(buf, "reason", e->reason);
	json_member(buf, "user", e->user);
	json_member(buf, "group", e->group);
	if (e->kind != PLAN_LINK && (e->kind != PLAN_COPY || e->mode))
		buf_printf(buf, ",\"mode\":\"%04o\"", default_mode(e));
	if (e->recurse)
		buf_puts(buf, ",\"recurse\":true");
	if (e->inferred)
		buf_puts(buf, ",\"inferred\":true");
	buf_puts(buf, "}");
}

static void json_note(Buf *buf, const PlanNote *note)
{
	buf_printf(buf, "{\"refusal\":%s", note->refusal ? "true" : "false");
	json_member(buf, "unit", note->unit);
	json_member(buf, "directive", note->directive);
	json_member(buf, "reason", note->reason);
	json_member(buf, "replacement", note->replacement);
	buf_puts(buf, "}");
}

static void json_list(Buf *buf, const char *name, char *const *list)
{
	const char *comma = "";

	buf_printf(buf, ",\"%s\":[", name);
	STRV_FOREACH (s, list) {
		buf_puts(buf, comma);
		buf_json_string(buf, *s);
		comma = ",";
	}
	buf_puts(buf, "]");
}

int plan_format_json(const Plan *plan, char **ret, Error **ret_error)
{
	_cleanup_buf_ Buf buf = { 0 };

	buf_puts(&buf, "{\"entries\":[");
	for (size_t i = 0; i < plan->n_entries; i++) {
		buf_puts(&buf, i ? ",\n" : "");
		json_entry(&buf, &plan->entries[i]);
	}
	buf_puts(&buf, "],\"notes\":[");
	for (size_t i = 0; i < plan->n_notes; i++) {
		buf_puts(&buf, i ? ",\n" : "");
		json_note(&buf, &plan->notes[i]);
	}
	buf_puts(&buf, "]");
	json_list(&buf, "shared", plan->shared);
	json_list(&buf, "sysctls", plan->sysctls);
	json_list(&buf, "socket-rules", plan->socket_rules);
	json_list(&buf, "capabilities", plan->capabilities);
	json_list(&buf, "steps", plan->steps);
	json_list(&buf, "ports", plan->ports);
	json_list(&buf, "excluded", plan->excluded);
	json_list(&buf, "warnings", plan->warnings);
	buf_puts(&buf, "}\n");
	return buf_take(&buf, ret, ret_error);
}
