/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The relay as a caller sees it: a process of ours runs a shell through it, with pipes or a pty of the test as its 0, 1, 2.
 */
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/unit-test.h"
#include "engine/io/relay.h"

#define DETACHED 99 /* exit status of the caller when it was detached */
#define SILENT 97 /* ... when the process said nothing for too long */
#define FAILED 98 /* ... when the relay said an error */
#define PATIENCE 20 /* seconds until a hanging test is killed */
/* The end of a script that says it is ready and waits for a signal: dash loses one that comes while it makes a process, in wait it loses none. */
#define WAIT_AFTER(word) "sleep 1000 & echo " word "; wait"
#define BULK (3u << 20) /* bytes; larger than every buffer in between */

typedef struct Case {
	const char *script;
	bool terminal, detach;
	unsigned int silence;
	int stdio[3]; /* for the caller */
} Case;

static void become(const int fds[3])
{
	for (int i = 0; i < 3; i++)
		if (dup2(fds[i], i) < 0)
			_exit(FAILED);
}

_noreturn_ static void run_script(const char *script)
{
	sigset_t none;

	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)execl("/bin/sh", "sh", "-c", script, NULL);
	_exit(127);
}

/* The caller: what `execute` does, with a plain child in place of a container. */
_noreturn_ static void caller(const Case *c)
{
	_cleanup_relay_ Relay *relay = NULL;
	int child[3], master = -EBADF, pidfd, status;
	RelayResult result;
	pid_t pid;
	int r;

	(void)alarm(PATIENCE);
	become(c->stdio);
	(void)syscall(SYS_close_range, 3, ~0U, 0); /* the test's own ends of the pipes */
	if (!c->terminal && relay_new_pipes(NULL, NULL, &relay, child, NULL) < 0)
		_exit(FAILED);
	pid = c->terminal ? forkpty(&master, NULL, NULL, NULL) : fork();
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (!c->terminal)
			become(child);
		(void)syscall(SYS_close_range, 3, ~0U, 0);
		run_script(c->script);
	}
	pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (c->terminal && relay_new_terminal(master, &relay, NULL) < 0)
		_exit(FAILED);
	relay_child_started(relay);
	relay_limit_silence(relay, c->silence);
	r = relay_run(relay, pidfd, c->detach, &result, NULL);
	if (r < 0)
		_exit(r == -ETIMEDOUT ? SILENT : FAILED);
	if (result == RELAY_DETACHED)
		_exit(DETACHED);
	(void)waitpid(pid, &status, 0);
	relay = relay_free(relay);
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

static pid_t start(const Case *c)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		(void)setsid();
		caller(c);
	}
	return pid;
}

