/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a document says and a start refuses: by the grammar, and what goes wrong only together.
 */
#include "domain/start-check.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/array.h"
#include "base/path.h"
#include "base/strv.h"
#include "base/text.h"
#include "domain/grammar.h"
#include "domain/domain-compile.h"
#include "domain/node.h"
#include "domain/normal-form.h"

#define WARNINGS_MAX 64u /* a document that says more is not for us anyway */
#define AVERAGE_MIN 8 /* kilobytes in a second: 64 kbit/s */
#define INTERFACE_NAME_MAX 15 /* IFNAMSIZ without its NUL */

typedef struct Warning {
	unsigned int line;
	size_t index;
	char *text;
} Warning;

typedef struct Check {
	const Domain *domain;
	Warning *warnings;
	size_t n;
	bool failed; /* without memory */
} Check;

static void warn(Check *c, unsigned int line, const char *fmt, ...) _printf_(3, 4);
static void warn(Check *c, unsigned int line, const char *fmt, ...)
{
	_cleanup_free_ char *text = NULL;
	Warning warning = { .line = line, .index = c->n };
	va_list ap;

	if (c->n >= WARNINGS_MAX || c->failed)
		return;
	va_start(ap, fmt);
	text = text_formatv(fmt, ap);
	va_end(ap);
	if (!text || array_room(&c->warnings, c->n, sizeof(warning)) < 0 ||
		(line ? asprintf(&warning.text, "line %u: %s", line, text)
		      : asprintf(&warning.text, "%s", text)) < 0) {
		c->failed = true;
		return;
	}
	c->warnings[c->n++] = warning;
}

/* Behind the "|": libvirt knows it, we do not do it. */
static bool is_foreign_value(const Rule *rule, const char *value)
{
	const char *bar = rule->detail ? strchr(rule->detail, '|') : NULL, *at;
	size_t n = strlen(value);

	if (rule->value != VALUE_ENUM || !bar)
		return false;
	for (at = bar; (at = strstr(at, value)); at += n)
		if (at[-1] == ' ' && (at[n] == ' ' || !at[n]))
			return true;
	return false;
}

static void check_value(Check *c, const DomainNode *node, const Rule *rule, const char *value)
{
	char name[256];

	normal_name(node, rule, name, sizeof(name));
	if (rule->status == RULE_REFUSED)
		warn(c, node->line, "%s is not supported%s%s", name, rule->why ? ": " : "",
			rule->why ? rule->why : "");
	else if (value && is_foreign_value(rule, value) && rule->why && *rule->why == '=')
		warn(c, node->line, "%s %s", rule->why + 1, value); /* libvirt's own words */
	else if (value && is_foreign_value(rule, value) && rule->why && *rule->why == '!')
		warn(c, node->line, "%s", rule->why + 1);
	else if (value && is_foreign_value(rule, value))
		warn(c, node->line, "%s is '%s', which is not supported%s%s", name, value,
			rule->why ? ": " : "", rule->why ? rule->why : "");
}

static void check_attributes(Check *c, const DomainNode *node, const Rule *rule)
{
	for (size_t i = 0; i < node->n_attributes; i++) {
		const DomainAttribute *attribute = &node->attributes[i];
		char key[128];
		const Rule *row;

		(void)snprintf(key, sizeof(key), "@%s", attribute->name);
		row = rule_below(rule, key);
		if (row)
			check_value(c, node, row, attribute->value);
		else
			warn(c, node->line, "attribute '%.64s' of <%s> is not known",
				attribute->name, node->name);
	}
}

