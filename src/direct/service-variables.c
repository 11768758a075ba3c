/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The environment of the service: systemd.exec(5).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/environment.h"
#include "base/small-file.h"
#include "base/strv.h"
#include "direct/service.h"

#define FILE_MAX (256 * 1024) /* bytes of an environment file */

/* What the container has for its first process alone. */
static const char *const not_handed_on[] = { "NOTIFY_SOCKET", "TERM", "HOME", "container",
	"container_uuid" };

static int read_file(const char *path, char ***environment)
{
	_cleanup_free_ char *text = NULL;
	int r = small_file_read(path, FILE_MAX, &text);

	if (r > 0)
		r = -EFBIG;
	if (r < 0)
		errno = -r;
	return r < 0 ? r : environment_read(text, environment);
}

static bool is_named(const char *assignment, const char *name)
{
	size_t n = strlen(name);

	return strncmp(assignment, name, n) == 0 && assignment[n] == '=';
}

static int take_inherited(char ***environment)
{
	int r = 0;

	for (char **own = environ; r == 0 && own && *own; own++) {
		bool ours = false;

		for (size_t i = 0; i < ARRAY_SIZE(not_handed_on); i++)
			ours = ours || is_named(*own, not_handed_on[i]);
		r = ours ? 0 : strv_append(environment, *own);
	}
	return r;
}

static int set_person(char ***environment, const Steps *steps, const Person *person)
{
	int r = 0;

	if (!steps->user)
		return 0;
	if (*person->name)
		r = environment_set(environment, "USER", person->name);
	if (r == 0 && *person->name)
		r = environment_set(environment, "LOGNAME", person->name);
	if (r == 0)
		r = environment_set(environment, "HOME", *person->home ? person->home : "/");
	if (r == 0 && *person->shell)
		r = environment_set(environment, "SHELL", person->shell);
	return r;
}

static int set_end(char ***environment, const Service *s)
{
	bool exited = WIFEXITED(s->main_status);
	char number[16];
	int r = environment_set(environment, "SERVICE_RESULT", service_result_name(s->result));

	if (r < 0 || !s->main_ended)
		return r;
	(void)snprintf(number, sizeof(number), "%d",
		exited ? WEXITSTATUS(s->main_status) : WTERMSIG(s->main_status));
	r = environment_set(environment, "EXIT_CODE", exited ? "exited" : "killed");
	return r < 0 ? r : environment_set(environment, "EXIT_STATUS", number);
}

/* Of this run, and of this process. */
static int set_state(char ***environment, const Service *s)
{
	unsigned char id[16];
	char text[33];
	int r = 0;

	if (getrandom(id, sizeof(id), 0) == sizeof(id)) {
		for (size_t i = 0; i < sizeof(id); i++)
			(void)snprintf(text + 2 * i, 3, "%02x", id[i]);
		r = environment_set(environment, "INVOCATION_ID", text);
	}
	if (r == 0 && s->notify_fd >= 0)
		r = environment_set(environment, "NOTIFY_SOCKET", NOTIFY_PLACE);
	if (r == 0 && s->main > 0) {
		(void)snprintf(text, sizeof(text), "%d", (int)s->main);
		r = environment_set(environment, "MAINPID", text);
	}
	return r == 0 && (s->main_ended || s->result != RESULT_SUCCESS) ? set_end(environment, s)
									: r;
}

static void take_out(char **environment, char *const *names)
{
	char **kept = environment;

	for (char **e = environment; e && *e; e++) {
		bool out = false;

		STRV_FOREACH (name, names)
			out = out || strcmp(*e, *name) == 0 || is_named(*e, *name);
		if (out)
			free(*e);
		else
			*kept++ = *e;
	}
	if (kept)
		*kept = NULL;
}

char **variables_make(const Service *s, const Person *person, const char **ret_file)
{
	_cleanup_strv_ char **environment = NULL;
	int r = take_inherited(&environment);

	*ret_file = NULL;
	if (r == 0)
		r = set_person(&environment, &s->steps, person);
	if (r == 0)
		r = set_state(&environment, s);
	STRV_FOREACH (assignment, s->steps.environment)
		if (r == 0 && strchr(*assignment, '=')) /* systemd ignores others */
			r = environment_put(&environment, *assignment);
	STRV_FOREACH (file, s->steps.environment_files) {
		if (r == 0)
			r = read_file(*file + (**file == '-'), &environment);
		if (r == -ENOENT && **file == '-')
			r = 0;
		if (r < 0) {
			*ret_file = *file;
			return NULL;
		}
	}
	take_out(environment, s->steps.unset);
	return r < 0 ? NULL : TAKE_PTR(environment);
}

char **variables_expand(char *const *words, char *const *environment)
{
	_cleanup_strv_ char **expanded = NULL;

	STRV_FOREACH (word, words)
		if (environment_expand(*word, environment, &expanded) < 0)
			return NULL;
	return TAKE_PTR(expanded);
}
