/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * XML text to a tree. A document may be anybody's: no entities, no DTD, nothing from the network or another file; and nothing is deeper or larger than a domain.
 */
#include "domain/xml.h"

#include <libxml/parser.h>
#include <libxml/relaxng.h>
#include <libxml/tree.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define DEPTH_MAX 32 /* of elements */
#define NODES_MAX 32768u /* elements and attributes */
#define NAME_MAX_BYTES 256u
#define LXC_URI "http://libvirt.org/schemas/domain/lxc/1.0"
#define METADATA "(metadata_xml)"
#define SCHEMA "/usr/share/libvirt/schemas/domain.rng"
#define OPTIONS (XML_PARSE_NONET | XML_PARSE_NOBLANKS | XML_PARSE_BIG_LINES | XML_PARSE_NOCDATA)

typedef struct Report { /* the first failure */
	char text[512];
	int line;
	bool has_type; /* <!DOCTYPE>: the only place where entities are made */
} Report;

static void docp(xmlDocPtr *doc)
{
	xmlFreeDoc(*doc);
}

static void contextp(xmlParserCtxtPtr *context)
{
	xmlFreeParserCtxt(*context);
}

/* The type of its argument is not const in older versions of the library. */
static void report_first(Report *report, const xmlError *error)
{
	if (report->text[0] || !error->message || error->level < XML_ERR_ERROR)
		return;
	(void)snprintf(report->text, sizeof(report->text), "%.*s",
		(int)strcspn(error->message, "\n"), error->message);
	report->line = error->line;
}

#if LIBXML_VERSION >= 21200
static void catch_error(void *data, const xmlError *error)
#else
static void catch_error(void *data, xmlErrorPtr error)
#endif
{
	xmlParserCtxtPtr context = data;

	report_first(context->_private, error);
}

static void stop_at_type(
	void *data, const xmlChar *name, const xmlChar *external, const xmlChar *system)
{
	xmlParserCtxtPtr context = data;

	(void)name;
	(void)external;
	(void)system;
	((Report *)context->_private)->has_type = true;
	xmlStopParser(context);
}

static int read_document(
	const char *text, size_t size, const char *name, xmlDocPtr *ret, Error **ret_error)
{
	_cleanup_(contextp) xmlParserCtxtPtr context = xmlNewParserCtxt();
	_cleanup_(docp) xmlDocPtr doc = NULL;
	Report report = { .line = 1 };

	if (!context)
		return error_oom(ret_error);
	context->_private = &report;
	context->sax->serror = catch_error;
	context->sax->internalSubset = stop_at_type;
	doc = xmlCtxtReadMemory(context, text, (int)size, NULL, NULL, OPTIONS);
	if (report.has_type)
		return error_set(ret_error, EINVAL,
			"%s: a document type, and so entities, are not accepted; remove <!DOCTYPE>",
			name);
	if (doc && context->wellFormed && !report.text[0] && xmlDocGetRootElement(doc)) {
		*ret = TAKE_PTR(doc);
		return 0;
	}
	return error_set(ret_error, EINVAL, "%s:%d: %s", name, report.line,
		report.text[0] ? report.text : "it holds no element");
}

typedef struct Conversion {
	const char *name;
	xmlDocPtr doc;
	size_t nodes;
} Conversion;

static int count(Conversion *c, long line, Error **ret_error)
{
	if (++c->nodes <= NODES_MAX)
		return 0;
	return error_set(ret_error, EINVAL, "%s:%ld: more than %u elements and attributes", c->name,
		line, NODES_MAX);
}

/* "lxc:sharenet" whatever prefix the document gives that namespace. */
static int qualified_name(const xmlNs *ns, const xmlChar *name, char *ret, size_t size)
{
	const char *prefix = ns && ns->prefix ? (const char *)ns->prefix : "";
	int n;

	if (ns && ns->href && strcmp((const char *)ns->href, LXC_URI) == 0)
		prefix = "lxc";
	n = snprintf(ret, size, "%s%s%s", prefix, *prefix ? ":" : "", (const char *)name);
	return n < 0 || (size_t)n >= size ? -EINVAL : 0;
}

/* The element as it stands, with the namespaces that it needs. */
static char *dump(xmlNodePtr element, int level)
{
	_cleanup_(docp) xmlDocPtr doc = xmlNewDoc((const xmlChar *)"1.0");
	xmlNodePtr copy = doc ? xmlDocCopyNode(element, doc, 1) : NULL;
	xmlBufferPtr buffer = copy ? xmlBufferCreate() : NULL;
	char *text = NULL;

	if (copy)
		xmlDocSetRootElement(doc, copy);
	if (copy && xmlReconciliateNs(doc, copy) >= 0 && buffer &&
		xmlNodeDump(buffer, doc, copy, level, 1) >= 0)
		text = strdup((const char *)xmlBufferContent(buffer));
	xmlBufferFree(buffer);
	return text;
}

