/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Documents without a command: domain-driver xml|lxc|check|spec|validate FILE prints what src/domain makes of it.
 */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/strv.h"
#include "domain/domain.h"

#define ID_BASE 1879048192u

static int fail(Error *error)
{
	(void)fprintf(stderr, "%s\n", error_message(error));
	error_free(error);
	return 1;
}

static int print_spec(const Domain *domain, Error **ret_error)
{
	_cleanup_identity_ Identity *identity = identity_new();
	_cleanup_domain_facts_ DomainFacts facts = { 0 };
	_cleanup_spec_ Spec *spec = NULL;
	_cleanup_free_ char *text = NULL;
	int r = domain_facts_read(domain, &facts, ret_error);

	if (r == 0 && !identity)
		r = error_oom(ret_error);
	if (r < 0)
		return r;
	identity->id_base = ID_BASE;
	identity->model = DESC_MODEL_NONE;
	r = spec_from_domain(
		domain, identity, &(Places){ 0 }, &(KernelFacts){ 0 }, &facts, &spec, ret_error);
	if (r == 0)
		r = spec_format(spec, &text, ret_error);
	if (r == 0)
		(void)fputs(text, stdout);
	return r;
}

static int print_document(const Domain *domain, Error **ret_error)
{
	_cleanup_free_ char *text = NULL;
	int r = domain_format_xml(domain, 0, &text, ret_error);

	if (r == 0)
		(void)fputs(text, stdout);
	return r;
}

int main(int argc, char **argv)
{
	_cleanup_strv_ char **warnings = NULL;
	_cleanup_domain_ Domain *domain = NULL;
	_cleanup_free_ char *text = NULL;
	const char *verb = argc == 3 ? argv[1] : "";
	Error *error = NULL;
	size_t size;
	int r;

	if (argc != 3)
		return 2;
	r = file_read(argv[2], &text, &size, &error);
	if (r == 0 && strcmp(verb, "lxc") == 0)
		r = domain_from_lxc(text, size, argv[2], &domain, &warnings, &error);
	else if (r == 0)
		r = domain_parse_xml(text, size, "(domain_definition)",
			strcmp(verb, "validate") == 0 ? DOMAIN_VALIDATE : 0, &domain, &error);
	if (r < 0)
		return fail(error);
	STRV_FOREACH (warning, warnings)
		(void)fprintf(stderr, "%s\n", *warning);
	if (strcmp(verb, "check") == 0) {
		STRV_FOREACH (warning, domain->warnings)
			(void)printf("%s\n", *warning);
		return 0;
	}
	r = strcmp(verb, "spec") == 0 ? print_spec(domain, &error) : print_document(domain, &error);
	return r < 0 ? fail(error) : 0;
}
