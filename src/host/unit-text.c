/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The text of unit files.
 */
#include "host/unit-text.h"

#include <stdbool.h>
#include <string.h>

#include "base/buf.h"
#include "base/array.h"

#define BLANKS " \t\r"

typedef enum KeyGroup {
	KEY_SCALAR, /* the last assignment holds */
	KEY_LIST, /* grows; reset by an empty value of the same key */
	KEY_DEPENDENCY, /* grows; systemd never resets dependencies */
	KEY_CONDITION, /* from here: an empty value of any key of the group resets the whole group */
	KEY_ASSERT,
	KEY_LISTEN,
	KEY_TIMER,
	KEY_PATH,
} KeyGroup;

/* Keys of systemd.unit(5), .exec(5), .service(5), .socket(5), .timer(5), .path(5) and .resource-control(5) that are not scalars.
 * A "*" at the end stands for any rest; the first row that fits holds. */
static const struct {
	const char *key;
	KeyGroup group;
} key_groups[] = {
	{ "Requires", KEY_DEPENDENCY },
	{ "Requisite", KEY_DEPENDENCY },
	{ "Wants", KEY_DEPENDENCY },
	{ "BindsTo", KEY_DEPENDENCY },
	{ "PartOf", KEY_DEPENDENCY },
	{ "Upholds", KEY_DEPENDENCY },
	{ "Conflicts", KEY_DEPENDENCY },
	{ "Before", KEY_DEPENDENCY },
	{ "After", KEY_DEPENDENCY },
	{ "OnFailure", KEY_DEPENDENCY },
	{ "OnSuccess", KEY_DEPENDENCY },
	{ "PropagatesReloadTo", KEY_DEPENDENCY },
	{ "ReloadPropagatedFrom", KEY_DEPENDENCY },
	{ "PropagatesStopTo", KEY_DEPENDENCY },
	{ "StopPropagatedFrom", KEY_DEPENDENCY },
	{ "JoinsNamespaceOf", KEY_DEPENDENCY },
	{ "RequiresMountsFor", KEY_DEPENDENCY },
	{ "WantsMountsFor", KEY_DEPENDENCY },
	{ "Alias", KEY_DEPENDENCY },
	{ "WantedBy", KEY_DEPENDENCY },
	{ "RequiredBy", KEY_DEPENDENCY },
	{ "UpheldBy", KEY_DEPENDENCY },
	{ "Also", KEY_DEPENDENCY },
	{ "Sockets", KEY_DEPENDENCY },
	{ "Condition*", KEY_CONDITION },
	{ "Assert*", KEY_ASSERT },
	{ "Listen*", KEY_LISTEN },
	{ "OnActiveSec", KEY_TIMER },
	{ "OnBootSec", KEY_TIMER },
	{ "OnStartupSec", KEY_TIMER },
	{ "OnUnitActiveSec", KEY_TIMER },
	{ "OnUnitInactiveSec", KEY_TIMER },
	{ "OnCalendar", KEY_TIMER },
	{ "PathExists", KEY_PATH },
	{ "PathExistsGlob", KEY_PATH },
	{ "PathChanged", KEY_PATH },
	{ "PathModified", KEY_PATH },
	{ "DirectoryNotEmpty", KEY_PATH },
	{ "ExecSearchPath", KEY_LIST },
	{ "Exec*", KEY_LIST },
	{ "NoExecPaths", KEY_LIST },
	{ "ReadWrite*", KEY_LIST },
	{ "ReadOnly*", KEY_LIST },
	{ "Inaccessible*", KEY_LIST },
	{ "BindPaths", KEY_LIST },
	{ "BindReadOnlyPaths", KEY_LIST },
	{ "TemporaryFileSystem", KEY_LIST },
	{ "MountImages", KEY_LIST },
	{ "ExtensionImages", KEY_LIST },
	{ "ExtensionDirectories", KEY_LIST },
	{ "Environment", KEY_LIST },
	{ "EnvironmentFile", KEY_LIST },
	{ "PassEnvironment", KEY_LIST },
	{ "UnsetEnvironment", KEY_LIST },
	{ "SupplementaryGroups", KEY_LIST },
	{ "CapabilityBoundingSet", KEY_LIST },
	{ "AmbientCapabilities", KEY_LIST },
	{ "SystemCall*", KEY_LIST },
	{ "RestrictAddressFamilies", KEY_LIST },
	{ "RestrictNamespaces", KEY_LIST },
	{ "RestrictFileSystems", KEY_LIST },
	{ "RestrictNetworkInterfaces", KEY_LIST },
	{ "SocketBind*", KEY_LIST },
	{ "IPAddressAllow", KEY_LIST },
	{ "IPAddressDeny", KEY_LIST },
	{ "IPIngressFilterPath", KEY_LIST },
	{ "IPEgressFilterPath", KEY_LIST },
	{ "BPFProgram", KEY_LIST },
	{ "StateDirectory", KEY_LIST },
	{ "CacheDirectory", KEY_LIST },
	{ "LogsDirectory", KEY_LIST },
	{ "RuntimeDirectory", KEY_LIST },
	{ "ConfigurationDirectory", KEY_LIST },
	{ "LoadCredential*", KEY_LIST },
	{ "SetCredential*", KEY_LIST },
	{ "ImportCredential", KEY_LIST },
	{ "LogExtraFields", KEY_LIST },
	{ "LogFilterPatterns", KEY_LIST },
	{ "DeviceAllow", KEY_LIST },
	{ "IODevice*", KEY_LIST },
	{ "IORead*", KEY_LIST },
	{ "IOWrite*", KEY_LIST },
	{ "DisableControllers", KEY_LIST },
	{ "CPUAffinity", KEY_LIST },
	{ "SuccessExitStatus", KEY_LIST },
	{ "RestartPreventExitStatus", KEY_LIST },
	{ "RestartForceExitStatus", KEY_LIST },
	{ "OpenFile", KEY_LIST },
	{ "Symlinks", KEY_LIST },
	{ "Documentation", KEY_LIST },
};

