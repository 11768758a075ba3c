/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Published ports, the holder's side.
 */
#include "engine/keep/publisher.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/array.h"
#include "base/buf.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/strv.h"
#include "engine/keep/held-ports.h"
#include "engine/keep/publish-order.h"
#include "engine/keep/publish-process.h"
#include "engine/keep/saved-spec.h"
#include "engine/start/links-program.h"
#include "net/published.h"

#define BACKLOG 128
#define HOLD_MSEC 2000 /* for its process to answer */
#define RESTART_MSEC 1000 /* that the process must have lived to be started again */

/* The link that ports are published of; NULL: there is none. */
static const Attachment *link_of(const Spec *spec)
{
	for (size_t i = 0; i < spec->n_networks; i++)
		if (spec->networks[i].published)
			return &spec->networks[i];
	return NULL;
}

static int look_for_holder(const Published *published, void *data, Error **ret_error)
{
	const Publication *wanted = data;
	char words[PUBLICATION_SIZE];

	publication_describe(wanted, words);
	STRV_FOREACH (text, published->list) {
		Publication p;

		if (publication_parse(*text, &p, NULL) == 0 && publication_overlaps(&p, wanted))
			return error_set(ret_error, EADDRINUSE,
				"cannot publish %s: container %s publishes it", words,
				published->container);
	}
	return 0;
}

static int refuse_taken(const Publication *p, Error **ret_error)
{
	Publication wanted = *p;
	char words[PUBLICATION_SIZE];
	int r = published_each(look_for_holder, &wanted, ret_error);

	publication_describe(p, words);
	return r < 0 ? r
		     : error_set(ret_error, EADDRINUSE,
			       "cannot publish %s: a program of the host has it; \"ss -l%snp sport = "
			       ":%u\" shows which; stop it, or publish another port",
			       words, p->udp ? "u" : "t", p->outer);
}

static int refuse(const Publication *p, int errnum, Error **ret_error)
{
	char words[PUBLICATION_SIZE];

	if (errnum == EADDRINUSE)
		return refuse_taken(p, ret_error);
	publication_describe(p, words);
	if (errnum == EADDRNOTAVAIL)
		return error_set(ret_error, EADDRNOTAVAIL,
			"cannot publish %s: the host does not have this address", words);
	return error_errno(ret_error, errnum, "cannot publish %s", words);
}

static int set_options(int fd, int family, const Publication *p)
{
	const int on = 1, only = !p->any;
	int r = 0;

	if (family == AF_INET6)
		r = setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof(only));
	/* Of connections that have ended; who listens cannot be joined by it. */
	if (r == 0 && !p->udp)
		r = setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (r == 0 && p->udp)
		r = family == AF_INET6
			    ? setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof(on))
			    : setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on));
	return r;
}

static int bind_to(int fd, int family, const Publication *p)
{
	struct sockaddr_in6 six = { .sin6_family = AF_INET6, .sin6_port = htons(p->outer) };
	struct sockaddr_in four = { .sin_family = AF_INET, .sin_port = htons(p->outer) };

	if (!p->any && family == AF_INET6)
		memcpy(&six.sin6_addr, p->address.bytes, sizeof(six.sin6_addr));
	else if (!p->any)
		memcpy(&four.sin_addr, p->address.bytes, sizeof(four.sin_addr));
	return family == AF_INET6 ? bind(fd, (struct sockaddr *)&six, sizeof(six))
				  : bind(fd, (struct sockaddr *)&four, sizeof(four));
}

