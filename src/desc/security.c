/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The language of -s: the four sVirt configurations on one line.
 */
#include <stdio.h>
#include <string.h>

#include "base/strv.h"
#include "desc/option-value.h"
#include "desc/value.h"

static int set_label(char **field, const char *label, Error **ret_error)
{
	int r = value_check_label(label, ret_error);

	if (r < 0)
		return r;
	free(*field);
	*field = strdup(label);
	return *field ? 0 : error_oom(ret_error);
}

static int set_type(DescSecurity *security, const char *value, Error **ret_error)
{
	if (strcmp(value, "own") != 0)
		return error_set(ret_error, EINVAL,
			"security option type=%s: the only value is own, for a policy type of the container's own",
			value);
	security->custom_type = true;
	return 0;
}

static int read_value(DescSecurity *security, const char *field, Error **ret_error)
{
	if (strncmp(field, "label=", 6) == 0)
		return set_label(&security->label, field + 6, ret_error);
	if (strncmp(field, "baselabel=", 10) == 0)
		return set_label(&security->baselabel, field + 10, ret_error);
	if (strncmp(field, "relabel=", 8) == 0)
		return value_bool(field + 8, &security->relabel, ret_error);
	if (strncmp(field, "type=", 5) == 0)
		return set_type(security, field + 5, ret_error);
	if (strcmp(field, "inherit") == 0)
		return error_set(ret_error, EOPNOTSUPP,
			"security option \"inherit\" is not supported: with the label of its creator a container would not be confined");
	return error_set(ret_error, EINVAL,
		"Unknown security option '%s'; known are dynamic, static, selinux, smack, apparmor, none, label=, baselabel=, relabel= and type=own",
		field);
}

static int read_field(DescSecurity *security, const char *field, Error **ret_error)
{
	DescModel model = desc_model_from_name(field);
	DescLabeling labeling = desc_labeling_from_name(field);

	if (model >= 0)
		security->model = model;
	else if (labeling >= 0)
		security->labeling = labeling;
	else
		return read_value(security, field, ret_error);
	return 0;
}

/* Is the word a category or a range of them, so that it goes on with the label before it:
 * "label=...:s0:c1" "c2". */
static bool is_category(const char *word)
{
	size_t size = 0;

	while (*word == 'c') {
		size_t digits = strspn(word + 1, "0123456789");

		if (digits == 0)
			return false;
		size += digits;
		word += 1 + digits;
		if (*word == '.' && word[1] == 'c')
			word++;
	}
	return size > 0 && !*word;
}

/* Fields of the option. A comma also separates the categories of a label; those are put together
 * again. */
static int split_fields(const char *text, char ***ret, Error **ret_error)
{
	_cleanup_strv_ char **words = NULL, **fields = NULL;
	size_t n = 0;

	if (strv_split(&words, text, ",") < 0)
		return error_oom(ret_error);
	STRV_FOREACH (word, words) {
		char *last = n > 0 ? fields[n - 1] : NULL;

		if (last && strstr(last, "label=") && is_category(*word)) {
			_cleanup_free_ char *joined = last;

			if (asprintf(&fields[n - 1], "%s,%s", joined, *word) < 0) {
				fields[n - 1] = TAKE_PTR(joined);
				return error_oom(ret_error);
			}
		} else if (strv_append(&fields, *word) < 0) {
			return error_oom(ret_error);
		} else {
			n++;
		}
	}
	*ret = TAKE_PTR(fields);
	return 0;
}

int option_parse_security(DescSecurity *security, const char *text, Error **ret_error)
{
	_cleanup_(option_security_done) DescSecurity read = {};
	_cleanup_strv_ char **fields = NULL;
	int r = split_fields(text, &fields, ret_error);

	if (r < 0)
		return r;
	if (!fields)
		return error_set(ret_error, EINVAL, "security option \"%s\" is empty", text);
	STRV_FOREACH (field, fields) {
		r = read_field(&read, *field, ret_error);
		if (r < 0)
			return r;
	}
	/* The ancestor called the base of a dynamic label "label", too. */
	if (read.labeling == DESC_LABEL_DYNAMIC && read.label && !read.baselabel)
		read.baselabel = TAKE_PTR(read.label);
	read.level = TAKE_PTR(security->level);
	option_security_done(security);
	*security = read;
	read = (DescSecurity){};
	return 0;
}

void option_security_done(DescSecurity *security)
{
	free(security->label);
	free(security->baselabel);
	free(security->level);
	*security = (DescSecurity){};
}