static bool key_fits(const char *pattern, const char *key)
{
	size_t n = strcspn(pattern, "*");

	return pattern[n] == '*' ? strncmp(pattern, key, n) == 0 : strcmp(pattern, key) == 0;
}

static KeyGroup key_group(const char *key)
{
	for (size_t i = 0; i < ARRAY_SIZE(key_groups); i++)
		if (key_fits(key_groups[i].key, key))
			return key_groups[i].group;
	return KEY_SCALAR;
}

/* Drops the directives of a section that have this key, or whose key is of this group if it is one that is reset as a whole. */
static void drop(FactUnit *unit, const char *section, const char *key, KeyGroup group)
{
	size_t kept = 0;

	for (size_t i = 0; i < unit->n_directives; i++) {
		FactDirective *d = &unit->directives[i];

		if (strcmp(d->section, section) == 0 &&
			(strcmp(d->key, key) == 0 ||
				(group >= KEY_CONDITION && key_group(d->key) == group))) {
			free(d->section);
			free(d->key);
			free(d->value);
		} else {
			unit->directives[kept++] = *d;
		}
	}
	unit->n_directives = kept;
}

int unit_text_assign(FactUnit *unit, const char *section, const char *key, const char *value)
{
	KeyGroup group = key_group(key);
	FactDirective made;

	if (*value == '\0' && group == KEY_DEPENDENCY)
		return 0;
	if (*value == '\0' || group == KEY_SCALAR)
		drop(unit, section, key, group);
	if (*value == '\0')
		return 0;
	if (unit->n_directives >= UNIT_DIRECTIVES_MAX)
		return -E2BIG;
	if (array_room(&unit->directives, unit->n_directives, sizeof(*unit->directives)) < 0)
		return -ENOMEM;
	made = (FactDirective){
		.section = strdup(section), .key = strdup(key), .value = strdup(value)
	};
	if (!made.section || !made.key || !made.value) {
		free(made.section);
		free(made.key);
		free(made.value);
		return -ENOMEM;
	}
	unit->directives[unit->n_directives++] = made;
	return 0;
}

static char *strip(char *s)
{
	size_t n;

	s += strspn(s, BLANKS);
	n = strlen(s);
	while (n > 0 && strchr(BLANKS, s[n - 1]))
		n--;
	s[n] = '\0';
	return s;
}

/* One whole line, continuations joined; cut up in place. */
static int parse_line(FactUnit *unit, char **section, char *line)
{
	char *equals;

	line = strip(line);
	if (line[0] == '[') {
		size_t n = strlen(line);

		if (n < 3 || line[n - 1] != ']')
			return 0;
		free(*section);
		*section = strndup(line + 1, n - 2);
		return *section ? 0 : -ENOMEM;
	}
	equals = strchr(line, '=');
	if (!equals || equals == line || !*section)
		return 0;
	*equals = '\0';
	return unit_text_assign(unit, *section, strip(line), strip(equals + 1));
}

static bool is_comment(const char *line, size_t n)
{
	size_t blanks = strspn(line, BLANKS);

	return blanks < n && (line[blanks] == '#' || line[blanks] == ';');
}

/* Does the line go on: an odd number of backslashes at its end. */
static bool is_continued(const char *line, size_t n)
{
	size_t backslashes = 0;

	while (backslashes < n && line[n - 1 - backslashes] == '\\')
		backslashes++;
	return backslashes % 2 == 1;
}

static int flush(FactUnit *unit, char **section, Buf *line)
{
	_cleanup_free_ char *whole = NULL;

	if (line->size == 0 && !line->failed)
		return 0;
	if (buf_take(line, &whole, NULL) < 0)
		return -ENOMEM;
	return parse_line(unit, section, whole);
}

int unit_text_parse(FactUnit *unit, const char *text, size_t size)
{
	static const char bom[] = "\xef\xbb\xbf";
	const char *end = text + size;
	_cleanup_free_ char *section = NULL;
	_cleanup_buf_ Buf line = { 0 };
	int r;

	if (size >= strlen(bom) && memcmp(text, bom, strlen(bom)) == 0)
		text += strlen(bom);
	while (text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		size_t n = (size_t)((newline ? newline : end) - text);
		bool continued;

		if (memchr(text, '\0', n)) /* not a text file */
			return 0;
		/* A comment between the parts of a continued line belongs to neither. */
		if (!is_comment(text, n)) {
			if (line.size + n > UNIT_LINE_MAX)
				return -E2BIG;
			continued = is_continued(text, n);
			buf_append(&line, text, continued ? n - 1 : n);
			if (continued)
				buf_puts(&line, " ");
			r = continued ? 0 : flush(unit, &section, &line);
			if (r < 0)
				return r;
		}
		text = newline ? newline + 1 : end;
	}
	return flush(unit, &section, &line);
}
