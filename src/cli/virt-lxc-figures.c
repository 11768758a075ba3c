/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Domain Monitoring: figures, devices, events.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/virt-lxc.h"

/* -- Tables of the library: rows of so many columns -- */

static char **rows_of(const vsb_domain *domain, const char *what, unsigned int flags)
{
	_cleanup_error_ vsb_error *error = NULL;
	char **cells = NULL;

	if (vsb_domain_table(domain, what, flags, &cells, &error) == 0)
		return cells;
	(void)virt_fail_error(error);
	return NULL;
}

static bool say_table(const VirtShell *shell, const VirtArgs *args, const char *what,
	size_t columns, const char *const *titles)
{
	_cleanup_domain_ vsb_domain *domain = virt_domain(args);
	_cleanup_strv_ char **cells =
		domain ? rows_of(domain, what, virt_has(args, "inactive") ? VSB_DOMAIN_INACTIVE : 0)
		       : NULL;
	VirtTable table;

	if (!cells)
		return false;
	virt_table_begin(&table, columns, titles);
	for (char **row = cells; *row; row += columns)
		virt_table_add(&table, (const char *const *)row);
	return virt_table_end(&table, shell);
}

static bool run_domiflist(VirtShell *shell, const VirtArgs *args)
{
	static const char *const titles[] = { "Interface", "Type", "Source", "Model", "MAC" };

	return say_table(shell, args, "interfaces", 5, titles);
}

static bool run_domblklist(VirtShell *shell, const VirtArgs *args)
{
	static const char *const titles[] = { "Type", "Device", "Target", "Source" };
	_cleanup_domain_ vsb_domain *domain = virt_domain(args);
	_cleanup_strv_ char **cells =
		domain ? rows_of(domain, "disks",
				 virt_has(args, "inactive") ? VSB_DOMAIN_INACTIVE : 0)
		       : NULL;
	size_t left_out = virt_has(args, "details") ? 0 : 2;
	VirtTable table;

	if (!cells)
		return false;
	virt_table_begin(&table, 4 - left_out, titles + left_out);
	for (char **row = cells; *row; row += 4)
		virt_table_add(&table, (const char *const *)row + left_out);
	return virt_table_end(&table, shell);
}

/* Its columns are not those of other tables. */
static bool run_domifaddr(VirtShell *shell, const VirtArgs *args)
{
	static const char *const sources[] = { "lease", "agent", "arp" };
	const char *only = virt_value(args, "interface"), *source = virt_value(args, "source");
	_cleanup_error_ vsb_error *error = NULL;
	_cleanup_domain_ vsb_domain *domain = virt_domain(args);
	_cleanup_strv_ char **cells = NULL;
	bool known = !source;

	if (!domain)
		return false;
	for (size_t i = 0; !known && i < sizeof(sources) / sizeof(sources[0]); i++)
		known = strcmp(source, sources[i]) == 0;
	if (!known)
		return virt_fail("Unknown data source '%s'", source);
	if (vsb_domain_table(domain, "addresses", 0, &cells, &error) < 0)
		return virt_failed(error, "Failed to query for interfaces addresses");
	virt_extra(shell, " %-10s %-20s %-8s     %s\n%s%s\n", "Name", "MAC address", "Protocol",
		"Address", "---------------------------------------------------",
		"----------------------------");
	for (char **row = cells; *row; row += 4)
		if (!only || strcmp(only, row[0]) == 0)
			virt_say(" %-10s %-20s %-8s     %s\n", row[0], row[1], row[2], row[3]);
	return true;
}

/* -- Figures: names and numbers -- */

static const char *figure(char *const *figures, const char *name)
{
	for (; *figures; figures += 2)
		if (strcmp(figures[0], name) == 0)
			return figures[1];
	return NULL;
}

