/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The plan of a container with a root of its own: what makes a full system this one, in its own layer; the rest is its base. Of a directory or
 * image of the administrator's nothing is planned.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/path.h"
#include "base/text.h"
#include "desc/places.h"
#include "plan/build.h"

#define ETC "/" SYSTEM_UPPER "/etc"

static PlanEntry *add(Plan *plan, PlanKind kind, const char *path, mode_t mode)
{
	PlanEntry *entry;

	if (array_room(&plan->entries, plan->n_entries, sizeof(*plan->entries)) < 0)
		return NULL;
	entry = &plan->entries[plan->n_entries++];
	*entry = (PlanEntry){ .kind = kind,
		.path = strdup(path),
		.mode = mode,
		.rule = strdup("system"),
		.reason = strdup("full system") };
	return entry->path && entry->rule && entry->reason ? entry : NULL;
}

static bool add_directory(Plan *plan, const char *path)
{
	return add(plan, PLAN_DIRECTORY, path, 0755);
}

_printf_(4, 5) static bool add_file(Plan *plan, const char *path, mode_t mode, const char *fmt, ...)
{
	PlanEntry *entry = add(plan, PLAN_FILE, path, mode);
	va_list ap;

	if (!entry)
		return false;
	va_start(ap, fmt);
	entry->content = text_formatv(fmt, ap);
	va_end(ap);
	return entry->content;
}

static bool add_resolver(Plan *plan, const char *resolver)
{
	PlanEntry *entry = resolver ? add(plan, PLAN_COPY, ETC "/resolv.conf", 0644) : NULL;

	if (!resolver)
		return true;
	if (!entry)
		return false;
	entry->trusted = true; /* no secret: everybody on the host reads it */
	entry->source = strdup(resolver);
	return entry->source;
}

/* In the order of a plan. */
static bool add_all(Plan *plan, const char *host, const char *uuid, const char *resolver)
{
	return add_directory(plan, "/" SYSTEM_UPPER) && add_directory(plan, ETC) &&
	       add_file(plan, ETC "/hostname", 0644, "%s\n", host) &&
	       add_file(plan, ETC "/hosts", 0644,
		       "127.0.0.1\tlocalhost\n127.0.1.1\t%s\n::1\tlocalhost ip6-localhost\n",
		       host) &&
	       add_file(plan, ETC "/machine-id", 0444, "%s\n", uuid) &&
	       add_resolver(plan, resolver) && add_directory(plan, "/" SYSTEM_WORK);
}

int plan_make_system(const Desc *desc, const Identity *identity, const char *resolver, Plan **ret,
	Error **ret_error)
{
	_cleanup_plan_ Plan *plan = calloc(1, sizeof(*plan));
	bool good = plan &&
		    (desc->root || add_all(plan, desc_hostname(desc), identity->uuid, resolver));

	if (!good)
		return error_oom(ret_error);
	*ret = TAKE_PTR(plan);
	return 0;
}

static bool add_secret(Plan *plan, const char *path, const char *secret)
{
	_cleanup_free_ char *place = path_join("/" SYSTEM_UPPER, path);
	PlanEntry *entry = place ? add(plan, PLAN_SECRET, place, 0600) : NULL;

	if (entry)
		entry->content = strdup(secret);
	return entry && entry->content;
}

int plan_clone_system(Plan *plan, const char *layer, char *const *secrets, Error **ret_error)
{
	plan->layer = strdup(layer);
	if (!plan->layer)
		return error_oom(ret_error);
	for (size_t i = 0; secrets && secrets[i]; i += 2)
		if (!add_secret(plan, secrets[i], secrets[i + 1]))
			return error_oom(ret_error);
	plan_sort(plan);
	return 0;
}
