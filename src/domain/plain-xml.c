/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Plain XML. What it takes has one meaning: ASCII, no prefixes, declarations, comments, sections and no white space that a reader of XML would change.
 * fuzz-domain compares it with the library.
 */
#include "domain/plain-xml.h"

#include <string.h>

#define PLAIN_SIZE_MAX (64u * 1024) /* bytes */
#define PLAIN_DEPTH_MAX 16

#define NAME_START "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"
#define NAME_REST NAME_START "0123456789-."
#define NAME_BYTES_MAX 64u
#define BLANK " \t\n"

typedef struct Reader {
	const char *at;
	unsigned int line;
} Reader;

static void skip(Reader *reader, size_t n)
{
	for (; n > 0; n--)
		reader->line += *reader->at++ == '\n';
}

static bool take(Reader *reader, const char *word)
{
	size_t n = strlen(word);

	if (strncmp(reader->at, word, n) != 0)
		return false;
	skip(reader, n);
	return true;
}

/* 1, 0 or -ENOMEM, as all of them. */
static int read_name(Reader *reader, char **ret)
{
	size_t n =
		strchr(NAME_START, *reader->at) && *reader->at ? strspn(reader->at, NAME_REST) : 0;

	if (n == 0 || n > NAME_BYTES_MAX)
		return 0;
	*ret = strndup(reader->at, n);
	skip(reader, n);
	return *ret ? 1 : -ENOMEM;
}

/* Up to one of these characters, with the references that need no declaration. */
static int read_text(Reader *reader, const char *end, char **ret)
{
	static const struct {
		const char *reference;
		char c;
	} references[] = { { "&lt;", '<' }, { "&gt;", '>' }, { "&amp;", '&' }, { "&quot;", '"' },
		{ "&apos;", '\'' }, { "&#10;", '\n' }, { "&#9;", '\t' }, { "&#13;", '\r' } };
	_cleanup_buf_ Buf buf = { 0 };

	for (;;) {
		size_t i = 0, n = strcspn(reader->at, end);

		buf_append(&buf, reader->at, n);
		skip(reader, n);
		if (*reader->at != '&')
			break;
		while (i < ARRAY_SIZE(references) && !take(reader, references[i].reference))
			i++;
		if (i == ARRAY_SIZE(references))
			return 0;
		buf_append(&buf, &references[i].c, 1);
	}
	return buf_take(&buf, ret, NULL) < 0 ? -ENOMEM : 1;
}

static int read_value(Reader *reader, DomainNode *node, const char *name)
{
	const char quote[] = { *reader->at, '\0' }, end[] = { *quote, '&', '<', '\n', '\t', '\0' };
	_cleanup_free_ char *value = NULL;
	int r;

	if ((*quote != '\'' && *quote != '"') || node_attribute(node, name))
		return 0;
	skip(reader, 1);
	r = read_text(reader, end, &value);
	if (r <= 0 || !take(reader, quote))
		return r < 0 ? r : 0;
	return node_set_attribute(node, name, value) < 0 ? -ENOMEM : 1;
}

static int read_attributes(Reader *reader, DomainNode *node)
{
	for (;;) {
		_cleanup_free_ char *name = NULL;
		size_t blank = strspn(reader->at, BLANK);
		int r;

		skip(reader, blank);
		if (*reader->at == '>' || *reader->at == '/')
			return 1;
		r = blank > 0 ? read_name(reader, &name) : 0;
		if (r <= 0 || !take(reader, "=") || strcmp(name, "xmlns") == 0)
			return r < 0 ? r : 0;
		r = read_value(reader, node, name);
		if (r <= 0)
			return r;
	}
}

static int read_element(Reader *reader, unsigned int depth, DomainNode **ret);

/* Elements with white space between them, or text. */
static int read_content(Reader *reader, unsigned int depth, DomainNode *node)
{
	const char *start = reader->at;
	int r;

	for (;;) {
		DomainNode *child = NULL;
		size_t blank = strspn(reader->at, BLANK);

		if (reader->at[blank] != '<' || reader->at[blank + 1] == '/')
			break;
		skip(reader, blank);
		r = read_element(reader, depth + 1, &child);
		if (r <= 0)
			return r;
		if (node_insert(node, child, SIZE_MAX) < 0)
			return -ENOMEM;
	}
	if (node->n_children > 0) {
		skip(reader, strspn(reader->at, BLANK));
		return *reader->at == '<';
	}
	if (*start == '<')
		return 1;
	r = read_text(reader, "<&", &node->text);
	return r > 0 && memmem(start, (size_t)(reader->at - start), "]]>", 3) ? 0 : r;
}

static int read_element(Reader *reader, unsigned int depth, DomainNode **ret)
{
	_cleanup_node_ DomainNode *node = NULL;
	_cleanup_free_ char *name = NULL;
	int r = depth <= PLAIN_DEPTH_MAX && take(reader, "<") ? read_name(reader, &name) : 0;

	if (r <= 0 || strcmp(name, "metadata") == 0) /* kept as it stands */
		return r < 0 ? r : 0;
	node = node_new(name, 0);
	if (!node)
		return -ENOMEM;
	r = read_attributes(reader, node);
	node->line = reader->line;
	if (r > 0 && !take(reader, "/>")) {
		r = take(reader, ">") ? read_content(reader, depth, node) : 0;
		if (r > 0 && (!take(reader, "</") || !take(reader, name) || !take(reader, ">")))
			r = 0;
	}
	if (r > 0)
		*ret = TAKE_PTR(node);
	return r;
}

static bool is_plain(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if ((text[i] < ' ' && text[i] != '\n' && text[i] != '\t') || text[i] > '~')
			return false;
	return size > 0 && size <= PLAIN_SIZE_MAX;
}

int plain_xml_read(const char *text, size_t size, DomainNode **ret)
{
	_cleanup_free_ char *copy = is_plain(text, size) ? strndup(text, size) : NULL;
	_cleanup_node_ DomainNode *root = NULL;
	Reader reader = { copy, 1 };
	int r;

	if (!copy)
		return is_plain(text, size) ? -ENOMEM : 0;
	r = read_element(&reader, 0, &root);
	if (r <= 0 || reader.at[strspn(reader.at, BLANK)] != '\0')
		return r < 0 ? r : 0;
	*ret = TAKE_PTR(root);
	return 1;
}
