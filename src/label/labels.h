/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The labels of one container as a value: what was chosen, complete, so that it can be written down and taken up again.
 */
#pragma once

#include <stdbool.h>

typedef struct Labels {
	char *model; /* "selinux", "smack", "apparmor", "none" */
	char *process; /* NULL for none */
	char *file; /* NULL: files carry none of ours */
	bool relabel; /* existing files may be changed, and are put back */
	bool fixed; /* given whole by the administrator: not ours to make or to load */
	bool custom_type; /* a policy module of its own */
	char *tree; /* the container's own files, made with the label; NULL: not to be looked at */
	char *base; /* files below its own that many have, as label_share_tree() labelled them; NULL: none */
	bool manager; /* the processes inside mount, confine and end others, as a service manager does */
} Labels;
