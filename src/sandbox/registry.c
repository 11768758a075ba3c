/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which containers there are. A defined container is a description in LAYOUT_SERVICES. Work in progress is a description in
 * LAYOUT_RESERVATIONS/pending: it appears before the first change and goes with the last one, so whoever finds one whose lock is free
 * knows that its command died, and what to undo. A container that is being deleted has its description beside its old name, NAME.deleting: to rename it there
 * needs no space on a disk that is full, it hides the container from everybody at once, and it tells the next command what to go on with.
 */
#include "sandbox/registry.h"

#include "sandbox/compile-run.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/layout.h"
#include "base/log.h"
#include "base/path.h"
#include "base/strv.h"
#include "desc/keyfile.h"
#include "engine/start/links-program.h"
#include "engine/keep/lock.h"
#include "engine/keep/state.h"
#include "host/host.h"
#include "label/label.h"
#include "content/apply.h"
#include "content/etc-merge.h"
#include "identity/confirm.h"
#include "identity/wishes.h"
#include "content/image.h"
#include "content/manifest.h"

#define SUFFIX ".sandbox"

#define DOOMED ".deleting"

struct Claim {
	char *name;
	Places places; /* of the name */
	int lock_fd;
	int run_fd; /* the container's lock, see claim_stopped() */
};

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

bool registry_exists(const char *name)
{
	_cleanup_free_ char *path = layout_pathf(LAYOUT_SERVICES, "%s" SUFFIX, name);

	return path && file_exists(path);
}

static int erase_keyfile(const Container *c, Error **ret_error)
{
	const char *path = c->places.keyfile;

	return unlink(path) < 0 && errno != ENOENT
		       ? error_errno(ret_error, errno, "remove %s", path)
		       : 0;
}

/* Has its delete begun? */
static bool is_doomed(const Container *c)
{
	return file_exists(c->places.deleting);
}

/* An interrupted create made just what its journal says: a tree that was there before is somebody else's. A doomed container's tree goes as a
 * whole, with all that the container wrote into it. */
static int erase_tree(const Container *c, Error **ret_error)
{
	return is_doomed(c) ? file_remove_tree(AT_FDCWD, c->places.tree, ret_error)
			    : plan_undo(c->places.journal, ret_error);
}

static int erase_label(const Container *c, Error **ret_error)
{
	_cleanup_label_ Label *label = NULL;

	/* A description that was interrupted before a label was chosen has none to unload, and on a host whose policy went away
	 * there is nothing loaded either. */
	if (wish_labels(c->desc, c->identity).process &&
		identity_open_label(c->desc, c->identity, &label, NULL) >= 0) {
		int r = label_restore_all(label, ret_error);

		if (r == 0)
			r = label_unload(label, ret_error);
		if (r < 0)
			return r;
	}
	return label_release(c->desc->name, ret_error);
}

static int erase_upgrade(const Container *c, Error **ret_error)
{
	int r = etc_merge_forget(&c->places, ret_error);

	return r < 0 ? r : manifest_forget(c->places.manifest, ret_error);
}

/* The links of a container that has a supervisor are its supervisor's. A sandbox of one command has none: when it is killed its links are still
 * recorded and plugged in.
 * By the program, since no command loads the plug-in itself. */
static int erase_links(const Container *c, Error **ret_error)
{
	return is_doomed(c) ? 0 : compile_detach_links(c, ret_error);
}

static int erase_units(const Container *c, Error **ret_error)
{
	return host_units_remove(c->desc, &c->places, ret_error);
}

static int erase_host_journal(const Container *c, Error **ret_error)
{
	return c->identity->uuid ? host_journal_unlink(c->identity->uuid, ret_error) : 0;
}

static int erase_image(const Container *c, Error **ret_error)
{
	return image_erase(&c->places, ret_error);
}

static int erase_identity(const Container *c, Error **ret_error)
{
	return identity_release(c->desc, c->identity, ret_error);
}

