/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Any bytes as a unit file, and each value of it expanded.
 */
#include <assert.h>
#include <stdint.h>

#include "host/unit-load.h"
#include "host/unit-name.h"
#include "host/directives.h"
#include "host/unit-text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FactUnit unit = { 0 };

	(void)unit_text_parse(&unit, (const char *)data, size); /* any bytes are some unit */
	assert(unit.n_directives <= UNIT_DIRECTIVES_MAX);
	for (size_t i = 0; i < unit.n_directives; i++) {
		_cleanup_free_ char *value = unit_name_expand("a-b@c\\x2dd.service",
			"/usr/lib/systemd/system/a-b@.service", unit.directives[i].value,
			WORDS_LIST);

		const Directive *row = directive_find(unit.directives[i].key);

		assert(value && (*unit.directives[i].value || (row && row->assign == ASSIGN_SETS)));
	}
	fact_unit_done(&unit);
	return 0;
}
