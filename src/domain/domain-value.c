/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Single values of a document: checked, and in the form that libvirt writes them in.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/path.h"
#include "domain/normal-form.h"
#include "net/address.h"

#define NAME_BYTES_MAX 255 /* of a file's name */
#define SET_MAX 16384u /* processors or nodes, as libvirt has it */

void normal_name(const DomainNode *node, const Rule *rule, char *ret, size_t size)
{
	if (*rule->name == '@')
		(void)snprintf(ret, size, "attribute '%s' of <%s>", rule->name + 1, node->name);
	else
		(void)snprintf(ret, size, "<%s>", node->name);
}

static int refuse(const DomainNode *node, const Rule *rule, const char *value, const char *wanted,
	Error **ret_error)
{
	char name[256];

	normal_name(node, rule, name, sizeof(name));
	return error_set(ret_error, EINVAL, "line %u: %s is '%.64s', but it must be %s", node->line,
		name, value, wanted);
}

/* Without white space around it. */
static char *trimmed(const char *value)
{
	size_t n;

	while (isspace((unsigned char)*value))
		value++;
	n = strlen(value);
	while (n > 0 && isspace((unsigned char)value[n - 1]))
		n--;
	return strndup(value, n);
}

static int parse_unsigned(const char *text, uint64_t *ret)
{
	char *end;
	unsigned long long value;

	errno = 0;
	value = strtoull(text, &end, 10);
	if (errno || end == text || *end || strchr(text, '-'))
		return -EINVAL;
	*ret = value;
	return 0;
}

static int format(char **ret, Error **ret_error, const char *fmt, ...) _printf_(3, 4);
static int format(char **ret, Error **ret_error, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(ret, fmt, ap);
	va_end(ap);
	if (n >= 0)
		return 0;
	*ret = NULL;
	return error_oom(ret_error);
}

static int value_unsigned(
	const DomainNode *node, const Rule *rule, const char *text, char **ret, Error **ret_error)
{
	uint64_t max = UINT64_MAX, value;
	char wanted[64];

	if (rule->detail && rule->value == VALUE_UNSIGNED)
		(void)parse_unsigned(rule->detail, &max);
	if (parse_unsigned(text, &value) == 0 && value <= max)
		return format(ret, ret_error, "%llu", (unsigned long long)value);
	(void)snprintf(wanted, sizeof(wanted), "a number from 0 to %llu", (unsigned long long)max);
	return refuse(node, rule, text, wanted, ret_error);
}

static int value_signed(
	const DomainNode *node, const Rule *rule, const char *text, char **ret, Error **ret_error)
{
	char *end;
	long long value;

	errno = 0;
	value = strtoll(text, &end, 10);
	if (errno || end == text || *end)
		return refuse(node, rule, text, "a whole number", ret_error);
	return format(ret, ret_error, "%lld", value);
}

/* "KiB", "k", "kb": libvirt's units, of either case. 0: there is no such unit. */
static uint64_t unit_bytes(const char *unit)
{
	static const char prefixes[] = "kmgtpe";
	const char *prefix = *unit ? strchr(prefixes, tolower((unsigned char)*unit)) : NULL;
	uint64_t base = 1024, bytes = 1;

	if (strcasecmp(unit, "b") == 0 || strcasecmp(unit, "bytes") == 0)
		return 1;
	if (!prefix)
		return 0;
	if (strcasecmp(unit + 1, "b") == 0)
		base = 1000;
	else if (unit[1] && strcasecmp(unit + 1, "ib") != 0)
		return 0;
	for (ptrdiff_t i = 0; i <= prefix - prefixes; i++)
		bytes *= base;
	return bytes;
}

