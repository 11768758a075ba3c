/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Numbers, sizes, names and paths as text. Everything is ASCII and does not depend on the locale.
 */
#include "desc/value.h"

#include <stdio.h>
#include <string.h>

#include "base/path.h"
#include "base/text.h"
#include "net/socket-rule.h"

#define DIGITS "0123456789"
#define PROCESSORS_MAX 8192 /* CONFIG_NR_CPUS with MAXSMP */
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define UNIT_NAME_MAX 255 /* a file name */
#define PACKAGE_NAME_MAX 255
#define DOMAIN_NAME_LIMIT 253 /* RFC 1035 */
#define HOST_NAME_LIMIT 64 /* HOST_NAME_MAX of the kernel */
#define USER_NAME_MAX 32 /* as useradd(8) */
#define CPU_MAX 8192 /* CONFIG_NR_CPUS of the largest kernels */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

int value_number(const char *what, const char *text, uint64_t min, uint64_t max, uint64_t *ret,
	Error **ret_error)
{
	const char *p = text;
	uint64_t value;
	int r = text_digits(&p, UINT64_MAX, &value);

	if (r == -EINVAL || (r == 0 && *p))
		return error_set(ret_error, EINVAL, "%s \"%s\" is not a number", what, text);
	if (r < 0 || value < min || value > max)
		return error_set(ret_error, EINVAL, "%s %s is not between %llu and %llu", what,
			text, (unsigned long long)min, (unsigned long long)max);
	*ret = value;
	return 0;
}

static const struct SizeUnit {
	const char *name, *full;
	unsigned int shift;
} size_units[] = {
	{ "", "", 0 },
	{ "K", "KiB", 10 },
	{ "M", "MiB", 20 },
	{ "G", "GiB", 30 },
	{ "T", "TiB", 40 },
};

int value_size(const char *text, uint64_t *ret, Error **ret_error)
{
	const char *p = text;
	uint64_t value;
	int r = text_digits(&p, UINT64_MAX, &value);

	if (r == -EINVAL)
		return error_set(ret_error, EINVAL,
			"size \"%s\" is not a number with K, M, G or T, as in 512M", text);
	if (r < 0)
		return error_set(ret_error, EINVAL, "size %s is too large", text);
	for (size_t i = 0; i < ARRAY_SIZE(size_units); i++) {
		const struct SizeUnit *unit = &size_units[i];

		if (strcmp(p, unit->name) != 0 && strcmp(p, unit->full) != 0)
			continue;
		if (value > UINT64_MAX >> unit->shift)
			return error_set(ret_error, EINVAL, "size %s is too large", text);
		*ret = value << unit->shift;
		return 0;
	}
	return error_set(ret_error, EINVAL,
		"size \"%s\" has the unknown suffix \"%s\"; known are K, M, G and T", text, p);
}

char *value_size_format(uint64_t bytes)
{
	const struct SizeUnit *unit = &size_units[0];
	char *text;

	for (size_t i = 1; i < ARRAY_SIZE(size_units); i++)
		if (bytes != 0 && bytes % (UINT64_C(1) << size_units[i].shift) == 0)
			unit = &size_units[i];
	if (asprintf(&text, "%llu%s", (unsigned long long)(bytes >> unit->shift), unit->name) < 0)
		return NULL;
	return text;
}

static bool parse_cpus(const char *p, uint64_t *ret)
{
	uint64_t whole, milli = 0;

	if (text_digits(&p, CPU_MAX, &whole) < 0)
		return false;
	if (*p == '.') {
		if (!is_digit(*++p))
			return false;
		for (unsigned int place = 100; place > 0 && is_digit(*p); place /= 10)
			milli += place * (unsigned int)(*p++ - '0');
	}
	*ret = whole * 1000 + milli;
	return !*p && *ret > 0;
}

int value_cpus(const char *text, uint64_t *ret, Error **ret_error)
{
	uint64_t milli;

	if (!parse_cpus(text, &milli))
		return error_set(ret_error, EINVAL,
			"number of processors \"%s\" is not between 0.001 and %u, as in 1.5", text,
			CPU_MAX);
	*ret = milli;
	return 0;
}

char *value_cpus_format(uint64_t milli)
{
	char *text;
	int n = asprintf(&text, "%llu.%03u", (unsigned long long)(milli / 1000),
		(unsigned int)(milli % 1000));

	if (n < 0)
		return NULL;
	while (text[n - 1] == '0')
		text[--n] = '\0';
	if (text[n - 1] == '.')
		text[n - 1] = '\0';
	return text;
}

