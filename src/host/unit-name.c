/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Names of systemd units.
 */
#include "host/unit-name.h"

#include <stdio.h>
#include <string.h>

static const char *const unit_types[] = {
	"service",
	"socket",
	"target",
	"timer",
	"path",
	"mount",
	"automount",
	"swap",
	"slice",
	"scope",
	"device",
};

static const char *type_of(const char *name)
{
	const char *dot = strrchr(name, '.');

	for (size_t i = 0; dot && i < ARRAY_SIZE(unit_types); i++)
		if (strcmp(dot + 1, unit_types[i]) == 0)
			return dot + 1;
	return NULL;
}

bool unit_name_is_valid(const char *name)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:-_.\\@";
	size_t n = strlen(name);

	return n <= UNIT_NAME_MAX && strspn(name, allowed) == n && type_of(name) &&
	       name[0] != '.' && name[0] != '@';
}

bool unit_name_has_type(const char *name, const char *type)
{
	const char *t = type_of(name);

	return t && strcmp(t, type) == 0;
}

int unit_name_split(const char *name, UnitName *ret)
{
	_cleanup_unit_name_ UnitName split = { 0 };
	const char *type = type_of(name), *at;

	if (!unit_name_is_valid(name))
		return -EINVAL;
	at = memchr(name, '@', (size_t)(type - 1 - name));
	split.prefix = strndup(name, (size_t)((at ? at : type - 1) - name));
	split.instance = at ? strndup(at + 1, (size_t)(type - 1 - (at + 1))) : NULL;
	split.type = strdup(type);
	if (!split.prefix || (at && !split.instance) || !split.type)
		return -ENOMEM;
	*ret = split;
	split = (UnitName){ 0 };
	return 0;
}

void unit_name_done(UnitName *name)
{
	free(name->prefix);
	free(name->instance);
	free(name->type);
	*name = (UnitName){ 0 };
}

static char *name_format(const char *prefix, const char *instance, const char *type)
{
	char *name;

	return asprintf(&name, "%s%s%s.%s", prefix, instance ? "@" : "", instance ? instance : "",
		       type) < 0
		       ? NULL
		       : name;
}

static int split_errno(const char *name, UnitName *ret)
{
	int r = unit_name_split(name, ret);

	if (r < 0)
		errno = -r;
	return r;
}

char *unit_name_template(const char *name)
{
	_cleanup_unit_name_ UnitName split = { 0 };

	if (split_errno(name, &split) < 0)
		return NULL;
	if (!split.instance) {
		errno = EINVAL;
		return NULL;
	}
	return name_format(split.prefix, "", split.type);
}

char *unit_name_instantiate(const char *template, const char *instance)
{
	_cleanup_unit_name_ UnitName split = { 0 };

	if (split_errno(template, &split) < 0)
		return NULL;
	if (!split.instance) {
		errno = EINVAL;
		return NULL;
	}
	return name_format(split.prefix, instance, split.type);
}

char *unit_name_change_type(const char *name, const char *type)
{
	_cleanup_unit_name_ UnitName split = { 0 };

	if (split_errno(name, &split) < 0)
		return NULL;
	return name_format(split.prefix, split.instance, type);
}