/* NULL: it said why not, below the sentence of what was to be done. */
__attribute__((format(printf, 2, 3))) static char **running_figures(
	const VirtArgs *args, const char *format, ...)
{
	va_list list;
	_cleanup_domain_ vsb_domain *domain = virt_domain(args);
	_cleanup_text_ char *id = domain ? virt_get(domain, "id") : NULL;

	if (!id)
		return NULL;
	if (*id)
		return rows_of(domain, "figures", 0);
	va_start(list, format);
	(void)virt_fail_list(format, list);
	va_end(list);
	(void)virt_not_running();
	return NULL;
}

static bool run_cpu_stats(VirtShell *shell, const VirtArgs *args)
{
	static const char *const names[][2] = { { "cpu_time", "cpu.time" },
		{ "user_time", "cpu.user" }, { "system_time", "cpu.system" } };
	_cleanup_strv_ char **figures = running_figures(args,
		"Failed to retrieve CPU statistics for domain '%s'", virt_value(args, "domain"));

	(void)shell;
	if (!figures)
		return false;
	if (virt_has(args, "start") || virt_has(args, "count"))
		return virt_fail(
			"argument unsupported: cgroup v2 counts no time by processor; use --total");
	virt_say("Total:\n");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *value = figure(figures, names[i][1]);
		long long nanoseconds;

		if (!value)
			continue;
		nanoseconds = strtoll(value, NULL, 10);
		virt_say("\t%-12s %9lld.%09lld seconds\n", names[i][0], nanoseconds / 1000000000,
			nanoseconds % 1000000000);
	}
	return true;
}

/* unknown: for what this host does not count; NULL: that is left out. */
static bool say_figures(char *const *figures, const char *const (*names)[2], const char *unknown)
{
	for (; (*names)[0]; names++) {
		const char *value = figure(figures, (*names)[1]);

		if (value || unknown)
			virt_say("%s %s\n", (*names)[0], value ? value : unknown);
	}
	return true;
}

static bool run_dommemstat(VirtShell *shell, const VirtArgs *args)
{
	static const char *const names[][2] = { { "actual", "balloon.current" },
		{ "swap_in", "balloon.swap_in" }, { "rss", "balloon.rss" }, {} };
	_cleanup_strv_ char **figures = running_figures(
		args, "Failed to get memory statistics for domain %s", virt_value(args, "domain"));

	(void)shell;
	return figures && say_figures(figures, names, NULL);
}

/* virsh puts the device's name before each, which "all" has none of. */
static bool run_domblkstat(VirtShell *shell, const VirtArgs *args)
{
	static const char *const names[][2] = { { " rd_req", "block.rd.reqs" },
		{ " rd_bytes", "block.rd.bytes" }, { " wr_req", "block.wr.reqs" },
		{ " wr_bytes", "block.wr.bytes" }, {} };
	const char *device = virt_value(args, "device") ? virt_value(args, "device") : "";
	_cleanup_strv_ char **figures =
		running_figures(args, "Failed to get block stats for domain '%s' device '%s'",
			virt_value(args, "domain"), device);

	(void)shell;
	if (!figures)
		return false;
	if (*device)
		return virt_fail(
			"invalid argument: invalid path: %s; only the sum of all is known", device);
	return say_figures(figures, names, "-");
}

/* "net.0.name" is the interface's; its figures have the same beginning. */
static bool run_domifstat(VirtShell *shell, const VirtArgs *args)
{
	static const char *const names[][2] = { { "rx_bytes", "rx.bytes" },
		{ "rx_packets", "rx.pkts" }, { "rx_errs", "rx.errs" }, { "rx_drop", "rx.drop" },
		{ "tx_bytes", "tx.bytes" }, { "tx_packets", "tx.pkts" }, { "tx_errs", "tx.errs" },
		{ "tx_drop", "tx.drop" } };
	const char *interface = virt_value(args, "interface");
	_cleanup_strv_ char **figures = running_figures(
		args, "Failed to get interface stats %s %s", virt_value(args, "domain"), interface);

	(void)shell;
	if (!figures)
		return false;
	for (unsigned int n = 0;; n++) {
		char key[64];
		const char *name;

		(void)snprintf(key, sizeof(key), "net.%u.name", n);
		name = figure(figures, key);
		if (!name)
			break;
		if (strcmp(name, interface) != 0)
			continue;
		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
			(void)snprintf(key, sizeof(key), "net.%u.%s", n, names[i][1]);
			name = figure(figures, key);
			virt_say("%s %s %s\n", interface, names[i][0], name ? name : "0");
		}
		return true;
	}
	(void)virt_fail(
		"Failed to get interface stats %s %s", virt_value(args, "domain"), interface);
	return virt_fail("invalid argument: '%s' is not a known interface", interface);
}

