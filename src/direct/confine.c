/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the service sees of the container's files: a mount namespace of its own, in which paths are read-only, hidden or without programs. Of two that are about one
 * place the one that names it more exactly holds, as in systemd.exec(5), so shorter paths come first. Also the directories that it finds there.
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/strv.h"
#include "direct/service.h"

#ifndef AT_RECURSIVE
#define AT_RECURSIVE 0x8000
#endif

/* mount_setattr(2), as the kernel has it: musl comes without the kernel's headers. */
#define ATTR_READONLY 0x1u
#define ATTR_NOEXEC 0x8u

typedef struct MountAttributes {
	uint64_t set, clear, propagation, userns_fd;
} MountAttributes;

#define NOTHING "/run/systemd/inaccessible" /* what hides others: nobody may open it */
#define PRIVATE "systemd-private-service" /* in /tmp and /var/tmp */

typedef enum View {
	VIEW_READONLY,
	VIEW_WRITABLE,
	VIEW_NOEXEC,
	VIEW_EXEC,
	VIEW_HIDDEN, /* from here on something else is mounted there */
	VIEW_TMPFS,
	VIEW_BIND
} View;

typedef struct Place {
	const char *path;
	View view;
	const char *more; /* options of a tmpfs, source of a bind */
	bool optional, readonly;
} Place;

typedef struct Places {
	Place *items;
	size_t n;
} Places;

static bool add(Places *places, Place place)
{
	Place *items = realloc(places->items, (places->n + 1) * sizeof(*items));

	if (!items)
		return false;
	places->items = items;
	if (*place.path == '-') {
		place.optional = true;
		place.path++;
	}
	items[places->n++] = place;
	return true;
}

static bool add_list(Places *places, char *const *list, View view)
{
	STRV_FOREACH (path, list)
		if (!add(places, (Place){ .path = *path, .view = view }))
			return false;
	return true;
}

/* The words live as long as the process, which becomes the service. */
static bool add_composed(Places *places, const Steps *steps)
{
	char **words = NULL;

	STRV_FOREACH (line, steps->tmpfs) {
		if (steps_words_parse(*line, &words) < 0 || strv_length(words) != 2 ||
			!add(places, (Place){ words[0], VIEW_TMPFS, words[1], false, false }))
			return false;
	}
	STRV_FOREACH (line, steps->binds) {
		bool optional;

		if (steps_words_parse(*line, &words) < 0 || strv_length(words) != 3)
			return false;
		optional = words[1][0] == '-';
		if (!add(places, (Place){ words[2], VIEW_BIND, words[1] + optional, optional,
					 strcmp(words[0], "ro") == 0 }))
			return false;
	}
	return true;
}

static int by_path(const void *a, const void *b)
{
	const Place *one = a, *other = b;
	int order = strcmp(one->path, other->path);

	/* Of one path: what is mounted there, before what is said of it. */
	return order ? order : (int)other->view - (int)one->view;
}

static bool set_attributes(const char *path, uint64_t set, uint64_t clear)
{
	const MountAttributes attributes = { .set = set, .clear = clear };

	return syscall(SYS_mount_setattr, AT_FDCWD, path, AT_RECURSIVE, &attributes,
		       sizeof(attributes)) == 0;
}

static bool bind(const char *source, const char *target)
{
	return mount(source, target, NULL, MS_BIND | MS_REC, NULL) == 0;
}

static bool show(const Place *place)
{
	struct stat st;

	if (stat(place->view == VIEW_BIND ? place->more : place->path, &st) < 0)
		return errno == ENOENT && place->optional;
	if (strcmp(place->path, "/") == 0 && place->view >= VIEW_HIDDEN) {
		errno = EOPNOTSUPP; /* it would be mounted below what everybody sees */
		return false;
	}
	switch (place->view) {
	case VIEW_HIDDEN:
		return bind(S_ISDIR(st.st_mode) ? NOTHING "/dir" : NOTHING "/file", place->path);
	case VIEW_TMPFS:
		return mount("tmpfs", place->path, "tmpfs", MS_NOSUID | MS_NODEV, place->more) == 0;
	case VIEW_BIND:
		if (!bind(place->more, place->path))
			return false;
		return place->readonly
			       ? set_attributes(place->path, ATTR_READONLY, 0)
			       : set_attributes(place->path, 0, ATTR_READONLY) || errno == EPERM;
	default:
		break;
	}
	/* The root is a mount that nothing can be laid over: it itself is changed. */
	if (strcmp(place->path, "/") != 0 && !bind(place->path, place->path))
		return false;
	switch (place->view) {
	case VIEW_READONLY:
		return set_attributes(place->path, ATTR_READONLY, 0);
	case VIEW_NOEXEC:
		return set_attributes(place->path, ATTR_NOEXEC, 0);
	case VIEW_WRITABLE: /* what the container itself may not write to stays so */
		return set_attributes(place->path, 0, ATTR_READONLY) || errno == EPERM;
	default:
		return set_attributes(place->path, 0, ATTR_NOEXEC) || errno == EPERM;
	}
}

