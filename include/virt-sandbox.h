/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * libvsandbox: secure containers from a host's systemd units, or of one command.
 *
 * Usage story:
 *
 *	vsb_error *error = NULL;
 *	vsb_desc *desc = NULL;
 *
 *	vsb_desc_new(&desc, &error);
 *	vsb_desc_set(desc, "core.name", "web1", &error);
 *	vsb_desc_set(desc, "service.units", "apache2.service", &error);
 *	vsb_desc_set(desc, "content.copy", "true", &error);
 *	vsb_create(desc, NULL, NULL, NULL, &error);      // tree, description and units are on disk
 *	vsb_start("web1", &error);                       // returns when the service is up
 *	vsb_execute("web1", argv, NULL, &status, &error);
 *	vsb_stop("web1", 30, &error);
 *	vsb_delete("web1", &error);
 *	vsb_desc_free(desc);
 *
 * Every function returns 0 or a negative errno, unless it says otherwise. On failure *error, if given, is a new error that the
 * caller frees with vsb_error_free(); outputs are untouched then. On success outputs are set; strings and objects that come out
 * of the library belong to the caller unless it says "borrowed". NULL for `error` is allowed everywhere. The library never
 * exits, and never prints unless it is asked to (vsb_debug()). All functions that look at or change a container need root.
 *
 * Threads: any function may be called in several threads at once, as long as each object is used by one thread at a time, and a
 * descriptor that is handed in by nobody else. Excepted are the functions that have the caller's terminal or its 0, 1, 2 (vsb_execute()
 * without descriptors of its own, vsb_console(), vsb_domain_console(), vsb_run(), vsb_logs(), vsb_debug()): one thread at a time. Signals that
 * a function takes while it works (SIGINT, SIGTERM, SIGHUP) are taken in its thread alone: who has threads blocks them in all of them
 * and cancels by vsb_task_cancel(). Many functions make processes: by clone(2) with the memory of the caller, which waits
 * meanwhile, or by fork(2) with a copy of it, in which only the calling thread goes on. ThreadSanitizer sees no further than such a call, so
 * that what is tested with it is what makes none: list, info, inspect, events, descriptions. SIGCHLD must not be ignored, and nobody may wait for
 * any child (waitpid(-1)) while a function works.
 *
 * All types are opaque: a later version of the library may add to them without a change for those who use it. A name that was
 * released stays with its meaning as long as the soname does.
 *
 * Maintainers: a new function is declared here, gets a line in src/sandbox/libvsandbox.sym, which lists what the library exports,
 * is marked PUBLIC where it is defined (src/sandbox/handle.h), and comes into tests/abi/libvsandbox.abi by tools/abi-update.
 * docs/HACKING.md tells more.
 */
#ifndef VIRT_SANDBOX_H
#define VIRT_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- errors ---- */

typedef struct vsb_error vsb_error;

/* Borrowed: one sentence: what was being done, to what, why it failed. */
const char *vsb_error_message(const vsb_error *error);
int vsb_error_code(const vsb_error *error); /* positive errno */
void vsb_error_free(vsb_error *error);

void vsb_free(void *memory); /* a string from the library */
void vsb_strv_free(char **strings); /* a NULL-terminated list from the library */

/* What the library gives may carry words of a container, which must not control the terminal of who reads them. Both return a copy of
 * text for vsb_free(), or NULL without memory: with question marks for control characters except those in kept, which may be "";
 * and as a JSON string with its quotes, in valid UTF-8. */
char *vsb_text_sanitize(const char *text, const char *kept);
char *vsb_text_json(const char *text);

/* Opens a file of the host for reading, by an absolute path or one from the current directory, as the commands open what their options name: refused is
 * what a container, or a user of the host, could have put there or led elsewhere. /dev/stdin and /dev/fd/N are the caller's own. */
int vsb_open_file(const char *path, int *ret_fd, vsb_error **error);

/* ---- descriptions ---- */

typedef struct vsb_desc vsb_desc;

int vsb_desc_new(vsb_desc **ret, vsb_error **error);
int vsb_desc_load(const char *name, vsb_desc **ret, vsb_error **error); /* of a defined container */
int vsb_desc_load_file(const char *path, vsb_desc **ret,
	vsb_error **error); /* any keyfile that no container can write to */
int vsb_desc_format(const vsb_desc *desc, char **ret, vsb_error **error); /* keyfile text */
void vsb_desc_free(vsb_desc *desc);

/* Keys are "section.name" as in virt-sandbox.sandbox(5). For a list, set appends one value. *ret NULL: unset. */
int vsb_desc_set(vsb_desc *desc, const char *key, const char *value, vsb_error **error);
int vsb_desc_get(const vsb_desc *desc, const char *key, char ***ret, vsb_error **error);

/* One row of the table of keys. Rows and their strings are borrowed for ever. */
typedef struct vsb_key vsb_key;

const vsb_key *vsb_key_at(size_t index); /* NULL after the last */
const char *vsb_key_section(const vsb_key *key); /* the key is "section.name" */
const char *vsb_key_name(const vsb_key *key);
const char *vsb_key_option(const vsb_key *key); /* long option without dashes; NULL: has none */
char vsb_key_letter(const vsb_key *key); /* short option, or 0 */
const char *vsb_key_argument(const vsb_key *key); /* of the option, as "SIZE"; NULL: a boolean */
const char *vsb_key_help(const vsb_key *key); /* one line */
bool vsb_key_is_list(const vsb_key *key);
bool vsb_key_is_output(const vsb_key *key); /* written by create alone */
bool vsb_key_is_live(const vsb_key *key); /* vsb_change() takes it */

