/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The nftables table of a network of ours, each has its own: its text, and the changes for one container. The text needs the plug-in net-nft, for the
 * first container only; a change is a few set elements and costs the same however many containers there are.
 */
#pragma once

#include <stdbool.h>

#include "net/own-network.h"
#include "net/plugin/exchange.h"

/* What the table has seen, and what without it is not routed from container to container. */
#define FIREWALL_MARK 0x76730000u

/* Who may send on a bridge port. */
typedef struct Station {
	uint8_t mac[MAC_SIZE];
	uint32_t address; /* host byte order */
	IpAddress address6; /* family 0: none */
} Station;

/* The nft commands that make the table. opened: the interfaces that forward because of us (forwarding.h); who is behind them gets no router that was none
 * before. unlabel: packets between containers and the host's own sockets lose the label of who sent them. */
int firewall_format(const Network *network, const Station *stations, size_t count,
	char *const *opened, bool unlabel, char **ret, Error **ret_error);

/* Runs firewall_format()'s commands; the table that was there is replaced. */
int firewall_load(const Network *network, const char *commands, Error **ret_error);

/* 1: the table is there, with all rules that it shall have; 0: it is not. What its sets have is not looked at: from them an element can go, and no more passes. */
int firewall_is_whole(const Network *network, bool unlabel, Error **ret_error);
int firewall_bridges_are_whole(Error **ret_error);

/* Lets a station in. -ENOENT: there is no table. */
int firewall_admit(const char *bridge, const Station *station, Error **ret_error);
int firewall_forget(
	const char *bridge, const Station *station, Error **ret_error); /* missing is success */
int firewall_remove(const char *bridge, Error **ret_error); /* the table; missing is success */

/* Replaces the interfaces that forward because of us. */
int firewall_open(const char *bridge, char *const *names, Error **ret_error);

/* The table of the same name in family bridge, about the ports of containers on bridges of the host. It is the same for all. */
int firewall_guard_bridges(Error **ret_error); /* there already is success */
int firewall_unguard_bridges(Error **ret_error); /* missing is success */

/* What the plug-in net-nft exports as vsb_plugin_net_nft: runs nft commands, all or nothing. */
typedef struct NftPlugin {
	int (*run)(const char *commands, Error **ret_error);
} NftPlugin;
