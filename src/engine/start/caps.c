/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Capabilities. All are of the container's user namespace.
 */
#include "engine/start/caps.h"

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CAP_BIT(c) (UINT64_C(1) << (c))
#define CAP_NUMBER_MAX 63 /* the kernel's sets have 64 bits */

int caps_bound(uint64_t mask, Error **ret_error)
{
	for (unsigned long cap = 0; cap <= CAP_NUMBER_MAX; cap++) {
		if (mask & CAP_BIT(cap))
			continue;
		if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) == 0)
			continue;
		if (errno == EINVAL) /* one above the kernel's last: there are no more */
			return 0;
		return error_errno(
			ret_error, errno, "cannot drop capability %lu from the bounding set", cap);
	}
	return 0;
}

int caps_apply(const SpecCapabilities *caps, Error **ret_error)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	for (unsigned int i = 0; i < 2; i++)
		data[i] = (struct __user_cap_data_struct){
			.effective = (uint32_t)(caps->effective >> (32 * i)),
			.permitted = (uint32_t)(caps->permitted >> (32 * i)),
			.inheritable = (uint32_t)(caps->inheritable >> (32 * i)),
		};
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
		return error_errno(ret_error, errno, "cannot clear the ambient capabilities");
	if (syscall(SYS_capset, &header, data) < 0)
		return error_errno(ret_error, errno, "cannot restrict the capabilities");
	for (unsigned long cap = 0; cap <= CAP_NUMBER_MAX; cap++)
		if ((caps->ambient & CAP_BIT(cap)) &&
			prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0) < 0)
			return error_errno(
				ret_error, errno, "cannot raise capability %lu to ambient", cap);
	return 0;
}
