/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Spec: what the kernel shall be told to make one container, and whoever keeps it, to keep it.
 *
 * A compiler writes it from a document; below that nobody sees the document. It is a value: no descriptors (Channels), no pointers
 * to state, and no member that says what the container is for. So it can be printed, read back and compared; spec_parse() of what
 * spec_format() wrote is the same Spec. All zero is the strictest: every namespace new, no capability, no mount.
 *
 * The table of members (spec-table.c) drives everything that is done with a Spec as a whole. A member that is not in it is a defect.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "label/labels.h"
#include "net/attachment.h"

#define SPEC_TEXT_MAX (4u * 1024 * 1024) /* bytes of a Spec as text */
#define SPEC_LIST_MAX 65536u /* values of one member */
#define SPEC_ITEMS_MAX 16384u /* sections of one name */

/* ---- Boundary: told to the kernel ---- */

typedef struct SpecIdRange {
	uint32_t inside, outside, count;
} SpecIdRange;

typedef struct SpecIdMap {
	SpecIdRange *ranges;
	size_t n_ranges;
} SpecIdMap;

/* Whose ids a mount shows. */
typedef enum SpecMapping {
	SPEC_MAPPING_NONE, /* as on disk */
	SPEC_MAPPING_CONTAINER, /* id-mapped by the container's user namespace */
	SPEC_MAPPING_OWN, /* id-mapped by the ranges beside it */
	_SPEC_MAPPING_MAX,
} SpecMapping;

typedef enum SpecPropagation {
	SPEC_PROPAGATION_PRIVATE,
	SPEC_PROPAGATION_SLAVE, /* from the host in, never out */
	SPEC_PROPAGATION_SHARED, /* among the container's own mount namespaces */
	SPEC_PROPAGATION_UNBINDABLE,
	_SPEC_PROPAGATION_MAX,
} SpecPropagation;

typedef enum SpecRootKind {
	SPEC_ROOT_TMPFS, /* a new one */
	SPEC_ROOT_DIRECTORY, /* of the host */
	SPEC_ROOT_IMAGE, /* a file with a file system */
	SPEC_ROOT_OVERLAY, /* of layers */
	SPEC_ROOT_HOST, /* the host's own root */
	_SPEC_ROOT_KIND_MAX,
} SpecRootKind;

typedef struct SpecRoot {
	SpecRootKind kind;
	char *source; /* directory or image */
	char *options; /* of the tmpfs or the overlay */
	bool readonly; /* once it is built */
	SpecMapping mapping;
	SpecIdMap users, groups; /* with SPEC_MAPPING_OWN */
	SpecPropagation propagation; /* of the root, as the processes inside have it */
} SpecRoot;

typedef enum SpecLayerRole {
	SPEC_LAYER_LOWER, /* the first is the lowest */
	SPEC_LAYER_UPPER, /* takes what is written */
	SPEC_LAYER_WORK, /* empty, beside the upper one */
	_SPEC_LAYER_ROLE_MAX,
} SpecLayerRole;

typedef struct SpecLayer {
	SpecLayerRole role;
	char *source;
	SpecMapping mapping; /* an overlay cannot be id-mapped, its layers can */
	SpecIdMap users, groups;
} SpecLayer;

typedef enum SpecMountKind {
	SPEC_MOUNT_BIND, /* of the host; with `below` the source is a path below that, links refused */
	SPEC_MOUNT_INSIDE, /* a path of the new root, resolved there */
	SPEC_MOUNT_IMAGE, /* a file with a file system; without target it lies over `below`, for this container's binds alone */
	SPEC_MOUNT_TMPFS,
	SPEC_MOUNT_DEVPTS,
	SPEC_MOUNT_MQUEUE,
	SPEC_MOUNT_PROC,
	SPEC_MOUNT_SYSFS,
	SPEC_MOUNT_CGROUP,
	SPEC_MOUNT_DIRECTORY, /* no mounts, but what mounts need: a directory, ... */
	SPEC_MOUNT_FILE, /* ... a file with this text ... */
	SPEC_MOUNT_LINK, /* ... and a symbolic link to `source` */
	_SPEC_MOUNT_KIND_MAX,
} SpecMountKind;

