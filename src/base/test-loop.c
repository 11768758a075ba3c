/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The loop: who is called, who is not, and in which order.
 */
#include "base/loop.h"
#include "base/unit-test.h"

#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

typedef struct Owner {
	Loop loop;
	LoopWatch watches[2];
	LoopTimer timers[3];
	int fds[2];
	int reads[2];
	char order[32]; /* a letter for each call */
} Owner;

static void say(Owner *owner, char letter)
{
	size_t n = strlen(owner->order);

	assert_true(n + 1 < sizeof(owner->order));
	owner->order[n] = letter;
}

static void on_first(void *data)
{
	Owner *owner = data;

	say(owner, 'a');
	owner->reads[0]++;
	loop_unwatch(&owner->loop, &owner->watches[1]);
}

static void on_second(void *data)
{
	Owner *owner = data;

	say(owner, 'b');
	owner->reads[1]++;
	loop_unwatch(&owner->loop, &owner->watches[0]);
}

static void on_timer(void *data)
{
	say(data, 't');
}

static void on_later_timer(void *data)
{
	say(data, 'l');
}

static void on_stopping_timer(void *data)
{
	Owner *owner = data;

	say(owner, 's');
	loop_stop_timer(&owner->loop, &owner->timers[0]);
	loop_stop_timer(&owner->loop, &owner->timers[1]);
}

static void on_eager_timer(void *data)
{
	Owner *owner = data;

	say(owner, 'e');
	loop_set_timer(&owner->loop, &owner->timers[0], deadline_in(0), on_eager_timer, owner);
}

static int set_up(void **state)
{
	static Owner owner;
	int fds[2];

	owner = (Owner){ .watches = { LOOP_WATCH_NONE, LOOP_WATCH_NONE } };
	assert_int_equal(loop_open(&owner.loop, NULL), 0);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
		assert_int_equal(write(fds[1], "x", 1), 1);
		(void)close(fds[1]);
		owner.fds[i] = fds[0];
	}
	*state = &owner;
	return 0;
}

static int tear_down(void **state)
{
	Owner *owner = *state;

	loop_done(&owner->loop);
	(void)close(owner->fds[0]);
	(void)close(owner->fds[1]);
	return 0;
}

static void watch_both(Owner *owner)
{
	assert_int_equal(loop_watch(&owner->loop, &owner->watches[0], owner->fds[0], EPOLLIN,
				 on_first, owner, NULL),
		0);
	assert_int_equal(loop_watch(&owner->loop, &owner->watches[1], owner->fds[1], EPOLLIN,
				 on_second, owner, NULL),
		0);
}

/* Both are ready in one round; whoever is called first takes the other one out, and that one is not called. */
TEST(taken_out_is_not_called)
{
	Owner *owner = *state;

	watch_both(owner);
	assert_int_equal(loop_run(&owner->loop, NULL), 0);
	assert_int_equal(owner->reads[0] + owner->reads[1], 1);
	assert_int_equal(loop_run(&owner->loop, NULL), 0);
	assert_true(owner->reads[0] == 2 || owner->reads[1] == 2);
}

TEST(unwatched_is_not_called)
{
	Owner *owner = *state;

	watch_both(owner);
	loop_unwatch(&owner->loop, &owner->watches[0]);
	loop_unwatch(&owner->loop, &owner->watches[1]);
	loop_unwatch(&owner->loop, &owner->watches[1]); /* again: nothing happens */
	loop_set_timer(&owner->loop, &owner->timers[0], deadline_in(0), on_timer, owner);
	assert_int_equal(loop_run(&owner->loop, NULL), 0);
	assert_string_equal(owner->order, "t");
}

typedef struct Freed {
	Loop *loop;
	LoopWatch *watches[2];
	int calls;
} Freed;

static void on_freed(void *data)
{
	Freed *freed = data;

	freed->calls++;
	for (size_t i = 0; i < ARRAY_SIZE(freed->watches); i++) {
		loop_unwatch(freed->loop, freed->watches[i]);
		memset(freed->watches[i], 0x55,
			sizeof(*freed->watches[i])); /* as the next owner of the memory */
		free(freed->watches[i]);
	}
}

/* Whoever takes watches out may free them, also those whose event came in the same round. */
TEST(freed_is_not_called)
{
	Owner *owner = *state;
	Freed freed = { .loop = &owner->loop };

	for (size_t i = 0; i < ARRAY_SIZE(freed.watches); i++) {
		freed.watches[i] = calloc(1, sizeof(LoopWatch));
		assert_non_null(freed.watches[i]);
		*freed.watches[i] = LOOP_WATCH_NONE;
		assert_int_equal(loop_watch(&owner->loop, freed.watches[i], owner->fds[i], EPOLLIN,
					 on_freed, &freed, NULL),
			0);
	}
	assert_int_equal(loop_run(&owner->loop, NULL), 0);
	assert_int_equal(freed.calls, 1);
}

TEST(timers_once_each)
{
	Owner *owner = *state;

	loop_set_timer(
		&owner->loop, &owner->timers[1], deadline_in_msec(20), on_later_timer, owner);
	loop_set_timer(&owner->loop, &owner->timers[0], deadline_in(3600), on_timer, owner);
	loop_set_timer(&owner->loop, &owner->timers[0], deadline_in(0), on_timer, owner);
	while (strlen(owner->order) < 2)
		assert_int_equal(loop_run(&owner->loop, NULL), 0);
	assert_string_equal(owner->order, "tl");
	assert_null(owner->loop.timers);
}

/* Of several that are due in one round, one may stop the others. */
TEST(stopped_is_not_called)
{
	Owner *owner = *state;

	loop_set_timer(&owner->loop, &owner->timers[2], deadline_in(0), on_stopping_timer, owner);
	loop_set_timer(&owner->loop, &owner->timers[1], deadline_in(3600), on_timer, owner);
	loop_set_timer(&owner->loop, &owner->timers[0], deadline_in(3600), on_timer, owner);
	assert_int_equal(loop_run(&owner->loop, NULL), 0);
	assert_string_equal(owner->order, "s");
	assert_null(owner->loop.timers);
	/* and now all three at once: those that are called before it may be, none is after it */
	loop_set_timer(&owner->loop, &owner->timers[0], deadline_in(0), on_timer, owner);
	loop_set_timer(&owner->loop, &owner->timers[2], deadline_in(0), on_stopping_timer, owner);
	loop_set_timer(&owner->loop, &owner->timers[1], deadline_in(0), on_timer, owner);
	assert_int_equal(loop_run(&owner->loop, NULL), 0);
	assert_string_equal(strrchr(owner->order + 1, 's'), "s");
	assert_null(owner->loop.due);
}

TEST(eager_timer_starves_nobody)
{
	Owner *owner = *state;

	watch_both(owner);
	loop_set_timer(&owner->loop, &owner->timers[0], deadline_in(0), on_eager_timer, owner);
	for (int i = 0; i < 3; i++)
		assert_int_equal(loop_run(&owner->loop, NULL), 0);
	assert_int_equal(owner->reads[0] + owner->reads[1], 3);
	assert_int_equal(strlen(owner->order), 6);
}

TEST_FIXTURE(set_up, tear_down)