/* Of one that could have been started. */
static int erase_run(Claim *claim, const Container *c, Error **ret_error)
{
	int r;

	if (!is_doomed(c) && !file_exists(c->places.keyfile))
		return 0;
	r = claim_stopped(claim, ret_error);
	return r < 0 ? r : compile_cleanup_held(c, ret_error);
}

/* Undoes everything that belongs to the container, in the reverse order of create. Idempotent. Goes on after a failure and reports
 * the first; but one that runs, or of which something still runs, keeps all that it has. */
static int registry_erase(Claim *claim, const Container *c, Error **ret_error)
{
	/* The reverse of create: what others can see or start goes first, reservations go last so that nobody gets them while
	 * something still carries them. */
	static int (*const steps[])(const Container *, Error **) = {
		erase_units,
		erase_keyfile,
		erase_host_journal,
		erase_tree,
		erase_image,
		erase_upgrade,
		erase_label,
		erase_links,
		erase_identity,
	};
	int result = erase_run(claim, c, ret_error);

	if (result < 0)
		return result;
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		_cleanup_error_ Error *error = NULL;
		int r = steps[i](c, &error);

		if (r < 0 && result == 0) {
			result = r;
			if (ret_error)
				*ret_error = TAKE_PTR(error);
		}
	}
	return result < 0 ? (error_wrap(ret_error, "container %s", c->desc->name), result) : 0;
}

Claim *claim_free(Claim *claim)
{
	if (!claim)
		return NULL;
	/* While we hold it: a waiter that opened it before sees that the file is another one now. What cannot be removed is
	 * found by the next command, as if we had been killed here. */
	lock_drop(claim->name, &claim->run_fd);
	if (claim->lock_fd >= 0)
		(void)unlink(claim->places.lock);
	places_done(&claim->places);
	free(claim->name);
	(void)fd_close(claim->lock_fd);
	free(claim);
	return NULL;
}

/* Takes the lock of a name without waiting. The file may be removed by the holder that we lost against, so the one
 * that we locked must still be the one in the directory. -EBUSY when somebody holds it. */
static int claim_lock(const char *name, Claim **ret, Error **ret_error)
{
	_cleanup_claim_ Claim *claim = calloc(1, sizeof(*claim));
	const char *path;
	int r;

	if (!claim)
		return error_oom(ret_error);
	claim->lock_fd = claim->run_fd = -EBADF;
	claim->name = strdup(name);
	if (!claim->name)
		return error_oom(ret_error);
	r = places_of_name(name, &claim->places, ret_error);
	if (r < 0)
		return r;
	path = claim->places.lock;
	r = file_mkdir_parent(path, ret_error);
	if (r < 0)
		return r;
	for (;;) {
		_cleanup_fd_ int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
		struct stat locked, present;

		if (fd < 0)
			return error_errno(ret_error, errno, "open lock %s", path);
		if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
			if (errno != EWOULDBLOCK)
				return error_errno(ret_error, errno, "lock %s", path);
			return error_set(ret_error, EBUSY,
				"container %s: another command is working on it just now", name);
		}
		if (fstat(fd, &locked) == 0 && stat(path, &present) == 0 &&
			locked.st_ino == present.st_ino) {
			claim->lock_fd = TAKE_FD(fd); /* from now on the file is ours to remove */
			*ret = TAKE_PTR(claim);
			return 0;
		}
	}
}

int claim_stopped(Claim *claim, Error **ret_error)
{
	int r = claim->run_fd >= 0 ? 0 : lock_take(claim->name, &claim->run_fd, ret_error);

	return r == -EBUSY ? error_set(ret_error, EBUSY,
				     "container %s runs, or is just being started; stop it first",
				     claim->name)
			   : r;
}

