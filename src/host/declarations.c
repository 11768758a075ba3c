/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Lines of tmpfiles.d and sysusers.d.
 */
#include "host/declarations.h"

#include <string.h>

#include "base/path.h"
#include "base/array.h"

static int add_line(const char *text, size_t n, const char *file, const char *package,
	FactLine **lines, size_t *n_lines)
{
	FactLine made;

	if (*n_lines >= DECLARATION_LINES_MAX)
		return -E2BIG;
	if (array_room(lines, *n_lines, sizeof(**lines)) < 0)
		return -ENOMEM;
	made = (FactLine){
		.file = strdup(file),
		.text = strndup(text, n),
		.package = package ? strdup(package) : NULL,
	};
	(*lines)[(*n_lines)++] = made;
	return made.file && made.text && (made.package || !package) ? 0 : -ENOMEM;
}

int declarations_parse(
	const char *text, const char *file, const char *package, FactLine **lines, size_t *n_lines)
{
	static const char blanks[] = " \t\r";

	while (*text) {
		size_t length = strcspn(text, "\n"), skipped = strspn(text, blanks), end = length;
		int r = 0;

		while (end > skipped && strchr(blanks, text[end - 1]))
			end--;
		if (end > skipped && text[skipped] != '#')
			r = add_line(text + skipped, end - skipped, file, package, lines, n_lines);
		if (r < 0)
			return r;
		text += length + (text[length] == '\n');
	}
	return 0;
}

static int read_file(const HostRoot *root, const char *path, const char *package, FactLine **lines,
	size_t *n_lines, Error **ret_error)
{
	_cleanup_free_ char *text = NULL, *override = NULL;
	const char *file = path;
	struct stat st;
	int r;

	/* "/usr/lib/tmpfiles.d/x.conf" is replaced by "/etc/tmpfiles.d/x.conf", if only by a link to /dev/null. */
	if (path_is_below(path, "/usr/lib")) {
		override = path_join("/etc", path + strlen("/usr/lib"));
		if (!override)
			return error_oom(ret_error);
		if (host_root_lstat(root, override, &st) == 0)
			file = override;
	}
	r = host_root_read(root, file, &text, NULL, NULL);
	if (r == -ENOENT) /* deleted by the administrator */
		return 0;
	if (r == 0)
		r = declarations_parse(text, file, package, lines, n_lines);
	return r < 0 ? error_errno(ret_error, -r, "cannot read %s", file) : 0;
}

static int read_kind(const HostRoot *root, const PackageIndex *packages, const bool *set,
	const char *directory, FactLine **lines, size_t *n_lines, Error **ret_error)
{
	for (size_t i = package_index_below(packages, directory, 0); i < packages->n_paths;
		i = package_index_below(packages, directory, i + 1)) {
		const PackagePath *p = &packages->paths[i];
		size_t n = strlen(p->path);
		int r;

		if (!set[p->package] || n < strlen(".conf") ||
			strcmp(p->path + n - strlen(".conf"), ".conf") != 0)
			continue;
		r = read_file(root, p->path, packages->packages[p->package].name, lines, n_lines,
			ret_error);
		if (r < 0)
			return r;
	}
	return 0;
}

int declarations_read(const HostRoot *root, const PackageIndex *packages, const bool *set,
	Facts *facts, Error **ret_error)
{
	int r = read_kind(root, packages, set, "/usr/lib/tmpfiles.d", &facts->tmpfiles,
		&facts->n_tmpfiles, ret_error);

	if (r < 0)
		return r;
	return read_kind(root, packages, set, "/usr/lib/sysusers.d", &facts->sysusers,
		&facts->n_sysusers, ret_error);
}
