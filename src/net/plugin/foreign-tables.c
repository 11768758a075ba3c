/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Looking through the tables of others.
 */
#include "net/plugin/foreign-tables.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>
#include <string.h>

#include "base/macro.h"
#include "base/strv.h"
#include "net/plugin/exchange.h"
#include "net/plugin/elements.h"
#include "net/plugin/legacy-tables.h"

#define CHAINS_MAX 64u /* base chains that are told of */

typedef struct Chain {
	uint8_t family;
	char table[64], name[64];
	uint32_t hook, policy;
	bool has_policy, knows_us;
	bool closed; /* a rule of it drops whatever comes to it */
} Chain;

/* What of a rule is of interest. */
typedef struct Rule {
	char chain[64];
	bool conditional, drops;
} Rule;

typedef struct Chains {
	Chain list[CHAINS_MAX];
	size_t count;
} Chains;

static int read_hook(const struct nlattr *attribute, void *data)
{
	if (mnl_attr_get_type(attribute) == NFTA_HOOK_HOOKNUM &&
		mnl_attr_get_payload_len(attribute) == sizeof(uint32_t))
		((Chain *)data)->hook = ntohl(mnl_attr_get_u32(attribute));
	return MNL_CB_OK;
}

static int read_chain(const struct nlattr *attribute, void *data)
{
	int type = mnl_attr_get_type(attribute);
	Chain *chain = data;

	if (type == NFTA_CHAIN_HOOK)
		return mnl_attr_parse_nested(attribute, read_hook, chain);
	if (type == NFTA_CHAIN_POLICY && mnl_attr_get_payload_len(attribute) == sizeof(uint32_t)) {
		chain->policy = ntohl(mnl_attr_get_u32(attribute));
		chain->has_policy = true;
	} else if ((type == NFTA_CHAIN_TABLE || type == NFTA_CHAIN_NAME) &&
		   mnl_attr_validate(attribute, MNL_TYPE_NUL_STRING) >= 0) {
		(void)snprintf(type == NFTA_CHAIN_TABLE ? chain->table : chain->name,
			sizeof(chain->name), "%s", mnl_attr_get_str(attribute));
	}
	return MNL_CB_OK;
}

static bool forwards_ip(const Chain *chain)
{
	return chain->family == NFPROTO_INET || chain->family == NFPROTO_IPV4 ||
	       chain->family == NFPROTO_IPV6;
}

static bool is_passed(uint32_t hook)
{
	return hook == NF_INET_FORWARD || hook == NF_INET_PRE_ROUTING ||
	       hook == NF_INET_POST_ROUTING;
}

static void collect_chain(const struct nlmsghdr *message, void *data)
{
	const struct nfgenmsg *header = mnl_nlmsg_get_payload(message);
	Chain chain = { .hook = UINT32_MAX };
	Chains *chains = data;

	if (message->nlmsg_type != (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWCHAIN) ||
		chains->count == CHAINS_MAX)
		return;
	chain.family = header->nfgen_family;
	(void)mnl_attr_parse(
		message, sizeof(*header), read_chain, &chain); /* what is missing stays */
	if (forwards_ip(&chain) && is_passed(chain.hook) && chain.has_policy &&
		strncmp(chain.table, FIREWALL_TABLE, strlen(FIREWALL_TABLE)) != 0)
		chains->list[chains->count++] = chain;
}

/* NFTA_VERDICT_CODE of what a rule always does. */
static int read_verdict(const struct nlattr *attribute, void *data)
{
	int type = mnl_attr_get_type(attribute);

	if (type == NFTA_VERDICT_CODE && mnl_attr_get_payload_len(attribute) == sizeof(uint32_t))
		((Rule *)data)->drops = ntohl(mnl_attr_get_u32(attribute)) == NF_DROP;
	return MNL_CB_OK;
}

static int read_data(const struct nlattr *attribute, void *data)
{
	return mnl_attr_get_type(attribute) == NFTA_DATA_VERDICT
		       ? mnl_attr_parse_nested(attribute, read_verdict, data)
		       : MNL_CB_OK;
}

static int read_immediate(const struct nlattr *attribute, void *data)
{
	return mnl_attr_get_type(attribute) == NFTA_IMMEDIATE_DATA
		       ? mnl_attr_parse_nested(attribute, read_data, data)
		       : MNL_CB_OK;
}

typedef struct Expression {
	const char *name;
	const struct nlattr *data;
} Expression;

