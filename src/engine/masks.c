/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The union of what runc, podman, moby and nspawn mask, and what advisories added. These files
 * know no namespace: they tell about, or act on, the host. Directories of sysfs that are not bound
 * into /sys at all (firmware, kernel/debug, ...) need no row.
 */
#include "engine/masks.h"

#include "base/macro.h"

const Mask masks[] = {
	{ "proc/acpi", MASK_DIRECTORY },
	{ "proc/asound", MASK_DIRECTORY },
	{ "proc/interrupts", MASK_FILE }, /* keystroke timing */
	{ "proc/kallsyms", MASK_FILE },
	{ "proc/kcore", MASK_FILE },
	{ "proc/keys", MASK_FILE },
	{ "proc/kmsg", MASK_FILE },
	{ "proc/kpagecgroup", MASK_FILE },
	{ "proc/kpagecount", MASK_FILE },
	{ "proc/kpageflags", MASK_FILE },
	{ "proc/latency_stats", MASK_FILE },
	{ "proc/mtrr", MASK_FILE },
	{ "proc/sched_debug", MASK_FILE },
	{ "proc/scsi", MASK_DIRECTORY },
	{ "proc/slabinfo", MASK_FILE },
	{ "proc/sysrq-trigger", MASK_FILE },
	{ "proc/timer_list", MASK_FILE },
	{ "proc/timer_stats", MASK_FILE },
	{ "proc/vmallocinfo", MASK_FILE },
	{ "sys/devices/virtual/powercap", MASK_DIRECTORY }, /* power side channel */
	{ "proc/apm", MASK_READONLY },
	{ "proc/bus", MASK_READONLY },
	{ "proc/fs", MASK_READONLY },
	{ "proc/irq", MASK_READONLY },
	{ "proc/sys", MASK_READONLY },
	{ "proc/sys/net", MASK_OWN_NET },
};

const size_t masks_count = ARRAY_SIZE(masks);
