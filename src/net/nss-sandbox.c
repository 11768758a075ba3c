/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * libnss_sandbox.so.2: the addresses of NAME.sandbox, for nsswitch.conf(5). I am loaded into any program of the host: no memory is kept, nothing is locked, logged or
 * started, and nothing of ours but name-entry.c is called. What I believe lies in a directory that only root can write to.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <nss.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "net/name-entry.h"

#define PLACE "/run/libvirt-sandbox-names"
#define EXPORT __attribute__((visibility("default")))

typedef struct Found {
	NameAddress addresses[NAME_ENTRY_MAX];
	size_t n;
} Found;

/* What glibc gives us for the result, handed out piece by piece. */
typedef struct Room {
	char *at;
	size_t left;
} Room;

static int open_place(void)
{
	int fd = open(PLACE, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) == 0 && st.st_uid == 0 && !(st.st_mode & (S_IWGRP | S_IWOTH)))
		return fd;
	(void)close(fd); /* read only */
	return -1;
}

static int read_entry(int fd, const char *name, Found *ret)
{
	char text[NAME_ENTRY_SIZE];
	ssize_t size = readlinkat(fd, name, text, sizeof(text) - 1);
	int n;

	if (size < 0)
		return -errno;
	text[size] = '\0';
	n = name_entry_parse(text, ret->addresses);
	ret->n = n < 0 ? 0 : (size_t)n;
	return n < 0 ? n : 0;
}

/* Names of hosts are the same in capitals, those of containers are not: of two that differ in them alone, each is found by its own spelling. Takes fd. */
static int find_any_case(int fd, const char *name, Found *ret)
{
	char found[NAME_LENGTH_MAX + 1] = "";
	DIR *directory = fdopendir(fd);
	unsigned int n = 0;
	int r = -ENOENT;

	if (!directory) {
		(void)close(fd); /* read only */
		return r;
	}
	for (struct dirent *entry; (entry = readdir(directory));)
		if (strcasecmp(entry->d_name, name) == 0) {
			memcpy(found, entry->d_name, strlen(name) + 1);
			n++;
		}
	if (n == 1)
		r = read_entry(dirfd(directory), found, ret);
	(void)closedir(directory); /* read only */
	return r;
}

static int find(const char *host, Found *ret)
{
	char name[NAME_LENGTH_MAX + 1];
	size_t size = name_entry_asked(host);
	int fd = size > 0 ? open_place() : -1, r;

	if (fd < 0)
		return -ENOENT;
	memcpy(name, host, size);
	name[size] = '\0';
	r = read_entry(fd, name, ret);
	if (r == -ENOENT)
		return find_any_case(fd, name, ret);
	(void)close(fd); /* read only */
	return r;
}

static void *take(Room *room, size_t size, size_t alignment)
{
	size_t gap = -(uintptr_t)room->at & (alignment - 1);
	void *piece = room->at + gap;

	if (room->left < gap || room->left - gap < size)
		return NULL;
	room->at += gap + size;
	room->left -= gap + size;
	return piece;
}

static char *take_name(Room *room, const char *host)
{
	size_t size = strlen(host) + 1;
	char *copy = take(room, size, 1);

	return copy ? memcpy(copy, host, size) : NULL;
}

static enum nss_status not_found(int *errnop, int *h_errnop)
{
	*errnop = ENOENT;
	*h_errnop = HOST_NOT_FOUND;
	return NSS_STATUS_NOTFOUND;
}

/* glibc asks again with a larger buffer. */
static enum nss_status too_small(int *errnop, int *h_errnop)
{
	*errnop = ERANGE;
	*h_errnop = NETDB_INTERNAL;
	return NSS_STATUS_TRYAGAIN;
}

static enum nss_status found(int *h_errnop)
{
	*h_errnop = NETDB_SUCCESS;
	return NSS_STATUS_SUCCESS;
}

EXPORT enum nss_status _nss_sandbox_gethostbyname4_r(const char *name, struct gaih_addrtuple **pat,
	char *buffer, size_t buflen, int *errnop, int *h_errnop, int32_t *ttlp);
EXPORT enum nss_status _nss_sandbox_gethostbyname4_r(const char *name, struct gaih_addrtuple **pat,
	char *buffer, size_t buflen, int *errnop, int *h_errnop, int32_t *ttlp)
{
	Room room = { buffer, buflen };
	struct gaih_addrtuple *tuples;
	Found all = { .n = 0 };
	char *copy;

	if (find(name, &all) < 0)
		return not_found(errnop, h_errnop);
	copy = take_name(&room, name);
	tuples =
		copy ? take(&room, all.n * sizeof(*tuples), _Alignof(struct gaih_addrtuple)) : NULL;
	if (!tuples)
		return too_small(errnop, h_errnop);
	for (size_t i = 0; i < all.n; i++) {
		tuples[i] = (struct gaih_addrtuple){ .next = i + 1 < all.n ? &tuples[i + 1] : NULL,
			.name = copy,
			.family = all.addresses[i].family };
		memcpy(tuples[i].addr, all.addresses[i].bytes, sizeof(tuples[i].addr));
	}
	if (*pat) /* the first one is the caller's */
		**pat = tuples[0];
	else
		*pat = tuples;
	if (ttlp)
		*ttlp = 0;
	return found(h_errnop);
}

EXPORT enum nss_status _nss_sandbox_gethostbyname2_r(const char *name, int family,
	struct hostent *host, char *buffer, size_t buflen, int *errnop, int *h_errnop);
EXPORT enum nss_status _nss_sandbox_gethostbyname2_r(const char *name, int family,
	struct hostent *host, char *buffer, size_t buflen, int *errnop, int *h_errnop)
{
	const size_t length = family == AF_INET ? sizeof(struct in_addr) : sizeof(struct in6_addr);
	Room room = { buffer, buflen };
	Found all = { .n = 0 };
	char **list, *copy;
	size_t n = 0;

	if ((family != AF_INET && family != AF_INET6) || find(name, &all) < 0)
		return not_found(errnop, h_errnop);
	copy = take_name(&room, name);
	/* The addresses, and behind them a list of no aliases. */
	list = copy ? take(&room, (all.n + 2) * sizeof(*list), _Alignof(char *)) : NULL;
	if (!list)
		return too_small(errnop, h_errnop);
	for (size_t i = 0; i < all.n; i++) {
		if (all.addresses[i].family != family)
			continue;
		list[n] = take(&room, length, _Alignof(struct in6_addr));
		if (!list[n])
			return too_small(errnop, h_errnop);
		memcpy(list[n++], all.addresses[i].bytes, length);
	}
	if (n == 0) { /* the name is there, without an address of this family */
		*errnop = ENOENT;
		*h_errnop = NO_DATA;
		return NSS_STATUS_NOTFOUND;
	}
	list[n] = list[n + 1] = NULL;
	*host = (struct hostent){ .h_name = copy,
		.h_aliases = &list[n + 1],
		.h_addrtype = family,
		.h_length = (int)length,
		.h_addr_list = list };
	return found(h_errnop);
}

EXPORT enum nss_status _nss_sandbox_gethostbyname_r(const char *name, struct hostent *host,
	char *buffer, size_t buflen, int *errnop, int *h_errnop);
EXPORT enum nss_status _nss_sandbox_gethostbyname_r(const char *name, struct hostent *host,
	char *buffer, size_t buflen, int *errnop, int *h_errnop)
{
	return _nss_sandbox_gethostbyname2_r(name, AF_INET, host, buffer, buflen, errnop, h_errnop);
}
