/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The way down.
 */
#include "engine/keep/shutdown.h"

#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"
#include "base/signals.h"

void shutdown_prepare(Shutdown *shutdown, Loop *loop, const Spec *spec, Run *run)
{
	*shutdown = (Shutdown){ .loop = loop, .spec = spec, .run = run };
}

/* The next step; after the last one it is killed. */
static void take_step(Shutdown *shutdown)
{
	static const SpecStop kill = { .signal = (char *)"KILL" },
			      usual = { .signal = (char *)"TERM" };
	const Spec *spec = shutdown->spec;
	const SpecStop *stop = shutdown->next < spec->n_stops ? &spec->stops[shutdown->next]
			       : shutdown->next > 0	      ? &kill
							      : &usual;
	int number = signal_from_name(stop->signal); /* refuse.c: there is one */

	shutdown->step = shutdown->limit;
	if (stop->seconds > 0)
		shutdown->step = deadline_first(shutdown->limit, deadline_in(stop->seconds));
	shutdown->next++;
	log_step("stop", "%s to process %d", stop->signal, (int)shutdown->run->pid);
	if (number == SIGKILL)
		run_kill(shutdown->run);
	else
		(void)syscall(SYS_pidfd_send_signal, shutdown->run->pidfd, number, NULL,
			0); /* it may have ended just now */
}

static void on_time(void *data)
{
	Shutdown *shutdown = data;

	if (deadline_left(shutdown->limit) == 0) {
		run_kill(shutdown->run);
		return;
	}
	if (deadline_left(shutdown->step) == 0)
		take_step(shutdown);
	loop_set_timer(shutdown->loop, &shutdown->timer, shutdown->step, on_time, shutdown);
}

void shutdown_begin(Shutdown *shutdown, unsigned int seconds)
{
	shutdown->limit = deadline_in(seconds);
	if (seconds == 0)
		run_kill(shutdown->run);
	else if (!shutdown->begun)
		take_step(shutdown);
	else
		shutdown->step = deadline_first(shutdown->step, shutdown->limit);
	shutdown->begun = true;
	if (seconds > 0)
		loop_set_timer(shutdown->loop, &shutdown->timer, shutdown->step, on_time, shutdown);
}

void shutdown_end(Shutdown *shutdown)
{
	if (shutdown->loop)
		loop_stop_timer(shutdown->loop, &shutdown->timer);
}
