/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * import: a container of an exported file. Whoever made the file may have put anything into it: the outer archive is read strictly, its content is unpacked by
 * programs in a sandbox that take no more than the head says, and is then copied as a clone's is, with an identity, keys and labels of its own. What the description
 * asks of this host the administrator has to allow.
 */
#include <fcntl.h>
#include <linux/xattr.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/layout.h"
#include "base/log.h"
#include "base/path.h"
#include "base/spawn.h"
#include "base/strv.h"
#include "base/text.h"
#include "content/base-store.h"
#include "content/export-file.h"
#include "desc/keyfile.h"
#include "host/host.h"
#include "label/filelabel.h"
#include "sandbox/clone.h"
#include "sandbox/create.h"
#include "sandbox/handle.h"
#include "sandbox/host-file.h"
#include "sandbox/tool.h"

#define ENTRY_COST 4096 /* bytes of a disk that a file without content may take */

/* Gets numbers: how many files there may be, where the content is, its bytes, and how many there may be of it unpacked. What is more ends tar by SIGPIPE (141), and the
 * numbers that are said tell. */
static const char unpack[] = TOOL_BEGIN
	"mkfifo " TOOL_SAY "/packed " TOOL_SAY "/bytes " TOOL_SAY
	"/names || exit; sha256sum <" TOOL_SAY "/packed >" TOOL_SAY "/sum & wc -c <" TOOL_SAY
	"/bytes >" TOOL_SAY "/size & head -n %llu <" TOOL_SAY "/names | wc -l >" TOOL_SAY
	"/entries & tail -c +%llu " TOOL_FROM " | head -c %llu | tee " TOOL_SAY
	"/packed | zstd -q -d | head -c %llu | tee " TOOL_SAY "/bytes | " TOOL_TAR_IN
	"--verbose --index-file=" TOOL_SAY
	"/names --file=-; r=$?; wait; [ $r != 141 ] || r=0; cat " TOOL_SAY "/sum " TOOL_SAY
	"/size " TOOL_SAY "/entries; exit $r";

typedef struct Import {
	const char *path;
	int fd;
	ExportFile file;
	Desc *desc; /* as it is in the file */
	Desc *asked; /* of the new container */
	char **capabilities; /* that the file asks for, and that the rules of this host must give */
	bool trust;
	char **notes;
} Import;

static void import_done(Import *import)
{
	import->fd = fd_close(import->fd);
	export_file_done(&import->file);
	desc_free(import->desc);
	desc_free(import->asked);
	strv_free(import->capabilities);
	strv_free(import->notes);
}

/* ---- What the description asks of this host ---- */

static int ask_lists(const Desc *desc, char ***asks)
{
	const struct {
		const char *what;
		char **values;
	} lists[] = { { "--with", desc->with }, { "--follow", desc->follow },
		{ "a credential", desc->credentials }, { "--device", desc->devices } };

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		STRV_FOREACH (value, lists[i].values)
			if (strv_appendf(asks, "%s %s", lists[i].what, *value) < 0)
				return -ENOMEM;
	STRV_FOREACH (account, desc->accounts)
		if (strchr(*account, ',') && strv_appendf(asks, "--account %s", *account) < 0)
			return -ENOMEM;
	return 0;
}

static int ask_rest(const Desc *desc, char ***asks)
{
	for (size_t i = 0; i < desc->n_mounts; i++)
		if (desc->mounts[i].source && desc->mounts[i].type != DESC_MOUNT_GUEST_BIND &&
			strv_appendf(asks, "the mount of %s", desc->mounts[i].source) < 0)
			return -ENOMEM;
	for (size_t i = 0; i < desc->n_networks; i++)
		if (desc->networks[i].type != DESC_NETWORK_NONE &&
			!desc_network_is_ours(desc->networks[i].type) &&
			strv_appendf(asks, "a network of type %s",
				desc_network_type_name(desc->networks[i].type)) < 0)
			return -ENOMEM;
	if (desc->security.model == DESC_MODEL_NONE ||
		desc->security.labeling != DESC_LABEL_DYNAMIC || desc->security.baselabel ||
		desc->security.custom_type)
		return strv_append(asks, "another label than containers have");
	return 0;
}

