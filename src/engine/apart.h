/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Work in a child of its own: a supervisor lives for months, and the libraries that a plug-in needs for a moment would stay in its memory.
 */
#pragma once

#include "base/error.h"

/* Calls work(data) in a child and waits; its error becomes ours. What it changes in memory is lost. */
int apart_run(
	int (*work)(const void *data, Error **ret_error), const void *data, Error **ret_error);
