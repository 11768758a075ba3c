/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reads what the compiler is pure of: places, facts of the host, the saved Spec.
 */
#include "sandbox/compile-run.h"

#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/layout.h"
#include "base/log.h"
#include "desc/keyfile.h"
#include "engine/start/helper-environment.h"
#include "engine/start/links-program.h"
#include "engine/keep/saved-spec.h"
#include "engine/keep/state.h"
#include "host/package-lock.h"
#include "identity/confirm.h"
#include "sandbox/compile.h"
#include "sandbox/given-devices.h"
#include "sandbox/own-root.h"
#include "sandbox/resource-limits.h"
#include "content/image.h"

/* The network namespace of a container that runs. */
static int find_network(const char *name, char **ret, Error **ret_error)
{
	_cleanup_run_state_ RunState state = { 0 };
	int r = run_state_load(name, &state, ret_error);

	if (r < 0)
		return r;
	if (state.phase != RUN_RUNNING || state.pid <= 0)
		return error_set(ret_error, ENOTCONN,
			"network container=%s: container %s does not run; start it first", name,
			name);
	return asprintf(ret, "/proc/%d/ns/net", (int)state.pid) < 0 ? error_oom(ret_error) : 0;
}

static int compile(const Container *c, const Places *places, CompileTerminal terminal, Spec **ret,
	Error **ret_error)
{
	_cleanup_kernel_facts_ KernelFacts facts = { 0 };
	_cleanup_spec_ Spec *spec = NULL;
	int r;

	log_step("compile", "%s", c->desc->name);
	r = kernel_facts_read(compile_wants_resolver(c->desc, places), &facts, ret_error);
	if (r == 0 && c->desc->devices && *places->init)
		r = given_devices_read(c->desc, &facts.devices, ret_error);
	if (r == 0 && c->desc->root && !desc_has_host_root(c->desc) && *places->init)
		r = own_root_find(c->desc, &facts.root, &facts.root_is_image, ret_error);

	if (r == 0)
		r = spec_from_desc(
			c->desc, c->identity, places, &facts, terminal, &spec, ret_error);
	if (r == 0 && spec->namespaces.network.kind == SPEC_NAMESPACE_JOIN)
		r = find_network(
			c->desc->networks[0].source, &spec->namespaces.network.path, ret_error);
	if (r == 0)
		*ret = TAKE_PTR(spec);
	return r;
}

/* Of a container that stays: for whoever comes, not for who happens to start it. */
static const CompileTerminal console = { .wanted = true };

int compile_oneshot(const Container *c, bool terminal, Spec **ret, Error **ret_error)
{
	_cleanup_free_ char *init = layout_program("virt-sandbox-init");

	return init ? compile(c, &(Places){ .init = init },
			      (CompileTerminal){ terminal, environment_terminal() }, ret, ret_error)
		    : error_oom(ret_error);
}

/* The content; a container of a command may do without. */
static int compile_with_content(const Container *c, Spec **ret, Error **ret_error)
{
	bool service = desc_has_manager(c->desc);
	Places places = c->places; /* borrowed */

	if (c->desc->kind == DESC_SYSTEM && !desc_init_is_systemd(c->desc))
		places.notify = NULL; /* it says nothing, and nobody listens */
	if (!file_exists(places.tree)) {
		if (service)
			return error_set(
				ret_error, ENOENT, "its content %s is missing", places.tree);
		places.tree = NULL;
	}
	return compile(c, &places, console, ret, ret_error);
}

/* The description may have been edited, or restored beside a sibling that has what it says. */
static int confirm(const Desc *desc, Identity *identity, const char *path, Error **ret_error)
{
	bool changed;
	int r = identity_confirm(desc, identity, &changed, ret_error);

	return r < 0 || !changed ? r : keyfile_save(desc, identity, path, ret_error);
}

/* With what the site says where the description says nothing: for this start, and not for the file. */
static int with_defaults(const Desc *stored, Desc **ret, Error **ret_error)
{
	_cleanup_desc_ Desc *desc = NULL;
	int r = desc_copy(stored, &desc, ret_error);

	if (r == 0)
		r = limits_fill(&desc->resources, ret_error);
	if (r == 0)
		r = desc_resolve(desc, ret_error);
	if (r == 0)
		*ret = TAKE_PTR(desc);
	return r;
}

static int load(const char *name, bool start, Container *ret, Error **ret_error)
{
	_cleanup_free_ char *path = layout_pathf(LAYOUT_SERVICES, "%s.sandbox", name);
	_cleanup_desc_ Desc *stored = NULL, *desc = NULL;
	_cleanup_identity_ Identity *identity = NULL;
	int r;

	if (!path)
		return error_oom(ret_error);
	r = keyfile_load(path, &stored, &identity, ret_error);
	if (r == -ENOENT)
		return error_set(
			ret_error, ESRCH, "there is no such container: %s does not exist", path);
	if (r == 0)
		r = desc_resolve(stored, ret_error);
	if (r < 0)
		return r;
	if (strcmp(stored->name, name) != 0)
		return error_set(
			ret_error, EINVAL, "%s describes a container %s", path, stored->name);
	r = start ? confirm(stored, identity, path, ret_error) : 0;
	if (r == 0)
		r = with_defaults(stored, &desc, ret_error);
	return r < 0 ? r : container_new(&desc, &identity, ret, ret_error);
}

int compile_defined(const char *name, Spec **ret, Error **ret_error)
{
	_cleanup_container_ Container container = {};
	int r = load(name, true, &container, ret_error);

	if (r == 0 && !desc_has_own_root(
			      container.desc)) /* whoever started us: systemd at boot, perhaps */
		r = package_wait("", NULL, NULL, ret_error);
	return r < 0 ? r : compile_with_content(&container, ret, ret_error);
}

int compile_described(const char *name, Spec **ret, Error **ret_error)
{
	_cleanup_container_ Container container = {};
	int r = load(name, false, &container, ret_error);

	return r < 0 ? r : compile_with_content(&container, ret, ret_error);
}

int compile_running(const Container *c, Spec **ret, Error **ret_error)
{
	int r = saved_spec_read(c->desc->name, ret, NULL);

	return r == -ENOENT ? compile_with_content(c, ret, ret_error)
	       : r < 0	    ? saved_spec_read(c->desc->name, ret, ret_error)
			    : 0;
}

/* Of a container whose content is gone nothing but its name is needed. */
static int compile_for_cleanup(const Container *c, Spec **ret, Error **ret_error)
{
	_cleanup_error_ Error *error = NULL;

	if (compile_running(c, ret, &error) == 0)
		return 0;
	return compile(c, &(Places){ .init = "", .tree = "/" }, console, ret, ret_error);
}

int compile_cleanup(const Container *c, bool held, Error **ret_error)
{
	_cleanup_spec_ Spec *spec = NULL;
	int r = supervisor_left_something(c->desc->name, ret_error);

	if (r <= 0)
		return r;
	r = compile_for_cleanup(c, &spec, ret_error);
	if (r < 0)
		return r;
	return held ? supervisor_cleanup_held(spec, ret_error)
		    : supervisor_cleanup(spec, ret_error);
}

int compile_detach_links(const Container *c, Error **ret_error)
{
	_cleanup_spec_ Spec *spec = spec_new();
	int r = spec ? compile_links(c->desc, c->identity, spec, ret_error) : error_oom(ret_error);

	return r < 0 ? r : links_detach(spec, ret_error);
}