static int refuse_asks(const Import *import, char **asks, Error **ret_error)
{
	_cleanup_free_ char *all = NULL;

	if (!asks || import->trust)
		return 0;
	all = strv_join(asks, ", ");
	return all ? error_set(ret_error, EPERM,
			     "its description asks for what belongs to this host: %s; give --trust if you "
			     "know who wrote it",
			     all)
		   : error_oom(ret_error);
}

static int check_description(Import *import, Error **ret_error)
{
	_cleanup_strv_ char **asks = NULL;

	if (desc_has_own_root(import->desc) || import->desc->os || import->desc->os_from)
		return error_set(ret_error, EOPNOTSUPP,
			"it is of a container with a root of its own, and only containers that "
			"share the host's programs can be imported");
	if (ask_lists(import->desc, &asks) < 0 || ask_rest(import->desc, &asks) < 0)
		return error_oom(ret_error);
	return refuse_asks(import, asks, ret_error);
}

/* Rules of this host give what its services need; what is more than that, somebody wants. */
static int check_capabilities(const Import *import, const Desc *planned, Error **ret_error)
{
	_cleanup_strv_ char **asks = NULL;

	STRV_FOREACH (name, import->capabilities)
		if (!strv_contains(planned->capabilities, *name) && strv_append(&asks, *name) < 0)
			return error_oom(ret_error);
	return refuse_asks(import, asks, ret_error);
}

static int describe(Import *import, const char *name, Error **ret_error)
{
	int r = desc_check_name(name ? name : import->file.head.name, ret_error);

	if (r == 0)
		r = clone_describe(import->desc, name ? name : import->file.head.name,
			&import->asked, ret_error);
	if (r < 0)
		return r;
	free(import->asked->path); /* a place of the other host's */
	import->asked->path = NULL;
	if (!import->trust) {
		import->capabilities = import->asked->capabilities;
		import->asked->capabilities = NULL;
	}
	return 0;
}

/* ---- Packages ---- */

/* Both are "NAME VERSION"; here are those of there that are installed, in their order. */
static int compare_packages(char *const *there, char *const *here, char ***notes)
{
	_cleanup_strv_ char **missing = NULL, **other = NULL;
	_cleanup_free_ char *text = NULL, *more = NULL;

	STRV_FOREACH (package, there) {
		size_t name = (size_t)(strchr(*package, ' ') - *package) + 1;
		bool found = here && *here && strncmp(*here, *package, name) == 0;

		if (!found && strv_append(&missing, *package) < 0)
			return -ENOMEM;
		if (found && strcmp(*here, *package) != 0 &&
			strv_appendf(&other, "%s (here %s)", *package, *here + name) < 0)
			return -ENOMEM;
		here += found;
	}
	text = strv_join(missing, ", ");
	more = strv_join(other, ", ");
	if (!text || !more ||
		(missing && strv_appendf(notes, "Not installed here: %s", text) < 0) ||
		(other && strv_appendf(notes, "In another version there: %s", more) < 0))
		return -ENOMEM;
	return 0;
}

static int note_packages(Import *import, Error **ret_error)
{
	const ExportHead *head = &import->file.head;
	_cleanup_strv_ char **names = NULL, **here = NULL;
	struct utsname host;
	int r;

	(void)uname(&host); /* cannot fail */
	if (strcmp(host.machine, head->machine) != 0 &&
		strv_appendf(&import->notes, "It was written on %s, and this is %s", head->machine,
			host.machine) < 0)
		return error_oom(ret_error);
	STRV_FOREACH (package, head->packages) {
		_cleanup_free_ char *name = strndup(*package, strcspn(*package, " "));

		if (!name || strv_append(&names, name) < 0)
			return error_oom(ret_error);
	}
	r = host_installed(names, &here, ret_error);
	if (r < 0)
		return r;
	return compare_packages(head->packages, here, &import->notes) < 0 ? error_oom(ret_error)
									  : 0;
}

