/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Prints state, addresses, memory and use of the processor of all containers whenever something happens, and every so many seconds; 0: once.
 *	cc monitor.c $(pkg-config --cflags --libs virt-sandbox) -o monitor && ./monitor 5
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <virt-sandbox.h>

static const char *figure(char **stats, const char *name)
{
	for (char **row = stats; row && *row; row += 3)
		if (strcmp(row[0], name) == 0 && *row[2])
			return row[2];
	return "-";
}

static int print_all(void)
{
	vsb_error *error = NULL;
	vsb_info **list = NULL;

	if (vsb_list(&list, &error) < 0) {
		fprintf(stderr, "%s\n", vsb_error_message(error));
		vsb_error_free(error);
		return 1;
	}
	for (vsb_info **info = list; *info; info++) {
		char *const *address = vsb_info_addresses(*info);
		char **stats = NULL;

		if (vsb_info_pid(*info) > 0) /* it may have ended by now: no figures */
			(void)vsb_stats(vsb_info_name(*info), &stats, NULL);
		printf("%-16s %-9s memory %s cpu %s", vsb_info_name(*info),
			vsb_state_name(vsb_info_state_code(*info)), figure(stats, "memory-bytes"),
			figure(stats, "cpu-usec"));
		for (; address && *address; address++)
			printf(" %s", *address);
		printf("\n");
		vsb_strv_free(stats);
	}
	vsb_list_free(list);
	fflush(stdout);
	return 0;
}

static bool print_event(const vsb_event *event, void *data)
{
	char *container = vsb_text_sanitize(vsb_event_container(event), "");

	(void)data;
	printf("-- %s: %s\n", container ? container : "?", vsb_event_name(event));
	vsb_free(container);
	return true;
}

int main(int argc, char **argv)
{
	int seconds = argc > 1 ? atoi(argv[1]) : 5;
	struct pollfd p = { .events = POLLIN };
	vsb_watch *watch = NULL;
	int r = seconds > 0 ? vsb_watch_new(&watch, NULL) : 0;

	if (r < 0 || seconds == 0)
		return r < 0 ? 1 : print_all();
	p.fd = vsb_watch_fd(watch);
	while (print_all() == 0 && (poll(&p, 1, seconds * 1000) >= 0 || errno == EINTR))
		vsb_watch_dispatch(watch, print_event, NULL);
	vsb_watch_free(watch);
	return 1;
}
