/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * For tests and measuring: starts one container with engine_start() and waits for it. No
 * supervisor, no plan, no reservation.
 *
 *	engine-start [-s TREE] [-n none|host] [-m host:/src:/dst | guest:... | ram:SIZE:/dst | image:...] [-r] [-u USER] [-e KEY=value]
 *	             [-o DIRECTORY] [-c] [-N NOTIFY] [-M MEMORY] [-l LOOPS] [-i IDBASE] [-k MSEC] -- COMMAND...
 *	engine-start -S SPECFILE [-l LOOPS] [-k MSEC]
 *
 * A caller that is not as before afterwards is status 3. -c: the console, copied to standard output. -l: that often, with the median printed. -k: killed
 * after that time.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/layout.h"
#include "engine/engine.h"
#include "engine/start/helper-environment.h"
#include "sandbox/compile.h"

typedef struct Options {
	Desc desc;
	Identity identity;
	Places places;
	bool console;
	const char *file;
	Spec *spec;
	Label *label;
	DescMount mounts[8];
	DescNetwork network;
	char *environment[8], *shared[8];
	size_t n_environment, n_shared;
	long loops, kill_after;
} Options;

static double now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void add_mount(Options *o, char *text)
{
	DescMount *m = &o->mounts[o->desc.n_mounts++];
	char *type = strsep(&text, ":"), *source = strsep(&text, ":");

	m->target = text;
	m->source = source;
	if (strcmp(type, "host") == 0)
		m->type = DESC_MOUNT_HOST_BIND;
	else if (strcmp(type, "guest") == 0)
		m->type = DESC_MOUNT_GUEST_BIND;
	else if (strcmp(type, "image") == 0)
		m->type = DESC_MOUNT_HOST_IMAGE;
	else {
		m->type = DESC_MOUNT_RAM;
		m->size = strtoull(source, NULL, 10);
	}
}

static void set_network(Options *o, const char *name)
{
	o->network.type = strcmp(name, "host") == 0 ? DESC_NETWORK_HOST : DESC_NETWORK_NONE;
	o->desc.networks = &o->network;
	o->desc.n_networks = 1;
}

static void take_option(Options *o, int option)
{
	switch (option) {
	case 's':
		o->places.tree = optarg;
		o->desc.kind = DESC_SERVICE;
		break;
	case 't':
		o->places.tree = optarg;
		break;
	case 'n':
		set_network(o, optarg);
		break;
	case 'm':
		add_mount(o, optarg);
		break;
	case 'r':
		o->mounts[o->desc.n_mounts - 1].readonly = true;
		break;
	case 'u':
		o->desc.user = optarg;
		break;
	case 'e':
		o->environment[o->n_environment++] = optarg;
		break;
	case 'o':
		o->shared[o->n_shared++] = optarg;
		break;
	case 'c':
		o->console = true;
		break;
	case 'N':
		o->places.notify = optarg;
		break;
	case 'M':
		o->desc.resources.memory = strtoull(optarg, NULL, 10);
		break;
	case 'l':
		o->loops = strtol(optarg, NULL, 10);
		break;
	case 'i':
		o->identity.id_base = (uint32_t)strtoul(optarg, NULL, 10);
		break;
	case 'S':
		o->file = optarg;
		break;
	case 'k':
		o->kill_after = strtol(optarg, NULL, 10);
		break;
	default:
		exit(2);
	}
}

/* Copies the console until PID 1 ends. */
static void follow_console(Run *run, long kill_after)
{
	struct pollfd fds[] = { { .fd = run->pidfd, .events = POLLIN },
		{ .fd = run->console_fd, .events = POLLIN } };
	double end = now() + (double)kill_after;

	while (!(fds[0].revents & POLLIN)) {
		char data[4096];
		ssize_t n;
		int left = kill_after ? (int)(end - now()) : -1;
		if (kill_after && left <= 0)
			return;
		if (poll(fds, run->console_fd >= 0 ? 2 : 1, left) <= 0)
			continue;
		if (!(fds[1].revents & (POLLIN | POLLHUP)))
			continue;
		n = read(run->console_fd, data, sizeof(data));
		if (n > 0)
			(void)!write(STDOUT_FILENO, data, (size_t)n);
		else
			(void)usleep(
				10000); /* nobody has it open, or systemd hung it up: it may be opened again */
	}
}

/* What a start changes of its caller for a while. */
typedef struct Caller {
	int securebits, dumpable, death_signal;
	uid_t uids[3];
	char mount_namespace[64], directory[256];
} Caller;

