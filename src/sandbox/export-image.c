/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * export --oci: a container as an image that any engine runs without this host. Three layers: the root, what its packages own of the host's /usr, and its own
 * content. The host's files are the administrator's; the content was written by whoever was root inside, so the programs that read it run in a sandbox.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "base/arch.h"
#include "base/environment.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/log.h"
#include "base/path.h"
#include "base/spawn.h"
#include "base/strv.h"
#include "content/image.h"
#include "content/oci-image.h"
#include "engine/start/helper-environment.h"
#include "host/host.h"
#include "host/package-lock.h"
#include "host/program-files.h"
#include "net/publication.h"
#include "sandbox/export-source.h"
#include "sandbox/host-file.h"
#include "sandbox/image-root.h"
#include "sandbox/tool.h"

#define HIDDEN_TOLD 10 /* files that are named */
#define BLOBS "image/blobs/sha256"

/* Writes what the command gives to LAYER, and says its hashes, unpacked and packed, and its bytes. */
#define PACK_LAYER(work, layer, command)                                                           \
	"mkfifo " work "/plain || exit; sha256sum <" work "/plain >" work "/content & { " command  \
	" || touch " work "/failed; } | tee " work "/plain | { gzip -n >" layer " || touch " work  \
	"/failed; }; wait; test ! -e " work "/failed && cat " work "/content && sha256sum <" layer \
	" && wc -c <" layer

/* Read by sh -c as $1: the directory to work in. */
static const char pack_root[] = PACK_LAYER("\"$1\"/root.work", "\"$1\"/layer",
	TOOL_TAR_OUT "--mtime=@0 --directory=\"$1\"/skeleton --file=- .");
static const char pack_programs[] = PACK_LAYER("\"$1\"/programs.work", "\"$1\"/layer",
	TOOL_TAR_OUT "--directory=/ --verbatim-files-from --no-unquote --no-recursion "
		     "--files-from=\"$1\"/paths --file=-");
/* Names that each engine gives are not the container's, and logs of the journal name the machine that it was. What the plan says of the mounts of a container
 * here is not true of an image: there systemd would wait for mounts that nobody makes. */
#define MOUNT_UNIT(name) "--exclude=./etc/systemd/system/" name ".mount "
#define MOUNT_UNITS MOUNT_UNIT("home") MOUNT_UNIT("root") MOUNT_UNIT("srv") MOUNT_UNIT("var")
static const char pack_content[] = TOOL_BEGIN "cd " TOOL_FROM " && { " PACK_LAYER(TOOL_SAY,
	TOOL_INTO "/layer",
	TOOL_TAR_OUT
	"--anchored --exclude='./var/log/journal/*' --exclude=./etc/machine-id "
	"--exclude=./etc/hostname --exclude=./etc/hosts --exclude=./etc/resolv.conf " MOUNT_UNITS
	"--file=- ./*") "; }";

enum { LAYER_ROOT, LAYER_PROGRAMS, LAYER_CONTENT, LAYER_COUNT };

typedef struct ImageExport {
	const Container *container;
	const char *scratch;
	Facts *facts;
	ProgramFiles files;
	UnitProcess process; /* argv NULL: systemd is the first process */
	OwnerMap owners;
	OciBlob layers[LAYER_COUNT];
	int64_t created;
	bool direct;
	char **notes;
} ImageExport;

static void image_export_done(ImageExport *image)
{
	facts_free(image->facts);
	program_files_done(&image->files);
	unit_process_done(&image->process);
	owner_map_done(&image->owners);
	strv_free(image->notes);
}

/* ---- What it is ---- */

static int read_inside(const char *path, void *data, char **ret)
{
	const ImageExport *image = data;
	_cleanup_fd_ int tree = open(image->container->places.tree,
				 O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC),
			 fd = -EBADF;
	size_t size;
	struct stat st;
	int r;

	fd = tree < 0 ? -errno : path_open_in_root(tree, path, O_RDONLY | O_NONBLOCK, 0);
	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return -EINVAL;
	r = fd_read_all(fd, ENVIRONMENT_FILE_MAX, ret, &size);
	return r;
}

static int find_process(ImageExport *image, Error **ret_error)
{
	_cleanup_error_ Error *error = NULL;
	const FactUnit *unit;
	int r = unit_process_find(image->facts, &unit, &error);
	bool needs_systemd = r == -EINVAL;

	if (r == 0) {
		r = unit_process_make(
			image->facts, unit, read_inside, image, &image->process, &error);
		needs_systemd = r == -EOPNOTSUPP;
	}
	if (needs_systemd)
		return error_set(ret_error, -r, "%s; %s, the image runs systemd",
			error_message(error),
			desc_is_direct(image->container->desc)
				? "if the container is created without --init=direct"
				: "without --direct");
	return r < 0 ? error_set(ret_error, -r, "%s", error_message(error)) : 0;
}

