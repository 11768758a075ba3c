/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A container of ours as a domain document: for who looks. Its description stays what it is started by.
 */
#include "sandbox/domain-container.h"

#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "base/strv.h"
#include "identity/wishes.h"
#include "sandbox/registry.h"

#define KIB 1024
#define MEMORY_DEFAULT                                                                             \
	(512 * 1024) /* KiB, where the host sets the limit: a document must name one */

static void put_text(Buf *buf, const char *text)
{
	for (; *text; text++) {
		if (*text == '&')
			buf_puts(buf, "&amp;");
		else if (*text == '<')
			buf_puts(buf, "&lt;");
		else if (*text == '>')
			buf_puts(buf, "&gt;");
		else if (*text == '\'')
			buf_puts(buf, "&apos;");
		else
			buf_append(buf, text, 1);
	}
}

static void put(Buf *buf, const char *before, const char *text, const char *after)
{
	if (!text)
		return;
	buf_puts(buf, before);
	put_text(buf, text);
	buf_puts(buf, after);
}

static void put_program(Buf *buf, const Desc *desc)
{
	buf_puts(buf, "<os><type>exe</type>");
	if (desc_has_manager(desc)) {
		put(buf, "<init>",
			desc->kind == DESC_SYSTEM ? "/sbin/init" : "/usr/lib/systemd/systemd",
			"</init>");
	} else {
		STRV_FOREACH (word, desc->command)
			put(buf, word == desc->command ? "<init>" : "<initarg>", *word,
				word == desc->command ? "</init>" : "</initarg>");
	}
	STRV_FOREACH (variable, desc->environment) {
		_cleanup_free_ char *name = strndup(*variable, strcspn(*variable, "="));

		put(buf, "<initenv name='", name ? name : "", "'>");
		put(buf, "", *variable + strcspn(*variable, "=") + 1, "</initenv>");
	}
	if (desc->kind == DESC_COMMAND)
		put(buf, "<inituser>", desc->user, "</inituser>");
	buf_puts(buf, "</os>");
}

/* Its private directories, and the host's programs, which are read-only inside. */
static void put_filesystems(Buf *buf, const Container *c)
{
	static const char *const content[] = { "etc", "var", "root", "home", "srv" };

	if (desc_has_own_root(c->desc)) {
		/* Of a full system its base: a document cannot name layers. */
		put(buf, "<filesystem type='mount'><source dir='",
			desc_has_host_root(c->desc) ? "/"
			: c->desc->root		    ? c->desc->root
						    : c->places.base,
			"'/><target dir='/'/>");
		buf_puts(buf,
			desc_writes_root(c->desc) ? "</filesystem>" : "<readonly/></filesystem>");
		return;
	}
	buf_puts(buf, "<filesystem type='ram'><source usage='4096' units='KiB'/><target dir='/'/>"
		      "</filesystem>");
	buf_puts(buf, "<filesystem type='mount'><source dir='/usr'/><target dir='/usr'/><readonly/>"
		      "</filesystem>");
	for (size_t i = 0; c->places.tree && i < ARRAY_SIZE(content); i++) {
		put(buf, "<filesystem type='mount'><source dir='", c->places.tree, "/");
		buf_printf(buf, "%s'/><target dir='/%s'/></filesystem>", content[i], content[i]);
	}
}

static void put_interfaces(Buf *buf, const Container *c)
{
	static const struct {
		const char *type, *attribute;
	} kinds[_ATTACHMENT_KIND_MAX] = {
		[ATTACHMENT_SHARED] = { "network", "network" },
		[ATTACHMENT_BRIDGE] = { "bridge", "bridge" },
		[ATTACHMENT_MACVLAN] = { "direct", "dev" },
	};
	LinkWishes wishes;

	wish_links(c->desc, c->identity, &wishes);
	for (size_t i = 0; i < wishes.n; i++) {
		const Attachment *link = &wishes.links[i];

		if (link->kind < 0 || link->kind >= _ATTACHMENT_KIND_MAX || !kinds[link->kind].type)
			continue;
		buf_printf(buf, "<interface type='%s'>", kinds[link->kind].type);
		put(buf, "<mac address='", link->mac, "'/>");
		buf_printf(buf, "<source %s='", kinds[link->kind].attribute);
		put(buf, "", link->source ? link->source : "default", "'/></interface>");
	}
}

/* No network but loopback is a namespace without interfaces. */
static bool is_private(const Desc *desc)
{
	for (size_t i = 0; i < desc->n_networks; i++)
		if (desc->networks[i].type != DESC_NETWORK_NONE)
			return false;
	return true;
}

static void put_label(Buf *buf, const Container *c)
{
	const Labels labels = wish_labels(c->desc, c->identity);

	if (!labels.process || !labels.model)
		return;
	if (!labels.fixed) {
		put(buf, "<seclabel type='dynamic' model='", labels.model, "' relabel='yes'/>");
		return;
	}
	put(buf, "<seclabel type='static' model='", labels.model, "' relabel='");
	buf_printf(buf, "%s'>", labels.relabel ? "yes" : "no");
	put(buf, "<label>", labels.process, "</label></seclabel>");
}

static int format(
	const struct vsb_domain *handle, const Container *c, char **ret, Error **ret_error)
{
	uint64_t memory = c->desc->resources.memory / KIB;
	_cleanup_buf_ Buf buf = { 0 };

	put(&buf, "<domain type='lxc'><name>", c->desc->name, "</name>");
	put(&buf, "<uuid>", handle->uuid, "</uuid>");
	buf_printf(
		&buf, "<memory unit='KiB'>%" PRIu64 "</memory>", memory ? memory : MEMORY_DEFAULT);
	put_program(&buf, c->desc);
	if (is_private(c->desc))
		buf_puts(&buf, "<features><privnet/></features>");
	if (c->identity->id_base)
		buf_printf(&buf,
			"<idmap><uid start='0' target='%u' count='%u'/>"
			"<gid start='0' target='%u' count='%u'/></idmap>",
			c->identity->id_base, DESC_ID_COUNT, c->identity->id_base, DESC_ID_COUNT);
	buf_puts(&buf, "<devices>");
	put_filesystems(&buf, c);
	put_interfaces(&buf, c);
	buf_puts(&buf, "<console type='pty'/></devices>");
	put_label(&buf, c);
	buf_puts(&buf, "</domain>");
	return buf_take(&buf, ret, ret_error);
}

int domain_from_container(const struct vsb_domain *handle, Domain **ret, Error **ret_error)
{
	_cleanup_container_ Container container = {};
	_cleanup_free_ char *text = NULL;
	int r = registry_load(handle->name, &container, ret_error);

	if (r == 0)
		r = format(handle, &container, &text, ret_error);
	return r < 0 ? r : domain_parse_xml(text, strlen(text), handle->name, 0, ret, ret_error);
}
