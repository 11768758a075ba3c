/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Elements of sets and maps of our table.
 */
#include "net/plugin/elements.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>
#include <string.h>

#include "net/kinds.h"

void firewall_table(const char *bridge, char ret[static FIREWALL_TABLE_SIZE])
{
	bool named = strcmp(bridge, NET_BRIDGE) != 0;

	(void)snprintf(ret, FIREWALL_TABLE_SIZE, FIREWALL_TABLE "%s%s", named ? "_" : "",
		named ? bridge : "");
}

static void put_frame(Exchange *exchange, uint16_t type)
{
	struct nlmsghdr *message =
		exchange_begin_silent(exchange, type, "change the nftables rules");
	struct nfgenmsg *header = mnl_nlmsg_put_extra_header(message, sizeof(*header));

	header->nfgen_family = AF_UNSPEC;
	header->version = NFNETLINK_V0;
	header->res_id = htons(NFNL_SUBSYS_NFTABLES);
	exchange_end(exchange, message);
}

int elements_open(Exchange *exchange, Error **ret_error)
{
	int r = exchange_open(exchange, -1, NETLINK_NETFILTER, ret_error);

	if (r == 0)
		put_frame(exchange, NFNL_MSG_BATCH_BEGIN);
	return r;
}

int elements_commit(Exchange *exchange, Error **ret_error)
{
	put_frame(exchange, NFNL_MSG_BATCH_END);
	return exchange_commit(exchange, NULL, NULL, ret_error);
}

struct nlmsghdr *elements_message(Exchange *exchange, uint8_t family, unsigned int type,
	uint16_t flags, int tolerated, const char *what)
{
	struct nlmsghdr *message = exchange_begin(exchange,
		(uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type), flags, tolerated, "%s", what);
	struct nfgenmsg *header = mnl_nlmsg_put_extra_header(message, sizeof(*header));

	header->nfgen_family = family;
	header->version = NFNETLINK_V0;
	return message;
}

static void put_value(struct nlmsghdr *message, uint16_t attribute, const void *value, size_t size)
{
	struct nlattr *nest = mnl_attr_nest_start(message, attribute);

	mnl_attr_put(message, NFTA_DATA_VALUE, size, value);
	mnl_attr_nest_end(message, nest);
}

static struct nlmsghdr *begin_set(
	Exchange *exchange, const char *table, unsigned int type, const char *set, const char *what)
{
	bool add = type == NFT_MSG_NEWSETELEM;
	struct nlmsghdr *message = elements_message(
		exchange, NFPROTO_INET, type, add ? NLM_F_CREATE : 0, add ? 0 : ENOENT, what);

	mnl_attr_put_strz(message, NFTA_SET_ELEM_LIST_TABLE, table);
	mnl_attr_put_strz(message, NFTA_SET_ELEM_LIST_SET, set);
	return message;
}

void elements_put(Exchange *exchange, const char *table, unsigned int type, const SetElement *e,
	const char *what)
{
	struct nlmsghdr *message = begin_set(exchange, table, type, e->set, what);
	struct nlattr *elements = mnl_attr_nest_start(message, NFTA_SET_ELEM_LIST_ELEMENTS);
	struct nlattr *element = mnl_attr_nest_start(message, NFTA_LIST_ELEM);

	put_value(message, NFTA_SET_ELEM_KEY, e->key, e->key_size);
	if (e->key_end)
		put_value(message, NFTA_SET_ELEM_KEY_END, e->key_end, e->key_size);
	if (e->data)
		put_value(message, NFTA_SET_ELEM_DATA, e->data, e->data_size);
	mnl_attr_nest_end(message, element);
	mnl_attr_nest_end(message, elements);
	exchange_end(exchange, message);
}

/* Without elements: all of the set. */
void elements_clear(Exchange *exchange, const char *table, const char *set, const char *what)
{
	exchange_end(exchange, begin_set(exchange, table, NFT_MSG_DELSETELEM, set, what));
}
