/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The promise about threads: several look at the same containers at once. `tools/check-builds` runs it with ThreadSanitizer, which sees what they share.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <virt-sandbox.h>

#include "base/file.h"
#include "base/layout.h"
#include "base/unit-test.h"

#define THREADS 4
#define ROUNDS 20

static const char description[] = "[core]\nname=one\n\n[command]\nargv=/bin/true\n";
static const char event[] = "{\"usec\":1,\"container\":\"one\",\"event\":\"ready\"}\n";

/* A root of our own with a description and an event. */
static int set_up(_unused_ void **state)
{
	static char root[] = "/var/tmp/vsb-threads.XXXXXX";
	_cleanup_free_ char *services = NULL, *log = NULL;
	int r;

	if (!mkdtemp(root) || setenv("VIRT_SANDBOX_ROOT", root, 1) < 0 || layout_check(NULL) < 0)
		return -1;
	services = layout_pathf(LAYOUT_SERVICES, "one.sandbox");
	log = layout_pathf(LAYOUT_RESERVATIONS, "events");
	r = file_mkdir_parent(services, NULL);
	if (r == 0)
		r = file_mkdir_parent(log, NULL);
	if (r == 0)
		r = file_write_atomic(services, description, strlen(description), 0600, NULL);
	if (r == 0)
		r = file_write_atomic(log, event, strlen(event), 0600, NULL);
	return r;
}

static int tear_down(_unused_ void **state)
{
	_cleanup_free_ char *command = NULL;

	return asprintf(&command, "rm -rf %s", getenv("VIRT_SANDBOX_ROOT")) < 0 ? -1
										: system(command);
}
TEST_GROUP(set_up, tear_down)

static bool count_event(_unused_ const vsb_event *told, void *data)
{
	(*(int *)data)++;
	return true;
}

/* What went wrong, or NULL. */
static const char *look(void)
{
	vsb_info **list = NULL;
	vsb_watch *watch = NULL;
	vsb_error *error = NULL;
	vsb_desc *desc = NULL;
	char *json = NULL;
	int events = 0;

	if (vsb_list(&list, NULL) < 0 || !list[0] || list[1] || !vsb_info_name(list[0]))
		return "list";
	vsb_list_free(list);
	if (vsb_inspect("one", &json, NULL) < 0 || !strstr(json, "\"one\""))
		return "inspect";
	vsb_free(json);
	if (vsb_inspect("no-such", &json, &error) >= 0 || !vsb_error_message(error))
		return "an error";
	vsb_error_free(error);
	if (vsb_events(false, count_event, &events, NULL) < 0 || events != 1)
		return "events";
	if (vsb_watch_new(&watch, NULL) < 0)
		return "watch";
	vsb_watch_dispatch(watch, count_event, &events);
	vsb_watch_free(watch);
	if (vsb_desc_load("one", &desc, NULL) < 0)
		return "description";
	vsb_desc_free(desc);
	return NULL;
}

static void *rounds(_unused_ void *data)
{
	const char *wrong = NULL;

	for (int i = 0; i < ROUNDS && !wrong; i++)
		wrong = look();
	return (void *)wrong;
}

TEST(several_look_at_once)
{
	pthread_t threads[THREADS];
	void *wrong;

	if (geteuid() != 0)
		unit_test_skip("who looks at containers is root");
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, rounds, NULL), 0);
	for (size_t i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(threads[i], &wrong), 0);
		assert_null(wrong);
	}
}
