/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Domain Management: documents and life.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/virt-lxc.h"

static unsigned int parse_flags(const VirtArgs *args)
{
	return (virt_has(args, "validate") ? VSB_DOMAIN_VALIDATE : 0) |
	       (virt_has(args, "paused") ? VSB_DOMAIN_PAUSED : 0);
}

typedef int Taking(const char *, unsigned int, vsb_domain **, char ***, vsb_error **);

/* Gives the document of a file to define or create, and says so. */
static bool take(VirtShell *shell, const VirtArgs *args, Taking *taking, const char *verb,
	const char *done, vsb_domain **ret)
{
	const char *path = virt_value(args, "file");
	_cleanup_error_ vsb_error *error = NULL;
	_cleanup_text_ char *xml = virt_read(path), *name = NULL;
	_cleanup_strv_ char **notes = NULL;

	if (!xml)
		return false;
	if (taking(xml, parse_flags(args), ret, &notes, &error) < 0)
		return virt_failed(error, "Failed to %s domain from %s", verb, path);
	name = virt_get(*ret, "name");
	if (!name)
		return false;
	virt_warn(notes);
	virt_extra(shell, "Domain '%s' %s from %s\n", name, done, path);
	return true;
}

static bool run_define(VirtShell *shell, const VirtArgs *args)
{
	_cleanup_domain_ vsb_domain *domain = NULL;

	return take(shell, args, vsb_domain_define, "define", "defined", &domain);
}

static bool run_undefine(VirtShell *shell, const VirtArgs *args)
{
	_cleanup_error_ vsb_error *error = NULL;
	_cleanup_domain_ vsb_domain *domain = virt_domain(args);
	_cleanup_text_ char *name = domain ? virt_get(domain, "name") : NULL;

	if (!name)
		return false;
	if (vsb_domain_undefine(domain, &error) < 0)
		return virt_failed(error, "Failed to undefine domain '%s'", name);
	virt_extra(shell, "Domain '%s' has been undefined\n", name);
	return true;
}

/* To be ended with us: by its uuid, since its name may be another's by then. */
static bool keep_for_end(VirtShell *shell, const vsb_domain *domain)
{
	char **grown =
		reallocarray(shell->destroyed, shell->n_destroyed + 1, sizeof(*shell->destroyed));
	char *uuid = virt_get(domain, "uuid");

	if (!grown || !uuid) {
		vsb_free(uuid);
		return virt_fail_error(NULL);
	}
	shell->destroyed = grown;
	shell->destroyed[shell->n_destroyed++] = uuid;
	return true;
}

/* What start and create do after. */
static bool started(VirtShell *shell, const VirtArgs *args, const vsb_domain *domain)
{
	bool good = true;

	if (virt_has(args, "autodestroy"))
		good = keep_for_end(shell, domain);
	if (good && virt_has(args, "console"))
		good = virt_console(shell, domain, NULL);
	return good;
}

static bool run_create(VirtShell *shell, const VirtArgs *args)
{
	_cleanup_domain_ vsb_domain *domain = NULL;

	return take(shell, args, vsb_domain_create, "create", "created", &domain) &&
	       started(shell, args, domain);
}

static bool run_start(VirtShell *shell, const VirtArgs *args)
{
	_cleanup_error_ vsb_error *error = NULL;
	_cleanup_domain_ vsb_domain *domain = virt_domain(args);
	_cleanup_text_ char *name = domain ? virt_get(domain, "name") : NULL;
	_cleanup_strv_ char **notes = NULL;
	int r;

	if (!name)
		return false;
	/* Whether it runs, the library alone can say: it waits for one that is just ending. */
	r = vsb_domain_start(domain, parse_flags(args), &notes, &error);
	if (r == -EALREADY)
		return virt_fail("Domain is already active");
	if (r < 0)
		return virt_failed(error, "Failed to start domain '%s'", name);
	virt_warn(notes);
	virt_extra(shell, "Domain '%s' started\n", name);
	return started(shell, args, domain);
}

typedef struct Deed {
	int (*act)(const vsb_domain *domain, vsb_error **error);
	const char *verb, *done;
} Deed;

static bool do_deed(VirtShell *shell, const VirtArgs *args, const Deed *deed)
{
	_cleanup_error_ vsb_error *error = NULL;
	_cleanup_domain_ vsb_domain *domain = virt_domain(args);
	_cleanup_text_ char *name = domain ? virt_get(domain, "name") : NULL;

	if (!name)
		return false;
	if (deed->act(domain, &error) < 0)
		return virt_failed(error, "Failed to %s domain '%s'", deed->verb, name);
	virt_extra(shell, "Domain '%s' %s\n", name, deed->done);
	return true;
}