/* ---- containers ---- */

/* Called now and then on anything that takes longer: what is done, how much of how much (all may be 0: unknown). */
typedef void (*vsb_progress)(const char *what, size_t done, size_t all, void *data);

/* What create would put where, and why; nothing is touched. json: the same as JSON. */
int vsb_create_plan(const vsb_desc *desc, bool json, char **ret, vsb_error **error);

/* Creates the container: tree, description, host units. ret_notes: lines for the reader: "Created ..." first, then what was replaced
 * and why; NULL if not wanted. All or nothing: what fails or is interrupted is undone, at the latest by the next call of this
 * library. -EEXIST: the name is taken. */
int vsb_create(
	vsb_desc *desc, vsb_progress progress, void *data, char ***ret_notes, vsb_error **error);
/* The same for units that run on this host, which the description must copy: they are stopped, their data is copied at rest, the
 * container is started, and when it is up (and healthy, if it has a check) it starts at boot in their place. Whatever fails, or
 * interrupts it, starts them again and leaves no container. units: as in "service.units", to which they are added. */
int vsb_take_over(vsb_desc *desc, char **units, vsb_progress progress, void *data,
	char ***ret_notes, vsb_error **error);
/* What would be done to which unit of the host: "stop apache2.service", "disable apache2.service"; nothing is touched. */
int vsb_take_over_plan(vsb_desc *desc, char **units, char ***ret, vsb_error **error);
/* Makes the container that core.name names what desc says: creates it, or changes what differs, a running one by its live keys at once. 0: nothing differed;
 * 1: it was changed; 2: created; with check nothing is, and the answer says what would be. *ret_changes gets three texts for each key that differed: "section.key",
 * its values before and now, "" for none. *ret_notes: lines for the reader. -EOPNOTSUPP: what differs is decided by create; -EINVAL: desc says what is chosen
 * for each container (section identity). */
int vsb_apply(vsb_desc *desc, bool check, vsb_progress progress, void *data, char ***ret_changes,
	char ***ret_notes, vsb_error **error);
int vsb_clone(const char *name, const char *copy, char ***ret_notes, vsb_error **error);
/* What vsb_export(), vsb_import() and their like may do. */
typedef enum vsb_ship_flags {
	VSB_PAUSE = 1 << 0, /* a container that runs is paused meanwhile; else it is -EBUSY */
	/* what the description asks of this host, and programs with set-user-id bits or file capabilities in the content, are taken as they are */
	VSB_TRUST = 1 << 1,
	VSB_DRY_RUN = 1 << 2, /* nothing is made */
	VSB_DIRECT = 1 << 3, /* of an image: its first process is the service, not systemd */
} vsb_ship_flags;

/* Keeps the content as it is now, under a tag; NULL: of the time, as "2026-11-28-013000". *ret_tag, which may be NULL: that. flags: VSB_PAUSE. -EEXIST: it has that tag. */
int vsb_snapshot(
	const char *name, const char *tag, unsigned int flags, char **ret_tag, vsb_error **error);
/* For each two texts, its tag and when it was made (seconds since the epoch). *ret NULL: none. */
int vsb_snapshots(const char *name, char ***ret, vsb_error **error);
/* "NAME@TAG". -ENOENT: there is none. */
int vsb_snapshot_delete(const char *snapshot, vsb_error **error);
/* Puts the content back as it was then: all of it or, when it fails or is interrupted, nothing. Identity and description stay as they are. -EBUSY: it runs. */
int vsb_restore(const char *snapshot, vsb_error **error);
/* A clone of a container, or of "NAME@TAG". flags: VSB_PAUSE. vsb_clone() is this without flags. */
int vsb_clone_of(const char *source, const char *copy, unsigned int flags, char ***ret_notes,
	vsb_error **error);

/* Writes the container, or its snapshot "NAME@TAG", to one new file: description, content, and the versions of the packages that it needs of its host. ret_notes: lines for the reader; NULL if
 * not wanted. What fails or is interrupted leaves no file. -EEXIST: there is one. -EOPNOTSUPP: its root is its own, as a full system's. */
int vsb_export(const char *name, const char *path, unsigned int flags, vsb_progress progress,
	void *data, char ***ret_notes, vsb_error **error);
/* The same as an image of the Open Container Initiative, that any engine runs without this host: with what its packages own of /usr. path: a directory that is made; if its name ends
 * in ".tar", an archive of one. flags: VSB_PAUSE, VSB_DIRECT, which a container of --init=direct has always. created: seconds since the epoch; negative: now. The same content and time give the same bytes. ret_notes: as above, and what
 * the engine has to give. -EOPNOTSUPP: a full system, or a unit that systemd alone can run; -EINVAL: VSB_DIRECT, and it has not one service. */
int vsb_export_image(const char *name, const char *path, unsigned int flags, int64_t created,
	vsb_progress progress, void *data, char ***ret_notes, vsb_error **error);