static void check_node(Check *c, const DomainNode *node, const Rule *rule)
{
	check_value(c, node, rule, node->text);
	if (rule->status == RULE_REFUSED || rule->value == VALUE_RAW)
		return;
	check_attributes(c, node, rule);
	for (size_t i = 0; i < node->n_children; i++) {
		const DomainNode *child = node->children[i];
		const Rule *row = rule_below(rule, child->name);
		bool twice = i > 0 && strcmp(node->children[i - 1]->name, child->name) == 0;

		if (!row)
			warn(c, child->line, "<%.64s> is not known", child->name);
		else if (twice && !(row->flags & RULE_MANY))
			warn(c, child->line, "<%s> is there twice", child->name);
		else
			check_node(c, child, row);
	}
}

static bool is_root_target(const DomainFilesystem *fs)
{
	return strcmp(fs->target, "/") == 0;
}

static void check_filesystem(Check *c, const DomainFilesystem *fs)
{
	static const char *const own[] = { "/proc", "/sys", "/dev" };
	unsigned int line = fs->node->line;
	const char *driver = node_value(fs->node, "driver/@type");

	if (fs->type == DOMAIN_FILESYSTEM_OTHER)
		return; /* by the grammar */
	if (is_root_target(fs) && fs != c->domain->root_filesystem)
		warn(c, line,
			fs->type == DOMAIN_FILESYSTEM_BIND
				? "a path inside cannot be bound onto the root of the container"
				: "the root of the container is there already");
	if (is_root_target(fs) && fs->type == DOMAIN_FILESYSTEM_RAM)
		warn(c, line, "the root of the container cannot be in memory; give it a directory");
	for (size_t i = 0; i < ARRAY_SIZE(own); i++)
		if (path_is_below(fs->target, own[i]))
			warn(c, line, "%s is below %s, of which the container has its own",
				fs->target, own[i]);
	if (fs->type == DOMAIN_FILESYSTEM_RAM && fs->size == 0)
		warn(c, line, "a file system in memory needs a size");
	if (driver && strcmp(driver, "loop") == 0 && fs->type != DOMAIN_FILESYSTEM_FILE)
		warn(c, line, "<driver type='loop'> needs a filesystem of type 'file'");
}

static bool is_interface_name(const char *name)
{
	size_t n = strlen(name);

	return n > 0 && n <= INTERFACE_NAME_MAX && !strpbrk(name, "/:") && strcmp(name, ".") != 0 &&
	       strcmp(name, "..") != 0 && strcspn(name, " \t\n") == n;
}

/* By its port on a bridge. */
static void check_bandwidth(Check *c, const DomainInterface *interface)
{
	const unsigned int averages[] = { interface->inbound, interface->outbound };
	const DomainNode *node = node_child(interface->node, "bandwidth");

	if (node && interface->type != DOMAIN_INTERFACE_NETWORK &&
		interface->type != DOMAIN_INTERFACE_BRIDGE)
		warn(c, node->line, "<bandwidth> is for interfaces of type network and bridge");
	for (size_t i = 0; i < ARRAY_SIZE(averages); i++)
		if (averages[i] > 0 && averages[i] < AVERAGE_MIN)
			warn(c, node->line, "an average of less than %d kilobytes is too small",
				AVERAGE_MIN);
}

static void check_interface(Check *c, const DomainInterface *interface)
{
	const char *isolated = node_value(interface->node, "port/@isolated");
	const char *const names[] = { interface->guest_name, interface->host_name };
	unsigned int line = interface->node->line;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (names[i] && !is_interface_name(names[i]))
			warn(c, line, "'%.64s' is not an interface name: at most %d characters",
				names[i], INTERFACE_NAME_MAX);
	check_bandwidth(c, interface);
	if (isolated && strcmp(isolated, "yes") == 0 && interface->type != DOMAIN_INTERFACE_NETWORK)
		warn(c, line, "<port isolated='yes'> is not supported but in a network");
}

static const char *shared(const Domain *domain, const char *name)
{
	const DomainNode *node = node_child(node_child(domain->root, "lxc:namespace"), name);
	const char *type = node_attribute(node, "type");

	return type && strcmp(type, "none") != 0 ? type : NULL;
}

