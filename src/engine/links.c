/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The container's links.
 */
#include "engine/links.h"

#include "engine/apart.h"
#include "net/net.h"

typedef struct Attach {
	const Desc *desc;
	int netns_fd;
} Attach;

bool links_wanted(const Desc *desc)
{
	for (size_t i = 0; i < desc->n_networks; i++)
		if (desc->networks[i].type != DESC_NETWORK_NONE &&
			desc->networks[i].type != DESC_NETWORK_HOST)
			return true;
	return false;
}

static int attach(const void *data, Error **ret_error)
{
	const Attach *a = data;

	return net_attach(a->desc, a->netns_fd, ret_error);
}

static int detach(const void *data, Error **ret_error)
{
	return net_detach(data, ret_error);
}

int links_attach(const Desc *desc, int netns_fd, Error **ret_error)
{
	return links_wanted(desc) ? apart_run(attach, &(Attach){ desc, netns_fd }, ret_error) : 0;
}

int links_detach(const Desc *desc, Error **ret_error)
{
	return links_wanted(desc) ? apart_run(detach, desc, ret_error) : 0;
}
