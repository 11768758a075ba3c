/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The table of the commands of virt-sandbox-service, and of the options that are not keys.
 */

#include "cli/command.h"

static bool takes_all(const vsb_key *key)
{
	(void)key;
	return true;
}

static bool takes_live(const vsb_key *key)
{
	return vsb_key_is_live(key);
}

static const Option start_rows[] = {
	{ "healthy", 0, NULL, "wait until its health check passes" },
	{ "dry-run", 'n', NULL, "print what would be started, change nothing" },
	{},
};

static const Option create_rows[] = {
	{ "dry-run", 'n', NULL, "print the plan with reasons, change nothing" },
	{ "json", 0, NULL, "the plan as JSON" },
	{ "env-file", 0, "FILE", "file with NAME=VALUE lines, for the environment", .list = true },
	{ "take-over", 0, "UNIT", "move this unit from the host, with -C", .list = true },
	{},
};

static const Option stop_rows[] = {
	{ "time", 't', "SECONDS", "time to shut down before being killed (default 30)" },
	{},
};

static const Option restart_rows[] = {
	{ "time", 't', "SECONDS", "time to shut down before being killed (default 30)" },
	{ "stale", 0, NULL, "only those running files that an update deleted" },
	{ "drain", 0, "SECONDS", "wait for connections to published ports to end" },
	{ "one-by-one", 0, NULL, "upgrade, wait until healthy, else roll back" },
	{},
};

static const Option reload_rows[] = {
	{ "unitfile", 'u', "UNIT", "only this unit", .list = true },
	{},
};

static const Option kill_rows[] = {
	{ "signal", 0, "SIGNAL", "signal name or number (default TERM)" },
	{ "all", 0, NULL, "signal all processes inside, not only the first" },
	{},
};

static const Option events_rows[] = {
	{ "follow", 'f', NULL, "show events as they happen, until interrupted" },
	{ "event", 0, "EVENT", "only these events, e.g. failed,oom", .list = true },
	{ "since", 0, "TIME", "only newer events, e.g. 2h, or 2026-01-31 14:00" },
	{ "json", 0, NULL, "one JSON object per line" },
	{},
};

static const Option stats_rows[] = {
	{ "watch", 0, NULL, "repeat every two seconds, until interrupted" },
	{ "json", 0, NULL, "all figures, as JSON" },
	{ "openmetrics", 0, NULL, "all figures, as OpenMetrics text" },
	{},
};

static const Option wait_rows[] = {
	{ "for", 0, "STATE", "running, stopped (default), ready, degraded, failed" },
	{ "timeout", 0, "SECONDS", "give up after this time (default 3600)" },
	{},
};

static const Option execute_rows[] = {
	{ "noseclabel", 'N', NULL, "keep the caller's label" },
	{ "user", 'U', "USER", "user inside (default root)" },
	{ "workdir", 'w', "DIR", "directory inside (default the user's home)" },
	{ "detach", 'd', NULL, "do not wait for the command" },
	{ "env", 'e', "NAME[=VALUE]", "environment variable of the command", .list = true },
	{ "env-file", 0, "FILE", "file with NAME=VALUE lines, for the environment", .list = true },
	{},
};

static const Option copy_rows[] = {
	{ "follow", 'L', NULL, "if SOURCE is a symlink, copy its target" },
	{ "skip-special", 0, NULL, "leave out devices, pipes, sockets, setuid programs" },
	{},
};

static const Option connect_rows[] = {
	{ "user", 'U', "USER", "user inside (default root)" },
	{},
};

static const Option json_rows[] = {
	{ "json", 0, NULL, "as JSON" },
	{},
};

static const Option upgrade_rows[] = {
	{ "base", 0, "BASE", "move a full system to this base" },
	{ "dry-run", 'n', NULL, "print what would change, change nothing" },
	{ "all", 0, NULL, "all; running ones according to their on-upgrade" },
	{ "by-policy", 0, NULL, "--all: only if on-upgrade is restart or units" },
	{ "check", 0, NULL, "list those stale, broken or behind (status 2)" },
	{ "json", 0, NULL, "--all, --check: as JSON" },
	{},
};

static const Option apply_rows[] = {
	{ "check", 0, NULL, "print what differs (status 2), change nothing" },
	{ "json", 0, NULL, "as JSON" },
	{},
};

