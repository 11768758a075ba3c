/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Domain Management: what changes a document, or the limits of what runs.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/virt-lxc.h"

#define VALUE_MAX 64 /* bytes of a number as text */
#define UNLIMITED UINT64_MAX

/* Its value in the document that the flags mean; "" where it says nothing. */
static char *document_value(const vsb_domain *domain, unsigned int flags, const char *path)
{
	char key[128];

	(void)snprintf(key, sizeof(key), "%s/%s", flags & VSB_DOMAIN_CONFIG ? "config:" : "", path);
	return virt_get(domain, key);
}

/* -- Tables of limits -- */

typedef struct Limit {
	const char *name; /* of libvirt's parameter */
	const char *option, *path;
	bool size; /* KiB, -1 unlimited; else a number */
	long long min, max, none; /* none: what stands for a value that is not said */
} Limit;

static const Limit memory_limits[] = {
	{ "hard_limit", "hard-limit", "memtune/hard_limit", true },
	{ "soft_limit", "soft-limit", "memtune/soft_limit", true },
	{ "swap_hard_limit", "swap-hard-limit", "memtune/swap_hard_limit", true },
	{},
};

static const Limit processor_limits[] = {
	{ "cpu_shares", "cpu_shares", "cputune/shares", false, 2, 102400, 1024 },
	{ "vcpu_period", "vcpu_period", "cputune/period", false, 1000, 1000000, 100000 },
	{ "vcpu_quota", "vcpu_quota", "cputune/quota", false, -1, INT64_MAX / 1000, -1 },
	{},
};

static const Limit io_limits[] = {
	{ "weight", "weight", "blkiotune/weight", false, 1, 10000, 100 },
	{},
};

static bool say_limits(const vsb_domain *domain, unsigned int flags, const Limit *limits)
{
	for (; limits->name; limits++) {
		_cleanup_text_ char *value = document_value(domain, flags, limits->path);

		if (!value)
			return false;
		if (*value)
			virt_say("%-15s: %s\n", limits->name, value);
		else if (limits->size)
			virt_say("%-15s: unlimited\n", limits->name);
		else
			virt_say("%-15s: %lld\n", limits->name, limits->none);
	}
	return true;
}

static bool set_limit(
	const vsb_domain *domain, unsigned int flags, const Limit *limit, const char *value)
{
	_cleanup_error_ vsb_error *error = NULL;
	char key[VALUE_MAX + 1];

	(void)snprintf(key, sizeof(key), "/%s", limit->path);
	return vsb_domain_set(domain, flags, key, value, &error) < 0 ? virt_fail_error(error)
								     : true;
}

/* Sets what options give. 1: something, 0: nothing; negative: it said why not. */
static int set_limits(
	const VirtArgs *args, const vsb_domain *domain, unsigned int flags, const Limit *limits)
{
	int set = 0;

	for (; limits->name; limits++) {
		unsigned long long size = 0;
		long long number = 0;
		char text[VALUE_MAX];
		int given = limits->size ? virt_size(args, limits->option, true, &size)
					 : virt_number(args, limits->option, limits->min,
						   limits->max, &number);

		if (given < 0)
			return given;
		if (given == 0)
			continue;
		(void)snprintf(text, sizeof(text), "%lld", limits->size ? (long long)size : number);
		if (!set_limit(
			    domain, flags, limits, limits->size && size == UNLIMITED ? NULL : text))
			return -1;
		set = 1;
	}
	return set;
}

static bool check_live(const vsb_domain *domain, unsigned int flags)
{
	_cleanup_text_ char *id = virt_get(domain, "id");

	if (!id)
		return false;
	return *id || !(flags & VSB_DOMAIN_LIVE) ? true : virt_not_running();
}

static bool run_limits(const VirtArgs *args, const Limit *limits)
{
	_cleanup_domain_ vsb_domain *domain = virt_domain(args);
	unsigned int flags;
	int set;

	if (!domain || !virt_which(args, &flags) || !check_live(domain, flags))
		return false;
	set = set_limits(args, domain, flags, limits);
	return set < 0 ? false : set > 0 ? true : say_limits(domain, flags, limits);
}

static bool run_memtune(VirtShell *shell, const VirtArgs *args)
{
	(void)shell;
	return run_limits(args, memory_limits);
}

static bool run_blkiotune(VirtShell *shell, const VirtArgs *args)
{
	(void)shell;
	return run_limits(args, io_limits);
}

