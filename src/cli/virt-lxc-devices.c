/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Domain Devices: what is attached and detached, as the XML of one device.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/virt-lxc.h"

typedef struct DeviceVerb {
	int (*act)(
		const vsb_domain *domain, unsigned int flags, const char *xml, vsb_error **error);
	const char *verb, *done; /* "attach", "attached" */
} DeviceVerb;

static const DeviceVerb attach = { vsb_domain_attach, "attach", "attached" },
			detach = { vsb_domain_detach, "detach", "detached" };

/* Text with what XML marks escaped. */
static void put_escaped(FILE *file, const char *text)
{
	for (; *text; text++) {
		if (*text == '&' || *text == '<' || *text == '\'')
			(void)fprintf(file, "&#%d;", *text);
		else
			(void)fputc(*text, file);
	}
}

static void put_attribute(FILE *file, const char *before, const char *text, const char *after)
{
	if (!text)
		return;
	(void)fputs(before, file);
	put_escaped(file, text);
	(void)fputs(after, file);
}

/* virsh's --persistent is --config, and --live where it runs. */
static bool read_flags(const VirtArgs *args, const vsb_domain *domain, unsigned int *ret)
{
	_cleanup_text_ char *id = virt_get(domain, "id");

	if (!id || !virt_exclude(args, "current", "persistent") || !virt_which(args, ret))
		return false;
	if (virt_has(args, "persistent"))
		*ret |= VSB_DOMAIN_CONFIG | (*id ? VSB_DOMAIN_LIVE : 0);
	return true;
}

static bool change(const VirtShell *shell, const VirtArgs *args, const char *xml,
	const DeviceVerb *verb, const char *what)
{
	_cleanup_error_ vsb_error *error = NULL;
	_cleanup_domain_ vsb_domain *domain = virt_domain(args);
	unsigned int flags;

	if (!domain || !read_flags(args, domain, &flags))
		return false;
	if (virt_has(args, "print-xml")) {
		virt_say("%s", xml);
		return true;
	}
	if (verb->act(domain, flags, xml, &error) < 0)
		return virt_failed(error, "Failed to %s %s", verb->verb, what);
	virt_extra(shell, "%c%s %s successfully\n", *what - 'a' + 'A', what + 1, verb->done);
	return true;
}

/* What was written to the file, whose text is *xml once it is closed. */
static bool finish(const VirtShell *shell, const VirtArgs *args, FILE *file, char **xml,
	const DeviceVerb *verb, const char *what)
{
	bool good =
		fclose(file) == 0 ? change(shell, args, *xml, verb, what) : virt_fail_error(NULL);

	free(*xml);
	return good;
}

/* The devices that a change would be about. False: it said why not. */
static bool read_table(const VirtArgs *args, const char *table, char ***ret)
{
	_cleanup_error_ vsb_error *error = NULL;
	_cleanup_domain_ vsb_domain *domain = virt_domain(args);
	unsigned int flags;
	bool config;

	if (!domain || !read_flags(args, domain, &flags))
		return false;
	config = flags & VSB_DOMAIN_CONFIG && !(flags & VSB_DOMAIN_LIVE);
	return vsb_domain_table(domain, table, config ? VSB_DOMAIN_INACTIVE : 0, ret, &error) ==
		       0 ||
	       virt_fail_error(error);
}

/* -- Interfaces -- */

/* "average,peak,burst": what is not said is left out. */
static bool put_rates(FILE *file, const char *name, const char *rates)
{
	static const char *const words[] = { "average", "peak", "burst", NULL };
	const char *const *word = words;

	if (!rates)
		return true;
	(void)fprintf(file, "    <%s", name);
	for (const char *at = rates; at;
		at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL, word++) {
		size_t digits = strspn(at, "0123456789");

		if (!*word || (at[digits] && at[digits] != ',') || (digits == 0 && word == words))
			return virt_fail("%s format is incorrect", name);
		if (digits > 0)
			(void)fprintf(file, " %s='%.*s'", *word, (int)digits, at);
	}
	(void)fputs("/>\n", file);
	return true;
}

static bool put_bandwidth(FILE *file, const VirtArgs *args)
{
	const char *in = virt_value(args, "inbound"), *out = virt_value(args, "outbound");
	bool good;

	if (!in && !out)
		return true;
	(void)fputs("  <bandwidth>\n", file);
	good = put_rates(file, "inbound", in) && put_rates(file, "outbound", out);
	(void)fputs("  </bandwidth>\n", file);
	return good;
}

