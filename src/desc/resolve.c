/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Defaults, and what may stand together in one description. Single values were checked when they
 * were read; a description that was built by hand is checked here for what the rest of the program
 * relies on.
 */
#include <string.h>

#include "base/log.h"
#include "base/path.h"
#include "base/strv.h"
#include "desc/desc.h"
#include "desc/mount-target.h"
#include "net/publication.h"
#include "net/reach-rule.h"

#define BOOT_TARGET_DEFAULT "multi-user.target"
#define NAME_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-"

int desc_check_name(const char *name, Error **ret_error)
{
	size_t size = strlen(name);

	if (size == 0)
		return error_set(ret_error, EINVAL, "the name of a container is empty");
	if (size > DESC_NAME_MAX)
		return error_set(ret_error, EINVAL,
			"container name \"%.16s...\" has %zu characters; the most is %u", name,
			size, DESC_NAME_MAX);
	if (strspn(name, NAME_CHARACTERS) != size || strchr("_.-", *name) || strstr(name, ".."))
		return error_set(ret_error, EINVAL,
			"container name \"%s\" must begin with a letter or digit and go on with letters, digits, \"_\", \"-\" or single dots",
			name);
	return 0;
}

static int resolve_life(const Desc *desc, Error **ret_error)
{
	if (strv_contains(desc->requires, desc->name) || strv_contains(desc->after, desc->name))
		return error_set(ret_error, EINVAL, "order.%s: a container cannot wait for itself",
			strv_contains(desc->requires, desc->name) ? "requires" : "after");
	if (!desc->restart &&
		(desc->restart_delay || desc->restart_limit || desc->restart_interval))
		return error_set(ret_error, EINVAL, "restart.%s: needs a policy (--restart)",
			desc->restart_delay   ? "delay"
			: desc->restart_limit ? "limit"
					      : "interval");
	if (desc->on_upgrade && desc_has_own_root(desc))
		return error_set(ret_error, EINVAL,
			"restart.on-upgrade: it has its own programs, which upgrades of the host do not change");
	if (desc->on_upgrade && strcmp(desc->on_upgrade, "units") == 0 && !desc->units)
		return error_set(ret_error, EINVAL,
			"restart.on-upgrade: a container that runs a command has no units to restart");
	if (!desc->health_command &&
		(desc->health_interval || desc->health_timeout || desc->health_retries))
		return error_set(ret_error, EINVAL, "health.%s: needs a command (--health-command)",
			desc->health_interval  ? "interval"
			: desc->health_timeout ? "timeout"
					       : "retries");
	return 0;
}

static int resolve_command(Desc *desc, Error **ret_error)
{
	desc->kind = DESC_COMMAND;
	if (desc->boot_target || desc->dbus || desc->host_journal)
		return error_set(ret_error, EINVAL,
			"%s: a container without units has no systemd inside",
			desc->boot_target ? "boot-target"
			: desc->dbus	  ? "dbus"
					  : "host-journal");
	if (desc->ignored_directives)
		return error_set(
			ret_error, EINVAL, "a container without units has no directives to ignore");
	if (!*desc->command[0])
		return error_set(ret_error, EINVAL, "the first word of the command is empty");
	if (desc->homedir && !desc->user)
		return error_set(ret_error, EINVAL, "a home directory needs a user");
	return 0;
}

/* What asks something of a systemd inside. */
static int check_direct(const Desc *desc, Error **ret_error)
{
	const char *option = desc->boot_target	  ? "--boot-target"
			     : desc->dbus	  ? "--dbus"
			     : desc->host_journal ? "--host-journal"
			     : desc->credentials  ? "--credential"
						  : NULL;

	return option ? error_set(ret_error, EINVAL,
				"%s needs a systemd inside, and with --init=direct there is none; leave out one of them",
				option)
		      : 0;
}

