/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The small languages of -N, -m and -s. The keyfile uses the first two as well: one network or
 * mount is one line. The parsers check each value; what fits together is checked by desc_resolve(),
 * since a description may also come from elsewhere.
 */
#pragma once

#include "desc/desc.h"

/* "none", "host", "default", or fields separated by commas: bridge, macvlan, dhcp, source=NAME,
 * mac=MAC, address=IP[/P], route=NET[/P]%GATEWAY. Appends one network. */
int option_parse_network(Desc *desc, const char *text, Error **ret_error);
/* Newly allocated, NULL without memory. Likewise below. */
char *option_format_network(const DescNetwork *network);

/* "TYPE:TARGET=SOURCE[,format=F][,readonly]"; a backslash before a comma, an equals sign or a
 * backslash makes it part of the path. Appends one mount. */
int option_parse_mount(Desc *desc, const char *text, Error **ret_error);
char *option_format_mount(const DescMount *mount);

/* "none", or fields separated by commas: selinux, smack, apparmor, dynamic, static, label=L,
 * baselabel=L, relabel=yes|no, type=own. Replaces all of it but the level. */
int option_parse_security(DescSecurity *security, const char *text, Error **ret_error);

void option_network_done(DescNetwork *network);
void option_mount_done(DescMount *mount);
void option_security_done(DescSecurity *security);