static void check_namespaces(Check *c)
{
	static const char *const names[] = { "lxc:sharenet", "lxc:shareipc", "lxc:shareuts" };
	const DomainNode *node = node_child(c->domain->root, "lxc:namespace");

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const DomainNode *child = node_child(node, names[i]);
		const char *type = shared(c->domain, names[i]),
			   *value = node_attribute(child, "value");

		if (type && (!value || !*value))
			warn(c, child->line, "<%s> needs a value: whose namespace", names[i]);
		if (type && strcmp(type, "netns") == 0 && i > 0)
			warn(c, child->line, "<%s type='netns'> is only for networks", names[i]);
	}
	if (shared(c->domain, "lxc:sharenet") &&
		(c->domain->n_interfaces > 0 || c->domain->privnet))
		warn(c, node->line,
			"Config asks for inherit net namespace as well as private network "
			"interfaces");
}

static void check_idmap(Check *c)
{
	const SpecIdMap *const maps[] = { &c->domain->users, &c->domain->groups };
	const DomainNode *node = node_child(c->domain->root, "idmap");

	for (size_t m = 0; m < ARRAY_SIZE(maps); m++)
		for (size_t i = 0; i < maps[m]->n_ranges; i++) {
			const SpecIdRange *range = &maps[m]->ranges[i];

			if (range->count == 0)
				warn(c, node->line, "<idmap> has a range of no ids");
			else if (range->outside == 0)
				warn(c, node->line,
					"<idmap> maps to 0, which is root of the host; give it a "
					"target");
			else if (range->outside > UINT32_MAX - range->count ||
				 range->inside > UINT32_MAX - range->count)
				warn(c, node->line, "<idmap> goes beyond the largest id");
		}
}

static void check_process(Check *c)
{
	const Domain *domain = c->domain;
	const DomainNode *os = node_child(domain->root, "os");
	struct utsname host;

	if (*domain->init != '/')
		warn(c, os->line, "<init> is '%.64s', but it must be an absolute path",
			domain->init);
	if (domain->initdir && !path_is_normal(domain->initdir))
		warn(c, os->line, "<initdir> is '%.64s', but it must be an absolute path",
			domain->initdir);
	for (size_t i = 0; i < os->n_children; i++) {
		const char *name = node_attribute(os->children[i], "name");

		if (strcmp(os->children[i]->name, "initenv") == 0 && (!*name || strchr(name, '=')))
			warn(c, os->children[i]->line, "'%.64s' is not a variable name", name);
	}
	if (domain->arch && !domain_is_i386(domain) && uname(&host) == 0 &&
		strcmp(domain->arch, host.machine) != 0)
		warn(c, os->line, "a container for %.64s cannot run here: this host is %s",
			domain->arch, host.machine);
	if (domain->n_consoles > 1 + SPEC_TERMINALS_MAX)
		warn(c, 0, "a domain has at most 64 consoles");
	if (domain->n_consoles == 0)
		warn(c, 0, "At least one PTY console is required");
}

static void check_seclabel(Check *c)
{
	const DomainSeclabel *label = &c->domain->seclabel;
	static const char *const models[] = { "selinux", "smack", "apparmor", "none" };
	size_t n = 0, seen = 0;

	for (size_t i = 0; label->model && i < ARRAY_SIZE(models); i++)
		n += strcmp(models[i], label->model) == 0;
	if (label->model && n == 0)
		warn(c, label->line, "there is no security model '%.64s'", label->model);
	for (size_t i = 0; i < c->domain->root->n_children; i++)
		if (strcmp(c->domain->root->children[i]->name, "seclabel") == 0 && seen++ == 1)
			warn(c, c->domain->root->children[i]->line,
				"a second <seclabel>: a container has one security model");
}

/* ---- What is honoured in part ---- */