/* "cpu_shares=2048" */
static bool set_scheduling(const vsb_domain *domain, unsigned int flags, const char *assignment)
{
	const char *value = strchr(assignment, '=');
	long long number;
	char *end;

	if (!value)
		return virt_fail("Invalid syntax for --set, expecting name=value");
	number = strtoll(value + 1, &end, 10);
	for (const Limit *limit = processor_limits; limit->name; limit++) {
		size_t size = strlen(limit->name);

		if (strncmp(assignment, limit->name, size) != 0 || assignment + size != value)
			continue;
		if (!value[1] || *end || number < limit->min || number > limit->max)
			return virt_fail(
				"Invalid value for field '%s': expected a number from %lld to "
				"%lld",
				limit->name, limit->min, limit->max);
		return set_limit(domain, flags, limit, value + 1);
	}
	return virt_fail("invalid scheduler option: %s", assignment);
}

static bool run_schedinfo(VirtShell *shell, const VirtArgs *args)
{
	_cleanup_domain_ vsb_domain *domain = virt_domain(args);
	unsigned int flags;

	(void)shell;
	if (!domain || !virt_which(args, &flags) || !check_live(domain, flags))
		return false;
	for (size_t i = 0; i < args->n_rest; i++)
		if (!set_scheduling(domain, flags, args->rest[i]))
			return false;
	virt_say("%-15s: posix\n", "Scheduler");
	return say_limits(domain, flags, processor_limits);
}

/* -- Memory -- */

static bool set_memory(const VirtArgs *args, const char *path, bool maximum)
{
	_cleanup_domain_ vsb_domain *domain = virt_domain(args);
	_cleanup_text_ char *most = domain ? virt_get(domain, "max-memory") : NULL;
	_cleanup_error_ vsb_error *error = NULL;
	unsigned long long size = 0;
	unsigned int flags;
	char text[VALUE_MAX];

	if (!most || !virt_which(args, &flags))
		return false;
	/* As virsh: what is true now, unless it is asked otherwise. */
	if (!maximum && flags == 0 && !virt_has(args, "current"))
		flags = VSB_DOMAIN_LIVE;
	if (!check_live(domain, flags) || virt_size(args, "size", false, &size) < 0)
		return false;
	if (size == 0)
		return virt_fail("memory size has to be greater than zero");
	if (!maximum && size > strtoull(most, NULL, 10))
		return virt_fail("invalid argument: Cannot set memory higher than max memory");
	(void)snprintf(text, sizeof(text), "%llu", size);
	if (vsb_domain_set(domain, flags, path, text, &error) == 0)
		return true;
	return maximum ? virt_failed(error, "Unable to change MaxMemorySize")
		       : virt_fail_error(error);
}

static bool run_setmem(VirtShell *shell, const VirtArgs *args)
{
	(void)shell;
	return set_memory(args, "/currentMemory", false);
}

static bool run_setmaxmem(VirtShell *shell, const VirtArgs *args)
{
	(void)shell;
	return set_memory(args, "/memory", true);
}

/* -- An editor -- */

/* As virsh, and git: the editor may have arguments. The status as from wait(2), or -1. */
static int run_editor(const char *editor, char *path)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN }, before;
	char *script = NULL,
	     *argv[] = { (char *)"sh", (char *)"-c", NULL, (char *)editor, path, NULL };
	int status = -1;
	pid_t pid = -1;

	if (asprintf(&script, "%s \"$@\"", editor) < 0)
		return -1;
	argv[2] = script;
	if (posix_spawn(&pid, "/bin/sh", NULL, NULL, argv, environ) == 0) {
		(void)sigaction(SIGINT, &ignore, &before); /* a key for the editor */
		if (waitpid(pid, &status, 0) != pid)
			status = -1;
		(void)sigaction(SIGINT, &before, NULL);
	}
	free(script);
	return status;
}

/* *ret_text is what the user made of it. */
static bool edit(const char *text, char **ret_text)
{
	char path[] = "/tmp/virt-lxc-XXXXXX";
	const char *editor = getenv("VISUAL") ? getenv("VISUAL") : getenv("EDITOR");
	int fd = mkostemp(path, O_CLOEXEC), status;
	bool good;

	if (fd < 0)
		return virt_fail("mkostemps: failed to create temporary file");
	good = write(fd, text, strlen(text)) == (ssize_t)strlen(text);
	(void)close(fd);
	status = good ? run_editor(editor && *editor ? editor : "vi", path) : -1;
	if (status != 0)
		good = virt_fail("the editor failed, or was not found");
	*ret_text = good ? virt_read(path) : NULL;
	(void)unlink(path);
	return *ret_text != NULL;
}

