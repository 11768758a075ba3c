/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The programs of a unit's commands: what must be inside, outside of /usr, for each to run.
 */
#include "host/unit-program.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "base/fd.h"
#include "base/path.h"
#include "base/strv.h"
#include "host/elf-text.h"
#include "host/host-links.h"
#include "host/unit-load.h"

#define LINKS_MAX 8 /* of a chain; a longer one is a loop */
#define INTERPRETERS_MAX                                                                           \
	4 /* a script's interpreter may be a script, and so on; the kernel's limit */

static const char *const search_path[] = { "/usr/local/sbin", "/usr/local/bin", "/usr/sbin",
	"/usr/bin", "/sbin", "/bin" };

/* Where the host's /usr is what a container has. */
static bool is_system(const char *path)
{
	static const char *const places[] = { "/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64",
		"/libx32" };

	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		if (path_is_below(path, places[i]))
			return true;
	return false;
}

/* The path and each link on the way. -ENOENT: the host has no such file. */
static int add_chain(const HostRoot *root, const char *path, FactProgram *program)
{
	_cleanup_free_ char *at = strdup(path), *real = NULL;
	struct stat st;
	int r = at ? 0 : -ENOMEM;

	for (unsigned int i = 0; i < LINKS_MAX && r == 0; i++) {
		char *next = NULL;

		if (!is_system(at) && strv_append_unique(&program->paths, at) < 0)
			return -ENOMEM;
		if (host_root_lstat(root, at, &st) < 0 || !S_ISLNK(st.st_mode) ||
			host_links_step(root, at, &st, &next) < 0)
			break;
		free(at);
		at = next;
	}
	if (r == 0)
		r = host_root_realpath(root, path, &real);
	if (r < 0)
		return r == -ENOMEM ? r : -ENOENT;
	return is_system(real) ? 0 : strv_append_unique(&program->paths, real);
}

/* The library in the first of the program's own directories that has it; others are found below /usr. */
static int add_library(const HostRoot *root, const char *origin, const ElfText *elf,
	const char *name, FactProgram *program)
{
	STRV_FOREACH (directory, elf->directories) {
		_cleanup_free_ char *path = NULL, *normal = NULL;
		const char *rest = *directory;
		struct stat st;

		if (strncmp(rest, "$ORIGIN", 7) == 0 || strncmp(rest, "${ORIGIN}", 9) == 0) {
			rest += rest[1] == '{' ? 9 : 7;
			if (asprintf(&path, "%.*s%s/%s", (int)(path_base(origin) - origin - 1),
				    origin, rest, name) < 0)
				path = NULL;
		} else {
			path = path_join(rest, name);
		}
		if (!path)
			return -ENOMEM;
		if (path[0] == '/' && host_root_stat(root, path, &st) == 0) {
			if (host_root_realpath(root, path, &normal) < 0)
				return 0;
			return add_chain(root, normal, program) == -ENOMEM ? -ENOMEM : 0;
		}
	}
	return 0;
}

/* A library that only the linker's own configuration leads to: whatever is shared or copied by it is not below /usr. */
static int add_configured_library(const HostRoot *root, const char *name, FactProgram *program)
{
	_cleanup_strv_ char **files = NULL;
	int r = host_root_glob(root, "/etc/ld.so.conf.d/*.conf", &files);

	if (r == 0)
		r = strv_append(&files, "/etc/ld.so.conf");
	STRV_FOREACH (file, files) {
		_cleanup_strv_ char **directories = NULL;
		_cleanup_free_ char *text = NULL;
		size_t size;

		if (r == 0 && host_root_read(root, *file, &text, &size, NULL) == 0)
			r = strv_split(&directories, text, " \t\n,:");
		STRV_FOREACH (directory, directories) {
			_cleanup_free_ char *path = r == 0 ? path_join(*directory, name) : NULL;
			struct stat st;

			if (path && **directory == '/' && !is_system(path) &&
				host_root_stat(root, path, &st) == 0)
				return add_chain(root, path, program) == -ENOMEM ? -ENOMEM : 0;
		}
	}
	return r == -ENOMEM ? r : 0;
}

char *unit_program_find(const HostRoot *root, const FactUnit *unit, const char *name)
{
	_cleanup_strv_ char **directories = NULL;

	if (strchr(name, '/'))
		return strdup(name);
	if (unit && unit_values(unit, "Service", "ExecSearchPath", &directories) < 0)
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(search_path); i++)
		if (strv_append(&directories, search_path[i]) < 0)
			return NULL;
	STRV_FOREACH (directory, directories) {
		_cleanup_free_ char *path = path_join(*directory, name);
		struct stat st;

		if (!path || host_root_stat(root, path, &st) == 0)
			return TAKE_PTR(path);
	}
	return strdup(name);
}

