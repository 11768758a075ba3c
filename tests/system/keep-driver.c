/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * For tests: the keeping half of the engine by itself.
 *
 *	keep-driver enter [-s] [-n NAME] [-t] [-d] [-c] [-u USER] [-e KEY=value] PID [COMMAND...]
 *	keep-driver launch|reason|tail|attach|reload|cleanup|state NAME
 *	keep-driver stop NAME SECONDS
 *	keep-driver memory NAME BYTES
 *	keep-driver keep NAME SPECFILE
 *	keep-driver drop NAME
 *	keep-driver create|create-and-wait NAME SPECFILE [PRESERVED [CONSOLE-SOCKET]]
 *	keep-driver begin|pause|resume|phase|usage|delete|delete-by-force NAME
 *	keep-driver signal NAME NUMBER
 *
 * enter: into the container of that process; -s: one of a service, -n: of what that container was started with, -t: with a terminal, -d: ^] leaves, -c: print what was captured. Ends with the command's
 * status; 99: detached. keep: is the supervisor of what the file says; drop: undoes what one
 * that was killed left. Every failure is one line on standard error and status 1, or the status that comes with it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/layout.h"
#include "desc/keyfile.h"
#include "engine/enter/enter.h"
#include "engine/keep/foreign.h"
#include "engine/keep/saved-spec.h"
#include "engine/keep/stale-run.h"
#include "engine/keep/state.h"
#include "engine/keep/supervisor.h"
#include "sandbox/compile.h"
#include "sandbox/compile-run.h"

#define DETACHED 99

static Spec *make_spec(DescKind kind)
{
	char *command[] = { (char *)"true", NULL };
	const Desc desc = { .name = (char *)"test", .kind = kind, .command = command };
	Spec *spec = NULL;

	(void)spec_from_desc(&desc, &(Identity){}, &(Places){ .init = "/init", .tree = "/" },
		&(KernelFacts){ 0 }, (CompileTerminal){ 0 }, &spec, NULL);
	return spec;
}

static int enter(int argc, char **argv, Error **ret_error)
{
	_cleanup_free_ char *captured = NULL;
	char *environment[] = { NULL, NULL };
	_cleanup_spec_ Spec *made = NULL;
	DescKind kind = DESC_COMMAND;
	EnterSpec spec = { .environment = environment };
	int option, status = 1, r;

	while ((option = getopt(argc, argv, "+sn:tdcu:e:")) >= 0)
		switch (option) {
		case 's':
			kind = DESC_SERVICE;
			break;
		case 'n':
			if (saved_spec_read(optarg, &made, ret_error) < 0)
				return -1;
			break;
		case 't':
			spec.terminal = true;
			break;
		case 'd':
			spec.detach = true;
			break;
		case 'c':
			spec.capture = &captured;
			break;
		case 'u':
			spec.user = optarg;
			break;
		case 'e':
			environment[0] = optarg;
			break;
		default:
			exit(2);
		}
	if (!made)
		made = make_spec(kind);
	spec.spec = made;
	spec.pid = atoi(argv[optind]);
	spec.pidfd = (int)syscall(SYS_pidfd_open, spec.pid, 0);
	spec.argv = argv[optind + 1] ? argv + optind + 1 : NULL;
	r = engine_enter(&spec, &status, ret_error);
	if (captured)
		(void)printf("%s", captured);
	return r < 0 ? -status : status < 0 ? DETACHED : status;
}

static int show_state(const char *name, Error **ret_error)
{
	_cleanup_run_state_ RunState state = { 0 };
	int r = run_state_load(name, &state, ret_error);

	if (r == 0)
		(void)printf("%s %d %d %s %s\n", run_phase_name(state.phase), (int)state.supervisor,
			(int)state.pid, state.address ? state.address : "-",
			state.cgroup ? state.cgroup : "-");
	return r;
}

static int show_text(int (*get)(const char *name, char **ret, Error **ret_error), const char *name,
	Error **ret_error)
{
	_cleanup_free_ char *text = NULL;
	int r = get(name, &text, ret_error);

	if (r == 0 && text)
		(void)printf("%s\n", text);
	return r;
}

static int clean_up(const char *name, Error **ret_error)
{
	_cleanup_free_ char *path = layout_pathf(LAYOUT_SERVICES, "%s.sandbox", name);
	_cleanup_identity_ Identity *identity = NULL;
	_cleanup_desc_ Desc *desc = NULL;
	int r = keyfile_load(path, &desc, &identity, ret_error);

	if (r == 0)
		r = desc_resolve(desc, ret_error);
	return r < 0 ? r
		     : compile_cleanup(&(Container){ .desc = desc, .identity = identity }, false,
			       ret_error);
}

static const char *spec_file;

static int read_spec(const char *name, Spec **ret, Error **ret_error)
{
	_cleanup_free_ char *text = NULL;
	size_t size;
	int r = file_read(spec_file, &text, &size, ret_error);

	(void)name;
	return r < 0 ? r : spec_parse(text, size, spec_file, ret, ret_error);
}

static const SupervisorCalls calls = { .compile = read_spec };

