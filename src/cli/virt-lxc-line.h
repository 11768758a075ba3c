/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Lines of the interactive mode.
 */
#pragma once

/* The next one, newly allocated; NULL at the end. prompt NULL: nobody is asked, as of a script. */
char *virt_line_read(const char *prompt);
