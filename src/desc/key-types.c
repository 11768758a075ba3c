/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How each kind of value is read into its member, written as text and forgotten.
 */
#include "desc/key-types.h"

#include <stdio.h>
#include <string.h>

#include "base/strv.h"
#include "desc/identity.h"
#include "desc/option-value.h"
#include "desc/value.h"
#include "net/publication.h"
#include "net/reach-rule.h"

#define UNLIMITED "max" /* as in the kernel's cgroup files */

/* ---- texts ---- */

static int replace_text(char **field, char *value, Error **ret_error)
{
	if (!value)
		return error_oom(ret_error);
	free(*field);
	*field = value;
	return 0;
}

static int set_text(const Key *key, void *field, const char *text, Error **ret_error)
{
	if (key->check) {
		int r = key->check(text, ret_error);
		if (r < 0)
			return r;
	}
	return replace_text(field, strdup(text), ret_error);
}

static int set_path(const Key *key _unused_, void *field, const char *text, Error **ret_error)
{
	char *path = NULL;
	int r = value_path(text, &path, ret_error);

	return r < 0 ? r : replace_text(field, path, ret_error);
}

static int set_root(const Key *key _unused_, void *field, const char *text, Error **ret_error)
{
	char *path = strcmp(text, DESC_ROOT_HOST) == 0 ? strdup(text) : NULL;
	int r = path ? 0 : value_path(text, &path, ret_error);

	return r < 0 ? r : replace_text(field, path, ret_error);
}

static int set_level(const Key *key _unused_, void *field, const char *text, Error **ret_error)
{
	char *level = NULL;
	int r = value_level(text, &level, ret_error);

	return r < 0 ? r : replace_text(field, level, ret_error);
}

static int get_text(const void *field, char ***values)
{
	const char *text = *(char *const *)field;

	return text ? strv_append(values, text) : 0;
}

static void unset_text(void *field)
{
	char **text = field;

	free(*text);
	*text = NULL;
}

const KeyType key_type_text = { set_text, get_text, unset_text };
const KeyType key_type_path = { set_path, get_text, unset_text };
const KeyType key_type_root = { set_root, get_text, unset_text };
const KeyType key_type_level = { set_level, get_text, unset_text };

/* ---- lists ---- */

static int append(char ***list, const char *text, Error **ret_error)
{
	if (strv_length(*list) >= DESC_LIST_MAX)
		return error_set(ret_error, E2BIG, "more than %u values", DESC_LIST_MAX);
	return strv_append(list, text) < 0 ? error_oom(ret_error) : 0;
}

static int set_list(const Key *key, void *field, const char *text, Error **ret_error)
{
	if (key->check) {
		int r = key->check(text, ret_error);
		if (r < 0)
			return r;
	}
	return append(field, text, ret_error);
}

static int set_path_list(const Key *key _unused_, void *field, const char *text, Error **ret_error)
{
	_cleanup_free_ char *path = NULL;
	int r = value_path(text, &path, ret_error);

	return r < 0 ? r : append(field, path, ret_error);
}

static int get_list(const void *field, char ***values)
{
	STRV_FOREACH (value, *(char **const *)field) {
		int r = strv_append(values, *value);
		if (r < 0)
			return r;
	}
	return 0;
}

static void unset_list(void *field)
{
	char ***list = field;

	*list = strv_free(*list);
}

const KeyType key_type_list = { set_list, get_list, unset_list };
const KeyType key_type_path_list = { set_path_list, get_list, unset_list };

/* "none" is the empty list: what `set` leaves none of. */
static int set_order(const Key *key, void *field, const char *text, Error **ret_error)
{
	if (strcmp(text, "none") != 0)
		return set_list(key, field, text, ret_error);
	unset_list(field);
	return 0;
}

const KeyType key_type_order = { set_order, get_list, unset_list };

static int set_published(const Key *key _unused_, void *field, const char *text, Error **ret_error)
{
	char normal[PUBLICATION_SIZE];
	Publication publication;
	char ***list = field;
	unsigned int count;
	int r;

	if (strcmp(text, "none") == 0) {
		*list = strv_free(*list);
		return 0;
	}
	r = publication_parse_range(text, &publication, &count, ret_error);
	if (r == 0 && strv_length(*list) + count > PUBLICATION_MAX)
		r = error_set(ret_error, E2BIG, "more than %u ports", PUBLICATION_MAX);
	for (; r == 0 && count > 0; count--) {
		publication_format(&publication, normal);
		r = append(list, normal, ret_error);
		publication.outer++;
		publication.inner++;
	}
	return r;
}