/* What there is to undo, and where it is written down. No description: nothing. */
static int load_unfinished(const Places *places, Container *ret, Error **ret_error)
{
	const char *path = file_exists(places->deleting)  ? places->deleting
			   : file_exists(places->pending) ? places->pending
							  : NULL;
	_cleanup_identity_ Identity *identity = NULL;
	_cleanup_desc_ Desc *desc = NULL;
	int r = path ? keyfile_load(path, &desc, &identity, ret_error) : 0;

	if (r < 0 || !path)
		return r;
	if (!desc->name)
		return error_set(ret_error, EINVAL, "%s: the container has no name", path);
	return container_new(&desc, &identity, ret, ret_error);
}

/* Completes the undoing of a command that died: its pending description says what there may be. */
static int claim_recover(Claim *claim, Error **ret_error)
{
	_cleanup_container_ Container container = {};
	int r;

	r = load_unfinished(&claim->places, &container, ret_error);
	if (r >= 0 && container.desc)
		r = registry_erase(claim, &container, ret_error);
	if (r < 0)
		return error_wrap(ret_error,
			"clean up after an interrupted command on container %s", claim->name);
	/* Without a description the work was done or had not begun: a journal that is left must not speak for the next one. */
	return claim_settle(claim, ret_error);
}

int registry_claim_new(const char *name, Claim **ret, Error **ret_error)
{
	_cleanup_claim_ Claim *claim = NULL;
	int r;

	r = desc_check_name(name, ret_error);
	if (r < 0)
		return r;
	r = claim_lock(name, &claim, ret_error);
	if (r < 0)
		return r;
	r = claim_recover(claim, ret_error);
	if (r < 0)
		return r;
	if (registry_exists(name))
		return error_set(ret_error, EEXIST, "container %s exists already", name);
	*ret = TAKE_PTR(claim);
	return 0;
}

static int not_there(const char *name, Error **ret_error)
{
	return error_set(ret_error, ENOENT, "Sandbox '%s' does not exist", name);
}

int registry_claim(const char *name, Claim **ret, Error **ret_error)
{
	_cleanup_claim_ Claim *claim = NULL;
	_cleanup_places_ Places places = {};
	int r;

	r = desc_check_name(name, ret_error);
	if (r < 0)
		return r;
	r = places_of_name(name, &places, ret_error);
	if (r < 0)
		return r;
	if (!file_exists(places.keyfile) && !file_exists(places.pending) &&
		!file_exists(places.deleting))
		return not_there(name, ret_error);
	r = claim_lock(name, &claim, ret_error);
	if (r < 0)
		return r;
	r = claim_recover(claim, ret_error);
	if (r < 0)
		return r;
	if (!registry_exists(name))
		return not_there(name, ret_error);
	*ret = TAKE_PTR(claim);
	return 0;
}

int claim_pending(Claim *claim, const Container *container, Error **ret_error)
{
	const char *path = claim->places.pending;
	int r = file_mkdir_parent(path, ret_error);

	return r < 0 ? r : keyfile_save(container->desc, container->identity, path, ret_error);
}

int claim_doom(Claim *claim, Error **ret_error)
{
	const char *keyfile = claim->places.keyfile, *doomed = claim->places.deleting;
	_cleanup_free_ char *directory = layout_path(LAYOUT_SERVICES);
	_cleanup_fd_ int fd = -EBADF;

	if (!directory)
		return error_oom(ret_error);
	fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || rename(keyfile, doomed) < 0 || fsync(fd) < 0)
		return error_errno(ret_error, errno, "rename %s to %s", keyfile, doomed);
	return 0;
}

int claim_settle(Claim *claim, Error **ret_error)
{
	/* The descriptions go first: with them the work is done. Alone, a journal means nothing; without it, the
	 * description would say that there is something to undo, but not what. */
	const char *const files[] = { claim->places.pending, claim->places.deleting,
		claim->places.journal };

	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		if (unlink(files[i]) < 0 && errno != ENOENT)
			return error_errno(ret_error, errno, "remove %s", files[i]);
	return 0;
}

int claim_undo(Claim *claim, Error **ret_error)
{
	return claim_recover(claim, ret_error);
}

