/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * virt-lxc: libvirt's LXC domains without libvirt, in virsh's words.
 */
#include <ctype.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cli/virt-lxc-line.h"
#include "cli/virt-lxc.h"

#define URI "lxc:///" /* what libvirt calls the containers of this host */
#define DEBUG_LEVEL_NONE 4 /* of -d: errors alone; 0 is everything */
#define PROMPT "virt-lxc # "

const VirtGroup virt_groups[] = {
	{ "Domain Management", "domain", virt_domain_commands },
	{ "Domain Limits", "tune", virt_tune_commands },
	{ "Domain Devices", "devices", virt_device_commands },
	{ "Domain Monitoring", "monitor", virt_monitor_commands },
	{ "Domain Figures", "figures", virt_figure_commands },
	{ "Host and Hypervisor", "host", virt_host_commands },
	{ "Networking", "network", virt_network_commands },
	{ "virt-lxc itself", "virsh", virt_shell_commands },
	{},
};

static const char *usual_uri(void)
{
	const char *uri = getenv("VIRSH_DEFAULT_CONNECT_URI");

	return uri ? uri : getenv("LIBVIRT_DEFAULT_URI");
}

bool virt_connect(VirtShell *shell, const char *uri)
{
	static const char *const uris[] = { URI, "lxc:", "lxc://", "lxc:///system", "lxc+unix:///",
		"lxc+unix:///system" };
	static const char *const schemes[] = { URI, "lxc+unix:///" };

	uri = uri ? uri : usual_uri();
	if (!uri || !*uri)
		uri = URI;
	for (size_t i = 0; i < sizeof(uris) / sizeof(uris[0]); i++)
		if (strcmp(uri, uris[i]) == 0) {
			shell->uri = uris[i];
			return true;
		}
	(void)virt_fail("failed to connect to the hypervisor");
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
		if (strncmp(uri, schemes[i], strlen(schemes[i])) == 0)
			return virt_fail("internal error: Unexpected LXC URI path '%.128s', try "
					 "lxc:///system",
				uri + strlen(schemes[i]) - 1);
	return virt_fail("only " URI " URIs are currently supported, not \"%.128s\"", uri);
}

/* Would it change anything? */
static bool changes(const VirtArgs *args)
{
	const VirtOption *options = args->command->options;
	bool shows = args->command->changes == VIRT_TUNES;

	if (args->command->changes == VIRT_READS)
		return false;
	for (size_t i = 0; shows && options[i].name; i++)
		if (args->seen[i] && strcmp(options[i].name, "edit") != 0 &&
			strcmp(options[i].name, "remove") != 0)
			shows = options[i].kind == VIRT_BOOL || options[i].kind == VIRT_DATA;
		else if (args->seen[i])
			shows = false;
	return !shows;
}

static bool may_run(VirtShell *shell, const VirtArgs *args)
{
	if (args->command->unasked)
		return true;
	if (!virt_connect(shell, shell->uri))
		return false;
	return shell->readonly && changes(args)
		       ? virt_fail("operation forbidden: read only access prevents %s",
				 args->command->name)
		       : true;
}

static double now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t); /* cannot fail */
	return (double)t.tv_sec * 1000 + (double)t.tv_nsec / 1000000;
}

static bool run_one(VirtShell *shell, char *const *words)
{
	VirtArgs args;
	double began = now();
	bool good = virt_parse(words, &args);

	shell->status = 0;
	if (!good) {
		virt_args_done(&args);
		return false;
	}
	good = may_run(shell, &args) && args.command->run(shell, &args);
	virt_args_done(&args);
	if (shell->ended)
		return good;
	if (shell->timing)
		virt_say("\n(Time: %.3f ms)\n\n", now() - began);
	else
		virt_extra(shell, "\n");
	return good;
}

/* Is each of the commands one? All are read before the first is run. */
static bool check_line(char *const *words, size_t count)
{
	bool good = true;

	for (size_t i = 0; good && i < count; i++) {
		VirtArgs args;

		if (!words[i] || (i > 0 && words[i - 1]))
			continue;
		good = virt_parse(words + i, &args);
		virt_args_done(&args);
	}
	return good;
}

/* "define a.xml; start a": each is run, whatever became of those before it. */
static bool run_line(VirtShell *shell, const char *line)
{
	size_t count;
	char **words = virt_split(line, &count);
	bool good = words && check_line(words, count), last = good;

	for (size_t i = 0; good && i < count && !shell->ended; i++) {
		if (!words[i])
			continue;
		last = run_one(shell, words + i);
		while (i + 1 < count && words[i + 1])
			i++;
	}
	for (size_t i = 0; words && i < count; i++)
		free(words[i]);
	free(words);
	return last;
}

