/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the plug-in "domain" exports as vsb_plugin_domain: the functions of domain.h, by the same names.
 */
#pragma once

#include "domain/domain.h"

typedef struct DomainPlugin {
	__typeof__(domain_free) *free;
	__typeof__(domain_parse_xml) *parse_xml;
	__typeof__(domain_format_xml) *format_xml;
	__typeof__(domain_from_lxc) *from_lxc;
	__typeof__(domain_copy) *copy;
	__typeof__(domain_with_live) *with_live;
	__typeof__(domain_set) *set;
	__typeof__(domain_get) *get;
	__typeof__(domain_add_device) *add_device;
	__typeof__(domain_remove_device) *remove_device;
	__typeof__(domain_complete_device) *complete_device;
	__typeof__(domain_find_device) *find_device;
	__typeof__(domain_format_node) *format_node;
	__typeof__(domain_set_metadata) *set_metadata;
	__typeof__(domain_get_metadata) *get_metadata;
	__typeof__(domain_network_settings) *network_settings;
	__typeof__(domain_check_start) *check_start;
	__typeof__(domain_wishes) *wishes;
	__typeof__(domain_facts_read) *facts_read;
	__typeof__(domain_facts_done) *facts_done;
	__typeof__(spec_from_domain) *compile;
} DomainPlugin;
