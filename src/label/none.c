/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The model "none": no label. Chosen when asked for by name, or by a host whose kernel enforces no model.
 */
#include "label/driver.h"

static bool none_present(const LabelHost *host)
{
	(void)host; /* every kernel can do nothing */
	return true;
}

static int none_make(Label *label, const LabelWish *wish, Error **ret_error)
{

	(void)label; /* it stays empty */
	if (wish->label || wish->baselabel || wish->level || wish->custom_type)
		return error_set(ret_error, EINVAL,
			"a label, level or type is asked for together with the model none, which has no labels");
	return 0;
}

static int none_check(Label *label, Error **ret_error)
{
	(void)label;
	(void)ret_error;
	return 0;
}

const LabelDriver label_driver_none = {
	.name = "none",
	.present = none_present,
	.make = none_make,
	.check = none_check,
};
