/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The plug-in net_nft: runs nft commands with libnftables. A plug-in of its own, because libnftables and what it needs is loaded
 * for the first container of the default network only.
 */
#include <nftables/libnftables.h>
#include <string.h>

#include "net/plugin/firewall.h"

static void free_context(struct nft_ctx **context)
{
	if (*context)
		nft_ctx_free(*context);
}

static int run(const char *commands, Error **ret_error)
{
	_cleanup_(free_context) struct nft_ctx *context = NULL;
	const char *said;

	context = nft_ctx_new(NFT_CTX_DEFAULT);
	if (!context)
		return error_oom(ret_error);
	/* Buffered: else the library prints. */
	if (nft_ctx_buffer_output(context) != 0 || nft_ctx_buffer_error(context) != 0)
		return error_oom(ret_error);
	if (nft_run_cmd_from_buffer(context, commands) == 0)
		return 0;
	said = nft_ctx_get_error_buffer(context);
	return error_set(ret_error, EIO,
		"nftables refused our rules; does the kernel have nf_tables with families inet, "
		"ct, nat, masq and reject? %.*s",
		(int)strcspn(said, "\n"), said);
}

extern const NftPlugin vsb_plugin_net_nft;
__attribute__((visibility("default"))) const NftPlugin vsb_plugin_net_nft = { .run = run };