/* One for both families where the address is any: nobody may have the port for one of them. */
static int open_socket(const Publication *p, int *ret_fd, Error **ret_error)
{
	int family = p->any ? AF_INET6 : p->address.family;
	int type = (p->udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC | SOCK_NONBLOCK;
	_cleanup_fd_ int fd = socket(family, type, 0);

	if (fd < 0 && errno == EAFNOSUPPORT && p->any) {
		family = AF_INET;
		fd = socket(family, type, 0);
	}
	if (fd < 0 || set_options(fd, family, p) < 0 || bind_to(fd, family, p) < 0 ||
		(!p->udp && listen(fd, BACKLOG) < 0))
		return refuse(p, errno, ret_error);
	*ret_fd = TAKE_FD(fd);
	return 0;
}

int publisher_try(char *const *list, char ***ret_problems, Error **ret_error)
{
	_cleanup_strv_ char **problems = NULL;

	STRV_FOREACH (text, list) {
		_cleanup_error_ Error *error = NULL;
		_cleanup_fd_ int fd = -EBADF;
		Publication p;

		if ((publication_parse(*text, &p, &error) < 0 ||
			    open_socket(&p, &fd, &error) < 0) &&
			strv_append(&problems, error_message(error)) < 0)
			return error_oom(ret_error);
	}
	*ret_problems = TAKE_PTR(problems);
	return 0;
}

/* The port is ours already, and leads elsewhere. */
static int share_socket(const Publisher *publisher, const Publication *p, int *ret_fd)
{
	for (size_t i = 0; i < publisher->n; i++)
		if (publication_same_place(&publisher->sockets[i].publication, p)) {
			*ret_fd = fcntl(publisher->sockets[i].fd, F_DUPFD_CLOEXEC, 3);
			return *ret_fd < 0 ? -errno : 1;
		}
	return 0;
}

static void on_end_of_process(void *data);

static int start_process(Publisher *publisher, Error **ret_error)
{
	_cleanup_fd_ int ours = -EBADF, theirs = -EBADF;
	int pair[2];

	if (publisher->pid > 0)
		return 0;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return error_errno(ret_error, errno, "cannot create a socket");
	ours = pair[0];
	theirs = pair[1];
	publisher->pid = fork();
	if (publisher->pid < 0) {
		publisher->pid = 0;
		return error_errno(ret_error, errno, "fork");
	}
	if (publisher->pid == 0) {
		(void)close(ours); /* or our parent's death would never be its end of file */
		publish_process(theirs);
	}
	publisher->channel = TAKE_FD(ours);
	publisher->started = clock_now_msec();
	log_step("helper", "process %d for published ports", (int)publisher->pid);
	return publisher->loop ? loop_watch(publisher->loop, &publisher->watch, publisher->channel,
					 EPOLLIN, on_end_of_process, publisher, ret_error)
			       : 0;
}

/* Killed before the channel is closed: of an end of file it would think that we have died. */
static void end_process(Publisher *publisher)
{
	if (publisher->loop)
		loop_unwatch(publisher->loop, &publisher->watch);
	if (publisher->pid > 0) {
		(void)kill(publisher->pid, SIGKILL); /* our child, not yet waited for */
		while (waitpid(publisher->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	publisher->pid = 0;
	publisher->channel = fd_close(publisher->channel);
}

static int send_order(const Publisher *publisher, const PublishOrder *order, int fd)
{
	union {
		struct cmsghdr align;
		char data[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct iovec iov = { (void *)order, sizeof(*order) };
	struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (fd >= 0) {
		struct cmsghdr *header = &control.align;

		message.msg_control = control.data;
		message.msg_controllen = sizeof(control.data);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(sizeof(fd));
		memcpy(CMSG_DATA(header), &fd, sizeof(fd));
	}
	return sendmsg(publisher->channel, &message, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

static int hand_over(const Publisher *publisher, const PublisherSocket *socket)
{
	const PublishOrder order = { .verb = publisher->held && !socket->publication.udp
						     ? PUBLISH_ADD_HELD
						     : PUBLISH_ADD,
		.publication = socket->publication,
		.target = socket->target };

	return send_order(publisher, &order, socket->fd);
}

/* Somebody has killed it, the kernel perhaps for want of memory. The sockets are ours: nothing was let go. One that dies at once dies again. */
static void on_end_of_process(void *data)
{
	Publisher *publisher = data;
	bool again = clock_now_msec() - publisher->started >= RESTART_MSEC;

	end_process(publisher);
	if (!again || start_process(publisher, NULL) < 0)
		return;
	for (size_t i = 0; i < publisher->n; i++)
		(void)hand_over(publisher, &publisher->sockets[i]); /* or it has died again */
}

static void drop(Publisher *publisher, size_t i)
{
	PublisherSocket *socket = &publisher->sockets[i];
	const PublishOrder order = { .verb = PUBLISH_SHUT, .publication = socket->publication };

	(void)send_order(publisher, &order, -EBADF); /* if it has died, there is nothing to shut */
	(void)fd_close(socket->fd);
	free(socket->text);
	*socket = publisher->sockets[--publisher->n];
}

static bool has(const Publisher *publisher, const char *text)
{
	for (size_t i = 0; i < publisher->n; i++)
		if (strcmp(publisher->sockets[i].text, text) == 0)
			return true;
	return false;
}

static int add_one(Publisher *publisher, const char *container, const char *text,
	const struct sockaddr_in *inside, Error **ret_error)
{
	bool adopted;

	PublisherSocket socket = { .target = *inside };
	_cleanup_free_ char *copy = strdup(text);
	_cleanup_fd_ int fd = -EBADF;
	int r = publication_parse(text, &socket.publication, ret_error);

	if (r < 0)
		return r;
	if (!copy || array_room(&publisher->sockets, publisher->n, sizeof(*publisher->sockets)) < 0)
		return error_oom(ret_error);
	r = share_socket(publisher, &socket.publication, &fd);
	adopted = r == 0 && held_ports_adopt(container, text, &fd);
	if (r == 0 && !adopted)
		r = open_socket(&socket.publication, &fd, ret_error);
	else if (r < 0)
		return error_errno(ret_error, -r, "cannot publish %s", text);
	publisher->held = publisher->held || adopted;
	if (r < 0)
		return r;
	socket.target.sin_port = htons(socket.publication.inner);
	socket.fd = fd;
	r = hand_over(publisher, &socket);
	if (r < 0)
		return error_errno(ret_error, -r, "cannot hand a published port to its process");
	socket.text = TAKE_PTR(copy);
	socket.fd = TAKE_FD(fd);
	publisher->sockets[publisher->n++] = socket;
	return 0;
}

int publisher_add(Publisher *publisher, const Spec *spec, Error **ret_error)
{
	const Attachment *link = link_of(spec);
	struct sockaddr_in inside = { .sin_family = AF_INET };
	size_t before = publisher->n;
	IpAddress address;
	int r;

	if (!link)
		return 0;
	if (!link->addresses || ip_parse(link->addresses[0], &address) < 0 ||
		address.family != AF_INET)
		return error_set(ret_error, EINVAL, "a published port needs an address");
	memcpy(&inside.sin_addr, address.bytes, sizeof(inside.sin_addr));
	r = start_process(publisher, ret_error);
	STRV_FOREACH (text, link->published)
		if (r == 0 && !has(publisher, *text))
			r = add_one(publisher, spec->name, *text, &inside, ret_error);
	while (r < 0 && publisher->n > before)
		drop(publisher, publisher->n - 1);
	return r;
}

static void keep_only(Publisher *publisher, const Spec *spec)
{
	const Attachment *link = link_of(spec);

	for (size_t i = publisher->n; i-- > 0;)
		if (!link || !strv_contains(link->published, publisher->sockets[i].text))
			drop(publisher, i);
	if (publisher->n == 0)
		publisher_end(publisher);
}

void publisher_end(Publisher *publisher)
{
	Loop *loop = publisher->loop;

	end_process(publisher);
	for (size_t i = 0; i < publisher->n; i++) {
		(void)fd_close(publisher->sockets[i].fd);
		free(publisher->sockets[i].text);
	}
	strv_free(publisher->list);
	free(publisher->sockets);
	*publisher = PUBLISHER_NONE;
	publisher->loop = loop;
}

static int change_links(Publisher *publisher, const Spec *spec, int run_fd, Error **ret_error)
{
	int r = publisher_add(publisher, spec, ret_error);

	if (r == 0)
		r = links_publish(spec, ret_error);
	return r < 0 ? r : saved_spec_write(run_fd, spec, ret_error);
}

/* New ones are bound before the rules say them, and old ones let go after. */
int publisher_change(
	Publisher *publisher, Spec *spec, char *const *list, int run_fd, Error **ret_error)
{
	_cleanup_strv_ char **before = NULL, **wanted = NULL;
	Attachment *link = spec_shared_link(spec);
	int r;

	if (publisher->held)
		return error_set(ret_error, EBUSY, "it is being restarted");
	if (!link)
		return error_set(ret_error, EINVAL,
			"it was started without the default network, which published ports need");
	if (strv_copy(&wanted, list) < 0)
		return error_oom(ret_error);
	before = link->published;
	link->published = TAKE_PTR(wanted);
	r = change_links(publisher, spec, run_fd, ret_error);
	if (r < 0) {
		wanted = link->published;
		link->published = TAKE_PTR(before);
		(void)links_publish(spec, NULL); /* the failure that is told is the first one */
	}
	keep_only(publisher, spec);
	return r;
}

/* -- While it starts again -- */

/* What waits is TCP: the rules say the rest alone. */
static int withhold(Publisher *publisher, Attachment *link, Error **ret_error)
{
	_cleanup_strv_ char **rest = NULL;

	STRV_FOREACH (text, link->published) {
		Publication p;
		int r = publication_parse(*text, &p, ret_error);

		if (r < 0)
			return r;
		if (p.udp && strv_append(&rest, *text) < 0)
			return error_oom(ret_error);
	}
	publisher->list = link->published;
	link->published = TAKE_PTR(rest);
	publisher->held = true;
	return 0;
}

/* To all doors of TCP; each answers to a hold. */
static int order_all(Publisher *publisher, PublishVerb verb)
{
	struct pollfd answer = { .fd = publisher->channel, .events = POLLIN };
	Deadline deadline = deadline_in_msec(HOLD_MSEC); /* of all: a stop waits for it */

	for (size_t i = 0; i < publisher->n; i++) {
		const PublishOrder order = { .verb = verb,
			.publication = publisher->sockets[i].publication };
		char byte;
		int r;

		if (order.publication.udp)
			continue;
		r = send_order(publisher, &order, -EBADF);
		if (r == 0 && verb == PUBLISH_HOLD)
			r = deadline_poll(&answer, 1, deadline);
		if (r > 0 && recv(publisher->channel, &byte, 1, MSG_DONTWAIT) != 1)
			r = -ECONNRESET;
		if (r < 0)
			return r;
	}
	return 0;
}

static int format_sockets(const Publisher *publisher, char **ret, Error **ret_error)
{
	_cleanup_buf_ Buf buf = { 0 };

	for (size_t i = 0; i < publisher->n; i++) {
		const PublisherSocket *socket = &publisher->sockets[i];

		if (socket->publication.udp)
			continue;
		(void)listen(socket->fd, SOMAXCONN); /* so many may wait now */
		buf_printf(&buf, "%d %s\n", socket->fd, socket->text);
	}
	return buf_take(&buf, ret, ret_error);
}

int publisher_hold(Publisher *publisher, Spec *spec, char **ret, Error **ret_error)
{
	Attachment *link = spec_shared_link(spec);
	int r;

	if (publisher->held)
		return error_set(ret_error, EALREADY, "it is being restarted already");
	if (!link || publisher->n == 0)
		return format_sockets(publisher, ret, ret_error);
	r = order_all(publisher, PUBLISH_HOLD);
	if (r < 0)
		return error_errno(ret_error, -r, "cannot hold the published ports");
	r = withhold(publisher, link, ret_error);
	if (r < 0)
		(void)order_all(publisher, PUBLISH_OPEN); /* the failure is told */
	if (r == 0)
		r = links_hold(spec, ret_error);
	return r < 0 ? r : format_sockets(publisher, ret, ret_error);
}

int publisher_begin_held(Publisher *publisher, Spec *spec, Error **ret_error)
{
	Attachment *link = spec_shared_link(spec);

	return publisher->held && link ? withhold(publisher, link, ret_error) : 0;
}

void publisher_give_back(Publisher *publisher, Spec *spec)
{
	Attachment *link = spec_shared_link(spec);

	if (!publisher->list || !link)
		return;
	strv_free(link->published);
	link->published = TAKE_PTR(publisher->list);
	publisher->held = false;
}

int publisher_open(Publisher *publisher, Spec *spec, Error **ret_error)
{
	int r;

	if (!publisher->held || !spec_shared_link(spec))
		return 0;
	publisher_give_back(publisher, spec);
	publisher->held = false;
	r = links_publish(spec, ret_error);
	return order_all(publisher, PUBLISH_OPEN) < 0 ? -ECONNRESET : r;
}
