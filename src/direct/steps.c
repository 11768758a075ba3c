/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The table of steps.
 */
#include "direct/steps.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/strv.h"
#include "base/text.h"

typedef enum StepKind {
	STEP_TEXT,
	STEP_CHOICE, /* one of the words beside it */
	STEP_NUMBER, /* of the range beside it */
	STEP_LIST,
	STEP_COMMANDS,
} StepKind;

typedef struct StepRow {
	const char *key;
	StepKind kind;
	size_t offset;
	int64_t min, max;
	const char *choices; /* " word word " */
} StepRow;

#define AT(member) .offset = offsetof(Steps, member)
#define TIME_MAX (INT64_C(1) << 40) /* milliseconds: 34 years */
#define CAPABILITIES_MAX ((INT64_C(1) << 48) - 1)

static const StepRow rows[] = {
	{ "unit", STEP_TEXT, AT(unit) },
	{ "type", STEP_CHOICE, AT(type), .choices = " exec notify forking oneshot " },
	{ "pid-file", STEP_TEXT, AT(pid_file) },
	{ "notify", STEP_CHOICE, AT(notify), .choices = " none main exec all " },
	{ "restart", STEP_CHOICE, AT(restart),
		.choices = " no always on-success on-failure on-abnormal on-abort on-watchdog " },
	{ "kill-mode", STEP_CHOICE, AT(kill_mode),
		.choices = " control-group mixed process none " },
	{ "user", STEP_TEXT, AT(user) },
	{ "group", STEP_TEXT, AT(group) },
	{ "directory", STEP_TEXT, AT(directory) },
	{ "output", STEP_TEXT, AT(output) },
	{ "errors", STEP_TEXT, AT(errors) },
	{ "filter", STEP_TEXT, AT(filter) },
	{ "remain", STEP_NUMBER, AT(remain), .max = 1 },
	{ "restart-msec", STEP_NUMBER, AT(restart_msec), .max = TIME_MAX },
	{ "start-msec", STEP_NUMBER, AT(start_msec), .max = TIME_MAX },
	{ "stop-msec", STEP_NUMBER, AT(stop_msec), .max = TIME_MAX },
	{ "limit-burst", STEP_NUMBER, AT(limit_burst), .max = 1000000 },
	{ "limit-msec", STEP_NUMBER, AT(limit_msec), .max = TIME_MAX },
	{ "kill-signal", STEP_NUMBER, AT(kill_signal), .max = 64 },
	{ "final-signal", STEP_NUMBER, AT(final_signal), .max = 64 },
	{ "send-kill", STEP_NUMBER, AT(send_kill), .max = 1 },
	{ "send-hangup", STEP_NUMBER, AT(send_hangup), .max = 1 },
	{ "umask", STEP_NUMBER, AT(umask), .max = 0777 },
	{ "nice", STEP_NUMBER, AT(nice), .min = -20, .max = 19 },
	{ "oom-score", STEP_NUMBER, AT(oom_score), .min = -1000, .max = 1000 },
	{ "bounding", STEP_NUMBER, AT(bounding), .max = CAPABILITIES_MAX },
	{ "ambient", STEP_NUMBER, AT(ambient), .max = CAPABILITIES_MAX },
	{ "no-new-privileges", STEP_NUMBER, AT(no_new_privileges), .max = 1 },
	{ "ignore-pipe", STEP_NUMBER, AT(ignore_pipe), .max = 1 },
	{ "private-tmp", STEP_NUMBER, AT(private_tmp), .max = 1 },
	{ "strict", STEP_NUMBER, AT(strict), .max = 1 },
	{ "keep-runtime", STEP_NUMBER, AT(keep_runtime), .max = 1 },
	{ "groups", STEP_LIST, AT(groups) },
	{ "success", STEP_LIST, AT(success) },
	{ "prevent", STEP_LIST, AT(prevent) },
	{ "force", STEP_LIST, AT(force) },
	{ "environment", STEP_LIST, AT(environment) },
	{ "environment-file", STEP_LIST, AT(environment_files) },
	{ "unset", STEP_LIST, AT(unset) },
	{ "limit", STEP_LIST, AT(limits) },
	{ "make", STEP_LIST, AT(directories) },
	{ "boot", STEP_LIST, AT(boot) },
	{ "runtime", STEP_LIST, AT(runtime) },
	{ "readonly", STEP_LIST, AT(readonly) },
	{ "writable", STEP_LIST, AT(writable) },
	{ "hidden", STEP_LIST, AT(hidden) },
	{ "noexec", STEP_LIST, AT(noexec) },
	{ "exec", STEP_LIST, AT(exec) },
	{ "tmpfs", STEP_LIST, AT(tmpfs) },
	{ "bind", STEP_LIST, AT(binds) },
	{ "listen", STEP_LIST, AT(listen) },
	{ "before", STEP_COMMANDS, AT(before) },
	{ "start", STEP_COMMANDS, AT(start) },
	{ "after", STEP_COMMANDS, AT(after) },
	{ "reload", STEP_COMMANDS, AT(reload) },
	{ "stop", STEP_COMMANDS, AT(stop) },
	{ "after-stop", STEP_COMMANDS, AT(after_stop) },
};

