/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * OCI has the names of Go's GOARCH.
 */
#include "base/arch.h"

#include <elf.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/macro.h"

typedef struct Arch {
	const char *machine, *debian, *oci;
	uint16_t elf;
} Arch;

static const Arch architectures[] = { { "x86_64", "amd64", "amd64", EM_X86_64 },
	{ "aarch64", "arm64", "arm64", EM_AARCH64 }, { "i686", "i386", "386", EM_386 },
	{ "ppc64le", "ppc64el", "ppc64le", EM_PPC64 }, { "s390x", "s390x", "s390x", EM_S390 },
	{ "riscv64", "riscv64", "riscv64", EM_RISCV }, { "armv7l", "armhf", "arm", EM_ARM } };

static const Arch *find(const char *machine)
{
	for (size_t i = 0; i < ARRAY_SIZE(architectures); i++)
		if (strcmp(machine, architectures[i].machine) == 0)
			return &architectures[i];
	return NULL;
}

const char *arch_native(void)
{
	static _Thread_local struct utsname host;
	const Arch *arch;

	(void)uname(&host); /* cannot fail */
	arch = find(host.machine);
	return arch ? arch->debian : host.machine;
}

const char *arch_oci(const char *machine)
{
	const Arch *arch = find(machine);

	return arch ? arch->oci : machine;
}

const char *arch_of_elf(uint16_t machine)
{
	for (size_t i = 0; i < ARRAY_SIZE(architectures); i++)
		if (architectures[i].elf == machine)
			return architectures[i].debian;
	return NULL;
}
