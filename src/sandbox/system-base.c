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
#include "sandbox/execute.h"
#include "sandbox/registry.h"

#define FROM "/mnt/from" /* where the programs have them */
#define INTO "/mnt/base"
#define SAY "/mnt/say"
#define TIME_LIMIT 3600 /* seconds that unpacking may take */
#define SAID_LIMIT 65536 /* bytes of what they say that are read */
#define LOOK_MSEC 500 /* between two looks at what an installation says */
#define PACKAGES "systemd-sysv,dbus,login,iproute2,netbase"

/* Device nodes of a container are its own: those of an archive are left out where they belong, and cannot be made elsewhere. */
#define TAR_META                                                                                   \
	"--numeric-owner --acls --xattrs --xattrs-include=security.capability "                    \
	"--xattrs-include='user.*' "
#define TAR_IN                                                                                     \
	"tar --extract --directory=" INTO                                                          \
	" --same-owner --preserve-permissions --delay-directory-restore " TAR_META                 \
	"--anchored --exclude='dev/*' --exclude='./dev/*' "
#define TAR_OUT                                                                                    \
	"tar --create --format=pax --one-file-system --sort=name "                                 \
	"--pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime " TAR_META
#define BEGIN "exec >" SAY "/out 2>" SAY "/err; umask 022; "
#define END " && touch -d @0 " INTO

static const char unpack_archive[] = BEGIN TAR_IN "--file=" FROM END;
static const char unpack_directory[] =
	BEGIN "{ " TAR_OUT "--directory=" FROM " --exclude='./dev/*' --file=- . || touch " SAY
	      "/failed; } | " TAR_IN "--file=- && ! test -e " SAY "/failed" END;
static const char name_content[] =
	BEGIN "{ " TAR_OUT "--directory=" INTO " --file=- . || touch " SAY
	      "/failed; } | sha256sum && ! test -e " SAY "/failed";

/* ---- Programs in a sandbox ---- */

static int add_mount(Desc *desc, const char *target, const char *source, bool readonly)
{
	DescMount *mount = desc_add_mount(desc);

	if (!mount)
		return -ENOMEM;
	*mount = (DescMount){ .type = DESC_MOUNT_HOST_BIND,
		.target = strdup(target),
		.source = strdup(source),
		.readonly = readonly,
		.keep_label = true };
	return mount->target && mount->source ? 0 : -ENOMEM;
}

/* The file that a program wrote there, or a link that it put in its place. */
static char *said(const char *say, const char *name)
{
	_cleanup_fd_ int dir = open(say, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC),
			 fd = -EBADF;
	char *text = calloc(1, SAID_LIMIT + 1);
	ssize_t n;

	fd = dir < 0 ? -EBADF : path_open_no_links(dir, name, O_RDONLY | O_NONBLOCK, 0);
	n = fd < 0 || !text ? 0 : read(fd, text, SAID_LIMIT);
	if (text)
		text[n < 0 ? 0 : n] = '\0';
	return text;
}

static int describe(const char *script, const char *scratch, const char *from, bool readonly,
	Desc **ret, Error **ret_error)
{
	_cleanup_free_ char *root = path_join(scratch, "root"), *say = path_join(scratch, "say");
	_cleanup_desc_ Desc *tool = desc_new();
	int r = root && say && tool ? 0 : -ENOMEM;

	if (r == 0)
		r = strv_append(&tool->command, "/bin/sh");
	if (r == 0)
		r = strv_append(&tool->command, "-c");
	if (r == 0)
		r = strv_append(&tool->command, script);
	if (r == 0)
		r = add_mount(tool, INTO, root, readonly);
	if (r == 0)
		r = add_mount(tool, SAY, say, false);
	if (r == 0 && from)
		r = add_mount(tool, FROM, from, true);
	if (r < 0)
		return error_oom(ret_error);
	tool->kind = DESC_COMMAND;
	/* Who named the archive may read it, whatever label it has; and the base has none of a container's. */
	tool->security.model = DESC_MODEL_NONE;
	*ret = TAKE_PTR(tool);
	return 0;
}

/* GNU tar goes on without the "/" or ".." and only says so. */
static bool took_names(const char *text)
{
	return strstr(text, "Removing leading") != NULL;
}

static int report(const char *text, Error **ret_error)
{
	_cleanup_free_ char *line = strndup(text, strcspn(text, "\n"));

	if (!line)
		return error_oom(ret_error);
	text_make_ascii(line, strlen(line));
	return error_set(ret_error, EINVAL, "%s", *line ? line : "its files cannot be unpacked");
}

static int run(const char *script, const char *scratch, const char *from, bool readonly,
	char **ret_said, Error **ret_error)
{
	_cleanup_free_ char *say = path_join(scratch, "say"), *err = NULL;
	_cleanup_desc_ Desc *tool = NULL;
	int status, r;

	if (!say)
		return error_oom(ret_error);
	r = file_remove_tree(AT_FDCWD, say, ret_error);
	if (r == 0 && mkdir(say, 0700) < 0)
		r = error_errno(ret_error, errno, "make %s", say);
	if (r == 0)
		r = describe(script, scratch, from, readonly, &tool, ret_error);
	if (r == 0)
		r = oneshot_quiet(tool, TIME_LIMIT, &status, ret_error);
	if (r < 0)
		return r;
	err = said(say, "err");
	if (ret_said)
		*ret_said = said(say, "out");
	if (!err || (ret_said && !*ret_said))
		return error_oom(ret_error);
	if (took_names(err))
		return error_set(ret_error, EINVAL,
			"it has absolute names, or names with \"..\" in them: %.*s",
			(int)strcspn(err, "\n"), err);
	return status == 0 ? 0 : report(err, ret_error);
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
		return run(unpack_archive, scratch, real, false, NULL, ret_error);
	r = check_owners(real, ret_error);
	return r < 0 ? r : run(unpack_directory, scratch, real, false, NULL, ret_error);
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
	int r = run(name_content, scratch, NULL, true, &text, ret_error);

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