static int value_size(
	DomainNode *node, const Rule *rule, const char *text, char **ret, Error **ret_error)
{
	char attribute[16];
	const char *form = strchr(rule->detail, ' ') + 1, *unit;
	uint64_t value, bytes, per = unit_bytes(form);

	(void)snprintf(
		attribute, sizeof(attribute), "%.*s", (int)(form - 1 - rule->detail), rule->detail);
	unit = node_attribute(node, attribute);
	bytes = unit_bytes(unit ? unit : form);
	if (bytes == 0 || per == 0) /* the table has none that is unknown */
		return error_set(ret_error, EINVAL, "line %u: unknown suffix '%.64s' of <%s>",
			node->line, unit, node->name);
	if (parse_unsigned(text, &value) < 0)
		return refuse(node, rule, text, "a number", ret_error);
	if (__builtin_mul_overflow(value, bytes, &value))
		return refuse(node, rule, text, "less than 16 EiB", ret_error);
	value = value / per + (value % per > 0);
	if (node_set_attribute(node, attribute, form) < 0)
		return error_oom(ret_error);
	return format(ret, ret_error, "%llu", (unsigned long long)value);
}

/* One word of a list that is separated by spaces. */
static bool has_word(const char *list, const char *word)
{
	size_t n = strlen(word);

	for (const char *at = list; n > 0 && (at = strstr(at, word)); at += n)
		if ((at == list || at[-1] == ' ') && (at[n] == ' ' || !at[n]))
			return *word != '|' && !strchr(word, ' ');
	return false;
}

static int value_enum(
	const DomainNode *node, const Rule *rule, const char *text, char **ret, Error **ret_error)
{
	if (has_word(rule->detail, text))
		return format(ret, ret_error, "%s", text);
	if (*rule->name == '@')
		return error_set(ret_error, EINVAL,
			"line %u: Invalid value for attribute '%s' in element '%s': '%.64s'",
			node->line, rule->name + 1, node->name, text);
	return error_set(ret_error, EINVAL, "line %u: Invalid value for element '%s': '%.64s'",
		node->line, node->name, text);
}

/* "1,2,5-7,^6", as libvirt reads it. */
static int read_set(const char *text, bool *set)
{
	while (*text) {
		bool without = *text == '^';
		unsigned long first, last;
		char *end;

		if (!isdigit((unsigned char)text[without]))
			return -EINVAL;
		first = last = strtoul(text + without, &end, 10);
		if (*end == '-' && !without) {
			if (!isdigit((unsigned char)end[1]))
				return -EINVAL;
			last = strtoul(end + 1, &end, 10);
		}
		if (first > last || last >= SET_MAX || (*end && (*end != ',' || !end[1])))
			return -EINVAL;
		for (unsigned long i = first; i <= last; i++)
			set[i] = !without;
		text = end + (*end == ',');
	}
	return 0;
}

static int value_set(
	const DomainNode *node, const Rule *rule, const char *text, char **ret, Error **ret_error)
{
	_cleanup_free_ bool *set = calloc(SET_MAX + 1, sizeof(*set));
	_cleanup_buf_ Buf buf = { 0 };

	if (!set)
		return error_oom(ret_error);
	if (read_set(text, set) < 0)
		return refuse(node, rule, text, "a list of numbers like 0-3,7", ret_error);
	for (unsigned int i = 0, last; i < SET_MAX; i = last + 1) {
		last = i;
		if (!set[i])
			continue;
		while (set[last + 1])
			last++;
		buf_printf(&buf, "%s%u", buf.size > 0 ? "," : "", i);
		if (last > i)
			buf_printf(&buf, "-%u", last);
	}
	if (buf.size == 0)
		return refuse(node, rule, text, "a list of at least one number", ret_error);
	return buf_take(&buf, ret, ret_error);
}