static int supervise(const char *name, const char *file, Error **ret_error)
{
	LaunchNotifier starter = { .name = name, .fd = -EBADF };
	int status = 0, r;

	spec_file = file;
	r = supervisor_run(name, &calls, &starter, &status, ret_error);
	return r < 0 ? -1 : WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static int drop(const char *name, Error **ret_error)
{
	_cleanup_spec_ Spec *spec = NULL;
	int r = saved_spec_read(name, &spec, ret_error);

	if (r == -ENOENT && ret_error)
		*ret_error = error_free(*ret_error);
	return r < 0 ? r == -ENOENT ? 0 : r : stale_run_remove(spec, NULL, ret_error);
}

static int connect_to(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	return connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0 ? fd : -1;
}

/* Its own 0, 1 and 2 are the container's. */
static int create(char *const *argv, bool wait_for_it, Error **ret_error)
{
	const char *name = argv[0], *file = argv[1];
	Channels channels = CHANNELS_NONE;
	_cleanup_spec_ Spec *spec = NULL;
	int status = 0, r;
	pid_t pid = 0;

	spec_file = file;
	channels.preserved = argv[2] ? (unsigned int)atoi(argv[2]) : 0;
	channels.console_socket = argv[2] && argv[3] ? connect_to(argv[3]) : -EBADF;
	for (int i = 0; i < 3 && channels.console_socket < 0; i++)
		channels.stdio[i] = i;
	r = read_spec(name, &spec, ret_error);
	if (r == 0)
		r = foreign_create(spec, &channels, &pid, ret_error);
	if (r < 0)
		return -1;
	(void)printf("%d\n", (int)pid);
	(void)fflush(stdout);
	if (!wait_for_it)
		return 0;
	if (waitpid(pid, &status, 0) != pid)
		return -1;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static int show_phase(const char *name, Error **ret_error)
{
	_cleanup_run_state_ RunState state = { 0 };
	int r = foreign_state(name, &state, ret_error);

	if (r == 0)
		(void)printf("%s\n", run_phase_name(state.phase));
	return r;
}

static int show_usage(const char *name, Error **ret_error)
{
	RunUsage usage = { 0 };
	int r = foreign_usage(name, &usage, ret_error);

	if (r == 0)
		(void)printf("%llu\n", (unsigned long long)usage.cpu_usec);
	return r;
}

/* 1: none of these. */
static int visit(const char *verb, const char *name, const char *value, Error **ret_error)
{
	if (strcmp(verb, "begin") == 0)
		return foreign_start(name, ret_error);
	if (strcmp(verb, "pause") == 0 || strcmp(verb, "resume") == 0)
		return foreign_freeze(name, strcmp(verb, "pause") == 0, ret_error);
	if (strcmp(verb, "phase") == 0)
		return show_phase(name, ret_error);
	if (strcmp(verb, "usage") == 0)
		return show_usage(name, ret_error);
	if (strcmp(verb, "signal") == 0)
		return foreign_signal(name, atoi(value), ret_error);
	if (strcmp(verb, "delete") == 0 || strcmp(verb, "delete-by-force") == 0)
		return foreign_delete(name, strcmp(verb, "delete") != 0, ret_error) ? -1 : 0;
	return 1;
}

static int keep(const char *verb, const char *name, const char *value, Error **ret_error)
{
	int r = visit(verb, name, value, ret_error);

	if (r <= 0)
		return r;
	if (strcmp(verb, "launch") == 0)
		return supervisor_launch(name, -1, ret_error);
	if (strcmp(verb, "stop") == 0)
		return supervisor_stop(name, (unsigned int)atoi(value), ret_error);
	if (strcmp(verb, "memory") == 0)
		return supervisor_set_resources(
			name, &(SpecResources){ .memory = strtoull(value, NULL, 10) }, ret_error);
	if (strcmp(verb, "reload") == 0)
		return supervisor_reload(name, ret_error);
	if (strcmp(verb, "attach") == 0)
		return supervisor_console_attach(name, 0, 0, ret_error);
	if (strcmp(verb, "tail") == 0)
		return show_text(supervisor_console_tail, name, ret_error);
	if (strcmp(verb, "reason") == 0)
		return show_text(supervisor_reason, name, ret_error);
	if (strcmp(verb, "state") == 0)
		return show_state(name, ret_error);
	if (strcmp(verb, "drop") == 0)
		return drop(name, ret_error);
	if (strcmp(verb, "cleanup") == 0)
		return clean_up(name, ret_error);
	exit(2);
}

int main(int argc, char **argv)
{
	_cleanup_error_ Error *error = NULL;
	int r;

	if (argc < 3)
		return 2;
	if (strcmp(argv[1], "enter") == 0)
		r = enter(argc - 1, argv + 1, &error);
	else if (strcmp(argv[1], "keep") == 0 && argc > 3)
		r = supervise(argv[2], argv[3], &error);
	else if (strncmp(argv[1], "create", 6) == 0 && argc > 3)
		r = create(argv + 2, strcmp(argv[1], "create") != 0, &error);
	else
		r = keep(argv[1], argv[2], argc > 3 ? argv[3] : "0", &error) < 0 ? 1 : 0;
	if (error)
		(void)fprintf(stderr, "keep-driver: %s\n", error_message(error));
	return r < 0 ? -r : r;
}