static bool run_edit(VirtShell *shell, const VirtArgs *args)
{
	_cleanup_error_ vsb_error *error = NULL;
	_cleanup_domain_ vsb_domain *domain = virt_domain(args);
	_cleanup_text_ char *name = domain ? virt_get(domain, "name") : NULL,
			    *container = name ? virt_get(domain, "container") : NULL, *xml = NULL,
			    *now = NULL;

	if (!container)
		return false;
	if (strcmp(container, "yes") == 0)
		return virt_fail("%s is a container of virt-sandbox-service, not a domain; use "
				 "`virt-sandbox-service set %s`",
			name, name);
	if (vsb_domain_xml(domain, VSB_DOMAIN_INACTIVE, &xml, &error) < 0)
		return virt_fail_error(error);
	if (!edit(xml, &now))
		return false;
	if (strcmp(xml, now) == 0) {
		virt_extra(shell, "Domain '%s' XML configuration not changed.\n", name);
		return true;
	}
	if (vsb_domain_define(now, 0, NULL, NULL, &error) < 0)
		return virt_failed(error, "Failed to define domain '%s': it is unchanged", name);
	virt_extra(shell, "Domain '%s' XML configuration edited.\n", name);
	return true;
}

/* -- Descriptions -- */

static char *join(char *const *words)
{
	char *text = strdup("");

	for (; text && words && *words; words++) {
		char *longer = NULL;

		if (asprintf(&longer, "%s%s%s", text, *text ? " " : "", *words) < 0)
			longer = NULL;
		free(text);
		text = longer;
	}
	return text;
}

static bool run_desc(VirtShell *shell, const VirtArgs *args)
{
	bool title = virt_has(args, "title");
	const char *what = title ? "title" : "description",
		   *path = title ? "/title" : "/description";
	_cleanup_error_ vsb_error *error = NULL;
	_cleanup_domain_ vsb_domain *domain = virt_domain(args);
	_cleanup_text_ char *name = domain ? virt_get(domain, "name") : NULL,
			    *old = name ? document_value(domain, 0, what) : NULL, *now = NULL;
	unsigned int flags;

	if (!old || !virt_which(args, &flags))
		return false;
	if (args->n_rest == 0 && !virt_has(args, "edit")) {
		if (*old)
			virt_line(shell, old);
		else
			virt_extra(shell, "No %s for domain: %s", what, name);
		return true;
	}
	if (virt_has(args, "edit") ? !edit(old, &now) : !(now = join(args->rest)))
		return false;
	if (*now && now[strlen(now) - 1] == '\n') /* an editor's */
		now[strlen(now) - 1] = '\0';
	if (title && strchr(now, '\n'))
		return virt_fail("Domain title can't contain newlines");
	if (vsb_domain_set(domain, flags, path, *now ? now : NULL, &error) < 0)
		return virt_failed(error, "Failed to set new domain %s", what);
	virt_extra(shell, "Domain %s updated successfully", what);
	return true;
}

static bool run_metadata(VirtShell *shell, const VirtArgs *args)
{
	const char *uri = virt_value(args, "uri"), *key = virt_value(args, "key"),
		   *set = virt_value(args, "set");
	_cleanup_error_ vsb_error *error = NULL;
	_cleanup_domain_ vsb_domain *domain = virt_domain(args);
	_cleanup_text_ char *xml = NULL, *now = NULL;
	bool remove = virt_has(args, "remove"), change = virt_has(args, "edit");
	unsigned int flags;

	if (!domain || !virt_which(args, &flags) || !virt_exclude(args, "edit", "set") ||
		!virt_exclude(args, "remove", "set") || !virt_exclude(args, "remove", "edit"))
		return false;
	if ((set || change) && !key)
		return virt_fail("namespace key is required when modifying metadata");
	if (!set && !remove && vsb_domain_get_metadata(domain, flags, uri, &xml, &error) < 0 &&
		!change)
		return virt_fail_error(error);
	if (!set && !remove && !change) {
		virt_say("%s\n", xml);
		return true;
	}
	if (change && !edit(xml ? xml : "\n", &now))
		return false;
	vsb_error_free(error);
	error = NULL;
	if (vsb_domain_set_metadata(domain, flags, uri, key, change ? now : set, &error) < 0)
		return virt_fail_error(error);
	virt_extra(shell, remove ? "Metadata removed\n" : "Metadata modified\n");
	return true;
}