const KeyType key_type_published = { set_published, get_list, unset_list };

static int append_rule(char ***list, const char *text, bool egress, Error **ret_error)
{
	char normal[REACH_RULE_SIZE];
	ReachRule rule;
	int r = reach_rule_parse(text, egress, &rule, ret_error);

	if (r == 0 && rule.peer == REACH_NAME)
		r = desc_check_name(rule.name, ret_error);
	if (r < 0)
		return r;
	reach_rule_format(&rule, normal);
	if (strv_contains(*list, normal))
		return 0;
	if (strv_length(*list) >= REACH_RULES_MAX)
		return error_set(ret_error, E2BIG, "more than %u entries", REACH_RULES_MAX);
	return append(list, normal, ret_error);
}

/* Several with commas between them; the word alone empties the list. */
static int set_words(char ***list, const char *text, const char *empty,
	int (*append_word)(char ***list, const char *text, Error **ret_error), Error **ret_error)
{
	_cleanup_strv_ char **words = NULL;
	int r = 0;

	if (strcmp(text, empty) == 0) {
		*list = strv_free(*list);
		return 0;
	}
	if (*text == '\0' || *text == ',' || text[strlen(text) - 1] == ',' || strstr(text, ",,"))
		return error_set(ret_error, EINVAL, "\"%s\" has an empty entry", text);
	if (strv_split(&words, text, ",") < 0)
		return error_oom(ret_error);
	STRV_FOREACH (word, words)
		r = r == 0 ? append_word(list, *word, ret_error) : r;
	return r;
}

static int append_allowed(char ***list, const char *text, Error **ret_error)
{
	return append_rule(list, text, false, ret_error);
}

static int append_egress(char ***list, const char *text, Error **ret_error)
{
	return append_rule(list, text, true, ret_error);
}

static int set_allowed(const Key *key _unused_, void *field, const char *text, Error **ret_error)
{
	return set_words(field, text, "none", append_allowed, ret_error);
}

static int set_egress(const Key *key _unused_, void *field, const char *text, Error **ret_error)
{
	return set_words(field, text, "any", append_egress, ret_error);
}

const KeyType key_type_allowed = { set_allowed, get_list, unset_list };
const KeyType key_type_egress = { set_egress, get_list, unset_list };

/* Of more than three, resolv.conf(5) says, none but the first three are asked. */
static int append_server(char ***list, const char *text, Error **ret_error)
{
	_cleanup_free_ char *normal = NULL;
	int r = strcmp(text, DESC_DNS_OWN) == 0 ? 0 : value_server(text, &normal, ret_error);

	if (r < 0)
		return r;
	if (strv_length(*list) >= DESC_DNS_MAX)
		return error_set(ret_error, E2BIG, "more than %d name servers", DESC_DNS_MAX);
	return append(list, normal ? normal : text, ret_error);
}

static int append_domain(char ***list, const char *text, Error **ret_error)
{
	int r = strcmp(text, DESC_DNS_NOWHERE) == 0 ? 0 : value_check_domain(text, ret_error);

	return r < 0 ? r : append(list, text, ret_error);
}

static int set_dns(const Key *key _unused_, void *field, const char *text, Error **ret_error)
{
	return set_words(field, text, DESC_DNS_HOST, append_server, ret_error);
}

static int set_dns_search(const Key *key _unused_, void *field, const char *text, Error **ret_error)
{
	return set_words(field, text, DESC_DNS_HOST, append_domain, ret_error);
}

const KeyType key_type_dns = { set_dns, get_list, unset_list };
const KeyType key_type_dns_search = { set_dns_search, get_list, unset_list };

/* ---- numbers; zero is unset ---- */

static int append_taken(char ***values, char *text)
{
	_cleanup_free_ char *owned = text;

	return owned ? strv_append(values, owned) : -ENOMEM;
}

