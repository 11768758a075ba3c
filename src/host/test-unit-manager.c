/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What systemctl show says of units.
 */
#include <string.h>

#include "base/strv.h"
#include "base/unit-test.h"
#include "host/unit-manager.h"

static const char said[] =
	"Id=ssh.service\nNames=ssh.service sshd.service\nLoadState=loaded\n"
	"FragmentPath=/lib/systemd/system/ssh.service\nSourcePath=\n"
	"DropInPaths=/run/systemd/system/ssh.service.d/a.conf /etc/systemd/system/ssh.service.d/b.conf\nNeedDaemonReload=no\n"
	"\n"
	"Id=old.service\nNames=old.service\nLoadState=loaded\n"
	"ActiveState=active\nFragmentPath=/run/systemd/generator.late/old.service\nSourcePath=/etc/init.d/old\n"
	"DropInPaths=\nNeedDaemonReload=no\n"
	"\n"
	"Id=stale.service\nNames=stale.service\nLoadState=loaded\n"
	"FragmentPath=/etc/systemd/system/stale.service\nNeedDaemonReload=yes\n"
	"\n"
	"Id=gone.service\nNames=gone.service\nLoadState=not-found\nFragmentPath=\n"
	"NeedDaemonReload=no\n";

static int parse(const char *text, UnitManager *ret)
{
	_cleanup_free_ char *copy = strdup(text);

	assert_non_null(copy);
	return unit_manager_parse(copy, ret);
}

TEST(answers)
{
	_cleanup_unit_manager_ UnitManager manager = { 0 };
	const ManagedUnit *unit;

	assert_int_equal(parse(said, &manager), 0);
	assert_int_equal(manager.n, 4);
	unit = unit_manager_find(&manager, "sshd.service");
	assert_non_null(unit);
	assert_string_equal(unit->id, "ssh.service");
	assert_string_equal(unit->fragment, "/lib/systemd/system/ssh.service");
	assert_null(unit->source);
	assert_int_equal(strv_length(unit->dropins), 2);
	assert_string_equal(unit->dropins[1], "/etc/systemd/system/ssh.service.d/b.conf");
	assert_string_equal(unit_manager_find(&manager, "old.service")->source, "/etc/init.d/old");
	assert_false(unit->stale);
	assert_false(unit->running);
	assert_true(unit_manager_find(&manager, "old.service")->running);
	assert_true(unit_manager_find(&manager, "stale.service")->stale);
	assert_null(unit_manager_find(&manager, "gone.service"));
	assert_null(unit_manager_find(&manager, "other.service"));
	assert_null(unit_manager_find(NULL, "ssh.service"));
}

TEST(damaged)
{
	_cleanup_unit_manager_ UnitManager manager = { 0 };

	assert_int_equal(parse("", &manager), 0);
	assert_int_equal(manager.n, 0);
	assert_int_equal(parse("Id=a.service\n", &manager), -EBADMSG);
	assert_int_equal(parse("nothing\n", &manager), -EBADMSG);
	assert_int_equal(parse("LoadState=loaded\n\nId=a.service\n", &manager), -EBADMSG);
}
