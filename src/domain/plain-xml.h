/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The XML that documents are made of most of the time, as those that we print are: elements, attributes, text. Loading the XML library takes longer than
 * everything else that a start does with its document, so it is loaded for the rest alone.
 */
#pragma once

#include "domain/node.h"

/* 1: *ret is the tree that xml_read() would make. 0: something of it is for the library to judge; nothing is refused here. -ENOMEM. */
int plain_xml_read(const char *text, size_t size, DomainNode **ret);
