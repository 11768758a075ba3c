/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Keeping networks whole.
 */
#include "engine/keep/network-keeper.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/layout.h"
#include "base/log.h"
#include "engine/start/links-program.h"
#include "engine/start/network-server.h"
#include "net/network-watch.h"

void network_keeper_init(
	NetworkKeeper *keeper, Loop *loop, const NetworkKeeperCalls *calls, void *data)
{
	*keeper = (NetworkKeeper){ .loop = loop,
		.calls = calls,
		.data = data,
		.rules_fd = -EBADF,
		.links_fd = -EBADF,
		.rules = LOOP_WATCH_NONE,
		.links = LOOP_WATCH_NONE };
}

struct KeptServer {
	LoopWatch watch;
	int pidfd;
};

static void forget_servers(NetworkKeeper *k)
{
	for (size_t i = 0; i < k->n_servers; i++) {
		loop_unwatch(k->loop, &k->servers[i].watch);
		(void)fd_close(k->servers[i].pidfd);
	}
	free(k->servers);
	k->servers = NULL;
	k->n_servers = 0;
}

void network_keeper_pause(NetworkKeeper *k)
{
	forget_servers(k);
	loop_unwatch(k->loop, &k->rules);
	loop_unwatch(k->loop, &k->links);
	loop_stop_timer(k->loop, &k->again);
	k->rules_fd = fd_close(k->rules_fd);
	k->links_fd = fd_close(k->links_fd);
}

void network_keeper_stop(NetworkKeeper *k)
{
	network_keeper_pause(k);
	free(k->lost);
	k->lost = NULL;
}

/* All links: is each as it was found? What is lost was tried just now, or is to be tried again. */
static int is_whole(const NetworkKeeper *k, bool *ret, Error **ret_error)
{
	*ret = true;
	for (size_t i = 0; i < k->spec->n_networks; i++) {
		_cleanup_found_ NetworkFound found = { 0 };
		char bridge[NET_LINK_SIZE];
		bool is;
		int r = network_is_as_found(&k->spec->networks[i], &is, bridge, &found, ret_error);

		if (r < 0)
			return r;
		if (is ? network_server_has_died(&k->spec->networks[i])
		       : !found.lost || found.age * 1000 >= NETWORK_RETRY_MSEC)
			*ret = false;
	}
	return 0;
}

/* 1: another one has the lock. */
static int make_whole(const NetworkKeeper *k, Error **ret_error)
{
	_cleanup_free_ char *path = layout_pathf(LAYOUT_RESERVATIONS, "network-watch.lock");
	_cleanup_fd_ int lock_fd = -EBADF;
	bool whole;
	int r = path ? file_try_lock(path, &lock_fd, ret_error) : error_oom(ret_error);

	if (r == -EBUSY)
		return 1;
	if (r == 0)
		r = is_whole(k, &whole, ret_error);
	return r == 0 && !whole ? links_restore(k->spec, ret_error) : r;
}

static void tell(NetworkKeeper *k, char *lost, unsigned int restored)
{
	bool is_new = lost && (!k->lost || strcmp(k->lost, lost) != 0),
	     is_back = !lost && (k->lost || restored > k->restored);

	if (is_new)
		k->calls->lost(k->data, lost);
	else if (is_back)
		k->calls->restored(k->data, !k->lost);
	k->restored = restored;
	free(k->lost);
	k->lost = lost;
}

/* What is written down about the links now. *ret_lost: newly allocated, or NULL. */
static int read_found(
	const NetworkKeeper *k, char **ret_lost, unsigned int *ret_restored, Error **ret_error)
{
	_cleanup_free_ char *lost = NULL;

	*ret_restored = 0;
	for (size_t i = 0; i < k->spec->n_networks; i++) {
		_cleanup_found_ NetworkFound found = { 0 };
		char bridge[NET_LINK_SIZE];
		bool is;
		int r = network_is_as_found(&k->spec->networks[i], &is, bridge, &found, ret_error);

		if (r < 0)
			return r;
		*ret_restored += found.restored;
		if (!lost)
			lost = TAKE_PTR(found.lost);
	}
	*ret_lost = TAKE_PTR(lost);
	return 0;
}

/* Who cannot even look takes his own links down. */
static void give_up(NetworkKeeper *k, const Error *error)
{
	char *lost = strdup(error_message(error));

	for (size_t i = 0; i < k->spec->n_networks; i++)
		if (k->spec->networks[i].kind == ATTACHMENT_SHARED ||
			k->spec->networks[i].kind == ATTACHMENT_BRIDGE)
			network_link_down(k->spec->networks[i].host_name);
	if (lost) /* NULL would say that all is well */
		tell(k, lost, k->restored);
}

