/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The supervisor's part of a change of what runs.
 */
#include "engine/keep/live-change.h"

#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/fd.h"
#include "engine/keep/saved-spec.h"
#include "engine/start/run.h"
#include "engine/start/links-program.h"

static const Attachment *find_link(const Spec *spec, const char *host_name)
{
	for (size_t i = 0; i < spec->n_networks; i++)
		if (strcmp(spec->networks[i].host_name, host_name) == 0)
			return &spec->networks[i];
	return NULL;
}

static bool is_beyond(const Attachment *link, const Attachment *same)
{
	(void)link;
	return !same;
}

static bool is_limited_otherwise(const Attachment *link, const Attachment *same)
{
	return same && (same->rate_in != link->rate_in || same->rate_out != link->rate_out);
}

/* The links of one that are so beside the same link of the other (NULL: it has none), borrowed, as a Spec that virt-sandbox-links can be given. */
static int pick_links(const Spec *one, const Spec *other,
	bool (*wanted)(const Attachment *link, const Attachment *same), Spec *ret,
	Error **ret_error)
{
	*ret = (Spec){ .name = one->name };
	for (size_t i = 0; i < one->n_networks; i++) {
		const Attachment *link = &one->networks[i];

		if (!wanted(link, find_link(other, link->host_name)))
			continue;
		if (array_room(&ret->networks, ret->n_networks, sizeof(*ret->networks)) < 0)
			return error_oom(ret_error);
		ret->networks[ret->n_networks++] = *link;
	}
	return 0;
}

/* Links of both get the bandwidth that is wanted. */
static int limit(const Spec *spec, const Spec *wanted, Error **ret_error)
{
	Spec links = { 0 };
	int r = pick_links(wanted, spec, is_limited_otherwise, &links, ret_error);

	if (r == 0 && links.n_networks > 0)
		r = links_limit(&links, ret_error);
	free(links.networks);
	return r;
}

static int attach(const Spec *links, const Run *run, Error **ret_error)
{
	_cleanup_fd_ int netns_fd = -EBADF;
	int r = run_open_namespace(run, "net", &netns_fd, ret_error);

	return r < 0 ? r : links_attach(links, netns_fd, ret_error);
}

/* What is in use by pointer elsewhere stays where it is. */
static void take(Spec *spec, Spec *from)
{
	const Spec old = *spec;

#define EXCHANGE(member)                                                                           \
	do {                                                                                       \
		spec->member = from->member;                                                       \
		from->member = old.member;                                                         \
	} while (0)
	EXCHANGE(networks);
	EXCHANGE(n_networks);
	EXCHANGE(devices);
	EXCHANGE(n_devices);
	EXCHANGE(device_rules);
	EXCHANGE(n_device_rules);
	EXCHANGE(resources);
	EXCHANGE(cgroup_values);
	EXCHANGE(n_cgroup_values);
#undef EXCHANGE
}

int live_change(Spec *spec, const Run *run, int run_fd, Error **ret_error)
{
	_cleanup_spec_ Spec *wanted = NULL;
	Spec come = { 0 }, gone = { 0 };
	_cleanup_free_ Attachment *come_list = NULL, *gone_list = NULL;
	int r = saved_spec_take(run_fd, &wanted, ret_error);

	if (r < 0)
		return r;
	r = pick_links(wanted, spec, is_beyond, &come, ret_error);
	come_list = come.networks;
	if (r == 0)
		r = pick_links(spec, wanted, is_beyond, &gone, ret_error);
	gone_list = gone.networks;
	if (r == 0)
		r = limit(spec, wanted, ret_error);
	if (r == 0 && come.n_networks > 0)
		r = attach(&come, run, ret_error);
	if (r < 0) {
		(void)limit(wanted, spec, NULL); /* the failure to tell is the first */
		return r;
	}
	take(spec, wanted);
	r = saved_spec_write(run_fd, spec, ret_error);
	if (r < 0) {
		take(spec, wanted);
		(void)links_detach(&come, NULL); /* the failure to tell is the first */
		(void)limit(wanted, spec, NULL);
		return r;
	}
	return links_detach(&gone, ret_error);
}
