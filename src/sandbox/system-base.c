/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How a base is made. Whoever made an archive may have put anything into it, so the programs that read it run in a sandbox of their own, with ids of
 * their own, and have nothing but the archive and the empty directory: a path or link that leads out of that leads nowhere, and no device can be made.
 */
#include "sandbox/system-base.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/layout.h"
#include "base/path.h"
#include "base/spawn.h"
#include "base/strv.h"
#include "base/text.h"
#include "desc/keyfile.h"
#include "engine/start/mount-source.h"
#include "label/label.h"
#include "sandbox/registry.h"
#include "sandbox/tool.h"

#define LOOK_MSEC 500 /* between two looks at what an installation says */
#define PACKAGES "systemd-sysv,dbus,login,iproute2,netbase"

/* Device nodes of a container are its own: those of an archive are left out where they belong, and cannot be made elsewhere. */
#define TAR_IN                                                                                     \
	"tar --extract --directory=" TOOL_INTO                                                     \
	" --same-owner --preserve-permissions --delay-directory-restore " TOOL_TAR_META            \
	"--anchored --exclude='dev/*' --exclude='./dev/*' "
#define TAR_OUT                                                                                    \
	"tar --create --format=pax --one-file-system --sort=name "                                 \
	"--pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime " TOOL_TAR_META
#define END " && touch -d @0 " TOOL_INTO

static const char unpack_archive[] = TOOL_BEGIN TAR_IN "--file=" TOOL_FROM END;
static const char unpack_directory[] = TOOL_BEGIN
	"{ " TAR_OUT "--directory=" TOOL_FROM " --exclude='./dev/*' --file=- . || touch " TOOL_SAY
	"/failed; } | " TAR_IN "--file=- && ! test -e " TOOL_SAY "/failed" END;
static const char name_content[] =
	TOOL_BEGIN "{ " TAR_OUT "--directory=" TOOL_INTO " --file=- . || touch " TOOL_SAY
		   "/failed; } | sha256sum && ! test -e " TOOL_SAY "/failed";

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

static int unpack(const char *path, const char *scratch, Error **ret_error)
{
	_cleanup_free_ char *real = NULL;
	_cleanup_fd_ int fd = -EBADF;
	struct stat st;
	int r = mount_source_open(path, false, &fd, &real, ret_error);

	if (r < 0)
		return r;
	if (fstat(fd, &st) < 0)
		return error_errno(ret_error, errno, "look at %s", path);
	if (!S_ISDIR(st.st_mode))
		return tool_run(unpack_archive, scratch, real, false, NULL, ret_error);
	r = check_owners(real, ret_error);
	return r < 0 ? r : tool_run(unpack_directory, scratch, real, false, NULL, ret_error);
}

/* The last line that mmdebstrap(1) said. */
static void tell(const Spawned *spawned, vsb_progress progress, void *data)
{
	char text[512], *line;
	struct stat st;
	ssize_t n;

	if (!progress || fstat(spawned->err, &st) < 0)
		return;
	n = pread(spawned->err, text, sizeof(text) - 1,
		st.st_size > (off_t)sizeof(text) ? st.st_size - (off_t)sizeof(text) + 1 : 0);
	text[n < 0 ? 0 : n] = '\0';
	while ((line = strrchr(text, '\n')) && !line[1])
		*line = '\0';
	line = line ? line + 1 : text;
	text_make_ascii(line, strlen(line));
	progress(*line ? line : "installing", 0, 0, data);
}

static int install(const Desc *desc, const char *arch, const char *archive, vsb_progress progress,
	void *data, Error **ret_error)
{
	const char *suite = strchr(desc->os, ':') + 1;
	_cleanup_spawned_ Spawned spawned = SPAWNED_NONE;
	_cleanup_free_ char *architectures = NULL;
	_cleanup_fd_ int pidfd = -EBADF;
	int r;

	if (asprintf(&architectures, "--architectures=%s", arch) < 0) {
		architectures = NULL;
		return error_oom(ret_error);
	}
	char *const argv[] = { (char *)"mmdebstrap", (char *)"--mode=root",
		(char *)"--variant=minbase", (char *)"--include=" PACKAGES, architectures,
		(char *)suite, (char *)archive, NULL };
	r = spawn_begin(argv, NULL, &spawned, ret_error);
	if (r < 0)
		return r;
	pidfd = (int)syscall(SYS_pidfd_open, spawned.pid, 0);
	if (pidfd < 0)
		return error_errno(ret_error, errno, "wait for mmdebstrap");
	for (struct pollfd end = { .fd = pidfd, .events = POLLIN };
		deadline_poll(&end, 1, deadline_in_msec(LOOK_MSEC)) == -ETIMEDOUT;)
		tell(&spawned, progress, data);
	return spawn_end(&spawned, NULL, NULL, ret_error);
}