static void *member(const Steps *steps, const StepRow *row)
{
	return (char *)(uintptr_t)steps + row->offset;
}

void steps_done(Steps *steps)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		void *at = member(steps, &rows[i]);

		if (rows[i].kind == STEP_LIST || rows[i].kind == STEP_COMMANDS)
			strv_free(*(char ***)at);
		else if (rows[i].kind != STEP_NUMBER)
			free(*(char **)at);
	}
	*steps = (Steps){ 0 };
}

int steps_format(const Steps *steps, char ***ret)
{
	_cleanup_strv_ char **words = NULL;
	int r = 0;

	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(rows); i++) {
		const StepRow *row = &rows[i];
		void *at = member(steps, row);

		if (row->kind == STEP_LIST || row->kind == STEP_COMMANDS) {
			STRV_FOREACH (value, *(char ***)at)
				r = r < 0 ? r : strv_appendf(&words, "%s=%s", row->key, *value);
		} else if (row->kind == STEP_NUMBER) {
			int64_t number = *(int64_t *)at;

			if (number)
				r = strv_appendf(&words, "%s=%" PRId64, row->key, number);
		} else if (*(char **)at) {
			r = strv_appendf(&words, "%s=%s", row->key, *(char **)at);
		}
	}
	if (r >= 0)
		*ret = TAKE_PTR(words);
	return r < 0 ? r : 0;
}

static bool is_choice(const StepRow *row, const char *value)
{
	const char *found = strchr(value, ' ') || !*value ? NULL : strstr(row->choices, value);
	size_t n = strlen(value);

	while (found && (found[-1] != ' ' || found[n] != ' '))
		found = strstr(found + 1, value);
	return found;
}

bool steps_may_be(size_t offset, const char *value)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].kind == STEP_CHOICE && rows[i].offset == offset)
			return is_choice(&rows[i], value);
	return false;
}

static int take_number(const StepRow *row, const char *value, int64_t *ret)
{
	bool negative = *value == '-';
	uint64_t number;

	if (text_number(value + negative, (uint64_t)TIME_MAX * 256, &number) < 0)
		return -EINVAL;
	*ret = negative ? -(int64_t)number : (int64_t)number;
	return *ret < row->min || *ret > row->max ? -EINVAL : 0;
}

static int take(const StepRow *row, const char *value, void *at)
{
	StepsCommand command;
	int r;

	switch (row->kind) {
	case STEP_COMMANDS:
		r = steps_command_parse(value, &command);
		if (r < 0)
			return r;
		steps_command_done(&command);
		return strv_append(at, value);
	case STEP_LIST:
		return *value ? strv_append(at, value) : -EINVAL;
	case STEP_NUMBER:
		return *(int64_t *)at ? -EINVAL : take_number(row, value, at);
	default:
		if (*(char **)at || !*value || (row->choices && !is_choice(row, value)))
			return -EINVAL;
		*(char **)at = strdup(value);
		return *(char **)at ? 0 : -ENOMEM;
	}
}

static int take_word(const char *word, Steps *steps)
{
	size_t n = strcspn(word, "=");

	if (strlen(word) > STEPS_WORD_MAX)
		return -E2BIG;
	for (size_t i = 0; word[n] && i < ARRAY_SIZE(rows); i++)
		if (strlen(rows[i].key) == n && strncmp(rows[i].key, word, n) == 0)
			return take(&rows[i], word + n + 1, member(steps, &rows[i]));
	return -EINVAL;
}

/* What the program cannot do without. */
static int check_whole(const Steps *steps)
{
	if (!steps->unit || !steps->type || !steps->kill_mode || !steps->restart ||
		!steps->notify || !steps->output)
		return -EINVAL;
	return steps->start || strcmp(steps->type, "oneshot") == 0 ? 0 : -EINVAL;
}

int steps_parse(char *const *words, size_t n, Steps *ret, const char **ret_bad)
{
	Steps steps = { 0 };
	int r = n > STEPS_WORDS_MAX ? -E2BIG : 0;

	*ret_bad = "";
	for (size_t i = 0; r == 0 && i < n; i++) {
		*ret_bad = words[i];
		r = take_word(words[i], &steps);
	}
	if (r == 0) {
		*ret_bad = "";
		r = check_whole(&steps);
	}
	if (r < 0) {
		steps_done(&steps);
		return r;
	}
	*ret = steps;
	return 0;
}