static bool run_domxml_from_native(VirtShell *shell, const VirtArgs *args)
{
	const char *format = virt_value(args, "format"), *path = virt_value(args, "config");
	_cleanup_error_ vsb_error *error = NULL;
	_cleanup_strv_ char **notes = NULL;
	_cleanup_text_ char *xml = NULL;

	(void)shell;
	if (strcmp(format, "lxc-tools") != 0)
		return virt_fail("invalid argument: unsupported config type %s", format);
	if (vsb_domain_from_lxc(path, &xml, &notes, &error) < 0)
		return virt_fail_error(error);
	virt_warn(notes);
	virt_say("%s", xml);
	return true;
}

static const VirtOption memtune_options[] = { VIRT_OPTION_DOMAIN,
	{ "hard-limit", VIRT_STRING, "max memory, as scaled integer (default KiB)" },
	{ "soft-limit", VIRT_STRING, "memory during contention (default KiB)" },
	{ "swap-hard-limit", VIRT_STRING, "max memory plus swap (default KiB)" },
	VIRT_OPTIONS_WHICH, {} };
static const VirtOption blkiotune_options[] = { VIRT_OPTION_DOMAIN,
	{ "weight", VIRT_INT, "IO weight" }, VIRT_OPTIONS_WHICH, {} };
static const VirtOption schedinfo_options[] = { VIRT_OPTION_DOMAIN, VIRT_OPTIONS_WHICH,
	{ "set", VIRT_REST, "parameter=value" }, {} };
static const VirtOption memory_options[] = { VIRT_OPTION_DOMAIN,
	{ "size", VIRT_DATA, "new memory size, as scaled integer (default KiB)" },
	VIRT_OPTIONS_WHICH, {} };
static const VirtOption edit_options[] = { VIRT_OPTION_DOMAIN,
	{ "skip-validate", VIRT_BOOL, "the schema is not asked: accepted for scripts" }, {} };
static const VirtOption desc_options[] = { VIRT_OPTION_DOMAIN, VIRT_OPTIONS_WHICH,
	{ "title", VIRT_BOOL, "modify/get the title instead of description" },
	{ "edit", VIRT_BOOL, "open an editor to modify the description" },
	{ "new-desc", VIRT_REST, "message" }, {} };
static const VirtOption metadata_options[] = { VIRT_OPTION_DOMAIN,
	{ "uri", VIRT_DATA, "URI of the namespace" }, VIRT_OPTIONS_WHICH,
	{ "edit", VIRT_BOOL, "use an editor to change the metadata" },
	{ "key", VIRT_STRING, "key to be used as a namespace identifier", true },
	{ "set", VIRT_STRING, "new metadata to set", true },
	{ "remove", VIRT_BOOL, "remove the metadata corresponding to an uri" }, {} };
static const VirtOption from_native_options[] = { { "format", VIRT_DATA,
							  "source config data format: lxc-tools" },
	{ "config", VIRT_DATA, "config data file to import from" }, {} };

const VirtCommand virt_tune_commands[] = {
	{ "blkiotune", "get or set blkio parameters", blkiotune_options, run_blkiotune,
		.changes = VIRT_TUNES },
	{ "desc", "show or set domain's description or title", desc_options, run_desc,
		.changes = VIRT_TUNES },
	{ "domxml-from-native", "convert native config to domain XML", from_native_options,
		run_domxml_from_native },
	{ "edit", "edit XML configuration for a domain", edit_options, run_edit,
		.changes = VIRT_CHANGES },
	{ "memtune", "get or set memory parameters", memtune_options, run_memtune,
		.changes = VIRT_TUNES },
	{ "metadata", "show or set domain's custom XML metadata", metadata_options, run_metadata,
		.changes = VIRT_TUNES },
	{ "schedinfo", "show/set scheduler parameters", schedinfo_options, run_schedinfo,
		.changes = VIRT_TUNES },
	{ "setmaxmem", "change maximum memory limit", memory_options, run_setmaxmem,
		.changes = VIRT_CHANGES },
	{ "setmem", "change memory allocation", memory_options, run_setmem,
		.changes = VIRT_CHANGES },
	{},
};
