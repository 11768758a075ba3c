/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Memory that a process needed once and does not need while it waits.
 */
#pragma once

/* Free heap goes back to the kernel, and the program's own code and constants leave our page tables: what is still used comes back out of the
 * page cache, without a read. */
void memory_give_back(void);
