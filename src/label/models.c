/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The public functions of this module over the table of models, and the choice of the model. What a model does is in its own file.
 */
#include "label/label.h"

#include <string.h>

#include "base/file.h"
#include "base/path.h"
#include "label/driver.h"
#include "label/relabel-journal.h"
#include "label/label-reservation.h"

const LabelHost label_host_real = {
	.root = "", .xattr_prefix = "security.", .memory_prefix = "trusted."
};

/* In the order in which AUTO asks. A kernel enforces at most one of the first three at a time, so the order decides nothing; none,
 * which is always present, is not asked but chosen when no other is. */
static const LabelDriver *const drivers[] = {
	&label_driver_selinux,
	&label_driver_smack,
	&label_driver_apparmor,
	&label_driver_none,
};

static const LabelDriver *driver_by_name(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(drivers); i++)
		if (strcmp(drivers[i]->name, name) == 0)
			return drivers[i];
	return NULL;
}

const LabelDriver *label_driver_of(const LabelHost *host)
{
	for (size_t i = 0; i < ARRAY_SIZE(drivers); i++)
		if (drivers[i] != &label_driver_none && drivers[i]->present(host))
			return drivers[i];
	return &label_driver_none;
}

static int label_new(const LabelHost *host, const char *container, const char *model, Label **ret,
	Error **ret_error)
{
	const LabelDriver *driver = model ? driver_by_name(model) : label_driver_of(host);
	_cleanup_label_ Label *label = NULL;

	if (!driver)
		return error_set(ret_error, EINVAL, "container %s: there is no label model %s",
			container, model);
	if (!driver->present(host))
		return error_set(ret_error, EOPNOTSUPP,
			"container %s: the label model %s is asked for, but this host's kernel does not enforce it: %s",
			container, driver->name, driver->install);
	label = calloc(1, sizeof(*label));
	if (!label)
		return error_oom(ret_error);
	label->driver = driver;
	label->host = host;
	label->container = strdup(container);
	if (!label->container)
		return error_oom(ret_error);
	*ret = TAKE_PTR(label);
	return 0;
}

Label *label_free(Label *label)
{
	if (!label)
		return NULL;
	free(label->container);
	free(label->process);
	free(label->real);
	free(label->file);
	free(label->real_file);
	free(label->tree);
	free(label->base);
	free(label);
	return NULL;
}

int label_reserve_on(const LabelHost *host, const LabelWish *wish, Label **ret, Error **ret_error)
{
	_cleanup_label_ Label *label = NULL;
	int r = label_new(host, wish->container, wish->model, &label, ret_error);

	if (r < 0)
		return r;
	label->relabel = !wish->fixed || wish->relabel;
	label->fixed = wish->fixed;
	label->custom_type = wish->custom_type;
	label->service = wish->manager;
	r = label->driver->make(label, wish, ret_error);
	if (r == 0)
		r = label->driver->check(label, ret_error);
	if (r < 0) {
		if (label->reserved)
			(void)reserve_release(label->container,
				NULL); /* the failure that is reported is the first */
		return r;
	}
	*ret = TAKE_PTR(label);
	return 0;
}

static int copy_text(char **ret, const char *text)
{
	*ret = text ? strdup(text) : NULL;
	return text && !*ret ? -ENOMEM : 0;
}

int label_take_up_on(const LabelHost *host, const char *container, const Labels *labels,
	Label **ret, Error **ret_error)
{
	_cleanup_label_ Label *label = NULL;
	bool none;
	int r = label_new(
		host, container, labels->model ? labels->model : "without name", &label, ret_error);

	if (r < 0)
		return r;
	none = label->driver == &label_driver_none; /* nothing could be missing */
	if (!none && !labels->process)
		return error_set(ret_error, EINVAL,
			"container %s: its description has no label for the model %s", container,
			label->driver->name);
	label->relabel = labels->relabel;
	label->fixed = labels->fixed;
	label->custom_type = labels->custom_type;
	label->service = labels->manager;
	if (copy_text(&label->file, labels->file) < 0 ||
		copy_text(&label->tree, labels->tree) < 0 ||
		copy_text(&label->base, labels->base) < 0 ||
		(!none && copy_text(&label->process, labels->process) < 0))
		return error_oom(ret_error);
	r = label->driver->check(label, ret_error);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(label);
	return 0;
}

int label_take_up(const char *container, const Labels *labels, Label **ret, Error **ret_error)
{
	return label_take_up_on(&label_host_real, container, labels, ret, ret_error);
}

