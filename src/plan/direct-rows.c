/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Each directive that virt-sandbox-direct honours, and the step that it becomes.
 */
#include <stdio.h>
#include <string.h>

#include "base/path.h"
#include "base/strv.h"
#include "host/unit-words.h"
#include "plan/direct.h"

#define AT(member) .offset = offsetof(Steps, member)
#define BACKLOG_MAX 4096 /* what is above is net.core.somaxconn's */

void *direct_step(Making *m, const DirectRow *row)
{
	return (char *)&m->steps + row->offset;
}

void direct_keep(Making *m, int r)
{
	if (r == -ENOMEM || r == -E2BIG)
		m->build->failed = true;
	else if (r < 0)
		direct_refuse(m, "invalid value");
}

void direct_text(Making *m, char **member, const char *value)
{
	free(*member);
	*member = strdup(value);
	m->build->failed = m->build->failed || !*member;
}

void direct_add(Making *m, char ***list, const char *value)
{
	if (strv_append(list, value) < 0)
		m->build->failed = true;
}

void direct_give(Making *m, char ***list, char *text)
{
	if (!text || strv_append(list, text) < 0)
		m->build->failed = true;
	free(text);
}

char **direct_words(Making *m, const char *value)
{
	char **words = NULL;

	direct_keep(m, unit_directive_words(m->at->key, value, &words));
	return words;
}

/* -- Plain values -- */

static void take_text(Making *m, const DirectRow *row, const char *value)
{
	direct_text(m, direct_step(m, row), value);
}

static void take_path(Making *m, const DirectRow *row, const char *value)
{
	if (path_is_normal(value))
		direct_text(m, direct_step(m, row), value);
	else
		direct_refuse(m, "it is not an absolute path");
}

static void take_word(Making *m, const DirectRow *row, const char *value)
{
	if (steps_may_be(row->offset, value))
		direct_text(m, direct_step(m, row), value);
	else
		direct_refuse(m, NULL);
}

static void take_switch(Making *m, const DirectRow *row, const char *value)
{
	direct_keep(m, direct_boolean(value, direct_step(m, row)));
}

static void take_time(Making *m, const DirectRow *row, const char *value)
{
	direct_keep(m, direct_time(value, direct_step(m, row)));
}

static void take_both_times(Making *m, const DirectRow *row _unused_, const char *value)
{
	direct_keep(m, direct_time(value, &m->steps.start_msec));
	m->steps.stop_msec = m->steps.start_msec;
}

/* 0 is as good as infinity. */
static void take_count(Making *m, const DirectRow *row, const char *value)
{
	direct_keep(m, direct_number(value, 0, row->number, direct_step(m, row)));
}

static void take_mask(Making *m, const DirectRow *row, const char *value)
{
	int64_t mode;
	int r = direct_mode(value, &mode);

	direct_keep(m, r == 0 && mode > 0777 ? -EINVAL : r);
	*(int64_t *)direct_step(m, row) = r == 0 ? mode & 0777 : 0;
}

static void take_signal(Making *m, const DirectRow *row, const char *value)
{
	direct_keep(m, direct_signal(value, direct_step(m, row)));
}

/* rules-drop-in.c tells of a negative one, which is the host's to give. */
static void take_nice(Making *m, const DirectRow *row, const char *value)
{
	int64_t *nice = direct_step(m, row);

	direct_keep(m, direct_number(value, -20, 19, nice));
	if (*nice < 0)
		*nice = 0;
}

static void take_oom(Making *m, const DirectRow *row, const char *value)
{
	direct_keep(m, direct_number(value, -1000, 1000, direct_step(m, row)));
}

static void take_list(Making *m, const DirectRow *row, const char *value)
{
	_cleanup_strv_ char **words = direct_words(m, value);

	STRV_FOREACH (word, words)
		direct_add(m, direct_step(m, row), *word);
}

static void take_ends(Making *m, const DirectRow *row, const char *value)
{
	_cleanup_strv_ char **words = direct_words(m, value);

	STRV_FOREACH (word, words) {
		char *end;
		int r = direct_end(*word, &end);

		direct_keep(m, r);
		if (r == 0)
			direct_give(m, direct_step(m, row), end);
	}
}

static void take_limit(Making *m, const DirectRow *row, const char *value)
{
	char *line;
	int r = direct_limit(m->at->key + strlen("Limit"), value, &line);

	direct_keep(m, r);
	if (r == 0)
		direct_give(m, direct_step(m, row), line);
}

static void take_type(Making *m, const DirectRow *row, const char *value)
{
	if (strcmp(value, "simple") == 0 || strcmp(value, "idle") == 0)
		value = "exec"; /* start is to say whether the program could be executed */
	take_word(m, row, value);
}

