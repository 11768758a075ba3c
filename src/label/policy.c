/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Our SELinux policy module on this host, by way of semodule(8): it owns the store and its transactions.
 */
#include "label/policy.h"

#include <string.h>

#include "base/layout.h"
#include "base/spawn.h"
#include "label/context.h"
#include "label/driver.h"
#include "label/host-files.h"
#include "label/label-reservation.h"
#include "label/selinux-canonical.h"

#define MODULE "virt-sandbox"
#define MODULE_FILE DATADIR "/virt-sandbox/selinux/" MODULE ".cil"
/* Every policy for containers knows this name; only in ours is it the alias of that one. */
#define ALIAS "container_file_t"
#define OUR_TYPE "svirt_lxc_file_t"
#define PRIORITY "400" /* semodule's own default for local modules; the distribution's have 100 */

static const char *const sentences[_POLICY_STATE_MAX] = {
	[POLICY_NO_SELINUX] = "this host's kernel enforces neither SELinux nor Smack",
	[POLICY_ABSENT] =
		("the policy of this host has no types for containers; `virt-sandbox-service policy install` adds them"),
	[POLICY_OURS] = "the policy module of virt-sandbox is loaded",
	[POLICY_SMACK_OPEN] =
		("private files of this host have no label of their own, so that only their modes keep containers from them; "
		 "`virt-sandbox-service policy install` labels them"),
	[POLICY_SMACK] = "private files of this host have the label " HOST_FILES_LABEL
			 ", which no container may read",
	[POLICY_DISTRIBUTION] =
		"the policy of this host has types for containers of its own, and they are used",
};

const char *policy_state_sentence(PolicyState state)
{
	return state >= 0 && state < _POLICY_STATE_MAX ? sentences[state] : NULL;
}

int policy_status(PolicyState *ret, Error **ret_error)
{
	_cleanup_context_ Context context = {};
	_cleanup_free_ char *real = NULL;
	int r;

	if (label_driver_smack.present(&label_host_real)) {
		*ret = host_files_are_private() ? POLICY_SMACK : POLICY_SMACK_OPEN;
		return 0;
	}
	if (!label_driver_selinux.present(&label_host_real)) {
		*ret = POLICY_NO_SELINUX;
		return 0;
	}
	/* The kernel's answer and not semodule's list: what counts is what is loaded. */
	r = selinux_canonical(&label_host_real, "system_u:object_r:" ALIAS ":s0", &real, NULL);
	if (r == -EINVAL) {
		*ret = POLICY_ABSENT;
		return 0;
	}
	if (r < 0)
		return error_errno(
			ret_error, -r, "cannot query the SELinux policy about containers");
	if (context_parse(real, &context) < 0)
		return error_set(ret_error, EINVAL, "the kernel calls " ALIAS " \"%s\"", real);
	*ret = strcmp(context.type, OUR_TYPE) == 0 ? POLICY_OURS : POLICY_DISTRIBUTION;
	return 0;
}

/* Types of what was there before the module knew it. */
static int label_places(Error **ret_error)
{
	_cleanup_free_ char *filesystems = layout_path(LAYOUT_FILESYSTEMS);

	if (!filesystems)
		return error_oom(ret_error);
	return spawn_run((char *const[]){ (char *)"restorecon", (char *)"-i",
				 (char *)BINDIR "/virt-sandbox-service", filesystems, NULL },
		NULL, NULL, NULL, ret_error);
}

int policy_install(char *const *private_files, Error **ret_error)
{
	PolicyState state;
	int r = policy_status(&state, ret_error);

	if (r < 0)
		return r;
	if (state == POLICY_SMACK || state == POLICY_SMACK_OPEN)
		return host_files_protect(&label_host_real, private_files, ret_error);
	if (state == POLICY_NO_SELINUX || state == POLICY_DISTRIBUTION)
		return error_set(ret_error, state == POLICY_NO_SELINUX ? EOPNOTSUPP : EEXIST,
			"install the policy module: %s", sentences[state]);
	r = spawn_run((char *const[]){ (char *)"semodule", (char *)"-X", (char *)PRIORITY,
			      (char *)"-i", (char *)MODULE_FILE, NULL },
		NULL, NULL, NULL, ret_error);
	if (r < 0)
		return error_wrap(ret_error, "cannot install the policy module");
	return label_places(ret_error);
}

/* Without its types the files of a container would have no label that the policy knows. */
static int refuse_in_use(Error **ret_error)
{
	_cleanup_reserve_ ReserveTable table = { .lock_fd = -EBADF };
	int r = reserve_load(&table, ret_error);

	if (r < 0)
		return r;
	for (size_t i = 0; i < table.n; i++)
		if (table.entries[i].kind == RESERVE_MCS)
			return error_set(ret_error, EBUSY,
				"cannot remove the policy module: container %s has a label of it; delete it first",
				table.entries[i].container);
	return 0;
}

int policy_remove(Error **ret_error)
{
	PolicyState state;
	int r = policy_status(&state, ret_error);

	if (r == 0 && state == POLICY_SMACK)
		return host_files_release(&label_host_real, ret_error);
	if (r < 0 || state != POLICY_OURS)
		return r;
	r = refuse_in_use(ret_error);
	if (r < 0)
		return r;
	r = spawn_run((char *const[]){ (char *)"semodule", (char *)"-X", (char *)PRIORITY,
			      (char *)"-r", (char *)MODULE, NULL },
		NULL, NULL, NULL, ret_error);
	return r < 0 ? error_wrap(ret_error, "cannot remove the policy module") : 0;
}
