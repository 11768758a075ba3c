/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * audit: denials of the host's log as sentences that name containers. The audit daemon's log is read where there is one, else the kernel's own.
 */
#include "label/denial.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/strv.h"
#include "identity/wishes.h"
#include "sandbox/handle.h"
#include "sandbox/registry.h"

#define AUDIT_LOG "/var/log/audit/audit.log"
#define AUDIT_RECORD_MAX 8192 /* bytes of one record of the kernel's log */
#define AUDIT_RECORDS_MAX 65536 /* records that are looked at; the kernel's log holds fewer */

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

typedef struct Audit {
	Carriers carriers;
	const char *name; /* only about this one; NULL: all */
	char **sentences;
} Audit;

static int audit_line(Audit *audit, const char *line, Error **ret_error)
{
	_cleanup_audit_denial_ AuditDenial denial = { 0 };
	_cleanup_free_ char *sentence = NULL;
	const char *container, *owner;
	int r = audit_parse(line, &denial);
	if (r <= 0)
		return r < 0 ? error_oom(ret_error) : 0;
	container = carrier_of(&audit->carriers, &denial, audit_is_of);
	owner = carrier_of(&audit->carriers, &denial, audit_target_is_of);
	if (!container && !owner)
		return 0; /* of the host, not of a container */
	if (audit->name && !(container && strcmp(container, audit->name) == 0) &&
		!(owner && strcmp(owner, audit->name) == 0))
		return 0;
	r = audit_sentence(&denial, container, owner, &sentence, ret_error);
	if (r < 0)
		return r;
	return strv_append_unique(&audit->sentences, sentence) < 0 ? error_oom(ret_error) : 0;
}

static int audit_file(Audit *audit, Error **ret_error)
{
	_cleanup_free_ char *text = NULL;
	char *save = NULL;
	int r = file_read(AUDIT_LOG, &text, NULL, ret_error);

	if (r < 0)
		return r;
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		r = audit_line(audit, line, ret_error);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Each read of /dev/kmsg gives one record: "PRIORITY,SEQUENCE,TIME,FLAGS;text". */
static int audit_kernel(Audit *audit, Error **ret_error)
{
	_cleanup_fd_ int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	char record[AUDIT_RECORD_MAX + 1];

	if (fd < 0)
		return error_errno(ret_error, errno, "open the kernel's log /dev/kmsg");
	for (size_t i = 0; i < AUDIT_RECORDS_MAX; i++) {
		ssize_t n = read(fd, record, AUDIT_RECORD_MAX);
		char *text;
		int r;

		if (n < 0 && errno == EPIPE)
			continue; /* overwritten while we read: the next one is there */
		if (n < 0 && errno == EAGAIN)
			return 0;
		if (n <= 0)
			return error_errno(ret_error, n < 0 ? errno : EIO, "read the kernel's log");
		record[n] = '\0';
		text = strchr(record, ';');
		r = text ? audit_line(audit, text + 1, ret_error) : 0;
		if (r < 0)
			return r;
	}
	return 0;
}

PUBLIC int vsb_audit(const char *name, char ***ret, vsb_error **error)
{
	Audit audit = { .name = name };
	int r = sandbox_begin(error);

	if (r >= 0 && name && !registry_exists(name))
		r = error_set(error, ENOENT, "container %s does not exist", name);
	if (r >= 0)
		r = carriers_load(&audit.carriers, error);
	if (r >= 0)
		r = file_exists(AUDIT_LOG) ? audit_file(&audit, error)
					   : audit_kernel(&audit, error);
	carriers_done(&audit.carriers);
	if (r < 0) {
		strv_free(audit.sentences);
		return r;
	}
	*ret = audit.sentences;
	return 0;
}
