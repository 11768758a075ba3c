/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * When does a command count as started? When it has come to rest: every process of the container waits for something, or a second is over. One that ends
 * before has not started, and its status says why. That is its own doing and not a matter of who looks when.
 */
#pragma once

#include <stdint.h>

#define REST_MSEC 1000u /* after that a command that only computes counts as started, too */

/* What all processes but PID 1 have done so far, as one number; 0: one of them is not waiting. */
uint64_t rest_look(void);
/* Milliseconds until the next look, by the number of those before. */
unsigned int rest_pause(unsigned int looks);
/* Tells the manager (sd_notify(3)) that listens at this path. */
void rest_tell(const char *path);
