/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The host's services: read as facts, and the unit files that we write for containers.
 */
#pragma once

#include "desc/places.h"
#include "host/facts.h"

/* Everything the planner needs for this description. Its units may be named as people do: "web", "foo@.service" for "foo@NAME.service", an
 * alias; the facts have their real names. Reads only, except for a cache of package facts keyed by the state of the package database. -ENOENT:
 * no such unit, with "did you mean"; -ENOPKG: the unit belongs to no package (name one with --package). */
int host_facts(const Desc *desc, Facts **ret, Error **ret_error);

/* "NAME VERSION" of those of the names that are installed here, in their order; NULL: none. */
int host_installed(char *const *names, char ***ret, Error **ret_error);
/* What the host is: "Debian GNU/Linux 12 (bookworm)", or "unknown". */
int host_system_name(char **ret, Error **ret_error);

/* The host's units of a container, written below LAYOUT_UNITS: NAME_sandbox.service and UNIT@NAME.service for each unit. The paths written
 * are appended to *paths. Not yet on disk when it returns: see file_write_unsynced(). */
int host_units_write(const Desc *desc, const Places *places, char ***paths, Error **ret_error);
/* Brings those that are ours up to date with the description, which may have been edited, and makes missing ones; what is somebody else's stays. */
int host_units_refresh(const Desc *desc, const Places *places, Error **ret_error);
/* Those of the second in the place of those of the first, enabled as they are; again is the same. */
int host_units_rename(const Desc *from, const Places *from_places, const Desc *to,
	const Places *to_places, Error **ret_error);
/* Removes them (and enablement links), and tells systemd if it runs. Missing files are fine. */
int host_units_remove(const Desc *desc, const Places *places, Error **ret_error);

/* Is systemd PID 1 here (sd_booted: /run/systemd/system), and may it be used: false while LAYOUT is moved by an override. */
bool host_has_systemd(void);
/* Waits for systemctl start, or until interrupt_fd can be read: -EINTR. */
int host_systemctl_start(const char *unit, int interrupt_fd, Error **ret_error);
/* systemctl VERB UNIT on the host, waiting for the job. */
int host_systemctl(const char *verb, const char *unit, Error **ret_error);
/* The same of several, in one call; none: nothing to do. */
int host_systemctl_each(const char *verb, char *const *units, Error **ret_error);
/* Is systemd PID 1 here, wherever our own places are: for units of the host that are not ours. */
bool host_runs_systemd(void);

/* Link LAYOUT_JOURNAL/UUID -> tree/var/log/journal/UUID, and its removal. */
int host_journal_link(const char *uuid, const char *tree, Error **ret_error);
int host_journal_unlink(const char *uuid, Error **ret_error);