static void take_only(Making *m, const DirectRow *row, const char *value)
{
	char word[40];

	if (snprintf(word, sizeof(word), " %s ", value) >= (int)sizeof(word) ||
		!strstr(row->words, word))
		direct_refuse(m, NULL);
}

/* It would need a /proc of its own. What it hides are the container's other processes, of which there is our init alone. */
static void take_protect_proc(Making *m, const DirectRow *row _unused_, const char *value)
{
	if (strcmp(value, "default") != 0)
		build_warn(m->build,
			"%s: ProtectProc=%s: with --init=direct the service sees all processes of its container",
			m->unit->name, value);
}

/* -- Commands -- */

static const char *take_prefixes(StepsCommand *command, const char *word, bool *ret_named)
{
	*ret_named = false;
	for (;; word++)
		switch (*word) {
		case '-':
			command->may_fail = true;
			break;
		case '@':
			*ret_named = true;
			break;
		case ':':
			command->literal = true;
			break;
		case '+':
			command->privileged = true;
			break;
		case '!': /* two are for kernels that cannot keep a capability over setuid(2) */
			command->keeps_ids = word[1] != '!';
			word += word[1] == '!';
			break;
		default:
			return word;
		}
}

static void take_command(Making *m, const DirectRow *row, const char *value)
{
	_cleanup_strv_ char **words = direct_words(m, value);
	StepsCommand command = { 0 };
	bool named;

	if (!words)
		return;
	command.program = (char *)(uintptr_t)take_prefixes(&command, words[0], &named);
	command.argv = words + named;
	if (!*command.program || !*command.argv) {
		direct_refuse(m, "there is no program");
		return;
	}
	if (!named) { /* it is called by its path, without what stands before that */
		size_t n = (size_t)(command.program - words[0]);

		memmove(words[0], words[0] + n, strlen(words[0] + n) + 1);
		command.program = words[0];
	}
	direct_give(m, direct_step(m, row), steps_command_format(&command));
}

/* -- Directories that it has: direct-own.c -- */

/* It is used where the directories, or the sockets, are named. */
static void take_mode(Making *m, const DirectRow *row _unused_, const char *value)
{
	int64_t mode;

	direct_keep(m, direct_mode(value, &mode));
}

static void take_preserve(Making *m, const DirectRow *row, const char *value)
{
	int64_t on = strcmp(value, "restart") == 0;

	if (!on)
		direct_keep(m, direct_boolean(value, &on));
	*(int64_t *)direct_step(m, row) = on;
}

static void take_later(
	Making *m _unused_, const DirectRow *row _unused_, const char *value _unused_)
{
}

/* -- Capabilities -- */

static void take_bounding(Making *m, const DirectRow *row _unused_, const char *value)
{
	bool inverted = *value == '~';
	_cleanup_strv_ char **words = direct_words(m, value + inverted);
	uint64_t set;

	direct_keep(m, direct_capabilities(words, &set));
	if (!m->has_bounding || set == 0)
		m->bounding &= inverted ? ~set : set;
	else if (inverted)
		m->bounding &= ~set;
	else
		m->bounding |= set;
	m->has_bounding = true;
}

/* What no container has is left out, and rules-drop-in.c tells of it. */
static void take_ambient(Making *m, const DirectRow *row _unused_, const char *value)
{
	bool inverted = *value == '~';
	_cleanup_strv_ char **words = direct_words(m, value + inverted);

	if (inverted) {
		direct_refuse(m, "with --init=direct it is a list of what the service has");
		return;
	}
	STRV_FOREACH (word, words) {
		uint64_t one = 0;

		direct_keep(m, direct_capabilities((char *[]){ *word, NULL }, &one));
		m->ambient |= rules_denies(*word) ? 0 : one;
	}
}

/* -- Standard output, and what it is told -- */

static void take_output(Making *m, const DirectRow *row, const char *value)
{
	static const char *const to_log[] = { "journal", "syslog", "kmsg", "journal+console",
		"syslog+console", "kmsg+console", "tty" };
	const char *colon = strchr(value, ':');

	for (size_t i = 0; i < ARRAY_SIZE(to_log); i++)
		if (strcmp(value, to_log[i]) == 0)
			value = "log";
	if (strcmp(value, "inherit") == 0)
		value = row->words;
	if (strcmp(value, "log") != 0 && strcmp(value, "null") != 0 &&
		strcmp(value, row->words) != 0 &&
		!(colon && path_is_normal(colon + 1) &&
			(strncmp(value, "file:", 5) == 0 || strncmp(value, "append:", 7) == 0 ||
				strncmp(value, "truncate:", 9) == 0)))
		direct_refuse(m, NULL);
	else
		direct_text(m, direct_step(m, row), value);
}