int value_bool(const char *text, bool *ret, Error **ret_error)
{
	static const char *const words[][2] = { { "no", "yes" }, { "false", "true" },
		{ "off", "on" }, { "0", "1" } };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		for (int answer = 0; answer < 2; answer++)
			if (strcmp(text, words[i][answer]) == 0) {
				*ret = answer;
				return 0;
			}
	return error_set(ret_error, EINVAL, "\"%s\" is neither yes nor no", text);
}

int value_path(const char *text, char **ret, Error **ret_error)
{
	char *path;

	if (*text != '/')
		return error_set(
			ret_error, EINVAL, "path \"%s\" does not begin with a slash", text);
	path = path_normalize(text);
	if (!path)
		return errno == ENOMEM ? error_oom(ret_error)
				       : error_set(ret_error, EINVAL,
						 "path \"%s\" contains a \"..\" component", text);
	*ret = path;
	return 0;
}

typedef struct Level {
	uint64_t sensitivity, low, high; /* low == high: one category */
} Level;

static bool read_category(const char **p, uint64_t *ret)
{
	return *(*p)++ == 'c' && text_digits(p, VALUE_CATEGORY_MAX, ret) == 0;
}

static bool parse_level(const char *p, Level *ret)
{
	if (*p++ != 's' || text_digits(&p, VALUE_SENSITIVITY_MAX, &ret->sensitivity) < 0 ||
		*p++ != ':' || !read_category(&p, &ret->low))
		return false;
	ret->high = ret->low;
	if (*p == ',') {
		p++;
		if (!read_category(&p, &ret->high) || ret->high == ret->low)
			return false;
	}
	return !*p;
}

/* One category is taken because an administrator may give every container a number of its own.
 * More than two, or a range, would contain the pairs of other containers and so give access to
 * them. */
int value_level(const char *text, char **ret, Error **ret_error)
{
	Level level;
	char *normal;
	int n;

	if (!parse_level(text, &level))
		return error_set(ret_error, EINVAL,
			"level \"%s\" is not a sensitivity (s0 to s%u) with one category or two different ones (c0 to c%u), as in s0:c1,c2",
			text, VALUE_SENSITIVITY_MAX, VALUE_CATEGORY_MAX);
	if (level.low > level.high) {
		uint64_t low = level.high;

		level.high = level.low;
		level.low = low;
	}
	if (level.low == level.high)
		n = asprintf(&normal, "s%u:c%u", (unsigned int)level.sensitivity,
			(unsigned int)level.low);
	else
		n = asprintf(&normal, "s%u:c%u,c%u", (unsigned int)level.sensitivity,
			(unsigned int)level.low, (unsigned int)level.high);
	if (n < 0)
		return error_oom(ret_error);
	*ret = normal;
	return 0;
}

int value_check_uuid(const char *text, Error **ret_error)
{
	if (strlen(text) != 32 || strspn(text, DIGITS "abcdef") != 32)
		return error_set(ret_error, EINVAL,
			"\"%s\" is not a machine id of 32 lower-case hexadecimal digits", text);
	return 0;
}

int value_check_unit(const char *text, Error **ret_error)
{
	size_t size = strlen(text);

	if (size == 0 || size > UNIT_NAME_MAX || strspn(text, LETTERS DIGITS ":-_.\\@") != size ||
		*text == '-' || *text == '.')
		return error_set(
			ret_error, EINVAL, "\"%s\" cannot be the name of a systemd unit", text);
	return 0;
}

int value_check_restart(const char *text, Error **ret_error)
{
	if (strcmp(text, "no") != 0 && strcmp(text, "on-failure") != 0 &&
		strcmp(text, "always") != 0)
		return error_set(ret_error, EINVAL,
			"\"%s\" is not \"no\", \"on-failure\" or \"always\"", text);
	return 0;
}

int value_check_on_upgrade(const char *text, Error **ret_error)
{
	static const char *const values[] = { "restart", "units", "hold", "never" };

	for (size_t i = 0; i < ARRAY_SIZE(values); i++)
		if (strcmp(text, values[i]) == 0)
			return 0;
	return error_set(ret_error, EINVAL,
		"\"%s\" is not \"restart\", \"units\", \"hold\" or \"never\"", text);
}

int value_check_package(const char *text, Error **ret_error)
{
	size_t size = strlen(text);

	if (size == 0 || size > PACKAGE_NAME_MAX ||
		strspn(text, LETTERS DIGITS "+-_.:~^") != size || !strchr(LETTERS DIGITS, *text))
		return error_set(ret_error, EINVAL, "\"%s\" cannot be the name of a package", text);
	return 0;
}

