/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What becomes of a claim.
 */
#pragma once

typedef enum Verdict {
	VERDICT_HOLDS,
	VERDICT_FAILS,
	VERDICT_UNKNOWN, /* the host cannot tell, or it changed while it was read */
	VERDICT_UNASKED, /* the container was described without it */
	_VERDICT_MAX,
} Verdict;
