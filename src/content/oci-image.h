/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The documents of an image as the OCI image specification 1.0 has them: the directory "image-layout" with oci-layout, index.json, and blobs/sha256/DIGEST for the
 * manifest, the configuration and each layer. Pure: the same values give the same bytes.
 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

#define OCI_HASH_SIZE 64 /* hex digits of SHA-256 */
#define OCI_LAYOUT "{\"imageLayoutVersion\":\"1.0.0\"}"
#define OCI_TYPE_MANIFEST "application/vnd.oci.image.manifest.v1+json"
#define OCI_TYPE_CONFIG "application/vnd.oci.image.config.v1+json"
#define OCI_TYPE_LAYER "application/vnd.oci.image.layer.v1.tar+gzip"

typedef struct OciBlob {
	char hash[OCI_HASH_SIZE + 1];
	uint64_t size; /* bytes */
	char content[OCI_HASH_SIZE + 1]; /* of a layer: hash of its tar archive unpacked */
} OciBlob;

typedef struct OciConfig {
	const char *architecture; /* "amd64" */
	int64_t created; /* seconds since the epoch */
	char **environment, **entry, **ports, **volumes; /* ports: "80/tcp" */
	const char *user, *directory, *signal; /* NULL: not said */
} OciConfig;

int oci_config_format(const OciConfig *config, const OciBlob *layers, size_t n_layers, char **ret,
	Error **ret_error);
int oci_manifest_format(const OciBlob *config, const OciBlob *layers, size_t n_layers, char **ret,
	Error **ret_error);
/* name: how tools that read the layout call the image. */
int oci_index_format(const char *name, const char *architecture, const OciBlob *manifest,
	char **ret, Error **ret_error);
