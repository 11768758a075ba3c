/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The table of keys. Order is the order in the keyfile, in help and in the man page.
 */
#include "desc/keys.h"

#include <stdio.h>
#include <string.h>

#include "base/strv.h"
#include "desc/key-types.h"
#include "desc/value.h"

#define MEMORY_MIN                                                                                 \
	(UINT64_C(4) << 20) /* bytes; less than an inner systemd needs to say why it fails */
#define IMAGE_MIN (UINT64_C(16) << 20) /* bytes; mkfs.ext4 makes no journal below */
#define ID_BASE_MIN ((uint64_t)DESC_ID_COUNT) /* ids of the host itself are below */
#define ID_BASE_MAX ((uint64_t)UINT32_MAX - DESC_ID_COUNT)
#define SECONDS_MAX 86400 /* a day */
#define TASKS_MAX (UINT64_C(1) << 22) /* PID_MAX_LIMIT of the kernel */
#define FILES_MIN 256 /* what an inner systemd opens itself, and some room */
#define FILES_MAX (UINT64_C(1) << 30) /* sysctl_nr_open_max of the kernel */
#define SIZE_LIMIT (UINT64_C(1) << 62) /* what the kernel counts in signed bytes */

#define AT(member) .offset = offsetof(Desc, member)
#define OF(member) .offset = offsetof(Identity, member)
#define CHOSEN (KEY_OUTPUT | KEY_IDENTITY)

