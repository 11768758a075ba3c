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
#define TASKS_MAX (UINT64_C(1) << 22) /* PID_MAX_LIMIT of the kernel */
#define SIZE_LIMIT (UINT64_C(1) << 62) /* what the kernel counts in signed bytes */

#define AT(member) .offset = offsetof(Desc, member)

static const Key keys[] = {
	{ "core", "name", NULL, 0, "NAME", "name of the container", 0, &key_type_text, AT(name),
		.check = desc_check_name },
	{ "core", "uuid", NULL, 0, "ID", "machine id inside, 32 hexadecimal digits", KEY_OUTPUT,
		&key_type_text, AT(uuid), .check = value_check_uuid },

	{ "service", "units", "unitfile", 'u', "UNIT", "systemd unit of the host to run", KEY_LIST,
		&key_type_list, AT(units), .check = value_check_unit },
	{ "service", "boot-target", "boot-target", 0, "TARGET",
		"target that the inner systemd starts", 0, &key_type_text, AT(boot_target),
		.check = value_check_unit },
	{ "service", "dbus", "dbus", 0, NULL, "start the system bus inside", 0, &key_type_bool,
		AT(dbus) },

	{ "command", "argv", NULL, 0, "WORD", "word of the command of a generic container",
		KEY_LIST, &key_type_list, AT(command) },

	{ "content", "copy", "copy", 'C', NULL, "copy the host's present configuration and data", 0,
		&key_type_bool, AT(copy) },
	{ "content", "packages", "package", 'P', "PACKAGE",
		"further package whose files are needed", KEY_LIST, &key_type_list, AT(packages),
		.check = value_check_package },
	{ "content", "with", "with", 0, "PATH", "copy this path of /etc or /var, too", KEY_LIST,
		&key_type_path_list, AT(with) },
	{ "content", "without", "without", 0, "PATH", "leave this path out", KEY_LIST,
		&key_type_path_list, AT(without) },
	{ "content", "shared", NULL, 0, "PATH",
		"host directory shared read-only beside /usr, as the package has it in /opt",
		KEY_LIST | KEY_OUTPUT, &key_type_path_list, AT(shared) },
	{ "content", "path", "path", 'p', "DIR", "directory in which the content tree is made", 0,
		&key_type_path, AT(path) },
	{ "content", "image-size", "image-size", 'i', "SIZE", "content in an image of this size",
		KEY_LIVE, &key_type_size, AT(image_size), .min = IMAGE_MIN, .max = SIZE_LIMIT },

	{ "identity", "user", "user", 'U', "USER[:GROUP]", "user that a command runs as", 0,
		&key_type_text, AT(user), .check = value_check_user },
	{ "identity", "home", "homedir", 0, "DIR", "home directory of that user", 0, &key_type_path,
		AT(homedir) },
	{ "identity", "id-base", NULL, 0, "ID", "first of the container's 65536 ids on the host",
		KEY_OUTPUT, &key_type_id, AT(id_base), .min = ID_BASE_MIN, .max = ID_BASE_MAX },

	{ "security", "options", "security", 's', "SPEC",
		"dynamic, static, selinux, smack, apparmor or none", KEY_SHORTHAND,
		&key_type_security, AT(security) },
	{ "security", "model", NULL, 0, "MODEL", "selinux, smack, apparmor or none", 0,
		&key_type_model, AT(security.model) },
	{ "security", "labeling", NULL, 0, "KIND", "dynamic or static", 0, &key_type_labeling,
		AT(security.labeling) },
	{ "security", "level", "level", 'l', "LEVEL", "SELinux level, as s0:c1,c2", 0,
		&key_type_level, AT(security.level) },
	{ "security", "label", NULL, 0, "LABEL", "label of the container's processes", 0,
		&key_type_text, AT(security.label), .check = value_check_label },
	{ "security", "imagelabel", NULL, 0, "LABEL", "label of the container's files", KEY_OUTPUT,
		&key_type_text, AT(security.imagelabel), .check = value_check_label },
	{ "security", "baselabel", NULL, 0, "LABEL", "what a dynamic label is built on", 0,
		&key_type_text, AT(security.baselabel), .check = value_check_label },
	{ "security", "relabel", NULL, 0, NULL,
		"static: change the labels of content that was there", 0, &key_type_bool,
		AT(security.relabel) },
	{ "security", "own-type", NULL, 0, NULL, "a policy type of the container's own", 0,
		&key_type_bool, AT(security.own_type) },

	{ "network", "interface", "network", 'N', "SPEC", "default, none, host or source=BRIDGE",
		KEY_LIST, &key_type_networks, 0 },
	{ "mount", "entry", "mount", 'm', "SPEC", "TYPE:TARGET=SOURCE, as host-bind:/srv=/data",
		KEY_LIST, &key_type_mounts, 0 },
	{ "environment", "variable", "env", 'e', "NAME=VALUE", "environment variable inside",
		KEY_LIST, &key_type_list, AT(environment), .check = value_check_environment },

	{ "resources", "memory", "memory", 0, "SIZE", "most memory, as 512M; max: no limit",
		KEY_LIVE, &key_type_size, AT(resources.memory), .min = MEMORY_MIN,
		.max = SIZE_LIMIT },
	{ "resources", "cpus", "cpus", 0, "NUMBER", "most processors, as 1.5; max: no limit",
		KEY_LIVE, &key_type_cpus, AT(resources.cpu_milli) },
	{ "resources", "pids", "pids", 0, "NUMBER", "most processes and threads; max: no limit",
		KEY_LIVE, &key_type_number, AT(resources.pids), .min = 1, .max = TASKS_MAX },
	{ "resources", "io-weight", "io-weight", 0, "NUMBER", "share of disk time, 1 to 10000",
		KEY_LIVE, &key_type_number, AT(resources.io_weight), .min = 1, .max = 10000 },
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

int key_set(const Key *key, Desc *desc, const char *text, Error **ret_error)
{
	return key->type->set(key, (char *)desc + key->offset, text, ret_error);
}

int key_get(const Key *key, const Desc *desc, char ***values)
{
	return key->type->get((const char *)desc + key->offset, values);
}

void key_unset(const Key *key, Desc *desc)
{
	key->type->unset((char *)desc + key->offset);
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

int desc_set(Desc *desc, const char *key, const char *text, Error **ret_error)
{
	const Key *row;
	int r;

	r = find(key, &row, ret_error);
	if (r < 0)
		return r;
	return key_set(row, desc, text, ret_error);
}

int desc_get(const Desc *desc, const char *key, char ***ret, Error **ret_error)
{
	_cleanup_strv_ char **values = NULL;
	const Key *row;
	int r;

	r = find(key, &row, ret_error);
	if (r < 0)
		return r;
	if (key_get(row, desc, &values) < 0)
		return error_oom(ret_error);
	*ret = TAKE_PTR(values);
	return 0;
}

int desc_unset(Desc *desc, const char *key, Error **ret_error)
{
	const Key *row;
	int r;

	r = find(key, &row, ret_error);
	if (r < 0)
		return r;
	key_unset(row, desc);
	return 0;
}
