/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Any text as /etc/passwd and as /etc/group.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "host/account-text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = strndup((const char *)data, size);
	_cleanup_facts_ Facts *facts = calloc(1, sizeof(*facts));

	if (!text || !facts)
		return 0;
	(void)account_text_parse(text, false, &facts->accounts, &facts->n_accounts);
	(void)account_text_parse(text, true, &facts->accounts, &facts->n_accounts);
	for (size_t i = 0; i < facts->n_accounts; i++)
		assert(*facts->accounts[i].name && !strpbrk(facts->accounts[i].name, ":\n"));
	return 0;
}