static void note_capabilities(Check *c)
{
	const Domain *domain = c->domain;
	const DomainNode *node = node_find(domain->root, "features/capabilities");
	bool user = domain->root_kind != DOMAIN_ROOT_HOST || domain->users.n_ranges > 0;
	uint64_t possible = domain_possible_capabilities(user,
		domain->n_interfaces > 0 || domain->privnet || shared(domain, "lxc:sharenet"));

	for (size_t i = 0; node && i < node->n_children; i++) {
		const DomainNode *child = node->children[i];
		const char *state = node_attribute(child, "state");
		unsigned int number;

		if (capability_index(child->name, &number) >= 0 && state &&
			strcmp(state, "on") == 0 && !(possible >> number & 1))
			warn(c, child->line, "the capability %s is not given to containers%s",
				child->name, user ? "" : " on the root of the host");
	}
}

/* There is one, as libvirt's containers have it. */
static void note_clock(Check *c)
{
	const DomainNode *clock = node_child(c->domain->root, "clock");
	const char *offset = node_attribute(clock, "offset");

	if (offset && strcmp(offset, "utc") != 0)
		warn(c, clock->line,
			"a container has the host's clock, not one that is '%s'; set TZ by "
			"<initenv>",
			offset);
}

static void note_bandwidth(Check *c)
{
	for (size_t i = 0; i < c->domain->n_interfaces; i++) {
		const DomainNode *node = node_child(c->domain->interfaces[i].node, "bandwidth");

		for (size_t j = 0; node && j < node->n_children; j++)
			if (node_attribute(node->children[j], "peak") ||
				node_attribute(node->children[j], "burst"))
				warn(c, node->children[j]->line,
					"the average of <%s> is a limit; 'peak' and 'burst' have no "
					"effect",
					node->children[j]->name);
	}
}

static void note_architecture(Check *c)
{
	if (domain_is_i386(c->domain))
		warn(c, node_child(c->domain->root, "os")->line,
			"programs of i686 hand the kernel the arguments of network calls in memory (socketcall), where the system call filter cannot look: "
			"it does not limit which kinds of sockets they make");
}

static void check_notes(Check *c)
{
	note_architecture(c);
	note_bandwidth(c);
	note_capabilities(c);
	note_clock(c);
}

static int by_line(const void *a, const void *b)
{
	const Warning *left = a, *right = b;

	if (left->line != right->line)
		return left->line < right->line ? -1 : 1;
	return left->index < right->index ? -1 : left->index > right->index;
}

/* Gives away what was collected, by line. */
static int take(Check *c, char ***ret, Error **ret_error)
{
	_cleanup_strv_ char **list = NULL;

	if (c->n > 0)
		qsort(c->warnings, c->n, sizeof(*c->warnings), by_line);
	for (size_t i = 0; i < c->n; i++) {
		c->failed = c->failed || strv_append(&list, c->warnings[i].text) < 0;
		free(c->warnings[i].text);
	}
	free(c->warnings);
	if (c->failed)
		return error_oom(ret_error);
	*ret = TAKE_PTR(list);
	return 0;
}

int start_warnings(const Domain *domain, char ***ret, Error **ret_error)
{
	Check c = { .domain = domain };

	check_node(&c, domain->root, rule_root());
	for (size_t i = 0; i < domain->n_filesystems; i++)
		check_filesystem(&c, &domain->filesystems[i]);
	for (size_t i = 0; i < domain->n_interfaces; i++)
		check_interface(&c, &domain->interfaces[i]);
	check_namespaces(&c);
	check_idmap(&c);
	check_process(&c);
	check_seclabel(&c);
	return take(&c, ret, ret_error);
}

int start_notes(const Domain *domain, char ***ret, Error **ret_error)
{
	Check c = { .domain = domain };

	check_notes(&c);
	return take(&c, ret, ret_error);
}

int domain_check_start(const Domain *domain, Error **ret_error)
{
	return domain->warnings ? error_set(ret_error, EOPNOTSUPP, "%s", domain->warnings[0]) : 0;
}
