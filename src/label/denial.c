/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Denials as sentences. The forms (audit's is that of avc_audit_pre_callback() and its kin in the kernel):
 *
 *	type=AVC msg=audit(1.2:3): avc:  denied  { read open } for  pid=1 comm="cat" path="/x" ... scontext=U:R:T:L tcontext=U:R:T:L tclass=file permissive=0
 *	type=AVC msg=audit(1.2:3): lsm=SMACK fn=smack_inode_permission action=denied subject="vss-a" object="vss-b" requested=r pid=1 comm="ls" name="x"
 *	type=AVC msg=audit(1.2:3): apparmor="DENIED" operation="open" profile="vss-a" name="/x" pid=1 comm="cat" requested_mask="r" denied_mask="r"
 */
#include "label/denial.h"

#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "label/context.h"
#include "label/level.h"

void audit_denial_done(AuditDenial *denial)
{
	free(denial->permissions);
	free(denial->process);
	free(denial->object);
	free(denial->class);
	free(denial->device);
	free(denial->subject);
	free(denial->target);
	*denial = (AuditDenial){};
}

/* Audit writes texts with blanks, quotes or control characters as upper-case hexadecimal digits without quotes. Those come back with '?' for what must not
 * reach a terminal. A bare word that only looks like one (comm=BEEF is always quoted) does not come up: untrusted strings are quoted or hexadecimal. */
static char *decode_hex(const char *text, size_t n)
{
	char *decoded = malloc(n / 2 + 1);

	if (!decoded)
		return NULL;
	for (size_t i = 0; i < n / 2; i++) {
		int c = text_hex_digit(text[2 * i]) << 4 | text_hex_digit(text[2 * i + 1]);

		decoded[i] = (char)c;
	}
	text_make_ascii(decoded, n / 2);
	decoded[n / 2] = '\0';
	return decoded;
}

static bool is_hex(const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (text_hex_digit(text[i]) < 0)
			return false;
	return n >= 2 && n % 2 == 0;
}

/* Where the value of " KEY=" starts; NULL without. */
static const char *find_value(const char *line, const char *key)
{
	size_t n = strlen(key);

	for (const char *p = line; (p = strstr(p, key)); p += n)
		if (p != line && p[-1] == ' ' && p[n] == '=')
			return p + n + 1;
	return NULL;
}

/* A copy of the value: quoted, or up to the next blank. untrusted: may be hexadecimal. *ret NULL: there is none. */
static int get_value(const char *line, const char *key, bool untrusted, char **ret)
{
	const char *value = find_value(line, key);
	char *copy = NULL;
	size_t n;

	if (value) {
		bool quoted = *value == '"';

		if (quoted)
			value++;
		n = strcspn(value, quoted ? "\"" : " \n");
		copy = untrusted && !quoted && is_hex(value, n) ? decode_hex(value, n)
								: strndup(value, n);
		if (!copy)
			return -ENOMEM;
		for (char *p = copy; *p; p++)
			if ((unsigned char)*p < 32 || *p == 127)
				*p = '?';
	}
	free(*ret);
	*ret = copy;
	return 0;
}

/* The first of the keys that the line has. */
static int get_first(const char *line, const char *const keys[], size_t n, char **ret)
{
	int r = 0;

	for (size_t i = 0; i < n && r == 0 && !*ret; i++)
		r = get_value(line, keys[i], true, ret);
	return r;
}

static int parse_common(const char *line, AuditDenial *denial)
{
	static const char *const objects[] = { "path", "name", "dest", "src", "capname",
		"capability" };
	_cleanup_free_ char *pid = NULL;
	int r = get_value(line, "pid", false, &pid);

	if (r == 0)
		r = get_value(line, "comm", true, &denial->process);
	if (r == 0)
		r = get_first(line, objects, ARRAY_SIZE(objects), &denial->object);
	if (r < 0)
		return r;
	if (pid) {
		long number = strtol(pid, NULL, 10);

		denial->pid = number > 0 && number <= INT_MAX ? (pid_t)number : 0;
	}
	return 1;
}

static int parse_selinux(const char *line, const char *brace, AuditDenial *denial)
{
	const char *end = strchr(brace, '}');
	const char *permissive = find_value(line, "permissive");
	int r;

	if (!end || end - brace < 4)
		return 0;
	denial->model = AUDIT_SELINUX;
	denial->permissive = permissive && *permissive == '1';
	denial->permissions = strndup(brace + 2, (size_t)(end - brace) - 3);
	if (!denial->permissions)
		return -ENOMEM;
	r = get_value(line, "scontext", false, &denial->subject);
	if (r == 0)
		r = get_value(line, "tcontext", false, &denial->target);
	if (r == 0)
		r = get_value(line, "tclass", false, &denial->class);
	if (r == 0)
		r = get_value(line, "dev", true, &denial->device);
	return r < 0 ? r : parse_common(line, denial);
}

static int parse_smack(const char *line, AuditDenial *denial)
{
	int r;

	denial->model = AUDIT_SMACK;
	r = get_value(line, "subject", false, &denial->subject);
	if (r == 0)
		r = get_value(line, "object", false, &denial->target);
	if (r == 0)
		r = get_value(line, "requested", false, &denial->permissions);
	return r < 0 ? r : parse_common(line, denial);
}

static int parse_apparmor(const char *line, AuditDenial *denial)
{
	int r;

	denial->model = AUDIT_APPARMOR;
	r = get_value(line, "operation", false, &denial->permissions);
	if (r == 0)
		r = get_value(line, "profile", true, &denial->subject);
	if (r == 0)
		r = get_value(line, "peer", true, &denial->target);
	return r < 0 ? r : parse_common(line, denial);
}

int audit_parse(const char *line, AuditDenial *ret)
{
	_cleanup_audit_denial_ AuditDenial denial = {};
	const char *avc = strstr(line, "avc:  denied  {");
	int r = 0;

	if (avc)
		r = parse_selinux(line, strchr(avc, '{'), &denial);
	else if (strstr(line, "lsm=SMACK") && strstr(line, "action=denied"))
		r = parse_smack(line, &denial);
	else if (strstr(line, "apparmor=\"DENIED\""))
		r = parse_apparmor(line, &denial);
	if (r <= 0)
		return r;
	if (!denial.permissions || !denial.subject)
		return 0; /* cut off */
	*ret = denial;
	denial = (AuditDenial){};
	return 1;
}

/* The level tells containers apart: a type may be written by its alias, user and role may differ between the description and what ran. */
static bool same_level(const char *a, const char *b)
{
	_cleanup_context_ Context x = {}, y = {};
	LevelRange p, q;

	return context_parse(a, &x) == 0 && context_parse(b, &y) == 0 && x.range && y.range &&
	       level_parse_range(x.range, &p) == 0 && level_parse_range(y.range, &q) == 0 &&
	       level_count(&p.low) > 0 && level_equal(&p.low, &q.low);
}

static bool is_of(AuditModel model, const char *has, const char *label)
{
	return has && (model == AUDIT_SELINUX ? same_level(has, label) : strcmp(has, label) == 0);
}

bool audit_is_of(const AuditDenial *denial, const char *label)
{
	return is_of(denial->model, denial->subject, label);
}

bool audit_target_is_of(const AuditDenial *denial, const char *label)
{
	return is_of(denial->model, denial->target, label);
}

/* Does the target have categories that the subject lacks? Of a range it is the upper end that has them. */
static bool is_other_compartment(const Context *subject, const Context *target)
{
	LevelRange s, t;

	return subject->range && target->range && level_parse_range(subject->range, &s) == 0 &&
	       level_parse_range(target->range, &t) == 0 && !level_within(&t.low, &s.high);
}

/* Does it have its label on disk, where it can be changed? What is just being created has no device yet. */
static bool is_labelled_on_disk(const AuditDenial *denial)
{
	static const char *const classes[] = { "file", "dir", "lnk_file", "chr_file", "blk_file",
		"sock_file", "fifo_file" };
	static const char *const by_kernel[] = { "proc", "sysfs", "cgroup", "cgroup2", "tmpfs",
		"devtmpfs", "devpts", "ramfs", "mqueue", "hugetlbfs", "nsfs", "pipefs", "sockfs",
		"anon_inodefs", "securityfs", "selinuxfs", "tracefs", "debugfs", "bpf" };

	return denial->class && text_is_one_of(denial->class, classes, ARRAY_SIZE(classes)) &&
	       denial->device && !text_is_one_of(denial->device, by_kernel, ARRAY_SIZE(by_kernel));
}

static int advise_selinux(
	const AuditDenial *denial, const char *container, const char *owner, Buf *text)
{
	const char *class = denial->class ? denial->class : "file";
	_cleanup_context_ Context subject = {}, target = {};
	bool on_disk = is_labelled_on_disk(denial), several = strchr(denial->permissions, ' ');
	int r = context_parse(denial->subject, &subject);

	if (r == 0)
		r = denial->target ? context_parse(denial->target, &target) : -EINVAL;
	if (r < 0)
		return r == -ENOMEM ? r : 0; /* not a context: nothing to advise */
	if (is_other_compartment(&subject, &target)) {
		buf_printf(text, ": the level %s is not its own, and no rule can allow it",
			target.range);
		if (on_disk && container)
			buf_printf(text,
				"; if it should have the file, \"virt-sandbox-service relabel %s\" labels it, where it is the container's",
				container);
		return 0;
	}
	buf_printf(text, ": the rule (allow %s %s (%s (%s))) would allow %s", subject.type,
		strcmp(denial->subject, denial->target) == 0 ? "self" : target.type, class,
		denial->permissions, several ? "them" : "it");
	if (on_disk && container && !owner)
		buf_printf(text,
			"; if the file is the container's, it has lost its label; \"virt-sandbox-service relabel %s\" restores it",
			container);
	return 0;
}

static int advise(const AuditDenial *denial, const char *container, const char *owner, Buf *text)
{
	if (container && owner && strcmp(container, owner) != 0)
		buf_puts(text, ": containers are kept apart, nothing should allow it");
	else if (denial->model == AUDIT_SELINUX)
		return advise_selinux(denial, container, owner, text);
	else if (denial->model == AUDIT_SMACK)
		buf_printf(text, ": the Smack rule \"%s %s %s\" would allow it", denial->subject,
			denial->target ? denial->target : "?", denial->permissions);
	else
		buf_puts(text,
			": a profile of yours that allows it can be given with -s static,label=PROFILE");
	return 0;
}

int audit_sentence(const AuditDenial *denial, const char *container, const char *owner, char **ret,
	Error **ret_error)
{
	_cleanup_buf_ Buf text = {};

	buf_printf(&text, "process %s", denial->process ? denial->process : "of unknown name");
	if (denial->pid)
		buf_printf(&text, " (%d)", (int)denial->pid);
	if (container)
		buf_printf(&text, " of container %s", container);
	else
		buf_printf(&text, " labelled %s", denial->subject);
	buf_printf(&text, " %s %s", denial->permissive ? "would have been refused" : "was refused",
		denial->permissions);
	if (denial->class || denial->object)
		buf_puts(&text, " on");
	if (denial->class)
		buf_printf(&text, " %s", denial->class);
	if (denial->object)
		buf_printf(&text, " %s", denial->object);
	if (owner && container && strcmp(container, owner) == 0)
		buf_puts(&text, " of its own");
	else if (owner)
		buf_printf(&text, " of container %s", owner);
	else if (denial->target)
		buf_printf(&text, " labelled %s", denial->target);
	if (advise(denial, container, owner, &text) < 0)
		return error_oom(ret_error);
	return buf_take(&text, ret, ret_error);
}
