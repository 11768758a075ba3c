/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Creates a container of a unit, starts it, runs a command in it and deletes it:
 *	cc lifecycle.c $(pkg-config --cflags --libs virt-sandbox) && ./a.out apache2.service
 */
#include <stdio.h>
#include <virt-sandbox.h>

static int check(int r, const char *what, vsb_error *error)
{
	if (r < 0)
		fprintf(stderr, "%s: %s\n", what, vsb_error_message(error));
	return r;
}

int main(int argc, char **argv)
{
	char *command[] = { "systemctl", "is-system-running", NULL };
	vsb_error *error = NULL;
	vsb_desc *desc = NULL;
	int status = 1;

	if (argc != 2 || vsb_desc_new(&desc, NULL) < 0)
		return 2;
	if (check(vsb_desc_set(desc, "core.name", "example", &error), "name", error) >= 0 &&
		check(vsb_desc_set(desc, "service.units", argv[1], &error), "unit", error) >= 0 &&
		check(vsb_desc_set(desc, "content.copy", "true", &error), "copy", error) >= 0 &&
		check(vsb_create(desc, NULL, NULL, NULL, &error), "create", error) >= 0) {
		if (check(vsb_start("example", &error), "start", error) >= 0)
			(void)check(vsb_execute("example", command, NULL, &status, &error),
				"execute", error);
		(void)vsb_stop("example", 30, NULL); /* it may not have started */
		(void)vsb_delete("example", NULL);
	}
	vsb_error_free(error);
	vsb_desc_free(desc);
	return status;
}
