/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The table of places.
 */
#include "desc/places.h"

#include <string.h>

#include "base/layout.h"
#include "base/path.h"

typedef struct PlaceRow {
	size_t offset; /* of the member */
	LayoutPlace place;
	const char *before, *after; /* of the container's name */
} PlaceRow;

#define SNAPSHOTS ".virt-sandbox-snapshots" /* no container's name begins so */
#define AT(member) offsetof(Places, member)

static const PlaceRow of_name[] = {
	{ AT(keyfile), LAYOUT_SERVICES, "", ".sandbox" },
	{ AT(deleting), LAYOUT_SERVICES, "", ".deleting" },
	{ AT(pending), LAYOUT_RESERVATIONS, "pending/", ".sandbox" },
	{ AT(journal), LAYOUT_RESERVATIONS, "pending/", ".journal" },
	{ AT(snapshotting), LAYOUT_RESERVATIONS, "pending/", ".snapshot" },
	{ AT(lock), LAYOUT_RESERVATIONS, "locks/", "" },
	{ AT(manifest), LAYOUT_RESERVATIONS, "manifests/", "" },
	{ AT(scratch), LAYOUT_RESERVATIONS, "upgrade/", "" },
	{ AT(scratch_journal), LAYOUT_RESERVATIONS, "upgrade/", ".journal" },
	{ AT(notify), LAYOUT_RUN, "", "/notify" },
	{ AT(copies), LAYOUT_RUN, "", "/copies" },
};
static const PlaceRow of_image[] = {
	{ AT(image), LAYOUT_IMAGES, "", ".raw" },
	{ AT(image_copy), LAYOUT_IMAGES, "", ".raw~" },
};

static const char **member(Places *places, const PlaceRow *row)
{
	return (const char **)((char *)places + row->offset);
}

static int fill(Places *places, const PlaceRow *rows, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++) {
		char *path =
			layout_pathf(rows[i].place, "%s%s%s", rows[i].before, name, rows[i].after);

		if (!path)
			return -ENOMEM;
		*member(places, &rows[i]) = path;
	}
	return 0;
}

void places_done(Places *places)
{
	for (size_t i = 0; i < ARRAY_SIZE(of_name); i++)
		free((char *)*member(places, &of_name[i]));
	for (size_t i = 0; i < ARRAY_SIZE(of_image); i++)
		free((char *)*member(places, &of_image[i]));
	free((char *)places->tree);
	free((char *)places->base);
	free((char *)places->snapshots);
	free((char *)places->init);
	free((char *)places->direct);
	*places = (Places){};
}

int places_of_name(const char *name, Places *ret, Error **ret_error)
{
	_cleanup_places_ Places places = { .init = layout_program("virt-sandbox-init"),
		.direct = layout_program("virt-sandbox-direct") };

	if (!places.init || !places.direct || fill(&places, of_name, ARRAY_SIZE(of_name), name) < 0)
		return error_oom(ret_error);
	*ret = places;
	places = (Places){};
	return 0;
}

/* On the file system of the content: it can be shared with it, and take its place at once. */
static char *snapshots_beside(const char *content, const char *name)
{
	_cleanup_free_ char *parent = strndup(content, (size_t)(path_base(content) - content)),
			    *all = parent ? path_join(parent, SNAPSHOTS) : NULL;

	return all ? path_join(all, name) : NULL;
}

int places_of(const Desc *desc, Places *ret, Error **ret_error)
{
	_cleanup_places_ Places places = {};
	int r = places_of_name(desc->name, &places, ret_error);

	if (r < 0)
		return r;
	places.tree = desc->path ? path_join(desc->path, desc->name)
				 : layout_pathf(LAYOUT_FILESYSTEMS, "%s", desc->name);
	if (desc->base)
		places.base = layout_pathf(LAYOUT_RESERVATIONS, "bases/%s/root", desc->base);
	if (!places.tree || (desc->base && !places.base))
		return error_oom(ret_error);
	if (desc->image_size != 0 && fill(&places, of_image, ARRAY_SIZE(of_image), desc->name) < 0)
		return error_oom(ret_error);
	places.snapshots = snapshots_beside(places.image ? places.image : places.tree, desc->name);
	if (!places.snapshots)
		return error_oom(ret_error);
	*ret = places;
	places = (Places){};
	return 0;
}