static int finish(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void make_pipe(int *from, int *to)
{
	int fds[2];

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	*from = fds[0];
	*to = fds[1];
}

static char *read_to_end(int fd, size_t *size)
{
	char *data;

	assert_int_equal(fd_read_all(fd, 64u << 20, &data, size), 0);
	(void)fd_close(fd);
	return data;
}

/* Runs a script with this input and returns its status; its outputs are new strings. */
static int run_pipes(const char *script, const char *input, char **out, char **err)
{
	Case c = { .script = script };
	int in, stdout_fd, stderr_fd, status;
	pid_t pid;

	make_pipe(&c.stdio[0], &in);
	make_pipe(&stdout_fd, &c.stdio[1]);
	make_pipe(&stderr_fd, &c.stdio[2]);
	pid = start(&c);
	for (int i = 0; i < 3; i++)
		(void)fd_close(c.stdio[i]);
	assert_int_equal(fd_write_all(in, input, strlen(input)), 0);
	(void)fd_close(in);
	*out = read_to_end(stdout_fd, NULL);
	*err = read_to_end(stderr_fd, NULL);
	status = finish(pid);
	return status;
}

TEST(pipes_keep_streams_apart)
{
	_cleanup_free_ char *out = NULL, *err = NULL;

	assert_int_equal(run_pipes("cat; echo bad >&2; exit 7", "typed\n", &out, &err), 7);
	assert_string_equal(out, "typed\n");
	assert_string_equal(err, "bad\n");
}

TEST(killed_process_is_the_callers_to_report)
{
	_cleanup_free_ char *out = NULL, *err = NULL;

	assert_int_equal(run_pipes("kill -9 $$", "", &out, &err), 128 + SIGKILL);
}

/* Every byte value, more than fits into any buffer, out and in at once. */
TEST(pipes_are_byte_exact)
{
	_cleanup_free_ unsigned char *sent = malloc(BULK);
	_cleanup_free_ char *got = NULL;
	Case c = { .script = "cat" };
	size_t size = 0;
	int in, out;
	pid_t pid, writer;

	for (size_t i = 0; i < BULK; i++)
		sent[i] = (unsigned char)((i * 2654435761u) >> 11);
	make_pipe(&c.stdio[0], &in);
	make_pipe(&out, &c.stdio[1]);
	c.stdio[2] = STDERR_FILENO;
	pid = start(&c);
	(void)fd_close(c.stdio[0]);
	(void)fd_close(c.stdio[1]);
	writer = fork();
	if (writer == 0)
		_exit(fd_write_all(in, sent, BULK) == 0 ? 0 : 1);
	(void)fd_close(in);
	got = read_to_end(out, &size);
	assert_int_equal(finish(writer), 0);
	assert_int_equal(finish(pid), 0);
	assert_int_equal(size, BULK);
	assert_memory_equal(got, sent, BULK);
}

/* What is in the pipe when the process ends must still arrive, however slow the reader. */
TEST(output_of_an_ended_process_is_drained)
{
	Case c = { .script = "head -c 200000 /dev/zero" };
	_cleanup_free_ char *got = NULL;
	size_t size = 0;
	int out;
	pid_t pid;

	c.stdio[0] = STDIN_FILENO;
	c.stdio[2] = STDERR_FILENO;
	make_pipe(&out, &c.stdio[1]);
	pid = start(&c);
	(void)fd_close(c.stdio[1]);
	(void)usleep(300000); /* not for a condition: the test is about a reader that comes late */
	got = read_to_end(out, &size);
	assert_int_equal(finish(pid), 0);
	assert_int_equal(size, 200000);
}

/* A background process that holds the pipe, even one that never stops writing, does not keep the relay. */
TEST(background_holder_does_not_hang)
{
	_cleanup_free_ char *out = NULL, *err = NULL;

	assert_int_equal(run_pipes("sleep 1000 & echo $!", "", &out, &err), 0);
	assert_true(atoi(out) > 1);
	assert_int_equal(kill(atoi(out), SIGKILL), 0);
	free(TAKE_PTR(out));
	free(TAKE_PTR(err));
	assert_int_equal(run_pipes("yes & echo $! >&2", "", &out, &err), 0);
	(void)kill(atoi(err), SIGKILL); /* most often dead already by SIGPIPE */
}

/* `yes | head`: when our reader goes the process gets SIGPIPE. */
TEST(closed_output_stops_the_writer)
{
	Case c = { .script = "exec yes" };
	int out;
	pid_t pid;

	c.stdio[0] = STDIN_FILENO;
	c.stdio[2] = STDERR_FILENO;
	make_pipe(&out, &c.stdio[1]);
	pid = start(&c);
	(void)fd_close(c.stdio[1]);
	(void)fd_close(out);
	assert_int_equal(finish(pid), 128 + SIGPIPE);
}

/* What a container can make hang is given up; a reader of ours who takes his time is none of its doing. */
TEST(silence_has_a_limit)
{
	static const struct {
		const char *script;
		unsigned int pause;
		int status;
		size_t size;
	} cases[] = {
		{ "echo said; sleep 1000", 0, SILENT, strlen("said\n") },
		{ "head -c 3145728 /dev/zero", 2, 0, BULK },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		Case c = { .script = cases[i].script, .silence = 1 };
		_cleanup_free_ char *said = NULL;
		size_t size = 0;
		pid_t pid;
		int out;

		c.stdio[0] = STDIN_FILENO;
		c.stdio[2] = STDERR_FILENO;
		make_pipe(&out, &c.stdio[1]);
		pid = start(&c);
		(void)fd_close(c.stdio[1]);
		(void)sleep(cases[i].pause);
		said = read_to_end(out, &size);
		assert_int_equal(finish(pid), cases[i].status);
		assert_int_equal(size, cases[i].size);
	}
}

TEST(full_disk_is_an_error)
{
	Case c = { .script = "echo lost; sleep 0.1; exit 0" };

	c.stdio[0] = STDIN_FILENO;
	c.stdio[1] = open("/dev/full", O_WRONLY | O_CLOEXEC);
	c.stdio[2] = STDERR_FILENO;
	assert_int_equal(finish(start(&c)), FAILED);
	(void)fd_close(c.stdio[1]);
}

/* Reads until the text was seen; what came is kept for a later call. */
static void expect(int fd, const char *text)
{
	static char seen[1 << 16];
	size_t size = 0;
	char *found;

	seen[0] = '\0';
	while (!(found = strstr(seen, text))) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		ssize_t n;

		assert_int_equal(poll(&p, 1, PATIENCE * 1000), 1);
		n = read(fd, seen + size, 1);
		if (n <= 0)
			fail_msg("\"%s\" did not come, but \"%s\"", text, seen);
		size += (size_t)n;
		assert_true(size < sizeof(seen) - 1);
		seen[size] = '\0';
	}
}

