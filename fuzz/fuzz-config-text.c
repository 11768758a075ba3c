/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Configuration files of packages: any bytes that somebody put below /etc.
 */
#include <stdint.h>

#include "base/macro.h"
#include "host/config-text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char *const names[] = { (char *)"bind", (char *)"www-data", NULL };
	_cleanup_(config_text_done) ConfigText parsed = { 0 };

	(void)config_text_parse((const char *)data, size, names, &parsed);
	(void)config_text_is_private_key((const char *)data, size);
	return 0;
}