typedef enum SpecMountFlags {
	SPEC_MOUNT_READONLY = 1 << 0,
	SPEC_MOUNT_NOSUID = 1 << 1,
	SPEC_MOUNT_NODEV = 1 << 2,
	SPEC_MOUNT_NOEXEC = 1 << 3,
	SPEC_MOUNT_RECURSIVE = 1 << 4, /* with what is mounted below the source */
	SPEC_MOUNT_FOLLOW = 1 << 5, /* a source that is a link */
	SPEC_MOUNT_OPTIONAL = 1 << 6, /* nothing to do where the source is missing */
	SPEC_MOUNT_MAKE = 1 << 7, /* the mount point, where it is missing */
	SPEC_MOUNT_SOCKET = 1 << 8, /* the source must be a socket */
	SPEC_MOUNT_KEEP_LABEL = 1 << 9, /* never relabelled */
	SPEC_MOUNT_NOATIME = 1 << 10,
	SPEC_MOUNT_NOSYMFOLLOW = 1 << 11,
	SPEC_MOUNT_WALK =
		1
		<< 12, /* links on the way to the source count only where root alone can make them */
	SPEC_MOUNT_KEPT = 1 << 13, /* no link inside may bring another mount to it, or below */
	SPEC_MOUNT_YIELD =
		1 << 14, /* of a file: nothing to do where something other than a file is */
	SPEC_MOUNT_BEGIN =
		1
		<< 15, /* of a file: the source begins with what the target has; to yield, a missing one is another, too */
} SpecMountFlags;

typedef struct SpecMount {
	SpecMountKind kind;
	char *target; /* absolute, resolved below the root */
	char *source;
	char *below; /* host directory that the source is taken below of */
	char **parts; /* of a tmpfs: "1777 /tmp": one file system, its directories mounted at these targets; of a sysfs: these of its
			 directories alone */
	char *options; /* of a new file system, but for owner and label; uid= and gid= are ids inside */
	uint32_t flags;
	SpecPropagation propagation;
	SpecMapping mapping;
	SpecIdMap users, groups;
	uint32_t mode; /* of a directory or file */
	char *text; /* of a file */
} SpecMount;

typedef enum SpecNamespaceKind {
	SPEC_NAMESPACE_NEW,
	SPEC_NAMESPACE_HOST,
	SPEC_NAMESPACE_JOIN, /* what `path` names */
	_SPEC_NAMESPACE_KIND_MAX,
} SpecNamespaceKind;

typedef struct SpecNamespace {
	SpecNamespaceKind kind;
	char *path;
} SpecNamespace;

typedef struct SpecNamespaces {
	SpecNamespace mount, user, pid, ipc, uts, cgroup, network, time;
} SpecNamespaces;

#define SPEC_TERMINALS_MAX 63u /* beside the console */

typedef struct SpecProcess {
	char *program; /* host path of a program that is run by descriptor, whether or not the container can see it; NULL: `paths` */
	char **paths; /* inside, the first that is there */
	char **argv;
	char **environment; /* of every process that is started from outside */
	char **first_environment; /* of the first one alone; the other overrides */
	char *directory;
	char *host_name, *domain_name;
	uint32_t user, group;
	uint32_t *groups; /* further ones */
	size_t n_groups;
	uint32_t umask;
	bool terminal; /* a pty of the container's own as console, controlling terminal and 0, 1, 2 */
	uint32_t
		terminals; /* further ones, /dev/pts/1 and so on, that somebody outside may attach to, as to the console */
	uint32_t rows, columns;
} SpecProcess;

typedef struct SpecCapabilities { /* bit n is capability n */
	uint64_t bounding, permitted, effective, inheritable, ambient;
} SpecCapabilities;

