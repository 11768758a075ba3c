/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Desc: what a container is. Command line, keyfile and domain XML all become one of these; after
 * desc_resolve() everybody reads a const Desc. Pure data: nothing here looks at the system.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

#define DESC_NAME_MAX 64 /* characters of a name: it is a host name, too (HOST_NAME_MAX) */
#define DESC_ID_COUNT 65536u /* user ids of one container */
#define DESC_LIST_MAX 1024 /* entries of any list (mounts, environment, units, ...) */
#define DESC_ROOT_HOST "host" /* the host's own root */
#define DESC_DNS_MAX 3 /* name servers, MAXNS of resolv.conf(5) */
#define DESC_DNS_HOST "host" /* as the host's, which is the default */
#define DESC_DNS_OWN "none" /* nobody but the container writes to its resolv.conf */
#define DESC_DNS_NOWHERE "." /* no search */
#define DESC_NETWORK_MAX 100 /* networks, as the ancestor had it */

typedef enum DescKind {
	DESC_COMMAND, /* one executable under virt-sandbox-init */
	DESC_SERVICE, /* systemd and units inside */
	DESC_SYSTEM, /* a whole system of its own, with its init */
	_DESC_KIND_MAX,
	_DESC_KIND_INVALID = -EINVAL,
} DescKind;

typedef enum DescModel { /* mandatory access control model */
	DESC_MODEL_AUTO, /* the one that the host's kernel enforces; none if it has none */
	DESC_MODEL_SELINUX,
	DESC_MODEL_SMACK,
	DESC_MODEL_APPARMOR,
	DESC_MODEL_NONE,
	_DESC_MODEL_MAX,
	_DESC_MODEL_INVALID = -EINVAL,
} DescModel;

typedef enum DescLabeling { /* sVirt: libvirt's seclabel type */
	DESC_LABEL_DYNAMIC,
	DESC_LABEL_STATIC,
	_DESC_LABELING_MAX,
	_DESC_LABELING_INVALID = -EINVAL,
} DescLabeling;

typedef struct DescSecurity {
	DescModel model;
	DescLabeling labeling;
	char *label; /* static: of processes */
	char *baselabel; /* dynamic: user:role:type:range to build on */
	char *level; /* -l: sensitivity and categories asked for, "s0:c1,c2" */
	bool relabel; /* change labels of content, put them back at delete; dynamic: always */
	bool custom_type; /* type=own: a policy module of its own */
} DescSecurity;

typedef enum DescNetworkType {
	DESC_NETWORK_NONE, /* loopback only */
	DESC_NETWORK_DEFAULT, /* veth to our bridge, address reserved, NAT */
	DESC_NETWORK_HOST, /* the host's network namespace */
	DESC_NETWORK_BRIDGE, /* veth to an existing bridge */
	DESC_NETWORK_MACVLAN, /* macvlan on a host interface */
	DESC_NETWORK_VLAN, /* VLAN on a host interface */
	DESC_NETWORK_ETHERNET, /* veth whose other end is the host's, and nobody's port */
	DESC_NETWORK_HOSTDEV, /* an interface of the host's moves in */
	DESC_NETWORK_CONTAINER, /* the network namespace of another container */
	DESC_NETWORK_NAMED, /* as default, on a network that the administrator made */
	_DESC_NETWORK_TYPE_MAX,
	_DESC_NETWORK_TYPE_INVALID = -EINVAL,
} DescNetworkType;

typedef struct DescRoute {
	char *target, *gateway; /* "10.0.0.0/8", "10.1.2.3"; either family */
} DescRoute;

typedef struct DescNetwork {
	DescNetworkType type;
	char *source; /* bridge, host interface, or name of a network or container; NULL for the other types */
	char *mode; /* macvlan: "private", "vepa", "bridge", "passthrough"; NULL: private */
	char **peers; /* "10.1.2.3/32 10.1.2.1": further addresses, and who is at the other end */
	unsigned int vlan; /* number of the VLAN, 1 to 4094 */
	unsigned int mtu; /* bytes; 0: that of what it is made on */
	unsigned int rate_in, rate_out; /* kbit/s to and from the container; 0: not limited */
	char *mac; /* "52:54:00:xx:xx:xx"; NULL: reserved */
	char **addresses; /* "10.1.2.3/24"; none in the default network: reserved */
	DescRoute *routes;
	size_t n_routes;
	bool dhcp;
} DescNetwork;