static int convert_attributes(
	Conversion *c, xmlNodePtr element, DomainNode *node, Error **ret_error)
{
	char name[NAME_MAX_BYTES];

	for (xmlAttrPtr a = element->properties; a; a = a->next) {
		xmlChar *value = xmlNodeListGetString(c->doc, a->children, 1);
		int r = count(c, xmlGetLineNo(element), ret_error);

		if (r == 0 && qualified_name(a->ns, a->name, name, sizeof(name)) < 0)
			r = error_set(ret_error, EINVAL,
				"%s:%ld: the name of an attribute is too long", c->name,
				xmlGetLineNo(element));
		if (r == 0 && node_set_attribute(node, name, value ? (const char *)value : "") < 0)
			r = error_oom(ret_error);
		xmlFree(value);
		if (r < 0)
			return r;
	}
	return 0;
}

static int convert_text(xmlNodePtr element, Buf *buf)
{
	for (xmlNodePtr at = element->children; at; at = at->next)
		if ((at->type == XML_TEXT_NODE || at->type == XML_CDATA_SECTION_NODE) &&
			at->content)
			buf_puts(buf, (const char *)at->content);
	return buf->size > 0;
}

static int convert(
	Conversion *c, xmlNodePtr element, unsigned int depth, DomainNode **ret, Error **ret_error);

static int convert_children(
	Conversion *c, xmlNodePtr element, unsigned int depth, DomainNode *node, Error **ret_error)
{
	for (xmlNodePtr at = element->children; at; at = at->next) {
		DomainNode *child = NULL;
		int r;

		if (at->type != XML_ELEMENT_NODE)
			continue;
		r = convert(c, at, depth + 1, &child, ret_error);
		if (r < 0)
			return r;
		if (node_insert(node, child, SIZE_MAX) < 0)
			return error_oom(ret_error);
	}
	return 0;
}

static bool is_raw(xmlNodePtr element, unsigned int depth)
{
	const char *uri = element->ns ? (const char *)element->ns->href : NULL;
	bool foreign = uri && strcmp(uri, LXC_URI) != 0;

	return depth > 0 && (foreign || (depth == 2 && strcmp((const char *)element->parent->name,
							       "metadata") == 0));
}

static int convert(
	Conversion *c, xmlNodePtr element, unsigned int depth, DomainNode **ret, Error **ret_error)
{
	_cleanup_node_ DomainNode *node = NULL;
	_cleanup_buf_ Buf buf = { 0 };
	long line = xmlGetLineNo(element);
	char name[NAME_MAX_BYTES];
	int r = count(c, line, ret_error);

	if (r < 0)
		return r;
	if (depth > DEPTH_MAX)
		return error_set(ret_error, EINVAL, "%s:%ld: elements are nested deeper than %d",
			c->name, line, DEPTH_MAX);
	if (qualified_name(element->ns, element->name, name, sizeof(name)) < 0)
		return error_set(ret_error, EINVAL, "%s:%ld: the name of an element is too long",
			c->name, line);
	node = node_new(name, (unsigned int)line);
	if (!node)
		return error_oom(ret_error);
	if (is_raw(element, depth)) {
		node->raw = dump(element, (int)depth);
		*ret = TAKE_PTR(node);
		return (*ret)->raw ? 0 : (node_free(*ret), error_oom(ret_error));
	}
	r = convert_attributes(c, element, node, ret_error);
	if (r == 0)
		r = convert_children(c, element, depth, node, ret_error);
	if (r == 0 && convert_text(element, &buf))
		r = buf_take(&buf, &node->text, ret_error);
	if (r == 0)
		*ret = TAKE_PTR(node);
	return r;
}

static int check_size(size_t size, const char *name, Error **ret_error)
{
	return size <= DOMAIN_TEXT_MAX ? 0
				       : error_set(ret_error, EFBIG, "%s: it is larger than %u KiB",
						 name, DOMAIN_TEXT_MAX / 1024);
}

int xml_read(const char *text, size_t size, const char *name, DomainNode **ret, Error **ret_error)
{
	_cleanup_(docp) xmlDocPtr doc = NULL;
	Conversion c = { .name = name };
	int r = check_size(size, name, ret_error);

	if (r == 0)
		r = read_document(text, size, name, &doc, ret_error);
	if (r < 0)
		return r;
	c.doc = doc;
	return convert(&c, xmlDocGetRootElement(doc), 0, ret, ret_error);
}

/* ---- Elements of another namespace ---- */