/* A name as useradd(8) takes it, or a number. */
static bool is_account(const char *text, size_t size)
{
	size_t digits = strspn(text, DIGITS);
	uint64_t id;

	if (size == 0)
		return false;
	if (digits >= size) {
		const char *p = text;

		return text_digits(&p, VALUE_ID_MAX, &id) == 0;
	}
	return size <= USER_NAME_MAX && strspn(text, LETTERS DIGITS "_-.$") >= size &&
	       *text != '-' && *text != '.' && *text != '$';
}

int value_check_user(const char *text, Error **ret_error)
{
	size_t size = strcspn(text, ":");

	if (!is_account(text, size) ||
		(text[size] == ':' && !is_account(text + size + 1, strlen(text + size + 1))))
		return error_set(ret_error, EINVAL,
			"\"%s\" is not USER or USER:GROUP with names or numbers up to %u", text,
			VALUE_ID_MAX);
	return 0;
}

/* RFC 1123, and no longer than the kernel takes it. */
int value_check_hostname(const char *text, Error **ret_error)
{
	size_t size = strlen(text);
	bool good = size > 0 && size <= HOST_NAME_LIMIT &&
		    strspn(text, LETTERS DIGITS "-.") == size && !strstr(text, "..") &&
		    !strstr(text, ".-") && !strstr(text, "-.") && !strchr(".-", text[0]) &&
		    !strchr(".-", text[size - 1]);

	return good ? 0
		    : error_set(ret_error, EINVAL,
			      "\"%s\" cannot be a host name: up to %d letters, digits, \"-\" and single dots",
			      text, HOST_NAME_LIMIT);
}

int value_check_domain(const char *text, Error **ret_error)
{
	size_t size = strlen(text);
	bool good = size > 0 && size <= DOMAIN_NAME_LIMIT &&
		    strspn(text, LETTERS DIGITS "-_.") == size && !strstr(text, "..") &&
		    !strchr(".-", text[0]);

	return good ? 0
		    : error_set(ret_error, EINVAL,
			      "\"%s\" is not a domain: up to %d letters, digits, \"-\", \"_\" and single dots",
			      text, DOMAIN_NAME_LIMIT);
}

int value_check_account(const char *text, Error **ret_error)
{
	size_t size = strcspn(text, ",");

	if (!is_account(text, size) || strspn(text, DIGITS) == size ||
		(text[size] && strcmp(text + size, ",password") != 0))
		return error_set(ret_error, EINVAL,
			"\"%s\" is not the NAME of an account, or NAME,password", text);
	return 0;
}

int value_check_environment(const char *text, Error **ret_error)
{
	size_t size = strspn(text, LETTERS DIGITS "_");

	if (size == 0 || text[size] != '=' || strchr(DIGITS, *text))
		return error_set(ret_error, EINVAL, "\"%s\" is not of the form NAME=VALUE", text);
	return 0;
}

int value_check_credential(const char *text, Error **ret_error)
{
	size_t size = strspn(text, LETTERS DIGITS "_.-");

	if (size == 0 || size > VALUE_CREDENTIAL_MAX || text[size] != '=' || *text == '.')
		return error_set(ret_error, EINVAL, "\"%s\" is not of the form NAME=FILE", text);
	if (!path_is_normal(text + size + 1))
		return error_set(ret_error, EINVAL,
			"file \"%s\" is not an absolute path without '.' and '..'",
			text + size + 1);
	return 0;
}

int value_check_label(const char *text, Error **ret_error)
{
	size_t size = 0;

	while (text[size] > ' ' && text[size] <= '~')
		size++;
	if (size == 0 || text[size] || size > VALUE_LABEL_MAX)
		return error_set(ret_error, EINVAL,
			"security label \"%s\" is empty, too long or contains blanks", text);
	return 0;
}

int value_check_socket_rule(const char *text, Error **ret_error)
{
	SocketRule rule;

	return socket_rule_parse(text, &rule, ret_error);
}

int value_check_sysctl(const char *text, Error **ret_error)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789_.-";
	size_t n = strspn(text, letters);

	if (n == 0 || text[n] != '=' || !text[n + 1] || text[0] == '.' || strstr(text, ".."))
		return error_set(ret_error, EINVAL, "sysctl \"%s\" is not KEY=VALUE", text);
	return 0;
}

