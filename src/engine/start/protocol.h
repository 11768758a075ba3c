/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the parent and the container's first process say to each other until the payload is
 * exec'ed: named steps over one SOCK_SEQPACKET pair, each packet {step, errno, length} and text. A
 * dead peer is an error, never consent.
 */
#pragma once

#include "base/clock.h"
#include "base/error.h"
#include "engine/start/message.h"

/* A connected pair, ret_pair[SIDE_PARENT] and ret_pair[SIDE_PAYLOAD]. */
int protocol_open(int ret_pair[2], Error **ret_error);

int protocol_send(int fd, Step step, Error **ret_error);
/* With a descriptor, which stays the caller's; -EBADF: without. */
int protocol_send_fd(int fd, Step step, int passed, Error **ret_error);
/* Best effort: when the peer is gone there is nobody to tell. */
void protocol_send_failure(int fd, const Error *error);

/* The same through a FIFO, which has no other messages; what is not read stays in it while somebody has it open. */
void protocol_write_failure(int fd, const Error *error);
/* Sleeps until a failure comes, which becomes the error, or all who could write one have closed the FIFO: 0. */
int protocol_read_failure(int fd, Deadline deadline, Error **ret_error);

/* Waits for that step. STEP_FAILED becomes the payload's error with its errno, end of file
 * -ECONNRESET, anything else -EPROTO. */
int protocol_receive(int fd, Step expected, Error **ret_error);
/* *ret_fd: the descriptor that came with it, or -EBADF. */
int protocol_receive_fd(int fd, Step expected, int *ret_fd, Error **ret_error);

/* What the peer said of its failure, if that is among what waits: a negative errno and its error; 0: nothing. Never sleeps. What it said else is lost. */
int protocol_take_failure(int fd, Error **ret_error);

/* Sleeps until there is something to receive, the end of file, too. -ETIMEDOUT. The parent's side calls it before it receives; the payload's needs no
 * deadline, since it dies with its parent. */
int protocol_await(int fd, Deadline deadline, Error **ret_error);
/* Sleeps until the peer has closed its end. What it said before that can be received afterwards:
 * one wake-up for all of it. -ETIMEDOUT. */
int protocol_wait_end(int fd, Deadline deadline, Error **ret_error);

/* After STEP_READY: the CLOEXEC end of file is what a successful exec looks like, a packet can
 * only be STEP_FAILED. */
int protocol_receive_exec(int fd, Error **ret_error);
