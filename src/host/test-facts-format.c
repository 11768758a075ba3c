/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Facts as text: one fact a line, in the order of the struct. Golden tests compare it, people read it.
 */
#include "host/test-format.h"

#include "base/buf.h"
#include "base/strv.h"

static const char *const type_names[] = {
	[FACT_FILE_REGULAR] = "file",
	[FACT_FILE_DIRECTORY] = "dir",
	[FACT_FILE_LINK] = "link",
	[FACT_FILE_OTHER] = "other",
	[FACT_FILE_MISSING] = "missing",
};

static void format_list(Buf *buf, const char *what, char *const *list)
{
	STRV_FOREACH (s, list)
		buf_printf(buf, "%s %s\n", what, *s);
}

static void format_optional(Buf *buf, const char *what, const char *value)
{
	if (value)
		buf_printf(buf, "%s %s\n", what, value);
}

static void format_unit(Buf *buf, const FactUnit *unit)
{
	buf_printf(buf, "unit %s%s\n", unit->name, unit->asked ? " asked" : "");
	format_optional(buf, "  path", unit->path);
	format_list(buf, "  name", unit->names);
	format_list(buf, "  dropin", unit->dropins);
	format_list(buf, "  link", unit->links);
	format_optional(buf, "  init-script", unit->init_script);
	format_optional(buf, "  package", unit->package);
	for (size_t i = 0; i < unit->n_directives; i++) {
		const FactDirective *d = &unit->directives[i];

		buf_printf(buf, "  [%s] %s=%s\n", d->section, d->key, d->value);
	}
}

static void format_package(Buf *buf, const FactPackage *package)
{
	buf_printf(buf, "package %s %s source=%s%s\n", package->name, package->version,
		package->source, package->direct ? " direct" : "");
	format_list(buf, "  depends", package->depends);
	for (size_t i = 0; i < package->n_files; i++) {
		const FactFile *file = &package->files[i];

		buf_printf(buf, "  %s %s%s\n", type_names[file->type], file->path,
			file->conffile ? " conffile" : "");
	}
}

static void format_account(Buf *buf, const FactAccount *account)
{
	_cleanup_free_ char *members = NULL;

	if (!account->group) {
		buf_printf(buf, "user %s %u:%u \"%s\" %s %s\n", account->name, account->id,
			account->gid, account->gecos, account->home, account->shell);
		return;
	}
	members = strv_join(account->members, ",");
	if (!members)
		buf->failed = true;
	else
		buf_printf(buf, "group %s %u %s\n", account->name, account->id, members);
}

static void format_unowned(Buf *buf, const FactUnowned *unowned)
{
	buf_printf(buf, "unowned %s %s %04o %u:%u", type_names[unowned->type], unowned->path,
		unowned->mode, unowned->uid, unowned->gid);
	if (unowned->link)
		buf_printf(buf, " -> %s", unowned->link);
	if (unowned->package)
		buf_printf(buf, " package=%s", unowned->package);
	if (unowned->conffile)
		buf_puts(buf, " conffile");
	buf_puts(buf, "\n");
}

static void format_reference(Buf *buf, const FactReference *reference)
{
	buf_printf(buf, "reference %s in %s: %s %04o %u:%u%s%s%s%s\n", reference->path,
		reference->file, type_names[reference->type], reference->mode, reference->uid,
		reference->gid, reference->private_key ? " private-key" : "",
		reference->conffile ? " conffile" : "", reference->target ? " -> " : "",
		reference->target ? reference->target : "");
}

static void format_lines(Buf *buf, const char *what, const FactLine *lines, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_printf(buf, "%s %s (%s): %s\n", what, lines[i].file,
			lines[i].package ? lines[i].package : "-", lines[i].text);
}

static void format_program(Buf *buf, const FactProgram *program)
{
	buf_printf(buf, "program %s %s %s%s%s%s%s%s", program->unit, program->key, program->path,
		program->missing ? " missing" : "", program->foreign ? " foreign" : "",
		program->unfit ? " unfit" : "", program->lacks ? " lacks=" : "",
		program->lacks ? program->lacks : "");
	STRV_FOREACH (path, program->paths)
		buf_printf(buf, " needs=%s", *path);
	buf_puts(buf, "\n");
}

int facts_format(const Facts *facts, char **ret, Error **ret_error)
{
	_cleanup_buf_ Buf buf = { 0 };

	format_optional(&buf, "host", facts->host_kind);
	format_optional(&buf, "machine", facts->machine);
	for (size_t i = 0; i < facts->n_units; i++)
		format_unit(&buf, &facts->units[i]);
	for (size_t i = 0; i < facts->n_packages; i++)
		format_package(&buf, &facts->packages[i]);
	for (size_t i = 0; i < facts->n_accounts; i++)
		format_account(&buf, &facts->accounts[i]);
	for (size_t i = 0; i < facts->n_unowned; i++)
		format_unowned(&buf, &facts->unowned[i]);
	for (size_t i = 0; i < facts->n_references; i++)
		format_reference(&buf, &facts->references[i]);
	for (size_t i = 0; i < facts->n_links; i++)
		buf_printf(&buf, "link %s -> %s as %s%s\n", facts->links[i].path,
			facts->links[i].target, facts->links[i].text,
			facts->links[i].moved ? " moved" : "");
	for (size_t i = 0; i < facts->n_programs; i++)
		format_program(&buf, &facts->programs[i]);
	format_list(&buf, "private-key", facts->private_keys);
	format_list(&buf, "named-account", facts->named_accounts);
	format_list(&buf, "manager", facts->manager_settings);
	format_list(&buf, "sysctl", facts->sysctls);
	format_list(&buf, "hosts", facts->hosts);
	format_optional(&buf, "domain", facts->domain);
	format_optional(
		&buf, facts->resolver_local ? "local-resolver" : "resolver", facts->resolver);
	format_list(&buf, "etc", facts->etc);
	for (size_t i = 0; i < facts->n_certificates; i++)
		buf_printf(&buf, "certificate %s %s\n", type_names[facts->certificates[i].type],
			facts->certificates[i].path);
	format_list(&buf, "vendor-wants", facts->vendor_wants);
	format_list(&buf, "foreign-generator", facts->foreign_generators);
	format_lines(&buf, "tmpfiles", facts->tmpfiles, facts->n_tmpfiles);
	format_lines(&buf, "sysusers", facts->sysusers, facts->n_sysusers);
	format_lines(&buf, "key-certificate", facts->key_certificates, facts->n_key_certificates);
	format_lines(&buf, "application", facts->applications, facts->n_applications);
	format_lines(&buf, "mention", facts->mentions, facts->n_mentions);
	format_list(&buf, "foreign-file", facts->foreign_files);
	format_list(&buf, "left-file", facts->left_files);
	format_list(&buf, "stranger-file", facts->stranger_files);
	format_list(&buf, "device", facts->devices);
	format_list(&buf, "missing-path", facts->missing_paths);
	format_list(&buf, "named-address", facts->named_addresses);
	for (size_t i = 0; i < facts->n_peers; i++)
		buf_printf(
			&buf, "peer %s %s\n", facts->peers[i].where, facts->peers[i].mention.name);
	format_list(&buf, "run-path", facts->run_paths);
	format_optional(&buf, "manager-problem", facts->manager_problem);
	format_list(&buf, "running-unit", facts->running_units);
	format_list(&buf, "stale-unit", facts->stale_units);
	return buf_take(&buf, ret, ret_error);
}
