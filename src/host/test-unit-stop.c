/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What systemctl show says of what stops with a unit.
 */
#include <string.h>

#include "base/strv.h"
#include "base/unit-test.h"
#include "host/unit-stop.h"

static int parse(const char *text, StopUnit *ret)
{
	_cleanup_free_ char *copy = strdup(text);

	assert_non_null(copy);
	return stop_unit_parse(copy, ret);
}

static void done(StopUnit *unit)
{
	StopUnits units = { calloc(1, sizeof(*unit)), 1 };

	assert_non_null(units.units);
	units.units[0] = *unit;
	stop_units_done(&units);
}

TEST(answers)
{
	StopUnit unit;

	assert_int_equal(
		parse("Id=db.service\nLoadState=loaded\nActiveState=reloading\n"
		      "UnitFileState=enabled\nTriggeredBy=db.socket db.path\n"
		      "RequiredBy=app.service\nBoundBy=\nConsistsOf=db@a.service db@b.service\n",
			&unit),
		0);
	assert_string_equal(unit.name, "db.service");
	assert_true(unit.active && unit.enabled && !unit.fixed);
	assert_int_equal(strv_length(unit.triggers), 2);
	assert_int_equal(strv_length(unit.dependents), 3);
	assert_true(strv_contains(unit.dependents, "db@b.service"));
	done(&unit);
	assert_int_equal(parse("Id=a.socket\nLoadState=loaded\nActiveState=failed\n"
			       "UnitFileState=static\n",
				 &unit),
		0);
	assert_true(!unit.active && !unit.enabled && unit.fixed && !unit.triggers);
	done(&unit);
	assert_int_equal(
		parse("Id=old.service\nLoadState=loaded\nUnitFileState=generated\n", &unit), 0);
	assert_true(unit.enabled);
	done(&unit);
}

TEST(refused)
{
	StopUnit unit;

	assert_int_equal(parse("", &unit), -EBADMSG);
	assert_int_equal(parse("ActiveState=active\n", &unit), -EBADMSG);
	assert_int_equal(parse("Id=no.service\nLoadState=not-found\n", &unit), -ENOENT);
}
