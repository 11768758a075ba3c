/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * From a unit to the steps of virt-sandbox-direct: what rules-direct.c, direct-rows.c and direct-values.c share.
 */
#pragma once

#include "direct/steps.h"
#include "plan/rules.h"

/* One unit on its way. */
typedef struct Making {
	PlanBuild *build;
	const FactUnit *unit;
	const FactDirective *at; /* that is read now */
	Steps steps;
	/* What several directives decide together. */
	uint64_t bounding, ambient;
	uint64_t dropped; /* capabilities, by other directives than CapabilityBoundingSet= */
	bool has_bounding;
} Making;

typedef struct DirectRow DirectRow;
struct DirectRow {
	const char *key;
	void (*take)(Making *m, const DirectRow *row, const char *value);
	size_t offset; /* of the step */
	const char *words; /* that it may be, " a b "; or what it stands for */
	int64_t number; /* the highest */
};

/* The member of the steps. */
void *direct_step(Making *m, const DirectRow *row);

/* The whole of it: refused, with the file and line where it stands. why: NULL: its init has no such directive. */
void direct_refuse(Making *m, const char *why);
/* What came of reading its value: -EINVAL is a refusal. */
void direct_keep(Making *m, int r);
void direct_text(Making *m, char **member, const char *value);
void direct_add(Making *m, char ***list, const char *value);
/* The same; text is freed. NULL: there was no memory for it. */
void direct_give(Making *m, char ***list, char *text);
/* Words of the directive's value, or of a part of it. */
char **direct_words(Making *m, const char *value);
/* Takes one directive; false: there is no row for it. */
bool direct_take(Making *m, const FactDirective *directive);
/* After the last one. */
void direct_finish(Making *m);
/* What of the table has a row: tests compare it with directives.table. */
const char *direct_key(size_t index);

/* direct-values.c: each 0, or -EINVAL for what systemd does not read either. */
int direct_boolean(const char *text, int64_t *ret);
int direct_time(const char *text, int64_t *ret_msec); /* "infinity" is 0 */
int direct_mode(const char *text, int64_t *ret);
int direct_number(const char *text, int64_t min, int64_t max, int64_t *ret);
int direct_signal(const char *text, int64_t *ret);
/* Names, "~" first for all but them. */
int direct_capabilities(char *const *names, uint64_t *ret);
/* "Limit" is taken off the key. "NUMBER SOFT HARD", newly allocated. */
int direct_limit(const char *key, const char *value, char **ret);
/* "143", "SIGKILL", "TEMPFAIL": as Steps has an end. */
int direct_end(const char *word, char **ret);

/* direct-files.c */
void direct_take_files(Making *m, const DirectRow *row, const char *value);
void direct_take_directory(Making *m, const DirectRow *row, const char *value);
void direct_take_paths(Making *m, const DirectRow *row, const char *value);
void direct_take_bind(Making *m, const DirectRow *row, const char *value);
void direct_take_tmpfs(Making *m, const DirectRow *row, const char *value);
void direct_take_protect_system(Making *m, const DirectRow *row, const char *value);
void direct_take_protect_home(Making *m, const DirectRow *row, const char *value);
void direct_take_private_devices(Making *m, const DirectRow *row, const char *value);
void direct_take_protect_kernel(Making *m, const DirectRow *row, const char *value);

/* direct-own.c: only at the end, for a mode may stand behind the name. */
void direct_own_finish(Making *m);

/* direct-filter.c */
bool direct_filter_take(Making *m); /* is the directive about system calls? Then it is taken */
void direct_filter_finish(Making *m);
const char *direct_filter_key(size_t index); /* as direct_key() */