typedef enum DescMountType {
	DESC_MOUNT_HOST_BIND, /* directory or file of the host */
	DESC_MOUNT_GUEST_BIND, /* path inside the container onto another */
	DESC_MOUNT_HOST_IMAGE, /* file system image of the host, loop mounted */
	DESC_MOUNT_RAM, /* tmpfs of size bytes */
	_DESC_MOUNT_TYPE_MAX,
	_DESC_MOUNT_TYPE_INVALID = -EINVAL,
} DescMountType;

typedef struct DescMount {
	DescMountType type;
	char *target, *source; /* normal absolute paths; source NULL for ram */
	char *format; /* host-image: "raw", after desc_resolve() never NULL; else NULL */
	uint64_t size; /* ram: bytes */
	bool readonly;
	bool keep_label; /* host-bind: relabel=no, what it is labelled is nobody else's business */
} DescMount;

#define DESC_UNLIMITED UINT64_MAX /* "max": asked not to be limited */

typedef struct DescResources { /* 0 means: not set */
	uint64_t memory; /* bytes, memory.max */
	uint64_t cpu_milli; /* thousandths of a processor, cpu.max */
	uint64_t pids; /* tasks, pids.max */
	uint64_t io_weight; /* 1..10000, io.weight */
	uint64_t files; /* open in one process, RLIMIT_NOFILE */
} DescResources;

typedef struct Desc {
	char *name;
	char *hostname; /* its host name; NULL: name */
	char **site; /* "network.dns=10.0.0.53": what create took from the site's defaults; output of it */
	DescKind kind;

	char **units; /* DESC_SERVICE: full unit names of the host, "web.service" */
	char **aliases; /* DESC_SERVICE: further names of units for its host unit, "web.service"; output of create */
	char *manager; /* DESC_SERVICE: who starts and keeps them inside: "systemd" or "direct"; NULL: systemd */
	char **steps; /* by "direct": what it does, as direct/steps.h has it; output of the plan */
	char **command; /* DESC_COMMAND: argv */
	char **packages; /* --package: further packages */
	char **with; /* --with PATH: content that the rules did not find */
	char **without; /* --without PATH: content left out */
	char **follow; /* --follow PATH: of the host, as it is now and becomes */
	char **credentials; /* "NAME=FILE": of the units, from this file of the host */
	char **shared; /* host directories mounted read-only beside /usr; output of the plan */
	char **accounts; /* --account: "NAME" or "NAME,password", accounts of the host */
	bool copy; /* -C: the host's present configuration and data */
	bool dbus; /* start the system bus inside */
	char **capabilities; /* beyond those of its kind: "CAP_NET_ADMIN" */
	char **devices; /* "/dev/fuse", "/dev/ttyUSB0:/dev/modem", "...:r": of the host */
	char *cpuset, *swap; /* "0-3,7"; bytes of swap, a size or "max". NULL: not set */
	uint64_t cpu_weight; /* 1..10000, cpu.weight; 0: not set */
	char **socket_rules; /* "IPAddressDeny=any": what its units keep their sockets from */
	char **sysctls; /* "net.core.somaxconn=512": of the container's own namespaces */
	char **ignored_directives; /* --ignore-directive: what a container cannot give may be missing */
	bool host_journal; /* the host's journal directory gets a link to the container's */

	/* DESC_SYSTEM: where its base comes from, and what it is */
	char *os; /* --os: "debian:bookworm", to be installed */
	char *os_from; /* --os-from: directory or archive of the host */
	char *arch; /* --arch: of its programs, as Debian names it; NULL: the host's */
	char *base; /* its base by the name of its content, 64 hex digits; output of create */
	char *init; /* what its first program is: "systemd" or "other"; output of create */
	char *root; /* --root: directory or image of the host that is its root, or DESC_ROOT_HOST */
	bool root_readonly;

	char *path; /* -p: parent directory of the content tree; NULL: the default place */
	uint64_t image_size; /* -i: bytes; 0: a directory */

	char *user; /* USER[:GROUP] of a command, names or numbers; NULL: root */
	char *homedir; /* its HOME; NULL: from the user, "/" for root-less */

	DescSecurity security;
	DescNetwork *networks;
	size_t n_networks;
	char **published; /* --publish: ports of the host that lead to it, as net/publication.h has them */
	char **allowed,
		**egress; /* --allow-from, --egress: as net/reach-rule.h has them; no egress: everywhere outside */
	char **dns,
		**dns_search; /* --dns: addresses, or "none"; --dns-search: domains, or ".". NULL: as the host's */
	DescMount *mounts;
	size_t n_mounts;
	char **environment; /* "KEY=value" */
	DescResources resources;
	char **requires, **after; /* containers that are started before it; if these are, too */
	char *restart; /* what the host's systemd does when it has ended: "no", "on-failure", "always"; NULL: no */
	char *on_upgrade; /* of the host: "restart", "units", "hold", "never"; NULL: hold */
	uint64_t restart_delay; /* seconds */
	uint64_t restart_limit,
		restart_interval; /* so many starts within so many seconds; 0: the default */
	char *health_command; /* a line for /bin/sh inside; NULL: none */
	uint64_t health_interval, health_timeout; /* seconds; 0: the default */
	uint64_t health_retries;
	char *boot_target; /* of the inner systemd; default multi-user.target */
} Desc;