static int resolve_service(Desc *desc, Error **ret_error)
{
	const char *suffix;

	desc->kind = DESC_SERVICE;
	if (desc->user || desc->homedir)
		return error_set(ret_error, EINVAL,
			"\"%s\" is for commands; the units of a service say whom they run as",
			desc->user ? "user" : "home");
	if (desc_is_direct(desc))
		return check_direct(desc, ret_error);
	if (!desc->boot_target) {
		desc->boot_target = strdup(BOOT_TARGET_DEFAULT);
		if (!desc->boot_target)
			return error_oom(ret_error);
	}
	suffix = strrchr(desc->boot_target, '.');
	if (!suffix || strcmp(suffix, ".target") != 0)
		return error_set(
			ret_error, EINVAL, "boot target \"%s\" is not a target", desc->boot_target);
	return 0;
}

/* What is about the files of the host, which a full system has none of. */
static const char *of_host_files(const Desc *desc)
{
	return desc->copy	  ? "--copy"
	       : desc->packages	  ? "--package"
	       : desc->with	  ? "--with"
	       : desc->without	  ? "--without"
	       : desc->accounts	  ? "--account"
	       : desc->image_size ? "--image-size"
	       : desc->dbus	  ? "--dbus"
				  : NULL;
}

static int check_origin(const Desc *desc, Error **ret_error)
{
	if ((desc->os != NULL) + (desc->os_from != NULL) + (desc->root != NULL) > 1)
		return error_set(ret_error, EINVAL,
			"--os, --os-from and --root exclude each other: a container has one root");
	if (desc->units)
		return error_set(ret_error, EINVAL,
			"units of the host run on the host's programs; with its own root, enable units inside instead of giving them (-u)");
	if (desc->arch && !desc->os && !desc->os_from && !desc->base)
		return error_set(ret_error, EINVAL, "--arch is for --os and --os-from");
	if (desc_has_host_root(desc) && !desc->command)
		return error_set(ret_error, EINVAL,
			"--root host is for commands: a system on the host's root would be the host");
	if (desc->root_readonly && !desc->root)
		return error_set(ret_error, EINVAL, "--root-readonly needs --root");
	if (of_host_files(desc))
		return error_set(ret_error, EINVAL,
			"%s is for containers that run the host's programs; one with its own root has its own files",
			of_host_files(desc));
	return 0;
}

static int resolve_system(Desc *desc, Error **ret_error)
{
	desc->kind = DESC_SYSTEM;
	if (desc->command)
		return error_set(ret_error, EINVAL,
			"a full system runs its own init, and no command is given; with --root a "
			"command runs in a directory");
	if (desc->user || desc->homedir || desc->host_journal || desc->ignored_directives)
		return error_set(ret_error, EINVAL,
			"user, home, host-journal and ignored-directives are not for a full "
			"system");
	return 0;
}

static int resolve_kind(Desc *desc, Error **ret_error)
{
	bool full = desc->os || desc->os_from || desc->base;
	int r = full || desc->root || desc->root_readonly || desc->arch
			? check_origin(desc, ret_error)
			: 0;

	if (r < 0)
		return r;
	if (desc->manager && strcmp(desc->manager, "direct") == 0 && !desc->units)
		return error_set(ret_error, EINVAL,
			"--init=direct is for a container of one unit (-u); leave it out");
	if (full || (desc->root && !desc->command))
		return resolve_system(desc, ret_error);
	if (desc->units && desc->command)
		return error_set(ret_error, EINVAL, "Commands cannot be specified with unit files");
	if (!desc->units && !desc->command)
		return error_set(ret_error, EINVAL, "You must specify a command or a unit file");
	return desc->command ? resolve_command(desc, ret_error) : resolve_service(desc, ret_error);
}

static int check_static(const DescSecurity *security, Error **ret_error)
{
	if (!security->label)
		return error_set(ret_error, EINVAL,
			"a static label must be given, as in -s static,label=LABEL");
	if (security->baselabel)
		return error_set(ret_error, EINVAL,
			"a base label is for dynamic labels; a static label is given in full");
	if (security->level)
		return error_set(
			ret_error, EINVAL, "a static label has its level in the label itself");
	if (security->custom_type)
		return error_set(ret_error, EINVAL,
			"type=own is for dynamic labels; a static label names its type");
	return 0;
}

static bool may_be_selinux(DescModel model)
{
	return model == DESC_MODEL_AUTO || model == DESC_MODEL_SELINUX;
}