static const Key keys[] = {
	{ "core", "name", .argument = "NAME", .help = "name of the container", .flags = KEY_CREATE,
		.type = &key_type_text, AT(name), .check = desc_check_name },
	{ "core", "hostname", .option = "hostname", .argument = "HOST",
		.help = "host name inside (default: its name)", .type = &key_type_text,
		AT(hostname), .check = value_check_hostname },

	{ "core", "site", .argument = "KEY=VALUE",
		.help = "what create took from the site's defaults", .flags = KEY_LIST | KEY_OUTPUT,
		.type = &key_type_list, AT(site) },

	{ "service", "units", .option = "unitfile", .letter = 'u', .argument = "UNIT",
		.help = "systemd unit of the host to run", .flags = KEY_LIST | KEY_CREATE,
		.type = &key_type_list, AT(units), .check = value_check_unit },
	{ "service", "aliases", .argument = "UNIT",
		.help = "name of a unit on other distributions, for a second host unit",
		.flags = KEY_LIST | KEY_OUTPUT, .type = &key_type_list, AT(aliases),
		.check = value_check_unit },
	{ "service", "init", .option = "init", .argument = "INIT",
		.help = "what keeps its units inside: systemd or direct", .flags = KEY_CREATE,
		.type = &key_type_text, AT(manager), .check = value_check_manager },
	{ "service", "step", .argument = "KEY=VALUE",
		.help = "step of the small init, written by create from the unit",
		.flags = KEY_LIST | KEY_OUTPUT, .type = &key_type_list, AT(steps) },
	{ "service", "boot-target", .option = "boot-target", .argument = "TARGET",
		.help = "target that systemd inside starts", .flags = KEY_CREATE,
		.type = &key_type_text, AT(boot_target), .check = value_check_unit },
	{ "service", "dbus", .option = "dbus", .help = "start the system bus inside",
		.flags = KEY_CREATE, .type = &key_type_bool, AT(dbus) },
	{ "service", "host-journal", .option = "host-journal",
		.help = "link its journal into the host's, for journalctl -m", .flags = KEY_CREATE,
		.type = &key_type_bool, AT(host_journal) },
	{ "service", "ignored-directives", .option = "ignore-directive", .argument = "DIRECTIVE",
		.help = "accept that this unit directive has no effect",
		.flags = KEY_LIST | KEY_CREATE, .type = &key_type_list, AT(ignored_directives) },

	{ "service", "credential", .option = "credential", .argument = "NAME=FILE",
		.help = "credential of the units, from a file of the host",
		.flags = KEY_LIST | KEY_CREATE, .type = &key_type_list, AT(credentials),
		.check = value_check_credential },

	{ "service", "sysctl", .argument = "KEY=VALUE",
		.help = "kernel setting of its own network or IPC namespace",
		.flags = KEY_LIST | KEY_OUTPUT, .type = &key_type_list, AT(sysctls),
		.check = value_check_sysctl },

	{ "service", "socket-rule", .argument = "DIRECTIVE=WORD",
		.help = "restriction of its units on sockets, e.g. IPAddressDeny=any",
		.flags = KEY_LIST | KEY_OUTPUT, .type = &key_type_list, AT(socket_rules),
		.check = value_check_socket_rule },

	{ "system", "os", .option = "os", .argument = "SYSTEM",
		.help = "install a full system, e.g. debian:bookworm", .flags = KEY_CREATE,
		.type = &key_type_text, AT(os), .check = value_check_os },
	{ "system", "from", .option = "os-from", .argument = "PATH",
		.help = "full system from this directory or tar archive", .flags = KEY_CREATE,
		.type = &key_type_path, AT(os_from) },
	{ "system", "arch", .option = "arch", .argument = "ARCH",
		.help = "its architecture, as Debian names it", .flags = KEY_CREATE,
		.type = &key_type_text, AT(arch), .check = value_check_arch },
	{ "system", "base", .argument = "ID", .help = "name of its base", .flags = KEY_OUTPUT,
		.type = &key_type_text, AT(base), .check = value_check_base },
	{ "system", "init", .argument = "INIT", .help = "its first program: systemd or other",
		.flags = KEY_OUTPUT, .type = &key_type_text, AT(init), .check = value_check_init },
	{ "root", "path", .option = "root", .argument = "PATH",
		.help = "directory or image to use as root, or host", .flags = KEY_CREATE,
		.type = &key_type_root, AT(root) },
	{ "root", "readonly", .option = "root-readonly", .help = "mount the root read-only",
		.flags = KEY_CREATE, .type = &key_type_bool, AT(root_readonly) },

	{ "command", "argv", .argument = "WORD", .help = "word of the command", .flags = KEY_LIST,
		.type = &key_type_list, AT(command) },

	{ "content", "copy", .option = "copy", .letter = 'C',
		.help = "copy the host's current configuration and data", .flags = KEY_CREATE,
		.type = &key_type_bool, AT(copy) },
	{ "content", "packages", .option = "package", .letter = 'P', .argument = "PACKAGE",
		.help = "another package whose files are needed", .flags = KEY_LIST | KEY_CREATE,
		.type = &key_type_list, AT(packages), .check = value_check_package },
	{ "content", "with", .option = "with", .argument = "PATH",
		.help = "also copy this path, e.g. below /etc or /var",
		.flags = KEY_LIST | KEY_CREATE, .type = &key_type_path_list, AT(with) },
	{ "content", "without", .option = "without", .argument = "PATH",
		.help = "leave this path out", .flags = KEY_LIST | KEY_CREATE,
		.type = &key_type_path_list, AT(without) },
	{ "content", "follow", .option = "follow", .argument = "PATH",
		.help = "path of the host, kept up to date inside", .flags = KEY_LIST | KEY_CREATE,
		.type = &key_type_path_list, AT(follow) },
	{ "content", "shared", .argument = "DIR",
		.help = "directory of the host shared read-only, e.g. below /opt",
		.flags = KEY_LIST | KEY_OUTPUT, .type = &key_type_path_list, AT(shared) },
	{ "content", "account", .option = "account", .argument = "ACCOUNT",
		.help = "account of the host to create inside", .flags = KEY_LIST | KEY_CREATE,
		.type = &key_type_list, AT(accounts), .check = value_check_account },
	{ "content", "path", .option = "path", .letter = 'p', .argument = "DIR",
		.help = "directory in which the content tree is created", .flags = KEY_CREATE,
		.type = &key_type_path, AT(path) },
	{ "content", "image-size", .option = "image-size", .letter = 'i', .argument = "SIZE",
		.help = "keep the content in an image of this size", .flags = KEY_LIVE,
		.type = &key_type_size, AT(image_size), .min = IMAGE_MIN, .max = SIZE_LIMIT },

	{ "identity", "user", .option = "user", .letter = 'U', .argument = "USER[:GROUP]",
		.help = "user that a command runs as", .type = &key_type_text, AT(user),
		.check = value_check_user },
	{ "identity", "home", .option = "homedir", .argument = "DIR",
		.help = "home directory of that user", .type = &key_type_path, AT(homedir) },
	{ "identity", "uuid", .argument = "ID", .help = "machine id inside, 32 hexadecimal digits",
		.flags = CHOSEN, .type = &key_type_text, OF(uuid), .check = value_check_uuid },
	{ "identity", "id-base", .argument = "ID",
		.help = "first of the container's 65536 ids on the host", .flags = CHOSEN,
		.type = &key_type_id, OF(id_base), .min = ID_BASE_MIN, .max = ID_BASE_MAX },
	{ "identity", "model", .argument = "MODEL", .help = "model that its labels are for",
		.flags = CHOSEN, .type = &key_type_model, OF(model) },
	{ "identity", "label", .argument = "LABEL", .help = "dynamic label of its processes",
		.flags = CHOSEN, .type = &key_type_text, OF(label), .check = value_check_label },
	{ "identity", "imagelabel", .argument = "LABEL", .help = "label of its files",
		.flags = CHOSEN, .type = &key_type_text, OF(imagelabel),
		.check = value_check_label },
	{ "identity", "link", .argument = "SPEC",
		.help = "MAC address and address of a network, one line for each",
		.flags = CHOSEN | KEY_LIST, .type = &key_type_links },

	{ "security", "options", .option = "security", .letter = 's', .argument = "SPEC",
		.help = "dynamic, static, selinux, smack, apparmor or none", .flags = KEY_SHORTHAND,
		.type = &key_type_security, AT(security) },
	{ "security", "model", .argument = "MODEL", .help = "selinux, smack, apparmor or none",
		.flags = KEY_CREATE, .type = &key_type_model, AT(security.model) },
	{ "security", "labeling", .argument = "KIND", .help = "dynamic or static",
		.flags = KEY_CREATE, .type = &key_type_labeling, AT(security.labeling) },
	{ "security", "level", .option = "level", .letter = 'l', .argument = "LEVEL",
		.help = "SELinux level, e.g. s0:c1,c2", .flags = KEY_CREATE,
		.type = &key_type_level, AT(security.level) },
	{ "security", "label", .argument = "LABEL",
		.help = "static: label of the container's processes", .flags = KEY_CREATE,
		.type = &key_type_text, AT(security.label), .check = value_check_label },
	{ "security", "baselabel", .argument = "LABEL",
		.help = "label that a dynamic label is derived from", .flags = KEY_CREATE,
		.type = &key_type_text, AT(security.baselabel), .check = value_check_label },
	{ "security", "relabel", .help = "static: relabel existing content", .flags = KEY_CREATE,
		.type = &key_type_bool, AT(security.relabel) },
	{ "security", "own-type", .help = "give the container its own policy type",
		.flags = KEY_CREATE, .type = &key_type_bool, AT(security.custom_type) },
	{ "security", "capability", .option = "capability", .argument = "NAME",
		.help = "CAP_NET_ADMIN: root inside administers its network", .flags = KEY_LIST,
		.type = &key_type_list, AT(capabilities), .check = value_check_capability },

	{ "security", "device", .option = "device", .argument = "PATH[:TARGET[:r]]",
		.help = "device of the host; :r read-only", .flags = KEY_LIST,
		.type = &key_type_list, AT(devices), .check = value_check_device },

	{ "network", "interface", .option = "network", .letter = 'N', .argument = "SPEC",
		.help = "default, none, host, NAME or source=BRIDGE",
		.flags = KEY_LIST | KEY_PARTLY_LIVE, .type = &key_type_networks },
	{ "network", "publish", .option = "publish", .argument = "SPEC",
		.help = "publish a port, [ADDRESS:]HOSTPORT:PORT[/udp]",
		.flags = KEY_LIST | KEY_LIVE, .type = &key_type_published, AT(published) },
	{ "network", "allow-from", .option = "allow-from", .argument = "WHO",
		.help = "who may connect: NAME or ADDRESS[/PREFIX], [:PORT]",
		.flags = KEY_LIST | KEY_LIVE, .type = &key_type_allowed, AT(allowed) },
	{ "network", "egress", .option = "egress", .argument = "WHERE",
		.help = "where it may connect: none, host, ADDRESS or NAME",
		.flags = KEY_LIST | KEY_LIVE, .type = &key_type_egress, AT(egress) },
	{ "network", "dns", .option = "dns", .argument = "ADDRESS",
		.help = "name server instead of the host's, or none", .flags = KEY_LIST | KEY_LIVE,
		.type = &key_type_dns, AT(dns) },
	{ "network", "dns-search", .option = "dns-search", .argument = "DOMAIN",
		.help = "domain for short names; . means none", .flags = KEY_LIST | KEY_LIVE,
		.type = &key_type_dns_search, AT(dns_search) },

	{ "mount", "entry", .option = "mount", .letter = 'm', .argument = "SPEC",
		.help = "TYPE:TARGET=SOURCE, e.g. host-bind:/srv=/data", .flags = KEY_LIST,
		.type = &key_type_mounts },

	{ "environment", "variable", .option = "env", .letter = 'e', .argument = "NAME[=VALUE]",
		.help = "environment variable inside", .flags = KEY_LIST, .type = &key_type_list,
		AT(environment), .check = value_check_environment },

	{ "order", "requires", .option = "requires", .argument = "NAME",
		.help = "container that must be started before it", .flags = KEY_LIST | KEY_LIVE,
		.type = &key_type_order, AT(requires), .check = desc_check_name },
	{ "order", "after", .option = "after", .argument = "NAME",
		.help = "container that is started first, if at all", .flags = KEY_LIST | KEY_LIVE,
		.type = &key_type_order, AT(after), .check = desc_check_name },

	{ "restart", "policy", .option = "restart", .argument = "WHEN",
		.help = "restart by the host: no, on-failure or always", .flags = KEY_LIVE,
		.type = &key_type_text, AT(restart), .check = value_check_restart },
	{ "restart", "delay", .option = "restart-delay", .argument = "SECONDS",
		.help = "delay before a restart (default 1)", .type = &key_type_number,
		AT(restart_delay), .flags = KEY_LIVE, .min = 1, .max = SECONDS_MAX },
	{ "restart", "limit", .option = "restart-limit", .argument = "NUMBER",
		.help = "give up after this many starts (default 5)", .type = &key_type_number,
		AT(restart_limit), .flags = KEY_LIVE, .min = 1, .max = 1000 },
	{ "restart", "interval", .option = "restart-interval", .argument = "SECONDS",
		.help = "time within which starts count (default 60)", .type = &key_type_number,
		AT(restart_interval), .flags = KEY_LIVE, .min = 1, .max = SECONDS_MAX },
	{ "restart", "on-upgrade", .option = "on-upgrade", .argument = "WHAT",
		.help = "after host upgrades: restart, units, hold or never", .flags = KEY_LIVE,
		.type = &key_type_text, AT(on_upgrade), .check = value_check_on_upgrade },

	{ "health", "command", .option = "health-command", .argument = "COMMAND",
		.help = "health check, a command line for /bin/sh", .type = &key_type_text,
		AT(health_command) },
	{ "health", "interval", .option = "health-interval", .argument = "SECONDS",
		.help = "time between two checks (default 30)", .type = &key_type_number,
		AT(health_interval), .min = 1, .max = SECONDS_MAX },
	{ "health", "timeout", .option = "health-timeout", .argument = "SECONDS",
		.help = "time that a check may take (default 10)", .type = &key_type_number,
		AT(health_timeout), .min = 1, .max = 30 },
	{ "health", "retries", .option = "health-retries", .argument = "NUMBER",
		.help = "unhealthy after this many failures (default 3)", .type = &key_type_number,
		AT(health_retries), .min = 1, .max = 1000 },

	{ "resources", "memory", .option = "memory", .argument = "SIZE",
		.help = "maximum memory, e.g. 512M; max = unlimited",
		.flags = KEY_LIVE | KEY_UNLIMITED, .type = &key_type_size, AT(resources.memory),
		.min = MEMORY_MIN, .max = SIZE_LIMIT },
	{ "resources", "cpus", .option = "cpus", .argument = "NUMBER",
		.help = "maximum CPUs, e.g. 1.5; max = unlimited",
		.flags = KEY_LIVE | KEY_UNLIMITED, .type = &key_type_cpus,
		AT(resources.cpu_milli) },
	{ "resources", "cpu-weight", .option = "cpu-weight", .argument = "NUMBER",
		.help = "share of CPU time, 1 to 10000", .type = &key_type_number, AT(cpu_weight),
		.min = 1, .max = 10000 },
	{ "resources", "cpuset", .option = "cpuset", .argument = "LIST",
		.help = "CPUs that it runs on, e.g. 0-3,7", .type = &key_type_text, AT(cpuset),
		.check = value_check_cpuset },
	{ "resources", "swap", .option = "swap", .argument = "SIZE",
		.help = "maximum swap space; 0 = none, max = unlimited", .type = &key_type_text,
		AT(swap), .check = value_check_swap },
	{ "resources", "pids", .option = "pids", .argument = "NUMBER",
		.help = "maximum processes and threads; max = unlimited",
		.flags = KEY_LIVE | KEY_UNLIMITED, .type = &key_type_number, AT(resources.pids),
		.min = 1, .max = TASKS_MAX },
	{ "resources", "io-weight", .option = "io-weight", .argument = "NUMBER",
		.help = "share of disk time, 1 to 10000", .flags = KEY_LIVE,
		.type = &key_type_number, AT(resources.io_weight), .min = 1, .max = 10000 },
	{ "resources", "files", .option = "files", .argument = "NUMBER",
		.help = "maximum open files of each process (default 524288)", .flags = KEY_LIVE,
		.type = &key_type_number, AT(resources.files), .min = FILES_MIN, .max = FILES_MAX },
};

