/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Limits of LXC's files: files of cgroup v1, as libvirt converts them, and of v2.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/strv.h"
#include "domain/lxc-convert.h"

int lxc_size(const char *text, uint64_t *ret)
{
	static const char units[] = "kmgt";
	char *end;
	unsigned long long value;
	const char *unit;

	errno = 0;
	value = strtoull(text, &end, 10);
	if (errno || end == text || *text == '-')
		return -EINVAL;
	unit = *end ? strchr(units, tolower((unsigned char)*end)) : NULL;
	if (unit) {
		for (ptrdiff_t i = 0; i <= unit - units; i++)
			if (__builtin_mul_overflow(value, 1024ull, &value))
				return -EINVAL;
		end++;
		if (strcasecmp(end, "ib") == 0 || strcasecmp(end, "b") == 0)
			end += strlen(end);
	}
	if (*end)
		return -EINVAL;
	*ret = value;
	return 0;
}

static int set_number(Lxc *x, const char *path, uint64_t value)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
	return lxc_set(x, path, text);
}

static bool is_no_limit(const char *value)
{
	return strcmp(value, "max") == 0 || strcmp(value, "-1") == 0;
}

static int convert_memory(Lxc *x, const LxcSetting *setting, const char *path)
{
	uint64_t bytes;
	int r;

	if (is_no_limit(setting->value))
		return 0;
	if (strchr(setting->value, '%'))
		return lxc_refuse(x, setting, "can't convert relative size");
	if (lxc_size(setting->value, &bytes) < 0)
		return lxc_refuse(x, setting, "failed to convert size");
	r = set_number(x, path, bytes / 1024);
	if (r == 0 && strcmp(path, "memtune/hard_limit") == 0)
		r = set_number(x, "memory", bytes / 1024);
	return r;
}

/* v2 counts swap alone, libvirt memory and swap together. */
static int convert_swap(Lxc *x, const LxcSetting *setting, const char *path)
{
	const LxcSetting *memory = lxc_file_find(x->file, "lxc.cgroup2.memory.max");
	uint64_t swap, bytes = 0;

	if (is_no_limit(setting->value))
		return 0;
	if (!memory || lxc_size(memory->value, &bytes) < 0)
		return lxc_refuse(x, setting, "lxc.cgroup2.memory.max is needed beside it");
	if (lxc_size(setting->value, &swap) < 0)
		return lxc_refuse(x, setting, "failed to convert size");
	return set_number(x, path, (bytes + swap) / 1024);
}

static int convert_text(Lxc *x, const LxcSetting *setting, const char *path)
{
	return lxc_set(x, path, setting->value);
}

static int convert_set(Lxc *x, const LxcSetting *setting, const char *path)
{
	DomainNode *node = lxc_make(x, path);
	bool nodes = strcmp(path, "numatune/memory") == 0;

	if (!node || (nodes && node_set_attribute(node, "mode", "strict") < 0) ||
		(!nodes && !node->text && node_set_text(node, "1") < 0) ||
		node_set_attribute(node, nodes ? "nodeset" : "cpuset", setting->value) < 0)
		return error_oom(x->ret_error);
	return 0;
}

/* Shares are around 1024, weights around 100. */
static int convert_cpu_weight(Lxc *x, const LxcSetting *setting, const char *path)
{
	char *end;
	unsigned long weight = strtoul(setting->value, &end, 10);

	if (*end || weight < 1 || weight > 10000)
		return lxc_refuse(x, setting, "it must be a number from 1 to 10000");
	return set_number(x, path, weight * 1024 / 100);
}

static int convert_cpu_max(Lxc *x, const LxcSetting *setting, const char *path)
{
	_cleanup_strv_ char **words = NULL;
	int r;

	if (strv_split(&words, setting->value, " \t") < 0)
		return error_oom(x->ret_error);
	if (strv_length(words) < 1 || strv_length(words) > 2)
		return lxc_refuse(x, setting, "it must be QUOTA [PERIOD]");
	r = lxc_set(x, path, words[1] ? words[1] : "100000");
	return r < 0 ? r
		     : lxc_set(x, "cputune/quota", strcmp(words[0], "max") == 0 ? "-1" : words[0]);
}

static int convert_io_weight(Lxc *x, const LxcSetting *setting, const char *path)
{
	const char *value = setting->value;

	if (strncmp(value, "default ", 8) == 0)
		value += 8;
	if (value[strspn(value, "0123456789")])
		return lxc_refuse(x, setting, "only the weight of all devices is converted");
	return lxc_set(x, path, value);
}