static int value_uuid(
	const DomainNode *node, const Rule *rule, const char *text, char **ret, Error **ret_error)
{
	char digits[33];
	size_t n = 0;

	for (const char *c = text; *c; c++) {
		if (*c == '-')
			continue;
		if (!isxdigit((unsigned char)*c) || n == 32)
			return refuse(node, rule, text, "a UUID", ret_error);
		digits[n++] = (char)tolower((unsigned char)*c);
	}
	digits[n] = '\0';
	if (n != 32)
		return refuse(node, rule, text, "a UUID", ret_error);
	return format(ret, ret_error, "%.8s-%.4s-%.4s-%.4s-%.12s", digits, digits + 8, digits + 12,
		digits + 16, digits + 20);
}

static int value_mac(
	const DomainNode *node, const Rule *rule, const char *text, char **ret, Error **ret_error)
{
	unsigned int mac[6];
	int end = 0;

	if (sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%n", &mac[0], &mac[1], &mac[2], &mac[3], &mac[4],
		    &mac[5], &end) != 6 ||
		text[end])
		return refuse(node, rule, text, "a MAC address", ret_error);
	if (mac[0] & 1)
		return error_set(ret_error, EINVAL,
			"line %u: expected unicast mac address, found multicast '%.64s'",
			node->line, text);
	return format(ret, ret_error, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2],
		mac[3], mac[4], mac[5]);
}

static int value_address(
	const DomainNode *node, const Rule *rule, const char *text, char **ret, Error **ret_error)
{
	char canonical[INET6_ADDRSTRLEN];
	IpAddress address;

	if (strchr(text, '/') || ip_parse(text, &address) < 0 ||
		!inet_ntop(address.family, address.bytes, canonical, sizeof(canonical)))
		return refuse(node, rule, text, "an IP address", ret_error);
	return format(ret, ret_error, "%s", canonical);
}

static int value_path(
	const DomainNode *node, const Rule *rule, const char *text, char **ret, Error **ret_error)
{
	*ret = NULL;
	if (*text == '/')
		*ret = path_normalize(text);
	if (*ret)
		return 0;
	if (errno == ENOMEM)
		return error_oom(ret_error);
	return refuse(node, rule, text, "an absolute path without '..'", ret_error);
}

static int value_name(
	const DomainNode *node, const Rule *rule, const char *text, char **ret, Error **ret_error)
{
	(void)rule;
	if (!*text)
		return error_set(ret_error, EINVAL, "missing name information");
	if (strchr(text, '/'))
		return error_set(
			ret_error, EINVAL, "XML error: name %.64s cannot contain '/'", text);
	if (strlen(text) > NAME_BYTES_MAX)
		return error_set(ret_error, EINVAL, "line %u: the name has more than %d bytes",
			node->line, NAME_BYTES_MAX);
	for (const char *c = text; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 127)
			return error_set(ret_error, EINVAL,
				"XML error: the name on line %u holds a control character",
				node->line);
	return format(ret, ret_error, "%s", text);
}

int normal_value(
	DomainNode *node, const Rule *rule, const char *value, char **ret, Error **ret_error)
{
	_cleanup_free_ char *text = trimmed(value);

	if (!text)
		return error_oom(ret_error);
	switch (rule->value) {
	case VALUE_NAME:
		return value_name(node, rule, text, ret, ret_error);
	case VALUE_PATH:
		return value_path(node, rule, value, ret, ret_error);
	case VALUE_UUID:
		return value_uuid(node, rule, text, ret, ret_error);
	case VALUE_UNSIGNED:
		return value_unsigned(node, rule, text, ret, ret_error);
	case VALUE_SIGNED:
		return value_signed(node, rule, text, ret, ret_error);
	case VALUE_SIZE:
		return value_size(node, rule, text, ret, ret_error);
	case VALUE_ENUM:
		return value_enum(node, rule, text, ret, ret_error);
	case VALUE_SET:
		return value_set(node, rule, text, ret, ret_error);
	case VALUE_MAC:
		return value_mac(node, rule, text, ret, ret_error);
	case VALUE_ADDRESS:
		return value_address(node, rule, text, ret, ret_error);
	default:
		return format(ret, ret_error, "%s", value);
	}
}
