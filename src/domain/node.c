/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The tree of a document.
 */
#include "domain/node.h"

#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "base/text.h"

DomainNode *node_new(const char *name, unsigned int line)
{
	_cleanup_node_ DomainNode *node = calloc(1, sizeof(*node));

	if (!node)
		return NULL;
	node->line = line;
	node->name = strdup(name);
	return node->name ? TAKE_PTR(node) : NULL;
}

DomainNode *node_free(DomainNode *node)
{
	if (!node)
		return NULL;
	for (size_t i = 0; i < node->n_children; i++)
		node_free(node->children[i]);
	for (size_t i = 0; i < node->n_attributes; i++) {
		free(node->attributes[i].name);
		free(node->attributes[i].value);
	}
	free(node->children);
	free(node->attributes);
	free(node->name);
	free(node->text);
	free(node->raw);
	free(node);
	return NULL;
}

DomainNode *node_copy(const DomainNode *node)
{
	_cleanup_node_ DomainNode *copy = node_new(node->name, node->line);

	if (!copy || node_set_text(copy, node->text) < 0)
		return NULL;
	copy->raw = node->raw ? strdup(node->raw) : NULL;
	if (node->raw && !copy->raw)
		return NULL;
	for (size_t i = 0; i < node->n_attributes; i++)
		if (node_set_attribute(copy, node->attributes[i].name, node->attributes[i].value) <
			0)
			return NULL;
	for (size_t i = 0; i < node->n_children; i++) {
		DomainNode *child = node_copy(node->children[i]);

		if (!child || node_insert(copy, child, SIZE_MAX) < 0)
			return NULL;
	}
	return TAKE_PTR(copy);
}

int node_insert(DomainNode *node, DomainNode *child, size_t at)
{
	if (array_room(&node->children, node->n_children, sizeof(*node->children)) < 0) {
		node_free(child);
		return -ENOMEM;
	}
	if (at > node->n_children)
		at = node->n_children;
	memmove(node->children + at + 1, node->children + at,
		(node->n_children - at) * sizeof(*node->children));
	node->children[at] = child;
	node->n_children++;
	return 0;
}

void node_remove(DomainNode *node, size_t at)
{
	node_free(node->children[at]);
	node->n_children--;
	memmove(node->children + at, node->children + at + 1,
		(node->n_children - at) * sizeof(*node->children));
}

void node_remove_named(DomainNode *node, const char *name)
{
	for (size_t i = node ? node->n_children : 0; i > 0; i--)
		if (strcmp(node->children[i - 1]->name, name) == 0)
			node_remove(node, i - 1);
}

static DomainNode *child_of_length(const DomainNode *node, const char *name, size_t n)
{
	for (size_t i = 0; node && i < node->n_children; i++)
		if (strncmp(node->children[i]->name, name, n) == 0 && !node->children[i]->name[n])
			return node->children[i];
	return NULL;
}

DomainNode *node_child(const DomainNode *node, const char *name)
{
	return child_of_length(node, name, strlen(name));
}

DomainNode *node_find(const DomainNode *node, const char *path)
{
	DomainNode *found = NULL;

	for (size_t n; *path && *path != '@'; path += n + (path[n] == '/')) {
		n = strcspn(path, "/");
		found = child_of_length(found ? found : node, path, n);
		if (!found)
			return NULL;
	}
	return found;
}

const char *node_value(const DomainNode *node, const char *path)
{
	const char *attribute = strchr(path, '@');
	const DomainNode *found = attribute == path ? node : node_find(node, path);

	if (!found)
		return NULL;
	return attribute ? node_attribute(found, attribute + 1) : found->text;
}

static DomainAttribute *find_attribute(const DomainNode *node, const char *name)
{
	for (size_t i = 0; node && i < node->n_attributes; i++)
		if (strcmp(node->attributes[i].name, name) == 0)
			return &node->attributes[i];
	return NULL;
}

const char *node_attribute(const DomainNode *node, const char *name)
{
	const DomainAttribute *attribute = find_attribute(node, name);

	return attribute ? attribute->value : NULL;
}

static int add_attribute(DomainNode *node, const char *name, const char *value)
{
	DomainAttribute attribute = { strdup(name), strdup(value) };

	if (!attribute.name || !attribute.value ||
		array_room(&node->attributes, node->n_attributes, sizeof(*node->attributes)) < 0) {
		free(attribute.name);
		free(attribute.value);
		return -ENOMEM;
	}
	node->attributes[node->n_attributes++] = attribute;
	return 0;
}

