/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Mandatory access control labels: one driver for each model behind one small table of hooks. Hooks speak of paths, descriptors
 * and processes.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"
#include "label/labels.h"

/* A container's label, chosen and reserved. */
typedef struct Label Label;

Label *label_free(Label *label);
DEFINE_CLEANUP(Label *, label_free)
#define _cleanup_label_ _cleanup_(label_freep)

/* The label of a container by what was chosen for it and written down, without reserving. */
int label_take_up(const char *container, const Labels *labels, Label **ret, Error **ret_error);
/* At a start: the label is reserved for its container, now if it was not. -EEXIST: another container has it, and is named. */
int label_confirm(Label *label, Error **ret_error);
/* Gives a reservation back. Missing is success. */
int label_release(const char *container, Error **ret_error);

const char *label_model(const Label *label); /* "selinux", ..., "none" */
const char *label_process(const Label *label); /* NULL for none */
const char *label_file(const Label *label); /* NULL for none */

/* At create, before label_load(): writes down for all starts what a policy of the container's own must know. ports: types of those that its services
 * bind. */
int label_describe(const Label *label, char *const *ports, Error **ret_error);
/* Loads what the kernel needs before the container runs (Smack rules, AppArmor profile, policy module); revoked by unload. Idempotent. */
int label_load(const Label *label, Error **ret_error);
int label_unload(const Label *label, Error **ret_error);

/* Before creating files: tells the kernel with which label (SELinux fscreate); label_create_end() goes back. No-ops for none. */
int label_create_begin(const Label *label, Error **ret_error);
int label_create_end(const Label *label, Error **ret_error);
/* Labels an object that exists already and was made by us, through a descriptor (O_PATH works). */
int label_set_fd(const Label *label, int fd, Error **ret_error);
/* The same for the root of a file system that keeps nothing but the label, as that of message queues. */
int label_set_root(const Label *label, int fd, Error **ret_error);
/* Changes labels that were there before, when the label is dynamic or relabels: old label and users go to disk (xattr and journal) first. Refused for the
 * system's own directories (-EPERM) and for what another container uses with another label (-EBUSY). label_restore_tree() puts back. */
int label_relabel_tree(const Label *label, const char *path, Error **ret_error);
int label_restore_tree(const Label *label, const char *path, Error **ret_error);
/* Puts back all that was ever changed for the container, wherever it is, whether or not its description still names it. What is gone is skipped. */
int label_restore_all(const Label *label, Error **ret_error);
/* At a start, after label_confirm(): when the root of the container's own tree has lost its label (to a relabelling of the host, or it was restored from a
 * backup without), all of it gets the label again: 1. So does a shared tree below it. A static label is the administrator's affair. Two system calls when nothing is wrong. */
int label_repair(const Label *label, Error **ret_error);
/* For a tree that many containers have below their own files: it gets the model's label for that, and the directory that it is in one that closes it to
 * them. Path without links. */
int label_share_tree(const char *path, Error **ret_error);
/* Files below path whose label differs from the container's: "path: label" lines. */
int label_check_tree(const Label *label, const char *path, char ***ret, Error **ret_error);

/* Options for a tmpfs or devpts mount made by us ("context=...", "smackfsroot=..."), appended to a comma list; "" when none is needed. */
int label_mount_option(const Label *label, const char *fstype, char **ret, Error **ret_error);

/* The same for a file system that is only this container's to mount, with files of others: "" where those may not get its label. */
int label_image_option(const Label *label, const char *fstype, char **ret, Error **ret_error);
/* Whether a file can have an attribute that takes whoever executes it out of the label. */
bool label_distrusts_images(const Label *label);

/* Whether device nodes and terminals need labels of their own, because those of the host are not the container's to use and no mount option reaches what the
 * kernel makes in a devpts. Nodes are then made where label_mount_option() is in force. label may be NULL: false. */
bool label_on_nodes(const Label *label);
/* Whether the kernel tells the model what is mounted by mount(2) but not by the calls that came later (fsopen, move_mount, ...), so that a container must do without them.
 * label may be NULL: false. */
bool label_sees_old_mounts_only(const Label *label);
/* A socket of ours that processes of the container send to: its name is a file (label_set_fd()), this is the socket itself. */
int label_set_socket(const Label *label, int fd, Error **ret_error);

/* A pipe whose ends the container may use, [0] to read from, [1] to write to, as pipe2(2) with O_CLOEXEC makes them. label may be NULL: any pipe. */
int label_pipe(const Label *label, int ret[2], Error **ret_error);

/* In the process that will fork the payload or enter the container, while it has its privileges and before any user namespace is entered: from there
 * a Smack label could not be taken any more. A no-op for the other models. */
int label_prepare(const Label *label, Error **ret_error);
/* In the process that will exec the payload, after it has entered its root. proc_fd: descriptor of a /proc that was checked. The label takes effect
 * at exec (SELinux, AppArmor) or at once (Smack). */
int label_apply_self(const Label *label, int proc_fd, Error **ret_error);
/* The same for a helper program of ours, which has no Label and loads nothing: what to write to which file below its own /proc/thread-self, after
 * label_prepare(). *ret_file, borrowed, is NULL when there is nothing to write. */
int label_attribute(const Label *label, const char **ret_file, char **ret_text, Error **ret_error);
/* From outside: the label that the process really has; an error unless it is the container's. */
int label_verify_process(const Label *label, int proc_fd, pid_t pid, Error **ret_error);
