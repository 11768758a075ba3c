/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * machined is started by the bus when it is asked for, and ends when nobody needs it: what says that it is there is its file for the bus. Where that or the bus is
 * missing nothing is run. Its interface: org.freedesktop.machine1(5).
 */
#include "engine/keep/machine.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/layout.h"
#include "base/strv.h"
#include "engine/start/attributes.h"

#define BUSCTL "/usr/bin/busctl"
#define SERVICE "/usr/share/dbus-1/system-services/org.freedesktop.machine1.service"
#define BUS "/run/dbus/system_bus_socket"
#define UUID_SIZE 16 /* bytes */

static bool host_has(const char *path)
{
	_cleanup_free_ char *full = NULL;

	if (asprintf(&full, "%s%s", layout_root(), path) < 0) {
		full = NULL;
		return false;
	}
	return file_exists(full);
}

/* A child's child, which the host's first process waits for. */
_noreturn_ static void run_busctl(char *const *argv)
{
	static char *const environment[] = { (char *)"PATH=/usr/bin:/bin", NULL };
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0 || fork() != 0)
		_exit(0);
	for (int i = 0; i < 3; i++)
		if (dup2(null, i) < 0)
			_exit(EXIT_FAILURE);
	if (attributes_reset(NULL, NULL) == 0 &&
		syscall(SYS_close_range, 3u, ~0U, CLOSE_RANGE_CLOEXEC) == 0)
		(void)execve(argv[0], argv, environment);
	_exit(EXIT_FAILURE);
}

/* What cannot be told is not: there is nobody who could do something about it. */
static void call(const char *method, char *const *arguments)
{
	_cleanup_strv_ char **argv = NULL;
	pid_t pid;

	if (strv_append(&argv, BUSCTL) < 0 ||
		strv_appendf(&argv, "--address=unix:path=%s" BUS, layout_root()) < 0 ||
		strv_append(&argv, "--timeout=10") < 0 || strv_append(&argv, "call") < 0 ||
		strv_append(&argv, "org.freedesktop.machine1") < 0 ||
		strv_append(&argv, "/org/freedesktop/machine1") < 0 ||
		strv_append(&argv, "org.freedesktop.machine1.Manager") < 0 ||
		strv_append(&argv, method) < 0)
		return;
	STRV_FOREACH (argument, arguments)
		if (strv_append(&argv, *argument) < 0)
			return;
	pid = fork();
	if (pid == 0)
		run_busctl(argv);
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

/* The policies of distributions let machined look at no process of a container, so that SELinux would write a denial for each. */
static bool is_there(const Spec *spec)
{
	return strcmp(spec->label.model ? spec->label.model : "none", "selinux") != 0 &&
	       host_has(SERVICE) && host_has(BUS) && access(BUSCTL, X_OK) == 0;
}

/* The container's machine id, as an array of bytes; none: an empty one. */
static int append_id(char ***arguments, const Spec *spec)
{
	static const char key[] = "container_uuid=";
	const char *uuid = NULL;
	unsigned int byte;
	int size;

	STRV_FOREACH (variable, spec->process.first_environment)
		if (strncmp(*variable, key, sizeof(key) - 1) == 0)
			uuid = *variable + sizeof(key) - 1;
	STRV_FOREACH (variable, spec->process.environment)
		if (!uuid && strncmp(*variable, key, sizeof(key) - 1) == 0)
			uuid = *variable + sizeof(key) - 1;
	if (!uuid || strlen(uuid) != 36)
		return strv_append(arguments, "0");
	if (strv_appendf(arguments, "%d", UUID_SIZE) < 0)
		return -ENOMEM;
	for (; *uuid; uuid += size) {
		size = *uuid == '-' ? 1 : 2;
		if (size == 2 && (!uuid[1] || sscanf(uuid, "%2x", &byte) != 1))
			return -EINVAL;
		if (size == 2 && strv_appendf(arguments, "%u", byte) < 0)
			return -ENOMEM;
	}
	return 0;
}

void machine_register(const char *name, const Spec *spec, pid_t leader)
{
	_cleanup_strv_ char **arguments = NULL;

	if (is_there(spec) && strv_append(&arguments, "sayssus") == 0 &&
		strv_append(&arguments, name) == 0 && append_id(&arguments, spec) == 0 &&
		strv_append(&arguments, "virt-sandbox") == 0 &&
		strv_append(&arguments, "container") == 0 &&
		strv_appendf(&arguments, "%d", (int)leader) == 0 &&
		strv_append(&arguments, "") == 0) /* its root is nowhere on the host */
		call("RegisterMachine", arguments);
}

void machine_unregister(const char *name, const Spec *spec)
{
	_cleanup_strv_ char **arguments = NULL;

	if (is_there(spec) && strv_append(&arguments, "s") == 0 &&
		strv_append(&arguments, name) == 0)
		call("UnregisterMachine", arguments);
}
