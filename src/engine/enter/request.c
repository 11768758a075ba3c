/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The request to virt-sandbox-enter: a head of numbers, then strings with their NUL.
 */
#include "engine/enter/request.h"

#include <stdint.h>
#include <string.h>

#include "base/strv.h"

enum { SPEC, USER, DIRECTORY, LABEL_FILE, LABEL_TEXT, N_STRINGS };

typedef struct Head {
	uint32_t terminal, background, old_mounts;
	uint32_t present; /* bit n: string n is there */
	uint32_t argc, envc;
} Head;

typedef struct Reader {
	const char *data;
	size_t size;
} Reader;

void enter_request_done(EnterRequest *request)
{
	free(request->spec);
	free(request->user);
	free(request->directory);
	free(request->label_file);
	free(request->label_text);
	strv_free(request->argv);
	strv_free(request->envp);
	*request = (EnterRequest){ 0 };
}

static void put(Buf *buf, const char *s)
{
	if (s)
		buf_append(buf, s, strlen(s) + 1);
}

void enter_request_format(const EnterRequest *request, Buf *buf)
{
	const char *const strings[N_STRINGS] = { request->spec, request->user, request->directory,
		request->label_file, request->label_text };
	Head head = {
		.terminal = request->terminal,
		.background = request->background,
		.old_mounts = request->old_mounts,
		.argc = (uint32_t)strv_length(request->argv),
		.envc = (uint32_t)strv_length(request->envp),
	};

	for (int i = 0; i < N_STRINGS; i++)
		head.present |= strings[i] ? 1u << i : 0;
	buf_append(buf, (const char *)&head, sizeof(head));
	for (int i = 0; i < N_STRINGS; i++)
		put(buf, strings[i]);
	STRV_FOREACH (s, request->argv)
		put(buf, *s);
	STRV_FOREACH (s, request->envp)
		put(buf, *s);
}

/* The next string, inside the data; NULL when there is none. */
static const char *next(Reader *reader)
{
	const char *s = reader->data;
	const char *end = memchr(s, '\0', reader->size);

	if (!end)
		return NULL;
	reader->size -= (size_t)(end + 1 - s);
	reader->data = end + 1;
	return s;
}

static int take(Reader *reader, char **ret)
{
	const char *s = next(reader);

	if (!s)
		return -EBADMSG;
	*ret = strdup(s);
	return *ret ? 0 : -ENOMEM;
}

/* Counted before it is filled: appending one by one would look at each string again. */
static int take_list(Reader *reader, uint32_t count, char ***ret)
{
	_cleanup_strv_ char **list = NULL;

	if (count == 0)
		return 0;
	if (count > ENTER_STRINGS_MAX)
		return -EBADMSG;
	list = calloc(count + 1, sizeof(*list));
	if (!list)
		return -ENOMEM;
	for (uint32_t i = 0; i < count; i++) {
		int r = take(reader, &list[i]);

		if (r < 0)
			return r;
	}
	*ret = TAKE_PTR(list);
	return 0;
}

int enter_request_parse(const char *data, size_t size, EnterRequest *ret)
{
	_cleanup_enter_request_ EnterRequest request = { 0 };
	char **const strings[N_STRINGS] = { &request.spec, &request.user, &request.directory,
		&request.label_file, &request.label_text };
	Reader reader;
	Head head;
	int r = 0;

	if (size < sizeof(head) || size > ENTER_REQUEST_MAX)
		return -EBADMSG;
	memcpy(&head, data, sizeof(head));
	if (head.terminal > 1 || head.background > 1 || head.old_mounts > 1 ||
		head.present >= 1u << N_STRINGS)
		return -EBADMSG;
	request.terminal = head.terminal;
	request.background = head.background;
	request.old_mounts = head.old_mounts;
	reader = (Reader){ .data = data + sizeof(head), .size = size - sizeof(head) };
	for (int i = 0; r == 0 && i < N_STRINGS; i++)
		if (head.present & (1u << i))
			r = take(&reader, strings[i]);
	if (r == 0)
		r = take_list(&reader, head.argc, &request.argv);
	if (r == 0)
		r = take_list(&reader, head.envc, &request.envp);
	if (r == 0 &&
		(reader.size > 0 || !request.spec || !request.label_file != !request.label_text))
		r = -EBADMSG;
	if (r < 0)
		return r;
	*ret = request;
	request = (EnterRequest){ 0 };
	return 0;
}
