/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Units as bare processes.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/strv.h"
#include "base/unit-test.h"
#include "host/knowledge.h"
#include "host/unit-process.h"
#include "host/unit-text.h"

static int read_none(const char *path, void *data, char **ret)
{
	(void)data;
	if (strcmp(path, "/etc/default/web") != 0)
		return -ENOENT;
	*ret = strdup("OPTIONS=-v \"two words\"\nPORT=81\n");
	return *ret ? 0 : -ENOMEM;
}

/* The one unit, asked for. */
static Facts *facts_of(const char *name, const char *text)
{
	Facts *facts = calloc(1, sizeof(*facts));

	assert_non_null(facts);
	facts->units = calloc(1, sizeof(*facts->units));
	assert_non_null(facts->units);
	facts->n_units = 1;
	facts->units[0].name = strdup(name);
	facts->units[0].asked = true;
	assert_int_equal(strv_append(&facts->units[0].names, name), 0);
	assert_int_equal(unit_text_parse(&facts->units[0], text, strlen(text)), 0);
	return facts;
}

static void check(const char *text, const char *argv, const char *environment)
{
	_cleanup_facts_ Facts *facts = facts_of("web.service", text);
	_cleanup_unit_process_ UnitProcess process = {};
	_cleanup_free_ char *words = NULL, *variables = NULL;
	const FactUnit *unit;

	assert_int_equal(unit_process_find(facts, &unit, NULL), 0);
	assert_int_equal(unit_process_make(facts, unit, read_none, NULL, &process, NULL), 0);
	words = strv_join(process.argv, "|");
	variables = strv_join(process.environment, "|");
	assert_string_equal(words, argv);
	assert_string_equal(variables, environment);
}

static void refused(const char *text, const char *part)
{
	_cleanup_facts_ Facts *facts = facts_of("web.service", text);
	_cleanup_unit_process_ UnitProcess process = {};
	_cleanup_error_ Error *error = NULL;

	assert_int_equal(
		unit_process_make(facts, &facts->units[0], read_none, NULL, &process, &error),
		-EOPNOTSUPP);
	assert_non_null(strstr(error_message(error), part));
}

TEST(words_and_variables)
{
	check("[Service]\nEnvironment=PORT=80 \"NAME=a b\"\nEnvironmentFile=-/etc/default/web\n"
	      "EnvironmentFile=-/etc/none\nExecStart=/bin/true $OPTIONS -p ${PORT} x${NAME}y $$HOME $NONE '%%'\n",
		"/bin/true|-v|two words|-p|81|xa by|$HOME|%%",
		"PORT=81|NAME=a b|OPTIONS=-v \"two words\"");
	check("[Service]\nExecStart=:/bin/true $OPTIONS ${X}\n", "/bin/true|$OPTIONS|${X}", "");
	check("[Service]\nExecStart=-@/bin/true name -x\n", "/bin/true|-x", "");
}

TEST(rest)
{
	_cleanup_facts_ Facts *facts = facts_of("web.service",
		"[Service]\nExecStart=/bin/true\nUser=www\nGroup=web\nWorkingDirectory=-/srv\nKillSignal=SIGQUIT\n"
		"RuntimeDirectory=a b/c\nRuntimeDirectoryMode=0750\nPrivateTmp=yes\nRestart=always\n");
	_cleanup_facts_ Facts *privileged =
		facts_of("web.service", "[Service]\nExecStart=+/bin/true\nUser=www\n");
	_cleanup_unit_process_ UnitProcess process = {}, root = {};

	assert_int_equal(
		unit_process_make(facts, &facts->units[0], read_none, NULL, &process, NULL), 0);
	assert_string_equal(process.user, "www");
	assert_string_equal(process.group, "web");
	assert_string_equal(process.directory, "/srv");
	assert_string_equal(process.signal, "SIGQUIT");
	assert_int_equal(strv_length(process.runtime), 2);
	assert_int_equal(process.runtime_mode, 0750);
	assert_int_equal(strv_length(process.notes), 1);
	assert_non_null(strstr(process.notes[0], "PrivateTmp"));
	assert_null(strstr(process.notes[0], "Restart"));
	assert_int_equal(
		unit_process_make(privileged, &privileged->units[0], read_none, NULL, &root, NULL),
		0);
	assert_null(root.user);
}

TEST(what_systemd_alone_can_do)
{
	refused("[Service]\nType=forking\nExecStart=/bin/true\n", "Type=forking");
	refused("[Service]\nType=oneshot\nExecStart=/bin/true\n", "Type=oneshot");
	refused("[Service]\nExecStart=/bin/true\nExecStart=/bin/false\n", "several commands");
	refused("[Service]\nExecStart=/bin/true ; /bin/false\n", "several commands");
	refused("[Service]\nDynamicUser=On\nExecStart=/bin/true\n", "DynamicUser");
	refused("[Service]\nLoadCredential=a:/b\nExecStart=/bin/true\n", "LoadCredential");
	refused("[Service]\nType=simple\n", "no ExecStart");
}

TEST(environment_file_that_must_be_there)
{
	_cleanup_facts_ Facts *facts = facts_of(
		"web.service", "[Service]\nEnvironmentFile=/etc/none\nExecStart=/bin/true\n");
	_cleanup_unit_process_ UnitProcess process = {};

	assert_int_equal(
		unit_process_make(facts, &facts->units[0], read_none, NULL, &process, NULL),
		-ENOENT);
}

TEST(rules)
{
	static const char text[] =
		"[foreground web]\nunit=web\ncommand=/bin/true --stay %i\nsignal=SIGWINCH\n";
	_cleanup_facts_ Facts *facts =
		facts_of("web@blue.service", "[Service]\nType=forking\nExecStart=/bin/false\n");
	_cleanup_unit_process_ UnitProcess process = {};

	facts->knowledge = calloc(1, sizeof(*facts->knowledge));
	assert_non_null(facts->knowledge);
	assert_int_equal(knowledge_parse(facts->knowledge, text, strlen(text), "x", NULL), 0);
	assert_int_equal(
		unit_process_make(facts, &facts->units[0], read_none, NULL, &process, NULL), 0);
	assert_string_equal(process.argv[2], "blue");
	assert_string_equal(process.signal, "SIGWINCH");
}