Desc *desc_new(void); /* NULL without memory; every field unset */
Desc *desc_free(Desc *desc);
DEFINE_CLEANUP(Desc *, desc_free)
#define _cleanup_desc_ _cleanup_(desc_freep)

int desc_copy(const Desc *desc, Desc **ret, Error **ret_error);

/* Fills defaults and checks everything that can be checked without looking at the system: name,
 * combinations, ranges. After this the description is const. The sentence of a failure names the
 * key. -EINVAL. */
int desc_resolve(Desc *desc, Error **ret_error);

/* [A-Za-z0-9][A-Za-z0-9_.-]{0,63}, without "..": what may be a container's name. 0 or -EINVAL
 * with a sentence. */
int desc_check_name(const char *name, Error **ret_error);

/* Is its root none of our making: a base, a directory, an image? */
bool desc_has_own_root(const Desc *desc);
bool desc_is_i386(const Desc *desc); /* on amd64 */
/* Is it the host's? */
bool desc_has_host_root(const Desc *desc);
/* Does it write to a root that the administrator gave it? */
bool desc_writes_root(const Desc *desc);
/* Is the init of its own root known to be systemd? */
bool desc_init_is_systemd(const Desc *desc);
/* Where the init of a root is looked for: what a kernel would start, and systemd where there is no link to it. */
extern const char *const desc_init_paths[5];
/* Does our own small init keep its one unit, without a systemd inside? */
bool desc_is_direct(const Desc *desc);
/* Does a system run inside, or an init of ours like it, which mounts, confines and ends processes itself? */
bool desc_has_manager(const Desc *desc);

/* Its host name: what was asked for, or its name. */
const char *desc_hostname(const Desc *desc);

/* Appends a zeroed entry and returns it, NULL without memory or above the limit. */
DescNetwork *desc_add_network(Desc *desc);
/* Has it a network namespace of its own, that is, any network but the host's? */
bool desc_has_private_net(const Desc *desc);
/* Does its root administer that network: CAP_NET_ADMIN? */
bool desc_is_net_admin(const Desc *desc);
/* Has it links of its own: a network other than none and host? */
bool desc_has_links(const Desc *desc);
/* Its first link on a network of ours, which ports are published of, by index; -ENOENT: none. */
int desc_published_network(const Desc *desc);
/* Has it any network but its own loopback? */
bool desc_has_network(const Desc *desc);
DescMount *desc_add_mount(Desc *desc);

/* Is it a network of ours, which gives an address? */
bool desc_network_is_ours(DescNetworkType type);

/* Does its address come from a DHCP server? On a network of ours it is reserved, whatever is asked. */
bool desc_network_asks(const DescNetwork *network);
/* Is it the systemd inside that asks for the address of any link? The unit waits for them. */
#define DESC_DHCP_UNIT "virt-sandbox-dhcp.service"
bool desc_runs_networkd(const Desc *desc);

/* "selinux", ...; NULL outside the enum. _INVALID for an unknown name. */
const char *desc_model_name(DescModel model);
DescModel desc_model_from_name(const char *name);
const char *desc_labeling_name(DescLabeling labeling);
DescLabeling desc_labeling_from_name(const char *name);
const char *desc_network_type_name(DescNetworkType type);
DescNetworkType desc_network_type_from_name(const char *name);
const char *desc_mount_type_name(DescMountType type);
DescMountType desc_mount_type_from_name(const char *name);