/* One number or range, rising. */
static const char *pass_processors(const char *p)
{
	uint64_t first, last;

	if (text_digits(&p, PROCESSORS_MAX - 1, &first) < 0)
		return NULL;
	last = first;
	if (*p == '-') {
		p++;
		if (text_digits(&p, PROCESSORS_MAX - 1, &last) < 0)
			return NULL;
	}
	return first <= last ? p : NULL;
}

int value_check_cpuset(const char *text, Error **ret_error)
{
	const char *p = pass_processors(text);

	while (p && *p == ',')
		p = pass_processors(p + 1);
	return p && !*p ? 0
			: error_set(ret_error, EINVAL, "\"%s\" is not a list of CPUs, as in 0-3,7",
				  text);
}

int value_check_swap(const char *text, Error **ret_error)
{
	uint64_t size;

	return strcmp(text, "max") == 0 ? 0 : value_size(text, &size, ret_error);
}

static bool is_device_path(const char *path)
{
	return path_is_normal(path) && path_is_below(path, "/dev") && path[strlen("/dev")];
}

int value_check_device(const char *text, Error **ret_error)
{
	const char *colon = strchr(text, ':'), *second = colon ? strchr(colon + 1, ':') : NULL;
	_cleanup_free_ char *path = strndup(text, strcspn(text, ":")),
			    *target = colon ? strndup(colon + 1, strcspn(colon + 1, ":")) : NULL;

	if (!path || (colon && !target))
		return error_oom(ret_error);
	if (!is_device_path(path) || (target && !is_device_path(target)) ||
		(second && strcmp(second, ":r") != 0))
		return error_set(ret_error, EINVAL,
			"\"%s\" is not a device: write PATH, PATH:TARGET or PATH:TARGET:r, each path "
			"below /dev",
			text);
	return 0;
}

int value_check_os(const char *text, Error **ret_error)
{
	static const char debian[] = "debian:";
	const char *suite = text + strlen(debian);
	bool known = strncmp(text, debian, strlen(debian)) == 0;

	if (known && *suite && strspn(suite, "abcdefghijklmnopqrstuvwxyz-") == strlen(suite) &&
		*suite != '-')
		return 0;
	return error_set(ret_error, EINVAL,
		"\"%s\" is not a system that can be installed: write debian:SUITE, as in "
		"debian:bookworm; for any other give its files (--os-from)",
		text);
}

int value_check_arch(const char *text, Error **ret_error)
{
	size_t size = strlen(text);

	return size > 0 && size <= 16 && strspn(text, "abcdefghijklmnopqrstuvwxyz" DIGITS) == size
		       ? 0
		       : error_set(ret_error, EINVAL,
				 "\"%s\" is not an architecture: amd64, i386, arm64, ...", text);
}

int value_check_base(const char *text, Error **ret_error)
{
	return strlen(text) == 64 && strspn(text, DIGITS "abcdef") == 64
		       ? 0
		       : error_set(ret_error, EINVAL, "\"%s\" is not a base: 64 hexadecimal digits",
				 text);
}

int value_check_init(const char *text, Error **ret_error)
{
	return strcmp(text, "systemd") == 0 || strcmp(text, "other") == 0
		       ? 0
		       : error_set(ret_error, EINVAL, "\"%s\" is neither systemd nor other", text);
}

int value_check_manager(const char *text, Error **ret_error)
{
	return strcmp(text, "systemd") == 0 || strcmp(text, "direct") == 0
		       ? 0
		       : error_set(ret_error, EINVAL, "\"%s\" is neither systemd nor direct", text);
}

int value_check_capability(const char *text, Error **ret_error)
{
	static const char *const known[] = { "CAP_NET_ADMIN", "CAP_NET_RAW", "CAP_IPC_OWNER",
		"CAP_DAC_READ_SEARCH" };

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (strcmp(text, known[i]) == 0)
			return 0;
	return error_set(ret_error, EINVAL,
		"capability \"%s\" cannot be given to a container; CAP_NET_ADMIN, CAP_NET_RAW, "
		"CAP_IPC_OWNER and CAP_DAC_READ_SEARCH can",
		text);
}

int value_check_interface(const char *text, Error **ret_error)
{
	size_t size = 0;

	while (text[size] > ' ' && text[size] <= '~' && !strchr("/:,=", text[size]))
		size++;
	if (size == 0 || text[size] || size > VALUE_INTERFACE_MAX || strcmp(text, ".") == 0 ||
		strcmp(text, "..") == 0)
		return error_set(ret_error, EINVAL,
			"\"%s\" cannot be the name of a network interface", text);
	return 0;
}
