/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The plug-in "xml".
 */
#include "domain/xml-plugin.h"

extern const XmlPlugin vsb_plugin_xml;

__attribute__((visibility("default"))) const XmlPlugin vsb_plugin_xml = {
	.read = xml_read,
	.validate = xml_validate,
	.with_namespace = xml_with_namespace,
	.without_namespace = xml_without_namespace,
	.is_of = xml_is_of,
};
