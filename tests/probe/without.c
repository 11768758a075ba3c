/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Runs a command on a kernel that seems to lack, or to lie about, a system call: a seccomp filter answers
 * for it. ENOSYS is an old kernel; "nothing" says success and does nothing, which is how a step that
 * fails in silence looks from outside.
 *
 *	without CALL=ERROR[:ARGUMENT:MASK:VALUE] -- COMMAND...
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LOW_WORD(i) (offsetof(struct seccomp_data, args) + (i) * sizeof(__u64))

static const struct {
	const char *name;
	unsigned int number;
} calls[] = { { "clone3", SYS_clone3 }, { "close_range", SYS_close_range },
	{ "execveat", SYS_execveat }, { "fsconfig", SYS_fsconfig }, { "fsmount", SYS_fsmount },
	{ "fsopen", SYS_fsopen }, { "memfd_create", SYS_memfd_create }, { "mkdirat", SYS_mkdirat },
	{ "mount", SYS_mount }, { "mount_setattr", SYS_mount_setattr },
	{ "move_mount", SYS_move_mount }, { "open_tree", SYS_open_tree },
	{ "openat2", SYS_openat2 }, { "pidfd_open", SYS_pidfd_open },
	{ "pidfd_send_signal", SYS_pidfd_send_signal }, { "seccomp", SYS_seccomp },
	{ "setns", SYS_setns } };

static const struct {
	const char *name;
	unsigned int number;
} errors[] = { { "ENOSYS", ENOSYS }, { "EPERM", EPERM }, { "EINVAL", EINVAL }, { "nothing", 0 } };

static unsigned int call_number(const char *name)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (strcmp(calls[i].name, name) == 0)
			return calls[i].number;
	fprintf(stderr, "without: unknown call %s\n", name);
	exit(2);
}

static unsigned int error_number(const char *name)
{
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (strcmp(errors[i].name, name) == 0)
			return errors[i].number;
	fprintf(stderr, "without: unknown error %s\n", name);
	exit(2);
}

/* The low word of an argument is all that flags need; without a condition, 0 & 0 == 0 always holds. */
static void install(const char *rule)
{
	char call[32] = "", error[16] = "";
	unsigned int argument = 0, mask = 0, value = 0;

	if (sscanf(rule, "%31[^=]=%15[^:]:%u:%x:%x", call, error, &argument, &mask, &value) < 2)
		exit(2);
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call_number(call), 0, 4),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, LOW_WORD(argument)),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, mask),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error_number(error)),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof(filter) / sizeof(filter[0]), filter };

	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0) {
		perror("without: seccomp");
		exit(2);
	}
}

int main(int argc, char **argv)
{
	int i = 1;

	for (; i < argc && strcmp(argv[i], "--") != 0; i++)
		install(argv[i]);
	if (i + 1 >= argc)
		return 2;
	execvp(argv[i + 1], argv + i + 1);
	perror(argv[i + 1]);
	return 2;
}
