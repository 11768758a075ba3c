/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Arrays that grow one by one.
 */
#pragma once

#include <stddef.h>

/* Makes room for one more behind n items. array: the address of the pointer to them, which is NULL at first. Its size doubles whenever n is a power of
 * two, so that no size is kept beside n: all of its items must have come this way. 0, or -ENOMEM with nothing changed. */
int array_room(void *array, size_t n, size_t item_size);
