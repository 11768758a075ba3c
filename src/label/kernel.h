/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The kernel's text interfaces for labels: attr files of processes, files of selinuxfs and smackfs. They stand in for the models' libraries on the
 * path of a start: what libselinux or libapparmor do there is one open and one write, and loading either costs more than that start's namespaces.
 */
#pragma once

#include "label/driver.h"

bool kernel_has(const LabelHost *host, const char *path);
/* One line, without its end. *ret is newly allocated. */
int kernel_read(const LabelHost *host, const char *path, char **ret, Error **ret_error);
/* A whole table of a kernel file system, FILE_LIMIT at most. */
int kernel_read_table(const char *path, char **ret, Error **ret_error);
int kernel_write(const LabelHost *host, const char *path, const char *text, Error **ret_error);
/* /proc/PID/attr/NAME through a descriptor of /proc. */
int kernel_read_attr(int proc_fd, pid_t pid, const char *name, char **ret, Error **ret_error);