static void set_namespace(xmlNodePtr node, xmlNsPtr ns)
{
	xmlSetNs(node, ns);
	for (xmlNodePtr at = node->children; at; at = at->next)
		if (at->type == XML_ELEMENT_NODE)
			set_namespace(at, ns);
}

static int take_dump(xmlNodePtr root, int level, char **ret, Error **ret_error)
{
	*ret = dump(root, level);
	return *ret ? 0 : error_oom(ret_error);
}

int xml_with_namespace(const char *text, size_t size, const char *uri, const char *key, char **ret,
	Error **ret_error)
{
	_cleanup_(docp) xmlDocPtr doc = NULL;
	xmlNodePtr root;
	xmlNsPtr ns;
	int r = check_size(size, METADATA, ret_error);

	if (r == 0)
		r = read_document(text, size, METADATA, &doc, ret_error);
	if (r < 0)
		return r;
	root = xmlDocGetRootElement(doc);
	if (xmlValidateNCName((const xmlChar *)key, 0) != 0)
		return error_set(ret_error, EINVAL, "'%s' is not a metadata key", key);
	ns = xmlNewNs(root, (const xmlChar *)uri, (const xmlChar *)key);
	if (!ns)
		return error_set(ret_error, EINVAL,
			"failed to inject xml namespace: the element has the prefix %s already",
			key);
	set_namespace(root, ns);
	return take_dump(root, 2, ret, ret_error);
}

int xml_without_namespace(const char *raw, char **ret, Error **ret_error)
{
	_cleanup_(docp) xmlDocPtr doc = NULL;
	xmlNodePtr root;
	xmlNsPtr old;
	int r = read_document(raw, strlen(raw), METADATA, &doc, ret_error);

	if (r < 0)
		return r;
	root = xmlDocGetRootElement(doc);
	old = root->nsDef;
	set_namespace(root, NULL);
	root->nsDef = NULL;
	r = take_dump(root, 0, ret, ret_error);
	root->nsDef = old;
	return r;
}

bool xml_is_of(const char *raw, const char *uri)
{
	_cleanup_(docp) xmlDocPtr doc = NULL;
	const xmlNs *ns;

	if (read_document(raw, strlen(raw), METADATA, &doc, NULL) < 0)
		return false;
	ns = xmlDocGetRootElement(doc)->ns;
	return ns && ns->href && strcmp((const char *)ns->href, uri) == 0;
}

/* ---- The schema ---- */

static void catch_schema(void *data, const char *fmt, ...) _printf_(2, 3);
static void catch_schema(void *data, const char *fmt, ...)
{
	Report *report = data;
	va_list ap;

	if (report->text[0])
		return;
	va_start(ap, fmt);
	(void)vsnprintf(report->text, sizeof(report->text), fmt, ap);
	va_end(ap);
	report->text[strcspn(report->text, "\n")] = '\0';
}

static int validate(xmlRelaxNGPtr schema, xmlDocPtr doc, const char *name, Error **ret_error)
{
	Report report = { 0 };
	xmlRelaxNGValidCtxtPtr valid = xmlRelaxNGNewValidCtxt(schema);
	int r;

	if (!valid)
		return error_oom(ret_error);
	xmlRelaxNGSetValidErrors(valid, catch_schema, catch_schema, &report);
	r = xmlRelaxNGValidateDoc(valid, doc);
	xmlRelaxNGFreeValidCtxt(valid);
	if (r == 0)
		return 0;
	return error_set(ret_error, EINVAL,
		"XML document failed to validate against schema: %s: %s", name,
		report.text[0] ? report.text : "it does not follow it");
}

int xml_validate(const char *text, size_t size, const char *name, Error **ret_error)
{
	_cleanup_(docp) xmlDocPtr doc = NULL;
	xmlRelaxNGParserCtxtPtr parser;
	xmlRelaxNGPtr schema;
	Report report = { 0 };
	int r = check_size(size, name, ret_error);

	if (r == 0 && access(SCHEMA, R_OK) < 0)
		r = error_set(ret_error, EOPNOTSUPP,
			"cannot validate %s: libvirt's schema is not installed (%s); install "
			"libvirt, or "
			"leave --validate out",
			name, SCHEMA);
	if (r == 0)
		r = read_document(text, size, name, &doc, ret_error);
	if (r < 0)
		return r;
	parser = xmlRelaxNGNewParserCtxt(SCHEMA);
	if (!parser)
		return error_oom(ret_error);
	xmlRelaxNGSetParserErrors(parser, catch_schema, catch_schema, &report);
	schema = xmlRelaxNGParse(parser);
	xmlRelaxNGFreeParserCtxt(parser);
	if (!schema)
		return error_set(
			ret_error, EINVAL, "cannot read the schema %s: %s", SCHEMA, report.text);
	r = validate(schema, doc, name, ret_error);
	xmlRelaxNGFree(schema);
	return r;
}
