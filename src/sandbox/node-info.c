/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What libvirt tells of a host: its processors and memory, and what domains it can run.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/layout.h"
#include "label/choose.h"
#include "sandbox/handle.h"

#define PROCESSORS_MAX 8192u
#define NODES_MAX 1024u

/* Of processor n: its topology's file of that name; 0 where the kernel does not say. */
static unsigned int read_topology(unsigned int n, const char *name)
{
	char path[96];
	unsigned int value = 0;
	FILE *file;

	(void)snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%u/topology/%s", n, name);
	file = fopen(path, "re");
	if (!file)
		return 0;
	if (fscanf(file, "%u", &value) != 1)
		value = 0;
	(void)fclose(file);
	return value;
}

/* How many different values the processors have of it, at least one. */
static unsigned int count_different(const char *what)
{
	unsigned int seen[64], n = 0, online = (unsigned int)get_nprocs();

	for (unsigned int cpu = 0; cpu < online && cpu < PROCESSORS_MAX; cpu++) {
		unsigned int value = read_topology(cpu, what), i = 0;

		while (i < n && seen[i] != value)
			i++;
		if (i == n && n < sizeof(seen) / sizeof(seen[0]))
			seen[n++] = value;
	}
	return n ? n : 1;
}

static unsigned int sockets(void)
{
	return count_different("physical_package_id");
}

static unsigned int cores(void)
{
	return count_different("core_id");
}

static unsigned int cells(void)
{
	unsigned int n = 0;
	char path[64];

	for (unsigned int node = 0; node < NODES_MAX; node++) {
		(void)snprintf(path, sizeof(path), "/sys/devices/system/node/node%u", node);
		n += access(path, F_OK) == 0;
	}
	return n ? n : 1;
}

static unsigned int threads(void)
{
	unsigned int all = sockets() * cores(), online = (unsigned int)get_nprocs();

	return online > all ? online / all : 1;
}

static unsigned int cpus(void)
{
	return (unsigned int)get_nprocs();
}

/* MHz, of the first; 0 where the kernel does not say. */
static unsigned int frequency(void)
{
	FILE *file = fopen("/proc/cpuinfo", "re");
	char line[256];
	double mhz = 0;

	while (file && mhz == 0 && fgets(line, sizeof(line), file))
		(void)sscanf(line, "cpu MHz : %lf", &mhz);
	if (file)
		(void)fclose(file);
	return (unsigned int)mhz;
}

static int get_model(char **ret, Error **ret_error)
{
	struct utsname host;

	if (uname(&host) < 0)
		return error_errno(ret_error, errno, "cannot get the host's architecture");
	*ret = strdup(host.machine);
	return *ret ? 0 : error_oom(ret_error);
}

static int get_memory(char **ret, Error **ret_error)
{
	uint64_t pages = (uint64_t)sysconf(_SC_PHYS_PAGES), size = (uint64_t)sysconf(_SC_PAGESIZE);

	return asprintf(ret, "%" PRIu64, pages * size / 1024) < 0 ? error_oom(ret_error) : 0;
}

static void put_guest(Buf *buf, unsigned int wordsize, const char *arch)
{
	_cleanup_free_ char *supervisor = layout_program("virt-sandbox-supervisor");

	buf_printf(buf,
		"  <guest>\n    <os_type>exe</os_type>\n    <arch name='%s'>\n"
		"      <wordsize>%u</wordsize>\n      <emulator>%s</emulator>\n"
		"      <domain type='lxc'/>\n    </arch>\n  </guest>\n\n",
		arch, wordsize, supervisor ? supervisor : "");
}

static int get_capabilities(char **ret, Error **ret_error)
{
	const char *model = label_model_of_host();
	_cleanup_free_ char *memory = NULL;
	_cleanup_buf_ Buf buf = { 0 };
	struct utsname host;
	int r = get_memory(&memory, ret_error);

	if (r < 0)
		return r;
	if (uname(&host) < 0)
		return error_errno(ret_error, errno, "cannot get the host's architecture");
	buf_printf(&buf,
		"<capabilities>\n\n  <host>\n    <cpu>\n      <arch>%s</arch>\n"
		"      <topology sockets='%u' cores='%u' threads='%u'/>\n    </cpu>\n"
		"    <topology>\n      <cells num='%u'>\n        <cell id='0'>\n"
		"          <memory unit='KiB'>%s</memory>\n        </cell>\n      </cells>\n"
		"    </topology>\n    <secmodel>\n      <model>%s</model>\n      <doi>0</doi>\n"
		"    </secmodel>\n  </host>\n\n",
		host.machine, sockets(), cores(), threads(), cells(), memory, model);
	put_guest(&buf, sizeof(long) == 8 ? 64 : 32, host.machine);
	if (strcmp(host.machine, "x86_64") == 0)
		put_guest(&buf, 32, "i686");
	buf_puts(&buf, "</capabilities>\n");
	return buf_take(&buf, ret, ret_error);
}

PUBLIC int vsb_node_get(const char *key, char **ret, vsb_error **error)
{
	static const struct {
		const char *key;
		unsigned int (*number)(void);
		int (*get)(char **ret, Error **ret_error);
	} rows[] = {
		{ "cpu-model", NULL, get_model },
		{ "cpus", cpus, NULL },
		{ "cpu-frequency", frequency, NULL },
		{ "sockets", sockets, NULL },
		{ "cores", cores, NULL },
		{ "threads", threads, NULL },
		{ "cells", cells, NULL },
		{ "memory", NULL, get_memory },
		{ "capabilities", NULL, get_capabilities },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (strcmp(rows[i].key, key) == 0) {
			if (rows[i].get)
				return rows[i].get(ret, error);
			return asprintf(ret, "%u", rows[i].number()) < 0 ? error_oom(error) : 0;
		}
	return error_set(error, EINVAL, "nothing is known of the host as \"%s\"", key);
}