static bool gather(const Steps *steps, Places *ret)
{
	static const char *const kernel[] = { "/dev", "/proc", "/sys" };
	bool ok = add_list(ret, steps->readonly, VIEW_READONLY) &&
		  add_list(ret, steps->writable, VIEW_WRITABLE) &&
		  add_list(ret, steps->noexec, VIEW_NOEXEC) &&
		  add_list(ret, steps->exec, VIEW_EXEC) &&
		  add_list(ret, steps->hidden, VIEW_HIDDEN) && add_composed(ret, steps);

	if (steps->strict)
		ok = ok && add(ret, (Place){ .path = "/", .view = VIEW_READONLY });
	for (size_t i = 0; steps->strict && i < ARRAY_SIZE(kernel); i++)
		ok = ok && add(ret, (Place){ .path = kernel[i], .view = VIEW_WRITABLE });
	if (steps->private_tmp)
		ok = ok &&
		     add(ret, (Place){ .path = "/tmp",
				      .view = VIEW_BIND,
				      .more = "/tmp/" PRIVATE "/tmp" }) &&
		     add(ret, (Place){ .path = "/var/tmp",
				      .view = VIEW_BIND,
				      .more = "/var/tmp/" PRIVATE "/tmp" });
	if (ret->n)
		qsort(ret->items, ret->n, sizeof(*ret->items), by_path);
	return ok;
}

bool confine(const Steps *steps, const char **ret_what)
{
	Places places = { 0 };

	*ret_what = "a mount namespace";
	if (!gather(steps, &places))
		return false;
	if (places.n == 0)
		return true;
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0)
		return false;
	for (size_t i = 0; i < places.n; i++) {
		*ret_what = places.items[i].path;
		if (!show(&places.items[i]))
			return false;
	}
	free(places.items);
	return true;
}

/* -- Directories -- */

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st;
	(void)kind;
	(void)at;
	return remove(path) < 0 && errno != ENOENT ? -1 : 0;
}

/* Nobody is left who could exchange a directory for a link meanwhile, and none is followed. */
static void remove_tree(const char *path)
{
	(void)nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

static int make_private(const char *parent)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "%s/" PRIVATE, parent);
	remove_tree(path);
	if (mkdir(path, 0700) < 0)
		return -1;
	(void)snprintf(path, sizeof(path), "%s/" PRIVATE "/tmp", parent);
	return mkdir(path, 0777) < 0 ? -1 : chmod(path, 01777);
}

int confine_begin(const Service *s)
{
	if (s->steps.hidden) {
		int fd;

		(void)mkdir(NOTHING, 0755);
		(void)mkdir(NOTHING "/dir", 0);
		fd = open(NOTHING "/file", O_RDONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0);
		if (fd >= 0)
			(void)close(fd);
	}
	if (!s->steps.private_tmp)
		return 0;
	return make_private("/tmp") < 0 || make_private("/var/tmp") < 0 ? -1 : 0;
}

/* Each part that is missing, and the last one as it is to be. What lies in /run is made anew; what is kept is given to who needs it, with all that is in it. */
static int own(const char *path, mode_t mode, uid_t uid, gid_t gid)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), r;
	struct stat st;

	if (fd < 0)
		return -1;
	r = fstat(fd, &st);
	if (r == 0 && (st.st_uid != uid || st.st_gid != gid))
		r = fchown(fd, uid, gid);
	if (r == 0 && (st.st_mode & 07777) != mode)
		r = fchmod(fd, mode);
	(void)close(fd);
	return r;
}

static int make_at(const char *octal, size_t n, const char *place, uid_t uid, gid_t gid)
{
	char *end, path[PATH_MAX];
	mode_t mode = (mode_t)strtoul(octal, &end, 8);

	if (end != octal + n || *place != '/' || strlen(place) >= sizeof(path)) {
		errno = EINVAL;
		return -1;
	}
	memcpy(path, place, strlen(place) + 1);
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(path, 0755) < 0 && errno != EEXIST)
			return -1;
		*slash = '/';
	}
	if (mkdir(path, 0755) < 0 && errno != EEXIST)
		return -1;
	return own(path, mode, uid, gid);
}

/* "MODE PATH" */
static int make_directory(const char *line, uid_t uid, gid_t gid)
{
	size_t n = strcspn(line, " ");

	return make_at(line, n, line + n + (line[n] == ' '), uid, gid);
}

/* "MODE USER GROUP PATH" */
static int make_owned(const char *line)
{
	_cleanup_strv_ char **words = NULL;
	const char *missing;
	Person person;

	errno = EINVAL;
	if (strv_split(&words, line, " ") < 0 || strv_length(words) != 4 ||
		person_find(&(Steps){ .user = words[1], .group = words[2] }, &person, &missing) < 0)
		return -1;
	return make_at(words[0], strlen(words[0]), words[3], person.uid, person.gid);
}

int confine_boot(const Service *s)
{
	STRV_FOREACH (line, s->steps.boot)
		if (make_owned(*line) < 0) {
			pump_say(s, "cannot make %s: %s", strrchr(*line, ' ') + 1, strerror(errno));
			return -1;
		}
	return 0;
}

int confine_make(const Service *s, uid_t uid, gid_t gid)
{
	char *const *const lists[] = { s->steps.runtime, s->steps.directories };

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		STRV_FOREACH (line, lists[i])
			if (make_directory(*line, uid, gid) < 0) {
				pump_say(s, "cannot make %s: %s", strchr(*line, ' ') + 1,
					strerror(errno));
				return -1;
			}
	return 0;
}

void confine_end(const Service *s)
{
	STRV_FOREACH (line, s->steps.runtime)
		remove_tree(strchr(*line, ' ') + 1);
}
