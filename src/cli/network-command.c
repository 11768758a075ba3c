/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * network: networks that the administrator names.
 */
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/report.h"

static const char *const create_options[] = { "mode", "subnet", "ipv6", "dhcp", "dns" };

static int create(const char *name, const Args *args, vsb_error **error)
{
	char *settings[2 * sizeof(create_options) / sizeof(create_options[0]) + 1] = { NULL };
	size_t n = 0;

	for (size_t i = 0; i < sizeof(create_options) / sizeof(create_options[0]); i++) {
		const char *value = args_value(args, create_options[i]);

		if (!args_has(args, create_options[i]))
			continue;
		value = value ? value : "yes";
		settings[n++] = (char *)create_options[i];
		settings[n++] = (char *)value;
	}
	return vsb_network_create(name, settings, error);
}

static int delete (const char *name, const Args *args, vsb_error **error)
{
	(void)args;
	return vsb_network_delete(name, error);
}

static int inspect(const char *name, const Args *args, vsb_error **error)
{
	_cleanup_text_ char *json = NULL;
	int r = vsb_network_inspect(name, &json, error);

	(void)args;
	if (r == 0)
		(void)fputs(json, stdout);
	return r;
}

static int print_row(const char *name, vsb_error **error)
{
	static const char *const properties[] = { "mode", "subnet", "ipv6", "active", "users" };
	static const int widths[] = { 9, 19, 26, 7, 0 };

	(void)printf("%-16s", name);
	for (size_t i = 0; i < sizeof(properties) / sizeof(properties[0]); i++) {
		_cleanup_text_ char *value = NULL;
		int r = vsb_network_get(name, properties[i], &value, error);

		if (r < 0)
			return r;
		if (strcmp(properties[i], "active") == 0)
			(void)printf(" %-7s", strcmp(value, "true") == 0 ? "yes" : "no");
		else
			(void)printf(" %-*s", widths[i], value);
	}
	(void)putchar('\n');
	return 0;
}

static int print_json(char *const *names, vsb_error **error)
{
	int r = 0;

	(void)putchar('[');
	for (size_t i = 0; r == 0 && names && names[i]; i++) {
		(void)fputs(i ? ",\n" : "", stdout);
		r = inspect(names[i], NULL, error);
	}
	(void)puts("]");
	return r;
}

static int list(const Args *args, vsb_error **error)
{
	_cleanup_strv_ char **names = NULL;
	int r = vsb_network_list(&names, error);

	if (r < 0)
		return r;
	if (args_has(args, "json"))
		return print_json(names, error);
	if (names)
		(void)printf("%-16s %-9s %-19s %-26s %-7s %s\n", "NAME", "MODE", "SUBNET", "IPV6",
			"ACTIVE", "USED BY");
	for (size_t i = 0; r == 0 && names && names[i]; i++)
		r = print_row(names[i], error);
	return r;
}

static const struct {
	const char *word;
	int (*run)(const char *name, const Args *args, vsb_error **error); /* NULL: list */
} words[] = {
	{ "create", create },
	{ "list", NULL },
	{ "inspect", inspect },
	{ "delete", delete },
};

static int run_word(size_t word, const Args *args)
{
	vsb_error *error = NULL;

	if (!words[word].run)
		return args->n_words > 1	? report_usage("network", "list takes no name")
		       : list(args, &error) < 0 ? command_fail(error)
						: 0;
	if (args->n_words < 2)
		return report_usage("network", "the name of a network is missing");
	for (size_t i = 0; i < sizeof(create_options) / sizeof(create_options[0]); i++)
		if (words[word].run != create && args_has(args, create_options[i]))
			return report_usage("network",
				"--mode, --subnet, --ipv6, --dhcp and --dns are for create");
	for (size_t i = 1; i < args->n_words; i++)
		if (words[word].run(args->words[i], args, &error) < 0)
			return command_fail(error);
	return 0;
}

int run_network(const Args *args)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(args->words[0], words[i].word) == 0)
			return run_word(i, args);
	return report_usage("network", "say create, list, inspect or delete");
}
