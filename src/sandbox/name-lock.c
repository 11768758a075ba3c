/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The right to change one container. Work in progress is a description in LAYOUT_RESERVATIONS/pending: it appears before the first change and goes with
 * the last one, so whoever finds one whose lock is free knows that its command died, and what to undo. A container that is being deleted has its description
 * beside its old name, NAME.deleting: to rename it there needs no space on a disk that is full, it hides the container from everybody at once, and it tells
 * the next command what to go on with.
 */
#include "sandbox/name-lock.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/layout.h"
#include "base/strv.h"
#include "desc/keyfile.h"
#include "engine/keep/lock.h"
#include "sandbox/domain-name.h"
#include "sandbox/erase.h"
#include "sandbox/kept-name.h"
#include "sandbox/registry.h"
#include "sandbox/snapshot-store.h"

struct NameLock {
	char *name;
	Places places; /* of the name */
	int lock_fd;
	int run_fd; /* the container's lock, see name_lock_hold_stopped() */
};

NameLock *name_lock_free(NameLock *lock)
{
	if (!lock)
		return NULL;
	/* While we hold it: a waiter that opened it before sees that the file is another one now. What cannot be removed is
	 * found by the next command, as if we had been killed here. */
	lock_drop(lock->name, &lock->run_fd);
	if (lock->lock_fd >= 0)
		(void)unlink(lock->places.lock);
	places_done(&lock->places);
	free(lock->name);
	(void)fd_close(lock->lock_fd);
	free(lock);
	return NULL;
}

/* Takes the lock of a name without waiting. The file may be removed by the holder that we lost against, so the one
 * that we locked must still be the one in the directory. -EBUSY when somebody holds it. */
static int lock_name(const char *name, NameLock **ret, Error **ret_error)
{
	_cleanup_name_lock_ NameLock *lock = calloc(1, sizeof(*lock));
	const char *path;
	int r;

	if (!lock)
		return error_oom(ret_error);
	lock->lock_fd = lock->run_fd = -EBADF;
	lock->name = strdup(name);
	if (!lock->name)
		return error_oom(ret_error);
	r = places_of_name(name, &lock->places, ret_error);
	if (r < 0)
		return r;
	path = lock->places.lock;
	r = file_mkdir_parent(path, ret_error);
	if (r < 0)
		return r;
	for (;;) {
		_cleanup_fd_ int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
		struct stat locked, present;

		if (fd < 0)
			return error_errno(ret_error, errno, "cannot open lock %s", path);
		if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
			if (errno != EWOULDBLOCK)
				return error_errno(ret_error, errno, "cannot lock %s", path);
			return error_set(ret_error, EBUSY,
				"container %s: another command is working on it", name);
		}
		if (fstat(fd, &locked) == 0 && stat(path, &present) == 0 &&
			locked.st_ino == present.st_ino) {
			lock->lock_fd = TAKE_FD(fd); /* from now on the file is ours to remove */
			*ret = TAKE_PTR(lock);
			return 0;
		}
	}
}

/* And no supervisor is still putting away what the name's container ran with: whoever changes it finds it running or stopped. */
static int lock_settled(const char *name, NameLock **ret, Error **ret_error)
{
	_cleanup_name_lock_ NameLock *lock = NULL;
	int r = lock_name(name, &lock, ret_error);

	if (r == 0)
		r = lock_await_end(name, ret_error);
	if (r == 0)
		*ret = TAKE_PTR(lock);
	return r;
}