TEST(signals_are_sent_on)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2 };

	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		char script[256];
		Case c = { .script = script };
		int out;
		pid_t pid;

		(void)snprintf(script, sizeof(script),
			"trap 'kill $!; echo got %d; exit 5' %d; " WAIT_AFTER("ready"), signals[i],
			signals[i]);
		c.stdio[0] = STDIN_FILENO;
		c.stdio[2] = STDERR_FILENO;
		make_pipe(&out, &c.stdio[1]);
		pid = start(&c);
		(void)fd_close(c.stdio[1]);
		expect(out, "ready");
		assert_int_equal(kill(pid, signals[i]), 0);
		expect(out, "got");
		assert_int_equal(finish(pid), 5);
		(void)fd_close(out);
	}
}

/* A pty of the test is the caller's terminal. */
typedef struct Screen {
	int master, slave;
	struct termios before;
} Screen;

static pid_t start_on_screen(Screen *screen, const char *script, bool detach)
{
	Case c = { .script = script, .terminal = true, .detach = detach };
	struct winsize size = { .ws_row = 33, .ws_col = 77 };

	assert_int_equal(openpty(&screen->master, &screen->slave, NULL, NULL, &size), 0);
	assert_int_equal(tcgetattr(screen->slave, &screen->before), 0);
	for (int i = 0; i < 3; i++)
		c.stdio[i] = screen->slave;
	return start(&c);
}

static void end_screen(Screen *screen)
{
	struct termios after;

	assert_int_equal(tcgetattr(screen->slave, &after), 0);
	assert_memory_equal(&after.c_lflag, &screen->before.c_lflag, sizeof(after.c_lflag));
	assert_memory_equal(&after.c_iflag, &screen->before.c_iflag, sizeof(after.c_iflag));
	assert_memory_equal(&after.c_oflag, &screen->before.c_oflag, sizeof(after.c_oflag));
	(void)close(screen->slave);
	(void)close(screen->master);
}

static void type(const Screen *screen, const char *keys)
{
	assert_int_equal(fd_write_all(screen->master, keys, strlen(keys)), 0);
}

