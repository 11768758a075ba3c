/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Any packet on a supervisor's control socket, from either side. What is accepted lies inside the packet.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "engine/keep/control.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	for (int side = CONTROL_CLIENT; side <= CONTROL_SUPERVISOR; side++) {
		ControlMessage message;

		if (control_parse(data, size, (ControlSide)side, &message) < 0)
			continue;
		if ((const uint8_t *)message.data + message.size != data + size)
			abort();
	}
	return 0;
}
