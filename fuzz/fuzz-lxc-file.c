/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Any text as a configuration of the LXC tools. What is converted is a document that can be defined, and is printed as one that reads the same.
 */
#include <stdint.h>
#include <string.h>

#include "base/strv.h"
#include "domain/domain.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_domain_ Domain *domain = NULL, *again = NULL;
	_cleanup_strv_ char **warnings = NULL;
	_cleanup_error_ Error *error = NULL;
	_cleanup_free_ char *text = NULL;

	/* Files of the machine that runs this are nobody's corpus. */
	if (memmem(data, size, "include", strlen("include")))
		return 0;
	if (domain_from_lxc((const char *)data, size, "fuzz", &domain, &warnings, &error) < 0)
		return 0;
	if (domain_format_xml(domain, 0, &text, NULL) < 0)
		abort();
	if (domain_parse_xml(text, strlen(text), "again", 0, &again, NULL) < 0)
		abort();
	return 0;
}