int name_lock_hold_stopped(NameLock *lock, Error **ret_error)
{
	int r = lock->run_fd >= 0 ? 0 : lock_take(lock->name, &lock->run_fd, ret_error);

	return r == -EBUSY ? error_set(ret_error, EBUSY,
				     "container %s runs, or is just being started; stop it first",
				     lock->name)
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
static int recover(NameLock *lock, Error **ret_error)
{
	_cleanup_container_ Container container = {};
	int r = load_unfinished(&lock->places, &container, ret_error);
	if (r >= 0 && container.desc && container_may_run(&container))
		r = name_lock_hold_stopped(lock, ret_error);
	if (r >= 0 && container.desc)
		r = container_erase(&container, ret_error);
	if (r < 0)
		return r;
	if (file_exists(lock->places.snapshotting)) {
		r = snapshot_recover(lock->name, ret_error);
		if (r < 0)
			return r;
	}
	/* Without a description the work was done or had not begun: a journal that is left must not speak for the next one. */
	return name_lock_commit(lock, ret_error);
}

int name_lock_kept(const char *name, NameLock **ret, Error **ret_error)
{
	_cleanup_name_lock_ NameLock *lock = NULL;
	int r = desc_check_name(name, ret_error);
	if (r >= 0)
		r = lock_settled(name, &lock, ret_error);
	if (r < 0)
		return r;
	r = recover(lock, ret_error);
	if (r < 0)
		return error_wrap(ret_error, "cannot clean up after an interrupted command");
	if (registry_exists(name))
		return error_set(ret_error, EEXIST, "container %s exists already", name);
	*ret = TAKE_PTR(lock);
	return 0;
}

int name_lock_domain(const char *name, NameLock **ret, Error **ret_error)
{
	_cleanup_name_lock_ NameLock *lock = NULL;
	int r = name_lock_kept(name, &lock, ret_error);

	if (r == 0)
		r = kept_check_free(name, ret_error);
	if (r == 0)
		*ret = TAKE_PTR(lock);
	return r;
}

int name_lock_new(const char *name, NameLock **ret, Error **ret_error)
{
	_cleanup_name_lock_ NameLock *lock = NULL;
	int r = name_lock_domain(name, &lock, ret_error);

	if (r < 0)
		return r;
	if (domain_name_is_taken(name))
		return error_set(ret_error, EEXIST,
			"%s is a domain; `virt-lxc undefine %s` removes it", name, name);
	*ret = TAKE_PTR(lock);
	return 0;
}

int name_lock_take(const char *name, NameLock **ret, Error **ret_error)
{
	_cleanup_name_lock_ NameLock *lock = NULL;
	_cleanup_places_ Places places = {};
	int r = desc_check_name(name, ret_error);
	if (r >= 0)
		r = places_of_name(name, &places, ret_error);
	if (r < 0)
		return r;
	if (!file_exists(places.keyfile) && !file_exists(places.pending) &&
		!file_exists(places.deleting))
		return registry_not_there(name, ret_error);
	r = lock_settled(name, &lock, ret_error);
	if (r >= 0)
		r = recover(lock, ret_error);
	if (r < 0)
		return r;
	if (!registry_exists(name))
		return registry_not_there(name, ret_error);
	*ret = TAKE_PTR(lock);
	return 0;
}

int name_lock_begin(NameLock *lock, const Container *container, Error **ret_error)
{
	const char *path = lock->places.pending;
	int r = file_mkdir_parent(path, ret_error);

	return r < 0 ? r : keyfile_save(container->desc, container->identity, path, ret_error);
}

int name_lock_mark_for_deletion(NameLock *lock, Error **ret_error)
{
	return registry_rename(lock->places.keyfile, lock->places.deleting, ret_error);
}

int name_lock_commit(NameLock *lock, Error **ret_error)
{
	/* The descriptions go first: with them the work is done. Alone, a journal means nothing; without it, the
	 * description would say that there is something to undo, but not what. */
	const char *const files[] = { lock->places.pending, lock->places.deleting,
		lock->places.journal };

	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		if (unlink(files[i]) < 0 && errno != ENOENT)
			return error_errno(ret_error, errno, "cannot remove %s", files[i]);
	return 0;
}

int name_lock_undo(NameLock *lock, Error **ret_error)
{
	return recover(lock, ret_error);
}

int name_lock_sweep(Error **ret_error)
{
	_cleanup_free_ char *pending = layout_pathf(LAYOUT_RESERVATIONS, "pending");
	_cleanup_free_ char *locks = layout_pathf(LAYOUT_RESERVATIONS, "locks");
	_cleanup_free_ char *services = layout_path(LAYOUT_SERVICES);
	_cleanup_strv_ char **names = NULL;
	int r;

	if (!pending || !locks || !services)
		return error_oom(ret_error);
	r = registry_names_in(services, ".deleting", &names, ret_error);
	if (r == 0)
		r = registry_names_in(pending, REGISTRY_SUFFIX, &names, ret_error);
	if (r >= 0)
		r = registry_names_in(locks, "", &names, ret_error);
	if (r < 0)
		return r;
	STRV_FOREACH (name, names) {
		_cleanup_name_lock_ NameLock *lock = NULL;

		r = lock_name(*name, &lock, NULL);
		if (r == -EBUSY)
			continue; /* its command lives */
		if (r < 0)
			return error_errno(ret_error, -r, "cannot lock container %s", *name);
		/* What cannot be undone of one container must not be in the way of the others: root inside may be the reason. Who asks for that
		 * name is told, and the next command tries again. */
		(void)recover(lock, NULL);
		/* A delete that was killed when all was done but this: the file of the container's lock goes with the lock. */
		if (!registry_exists(*name))
			(void)name_lock_hold_stopped(lock, NULL);
	}
	return 0;
}
