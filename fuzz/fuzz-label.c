/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Any text as a level, a context, a table of reserved labels, a journal of relabelled files, a list of contexts. A level that is accepted must come out
 * as it reads.
 */
#include <stdint.h>
#include <string.h>

#include "label/context.h"
#include "label/inuse.h"
#include "label/level.h"
#include "label/relabel-journal.h"
#include "label/label-reservation.h"
#include "label/selinux-contexts.h"

static void check_level(const char *text)
{
	_cleanup_free_ char *again = NULL;
	Level level, back;
	LevelRange range;

	(void)level_parse_range(text, &range);
	if (level_parse(text, &level) < 0)
		return;
	again = level_format(&level);
	if (!again || level_parse(again, &back) < 0 || memcmp(&level, &back, sizeof(level)) != 0)
		abort();
}

static void check_context(const char *text)
{
	_cleanup_context_ Context context = {};
	_cleanup_free_ char *again = NULL;

	if (context_parse(text, &context) < 0)
		return;
	again = context_format(context.user, context.role, context.type, context.range);
	if (!again || strcmp(again, text) != 0)
		abort();
}

static int visit(const Level *level, const char *whose, void *data)
{
	(void)whose;
	(void)data;
	return level_count(level) == 0 ? -1 : 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = strndup((const char *)data, size), *value = NULL;
	_cleanup_relabel_journal_ RelabelJournal journal = {};
	_cleanup_reserve_ ReserveTable table = { .lock_fd = -EBADF };
	_cleanup_error_ Error *error = NULL;

	if (!text)
		return 0;
	check_level(text);
	check_context(text);
	(void)reserve_parse(text, "fuzz", &table, &error);
	error = error_free(error);
	(void)relabel_journal_parse(text, "fuzz", &journal, &error);
	value = selinux_contexts_value(text, "process");
	if (inuse_text(text, "fuzz", visit, NULL) < 0)
		abort();
	return 0;
}