static Caller look_at_caller(void)
{
	Caller caller = { .securebits = prctl(PR_GET_SECUREBITS, 0, 0, 0, 0),
		.dumpable = prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) };

	if (prctl(PR_GET_PDEATHSIG, &caller.death_signal, 0, 0, 0) < 0 ||
		getresuid(&caller.uids[0], &caller.uids[1], &caller.uids[2]) < 0 ||
		readlink("/proc/self/ns/mnt", caller.mount_namespace,
			sizeof(caller.mount_namespace) - 1) < 0 ||
		!getcwd(caller.directory, sizeof(caller.directory)))
		abort();
	return caller;
}

static int start_engine(const Options *o, Run **ret, Error **ret_error)
{
	Caller before = look_at_caller(), after;
	Channels channels = CHANNELS_NONE;
	int r;

	for (int i = 0; i < 3 && !o->console; i++)
		channels.stdio[i] = i;
	r = engine_start(o->spec, o->label, &channels, ret, ret_error);

	after = look_at_caller();
	if (memcmp(&before, &after, sizeof(before)) != 0) {
		(void)fprintf(stderr, "engine-start: the caller is not as it was before\n");
		exit(3);
	}
	return r;
}

static int start_once(const Options *o, int *ret_status)
{
	_cleanup_error_ Error *error = NULL;
	_cleanup_run_ Run *run = NULL;

	if (start_engine(o, &run, &error) < 0) {
		(void)fprintf(stderr, "engine-start: %s\n", error_message(error));
		return -1;
	}
	if (o->loops == 1)
		(void)fprintf(
			stderr, "pid %d cgroup %s\n", run->pid, run->cgroup ? run->cgroup : "none");
	if (o->console || o->kill_after)
		follow_console(run, o->kill_after);
	if (o->kill_after)
		return 0;
	return run_wait(run, ret_status, &error);
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static int compile(Options *o, Error **ret_error)
{
	_cleanup_kernel_facts_ KernelFacts facts = { 0 };
	_cleanup_free_ char *init = layout_program("virt-sandbox-init");
	int r = kernel_facts_read(compile_wants_resolver(&o->desc, &o->places), &facts, ret_error);

	o->places.init = init;
	return r < 0 ? r
		     : spec_from_desc(&o->desc, &o->identity, &o->places, &facts,
			       (CompileTerminal){ o->console, environment_terminal() }, &o->spec,
			       ret_error);
}

static int read_file(Options *o, Error **ret_error)
{
	_cleanup_free_ char *text = NULL;
	size_t size;
	int r = file_read(o->file, &text, &size, ret_error);

	return r < 0 ? r : spec_parse(text, size, o->file, &o->spec, ret_error);
}

static int prepare(Options *o, Error **ret_error)
{
	int r = o->file ? read_file(o, ret_error) : compile(o, ret_error);

	if (r < 0)
		return r;
	o->console = o->spec->process.terminal;
	return label_take_up(o->spec->name, &o->spec->label, &o->label, ret_error);
}

int main(int argc, char **argv)
{
	Options o = { .loops = 1,
		.desc = { .name = (char *)"test", .kind = DESC_COMMAND },
		.identity = {
			.id_base = 1048576, .uuid = (char *)"0123456789abcdef0123456789abcdef" } };
	_cleanup_error_ Error *error = NULL;
	double *times;
	int option, status = 0;

	/* Something to lose. The signal is one that is ignored. */
	if (prctl(PR_SET_PDEATHSIG, SIGWINCH, 0, 0, 0) < 0)
		return 1;
	while ((option = getopt(argc, argv, "+s:t:n:m:ru:e:o:cN:M:l:i:k:S:")) >= 0)
		take_option(&o, option);
	o.desc.mounts = o.mounts;
	o.desc.environment = o.environment;
	o.desc.command = argv + optind;
	o.desc.security.model = DESC_MODEL_NONE;
	o.desc.shared = o.shared;
	if (prepare(&o, &error) < 0) {
		(void)fprintf(stderr, "engine-start: %s\n", error_message(error));
		return 1;
	}
	times = calloc((size_t)o.loops, sizeof(*times));
	for (long i = 0; i < o.loops; i++) {
		double start = now();
		if (start_once(&o, &status) < 0)
			return 1;
		times[i] = now() - start;
	}
	qsort(times, (size_t)o.loops, sizeof(*times), compare);
	if (o.loops > 1)
		(void)printf("median %.3f ms, least %.3f ms\n", times[o.loops / 2], times[0]);
	free(times);
	label_free(o.label);
	spec_free(o.spec);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
