/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Domain: a libvirt domain document of type lxc, as XML or as a file of the LXC tools, and what it says to the engine.
 *
 * A Domain is the whole document, in libvirt's order and with libvirt's defaults, and a typed view of what we honour. Nothing that a document says
 * is dropped: what is not honoured is kept, printed back, and refused at start by name and line. The typed view is const: who changes a domain
 * changes the document (domain_set(), domain_add_device(), ...), and gets the view anew.
 *
 * The code is in the plug-in "domain", which links the XML library. These functions load it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "desc/identity.h"
#include "desc/places.h"
#include "engine/spec/kernel-facts.h"
#include "engine/spec/spec.h"

#define DOMAIN_TEXT_MAX (1u << 20) /* bytes of a document */
#define DOMAIN_UNLIMITED UINT64_MAX

/* ---- The document ---- */

typedef struct DomainAttribute {
	char *name, *value; /* name with its prefix, as it is printed */
} DomainAttribute;

typedef struct DomainNode {
	char *name; /* with its prefix, as it is printed: "lxc:sharenet" */
	unsigned int line; /* of the text it was read from; 0: added since */
	DomainAttribute *attributes;
	size_t n_attributes;
	char *text; /* NULL: none, or it has children */
	char *raw; /* below <metadata>: the element as XML, in whole; it has no other members then */
	struct DomainNode **children;
	size_t n_children;
} DomainNode;

/* ---- The typed view: texts are the document's ---- */

typedef enum DomainFilesystemType {
	DOMAIN_FILESYSTEM_MOUNT, /* a directory or file of the host */
	DOMAIN_FILESYSTEM_BIND, /* a path inside */
	DOMAIN_FILESYSTEM_FILE, /* an image */
	DOMAIN_FILESYSTEM_BLOCK, /* a block device of the host with a file system */
	DOMAIN_FILESYSTEM_RAM,
	DOMAIN_FILESYSTEM_OTHER, /* template, ...: refused at start */
	_DOMAIN_FILESYSTEM_TYPE_MAX,
} DomainFilesystemType;

typedef struct DomainFilesystem {
	const DomainNode *node;
	DomainFilesystemType type;
	const char *source; /* NULL for ram */
	const char *target;
	uint64_t size; /* ram: bytes */
	bool readonly;
} DomainFilesystem;

typedef enum DomainInterfaceType {
	DOMAIN_INTERFACE_NETWORK, /* source: a named network */
	DOMAIN_INTERFACE_BRIDGE,
	DOMAIN_INTERFACE_DIRECT, /* macvlan on the interface source */
	DOMAIN_INTERFACE_ETHERNET, /* veth whose end on the host is the caller's to connect */
	DOMAIN_INTERFACE_HOSTDEV, /* <hostdev mode='capabilities' type='net'>: the interface itself moves in */
	DOMAIN_INTERFACE_OTHER, /* refused at start */
	_DOMAIN_INTERFACE_TYPE_MAX,
} DomainInterfaceType;

typedef struct DomainInterface {
	const DomainNode *node;
	DomainInterfaceType type;
	const char *type_name; /* as written */
	const char *source; /* NULL for ethernet */
	const char *mode; /* direct: "vepa", "bridge", "private", "passthrough" */
	const char *mac; /* "52:54:00:xx:xx:xx"; NULL for hostdev */
	char **addresses; /* "10.1.2.3/24", inside */
	char **routes; /* "10.0.0.0/8 10.1.2.3" */
	char **peers; /* "10.1.2.3/32 10.1.2.1": an address inside, and who is at the other end */
	unsigned int mtu; /* bytes; 0: that of what it is made on */
	unsigned int inbound, outbound; /* kilobytes in a second to and from it; 0: not limited */
	const char *guest_name, *host_name; /* NULL: chosen at start */
	bool down; /* <link state='down'/> */
} DomainInterface;

typedef enum DomainHostdevType {
	DOMAIN_HOSTDEV_STORAGE, /* a block device */
	DOMAIN_HOSTDEV_MISC, /* a character device */
	_DOMAIN_HOSTDEV_TYPE_MAX,
} DomainHostdevType;

typedef struct DomainHostdev { /* also <disk type='block'>, whose target is /dev/TARGET */
	const DomainNode *node;
	DomainHostdevType type;
	const char *source; /* path on the host */
	const char *target; /* path inside */
	bool readonly;
} DomainHostdev;