static void look(void *data);

static void on_server_end(void *data)
{
	NetworkKeeper *k = data;
	bool again = clock_now_msec() - k->server_ended < NETWORK_RETRY_MSEC;

	forget_servers(k);
	k->server_ended = clock_now_msec();
	if (!k->again.set) /* one that ends as soon as it was started must not keep us busy */
		loop_set_timer(k->loop, &k->again, deadline_in_msec(again ? NETWORK_RETRY_MSEC : 0),
			look, k);
}

int network_keeper_watch_servers(NetworkKeeper *k, Error **ret_error)
{
	int r = 0;

	forget_servers(k);
	if (k->rules_fd < 0 || k->spec->n_networks == 0)
		return 0;
	k->servers = calloc(k->spec->n_networks, sizeof(*k->servers));
	if (!k->servers)
		return error_oom(ret_error);
	for (size_t i = 0; r == 0 && i < k->spec->n_networks; i++) {
		struct KeptServer *server = &k->servers[k->n_servers];
		int pidfd = network_server_open(&k->spec->networks[i]);

		if (pidfd == -ESRCH &&
			!k->again.set) /* ended before it was watched: who looks starts it again */
			loop_set_timer(
				k->loop, &k->again, deadline_in_msec(NETWORK_RETRY_MSEC), look, k);
		if (pidfd < 0)
			continue;
		*server = (struct KeptServer){ .watch = LOOP_WATCH_NONE, .pidfd = pidfd };
		k->n_servers++;
		r = loop_watch(
			k->loop, &server->watch, pidfd, EPOLLIN, on_server_end, k, ret_error);
	}
	return r;
}

static void look(void *data)
{
	_cleanup_error_ Error *error = NULL;
	NetworkKeeper *k = data;
	unsigned int restored = 0;
	char *lost = NULL;
	bool whole;
	int r = is_whole(k, &whole, &error), turn = 0;

	if (r == 0 && !whole)
		turn = make_whole(k, &error);
	r = turn < 0 ? turn : r;
	if (r == 0 && turn == 0)
		r = read_found(k, &lost, &restored, &error);
	if (r < 0)
		give_up(k, error);
	else if (turn == 0)
		tell(k, lost, restored);
	if (r == 0)
		r = network_keeper_watch_servers(k, NULL);
	if (r < 0 || turn > 0 || k->lost)
		loop_set_timer(k->loop, &k->again,
			deadline_in_msec(turn > 0 ? NETWORK_TURN_MSEC : NETWORK_RETRY_MSEC), look,
			k);
}

static void on_change(void *data)
{
	NetworkKeeper *k = data;

	network_watch_drain(k->rules_fd);
	network_watch_drain(k->links_fd);
	if (!k->again.set)
		look(k);
}

void network_keeper_look(NetworkKeeper *k)
{
	if (k->rules_fd >= 0)
		loop_set_timer(k->loop, &k->again, deadline_in_msec(0), look, k);
}

int network_keeper_begin(NetworkKeeper *k, const Spec *spec, Error **ret_error)
{
	bool ours = false, foreign = false;
	char *lost = NULL;
	int r;

	network_keeper_pause(k);
	k->spec = spec;
	for (size_t i = 0; i < spec->n_networks; i++) {
		ours = ours || spec->networks[i].kind == ATTACHMENT_SHARED;
		foreign = foreign || spec->networks[i].kind == ATTACHMENT_BRIDGE;
	}
	if (!ours && !foreign) {
		tell(k, NULL, k->restored); /* what was lost is not its own any more */
		return 0;
	}
	log_step("watch", "the networks of %s", spec->name);
	r = network_watch_open_rules(&k->rules_fd, ret_error);
	if (r == 0)
		r = network_watch_open_links(foreign, &k->links_fd, ret_error);
	if (r == 0)
		r = loop_watch(k->loop, &k->rules, k->rules_fd, EPOLLIN, on_change, k, ret_error);
	if (r == 0)
		r = loop_watch(k->loop, &k->links, k->links_fd, EPOLLIN, on_change, k, ret_error);
	if (r == 0)
		r = read_found(k, &lost, &k->restored, ret_error);
	free(lost); /* of a time before: the start makes all of it again */
	return r < 0 ? r : network_keeper_watch_servers(k, ret_error);
}
