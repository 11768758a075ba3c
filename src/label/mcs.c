/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Drawing of categories.
 */
#include "label/mcs.h"

#include <string.h>
#include <sys/random.h>

#define DRAWS                                                                                      \
	64 /* blind draws before the free pairs are counted: enough until half of all pairs are taken many times over */

struct McsTaken {
	Level row[LEVEL_CATEGORIES]; /* row[a] has b: the pair a < b is taken */
};

McsTaken *mcs_taken_new(void)
{
	return calloc(1, sizeof(McsTaken));
}

McsTaken *mcs_taken_free(McsTaken *taken)
{
	free(taken);
	return NULL;
}

static void take_pair(McsTaken *taken, unsigned int a, unsigned int b)
{
	if (a < b)
		level_add(&taken->row[a], b);
	else if (b < a)
		level_add(&taken->row[b], a);
}

static unsigned int first_category(const Level *level)
{
	for (unsigned int c = 0; c < LEVEL_CATEGORIES; c++)
		if (level_has(level, c))
			return c;
	return LEVEL_CATEGORIES;
}

void mcs_take(McsTaken *taken, const Level *level)
{
	unsigned int first = first_category(level);

	if (level_count(level) == 1) {
		for (unsigned int c = 0; c < LEVEL_CATEGORIES; c++)
			take_pair(taken, first, c);
		return;
	}
	for (unsigned int a = first; a < LEVEL_CATEGORIES; a++)
		for (unsigned int b = a + 1; level_has(level, a) && b < LEVEL_CATEGORIES; b++)
			if (level_has(level, b))
				take_pair(taken, a, b);
}

int mcs_pool(const LevelRange *own, Level *ret, Error **ret_error)
{
	Level pool = own->high;
	unsigned int n = level_count(&pool);

	pool.sensitivity = own->low.sensitivity;
	if (n == 0)
		for (unsigned int c = 0; c < LEVEL_CATEGORIES; c++)
			level_add(&pool, c);
	if (n == 1)
		return error_set(ret_error, ERANGE,
			"No category range available: the range of this process has one category only");
	if (n > 0 && n < MCS_POOL_MIN)
		return error_set(ret_error, ERANGE,
			"Category range too small: the range of this process has %u categories, and %d are needed; run this from an "
			"unconfined session",
			n, MCS_POOL_MIN);
	*ret = pool;
	return 0;
}

static int random_below(uint32_t limit, uint32_t *ret, Error **ret_error)
{
	uint32_t n, fair = UINT32_MAX -
			   UINT32_MAX % limit; /* above: the low values would come more often */

	do
		if (getrandom(&n, sizeof(n), 0) != (ssize_t)sizeof(n))
			return error_errno(ret_error, errno, "cannot get random numbers");
	while (n >= fair);
	*ret = n % limit;
	return 0;
}

/* Gives the pair in place `index` among the free ones of the pool, or says how many there are. */
static uint32_t free_pair(const Level *pool, const McsTaken *taken, uint32_t index, Level *ret)
{
	uint32_t n = 0;

	for (unsigned int a = 0; a < LEVEL_CATEGORIES; a++) {
		if (!level_has(pool, a))
			continue;
		for (unsigned int b = a + 1; b < LEVEL_CATEGORIES; b++) {
			if (!level_has(pool, b) || level_has(&taken->row[a], b))
				continue;
			if (n++ == index) {
				level_add(ret, a);
				level_add(ret, b);
				return n;
			}
		}
	}
	return n;
}

static unsigned int nth_category(const Level *level, uint32_t index)
{
	for (unsigned int c = 0; c < LEVEL_CATEGORIES; c++)
		if (level_has(level, c) && index-- == 0)
			return c;
	return LEVEL_CATEGORIES;
}

int mcs_draw(const Level *pool, const McsTaken *taken, Level *ret, Error **ret_error)
{
	unsigned int n = level_count(pool);
	Level drawn = { .sensitivity = pool->sensitivity };
	uint32_t free_pairs, index = 0;
	int r;

	for (int i = 0; i < DRAWS; i++) {
		uint32_t a = 0, b = 0;

		r = random_below(n, &a, ret_error);
		if (r == 0)
			r = random_below(n, &b, ret_error);
		if (r < 0)
			return r;
		a = nth_category(pool, a);
		b = nth_category(pool, b);
		if (a == b || level_has(&taken->row[a < b ? a : b], a < b ? b : a))
			continue;
		level_add(&drawn, a);
		level_add(&drawn, b);
		*ret = drawn;
		return 0;
	}
	free_pairs = free_pair(pool, taken, UINT32_MAX, &drawn);
	if (free_pairs == 0)
		return error_set(ret_error, ENOSPC,
			"every pair of the %u categories is taken by other containers: delete some, or give a level with -l",
			n);
	r = random_below(free_pairs, &index, ret_error);
	if (r < 0)
		return r;
	(void)free_pair(pool, taken, index, &drawn);
	*ret = drawn;
	return 0;
}

bool mcs_overlap(const Level *a, const Level *b)
{
	return level_count(a) > 0 && level_count(b) > 0 &&
	       (level_within(a, b) || level_within(b, a));
}
