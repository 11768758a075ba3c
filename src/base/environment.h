/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * An environment, "NAME=value" each, and how systemd reads one: the text of an EnvironmentFile= (systemd.exec(5)), and what words of a command say of it
 * (systemd.service(5), "Command lines"). Pure; for the smallest programs, too.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define ENVIRONMENT_FILE_MAX (1024u * 1024) /* bytes that we are ready to read */

/* Sets or replaces. 0 or -ENOMEM. */
int environment_set(char ***env, const char *name, const char *value);
/* The same with "NAME=value"; one without "=" or name is -EINVAL. */
int environment_put(char ***env, const char *assignment);
int environment_add(char ***env, char *const *assignments);
/* The value, inside env, or NULL. */
const char *environment_get(char *const *env, const char *name);
/* The same of a name of n bytes, which may go on behind them. */
const char *environment_find(char *const *env, const char *name, size_t n);
/* [A-Za-z_][A-Za-z0-9_]*, of n bytes. */
bool environment_is_name(const char *name, size_t n);

/* Sets what each line of an EnvironmentFile= says. Lines that systemd ignores are ignored. 0 or -ENOMEM. */
int environment_read(const char *text, char ***env);
/* Appends the words that a word of a command stands for: "$NAME" as a word of its own those of its value, "${NAME}" is replaced, "$$" is "$". 0 or -ENOMEM. */
int environment_expand(const char *word, char *const *env, char ***words);