/* -- Commands -- */

void steps_command_done(StepsCommand *command)
{
	free(command->program);
	strv_free(command->argv);
	*command = (StepsCommand){ 0 };
}

static bool is_plain(char c)
{
	return (unsigned char)c > ' ' && c != '%' && c != 0x7f;
}

char *steps_words_format(char *const *words)
{
	static const char digits[] = "0123456789abcdef";
	size_t size = 1;
	char *text, *end;

	STRV_FOREACH (word, words)
		size += 3 * strlen(*word) + 2;
	end = text = malloc(size);
	STRV_FOREACH (word, text ? words : NULL) {
		if (end != text)
			*end++ = ' ';
		if (!**word)
			*end++ = '%';
		for (const char *c = *word; *c; c++) {
			if (is_plain(*c)) {
				*end++ = *c;
				continue;
			}
			*end++ = '%';
			*end++ = digits[(unsigned char)*c >> 4];
			*end++ = digits[(unsigned char)*c & 15];
		}
	}
	if (text)
		*end = '\0';
	return text;
}

/* In place, up to a blank or the end. The one form that steps_words_format() writes, and no other. */
static int take_escaped(const char **p, char *word)
{
	const char *s = *p;

	if (s[0] == '%' && (s[1] == ' ' || !s[1])) {
		s++;
	} else {
		const char *begin = s;

		for (; *s && *s != ' '; s++) {
			int high = *s == '%' ? text_hex_digit(s[1]) : 0,
			    low = *s == '%' && high >= 0 ? text_hex_digit(s[2]) : 0;
			char c = *s == '%' ? (char)(high << 4 | low) : *s;

			if (high < 0 || low < 0 || !c || (*s == '%') == is_plain(c))
				return -EINVAL;
			s += *s == '%' ? 2 : 0;
			*word++ = c;
		}
		if (s == begin)
			return -EINVAL;
	}
	*word = '\0';
	*p = s;
	return 0;
}

int steps_words_parse(const char *text, char ***ret)
{
	_cleanup_strv_ char **words = NULL;
	_cleanup_free_ char *word = malloc(strlen(text) + 1);
	size_t n = 0;

	if (!word)
		return -ENOMEM;
	do {
		int r = take_escaped(&text, word);

		if (r == 0 && ++n > STEPS_ARGUMENTS_MAX)
			r = -E2BIG;
		if (r == 0)
			r = strv_append(&words, word);
		if (r < 0)
			return r;
	} while (*text++ == ' ');
	*ret = TAKE_PTR(words);
	return 0;
}

char *steps_command_format(const StepsCommand *command)
{
	char flags[8], *end = flags, *text = NULL;
	_cleanup_free_ char *words = steps_words_format(command->argv),
			    *program = steps_words_format((char *[]){ command->program, NULL });

	*end++ = '.';
	if (command->may_fail)
		*end++ = '-';
	if (command->privileged)
		*end++ = '+';
	if (command->keeps_ids)
		*end++ = '!';
	if (command->literal)
		*end++ = ':';
	*end = '\0';
	if (!words || !program || asprintf(&text, "%s %s %s", flags, program, words) < 0)
		return NULL;
	return text;
}

int steps_command_parse(const char *text, StepsCommand *ret)
{
	_cleanup_strv_ char **words = NULL;
	StepsCommand command = { 0 };
	int r = steps_words_parse(text, &words);

	if (r < 0)
		return r;
	if (strv_length(words) < 3 || words[0][0] != '.' ||
		strspn(words[0] + 1, "-+!:") != strlen(words[0] + 1))
		return -EINVAL;
	command.may_fail = strchr(words[0], '-');
	command.privileged = strchr(words[0], '+');
	command.keeps_ids = strchr(words[0], '!');
	command.literal = strchr(words[0], ':');
	if (!words[1][0])
		return -EINVAL;
	command.program = strdup(words[1]);
	if (!command.program || strv_copy(&command.argv, words + 2) < 0) {
		steps_command_done(&command);
		return -ENOMEM;
	}
	*ret = command;
	return 0;
}

int steps_bytes_parse(const char *hex, unsigned char **ret, size_t *ret_n)
{
	size_t n = strlen(hex) / 2;
	unsigned char *bytes = malloc(n + 1);

	if (!bytes)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		int high = text_hex_digit(hex[2 * i]), low = text_hex_digit(hex[2 * i + 1]);

		if (high < 0 || low < 0) {
			free(bytes);
			return -EINVAL;
		}
		bytes[i] = (unsigned char)(high << 4 | low);
	}
	if (hex[2 * n] || n == 0) {
		free(bytes);
		return -EINVAL;
	}
	*ret = bytes;
	*ret_n = n;
	return 0;
}
