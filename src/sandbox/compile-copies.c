/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What is renewed on the host, and secrets that only a start brings: the keeper copies them, the container has mounts of the copies. So it sees what was named and not what
 * lies beside it, in labels and ids of its own, wherever links led on the host.
 */
#include <stdio.h>
#include <string.h>

#include "base/strv.h"
#include "sandbox/compile-parts.h"

#define CREDENTIALS "/run/host/credentials"
#define UNITS "/run/systemd/system" /* those that last until the end */
#define DROPIN "50-virt-sandbox-credentials.conf"
#define COPY_FLAGS                                                                                 \
	(SPEC_MOUNT_READONLY | SPEC_MOUNT_NOSUID | SPEC_MOUNT_NODEV | SPEC_MOUNT_MAKE |            \
		SPEC_MOUNT_KEEP_LABEL)

static SpecCopy *add_copy(Compile *c, const char *source, const char *name)
{
	SpecCopy *copy = spec_add_copy(c->spec);

	if (!copy || asprintf(&copy->target, "%s/%s", c->places->copies, name) < 0) {
		if (copy)
			copy->target = NULL;
		c->failed = true;
		return NULL;
	}
	copy->source = compile_text(c, source);
	return copy;
}

static void follow(Compile *c, const char *path, size_t number)
{
	char name[32];
	SpecCopy *copy;

	(void)snprintf(name, sizeof(name), "follow-%zu", number);
	copy = add_copy(c, path, name);
	if (!copy)
		return;
	copy->follow = true;
	(void)compile_mount_entry(c, SPEC_MOUNT_BIND, path, copy->target, COPY_FLAGS);
}

static void add_dropin(Compile *c, const char *unit, const char *text)
{
	char path[320];
	SpecMount *file;

	(void)snprintf(path, sizeof(path), UNITS "/%.255s.d", unit); /* no unit has a longer name */
	compile_mount_entry(c, SPEC_MOUNT_DIRECTORY, path, NULL, 0)->mode = 0755;
	(void)snprintf(path, sizeof(path), UNITS "/%.255s.d/" DROPIN, unit);
	file = compile_mount_entry(c, SPEC_MOUNT_FILE, path, NULL, 0);
	file->mode = 0644;
	file->text = compile_text(c, text);
}

/* A socket, timer or path starts a service of its name, a socket perhaps an instance of it for each connection; a drop-in of a unit that is not there does
 * nothing. */
static void add_dropins(Compile *c, const char *unit, const char *text)
{
	const char *dot = strrchr(unit, '.');
	char name[256];

	if (!dot || strcmp(dot, ".service") == 0) {
		add_dropin(c, unit, text);
		return;
	}
	(void)snprintf(name, sizeof(name), "%.*s.service", (int)(dot - unit), unit);
	add_dropin(c, name, text);
	(void)snprintf(name, sizeof(name), "%.*s@.service", (int)(dot - unit), unit);
	if (strcmp(dot, ".socket") == 0 && !strchr(unit, '@'))
		add_dropin(c, name, text);
}

static void compile_credentials(Compile *c)
{
	_cleanup_strv_ char **lines = NULL;
	_cleanup_free_ char *text = NULL, *place = NULL;

	compile_list(c, &lines, "[Service]");
	STRV_FOREACH (credential, c->desc->credentials) {
		int size = (int)strcspn(*credential, "=");
		_cleanup_free_ char *name = NULL;
		SpecCopy *copy = NULL;

		if (asprintf(&name, "credentials/%.*s", size, *credential) < 0)
			name = NULL;
		else
			copy = add_copy(c, *credential + size + 1, name);
		if (copy)
			copy->mode = 0400;
		if (!copy || strv_appendf(&lines, "LoadCredential=%.*s:" CREDENTIALS "/%.*s", size,
				     *credential, size, *credential) < 0)
			c->failed = true;
	}
	text = strv_join(lines, "\n");
	if (!text || asprintf(&place, "%s/credentials", c->places->copies) < 0) {
		place = NULL;
		c->failed = true;
		return;
	}
	compile_mount_entry(c, SPEC_MOUNT_DIRECTORY, UNITS, NULL, 0)->mode = 0755;
	STRV_FOREACH (unit, c->desc->units)
		add_dropins(c, *unit, text);
	(void)compile_mount_entry(
		c, SPEC_MOUNT_BIND, CREDENTIALS, place, COPY_FLAGS | SPEC_MOUNT_NOEXEC);
}

void compile_copies(Compile *c)
{
	size_t number = 0;

	STRV_FOREACH (path, c->desc->follow)
		follow(c, *path, number++);
	if (c->desc->credentials)
		compile_credentials(c);
}