/* Groups of figures that no container has. */
static const char *const groups_without[] = { "vcpu", "perf", "iothread", "memory", "dirtyrate",
	"vm" };
#define VIRT_GROUPS_WITHOUT (sizeof(groups_without) / sizeof(groups_without[0]))

static bool has_one_of(const VirtArgs *args, const char *const *options, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (virt_has(args, options[i]))
			return true;
	return false;
}

/* 1: each kind of --list-... that is given lets it through, or none is; negative: it said why it cannot know. */
static int is_listed(const VirtArgs *args, const vsb_domain *domain)
{
	_cleanup_text_ char *state = virt_get(domain, "state"),
			    *persistent = virt_get(domain, "persistent");
	bool off = state && strcmp(state, "shut off") == 0,
	     running = state && strcmp(state, "running") == 0,
	     paused = state && strcmp(state, "paused") == 0,
	     kept = persistent && strcmp(persistent, "yes") == 0;
	const struct {
		const char *option;
		bool fits;
		unsigned int kind;
	} choices[] = { { "list-active", !off, 0 }, { "list-inactive", off, 0 },
		{ "list-persistent", kept, 1 }, { "list-transient", !kept, 1 },
		{ "list-running", running, 2 }, { "list-paused", paused, 2 },
		{ "list-shutoff", off, 2 }, { "list-other", !off && !running && !paused, 2 } };
	bool asked[3] = { false }, fits[3] = { false };

	if (!state || !persistent)
		return -1;
	for (size_t i = 0; i < sizeof(choices) / sizeof(choices[0]); i++)
		if (virt_has(args, choices[i].option)) {
			asked[choices[i].kind] = true;
			fits[choices[i].kind] = fits[choices[i].kind] || choices[i].fits;
		}
	return (!asked[0] || fits[0]) && (!asked[1] || fits[1]) && (!asked[2] || fits[2]);
}

/* Of one domain, those of the groups that are asked for; none asks for all. */
static bool say_stats(const VirtArgs *args, const vsb_domain *domain)
{
	static const struct {
		const char *option, *prefix;
	} groups[] = { { "state", "state." }, { "cpu-total", "cpu." }, { "balloon", "balloon." },
		{ "interface", "net." }, { "block", "block." } };
	_cleanup_text_ char *name = virt_get(domain, "name");
	_cleanup_strv_ char **figures = NULL;
	bool all = !has_one_of(args, groups_without, VIRT_GROUPS_WITHOUT);
	int listed = is_listed(args, domain);

	if (!name || listed <= 0)
		return listed == 0;
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		all = all && !virt_has(args, groups[i].option);
	figures = rows_of(domain, "figures", 0);
	virt_say("Domain: '%s'\n", name);
	for (char **row = figures; row && *row; row += 2)
		for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
			if ((all || virt_has(args, groups[i].option)) &&
				strncmp(row[0], groups[i].prefix, strlen(groups[i].prefix)) == 0)
				virt_say("  %s=%s\n", row[0], row[1]);
	virt_say("\n");
	return figures != NULL;
}