size_t keys_count(void)
{
	return ARRAY_SIZE(keys);
}

const Key *keys_at(size_t index)
{
	return index < ARRAY_SIZE(keys) ? &keys[index] : NULL;
}

const Key *keys_find(const char *section, const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (strcmp(keys[i].section, section) == 0 && strcmp(keys[i].name, name) == 0)
			return &keys[i];
	return NULL;
}

const Key *keys_find_former(const char *section, const char *name)
{
	static const struct {
		const char *section, *name;
	} former[] = { { "core", "uuid" }, { "security", "imagelabel" } };

	for (size_t i = 0; i < ARRAY_SIZE(former); i++)
		if (strcmp(former[i].section, section) == 0 && strcmp(former[i].name, name) == 0)
			return keys_find("identity", name);
	return NULL;
}

int key_set(const Key *key, void *object, const char *text, Error **ret_error)
{
	return key->type->set(key, (char *)object + key->offset, text, ret_error);
}

int key_get(const Key *key, const void *object, char ***values)
{
	return key->type->get((const char *)object + key->offset, values);
}

int keys_copy(const void *from, void *to, KeyFlags of, Error **ret_error)
{
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		_cleanup_strv_ char **values = NULL;

		if ((keys[i].flags & KEY_IDENTITY) != of)
			continue;
		if (key_get(&keys[i], from, &values) < 0)
			return error_oom(ret_error);
		STRV_FOREACH (value, values) {
			int r = key_set(&keys[i], to, *value, ret_error);

			if (r < 0)
				return error_wrap(ret_error, "cannot copy %s.%s", keys[i].section,
					keys[i].name);
		}
	}
	return 0;
}