static bool run_attach_interface(VirtShell *shell, const VirtArgs *args)
{
	static const struct {
		const char *type, *attribute;
	} types[] = { { "network", "network" }, { "bridge", "bridge" }, { "direct", "dev" } };
	const char *type = virt_value(args, "type"), *attribute = NULL;
	char *xml = NULL;
	size_t size;
	FILE *file;
	bool good;

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(types[i].type, type) == 0)
			attribute = types[i].attribute;
	if (!attribute)
		return virt_fail("No support for %s in command 'attach-interface'", type);
	file = open_memstream(&xml, &size);
	if (!file)
		return virt_fail_error(NULL);
	(void)fprintf(file, "<interface type='%s'>\n  <source %s='", type, attribute);
	put_attribute(file, "", virt_value(args, "source"), "'/>\n");
	put_attribute(file, "  <target dev='", virt_value(args, "target"), "'/>\n");
	put_attribute(file, "  <mac address='", virt_value(args, "mac"), "'/>\n");
	put_attribute(file, "  <script path='", virt_value(args, "script"), "'/>\n");
	put_attribute(file, "  <alias name='", virt_value(args, "alias"), "'/>\n");
	put_attribute(file, "  <model type='", virt_value(args, "model"), "'/>\n");
	good = put_bandwidth(file, args);
	(void)fputs("</interface>\n", file);
	if (good)
		return finish(shell, args, file, &xml, &attach, "interface");
	(void)fclose(file);
	free(xml);
	return false;
}

/* Columns of its table: interface, type, source, model, MAC. */
static bool check_interface(const VirtArgs *args, const char *type, const char *mac)
{
	_cleanup_strv_ char **cells = NULL;
	size_t of_type = 0, found = 0;

	if (!read_table(args, "interfaces", &cells))
		return false;
	for (char **row = cells; row && *row; row += 5) {
		bool same = strcasecmp(row[1], type) == 0;

		of_type += same;
		found += same && (!mac || strcasecmp(row[4], mac) == 0);
	}
	if (of_type == 0)
		return virt_fail("No interface found whose type is %s", type);
	if (found == 0)
		return virt_fail("No interface with MAC address %s was found", mac);
	return found == 1 || mac
		       ? true
		       : virt_fail("Domain has %zu interfaces. Please specify which one to detach "
				   "using --mac",
				 found);
}

static bool run_detach_interface(VirtShell *shell, const VirtArgs *args)
{
	const char *type = virt_value(args, "type"), *mac = virt_value(args, "mac");
	char *xml = NULL;
	size_t size;
	FILE *file;

	if (!check_interface(args, type, mac))
		return virt_fail("Failed to detach interface");
	file = open_memstream(&xml, &size);
	if (!file)
		return virt_fail_error(NULL);
	put_attribute(file, "<interface type='", type, "'>\n");
	put_attribute(file, "  <mac address='", mac, "'/>\n");
	(void)fputs("</interface>\n", file);
	return finish(shell, args, file, &xml, &detach, "interface");
}

/* -- Disks -- */

/* args: of attach-disk; NULL: it is only to be found. */
static void put_disk(
	FILE *file, const VirtArgs *args, const char *kind, const char *source, const char *target)
{
	static const char *const attributes[][2] = { { "driver", " name='" },
		{ "subdriver", " type='" }, { "cache", " cache='" }, { "io", " io='" } };
	static const char *const elements[][3] = { { "serial", "  <serial>", "</serial>\n" },
		{ "alias", "  <alias name='", "'/>\n" }, { "wwn", "  <wwn>", "</wwn>\n" } };
	bool driver = false;

	(void)fprintf(file, "<disk type='%s'", kind);
	put_attribute(file, " device='", args ? virt_value(args, "type") : NULL, "'");
	(void)fputs(args && virt_has(args, "rawio") ? " rawio='yes'>\n" : ">\n", file);
	for (size_t i = 0; args && i < sizeof(attributes) / sizeof(attributes[0]); i++) {
		if (!virt_value(args, attributes[i][0]))
			continue;
		(void)fputs(driver ? "" : "  <driver", file);
		put_attribute(file, attributes[i][1], virt_value(args, attributes[i][0]), "'");
		driver = true;
	}
	(void)fputs(driver ? "/>\n" : "", file);
	put_attribute(file, strcmp(kind, "file") == 0 ? "  <source file='" : "  <source dev='",
		source, "'/>\n");
	put_attribute(file, "  <target dev='", target, "'");
	put_attribute(file, " bus='", args ? virt_value(args, "targetbus") : NULL, "'");
	(void)fputs("/>\n", file);
	put_attribute(file, "  <", args ? virt_value(args, "mode") : NULL, "/>\n");
	for (size_t i = 0; args && i < sizeof(elements) / sizeof(elements[0]); i++)
		put_attribute(
			file, elements[i][1], virt_value(args, elements[i][0]), elements[i][2]);
	(void)fputs("</disk>\n", file);
}