static bool run_domstats(VirtShell *shell, const VirtArgs *args)
{
	_cleanup_error_ vsb_error *error = NULL;
	vsb_domain **domains = NULL;
	size_t count = 0;
	bool good = true;

	(void)shell;
	if (virt_has(args, "enforce") && has_one_of(args, groups_without, VIRT_GROUPS_WITHOUT))
		return virt_fail("argument unsupported: a container has none of these figures");
	for (size_t i = 0; i < args->n_rest; i++) {
		_cleanup_domain_ vsb_domain *domain = virt_domain_of(args->rest[i], 0);

		if (!domain)
			return false;
		good = say_stats(args, domain) && good;
	}
	if (args->n_rest > 0)
		return good;
	if (vsb_domain_list(&domains, &count, &error) < 0)
		return virt_fail_error(error);
	for (size_t i = 0; i < count; i++)
		good = say_stats(args, domains[i]) && good;
	vsb_domains_free(domains, count);
	return good;
}

/* -- Events -- */

typedef struct Watching {
	const char *domain; /* NULL: all */
	bool loop, timestamp;
	unsigned int seen;
} Watching;

static void say_time(void)
{
	struct timespec now;
	struct tm parts;
	char text[64];

	(void)clock_gettime(CLOCK_REALTIME, &now); /* cannot fail */
	if (localtime_r(&now.tv_sec, &parts) &&
		strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &parts) > 0)
		virt_say("%s.%03ld%+03d00: ", text, now.tv_nsec / 1000000,
			(int)(parts.tm_gmtoff / 3600));
}

static bool on_event(const char *domain, const char *event, const char *detail, void *data)
{
	Watching *watching = data;

	if (watching->domain && strcmp(watching->domain, domain) != 0)
		return true;
	if (watching->timestamp)
		say_time();
	virt_say("event 'lifecycle' for domain '%s': %s %s\n", domain, event, detail);
	(void)fflush(stdout);
	watching->seen++;
	return watching->loop;
}

static bool run_event(VirtShell *shell, const VirtArgs *args)
{
	_cleanup_error_ vsb_error *error = NULL;
	_cleanup_domain_ vsb_domain *domain = NULL;
	_cleanup_text_ char *name = NULL;
	const char *event = virt_value(args, "event");
	Watching watching = { .loop = virt_has(args, "loop"),
		.timestamp = virt_has(args, "timestamp") };
	long long seconds = -1;
	int r;

	if (virt_has(args, "list")) {
		virt_say("lifecycle\n");
		return true;
	}
	if (!event && !virt_has(args, "all"))
		return virt_fail("one of --list, --all, or --event <type> is required");
	if (event && strcmp(event, "lifecycle") != 0)
		return virt_fail("unknown event type %s", event);
	if (virt_number(args, "timeout", 1, INT32_MAX / 1000, &seconds) < 0)
		return false;
	if (virt_value(args, "domain")) {
		domain = virt_domain(args);
		name = domain ? virt_get(domain, "name") : NULL;
		if (!name)
			return false;
		watching.domain = name;
	}
	r = vsb_domain_events((int)seconds, on_event, &watching, &error);
	if (r < 0)
		return virt_fail_error(error);
	if (r == 0)
		virt_extra(shell, "event loop timed out\n");
	virt_extra(shell, "events received: %u\n", watching.seen);
	return watching.seen > 0;
}

static const VirtOption interfaces_options[] = { VIRT_OPTION_DOMAIN,
	{ "inactive", VIRT_BOOL, "get inactive rather than running configuration" }, {} };
static const VirtOption disks_options[] = { VIRT_OPTION_DOMAIN,
	{ "inactive", VIRT_BOOL, "get inactive rather than running configuration" },
	{ "details", VIRT_BOOL, "additionally display the type and device value" }, {} };
static const VirtOption addresses_options[] = { VIRT_OPTION_DOMAIN,
	{ "interface", VIRT_STRING, "network interface name" },
	{ "full", VIRT_BOOL, "accepted: names and MACs are always shown" },
	{ "source", VIRT_STRING, "accepted: the domain itself is asked", true }, {} };
