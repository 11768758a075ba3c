/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the plug-in "xml" exports as vsb_plugin_xml: the functions of xml.h, by the same names.
 */
#pragma once

#include "domain/xml.h"

typedef struct XmlPlugin {
	__typeof__(xml_read) *read;
	__typeof__(xml_validate) *validate;
	__typeof__(xml_with_namespace) *with_namespace;
	__typeof__(xml_without_namespace) *without_namespace;
	__typeof__(xml_is_of) *is_of;
} XmlPlugin;
