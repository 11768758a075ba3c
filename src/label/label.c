/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The public functions of this module over the table of models, and the choice of the model. What a model does is in its own file.
 */
#include "label/label.h"

#include <string.h>

#include "base/file.h"
#include "base/path.h"
#include "base/strv.h"
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

static const LabelDriver *driver_of(DescModel model)
{
	for (size_t i = 0; i < ARRAY_SIZE(drivers); i++)
		if (drivers[i]->model == model)
			return drivers[i];
	return NULL;
}

static const LabelDriver *driver_of_kernel(const LabelHost *host)
{
	for (size_t i = 0; i < ARRAY_SIZE(drivers); i++)
		if (drivers[i]->model != DESC_MODEL_NONE && drivers[i]->present(host))
			return drivers[i];
	return &label_driver_none;
}

static int label_new(const LabelHost *host, const Desc *desc, Label **ret, Error **ret_error)
{
	_cleanup_label_ Label *label = NULL;
	const LabelDriver *driver;

	driver = desc->security.model == DESC_MODEL_AUTO ? driver_of_kernel(host)
							 : driver_of(desc->security.model);
	if (!driver)
		return error_set(
			ret_error, EINVAL, "container %s: unknown label model", desc->name);
	if (!driver->present(host))
		return error_set(ret_error, EOPNOTSUPP,
			"container %s: the label model %s is asked for, but this host's kernel "
			"does not enforce it: %s",
			desc->name, driver->name, driver->install);
	label = calloc(1, sizeof(*label));
	if (!label)
		return error_oom(ret_error);
	label->driver = driver;
	label->host = host;
	label->relabel = desc->security.labeling == DESC_LABEL_DYNAMIC || desc->security.relabel;
	label->fixed = desc->security.labeling == DESC_LABEL_STATIC;
	label->own_type = desc->security.own_type;
	label->service = desc->kind == DESC_SERVICE;
	label->container = strdup(desc->name);
	if (!label->container || strv_copy(&label->units, desc->units) < 0)
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
	strv_free(label->units);
	free(label);
	return NULL;
}

int label_reserve_on(
	const LabelHost *host, const Desc *desc, bool transient, Label **ret, Error **ret_error)
{
	_cleanup_label_ Label *label = NULL;
	int r;

	r = label_new(host, desc, &label, ret_error);
	if (r < 0)
		return r;
	label->transient = transient;
	r = label->driver->make(label, desc, ret_error);
	if (r == 0)
		r = label->driver->check(label, ret_error);
	if (r < 0) {
		if (label->reserved)
			(void)reserve_release(
				desc->name, NULL); /* the failure that is reported is the first */
		return r;
	}
	*ret = TAKE_PTR(label);
	return 0;
}

int label_open_on(const LabelHost *host, const Desc *desc, Label **ret, Error **ret_error)
{
	_cleanup_label_ Label *label = NULL;
	int r;

	r = label_new(host, desc, &label, ret_error);
	if (r < 0)
		return r;
	if (label->driver->model != DESC_MODEL_NONE) {
		if (!desc->security.label)
			return error_set(ret_error, EINVAL,
				"container %s: its description has no label for the model %s",
				desc->name, label->driver->name);
		label->process = strdup(desc->security.label);
		if (!label->process)
			return error_oom(ret_error);
	}
	if (desc->security.imagelabel) {
		label->file = strdup(desc->security.imagelabel);
		if (!label->file)
			return error_oom(ret_error);
	}
	r = label->driver->check(label, ret_error);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(label);
	return 0;
}

static int copy_text(char **ret, const char *text)
{
	*ret = text ? strdup(text) : NULL;
	return text && !*ret ? -ENOMEM : 0;
}

static const LabelDriver *driver_by_name(const char *name)
{
	for (size_t i = 0; name && i < ARRAY_SIZE(drivers); i++)
		if (strcmp(drivers[i]->name, name) == 0)
			return drivers[i];
	return NULL;
}

/* Without a model there is nothing that could be missing. */
static int check_labels(
	const LabelDriver *driver, const char *container, const Labels *labels, Error **ret_error)
{
	if (!driver)
		return error_set(ret_error, EINVAL, "container %s: there is no label model %s",
			container, labels->model ? labels->model : "without name");
	if (!driver->present(&label_host_real))
		return error_set(ret_error, EOPNOTSUPP,
			"container %s: the label model %s is asked for, but this host's kernel "
			"does not enforce it: %s",
			container, driver->name, driver->install);
	if (driver->model != DESC_MODEL_NONE && !labels->process)
		return error_set(ret_error, EINVAL,
			"container %s: its description has no label for the model %s", container,
			driver->name);
	return 0;
}

int label_take_up(const char *container, const Labels *labels, Label **ret, Error **ret_error)
{
	const LabelDriver *driver = driver_by_name(labels->model);
	_cleanup_label_ Label *label = NULL;
	int r = check_labels(driver, container, labels, ret_error);

	if (r < 0)
		return r;
	label = calloc(1, sizeof(*label));
	if (!label)
		return error_oom(ret_error);
	label->driver = driver;
	label->host = &label_host_real;
	label->relabel = labels->relabel;
	label->fixed = labels->fixed;
	label->own_type = labels->own_type;
	label->service = labels->manager;
	if (copy_text(&label->container, container) < 0 ||
		copy_text(&label->file, labels->file) < 0 ||
		(driver->model != DESC_MODEL_NONE &&
			copy_text(&label->process, labels->process) < 0) ||
		strv_copy(&label->units, labels->units) < 0)
		return error_oom(ret_error);
	r = driver->check(label, ret_error);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(label);
	return 0;
}

DescModel label_choose_model(DescModel asked)
{
	return asked == DESC_MODEL_AUTO ? driver_of_kernel(&label_host_real)->model : asked;
}

int label_reserve(const Desc *desc, bool transient, Label **ret, Error **ret_error)
{
	return label_reserve_on(&label_host_real, desc, transient, ret, ret_error);
}

int label_open(const Desc *desc, Label **ret, Error **ret_error)
{
	return label_open_on(&label_host_real, desc, ret, ret_error);
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

static int set_text(char **field, const char *text, Error **ret_error)
{
	char *copy = NULL;

	if (text) {
		copy = strdup(text);
		if (!copy)
			return error_oom(ret_error);
	}
	free(*field);
	*field = copy;
	return 0;
}

int label_describe(const Label *label, Desc *desc, Error **ret_error)
{
	int r;

	r = set_text(&desc->security.label, label->process, ret_error);
	if (r < 0)
		return r;
	r = set_text(&desc->security.imagelabel, label->file, ret_error);
	if (r < 0)
		return r;
	desc->security.model = label->driver->model;
	desc->security.relabel = label->relabel && label->driver->model != DESC_MODEL_NONE;
	return 0;
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
	int r;

	r = label_attribute(label, &file, &text, ret_error);
	if (r < 0 || !file)
		return r;
	path = path_join("thread-self", file);
	if (!path)
		return error_oom(ret_error);
	r = file_write_kernel(proc_fd, path, text, ret_error);
	return r < 0 ? error_wrap(ret_error, "container %s: take the label %s", label->container,
			       label->process)
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
