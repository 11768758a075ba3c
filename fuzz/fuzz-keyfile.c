/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Any bytes as a keyfile. What is accepted must come out as a text that reads the same, also when
 * it is written into itself.
 */
#include <stdint.h>
#include <string.h>

#include "desc/defaults.h"
#include "desc/keyfile.h"

static char *text_of(const Desc *desc, const Identity *identity, const char *previous)
{
	char *text = NULL;

	if (keyfile_format(desc, identity, previous, &text, NULL) < 0)
		abort();
	return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_desc_ Desc *desc = NULL, *again = NULL, *site = NULL;
	_cleanup_identity_ Identity *identity = NULL, *same = NULL;
	_cleanup_error_ Error *error = NULL;
	_cleanup_free_ char *plain = NULL, *edited = NULL, *back = NULL;

	(void)defaults_parse((const char *)data, size, "site", &site, NULL);
	if (keyfile_parse((const char *)data, size, "fuzz", &desc, &identity, &error) < 0)
		return 0;
	plain = text_of(desc, identity, NULL);
	edited = text_of(desc, identity, plain);
	if (strcmp(plain, edited) != 0)
		abort();
	if (keyfile_parse(plain, strlen(plain), "again", &again, &same, NULL) < 0)
		abort();
	back = text_of(again, same, NULL);
	if (strcmp(plain, back) != 0)
		abort();
	(void)desc_resolve(desc, NULL); /* may refuse; must not fall over */
	return 0;
}