static int set_bool(const Key *key _unused_, void *field, const char *text, Error **ret_error)
{
	return value_bool(text, field, ret_error);
}

static int get_bool(const void *field, char ***values)
{
	return *(const bool *)field ? strv_append(values, "yes") : 0;
}

static void unset_bool(void *field)
{
	*(bool *)field = false;
}

static int set_size(const Key *key, void *field, const char *text, Error **ret_error)
{
	uint64_t size = DESC_UNLIMITED;
	int r;

	if (strcmp(text, UNLIMITED) != 0 || !(key->flags & KEY_UNLIMITED)) {
		r = value_size(text, &size, ret_error);
		if (r < 0)
			return r;
		if (size < key->min || size > key->max)
			return error_set(ret_error, EINVAL,
				"size %s is too %s; the %s is %llu bytes", text,
				size < key->min ? "small" : "large",
				size < key->min ? "least" : "most",
				(unsigned long long)(size < key->min ? key->min : key->max));
	}
	*(uint64_t *)field = size;
	return 0;
}

static int get_size(const void *field, char ***values)
{
	uint64_t size = *(const uint64_t *)field;

	if (size == DESC_UNLIMITED)
		return strv_append(values, UNLIMITED);
	return size ? append_taken(values, value_size_format(size)) : 0;
}

static int set_number(const Key *key, void *field, const char *text, Error **ret_error)
{
	if (strcmp(text, UNLIMITED) != 0 || !(key->flags & KEY_UNLIMITED))
		return value_number(key->name, text, key->min, key->max, field, ret_error);
	*(uint64_t *)field = DESC_UNLIMITED;
	return 0;
}

static int get_number(const void *field, char ***values)
{
	uint64_t number = *(const uint64_t *)field;

	if (number == DESC_UNLIMITED)
		return strv_append(values, UNLIMITED);
	return number ? strv_appendf(values, "%llu", (unsigned long long)number) : 0;
}

static int set_cpus(const Key *key _unused_, void *field, const char *text, Error **ret_error)
{
	if (strcmp(text, UNLIMITED) != 0)
		return value_cpus(text, field, ret_error);
	*(uint64_t *)field = DESC_UNLIMITED;
	return 0;
}

static int get_cpus(const void *field, char ***values)
{
	uint64_t milli = *(const uint64_t *)field;

	if (milli == DESC_UNLIMITED)
		return strv_append(values, UNLIMITED);
	return milli ? append_taken(values, value_cpus_format(milli)) : 0;
}

static void unset_number(void *field)
{
	*(uint64_t *)field = 0;
}

static int set_id(const Key *key, void *field, const char *text, Error **ret_error)
{
	uint64_t id;
	int r = value_number(key->name, text, key->min, key->max, &id, ret_error);

	if (r < 0)
		return r;
	*(uint32_t *)field = (uint32_t)id;
	return 0;
}

static int get_id(const void *field, char ***values)
{
	uint32_t id = *(const uint32_t *)field;

	return id ? strv_appendf(values, "%u", id) : 0;
}

static void unset_id(void *field)
{
	*(uint32_t *)field = 0;
}

const KeyType key_type_bool = { set_bool, get_bool, unset_bool };
const KeyType key_type_size = { set_size, get_size, unset_number };
const KeyType key_type_number = { set_number, get_number, unset_number };
const KeyType key_type_cpus = { set_cpus, get_cpus, unset_number };
const KeyType key_type_id = { set_id, get_id, unset_id };

/* ---- names; the first of an enum is unset ---- */

static int set_model(const Key *key _unused_, void *field, const char *text, Error **ret_error)
{
	DescModel model = desc_model_from_name(text);

	if (model < 0)
		return error_set(ret_error, EINVAL,
			"\"%s\" is not a security model; the models are auto, selinux, smack, apparmor and none",
			text);
	*(DescModel *)field = model;
	return 0;
}

static int get_model(const void *field, char ***values)
{
	DescModel model = *(const DescModel *)field;

	return model != DESC_MODEL_AUTO ? strv_append(values, desc_model_name(model)) : 0;
}

static void unset_model(void *field)
{
	*(DescModel *)field = DESC_MODEL_AUTO;
}

