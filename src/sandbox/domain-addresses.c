/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The addresses that a container has, read by a child in its network namespace: this process stays where it is.
 */
#include "sandbox/domain-addresses.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/strv.h"

#define TEXT_MAX (64 * 1024) /* bytes: a container may give itself as many as it likes */

static unsigned int prefix_of(const unsigned char *mask, size_t size)
{
	unsigned int bits = 0;

	for (size_t i = 0; i < size; i++)
		bits += (unsigned int)__builtin_popcount(mask[i]);
	return bits;
}

static void find_mac(const struct ifaddrs *all, const char *name, char *ret, size_t size)
{
	(void)snprintf(ret, size, "-");
	for (; all; all = all->ifa_next) {
		const struct sockaddr_ll *link = (const void *)all->ifa_addr;

		if (!link || link->sll_family != AF_PACKET || strcmp(all->ifa_name, name) != 0 ||
			link->sll_halen != 6)
			continue;
		(void)snprintf(ret, size, "%02x:%02x:%02x:%02x:%02x:%02x", link->sll_addr[0],
			link->sll_addr[1], link->sll_addr[2], link->sll_addr[3], link->sll_addr[4],
			link->sll_addr[5]);
	}
}

static void tell(FILE *file, const struct ifaddrs *all, const struct ifaddrs *one)
{
	bool old = one->ifa_addr->sa_family == AF_INET;
	const void *address =
		old ? (const void *)&((struct sockaddr_in *)(void *)one->ifa_addr)->sin_addr
		    : &((struct sockaddr_in6 *)(void *)one->ifa_addr)->sin6_addr;
	const void *mask =
		old ? (const void *)&((struct sockaddr_in *)(void *)one->ifa_netmask)->sin_addr
		    : &((struct sockaddr_in6 *)(void *)one->ifa_netmask)->sin6_addr;
	char text[INET6_ADDRSTRLEN], mac[32];

	if (!inet_ntop(one->ifa_addr->sa_family, address, text, sizeof(text)))
		return;
	find_mac(all, one->ifa_name, mac, sizeof(mac));
	(void)fprintf(file, "%s %s %s %s/%u\n", one->ifa_name, mac, old ? "ipv4" : "ipv6", text,
		prefix_of(mask, old ? 4 : 16));
}

_noreturn_ static void tell_all(int pidfd, int out)
{
	struct ifaddrs *all = NULL;
	FILE *file = fdopen(out, "w");

	if (!file || setns(pidfd, CLONE_NEWNET) < 0 || getifaddrs(&all) < 0)
		_exit(EXIT_FAILURE);
	for (const struct ifaddrs *one = all; one; one = one->ifa_next) {
		int family = one->ifa_addr ? one->ifa_addr->sa_family : AF_UNSPEC;

		if ((family == AF_INET || family == AF_INET6) && one->ifa_netmask &&
			!(one->ifa_flags & IFF_LOOPBACK))
			tell(file, all, one);
	}
	_exit(fflush(file) == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}

static int ask(int pidfd, char **ret, Error **ret_error)
{
	_cleanup_fd_ int in = -EBADF, out = -EBADF;
	int pair[2], status, r;
	pid_t pid;

	if (pipe2(pair, O_CLOEXEC) < 0)
		return error_errno(ret_error, errno, "cannot create a pipe");
	in = pair[0];
	out = pair[1];
	pid = fork();
	if (pid < 0)
		return error_errno(ret_error, errno, "fork");
	if (pid == 0)
		tell_all(pidfd, out);
	out = fd_close(out);
	r = fd_read_all(in, TEXT_MAX, ret, NULL);
	in = fd_close(in); /* who has more to tell ends */
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return error_errno(ret_error, errno, "cannot wait for a child");
	if (r < 0 || status != 0)
		return error_set(ret_error, EIO, "cannot read the addresses of the domain");
	return 0;
}

int domain_addresses(const RunState *state, char ***ret, Error **ret_error)
{
	_cleanup_strv_ char **words = NULL;
	_cleanup_free_ char *text = NULL;
	_cleanup_fd_ int pidfd = -EBADF;
	int r = run_state_pidfd(state, &pidfd, ret_error);

	if (r == 0)
		r = ask(pidfd, &text, ret_error);
	if (r < 0)
		return r;
	if (strv_split(&words, text, " \n") < 0)
		return error_oom(ret_error);
	STRV_FOREACH (word, words)
		if (strv_append(ret, *word) < 0)
			return error_oom(ret_error);
	return 0;
}