/* Does the unit have a PATH of its own? */
static bool sets_path(const FactUnit *unit)
{
	for (size_t i = 0; i < unit->n_directives; i++)
		if (strncmp(unit->directives[i].key, "Environment", 11) == 0 &&
			(unit->directives[i].key[11] || strstr(unit->directives[i].value, "PATH=")))
			return true;
	return false;
}

/* A program that env(1) looks for: by the PATH of the unit, if that says so, which is not read here. */
static int add_named(
	const HostRoot *root, const FactUnit *unit, const char *name, FactProgram *program)
{
	_cleanup_free_ char *path = unit_program_find(root, unit, name);
	int r = path ? 0 : -ENOMEM;

	if (r == 0 && path[0] == '/')
		r = add_chain(root, path, program);
	else if (r == 0 && !sets_path(unit) && !program->lacks)
		program->lacks = TAKE_PTR(path);
	return r == -ENOENT ? 0 : r;
}

/* An upgrade of the host may lead it elsewhere. */
static int note_interpreter(const HostRoot *root, const char *path, FactProgram *program)
{
	_cleanup_free_ char *real = NULL;
	int r = host_root_realpath(root, path, &real);

	if (r < 0)
		return r == -ENOMEM ? r : 0;
	free(program->interpreter);
	if (asprintf(&program->interpreter, "%s %s", path, real) < 0) {
		program->interpreter = NULL;
		return -ENOMEM;
	}
	return 0;
}

/* What the head of the program asks for. */
static int read_head(const HostRoot *root, const FactUnit *unit, const char *path,
	unsigned int depth, FactProgram *program)
{
	_cleanup_fd_ int fd = host_root_open_file(root, path, O_RDONLY | O_NONBLOCK);
	_cleanup_elf_text_ ElfText elf = { 0 };
	int r = fd < 0 ? 0 : elf_text_read(fd, &elf);

	program->foreign = program->foreign || elf.foreign;
	STRV_FOREACH (name, elf.needed) {
		if (r == 0 && elf.directories && !is_system(path))
			r = add_library(root, path, &elf, *name, program);
		if (r == 0 && (!is_system(path) || path_is_below(path, "/usr/local")))
			r = add_configured_library(root, *name, program);
	}
	if (r < 0 || !elf.interpreter)
		return r;
	if (elf.found_by_env) {
		r = add_named(root, unit, elf.found_by_env, program);
		if (r < 0)
			return r;
	}
	r = add_chain(root, elf.interpreter, program);
	if (r == -ENOENT && !program->lacks) {
		program->lacks = TAKE_PTR(elf.interpreter);
		return 0;
	}
	if (r == 0 && !is_system(path))
		r = note_interpreter(root, elf.interpreter, program);
	return r == 0 && depth < INTERPRETERS_MAX
		       ? read_head(root, unit, elf.interpreter, depth + 1, program)
		       : r;
}

int unit_program_read(
	const HostRoot *root, const FactUnit *unit, const char *key, const char *name, Facts *facts)
{
	_cleanup_(fact_program_done) FactProgram program = { 0 };
	struct stat st;
	int r;

	program.path = unit_program_find(root, unit, name);
	program.unit = strdup(unit->name);
	program.key = strdup(key);
	if (!program.path || !program.unit || !program.key)
		return -ENOMEM;
	r = program.path[0] == '/' ? add_chain(root, program.path, &program) : -ENOENT;
	if (r == -ENOENT)
		program.missing = true;
	else if (r == 0)
		r = read_head(root, unit, program.path, 0, &program);
	if (r == 0 && host_root_stat(root, program.path, &st) == 0)
		program.unfit = !S_ISREG(st.st_mode) || !(st.st_mode & 0111);
	if (r == -ENOMEM)
		return r;
	if (!program.missing && !program.unfit && !program.foreign && !program.lacks &&
		!program.paths)
		return 0; /* nothing to say */
	if (array_room(&facts->programs, facts->n_programs, sizeof(program)) < 0)
		return -ENOMEM;
	facts->programs[facts->n_programs++] = program;
	program = (FactProgram){ 0 };
	return 0;
}