/* Makes a container of such a file, with an identity, keys and labels of its own. name: NULL: as in the file. ret_notes: packages that this host lacks or has in another
 * version, then as vsb_create(). -EPERM: it asks for what is this host's (VSB_TRUST); -EBADMSG: it is no export, or not a whole one. */
int vsb_import(const char *path, const char *name, unsigned int flags, vsb_progress progress,
	void *data, char ***ret_notes, vsb_error **error);
/* Its identity, and its host name inside, stay. -EBUSY: it runs, or another container's description names it; -EOPNOTSUPP: its label has its name. */
int vsb_rename(const char *name, const char *other, vsb_error **error);
int vsb_delete(const char *name, vsb_error **error);
/* The same of one whose description cannot be read: what can be read of it counts, and what the host reserved for the name; its tree goes if it is marked as a container's, -EPERM else. And of one that was deleted and is kept. */
int vsb_delete_force(const char *name, vsb_error **error);
/* The container is there no more, but all of it is kept for so many days, its name and addresses included: vsb_undelete() brings it back. Then the next command that creates, deletes or changes
 * a container removes it. */
int vsb_delete_keep(const char *name, unsigned int days, vsb_error **error);
int vsb_undelete(const char *name, vsb_error **error); /* -ENOENT: there is none */
/* Those that are kept: for each two texts, its name and until when (seconds since the epoch). *ret NULL: none. */
int vsb_deleted(char ***ret, vsb_error **error);
/* What nobody needs any more, or dry_run: what there is of it; for each two texts, "deleted" (a container that is kept), "base" (of full systems, without users) or "leftover" (of commands and containers that are gone), and its
 * name. What of it could not be removed is the error, when all else is. */
int vsb_prune(bool dry_run, char ***ret, vsb_error **error);
/* What differs in /etc of a container from what create or the last upgrade brought: for each file two texts, "added", "changed", "removed" or "conflict" (the package's new version is beside it, as FILE.vsb-new), and its path
 * inside. *ret NULL: nothing. -EOPNOTSUPP: a full system's is its own. */
int vsb_diff(const char *name, char ***ret, vsb_error **error);
/* What a container takes of the disk, in bytes: for each figure two texts, its name and the number, "" where it is not known: "private" (what goes with it), "shared" (what others have as well: extents of files that were copied without
 * being written since, the base of a full system), "image" (the size of its image), "snapshots" (what they have for themselves). */
int vsb_disk_usage(const char *name, char ***ret, vsb_error **error);

/* And, before it, what it requires and does not run. -EALREADY: runs already; -ELOOP: containers wait for each other. */
int vsb_start(const char *name, vsb_error **error);
/* Waits until no package manager changes the host's /usr. Create, start, restart and upgrade do so by themselves; who calls it before can tell what is
 * waited for: tell, which may be NULL, gets a sentence. -ETXTBSY: not done in time (VIRT_SANDBOX_PACKAGE_WAIT, seconds, default 180), it waits for this
 * process, or was interrupted. */
int vsb_wait_for_packages(
	void (*tell)(const char *sentence, void *data), void *data, vsb_error **error);
/* From here on whoever waits so in this thread says it first, once for each wait: tell gets a sentence. NULL: nobody is told. */
void vsb_tell_package_wait(void (*tell)(const char *sentence, void *data), void *data);
/* These names, each once, in the order in which they are to be started. -ELOOP. */
int vsb_start_order(char **names, char ***ret, vsb_error **error);
/* Waits until its health check says that a running container is well. -EOPNOTSUPP: it has none; -EIO: it is unhealthy; -ENOTCONN: it has ended. */
int vsb_wait_healthy(const char *name, vsb_error **error);
/* Waits, so many seconds at most, until a container is "running" (it is up, whatever has failed since), "stopped" (nothing of it runs), "ready" (it runs, nothing has failed, and its health check, if it
 * has one, is content), "degraded" or "failed". 0: it is; at once, if it was. -ETIMEDOUT; -EINVAL: no such state. */
int vsb_wait(const char *name, const char *state, unsigned int timeout, vsb_error **error);
/* What start would tell the kernel and the supervisor, as text; nothing is touched, and it may run. */
int vsb_start_plan(const char *name, char **ret, vsb_error **error);
/* timeout: seconds until it is killed. -ENOTCONN: it does not run. */
int vsb_stop(const char *name, unsigned int timeout, vsb_error **error);
/* Who connects by TCP to a published port meanwhile waits, and is let in when the container is up, and well if it has a health check; so many as the kernel lets wait
 * (net.core.somaxconn). Those that are connected end. */
int vsb_restart(const char *name, unsigned int timeout, vsb_error **error);
/* The same, with so many seconds, at most, for those that are connected to published ports to end by themselves. */
int vsb_restart_draining(
	const char *name, unsigned int drain, unsigned int timeout, vsb_error **error);
int vsb_reload(const char *name, char **units, vsb_error **error); /* units NULL: all of its */
/* signal: "TERM", "SIGTERM", "15", "RTMIN+3"; to its first process, or to all of them that are there now. -ENOTCONN: it does not run; -EOPNOTSUPP: all, on a host without cgroup v2. */
int vsb_kill(const char *name, const char *signal, bool all, vsb_error **error);
/* All processes of a running container stop in their tracks, and go on. -EALREADY; -ENOTCONN: it does not run; -EOPNOTSUPP: the host has no freezer of cgroup v2; -EBUSY: a process
 * that waits for the kernel has not stopped in ten seconds, and all go on. vsb_stop() works. */