TEST(terminal_has_size_and_is_restored)
{
	struct winsize size = { .ws_row = 11, .ws_col = 22 };
	Screen screen;
	pid_t pid;

	pid = start_on_screen(&screen,
		"stty size; trap 'kill $!; stty size; exit 3' WINCH; " WAIT_AFTER("go"), false);
	expect(screen.master, "33 77");
	expect(screen.master, "go");
	assert_int_equal(ioctl(screen.master, TIOCSWINSZ, &size), 0);
	assert_int_equal(kill(pid, SIGWINCH), 0);
	expect(screen.master, "11 22");
	assert_int_equal(finish(pid), 3);
	end_screen(&screen);
}

TEST(terminal_keys_reach_the_process)
{
	Screen screen;
	pid_t pid;

	pid = start_on_screen(
		&screen, "trap 'kill $!; echo interrupted; exit 4' INT; " WAIT_AFTER("go"), false);
	expect(screen.master, "go");
	type(&screen, "\003");
	expect(screen.master, "interrupted");
	assert_int_equal(finish(pid), 4);
	end_screen(&screen);
}

TEST(detach_only_when_asked)
{
	Screen screen;
	pid_t pid;

	pid = start_on_screen(
		&screen, "stty -echo; echo go; read line; echo \"$line\" | od -c", false);
	expect(screen.master, "go");
	type(&screen, "a\035b\n");
	expect(screen.master, "035");
	assert_int_equal(finish(pid), 0);
	end_screen(&screen);

	pid = start_on_screen(&screen, "echo go; sleep 1000", true);
	expect(screen.master, "go");
	type(&screen, "\035");
	assert_int_equal(finish(pid), DETACHED);
	end_screen(&screen);
}

TEST(killed_caller_restores_the_terminal)
{
	Screen screen;
	pid_t pid;

	/* The signal ends the process, and with it the relay. */
	pid = start_on_screen(&screen, "echo go; exec sleep 1000", false);
	expect(screen.master, "go");
	assert_int_equal(kill(pid, SIGTERM), 0);
	assert_int_equal(finish(pid), 128 + SIGTERM);
	end_screen(&screen);
}

/* Input that is no terminal, but the process has one: its end is typed. */
TEST(end_of_input_reaches_a_terminal)
{
	Case c = { .script = "stty -echo; cat; echo end", .terminal = true };
	_cleanup_free_ char *got = NULL;
	int in, out;
	pid_t pid;

	make_pipe(&c.stdio[0], &in);
	make_pipe(&out, &c.stdio[1]);
	c.stdio[2] = STDERR_FILENO;
	pid = start(&c);
	(void)fd_close(c.stdio[0]);
	(void)fd_close(c.stdio[1]);
	assert_int_equal(fd_write_all(in, "line\npart", 9), 0);
	(void)fd_close(in);
	got = read_to_end(out, NULL);
	assert_int_equal(finish(pid), 0);
	assert_non_null(strstr(got, "line\r\n"));
	assert_non_null(strstr(got, "partend\r\n"));
}

TEST(missing_stdio_is_not_confused_with_pipes)
{
	pid_t pid = fork();

	if (pid == 0) {
		_cleanup_relay_ Relay *relay = NULL;
		int child[3];

		for (int i = 0; i < 3; i++)
			(void)close(i);
		if (relay_new_pipes(NULL, NULL, &relay, child, NULL) < 0)
			_exit(1);
		_exit(child[0] > 2 && child[1] > 2 && child[2] > 2 && fcntl(0, F_GETFD) < 0 ? 0
											    : 2);
	}
	assert_int_equal(finish(pid), 0);
}

/* A shell cannot trap what was ignored when it began, as SIGINT is in the background and SIGHUP under nohup. */
static int hear_signals(_unused_ void **state)
{
	(void)signal(SIGINT, SIG_DFL);
	(void)signal(SIGHUP, SIG_DFL);
	(void)signal(SIGQUIT, SIG_DFL);
	return 0;
}
TEST_GROUP(hear_signals, NULL)