static int resolve_security(DescSecurity *security, Error **ret_error)
{
	const char *model = desc_model_name(security->model);

	if (!model)
		return error_set(ret_error, EINVAL, "unknown model of labels");
	if (security->model == DESC_MODEL_NONE) {
		if (security->label || security->baselabel || security->level ||
			security->custom_type || security->relabel ||
			security->labeling != DESC_LABEL_DYNAMIC)
			return error_set(
				ret_error, EINVAL, "model none cannot be combined with a label");
		return 0;
	}
	if (!may_be_selinux(security->model)) {
		const char *key = security->level	  ? "level"
				  : security->baselabel	  ? "baselabel"
				  : security->custom_type ? "own-type"
							  : NULL;
		if (key)
			return error_set(ret_error, EINVAL,
				"%s is for SELinux, but the requested model is %s", key, model);
	}
	if (security->labeling == DESC_LABEL_STATIC)
		return check_static(security, ret_error);
	security->relabel = true;
	return 0;
}

/* What every network but the outermost two may have. */
static int check_addresses(const DescNetwork *network, Error **ret_error)
{
	if (network->dhcp && network->addresses)
		return error_set(
			ret_error, EINVAL, "network: cannot set static addresses with DHCP");
	if (network->dhcp && network->n_routes > 0)
		return error_set(ret_error, EINVAL, "network: cannot set static routes with DHCP");
	/* On our own network an address is always there: it is reserved. */
	if (network->n_routes > 0 && !network->addresses && !network->peers &&
		!desc_network_is_ours(network->type))
		return error_set(
			ret_error, EINVAL, "network: cannot set static routes without addresses");
	for (size_t i = 0; i < network->n_routes; i++)
		if (!network->routes[i].gateway)
			return error_set(ret_error, EINVAL, "network: missing gateway in route %s",
				network->routes[i].target);
	return 0;
}

static bool limits_bandwidth(const DescNetwork *network)
{
	return network->rate_in || network->rate_out;
}

static bool has_parameters(const DescNetwork *network)
{
	return network->mac || network->addresses || network->dhcp || network->n_routes > 0 ||
	       network->peers || network->mtu || limits_bandwidth(network);
}

static int check_network(const DescNetwork *network, size_t count, Error **ret_error)
{
	const char *type = desc_network_type_name(network->type);

	if (!type)
		return error_set(ret_error, EINVAL, "unknown type of network");
	switch (network->type) {
	case DESC_NETWORK_NONE:
	case DESC_NETWORK_HOST:
		if (count > 1)
			return error_set(ret_error, EINVAL,
				"network \"%s\" cannot be combined with other networks", type);
		if (network->source || has_parameters(network))
			return error_set(ret_error, EINVAL,
				"network \"%s\" takes no further parameters", type);
		return 0;
	case DESC_NETWORK_CONTAINER:
		if (count > 1)
			return error_set(ret_error, EINVAL,
				"network \"container=%s\" cannot be combined with other networks",
				network->source ? network->source : "");
		if (has_parameters(network))
			return error_set(ret_error, EINVAL,
				"network \"container=\" takes no further parameters");
		break;
	case DESC_NETWORK_ETHERNET:
		break;
	case DESC_NETWORK_NAMED:
	case DESC_NETWORK_VLAN:
	case DESC_NETWORK_HOSTDEV:
	case DESC_NETWORK_BRIDGE:
	case DESC_NETWORK_MACVLAN:
		if (!network->source)
			return error_set(ret_error, EINVAL, "network \"%s\" needs source=%s", type,
				network->type == DESC_NETWORK_NAMED ? "NAME" : "INTERFACE");
		break;
	default:
		if (network->source)
			return error_set(ret_error, EINVAL, "network \"%s\" takes no source", type);
	}
	if (limits_bandwidth(network) && !desc_network_is_ours(network->type) &&
		network->type != DESC_NETWORK_BRIDGE)
		return error_set(ret_error, EOPNOTSUPP,
			"network \"%s\": bandwidth= is for links to a bridge: the network default, one with a name, or source=BRIDGE",
			type);
	if (network->type == DESC_NETWORK_VLAN && network->vlan == 0)
		return error_set(ret_error, EINVAL, "network \"vlan\" needs id=NUMBER");
	if (network->vlan && network->type != DESC_NETWORK_VLAN)
		return error_set(ret_error, EINVAL, "network \"%s\" takes no id=", type);
	if (network->mode && network->type != DESC_NETWORK_MACVLAN)
		return error_set(ret_error, EINVAL, "network \"%s\" takes no mode=", type);
	if (network->peers && desc_network_is_ours(network->type))
		return error_set(ret_error, EINVAL, "network \"%s\" takes no peer=", type);
	return check_addresses(network, ret_error);
}

