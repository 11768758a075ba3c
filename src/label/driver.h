/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the files of this module share: the label itself and the table of hooks that each model fills. Nobody outside label/ includes this.
 */
#pragma once

#include <stdbool.h>
#include <sys/stat.h>

#include "label/choose.h"

#define LABEL_TEXT_MAX 4096 /* bytes of a label: the kernel's interfaces take at most a page */

/* Where the kernel's interfaces are and in which name space file labels live. Real hosts: "", "security." and "trusted.";
 * unit tests run without the kernel's part on a directory and "user.". */
typedef struct LabelHost {
	const char *root;
	const char *xattr_prefix;
	const char *memory_prefix; /* of what relabelled files remember */
} LabelHost;

extern const LabelHost label_host_real;

typedef struct LabelDriver LabelDriver;

struct Label {
	const LabelDriver *driver;
	const LabelHost *host;
	char *container;
	char *process; /* as asked for; NULL: none */
	char *real; /* the same label as the kernel reports it: a type's real name for its alias */
	char *file; /* NULL: files carry no label of ours */
	char *real_file;
	char *tree; /* of the container's own files; NULL: none that could have lost it */
	char *base; /* of the files below them that many have; NULL: none */
	bool relabel; /* existing files may be changed */
	bool fixed; /* static: given whole, so not ours to make or load */
	bool custom_type; /* a policy of its own, loaded with the container */
	bool reserved; /* by this object, just now */
	bool service; /* systemd inside, units on the host: decides which of the policy's domains fits */
};

/* One model. Hooks speak of paths, descriptors and processes; those that may be NULL say so. */
struct LabelDriver {
	const char *name;
	const char *xattr; /* of a file's label, after the prefix; NULL: files carry none */
	bool names_maker; /* a file's label begins with who made it, up to a colon, which does not matter */
	bool images_distrusted; /* see label_distrusts_images() */
	bool on_nodes; /* see label_on_nodes() */
	bool old_mounts_only; /* see label_sees_old_mounts_only() */
	const char *install; /* for the administrator whose kernel lacks the model */
	/* Does the running kernel enforce it? Called at every start of anything: one or two system calls, no library. */
	bool (*present)(const LabelHost *host);
	/* Chooses process and file label by the wish and reserves what must be unique. */
	int (*make)(Label *label, const LabelWish *wish, Error **ret_error);
	/* A label that was made before is still reserved for the container, or is reserved now. May be NULL. */
	int (*confirm)(Label *label, Error **ret_error);
	/* The label is complete and known to the kernel; fills `real`. */
	int (*check)(Label *label, Error **ret_error);
	/* Writes down what load needs to know of a service: the types of the ports that it binds. May be NULL. */
	int (*describe)(const Label *label, char *const *ports, Error **ret_error);
	int (*load)(const Label *label, Error **ret_error); /* may be NULL */
	int (*unload)(const Label *label, Error **ret_error); /* may be NULL */
	/* Removes what a container left behind on disk and in the kernel, whatever model it had; missing is success. May be NULL. */
	int (*forget)(const char *container, Error **ret_error);
	/* Lets the children of this process take the label without privilege. May be NULL. */
	int (*prepare)(const Label *label, Error **ret_error);
	/* What this thread creates from now on carries text; NULL: what the policy says. May be NULL. */
	int (*create_as)(const Label *label, const char *text, Error **ret_error);
	/* Further attributes of a file that has just been labelled. existing: it was there before us, and what is set here could not be put back. May be NULL. */
	int (*finish_file)(
		const Label *label, int fd, mode_t mode, bool existing, Error **ret_error);
	int (*mount_option)(const Label *label, const char *fstype, char **ret,
		Error **ret_error); /* may be NULL */
	/* The label of files that many containers have below their own; *ret_top: of the directory that they are in. NULL hook: files need none. */
	bool shared_closed; /* no other process may use them */
	int (*shared)(const LabelHost *host, char **ret_top, char **ret, Error **ret_error);
	/* What is sent to this socket of ours may come from the container. May be NULL. */
	int (*set_socket)(const Label *label, int fd, Error **ret_error);
	/* What a process writes about itself to take the label: the file below /proc/thread-self, borrowed, and a new text. NULL hook: nothing. */
	int (*attribute)(
		const Label *label, const char **ret_file, char **ret_text, Error **ret_error);
	/* The process's label as the kernel reports it; NULL hooks: nothing to read. */
	int (*read_process)(int proc_fd, pid_t pid, char **ret, Error **ret_error);
};

extern const LabelDriver label_driver_selinux;
extern const LabelDriver label_driver_smack;
extern const LabelDriver label_driver_apparmor;
extern const LabelDriver label_driver_none;

const LabelDriver *label_driver_of(const LabelHost *host); /* what its kernel enforces, or none */

/* What label_repair() does for the base, and label_share_tree() on another host than the real one. */
int label_repair_base(const Label *label, Error **ret_error);
int label_share_tree_on(const LabelHost *host, const char *path, Error **ret_error);

/* label_reserve() and label_take_up() on another host than the real one. */
int label_reserve_on(const LabelHost *host, const LabelWish *wish, Label **ret, Error **ret_error);
int label_take_up_on(const LabelHost *host, const char *container, const Labels *labels,
	Label **ret, Error **ret_error);