/* -- Sockets -- */

static void take_backlog(Making *m, const DirectRow *row _unused_, const char *value)
{
	int64_t number;

	direct_keep(m, direct_number(value, 0, UINT32_MAX, &number));
}

/* Its values are read twice: here, and where a line of its own says that they are none. */
static void take_listen(Making *m, const DirectRow *row, const char *value)
{
	const char *said_mode = facts_unit_get(m->unit, "Socket", "SocketMode"),
		   *said_backlog = facts_unit_get(m->unit, "Socket", "Backlog");
	int64_t bits = 0666, number = BACKLOG_MAX;
	char mode[8], backlog[24];

	if ((said_mode && direct_mode(said_mode, &bits) < 0) ||
		(said_backlog && direct_number(said_backlog, 0, UINT32_MAX, &number) < 0))
		return;
	(void)snprintf(mode, sizeof(mode), "%o", (unsigned int)bits & 0777);
	(void)snprintf(
		backlog, sizeof(backlog), "%d", (int)(number < BACKLOG_MAX ? number : BACKLOG_MAX));
	direct_give(m, &m->steps.listen,
		steps_words_format((char *[]){ (char *)(uintptr_t)row->words, mode, backlog,
			(char *)(uintptr_t)value, NULL }));
}

/* -- Other units -- */

static bool is_own_socket(const Making *m, const char *name)
{
	for (size_t i = 0; i < m->build->facts->n_units; i++)
		if (strcmp(m->build->facts->units[i].name, name) == 0)
			return rules_has_type(name, "socket");
	return false;
}

static void take_needed(Making *m, const DirectRow *row, const char *value)
{
	_cleanup_strv_ char **names = direct_words(m, value);

	STRV_FOREACH (name, names) {
		if (!strchr(*name, '.') || rules_has_type(*name, "target") ||
			rules_has_type(*name, "slice") || is_own_socket(m, *name) ||
			strcmp(*name, m->unit->name) == 0)
			continue;
		if (row->number)
			direct_refuse(m, "with --init=direct there is no other unit inside");
		else
			build_warn(m->build, "%s: Wants=%s: with --init=direct it is not inside",
				m->unit->name, *name);
	}
}

