/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Smack labels as text.
 */
#include "label/smack-label.h"

#include <stdio.h>
#include <string.h>

#include "base/hash.h"

#define PREFIX "vss-"
#define HASH_DIGITS 8
#define KEPT                                                                                       \
	(SMACK_LABEL_MAX - (int)sizeof(PREFIX) -                                                   \
		HASH_DIGITS) /* characters of a long name, before "-HASH" */

char *smack_label_of(const char *container)
{
	char *label;
	int n;

	if (strlen(PREFIX) + strlen(container) <= SMACK_LABEL_MAX)
		n = asprintf(&label, PREFIX "%s", container);
	else
		n = asprintf(&label, PREFIX "%.*s-%08x", KEPT, container,
			hash_text(
				container)); /* a clash is found among the reservations and refused */
	return n < 0 ? NULL : label;
}

bool smack_label_is_valid(const char *text)
{
	size_t n = strlen(text);

	if (n == 0 || n > SMACK_LABEL_MAX || *text == '-')
		return false;
	if (n == 1 && strchr("_^*?@", *text))
		return false;
	for (const char *p = text; *p; p++)
		if (*p <= ' ' || *p >= 127 || strchr("/\"\\'", *p))
			return false;
	return true;
}

const char *smack_table_find(const char *table, const char *word)
{
	size_t n = strlen(word);

	while (*table) {
		if (strncmp(table, word, n) == 0 && (table[n] == ' ' || table[n] == '\t'))
			return table + n + 1;
		table += strcspn(table, "\n");
		table += *table == '\n';
	}
	return NULL;
}
