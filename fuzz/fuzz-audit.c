/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Any line as one of an audit log: parts of it are chosen by the very processes that were denied something.
 */
#include <stdint.h>
#include <string.h>

#include "label/denial.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *line = strndup((const char *)data, size), *sentence = NULL;
	_cleanup_audit_denial_ AuditDenial denial = {};

	if (!line || audit_parse(line, &denial) <= 0)
		return 0;
	(void)audit_is_of(&denial, "system_u:system_r:container_t:s0:c1,c2");
	if (audit_sentence(&denial, "fuzz", NULL, &sentence, NULL) < 0)
		abort();
	return 0;
}