static const DirectRow rows[] = {
	{ "Accept", take_only, .words = " no false 0 off " },
	{ "AmbientCapabilities", take_ambient },
	{ "Backlog", take_backlog },
	{ "BindPaths", direct_take_bind, .words = "rw" },
	{ "BindReadOnlyPaths", direct_take_bind, .words = "ro" },
	{ "BindsTo", take_needed, .number = 1 },
	{ "CacheDirectory", take_later },
	{ "CacheDirectoryMode", take_mode },
	{ "CapabilityBoundingSet", take_bounding },
	{ "ConfigurationDirectory", take_later },
	{ "ConfigurationDirectoryMode", take_mode },
	{ "Environment", take_list, AT(environment) },
	{ "EnvironmentFile", direct_take_files, AT(environment_files) },
	{ "ExecPaths", direct_take_paths, AT(exec) },
	{ "ExecReload", take_command, AT(reload) },
	{ "ExecStart", take_command, AT(start) },
	{ "ExecStartPost", take_command, AT(after) },
	{ "ExecStartPre", take_command, AT(before) },
	{ "ExecStop", take_command, AT(stop) },
	{ "ExecStopPost", take_command, AT(after_stop) },
	{ "FinalKillSignal", take_signal, AT(final_signal) },
	{ "Group", take_text, AT(group) },
	{ "IgnoreSIGPIPE", take_switch, AT(ignore_pipe) },
	{ "InaccessibleDirectories", direct_take_paths, AT(hidden) },
	{ "InaccessiblePaths", direct_take_paths, AT(hidden) },
	{ "KillMode", take_word, AT(kill_mode) },
	{ "KillSignal", take_signal, AT(kill_signal) },
	{ "LimitAS", take_limit, AT(limits) },
	{ "LimitCORE", take_limit, AT(limits) },
	{ "LimitCPU", take_limit, AT(limits) },
	{ "LimitDATA", take_limit, AT(limits) },
	{ "LimitFSIZE", take_limit, AT(limits) },
	{ "LimitLOCKS", take_limit, AT(limits) },
	{ "LimitMEMLOCK", take_limit, AT(limits) },
	{ "LimitMSGQUEUE", take_limit, AT(limits) },
	{ "LimitNICE", take_limit, AT(limits) },
	{ "LimitNOFILE", take_limit, AT(limits) },
	{ "LimitNPROC", take_limit, AT(limits) },
	{ "LimitRSS", take_limit, AT(limits) },
	{ "LimitRTPRIO", take_limit, AT(limits) },
	{ "LimitRTTIME", take_limit, AT(limits) },
	{ "LimitSIGPENDING", take_limit, AT(limits) },
	{ "LimitSTACK", take_limit, AT(limits) },
	{ "ListenDatagram", take_listen, .words = "datagram" },
	{ "ListenSequentialPacket", take_listen, .words = "seqpacket" },
	{ "ListenStream", take_listen, .words = "stream" },
	{ "LogsDirectory", take_later },
	{ "LogsDirectoryMode", take_mode },
	{ "Nice", take_nice, AT(nice) },
	{ "NoExecPaths", direct_take_paths, AT(noexec) },
	{ "NoNewPrivileges", take_switch, AT(no_new_privileges) },
	{ "NotifyAccess", take_word, AT(notify) },
	{ "OOMPolicy", take_only, .words = " continue stop " },
	{ "OOMScoreAdjust", take_oom, AT(oom_score) },
	{ "PIDFile", take_path, AT(pid_file) },
	{ "PrivateDevices", direct_take_private_devices },
	{ "PrivateTmp", take_switch, AT(private_tmp) },
	{ "ProcSubset", take_only, .words = " all " },
	{ "ProtectControlGroups", direct_take_protect_kernel, AT(readonly),
		.words = "-/sys/fs/cgroup" },
	{ "ProtectHome", direct_take_protect_home },
	{ "ProtectKernelModules", direct_take_protect_kernel, AT(hidden),
		.words = "-/usr/lib/modules" },
	{ "ProtectKernelTunables", direct_take_protect_kernel, AT(readonly),
		.words = "-/proc/sys -/sys" },
	{ "ProtectProc", take_protect_proc },
	{ "ProtectSystem", direct_take_protect_system },
	{ "ReadOnlyDirectories", direct_take_paths, AT(readonly) },
	{ "ReadOnlyPaths", direct_take_paths, AT(readonly) },
	{ "ReadWriteDirectories", direct_take_paths, AT(writable) },
	{ "ReadWritePaths", direct_take_paths, AT(writable) },
	{ "RemainAfterExit", take_switch, AT(remain) },
	{ "Requires", take_needed, .number = 1 },
	{ "Requisite", take_needed, .number = 1 },
	{ "Restart", take_word, AT(restart) },
	{ "RestartForceExitStatus", take_ends, AT(force) },
	{ "RestartPreventExitStatus", take_ends, AT(prevent) },
	{ "RestartSec", take_time, AT(restart_msec) },
	{ "RuntimeDirectory", take_later },
	{ "RuntimeDirectoryMode", take_mode },
	{ "RuntimeDirectoryPreserve", take_preserve, AT(keep_runtime) },
	{ "SendSIGHUP", take_switch, AT(send_hangup) },
	{ "SendSIGKILL", take_switch, AT(send_kill) },
	{ "SocketMode", take_mode },
	{ "StandardError", take_output, AT(errors), .words = "output" },
	{ "StandardInput", take_only, .words = " null " },
	{ "StandardOutput", take_output, AT(output), .words = "null" },
	{ "StartLimitBurst", take_count, AT(limit_burst), .number = 1000000 },
	{ "StartLimitInterval", take_time, AT(limit_msec) },
	{ "StartLimitIntervalSec", take_time, AT(limit_msec) },
	{ "StateDirectory", take_later },
	{ "StateDirectoryMode", take_mode },
	{ "SuccessExitStatus", take_ends, AT(success) },
	{ "SupplementaryGroups", take_list, AT(groups) },
	{ "TemporaryFileSystem", direct_take_tmpfs },
	{ "TimeoutSec", take_both_times },
	{ "TimeoutStartSec", take_time, AT(start_msec) },
	{ "TimeoutStopSec", take_time, AT(stop_msec) },
	{ "Type", take_type, AT(type) },
	{ "UMask", take_mask, AT(umask) },
	{ "UnsetEnvironment", take_list, AT(unset) },
	{ "User", take_text, AT(user) },
	{ "Wants", take_needed },
	{ "WorkingDirectory", direct_take_directory, AT(directory) },
};

const char *direct_key(size_t index)
{
	return index < ARRAY_SIZE(rows) ? rows[index].key : NULL;
}

bool direct_take(Making *m, const FactDirective *directive)
{
	m->at = directive;
	if (direct_filter_take(m))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (strcmp(rows[i].key, directive->key) == 0) {
			rows[i].take(m, &rows[i], directive->value);
			return true;
		}
	return false;
}

void direct_finish(Making *m)
{
	direct_own_finish(m);
	m->steps.bounding = (int64_t)(m->bounding & ~m->dropped);
	m->steps.ambient = (int64_t)m->ambient;
	direct_filter_finish(m);
}