static bool run_interactive(VirtShell *shell)
{
	bool terminal = isatty(STDIN_FILENO), good = true;
	char *line;

	shell->interactive = true;
	if (terminal)
		virt_extra(shell, "Welcome to virt-lxc, which runs libvirt's LXC domains.\n\n"
				  "Type:  'help' for help with commands\n"
				  "       'quit' to quit\n\n");
	while (!shell->ended && (line = virt_line_read(terminal ? PROMPT : NULL))) {
		good = run_line(shell, line);
		free(line);
	}
	if (terminal && !shell->ended)
		virt_say("\n");
	return good || terminal;
}

/* As virsh's --autodestroy: what was started so ends with the connection. */
static void end_destroyed(VirtShell *shell)
{
	for (size_t i = 0; i < shell->n_destroyed; i++) {
		_cleanup_domain_ vsb_domain *domain = NULL;

		if (vsb_domain_find(shell->destroyed[i], VSB_DOMAIN_BY_UUID, &domain, NULL) == 0)
			(void)vsb_domain_destroy(domain, NULL); /* it may have ended by itself */
		free(shell->destroyed[i]);
	}
	free(shell->destroyed);
}

enum { OPTION_DEBUG = 256, OPTION_VERSION };

/* "^]" and the like, or one character. */
static bool is_escape(const char *text)
{
	bool control = text[0] == '^' && text[1] && !text[2];

	return control ? strchr("@[\\]^_", text[1]) || isalpha((unsigned char)text[1])
		       : text[0] && text[0] != '^' && !text[1];
}

/* An option that has a value. */
static bool take_value(VirtShell *shell, int option, const char *value)
{
	bool number = *value && strspn(value, "0123456789") == strlen(value);

	switch (option) {
	case 'c':
		shell->uri = value;
		return true;
	case 'd':
		if (number && value[0] - '0' < DEBUG_LEVEL_NONE && !value[1])
			vsb_debug();
		return number ? true : virt_fail("option -d takes a numeric argument");
	case 'e':
		shell->escape = value;
		return is_escape(value)
			       ? true
			       : virt_fail("Invalid string '%s' for escape sequence", value);
	default: /* -k, -K: there is no connection that could go to sleep */
		return number ? true : virt_fail("Invalid value for option -%c", option);
	}
}

static int unknown(int argc, char **argv)
{
	if (optopt && optopt < OPTION_DEBUG)
		(void)virt_fail("unsupported option '-%c'. See --help.", optopt);
	else
		(void)virt_fail("unsupported option '%s'. See --help.",
			optind > 1 && optind <= argc ? argv[optind - 1] : "");
	return EXIT_FAILED;
}

/* -1: go on; else the exit code. */
static int parse_options(VirtShell *shell, int argc, char **argv)
{
	static const struct option options[] = {
		{ "connect", required_argument, NULL, 'c' },
		{ "escape", required_argument, NULL, 'e' },
		{ "quiet", no_argument, NULL, 'q' },
		{ "timing", no_argument, NULL, 't' },
		{ "debug", no_argument, NULL, OPTION_DEBUG },
		{ "readonly", no_argument, NULL, 'r' },
		{ "keepalive-interval", required_argument, NULL, 'k' },
		{ "keepalive-count", required_argument, NULL, 'K' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", optional_argument, NULL, OPTION_VERSION },
		{},
	};
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, "+:c:d:e:k:K:qrthvV", options, NULL)) >= 0) {
		switch (option) {
		case 'c':
		case 'd':
		case 'e':
		case 'k':
		case 'K':
			if (!take_value(shell, option, optarg))
				return EXIT_FAILED;
			break;
		case 'r':
			shell->readonly = true;
			break;
		case 'q':
			shell->quiet = true;
			break;
		case 't':
			shell->timing = true;
			break;
		case OPTION_DEBUG:
			vsb_debug();
			break;
		case 'h':
			virt_help_program();
			return 0;
		case 'v':
		case 'V':
		case OPTION_VERSION:
			(void)printf("virt-lxc %s\n", vsb_version());
			return 0;
		case ':':
			(void)virt_fail("option '%s' requires an argument", argv[optind - 1]);
			return EXIT_FAILED;
		default:
			return unknown(argc, argv);
		}
	}
	return -1;
}

int main(int argc, char **argv)
{
	VirtShell shell = {};
	bool good;
	int code;

	(void)umask(0022);
	(void)signal(SIGPIPE, SIG_IGN); /* a reader that has gone is an error of ours */
	code = argc > 0 ? parse_options(&shell, argc, argv) : EXIT_FAILED;
	if (code >= 0)
		return code;
	if (optind == argc)
		good = run_interactive(&shell);
	else if (optind + 1 == argc)
		good = run_line(&shell, argv[optind]);
	else
		good = run_one(&shell, argv + optind);
	end_destroyed(&shell);
	if (fflush(stdout) != 0 || ferror(stdout))
		good = virt_fail("cannot write the result");
	return good ? 0 : shell.status > 0 ? shell.status : EXIT_FAILED;
}
