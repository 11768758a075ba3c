/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The life of the service, as systemd.service(5) has it: start, run, reload, stop, and again.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/strv.h"
#include "base/text.h"
#include "direct/service.h"

#define LOOK_MSEC 20 /* between two looks for a PID file */
#define KILLED_MSEC 10000 /* until what was killed has ended */
#define UNLIMITED_MSEC 100 /* between two starts where nothing limits their number */
#define EARLY_RESTART_MSEC 1000 /* one that was never up is tried again at once, or given up */

static const char *const names[RESULT_MAX] = {
	[RESULT_SUCCESS] = "success",
	[RESULT_EXIT_CODE] = "exit-code",
	[RESULT_SIGNAL] = "signal",
	[RESULT_CORE_DUMP] = "core-dump",
	[RESULT_TIMEOUT] = "timeout",
	[RESULT_PROTOCOL] = "protocol",
	[RESULT_RESOURCES] = "resources",
};

const char *service_result_name(Result result)
{
	return names[result];
}

static bool is_type(const Service *s, const char *type)
{
	return strcmp(s->steps.type, type) == 0;
}

/* "143", "signal 15" */
static bool is_listed(char *const *list, int status)
{
	char text[24];

	(void)snprintf(text, sizeof(text), WIFSIGNALED(status) ? "signal %d" : "%d",
		WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	return strv_contains(list, text);
}

/* Signals that ask a daemon to end are good ends of one. */
static bool is_clean(const Service *s, int status)
{
	int number = WIFSIGNALED(status) ? WTERMSIG(status) : 0;

	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return true;
	if (!is_type(s, "oneshot") &&
		(number == SIGHUP || number == SIGINT || number == SIGTERM || number == SIGPIPE))
		return true;
	return is_listed(s->steps.success, status);
}

/* The first that goes wrong is the result. */
static bool fail(Service *s, Result result, int status)
{
	if (s->result == RESULT_SUCCESS) {
		s->result = result;
		s->status = status;
	}
	return false;
}

static bool judge(Service *s, int status)
{
	if (is_clean(s, status))
		return true;
	return fail(s,
		!WIFSIGNALED(status) ? RESULT_EXIT_CODE
		: WCOREDUMP(status)  ? RESULT_CORE_DUMP
				     : RESULT_SIGNAL,
		status);
}

/* One that is not our child (the service named it itself, by MAINPID= or its PID file) ends without our being told. */
static bool runs_main(const Service *s)
{
	return s->main > 0 && !s->main_ended && kill(s->main, 0) == 0;
}

/* -- Commands -- */

/* Waits for the command that runs. stops: a word to end is one for it, too. */
static bool wait_command(Service *s, int64_t deadline, bool stops)
{
	int64_t end;

	while (!s->command_ended && !(stops && s->told))
		if (!pump(s, deadline))
			break;
	if (s->command_ended)
		return true;
	(void)kill(s->command, SIGKILL);
	end = pump_now() + KILLED_MSEC;
	while (!s->command_ended && pump(s, end))
		continue;
	return false;
}

static bool run_one(Service *s, const char *text, int64_t deadline, bool stops)
{
	bool may_fail = memchr(text, '-', strcspn(text, " ")), runs, ended;
	int status;

	s->command_ended = false;
	s->command = process_start(s, text, &runs);
	if (s->command < 0) {
		s->command = 0;
		return may_fail || fail(s, RESULT_RESOURCES, 0);
	}
	ended = wait_command(s, deadline, stops);
	status = s->command_status;
	s->command = 0;
	if (!ended && stops && s->told)
		return false;
	if (!ended) {
		StepsCommand command = { 0 };

		if (steps_command_parse(text, &command) == 0)
			pump_say(s, "%s did not end in time, and was killed", command.program);
		steps_command_done(&command);
	}
	if (may_fail)
		return true;
	return ended ? judge(s, status) : fail(s, RESULT_TIMEOUT, 0);
}

static bool run_all(Service *s, char *const *commands, int64_t deadline, bool stops)
{
	STRV_FOREACH (text, commands)
		if (!run_one(s, *text, deadline, stops))
			return false;
	return true;
}

/* -- Start -- */

static pid_t read_pid_file(const Service *s)
{
	int fd = open(s->steps.pid_file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	char text[24] = "", *end = text;
	uint64_t pid;
	ssize_t n;

	if (fd < 0)
		return 0;
	n = read(fd, text, sizeof(text) - 1);
	(void)close(fd);
	if (n <= 0)
		return 0;
	end += strcspn(text, " \t\r\n");
	*end = '\0';
	return text_number(text, INT32_MAX, &pid) == 0 && group_has(s, (pid_t)pid) ? (pid_t)pid : 0;
}

/* Which process is the service, when the one that was started has ended? */
static bool find_main(Service *s, int64_t deadline)
{
	s->main_ended = false;
	if (!s->steps.pid_file) {
		s->main = group_first(s);
		return true; /* several: it is up while there are any */
	}
	while ((s->main = read_pid_file(s)) == 0) {
		int64_t look = pump_now() + LOOK_MSEC;

		if (s->told)
			return false;
		if (group_is_empty(s) || pump_now() >= deadline) {
			pump_say(s, "%s does not name a process of the service", s->steps.pid_file);
			return fail(s, RESULT_PROTOCOL, 0);
		}
		(void)pump(s, look);
	}
	return true;
}

static bool start_forking(Service *s, int64_t deadline)
{
	return run_all(s, s->steps.start, deadline, true) && find_main(s, deadline);
}

static bool wait_ready(Service *s, int64_t deadline)
{
	while (!s->said_ready && !s->main_ended && !s->told)
		if (!pump(s, deadline)) {
			pump_say(s, "it did not say that it is ready in time");
			return fail(s, RESULT_TIMEOUT, 0);
		}
	if (s->said_ready || s->told)
		return s->said_ready;
	return judge(s, s->main_status) ? fail(s, RESULT_PROTOCOL, 0) : false;
}

static bool start_main(Service *s, int64_t deadline)
{
	int64_t end;
	bool runs;

	s->main_ended = s->said_ready = false;
	s->main = process_start(s, *s->steps.start, &runs);
	if (s->main < 0) {
		s->main = 0;
		return fail(s, RESULT_RESOURCES, 0);
	}
	end = pump_now() + KILLED_MSEC;
	while (!runs && !s->main_ended && pump(s, end))
		continue;
	if (!runs)
		return s->main_ended ? judge(s, s->main_status) : fail(s, RESULT_TIMEOUT, 0);
	return !is_type(s, "notify") || wait_ready(s, deadline);
}

static bool prepare(Service *s)
{
	const char *word;
	Person person;

	if (person_find(&s->steps, &person, &word) < 0) {
		pump_say(s, "/etc/passwd and /etc/group have no %s", word);
		return fail(s, RESULT_RESOURCES, 0);
	}
	if (confine_begin(s) < 0) {
		pump_say(s, "cannot create the directories for PrivateTmp=: %s", strerror(errno));
		return fail(s, RESULT_RESOURCES, 0);
	}
	return confine_make(s, person.uid, person.gid) == 0 || fail(s, RESULT_RESOURCES, 0);
}

static bool start(Service *s)
{
	int64_t deadline = pump_deadline(s->steps.start_msec);
	bool up = prepare(s) && run_all(s, s->steps.before, deadline, true);

	if (up && is_type(s, "oneshot"))
		up = run_all(s, s->steps.start, deadline, true);
	else if (up && is_type(s, "forking"))
		up = start_forking(s, deadline);
	else if (up)
		up = start_main(s, deadline);
	return up && run_all(s, s->steps.after, deadline, true);
}

/* -- Run -- */

static bool is_over(const Service *s)
{
	if (is_type(s, "oneshot"))
		return !s->steps.remain;
	if (s->main)
		return !runs_main(s) && !s->steps.remain;
	return group_is_empty(s) && !s->steps.remain; /* forking, and nobody knows which it is */
}

static void reload(Service *s)
{
	Result result = s->result;
	int status = s->status;

	s->wants_reload = false;
	if (!s->steps.reload) {
		pump_say(s, "it has no ExecReload=, so nothing was reloaded");
		pump_tell(s, "RELOADED=0");
		return;
	}
	pump_tell(s, "RELOADED=%d",
		run_all(s, s->steps.reload, pump_deadline(s->steps.start_msec), true));
	s->result = result; /* that of a reload is not the service's */
	s->status = status;
}

static void run(Service *s)
{
	while (!s->told && !is_over(s)) {
		if (s->wants_reload)
			reload(s);
		else
			(void)pump(s, NEVER);
	}
	if (s->main && s->main_ended)
		(void)judge(s, s->main_status);
}

/* -- Stop -- */

static bool has_mode(const Service *s, const char *mode)
{
	return strcmp(s->steps.kill_mode, mode) == 0;
}

/* Who has to end, by KillMode=. */
static bool is_down(const Service *s)
{
	if (has_mode(s, "none") || has_mode(s, "process"))
		return !runs_main(s) || has_mode(s, "none");
	if (has_mode(s, "mixed"))
		return !runs_main(s) && (s->main > 0 || group_is_empty(s));
	return group_is_empty(s) && !runs_main(s);
}

static void send_signal(const Service *s, int signal)
{
	if (has_mode(s, "control-group"))
		group_kill(s, signal);
	if (runs_main(s) && !has_mode(s, "none"))
		(void)kill(s->main, signal);
}

static bool wait_down(Service *s, int64_t deadline)
{
	while (!is_down(s))
		if (!pump(s, deadline))
			return false;
	return true;
}

static void end_processes(Service *s)
{
	if (!is_down(s)) {
		send_signal(s, (int)s->steps.kill_signal);
		send_signal(s, SIGCONT);
		if (s->steps.send_hangup)
			send_signal(s, SIGHUP);
		if (!wait_down(s, pump_deadline(s->steps.stop_msec))) {
			pump_say(s, "it did not end in time%s",
				s->steps.send_kill ? ", and is killed" : "");
			(void)fail(s, RESULT_TIMEOUT, 0);
		}
	}
	if (has_mode(s, "none") || !s->steps.send_kill)
		return;
	if (runs_main(s) || (!has_mode(s, "process") && !group_is_empty(s))) {
		if (!has_mode(s, "process"))
			group_kill(s, (int)s->steps.final_signal);
		if (runs_main(s))
			(void)kill(s->main, (int)s->steps.final_signal);
		(void)wait_down(s, pump_now() + KILLED_MSEC);
	}
}

/* Its directories are removed next, and nobody may still change them. */
static void kill_rest(Service *s)
{
	int64_t end = pump_now() + KILLED_MSEC;

	group_kill(s, SIGKILL);
	while (!group_is_empty(s) && pump_now() < end)
		(void)pump(s, pump_now() + LOOK_MSEC);
}

/* What SIGKILL ended on our word says nothing of the service. */
static void stop(Service *s, bool was_up)
{
	if (was_up && (runs_main(s) || !s->main))
		(void)run_all(s, s->steps.stop, pump_deadline(s->steps.stop_msec), false);
	while (was_up && s->steps.stop && runs_main(s) && has_mode(s, "none"))
		(void)pump(s, NEVER);
	end_processes(s);
	(void)run_all(s, s->steps.after_stop, pump_deadline(s->steps.stop_msec), false);
	if (!has_mode(s, "none"))
		kill_rest(s);
	s->main = 0;
}

/* -- Again? -- */

/* The table of systemd.service(5), Restart=. */
static bool wants_restart(const Service *s)
{
	const char *when = s->steps.restart;
	bool clean = s->result == RESULT_SUCCESS, exited = s->result == RESULT_EXIT_CODE,
	     aborted = s->result == RESULT_SIGNAL || s->result == RESULT_CORE_DUMP;

	if (s->told)
		return false;
	if ((exited || aborted) && is_listed(s->steps.prevent, s->status))
		return false;
	if ((exited || aborted) && is_listed(s->steps.force, s->status))
		return true;
	if (strcmp(when, "always") == 0)
		return true;
	if (strcmp(when, "on-success") == 0)
		return clean;
	if (strcmp(when, "on-failure") == 0)
		return !clean;
	if (strcmp(when, "on-abnormal") == 0)
		return !clean && !exited;
	return strcmp(when, "on-abort") == 0 && aborted;
}

typedef struct Starts {
	int64_t since, n;
} Starts;

/* So many within so long, from the first one on. */
static bool may_start(const Service *s, Starts *starts)
{
	int64_t now = pump_now();

	if (!s->steps.limit_burst || !s->steps.limit_msec)
		return true;
	if (starts->n == 0 || now - starts->since >= s->steps.limit_msec)
		*starts = (Starts){ .since = now };
	return ++starts->n <= s->steps.limit_burst;
}

/* In the log each time, to who keeps the container at the end. */
static void tell_result(const Service *s, bool over)
{
	bool killed = s->result == RESULT_SIGNAL || s->result == RESULT_CORE_DUMP;
	int number = killed			     ? WTERMSIG(s->status)
		     : s->result == RESULT_EXIT_CODE ? WEXITSTATUS(s->status)
						     : 0;

	if (s->result == RESULT_SUCCESS)
		return;
	if (number)
		pump_say(s, "failed (%s, %s %d)", names[s->result], killed ? "signal" : "status",
			number);
	else
		pump_say(s, "failed (%s)", names[s->result]);
	if (over && !s->told)
		pump_tell(s, "FAILED=%s %s %s %d", s->steps.unit, names[s->result],
			killed ? "signal" : "status", number);
}

static int exit_status(const Service *s)
{
	if (s->told || s->result == RESULT_SUCCESS)
		return 0;
	if (s->result == RESULT_SIGNAL || s->result == RESULT_CORE_DUMP)
		return 128 + WTERMSIG(s->status);
	return s->result == RESULT_EXIT_CODE ? WEXITSTATUS(s->status) : 1;
}

static void live_once(Service *s)
{
	bool up;

	s->result = RESULT_SUCCESS;
	s->status = 0;
	s->main_ended = false;
	up = start(s);
	if (up && !s->was_up)
		pump_tell(s, "READY=1");
	s->was_up = s->was_up || up;
	if (up)
		run(s);
	if (s->told)
		pump_tell(s, "STOPPING=1");
	stop(s, up);
}

/* False: it was told to end meanwhile. */
static bool rest(Service *s)
{
	bool limited = s->steps.limit_burst && s->steps.limit_msec;
	int64_t least = limited ? 0 : UNLIMITED_MSEC;
	int64_t end = pump_now() + (s->steps.restart_msec > least ? s->steps.restart_msec : least);

	while (!s->told && pump(s, end))
		continue;
	return !s->told;
}

int service_live(Service *s)
{
	Starts starts = { 0 };

	for (;;) {
		if (!may_start(s, &starts)) {
			pump_say(s, "it was started too often within %lld seconds",
				(long long)s->steps.limit_msec / 1000);
			break; /* with the result of the last one */
		}
		live_once(s);
		if (s->steps.keep_runtime == 0)
			confine_end(s);
		if (!wants_restart(s) || (!s->was_up && s->steps.restart_msec > EARLY_RESTART_MSEC))
			break;
		tell_result(s, false);
		if (!rest(s))
			break;
	}
	tell_result(s, true);
	return exit_status(s);
}
