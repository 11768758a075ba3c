/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Any text as a file of tmpfiles.d or sysusers.d.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "host/declarations.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = strndup((const char *)data, size);
	_cleanup_facts_ Facts *facts = calloc(1, sizeof(*facts));

	if (!text || !facts)
		return 0;
	(void)declarations_parse(
		text, "/usr/lib/tmpfiles.d/x.conf", "x", &facts->tmpfiles, &facts->n_tmpfiles);
	for (size_t i = 0; i < facts->n_tmpfiles; i++)
		assert(*facts->tmpfiles[i].text && facts->tmpfiles[i].text[0] != '#' &&
			!strchr(facts->tmpfiles[i].text, '\n'));
	return 0;
}
