/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The environment of the service, and what the words of its commands say of it: systemd.exec(5) and systemd.service(5).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/strv.h"
#include "direct/service.h"

#define FILE_MAX (256 * 1024) /* bytes of an environment file */
#define BLANKS " \t\r\n"

/* What the container has for its first process alone. */
static const char *const not_handed_on[] = { "NOTIFY_SOCKET", "TERM", "HOME", "container",
	"container_uuid" };

static bool is_named(const char *assignment, const char *name, size_t n)
{
	return strncmp(assignment, name, n) == 0 && assignment[n] == '=';
}

int variables_set(char ***environment, const char *assignment)
{
	size_t n = strcspn(assignment, "=");

	for (char **old = *environment; old && *old; old++)
		if (is_named(*old, assignment, n)) {
			char *copy = strdup(assignment);

			if (!copy)
				return -ENOMEM;
			free(*old);
			*old = copy;
			return 0;
		}
	return strv_append(environment, assignment);
}

static int set(char ***environment, const char *name, const char *value)
{
	char *text = NULL;
	int r = asprintf(&text, "%s=%s", name, value) < 0 ? -ENOMEM
							  : variables_set(environment, text);

	free(text);
	return r;
}

/* -- Environment files -- */

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_name(const char *text, size_t n)
{
	if (n == 0 || !is_letter(*text))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!is_letter(text[i]) && (text[i] < '0' || text[i] > '9'))
			return false;
	return true;
}

/* A value up to the end of its line; out has room for all that is left of the text. */
static const char *read_value(const char *text, char *out)
{
	char *begin = out, *keep = out;

	for (char quote = 0; *text && (quote || *text != '\n'); text++) {
		if (quote ? *text == quote : (*text == '"' || *text == '\'')) {
			quote = quote ? 0 : *text;
			keep = out;
			continue;
		}
		if (*text == '\\' && quote != '\'' && text[1]) {
			text++;
			if (*text == '\n') /* it goes on in the next line */
				continue;
			if (quote && !strchr("\"\\`$", *text))
				*out++ = '\\';
			*out++ = *text;
			keep = out;
			continue;
		}
		*out++ = *text;
		if (quote || !strchr(BLANKS, *text))
			keep = out;
	}
	*(keep > begin ? keep : begin) = '\0'; /* blanks at the end do not count */
	return text;
}

int variables_read(const char *text, char ***environment)
{
	_cleanup_free_ char *line = malloc(strlen(text) + 1);

	if (!line)
		return -ENOMEM;
	while (*text) {
		size_t n;
		int r;

		text += strspn(text, BLANKS);
		n = strcspn(text, "=\n");
		if (strchr("#;", *text) || text[n] != '=') { /* "" as well */
			text += strcspn(text, "\n");
			continue;
		}
		memcpy(line, text, n + 1);
		while (n > 0 && strchr(BLANKS, line[n - 1]))
			n--;
		line[n] = '=';
		text += strcspn(text, "=") + 1;
		text += strspn(text, " \t");
		text = read_value(text, line + n + 1);
		r = is_name(line, n) ? variables_set(environment, line) : 0;
		if (r < 0)
			return r;
	}
	return 0;
}

static int read_file(const char *path, char ***environment)
{
	_cleanup_free_ char *text = malloc(FILE_MAX + 1);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	size_t size = 0;
	ssize_t n = 1;

	while (text && fd >= 0 && n > 0 && size < FILE_MAX) {
		n = read(fd, text + size, FILE_MAX - size);
		size += n > 0 ? (size_t)n : 0;
	}
	if (fd >= 0)
		(void)close(fd);
	if (!text || fd < 0 || n < 0)
		return text ? -errno : -ENOMEM;
	if (n > 0) {
		errno = EFBIG;
		return -EFBIG;
	}
	text[size] = '\0';
	return variables_read(text, environment);
}

/* -- The whole -- */

