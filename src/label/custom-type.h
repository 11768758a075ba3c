/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Types of a container's own (type=own): a small policy module written from one template, installed before its first file is made and removed with the
 * container. It stands on our policy module, whose macro `vss_container` it calls.
 */
#pragma once

#include "base/error.h"

/* The names of its domain and of its file type. Different containers never get the same. */
int custom_type_names(
	const char *container, char **ret_process, char **ret_file, Error **ret_error);

/* The module's text in CIL. ports: the types of the ports that it may bind. Pure. */
int custom_type_format(const char *container, char *const *ports, char **ret, Error **ret_error);

/* The text stays on disk as long as the container, so that a start can load it again. */
int custom_type_write(const char *container, char *const *ports, Error **ret_error);
int custom_type_install(const char *container, Error **ret_error);
/* Missing is success. */
int custom_type_remove(const char *container, Error **ret_error);