/* ---- Its content ---- */

/* A head may say anything; no more than that is unpacked. It is there twice for a while. */
static int check_room(const ExportHead *head, const char *scratch, Error **ret_error)
{
	struct statvfs fs;
	uint64_t need, free;

	if (statvfs(scratch, &fs) < 0)
		return error_errno(
			ret_error, errno, "cannot inspect the file system of %s", scratch);
	free = (uint64_t)fs.f_bavail * fs.f_frsize;
	if (__builtin_mul_overflow(head->entries, (uint64_t)ENTRY_COST, &need) ||
		__builtin_add_overflow(need, head->size, &need) || need > free / 2 ||
		(fs.f_files && head->entries > fs.f_favail / 2))
		return error_set(ret_error, ENOSPC,
			"it has %llu bytes in %llu files and directories, which need twice their "
			"room for a while, and %s has %llu bytes left",
			(unsigned long long)head->size, (unsigned long long)head->entries, scratch,
			(unsigned long long)free);
	return 0;
}

static int check_said(const ExportHead *head, const char *said, Error **ret_error)
{
	char hash[EXPORT_HASH_SIZE + 1] = "";
	unsigned long long size, entries;

	if (sscanf(said, "%64[0-9a-f] - %llu %llu", hash, &size, &entries) != 3)
		return error_set(ret_error, EIO, "the programs that unpacked it did not say what");
	if (strcmp(hash, head->hash) != 0)
		return error_set(
			ret_error, EBADMSG, "its content is damaged: the checksum differs");
	return size != head->size || entries != head->entries
		       ? error_set(ret_error, EBADMSG,
				 "its content does not match its header: %llu bytes in %llu files and "
				 "directories",
				 size, entries)
		       : 0;
}

/* What a file is that a service's data has none of, or NULL. Devices are the kernel's of this host. */
static const char *what_is_wrong(int fd, const struct stat *st, bool trust)
{
	if (S_ISBLK(st->st_mode) || S_ISCHR(st->st_mode))
		return "a device";
	if (trust || !S_ISREG(st->st_mode))
		return NULL;
	if (st->st_mode & (S_ISUID | S_ISGID))
		return "a program with a set-user-id or set-group-id bit, which only --trust takes";
	return getxattr(fd_magic(fd).path, XATTR_NAME_CAPS, NULL, 0) >= 0
		       ? "a program with file capabilities, which only --trust takes"
		       : NULL;
}

typedef struct Search {
	bool trust;
	char *found; /* the first, and what it is */
} Search;

static int visit(int fd, const struct stat *st, const char *path, const char **inherited,
	void *data, Error **ret_error)
{
	Search *search = data;
	const char *what = search->found ? NULL : what_is_wrong(fd, st, search->trust);

	(void)inherited; /* for labels */
	if (what && asprintf(&search->found, "%s in it is %s", path, what) < 0) {
		search->found = NULL;
		return error_oom(ret_error);
	}
	return 0;
}

static int check_tree(const char *tree, bool trust, Error **ret_error)
{
	Search search = { .trust = trust };
	int r = filelabel_walk(tree, visit, &search, ret_error);
	_cleanup_free_ char *found = search.found;

	if (r < 0 || !found)
		return r;
	text_make_ascii(found, strlen(found));
	return error_set(ret_error, EPERM, "%s", found + strlen(tree));
}

static int unpack_content(
	const Import *import, const char *scratch, const char *tree, Error **ret_error)
{
	const ExportFile *file = &import->file;
	_cleanup_free_ char *script = NULL, *said = NULL, *path = NULL;
	int r = check_room(&file->head, scratch, ret_error);

	if (r < 0)
		return r;
	path = host_file_absolute(import->path);
	if (!path)
		return error_errno(ret_error, errno, "cannot use %s", import->path);
	if (asprintf(&script, unpack, (unsigned long long)file->head.entries + 1,
		    (unsigned long long)file->offset + 1, (unsigned long long)file->packed,
		    (unsigned long long)file->head.size + 1) < 0) {
		script = NULL;
		return error_oom(ret_error);
	}
	r = tool_run_watched(NULL, script, scratch, path, false, &said, ret_error);
	if (r == 0)
		r = check_said(&file->head, said, ret_error);
	return r < 0 ? r : check_tree(tree, import->trust, ret_error);
}

