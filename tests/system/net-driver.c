/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * net.h on a command line, for test_net_*.py: what the engine does with a container's network, without a container.
 *
 *	net-driver reserve|release|attach|reach|detach NETNS KEY=VALUE...
 *
 * NETNS is a path ("-": none). The keys are those of a description. reserve prints the network as it is then described.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/layout.h"
#include "base/strv.h"
#include "desc/keys.h"
#include "net/net.h"
#include "net/kinds.h"
#include "net/address-reservation.h"
#include "identity/confirm.h"
#include "identity/wishes.h"
#include "sandbox/compile.h"

static int read_keys(Desc *desc, Identity *identity, char **words, Error **ret_error)
{
	int r = 0;

	for (; r == 0 && *words; words++) {
		char *equals = strchr(*words, '=');

		if (!equals)
			return error_set(ret_error, EINVAL, "%s is not KEY=VALUE", *words);
		*equals = '\0';
		r = strcmp(*words, "identity.uuid") == 0
			    ? key_set(keys_find("identity", "uuid"), identity, equals + 1,
				      ret_error)
			    : desc_set(desc, *words, equals + 1, ret_error);
	}
	return r < 0 ? r : desc_resolve(desc, ret_error);
}

/* As a description that asks for what was given. */
static int put_back(Desc *desc, const Identity *identity, Error **ret_error)
{
	for (size_t i = 0; i < identity->n_links; i++) {
		const IdentityLink *link = identity_link(identity, i);
		DescNetwork *network = &desc->networks[i];

		free(network->mac);
		network->mac = link->mac ? strdup(link->mac) : NULL; /* a device has its own */
		if (link->address && !network->addresses &&
			strv_append(&network->addresses, link->address) < 0)
			return error_oom(ret_error);
	}
	return 0;
}

/* What makes a container one: without its description its reservations are void. */
static int define(const char *name, Error **ret_error)
{
	_cleanup_free_ char *path = layout_pathf(LAYOUT_SERVICES, "%s.sandbox", name);
	int r = path ? file_mkdir_parent(path, ret_error) : error_oom(ret_error);

	return r < 0 ? r : file_write_unsynced(path, "", 0, 0600, ret_error);
}

static int release(const char *name, Error **ret_error)
{
	_cleanup_free_ char *path = layout_pathf(LAYOUT_SERVICES, "%s.sandbox", name);
	int r = net_release(name, NULL, ret_error);

	if (path)
		(void)unlink(path); /* gone already when it had nothing */
	return r;
}

static int reserve(Desc *desc, Identity *identity, Error **ret_error)
{
	_cleanup_strv_ char **networks = NULL;
	const char *address = "-";
	int r = define(desc->name, ret_error);

	if (r == 0)
		r = identity_reserve_links(desc, identity, ret_error);
	if (r == 0)
		r = put_back(desc, identity, ret_error);
	if (r == 0)
		r = desc_get(desc, "network.interface", &networks, ret_error);
	if (r < 0) { /* an empty description would be a broken container to the tests that follow */
		(void)release(desc->name, NULL);
		return r;
	}
	STRV_FOREACH (network, networks)
		puts(*network);
	for (size_t i = desc->n_networks; i-- > 0;)
		if (desc->networks[i].addresses)
			address = desc->networks[i].addresses[0];
	printf("%.*s\n", (int)strcspn(address, "/"), address);
	return 0;
}

/* A start confirms what is described first. */
static int check(const Desc *desc, const Identity *identity, Error **ret_error)
{
	LinkWishes wishes;

	wish_links(desc, identity, &wishes);
	return net_check(wishes.links, wishes.n, ret_error);
}

static int attach(const Desc *desc, const Identity *identity, const char *netns, Error **ret_error)
{
	_cleanup_spec_ Spec *spec = spec_new();
	_cleanup_fd_ int fd = -EBADF;
	int r = check(desc, identity, ret_error);

	if (r == 0)
		r = compile_links(desc, identity, spec, ret_error);
	if (r < 0)
		return r;
	fd = open(netns, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return error_errno(ret_error, errno, "open %s", netns);
	return net_attach(desc->name, spec->networks, spec->n_networks, fd, ret_error);
}

static int detach(const Desc *desc, const Identity *identity, Error **ret_error)
{
	_cleanup_spec_ Spec *spec = spec_new();
	int r = compile_links(desc, identity, spec, ret_error);

	return r < 0 ? r : net_detach(desc->name, spec->networks, spec->n_networks, ret_error);
}

static int reach(const Desc *desc, const Identity *identity, Error **ret_error)
{
	_cleanup_spec_ Spec *spec = spec_new();
	int r = compile_links(desc, identity, spec, ret_error);

	return r < 0 ? r : net_reach(desc->name, spec->networks, spec->n_networks, ret_error);
}

int main(int argc, char **argv)
{
	_cleanup_error_ Error *error = NULL;
	_cleanup_identity_ Identity *identity = identity_new();
	_cleanup_desc_ Desc *desc = desc_new();
	int r;

	if (argc < 3 || !desc || !identity)
		return 2;
	r = read_keys(desc, identity, argv + 3, &error);
	if (r == 0 && strcmp(argv[1], "reserve") == 0)
		r = reserve(desc, identity, &error);
	else if (r == 0 && strcmp(argv[1], "release") == 0)
		r = release(desc->name, &error);
	else if (r == 0 && strcmp(argv[1], "attach") == 0)
		r = attach(desc, identity, argv[2], &error);
	else if (r == 0 && strcmp(argv[1], "reach") == 0)
		r = reach(desc, identity, &error);
	else if (r == 0)
		r = detach(desc, identity, &error);
	if (r == 0)
		return 0;
	(void)fprintf(stderr, "%s\n", error_message(error));
	return 1;
}
