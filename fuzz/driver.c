/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Runs a fuzz target over the files of its corpus: the unit test of a target where libFuzzer's own
 * main is not linked.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>

#include "base/file.h"
#include "base/path.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int run_file(const char *path)
{
	_cleanup_free_ char *text = NULL;
	_cleanup_error_ Error *error = NULL;
	size_t size;

	if (file_read(path, &text, &size, &error) < 0) {
		fprintf(stderr, "%s\n", error_message(error));
		return -1;
	}
	return LLVMFuzzerTestOneInput((const uint8_t *)text, size);
}

int main(int argc, char **argv)
{
	DIR *directory = argc == 2 ? opendir(argv[1]) : NULL;
	struct dirent *entry;
	unsigned int count = 0;

	if (!directory) {
		fprintf(stderr, "usage: %s CORPUS-DIRECTORY\n", argv[0]);
		return 2;
	}
	while ((entry = readdir(directory))) {
		_cleanup_free_ char *path = path_join(argv[1], entry->d_name);

		if (entry->d_name[0] == '.')
			continue;
		if (!path || run_file(path) != 0)
			return 1;
		count++;
	}
	closedir(directory);
	printf("%u inputs\n", count);
	return count == 0; /* an empty corpus tests nothing */
}