int label_reserve(const LabelWish *wish, Label **ret, Error **ret_error)
{
	return label_reserve_on(&label_host_real, wish, ret, ret_error);
}

const char *label_model_of_host(void)
{
	return label_driver_of(&label_host_real)->name;
}

int label_confirm(Label *label, Error **ret_error)
{
	return label->driver->confirm ? label->driver->confirm(label, ret_error) : 0;
}

int label_release(const char *container, Error **ret_error)
{
	int r = relabel_journal_close(container, ret_error);

	for (size_t i = 0; i < ARRAY_SIZE(drivers) && r == 0; i++)
		if (drivers[i]->forget)
			r = drivers[i]->forget(container, ret_error);
	return r < 0 ? r : reserve_release(container, ret_error);
}

const char *label_model(const Label *label)
{
	return label->driver->name;
}

const char *label_process(const Label *label)
{
	return label->process;
}

const char *label_file(const Label *label)
{
	return label->file;
}

int label_describe(const Label *label, char *const *ports, Error **ret_error)
{
	return label->driver->describe ? label->driver->describe(label, ports, ret_error) : 0;
}

int label_load(const Label *label, Error **ret_error)
{
	return label->driver->load ? label->driver->load(label, ret_error) : 0;
}

int label_unload(const Label *label, Error **ret_error)
{
	return label->driver->unload ? label->driver->unload(label, ret_error) : 0;
}

int label_prepare(const Label *label, Error **ret_error)
{
	return label->driver->prepare ? label->driver->prepare(label, ret_error) : 0;
}

int label_create_begin(const Label *label, Error **ret_error)
{
	return label->file && label->driver->create_as
		       ? label->driver->create_as(label, label->file, ret_error)
		       : 0;
}

int label_create_end(const Label *label, Error **ret_error)
{
	return label->file && label->driver->create_as
		       ? label->driver->create_as(label, NULL, ret_error)
		       : 0;
}

int label_mount_option(const Label *label, const char *fstype, char **ret, Error **ret_error)
{
	char *nothing;

	if (label->file && label->driver->mount_option)
		return label->driver->mount_option(label, fstype, ret, ret_error);
	nothing = strdup("");
	if (!nothing)
		return error_oom(ret_error);
	*ret = nothing;
	return 0;
}

int label_image_option(const Label *label, const char *fstype, char **ret, Error **ret_error)
{
	if (label->relabel)
		return label_mount_option(label, fstype, ret, ret_error);
	*ret = strdup("");
	return *ret ? 0 : error_oom(ret_error);
}

bool label_distrusts_images(const Label *label)
{
	return label->driver->images_distrusted;
}

bool label_on_nodes(const Label *label)
{
	return label && label->driver->on_nodes;
}

bool label_sees_old_mounts_only(const Label *label)
{
	return label && label->driver->old_mounts_only;
}

int label_set_socket(const Label *label, int fd, Error **ret_error)
{
	return label->driver->set_socket ? label->driver->set_socket(label, fd, ret_error) : 0;
}

int label_attribute(const Label *label, const char **ret_file, char **ret_text, Error **ret_error)
{
	if (label->driver->attribute)
		return label->driver->attribute(label, ret_file, ret_text, ret_error);
	*ret_file = NULL;
	*ret_text = NULL;
	return 0;
}

int label_apply_self(const Label *label, int proc_fd, Error **ret_error)
{
	_cleanup_free_ char *text = NULL, *path = NULL;
	const char *file;
	int r = label_attribute(label, &file, &text, ret_error);

	if (r < 0 || !file)
		return r;
	path = path_join("thread-self", file);
	if (!path)
		return error_oom(ret_error);
	r = file_write_kernel(proc_fd, path, text, ret_error);
	return r < 0 ? error_wrap(ret_error, "container %s: cannot take the label %s",
			       label->container, label->process)
		     : 0;
}

int label_verify_process(const Label *label, int proc_fd, pid_t pid, Error **ret_error)
{
	_cleanup_free_ char *has = NULL;
	int r;

	if (!label->driver->read_process)
		return 0;
	r = label->driver->read_process(proc_fd, pid, &has, ret_error);
	if (r < 0)
		return r;
	if (strcmp(has, label->real) != 0)
		return error_set(ret_error, EACCES,
			"process %d of container %s runs with the label \"%s\" instead of \"%s\"",
			(int)pid, label->container, has, label->real);
	return 0;
}