static const VirtOption cpu_options[] = { VIRT_OPTION_DOMAIN,
	{ "total", VIRT_BOOL, "show total statistics only" },
	{ "start", VIRT_INT, "show statistics from this CPU", true },
	{ "count", VIRT_INT, "number of shown CPUs at most", true }, {} };
static const VirtOption memory_options[] = { VIRT_OPTION_DOMAIN, {} };
static const VirtOption block_options[] = { VIRT_OPTION_DOMAIN,
	{ "device", VIRT_STRING, "block device; none: the sum of all" },
	{ "human", VIRT_BOOL, "accepted: the names are plain already" }, {} };
static const VirtOption interface_options[] = { VIRT_OPTION_DOMAIN,
	{ "interface", VIRT_DATA, "interface device, as domiflist shows it" }, {} };
static const VirtOption stats_options[] = {
	{ "state", VIRT_BOOL, "report domain state" },
	{ "cpu-total", VIRT_BOOL, "report domain physical cpu usage" },
	{ "balloon", VIRT_BOOL, "report domain memory" },
	{ "interface", VIRT_BOOL, "report domain network interface information" },
	{ "block", VIRT_BOOL, "report domain block device statistics" },
	{ "vcpu", VIRT_BOOL, "accepted: no container has such figures" },
	{ "perf", VIRT_BOOL, "accepted, likewise" },
	{ "iothread", VIRT_BOOL, "accepted, likewise" },
	{ "memory", VIRT_BOOL, "accepted, likewise" },
	{ "dirtyrate", VIRT_BOOL, "accepted, likewise" },
	{ "vm", VIRT_BOOL, "accepted, likewise" },
	{ "list-active", VIRT_BOOL, "list only active domains" },
	{ "list-inactive", VIRT_BOOL, "list only inactive domains" },
	{ "list-persistent", VIRT_BOOL, "list only persistent domains" },
	{ "list-transient", VIRT_BOOL, "list only transient domains" },
	{ "list-running", VIRT_BOOL, "list only running domains" },
	{ "list-paused", VIRT_BOOL, "list only paused domains" },
	{ "list-shutoff", VIRT_BOOL, "list only domains that are shut off" },
	{ "list-other", VIRT_BOOL, "list only domains in other states" },
	{ "raw", VIRT_BOOL, "accepted: there is no other form" },
	{ "enforce", VIRT_BOOL, "fail for groups that no container has" },
	{ "backing", VIRT_BOOL, "accepted: images have no backing chain" },
	{ "nowait", VIRT_BOOL, "accepted: nothing is waited for" },
	{ "domain", VIRT_REST, "list of domains to get stats for" },
	{},
};
static const VirtOption event_options[] = {
	{ "domain", VIRT_STRING, "filter by domain name, id or uuid" },
	{ "event", VIRT_STRING, "which event type to wait for: lifecycle" },
	{ "all", VIRT_BOOL, "wait for all events" },
	{ "loop", VIRT_BOOL, "loop until timeout or interrupt" },
	{ "timeout", VIRT_INT, "timeout seconds", true },
	{ "list", VIRT_BOOL, "list valid event types" },
	{ "timestamp", VIRT_BOOL, "show timestamp for each printed event" },
	{},
};

const VirtCommand virt_figure_commands[] = {
	{ "cpu-stats", "show domain cpu statistics", cpu_options, run_cpu_stats },
	{ "domblklist", "list all domain blocks", disks_options, run_domblklist },
	{ "domblkstat", "get device block stats for a domain", block_options, run_domblkstat },
	{ "domifaddr", "get network interfaces' addresses", addresses_options, run_domifaddr },
	{ "domiflist", "list all domain virtual interfaces", interfaces_options, run_domiflist },
	{ "domifstat", "get network interface stats for a domain", interface_options,
		run_domifstat },
	{ "dommemstat", "get memory statistics for a domain", memory_options, run_dommemstat },
	{ "domstats", "get statistics about one or multiple domains", stats_options, run_domstats },
	{ "event", "wait for events of domains", event_options, run_event },
	{},
};