typedef enum SpecFilterKind {
	SPEC_FILTER_NARROW, /* our table of calls for programs */
	SPEC_FILTER_NARROW_NETWORK, /* and those that administer a network */
	SPEC_FILTER_WIDE, /* programs, and those that manage a system */
	SPEC_FILTER_WIDE_NETWORK, /* both */
	SPEC_FILTER_NARROW_DHCP, /* narrow-network, with the packet sockets of DHCP clients */
	SPEC_FILTER_WIDE_DHCP,
	SPEC_FILTER_RULES, /* the rules beside it */
	SPEC_FILTER_NONE,
	_SPEC_FILTER_KIND_MAX,
} SpecFilterKind;

typedef enum SpecAction {
	SPEC_ACTION_ALLOW,
	SPEC_ACTION_ERRNO,
	SPEC_ACTION_KILL_PROCESS,
	SPEC_ACTION_KILL_THREAD,
	SPEC_ACTION_TRAP,
	SPEC_ACTION_LOG,
	SPEC_ACTION_TRACE,
	SPEC_ACTION_NOTIFY,
	_SPEC_ACTION_MAX,
} SpecAction;

typedef struct SpecFilter {
	bool no_new_privileges;
	SpecFilterKind kind;
	SpecAction otherwise; /* for calls without a rule */
	uint32_t
		error; /* of SPEC_ACTION_ERRNO, 0: EPERM; what SPEC_ACTION_TRAP and SPEC_ACTION_TRACE say */
	char **architectures; /* beside the native one */
	uint32_t flags; /* SECCOMP_FILTER_FLAG_* by name */
	char *listener; /* socket that gets the notifications */
	char *listener_data;
} SpecFilter;

typedef struct SpecArgument {
	uint32_t index;
	uint32_t comparison; /* SpecComparison */
	uint64_t value, mask;
} SpecArgument;

typedef enum SpecComparison {
	SPEC_EQUAL,
	SPEC_NOT_EQUAL,
	SPEC_LESS,
	SPEC_LESS_EQUAL,
	SPEC_GREATER,
	SPEC_GREATER_EQUAL,
	SPEC_MASKED_EQUAL, /* argument & mask == value */
	_SPEC_COMPARISON_MAX,
} SpecComparison;

/* The first that names a call and fits decides. */
typedef struct SpecFilterRule {
	char **calls; /* a name that is unknown here is left to `otherwise`, and refused where that allows what the rule does not */
	SpecAction action;
	uint32_t error;
	SpecArgument *arguments; /* all must hold */
	size_t n_arguments;
} SpecFilterRule;

/* Paths below the root; one that the running kernel does not have is passed over. "*" stands for a number and each that is there. */
typedef struct SpecPaths {
	char **hidden;
	char **readonly;
	char **writable; /* within a read-only whole */
} SpecPaths;

typedef enum SpecDeviceType {
	SPEC_DEVICE_CHARACTER,
	SPEC_DEVICE_BLOCK,
	SPEC_DEVICE_FIFO,
	SPEC_DEVICE_ALL, /* in rules */
	_SPEC_DEVICE_TYPE_MAX,
} SpecDeviceType;

typedef struct SpecDevice {
	char *path; /* inside */
	SpecDeviceType type;
	uint32_t major, minor;
	uint32_t mode;
	uint32_t user, group; /* inside */
	bool made; /* a node of its own, with mode and owner; else the host's is bound, whose path is the same */
} SpecDevice;

/* Any make all devices forbidden but those that are allowed; the last that is about a request decides. */
typedef struct SpecDeviceRule {
	bool allow;
	SpecDeviceType type;
	int32_t major, minor; /* -1: any */
	char *access; /* of "rwm" */
} SpecDeviceRule;

typedef struct SpecLimit {
	char *name; /* "NOFILE" */
	uint64_t soft, hard; /* UINT64_MAX: none */
} SpecLimit;

typedef struct SpecSetting { /* a sysctl, a cgroup's value, an annotation */
	char *key, *value;
} SpecSetting;

typedef struct SpecScheduling {
	char *policy; /* "other", "batch", "idle", "fifo", "rr", "deadline"; NULL: other */
	int32_t nice, priority;
	uint64_t runtime, deadline, period;
	uint32_t flags;
	char *io_class; /* "none", "realtime", "best-effort", "idle" */
	uint32_t io_priority;
	char *affinity; /* "0-3,7"; NULL: every processor that the cgroup has */
	char *memory_nodes;
	int32_t oom_score;
	bool keep_keyring; /* the caller's session keyring */
	char *personality; /* "linux32"; NULL: the native one */
} SpecScheduling;

