/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Growing.
 */
#include "base/array.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int array_room(void *array, size_t n, size_t item_size)
{
	void *items;

	if ((n & (n - 1)) != 0) /* neither 0 nor a power of two */
		return 0;
	memcpy(&items, array, sizeof(items)); /* a pointer to whatever items */
	items = reallocarray(items, n ? 2 * n : 1, item_size);
	if (!items)
		return -ENOMEM;
	memcpy(array, &items, sizeof(items));
	return 0;
}
