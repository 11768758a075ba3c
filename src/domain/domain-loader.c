/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The library's side of domain.h: each function is the plug-in's of the same name. Those without an error parameter are about a Domain that there is, so
 * the plug-in has been loaded.
 */
#include "domain/domain.h"

#include "base/plugin.h"
#include "domain/domain-plugin.h"

static const DomainPlugin *plugin; /* NULL: not loaded */

static int load(Error **ret_error)
{
	const void *found;
	int r = plugin ? 0 : plugin_load("domain", &found, ret_error);

	if (r == 0 && !plugin)
		plugin = found;
	return r;
}

Domain *domain_free(Domain *domain)
{
	return domain ? plugin->free(domain) : NULL;
}

int domain_parse_xml(const char *text, size_t size, const char *name, unsigned int flags,
	Domain **ret, Error **ret_error)
{
	int r = load(ret_error);

	return r < 0 ? r : plugin->parse_xml(text, size, name, flags, ret, ret_error);
}

int domain_format_xml(const Domain *domain, unsigned int flags, char **ret, Error **ret_error)
{
	int r = load(ret_error);

	return r < 0 ? r : plugin->format_xml(domain, flags, ret, ret_error);
}

int domain_from_lxc(const char *text, size_t size, const char *name, Domain **ret,
	char ***ret_warnings, Error **ret_error)
{
	int r = load(ret_error);

	return r < 0 ? r : plugin->from_lxc(text, size, name, ret, ret_warnings, ret_error);
}

int domain_copy(const Domain *domain, Domain **ret, Error **ret_error)
{
	int r = load(ret_error);

	return r < 0 ? r : plugin->copy(domain, ret, ret_error);
}

int domain_with_live(const Domain *domain, const DomainLive *live, Domain **ret, Error **ret_error)
{
	int r = load(ret_error);

	return r < 0 ? r : plugin->with_live(domain, live, ret, ret_error);
}

int domain_set(Domain *domain, const char *path, const char *value, Error **ret_error)
{
	int r = load(ret_error);

	return r < 0 ? r : plugin->set(domain, path, value, ret_error);
}

const char *domain_get(const Domain *domain, const char *path)
{
	return domain ? plugin->get(domain, path) : NULL;
}

int domain_add_device(Domain *domain, const char *xml, size_t size, Error **ret_error)
{
	int r = load(ret_error);

	return r < 0 ? r : plugin->add_device(domain, xml, size, ret_error);
}

int domain_remove_device(Domain *domain, const DomainNode *device, Error **ret_error)
{
	int r = load(ret_error);

	return r < 0 ? r : plugin->remove_device(domain, device, ret_error);
}

int domain_complete_device(const char *xml, size_t size, char **ret, Error **ret_error)
{
	int r = load(ret_error);

	return r < 0 ? r : plugin->complete_device(xml, size, ret, ret_error);
}

int domain_find_device(const Domain *domain, const char *xml, size_t size, const DomainNode **ret,
	Error **ret_error)
{
	int r = load(ret_error);

	return r < 0 ? r : plugin->find_device(domain, xml, size, ret, ret_error);
}

int domain_format_node(const DomainNode *node, char **ret, Error **ret_error)
{
	int r = load(ret_error);

	return r < 0 ? r : plugin->format_node(node, ret, ret_error);
}

int domain_set_metadata(Domain *domain, const char *uri, const char *key, const char *xml,
	size_t size, Error **ret_error)
{
	int r = load(ret_error);

	return r < 0 ? r : plugin->set_metadata(domain, uri, key, xml, size, ret_error);
}

int domain_get_metadata(const Domain *domain, const char *uri, char **ret, Error **ret_error)
{
	int r = load(ret_error);

	return r < 0 ? r : plugin->get_metadata(domain, uri, ret, ret_error);
}

int domain_network_settings(
	const char *xml, size_t size, char **ret_name, char ***ret_settings, Error **ret_error)
{
	int r = load(ret_error);

	return r < 0 ? r : plugin->network_settings(xml, size, ret_name, ret_settings, ret_error);
}

int domain_check_start(const Domain *domain, Error **ret_error)
{
	int r = load(ret_error);

	return r < 0 ? r : plugin->check_start(domain, ret_error);
}

int domain_wishes(const Domain *domain, Desc **ret, Error **ret_error)
{
	int r = load(ret_error);

	return r < 0 ? r : plugin->wishes(domain, ret, ret_error);
}

int domain_facts_read(const Domain *domain, DomainFacts *ret, Error **ret_error)
{
	int r = load(ret_error);

	return r < 0 ? r : plugin->facts_read(domain, ret, ret_error);
}

void domain_facts_done(DomainFacts *facts)
{
	if (plugin)
		plugin->facts_done(facts);
}

int spec_from_domain(const Domain *domain, const Identity *identity, const Places *places,
	const KernelFacts *kernel, const DomainFacts *facts, Spec **ret, Error **ret_error)
{
	int r = load(ret_error);

	return r < 0 ? r : plugin->compile(domain, identity, places, kernel, facts, ret, ret_error);
}
