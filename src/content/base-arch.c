/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Architectures by their names in Debian, in ELF and in uname(2).
 */
#include "content/base-arch.h"

#include <elf.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path.h"
#include "desc/desc.h"

static const struct {
	const char *machine, *name; /* of uname(2); as Debian calls it */
	uint16_t elf;
} architectures[] = { { "x86_64", "amd64", EM_X86_64 }, { "aarch64", "arm64", EM_AARCH64 },
	{ "i686", "i386", EM_386 }, { "ppc64le", "ppc64el", EM_PPC64 },
	{ "s390x", "s390x", EM_S390 }, { "riscv64", "riscv64", EM_RISCV },
	{ "armv7l", "armhf", EM_ARM } };

const char *base_native_arch(void)
{
	static _Thread_local struct utsname host;

	(void)uname(&host); /* cannot fail */
	for (size_t i = 0; i < ARRAY_SIZE(architectures); i++)
		if (strcmp(host.machine, architectures[i].machine) == 0)
			return architectures[i].name;
	return host.machine;
}

int base_check_arch(const char *arch, Error **ret_error)
{
	const Desc wanted = { .arch = (char *)arch };

	return strcmp(arch, base_native_arch()) == 0 || desc_is_i386(&wanted)
		       ? 0
		       : error_set(ret_error, EOPNOTSUPP,
				 "--arch %s: this processor, %s, cannot run such programs", arch,
				 base_native_arch());
}

int base_check_programs(int root_fd, const char *arch, Error **ret_error)
{
	const char *wanted = arch ? arch : base_native_arch(), *found = NULL;
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
		for (size_t k = 0; k < ARRAY_SIZE(architectures); k++)
			if (architectures[k].elf == head.machine)
				found = architectures[k].name;
	}
	if (!found || strcmp(found, wanted) == 0)
		return 0;
	return error_set(ret_error, EINVAL, "its programs are for %s, not for %s%s%s", found,
		wanted, base_check_arch(found, NULL) < 0 ? "" : "; create it with --arch ",
		base_check_arch(found, NULL) < 0 ? "" : found);
}
