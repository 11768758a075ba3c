/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The plug-in "domain".
 */
#include "domain/domain-plugin.h"

extern const DomainPlugin vsb_plugin_domain;

__attribute__((visibility("default"))) const DomainPlugin vsb_plugin_domain = {
	.free = domain_free,
	.parse_xml = domain_parse_xml,
	.format_xml = domain_format_xml,
	.from_lxc = domain_from_lxc,
	.copy = domain_copy,
	.with_live = domain_with_live,
	.set = domain_set,
	.get = domain_get,
	.add_device = domain_add_device,
	.remove_device = domain_remove_device,
	.complete_device = domain_complete_device,
	.find_device = domain_find_device,
	.format_node = domain_format_node,
	.set_metadata = domain_set_metadata,
	.get_metadata = domain_get_metadata,
	.network_settings = domain_network_settings,
	.check_start = domain_check_start,
	.wishes = domain_wishes,
	.facts_read = domain_facts_read,
	.facts_done = domain_facts_done,
	.compile = spec_from_domain,
};
