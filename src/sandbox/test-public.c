/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Opaque types of the public interface: what they refuse, keep and free.
 */
#include <errno.h>

#include <virt-sandbox.h>

#include "base/unit-test.h"

static void assert_refused(int r, vsb_error **error, const char *sentence)
{
	assert_int_equal(r, -EINVAL);
	assert_int_equal(vsb_error_code(*error), EINVAL);
	assert_string_equal(vsb_error_message(*error), sentence);
	vsb_error_free(*error);
	*error = NULL;
}

TEST(execute_options)
{
	char *variables[] = { (char *)"A=1", NULL };
	vsb_execute_options *options = NULL;
	vsb_error *error = NULL;

	assert_int_equal(vsb_execute_options_new(&options, &error), 0);
	assert_int_equal(vsb_execute_options_set_flags(options,
				 VSB_EXECUTE_TERMINAL | VSB_EXECUTE_DETACH | VSB_EXECUTE_NO_LABEL |
					 VSB_EXECUTE_BACKGROUND,
				 &error),
		0);
	assert_refused(vsb_execute_options_set_flags(options, 0x11, &error), &error,
		"cannot execute with flags 0x11: unknown flags 0x10");
	assert_int_equal(vsb_execute_options_set_user(options, "www-data", &error), 0);
	assert_int_equal(vsb_execute_options_set_user(options, NULL, &error), 0);
	assert_int_equal(vsb_execute_options_set_directory(options, "/srv", &error), 0);
	assert_refused(vsb_execute_options_set_directory(options, "srv", &error), &error,
		"cannot execute in the directory \"srv\": it is not an absolute path");
	assert_int_equal(vsb_execute_options_set_environment(options, variables, &error), 0);
	assert_int_equal(vsb_execute_options_set_environment(options, NULL, &error), 0);
	assert_null(error);
	vsb_execute_options_free(options);
}

/* What a caller reads of a row agrees with what vsb_desc_set() takes. */
TEST(keys)
{
	size_t n = 0, live = 0, lists = 0;
	const vsb_key *key;

	for (; (key = vsb_key_at(n)); n++) {
		assert_true(*vsb_key_section(key) && *vsb_key_name(key));
		assert_false(vsb_key_is_output(key) && vsb_key_option(key));
		assert_false(vsb_key_letter(key) && !vsb_key_option(key));
		assert_true(!vsb_key_option(key) || vsb_key_help(key));
		live += vsb_key_is_live(key);
		lists += vsb_key_is_list(key);
	}
	assert_null(vsb_key_at(n + 1));
	assert_in_range(live, 1, n - 1);
	assert_in_range(lists, 1, n - 1);
}

TEST(free_null)
{
	vsb_error_free(NULL);
	vsb_desc_free(NULL);
	vsb_execute_options_free(NULL);
	vsb_info_free(NULL);
	vsb_list_free(NULL);
	vsb_strv_free(NULL);
	vsb_free(NULL);
}
