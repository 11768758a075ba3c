/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Compartments. What others use is collected before the lock is taken: it may change at any time anyway, our own reservations may not.
 */
#include "label/compartment.h"

#include <string.h>

#include "label/inuse.h"
#include "label/mcs.h"
#include "label/label-reservation.h"

static int take_visited(const Level *level, const char *whose, void *data)
{
	(void)whose;
	mcs_take(data, level);
	return 0;
}

/* Level of a reservation; false for those of models without levels. */
static bool reserved_level(const LabelReservation *entry, Level *ret)
{
	return (entry->kind == RESERVE_MCS || entry->kind == RESERVE_STATIC) &&
	       level_parse(entry->text, ret) == 0;
}

static int reserve_level(Label *label, ReserveKind kind, const Level *level, Error **ret_error)
{
	_cleanup_free_ char *text = level_format(level);
	int r;

	if (!text)
		return error_oom(ret_error);
	r = reserve_add(label->container, kind, text, ret_error);
	label->reserved = r == 0;
	return r;
}

int compartment_draw(Label *label, const LevelRange *own, Level *ret, Error **ret_error)
{
	_cleanup_mcs_taken_ McsTaken *taken = mcs_taken_new();
	_cleanup_reserve_ ReserveTable table = { .lock_fd = -EBADF };
	Level pool, drawn;
	int r;

	if (!taken)
		return error_oom(ret_error);
	r = mcs_pool(own, &pool, ret_error);
	if (r >= 0)
		r = inuse_processes(label->host, take_visited, taken, ret_error);
	if (r >= 0)
		r = inuse_files(label->host, take_visited, taken, ret_error);
	if (r >= 0)
		r = reserve_load(&table, ret_error);
	if (r < 0)
		return r;
	for (size_t i = 0; i < table.n; i++) {
		Level level;

		/* What this container itself had, before an interrupted create, is replaced. */
		if (strcmp(table.entries[i].container, label->container) != 0 &&
			reserved_level(&table.entries[i], &level))
			mcs_take(taken, &level);
	}
	r = mcs_draw(&pool, taken, &drawn, ret_error);
	if (r >= 0)
		r = reserve_level(label, RESERVE_MCS, &drawn, ret_error);
	if (r < 0)
		return r;
	*ret = drawn;
	return 0;
}

/* Refuses the level when a reservation of another container overlaps with it. Two static labels may: their administrator wants it so. */
static int check_reserved(const ReserveTable *table, const Label *label, ReserveKind kind,
	const Level *asked, Error **ret_error)
{
	for (size_t i = 0; i < table->n; i++) {
		const LabelReservation *e = &table->entries[i];
		Level level;

		if (strcmp(e->container, label->container) == 0 || !reserved_level(e, &level) ||
			!mcs_overlap(asked, &level) ||
			(e->kind == RESERVE_STATIC && kind == RESERVE_STATIC))
			continue;
		return error_set(ret_error, EEXIST,
			"container %s: the requested level overlaps with %s of container %s: one of the two could access the other",
			label->container, e->text, e->container);
	}
	return 0;
}

static int reserve_asked(Label *label, ReserveKind kind, const Level *asked, Error **ret_error)
{
	_cleanup_reserve_ ReserveTable table = { .lock_fd = -EBADF };
	int r = reserve_load(&table, ret_error);

	if (r < 0)
		return r;
	r = check_reserved(&table, label, kind, asked, ret_error);
	return r < 0 ? r : reserve_level(label, kind, asked, ret_error);
}

typedef struct Asked {
	const Label *label;
	const Level *level;
	Error **ret_error;
} Asked;

static int refuse_overlap(const Level *level, const char *whose, void *data)
{
	const Asked *asked = data;
	_cleanup_free_ char *text = NULL;

	if (!mcs_overlap(asked->level, level))
		return 0;
	text = level_format(level);
	(void)error_set(asked->ret_error, EEXIST,
		"container %s: the requested level overlaps with %s of %s: give another with -l, or none to have one chosen",
		asked->label->container, text ? text : "that", whose);
	return 1;
}

int compartment_take(Label *label, const Level *asked, Error **ret_error)
{
	Asked visit = { .label = label, .level = asked, .ret_error = ret_error };
	int r;

	if (level_count(asked) == 0)
		return error_set(ret_error, EINVAL,
			"container %s: the requested level has no categories, so it would not isolate the container: give some, e.g. s0:c1,c2",
			label->container);
	/* Processes only: that files have the level already may be what is wanted, content that was labelled ahead. */
	r = inuse_processes(label->host, refuse_overlap, &visit, ret_error);
	if (r != 0)
		return r > 0 ? -EEXIST : r;
	return reserve_asked(label, RESERVE_MCS, asked, ret_error);
}

int compartment_note(Label *label, const Level *asked, Error **ret_error)
{
	return reserve_asked(label, RESERVE_STATIC, asked, ret_error);
}

int compartment_confirm(Label *label, const Level *level, Error **ret_error)
{
	ReserveKind kind = label->fixed ? RESERVE_STATIC : RESERVE_MCS;
	_cleanup_reserve_ ReserveTable table = { .lock_fd = -EBADF };
	_cleanup_free_ char *text = level_format(level);
	int r;

	if (!text)
		return error_oom(ret_error);
	if (reserve_has(label->container, kind, text))
		return 0;
	r = reserve_load(&table, ret_error);
	if (r == 0)
		r = check_reserved(&table, label, kind, level, ret_error);
	return r < 0 ? r : reserve_level(label, kind, level, ret_error);
}
