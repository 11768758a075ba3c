/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What ucf(1) manages: its registry, lines "PACKAGE PATH", and the checksums of all files that it ever put in place, lines "CHECKSUM PATH", also of
 * packages that do not register theirs.
 */
#include "host/ucf.h"

#include <string.h>

#include "base/path.h"
#include "base/array.h"

#define REGISTRY "/var/lib/ucf/registry"
#define CHECKSUMS "/var/lib/ucf/hashfile"

static int add_entry(Ucf *ucf, char *line, bool registry)
{
	static const char blanks[] = " \t";
	char *path = line;
	char *package = strsep(&path, blanks);

	if (!path || ucf->n >= UCF_ENTRIES_MAX)
		return 0;
	path += strspn(path, blanks);
	path[strcspn(path, blanks)] = '\0';
	if (!*package || !path_is_normal(path))
		return 0;
	if (array_room(&ucf->entries, ucf->n, sizeof(*ucf->entries)) < 0)
		return -ENOMEM;
	ucf->entries[ucf->n] =
		(UcfEntry){ .package = strdup(registry ? package : ""), .path = strdup(path) };
	return ucf->entries[ucf->n].package && ucf->entries[ucf->n++].path ? 0 : -ENOMEM;
}

static int read_lines(const HostRoot *root, const char *path, bool registry, Ucf *ucf)
{
	_cleanup_free_ char *text = NULL;
	char *rest;

	if (host_root_read(root, path, &text, NULL, NULL) < 0) /* a host without ucf */
		return 0;
	rest = text;
	for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n"))
		if (add_entry(ucf, line, registry) < 0)
			return -ENOMEM;
	return 0;
}

int ucf_read(const HostRoot *root, Ucf *ret)
{
	_cleanup_ucf_ Ucf ucf = { 0 };

	if (read_lines(root, REGISTRY, true, &ucf) < 0 ||
		read_lines(root, CHECKSUMS, false, &ucf) < 0)
		return -ENOMEM;
	*ret = ucf;
	ucf = (Ucf){ 0 };
	return 0;
}

void ucf_done(Ucf *ucf)
{
	for (size_t i = 0; i < ucf->n; i++) {
		free(ucf->entries[i].package);
		free(ucf->entries[i].path);
	}
	free(ucf->entries);
	*ucf = (Ucf){ 0 };
}
