/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The supervisor of one container: the process that starts it, is its parent and keeps it until it ends. What its parts share;
 * only virt-sandbox-supervisor.c calls supervisor_run().
 */
#pragma once

#include "base/clock.h"
#include "engine/io/console.h"
#include "engine/keep/control.h"
#include "engine/engine.h"
#include "engine/enter/query.h"
#include "engine/keep/launch-notifier.h"
#include "engine/keep/state.h"

#define CLIENTS_MAX 16 /* connections at once */
#define STOP_TIMEOUT 60 /* seconds for a clean shutdown that nobody gave another limit for */
#define UNDO_TIMEOUT 10 /* seconds for one whose start has failed */
#define QUERY_TIMEOUT 30 /* seconds for an answer from inside */
#define AGAIN_TIMEOUT 1 /* seconds until a unit that is tried again is looked at */
#define REBOOT_MIN_SECONDS 10 /* a container that reboots sooner ... */
#define REBOOT_QUICK_MAX 5 /* ... that often in a row is not started again */

/* What the loop waits for; one descriptor each. */
typedef enum Source {
	SOURCE_SIGNALS,
	SOURCE_PROCESS, /* PID 1 */
	SOURCE_CONSOLE,
	SOURCE_NOTIFY,
	SOURCE_DEADLINE, /* of the start, or of the shutdown */
	SOURCE_QUERY_OUTPUT,
	SOURCE_QUERY_PROCESS,
	SOURCE_QUERY_DEADLINE,
	SOURCE_CONTROL,
	SOURCE_CLIENT, /* the first of CLIENTS_MAX */
	_SOURCE_MAX = SOURCE_CLIENT + CLIENTS_MAX,
} Source;

/* Why a command runs inside. */
typedef enum Asking {
	ASKING_NOTHING,
	ASKING_UNITS, /* whether they are up */
	ASKING_SYNC, /* the journal to be complete */
	ASKING_JOURNAL, /* why one is not */
	ASKING_RELOAD,
	_ASKING_MAX,
} Asking;

/* Says what the container shall be started with. */
typedef int (*SupervisorCompile)(const char *name, Spec **ret, Error **ret_error);

typedef struct Client {
	bool attached; /* gets the console's output */
	bool reloading; /* waits for the end of the reload */
} Client;

typedef struct Supervisor {
	const char *name;
	Starter *starter;
	SupervisorCompile compile;
	Spec *spec;
	Label *label;
	Run *run;
	RunState state;
	Error *error; /* why the start failed */
	int lock_fd, run_fd, epoll_fd;
	int fds[_SOURCE_MAX];
	Client clients[CLIENTS_MAX];
	Query query;
	Asking asking;
	const char *down; /* the unit that did not start; borrowed from the Spec */
	bool ready, stopping, ended, reboot;
	size_t next_stop; /* the step of the Spec's list that comes next */
	Deadline stop_step,
		stop_limit; /* when it comes; when it is killed whatever is left of the list */
	bool dirty; /* something could not be undone */
	bool console_pending; /* there was more than one turn may read */
	Deadline window; /* end of the span of time that these are counted in */
	unsigned int console_pieces, notifications;
	int status; /* of PID 1, as from wait(2) */
	int64_t status_told; /* second in which the service manager was last told what PID 1 says */
	int64_t since; /* clock_now_msec() when it became running: the time of day may be set meanwhile */
	unsigned int quick_reboots;
	Console console;
	unsigned char packet[CONTROL_PACKET_MAX];
} Supervisor;

/* supervisor.c: from the description to the end. *ret_status as from wait(2). A failure was told to the starter. */
int supervisor_run(const char *name, SupervisorCompile compile, Starter *starter, int *ret_status,
	Error **ret_error);
/* The clean way down, killed after some seconds; 0: at once. Asked again, the last limit counts. */
void supervisor_shut_down(Supervisor *s, unsigned int timeout);
/* When the time of a step, or of all, is over. */
void supervisor_stop_further(Supervisor *s);
/* Takes *error as the reason why the start failed and begins to undo it. */
void supervisor_give_up(Supervisor *s, Error **error);
void supervisor_is_ready(Supervisor *s);
int supervisor_save_state(Supervisor *s, Error **ret_error);

/* supervisor-loop.c: waits and calls until PID 1 has ended. */
int supervisor_open_sources(Supervisor *s, Error **ret_error);
int supervisor_watch(Supervisor *s, Source source, int fd, uint32_t events, Error **ret_error);
void supervisor_unwatch(Supervisor *s, Source source); /* closes it */
void supervisor_set_deadline(Supervisor *s, Source timer, unsigned int seconds); /* 0: none */
void supervisor_set_deadline_msec(Supervisor *s, Source timer, int64_t msec);
int supervisor_loop(Supervisor *s, Error **ret_error);

/* supervisor-ask.c: commands inside, without waiting for them. */
void supervisor_ask_units(Supervisor *s);
int supervisor_ask_reload(Supervisor *s, Error **ret_error); /* -EBUSY */
void supervisor_on_query(Supervisor *s, Source source);
void supervisor_stop_asking(Supervisor *s);

/* supervisor-service.c: the control socket. */
int supervisor_listen(Supervisor *s, Error **ret_error);
void supervisor_on_connect(Supervisor *s, Source source);
void supervisor_on_client(Supervisor *s, Source source);
void supervisor_show(Supervisor *s, const char *data, size_t size); /* to who is attached */
void supervisor_tell_reloaded(Supervisor *s, const Error *error);
