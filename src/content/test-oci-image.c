/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Documents of an image, byte by byte: their names are hashes of these.
 */
#include <elf.h>

#include "base/arch.h"
#include "base/unit-test.h"
#include "content/oci-image.h"

static const OciBlob layer = { .hash = "aa", .size = 7, .content = "bb" };

TEST(config)
{
	char *environment[] = { (char *)"PATH=/bin", (char *)"A=\"b\"", NULL };
	char *entry[] = { (char *)"/bin/x", (char *)"-y", NULL };
	char *ports[] = { (char *)"80/tcp", (char *)"53/udp", NULL };
	const OciConfig config = { .architecture = "amd64",
		.created = 86400,
		.environment = environment,
		.entry = entry,
		.ports = ports,
		.user = "33",
		.directory = "/srv",
		.signal = "SIGINT" };
	_cleanup_free_ char *text = NULL;

	assert_int_equal(oci_config_format(&config, &layer, 1, &text, NULL), 0);
	assert_string_equal(text,
		"{\"created\":\"1970-01-02T00:00:00Z\",\"architecture\":\"amd64\",\"os\":\"linux\",\"config\":"
		"{\"User\":\"33\",\"Env\":[\"PATH=/bin\",\"A=\\\"b\\\"\"],\"Entrypoint\":[\"/bin/x\",\"-y\"],"
		"\"WorkingDir\":\"/srv\",\"StopSignal\":\"SIGINT\",\"ExposedPorts\":{\"80/tcp\":{},\"53/udp\":{}}},"
		"\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"sha256:bb\"]}}");
}

TEST(manifest_and_index)
{
	const OciBlob blob = { .hash = "cc", .size = 9 };
	_cleanup_free_ char *manifest = NULL, *index = NULL;

	assert_int_equal(oci_manifest_format(&blob, &layer, 1, &manifest, NULL), 0);
	assert_string_equal(manifest,
		"{\"schemaVersion\":2,\"mediaType\":\"" OCI_TYPE_MANIFEST
		"\",\"config\":{\"mediaType\":\"" OCI_TYPE_CONFIG
		"\",\"digest\":\"sha256:cc\",\"size\":9},\"layers\":[{\"mediaType\":\"" OCI_TYPE_LAYER
		"\",\"digest\":\"sha256:aa\",\"size\":7}]}");
	assert_int_equal(oci_index_format("web1", "arm64", &blob, &index, NULL), 0);
	assert_string_equal(index,
		"{\"schemaVersion\":2,\"manifests\":[{\"mediaType\":\"" OCI_TYPE_MANIFEST
		"\",\"digest\":\"sha256:cc\",\"size\":9,\"annotations\":{\"org.opencontainers.image.ref.name\":\"web1\"},"
		"\"platform\":{\"architecture\":\"arm64\",\"os\":\"linux\"}}]}");
	assert_string_equal(arch_oci("aarch64"), "arm64");
	assert_string_equal(arch_oci("riscv64"), "riscv64");
}

TEST(architectures)
{
	assert_string_equal(arch_oci("i686"), "386");
	assert_string_equal(arch_oci("unknown"), "unknown");
	assert_string_equal(arch_of_elf(EM_PPC64), "ppc64el");
	assert_null(arch_of_elf(EM_SPARC));
#ifdef __x86_64__
	assert_string_equal(arch_native(), "amd64");
#endif
}
