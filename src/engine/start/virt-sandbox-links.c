/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * virt-sandbox-links attach|detach|publish|hold|reach|restore|limit|unpublish: makes or removes the links of one container, or changes what is published of it and who reaches whom. links-program.c started me: LINKS_SOCKET_FD is the start
 * protocol's socket, on which I end with "ready" or with what failed, LINKS_SPEC_FD the Spec, LINKS_NETNS_FD the container's network
 * namespace. I am in the host's namespaces, and the one program that loads the network plug-in.
 */
#include "engine/start/links-program.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "engine/start/network-server.h"
#include "engine/start/protocol.h"
#include "net/net.h"

#define EXIT_USAGE 2

static int attach(const Spec *spec, Error **ret_error)
{
	int r = net_attach(spec->name, spec->networks, spec->n_networks, LINKS_NETNS_FD, ret_error);

	if (r == 0)
		r = network_server_join(spec, ret_error);
	if (r < 0) { /* what is reported is the first failure */
		(void)net_detach(spec->name, spec->networks, spec->n_networks, NULL);
		(void)network_server_leave(spec, NULL);
	}
	return r;
}

static int detach(const Spec *spec, Error **ret_error)
{
	int r = net_detach(spec->name, spec->networks, spec->n_networks, ret_error);

	return r < 0 ? r : network_server_leave(spec, ret_error);
}

static int publish(const Spec *spec, Error **ret_error)
{
	return net_publish(spec->name, spec->networks, spec->n_networks, false, ret_error);
}

static int hold(const Spec *spec, Error **ret_error)
{
	return net_publish(spec->name, spec->networks, spec->n_networks, true, ret_error);
}

static int restore(const Spec *spec, Error **ret_error)
{
	int r = net_restore(spec->networks, spec->n_networks, ret_error);

	return r < 0 ? r : network_server_restore(spec, ret_error);
}

static int reach(const Spec *spec, Error **ret_error)
{
	return net_reach(spec->name, spec->networks, spec->n_networks, ret_error);
}

static int limit(const Spec *spec, Error **ret_error)
{
	return net_limit(spec->networks, spec->n_networks, ret_error);
}

static int unpublish(const Spec *spec, Error **ret_error)
{
	(void)spec;
	return net_publish_none_of_dead(ret_error);
}

static const struct {
	const char *verb;
	int (*run)(const Spec *spec, Error **ret_error);
	int last_fd;
} verbs[] = {
	{ "attach", attach, LINKS_NETNS_FD }, { "detach", detach, LINKS_SPEC_FD },
	{ "publish", publish, LINKS_SPEC_FD }, { "hold", hold, LINKS_SPEC_FD },
	{ "reach", reach, LINKS_SPEC_FD }, { "restore", restore, LINKS_SPEC_FD },
	{ "limit", limit, LINKS_SPEC_FD },
	{ "unpublish", unpublish, LINKS_SOCKET_FD }, /* has no Spec */
};

/* Nothing that the network's own programs are started for may inherit them. */
static int keep_fds(int last)
{
	for (int fd = LINKS_SOCKET_FD; fd <= last; fd++)
		if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
			return -errno;
	return 0;
}

/* Only what is to be made is checked: a detach takes away what there is, also for a pending description that was written half-way through a start. */
static int read_spec(Spec **ret, Error **ret_error)
{
	_cleanup_free_ char *text = NULL;
	size_t size;
	int r = fd_read_all(LINKS_SPEC_FD, SPEC_TEXT_MAX, &text, &size);

	if (r < 0)
		return error_errno(ret_error, -r, "cannot read the specification");
	return spec_parse(text, size, "specification", ret, ret_error);
}

int main(int argc, char **argv)
{
	_cleanup_error_ Error *error = NULL;
	_cleanup_spec_ Spec *spec = NULL;

	for (size_t i = 0; argc == 2 && i < ARRAY_SIZE(verbs); i++) {
		if (strcmp(argv[1], verbs[i].verb) != 0 || keep_fds(verbs[i].last_fd) < 0)
			continue;
		if ((verbs[i].last_fd < LINKS_SPEC_FD || read_spec(&spec, &error) == 0) &&
			verbs[i].run(spec, &error) == 0)
			return protocol_send(LINKS_SOCKET_FD, STEP_READY, NULL) < 0;
		protocol_send_failure(LINKS_SOCKET_FD, error);
		return EXIT_FAILURE;
	}
	(void)fprintf(stderr, "virt-sandbox-links is only started by virt-sandbox\n");
	return EXIT_USAGE;
}
