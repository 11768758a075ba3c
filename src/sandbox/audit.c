/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * audit: denials of the host's log as sentences that name containers. The audit daemon's log is read where there is one, else the kernel's own.
 */
#include "sandbox/audit.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/strv.h"
#include "engine/keep/event-log.h"
#include "identity/wishes.h"
#include "label/denial.h"
#include "sandbox/event-reader.h"
#include "sandbox/handle.h"
#include "sandbox/registry.h"

#define CARRIERS_MSEC 2000 /* for so long nobody is taken to have come or gone */

/* Who carries which label. */
typedef struct Carriers {
	Container *containers;
	size_t n;
} Carriers;

static void carriers_done(Carriers *carriers)
{
	for (size_t i = 0; i < carriers->n; i++)
		container_done(&carriers->containers[i]);
	free(carriers->containers);
}

static int carriers_load(Carriers *carriers, Error **ret_error)
{
	_cleanup_strv_ char **names = NULL;
	int r = registry_names(&names, ret_error);

	if (r < 0)
		return r;
	carriers->containers = calloc(strv_length(names) + 1, sizeof(*carriers->containers));
	if (!carriers->containers)
		return error_oom(ret_error);
	STRV_FOREACH (name, names)
		/* One that cannot be read has no label that we know; list says what is wrong with it. */
		if (registry_describe(*name, &carriers->containers[carriers->n], NULL) >= 0)
			carriers->n++;
	return 0;
}

static const char *carrier_of(const Carriers *carriers, const AuditDenial *denial,
	bool (*is_of)(const AuditDenial *, const char *))
{
	for (size_t i = 0; i < carriers->n; i++) {
		const Container *c = &carriers->containers[i];
		const char *label = wish_labels(c->desc, c->identity).process;

		if (label && is_of(denial, label))
			return c->desc->name;
	}
	return NULL;
}

struct Audit {
	Carriers carriers;
	int64_t loaded_at; /* clock_now_msec() */
	const char *name; /* only about this one; NULL: all */
	char **sentences;
	bool failed; /* without memory */
};

/* Who is new carries a label of his own. */
static void renew(Audit *audit)
{
	int64_t now = clock_now_msec();

	if (now - audit->loaded_at < CARRIERS_MSEC)
		return;
	carriers_done(&audit->carriers);
	audit->carriers = (Carriers){ 0 };
	(void)carriers_load(&audit->carriers, NULL); /* or the next one is somebody's again */
	audit->loaded_at = now;
}

/* 1: *ret_container is whose it is, *ret_sentence what is said about it; 0: nothing that was asked for. */
static int audit_tell(
	Audit *audit, const char *line, const char **ret_container, char **ret_sentence)
{
	_cleanup_audit_denial_ AuditDenial denial = { 0 };
	const char *container, *owner;
	int r = audit_parse(line, &denial);

	if (r <= 0)
		return r;
	renew(audit);
	container = carrier_of(&audit->carriers, &denial, audit_is_of);
	owner = carrier_of(&audit->carriers, &denial, audit_target_is_of);
	if (!container && !owner)
		return 0; /* of the host, not of a container */
	if (audit->name && !(container && strcmp(container, audit->name) == 0) &&
		!(owner && strcmp(owner, audit->name) == 0))
		return 0;
	*ret_container = container ? container : owner;
	r = audit_sentence(&denial, container, owner, ret_sentence, NULL);
	return r < 0 ? r : 1;
}

static bool keep_sentence(const char *line, void *data)
{
	_cleanup_free_ char *sentence = NULL;
	const char *container;
	Audit *audit = data;
	int r = audit_tell(audit, line, &container, &sentence);

	audit->failed = r < 0 || (r > 0 && strv_append_unique(&audit->sentences, sentence) < 0);
	return !audit->failed;
}

Audit *audit_free(Audit *audit)
{
	if (audit) {
		carriers_done(&audit->carriers);
		strv_free(audit->sentences);
		free(audit);
	}
	return NULL;
}

int audit_open(const char *name, Audit **ret, Error **ret_error)
{
	_cleanup_audit_ Audit *audit = calloc(1, sizeof(*audit));
	int r;

	if (!audit)
		return error_oom(ret_error);
	audit->name = name;
	audit->loaded_at = clock_now_msec();
	r = carriers_load(&audit->carriers, ret_error);
	if (r == 0)
		*ret = TAKE_PTR(audit);
	return r;
}

char *audit_event(Audit *audit, const char *line)
{
	const char *at = strstr(line, "audit("), *container;
	_cleanup_free_ char *sentence = NULL;
	_cleanup_buf_ Buf buf = { 0 };
	long long seconds;
	char *text = NULL;
	int msec;

	if (!at || sscanf(at, "audit(%lld.%3d:", &seconds, &msec) != 2)
		return NULL;
	if (audit_tell(audit, line, &container, &sentence) <= 0)
		return NULL;
	buf_printf(&buf, "{\"usec\":%lld,\"container\":", seconds * 1000000 + msec * 1000);
	buf_json_string(&buf, container);
	buf_printf(&buf, ",\"event\":\"%s\",\"reason\":", event_kind_name(EVENT_DENIED));
	buf_json_string(&buf, sentence);
	buf_puts(&buf, "}");
	return buf_take(&buf, &text, NULL) < 0 ? NULL : text;
}

PUBLIC int vsb_audit(const char *name, char ***ret, vsb_error **error)
{
	_cleanup_audit_ Audit *audit = NULL;
	int r = sandbox_begin(error);

	if (r >= 0 && name && !registry_exists(name))
		r = error_set(error, ENOENT, "container %s does not exist", name);
	if (r >= 0)
		r = audit_open(name, &audit, error);
	if (r >= 0)
		r = audit_log_read(keep_sentence, audit, error);
	if (r >= 0 && audit->failed)
		r = error_oom(error);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(audit->sentences);
	return 0;
}
