/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How a base is made. Whoever made an archive may have put anything into it, so the programs that read it run in a sandbox of their own, with ids of
 * their own, and have nothing but the archive and the empty directory: a path or link that leads out of that leads nowhere, and no device can be made.
 */
#include "sandbox/system-base.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/arch.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/layout.h"
#include "base/path.h"
#include "base/signals.h"
#include "base/spawn.h"
#include "base/strv.h"
#include "base/text.h"
#include "content/base-arch.h"
#include "desc/keyfile.h"
#include "engine/start/mount-source.h"
#include "label/label.h"
#include "sandbox/registry.h"
#include "sandbox/snapshot-store.h"
#include "sandbox/tool.h"

#define END_SECONDS 30 /* that an installation may take to end when it is asked to */
#define LOOK_MSEC 500 /* between two looks at what an installation says */
#define PACKAGES "systemd-sysv,dbus,login,iproute2,netbase"

/* Device nodes of a container are its own: those of an archive are left out where they belong, and cannot be made elsewhere. */
#define TAR_IN TOOL_TAR_IN "--anchored --exclude='dev/*' --exclude='./dev/*' "
#define END " && touch -d @0 " TOOL_INTO

static const char unpack_archive[] = TOOL_BEGIN TAR_IN "--file=" TOOL_FROM END;
static const char unpack_directory[] =
	TOOL_BEGIN "{ " TOOL_TAR_OUT "--directory=" TOOL_FROM
		   " --exclude='./dev/*' --file=- . || touch " TOOL_SAY "/failed; } | " TAR_IN
		   "--file=- && ! test -e " TOOL_SAY "/failed" END;
static const char name_content[] =
	TOOL_BEGIN "{ " TOOL_TAR_OUT "--directory=" TOOL_INTO " --file=- . || touch " TOOL_SAY
		   "/failed; } | sha256sum && ! test -e " TOOL_SAY "/failed";

/* What is asked for, and what it is made with. */
typedef struct Making {
	const Desc *desc;
	const char *scratch, *name; /* name: of the base, NULL: none */
	vsb_progress progress;
	void *data;
	const char *doing; /* now */
	Signals signals; /* that ask us to end: what was made goes away first */
} Making;

static const int ends[] = { SIGINT, SIGTERM, SIGHUP, 0 };

static void show(const Making *m, const char *what)
{
	if (m->progress)
		m->progress(what, 0, 0, m->data);
}

static void still(void *data)
{
	const Making *m = data;

	show(m, m->doing);
}

static int run(Making *m, const char *doing, const char *script, const char *from, bool readonly,
	char **ret_said, Error **ret_error)
{
	const OneshotWatch watch = { m->signals.fd, still, m };

	m->doing = doing;
	return tool_run_watched(&watch, script, m->scratch, from, readonly, ret_said, ret_error);
}

/* ---- Where the files come from ---- */

/* What owns more than a container has ids for would be nobody's. */
static int check_owners(const char *directory, Error **ret_error)
{
	char *const argv[] = { (char *)"find", (char *)directory, (char *)"-xdev", (char *)"(",
		(char *)"-uid", (char *)"+65535", (char *)"-o", (char *)"-gid", (char *)"+65535",
		(char *)")", (char *)"-print", (char *)"-quit", NULL };
	_cleanup_free_ char *found = NULL;
	int r = spawn_run(argv, NULL, &found, NULL, ret_error);

	if (r < 0 || !*found)
		return r;
	found[strcspn(found, "\n")] = '\0';
	text_make_ascii(found, strlen(found));
	return error_set(ret_error, EINVAL,
		"%s belongs to a user or group above 65535, whom no container has", found);
}

static int unpack(Making *m, const char *path, Error **ret_error)
{
	_cleanup_free_ char *real = NULL;
	_cleanup_fd_ int fd = -EBADF;
	struct stat st;
	int r = mount_source_open(path, false, &fd, &real, ret_error);

	if (r < 0)
		return r;
	if (fstat(fd, &st) < 0)
		return error_errno(ret_error, errno, "cannot inspect %s", path);
	if (!S_ISDIR(st.st_mode))
		return run(m, "unpacking", unpack_archive, real, false, NULL, ret_error);
	r = check_owners(real, ret_error);
	return r < 0 ? r : run(m, "copying", unpack_directory, real, false, NULL, ret_error);
}

/* The last line that mmdebstrap(1) said. */
static void tell(const Making *m, const Spawned *spawned)
{
	char text[512], *line;
	struct stat st;
	ssize_t n;

	if (fstat(spawned->err, &st) < 0)
		return;
	n = pread(spawned->err, text, sizeof(text) - 1,
		st.st_size > (off_t)sizeof(text) ? st.st_size - (off_t)sizeof(text) + 1 : 0);
	text[n < 0 ? 0 : n] = '\0';
	while ((line = strrchr(text, '\n')) && !line[1])
		*line = '\0';
	line = line ? line + 1 : text;
	text_make_ascii(line, strlen(line));
	show(m, *line ? line : "installing");
}