static int check_published(const Desc *desc, Error **ret_error)
{
	Publication some[PUBLICATION_MAX];
	char words[PUBLICATION_SIZE];
	size_t n = 0;

	if (desc->published && desc_published_network(desc) < 0)
		return error_set(ret_error, EINVAL,
			desc_has_private_net(desc)
				? "network.publish: ports can only be published from the network default (-N default)"
				: "network.publish: on the host's network its ports are the host's, and need not be published");
	STRV_FOREACH (text, desc->published) {
		int r = n == PUBLICATION_MAX
				? error_set(ret_error, E2BIG, "network.publish: more than %u ports",
					  PUBLICATION_MAX)
				: publication_parse(*text, &some[n], ret_error);

		if (r < 0)
			return r;
		publication_describe(&some[n], words);
		for (size_t i = 0; i < n; i++)
			if (publication_overlaps(&some[i], &some[n]))
				return error_set(ret_error, EINVAL,
					"network.publish: %s is published twice", words);
		n++;
	}
	return 0;
}

/* What holds them stands on networks of ours alone: another link would be a way around. */
static int check_reach(const Desc *desc, Error **ret_error)
{
	const char *key = desc->egress ? "egress" : "allow-from";

	if (!desc->allowed && !desc->egress)
		return 0;
	if (strv_contains(desc->egress, "none") && strv_length(desc->egress) > 1)
		return error_set(ret_error, EINVAL,
			"network.egress: none cannot be combined with other destinations");
	for (size_t i = 0; i < desc->n_networks; i++)
		if (!desc_network_is_ours(desc->networks[i].type))
			return error_set(ret_error, EINVAL,
				"network.%s: it works only on the network default and on named networks, "
				"and this container has another one (-N)",
				key);
	STRV_FOREACH (text, desc->allowed) {
		ReachRule rule;

		if (reach_rule_parse(*text, false, &rule, NULL) == 0 && rule.peer == REACH_NAME &&
			strcmp(rule.name, desc->name) == 0)
			return error_set(ret_error, EINVAL,
				"network.allow-from: %s is this container itself", rule.name);
	}
	return 0;
}

static int check_dns(const Desc *desc, Error **ret_error)
{
	bool nobody = desc->n_networks == 1 && desc->networks[0].type == DESC_NETWORK_NONE;

	if (strv_contains(desc->dns, DESC_DNS_OWN) &&
		(strv_length(desc->dns) > 1 || desc->dns_search))
		return error_set(ret_error, EINVAL,
			"network.dns: none leaves the container's own file alone, and cannot be combined with a server or with dns-search");
	if (strv_contains(desc->dns_search, DESC_DNS_NOWHERE) && strv_length(desc->dns_search) > 1)
		return error_set(
			ret_error, EINVAL, "network.dns-search: . cannot be combined with domains");
	return (desc->dns || desc->dns_search) && nobody
		       ? error_set(ret_error, EINVAL,
				 "network.%s: with -N none it reaches no name server",
				 desc->dns ? "dns" : "dns-search")
		       : 0;
}

static int resolve_networks(Desc *desc, Error **ret_error)
{
	int r;

	if (desc->n_networks == 0) {
		DescNetwork *network = desc_add_network(desc);

		if (!network)
			return error_oom(ret_error);
		network->type = DESC_NETWORK_DEFAULT;
	}
	for (size_t i = 0; i < desc->n_networks; i++) {
		r = check_network(&desc->networks[i], desc->n_networks, ret_error);
		if (r < 0)
			return r;
	}
	r = check_published(desc, ret_error);
	if (r == 0)
		r = check_reach(desc, ret_error);
	return r < 0 ? r : check_dns(desc, ret_error);
}

