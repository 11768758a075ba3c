/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A root for a program of the host that listens to who is on the wire: the host's programs and libraries, read-only, and what is brought. For a child in a
 * mount namespace of its own, which is root of the host still.
 */
#pragma once

#include <stdbool.h>

#include "engine/spec/spec.h"

#define STAGE "/tmp" /* where it is made: every host has it; seen by nobody else */

int small_root_begin(Error **ret_error);
/* A file, or a directory of the host, to a path that begins with STAGE. */
int small_root_bring_file(const char *path, const char *to, Error **ret_error);
int small_root_bring(const char *path, const char *to, bool writable, Error **ret_error);
int small_root_enter(Error **ret_error);
/* As root of its user namespace: these capabilities, bit n is capability n, our filter of this kind, and nothing that it could gain. */
int small_root_confine(uint64_t capabilities, SpecFilterKind kind, Error **ret_error);
/* Executes a program of the host with err_fd as its output, and no other descriptor. Returns only on failure. */
void small_root_run(char **argv, int err_fd);
