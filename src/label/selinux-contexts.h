/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which domains and file types the host's policy has for containers: the small files "contexts" of container-selinux and lxc_contexts of every policy.
 */
#pragma once

#include "label/driver.h"

typedef struct SelinuxContexts {
	char *process, *file; /* whole contexts */
	char *ro_file; /* of what many containers read and none writes */
	char *path; /* of the file that said so */
} SelinuxContexts;

void selinux_contexts_done(SelinuxContexts *contexts);
#define _cleanup_selinux_contexts_ _cleanup_(selinux_contexts_done)

/* service: the domain for systemd where the policy has one of its own (init_process). */
int selinux_contexts_load(
	const LabelHost *host, bool service, SelinuxContexts *ret, Error **ret_error);

/* The value of `key = "value"` in such a file; NULL without. Newly allocated. Pure. */
char *selinux_contexts_value(const char *text, const char *key);