int vsb_pause(const char *name, vsb_error **error);
int vsb_resume(const char *name, vsb_error **error);

typedef enum vsb_execute_flags {
	VSB_EXECUTE_TERMINAL = 1 << 0, /* a pty of the container; else pipes */
	VSB_EXECUTE_DETACH = 1 << 1, /* ^] leaves, the command goes on */
	VSB_EXECUTE_NO_LABEL = 1 << 2, /* keep the caller's label */
	VSB_EXECUTE_BACKGROUND =
		1 << 3, /* return when it is executed: nothing is relayed, the status is 0 */
} vsb_execute_flags;

/* How a command is executed. Strings are copied. */
typedef struct vsb_execute_options vsb_execute_options;

int vsb_execute_options_new(vsb_execute_options **ret, vsb_error **error);
void vsb_execute_options_free(vsb_execute_options *options);
/* flags: all of them, from vsb_execute_flags. -EINVAL: this library does not know one. */
int vsb_execute_options_set_flags(
	vsb_execute_options *options, unsigned int flags, vsb_error **error);
/* NULL: root inside. */
int vsb_execute_options_set_user(vsb_execute_options *options, const char *user, vsb_error **error);
/* An absolute path inside; NULL: the user's home. */
int vsb_execute_options_set_directory(
	vsb_execute_options *options, const char *directory, vsb_error **error);
/* Further variables, "KEY=value"; NULL: none. */
int vsb_execute_options_set_environment(
	vsb_execute_options *options, char **variables, vsb_error **error);

/* What is relayed in place of the caller's 0, 1 and 2: borrowed until the command has ended, and neither closed nor changed; -1: nothing (input that is empty, output that is thrown
 * away). Not together with VSB_EXECUTE_TERMINAL, _DETACH or _BACKGROUND: -EINVAL, from vsb_execute(). -EBADF: it is none. */
int vsb_execute_options_set_descriptors(
	vsb_execute_options *options, int input, int output, int errors, vsb_error **error);

/* Runs argv inside with the caller's 0, 1, 2 relayed. *ret_status: exit status, 128 + signal; -1 when detached. A command that is
 * not found inside or cannot be executed is a failure that sets *ret_status, too: 127 or 126. options may be NULL. */
int vsb_execute(const char *name, char **argv, const vsb_execute_options *options, int *ret_status,
	vsb_error **error);
/* The same for what it says: its input is empty, its standard error is thrown away, *ret_output is its standard output, 1 MiB at most, for vsb_free(): *ret_size bytes (NULL: not
 * wanted) and a zero after them. timeout: seconds until it is killed; 0: 30. Options: user, directory, environment and VSB_EXECUTE_NO_LABEL; others: -EINVAL. -ETIMEDOUT; -EFBIG: it said more. */
int vsb_execute_capture(const char *name, char **argv, const vsb_execute_options *options,
	unsigned int timeout, char **ret_output, size_t *ret_size, int *ret_status,
	vsb_error **error);
int vsb_console(const char *name, vsb_error **error);

typedef enum vsb_copy_flags {
	VSB_COPY_FOLLOW = 1 << 0, /* source is a link: what it leads to, on its side */
	VSB_COPY_SKIP_SPECIAL = 1 << 1, /* leave out what is refused else */
} vsb_copy_flags;

/* Copies a file, link or directory from this host (from NULL) or a container to this host (to NULL) or a container, which may run or not. source, target: absolute paths; one of this host may be relative.
 * "/." at the end of source: what is in it. A directory target gets it below its own name, and what is there is filled; another target is what it is called then. Devices, sockets, pipes and programs with rights
 * of their own are refused: -EPERM. Owners keep their numbers as they are inside. progress: bytes, in units of 1 MiB. ret_notes, if not NULL: a line for each file left out. -ENOSPC: before
 * anything is copied. What fails or is interrupted (SIGINT, SIGTERM, SIGHUP) leaves no part of a file, and nothing of a directory that was not there. */
int vsb_copy(const char *from, const char *source, const char *to, const char *target,
	unsigned int flags, vsb_progress progress, void *data, char ***ret_notes,
	vsb_error **error);

/* One command in a sandbox of its own that is gone with it. 0, 1, 2 are relayed. */
int vsb_run(vsb_desc *desc, int *ret_status, vsb_error **error);
/* The same; told() gets the addresses, of both families, once they answer: its network is up, and the command begins. Without one it is not called. */
int vsb_run_told(vsb_desc *desc, void (*told)(void *data, char *const *addresses), void *data,
	int *ret_status, vsb_error **error);
/* The same as vsb_start_plan() for such a command. Ids, addresses and label are reserved at its start and so not in it. */
int vsb_run_plan(const vsb_desc *desc, char **ret, vsb_error **error);

/* What is known of one container at the time of the call. Strings are borrowed from it. */
typedef struct vsb_info vsb_info;

int vsb_info_of(const char *name, vsb_info **ret, vsb_error **error);
void vsb_info_free(vsb_info *info);
/* All of them, sorted by name, and NULL after the last. */
int vsb_list(vsb_info ***ret, vsb_error **error);
void vsb_list_free(vsb_info **infos);

