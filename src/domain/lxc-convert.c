/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * From settings of the LXC tools to a document, as libvirt converts them, and better where it leaves something out: cgroup v2, several lines of one key, the program to
 * run. What has no effect is told.
 */
#include "domain/lxc-convert.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/path.h"
#include "base/strv.h"
#include "domain/view.h"

#define MEMORY_DEFAULT "65536" /* KiB, libvirt's own */
#define CONSOLES_MAX 64

static bool starts(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

int lxc_refuse(Lxc *x, const LxcSetting *setting, const char *why)
{
	return error_set(x->ret_error, EINVAL, "%s:%u: cannot convert %s%s = %.128s: %s",
		setting->file, setting->line, setting->network ? "lxc.net.*." : "", setting->key,
		setting->value, why);
}

DomainNode *lxc_make(Lxc *x, const char *path)
{
	return node_make(x->root, path);
}

DomainNode *lxc_add(Lxc *x, const char *parent, const char *name, const char *text)
{
	DomainNode *node = lxc_make(x, parent);

	return node ? node_add(node, name, text) : NULL;
}

int lxc_set(Lxc *x, const char *path, const char *text)
{
	DomainNode *node = lxc_make(x, path);

	return node && node_set_text(node, text) == 0 ? 0 : error_oom(x->ret_error);
}

static int warn(Lxc *x, const LxcSetting *setting, const char *why)
{
	return strv_appendf(&x->warnings, "%s:%u: %s has no effect%s%s", setting->file,
		       setting->line, setting->key, *why ? ": " : "", why) < 0
		       ? error_oom(x->ret_error)
		       : 0;
}

/* ---- The program ---- */

static int convert_architecture(Lxc *x, const LxcSetting *setting)
{
	static const char *const archs[][2] = { { "x86", "i686" }, { "i386", "i686" },
		{ "i486", "i686" }, { "i586", "i686" }, { "i686", "i686" }, { "linux32", "i686" },
		{ "amd64", "x86_64" }, { "x86_64", "x86_64" }, { "linux64", "x86_64" } };
	const char *arch = setting->value;

	for (size_t i = 0; i < ARRAY_SIZE(archs); i++)
		if (strcmp(setting->value, archs[i][0]) == 0)
			arch = archs[i][1];
	return node_set_attribute(lxc_make(x, "os/type"), "arch", arch) < 0
		       ? error_oom(x->ret_error)
		       : 0;
}

/* As the LXC tools do: quotes keep a word together, and nothing takes their meaning from them. -EINVAL: one has no end. */
static int split_words(const char *text, char ***ret)
{
	_cleanup_free_ char *word = malloc(strlen(text) + 1);
	size_t n = 0;
	char quote = '\0';
	bool inside = false;

	if (!word)
		return -ENOMEM;
	for (; *text; text++) {
		bool blank = !quote && (*text == ' ' || *text == '\t');

		if (quote ? *text == quote : *text == '"' || *text == '\'')
			quote = quote ? '\0' : *text;
		else if (!blank)
			word[n++] = *text;
		word[n] = '\0';
		if (blank && inside && strv_append(ret, word) < 0)
			return -ENOMEM;
		n = blank ? 0 : n;
		inside = !blank;
	}
	if (quote)
		return -EINVAL;
	return inside ? strv_append(ret, word) : 0;
}

static int convert_command(Lxc *x, const LxcSetting *setting)
{
	_cleanup_strv_ char **words = NULL;
	int r = split_words(setting->value, &words);

	if (r == -EINVAL)
		return lxc_refuse(x, setting, "a quote has no end");
	if (r < 0)
		return error_oom(x->ret_error);
	node_remove_named(node_child(x->root, "os"), "initarg");
	STRV_FOREACH (word, words) {
		if (word == words ? lxc_set(x, "os/init", *word) < 0
				  : !lxc_add(x, "os", "initarg", *word))
			return error_oom(x->ret_error);
	}
	return 0;
}

static int convert_variable(Lxc *x, const LxcSetting *setting)
{
	const char *equals = strchr(setting->value, '=');
	_cleanup_free_ char *name =
		equals ? strndup(setting->value, (size_t)(equals - setting->value)) : NULL;
	DomainNode *node;

	if (!equals)
		return warn(x, setting, "variables of the caller are not handed on");
	node = name ? lxc_add(x, "os", "initenv", equals[1] ? equals + 1 : " ") : NULL;
	return node && node_set_attribute(node, "name", name) == 0 ? 0 : error_oom(x->ret_error);
}

static int convert_id(Lxc *x, const LxcSetting *setting)
{
	return lxc_set(x,
		strcmp(setting->key, "lxc.init.uid") == 0 ? "os/inituser" : "os/initgroup",
		setting->value);
}

static int convert_directory(Lxc *x, const LxcSetting *setting)
{
	return lxc_set(x, "os/initdir", setting->value);
}

static int convert_consoles(Lxc *x, const LxcSetting *setting)
{
	char *end;
	unsigned long n = strtoul(setting->value, &end, 10);

	if (*end || end == setting->value || n > CONSOLES_MAX)
		return lxc_refuse(x, setting, "it must be a number of terminals, at most 64");
	node_remove_named(lxc_make(x, "devices"), "console");
	for (unsigned long i = 0; i < n; i++) {
		DomainNode *console = lxc_add(x, "devices", "console", NULL);

		if (!console || node_set_attribute(console, "type", "pty") < 0)
			return error_oom(x->ret_error);
	}
	return 0;
}

/* ---- Who it is ---- */

/* lxc.container.conf(5) has the id inside first. libvirt reads the one outside first, and files were written for it: those that would map root of the host, and not
 * root of the container. */
static bool is_reversed(const Lxc *x)
{
	bool reversed = false;

	for (size_t i = 0; i < x->file->n; i++) {
		unsigned long first, second;

		if (strcmp(x->file->settings[i].key, "lxc.idmap") != 0 ||
			sscanf(x->file->settings[i].value, "%*c %lu %lu", &first, &second) != 2)
			continue;
		if (first == 0)
			return false;
		reversed = reversed || second == 0;
	}
	return reversed;
}

static int convert_idmap(Lxc *x, const LxcSetting *setting)
{
	unsigned long inside, outside, count;
	char text[3][24], type;
	int end = 0;
	DomainNode *node;

	if (sscanf(setting->value, "%c %lu %lu %lu %n", &type, &inside, &outside, &count, &end) !=
			4 ||
		setting->value[end] || (type != 'u' && type != 'g' && type != 'b'))
		return lxc_refuse(x, setting, "it must be u or g, and three numbers");
	(void)snprintf(text[0], sizeof(text[0]), "%lu", is_reversed(x) ? outside : inside);
	(void)snprintf(text[1], sizeof(text[1]), "%lu", is_reversed(x) ? inside : outside);
	(void)snprintf(text[2], sizeof(text[2]), "%lu", count);
	for (int kind = 0; kind < 2; kind++) {
		if (type == (kind == 0 ? 'g' : 'u'))
			continue;
		node = lxc_add(x, "idmap", kind == 0 ? "uid" : "gid", NULL);
		if (!node || node_set_attribute(node, "start", text[0]) < 0 ||
			node_set_attribute(node, "target", text[1]) < 0 ||
			node_set_attribute(node, "count", text[2]) < 0)
			return error_oom(x->ret_error);
	}
	return 0;
}

/* drop: off for each, on top of "allow"; keep: on, on top of "deny". */
static int convert_capabilities(Lxc *x, const LxcSetting *setting)
{
	bool keep = strcmp(setting->key, "lxc.cap.keep") == 0;
	DomainNode *node = lxc_make(x, "features/capabilities"), *child;
	_cleanup_strv_ char **caps = NULL;

	if (!node || strv_split(&caps, setting->value, " \t") < 0 ||
		(keep && node_set_attribute(node, "policy", "deny") < 0))
		return error_oom(x->ret_error);
	STRV_FOREACH (cap, caps) {
		for (char *c = *cap; *c; c++)
			*c = (char)(*c >= 'A' && *c <= 'Z' ? *c + 32 : *c);
		if (capability_index(*cap, NULL) < 0) {
			if (strcmp(*cap, "none") != 0 &&
				warn(x, setting,
					"libvirt has no such capability, nor have containers") < 0)
				return -ENOMEM;
			continue;
		}
		child = node_child(node, *cap);
		if (!child)
			child = node_add(node, *cap, NULL);
		if (!child || node_set_attribute(child, "state", keep ? "on" : "off") < 0)
			return error_oom(x->ret_error);
	}
	return 0;
}

static int convert_label(Lxc *x, const LxcSetting *setting)
{
	DomainNode *node = lxc_make(x, "seclabel");

	return node && node_set_attribute(node, "type", "static") == 0 &&
			       node_set_attribute(node, "model", "selinux") == 0 &&
			       lxc_set(x, "seclabel/label", setting->value) == 0
		       ? 0
		       : error_oom(x->ret_error);
}

static int convert_share(Lxc *x, const LxcSetting *setting)
{
	const char *kind = strrchr(setting->key, '.') + 1, *value = setting->value;
	const char *type = strspn(value, "0123456789") == strlen(value) ? "pid" : "name";
	DomainNode *node;
	char name[32];

	if (strcmp(kind, "net") != 0 && strcmp(kind, "ipc") != 0 && strcmp(kind, "uts") != 0)
		return lxc_refuse(x, setting, "only the namespaces net, ipc and uts can be shared");
	if (starts(value, "/run/netns/") && strcmp(kind, "net") == 0) {
		type = "netns";
		value += strlen("/run/netns/");
	} else if (*value == '/') {
		return lxc_refuse(
			x, setting, "it must be a process, a container or /run/netns/NAME");
	}
	(void)snprintf(name, sizeof(name), "lxc:share%s", kind);
	node = lxc_add(x, "lxc:namespace", name, NULL);
	return node && node_set_attribute(node, "type", type) == 0 &&
			       node_set_attribute(node, "value", value) == 0
		       ? 0
		       : error_oom(x->ret_error);
}

/* ---- Settings by key ---- */

static int refuse_fstab(Lxc *x, const LxcSetting *setting)
{
	return error_set(x->ret_error, EINVAL,
		"%s:%u: lxc.mount.fstab or lxc.mount found, use lxc.mount.entry lines instead",
		setting->file, setting->line);
}

static int ignore(Lxc *x, const LxcSetting *setting)
{
	(void)x;
	(void)setting;
	return 0;
}

typedef struct Converter {
	const char *key; /* with "." at the end: all that begin with it */
	int (*convert)(Lxc *x, const LxcSetting *setting);
	bool list; /* each line counts, not only the last */
} Converter;

static const Converter converters[] = {
	{ "lxc.uts.name", ignore, false },
	{ "lxc.rootfs.path", ignore, false },
	{ "lxc.arch", convert_architecture, false },
	{ "lxc.init.cmd", convert_command, false },
	{ "lxc.init.cwd", convert_directory, false },
	{ "lxc.init.uid", convert_id, false },
	{ "lxc.init.gid", convert_id, false },
	{ "lxc.environment", convert_variable, true },
	{ "lxc.mount.fstab", refuse_fstab, false },
	{ "lxc.mount.entry", lxc_convert_mount, true },
	{ "lxc.tty.max", convert_consoles, false },
	{ "lxc.idmap", convert_idmap, true },
	{ "lxc.cap.drop", convert_capabilities, true },
	{ "lxc.cap.keep", convert_capabilities, true },
	{ "lxc.selinux.context", convert_label, false },
	{ "lxc.namespace.share.", convert_share, false },
	{ "lxc.cgroup.", lxc_convert_cgroup, true },
	{ "lxc.cgroup2.", lxc_convert_cgroup, true },
};

static const Converter *find_converter(const char *key)
{
	for (size_t i = 0; i < ARRAY_SIZE(converters); i++) {
		size_t n = strlen(converters[i].key);

		if (converters[i].key[n - 1] == '.' ? strncmp(key, converters[i].key, n) == 0
						    : strcmp(key, converters[i].key) == 0)
			return &converters[i];
	}
	return NULL;
}

/* An empty value takes back what was said before. */
static bool counts(const LxcFile *file, size_t index, bool list)
{
	const LxcSetting *setting = &file->settings[index];

	for (size_t i = index + 1; i < file->n; i++)
		if (!file->settings[i].network &&
			strcmp(file->settings[i].key, setting->key) == 0 &&
			(!list || !*file->settings[i].value))
			return false;
	return *setting->value != '\0';
}

static int convert_all(Lxc *x)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < x->file->n; i++) {
		const LxcSetting *setting = &x->file->settings[i];
		const Converter *converter = find_converter(setting->key);

		if (setting->network)
			continue;
		if (!converter)
			r = warn(x, setting, "");
		else if (counts(x->file, i, converter->list))
			r = converter->convert(x, setting);
		if (r == LXC_NO_EFFECT)
			r = warn(x, setting, "");
	}
	return r;
}

