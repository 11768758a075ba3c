/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Records of who may reach whom: lines "allow RULE", "egress RULE" and "resolver ADDRESS".
 */
#include "net/plugin/reach-record.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/buf.h"
#include "base/file.h"
#include "base/layout.h"
#include "base/strv.h"

#define PLACE ".network/reach"
#define ALLOW "allow "
#define EGRESS "egress "
#define RESOLVER "resolver "

void reach_said_done(ReachSaid *said)
{
	free(said->allowed);
	free(said->egress);
	free(said->resolvers);
	*said = (ReachSaid){ 0 };
}

bool reach_said_is_empty(const ReachSaid *said)
{
	return said->n_allowed == 0 && said->n_egress == 0 && said->n_resolvers == 0;
}

static int add(ReachSaid *said, const char *text, bool egress, Error **ret_error)
{
	ReachRule **list = egress ? &said->egress : &said->allowed;
	size_t *n = egress ? &said->n_egress : &said->n_allowed;
	ReachRule rule;
	int r = reach_rule_parse(text, egress, &rule, ret_error);

	if (r < 0)
		return r;
	if (array_room(list, *n, sizeof(**list)) < 0)
		return error_oom(ret_error);
	(*list)[(*n)++] = rule;
	return 0;
}

int reach_said_add_resolver(ReachSaid *said, const char *address, Error **ret_error)
{
	IpAddress ip;

	if (ip_parse(address, &ip) < 0)
		return error_set(ret_error, EINVAL, "%s is not an address", address);
	if (array_room(&said->resolvers, said->n_resolvers, sizeof(*said->resolvers)) < 0)
		return error_oom(ret_error);
	said->resolvers[said->n_resolvers++] = ip;
	return 0;
}

int reach_said_parse(char *const *allowed, char *const *egress, ReachSaid *ret, Error **ret_error)
{
	_cleanup_reach_said_ ReachSaid said = { 0 };
	int r = 0;

	STRV_FOREACH (text, allowed)
		r = r == 0 ? add(&said, *text, false, ret_error) : r;
	STRV_FOREACH (text, egress)
		r = r == 0 ? add(&said, *text, true, ret_error) : r;
	if (r < 0)
		return r;
	*ret = said;
	said = (ReachSaid){ 0 };
	return 0;
}

static char *record_path(const char *port)
{
	return layout_pathf(LAYOUT_RUN, PLACE "/%s", port);
}

bool reach_record_any(void)
{
	_cleanup_free_ char *path = layout_pathf(LAYOUT_RUN, PLACE);

	return path && file_exists(path);
}

int reach_record_read(const char *port, ReachSaid *ret, Error **ret_error)
{
	_cleanup_free_ char *path = record_path(port), *text = NULL;
	_cleanup_strv_ char **lines = NULL;
	_cleanup_reach_said_ ReachSaid said = { 0 };
	int r = path ? 0 : error_oom(ret_error);

	if (r == 0 && file_exists(path))
		r = file_read(path, &text, NULL, ret_error);
	if (r == 0 && text && strv_split(&lines, text, "\n") < 0)
		r = error_oom(ret_error);
	STRV_FOREACH (line, lines) {
		bool egress = strncmp(*line, EGRESS, strlen(EGRESS)) == 0;

		if (r == 0 && strncmp(*line, RESOLVER, strlen(RESOLVER)) == 0)
			r = reach_said_add_resolver(&said, *line + strlen(RESOLVER), ret_error);
		else if (r == 0)
			r = add(&said, *line + strlen(egress ? EGRESS : ALLOW), egress, ret_error);
	}
	if (r < 0)
		return error_wrap(ret_error, "cannot read %s", path);
	*ret = said;
	said = (ReachSaid){ 0 };
	return 0;
}

static void put(Buf *buf, const char *word, const ReachRule *rules, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char text[REACH_RULE_SIZE];

		reach_rule_format(&rules[i], text);
		buf_printf(buf, "%s%s\n", word, text);
	}
}

/* The last one takes the folder with it. */
static int forget(const char *path, Error **ret_error)
{
	_cleanup_free_ char *place = layout_pathf(LAYOUT_RUN, PLACE);

	if (unlink(path) < 0 && errno != ENOENT)
		return error_errno(ret_error, errno, "cannot remove %s", path);
	if (place)
		(void)rmdir(place); /* others may have theirs in it */
	return 0;
}

int reach_record_write(const char *port, const ReachSaid *said, Error **ret_error)
{
	_cleanup_free_ char *path = record_path(port), *text = NULL;
	_cleanup_buf_ Buf buf = { 0 };
	int r;

	if (!path)
		return error_oom(ret_error);
	if (reach_said_is_empty(said))
		return forget(path, ret_error);
	put(&buf, ALLOW, said->allowed, said->n_allowed);
	put(&buf, EGRESS, said->egress, said->n_egress);
	for (size_t i = 0; i < said->n_resolvers; i++) {
		char address[INET6_ADDRSTRLEN] = "";

		(void)inet_ntop(said->resolvers[i].family, said->resolvers[i].bytes, address,
			sizeof(address)); /* it fits */
		buf_printf(&buf, RESOLVER "%s\n", address);
	}
	r = buf_take(&buf, &text, ret_error);
	if (r == 0)
		r = file_mkdir_parent(path, ret_error);
	return r < 0 ? r : file_write_unsynced(path, text, strlen(text), 0600, ret_error);
}