static int read_expression(const struct nlattr *attribute, void *data)
{
	Expression *expression = data;
	int type = mnl_attr_get_type(attribute);

	if (type == NFTA_EXPR_NAME && mnl_attr_validate(attribute, MNL_TYPE_NUL_STRING) >= 0)
		expression->name = mnl_attr_get_str(attribute);
	if (type == NFTA_EXPR_DATA)
		expression->data = attribute;
	return MNL_CB_OK;
}

static int read_element(const struct nlattr *attribute, void *data)
{
	Expression expression = { 0 };
	Rule *rule = data;
	const char *name;

	(void)mnl_attr_parse_nested(attribute, read_expression, &expression);
	name = expression.name ? expression.name : "";
	if (strcmp(name, "reject") == 0)
		rule->drops = true;
	else if (strcmp(name, "immediate") == 0 && expression.data)
		(void)mnl_attr_parse_nested(expression.data, read_immediate, rule);
	else if (strcmp(name, "counter") != 0 && strcmp(name, "log") != 0)
		rule->conditional = true;
	return MNL_CB_OK;
}

static int read_rule(const struct nlattr *attribute, void *data)
{
	int type = mnl_attr_get_type(attribute);
	Rule *rule = data;

	if (type == NFTA_RULE_CHAIN && mnl_attr_validate(attribute, MNL_TYPE_NUL_STRING) >= 0)
		(void)snprintf(rule->chain, sizeof(rule->chain), "%s", mnl_attr_get_str(attribute));
	return type == NFTA_RULE_EXPRESSIONS ? mnl_attr_parse_nested(attribute, read_element, rule)
					     : MNL_CB_OK;
}

/* A rule that names one of our interfaces compares with the name, whatever else it does: the administrator has thought of us. One that drops everything is what a
 * policy is. */
static void collect_rule(const struct nlmsghdr *message, void *data)
{
	Chain *chain = data;
	Rule rule = { .chain = "" };

	if (message->nlmsg_type != (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWRULE))
		return;
	if (memmem(message, message->nlmsg_len, "vsb", 3) ||
		memmem(message, message->nlmsg_len, "vsn", 3))
		chain->knows_us = true;
	(void)mnl_attr_parse(message, sizeof(struct nfgenmsg), read_rule, &rule);
	if (rule.drops && !rule.conditional && strcmp(rule.chain, chain->name) == 0)
		chain->closed = true;
}

static int list(Exchange *exchange, unsigned int type, const Chain *of, ExchangeReply reply,
	void *data, Error **ret_error)
{
	struct nlmsghdr *message =
		exchange_begin(exchange, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type), NLM_F_DUMP,
			0, "list the host's nftables rules");
	struct nfgenmsg *header = mnl_nlmsg_put_extra_header(message, sizeof(*header));

	header->nfgen_family = of ? of->family : AF_UNSPEC;
	header->version = NFNETLINK_V0;
	if (of)
		mnl_attr_put_strz(message, NFTA_RULE_TABLE, of->table);
	exchange_end(exchange, message);
	return exchange_commit(exchange, reply, data, ret_error);
}

static int tell(const Chain *chain, const char *bridge, char ***lines)
{
	const char *family = chain->family == NFPROTO_INET   ? "inet"
			     : chain->family == NFPROTO_IPV4 ? "ip"
							     : "ip6";

	return strv_appendf(lines,
		"the nftables table %s %s drops what its chain %s does not know, so containers "
		"reach nothing beyond this host; add `nft insert rule %s %s %s iifname \"%s\" "
		"accept` "
		"and `nft insert rule %s %s %s oifname \"%s\" accept`",
		family, chain->table, chain->name, family, chain->table, chain->name, bridge,
		family, chain->table, chain->name, bridge);
}

int foreign_tables_warn(const char *bridge, char ***lines, Error **ret_error)
{
	_cleanup_exchange_ Exchange exchange = EXCHANGE_NULL;
	_cleanup_free_ Chains *chains = calloc(1, sizeof(*chains));
	int r = chains ? exchange_open(&exchange, -1, NETLINK_NETFILTER, ret_error)
		       : error_oom(ret_error);

	if (r == 0)
		r = list(&exchange, NFT_MSG_GETCHAIN, NULL, collect_chain, chains, ret_error);
	for (size_t i = 0; r == 0 && i < chains->count; i++) {
		Chain *chain = &chains->list[i];

		r = list(&exchange, NFT_MSG_GETRULE, chain, collect_rule, chain, ret_error);
		if (r == 0 && !chain->knows_us && (chain->policy == NF_DROP || chain->closed) &&
			tell(chain, bridge, lines) < 0)
			r = error_oom(ret_error);
	}
	return r < 0 ? r : legacy_tables_warn(bridge, lines, ret_error);
}