typedef enum DomainAction { /* on_poweroff, ... */
	DOMAIN_ACTION_DESTROY,
	DOMAIN_ACTION_RESTART,
	DOMAIN_ACTION_PRESERVE,
	DOMAIN_ACTION_OTHER, /* refused at start */
	_DOMAIN_ACTION_MAX,
} DomainAction;

typedef enum DomainSeclabelType {
	DOMAIN_SECLABEL_ABSENT, /* dynamic where the host has a model */
	DOMAIN_SECLABEL_DYNAMIC,
	DOMAIN_SECLABEL_STATIC,
	DOMAIN_SECLABEL_NONE,
	_DOMAIN_SECLABEL_TYPE_MAX,
} DomainSeclabelType;

typedef struct DomainSeclabel {
	DomainSeclabelType type;
	const char *model; /* NULL: the host's */
	const char *label, *baselabel;
	bool relabel;
	unsigned int line; /* 0: absent */
} DomainSeclabel;

typedef enum DomainRoot {
	DOMAIN_ROOT_HOST, /* no <target dir='/'>, or its source is / */
	DOMAIN_ROOT_DIRECTORY,
	DOMAIN_ROOT_IMAGE,
	DOMAIN_ROOT_BLOCK,
	_DOMAIN_ROOT_MAX,
} DomainRoot;

typedef struct Domain {
	DomainNode *root; /* the document; its lines are those of the text that was parsed */
	char **notes; /* what is honoured in part, or otherwise than libvirt does, sentences likewise: who defines or starts says them */
	char **warnings; /* what a start refuses, a sentence for each, by line: "line 7: <foo> is not known" */

	const char *name, *uuid; /* uuid: 36 lower-case characters, never NULL */
	const char *title, *description; /* NULL: none */
	uint64_t memory, current_memory; /* KiB */
	uint64_t hard_limit, soft_limit, swap_hard_limit; /* KiB; 0: not said */
	uint64_t shares, period; /* cputune; 0: not said */
	int64_t quota; /* microseconds; 0: not said, -1: none */
	uint64_t blkio_weight; /* 0: not said */
	uint32_t vcpus;
	const char *cpuset, *nodeset; /* "0-3,7"; NULL: none */
	const char *partition; /* NULL: none */
	const char *arch; /* "x86_64", "i686" */
	const char *init, *initdir, *inituser, *initgroup, *cmdline; /* init never NULL */
	char **initargs, **initenv; /* initenv: "NAME=value" */
	SpecIdMap users, groups; /* <idmap>; no ranges: none */
	bool privnet;
	DomainAction on_poweroff, on_reboot, on_crash;
	DomainRoot root_kind;
	const DomainFilesystem *root_filesystem; /* NULL: DOMAIN_ROOT_HOST without an element */
	DomainFilesystem *filesystems; /* all, in the document's order */
	size_t n_filesystems;
	DomainInterface *interfaces; /* the index is that of Identity's links */
	size_t n_interfaces;
	DomainHostdev *hostdevs;
	size_t n_hostdevs;
	size_t n_consoles;
	DomainSeclabel seclabel;
} Domain;

Domain *domain_free(Domain *domain);
DEFINE_CLEANUP(Domain *, domain_free)
#define _cleanup_domain_ _cleanup_(domain_freep)

typedef enum DomainFlags {
	DOMAIN_VALIDATE =
		1
		<< 0, /* parse: ask libvirt's schema, too; -EOPNOTSUPP where that is not installed */
	DOMAIN_INACTIVE = 1 << 1, /* format: without what only a running domain has */
} DomainFlags;

/* From XML. name: of the file, for sentences: "(domain_definition)". Entities, and documents that are larger or deeper than any domain is, are refused. What is missing
 * is filled in as libvirt does, uuid and MAC addresses included. -EINVAL, with the line. */
int domain_parse_xml(const char *text, size_t size, const char *name, unsigned int flags,
	Domain **ret, Error **ret_error);
/* In libvirt's form: parsing it gives the same text again. */
int domain_format_xml(const Domain *domain, unsigned int flags, char **ret, Error **ret_error);
/* From a configuration of the LXC tools and what it includes. text: of the file itself; name: its path, for sentences, and relative includes. ret_warnings: keys that
 * have no effect here, a vector. */
int domain_from_lxc(const char *text, size_t size, const char *name, Domain **ret,
	char ***ret_warnings, Error **ret_error);