static int set_labeling(const Key *key _unused_, void *field, const char *text, Error **ret_error)
{
	DescLabeling labeling = desc_labeling_from_name(text);

	if (labeling < 0)
		return error_set(ret_error, EINVAL, "\"%s\" is neither dynamic nor static", text);
	*(DescLabeling *)field = labeling;
	return 0;
}

static int get_labeling(const void *field, char ***values)
{
	DescLabeling labeling = *(const DescLabeling *)field;

	return labeling != DESC_LABEL_DYNAMIC ? strv_append(values, desc_labeling_name(labeling))
					      : 0;
}

static void unset_labeling(void *field)
{
	*(DescLabeling *)field = DESC_LABEL_DYNAMIC;
}

const KeyType key_type_model = { set_model, get_model, unset_model };
const KeyType key_type_labeling = { set_labeling, get_labeling, unset_labeling };

/* ---- the small languages ---- */

static int set_network(const Key *key _unused_, void *field, const char *text, Error **ret_error)
{
	return option_parse_network(field, text, ret_error);
}

static int get_networks(const void *field, char ***values)
{
	const Desc *desc = field;
	int r = 0;

	for (size_t i = 0; i < desc->n_networks && r == 0; i++)
		r = append_taken(values, option_format_network(&desc->networks[i]));
	return r;
}

static void unset_networks(void *field)
{
	Desc *desc = field;

	while (desc->n_networks > 0)
		option_network_done(&desc->networks[--desc->n_networks]);
	free(desc->networks);
	desc->networks = NULL;
}

/* "mac=MAC[,address=ADDRESS]" */
static int set_link(const Key *key _unused_, void *field, const char *text, Error **ret_error)
{
	_cleanup_free_ char *mac = NULL, *address = NULL;
	_cleanup_strv_ char **words = NULL;
	Identity *identity = field;
	int r = 0;

	if (*text && strv_split(&words, text, ",") < 0)
		return error_oom(ret_error);
	STRV_FOREACH (word, words) {
		if (strncmp(*word, "mac=", 4) == 0 && !mac)
			r = value_mac(*word + 4, &mac, ret_error);
		else if (strncmp(*word, "address=", 8) == 0 && !address)
			r = value_address(*word + 8, &address, ret_error);
		else
			r = error_set(
				ret_error, EINVAL, "\"%s\" is not mac=MAC[,address=ADDRESS]", text);
		if (r < 0)
			return r;
	}
	return identity_set_link(identity, identity->n_links, mac, address, ret_error);
}

static int get_links(const void *field, char ***values)
{
	const Identity *identity = field;
	int r = 0;

	for (size_t i = 0; i < identity->n_links && r == 0; i++) {
		const IdentityLink *link = &identity->links[i];

		r = strv_appendf(values, "%s%s%s%s%s", link->mac ? "mac=" : "",
			link->mac ? link->mac : "", link->mac && link->address ? "," : "",
			link->address ? "address=" : "", link->address ? link->address : "");
	}
	return r;
}

static void unset_links(void *field)
{
	identity_forget_links(field);
}

static int set_mount(const Key *key _unused_, void *field, const char *text, Error **ret_error)
{
	return option_parse_mount(field, text, ret_error);
}

static int get_mounts(const void *field, char ***values)
{
	const Desc *desc = field;
	int r = 0;

	for (size_t i = 0; i < desc->n_mounts && r == 0; i++)
		r = append_taken(values, option_format_mount(&desc->mounts[i]));
	return r;
}

static void unset_mounts(void *field)
{
	Desc *desc = field;

	while (desc->n_mounts > 0)
		option_mount_done(&desc->mounts[--desc->n_mounts]);
	free(desc->mounts);
	desc->mounts = NULL;
}

static int set_security(const Key *key _unused_, void *field, const char *text, Error **ret_error)
{
	return option_parse_security(field, text, ret_error);
}

static int get_nothing(const void *field _unused_, char ***values _unused_)
{
	return 0;
}

static void unset_security(void *field)
{
	option_security_done(field);
}

const KeyType key_type_links = { set_link, get_links, unset_links };
const KeyType key_type_networks = { set_network, get_networks, unset_networks };
const KeyType key_type_mounts = { set_mount, get_mounts, unset_mounts };
const KeyType key_type_security = { set_security, get_nothing, unset_security };
