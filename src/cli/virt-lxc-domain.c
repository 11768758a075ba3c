/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the commands of virt-lxc share: finding a domain, asking about it, reading files, the console.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/virt-lxc.h"

#define FILE_MAX_SIZE (10u * 1024 * 1024) /* bytes; virsh reads as much */

vsb_domain *virt_domain(const VirtArgs *args)
{
	return virt_domain_of(virt_value(args, "domain"), 0);
}

vsb_domain *virt_domain_of(const char *word, unsigned int by)
{
	_cleanup_error_ vsb_error *error = NULL;
	vsb_domain *domain = NULL;

	if (by == 0)
		by = VSB_DOMAIN_BY_ID | VSB_DOMAIN_BY_UUID | VSB_DOMAIN_BY_NAME;
	if (vsb_domain_find(word, by, &domain, &error) < 0)
		(void)virt_fail_error(error);
	return domain;
}

char *virt_get(const vsb_domain *domain, const char *key)
{
	_cleanup_error_ vsb_error *error = NULL;
	char *value = NULL;

	if (vsb_domain_get(domain, key, &value, &error) < 0) {
		(void)virt_fail_error(error);
		return NULL;
	}
	return value ? value : strdup("");
}

static char *read_all(FILE *file, const char *path)
{
	size_t size = 0, room = 0, n = 0;
	char *text = NULL;

	do {
		size += n;
		if (size + 1 >= room) {
			char *grown = realloc(text, room = room ? room * 2 : 8192);

			if (!grown) {
				free(text);
				(void)virt_fail_error(NULL);
				return NULL;
			}
			text = grown;
		}
		n = fread(text + size, 1, room - size - 1, file);
	} while (n > 0 && size <= FILE_MAX_SIZE);
	text[size] = '\0';
	if (!ferror(file) && size <= FILE_MAX_SIZE && strlen(text) == size)
		return text;
	(void)virt_fail("Failed to read file '%s': %s", path,
		ferror(file)	       ? strerror(errno)
		: size > FILE_MAX_SIZE ? "Value too large for defined data type"
				       : "it contains bytes that are not text");
	free(text);
	return NULL;
}

char *virt_read(const char *path)
{
	_cleanup_error_ vsb_error *error = NULL;
	int fd, r = vsb_open_file(path, &fd, &error);
	FILE *file = r < 0 ? NULL : fdopen(fd, "r");
	char *text;

	if (!file) {
		if (r == 0)
			(void)close(fd);
		(void)virt_fail("Failed to open file '%s': %s", path,
			!error || r == -ENOENT ? strerror(r < 0 ? -r : ENOMEM)
					       : vsb_error_message(error));
		return NULL;
	}
	text = read_all(file, path);
	(void)fclose(file); /* read only */
	return text;
}

void virt_warn(char *const *notes)
{
	for (; notes && *notes; notes++) {
		_cleanup_text_ char *clean = vsb_text_sanitize(*notes, "");

		(void)fprintf(stderr, "warning: %s\n", clean ? clean : "");
	}
}

/* "^]" and the like, or the character itself. */
static char escape_of(const VirtShell *shell)
{
	const char *text = shell->escape;

	if (!text || !*text)
		return 0;
	return text[0] == '^' && text[1] ? (char)(text[1] & 0x1f) : text[0];
}

bool virt_console(VirtShell *shell, const vsb_domain *domain, const char *device)
{
	_cleanup_error_ vsb_error *error = NULL;
	_cleanup_text_ char *name = virt_get(domain, "name"), *state = virt_get(domain, "state");

	if (!name || !state)
		return false;
	if (strcmp(state, "shut off") == 0)
		return virt_fail("The domain is not running");
	if (!isatty(STDIN_FILENO))
		return virt_fail("Cannot run interactive console without a controlling TTY");
	virt_say("Connected to domain '%s'\n", name);
	virt_say("Escape character is %s (Ctrl + %c)\n", shell->escape ? shell->escape : "^]",
		(char)((escape_of(shell) ? escape_of(shell) : 0x1d) | 0x40));
	(void)fflush(stdout);
	if (vsb_domain_console(domain, device, escape_of(shell), &error) < 0)
		return virt_fail_error(error);
	return true;
}

bool virt_which(const VirtArgs *args, unsigned int *ret)
{
	*ret = (virt_has(args, "live") ? VSB_DOMAIN_LIVE : 0) |
	       (virt_has(args, "config") ? VSB_DOMAIN_CONFIG : 0);
	return virt_exclude(args, "current", "live") && virt_exclude(args, "current", "config");
}