int domain_copy(const Domain *domain, Domain **ret, Error **ret_error);

/* What a running domain has, for dumpxml. All may be NULL or 0. */
typedef struct DomainLive {
	int32_t id; /* 0: not running */
	const char *model, *label, *imagelabel;
	const char *console; /* terminal of the first console */
	char *const *host_names; /* of links on the host, by index of interfaces */
} DomainLive;
/* The same document with what it says while it runs. */
int domain_with_live(const Domain *domain, const DomainLive *live, Domain **ret, Error **ret_error);

/* ---- Changing the document: each checks as parsing does, and leaves all as it was on failure ---- */

/* Text of an element, or an attribute, by path from below <domain>: "memory", "vcpu/@cpuset", "memtune/hard_limit"; made where it is missing, in its place;
 * value NULL: removed. */
int domain_set(Domain *domain, const char *path, const char *value, Error **ret_error);
/* NULL: there is none. */
const char *domain_get(const Domain *domain, const char *path);
/* A device as XML: <interface>, <disk>, <hostdev>, <filesystem>. */
int domain_add_device(Domain *domain, const char *xml, size_t size, Error **ret_error);
/* The same with what is chosen where nothing is said, its MAC address: for more than one document. */
int domain_complete_device(const char *xml, size_t size, char **ret, Error **ret_error);
/* A node of the typed view. */
int domain_remove_device(Domain *domain, const DomainNode *device, Error **ret_error);
/* The device that an XML text means: same element, and what it says of MAC, source and target is said. -ENOENT. */
int domain_find_device(const Domain *domain, const char *xml, size_t size, const DomainNode **ret,
	Error **ret_error);
/* One node as XML. */
int domain_format_node(const DomainNode *node, char **ret, Error **ret_error);
/* The element of that namespace below <metadata>, NULL xml: removed; key: its prefix. */
int domain_set_metadata(Domain *domain, const char *uri, const char *key, const char *xml,
	size_t size, Error **ret_error);
/* -ENOENT. Without the prefix, as it was set. */
int domain_get_metadata(const Domain *domain, const char *uri, char **ret, Error **ret_error);

/* ---- Networks ---- */

/* libvirt's <network> document as settings of a network of ours: key, value, ... -EOPNOTSUPP: it says what those cannot hold, and the line. */
int domain_network_settings(
	const char *xml, size_t size, char **ret_name, char ***ret_settings, Error **ret_error);

/* ---- Towards a start ---- */

/* Refuses what is kept but not honoured, the first by line: "line 12: <filterref> ... ". -EOPNOTSUPP or -EINVAL. */
int domain_check_start(const Domain *domain, Error **ret_error);

#define DOMAIN_NETWORK_STORED                                                                      \
	"libvirt" /* in our store, libvirt's network "default": another one than that of our containers */

/* The same name, security and networks (with the same index) as a description of our own doors: what identity/ reserves, confirms and releases for. */
int domain_wishes(const Domain *domain, Desc **ret, Error **ret_error);

/* What the compiler must know of this host, read for one domain, beside KernelFacts. */
typedef struct DomainFacts {
	bool user_namespace; /* whether it gets one: its Identity needs ids then, unless it has an <idmap> */
	uint32_t user, group; /* of the first process, inside */
	struct DomainNodeFact { /* by index of hostdevs */
		uint32_t major, minor;
	} * nodes;
	size_t n_nodes;
	char **numbers; /* "8:0", by index of <blkiotune>'s devices */
	char *join_network, *join_ipc, *join_uts; /* paths of namespaces; NULL: none */
	bool counts_memory; /* the host can limit it: <memory> alone is a limit only then, <memtune> is one, or no start */
	const char *stop_signal; /* what its first process takes for an order to end */
	char **hidden; /* what of the host a container on its root does not see: our own places, trees of others, sockets of daemons */
} DomainFacts;
/* Refuses, by line, sources that are missing or of the wrong kind. */
int domain_facts_read(const Domain *domain, DomainFacts *ret, Error **ret_error);
void domain_facts_done(DomainFacts *facts);
#define _cleanup_domain_facts_ _cleanup_(domain_facts_done)

/* Pure. Identity: as reserved for domain_wishes(). */
int spec_from_domain(const Domain *domain, const Identity *identity, const Places *places,
	const KernelFacts *kernel, const DomainFacts *facts, Spec **ret, Error **ret_error);