/* ---- A base ---- */

static int name_of_content(const char *scratch, char **ret, Error **ret_error)
{
	_cleanup_free_ char *text = NULL;
	int r = tool_run(name_content, scratch, NULL, true, &text, ret_error);

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
		return error_errno(ret_error, errno, "open the files of the system");
	r = base_find_init(fd, &init, ret_error);
	if (r < 0)
		return r;
	base->init = strdup(init);
	return base->init ? 0 : error_oom(ret_error);
}

static int fill(const Desc *desc, const char *scratch, const Base *base, vsb_progress progress,
	void *data, Error **ret_error)
{
	_cleanup_free_ char *archive = path_join(scratch, "system.tar");
	int r;

	if (!archive)
		return error_oom(ret_error);
	if (desc->os_from) {
		if (progress)
			progress("unpacking", 0, 0, data);
		return unpack(desc->os_from, scratch, ret_error);
	}
	r = install(desc, base->arch, archive, progress, data, ret_error);
	if (r == 0 && progress)
		progress("unpacking", 0, 0, data);
	if (r == 0)
		r = unpack(archive, scratch, ret_error);
	(void)unlink(archive); /* goes with the directory otherwise */
	return r;
}

static int make(const Desc *desc, const char *scratch, const char *name, Base *base,
	vsb_progress progress, void *data, Error **ret_error)
{
	_cleanup_free_ char *say = path_join(scratch, "say");
	_cleanup_fd_ int lock = -EBADF;
	int r = fill(desc, scratch, base, progress, data, ret_error);

	if (r == 0)
		r = label_share_tree(scratch, ret_error);
	if (r == 0)
		r = look(scratch, base, ret_error);
	if (r == 0)
		r = name_of_content(scratch, &base->id, ret_error);
	if (r == 0)
		r = say ? file_remove_tree(AT_FDCWD, say, ret_error) : error_oom(ret_error);
	if (r == 0)
		r = base_lock(&lock, ret_error);
	if (r == 0)
		r = base_add(scratch, base, ret_error);
	return r == 0 && name ? base_name(name, base->id, ret_error) : r;
}

/* What Debian calls it. */
static const char *native_arch(void)
{
	static const char *const names[][2] = { { "x86_64", "amd64" }, { "aarch64", "arm64" },
		{ "i686", "i386" }, { "ppc64le", "ppc64el" }, { "s390x", "s390x" },
		{ "riscv64", "riscv64" }, { "armv7l", "armhf" } };
	static struct utsname host;

	(void)uname(&host); /* cannot fail */
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(host.machine, names[i][0]) == 0)
			return names[i][1];
	return host.machine;
}

/* i386 on amd64: its network calls pass their arguments in memory (socketcall), where no filter of system calls can look. */
static int check_arch(const char *arch, Error **ret_error)
{
	return strcmp(arch, native_arch()) == 0
		       ? 0
		       : error_set(ret_error, EOPNOTSUPP,
				 "--arch %s: programs of another architecture than %s cannot run here: "
				 "the system call filter covers only the host's own architecture",
				 arch, native_arch());
}

int system_base_provide(const Desc *desc, bool fresh, vsb_progress progress, void *data, Base *ret,
	Error **ret_error)
{
	_cleanup_free_ char *name = NULL, *scratch = NULL, *id = NULL;
	const char *arch = desc->arch ? desc->arch : native_arch();
	_cleanup_fd_ int lock = -EBADF;
	_cleanup_base_ Base base = {};
	int r;

	r = check_arch(arch, ret_error);
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
	r = make(desc, scratch, name, &base, progress, data, ret_error);
	base_scratch_remove(scratch);
	if (r < 0)
		return error_wrap(ret_error, "make a system of %s", base.from);
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
		(!desc->base || strcmp(desc->base, id) != 0))
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
		{ LAYOUT_RESERVATIONS, "/pending", ".sandbox" } };
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
