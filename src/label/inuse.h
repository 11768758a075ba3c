/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Categories that others on this host use: processes of podman, libvirt and whoever else runs compartments, files of theirs and ours. Looked at
 * when a label is chosen only.
 */
#pragma once

#include "label/driver.h"
#include "label/mcs.h"

/* Called for each level with categories; whose is a phrase for the reader ("process 123 (qemu)"). A positive return ends the search and is returned. */
typedef int (*InUseVisitor)(const Level *level, const char *whose, void *data);

/* Levels of the processes that run now. */
int inuse_processes(const LabelHost *host, InUseVisitor visitor, void *data, Error **ret_error);
/* Levels of content trees and images below the places where we, libvirt and podman keep them, and those that their descriptions name. */
int inuse_files(const LabelHost *host, InUseVisitor visitor, void *data, Error **ret_error);

/* Calls the visitor for each level that stands in a text after ":sN", as contexts do in JSON and XML. Pure. */
int inuse_text(const char *text, const char *whose, InUseVisitor visitor, void *data);
