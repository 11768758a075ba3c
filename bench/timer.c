/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Times commands side by side: `timer ROUNDS FILE`, where each line of FILE is a command for /bin/sh's `exec`. Runs every command once a round, in
 * turn, so that what the machine does beside hits all of them alike, and prints one line of microseconds for each command, or
 * "failed STATUS" for one that ever exits non-zero: such a command is never timed.
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define COMMANDS_MAX 32
#define ROUNDS_MAX 10000
#define WORDS_MAX 128

typedef struct Command {
	char *words[WORDS_MAX];
	int status;
	long *times;
} Command;

static long now_usec(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000L + t.tv_nsec / 1000;
}

/* vfork-like and with nothing to inherit: what is timed is the command, not us. */
static int run_once(Command *command, const posix_spawn_file_actions_t *actions, char **environment)
{
	int status, r;
	pid_t pid;

	r = posix_spawnp(&pid, command->words[0], actions, NULL, command->words, environment);
	if (r != 0)
		return 127;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return 127;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static size_t read_commands(const char *file, Command *commands, long rounds)
{
	char *line = NULL;
	size_t room = 0, n = 0;
	FILE *stream = fopen(file, "re");

	while (stream && n < COMMANDS_MAX && getline(&line, &room, stream) > 0) {
		char *save = NULL, *copy = strdup(line);
		size_t w = 0;

		for (char *word = copy ? strtok_r(copy, " \n", &save) : NULL;
			word && w < WORDS_MAX - 1; word = strtok_r(NULL, " \n", &save))
			commands[n].words[w++] = word;
		commands[n].times = calloc((size_t)rounds, sizeof(long));
		if (w > 0 && commands[n].times)
			n++;
	}
	free(line);
	if (stream)
		(void)fclose(stream); /* read only */
	return n;
}

int main(int argc, char **argv)
{
	static Command commands[COMMANDS_MAX];
	posix_spawn_file_actions_t actions;
	long rounds = argc == 3 ? strtol(argv[1], NULL, 10) : 0;
	size_t n;

	if (rounds < 1 || rounds > ROUNDS_MAX) {
		fprintf(stderr, "usage: timer ROUNDS FILE\n");
		return 2;
	}
	n = read_commands(argv[2], commands, rounds);
	if (posix_spawn_file_actions_init(&actions) != 0 ||
		posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0) != 0 ||
		posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0) != 0 ||
		posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0) != 0)
		return 1;
	for (long round = -1; round < rounds;
		round++) /* round -1 warms up and finds out who can run at all */
		for (size_t i = 0; i < n; i++) {
			long start = now_usec();

			if (commands[i].status != 0)
				continue;
			commands[i].status = run_once(&commands[i], &actions, environ);
			if (round >= 0)
				commands[i].times[round] = now_usec() - start;
		}
	for (size_t i = 0; i < n; i++) {
		if (commands[i].status != 0)
			printf("failed %d", commands[i].status);
		for (long round = 0; round < rounds && commands[i].status == 0; round++)
			printf("%ld ", commands[i].times[round]);
		printf("\n");
	}
	return 0;
}