/* It takes away what it has made; at a terminal it was asked to, as we were. */
static int interrupt(const Spawned *spawned, struct pollfd *end, Error **ret_error)
{
	(void)kill(spawned->pid, SIGINT); /* ours and not waited for: the number is its */
	(void)deadline_poll(end, 1, deadline_in(END_SECONDS)); /* killed by spawn_done() */
	return error_set(ret_error, EINTR, "interrupted");
}

/* The first of its errors says what went wrong; those behind are about its own end. */
static int check_installed(Spawned *spawned, Error **ret_error)
{
	_cleanup_free_ char *text = NULL;
	const char *said;
	int status, r = spawn_end(spawned, NULL, &status, ret_error);

	if (r < 0 || status == 0)
		return r;
	if (lseek(spawned->err, 0, SEEK_SET) < 0 ||
		fd_read_all(spawned->err, SPAWN_OUTPUT_LIMIT, &text, NULL) < 0)
		return error_set(ret_error, EIO, "mmdebstrap ended with status %d", status);
	said = strncmp(text, "E: ", 3) == 0 ? text : strstr(text, "\nE: ");
	if (!said)
		return spawn_report("mmdebstrap", status, spawned->err, ret_error);
	said = strstr(said, "E: ") + strlen("E: ");
	text_make_ascii((char *)said, strcspn(said, "\n"));
	return error_set(ret_error, EIO, "mmdebstrap ended with status %d: %.*s", status,
		(int)strcspn(said, "\n"), said);
}

/* Through the proxy that our caller goes through. */
static int put_proxies(char ***argv)
{
	static const char *const names[] = { "http_proxy", "https_proxy", "no_proxy" };
	int r = strv_append(argv, "env");

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(names); i++)
		if (getenv(names[i]))
			r = strv_appendf(argv, "%s=%s", names[i], getenv(names[i]));
	return r;
}

/* --skip: what runs here is our affair. */
static int put_words(char ***argv, const Making *m, const char *arch, const char *archive)
{
	const char *const words[] = { "--mode=root", "--variant=minbase", "--include=" PACKAGES,
		"--skip=check/qemu", strchr(m->desc->os, ':') + 1, archive };
	int r = put_proxies(argv);

	if (r == 0)
		r = strv_append(argv, "mmdebstrap");
	if (r == 0)
		r = strv_appendf(argv, "--architectures=%s", arch);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(words); i++)
		r = strv_append(argv, words[i]);
	return r;
}

static int install(Making *m, const char *arch, const char *archive, Error **ret_error)
{
	_cleanup_spawned_ Spawned spawned = SPAWNED_NONE;
	_cleanup_strv_ char **argv = NULL;
	_cleanup_fd_ int pidfd = -EBADF;
	int r = spawn_need("mmdebstrap", ret_error);

	if (r == 0 && put_words(&argv, m, arch, archive) < 0)
		r = error_oom(ret_error);
	if (r < 0)
		return r;
	signals_give_back(&m->signals); /* not to be inherited */
	r = spawn_begin(argv, NULL, &spawned, ret_error);
	if (r == 0)
		r = signals_take(&m->signals, ends, ret_error);
	if (r < 0)
		return r;
	pidfd = (int)syscall(SYS_pidfd_open, spawned.pid, 0);
	if (pidfd < 0)
		return error_errno(ret_error, errno, "cannot wait for mmdebstrap");
	struct pollfd fds[] = { { .fd = pidfd, .events = POLLIN },
		{ .fd = m->signals.fd, .events = POLLIN } };
	while (deadline_poll(fds, ARRAY_SIZE(fds), deadline_in_msec(LOOK_MSEC)) == -ETIMEDOUT)
		tell(m, &spawned);
	return fds[1].revents ? interrupt(&spawned, fds, ret_error)
			      : check_installed(&spawned, ret_error);
}

/* ---- A base ---- */

static int name_of_content(Making *m, char **ret, Error **ret_error)
{
	_cleanup_free_ char *text = NULL;
	int r = run(m, "computing the checksum", name_content, NULL, true, &text, ret_error);

	if (r < 0)
		return r;
	text[strcspn(text, " ")] = '\0';
	if (!base_is_id(text))
		return error_set(ret_error, EIO, "sha256sum printed no checksum of its content");
	*ret = TAKE_PTR(text);
	return 0;
}

