/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A container as it is defined.
 */
#include "sandbox/container.h"

void container_done(Container *container)
{
	desc_free((Desc *)container->desc);
	identity_free(container->identity);
	places_done(&container->places);
	*container = (Container){};
}

int container_new(Desc **desc, Identity **identity, Container *ret, Error **ret_error)
{
	_cleanup_places_ Places places = {};
	int r = places_of(*desc, &places, ret_error);

	if (r < 0)
		return r;
	*ret = (Container){
		.desc = TAKE_PTR(*desc), .identity = TAKE_PTR(*identity), .places = places
	};
	places = (Places){};
	return 0;
}
