/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the kernel says of a running container, read once, and the tables of claims about it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "engine/keep/processes.h"
#include "engine/verify/verdict.h"
#include "label/label.h"

/* A line of mountinfo, see proc(5). */
typedef struct SeenMount {
	char *target; /* of its own, as it is */
	char *root, *options, *peers, *type; /* of `line`, as the kernel escapes them */
	unsigned int major, minor;
	char *line;
} SeenMount;

typedef struct Evidence {
	const RunState *state;
	const Spec *spec;
	const Label *label; /* NULL: none */
	int proc_fd; /* of the host */
	int pid_fd; /* /proc/PID of its first process */
	char *status, *limits, *cgroup, *environment;
	size_t environment_size;
	SeenMount *mounts; /* as that process has them, in the kernel's order */
	size_t n_mounts;
	char *host_mounts; /* text */
	Processes processes;
	char *attempts; /* what virt-sandbox-attempt said; NULL: it could not be asked, for this reason */
	char *unasked;
} Evidence;

int evidence_read(const RunState *state, const Spec *spec, const Label *label, Evidence *ret,
	Error **ret_error);
void evidence_done(Evidence *evidence);
#define _cleanup_evidence_ _cleanup_(evidence_done)

/* Cuts the text of a mountinfo up; lines that are none are left out. 0 or -ENOMEM. */
int evidence_parse_mounts(const char *text, SeenMount **ret, size_t *ret_n);
void evidence_free_mounts(SeenMount *mounts, size_t n);
/* Is the word one of those between commas? */
bool evidence_has_option(const char *options, const char *word);
/* The value behind "NAME:" in a text like /proc/PID/status, up to the end of its line; NULL. In a buffer of the caller's. */
const char *evidence_field(const char *text, const char *name, char *room, size_t size);
/* The mask behind "NAME:". False: there is none. */
bool evidence_mask(const char *text, const char *name, uint64_t *ret);
/* The first mount at this path, below which nothing of its target's can be seen; NULL: none. */
const SeenMount *evidence_mount_at(const Evidence *evidence, const char *target);
/* The namespace of a process: dir_fd is its directory in /proc. */
bool evidence_namespace(int dir_fd, const char *name, struct stat *ret);

/* Is the cgroup in this text of /proc/PID/cgroup the container's, or below it? That in the state has the mount point in front. */
bool evidence_is_in_cgroup(const Evidence *evidence, const char *text);

/* Calls for each process of the container. One that ended meanwhile, or is somebody else's by now, is passed over. False ends the walk. */
typedef bool (*EvidenceCall)(const Evidence *evidence, int dir_fd, const char *status, void *data);
void evidence_each_process(const Evidence *evidence, EvidenceCall call, void *data);

static inline Verdict nothing_found(const Buf *found)
{
	return found->size ? VERDICT_FAILS : VERDICT_HOLDS;
}

/* A limit that is there, UINT64_MAX: none, against the one that was asked for. */
Verdict evidence_compare_limit(uint64_t has, uint64_t asked, Buf *found);

/* What to do about most of them. */
#define BUG "stop the container, keep its journal, and report it (SECURITY.md)"

/* Appends what was found, in a few words. */
typedef Verdict (*ClaimAsk)(const Evidence *evidence, const char *argument, Buf *found);

typedef struct Claim {
	const char *what;
	ClaimAsk ask;
	const char *argument;
	const char *why, *remedy;
} Claim;

extern const Claim claims_of_processes[], claims_of_mounts[], claims_of_the_host[],
	claims_of_attempts[];
extern const size_t claims_of_processes_count, claims_of_mounts_count, claims_of_the_host_count,
	claims_of_attempts_count;

/* Runs virt-sandbox-attempt inside, for ten seconds at most. */
int attempts_read(Evidence *evidence, Error **ret_error);
/* What it said of one of its attempts. */
Verdict attempts_ask(const Evidence *evidence, const char *name, Buf *found);

/* Is one of its filters the one that its Spec asks for? Stops its first process for an instant. */
Verdict filter_dump_compare(const Evidence *evidence, Buf *found);
