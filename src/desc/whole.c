/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Descriptions and identities as wholes: made, and then copied and freed by the table of keys.
 */
#include <stdlib.h>

#include "desc/identity.h"
#include "desc/keys.h"

Desc *desc_new(void)
{
	return calloc(1, sizeof(Desc));
}

Desc *desc_free(Desc *desc)
{
	if (!desc)
		return NULL;
	keys_unset(desc, 0);
	free(desc);
	return NULL;
}

int desc_copy(const Desc *desc, Desc **ret, Error **ret_error)
{
	_cleanup_desc_ Desc *copy = desc_new();
	int r = copy ? keys_copy(desc, copy, 0, ret_error) : error_oom(ret_error);

	if (r < 0)
		return r;
	copy->kind = desc->kind;
	*ret = TAKE_PTR(copy);
	return 0;
}

Identity *identity_free(Identity *identity)
{
	if (!identity)
		return NULL;
	keys_unset(identity, KEY_IDENTITY);
	free(identity);
	return NULL;
}

int identity_copy(const Identity *identity, Identity **ret, Error **ret_error)
{
	_cleanup_identity_ Identity *copy = identity_new();
	int r = copy ? keys_copy(identity, copy, KEY_IDENTITY, ret_error) : error_oom(ret_error);

	if (r == 0)
		*ret = TAKE_PTR(copy);
	return r;
}
