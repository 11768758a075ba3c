/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The kinds of values that keys have. The field of networks, mounts and links is the object itself.
 */
#pragma once

#include "desc/key.h"

extern const KeyType key_type_text, key_type_path, key_type_root, key_type_level;
extern const KeyType key_type_list, key_type_order, key_type_path_list, key_type_published,
	key_type_allowed, key_type_egress, key_type_dns, key_type_dns_search;
extern const KeyType key_type_bool, key_type_size, key_type_number, key_type_cpus, key_type_id;
extern const KeyType key_type_model, key_type_labeling;
extern const KeyType key_type_links, key_type_networks, key_type_mounts, key_type_security;
