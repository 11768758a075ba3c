/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The side of the plug-in "domain" of xml.h: each function is the plug-in xml's of the same name, which most starts never load.
 */
#include "domain/xml-plugin.h"

#include "base/plugin.h"

static const XmlPlugin *plugin; /* NULL: not loaded */

static int load(Error **ret_error)
{
	const void *found;
	int r = plugin ? 0 : plugin_load("xml", &found, ret_error);

	if (r == 0 && !plugin)
		plugin = found;
	return r;
}

int xml_read(const char *text, size_t size, const char *name, DomainNode **ret, Error **ret_error)
{
	int r = load(ret_error);

	return r < 0 ? r : plugin->read(text, size, name, ret, ret_error);
}

int xml_validate(const char *text, size_t size, const char *name, Error **ret_error)
{
	int r = load(ret_error);

	return r < 0 ? r : plugin->validate(text, size, name, ret_error);
}

int xml_with_namespace(const char *text, size_t size, const char *uri, const char *key, char **ret,
	Error **ret_error)
{
	int r = load(ret_error);

	return r < 0 ? r : plugin->with_namespace(text, size, uri, key, ret, ret_error);
}

int xml_without_namespace(const char *raw, char **ret, Error **ret_error)
{
	int r = load(ret_error);

	return r < 0 ? r : plugin->without_namespace(raw, ret, ret_error);
}

bool xml_is_of(const char *raw, const char *uri)
{
	return load(NULL) == 0 && plugin->is_of(raw, uri);
}