static void remove_attribute(DomainNode *node, DomainAttribute *attribute)
{
	DomainAttribute *end = node->attributes + node->n_attributes--;

	free(attribute->name);
	free(attribute->value);
	memmove(attribute, attribute + 1, (size_t)(end - attribute - 1) * sizeof(*attribute));
}

int node_set_attribute(DomainNode *node, const char *name, const char *value)
{
	DomainAttribute *attribute = find_attribute(node, name);
	char *copy;

	if (!attribute)
		return value ? add_attribute(node, name, value) : 0;
	if (!value) {
		remove_attribute(node, attribute);
		return 0;
	}
	copy = strdup(value);
	if (!copy)
		return -ENOMEM;
	free(attribute->value);
	attribute->value = copy;
	return 0;
}

int node_set_text(DomainNode *node, const char *text)
{
	char *copy = text ? strdup(text) : NULL;

	if (text && !copy)
		return -ENOMEM;
	free(node->text);
	node->text = copy;
	return 0;
}

DomainNode *node_add(DomainNode *node, const char *name, const char *text)
{
	DomainNode *child = node_new(name, 0);

	if (!child)
		return NULL;
	if (node_set_text(child, text) < 0) {
		node_free(child);
		return NULL;
	}
	return node_insert(node, child, SIZE_MAX) < 0 ? NULL : child;
}

DomainNode *node_make(DomainNode *node, const char *path)
{
	char name[128];

	for (size_t n; node && *path && *path != '@'; path += n + (path[n] == '/')) {
		DomainNode *child;

		n = strcspn(path, "/");
		(void)snprintf(name, sizeof(name), "%.*s", (int)n, path);
		child = node_child(node, name);
		node = child ? child : node_add(node, name, NULL);
	}
	return node;
}

bool node_can_hold(const char *text)
{
	for (size_t n; *text; text += n) {
		n = text_utf8_length(text);
		if (n == 0 || (n == 1 && (unsigned char)*text < ' ' && !strchr("\t\n\r", *text)) ||
			strncmp(text, "\xef\xbf\xbe", 3) == 0 ||
			strncmp(text, "\xef\xbf\xbf", 3) == 0)
			return false;
	}
	return true;
}

/* White space that parsing would change is written as references. */
static void print_text(const char *text, const char *white, Buf *buf)
{
	static const struct {
		char c;
		const char *escape;
	} escapes[] = { { '<', "&lt;" }, { '>', "&gt;" }, { '&', "&amp;" }, { '"', "&quot;" },
		{ '\'', "&apos;" } };

	for (; *text; text++) {
		const char *escape = NULL;

		for (size_t i = 0; i < ARRAY_SIZE(escapes); i++)
			if (*text == escapes[i].c)
				escape = escapes[i].escape;
		if (escape)
			buf_puts(buf, escape);
		else if (strchr(white, *text))
			buf_printf(buf, "&#%d;", *text);
		else
			buf_append(buf, text, 1);
	}
}

static void print_escaped(const char *text, Buf *buf)
{
	print_text(text, "\r", buf);
}

void node_print(const DomainNode *node, unsigned int level, Buf *buf)
{
	int indent = (int)level * 2;

	if (node->raw) {
		buf_printf(buf, "%*s%s\n", indent, "", node->raw);
		return;
	}
	buf_printf(buf, "%*s<%s", indent, "", node->name);
	for (size_t i = 0; i < node->n_attributes; i++) {
		buf_printf(buf, " %s='", node->attributes[i].name);
		print_text(node->attributes[i].value, "\r\n\t", buf);
		buf_puts(buf, "'");
	}
	if (node->n_children > 0) {
		buf_puts(buf, ">\n");
		for (size_t i = 0; i < node->n_children; i++)
			node_print(node->children[i], level + 1, buf);
		buf_printf(buf, "%*s</%s>\n", indent, "", node->name);
	} else if (node->text && *node->text) {
		buf_puts(buf, ">");
		print_escaped(node->text, buf);
		buf_printf(buf, "</%s>\n", node->name);
	} else {
		buf_puts(buf, "/>\n");
	}
}
