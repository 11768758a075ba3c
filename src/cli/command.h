/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Commands: what each of them has in common with the others.
 */
#pragma once

#include "cli/command-row.h"
#include "cli/report.h"

#define WORDS_MANY 4096 /* most names on one command line */

/* The commands of virt-sandbox-service; the last has no name. */
extern const Command service_commands[];
/* The options of some of them. */
extern const Option export_rows[], import_rows[], snapshot_rows[];

int run_create(const Args *args);
int run_clone(const Args *args);
int run_apply(const Args *args);
int run_export(const Args *args);
int run_import(const Args *args);
int run_snapshot(const Args *args);
int run_restore(const Args *args);
int run_upgrade(const Args *args);
int run_start(const Args *args);
int run_stop(const Args *args);
int run_restart(const Args *args);
int run_wait_for(const Args *args);
int run_rename(const Args *args);
int run_delete(const Args *args);
int run_disk_usage(const Args *args);
int run_prune(const Args *args);
int run_check(const Args *args);
int run_verify(const Args *args);
int run_edit(const Args *args);
int run_connect(const Args *args);
int run_execute(const Args *args);
int run_logs(const Args *args);
int run_copy(const Args *args);
int run_list(const Args *args);
int run_reach(const Args *args);
int run_events(const Args *args);
int run_stats(const Args *args);
int run_set(const Args *args);
int run_audit(const Args *args);
int run_policy(const Args *args);
int run_rules(const Args *args);
int run_network(const Args *args);
int run_base(const Args *args);

int each_diff(const char *name, const Args *args, vsb_error **error);
int each_undelete(const char *name, const Args *args, vsb_error **error);
int each_ps(const char *name, const Args *args, vsb_error **error);
int each_inspect(const char *name, const Args *args, vsb_error **error);
int each_reload(const char *name, const Args *args, vsb_error **error);
int each_send_signal(const char *name, const Args *args, vsb_error **error);
int each_pause(const char *name, const Args *args, vsb_error **error);
int each_resume(const char *name, const Args *args, vsb_error **error);
int each_relabel(const char *name, const Args *args, vsb_error **error);

/* Calls work for each word, which is a container's name, and tells of those that failed; doing ("starting") is told while one takes long.
 * Returns the exit code. */
int command_each(const Args *args, const char *doing, CommandWork work);

/* From here on who waits for a package manager says so. */
void command_tell_package_wait(void);

/* Names of all containers, or of those that run: for vsb_strv_free(). NULL: it has told why not. */
char **command_names(bool running);

/* Tells of the failure and frees it. Returns EXIT_FAILED. */
int command_fail(vsb_error *error);

/* Sets the keys that options gave and the words of a command. 0 or negative errno. */
int command_describe(vsb_desc *desc, const Args *args, vsb_error **error);

/* Reads the command line of a command and answers what every command answers: --help, --version,
 * --connect. Returns -1 when the command shall run, else the exit code. */
int command_begin(const Command *command, const char *program, char **argv, Args *ret_args);
