/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The registry of ucf(1): lines "PACKAGE PATH".
 */
#include "host/ucf.h"

#include <string.h>

#include "base/path.h"

#define REGISTRY "/var/lib/ucf/registry"

static int add_entry(Ucf *ucf, char *line)
{
	static const char blanks[] = " \t";
	UcfEntry *grown;
	char *path = line;
	char *package = strsep(&path, blanks);

	if (!path || ucf->n >= UCF_ENTRIES_MAX)
		return 0;
	path += strspn(path, blanks);
	path[strcspn(path, blanks)] = '\0';
	if (!*package || !path_is_normal(path))
		return 0;
	grown = reallocarray(ucf->entries, ucf->n + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	ucf->entries = grown;
	grown[ucf->n] = (UcfEntry){ .package = strdup(package), .path = strdup(path) };
	return grown[ucf->n].package && grown[ucf->n++].path ? 0 : -ENOMEM;
}

int ucf_read(const HostRoot *root, Ucf *ret)
{
	_cleanup_free_ char *text = NULL;
	_cleanup_ucf_ Ucf ucf = { 0 };
	char *rest;

	if (host_root_read(root, REGISTRY, &text, NULL, NULL) == 0) {
		rest = text;
		for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n"))
			if (add_entry(&ucf, line) < 0)
				return -ENOMEM;
	}
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