static int look(const char *scratch, Base *base, Error **ret_error)
{
	_cleanup_free_ char *root = path_join(scratch, "root");
	_cleanup_fd_ int fd =
		root ? open(root, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -EBADF;
	const char *init;
	int r;

	if (fd < 0)
		return error_errno(ret_error, errno, "cannot open the files of the system");
	r = base_find_init(fd, &init, ret_error);
	if (r == 0)
		r = base_check_programs(fd, base->arch, ret_error);
	if (r < 0)
		return r;
	base->init = strdup(init);
	return base->init ? 0 : error_oom(ret_error);
}

static int fill(Making *m, const Base *base, Error **ret_error)
{
	_cleanup_free_ char *archive = path_join(m->scratch, "system.tar");
	int r;

	if (!archive)
		return error_oom(ret_error);
	if (m->desc->os_from)
		return unpack(m, m->desc->os_from, ret_error);
	r = install(m, base->arch, archive, ret_error);
	if (r == 0)
		r = unpack(m, archive, ret_error);
	(void)unlink(archive); /* goes with the directory otherwise */
	return r;
}

static int make(Making *m, Base *base, Error **ret_error)
{
	_cleanup_free_ char *say = path_join(m->scratch, "say"),
			    *root = path_join(m->scratch, "root");
	_cleanup_fd_ int lock = -EBADF;
	int r = say && root ? fill(m, base, ret_error) : error_oom(ret_error);

	if (r == 0)
		r = look(m->scratch, base, ret_error);
	if (r == 0)
		r = name_of_content(m, &base->id, ret_error);
	if (r == 0) /* last: from now on only who has a rule for that can read them */
		r = label_share_tree(root, ret_error);
	if (r == 0)
		r = file_remove_tree(AT_FDCWD, say, ret_error);
	if (r == 0)
		r = base_lock(&lock, ret_error);
	if (r == 0)
		r = base_add(m->scratch, base, ret_error);
	return r == 0 && m->name ? base_name(m->name, base->id, ret_error) : r;
}

int system_base_provide(const Desc *desc, bool fresh, vsb_progress progress, void *data, Base *ret,
	Error **ret_error)
{
	_cleanup_free_ char *name = NULL, *scratch = NULL, *id = NULL;
	const char *arch = desc->arch ? desc->arch : arch_native();
	_cleanup_fd_ int lock = -EBADF;
	Making m = { .desc = desc, .progress = progress, .data = data, .signals = SIGNALS_NONE };
	_cleanup_base_ Base base = {};
	int r = base_check_arch(arch, ret_error);
	if (r < 0)
		return r;
	if (desc->os && asprintf(&name, "%s:%s", desc->os, arch) < 0)
		return error_oom(ret_error);
	if (name && !fresh && base_find(name, &id, NULL) == 0)
		return base_load(id, ret, ret_error);
	base.from = strdup(name ? name : desc->os_from);
	base.arch = strdup(arch);
	if (!base.from || !base.arch)
		return error_oom(ret_error);
	r = base_scratch_make(&scratch, &lock, ret_error);
	if (r < 0)
		return r;
	m.scratch = scratch;
	m.name = name;
	r = signals_take(&m.signals, ends, ret_error);
	if (r == 0)
		r = make(&m, &base, ret_error);
	base_scratch_remove(scratch);
	if (signals_read(&m.signals) && r == 0)
		r = error_set(ret_error, EINTR, "interrupted");
	signals_give_back(&m.signals);
	if (r < 0)
		return error_wrap(ret_error, "cannot create a system of %s", base.from);
	*ret = base;
	base = (Base){};
	return 0;
}

/* ---- Who has it ---- */

static int add_user(const char *directory, const char *suffix, const char *name, const char *id,
	char ***users, Error **ret_error)
{
	_cleanup_free_ char *path = NULL;
	_cleanup_desc_ Desc *desc = NULL;

	if (asprintf(&path, "%s/%s%s", directory, name, suffix) < 0)
		return error_oom(ret_error);
	/* One that cannot be read may have it. */
	if (keyfile_load(path, &desc, NULL, NULL) == 0 &&
		(!desc->base || strcmp(desc->base, id) != 0) && !snapshot_has_base(desc, id))
		return 0;
	return !file_exists(path) || strv_append_unique(users, name) == 0 ? 0
									  : error_oom(ret_error);
}

int system_base_users(const char *id, char ***ret, Error **ret_error)
{
	static const struct {
		LayoutPlace place;
		const char *below, *suffix;
	} places[] = { { LAYOUT_SERVICES, "", ".sandbox" }, { LAYOUT_SERVICES, "", ".deleting" },
		{ LAYOUT_SERVICES, "", ".kept" }, { LAYOUT_RESERVATIONS, "/pending", ".sandbox" } };
	_cleanup_strv_ char **users = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		_cleanup_free_ char *top = layout_path(places[i].place),
				    *directory = top ? path_join(top, places[i].below) : NULL;
		_cleanup_strv_ char **names = NULL;
		int r = directory
				? registry_names_in(directory, places[i].suffix, &names, ret_error)
				: error_oom(ret_error);

		for (char *const *name = names; r == 0 && name && *name; name++)
			r = add_user(directory, places[i].suffix, *name, id, &users, ret_error);
		if (r < 0)
			return r;
	}
	*ret = TAKE_PTR(users);
	return 0;
}
