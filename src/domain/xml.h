/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * XML text to a tree, by the XML library. The only file that knows it.
 */
#pragma once

#include "domain/node.h"

/* Well-formed XML of one element, without entities of its own. name: of the file, for sentences. -EINVAL with the line. */
int xml_read(const char *text, size_t size, const char *name, DomainNode **ret, Error **ret_error);
/* libvirt's schema. -EOPNOTSUPP: it is not installed. */
int xml_validate(const char *text, size_t size, const char *name, Error **ret_error);

/* One element, put into that namespace, under that prefix; as it is kept below <metadata>. */
int xml_with_namespace(const char *text, size_t size, const char *uri, const char *key, char **ret,
	Error **ret_error);
/* As it was before. */
int xml_without_namespace(const char *raw, char **ret, Error **ret_error);
bool xml_is_of(const char *raw, const char *uri);