static int take_inherited(char ***environment)
{
	int r = 0;

	for (char **own = environ; r == 0 && own && *own; own++) {
		bool ours = false;

		for (size_t i = 0; i < ARRAY_SIZE(not_handed_on); i++)
			ours = ours || is_named(*own, not_handed_on[i], strlen(not_handed_on[i]));
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
		r = set(environment, "USER", person->name);
	if (r == 0 && *person->name)
		r = set(environment, "LOGNAME", person->name);
	if (r == 0)
		r = set(environment, "HOME", *person->home ? person->home : "/");
	if (r == 0 && *person->shell)
		r = set(environment, "SHELL", person->shell);
	return r;
}

static int set_end(char ***environment, const Service *s)
{
	bool exited = WIFEXITED(s->status);
	char number[16];
	int r = set(environment, "SERVICE_RESULT", service_result_name(s->result));

	if (r < 0 || !s->main_ended)
		return r;
	(void)snprintf(number, sizeof(number), "%d",
		exited ? WEXITSTATUS(s->main_status) : WTERMSIG(s->main_status));
	r = set(environment, "EXIT_CODE", WIFEXITED(s->main_status) ? "exited" : "killed");
	return r < 0 ? r : set(environment, "EXIT_STATUS", number);
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
		r = set(environment, "INVOCATION_ID", text);
	}
	if (r == 0 && s->notify_fd >= 0)
		r = set(environment, "NOTIFY_SOCKET", NOTIFY_PLACE);
	if (r == 0 && s->main > 0) {
		(void)snprintf(text, sizeof(text), "%d", (int)s->main);
		r = set(environment, "MAINPID", text);
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
			out = out || strcmp(*e, *name) == 0 || is_named(*e, *name, strlen(*name));
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
		r = r < 0 ? r : variables_set(&environment, *assignment);
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

/* -- In commands -- */

static const char *value_of(char *const *environment, const char *name, size_t n)
{
	STRV_FOREACH (e, environment)
		if (is_named(*e, name, n))
			return *e + n + 1;
	return "";
}

/* "$NAME" alone becomes as many words as its value has. */
static int add_split(char ***words, const char *value)
{
	_cleanup_free_ char *word = malloc(strlen(value) + 1);
	int r = word ? 0 : -ENOMEM;

	while (r == 0) {
		char *end = word;

		value += strspn(value, BLANKS);
		if (!*value)
			break;
		for (char quote = 0; *value && (quote || !strchr(BLANKS, *value)); value++)
			if (quote ? *value == quote : (*value == '"' || *value == '\''))
				quote = quote ? 0 : *value;
			else
				*end++ = *value == '\\' && value[1] ? *++value : *value;
		*end = '\0';
		r = strv_append(words, word);
	}
	return r;
}

/* "${NAME}" within a word, and "$$". */
static char *substitute(const char *word, char *const *environment)
{
	size_t size = 0;
	char *text = NULL;
	FILE *out = open_memstream(&text, &size);

	while (out && *word) {
		size_t n = word[0] == '$' && word[1] == '{' ? strcspn(word + 2, "}") : 0;

		if (n > 0 && word[2 + n] == '}' && is_name(word + 2, n)) {
			(void)fputs(value_of(environment, word + 2, n), out);
			word += n + 3;
			continue;
		}
		if (word[0] == '$' && word[1] == '$')
			word++;
		(void)fputc(*word++, out);
	}
	if (!out || fclose(out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

char **variables_expand(char *const *words, char *const *environment)
{
	_cleanup_strv_ char **expanded = NULL;

	STRV_FOREACH (word, words) {
		_cleanup_free_ char *text = NULL;

		if (word != words && **word == '$' && is_name(*word + 1, strlen(*word + 1))) {
			if (add_split(&expanded,
				    value_of(environment, *word + 1, strlen(*word + 1))) < 0)
				return NULL;
			continue;
		}
		text = substitute(*word, environment);
		if (!text || strv_append(&expanded, text) < 0)
			return NULL;
	}
	return TAKE_PTR(expanded);
}