typedef enum vsb_state {
	VSB_STATE_STOPPED,
	VSB_STATE_STARTING,
	VSB_STATE_RUNNING,
	VSB_STATE_DEGRADED, /* it runs, and something of it has failed, or is unhealthy, or without its network */
	VSB_STATE_FAILED, /* all of it has failed; it may run */
	VSB_STATE_STOPPING,
	VSB_STATE_PAUSED,
	VSB_STATE_BROKEN, /* its description cannot be read */
} vsb_state;
/* "running": VSB_STATE_RUNNING. -EINVAL: there is no such state. */
int vsb_state_from_name(const char *name);
const char *vsb_state_name(vsb_state state); /* borrowed; NULL: there is no such state */

const char *vsb_info_name(const vsb_info *info);
vsb_state vsb_info_state_code(const vsb_info *info);
/* "stopped", "starting", "running", "degraded", "failed", "stopping", "paused" or "broken". */
const char *vsb_info_state(const vsb_info *info);
char *const *vsb_info_units(const vsb_info *info); /* or the command; NULL: none is known */
const char *vsb_info_address(
	const vsb_info *info); /* the first, without prefix length; NULL: none */
/* All that it is reached at, of both families, without prefix lengths; NULL: none. */
char *const *vsb_info_addresses(const vsb_info *info);
/* What is published of it, as described; NULL: nothing. */
char *const *vsb_info_published(const vsb_info *info);
/* Who may connect to it beside the host, and where it may connect to; NULL: nobody, and everywhere outside. */
char *const *vsb_info_allowed(const vsb_info *info);
char *const *vsb_info_egress(const vsb_info *info);
const char *vsb_info_label(const vsb_info *info); /* of its processes; NULL: none */
const char *vsb_info_problem(
	const vsb_info *info); /* why it is broken, degraded or failed, or NULL */
uint64_t vsb_info_memory(const vsb_info *info); /* bytes, 0: unknown */
int64_t vsb_info_since(const vsb_info *info); /* seconds since the epoch, 0: does not run */
int32_t vsb_info_pid(const vsb_info *info); /* of the container's PID 1, 0: does not run */
size_t vsb_info_snapshots(const vsb_info *info);
/* How many of the packages that it was made with the host has updated since it started; -1: it does not run, or that is not known (no dpkg, a root of its own). */
int64_t vsb_info_behind(const vsb_info *info);
bool vsb_info_is_stale(const vsb_info *info); /* runs deleted files of an updated /usr */
/* Its supervisor is of another version than this library: restart it. */
bool vsb_info_is_outdated(const vsb_info *info);
/* Of its supervisor; NULL: does not run, or from before 0.1.1. */
const char *vsb_info_version(const vsb_info *info);

/* What the kernel counts of a container that runs: for each figure three texts, its name ("memory-bytes", ...: virt-sandbox-service(1), stats), "counter" or "gauge", and the number; "" where
 * it is not counted on this host, or there is no limit. -ENOTCONN: it does not run. */
int vsb_stats(const char *name, char ***ret, vsb_error **error);
/* Something that happened to a container. Borrowed, until the call ends. */
typedef struct vsb_event vsb_event;
int64_t vsb_event_usec(const vsb_event *event); /* microseconds since the epoch */
const char *vsb_event_container(const vsb_event *event); /* which may be deleted by now */
const char *vsb_event_name(
	const vsb_event *event); /* "ready", "failed", ...: virt-sandbox-service(1), events */
const char *vsb_event_reason(
	const vsb_event *event); /* with words of the container's; NULL: none */
const char *vsb_event_json(const vsb_event *event); /* all of it, as one JSON object in one line */
bool vsb_event_is_known(const char *name); /* is there such an event? */
/* False: enough. */
typedef bool (*vsb_event_call)(const vsb_event *event, void *data);
/* Calls for all that are kept, oldest first (a megabyte or two, of all containers, and "denied", which the host's audit log keeps), or, follow, for each as it happens until call has heard enough. */
int vsb_events(bool follow, vsb_event_call call, void *data, vsb_error **error);

/* As vsb_events() that follows, for a program with an event loop: what happens to any container from now on. "denied" is not among it: that is the host's log, which vsb_events() reads. */
typedef struct vsb_watch vsb_watch;
int vsb_watch_new(vsb_watch **ret, vsb_error **error);
/* Borrowed, for poll(2) and its like alone: POLLIN: vsb_watch_dispatch() has something to do. */
int vsb_watch_fd(const vsb_watch *watch);
/* Calls for what has happened since, and waits for nothing; after a false of call the rest of it is not told. */
void vsb_watch_dispatch(vsb_watch *watch, vsb_event_call call, void *data);
void vsb_watch_free(vsb_watch *watch);

/* ---- long work, beside a loop ---- */

/* Any function of this library, or several, in a process of its own: so that the caller goes on meanwhile, hears how far it is, and can cancel it. Work that lasts: create, clone, start,
 * stop, restart, renew, upgrade, export, import, copy, take over, bases, delete, prune, execute with descriptors. */
typedef struct vsb_task vsb_task;
/* In that process, a fork(2) of the caller: what it changes in memory is not seen by the caller, its result (0, a positive number, or a negative errno with *error) is. Give progress and progress_data to
 * functions that take them; of the others the steps are told by themselves ("starting web1"). */
typedef int (*vsb_task_work)(
	vsb_progress progress, void *progress_data, void *data, vsb_error **error);
