/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The site's defaults.
 */
#include "desc/defaults.h"

#include <string.h>

#include "base/file.h"
#include "base/layout.h"
#include "base/strv.h"
#include "desc/keyfile.h"
#include "desc/keys.h"

static const char *const at_start[] = { "resources.memory", "resources.cpus", "resources.pids",
	"resources.io-weight", "resources.files" };
static const char *const at_create[] = { "service.host-journal", "network.interface",
	"network.allow-from", "network.egress", "network.dns", "network.dns-search",
	"environment.variable", "restart.policy", "restart.delay", "restart.limit",
	"restart.interval", "restart.on-upgrade", "health.interval", "health.timeout",
	"health.retries", "resources.cpu-weight", "resources.cpuset", "resources.swap" };

static bool is_in(const Key *key, const char *const names[], size_t n)
{
	for (size_t i = 0; i < n; i++) {
		size_t size = strlen(key->section);

		if (strncmp(names[i], key->section, size) == 0 && names[i][size] == '.' &&
			strcmp(names[i] + size + 1, key->name) == 0)
			return true;
	}
	return false;
}

/* One that many can join, and no namespace of others: that is asked for by name. */
static bool can_be_for_all(const DescNetwork *network)
{
	return (network->type == DESC_NETWORK_DEFAULT || network->type == DESC_NETWORK_NONE ||
		       network->type == DESC_NETWORK_NAMED ||
		       network->type == DESC_NETWORK_BRIDGE ||
		       network->type == DESC_NETWORK_MACVLAN) &&
	       !network->mac && !network->addresses && !network->peers;
}

static int check(const Key *key, const Desc *desc, Error **ret_error)
{
	bool network = strcmp(key->section, "network") == 0 && strcmp(key->name, "interface") == 0;

	if (!is_in(key, at_start, ARRAY_SIZE(at_start)) &&
		!is_in(key, at_create, ARRAY_SIZE(at_create)))
		return error_set(ret_error, EINVAL,
			"cannot have a default; virt-sandbox.sandbox(5) lists what can");
	if (network && !can_be_for_all(&desc->networks[desc->n_networks - 1]))
		return error_set(ret_error, EINVAL,
			"cannot default to the host's network, another container's or a fixed address; known are default, none, source=BRIDGE and networks by name");
	return 0;
}

int defaults_parse(const char *text, size_t size, const char *file, Desc **ret, Error **ret_error)
{
	return keyfile_parse_checked(text, size, file, check, ret, ret_error);
}

/* NULL: there is no file. */
static int load(Desc **ret, Error **ret_error)
{
	_cleanup_free_ char *path = layout_path(LAYOUT_DEFAULTS), *text = NULL;
	size_t size;
	int r = path ? file_read_optional(path, &text, &size, ret_error) : error_oom(ret_error);

	*ret = NULL;
	return r < 0 || !text ? r : defaults_parse(text, size, path, ret, ret_error);
}

int defaults_load(DescResources *ret, Error **ret_error)
{
	_cleanup_desc_ Desc *site = NULL;
	int r = load(&site, ret_error);

	if (r < 0)
		return r;
	*ret = site ? site->resources : (DescResources){ 0 };
	return 0;
}

/* What would be refused, or do nothing, because of what else the description says, is no default of this container. */
static bool fits(const Key *key, const Desc *desc, const char *value)
{
	bool none = desc->n_networks == 1 && desc->networks[0].type == DESC_NETWORK_NONE;

	if (strcmp(key->name, "on-upgrade") == 0)
		return !desc_has_own_root(desc) && !desc->os && !desc->os_from &&
		       (desc->units || strcmp(value, "units") != 0);
	if (strcmp(key->section, "restart") == 0)
		return strcmp(key->name, "policy") == 0 || desc->restart;
	if (strcmp(key->section, "health") == 0)
		return desc->health_command;
	if (strcmp(key->section, "service") == 0)
		return desc->units;
	return !none || strncmp(key->name, "dns", 3) != 0;
}

static int take(const Key *key, char *const *values, Desc *desc, Error **ret_error)
{
	int r = 0;

	STRV_FOREACH (value, values) {
		if (r == 0)
			r = key_set(key, desc, *value, ret_error);
		if (r == 0 &&
			strv_appendf(&desc->site, "%s.%s=%s", key->section, key->name, *value) < 0)
			r = error_oom(ret_error);
	}
	return r;
}

int defaults_take(Desc *desc, Error **ret_error)
{
	_cleanup_desc_ Desc *site = NULL;
	int r = load(&site, ret_error);

	for (size_t i = 0; r == 0 && site && i < keys_count(); i++) {
		_cleanup_strv_ char **own = NULL, **values = NULL;
		const Key *key = keys_at(i);

		if (!is_in(key, at_create, ARRAY_SIZE(at_create)))
			continue;
		if (key_get(key, desc, &own) < 0 || key_get(key, site, &values) < 0)
			return error_oom(ret_error);
		if (!own && values && fits(key, desc, values[0]))
			r = take(key, values, desc, ret_error);
	}
	return r;
}

void defaults_fill(DescResources *resources, const DescResources *defaults)
{
	if (!resources->memory)
		resources->memory = defaults->memory;
	if (!resources->cpu_milli)
		resources->cpu_milli = defaults->cpu_milli;
	if (!resources->pids)
		resources->pids = defaults->pids;
	if (!resources->io_weight)
		resources->io_weight = defaults->io_weight;
	if (!resources->files)
		resources->files = defaults->files;
}
