/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The caller's terminal: raw while a relay runs, and back as it was.
 */
#pragma once

#include <stdbool.h>
#include <termios.h>

#define TERMINAL_DETACH_KEY '\x1d' /* ^] */

typedef struct Terminal {
	int fd; /* borrowed; -EBADF: there is none */
	bool raw;
	struct termios saved;
} Terminal;

/* The first of 0, 1, 2 that is a terminal. Nothing is changed. */
void terminal_init(Terminal *terminal);
/* No echo, no signals from keys, every byte as typed. 0 or negative errno; without a terminal nothing to do. */
int terminal_make_raw(Terminal *terminal);
void terminal_restore(Terminal *terminal);
/* Gives the terminal's size to a pty. */
void terminal_copy_size(const Terminal *terminal, int master_fd);
/* ^Z from outside: puts the terminal back, stops this process and goes on raw when it continues. */
void terminal_suspend(Terminal *terminal);
