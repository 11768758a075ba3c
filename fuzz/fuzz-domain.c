/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Any bytes as a domain document. What is accepted must be printed as a text that reads the same, and be refused or compiled without falling over. What
 * the plain reader takes the library must take, too, and read the same.
 */
#include <stdint.h>
#include <string.h>

#include "domain/plain-xml.h"
#include "domain/xml.h"

static char *text_of(const Domain *domain)
{
	char *text = NULL;

	if (domain_format_xml(domain, 0, &text, NULL) < 0)
		abort();
	return text;
}

static void must_agree(const DomainNode *a, const DomainNode *b)
{
	if (a->line != b->line || a->n_children != b->n_children ||
		a->n_attributes != b->n_attributes)
		abort();
	for (size_t i = 0; i < a->n_children; i++)
		must_agree(a->children[i], b->children[i]);
}

static void compare_readers(const char *data, size_t size)
{
	_cleanup_node_ DomainNode *plain = NULL, *full = NULL;
	_cleanup_buf_ Buf a = { 0 }, b = { 0 };

	if (plain_xml_read(data, size, &plain) <= 0)
		return;
	if (xml_read(data, size, "fuzz", &full, NULL) < 0)
		abort();
	must_agree(plain, full);
	node_print(plain, 0, &a);
	node_print(full, 0, &b);
	if (a.size != b.size || memcmp(a.data, b.data, a.size) != 0)
		abort();
}

static void compile(const Domain *domain)
{
	DomainFacts facts = { .user_namespace = domain->root_kind != DOMAIN_ROOT_HOST };
	_cleanup_identity_ Identity *identity = identity_new();
	_cleanup_error_ Error *error = NULL;
	_cleanup_spec_ Spec *spec = NULL;

	if (identity)
		(void)spec_from_domain(domain, identity, &(Places){ 0 }, &(KernelFacts){ 0 },
			&facts, &spec, &error);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_domain_ Domain *domain = NULL, *again = NULL;
	_cleanup_error_ Error *error = NULL;
	_cleanup_free_ char *text = NULL, *back = NULL;

	compare_readers((const char *)data, size);
	if (domain_parse_xml((const char *)data, size, "fuzz", 0, &domain, &error) < 0)
		return 0;
	text = text_of(domain);
	if (domain_parse_xml(text, strlen(text), "again", 0, &again, NULL) < 0)
		abort();
	back = text_of(again);
	if (strcmp(text, back) != 0)
		abort();
	compile(domain);
	return 0;
}
