/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * virt-lxc: virsh's command language over <virt-sandbox.h>. A command is a row with a table of options; the parser, help and completion read the
 * tables. Options with a value may be given by name or, in the table's order, by position.
 */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "cli/report.h"

#define VIRT_OPTIONS_MAX 40 /* of one command */

typedef enum VirtKind {
	VIRT_BOOL, /* takes no value */
	VIRT_INT,
	VIRT_STRING,
	VIRT_DATA, /* a string that must be given */
	VIRT_ARGV, /* all that follows; must be given */
	VIRT_REST, /* all that follows, if anything */
} VirtKind;

typedef struct VirtOption {
	const char *name;
	VirtKind kind;
	const char *help;
	bool named; /* never by position */
} VirtOption;

typedef enum VirtChange {
	VIRT_READS = 0,
	VIRT_TUNES, /* changes something where it is given a value, else shows it */
	VIRT_CHANGES,
} VirtChange;

typedef struct VirtShell {
	bool quiet, timing, interactive, ended, readonly;
	const char *uri; /* as it was given; NULL: it was not */
	const char *escape; /* of the console */
	int status; /* of the last command that was run inside, which is ours, too; 0: none failed */
	char **destroyed; /* names of domains that end with us */
	size_t n_destroyed;
} VirtShell;

/* A command line that was read. The texts are its own. */
typedef struct VirtArgs {
	const struct VirtCommand *command;
	bool seen[VIRT_OPTIONS_MAX];
	char *values[VIRT_OPTIONS_MAX];
	char **rest; /* of VIRT_ARGV and VIRT_REST, NULL-terminated; NULL: none */
	size_t n_rest;
} VirtArgs;

typedef struct VirtCommand {
	const char *name;
	const char *help; /* one line */
	const VirtOption *options; /* the last has no name */
	bool (*run)(VirtShell *shell, const VirtArgs *args); /* false: it said why */
	bool unasked; /* needs no connection */
	VirtChange changes; /* what --readonly refuses */
} VirtCommand;

typedef struct VirtGroup {
	const char *title, *keyword;
	const VirtCommand *commands; /* the last has no name */
} VirtGroup;

extern const VirtGroup virt_groups[]; /* the last has no title */
extern const VirtCommand virt_domain_commands[], virt_monitor_commands[], virt_host_commands[],
	virt_network_commands[], virt_shell_commands[], virt_tune_commands[],
	virt_figure_commands[], virt_device_commands[];

extern const VirtCommand virt_command_help;

const VirtCommand *virt_command_find(const char *name);

/* -- Reading: virt-lxc-parse.c -- */

/* Reads one command of words, NULL-terminated; *ret_next is what follows its ";", or NULL. False: it said why. */
bool virt_parse(char *const *words, VirtArgs *ret);
void virt_args_done(VirtArgs *args);
/* Cuts a line into commands of words as a shell does; ";" between commands is a NULL word of its own, the end is two. NULL: it said why. */
char **virt_split(const char *line, size_t *ret_count);

bool virt_has(const VirtArgs *args, const char *option);
const char *virt_value(const VirtArgs *args, const char *option); /* NULL: not given */
/* 1: given, 0: not; negative: it said why not. */
int virt_number(
	const VirtArgs *args, const char *option, long long min, long long max, long long *ret);
/* A size in KiB unless it has another unit; -1 is *ret UINT64_MAX with `unlimited`. */
int virt_size(const VirtArgs *args, const char *option, bool unlimited, unsigned long long *ret);
/* Says so where both are given. */
bool virt_exclude(const VirtArgs *args, const char *one, const char *other);

/* -- Saying: virt-lxc-say.c -- */

/* "error: sentence" on standard error. Returns false. */
bool virt_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The same, of a list of arguments. */
bool virt_fail_list(const char *format, va_list list) __attribute__((format(printf, 1, 0)));
bool virt_not_running(void); /* what libvirt says of a domain that must run */
/* The same of the library's sentence. */
bool virt_fail_error(const vsb_error *error);
/* First what was to be done, then why not. */
bool virt_failed(const vsb_error *error, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* A result, which -q does not silence; and what it does silence. */
void virt_say(const char *format, ...) __attribute__((format(printf, 1, 2)));
void virt_extra(const VirtShell *shell, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* A result that is the last of its command: the empty line that -q leaves out ends it. */
void virt_line(const VirtShell *shell, const char *text);

typedef struct VirtTable {
	size_t columns;
	char **cells; /* the header first */
	size_t n_cells;
	bool failed;
} VirtTable;

/* Column titles, then rows: each as many texts, which are copied; NULL is "-". */
void virt_table_begin(VirtTable *table, size_t columns, const char *const *titles);
void virt_table_add(VirtTable *table, const char *const *cells);
/* Prints and frees it. */
bool virt_table_end(VirtTable *table, const VirtShell *shell);

void virt_help_program(void);

/* Uses that URI from now on; NULL: the usual one. False: it said why not. */
bool virt_connect(VirtShell *shell, const char *uri);

/* -- What the commands share: virt-lxc-domain.c -- */

static inline void domain_cleanup(vsb_domain **domain)
{
	vsb_domain_free(*domain);
}
#define _cleanup_domain_ _cleanup_(domain_cleanup)

/* The domain that <domain> names; NULL: it said why not. */
vsb_domain *virt_domain(const VirtArgs *args);
/* by: VSB_DOMAIN_BY_ID and so on; 0: by any. */
vsb_domain *virt_domain_of(const char *word, unsigned int by);
/* A fact about it; "" where it has none. Free with vsb_free(). NULL: it said why not. */
char *virt_get(const vsb_domain *domain, const char *key);
/* A file's text; NULL: it said why not. */
char *virt_read(const char *path);
void virt_warn(char *const *notes); /* on standard error */
/* Which documents --live, --config and --current mean; false: it said why not. */
bool virt_which(const VirtArgs *args, unsigned int *ret);
bool virt_console(VirtShell *shell, const vsb_domain *domain, const char *device);

#define VIRT_OPTIONS_WHICH                                                                         \
	{ "config", VIRT_BOOL, "affect next boot" },                                               \
		{ "live", VIRT_BOOL, "affect running domain" },                                    \
	{                                                                                          \
		"current", VIRT_BOOL, "affect current domain"                                      \
	}
#define VIRT_OPTION_DOMAIN                                                                         \
	{                                                                                          \
		"domain", VIRT_DATA, "domain name, id or uuid"                                     \
	}
