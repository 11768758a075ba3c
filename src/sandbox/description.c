/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The part of the public API that only looks at objects: errors, memory, descriptions and the table of keys.
 */
#include <virt-sandbox.h>

#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/log.h"
#include "base/strv.h"
#include "base/text.h"
#include "base/layout.h"
#include "desc/keyfile.h"
#include "desc/keys.h"
#include "engine/keep/saved-spec.h"
#include "sandbox/handle.h"
#include "sandbox/kept.h"
#include "sandbox/take-over-record.h"
#include "sandbox/registry.h"
#include "sandbox/name-lock.h"
#include "sandbox/rename.h"

PUBLIC void vsb_debug(void)
{
	log_start();
}

PUBLIC const char *vsb_version(void)
{
	return VERSION;
}

PUBLIC const char *vsb_error_message(const vsb_error *error)
{
	return error_message(error);
}

PUBLIC int vsb_error_code(const vsb_error *error)
{
	return error_errnum(error);
}

PUBLIC void vsb_error_free(vsb_error *error)
{
	error_free(error);
}

PUBLIC void vsb_free(void *memory)
{
	free(memory);
}

PUBLIC void vsb_strv_free(char **strings)
{
	strv_free(strings);
}

PUBLIC char *vsb_text_sanitize(const char *text, const char *kept)
{
	return text_sanitize(text, kept);
}

PUBLIC char *vsb_text_json(const char *text)
{
	return text_json(text);
}

int sandbox_begin(Error **ret_error)
{
	if (geteuid() != 0)
		return error_set(ret_error, EPERM, "only root can manage containers");
	return layout_check(ret_error);
}

int sandbox_begin_work(Error **ret_error)
{
	int r = sandbox_begin(ret_error);

	if (r == 0)
		r = name_lock_sweep(ret_error);
	if (r == 0)
		r = rename_sweep(ret_error);
	if (r == 0)
		r = kept_sweep(ret_error);
	return r < 0 ? r : take_over_sweep(ret_error);
}

int sandbox_begin_look(const char *name, Container *ret, RunState *ret_state, Error **ret_error)
{
	int r = sandbox_begin(ret_error);

	if (r == 0)
		r = registry_load(name, ret, ret_error);
	return r < 0 || !ret_state ? r : run_state_load(name, ret_state, ret_error);
}

/* What is known of it without a description. */
static int container_of_run(const char *name, Container *ret, Error **ret_error)
{
	_cleanup_spec_ Spec *spec = NULL;
	_cleanup_identity_ Identity *identity = identity_new();
	_cleanup_desc_ Desc *desc = desc_new();

	if (desc)
		desc->name = strdup(name);
	if (!identity || !desc || !desc->name)
		return error_oom(ret_error);
	(void)saved_spec_read(name, &spec, NULL); /* it may end just now */
	/* A systemd says when it is ready, as our own inits do, which are reloaded by a signal. */
	desc->kind = spec && spec->keep.ready != SPEC_READY_EXEC && !spec->keep.reload_signal
			     ? DESC_SERVICE
			     : DESC_COMMAND;
	if (spec && spec->users.n_ranges > 0)
		identity->id_base = spec->users.ranges[0].outside;
	*ret = (Container){ .desc = TAKE_PTR(desc), .identity = TAKE_PTR(identity) };
	return 0;
}

int sandbox_begin_running(const char *name, Container *ret, RunState *ret_state, Error **ret_error)
{
	_cleanup_run_state_ RunState state = { 0 };
	_cleanup_error_ Error *error = NULL;
	int r = sandbox_begin_look(name, ret, &state, &error);

	if (r < 0 && registry_is_unreadable(r) && desc_check_name(name, NULL) == 0 &&
		run_state_load(name, &state, NULL) == 0 && state.phase != RUN_STOPPED)
		r = container_of_run(name, ret, &error);
	if (r < 0) {
		if (ret_error)
			*ret_error = TAKE_PTR(error);
		return r;
	}
	if (ret_state) {
		*ret_state = state;
		state = (RunState){ 0 };
	}
	return 0;
}

