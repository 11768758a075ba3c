/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The system call filter, read back from the kernel. That needs the process to be stopped by a tracer, ptrace(2) PTRACE_SECCOMP_GET_FILTER. A child of ours is
 * the tracer: whatever happens to it, its end lets go of the process.
 */
#include <fcntl.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "engine/start/seccomp.h"
#include "engine/verify/evidence.h"

#define STOP_TIMEOUT 3 /* seconds for the process to stop; a frozen one does not */
#define FILTERS_MAX 64 /* its manager may have added some */

typedef enum Dump { DUMP_SAME, DUMP_OTHER, DUMP_TRACED, DUMP_NO_STOP, DUMP_NONE } Dump;

static Dump compare_filters(pid_t pid, const struct sock_fprog *expected)
{
	struct sock_filter code[BPF_MAXINSNS];

	for (unsigned long i = 0; i < FILTERS_MAX; i++) {
		long n = ptrace(PTRACE_SECCOMP_GET_FILTER, pid, (void *)i, NULL);

		if (n < 0)
			return errno == ENOENT || errno == EINVAL ? DUMP_OTHER : DUMP_NONE;
		if (n == expected->len &&
			ptrace(PTRACE_SECCOMP_GET_FILTER, pid, (void *)i, code) == n &&
			memcmp(code, expected->filter, (size_t)n * sizeof(code[0])) == 0)
			return DUMP_SAME;
	}
	return DUMP_OTHER;
}

static Dump trace(pid_t pid, int pid_fd, const struct sock_fprog *expected)
{
	Deadline deadline = deadline_in(STOP_TIMEOUT);
	Dump dump;
	int status;

	if (ptrace(PTRACE_SEIZE, pid, NULL, NULL) < 0)
		return errno == EPERM ? DUMP_TRACED : DUMP_NONE;
	/* Now its number cannot be another's: is it still the one? */
	if (faccessat(pid_fd, "status", F_OK, 0) < 0 ||
		ptrace(PTRACE_INTERRUPT, pid, NULL, NULL) < 0)
		return DUMP_NONE;
	while (waitpid(pid, &status, WNOHANG | __WALL) != pid)
		if (deadline_pause(deadline) < 0)
			return DUMP_NO_STOP;
	if (!WIFSTOPPED(status))
		return DUMP_NONE;
	dump = compare_filters(pid, expected);
	/* A signal that it stopped for just then is delivered; our own stop is an event, and none. */
	(void)ptrace(
		PTRACE_DETACH, pid, NULL, (void *)(uintptr_t)(status >> 16 ? 0 : WSTOPSIG(status)));
	return dump;
}

static Dump trace_in_child(pid_t pid, int pid_fd, const struct sock_fprog *expected)
{
	_cleanup_fd_ int child_fd = -EBADF;
	siginfo_t info = { 0 };
	pid_t child = fork();

	if (child == 0)
		_exit((int)trace(pid, pid_fd, expected));
	child_fd = child < 0 ? -EBADF : (int)syscall(SYS_pidfd_open, child, 0);
	if (child_fd < 0)
		return DUMP_NONE;
	if (deadline_reap(child_fd, deadline_in(2 * STOP_TIMEOUT), &info) < 0) {
		(void)syscall(SYS_pidfd_send_signal, child_fd, SIGKILL, NULL, 0);
		(void)deadline_reap(child_fd, deadline_in(STOP_TIMEOUT), &info);
		return DUMP_NO_STOP;
	}
	return info.si_code == CLD_EXITED ? (Dump)info.si_status : DUMP_NONE;
}

Verdict filter_dump_compare(const Evidence *evidence, Buf *found)
{
	struct sock_fprog expected = { 0 };
	FilterProgram program;

	if (seccomp_program(evidence->spec, &program, &expected, NULL) < 0)
		return VERDICT_UNKNOWN;
	switch (trace_in_child(evidence->state->pid, evidence->pid_fd, &expected)) {
	case DUMP_SAME:
		return VERDICT_HOLDS;
	case DUMP_OTHER:
		buf_puts(found, "it is another one than this version of virt-sandbox loads");
		return VERDICT_FAILS;
	case DUMP_TRACED:
		buf_puts(found, "another process traces it");
		return VERDICT_UNKNOWN;
	case DUMP_NO_STOP:
		buf_puts(found, "it does not stop: is it paused?");
		return VERDICT_UNKNOWN;
	case DUMP_NONE:
		break;
	}
	return VERDICT_UNKNOWN;
}