static bool run_destroy(VirtShell *shell, const VirtArgs *args)
{
	return do_deed(shell, args, &(Deed){ vsb_domain_destroy, "destroy", "destroyed" });
}

/* One of a list of modes. */
static bool mode_is(const char *mode, size_t size, const char *word)
{
	return strlen(word) == size && strncmp(mode, word, size) == 0;
}

/* There is no pipe of an initctl: the first process is asked by a signal. */
static bool check_mode(const VirtArgs *args)
{
	static const char *const others[] = { "acpi", "agent", "initctl", "paravirt" };
	const char *modes = virt_value(args, "mode");
	bool given = !modes;

	for (const char *mode = modes; mode;
		mode = strchr(mode, ',') ? strchr(mode, ',') + 1 : NULL) {
		size_t size = strcspn(mode, ",");
		bool known = mode_is(mode, size, "signal");

		given = given || known;
		for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
			known = known || mode_is(mode, size, others[i]);
		if (!known)
			return virt_fail("Unknown mode %.*s value, expecting 'acpi', 'agent', "
					 "'initctl', 'signal', or 'paravirt'",
				(int)size, mode);
	}
	return given ? true
		     : virt_fail("argument unsupported: a container has no %s; use --mode signal",
			       modes);
}

static bool run_shutdown(VirtShell *shell, const VirtArgs *args)
{
	return check_mode(args) &&
	       do_deed(shell, args,
		       &(Deed){ vsb_domain_shutdown, "shutdown", "is being shutdown" });
}

static bool run_reboot(VirtShell *shell, const VirtArgs *args)
{
	return check_mode(args) &&
	       do_deed(shell, args, &(Deed){ vsb_domain_reboot, "reboot", "is being rebooted" });
}

static bool run_suspend(VirtShell *shell, const VirtArgs *args)
{
	return do_deed(shell, args, &(Deed){ vsb_domain_suspend, "suspend", "suspended" });
}

static bool run_resume(VirtShell *shell, const VirtArgs *args)
{
	return do_deed(shell, args, &(Deed){ vsb_domain_resume, "resume", "resumed" });
}

static bool run_autostart(VirtShell *shell, const VirtArgs *args)
{
	bool off = virt_has(args, "disable");
	_cleanup_error_ vsb_error *error = NULL;
	_cleanup_domain_ vsb_domain *domain = virt_domain(args);
	_cleanup_text_ char *name = domain ? virt_get(domain, "name") : NULL;

	if (!name)
		return false;
	if (vsb_domain_autostart(domain, !off, &error) < 0)
		return virt_failed(error, "Failed to %s domain '%s' as autostarted",
			off ? "unmark" : "mark", name);
	virt_extra(shell, "Domain '%s' %s as autostarted\n", name, off ? "unmarked" : "marked");
	return true;
}

static bool run_console(VirtShell *shell, const VirtArgs *args)
{
	_cleanup_domain_ vsb_domain *domain = virt_domain(args);

	return domain && virt_console(shell, domain, virt_value(args, "devname"));
}

static bool run_dumpxml(VirtShell *shell, const VirtArgs *args)
{
	_cleanup_error_ vsb_error *error = NULL;
	_cleanup_domain_ vsb_domain *domain = virt_domain(args);
	_cleanup_text_ char *xml = NULL;

	(void)shell;
	if (!domain)
		return false;
	if (vsb_domain_xml(
		    domain, virt_has(args, "inactive") ? VSB_DOMAIN_INACTIVE : 0, &xml, &error) < 0)
		return virt_fail_error(error);
	virt_say("%s", xml);
	return true;
}

/* One value of a domain, on a line; by: what it may be found by. */
static bool say_value(const VirtArgs *args, unsigned int by, const char *key, const char *otherwise)
{
	_cleanup_domain_ vsb_domain *domain = virt_domain_of(virt_value(args, "domain"), by);
	_cleanup_text_ char *value = domain ? virt_get(domain, key) : NULL;

	if (!value)
		return false;
	virt_say("%s\n", *value ? value : otherwise);
	return true;
}

static bool run_domid(VirtShell *shell, const VirtArgs *args)
{
	(void)shell;
	return say_value(args, VSB_DOMAIN_BY_UUID | VSB_DOMAIN_BY_NAME, "id", "-");
}

static bool run_domuuid(VirtShell *shell, const VirtArgs *args)
{
	(void)shell;
	return say_value(args, VSB_DOMAIN_BY_ID | VSB_DOMAIN_BY_NAME, "uuid", "");
}

static bool run_domname(VirtShell *shell, const VirtArgs *args)
{
	(void)shell;
	return say_value(args, VSB_DOMAIN_BY_ID | VSB_DOMAIN_BY_UUID, "name", "");
}

