/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * An overlay cannot be id-mapped, its layers can: each is attached, mapped, in the staging namespace, where the overlay is made of
 * them. It keeps what it was made of; the places go away with the host's root.
 */
#include "engine/start/overlay.h"

#include <fcntl.h>
#include <linux/securebits.h>
#include <stdio.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fd.h"
#include "base/path.h"
#include "engine/start/idmap.h"
#include "engine/start/mountfd.h"

#define LAYERS_PLACE "/sys" /* covered by a tmpfs with a directory for each */
/* An upper layer holds whole files under their own names: it can be copied and looked through, and one that was made elsewhere cannot name what
 * its lower layers hide. Whatever the kernel was built or loaded with. */
#define WHOLE_FILES "metacopy=off,redirect_dir=nofollow,index=off"
#define LAYERS_MAX 500u /* the kernel's OVL_MAX_STACK */

/* Attaches the directory as layer number n. */
static int attach(
	const Root *root, const SpecLayer *layer, const char *source, size_t n, Error **ret_error)
{
	_cleanup_fd_ int fd = -EBADF;
	int userns_fd = idmap_fd(root, layer->mapping, &layer->users, &layer->groups), r;
	char place[32];

	(void)snprintf(place, sizeof(place), LAYERS_PLACE "/%zu", n);
	if (mkdir(place, 0755) < 0)
		return error_errno(ret_error, errno, "cannot create the place of a layer");
	r = mountfd_clone(AT_FDCWD, source, MOUNT_CLONE_FOLLOW, &fd, ret_error);
	if (r == 0)
		r = mountfd_set(fd, 0,
			MOUNT_ATTR_NODEV |
				(layer->role == SPEC_LAYER_LOWER ? MOUNT_ATTR_RDONLY : 0u),
			userns_fd, source, ret_error);
	return r < 0 ? r : mountfd_attach(fd, AT_FDCWD, place, ret_error);
}

static const SpecLayer *find(const Spec *spec, SpecLayerRole role)
{
	for (size_t i = 0; i < spec->n_layers; i++)
		if (spec->layers[i].role == role)
			return &spec->layers[i];
	return NULL;
}

/* The kernel wants both on one mount: their parent's. */
static int put_upper(const Root *root, Buf *options, size_t n, Error **ret_error)
{
	const SpecLayer *upper = find(root->spec, SPEC_LAYER_UPPER),
			*work = find(root->spec, SPEC_LAYER_WORK);
	_cleanup_free_ char *parent = NULL;
	size_t length;
	int r;

	if (!upper && !work)
		return 0;
	if (!upper || !work)
		return error_set(ret_error, EINVAL,
			"an upper layer needs a work directory, and the other way round");
	length = (size_t)(path_base(upper->source) - upper->source);
	if (length < 2 || (size_t)(path_base(work->source) - work->source) != length ||
		strncmp(upper->source, work->source, length) != 0 ||
		upper->mapping != work->mapping ||
		idmap_fd(root, upper->mapping, &upper->users, &upper->groups) !=
			idmap_fd(root, work->mapping, &work->users, &work->groups))
		return error_set(ret_error, EINVAL,
			"cannot use the layers %s and %s: they must be side by side in one directory, with the same ids",
			upper->source, work->source);
	parent = strndup(upper->source, length - 1);
	if (!parent)
		return error_oom(ret_error);
	r = attach(root, upper, parent, n, ret_error);
	if (r < 0)
		return r;
	buf_printf(options, ",upperdir=" LAYERS_PLACE "/%zu/%s,workdir=" LAYERS_PLACE "/%zu/%s", n,
		path_base(upper->source), n, path_base(work->source));
	return 0;
}

bool overlay_can_name(const char *path)
{
	return path_is_normal(path) && !path[strcspn(path, ",:\\\"")];
}

static int check(const Spec *spec, Error **ret_error)
{
	if (spec->n_layers == 0 || spec->n_layers > LAYERS_MAX)
		return error_set(
			ret_error, EINVAL, "an overlay has between 1 and %u layers", LAYERS_MAX);
	for (size_t i = 0; i < spec->n_layers; i++) {
		const char *source = spec->layers[i].source;

		if (!source || !overlay_can_name(source))
			return error_set(ret_error, EINVAL,
				"cannot use the layer %s: its path must be absolute, without '..' and commas",
				source ? source : "without source");
	}
	return 0;
}

static int put_layers(const Root *root, Buf *options, Error **ret_error)
{
	const Spec *spec = root->spec;

	/* The kernel's list begins with the uppermost. */
	for (size_t i = spec->n_layers; i-- > 0;) {
		int r;

		if (spec->layers[i].role != SPEC_LAYER_LOWER)
			continue;
		r = attach(root, &spec->layers[i], spec->layers[i].source, i, ret_error);
		if (r < 0)
			return error_wrap(ret_error, "the layer %s", spec->layers[i].source);
		buf_printf(options, "%s" LAYERS_PLACE "/%zu", options->size ? ":" : "lowerdir=", i);
	}
	if (options->size == 0)
		return error_set(ret_error, EINVAL, "an overlay needs a lower layer");
	return put_upper(root, options, spec->n_layers, ret_error);
}

/* The overlay writes with the ids and capabilities of who makes it, and through an id-mapped layer only an id of the container's range
 * can make anything. With capabilities kept over the change of ids. */
static int make_as_owner(const Root *root, const char *options, int *ret_fd, Error **ret_error)
{
	int dumpable = prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), bits = prctl(PR_GET_SECUREBITS), r;

	if (bits < 0 || prctl(PR_SET_SECUREBITS, (unsigned long)bits | SECBIT_NO_SETUID_FIXUP) < 0)
		return error_errno(
			ret_error, errno, "cannot keep the capabilities for the overlay");
	(void)setfsgid(root->group);
	(void)setfsuid(root->owner);
	r = mountfd_new("overlay", options, MOUNT_ATTR_NODEV, ret_fd, ret_error);
	(void)setfsuid(0);
	(void)setfsgid(0);
	(void)prctl(PR_SET_SECUREBITS, (unsigned long)bits); /* as they were: cannot fail */
	if (dumpable == 1) /* the change of ids has cleared it for our parent, too */
		(void)prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	return r;
}

int overlay_open(Root *root, int *ret_fd, Error **ret_error)
{
	_cleanup_free_ char *all = NULL, *label = NULL;
	_cleanup_buf_ Buf options = { 0 };
	int r = check(root->spec, ret_error);

	if (r == 0)
		r = label_mount_option(root->label, "overlay", &label, ret_error);
	if (r == 0)
		r = mount_new("tmpfs", LAYERS_PLACE, "mode=0700,size=64k", MOUNT_QUIET, ret_error);
	if (r == 0)
		r = put_layers(root, &options, ret_error);
	if (r == 0)
		buf_puts(&options, "," WHOLE_FILES);
	if (r == 0 && label && *label)
		buf_printf(&options, ",%s", label);
	if (r == 0)
		r = buf_take(&options, &all, ret_error);
	return r < 0 ? r : make_as_owner(root, all, ret_fd, ret_error);
}