typedef struct SpecResources { /* 0: no limit asked for */
	uint64_t memory; /* bytes, memory.max */
	uint64_t cpu_milli; /* thousandths of a processor, cpu.max */
	uint64_t pids; /* tasks, pids.max */
	uint64_t io_weight; /* 1..10000, io.weight */
} SpecResources;

typedef struct SpecCgroup {
	char *path; /* below the cgroup2 mount; NULL: below our delegated one, or the common place */
	bool delegate; /* root inside manages what is below */
	uint32_t depth, descendants; /* that it may make; 0: no limit */
	char **socket_rules; /* "IPAddressDeny=any", as net/socket-rule.h has it */
} SpecCgroup;

typedef enum SpecHookPoint {
	/* OCI's names; "prestart", which is deprecated, is the first. Where one fails the container is undone. */
	SPEC_HOOK_CREATE_RUNTIME, /* in the host's namespaces, when the container's are there */
	SPEC_HOOK_CREATE_CONTAINER, /* in the container's but that of users, when its root stands, which is the working directory */
	SPEC_HOOK_START_CONTAINER, /* inside, with no more privilege than the first program, just before it */
	SPEC_HOOK_POSTSTART, /* in the host's, when that runs */
	SPEC_HOOK_POSTSTOP, /* in the host's, when all has ended, also where a start failed; whatever these say, the others run */
	_SPEC_HOOK_POINT_MAX,
} SpecHookPoint;

typedef struct SpecHook {
	SpecHookPoint point;
	char *path;
	char **argv, **environment;
	uint32_t timeout; /* seconds; 0: an hour */
} SpecHook;

/* ---- Keep: told to whoever holds it ---- */

typedef enum SpecKeeper {
	SPEC_KEEPER_PARENT, /* the process that starts it stays its parent to the end */
	SPEC_KEEPER_FOREIGN, /* it outlives who creates it; started and deleted from other processes */
	_SPEC_KEEPER_MAX,
} SpecKeeper;

typedef enum SpecReady {
	SPEC_READY_EXEC, /* when its program was executed */
	SPEC_READY_NOTIFY, /* when it says READY=1 */
	SPEC_READY_UNITS, /* and these units are up */
	_SPEC_READY_MAX,
} SpecReady;

typedef enum SpecAfter { /* what the end of the first process is followed by */
	SPEC_AFTER_END,
	SPEC_AFTER_START, /* once more */
	SPEC_AFTER_PRESERVE, /* what was made stays until delete */
	_SPEC_AFTER_MAX,
} SpecAfter;

typedef enum SpecRestart {
	SPEC_RESTART_NO,
	SPEC_RESTART_ON_FAILURE,
	SPEC_RESTART_ALWAYS,
	_SPEC_RESTART_MAX,
} SpecRestart;

typedef struct SpecKeep {
	SpecKeeper keeper;
	SpecReady ready;
	char **units; /* of SPEC_READY_UNITS, and what a reload reloads */
	uint32_t ready_timeout; /* seconds; 0: none */
	char *reload_signal; /* "HUP"; NULL: the units */
	bool reload_answers; /* the first process says RELOADED= when it has done what the signal asks */
	SpecAfter on_reboot, on_poweroff, on_crash;
	SpecRestart restart;
	uint32_t restart_delay; /* seconds */
	char **health; /* command inside */
	uint32_t health_interval, health_timeout, health_retries;
	char *log; /* file that gets the console; NULL: the keeper's own end of it */
	bool held; /* its first process waits before its program, until it is released; not in later lives */
} SpecKeep;

typedef enum SpecCopyForm {
	SPEC_COPY_CONTENT, /* as it is */
	SPEC_COPY_RESOLVER, /* name servers of resolver_files, for who has a network of his own */
	SPEC_COPY_HOST_RESOLVER, /* for who has the host's */
	SPEC_COPY_EMPTY, /* a file that others fill */
	_SPEC_COPY_FORM_MAX,
} SpecCopyForm;

