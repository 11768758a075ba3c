/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Help, printed from the tables of commands and options.
 */
#pragma once

#include "cli/command-row.h"

/* The help of the whole program, and of one command. */
void help_program(const char *program, const Command *commands);
void help_command(const char *program, const Command *command);
