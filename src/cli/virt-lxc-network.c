/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Networking: named networks.
 */
#include "cli/virt-lxc.h"

const VirtCommand virt_network_commands[] = { {} };