static int resolve_mount(DescMount *mount, DescKind kind, Error **ret_error)
{
	int r;

	if (!desc_mount_type_name(mount->type) || !mount->target)
		return error_set(ret_error, EINVAL, "a mount has no type or target");
	r = mount_target_check(mount->target, kind, ret_error);
	if (r < 0)
		return r;
	if (mount->type == DESC_MOUNT_RAM ? mount->size == 0 : !mount->source)
		return error_set(ret_error, EINVAL, "mount on %s: no %s", mount->target,
			mount->type == DESC_MOUNT_RAM ? "size" : "source");
	if (mount->source && !path_is_normal(mount->source))
		return error_set(ret_error, EINVAL,
			"mount on %s: source \"%s\" is not a normal path", mount->target,
			mount->source);
	if (mount->type == DESC_MOUNT_HOST_IMAGE && !mount->format) {
		mount->format = strdup("raw");
		if (!mount->format)
			return error_oom(ret_error);
	}
	return 0;
}

static int resolve_mounts(Desc *desc, Error **ret_error)
{
	for (size_t i = 0; i < desc->n_mounts; i++) {
		int r = resolve_mount(&desc->mounts[i], desc->kind, ret_error);
		if (r < 0)
			return r;
		for (size_t j = 0; j < i; j++)
			if (strcmp(desc->mounts[i].target, desc->mounts[j].target) == 0)
				return error_set(ret_error, EINVAL, "two mounts have the target %s",
					desc->mounts[i].target);
	}
	return 0;
}

static int check_content(const Desc *desc, Error **ret_error)
{
	if (desc->path && desc->image_size)
		return error_set(ret_error, EINVAL,
			"a directory for the content and an image for it exclude each other");
	STRV_FOREACH (path, desc->with)
		if (strv_contains(desc->without, *path))
			return error_set(ret_error, EINVAL,
				"%s cannot be both brought along (with) and left out (without)",
				*path);
	return 0;
}

static int check_follow(const Desc *desc, Error **ret_error)
{
	STRV_FOREACH (path, desc->follow) {
		int r = mount_target_check(*path, desc->kind, ret_error);

		for (size_t i = 0; r == 0 && i < desc->n_mounts; i++)
			if (strcmp(desc->mounts[i].target, *path) == 0)
				r = error_set(ret_error, EINVAL,
					"%s cannot be both followed (follow) and the target of a mount",
					*path);
		for (char *const *other = desc->follow; r == 0 && other < path; other++)
			if (strcmp(*other, *path) == 0)
				r = error_set(ret_error, EINVAL, "%s is followed twice", *path);
		if (r < 0)
			return r;
	}
	return 0;
}

static int check_credentials(const Desc *desc, Error **ret_error)
{
	if (desc->credentials && desc->kind != DESC_SERVICE)
		return error_set(ret_error, EINVAL,
			"credentials are for units; a command reads a file, see --follow");
	STRV_FOREACH (a, desc->credentials)
		for (char *const *b = desc->credentials; b < a; b++)
			if (strncmp(*a, *b, strcspn(*a, "=") + 1) == 0)
				return error_set(ret_error, EINVAL,
					"two credentials have the name %.*s", (int)strcspn(*a, "="),
					*a);
	return 0;
}

int desc_resolve(Desc *desc, Error **ret_error)
{
	int r;

	if (!desc->name)
		return error_set(ret_error, EINVAL, "the container has no name");
	r = desc_check_name(desc->name, ret_error);
	if (r < 0)
		return r;
	log_step("resolve", "description of %s", desc->name);
	r = resolve_kind(desc, ret_error);
	if (r >= 0)
		r = resolve_life(desc, ret_error);
	if (r >= 0)
		r = check_content(desc, ret_error);
	if (r >= 0)
		r = resolve_security(&desc->security, ret_error);
	if (r >= 0)
		r = resolve_networks(desc, ret_error);
	if (r < 0)
		return r;
	r = resolve_mounts(desc, ret_error);
	if (r == 0)
		r = check_follow(desc, ret_error);
	return r < 0 ? r : check_credentials(desc, ret_error);
}
