/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Growing.
 */
#include "base/array.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int array_room(void *array, size_t n, size_t item_size)
{
	size_t room, size;
	void *items;

	if ((n & (n - 1)) != 0) /* neither 0 nor a power of two */
		return 0;
	/* Not left to reallocarray(3): under AddressSanitizer a product that wraps ends the process. */
	if (n > SIZE_MAX / 2)
		return -ENOMEM;
	room = n ? 2 * n : 1;
	if (__builtin_mul_overflow(room, item_size, &size))
		return -ENOMEM;
	memcpy(&items, array, sizeof(items)); /* a pointer to whatever items */
	items = realloc(items, size);
	if (!items)
		return -ENOMEM;
	memcpy(array, &items, sizeof(items));
	return 0;
}
