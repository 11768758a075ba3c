/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The union of what runc, podman, moby and nspawn mask, and what advisories added. These files know no namespace: they tell
 * about, or act on, the host. Directories of sysfs that are not bound into /sys at all (firmware, kernel/debug, ...) need no row.
 */
#include "engine/masks.h"

#include "base/macro.h"

const Mask masks[] = {
	{ "proc/acpi", MASK_HIDDEN },
	{ "proc/asound", MASK_HIDDEN },
	{ "proc/interrupts", MASK_HIDDEN }, /* keystroke timing */
	{ "proc/kallsyms", MASK_HIDDEN },
	{ "proc/kcore", MASK_HIDDEN },
	{ "proc/keys", MASK_HIDDEN },
	{ "proc/kmsg", MASK_HIDDEN },
	{ "proc/kpagecgroup", MASK_HIDDEN },
	{ "proc/kpagecount", MASK_HIDDEN },
	{ "proc/kpageflags", MASK_HIDDEN },
	{ "proc/latency_stats", MASK_HIDDEN },
	{ "proc/mtrr", MASK_HIDDEN },
	{ "proc/sched_debug", MASK_HIDDEN },
	{ "proc/scsi", MASK_HIDDEN },
	{ "proc/slabinfo", MASK_HIDDEN },
	{ "proc/sysrq-trigger", MASK_HIDDEN },
	{ "proc/timer_list", MASK_HIDDEN },
	{ "proc/timer_stats", MASK_HIDDEN },
	{ "proc/vmallocinfo", MASK_HIDDEN },
	{ "sys/devices/virtual/powercap", MASK_HIDDEN }, /* power side channel */
	{ "proc/apm", MASK_READONLY },
	{ "proc/bus", MASK_READONLY },
	{ "proc/fs", MASK_READONLY },
	{ "proc/irq", MASK_READONLY },
	{ "proc/sys", MASK_READONLY },
	{ "proc/sys/net", MASK_OWN_NET },
};

const size_t masks_count = ARRAY_SIZE(masks);
