/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * By the headers of programs.
 */
#include "content/base-arch.h"

#include <elf.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "base/arch.h"
#include "base/fd.h"
#include "base/path.h"
#include "desc/desc.h"

int base_check_arch(const char *arch, Error **ret_error)
{
	const Desc wanted = { .arch = (char *)arch };

	return strcmp(arch, arch_native()) == 0 || desc_is_i386(&wanted)
		       ? 0
		       : error_set(ret_error, EOPNOTSUPP,
				 "--arch %s: this processor, %s, cannot run such programs", arch,
				 arch_native());
}

int base_check_programs(int root_fd, const char *arch, Error **ret_error)
{
	const char *wanted = arch ? arch : arch_native(), *found = NULL;
	struct {
		unsigned char ident[EI_NIDENT];
		uint16_t type, machine;
	} head;

	for (size_t i = 0; !found && i < ARRAY_SIZE(desc_init_paths); i++) {
		_cleanup_fd_ int fd =
			path_open_in_root(root_fd, desc_init_paths[i], O_RDONLY | O_NONBLOCK, 0);

		if (fd < 0 || read(fd, &head, sizeof(head)) != (ssize_t)sizeof(head) ||
			memcmp(head.ident, ELFMAG, SELFMAG) != 0)
			continue;
		found = arch_of_elf(head.machine);
	}
	if (!found || strcmp(found, wanted) == 0)
		return 0;
	return error_set(ret_error, EINVAL, "its programs are for %s, not for %s%s%s", found,
		wanted, base_check_arch(found, NULL) < 0 ? "" : "; create it with --arch ",
		base_check_arch(found, NULL) < 0 ? "" : found);
}