static int find_files(ImageExport *image, Error **ret_error)
{
	const Desc *desc = image->container->desc;
	_cleanup_strv_ char **programs = NULL;

	if (strv_append(&programs, "/usr/bin/sh") < 0 ||
		(!image->direct && strv_append(&programs, "/usr/sbin/init") < 0) ||
		(image->process.argv && strv_append(&programs, image->process.argv[0]) < 0))
		return error_oom(ret_error);
	return program_files_read(image->facts, programs, desc->shared, &image->files, ret_error);
}

static int read_all(ImageExport *image, Error **ret_error)
{
	const Container *c = image->container;
	_cleanup_fd_ int tree = -EBADF;
	int r = package_wait("", NULL, NULL, ret_error);

	if (r == 0)
		r = host_facts(c->desc, &image->facts, ret_error);
	if (r == 0)
		r = image_mount(&c->places, true, ret_error);
	if (r == 0 && image->direct)
		r = find_process(image, ret_error);
	if (r == 0)
		r = find_files(image, ret_error);
	if (r < 0)
		return r;
	tree = open(c->places.tree, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (tree < 0)
		return error_errno(ret_error, errno, "cannot open %s", c->places.tree);
	r = owner_map_read(&image->owners, tree);
	return r < 0 ? error_errno(ret_error, -r, "cannot read the accounts of the container") : 0;
}

/* ---- Layers ---- */

static int parse_said(const char *said, OciBlob *ret, Error **ret_error)
{
	unsigned long long size;

	if (sscanf(said, "%64[0-9a-f] - %64[0-9a-f] - %llu", ret->content, ret->hash, &size) != 3)
		return error_set(
			ret_error, EIO, "cannot pack a layer: the programs gave no hash or size");
	ret->size = size;
	return 0;
}

static int make_at(
	const ImageExport *image, const char *name, mode_t mode, char **ret, Error **ret_error)
{
	_cleanup_free_ char *path = path_join(image->scratch, name);
	int r = path ? file_mkdir_p(path, mode, ret_error) : error_oom(ret_error);

	if (r == 0 && ret)
		*ret = TAKE_PTR(path);
	return r;
}

/* For all to read. What ran in the sandbox may have put anything in its place. */
static int open_up(const char *path, Error **ret_error)
{
	_cleanup_fd_ int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return error_errno(ret_error, errno, "cannot open %s", path);
	if (!S_ISREG(st.st_mode) || st.st_nlink != 1)
		return error_set(
			ret_error, EINVAL, "cannot take %s: it is not a file of its own", path);
	return fchmod(fd, 0644) < 0
		       ? error_errno(ret_error, errno, "cannot change the mode of %s", path)
		       : 0;
}

/* Takes the file as a blob. */
static int keep_layer(ImageExport *image, unsigned int layer, const char *from, const char *said,
	Error **ret_error)
{
	OciBlob *blob = &image->layers[layer];
	_cleanup_free_ char *source = path_join(image->scratch, from), *target = NULL;
	int r = parse_said(said, blob, ret_error);

	if (r < 0)
		return r;
	if (!source || asprintf(&target, "%s/" BLOBS "/%s", image->scratch, blob->hash) < 0) {
		target = NULL;
		return error_oom(ret_error);
	}
	r = open_up(source, ret_error);
	if (r == 0 && rename(source, target) < 0)
		r = error_errno(ret_error, errno, "cannot rename %s to %s", source, target);
	return r;
}

/* Of the host's own files, or ours. */
static int pack_here(ImageExport *image, unsigned int layer, const char *script, const char *work,
	Error **ret_error)
{
	char *const argv[] = { (char *)"sh", (char *)"-c", (char *)script, (char *)"sh",
		(char *)image->scratch, NULL };
	_cleanup_free_ char *said = NULL;
	int r = make_at(image, work, 0700, NULL, ret_error);

	if (r == 0)
		r = spawn_run(argv, NULL, &said, NULL, ret_error);
	return r < 0 ? r : keep_layer(image, layer, "layer", said, ret_error);
}

static int write_list(
	const ImageExport *image, const char *name, const char *text, Error **ret_error)
{
	_cleanup_free_ char *path = path_join(image->scratch, name);

	return path ? file_write_unsynced(path, text, strlen(text), 0600, ret_error)
		    : error_oom(ret_error);
}

static int pack_layers(ImageExport *image, vsb_progress progress, void *data, Error **ret_error)
{
	_cleanup_free_ char *skeleton = NULL, *said = NULL;
	int r = make_at(image, BLOBS, 0755, NULL, ret_error);

	if (r == 0)
		r = make_at(image, "skeleton", 0755, &skeleton, ret_error);
	if (r == 0)
		r = image_root_make(skeleton, image->facts, image->direct ? &image->process : NULL,
			&image->owners, ret_error);
	if (r == 0)
		r = write_list(image, "paths", image->files.paths, ret_error);
	if (r == 0)
		r = pack_here(image, LAYER_ROOT, pack_root, "root.work", ret_error);
	if (r == 0 && progress)
		progress("packing its programs", 0, 0, data);
	if (r == 0)
		r = pack_here(image, LAYER_PROGRAMS, pack_programs, "programs.work", ret_error);
	if (r == 0 && progress)
		progress("packing its content", 0, 0, data);
	if (r == 0)
		r = tool_run_watched(NULL, pack_content, image->scratch,
			image->container->places.tree, false, &said, ret_error);
	return r < 0 ? r : keep_layer(image, LAYER_CONTENT, "root/layer", said, ret_error);
}

/* ---- Documents ---- */

static int add_ports(const Desc *desc, char ***ports)
{
	STRV_FOREACH (text, desc->published) {
		Publication first;
		unsigned int count;

		if (publication_parse_range(*text, &first, &count, NULL) < 0)
			continue; /* the description is resolved */
		for (unsigned int i = 0; i < count; i++)
			if (strv_appendf(
				    ports, "%u/%s", first.inner + i, first.udp ? "udp" : "tcp") < 0)
				return -ENOMEM;
	}
	return 0;
}

static int add_volumes(const Desc *desc, char ***volumes)
{
	for (size_t i = 0; i < desc->n_mounts; i++)
		if (desc->mounts[i].type != DESC_MOUNT_GUEST_BIND &&
			strv_append_unique(volumes, desc->mounts[i].target) < 0)
			return -ENOMEM;
	return 0;
}

static int add_environment(const ImageExport *image, char ***environment)
{
	if (strv_append(environment, "PATH=" ENVIRONMENT_PATH) < 0)
		return -ENOMEM;
	/* systemd sees by it that it is in a container; engines that know it say so themselves */
	if (!image->direct && strv_append(environment, "container=oci") < 0)
		return -ENOMEM;
	STRV_FOREACH (one, image->container->desc->environment)
		if (environment_put(environment, *one) < 0)
			return -ENOMEM;
	STRV_FOREACH (one, image->process.environment)
		if (environment_put(environment, *one) < 0)
			return -ENOMEM;
	return 0;
}

/* By number: engines can tell then that it is not root's. */
static int find_user(const ImageExport *image, char **ret, Error **ret_error)
{
	const UnitProcess *process = &image->process;
	uid_t uid;
	gid_t gid;
	int r;

	if (!process->user && !process->group)
		return 0;
	r = owner_user(&image->owners, process->user, &uid, ret_error);
	if (r == 0 && process->group)
		r = owner_group(&image->owners, process->group, &gid, ret_error);
	if (r < 0)
		return r;
	if ((process->group ? asprintf(ret, "%u:%u", uid, gid) : asprintf(ret, "%u", uid)) < 0) {
		*ret = NULL;
		return error_oom(ret_error);
	}
	return 0;
}

static int format_config(const ImageExport *image, char **ret, Error **ret_error)
{
	static char *const init[] = { (char *)"/sbin/init", NULL };
	const Desc *desc = image->container->desc;
	_cleanup_strv_ char **ports = NULL, **volumes = NULL, **environment = NULL;
	_cleanup_free_ char *user = NULL;
	struct utsname host;
	OciConfig config;
	int r = find_user(image, &user, ret_error);

	if (r < 0)
		return r;
	if (add_ports(desc, &ports) < 0 || add_volumes(desc, &volumes) < 0 ||
		add_environment(image, &environment) < 0)
		return error_oom(ret_error);
	(void)uname(&host); /* cannot fail */
	config = (OciConfig){
		.architecture = arch_oci(host.machine),
		.created = image->created,
		.environment = environment,
		.entry = image->direct ? image->process.argv : (char **)init,
		.ports = ports,
		.volumes = volumes,
		.user = user,
		.directory = image->process.directory,
		.signal = image->direct ? image->process.signal : "SIGRTMIN+3",
	};
	return oci_config_format(&config, image->layers, LAYER_COUNT, ret, ret_error);
}

static int write_blob(const ImageExport *image, const char *text, OciBlob *ret, Error **ret_error)
{
	char *const argv[] = { (char *)"sha256sum", NULL };
	_cleanup_free_ char *said = NULL, *name = NULL, *path = NULL;
	int r = spawn_run(argv, text, &said, NULL, ret_error);

	if (r < 0)
		return r;
	if (sscanf(said, "%64[0-9a-f] -", ret->hash) != 1)
		return error_set(ret_error, EIO, "cannot name a blob: sha256sum gave no hash");
	ret->size = strlen(text);
	name = path_join(BLOBS, ret->hash);
	path = name ? path_join(image->scratch, name) : NULL;
	return path ? file_write_unsynced(path, text, strlen(text), 0644, ret_error)
		    : error_oom(ret_error);
}

static int write_documents(const ImageExport *image, Error **ret_error)
{
	_cleanup_free_ char *config = NULL, *manifest = NULL, *index = NULL, *layout = NULL,
			    *place = NULL;
	OciBlob config_blob = {}, manifest_blob = {};
	struct utsname host;
	int r = format_config(image, &config, ret_error);

	(void)uname(&host); /* cannot fail */
	if (r == 0)
		r = write_blob(image, config, &config_blob, ret_error);
	if (r == 0)
		r = oci_manifest_format(
			&config_blob, image->layers, LAYER_COUNT, &manifest, ret_error);
	if (r == 0)
		r = write_blob(image, manifest, &manifest_blob, ret_error);
	if (r == 0)
		r = oci_index_format(image->container->desc->name, arch_oci(host.machine),
			&manifest_blob, &index, ret_error);
	if (r < 0)
		return r;
	place = path_join(image->scratch, "image/index.json");
	layout = path_join(image->scratch, "image/oci-layout");
	if (!place || !layout)
		return error_oom(ret_error);
	r = file_write_unsynced(place, index, strlen(index), 0644, ret_error);
	return r < 0 ? r
		     : file_write_unsynced(layout, OCI_LAYOUT, strlen(OCI_LAYOUT), 0644, ret_error);
}

/* ---- To its place: all of it or nothing ---- */

static int place_file(const ImageExport *image, const NewFile *file, Error **ret_error)
{
	_cleanup_fd_ int fd = -EBADF;
	_cleanup_free_ char *from = path_join(image->scratch, "image"), *to = NULL;
	char *argv[] = { (char *)"tar", (char *)"--create", (char *)"--format=gnu",
		(char *)"--sort=name", (char *)"--mtime=@0", (char *)"--numeric-owner",
		(char *)"--owner=0", (char *)"--group=0", (char *)"--directory", from,
		(char *)"--file", NULL, (char *)"blobs", (char *)"index.json", (char *)"oci-layout",
		NULL };
	int r = new_file_open(file, &fd, ret_error);

	if (r < 0)
		return r;
	if (!from || asprintf(&to, "/proc/%d/fd/%d", getpid(), fd) < 0) {
		to = NULL;
		return error_oom(ret_error);
	}
	argv[11] = to;
	r = spawn_run(argv, NULL, NULL, NULL, ret_error);
	return r < 0 ? r : new_file_name(file, fd, ret_error);
}

static int place_directory(const ImageExport *image, const NewFile *file, Error **ret_error)
{
	_cleanup_free_ char *from = path_join(image->scratch, "image"), *to = NULL, *name = NULL;
	char *argv[] = { (char *)"cp", (char *)"--archive", (char *)"--reflink=auto", from, NULL,
		NULL };
	int r;

	if (!from || asprintf(&name, ".%s.%d", file->name, getpid()) < 0) {
		name = NULL;
		return error_oom(ret_error);
	}
	if (asprintf(&to, "/proc/%d/fd/%d/%s", getpid(), file->directory, name) < 0) {
		to = NULL;
		return error_oom(ret_error);
	}
	argv[4] = to;
	/* It has the container's keys. */
	r = chmod(from, 0700) < 0
		    ? error_errno(ret_error, errno, "cannot change the mode of %s", from)
		    : spawn_run(argv, NULL, NULL, NULL, ret_error);
	if (r == 0) {
		char *const made[] = { to, NULL };

		r = file_sync_systems(made, ret_error);
	}
	if (r == 0 &&
		renameat2(file->directory, name, file->directory, file->name, RENAME_NOREPLACE) < 0)
		r = error_errno(ret_error, errno, "cannot name %s", file->path);
	if (r < 0)
		(void)file_remove_tree(file->directory, name, NULL); /* the first error counts */
	return r;
}

static bool is_archive(const NewFile *file)
{
	size_t n = strlen(file->name);

	return n > 4 && strcmp(file->name + n - 4, ".tar") == 0;
}

/* ---- What is told ---- */

static int tell_host(const Desc *desc, char ***notes)
{
	const struct {
		const char *what;
		char **values;
	} lists[] = { { "follows the host, and is not in the image", desc->follow },
		{ "is a credential, and not in the image", desc->credentials },
		{ "is a device, and the engine must give it", desc->devices },
		{ "is a capability, and the engine must give it", desc->capabilities } };

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		STRV_FOREACH (value, lists[i].values)
			if (strv_appendf(notes, "Warning: %s %s", *value, lists[i].what) < 0)
				return -ENOMEM;
	for (size_t i = 0; i < desc->n_mounts; i++)
		if (desc->mounts[i].source && desc->mounts[i].type != DESC_MOUNT_GUEST_BIND &&
			strv_appendf(notes,
				"Warning: what is mounted at %s is not in the image: it is a volume",
				desc->mounts[i].target) < 0)
			return -ENOMEM;
	return 0;
}

static int tell_hidden(char *const *hidden, char ***notes)
{
	size_t n = strv_length(hidden);

	for (size_t i = 0; i < n && i < HIDDEN_TOLD; i++)
		if (strv_appendf(notes,
			    "Warning: %s is not in the image: not all users of the host can read it",
			    hidden[i]) < 0)
			return -ENOMEM;
	if (n > HIDDEN_TOLD &&
		strv_appendf(notes, "Warning: %zu more are not in the image for the same reason",
			n - HIDDEN_TOLD) < 0)
		return -ENOMEM;
	return 0;
}

static int tell(ImageExport *image, const NewFile *file, Error **ret_error)
{
	const Desc *desc = image->container->desc;
	uint64_t size = 0;

	for (size_t i = 0; i < LAYER_COUNT; i++)
		size += image->layers[i].size;
	if (strv_appendf(&image->notes,
		    "Exported container %s to %s: an image of %llu MB, with %zu packages",
		    desc->name, file->path, (unsigned long long)(size + 999999) / 1000000,
		    image->files.n_packages) < 0 ||
		strv_append(&image->notes,
			"Anyone who can read the image can read the keys and passwords in its /etc and /var") <
			0 ||
		tell_host(desc, &image->notes) < 0 ||
		tell_hidden(image->files.hidden, &image->notes) < 0)
		return error_oom(ret_error);
	STRV_FOREACH (note, image->process.notes)
		if (strv_appendf(&image->notes, "Warning: %s", *note) < 0)
			return error_oom(ret_error);
	return 0;
}

static int export_image(ImageExport *image, const NewFile *file, vsb_progress progress, void *data,
	Error **ret_error)
{
	int r = read_all(image, ret_error);

	if (r == 0)
		r = pack_layers(image, progress, data, ret_error);
	if (r == 0)
		r = write_documents(image, ret_error);
	if (r < 0)
		return r;
	if (progress)
		progress("writing", 0, 0, data);
	r = is_archive(file) ? place_file(image, file, ret_error)
			     : place_directory(image, file, ret_error);
	return r < 0 ? r : tell(image, file, ret_error);
}

PUBLIC int vsb_export_image(const char *name, const char *path, unsigned int flags, int64_t created,
	vsb_progress progress, void *data, char ***ret_notes, vsb_error **error)
{
	_cleanup_export_source_ ExportSource source = EXPORT_SOURCE_NONE;
	_cleanup_(image_export_done)
		ImageExport image = { .created = created < 0 ? time(NULL) : created,
			.direct = flags & VSB_DIRECT };
	_cleanup_new_file_ NewFile file = NEW_FILE_NONE;
	_cleanup_free_ char *tag = NULL;
	int r = export_source_open(name, &source, &tag, error);

	if (r == 0)
		r = new_file_begin(path, &file, error);
	if (r == 0)
		r = export_source_begin(&source, tag, flags, error);
	if (r == 0) {
		log_step("export", "%s as an image to %s", name, path);
		image.container = &source.container;
		image.direct = image.direct || desc_is_direct(source.container.desc);
		image.scratch = source.scratch;
		r = export_image(&image, &file, progress, data, error);
	}
	if (r < 0)
		return error_wrap(error, "cannot export container %s", name);
	if (ret_notes)
		*ret_notes = TAKE_PTR(image.notes);
	return 0;
}
