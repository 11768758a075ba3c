/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The text of /etc/passwd and /etc/group as accounts (passwd(5), group(5)). The password field is dropped unread.
 */
#pragma once

#include "host/facts.h"

#define ACCOUNTS_MAX 65536 /* of one file */

/* Appends the entries to the array. Lines that are no entries (comments, NIS's "+") are skipped. -E2BIG, -ENOMEM. */
int account_text_parse(const char *text, bool group, FactAccount **accounts, size_t *n_accounts);
