/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Any bytes as the file of reserved addresses. What is accepted comes out as a text that reads the same.
 */
#include <stdint.h>
#include <string.h>

#include "net/reservations.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_reservations_ Reservations table = { 0 }, again = { 0 };
	_cleanup_free_ char *text = strndup((const char *)data, size), *first = NULL,
			    *second = NULL;

	if (!text || reservations_parse(text, &table, NULL) < 0)
		return 0;
	if (reservations_format(&table, &first, NULL) < 0 ||
		reservations_parse(first, &again, NULL) < 0 ||
		reservations_format(&again, &second, NULL) < 0 || strcmp(first, second) != 0)
		abort();
	return 0;
}
