/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The locks of the package databases. All are locks of fcntl(2), which can be asked about without being taken: whoever took one, if only for an instant,
 * would make an apt-get fail that comes just then.
 */
#include "host/package-lock.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/text.h"

#define WAIT_SECONDS 180
#define ANCESTORS_MAX 64

/* dpkg's own is held while packages are unpacked and set up. That of its frontends is held between two runs of dpkg as well, and while their hooks run, which
 * restart services. */
#define DPKG "/var/lib/dpkg"
static const char *const own_locks[] = { DPKG "/lock", "/var/lib/rpm/.rpm.lock",
	"/usr/lib/sysimage/rpm/.rpm.lock" };
#define FRONTEND DPKG "/lock-frontend"
#define UPDATES DPKG "/updates"

static bool path_below(const char *root, const char *path, char *ret, size_t size)
{
	return snprintf(ret, size, "%s%s", root, path) < (int)size;
}

/* 0: nobody has it. Readers, as rpm has them, are in nobody's way. A holder in another pid namespace is -1. */
static pid_t holder_of(const char *root, const char *lock)
{
	struct flock asked = { .l_type = F_RDLCK, .l_whence = SEEK_SET };
	_cleanup_fd_ int fd = -EBADF;
	char path[PATH_MAX];

	if (!path_below(root, lock, path, sizeof(path)))
		return 0;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0 || fcntl(fd, F_GETLK, &asked) < 0 || asked.l_type == F_UNLCK)
		return 0;
	return asked.l_pid > 0 ? asked.l_pid : -1;
}

static void describe(pid_t pid, PackageWork *ret)
{
	_cleanup_free_ char *name = NULL, *plain = NULL;
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	if (pid > 0 && file_read(path, &name, NULL, NULL) == 0) {
		name[strcspn(name, "\n")] = '\0';
		plain = text_sanitize(name, "");
	}
	if (plain)
		(void)snprintf(
			ret->words, sizeof(ret->words), "%.32s (process %d)", plain, (int)pid);
	else
		(void)snprintf(ret->words, sizeof(ret->words), "a package manager");
	ret->pid = pid > 0 ? pid : 0;
}

/* Does the database say that some package is half-way? */
static bool has_half_packages(const char *text)
{
	static const char *const states[] = { " half-installed", " unpacked", " half-configured" };
	static const char key[] = "Status: ";

	for (const char *line = text; line;
		line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
		const char *end = line + strcspn(line, "\n");

		for (size_t i = 0; strncmp(line, key, strlen(key)) == 0 && i < ARRAY_SIZE(states);
			i++)
			if ((size_t)(end - line) > strlen(states[i]) &&
				strncmp(end - strlen(states[i]), states[i], strlen(states[i])) == 0)
				return true;
	}
	return false;
}

/* dpkg writes down each step in a numbered file, and puts them together when it ends: the last of them that is left is what it was at. */
static bool last_update(const char *root, char *ret, size_t size)
{
	_cleanup_dir_ DIR *dir = NULL;
	unsigned long last = 0;
	struct dirent *entry;
	bool found = false;

	dir = path_below(root, UPDATES, ret, size) ? opendir(ret) : NULL;
	while (dir && (entry = readdir(dir))) {
		char *end;
		unsigned long number = strtoul(entry->d_name, &end, 10);

		if (end == entry->d_name || *end || (found && number < last))
			continue;
		found = snprintf(ret, size, "%s" UPDATES "/%s", root, entry->d_name) < (int)size;
		last = number;
	}
	return found;
}

static bool is_half_way(const char *path)
{
	_cleanup_free_ char *text = NULL;

	return file_read(path, &text, NULL, NULL) == 0 && has_half_packages(text);
}

static bool was_interrupted(const char *root)
{
	_cleanup_free_ char *text = NULL;
	char path[PATH_MAX];

	return last_update(root, path, sizeof(path)) && file_read(path, &text, NULL, NULL) == 0 &&
	       strstr(text, " half-installed\n");
}

void package_work(const char *root, PackageWork *ret)
{
	char path[PATH_MAX];
	pid_t pid = 0;

	*ret = (PackageWork){ 0 };
	for (size_t i = 0; pid == 0 && i < ARRAY_SIZE(own_locks); i++)
		pid = holder_of(root, own_locks[i]);
	if (pid == 0) {
		pid = holder_of(root, FRONTEND);
		if (pid != 0 && !last_update(root, path, sizeof(path)) &&
			!(path_below(root, DPKG "/status", path, sizeof(path)) &&
				is_half_way(path)))
			return; /* all that it has begun is whole: it asks, loads, or runs hooks */
	}
	if (pid != 0)
		describe(pid, ret);
	else
		ret->interrupted = was_interrupted(root);
}

static unsigned int package_wait_seconds(void)
{
	const char *text = getenv("VIRT_SANDBOX_PACKAGE_WAIT");
	uint64_t seconds = WAIT_SECONDS;

	if (text) /* what is no number changes nothing */
		(void)text_number(text, 99999, &seconds);
	return (unsigned int)seconds;
}

/* An ancestor is waiting for its hook or script, and so for us: waiting for it would only end with the timeout. */
static bool is_ancestor(pid_t pid)
{
	pid_t at = getpid();

	for (unsigned int i = 0; pid > 0 && at > 1 && i < ANCESTORS_MAX; i++) {
		_cleanup_free_ char *text = NULL;
		const char *after;
		char path[64];
		int parent;

		(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)at);
		if (file_read(path, &text, NULL, NULL) < 0)
			return false;
		after = strrchr(text, ')'); /* the name before may hold anything */
		if (!after || sscanf(after + 1, " %*c %d", &parent) != 1)
			return false;
		at = parent;
		if (at == pid)
			return true;
	}
	return false;
}

static int refuse(const PackageWork *work, unsigned int seconds, Error **ret_error)
{
	if (work->interrupted)
		return error_set(ret_error, ETXTBSY,
			"dpkg was interrupted while it unpacked a package, and /usr may be half old "
			"and half new; run `dpkg --configure -a` and `apt-get -f install`");
	if (is_ancestor(work->pid))
		return error_set(ret_error, ETXTBSY,
			"%s is changing the host's packages and waits for this command, and /usr may be half old and half new; try again when it has ended",
			work->words);
	return error_set(ret_error, ETXTBSY,
		"%s is changing the host's packages, and /usr may be half old and half new; it has not ended after %u seconds; try again when it has",
		work->words, seconds);
}

static _Thread_local PackageTell teller;
static _Thread_local void *teller_data;

void package_tell(PackageTell tell, void *data)
{
	teller = tell;
	teller_data = data;
}

int package_wait(const char *root, PackageTell tell, void *data, Error **ret_error)
{
	unsigned int seconds = package_wait_seconds();
	Deadline deadline = deadline_in(seconds);

	if (!tell) {
		tell = teller;
		data = teller_data;
	}
	for (bool told = false;; told = true) {
		PackageWork work;

		package_work(root, &work);
		if (!*work.words && !work.interrupted)
			return 0;
		if (work.interrupted || (!told && is_ancestor(work.pid)))
			return refuse(&work, seconds, ret_error);
		if (!told && tell && seconds > 0) {
			char sentence[256];

			(void)snprintf(sentence, sizeof(sentence),
				"waiting until %s has ended, which changes the host's packages",
				work.words);
			tell(sentence, data);
		}
		if (deadline_pause(deadline) < 0)
			return refuse(&work, seconds, ret_error);
	}
}
