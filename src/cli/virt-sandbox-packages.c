/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * virt-sandbox-packages: asked by apt before it changes packages (apt.conf(5), DPkg::Pre-Install-Pkgs, version 2 or 3 of its protocol). A package that a container
 * runs is not removed in passing: my status is 9 then, for which apt stops before it has changed anything. "virt-sandbox::allow-remove" lets it go.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <virt-sandbox.h>

#define STATUS_REFUSED 9
#define STATUS_FAILED 1 /* apt goes on */
#define PACKAGES_MAX 65536

static const char mark[] = "**REMOVE**", option[] = "virt-sandbox::allow-remove=";

typedef struct Removal {
	char **packages;
	size_t n;
	bool allowed;
} Removal;

static bool is_true(const char *value)
{
	return strcasecmp(value, "true") == 0 || strcasecmp(value, "yes") == 0 ||
	       strcmp(value, "1") == 0;
}

static void read_setting(Removal *removal, const char *line)
{
	if (strncasecmp(line, option, strlen(option)) == 0)
		removal->allowed = is_true(line + strlen(option));
}

/* Its last word says what becomes of it, its first which it is. */
static int read_package(Removal *removal, char *line)
{
	size_t size = strlen(line), name = strcspn(line, " :");
	char **grown;

	if (size < strlen(mark) || strcmp(line + size - strlen(mark), mark) != 0)
		return 0;
	grown = removal->n < PACKAGES_MAX
			? reallocarray(removal->packages, removal->n + 2, sizeof(*grown))
			: NULL;
	if (!grown)
		return -1;
	removal->packages = grown;
	grown[removal->n + 1] = NULL;
	grown[removal->n] = strndup(line, name);
	return grown[removal->n++] ? 0 : -1;
}

/* Settings up to an empty line, then packages. */
static int read_all(FILE *from, Removal *removal)
{
	bool settings = true;
	char *line = NULL;
	size_t room = 0;
	int r = 0;

	while (r == 0 && getline(&line, &room, from) > 0) {
		line[strcspn(line, "\n")] = '\0';
		if (settings && !*line)
			settings = false;
		else if (settings)
			read_setting(removal, line);
		else
			r = read_package(removal, line);
	}
	free(line);
	return r;
}

static int tell(const Removal *removal, char *const *needed)
{
	for (char *const *one = needed; one && *one; one += 2)
		(void)fprintf(stderr,
			"virt-sandbox: container %s uses package %s, which would be removed\n",
			one[1], one[0]);
	if (!needed || removal->allowed)
		return 0;
	(void)fprintf(stderr,
		"virt-sandbox: nothing was changed; delete these containers first, or give -o virt-sandbox::allow-remove=true\n");
	return STATUS_REFUSED;
}

int main(void)
{
	vsb_error *error = NULL;
	Removal removal = { 0 };
	char **needed = NULL;
	int status = STATUS_FAILED;

	if (read_all(stdin, &removal) < 0)
		(void)fprintf(stderr, "virt-sandbox: not enough memory\n");
	else if (vsb_packages_needed(removal.packages, &needed, &error) < 0)
		(void)fprintf(stderr, "virt-sandbox: %s\n", vsb_error_message(error));
	else
		status = tell(&removal, needed);
	for (size_t i = 0; i < removal.n; i++)
		free(removal.packages[i]);
	free(removal.packages);
	vsb_strv_free(needed);
	vsb_error_free(error);
	return status;
}
