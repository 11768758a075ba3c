/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Architectures by their names in uname(2), Debian and OCI, and in ELF.
 */
#pragma once

#include <stdint.h>

const char *arch_native(void); /* of this kernel, as Debian calls it */
/* As OCI calls what uname(2) calls machine; one that is not in the table has one name everywhere. */
const char *arch_oci(const char *machine);
/* As Debian calls that of an ELF header's e_machine; NULL: unknown. */
const char *arch_of_elf(uint16_t machine);
