/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What of the host a container needs.
 */
#include "sandbox/needs.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/layout.h"
#include "base/path.h"
#include "base/plugin.h"
#include "base/spawn.h"
#include "base/strv.h"
#include "host/elf-text.h"
#include "net/own-network.h"

static int need_systemd(Error **ret_error)
{
	if (access("/usr/lib/systemd/systemd", X_OK) == 0 ||
		access("/lib/systemd/systemd", X_OK) == 0)
		return 0;
	return error_set(ret_error, ENOENT,
		"this host has no systemd to run inside (/usr/lib/systemd/systemd); install the "
		"package systemd");
}

/* It comes with the host's /usr, or is asked for as a unit. */
static int need_target(const Desc *desc, Error **ret_error)
{
	static const char *const directories[] = { "/usr/lib/systemd/system",
		"/lib/systemd/system" };
	const char *target = desc->boot_target;

	for (size_t i = 0; i < ARRAY_SIZE(directories); i++) {
		_cleanup_free_ char *path = path_join(directories[i], target);

		if (!path)
			return error_oom(ret_error);
		if (access(path, F_OK) == 0)
			return 0;
	}
	if (strv_contains(desc->units, target))
		return 0;
	return error_set(ret_error, ENOENT,
		"boot target %s: there is no such unit in /usr/lib/systemd/system; name one of "
		"there, "
		"or give your own as a unit (-u), too",
		target);
}

/* Is all there that the plug-in names, beside the C library? Loading it would say the same, and take as long as all the rest of a small create. */
static bool has_libraries(const char *plugin)
{
	_cleanup_free_ char *file = NULL, *path = NULL, *directory = NULL;
	_cleanup_elf_text_ ElfText elf = { 0 };
	_cleanup_fd_ int fd = -EBADF;
	struct stat st;
	Dl_info libc;

	if (asprintf(&file, "%s.so", plugin) < 0 || dladdr((void *)(uintptr_t)&free, &libc) == 0)
		return false;
	path = layout_program(file);
	directory = strndup(libc.dli_fname, (size_t)(path_base(libc.dli_fname) - libc.dli_fname));
	fd = path && directory ? open(path, O_RDONLY | O_CLOEXEC) : -EBADF;
	if (fd < 0 || elf_text_read(fd, &elf) < 0 || !elf.needed)
		return false;
	STRV_FOREACH (name, elf.needed) {
		_cleanup_free_ char *library = path_join(directory, *name);

		if (!library || stat(library, &st) < 0 || !S_ISREG(st.st_mode))
			return false;
	}
	return true;
}

static int need_plugin(const char *name, Error **ret_error)
{
	const void *plugin;

	return has_libraries(name) ? 0 : plugin_load(name, &plugin, ret_error);
}

static int need_network(const Desc *desc, Error **ret_error)
{
	bool links = false, nat = false;
	Network network;
	int r = 0;

	for (size_t i = 0; i < desc->n_networks; i++) {
		DescNetworkType type = desc->networks[i].type;

		if (r == 0 && type == DESC_NETWORK_NAMED)
			r = network_load(desc->networks[i].source, &network, ret_error);
		links = links || (type != DESC_NETWORK_NONE && type != DESC_NETWORK_HOST &&
					 type != DESC_NETWORK_CONTAINER);
		nat = nat || desc_network_is_ours(type);
	}
	if (r == 0 && links)
		r = need_plugin("net", ret_error);
	if (r == 0 && nat)
		r = need_plugin("net_nft", ret_error);
	return r;
}

int needs_check(const Desc *desc, Error **ret_error)
{
	static const char *const image_programs[] = { "mkfs.ext4", "e2fsck", "resize2fs" };
	bool systemd = desc->kind == DESC_SERVICE && !desc_is_direct(desc);
	int r = systemd ? need_systemd(ret_error) : 0;

	if (r == 0 && systemd)
		r = need_target(desc, ret_error);

	for (size_t i = 0; r == 0 && desc->image_size && i < ARRAY_SIZE(image_programs); i++)
		r = spawn_need(image_programs[i], ret_error);
	if (r == 0 && desc->os && !desc->base)
		r = spawn_need("mmdebstrap", ret_error);
	return r == 0 ? need_network(desc, ret_error) : r;
}
