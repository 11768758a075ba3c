/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * JSON of an image.
 */
#include "content/oci-image.h"

#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/strv.h"

static void put_list(Buf *buf, const char *key, char *const *values)
{
	buf_printf(buf, ",\"%s\":[", key);
	STRV_FOREACH (value, values) {
		buf_puts(buf, value == values ? "" : ",");
		buf_json_string(buf, *value);
	}
	buf_puts(buf, "]");
}

/* A set, as Go writes one. */
static void put_set(Buf *buf, const char *key, char *const *values)
{
	if (!values)
		return;
	buf_printf(buf, ",\"%s\":{", key);
	STRV_FOREACH (value, values) {
		buf_puts(buf, value == values ? "" : ",");
		buf_json_string(buf, *value);
		buf_puts(buf, ":{}");
	}
	buf_puts(buf, "}");
}

static void put_text(Buf *buf, const char *key, const char *value)
{
	if (!value)
		return;
	buf_printf(buf, ",\"%s\":", key);
	buf_json_string(buf, value);
}

int oci_config_format(const OciConfig *config, const OciBlob *layers, size_t n_layers, char **ret,
	Error **ret_error)
{
	char created[sizeof("2026-11-28T00:00:00Z") + 16];
	_cleanup_buf_ Buf buf = {};
	time_t seconds = (time_t)config->created;
	struct tm utc;

	if (!gmtime_r(&seconds, &utc) ||
		strftime(created, sizeof(created), "%Y-%m-%dT%H:%M:%SZ", &utc) == 0)
		return error_set(ret_error, ERANGE, "the time of its creation is out of range");
	buf_puts(&buf, "{\"created\":");
	buf_json_string(&buf, created);
	put_text(&buf, "architecture", config->architecture);
	buf_puts(&buf, ",\"os\":\"linux\",\"config\":{\"User\":");
	buf_json_string(&buf, config->user ? config->user : "");
	put_list(&buf, "Env", config->environment);
	put_list(&buf, "Entrypoint", config->entry);
	put_text(&buf, "WorkingDir", config->directory);
	put_text(&buf, "StopSignal", config->signal);
	put_set(&buf, "ExposedPorts", config->ports);
	put_set(&buf, "Volumes", config->volumes);
	buf_puts(&buf, "},\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[");
	for (size_t i = 0; i < n_layers; i++)
		buf_printf(&buf, "%s\"sha256:%s\"", i == 0 ? "" : ",", layers[i].content);
	buf_puts(&buf, "]}}");
	return buf_take(&buf, ret, ret_error);
}

static void put_blob(Buf *buf, const char *type, const OciBlob *blob)
{
	buf_printf(buf, "{\"mediaType\":\"%s\",\"digest\":\"sha256:%s\",\"size\":%llu", type,
		blob->hash, (unsigned long long)blob->size);
}

int oci_manifest_format(const OciBlob *config, const OciBlob *layers, size_t n_layers, char **ret,
	Error **ret_error)
{
	_cleanup_buf_ Buf buf = {};

	buf_puts(&buf, "{\"schemaVersion\":2,\"mediaType\":\"" OCI_TYPE_MANIFEST "\",\"config\":");
	put_blob(&buf, OCI_TYPE_CONFIG, config);
	buf_puts(&buf, "},\"layers\":[");
	for (size_t i = 0; i < n_layers; i++) {
		buf_puts(&buf, i == 0 ? "" : ",");
		put_blob(&buf, OCI_TYPE_LAYER, &layers[i]);
		buf_puts(&buf, "}");
	}
	buf_puts(&buf, "]}");
	return buf_take(&buf, ret, ret_error);
}

int oci_index_format(const char *name, const char *architecture, const OciBlob *manifest,
	char **ret, Error **ret_error)
{
	_cleanup_buf_ Buf buf = {};

	buf_puts(&buf, "{\"schemaVersion\":2,\"manifests\":[");
	put_blob(&buf, OCI_TYPE_MANIFEST, manifest);
	buf_puts(&buf, ",\"annotations\":{\"org.opencontainers.image.ref.name\":");
	buf_json_string(&buf, name);
	buf_puts(&buf, "},\"platform\":{\"architecture\":");
	buf_json_string(&buf, architecture);
	buf_puts(&buf, ",\"os\":\"linux\"}}]}");
	return buf_take(&buf, ret, ret_error);
}
