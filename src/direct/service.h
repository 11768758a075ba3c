/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Service: the one that virt-sandbox-direct starts and keeps, as it is now. What is in these files is linked into that program alone.
 */
#pragma once

#include <limits.h>
#include <signal.h>
#include <sys/types.h>

#include "direct/steps.h"

#define NOTIFY_PLACE "/run/systemd/notify" /* where the service says READY=1, as systemd has it */
#define NEVER INT64_MAX

typedef enum Result { /* systemd's words, service_result_name() */
	RESULT_SUCCESS,
	RESULT_EXIT_CODE,
	RESULT_SIGNAL,
	RESULT_CORE_DUMP,
	RESULT_TIMEOUT,
	RESULT_PROTOCOL,
	RESULT_RESOURCES,
	RESULT_MAX,
} Result;

typedef struct Service {
	Steps steps;
	sigset_t mask; /* of what it starts */
	int signal_fd, notify_fd;
	int log_fd; /* -1: none of its own, so standard error */
	int cgroup_fd; /* the directory of its cgroup */
	const char *manager; /* socket that is told what becomes of it; NULL: nobody */
	int *sockets; /* that it is given */
	size_t n_sockets;

	pid_t main, command; /* 0: none */
	bool main_ended, command_ended;
	int main_status, command_status; /* as from wait(2) */
	bool said_ready, told; /* to end */
	bool wants_reload;
	bool was_up; /* once since we began */
	Result result;
	int status; /* with _EXIT_CODE, _SIGNAL, _CORE_DUMP: as from wait(2) */
} Service;

/* -- pump.c -- */

int64_t pump_now(void); /* milliseconds */
int64_t pump_deadline(int64_t msec); /* 0: NEVER */
int pump_begin(Service *s);
/* Hears of one thing, or of none before the deadline: false. */
bool pump(Service *s, int64_t deadline);
/* To who keeps the container. */
void pump_tell(const Service *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* A line of the log. */
void pump_say(const Service *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* -- group.c: all of its processes -- */

int group_begin(Service *s);
bool group_is_empty(const Service *s);
bool group_has(const Service *s, pid_t pid);
/* The one whose parent we are, if there is one alone; 0: none, or several. */
pid_t group_first(const Service *s);
void group_kill(const Service *s, int signal);

/* -- process.c: starting one -- */

/* Its number. -1: there is none, and why was said. Not *ret_runs: the program could not be executed, which was said, and the process ends with a status that
 * says the same as of systemd's. */
pid_t process_start(Service *s, const char *command, bool *ret_runs);

/* -- confine.c -- */

/* What it sees of the files, where it is not all of them: false with errno, and *ret_what. */
bool confine(const Steps *steps, const char **ret_what);
/* What is there before all of it. */
int confine_boot(const Service *s);
/* Directories that are its own while it runs. */
int confine_begin(const Service *s);
void confine_end(const Service *s);
int confine_make(const Service *s, uid_t uid, gid_t gid);

/* -- person.c -- */

typedef struct Person {
	uid_t uid;
	gid_t gid;
	gid_t groups[256];
	size_t n_groups;
	char name[64], home[PATH_MAX], shell[PATH_MAX]; /* "": not known */
} Person;

/* Of User=, Group= and SupplementaryGroups=. -1: *ret_word is what /etc has not. */
int person_find(const Steps *steps, Person *ret, const char **ret_word);

/* -- service-variables.c -- */

/* Newly allocated; NULL: *ret_file cannot be read, or no memory. */
char **variables_make(const Service *s, const Person *person, const char **ret_file);
/* The words of a command with what they name. NULL without memory. */
char **variables_expand(char *const *words, char *const *environment);

/* -- listen.c -- */

int listen_begin(Service *s);

/* -- service-life.c -- */

const char *service_result_name(Result result);
/* Until it has ended for good; our exit status. */
int service_live(Service *s);