static bool run_domhostname(VirtShell *shell, const VirtArgs *args)
{
	_cleanup_domain_ vsb_domain *domain = virt_domain(args);
	_cleanup_text_ char *name = domain ? virt_get(domain, "hostname") : NULL,
			    *id = name ? virt_get(domain, "id") : NULL;

	(void)shell;
	if (!id)
		return false;
	if (!*id) {
		(void)virt_fail("failed to get hostname");
		return virt_not_running();
	}
	virt_say("%s\n", name);
	return true;
}

/* SIGTERM, TERM, "term" or 15, and 0 or "nop", which only asks; -1: none of them. */
static int signal_of(const char *text)
{
	static const char *const prefixes[] = { "SIG_", "SIG" };
	char *end;
	long number = strtol(text, &end, 10);

	if (*text && !*end)
		return number >= 0 && number <= SIGRTMAX ? (int)number : -1;
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (strncasecmp(text, prefixes[i], strlen(prefixes[i])) == 0) {
			text += strlen(prefixes[i]);
			break;
		}
	if (strncasecmp(text, "rt", 2) == 0) { /* libvirt counts them */
		number = strtol(text + 2, &end, 10);
		return text[2] && !*end && number >= 0 && number <= SIGRTMAX - SIGRTMIN
			       ? SIGRTMIN + (int)number
			       : -1;
	}
	if (strcasecmp(text, "nop") == 0)
		return 0;
	for (int i = 1; i < SIGRTMIN; i++)
		if (sigabbrev_np(i) && strcasecmp(sigabbrev_np(i), text) == 0)
			return i;
	return -1;
}

static bool run_send_process_signal(VirtShell *shell, const VirtArgs *args)
{
	_cleanup_error_ vsb_error *error = NULL;
	_cleanup_domain_ vsb_domain *domain = virt_domain(args);
	const char *name = virt_value(args, "signame"), *pid = virt_value(args, "pid");
	int number = signal_of(name);
	char *end;
	long process = strtol(pid, &end, 10);

	(void)shell;
	if (!domain)
		return false;
	if (!*pid || *end)
		return virt_fail(
			"Numeric value '%s' for <pid> option is malformed or out of range", pid);
	if (number < 0)
		return virt_fail("malformed signal name: %s", name);
	if (process != 1)
		return virt_fail("argument unsupported: Only the init process may be killed");
	return vsb_domain_signal(domain, number, &error) < 0 ? virt_fail_error(error) : true;
}

static void options_cleanup(vsb_execute_options **options)
{
	vsb_execute_options_free(*options);
}

static int enter(
	const vsb_domain *domain, char **argv, bool noseclabel, int *ret_status, vsb_error **error)
{
	unsigned int flags =
		(noseclabel ? VSB_EXECUTE_NO_LABEL : 0) |
		(isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) ? VSB_EXECUTE_TERMINAL : 0);
	_cleanup_(options_cleanup) vsb_execute_options *options = NULL;
	int r = vsb_execute_options_new(&options, error);

	if (r == 0)
		r = vsb_execute_options_set_flags(options, flags, error);
	if (r == 0)
		r = vsb_execute_options_set_directory(options, "/", error);
	return r < 0 ? r : vsb_domain_execute(domain, argv, options, ret_status, error);
}

/* virsh says 0 or 1; the command's own status is what a script wants, so it is ours. */
static bool run_lxc_enter_namespace(VirtShell *shell, const VirtArgs *args)
{
	_cleanup_error_ vsb_error *error = NULL;
	_cleanup_domain_ vsb_domain *domain = virt_domain(args);
	int status = 0;

	if (!domain)
		return false;
	if (args->rest[0][0] != '/')
		return virt_fail("%s is not an absolute path inside the domain", args->rest[0]);
	(void)fflush(stdout);
	if (enter(domain, args->rest, virt_has(args, "noseclabel"), &status, &error) < 0)
		return virt_fail_error(error);
	shell->status = status;
	return status == 0;
}

#define OPTION_FILE                                                                                \
	{                                                                                          \
		"file", VIRT_DATA, "file containing an XML domain description"                     \
	}
#define OPTION_VALIDATE                                                                            \
	{                                                                                          \
		"validate", VIRT_BOOL, "validate the XML against the schema"                       \
	}
#define OPTION_MODE                                                                                \
	{                                                                                          \
		"mode", VIRT_STRING, "signal, the only way", true                                  \
	}
#define OPTIONS_START                                                                              \
	{ "console", VIRT_BOOL, "attach to console after creation" },                              \
		{ "paused", VIRT_BOOL, "leave the domain paused after creation" },                 \
	{                                                                                          \
		"autodestroy", VIRT_BOOL, "destroy it when virt-lxc ends"                          \
	}

