/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A tree in libvirt's form, by the grammar.
 */
#include "domain/normal-form.h"

#include <stdio.h>
#include <string.h>

static const Rule *rule_of_attribute(const Rule *rule, const char *name)
{
	char key[128];

	(void)snprintf(key, sizeof(key), "@%s", name);
	return strlen(name) < sizeof(key) - 1 ? rule_below(rule, key) : NULL;
}

static int normal_attributes(
	DomainNode *node, const Rule *rule, unsigned int flags, Error **ret_error)
{
	for (size_t i = 0; i < node->n_attributes;) {
		const char *name = node->attributes[i].name;
		const Rule *row = rule_of_attribute(rule, name);
		_cleanup_free_ char *value = NULL;
		int r;

		if (row && row->status == RULE_OUTPUT && !(flags & NORMAL_KEEP_OUTPUT)) {
			(void)node_set_attribute(node, name, NULL);
			continue;
		}
		i++;
		if (!row)
			continue;
		r = normal_value(node, row, node->attributes[i - 1].value, &value, ret_error);
		if (r < 0)
			return r;
		free(node->attributes[i - 1].value);
		node->attributes[i - 1].value = TAKE_PTR(value);
	}
	return 0;
}

static int normal_text(DomainNode *node, const Rule *rule, Error **ret_error)
{
	_cleanup_free_ char *value = NULL;
	int r;

	if (rule->value ==
		VALUE_NONE) { /* what stands between elements says nothing, as with libvirt */
		free(node->text);
		node->text = NULL;
		return 0;
	}
	if (node->n_children > 0)
		return error_set(ret_error, EINVAL,
			"line %u: <%s> holds the element <%s>, but it must hold text", node->line,
			node->name, node->children[0]->name);
	if (rule->value == VALUE_TEXT && (!node->text || !*node->text)) {
		if (rule->flags & RULE_MANY)
			return error_set(ret_error, EINVAL,
				"line %u: No data supplied for <%s> element", node->line,
				node->name);
		return 0;
	}
	r = normal_value(node, rule, node->text ? node->text : "", &value, ret_error);
	if (r < 0)
		return r;
	free(node->text);
	node->text = TAKE_PTR(value);
	return 0;
}

static int check_required(const DomainNode *node, const Rule *rule, Error **ret_error)
{
	static const char *const sentences[][2] = { /* libvirt's own */
		{ "name", "missing name information" },
		{ "memory", "XML error: Memory size must be specified via <memory>" },
		{ "os", "XML error: an os <type> must be specified" }
	};

	for (const Rule *row = rule_first(rule); row; row = rule_next(row)) {
		bool attribute = *row->name == '@';

		if (!(row->flags & RULE_REQUIRED) ||
			(attribute ? node_attribute(node, row->name + 1) != NULL
				   : node_child(node, row->name) != NULL))
			continue;
		for (size_t i = 0; row->depth == 1 && i < ARRAY_SIZE(sentences); i++)
			if (strcmp(row->name, sentences[i][0]) == 0)
				return error_set(ret_error, EINVAL, "%s", sentences[i][1]);
		return attribute ? error_set(ret_error, EINVAL,
					   "line %u: Missing required attribute '%s' in element "
					   "'%s'",
					   node->line, row->name + 1, node->name)
				 : error_set(ret_error, EINVAL,
					   "line %u: Missing required element '%s' in element '%s'",
					   node->line, row->name, node->name);
	}
	return 0;
}

static size_t rank_of(const Rule *row)
{
	return row ? (size_t)(row - rules) : SIZE_MAX;
}

static int by_rank(size_t a, size_t b)
{
	return (a > b) - (a < b);
}

typedef struct Ranked {
	size_t rank, minor, index;
	void *child;
	DomainAttribute attribute;
} Ranked;

static int compare(const void *a, const void *b)
{
	const Ranked *left = a, *right = b;
	int r = by_rank(left->rank, right->rank);

	if (r == 0)
		r = by_rank(left->minor, right->minor);
	return r ? r : by_rank(left->index, right->index);
}

/* Within the same rank: capabilities in the order of their table, ranges of ids by their start. */
static size_t minor_rank(const DomainNode *child, const Rule *row)
{
	const char *start = node_attribute(child, "start");

	if (row && (row->flags & RULE_ANY_NAME))
		return (size_t)capability_index(child->name, NULL);
	return start && row ? (size_t)strtoul(start, NULL, 10) : 0;
}

static int sort(DomainNode *node, const Rule *rule, Error **ret_error)
{
	size_t n = node->n_children > node->n_attributes ? node->n_children : node->n_attributes;
	_cleanup_free_ Ranked *items = calloc(n + 1, sizeof(*items));

	if (!items)
		return error_oom(ret_error);
	for (size_t i = 0; i < node->n_attributes; i++)
		items[i] = (Ranked){
			.rank = rank_of(rule_of_attribute(rule, node->attributes[i].name)),
			.index = i,
			.attribute = node->attributes[i],
		};
	qsort(items, node->n_attributes, sizeof(*items), compare);
	for (size_t i = 0; i < node->n_attributes; i++)
		node->attributes[i] = items[i].attribute;
	for (size_t i = 0; i < node->n_children; i++) {
		const Rule *row = rule_below(rule, node->children[i]->name);

		items[i] = (Ranked){ .rank = rank_of(row),
			.minor = minor_rank(node->children[i], row),
			.index = i,
			.child = node->children[i] };
	}
	qsort(items, node->n_children, sizeof(*items), compare);
	for (size_t i = 0; i < node->n_children; i++)
		node->children[i] = items[i].child;
	return 0;
}

static int normal_children(
	DomainNode *node, const Rule *rule, unsigned int flags, Error **ret_error)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < node->n_children; i++) {
		const Rule *row = rule_below(rule, node->children[i]->name);

		if (row && row->status == RULE_OUTPUT && !(flags & NORMAL_KEEP_OUTPUT))
			node_remove(node, i--);
		else if (row)
			r = normal_form_node(node->children[i], row, flags, ret_error);
	}
	return r;
}

int normal_form_node(DomainNode *node, const Rule *rule, unsigned int flags, Error **ret_error)
{
	int r;

	if (rule->value == VALUE_RAW || node->raw)
		return 0;
	r = normal_text(node, rule, ret_error); /* before the unit beside it is written anew */
	if (r == 0)
		r = normal_attributes(node, rule, flags, ret_error);
	if (r == 0)
		r = normal_children(node, rule, flags, ret_error);
	if (r == 0)
		r = check_required(node, rule, ret_error);
	return r < 0 ? r : sort(node, rule, ret_error);
}

int normal_form(DomainNode *root, unsigned int flags, Error **ret_error)
{
	const char *type;
	int r;

	if (strcmp(root->name, "domain") != 0)
		return error_set(ret_error, EINVAL,
			"XML error: unexpected root element <%.64s>, expecting <domain>",
			root->name);
	type = node_attribute(root, "type");
	if (type && strcmp(type, "lxc") != 0)
		return error_set(ret_error, EINVAL,
			"line %u: unexpected domain type %.64s, expecting lxc", root->line, type);
	r = normal_form_node(root, rule_root(), flags, ret_error);
	if (r == 0)
		r = defaults_apply(root, flags, ret_error);
	/* What was filled in gets its place. */
	return r < 0 ? r : normal_form_node(root, rule_root(), flags, ret_error);
}