static const Option network_rows[] = {
	{ "mode", 0, "MODE", "create: nat (default), routed or isolated" },
	{ "subnet", 0, "NETWORK", "create: IPv4 network (default: a free one)" },
	{ "ipv6", 0, "PREFIX", "create: IPv6 prefix, auto or none" },
	{ "dhcp", 0, "RANGE", "create: run a DHCP server; yes, or FIRST-LAST" },
	{ "dns", 0, NULL, "create: run a DNS server for its containers" },
	{ "json", 0, NULL, "list: as JSON" },
	{},
};

static const Option base_rows[] = {
	{ "os", 0, "SYSTEM", "create: install this, e.g. debian:bookworm", "system", "os" },
	{ "os-from", 0, "PATH", "create: use this directory or tar archive", "system", "from" },
	{ "arch", 0, "ARCH", "create: architecture of its programs", "system", "arch" },
	{ "json", 0, NULL, "list: as JSON" },
	{},
};

static const Option delete_rows[] = {
	{ "keep-days", 0, "DAYS", "keep it for this long, for undelete" },
	{ "force", 0, NULL, "even if its description is unreadable, or it is kept" },
	{},
};

static const Option prune_rows[] = {
	{ "dry-run", 'n', NULL, "print what would be removed, change nothing" },
	{ "force", 0, NULL, "do not ask" },
	{ "json", 0, NULL, "as JSON" },
	{},
};

static const Option reach_rows[] = {
	{ "json", 0, NULL, "as JSON" },
	{ "dot", 0, NULL, "as a graph for dot(1)" },
	{},
};

static const Option list_rows[] = {
	{ "running", 'r', NULL, "only running containers" },
	{ "all", 'a', NULL, "include deleted containers that are kept" },
	{ "filter", 'f', "COLUMN=PATTERN", "only matching ones, e.g. state=degraded",
		.list = true },
	{ "sort", 0, "COLUMN", "sort by this column (default name)" },
	{ "columns", 0, "COLUMN,...", "these columns in this order" },
	{ "json", 0, NULL, "as JSON" },
	{},
};