/* "web1.sandbox" with its suffix -> "web1"; NULL for a file that belongs to no container. */
static char *name_of_file(const char *file, const char *suffix)
{
	size_t n = strlen(file), s = strlen(suffix);
	char *name;

	if (n <= s || strcmp(file + n - s, suffix) != 0)
		return NULL;
	name = strndup(file, n - s);
	if (name && desc_check_name(name, NULL) < 0) {
		free(name);
		return NULL;
	}
	return name;
}

/* Appends the names, each once. A missing directory has none. */
static int names_in(const char *directory, const char *suffix, char ***names, Error **ret_error)
{
	struct dirent *entry;
	int r = 0;
	DIR *dir;

	dir = opendir(directory);
	if (!dir) {
		if (errno != ENOENT)
			return error_errno(ret_error, errno, "list %s", directory);
		return 0;
	}
	while (r == 0 && (entry = readdir(dir))) {
		_cleanup_free_ char *name = name_of_file(entry->d_name, suffix);

		if (name)
			r = strv_append_unique(names, name);
	}
	(void)closedir(dir); /* read only */
	return r < 0 ? error_oom(ret_error) : 0;
}

int registry_names(char ***ret, Error **ret_error)
{
	_cleanup_free_ char *directory = layout_path(LAYOUT_SERVICES);
	_cleanup_strv_ char **names = NULL;
	int r;

	if (!directory)
		return error_oom(ret_error);
	r = names_in(directory, SUFFIX, &names, ret_error);
	if (r < 0)
		return r;
	strv_sort(names);
	*ret = TAKE_PTR(names);
	return 0;
}

int registry_sweep(Error **ret_error)
{
	_cleanup_free_ char *pending = layout_pathf(LAYOUT_RESERVATIONS, "pending");
	_cleanup_free_ char *locks = layout_pathf(LAYOUT_RESERVATIONS, "locks");
	_cleanup_free_ char *services = layout_path(LAYOUT_SERVICES);
	_cleanup_strv_ char **names = NULL;
	int r;

	if (!pending || !locks || !services)
		return error_oom(ret_error);
	r = names_in(services, DOOMED, &names, ret_error);
	if (r == 0)
		r = names_in(pending, SUFFIX, &names, ret_error);
	if (r < 0)
		return r;
	r = names_in(locks, "", &names, ret_error);
	if (r < 0)
		return r;
	STRV_FOREACH (name, names) {
		_cleanup_claim_ Claim *claim = NULL;

		r = claim_lock(*name, &claim, NULL);
		if (r == -EBUSY)
			continue; /* its command lives */
		if (r < 0)
			return error_errno(ret_error, -r, "lock container %s", *name);
		/* What cannot be undone of one container must not be in the way of the others: root inside may be the reason. Who asks for that
		 * name is told, and the next command tries again. */
		(void)claim_recover(claim, NULL);
		/* A delete that was killed when all was done but this: the file of the container's lock goes with the claim. */
		if (!registry_exists(*name))
			(void)claim_stopped(claim, NULL);
	}
	return 0;
}

int registry_load(const char *name, Container *ret, Error **ret_error)
{
	_cleanup_identity_ Identity *identity = NULL;
	_cleanup_desc_ Desc *desc = NULL;
	_cleanup_free_ char *path = NULL;
	int r = desc_check_name(name, ret_error);

	if (r < 0)
		return r;
	path = layout_pathf(LAYOUT_SERVICES, "%s" SUFFIX, name);
	if (!path)
		return error_oom(ret_error);
	if (!file_exists(path))
		return not_there(name, ret_error);
	log_step("read", "%s", path);
	r = keyfile_load(path, &desc, &identity, ret_error);
	if (r >= 0)
		r = desc_resolve(desc, ret_error);
	if (r < 0)
		return error_wrap(ret_error, "container %s", name);
	if (strcmp(desc->name, name) != 0)
		return error_set(ret_error, EINVAL,
			"%s: [core] name is \"%s\", but the file is that of container %s", path,
			desc->name, name);
	return container_new(&desc, &identity, ret, ret_error);
}