/* Begins at once. data is the caller's, and need not stay. */
int vsb_task_new(vsb_task_work work, void *data, vsb_task **ret, vsb_error **error);
/* Borrowed, for poll(2) and its like alone: POLLIN: vsb_task_dispatch() has something to do. */
int vsb_task_fd(const vsb_task *task);
/* Takes one message, and waits for it if there is none: progress (which may be NULL) is called in the caller's thread. Returns 0 and sets *ret_ended to false while the work goes on; when it has ended *ret_ended is true, also
 * on failure, and what it returned is returned with its error. -ECANCELED: cancelled, and undone: what was being created is gone, a start was stopped, a command killed; what a stop had asked for goes on. -EALREADY: it has ended
 * before. */
int vsb_task_dispatch(
	vsb_task *task, vsb_progress progress, void *data, bool *ret_ended, vsb_error **error);
/* Asks for its end; goes on to dispatch until it has. Work that is done by then has its own result. */
void vsb_task_cancel(vsb_task *task);
/* Cancels what has not ended, and waits until it is undone. A caller that dies does so as well. */
void vsb_task_free(vsb_task *task);

/* Everything known about one, as JSON. */
int vsb_inspect(const char *name, char **ret_json, vsb_error **error);
/* Its processes, 4096 at most, its first one first: for each four texts, its pid on the host, its pid inside, its effective user inside (a number), and the name of its program, which it chooses
 * itself. *ret NULL: all have ended. -ENOTCONN: it does not run; -EOPNOTSUPP: the host has no cgroup v2. */
int vsb_processes(const char *name, char ***ret, vsb_error **error);
/* Who may open connections to whom on networks of ours, as the kernel's rules have it: for each way four texts, from, to (a container, "host", "outside" or addresses), port ("80/tcp", "any", "ping")
 * and the rule. name NULL: of all that run. -ENODATA: the rules of a network have gone. */
int vsb_reach(const char *name, char ***ret, vsb_error **error);
/* Writes the container's journal to descriptor 1; args: further arguments of journalctl. Works stopped, too. Of a command that
 * runs: the end of what it said. *ret_status: of journalctl. */
int vsb_logs(const char *name, char **args, int *ret_status, vsb_error **error);
/* Changes live keys ("resources.memory", ...) in the description and, if it runs, in the container. pairs: key, value, key, value,
 * ..., NULL. */
int vsb_change(const char *name, char **pairs, vsb_error **error);
/* ret_notes: a line for each file that was updated or added, or that both sides changed. dry_run: that would be; nothing is touched,
 * and it may run. */
int vsb_upgrade(const char *name, bool dry_run, char ***ret_notes, vsb_error **error);
/* Restarts a running container for an upgrade of the host: stops it, does what vsb_upgrade() does, starts it, and waits until it is well. If it is not, its /etc
 * is put back, and it is started again: an error all the same, since /usr is the host's. Unless asked, its restart.on-upgrade decides, which may restart its
 * units alone. 1: it was restarted; 0: it was not to be. -ENOTCONN; -EOPNOTSUPP: its programs are its own. */
int vsb_renew(
	const char *name, bool asked, unsigned int timeout, char ***ret_notes, vsb_error **error);
/* What an upgrade of the host left to do for a container: all that create checks is checked again. *ret_findings: two texts for each, "stale", "broken" (it
 * would not start well), "behind" (upgrade changes a file), and a sentence. Changes nothing. -EOPNOTSUPP: its programs are its own. */
int vsb_upgrade_check(const char *name, char ***ret_findings, vsb_error **error);
/* Which of these packages of the host containers were made of: two texts for each, package and container. */
int vsb_packages_needed(char **packages, char ***ret, vsb_error **error);
int vsb_relabel(const char *name, vsb_error **error);

/* The text of its description, readable or not. */
int vsb_description(const char *name, char **ret, vsb_error **error);
/* Puts text in its place, with its comments and its order, when it is one, and holds what vsb_apply() holds: 0: it says the same; 1: it was changed. *ret_changes, *ret_notes as there. */
int vsb_edit(const char *name, const char *text, char ***ret_changes, char ***ret_notes,
	vsb_error **error);

/* ---- domains: libvirt's LXC documents, without libvirt ---- */

/* A domain of the store (/etc/libvirt-sandbox/domains), one that is there only while it runs, or a container of ours: they share their names. It stands for the name;
 * what is asked is answered by what is true now. */
typedef struct vsb_domain vsb_domain;

enum vsb_domain_word { /* what a word may be, asked in this order */
	VSB_DOMAIN_BY_ID = 1 << 0,
	VSB_DOMAIN_BY_UUID = 1 << 1,
	VSB_DOMAIN_BY_NAME = 1 << 2,
};
/* -ENOENT: there is none. */
int vsb_domain_find(const char *word, unsigned int by, vsb_domain **ret, vsb_error **error);
/* Those that run first, by id; then the others, by name. vsb_domains_free(). */
int vsb_domain_list(vsb_domain ***ret, size_t *ret_count, vsb_error **error);
void vsb_domain_free(vsb_domain *domain);
void vsb_domains_free(vsb_domain **domains, size_t count);

