/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A command that the supervisor runs inside to learn something, while its loop goes on: one at a time, with a time limit.
 */
#pragma once

#include "base/loop.h"
#include "engine/enter/query.h"

#define INQUIRY_TIMEOUT 30 /* seconds for an answer from inside */

/* error is NULL when the command has ended: then status (as its parent sees it) and output are its. Else it did not answer; the receiver may take the error. */
typedef void (*InquiryAnswer)(void *data, int status, const char *output, Error **error);

typedef struct Inquiry {
	Loop *loop;
	InquiryAnswer answer; /* NULL: nothing is asked now */
	void *data;
	LoopWatch output_watch, process_watch;
	LoopTimer timeout;
	Query query;
} Inquiry;

void inquiry_init(Inquiry *inquiry, Loop *loop);
bool inquiry_is_open(const Inquiry *inquiry);
/* Consumes argv, which is NULL without memory. answer(data, ...) is called once, unless the inquiry is stopped before. */
int inquiry_begin(Inquiry *inquiry, const EnterSpec *container, char **argv, InquiryAnswer answer,
	void *data, Error **ret_error);
void inquiry_stop(Inquiry *inquiry); /* kills the command */