static int make(const Import *import, const char *scratch, NameLock *lock, vsb_progress progress,
	void *data, char ***notes, Error **ret_error)
{
	_cleanup_free_ char *tree = path_join(scratch, "root");
	_cleanup_container_ Container container = {};
	_cleanup_plan_ Plan *plan = NULL;
	int r = 0;

	if (!tree)
		return error_oom(ret_error);
	if (progress)
		progress("unpacking", 0, 0, data);
	r = unpack_content(import, scratch, tree, ret_error);
	if (r == 0)
		r = clone_plan_tree(tree, import->asked, &container, &plan, ret_error);
	if (r == 0)
		r = check_capabilities(import, container.desc, ret_error);
	return r < 0 ? r : create_make(&container, plan, lock, progress, data, notes, ret_error);
}

static int run(Import *import, vsb_progress progress, void *data, Error **ret_error)
{
	const char *name = import->asked->name;
	_cleanup_name_lock_ NameLock *lock = NULL;
	_cleanup_fd_ int scratch_lock = -EBADF;
	_cleanup_free_ char *scratch = NULL;
	_cleanup_strv_ char **made = NULL;
	int r = name_lock_new(name, &lock, ret_error);

	if (r == 0)
		r = spawn_need("zstd", ret_error);
	if (r == 0)
		r = base_scratch_make(&scratch, &scratch_lock, ret_error);
	if (r < 0)
		return r;
	log_step("import", "%s as %s", import->path, name);
	r = make(import, scratch, lock, progress, data, &made, ret_error);
	base_scratch_remove(scratch);
	STRV_FOREACH (note, made)
		if (r == 0 && strv_append(&import->notes, *note) < 0)
			r = error_oom(ret_error);
	return r;
}

/* As the first step of run(). */
static int try_name(const Import *import, Error **ret_error)
{
	_cleanup_name_lock_ NameLock *lock = NULL;

	return name_lock_new(import->asked->name, &lock, ret_error);
}

static int begin(Import *import, const char *name, Error **ret_error)
{
	struct stat st;
	int r = vsb_open_file(import->path, &import->fd, ret_error);

	if (r < 0)
		return r;
	if (fstat(import->fd, &st) < 0 || !S_ISREG(st.st_mode))
		return error_set(ret_error, EINVAL, "it is not a file");
	r = export_file_read(import->fd, &import->file, ret_error);
	if (r == 0)
		r = keyfile_parse(import->file.description, strlen(import->file.description),
			"its description", &import->desc, NULL, ret_error);
	if (r == 0)
		r = check_description(import, ret_error);
	if (r == 0)
		r = describe(import, name, ret_error);
	return r < 0 ? r : note_packages(import, ret_error);
}

PUBLIC int vsb_import(const char *path, const char *name, unsigned int flags, vsb_progress progress,
	void *data, char ***ret_notes, vsb_error **error)
{
	_cleanup_(import_done)
		Import import = { .path = path, .fd = -EBADF, .trust = flags & VSB_TRUST };
	_cleanup_free_ char *missing = NULL;
	int r = sandbox_begin_work(error);

	if (r == 0)
		r = begin(&import, name, error);
	if (r == 0) {
		missing = strv_join(import.notes, "; ");
		r = missing ? 0 : error_oom(error);
	}
	if (r == 0)
		r = flags & VSB_DRY_RUN ? try_name(&import, error)
					: run(&import, progress, data, error);
	if (r < 0)
		return error_wrap(error, "cannot import %s%s%s", path,
			missing && *missing ? ": " : "", missing ? missing : "");
	if (ret_notes)
		*ret_notes = TAKE_PTR(import.notes);
	return 0;
}