static int convert_root(Lxc *x)
{
	const LxcSetting *setting = lxc_file_find(x->file, "lxc.rootfs.path");
	const char *path;

	if (!setting)
		return error_set(
			x->ret_error, EINVAL, "%s: it has no lxc.rootfs.path", x->file->names[0]);
	path = setting->value;
	if (starts(path, "dir:"))
		path += strlen("dir:");
	if (starts(path, "loop:"))
		return lxc_add_filesystem(x, "file", path + strlen("loop:"), "/", false);
	if (*path != '/')
		return lxc_refuse(x, setting, "the root must be a directory, a device or an image");
	x->rootfs = path;
	return lxc_add_filesystem(x, starts(path, "/dev/") ? "block" : "mount", path, "/", false);
}

static int convert_name(Lxc *x)
{
	const LxcSetting *setting = lxc_file_find(x->file, "lxc.uts.name");

	if (!setting)
		return error_set(
			x->ret_error, EINVAL, "%s: it has no lxc.uts.name", x->file->names[0]);
	if (node_set_attribute(x->root, "type", "lxc") < 0)
		return error_oom(x->ret_error);
	return lxc_set(x, "name", setting->value);
}

static int convert(Lxc *x)
{
	DomainNode *capabilities = lxc_make(x, "features/capabilities");
	int r = convert_name(x);

	if (!capabilities || node_set_attribute(capabilities, "policy", "allow") < 0)
		return error_oom(x->ret_error);
	if (r == 0)
		r = lxc_set(x, "memory", MEMORY_DEFAULT);
	if (r == 0)
		r = lxc_set(x, "os/type", "exe");
	if (r == 0)
		r = lxc_set(x, "os/init", "/sbin/init");
	if (r == 0)
		r = convert_root(x);
	if (r == 0)
		r = convert_all(x);
	return r < 0 ? r : lxc_convert_networks(x);
}

int domain_from_lxc(const char *text, size_t size, const char *name, Domain **ret,
	char ***ret_warnings, Error **ret_error)
{
	_cleanup_lxc_file_ LxcFile file = { 0 };
	Lxc x = { .file = &file, .ret_error = ret_error };
	int r = lxc_file_parse(text, size, name, &file, ret_error);

	for (size_t i = 0; r == 0 && i < file.n; i++)
		if (!node_can_hold(file.settings[i].value))
			r = error_set(ret_error, EINVAL, "%s:%u: the value is not UTF-8 text",
				file.settings[i].file, file.settings[i].line);
	if (r < 0)
		return r;
	x.root = node_new("domain", 0);
	r = x.root ? convert(&x) : error_oom(ret_error);
	if (r < 0)
		node_free(x.root);
	else
		r = domain_from_node(x.root, NORMAL_NO_ARCHITECTURE, ret, ret_error);
	if (r < 0) {
		strv_free(x.warnings);
		return error_wrap(ret_error, "%s", name);
	}
	*ret_warnings = x.warnings;
	return 0;
}
