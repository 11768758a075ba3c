/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * ExecStart=, its words as systemd reads them, and what is about them.
 */
#include "host/unit-process.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/environment.h"
#include "base/path.h"
#include "base/strv.h"
#include "base/text.h"
#include "host/directives.h"
#include "host/knowledge.h"
#include "host/unit-load.h"
#include "host/unit-name.h"
#include "host/unit-program.h"
#include "host/unit-words.h"

#define SERVICE "Service"

void unit_process_done(UnitProcess *process)
{
	strv_free(process->argv);
	strv_free(process->environment);
	free(process->user);
	free(process->group);
	free(process->directory);
	free(process->signal);
	strv_free(process->runtime);
	strv_free(process->notes);
	*process = (UnitProcess){};
}

/* ---- Which one ---- */

static bool is_service(const FactUnit *unit)
{
	return unit_name_has_type(unit->name, "service");
}

/* The instances of the template that an umbrella unit stands for, as rules.d says. */
static const Stanza *stands_for(const Facts *facts, const FactUnit *unit)
{
	return knowledge_find(facts->knowledge, STANZA_INSTANCES, "unit", unit->name);
}

static bool is_instance_of(const FactUnit *unit, const Stanza *instances)
{
	_cleanup_unit_name_ UnitName name = {};

	return unit_name_split(unit->name, &name) == 0 && name.instance && *name.instance &&
	       strcmp(name.prefix, stanza_get(instances, "template")) == 0;
}

static bool is_wanted(const Facts *facts, const FactUnit *unit)
{
	for (size_t i = 0; i < facts->n_units; i++) {
		const Stanza *instances =
			facts->units[i].asked ? stands_for(facts, &facts->units[i]) : NULL;

		if (instances && is_instance_of(unit, instances))
			return true;
	}
	return unit->asked && !stands_for(facts, unit);
}

int unit_process_find(const Facts *facts, const FactUnit **ret, Error **ret_error)
{
	_cleanup_strv_ char **names = NULL;
	_cleanup_free_ char *all = NULL;

	for (size_t i = 0; i < facts->n_units; i++) {
		const FactUnit *unit = &facts->units[i];

		if (!is_wanted(facts, unit))
			continue;
		*ret = unit;
		if (strv_append(&names, unit->name) < 0)
			return error_oom(ret_error);
	}
	if (strv_length(names) == 1 && is_service(*ret))
		return 0;
	all = strv_join(names, ", ");
	return all ? error_set(ret_error, EINVAL,
			     "a bare process is exactly one service, and the container has %s",
			     names ? all : "none")
		   : error_oom(ret_error);
}

/* ---- What only systemd can do ---- */

static const char *get(const FactUnit *unit, const char *key)
{
	const char *value = facts_unit_get(unit, SERVICE, key);

	return value ? value : "";
}

static int refuse(const FactUnit *unit, const char *what, const char *why, Error **ret_error)
{
	return error_set(ret_error, EOPNOTSUPP, "%s has %s: %s", unit->name, what, why);
}

