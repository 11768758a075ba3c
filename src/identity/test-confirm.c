/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What version 0.1.0 had reserved on disk stays its containers', and nobody else gets it.
 */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/layout.h"
#include "base/unit-test.h"
#include "desc/keyfile.h"
#include "desc/keys.h"
#include "identity/confirm.h"
#include "identity/ids.h"

static char root[] = "/tmp/test-confirm.XXXXXX";

static void copy(const char *name, char *path)
{
	_cleanup_free_ char *from = NULL, *text = NULL, *to = path;
	size_t size;

	assert_true(asprintf(&from, "%s/tests/golden/reservations/%s", getenv("SOURCE_ROOT"),
			    name) > 0);
	assert_int_equal(file_read(from, &text, &size, NULL), 0);
	assert_int_equal(file_write_unsynced(to, text, size, 0600, NULL), 0);
}

static int setup(_unused_ void **state)
{
	_cleanup_free_ char *ids = NULL, *services = NULL, *link = NULL;

	if (!mkdtemp(root) || setenv("VIRT_SANDBOX_ROOT", root, 1) < 0)
		return -1;
	ids = layout_pathf(LAYOUT_RESERVATIONS, "ids");
	services = layout_path(LAYOUT_SERVICES);
	if (file_mkdir_p(ids, 0700, NULL) < 0 || file_mkdir_p(services, 0700, NULL) < 0)
		return -1;
	copy("addresses", layout_pathf(LAYOUT_RESERVATIONS, "addresses"));
	copy("labels", layout_pathf(LAYOUT_RESERVATIONS, "labels"));
	copy("web1.sandbox", layout_pathf(LAYOUT_SERVICES, "web1.sandbox"));
	link = layout_pathf(LAYOUT_RESERVATIONS, "ids/45");
	return symlink("web1", link);
}

static int teardown(_unused_ void **state)
{
	return file_remove_tree(AT_FDCWD, root, NULL);
}

static Desc *load(Identity **ret_identity)
{
	_cleanup_free_ char *path = layout_pathf(LAYOUT_SERVICES, "web1.sandbox");
	Desc *desc = NULL;

	assert_int_equal(keyfile_load(path, &desc, ret_identity, NULL), 0);
	assert_int_equal(desc_resolve(desc, NULL), 0);
	return desc;
}

TEST(owner_keeps_all)
{
	_cleanup_identity_ Identity *identity = NULL;
	_cleanup_desc_ Desc *desc = load(&identity);
	bool changed = true;

	assert_int_equal(identity_confirm(desc, identity, &changed, NULL), 0);
	assert_false(changed);
	assert_int_equal(identity->id_base, IDS_FIRST + 45 * DESC_ID_COUNT);
	assert_string_equal(identity_link(identity, 0)->address, "10.209.0.2/16");
}

/* What is in the description of 0.1.0 beside what was asked for. */
TEST(former_keys_move)
{
	_cleanup_identity_ Identity *identity = NULL;
	_cleanup_desc_ Desc *desc = load(&identity);

	assert_string_equal(identity->uuid, "0123456789abcdef0123456789abcdef");
	assert_int_equal(identity->model, DESC_MODEL_SELINUX);
	assert_string_equal(identity->label, "system_u:system_r:container_t:s0:c12,c700");
	assert_string_equal(identity->imagelabel, "system_u:object_r:container_file_t:s0:c12,c700");
	assert_string_equal(identity_link(identity, 0)->mac, "52:54:00:5b:6f:7a");
	assert_null(desc->security.label);
	assert_null(desc->networks[0].mac);
	assert_null(desc->networks[0].addresses);
}

static void expect(const Desc *desc, Identity *identity, const char *words)
{
	_cleanup_error_ Error *error = NULL;
	bool changed;

	assert_int_equal(identity_confirm(desc, identity, &changed, &error), -EADDRINUSE);
	if (!strstr(error_message(error), words))
		fail_msg("\"%s\" does not say \"%s\"", error_message(error), words);
}

TEST(copy_is_refused_line_by_line)
{
	_cleanup_identity_ Identity *theirs = NULL, *identity = NULL;
	_cleanup_desc_ Desc *owner = load(&theirs), *desc = load(&identity);
	bool changed = false;

	assert_int_equal(identity_confirm(owner, theirs, &changed, NULL), 0);
	assert_int_equal(desc_set(desc, "core.name", "thief", NULL), 0);
	expect(desc, identity, "uuid 0123456789abcdef0123456789abcdef belongs to container web1");
	identity->uuid[0] = 'f';
	expect(desc, identity, "user ids from 3473408 belong to container web1; remove `id-base=`");
	identity->id_base = 0;
	expect(desc, identity,
		"the MAC address 52:54:00:5b:6f:7a belongs to container web1; remove `mac=`");
	assert_int_equal(identity_set_link(identity, 0, NULL, "10.209.0.2/16", NULL), 0);
	expect(desc, identity, "belongs to container web1; remove `address=` to get a new one");
	identity_forget_links(identity);
	assert_int_equal(identity_confirm(desc, identity, &changed, NULL), 0);
	assert_true(changed);
	assert_string_equal(identity_link(identity, 0)->address, "10.209.0.4/16");
	assert_int_not_equal(identity->id_base, 3473408);
}

TEST_GROUP(setup, teardown)