const Command service_commands[] = {
	{
		.name = "create",
		.arguments = "NAME [-- COMMAND...]",
		.help = "create a container from units, or for a command",
		.example = "create -C -u apache2.service web1\n"
			   "create -u nginx.service -u php8.2-fpm.service shop\n"
			   "create --dry-run -C -u redis-server.service cache\n"
			   "create -C --take-over nginx.service web2\n"
			   "create two -- /usr/bin/python3 -m http.server 80",
		.min_words = 1,
		.max_words = 1,
		.takes_command = true,
		.options = { create_rows, takes_all },
		.run = run_create,
	},
	{
		.name = "clone",
		.arguments = "NAME[@TAG] COPY",
		.help = "make a copy with its own identity",
		.example = "clone web1 web2\nclone web1@monday web3",
		.min_words = 2,
		.max_words = 2,
		.options = { export_rows + 3 },
		.run = run_clone,
	},
	{
		.name = "start",
		.arguments = "NAME...",
		.help = "start; return when the service is up",
		.example = "start web1",
		.min_words = 1,
		.max_words = WORDS_MANY,
		.options = { start_rows, NULL },
		.run = run_start,
	},
	{
		.name = "stop",
		.arguments = "NAME...",
		.help = "shut down",
		.example = "stop --time 60 web1",
		.min_words = 1,
		.max_words = WORDS_MANY,
		.options = { stop_rows },
		.run = run_stop,
	},
	{
		.name = "restart",
		.arguments = "NAME... | --stale",
		.help = "stop and start again",
		.example = "restart web1\n"
			   "restart --stale",
		.max_words = WORDS_MANY,
		.options = { restart_rows },
		.run = run_restart,
	},
	{
		.name = "reload",
		.arguments = "NAME",
		.help = "reload the units inside",
		.example = "reload -u apache2.service web1",
		.min_words = 1,
		.max_words = 1,
		.options = { reload_rows },
		.each = each_reload,
		.doing = "reloading",
	},
	{
		.name = "export",
		.arguments = "NAME[@TAG] FILE",
		.help = "write a container to one file",
		.example = "export web1 /srv/web1.vsb\n"
			   "export --oci --direct web1 /srv/web1.tar",
		.min_words = 2,
		.max_words = 2,
		.options = { export_rows },
		.run = run_export,
	},
	{
		.name = "import",
		.arguments = "FILE [NAME]",
		.help = "create a container from a file",
		.example = "import /srv/web1.vsb\n"
			   "import --dry-run /srv/web1.vsb",
		.min_words = 1,
		.max_words = 2,
		.options = { import_rows },
		.run = run_import,
	},
	{
		.name = "snapshot",
		.arguments = "NAME [TAG] | --delete NAME@TAG",
		.help = "save its content",
		.example = "snapshot --pause web1 monday\nsnapshot --delete web1@monday",
		.min_words = 1,
		.max_words = 2,
		.options = { snapshot_rows },
		.run = run_snapshot,
	},
	{
		.name = "restore",
		.arguments = "NAME@TAG",
		.help = "restore its content from a snapshot",
		.example = "restore web1@monday",
		.min_words = 1,
		.max_words = 1,
		.run = run_restore,
	},
	{
		.name = "rename",
		.arguments = "NAME NEW",
		.help = "rename a stopped container",
		.example = "rename web1 shop",
		.min_words = 2,
		.max_words = 2,
		.run = run_rename,
	},
	{
		.name = "kill",
		.arguments = "NAME...",
		.help = "send a signal to the first process",
		.example = "kill --signal HUP web1",
		.min_words = 1,
		.max_words = WORDS_MANY,
		.options = { kill_rows },
		.each = each_send_signal,
		.doing = "sending a signal to",
	},
	{
		.name = "pause",
		.arguments = "NAME...",
		.help = "freeze all processes",
		.example = "pause web1",
		.min_words = 1,
		.max_words = WORDS_MANY,
		.each = each_pause,
		.doing = "pausing",
	},
	{
		.name = "resume",
		.arguments = "NAME...",
		.help = "let paused containers continue",
		.example = "resume web1",
		.min_words = 1,
		.max_words = WORDS_MANY,
		.each = each_resume,
		.doing = "resuming",
	},
	{
		.name = "wait",
		.arguments = "NAME...",
		.help = "wait until it reaches a state",
		.example = "wait --for ready --timeout 60 web1",
		.min_words = 1,
		.max_words = WORDS_MANY,
		.options = { wait_rows },
		.run = run_wait_for,
	},
	{
		.name = "connect",
		.arguments = "NAME",
		.help = "open a shell inside; ^] leaves it",
		.example = "connect web1",
		.min_words = 1,
		.max_words = 1,
		.options = { connect_rows },
		.run = run_connect,
	},
	{
		.name = "execute",
		.arguments = "NAME -- COMMAND...",
		.help = "run a command inside",
		.example = "execute web1 -- systemctl status apache2",
		.min_words = 1,
		.max_words = WORDS_MANY,
		.takes_command = true,
		.options = { execute_rows },
		.failed = EXIT_SANDBOX,
		.run = run_execute,
	},
	{
		.name = "cp",
		.arguments = "SOURCE TARGET",
		.help = "copy files; those inside are NAME:/PATH",
		.example = "cp index.html web1:/var/www/html/\n"
			   "cp web1:/var/log/apache2 /tmp",
		.min_words = 2,
		.max_words = 2,
		.options = { copy_rows },
		.run = run_copy,
	},
	{
		.name = "list",
		.arguments = "",
		.help = "show all containers",
		.example = "list -r --sort memory\n"
			   "list --filter state=failed --columns name,problem",
		.options = { list_rows },
		.run = run_list,
	},
	{
		.name = "reach",
		.arguments = "[NAME]",
		.help = "show who can reach whom, by the rules in force",
		.example = "reach web1",
		.max_words = 1,
		.options = { reach_rows },
		.run = run_reach,
	},
	{
		.name = "ps",
		.arguments = "NAME",
		.help = "show the processes inside",
		.example = "ps web1",
		.min_words = 1,
		.max_words = 1,
		.options = { json_rows },
		.each = each_ps,
		.doing = "looking at",
	},
	{
		.name = "diff",
		.arguments = "NAME",
		.help = "show what has changed in its /etc",
		.example = "diff web1",
		.min_words = 1,
		.max_words = 1,
		.options = { json_rows },
		.each = each_diff,
		.doing = "comparing",
	},
	{
		.name = "du",
		.arguments = "[NAME...]",
		.help = "show disk usage",
		.example = "du --json web1",
		.min_words = 0,
		.max_words = WORDS_MANY,
		.options = { json_rows },
		.run = run_disk_usage,
	},
	{
		.name = "events",
		.arguments = "[NAME...]",
		.help = "show what happened to containers",
		.example = "events --follow --json",
		.min_words = 0,
		.max_words = WORDS_MANY,
		.options = { events_rows },
		.run = run_events,
	},
	{
		.name = "stats",
		.arguments = "[NAME...]",
		.help = "show resource use of running containers",
		.example = "stats --watch web1",
		.min_words = 0,
		.max_words = WORDS_MANY,
		.options = { stats_rows },
		.run = run_stats,
	},
	{
		.name = "inspect",
		.arguments = "NAME...",
		.help = "show everything known about one, as JSON",
		.example = "inspect web1",
		.min_words = 1,
		.max_words = WORDS_MANY,
		.each = each_inspect,
		.doing = "inspecting",
	},
	{
		.name = "logs",
		.arguments = "[OPTION...] NAME [OPTION...]",
		.help = "show its journal; options as journalctl(1)",
		.example = "logs web1 -u apache2 -n 20\n"
			   "logs -f --since today web1",
		.min_words = 1,
		.max_words = WORDS_MANY,
		.mode = ARGS_FOREIGN,
		.run = run_logs,
	},
	{
		.name = "set",
		.arguments = "NAME",
		.help = "change limits and more, even while it runs",
		.example = "set --memory 1G --cpus 2 web1",
		.min_words = 1,
		.max_words = 1,
		.options = { .accepts = takes_live },
		.run = run_set,
	},
	{
		.name = "apply",
		.arguments = "FILE|DIR...",
		.help = "make containers match descriptions",
		.example = "apply --check /srv/containers\n"
			   "apply web1.sandbox",
		.min_words = 1,
		.max_words = WORDS_MANY,
		.options = { apply_rows },
		.run = run_apply,
	},
	{
		.name = "edit",
		.arguments = "NAME",
		.help = "edit its description and check the result",
		.example = "edit web1",
		.min_words = 1,
		.max_words = 1,
		.options = { json_rows },
		.run = run_edit,
	},
	{
		.name = "upgrade",
		.arguments = "NAME... | --all",
		.help = "merge changes of the host's packages",
		.example = "upgrade web1\n"
			   "upgrade --all",
		.max_words = WORDS_MANY,
		.options = { upgrade_rows },
		.run = run_upgrade,
	},
	{
		.name = "relabel",
		.arguments = "NAME...",
		.help = "repair the security labels of its files",
		.example = "relabel web1",
		.min_words = 1,
		.max_words = WORDS_MANY,
		.each = each_relabel,
		.doing = "relabelling",
	},
	{
		.name = "audit",
		.arguments = "[NAME]",
		.help = "explain access denials",
		.example = "audit web1",
		.max_words = 1,
		.options = { json_rows },
		.run = run_audit,
	},
	{
		.name = "check",
		.arguments = "",
		.help = "check what this host supports",
		.example = "check",
		.options = { json_rows },
		.run = run_check,
	},
	{
		.name = "verify",
		.arguments = "NAME",
		.help = "verify its isolation, from outside",
		.example = "verify web1",
		.min_words = 1,
		.max_words = 1,
		.options = { json_rows },
		.run = run_verify,
	},
	{
		.name = "policy",
		.arguments = "install|status|remove",
		.help = "manage our SELinux policy or Smack labels",
		.example = "policy status",
		.min_words = 1,
		.max_words = 1,
		.run = run_policy,
	},
	{
		.name = "rules",
		.arguments = "check|list",
		.help = "check or list the rules about products",
		.example = "rules check",
		.min_words = 1,
		.max_words = 1,
		.options = { json_rows },
		.run = run_rules,
	},
	{
		.name = "network",
		.arguments = "VERB [NAME...]",
		.help = "create, list, inspect, delete named networks",
		.example = "network create --mode isolated backend\n"
			   "network list",
		.min_words = 1,
		.max_words = WORDS_MANY,
		.options = { network_rows },
		.run = run_network,
	},
	{
		.name = "base",
		.arguments = "VERB [BASE...]",
		.help = "create, list, delete bases of full systems",
		.example = "base create --os debian:bookworm\n"
			   "base list",
		.min_words = 1,
		.max_words = WORDS_MANY,
		.options = { base_rows },
		.run = run_base,
	},
	{
		.name = "delete",
		.arguments = "NAME...",
		.help = "remove stopped containers and all their data",
		.example = "delete web1\n"
			   "delete --keep-days 7 web2",
		.min_words = 1,
		.max_words = WORDS_MANY,
		.options = { delete_rows },
		.run = run_delete,
	},
	{
		.name = "undelete",
		.arguments = "NAME...",
		.help = "restore what delete --keep-days has kept",
		.example = "undelete web2",
		.min_words = 1,
		.max_words = WORDS_MANY,
		.each = each_undelete,
		.doing = "restoring",
	},
	{
		.name = "prune",
		.arguments = "",
		.help = "remove what is no longer needed",
		.example = "prune --dry-run",
		.options = { prune_rows },
		.run = run_prune,
	},
	{},
};
