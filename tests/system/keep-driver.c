/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * For tests: the keeping half of the engine by itself.
 *
 *	keep-driver enter [-s] [-t] [-d] [-c] [-u USER] [-e KEY=value] PID [COMMAND...]
 *	keep-driver launch|error|tail|attach|cleanup|state NAME
 *	keep-driver stop NAME SECONDS
 *	keep-driver memory NAME BYTES
 *
 * enter: into the container of that process; -s: one of a service, -t: with a terminal, -d: ^] leaves, -c: print what was captured. Ends with the command's
 * status; 99: detached. Every failure is one line on standard error and status 1, or the status that comes with it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "engine/enter.h"

#define DETACHED 99

static int enter(int argc, char **argv, Error **ret_error)
{
	_cleanup_free_ char *captured = NULL;
	char *environment[] = { NULL, NULL };
	Desc desc = { .name = (char *)"test" };
	EnterSpec spec = { .desc = &desc, .environment = environment };
	int option, status = 1, r;

	while ((option = getopt(argc, argv, "+stdcu:e:")) >= 0)
		switch (option) {
		case 's':
			desc.kind = DESC_SERVICE;
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
	spec.pid = atoi(argv[optind]);
	spec.pidfd = (int)syscall(SYS_pidfd_open, spec.pid, 0);
	spec.argv = argv[optind + 1] ? argv + optind + 1 : NULL;
	r = engine_enter(&spec, &status, ret_error);
	if (captured)
		(void)printf("%s", captured);
	return r < 0 ? -status : status < 0 ? DETACHED : status;
}

int main(int argc, char **argv)
{
	_cleanup_error_ Error *error = NULL;
	int r = -2;

	if (argc > 2 && strcmp(argv[1], "enter") == 0)
		r = enter(argc - 1, argv + 1, &error);
	if (error)
		(void)fprintf(stderr, "keep-driver: %s\n", error_message(error));
	return r < 0 ? -r : r;
}