/* The element of one device, by its numbers. */
static DomainNode *device(Lxc *x, const char *numbers)
{
	DomainNode *tune = lxc_make(x, "blkiotune"), *node;
	_cleanup_free_ char *path = NULL;

	if (!tune || asprintf(&path, "/dev/block/%s", numbers) < 0) {
		path = NULL;
		return NULL;
	}
	for (size_t i = 0; i < tune->n_children; i++) {
		const char *known = node_value(tune->children[i], "path");

		if (known && strcmp(known, path) == 0)
			return tune->children[i];
	}
	node = node_add(tune, "device", NULL);
	return node && node_add(node, "path", path) ? node : NULL;
}

static int convert_device(Lxc *x, const LxcSetting *setting, const char *name)
{
	_cleanup_strv_ char **words = NULL;
	DomainNode *node, *child;

	if (strv_split(&words, setting->value, " \t") < 0)
		return error_oom(x->ret_error);
	if (strv_length(words) != 2)
		return lxc_refuse(x, setting, "it must be MAJOR:MINOR and a number");
	node = device(x, words[0]);
	child = node ? node_child(node, name) : NULL;
	if (node && !child)
		child = node_add(node, name, NULL);
	return child && node_set_text(child, words[1]) == 0 ? 0 : error_oom(x->ret_error);
}

static int convert_io_max(Lxc *x, const LxcSetting *setting, const char *path)
{
	static const char *const limits[][2] = { { "riops=", "read_iops_sec" },
		{ "wiops=", "write_iops_sec" }, { "rbps=", "read_bytes_sec" },
		{ "wbps=", "write_bytes_sec" } };
	_cleanup_strv_ char **words = NULL;
	DomainNode *node;

	(void)path;
	if (strv_split(&words, setting->value, " \t") < 0)
		return error_oom(x->ret_error);
	if (strv_length(words) < 2)
		return lxc_refuse(x, setting, "it must be MAJOR:MINOR and limits");
	node = device(x, words[0]);
	for (char **word = words + 1; node && *word; word++) {
		bool known = false;

		for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
			size_t n = strlen(limits[i][0]);

			if (strncmp(*word, limits[i][0], n) != 0)
				continue;
			known = true;
			if (strcmp(*word + n, "max") != 0 &&
				!node_add(node, limits[i][1], *word + n))
				return error_oom(x->ret_error);
		}
		if (!known)
			return lxc_refuse(x, setting, "only rbps, wbps, riops and wiops are known");
	}
	return node ? 0 : error_oom(x->ret_error);
}

static const struct {
	const char *key;
	int (*convert)(Lxc *x, const LxcSetting *setting, const char *path);
	const char *path;
} files[] = {
	{ "cgroup.memory.limit_in_bytes", convert_memory, "memtune/hard_limit" },
	{ "cgroup.memory.soft_limit_in_bytes", convert_memory, "memtune/soft_limit" },
	{ "cgroup.memory.memsw.limit_in_bytes", convert_memory, "memtune/swap_hard_limit" },
	{ "cgroup2.memory.max", convert_memory, "memtune/hard_limit" },
	{ "cgroup2.memory.low", convert_memory, "memtune/soft_limit" },
	{ "cgroup2.memory.swap.max", convert_swap, "memtune/swap_hard_limit" },
	{ "cgroup.cpu.shares", convert_text, "cputune/shares" },
	{ "cgroup.cpu.cfs_quota_us", convert_text, "cputune/quota" },
	{ "cgroup.cpu.cfs_period_us", convert_text, "cputune/period" },
	{ "cgroup2.cpu.weight", convert_cpu_weight, "cputune/shares" },
	{ "cgroup2.cpu.max", convert_cpu_max, "cputune/period" },
	{ "cgroup.cpuset.cpus", convert_set, "vcpu" },
	{ "cgroup.cpuset.mems", convert_set, "numatune/memory" },
	{ "cgroup2.cpuset.cpus", convert_set, "vcpu" },
	{ "cgroup2.cpuset.mems", convert_set, "numatune/memory" },
	{ "cgroup.blkio.weight", convert_text, "blkiotune/weight" },
	{ "cgroup.blkio.device_weight", convert_device, "weight" },
	{ "cgroup.blkio.weight_device", convert_device, "weight" },
	{ "cgroup.blkio.throttle.read_bps_device", convert_device, "read_bytes_sec" },
	{ "cgroup.blkio.throttle.write_bps_device", convert_device, "write_bytes_sec" },
	{ "cgroup.blkio.throttle.read_iops_device", convert_device, "read_iops_sec" },
	{ "cgroup.blkio.throttle.write_iops_device", convert_device, "write_iops_sec" },
	{ "cgroup2.io.weight", convert_io_weight, "blkiotune/weight" },
	{ "cgroup2.io.bfq.weight", convert_io_weight, "blkiotune/weight" },
	{ "cgroup2.io.max", convert_io_max, NULL },
};

int lxc_convert_cgroup(Lxc *x, const LxcSetting *setting)
{
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		if (strcmp(setting->key + strlen("lxc."), files[i].key) == 0)
			return files[i].convert(x, setting, files[i].path);
	return LXC_NO_EFFECT;
}
