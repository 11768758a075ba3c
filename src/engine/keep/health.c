/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The health check.
 */
#include "engine/keep/health.h"

#include "base/strv.h"
#include "engine/keep/freezer.h"

void health_init(
	Health *health, Loop *loop, void (*changed)(void *data, RunHealth health), void *data)
{
	*health = (Health){ .loop = loop, .changed = changed, .data = data };
	inquiry_init(&health->inquiry, loop);
}

void health_stop(Health *health)
{
	inquiry_stop(&health->inquiry);
	loop_stop_timer(health->loop, &health->next);
	loop_stop_timer(health->loop, &health->timeout);
	health->health = HEALTH_NONE;
	health->failures = 0;
}

static void become(Health *health, RunHealth state)
{
	if (health->health == state)
		return;
	health->health = state;
	health->changed(health->data, state);
}

static void check(void *data);

/* Nothing is learned while it is paused. */
static void judge(Health *health, bool well)
{
	const SpecKeep *keep = &health->container.spec->keep;
	bool paused = !well && freezer_is_on(health->cgroup);

	loop_stop_timer(health->loop, &health->timeout);
	health->failures = well ? 0 : health->failures + !paused;
	loop_set_timer(
		health->loop, &health->next, deadline_in(keep->health_interval), check, health);
	if (well)
		become(health, HEALTH_GOOD);
	else if (!paused && health->failures >= keep->health_retries)
		become(health, HEALTH_BAD);
}

static void on_answer(void *data, int status, const char *output, Error **error)
{
	(void)output;
	judge(data, !*error && status == 0);
}

static void on_timeout(void *data)
{
	Health *health = data;

	inquiry_stop(&health->inquiry); /* kills the command */
	judge(health, false);
}

static void check(void *data)
{
	Health *health = data;
	const SpecKeep *keep = &health->container.spec->keep;
	_cleanup_error_ Error *error = NULL;
	_cleanup_strv_ char **argv = NULL;

	if (freezer_is_on(health->cgroup) || strv_copy(&argv, keep->health) < 0 ||
		inquiry_begin(&health->inquiry, &health->container, TAKE_PTR(argv), on_answer,
			health, &error) < 0) {
		judge(health, false);
		return;
	}
	loop_set_timer(health->loop, &health->timeout, deadline_in(keep->health_timeout),
		on_timeout, health);
}

void health_begin(Health *health, const EnterSpec *container, const char *cgroup)
{
	health_stop(health);
	if (!container->spec->keep.health)
		return;
	health->container = *container;
	health->cgroup = cgroup;
	health->health = HEALTH_STARTING;
	check(health);
}