enum vsb_domain_flags {
	VSB_DOMAIN_VALIDATE = 1 << 0, /* define, create: by libvirt's schema, too */
	VSB_DOMAIN_PAUSED = 1 << 1, /* create, start */
	VSB_DOMAIN_INACTIVE = 1 << 2, /* xml: what the next start will do */
	VSB_DOMAIN_LIVE = 1 << 3, /* change what runs; ... */
	VSB_DOMAIN_CONFIG =
		1
		<< 4, /* ... what the next start does; neither: what is there, the running one first */
};
/* Keeps a document; one of the same name and uuid is replaced. ret_notes: a line for each element that is kept, but not honoured: a start
 * refuses it. -EEXIST: the name, or the uuid, is another's. */
int vsb_domain_define(const char *xml, unsigned int flags, vsb_domain **ret, char ***ret_notes,
	vsb_error **error);
int vsb_domain_undefine(const vsb_domain *domain,
	vsb_error **error); /* one that runs is then there as long as it does */
/* Starts a document that is not kept. ret_notes: what this host cannot give, though the document says it. */
int vsb_domain_create(const char *xml, unsigned int flags, vsb_domain **ret, char ***ret_notes,
	vsb_error **error);
int vsb_domain_start(
	const vsb_domain *domain, unsigned int flags, char ***ret_notes, vsb_error **error);
int vsb_domain_shutdown(const vsb_domain *domain,
	vsb_error **error); /* asks its first process to end, and waits for nothing */
int vsb_domain_reboot(const vsb_domain *domain, vsb_error **error);
int vsb_domain_destroy(const vsb_domain *domain, vsb_error **error); /* ends it now */
int vsb_domain_suspend(const vsb_domain *domain, vsb_error **error);
int vsb_domain_resume(const vsb_domain *domain, vsb_error **error);
int vsb_domain_signal(
	const vsb_domain *domain, int number, vsb_error **error); /* to its first process */
int vsb_domain_autostart(
	const vsb_domain *domain, bool on, vsb_error **error); /* by a unit of the host */
/* The caller's terminal on its console, "console0" or NULL; escape: the byte that leaves, 0: ^]. */
int vsb_domain_console(
	const vsb_domain *domain, const char *device, char escape, vsb_error **error);
/* vsb_execute() in it. */
int vsb_domain_execute(const vsb_domain *domain, char **argv, const vsb_execute_options *options,
	int *ret_status, vsb_error **error);

/* A fact, as text; *ret NULL: it has none. "name", "uuid", "id" (while it runs), "state" ("running", "paused", "in shutdown", "shut off"), "reason", "title", "description",
 * "os-type", "cpus", "cpu-time" (nanoseconds), "max-memory" and "memory" (KiB), "persistent" and "autostart" ("yes", "no"), "container" (is it one of ours?),
 * "security-model", "security-label", "hostname", or by path from the document, "/memtune/hard_limit" (the running one first), "config:/memtune/hard_limit" (the kept one). -EINVAL: no such key. */
int vsb_domain_get(const vsb_domain *domain, const char *key, char **ret, vsb_error **error);
/* Its document, in libvirt's form. */
int vsb_domain_xml(const vsb_domain *domain, unsigned int flags, char **ret, vsb_error **error);

/* Sets the text of an element or attribute by path, "/memtune/hard_limit", "/title"; value NULL: takes it away. flags: VSB_DOMAIN_LIVE, VSB_DOMAIN_CONFIG. -EOPNOTSUPP: a
 * running domain keeps it. */
int vsb_domain_set(const vsb_domain *domain, unsigned int flags, const char *key, const char *value,
	vsb_error **error);
/* The element of a namespace below <metadata>; key: its prefix; xml NULL: it is removed. -ENOENT. */
int vsb_domain_set_metadata(const vsb_domain *domain, unsigned int flags, const char *uri,
	const char *key, const char *xml, vsb_error **error);
int vsb_domain_get_metadata(const vsb_domain *domain, unsigned int flags, const char *uri,
	char **ret, vsb_error **error);
/* A device as XML. detach: what it says of MAC, source and target says which. -ENOENT. */
int vsb_domain_attach(
	const vsb_domain *domain, unsigned int flags, const char *xml, vsb_error **error);
int vsb_domain_detach(
	const vsb_domain *domain, unsigned int flags, const char *xml, vsb_error **error);
/* Rows of texts, "-" where there is none: "interfaces" (name on the host, type, source, model, MAC), "disks" (type, device, target, source), "addresses" (name inside, MAC, "ipv4" or
 * "ipv6", address/prefix), "figures" (libvirt's name, number). flags: VSB_DOMAIN_INACTIVE. */
int vsb_domain_table(const vsb_domain *domain, const char *what, unsigned int flags, char ***ret,
	vsb_error **error);
/* Something happened to a domain: "Started" "Booted". False: enough. */
typedef bool (*vsb_domain_event)(
	const char *domain, const char *event, const char *detail, void *data);
/* Tells each as it happens, until call has heard enough (1), or so many seconds are over (0); negative: without an end. */
int vsb_domain_events(int seconds, vsb_domain_event call, void *data, vsb_error **error);
/* Networks under the names that domains have for them: libvirt's "default" is one of its own (192.168.122.0/24), always there. Properties are those of
 * vsb_network_get(), and "uuid"; "active" ("yes", "no") is whether domains may start on it. A network that was defined, or stopped, is not. -ENOENT. */
