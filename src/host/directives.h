/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Every directive of unit files of systemd 252 to 257: how its value is read, what its words name, and what becomes of that in a container.
 * Readers of units and rules of the planner ask here; docs/DIRECTIVES.md is printed from it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum DirectiveSection {
	SECTION_UNIT = 1 << 0,
	SECTION_INSTALL = 1 << 1,
	SECTION_SERVICE = 1 << 2,
	SECTION_SOCKET = 1 << 3,
	SECTION_TIMER = 1 << 4,
	SECTION_PATH = 1 << 5,
	SECTION_MOUNT = 1 << 6,
	SECTION_AUTOMOUNT = 1 << 7,
	SECTION_SWAP = 1 << 8,
	SECTION_SLICE = 1 << 9,
	SECTION_SCOPE = 1 << 10,
} DirectiveSection;

/* What a further assignment does. */
typedef enum DirectiveAssign {
	ASSIGN_LAST, /* the last one holds */
	ASSIGN_GROWS, /* adds; an empty value resets */
	ASSIGN_SETS, /* as well, and an empty value is one, too: nothing of all */
	ASSIGN_DEPENDENCY, /* adds; systemd never resets dependencies */
	ASSIGN_CONDITIONS, /* from here: an empty value of any key of the group resets the whole group */
	ASSIGN_ASSERTS,
	ASSIGN_LISTENS,
	ASSIGN_TIMES,
	ASSIGN_PATHS,
	ASSIGN_MAX,
} DirectiveAssign;

/* How a value is split into words: unit-words.h. */
typedef enum DirectiveWords {
	WORDS_ONE, /* the whole value is one word, blanks included */
	WORDS_PATTERN, /* as well, and a pattern of glob(7) */
	WORDS_LIST, /* words; quotes are taken off, and a backslash hides what follows */
	WORDS_RAW, /* words; quotes are taken off, and backslashes stay */
	WORDS_C_ESCAPES, /* words; quotes are taken off, escapes are those of C */
	WORDS_COMMAND, /* as well; the first is a program, and ";" begins another command */
	WORDS_BINDS, /* SOURCE[:DESTINATION[:OPTIONS]] each; read as source and destination by turns */
	WORDS_COLONS, /* between colons */
	WORDS_MAX,
} DirectiveWords;

/* What the words name. */
typedef enum DirectiveNoun {
	NOUN_PLAIN, /* nothing outside of the unit */
	NOUN_PROGRAM, /* a program and its arguments */
	NOUN_FILE, /* a file that is read before the service starts */
	NOUN_NEEDED, /* a path that must be there for the unit to start, and is written to */
	NOUN_SHIELDED, /* a path that must be there for the unit to start, and is read, if not hidden */
	NOUN_HIDDEN, /* a path that must be there for the unit to start, and whose content is out of its reach */
	NOUN_NAMED, /* a path that may be there */
	NOUN_CONDITION, /* a path on which it depends whether the unit starts */
	NOUN_OUTPUT, /* a terminal, or "file:", "append:" and "truncate:" with a path */
	NOUN_DIRECTORY, /* names of directories that systemd makes below a place of the directive */
	NOUN_CREDENTIAL, /* ID[:PATH] */
	NOUN_IMAGE, /* of a file system */
	NOUN_VARIABLES, /* NAME=VALUE, where the value may hold paths */
	NOUN_PAM, /* a file of /etc/pam.d */
	NOUN_USER,
	NOUN_GROUP,
	NOUN_UNITS,
	NOUN_DEVICE,
	NOUN_ADDRESS, /* an address, protocol or interface */
	NOUN_LIMIT,
	NOUN_CAPABILITIES,
	NOUN_PROTECTION, /* what the unit is kept from by means that no container has */
	NOUN_MAX,
} DirectiveNoun;

typedef enum DirectiveFate {
	FATE_WORKS, /* inside as on the host */
	FATE_BRINGS, /* and what it names comes along */
	FATE_MAKES, /* and what it names is made, with its owner */
	FATE_DROP_IN, /* replaced by a drop-in where a container cannot give it, and told */
	FATE_TELLS, /* told where it means something else inside */
	FATE_REFUSES, /* refused where a container cannot give it */
	FATE_MAX,
} DirectiveFate;

/* With --init=direct. */
typedef enum DirectFate {
	DIRECT_HONOURS, /* its init does it */
	DIRECT_IDLE, /* nothing follows from it where there is one service and no systemd */
	DIRECT_REFUSES, /* and so does create */
	DIRECT_MAX,
} DirectFate;

typedef struct Directive {
	const char *key;
	uint32_t sections; /* of DirectiveSection */
	DirectiveAssign assign;
	DirectiveWords words;
	DirectiveNoun noun;
	DirectiveFate fate;
	DirectFate direct;
	const char
		*prefixes; /* what may stand before the value, or before each word; NULL: nothing */
	const char *note; /* when, or why; NULL: nothing to add */
} Directive;

/* The row of a key, or NULL: systemd does not know it. */
const Directive *directive_find(const char *key);
size_t directives_count(void);
const Directive *directives_at(size_t index);

/* Where the directories of StateDirectory= and its like are, with DynamicUser= and without; NULL: the key is none of them. */
const char *directive_place(const char *key, bool dynamic);