static bool disk(VirtShell *shell, const VirtArgs *args, const char *source, const char *target,
	const DeviceVerb *verb)
{
	const char *mode = source ? virt_value(args, "mode") : NULL, *kind = "block";
	char *xml = NULL;
	size_t size;
	FILE *file;

	if (mode && strcmp(mode, "readonly") != 0 && strcmp(mode, "shareable") != 0)
		return virt_fail("No support for %s in command 'attach-disk'", mode);
	if (source && virt_value(args, "sourcetype"))
		kind = virt_value(args, "sourcetype");
	if (strcmp(kind, "block") != 0 && strcmp(kind, "file") != 0)
		return virt_fail("Unknown source type: '%s'", kind);
	file = open_memstream(&xml, &size);
	if (!file)
		return virt_fail_error(NULL);
	put_disk(file, source ? args : NULL, kind, source, target);
	return finish(shell, args, file, &xml, verb, "disk");
}

static bool run_attach_disk(VirtShell *shell, const VirtArgs *args)
{
	return disk(shell, args, virt_value(args, "source"), virt_value(args, "target"), &attach);
}

/* By its target or its source. Columns of its table: type, device, target, source. */
static bool run_detach_disk(VirtShell *shell, const VirtArgs *args)
{
	const char *wanted = virt_value(args, "target");
	_cleanup_strv_ char **cells = NULL;

	if (!read_table(args, "disks", &cells))
		return false;
	for (char **row = cells; row && *row; row += 4)
		if (strcmp(row[2], wanted) == 0 || strcmp(row[3], wanted) == 0)
			return disk(shell, args, NULL, row[2], &detach);
	(void)virt_fail("Failed to get disk information");
	return virt_fail("No disk found whose source path or target is %s", wanted);
}

#define OPTIONS_DEVICE                                                                             \
	{ "persistent", VIRT_BOOL, "make live change persistent" }, VIRT_OPTIONS_WHICH,            \
	{                                                                                          \
		"print-xml", VIRT_BOOL, "print XML rather than change the domain"                  \
	}

static const VirtOption attach_interface_options[] = { VIRT_OPTION_DOMAIN,
	{ "type", VIRT_DATA, "network, bridge or direct" },
	{ "source", VIRT_DATA, "source of network interface" },
	{ "target", VIRT_STRING, "target network name", true },
	{ "mac", VIRT_STRING, "MAC address", true }, { "model", VIRT_STRING, "model type", true },
	{ "script", VIRT_STRING, "script used to bridge network interface", true },
	{ "alias", VIRT_STRING, "custom alias name of interface device", true },
	{ "inbound", VIRT_STRING, "average,peak,burst in kilobytes/s", true },
	{ "outbound", VIRT_STRING, "average,peak,burst in kilobytes/s", true }, OPTIONS_DEVICE,
	{} };
static const VirtOption detach_interface_options[] = { VIRT_OPTION_DOMAIN,
	{ "type", VIRT_DATA, "network interface type" },
	{ "mac", VIRT_STRING, "MAC address", true }, OPTIONS_DEVICE, {} };
static const VirtOption attach_disk_options[] = { VIRT_OPTION_DOMAIN,
	{ "source", VIRT_DATA, "source of disk device" },
	{ "target", VIRT_DATA, "target of disk device" },
	{ "targetbus", VIRT_STRING, "target bus of disk device", true },
	{ "driver", VIRT_STRING, "driver of disk device", true },
	{ "subdriver", VIRT_STRING, "subdriver of disk device: raw", true },
	{ "cache", VIRT_STRING, "cache mode of disk device", true },
	{ "io", VIRT_STRING, "io policy of disk device", true },
	{ "type", VIRT_STRING, "target device type: disk", true },
	{ "mode", VIRT_STRING, "mode of device reading and writing", true },
	{ "sourcetype", VIRT_STRING, "type of source: block or file", true },
	{ "serial", VIRT_STRING, "serial of disk device", true },
	{ "wwn", VIRT_STRING, "wwn of disk device", true },
	{ "alias", VIRT_STRING, "custom alias name of disk device", true },
	{ "rawio", VIRT_BOOL, "needs rawio capability" }, OPTIONS_DEVICE, {} };
static const VirtOption detach_disk_options[] = { VIRT_OPTION_DOMAIN,
	{ "target", VIRT_DATA, "target of disk device" }, OPTIONS_DEVICE, {} };

const VirtCommand virt_device_commands[] = {
	{ "attach-disk", "attach disk device", attach_disk_options, run_attach_disk,
		.changes = VIRT_CHANGES },
	{ "attach-interface", "attach network interface", attach_interface_options,
		run_attach_interface, .changes = VIRT_CHANGES },
	{ "detach-disk", "detach disk device", detach_disk_options, run_detach_disk,
		.changes = VIRT_CHANGES },
	{ "detach-interface", "detach network interface", detach_interface_options,
		run_detach_interface, .changes = VIRT_CHANGES },
	{},
};
