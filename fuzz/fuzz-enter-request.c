/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Any bytes as a request to enter. What is accepted comes out as the same bytes.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "engine/enter/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_enter_request_ EnterRequest request = { 0 };
	_cleanup_buf_ Buf buf = { 0 };

	if (enter_request_parse((const char *)data, size, &request) < 0)
		return 0;
	enter_request_format(&request, &buf);
	if (buf.size != size || memcmp(buf.data, data, size) != 0)
		abort();
	return 0;
}
