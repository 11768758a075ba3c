/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the head of a program says that must be there for the kernel and the dynamic linker to start it: the interpreter of a script, and of
 * an ELF file whether its kind is the machine's own, its linker and its libraries.
 */
#pragma once

#include <stdbool.h>

#include "base/macro.h"

#define ELF_NEEDED_MAX 256 /* libraries of one program */

typedef struct ElfText {
	bool foreign; /* an ELF file of another machine or word size */
	char *interpreter; /* absolute; NULL: none */
	char *found_by_env; /* name of the program that a script with the interpreter /usr/bin/env is for; NULL: none */
	char **needed; /* names of libraries */
	char **directories; /* in which the program itself wants them to be looked for; "$ORIGIN" as it stands */
} ElfText;

void elf_text_done(ElfText *text);
#define _cleanup_elf_text_ _cleanup_(elf_text_done)

/* 0: what the file says, nothing for what is neither script nor ELF file; broken files say as much as they can. -ENOMEM. */
int elf_text_read(int fd, ElfText *ret);
