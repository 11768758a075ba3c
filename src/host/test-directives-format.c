/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The table of directives in words, for people.
 */
#include "host/directives.h"

#include "base/buf.h"
#include "host/test-format.h"

static const char *const sections[] = { "Unit", "Install", "Service", "Socket", "Timer", "Path",
	"Mount", "Automount", "Swap", "Slice", "Scope" };

static const char *const words_names[] = {
	[WORDS_ONE] = "one",
	[WORDS_PATTERN] = "pattern",
	[WORDS_LIST] = "list",
	[WORDS_RAW] = "list",
	[WORDS_C_ESCAPES] = "list",
	[WORDS_COMMAND] = "command",
	[WORDS_BINDS] = "source:destination",
	[WORDS_COLONS] = "colons",
};

static const char *const noun_names[] = {
	[NOUN_PLAIN] = "",
	[NOUN_PROGRAM] = "program",
	[NOUN_FILE] = "file",
	[NOUN_NEEDED] = "path",
	[NOUN_SHIELDED] = "path",
	[NOUN_HIDDEN] = "path",
	[NOUN_NAMED] = "path",
	[NOUN_CONDITION] = "path",
	[NOUN_OUTPUT] = "path",
	[NOUN_DIRECTORY] = "directory",
	[NOUN_CREDENTIAL] = "credential",
	[NOUN_IMAGE] = "image",
	[NOUN_VARIABLES] = "variables",
	[NOUN_PAM] = "file",
	[NOUN_USER] = "account",
	[NOUN_GROUP] = "account",
	[NOUN_UNITS] = "unit",
	[NOUN_DEVICE] = "device",
	[NOUN_ADDRESS] = "address",
	[NOUN_LIMIT] = "limit",
	[NOUN_CAPABILITIES] = "capability",
	[NOUN_PROTECTION] = "protection",
};

static const char *const fate_names[] = {
	[FATE_WORKS] = "works",
	[FATE_BRINGS] = "comes along",
	[FATE_MAKES] = "is made",
	[FATE_DROP_IN] = "drop-in",
	[FATE_TELLS] = "told",
	[FATE_REFUSES] = "refused",
};

static const char *const direct_names[] = {
	[DIRECT_HONOURS] = "honoured",
	[DIRECT_IDLE] = "no effect",
	[DIRECT_REFUSES] = "refused",
};

_Static_assert(ARRAY_SIZE(direct_names) == DIRECT_MAX, "names of all that --init=direct does");
_Static_assert(ARRAY_SIZE(words_names) == WORDS_MAX, "names of all ways to read words");
_Static_assert(ARRAY_SIZE(noun_names) == NOUN_MAX, "names of all nouns");
_Static_assert(ARRAY_SIZE(fate_names) == FATE_MAX, "names of all fates");

static void row(Buf *buf, const Directive *d)
{
	const char *comma = "";

	buf_printf(buf, "| %s= | ", d->key);
	for (size_t i = 0; i < ARRAY_SIZE(sections); i++)
		if (d->sections & 1U << i) {
			buf_printf(buf, "%s%s", comma, sections[i]);
			comma = ", ";
		}
	buf_printf(buf, " | %s | ", words_names[d->words]);
	for (const char *c = d->prefixes; c && *c; c++)
		buf_printf(buf, *c == '|' ? "\\%c" : "%c", *c);
	buf_printf(buf, " | %s | %s%s%s | %s |\n", noun_names[d->noun], fate_names[d->fate],
		d->note ? ": " : "", d->note ? d->note : "", direct_names[d->direct]);
}

char *directives_format(void)
{
	_cleanup_buf_ Buf buf = { 0 };
	char *text;

	buf_puts(&buf,
		"# Directives of units in a container\n\n"
		"Every directive of systemd 252 to 257. This page is printed from the table in "
		"`src/host/directives.table`, which the reader of units and the planner use; do not edit it.\n\n"
		"- *works*: inside as on the host; tests/system/test_directive_rows.py tries each.\n"
		"- *comes along*: what it names is in the container, too.\n"
		"- *is made*: what it names is made in the container, with its owner.\n"
		"- *drop-in*: what a container cannot give is replaced by a drop-in, and `create` says so.\n"
		"- *told*: `create` warns where it means something else inside.\n"
		"- *refused*: `create` refuses what a container cannot give.\n\n"
		"The last column is about a container without systemd (`create --init=direct`):\n\n"
		"- *honoured*: its init does it; tests/system/test_direct.py.\n"
		"- *no effect*: nothing follows from it where there is one service, or it holds of every container.\n"
		"- *refused*: `create` refuses it, and names its file and line; a switch that is off is not refused.\n\n"
		"| directive | sections | value | prefixes | names | in a container | with --init=direct |\n"
		"|---|---|---|---|---|---|---|\n");
	for (size_t i = 0; i < directives_count(); i++)
		row(&buf, directives_at(i));
	return buf_take(&buf, &text, NULL) < 0 ? NULL : text;
}