static int check_keys(const FactUnit *unit, Error **ret_error)
{
	static const struct {
		const char *key, *why;
	} refused[] = {
		{ "RootDirectory", "its root is another one" },
		{ "RootImage", "its root is another one" },
		{ "LoadCredential", "systemd alone gives credentials" },
		{ "LoadCredentialEncrypted", "systemd alone gives credentials" },
		{ "SetCredential", "systemd alone gives credentials" },
		{ "SetCredentialEncrypted", "systemd alone gives credentials" },
		{ "ImportCredential", "systemd alone gives credentials" },
		{ "Sockets", "systemd opens its sockets" },
		{ "OpenFile", "systemd opens its files" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(refused); i++)
		if (*get(unit, refused[i].key))
			return refuse(unit, refused[i].key, refused[i].why, ret_error);
	if (unit_is_true(get(unit, "DynamicUser")))
		return refuse(unit, "DynamicUser", "systemd alone makes its user", ret_error);
	if (strncmp(get(unit, "StandardInput"), "socket", 6) == 0)
		return refuse(unit, "StandardInput", "systemd opens its socket", ret_error);
	return 0;
}

/* Systemd opens a socket of the container and hands it to its service. */
static int check_sockets(const Facts *facts, const FactUnit *unit, Error **ret_error)
{
	for (size_t i = 0; i < facts->n_units; i++) {
		const FactUnit *other = &facts->units[i];
		const char *named = facts_unit_get(other, "Socket", "Service");
		_cleanup_free_ char *service = NULL;

		if (!unit_name_has_type(other->name, "socket"))
			continue;
		service = named ? strdup(named) : unit_name_change_type(other->name, "service");
		if (!service)
			return error_oom(ret_error);
		if (strv_contains(unit->names, service))
			return refuse(unit, other->name, "systemd opens that socket", ret_error);
	}
	return 0;
}

/* ---- Its command ---- */

/* A rule is of a name and of all instances of a template. *ret NULL: there is none. */
static int find_foreground(
	const Facts *facts, const FactUnit *unit, const Stanza **ret, Error **ret_error)
{
	_cleanup_free_ char *prefix = strndup(unit->name, strcspn(unit->name, "@."));

	if (!prefix)
		return error_oom(ret_error);
	*ret = knowledge_find(facts->knowledge, STANZA_FOREGROUND, "unit", prefix);
	return 0;
}

/* The value of ExecStart= that stays in the foreground. */
static int find_command(const Stanza *stanza, const FactUnit *unit, char **ret, Error **ret_error)
{
	static const char *const foreground[] = { "simple", "exec", "notify", "notify-reload",
		"idle", "dbus" };
	const char *type = *get(unit, "Type") ? get(unit, "Type") : "simple";
	const char *found = NULL;

	if (stanza) {
		*ret = unit_name_expand(
			unit->name, NULL, stanza_get(stanza, "command"), WORDS_COMMAND);
		return *ret ? 0 : error_oom(ret_error);
	}
	if (!text_is_one_of(type, foreground, ARRAY_SIZE(foreground)))
		return error_set(ret_error, EOPNOTSUPP,
			"%s has Type=%s: its first process ends while the service runs, and no "
			"[foreground] stanza of virt-sandbox.rules(5) says which command stays",
			unit->name, type);
	for (size_t i = 0; i < unit->n_directives; i++) {
		const FactDirective *d = &unit->directives[i];

		if (strcmp(d->key, "ExecStart") != 0)
			continue;
		if (found || d->value[unit_words_command_length(d->value)])
			return refuse(unit, "several commands", "a bare process is one", ret_error);
		found = d->value;
	}
	if (!found)
		return refuse(unit, "no ExecStart", "there is nothing to run", ret_error);
	*ret = strdup(found);
	return *ret ? 0 : error_oom(ret_error);
}

static int make_argv(const FactUnit *unit, const char *command, char *const *environment,
	bool *ret_root, char ***ret, Error **ret_error)
{
	_cleanup_strv_ char **words = NULL, **argv = NULL;
	_cleanup_host_root_ HostRoot root = { .fd = -EBADF };
	_cleanup_free_ char *program = NULL;
	const char *bare;
	size_t prefixes;
	int r = unit_directive_words("ExecStart", command, &words);

	if (r == -ENOMEM)
		return error_oom(ret_error);
	if (r < 0 || !words)
		return refuse(unit, "an ExecStart that cannot be read", command, ret_error);
	bare = unit_word_bare("ExecStart", words[0]);
	prefixes = (size_t)(bare - words[0]);
	r = host_root_open(&root, NULL, ret_error);
	if (r < 0)
		return r;
	program = unit_program_find(&root, unit, bare);
	if (!program || strv_append(&argv, program) < 0)
		return error_oom(ret_error);
	*ret_root = memchr(words[0], '+', prefixes) || memchr(words[0], '!', prefixes);
	/* "@": the next word is its name for itself, which no image can say. */
	for (char **word = words + 1 + (memchr(words[0], '@', prefixes) && words[1]); *word; word++)
		if ((memchr(words[0], ':', prefixes)
				    ? strv_append(&argv, *word)
				    : environment_expand(*word, environment, &argv)) < 0)
			return error_oom(ret_error);
	*ret = TAKE_PTR(argv);
	return 0;
}

/* ---- Its environment ---- */

static int read_file(
	const char *value, UnitReadFile read, void *data, UnitProcess *process, Error **ret_error)
{
	bool optional = value[0] == '-';
	_cleanup_free_ char *text = NULL;
	int r = read(value + optional, data, &text);

	if (r < 0 && optional)
		return 0;
	if (r < 0)
		return error_errno(ret_error, -r,
			"cannot read %s of the container, which EnvironmentFile names",
			value + optional);
	return environment_read(text, &process->environment) < 0 ? error_oom(ret_error) : 0;
}

static int add_account(const Facts *facts, UnitProcess *process)
{
	const FactAccount *account =
		process->user ? facts_account(facts, process->user, false) : NULL;
	const char *const names[] = { "USER", "LOGNAME", "HOME" };

	for (size_t i = 0; account && i < ARRAY_SIZE(names); i++) {
		_cleanup_free_ char *line = NULL;

		if (asprintf(&line, "%s=%s", names[i], i == 2 ? account->home : account->name) <
			0) {
			line = NULL;
			return -ENOMEM;
		}
		if (environment_put(&process->environment, line) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int make_environment(const Facts *facts, const FactUnit *unit, UnitReadFile read, void *data,
	UnitProcess *process, Error **ret_error)
{
	int r = 0;

	if (add_account(facts, process) < 0)
		return error_oom(ret_error);
	for (int files = 0; files < 2; files++) /* what files say comes last */
		for (size_t i = 0; i < unit->n_directives && r == 0; i++) {
			const FactDirective *d = &unit->directives[i];
			_cleanup_strv_ char **words = NULL;

			if (files && strcmp(d->key, "EnvironmentFile") == 0)
				r = read_file(d->value, read, data, process, ret_error);
			if (files || strcmp(d->key, "Environment") != 0)
				continue;
			if (unit_directive_words(d->key, d->value, &words) == -ENOMEM)
				return error_oom(ret_error);
			STRV_FOREACH (word, words)
				if (strchr(*word, '=') &&
					environment_put(&process->environment, *word) < 0)
					return error_oom(ret_error);
		}
	return r;
}

/* ---- The rest ---- */

/* What is here, or says something to systemd alone. */
static bool is_told(const char *key)
{
	static const char *const own[] = { "Type", "User", "Group", "WorkingDirectory",
		"Environment", "EnvironmentFile", "RuntimeDirectory", "RuntimeDirectoryMode",
		"RuntimeDirectoryPreserve", "StateDirectory", "CacheDirectory", "LogsDirectory",
		"ConfigurationDirectory", "ExecStart", "KillSignal", "KillMode", "PIDFile",
		"NotifyAccess", "BusName", "RemainAfterExit", "GuessMainPID", "SyslogIdentifier",
		"StandardOutput", "StandardError", "OOMPolicy", "FinalKillSignal", "SendSIGKILL",
		"ExecReload" };

	return text_is_one_of(key, own, ARRAY_SIZE(own)) || strncmp(key, "Restart", 7) == 0 ||
	       strncmp(key, "Timeout", 7) == 0 || strncmp(key, "X-", 2) == 0;
}

static int tell_rest(const FactUnit *unit, char ***notes)
{
	_cleanup_strv_ char **keys = NULL;
	_cleanup_free_ char *all = NULL;

	for (size_t i = 0; i < unit->n_directives; i++) {
		const FactDirective *d = &unit->directives[i];

		if (strcmp(d->section, SERVICE) == 0 && !is_told(d->key) &&
			strv_append_unique(&keys, d->key) < 0)
			return -ENOMEM;
	}
	all = strv_join(keys, ", ");
	if (!all)
		return -ENOMEM;
	return keys ? strv_appendf(notes,
			      "These directives of %s have no effect without systemd; the engine must "
			      "provide those that the service needs: %s",
			      unit->name, all)
		    : 0;
}

static int take_text(const FactUnit *unit, const char *key, char **ret)
{
	const char *value = get(unit, key);

	if (!*value)
		return 0;
	*ret = strdup(value);
	return *ret ? 0 : -ENOMEM;
}

static int find_rest(const Facts *facts, const Stanza *stanza, const FactUnit *unit,
	UnitProcess *process, Error **ret_error)
{
	const char *signal = stanza ? stanza_get(stanza, "signal") : NULL,
		   *directory = get(unit, "WorkingDirectory"),
		   *mode = get(unit, "RuntimeDirectoryMode");
	const FactAccount *account =
		process->user ? facts_account(facts, process->user, false) : NULL;

	directory += *directory == '-';
	if (!signal)
		signal = *get(unit, "KillSignal") ? get(unit, "KillSignal") : "SIGTERM";
	process->signal = strdup(signal);
	if (*directory)
		process->directory =
			strdup(*directory == '~' ? (account ? account->home : "/root") : directory);
	process->runtime_mode = *mode ? (mode_t)strtoul(mode, NULL, 8) & 07777 : 0755;
	if (!process->signal || (*directory && !process->directory) ||
		unit_values(unit, SERVICE, "RuntimeDirectory", &process->runtime) < 0 ||
		tell_rest(unit, &process->notes) < 0)
		return error_oom(ret_error);
	return 0;
}

int unit_process_make(const Facts *facts, const FactUnit *unit, UnitReadFile read, void *data,
	UnitProcess *ret, Error **ret_error)
{
	_cleanup_unit_process_ UnitProcess process = {};
	_cleanup_free_ char *command = NULL;
	const Stanza *stanza = NULL;
	bool root = false;
	int r = check_keys(unit, ret_error);

	if (r == 0)
		r = check_sockets(facts, unit, ret_error);
	if (r == 0)
		r = find_foreground(facts, unit, &stanza, ret_error);
	if (r == 0)
		r = find_command(stanza, unit, &command, ret_error);
	if (r == 0 && (take_text(unit, "User", &process.user) < 0 ||
			      take_text(unit, "Group", &process.group) < 0))
		r = error_oom(ret_error);
	if (r == 0)
		r = make_environment(facts, unit, read, data, &process, ret_error);
	if (r == 0)
		r = make_argv(unit, command, process.environment, &root, &process.argv, ret_error);
	if (r == 0)
		r = find_rest(facts, stanza, unit, &process, ret_error);
	if (r < 0)
		return r;
	if (root) {
		free(process.user);
		free(process.group);
		process.user = process.group = NULL;
	}
	*ret = process;
	process = (UnitProcess){};
	return 0;
}