static const VirtOption define_options[] = { OPTION_FILE, OPTION_VALIDATE, {} };
static const VirtOption create_options[] = { OPTION_FILE, OPTIONS_START, OPTION_VALIDATE, {} };
static const VirtOption start_options[] = { VIRT_OPTION_DOMAIN, OPTIONS_START, {} };
static const VirtOption domain_options[] = { VIRT_OPTION_DOMAIN, {} };
static const VirtOption destroy_options[] = { VIRT_OPTION_DOMAIN,
	{ "graceful", VIRT_BOOL, "there is no other way: accepted for scripts" }, {} };
static const VirtOption undefine_options[] = { VIRT_OPTION_DOMAIN,
	{ "managed-save", VIRT_BOOL, "accepted: no domain has one" },
	{ "snapshots-metadata", VIRT_BOOL, "accepted: no domain has snapshots" },
	{ "checkpoints-metadata", VIRT_BOOL, "accepted: no domain has checkpoints" },
	{ "tpm", VIRT_BOOL, "accepted: no domain has one" },
	{ "keep-tpm", VIRT_BOOL, "accepted: no domain has one" }, {} };
static const VirtOption domhostname_options[] = { VIRT_OPTION_DOMAIN,
	{ "source", VIRT_STRING, "accepted: read from the container's kernel", true }, {} };
static const VirtOption mode_options[] = { VIRT_OPTION_DOMAIN, OPTION_MODE, {} };
static const VirtOption autostart_options[] = { VIRT_OPTION_DOMAIN,
	{ "disable", VIRT_BOOL, "disable autostarting" }, {} };
static const VirtOption console_options[] = { VIRT_OPTION_DOMAIN,
	{ "devname", VIRT_STRING, "character device name" },
	{ "force", VIRT_BOOL, "accepted: a console may have several readers" },
	{ "safe", VIRT_BOOL, "accepted, for the same reason" }, {} };
static const VirtOption dumpxml_options[] = { VIRT_OPTION_DOMAIN,
	{ "inactive", VIRT_BOOL, "show what the next start will do" },
	{ "security-info", VIRT_BOOL, "accepted: a document holds no secrets" },
	{ "migratable", VIRT_BOOL, "accepted: it is the same document" }, {} };
static const VirtOption signal_options[] = { VIRT_OPTION_DOMAIN,
	{ "pid", VIRT_DATA, "the process ID: 1" },
	{ "signame", VIRT_DATA, "the signal number or name" }, {} };
static const VirtOption enter_options[] = { VIRT_OPTION_DOMAIN,
	{ "noseclabel", VIRT_BOOL, "keep the caller's security label" },
	{ "cmd", VIRT_ARGV, "command to run, with its absolute path" }, {} };

const VirtCommand virt_domain_commands[] = {
	{ "autostart", "autostart a domain", autostart_options, run_autostart,
		.changes = VIRT_CHANGES },
	{ "console", "connect to the guest console", console_options, run_console,
		.changes = VIRT_CHANGES },
	{ "create", "create a domain from an XML file", create_options, run_create,
		.changes = VIRT_CHANGES },
	{ "define", "define a domain from an XML file", define_options, run_define,
		.changes = VIRT_CHANGES },
	{ "destroy", "destroy (stop) a domain", destroy_options, run_destroy,
		.changes = VIRT_CHANGES },
	{ "domhostname", "print the domain's hostname", domhostname_options, run_domhostname },
	{ "domid", "convert a domain name or UUID to domain id", domain_options, run_domid },
	{ "domname", "convert a domain id or UUID to domain name", domain_options, run_domname },
	{ "domuuid", "convert a domain name or id to domain UUID", domain_options, run_domuuid },
	{ "dumpxml", "domain information in XML", dumpxml_options, run_dumpxml },
	{ "lxc-enter-namespace", "run a command in a domain", enter_options,
		run_lxc_enter_namespace, .changes = VIRT_CHANGES },
	{ "reboot", "reboot a domain", mode_options, run_reboot, .changes = VIRT_CHANGES },
	{ "resume", "resume a domain", domain_options, run_resume, .changes = VIRT_CHANGES },
	{ "send-process-signal", "send signals to processes", signal_options,
		run_send_process_signal, .changes = VIRT_CHANGES },
	{ "shutdown", "gracefully shutdown a domain", mode_options, run_shutdown,
		.changes = VIRT_CHANGES },
	{ "start", "start a (previously defined) inactive domain", start_options, run_start,
		.changes = VIRT_CHANGES },
	{ "suspend", "suspend a domain", domain_options, run_suspend, .changes = VIRT_CHANGES },
	{ "undefine", "undefine a domain", undefine_options, run_undefine,
		.changes = VIRT_CHANGES },
	{},
};
