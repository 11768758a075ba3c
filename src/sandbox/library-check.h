/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Programs and libraries that a container has of its own (a venv, what lies in /opt), and the host's libraries that they were made for.
 */
#pragma once

#include "base/error.h"

/* Appends a sentence for each of them that needs a library of which this host has another version now. tree: the container's, which may hold anything. */
int library_check(const char *tree, char ***sentences, Error **ret_error);
