/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Denials as sentences. One line of a log (audit.log, the kernel's log, the journal's text) becomes facts and then words: which container, which
 * process, what it tried, on what, and what would allow it. Pure: who reads the logs is elsewhere.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"

typedef enum AuditModel {
	AUDIT_SELINUX,
	AUDIT_SMACK,
	AUDIT_APPARMOR,
} AuditModel;

typedef struct AuditDenial {
	AuditModel model;
	char *permissions; /* "read open"; Smack: letters; AppArmor: the operation */
	char *process; /* comm; NULL: the line has none. All below likewise. */
	char *object; /* path or name */
	char *class; /* SELinux: of the object */
	char *device; /* SELinux: the block device's name, or the type of a file system without one */
	char *subject, *target; /* labels; AppArmor: profile */
	pid_t pid; /* 0: none */
	bool permissive; /* it was allowed after all */
} AuditDenial;

void audit_denial_done(AuditDenial *denial);
#define _cleanup_audit_denial_ _cleanup_(audit_denial_done)

/* 1: a denial; 0: the line is something else; -ENOMEM. */
int audit_parse(const char *line, AuditDenial *ret);

/* Is the denial about a process (its target: about something) with this label: the same context, Smack label or profile, as label_process() or the
 * description has it? Contexts are the same when their levels with categories are. */
bool audit_is_of(const AuditDenial *denial, const char *label);
bool audit_target_is_of(const AuditDenial *denial, const char *label);

/* "process cat (123) of container web was refused read open on file /x of container db: ...", with what would allow it. container and owner: whose the process
 * and the target are; NULL: no container's. */
int audit_sentence(const AuditDenial *denial, const char *container, const char *owner, char **ret,
	Error **ret_error);