int sandbox_begin_change(const char *name, NameLock **ret_lock, Container *ret, Error **ret_error)
{
	_cleanup_name_lock_ NameLock *lock = NULL;
	int r = sandbox_begin_work(ret_error);
	if (r >= 0)
		r = name_lock_take(name, &lock, ret_error);
	if (r >= 0)
		r = registry_load(name, ret, ret_error);
	if (r < 0)
		return r;
	*ret_lock = TAKE_PTR(lock);
	return 0;
}

/* Takes both over, also on failure. */
static int handle_new(Desc *desc, Identity *identity, vsb_desc **ret, Error **ret_error)
{
	vsb_desc *handle = malloc(sizeof(*handle));

	if (!handle || !desc || !identity) {
		free(handle);
		desc_free(desc);
		identity_free(identity);
		return error_oom(ret_error);
	}
	*handle = (vsb_desc){ .desc = desc, .identity = identity };
	*ret = handle;
	return 0;
}

PUBLIC int vsb_desc_new(vsb_desc **ret, vsb_error **error)
{
	return handle_new(desc_new(), identity_new(), ret, error);
}

PUBLIC int vsb_desc_load(const char *name, vsb_desc **ret, vsb_error **error)
{
	_cleanup_container_ Container container = {};
	int r = registry_load(name, &container, error);

	return r < 0 ? r
		     : handle_new((Desc *)TAKE_PTR(container.desc), TAKE_PTR(container.identity),
			       ret, error);
}

PUBLIC int vsb_desc_load_file(const char *path, vsb_desc **ret, vsb_error **error)
{
	Identity *identity;
	Desc *desc;
	_cleanup_free_ char *text = NULL;
	_cleanup_fd_ int fd = -EBADF;
	size_t size;
	int r = vsb_open_file(path, &fd, error);

	if (r < 0)
		return r;
	r = fd_read_all(fd, FILE_LIMIT, &text, &size);
	if (r < 0)
		return error_errno(error, -r, "cannot read %s", path);
	r = keyfile_parse(text, size, path, &desc, &identity, error);
	return r < 0 ? r : handle_new(desc, identity, ret, error);
}

PUBLIC int vsb_desc_format(const vsb_desc *desc, char **ret, vsb_error **error)
{
	return keyfile_format(desc->desc, desc->identity, NULL, ret, error);
}

PUBLIC void vsb_desc_free(vsb_desc *desc)
{
	if (desc) {
		desc_free(desc->desc);
		identity_free(desc->identity);
		free(desc);
	}
}

PUBLIC int vsb_desc_set(vsb_desc *desc, const char *key, const char *value, vsb_error **error)
{
	return desc_set(desc->desc, key, value, error);
}

PUBLIC int vsb_desc_get(const vsb_desc *desc, const char *key, char ***ret, vsb_error **error)
{
	return described_get(desc->desc, desc->identity, key, ret, error);
}

PUBLIC const vsb_key *vsb_key_at(size_t index)
{
	return index < keys_count() ? keys_at(index) : NULL;
}

PUBLIC const char *vsb_key_section(const vsb_key *key)
{
	return key->section;
}

PUBLIC const char *vsb_key_name(const vsb_key *key)
{
	return key->name;
}

PUBLIC const char *vsb_key_option(const vsb_key *key)
{
	return key->option;
}

PUBLIC char vsb_key_letter(const vsb_key *key)
{
	return key->letter;
}

PUBLIC const char *vsb_key_argument(const vsb_key *key)
{
	return key->argument;
}

PUBLIC const char *vsb_key_help(const vsb_key *key)
{
	return key->help;
}

PUBLIC bool vsb_key_is_list(const vsb_key *key)
{
	return key->flags & KEY_LIST;
}

PUBLIC bool vsb_key_is_output(const vsb_key *key)
{
	return key->flags & KEY_OUTPUT;
}

PUBLIC bool vsb_key_is_live(const vsb_key *key)
{
	return key->flags & (KEY_LIVE | KEY_PARTLY_LIVE);
}