void keys_unset(void *object, KeyFlags of)
{
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if ((keys[i].flags & KEY_IDENTITY) == of)
			keys[i].type->unset((char *)object + keys[i].offset);
}

static int find(const char *text, const Key **ret, Error **ret_error)
{
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		size_t size = strlen(keys[i].section);

		if (strncmp(text, keys[i].section, size) == 0 && text[size] == '.' &&
			strcmp(text + size + 1, keys[i].name) == 0) {
			*ret = &keys[i];
			return 0;
		}
	}
	return error_set(ret_error, ENOENT, "there is no key \"%s\"", text);
}

static int find_of_desc(const char *text, const Key **ret, Error **ret_error)
{
	int r = find(text, ret, ret_error);

	return r == 0 && (*ret)->flags & KEY_IDENTITY
		       ? error_set(ret_error, EINVAL,
				 "%s is chosen for each container, and cannot be given", text)
		       : r;
}

int desc_set(Desc *desc, const char *key, const char *text, Error **ret_error)
{
	const Key *row;
	int r = find_of_desc(key, &row, ret_error);

	return r < 0 ? r : key_set(row, desc, text, ret_error);
}

int described_get(
	const Desc *desc, const Identity *identity, const char *key, char ***ret, Error **ret_error)
{
	_cleanup_strv_ char **values = NULL;
	const Key *row;
	int r = find(key, &row, ret_error);

	if (r < 0)
		return r;
	if (key_get(row, key_object(row, desc, identity), &values) < 0)
		return error_oom(ret_error);
	*ret = TAKE_PTR(values);
	return 0;
}

int desc_get(const Desc *desc, const char *key, char ***ret, Error **ret_error)
{
	const Key *row;
	int r = find_of_desc(key, &row, ret_error);

	return r < 0 ? r : described_get(desc, NULL, key, ret, ret_error);
}

int desc_unset(Desc *desc, const char *key, Error **ret_error)
{
	const Key *row;
	int r = find_of_desc(key, &row, ret_error);

	if (r == 0)
		row->type->unset((char *)desc + row->offset);
	return r;
}