/* What the keeper copies from the host before each start, and mounts take from there: of ids inside, with the container's label. */
typedef struct SpecCopy {
	char *source; /* a file or a directory of the host, walked to with care; links lead to what is copied */
	char *target; /* on the host, in the run directory */
	uint32_t mode; /* of a file; 0: as the source has it */
	bool follow; /* copied again when the source changes; the units are reloaded when that was content */
	SpecCopyForm form;
	char **lines; /* of a resolver: of these kinds in place of the host's */
} SpecCopy;

typedef struct SpecStop { /* in order, until it has ended */
	char *signal; /* "TERM", "RTMIN+3" */
	uint32_t seconds; /* 0: the keeper's limit */
} SpecStop;

typedef struct Spec {
	char *name;
	char *bundle; /* directory that hooks are told about */
	SpecNamespaces namespaces;
	SpecIdMap users, groups; /* of a new user namespace */
	SpecRoot root;
	SpecLayer *layers;
	size_t n_layers;
	SpecMount *mounts; /* in this order */
	size_t n_mounts;
	SpecPaths paths;
	SpecDevice *devices;
	size_t n_devices;
	SpecDeviceRule *device_rules;
	size_t n_device_rules;
	SpecProcess process;
	SpecCapabilities capabilities;
	SpecFilter filter;
	SpecFilterRule *filter_rules;
	size_t n_filter_rules;
	SpecLimit *limits;
	size_t n_limits;
	SpecScheduling scheduling;
	SpecSetting *sysctls;
	size_t n_sysctls;
	SpecCgroup cgroup;
	SpecResources resources;
	SpecSetting *cgroup_values;
	size_t n_cgroup_values;
	SpecHook *hooks;
	size_t n_hooks;
	Attachment *networks;
	size_t n_networks;
	Labels label;
	SpecSetting *annotations;
	size_t n_annotations;

	SpecKeep keep;
	SpecCopy *copies;
	size_t n_copies;
	SpecStop *stops;
	size_t n_stops;
} Spec;

Spec *spec_new(void); /* NULL without memory */
Spec *spec_free(Spec *spec);
DEFINE_CLEANUP(Spec *, spec_free)
#define _cleanup_spec_ _cleanup_(spec_freep)

bool spec_equal(const Spec *a, const Spec *b);

/* Sections and keys in the table's order; what is zero, NULL or empty is left out. */
int spec_format(const Spec *spec, char **ret, Error **ret_error);
/* Only what a process of the container has from birth: capabilities, filter, limits, scheduling. */
int spec_format_process(const Spec *spec, char **ret, Error **ret_error);
/* The sentence of a failure begins with name and the number of the line. -EINVAL. */
int spec_parse(const char *text, size_t size, const char *name, Spec **ret, Error **ret_error);

/* Appends a zeroed item to an array of the Spec and returns it; NULL without memory or above SPEC_ITEMS_MAX. */
SpecLayer *spec_add_layer(Spec *spec);
SpecSetting *spec_add_cgroup_value(Spec *spec);
SpecMount *spec_add_mount(Spec *spec);
SpecDevice *spec_add_device(Spec *spec);
/* Rules by which nobody inside writes to the device: root passes over a mode. The first rule of a Spec allows everything else. False without memory. */
bool spec_forbid_writing(Spec *spec, const SpecDevice *device);
SpecLimit *spec_add_limit(Spec *spec);
SpecSetting *spec_add_sysctl(Spec *spec);
SpecFilterRule *spec_add_filter_rule(Spec *spec);
SpecStop *spec_add_stop(Spec *spec);
SpecCopy *spec_add_copy(Spec *spec);
/* The link on a network of ours, of which ports are published; NULL: there is none. */
Attachment *spec_shared_link(const Spec *spec);
Attachment *spec_add_network(Spec *spec);
int spec_add_range(SpecIdMap *map, SpecIdRange range); /* 0 or -ENOMEM */
/* What an id of a user namespace is outside of it; false: nothing. */
bool spec_id_outside(const SpecIdMap *map, uint32_t inside, uint32_t *ret);
