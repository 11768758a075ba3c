/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The rules by name. Each reads facts and asks for entries; none knows another. The table in rules.c says what each is for
 * and in which order they run.
 */
#pragma once

#include "base/buf.h"
#include "host/directives.h"
#include "host/knowledge.h"
#include "plan/build.h"

typedef struct Rule {
	const char *name; /* as it stands in a plan */
	const char *what; /* what it is for: one line for the manual page */
	void (*apply)(PlanBuild *build);
	bool systemd; /* only where one runs inside */
	bool inferred; /* out of text, or from owners and names, where nobody declares anything */
} Rule;

size_t rules_count(void);
const Rule *rules_at(size_t index);

/* Is this one of the directories that many services share (/var/lib, /etc/default, ...)? */
bool rules_common_place(const char *path);

/* Is it the name of a "service", "socket", ...? */
bool rules_has_type(const char *name, const char *type);
/* What was asked for, or is what an asked unit is there to start. */
bool rules_is_asked(const Facts *facts, const FactUnit *unit);
/* Is this the service that a socket, timer or path unit starts? */
bool rules_triggers(const FactUnit *trigger, const FactUnit *unit);
/* The stanza of this kind that names the program of a command, or NULL. */
const Stanza *rules_program(PlanBuild *build, StanzaKind kind, const char *command);
/* Does a unit start a program that the stanza names? */
bool rules_runs(PlanBuild *build, const Stanza *stanza);
/* Does a link with this text lead to what is made fresh, a secret or its certificate? */
bool rules_leads_to_fresh(const Facts *facts, const char *link);
/* A note about a directive. */
void rules_note(PlanBuild *build, const FactUnit *unit, const FactDirective *directive,
	const char *reason, const char *replacement, bool refusal);
/* The same, with where it stands behind it, " (/etc/... line 3)", or "". */
void rules_note_at(PlanBuild *build, const FactUnit *unit, const FactDirective *directive,
	const char *place, const char *reason, const char *replacement, bool refusal);

/* A protection that is lost: refused, with the option that accepts it. */
void rules_refuse_protection(
	PlanBuild *build, const FactUnit *unit, const FactDirective *directive, const char *reason);
/* What keeps sockets from something: kept from outside, or refused. */
void rules_refuse_sockets(PlanBuild *build, const FactUnit *unit, const FactDirective *directive);

/* /opt/X is shared as /usr is; other paths are left alone. */
void rules_share_opt(PlanBuild *build, const char *path);
/* A line of tmpfiles.d: what a package declares, or what the administrator made for this service. */
bool rules_takes_line(const PlanBuild *build, const FactLine *line);
/* Does a rule that ran already put something there, or all of what is above? */
bool rules_is_planned(const PlanBuild *build, const char *path);

/* Is something done where a container cannot give this directive: refused, or replaced? */
bool rules_refuses(const Directive *row);
bool rules_replaces(const Directive *row);
/* A command or file that a directive names and that would not be inside: refused, with a remedy, if the unit needs it to start; otherwise only a warning. */
void rules_outside(PlanBuild *build, const FactUnit *unit, const FactDirective *d, const char *path,
	bool needed);
/* Has the host this device, and no container? */
bool rules_lacks_device(const PlanBuild *build, const char *value);
/* Is this a capability that root of a container never has? */
bool rules_denies(const char *capability);
/* Does the administrator let the units do without this directive? */
bool rules_ignores(const PlanBuild *build, const char *key);
/* Adds to a drop-in what lets the unit start where a place that it is kept from is not inside. */
void rules_spare_paths(PlanBuild *build, const FactUnit *unit, Buf *text);

/* The package in whose own directory this path lies, or NULL. */
const FactPackage *rules_own_place(const PlanBuild *build, const char *path);

void rule_base(PlanBuild *build); /* rules-base.c */
void rule_identity(PlanBuild *build);
void rule_package(PlanBuild *build); /* rules-package.c */
void rule_unowned(PlanBuild *build);
void rule_reference(PlanBuild *build);
void rule_left_out(PlanBuild *build);
void rule_directory(PlanBuild *build); /* rules-unit.c */
void rule_path(PlanBuild *build);
void rule_user(PlanBuild *build); /* rules-account.c */
void rule_named_account(PlanBuild *build);
void rule_account(PlanBuild *build);
void rule_sysusers(PlanBuild *build); /* rules-lines.c */
void rule_tmpfiles(PlanBuild *build);
void rule_boot(PlanBuild *build); /* rules-systemd.c */
void rule_unit_file(PlanBuild *build);
void rule_mask(PlanBuild *build);
void rule_first_start(PlanBuild *build); /* rules-first-start.c */
void rule_fresh_secret(PlanBuild *build); /* rules-secret.c */
void rule_private_key(PlanBuild *build);
void rule_secret(PlanBuild *build);
void rule_refuse(PlanBuild *build); /* rules-limit.c */
void rule_drop_in(PlanBuild *build); /* rules-drop-in.c */
void rule_dhcp(PlanBuild *build); /* rules-dhcp.c */
void rule_environment(PlanBuild *build); /* rules-environment.c */
void rule_direct(PlanBuild *build); /* rules-direct.c */
void rule_type(PlanBuild *build); /* rules-type.c */
void rule_settings(PlanBuild *build); /* rules-settings.c */
void rule_tell(PlanBuild *build); /* rules-tell.c */
void rule_program(PlanBuild *build); /* rules-program.c */
void rule_capability(PlanBuild *build); /* rules-capability.c */
void rule_command(PlanBuild *build); /* rules-command.c */
void rule_peer(PlanBuild *build); /* rules-peer.c */
void rule_port(PlanBuild *build); /* rules-port.c */
void rule_with(PlanBuild *build); /* rules-administrator.c */
void rule_drop_file(PlanBuild *build);
