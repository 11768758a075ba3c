/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Starts containers, restarts those that fail or end, and stops all of them when it is told to end (SIGTERM, Ctrl + C): one loop, which nothing blocks.
 *	cc manager.c $(pkg-config --cflags --libs virt-sandbox) -o manager && ./manager web1 db1
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <virt-sandbox.h>

#define CONTAINERS_MAX 64
#define STOP_SECONDS 10

static struct container {
	char *name;
	vsb_task *task; /* NULL: nothing is done to it */
} containers[CONTAINERS_MAX];
static int count;
static bool ending;

/* In processes of their own. */
static int start(vsb_progress progress, void *progress_data, void *name, vsb_error **error)
{
	(void)progress, (void)progress_data; /* a start tells its steps by itself */
	return vsb_restart(name, STOP_SECONDS, error); /* or starts it, if it does not run */
}

static int stop(vsb_progress progress, void *progress_data, void *name, vsb_error **error)
{
	(void)progress, (void)progress_data;
	return vsb_stop(name, STOP_SECONDS, error);
}

static void say(const char *name, const char *what, vsb_error *error)
{
	printf("%s: %s%s%s\n", name, what, error ? ": " : "",
		error ? vsb_error_message(error) : "");
	fflush(stdout);
	vsb_error_free(error);
}

static void begin(struct container *c, vsb_task_work work)
{
	vsb_error *error = NULL;

	if (vsb_task_new(work, c->name, &c->task, &error) < 0)
		say(c->name, "cannot be worked on", error);
}

static void on_progress(const char *what, size_t done, size_t all, void *data)
{
	(void)done, (void)all;
	say(((struct container *)data)->name, what, NULL);
}

static void on_task(struct container *c)
{
	vsb_error *error = NULL;
	bool ended = false;
	int r = vsb_task_dispatch(c->task, on_progress, c, &ended, &error);

	if (!ended)
		return;
	vsb_task_free(c->task);
	c->task = NULL;
	say(c->name, r < 0 ? "failed" : "done", error);
}

/* Its supervisor may be about to end just then: a restart waits for that. */
static bool on_event(const vsb_event *event, void *data)
{
	const char *what = vsb_event_name(event);

	(void)data;
	for (struct container *c = containers; c < containers + count; c++) {
		if (strcmp(c->name, vsb_event_container(event)) != 0)
			continue;
		say(c->name, what, NULL);
		if (!c->task && !ending &&
			(strcmp(what, "failed") == 0 || strcmp(what, "ended") == 0))
			begin(c, start);
	}
	return true;
}

static bool is_busy(void)
{
	for (int i = 0; i < count; i++)
		if (containers[i].task)
			return true;
	return false;
}

int main(int argc, char **argv)
{
	struct pollfd fds[2 + CONTAINERS_MAX] = { 0 };
	vsb_watch *watch = NULL;
	vsb_error *error = NULL;
	sigset_t mask;

	if (argc < 2 || argc > CONTAINERS_MAX)
		return 2;
	sigemptyset(&mask);
	sigaddset(&mask, SIGTERM);
	sigaddset(&mask, SIGINT);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	if (vsb_watch_new(&watch, &error) < 0) {
		say("events", "cannot be heard", error);
		return 1;
	}
	fds[0] = (struct pollfd){ .fd = vsb_watch_fd(watch), .events = POLLIN };
	fds[1] = (struct pollfd){ .fd = signalfd(-1, &mask, SFD_CLOEXEC), .events = POLLIN };
	for (count = 0; count < argc - 1; count++) {
		containers[count].name = argv[count + 1];
		begin(&containers[count], start);
	}
	while (!ending || is_busy()) {
		for (int i = 0; i < count; i++)
			fds[2 + i] = (struct pollfd){
				.fd = containers[i].task ? vsb_task_fd(containers[i].task) : -1,
				.events = POLLIN,
			};
		if (poll(fds, 2 + (nfds_t)count, -1) < 0 && errno != EINTR)
			break;
		for (int i = 0; i < count; i++)
			if (fds[2 + i].revents)
				on_task(&containers[i]);
		if (fds[0].revents)
			vsb_watch_dispatch(watch, on_event, NULL);
		if (fds[1].revents && !ending) {
			ending = true;
			for (int i = 0; i < count; i++) {
				vsb_task_free(containers[i].task); /* a start is undone */
				begin(&containers[i], stop);
			}
		}
	}
	vsb_watch_free(watch);
	return 0;
}