int vsb_domain_network_list(char ***ret, vsb_error **error);
int vsb_domain_network_get(const char *name, const char *property, char **ret, vsb_error **error);
int vsb_domain_network_xml(const char *name, char **ret, vsb_error **error);
/* From libvirt's XML. -EOPNOTSUPP: it says what a network of ours cannot be, with the line. */
int vsb_domain_network_define(const char *xml, char **ret_name, vsb_error **error);
int vsb_domain_network_undefine(const char *name, vsb_error **error);
/* Whether domains may start on it after a boot of the host without vsb_domain_network_start(): "autostart" ("yes", "no"). */
int vsb_domain_network_autostart(const char *name, bool on, vsb_error **error);
int vsb_domain_network_start(const char *name, vsb_error **error);
int vsb_domain_network_stop(const char *name, vsb_error **error); /* -EBUSY: domains run on it */

/* From a configuration file of the LXC tools, with what it includes. ret_notes: what of it has no effect here. */
int vsb_domain_from_lxc(const char *path, char **ret, char ***ret_notes, vsb_error **error);

/* Facts about the host: "cpu-model", "cpus", "cpu-frequency" (MHz), "sockets", "cores", "threads", "cells", "memory" (KiB), "capabilities" (XML). */
int vsb_node_get(const char *key, char **ret, vsb_error **error);

/* What of this host containers need: for each thing three texts, its name, "yes", "no" or "" (it cannot be known), and what is refused without it. */
int vsb_check(char ***ret, vsb_error **error);

/* What holds of a running container, read from outside, and what a program of ours tried inside in vain: for each claim five texts, what, "yes", "no", "unknown" or "not asked" (it was described without), what was found instead (""),
 * why it matters and what to do. Its first process is stopped for an instant by ptrace(2); the program has ten seconds. -ENOTCONN: it does not run. */
int vsb_verify(const char *name, char ***ret, vsb_error **error);

/* Denials in the host's log about containers, or about one (name NULL: all), as sentences, oldest first; *ret NULL: none. */
int vsb_audit(const char *name, char ***ret, vsb_error **error);

/* Our SELinux policy module; under Smack, labels for the host's private files. -EEXIST from install: the distribution has container
 * types of its own, which are used. */
int vsb_policy_status(char **ret_sentence, vsb_error **error);
int vsb_policy_install(vsb_error **error);
int vsb_policy_remove(vsb_error **error);

/* What is known of products: a line for each stanza of rules.d, as "service httpd: name=httpd, name=apache2 (FILE:LINE)". -EINVAL:
 * a file has a fault; the sentence names file, line and key. The strings are the caller's: vsb_strv_free(). */
int vsb_rules(char ***ret, vsb_error **error);

/* ---- named networks ---- */

/* Makes a network that containers join by its name (-N NAME). settings: key, value, key, value, ..., NULL: "mode" ("nat", "routed", "isolated"), "subnet"
 * ("10.208.1.0/24"), "ipv6" ("fd00:0:0:1::/64", "auto", "none"); what is missing is chosen. -EEXIST: the name is taken; -EADDRINUSE: the host, or another network,
 * has the addresses. */
int vsb_network_create(const char *name, char **settings, vsb_error **error);
/* -EBUSY: containers are described with it, or run on it. */
int vsb_network_delete(const char *name, vsb_error **error);
int vsb_network_list(
	char ***ret, vsb_error **error); /* names, sorted, "default" first if it was used already */
/* One property as text: a key of create, or "bridge", "gateway", "gateway6" (the host's addresses; "" without IPv6), "active" ("true": its bridge is there), "users"
 * (containers that are described with it, with blanks between). -ENOENT: no such property. */
int vsb_network_get(const char *name, const char *property, char **ret, vsb_error **error);
/* What of the host is in the way of a container's networks, as sentences with what to do: others' nftables tables that drop what is forwarded, routes
 * that cover its network, siblings that it names and that do not let it in. *ret NULL: nothing. */
int vsb_network_warnings(const char *container, char ***ret, vsb_error **error);
int vsb_network_inspect(const char *name, char **ret_json, vsb_error **error); /* all of them */

/* ---- bases of full systems ---- */

/* Makes a base, also where there is one of the same name already: of what system.os or system.from of the description says. *ret_id: its name, 64 hexadecimal digits. */
int vsb_base_create(
	const vsb_desc *desc, vsb_progress progress, void *data, char **ret_id, vsb_error **error);
/* Rows of six texts: id, what it was made of, architecture, "systemd" or "other", when (seconds since the epoch), the containers that have it, with blanks between. *ret NULL: there
 * is none. */
int vsb_base_list(char ***ret, vsb_error **error);
/* base: its id, at least six digits of it, or a name such as "debian:bookworm:amd64". -EBUSY: a container has it. */
int vsb_base_delete(const char *base, vsb_error **error);
/* A container that does not run gets another base below its own layer. -EBUSY: its layer has a list of packages of its own. */
int vsb_move_to_base(const char *name, const char *base, vsb_error **error);

/* From here on each step, with its object and the time, is told on standard error, by helper processes, too: for whoever looks for a fault.
 * VIRT_SANDBOX_DEBUG=1 in the environment does the same. Cannot be undone. */
void vsb_debug(void);

const char *vsb_version(void); /* borrowed */

#ifdef __cplusplus
}
#endif
#endif
