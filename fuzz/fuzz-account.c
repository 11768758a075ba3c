/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A container's passwd and group files, one after the other with a NUL in between, and some users looked up in them.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "engine/enter/account.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const users[] = { "root", "www-data", "33", "33:7", "0" };
	_cleanup_free_ char *text = malloc(size + 2);
	const char *group;

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = text[size + 1] = 0;
	group = text + strlen(text) + (strlen(text) < size);
	for (size_t i = 0; i < ARRAY_SIZE(users); i++) {
		_cleanup_account_ Account account = { 0 };

		if (account_find(users[i], text, group, &account, NULL) == 0 &&
			(account.uid > ACCOUNT_ID_MAX || account.gid > ACCOUNT_ID_MAX))
			abort();
	}
	return 0;
}
