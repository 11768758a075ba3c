/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The grammar of libvirt 9.0, as a domain of type lxc is printed. The order of rows is the order of its output.
 */
#include "domain/grammar.h"

#include <linux/capability.h>
#include <string.h>

#include "base/macro.h"

#define HARDWARE "a container has no hardware of its own"
#define BOOT "a container boots no kernel"
#define VIRTUAL_CPU "a container has no virtual processors; use <vcpu cpuset=''> and <cputune>"
#define SHAPING "limiting or marking of traffic is not supported"

#define ADDRESSES(depth)                                                                           \
	{ depth, "ip", VALUE_NONE, RULE_HONOURED, RULE_MANY },                                     \
		{ depth + 1, "@address", VALUE_ADDRESS, RULE_HONOURED, RULE_REQUIRED },            \
		{ depth + 1, "@family", VALUE_ENUM, RULE_HONOURED, 0, "ipv4 ipv6" },               \
		{ depth + 1, "@prefix", VALUE_UNSIGNED, RULE_HONOURED, 0, "128" },                 \
		{ depth + 1, "@peer", VALUE_ADDRESS, RULE_HONOURED },                              \
		{ depth, "route", VALUE_NONE, RULE_HONOURED, RULE_MANY },                          \
		{ depth + 1, "@family", VALUE_ENUM, RULE_HONOURED, 0, "ipv4 ipv6" },               \
		{ depth + 1, "@address", VALUE_ADDRESS, RULE_HONOURED },                           \
		{ depth + 1, "@netmask", VALUE_ADDRESS, RULE_HONOURED },                           \
		{ depth + 1, "@prefix", VALUE_UNSIGNED, RULE_HONOURED, 0, "128" },                 \
		{ depth + 1, "@gateway", VALUE_ADDRESS, RULE_HONOURED, RULE_REQUIRED },            \
	{                                                                                          \
		depth + 1, "@metric", VALUE_UNSIGNED, RULE_REFUSED, 0, "4294967295",               \
			"metrics of routes are not supported"                                      \
	}

#define DEVICE_INFORMATION(depth)                                                                  \
	{ depth, "boot", VALUE_RAW, RULE_REFUSED, 0, NULL, BOOT },                                 \
		{ depth, "alias", VALUE_NONE, RULE_KEPT },                                         \
		{ depth + 1, "@name", VALUE_TEXT, RULE_KEPT },                                     \
		{ depth, "rom", VALUE_RAW, RULE_REFUSED, 0, NULL, HARDWARE },                      \
		{ depth, "acpi", VALUE_RAW, RULE_REFUSED, 0, NULL, HARDWARE },                     \
	{                                                                                          \
		depth, "address", VALUE_RAW, RULE_KEPT                                             \
	}

#define SHARED_NAMESPACE(name)                                                                     \
	{ 2, name, VALUE_NONE, RULE_HONOURED },                                                    \
		{ 3, "@type", VALUE_ENUM, RULE_HONOURED, RULE_REQUIRED, "name pid netns none" },   \
	{                                                                                          \
		3, "@value", VALUE_TEXT, RULE_HONOURED                                             \
	}

#define ACTION(name)                                                                               \
	{                                                                                          \
		1, name, VALUE_ENUM, RULE_HONOURED, 0,                                             \
			"destroy restart | preserve rename-restart coredump-destroy "              \
			"coredump-restart",                                                        \
			"destroy and restart are"                                                  \
	}

#define HARDWARE_DEVICE(name)                                                                      \
	{                                                                                          \
		2, name, VALUE_RAW, RULE_REFUSED, RULE_MANY, NULL, HARDWARE                        \
	}

const Rule rules[] = {
	{ 0, "domain", VALUE_NONE, RULE_HONOURED },
	{ 1, "@type", VALUE_ENUM, RULE_HONOURED, RULE_REQUIRED, "lxc" },
	{ 1, "@id", VALUE_TEXT, RULE_OUTPUT },
	{ 1, "name", VALUE_NAME, RULE_HONOURED, RULE_REQUIRED },
	{ 1, "uuid", VALUE_UUID, RULE_HONOURED },
	{ 1, "genid", VALUE_RAW, RULE_REFUSED, 0, NULL, HARDWARE },
	{ 1, "title", VALUE_TEXT, RULE_KEPT },
	{ 1, "description", VALUE_TEXT, RULE_KEPT },
	{ 1, "metadata", VALUE_RAW, RULE_KEPT },
	{ 1, "maxMemory", VALUE_RAW, RULE_REFUSED, 0, NULL,
		"memory cannot be plugged in; use <memory>" },
	{ 1, "memory", VALUE_SIZE, RULE_HONOURED, RULE_REQUIRED, "unit KiB" },
	{ 2, "@dumpCore", VALUE_ENUM, RULE_REFUSED, 0, "on off", "containers write no core files" },
	{ 2, "@unit", VALUE_TEXT, RULE_HONOURED },
	{ 1, "currentMemory", VALUE_SIZE, RULE_HONOURED, 0, "unit KiB" },
	{ 2, "@unit", VALUE_TEXT, RULE_HONOURED },
	{ 1, "blkiotune", VALUE_NONE, RULE_HONOURED },
	{ 2, "weight", VALUE_UNSIGNED, RULE_HONOURED, 0, "10000" },
	{ 2, "device", VALUE_NONE, RULE_HONOURED, RULE_MANY },
	{ 3, "path", VALUE_PATH, RULE_HONOURED, RULE_REQUIRED },
	{ 3, "weight", VALUE_UNSIGNED, RULE_HONOURED, 0, "10000" },
	{ 3, "read_iops_sec", VALUE_UNSIGNED, RULE_HONOURED, 0, "4294967295" },
	{ 3, "write_iops_sec", VALUE_UNSIGNED, RULE_HONOURED, 0, "4294967295" },
	{ 3, "read_bytes_sec", VALUE_UNSIGNED, RULE_HONOURED },
	{ 3, "write_bytes_sec", VALUE_UNSIGNED, RULE_HONOURED },
	{ 1, "memtune", VALUE_NONE, RULE_HONOURED },
	{ 2, "hard_limit", VALUE_SIZE, RULE_HONOURED, 0, "unit KiB" },
	{ 3, "@unit", VALUE_TEXT, RULE_HONOURED },
	{ 2, "soft_limit", VALUE_SIZE, RULE_HONOURED, 0, "unit KiB" },
	{ 3, "@unit", VALUE_TEXT, RULE_HONOURED },
	{ 2, "min_guarantee", VALUE_SIZE, RULE_REFUSED, 0, "unit KiB",
		"memory cannot be reserved" },
	{ 3, "@unit", VALUE_TEXT, RULE_HONOURED },
	{ 2, "swap_hard_limit", VALUE_SIZE, RULE_HONOURED, 0, "unit KiB" },
	{ 3, "@unit", VALUE_TEXT, RULE_HONOURED },
	{ 1, "memoryBacking", VALUE_RAW, RULE_REFUSED, 0, NULL,
		"a container's memory is the host's" },
	{ 1, "vcpu", VALUE_UNSIGNED, RULE_HONOURED, 0, "16384" },
	{ 2, "@placement", VALUE_ENUM, RULE_HONOURED, 0, "static | auto",
		"processors are not chosen automatically; use cpuset=''" },
	{ 2, "@cpuset", VALUE_SET, RULE_HONOURED },
	{ 2, "@current", VALUE_UNSIGNED, RULE_REFUSED, 0, "16384", VIRTUAL_CPU },
	{ 1, "vcpus", VALUE_RAW, RULE_REFUSED, 0, NULL, VIRTUAL_CPU },
	{ 1, "iothreads", VALUE_RAW, RULE_REFUSED, 0, NULL, HARDWARE },
	{ 1, "iothreadids", VALUE_RAW, RULE_REFUSED, 0, NULL, HARDWARE },
	{ 1, "defaultiothread", VALUE_RAW, RULE_REFUSED, 0, NULL, HARDWARE },
	{ 1, "cputune", VALUE_NONE, RULE_HONOURED },
	{ 2, "shares", VALUE_UNSIGNED, RULE_HONOURED, 0, "262144" },
	{ 2, "period", VALUE_UNSIGNED, RULE_HONOURED, 0, "1000000" },
	{ 2, "quota", VALUE_SIGNED, RULE_HONOURED },
	{ 2, "global_period", VALUE_UNSIGNED, RULE_REFUSED, 0, NULL, "use <period>" },
	{ 2, "global_quota", VALUE_SIGNED, RULE_REFUSED, 0, NULL, "use <quota>" },
	{ 2, "emulator_period", VALUE_UNSIGNED, RULE_REFUSED, 0, NULL, VIRTUAL_CPU },
	{ 2, "emulator_quota", VALUE_SIGNED, RULE_REFUSED, 0, NULL, VIRTUAL_CPU },
	{ 2, "iothread_period", VALUE_UNSIGNED, RULE_REFUSED, 0, NULL, VIRTUAL_CPU },
	{ 2, "iothread_quota", VALUE_SIGNED, RULE_REFUSED, 0, NULL, VIRTUAL_CPU },
	{ 2, "vcpupin", VALUE_RAW, RULE_REFUSED, RULE_MANY, NULL, VIRTUAL_CPU },
	{ 2, "emulatorpin", VALUE_RAW, RULE_REFUSED, 0, NULL, VIRTUAL_CPU },
	{ 2, "iothreadpin", VALUE_RAW, RULE_REFUSED, RULE_MANY, NULL, VIRTUAL_CPU },
	{ 2, "emulatorsched", VALUE_RAW, RULE_REFUSED, 0, NULL, VIRTUAL_CPU },
	{ 2, "vcpusched", VALUE_RAW, RULE_REFUSED, RULE_MANY, NULL, VIRTUAL_CPU },
	{ 2, "iothreadsched", VALUE_RAW, RULE_REFUSED, RULE_MANY, NULL, VIRTUAL_CPU },
	{ 2, "cachetune", VALUE_RAW, RULE_REFUSED, RULE_MANY, NULL,
		"parts of the processors' cache are not given out" },
	{ 2, "memorytune", VALUE_RAW, RULE_REFUSED, RULE_MANY, NULL,
		"the memory's bandwidth is not given out" },
	{ 1, "numatune", VALUE_NONE, RULE_HONOURED },
	{ 2, "memory", VALUE_NONE, RULE_HONOURED },
	{ 3, "@mode", VALUE_ENUM, RULE_HONOURED, 0, "strict | preferred interleave restrictive",
		"strict is" },
	{ 3, "@nodeset", VALUE_SET, RULE_HONOURED },
	{ 3, "@placement", VALUE_ENUM, RULE_HONOURED, 0, "static | auto",
		"nodes are not chosen automatically; use nodeset=''" },
	{ 2, "memnode", VALUE_RAW, RULE_REFUSED, RULE_MANY, NULL,
		"a container has no nodes of its own" },
	{ 1, "resource", VALUE_NONE, RULE_HONOURED },
	{ 2, "partition", VALUE_PATH, RULE_HONOURED },
	{ 2, "fibrechannel", VALUE_RAW, RULE_REFUSED, 0, NULL, HARDWARE },
	{ 1, "sysinfo", VALUE_RAW, RULE_REFUSED, RULE_MANY, NULL, HARDWARE },
	{ 1, "bootloader", VALUE_RAW, RULE_REFUSED, 0, NULL, BOOT },
	{ 1, "bootloader_args", VALUE_RAW, RULE_REFUSED, 0, NULL, BOOT },
	{ 1, "os", VALUE_NONE, RULE_HONOURED, RULE_REQUIRED },
	{ 2, "@firmware", VALUE_TEXT, RULE_REFUSED, 0, NULL, BOOT },
	{ 2, "type", VALUE_ENUM, RULE_HONOURED, RULE_REQUIRED, "exe" },
	{ 3, "@arch", VALUE_TEXT, RULE_HONOURED },
	{ 3, "@machine", VALUE_TEXT, RULE_REFUSED, 0, NULL, HARDWARE },
	{ 2, "firmware", VALUE_RAW, RULE_REFUSED, 0, NULL, BOOT },
	{ 2, "init", VALUE_TEXT, RULE_HONOURED },
	{ 2, "initarg", VALUE_TEXT, RULE_HONOURED, RULE_MANY },
	{ 2, "initenv", VALUE_TEXT, RULE_HONOURED, RULE_MANY },
	{ 3, "@name", VALUE_TEXT, RULE_HONOURED, RULE_REQUIRED },
	{ 2, "initdir", VALUE_TEXT, RULE_HONOURED },
	{ 2, "inituser", VALUE_TEXT, RULE_HONOURED },
	{ 2, "initgroup", VALUE_TEXT, RULE_HONOURED },
	{ 2, "loader", VALUE_RAW, RULE_REFUSED, 0, NULL, BOOT },
	{ 2, "nvram", VALUE_RAW, RULE_REFUSED, 0, NULL, BOOT },
	{ 2, "kernel", VALUE_RAW, RULE_REFUSED, 0, NULL, BOOT },
	{ 2, "initrd", VALUE_RAW, RULE_REFUSED, 0, NULL, BOOT },
	{ 2, "cmdline", VALUE_TEXT, RULE_HONOURED },
	{ 2, "dtb", VALUE_RAW, RULE_REFUSED, 0, NULL, BOOT },
	{ 2, "root", VALUE_RAW, RULE_REFUSED, 0, NULL, BOOT },
	{ 2, "acpi", VALUE_RAW, RULE_REFUSED, 0, NULL, BOOT },
	{ 2, "boot", VALUE_RAW, RULE_REFUSED, RULE_MANY, NULL, BOOT },
	{ 2, "bootmenu", VALUE_RAW, RULE_REFUSED, 0, NULL, BOOT },
	{ 2, "bios", VALUE_RAW, RULE_REFUSED, 0, NULL, BOOT },
	{ 2, "smbios", VALUE_RAW, RULE_REFUSED, 0, NULL, BOOT },
	{ 1, "idmap", VALUE_NONE, RULE_HONOURED },
	{ 2, "uid", VALUE_NONE, RULE_HONOURED, RULE_MANY },
	{ 3, "@start", VALUE_UNSIGNED, RULE_HONOURED, RULE_REQUIRED, "4294967294" },
	{ 3, "@target", VALUE_UNSIGNED, RULE_HONOURED, RULE_REQUIRED, "4294967294" },
	{ 3, "@count", VALUE_UNSIGNED, RULE_HONOURED, RULE_REQUIRED, "4294967295" },
	{ 2, "gid", VALUE_NONE, RULE_HONOURED, RULE_MANY },
	{ 3, "@start", VALUE_UNSIGNED, RULE_HONOURED, RULE_REQUIRED, "4294967294" },
	{ 3, "@target", VALUE_UNSIGNED, RULE_HONOURED, RULE_REQUIRED, "4294967294" },
	{ 3, "@count", VALUE_UNSIGNED, RULE_HONOURED, RULE_REQUIRED, "4294967295" },
	{ 1, "features", VALUE_NONE, RULE_HONOURED },
	/* What documents of virtual machines say, and every container does without. */
	{ 2, "acpi", VALUE_NONE, RULE_KEPT },
	{ 2, "apic", VALUE_RAW, RULE_KEPT },
	{ 2, "pae", VALUE_NONE, RULE_KEPT },
	{ 2, "hap", VALUE_RAW, RULE_REFUSED, 0, NULL, HARDWARE },
	{ 2, "viridian", VALUE_RAW, RULE_REFUSED, 0, NULL, HARDWARE },
	{ 2, "privnet", VALUE_NONE, RULE_HONOURED },
	{ 2, "hyperv", VALUE_RAW, RULE_REFUSED, 0, NULL, HARDWARE },
	{ 2, "kvm", VALUE_RAW, RULE_REFUSED, 0, NULL, HARDWARE },
	{ 2, "pvspinlock", VALUE_RAW, RULE_REFUSED, 0, NULL, HARDWARE },
	{ 2, "capabilities", VALUE_NONE, RULE_HONOURED },
	{ 3, "@policy", VALUE_ENUM, RULE_HONOURED, 0, "default allow deny" },
	{ 3, "", VALUE_NONE, RULE_HONOURED, RULE_ANY_NAME },
	{ 4, "@state", VALUE_ENUM, RULE_HONOURED, 0, "on off" },
	{ 2, "pmu", VALUE_RAW, RULE_REFUSED, 0, NULL, HARDWARE },
	{ 2, "vmport", VALUE_RAW, RULE_REFUSED, 0, NULL, HARDWARE },
	{ 2, "gic", VALUE_RAW, RULE_REFUSED, 0, NULL, HARDWARE },
	{ 2, "smm", VALUE_RAW, RULE_REFUSED, 0, NULL, HARDWARE },
	{ 2, "ioapic", VALUE_RAW, RULE_REFUSED, 0, NULL, HARDWARE },
	{ 2, "hpt", VALUE_RAW, RULE_REFUSED, 0, NULL, HARDWARE },
	{ 2, "vmcoreinfo", VALUE_RAW, RULE_REFUSED, 0, NULL, HARDWARE },
	{ 2, "htm", VALUE_RAW, RULE_REFUSED, 0, NULL, HARDWARE },
	{ 2, "nested-hv", VALUE_RAW, RULE_REFUSED, 0, NULL, HARDWARE },
	{ 2, "msrs", VALUE_RAW, RULE_REFUSED, 0, NULL, HARDWARE },
	{ 2, "ccf-assist", VALUE_RAW, RULE_REFUSED, 0, NULL, HARDWARE },
	{ 2, "xen", VALUE_RAW, RULE_REFUSED, 0, NULL, HARDWARE },
	{ 2, "cfpc", VALUE_RAW, RULE_REFUSED, 0, NULL, HARDWARE },
	{ 2, "sbbc", VALUE_RAW, RULE_REFUSED, 0, NULL, HARDWARE },
	{ 2, "ibs", VALUE_RAW, RULE_REFUSED, 0, NULL, HARDWARE },
	{ 2, "tcg", VALUE_RAW, RULE_REFUSED, 0, NULL, HARDWARE },
	{ 1, "cpu", VALUE_RAW, RULE_REFUSED, 0, NULL, VIRTUAL_CPU },
	{ 1, "clock", VALUE_NONE, RULE_KEPT },
	{ 2, "@offset", VALUE_ENUM, RULE_KEPT, 0, "utc | localtime timezone variable absolute",
		"a container has the host's clock, which is utc; set TZ by <initenv>" },
	{ 2, "@adjustment", VALUE_TEXT, RULE_REFUSED, 0, NULL, "a container has the host's clock" },
	{ 2, "@basis", VALUE_TEXT, RULE_REFUSED, 0, NULL, "a container has the host's clock" },
	{ 2, "@timezone", VALUE_TEXT, RULE_REFUSED, 0, NULL, "set TZ by <initenv>" },
	{ 2, "@start", VALUE_TEXT, RULE_REFUSED, 0, NULL, "a container has the host's clock" },
	{ 2, "timer", VALUE_NONE, RULE_HONOURED, RULE_MANY },
	{ 3, "@name", VALUE_ENUM, RULE_KEPT, RULE_REQUIRED,
		"platform pit rtc hpet tsc kvmclock hypervclock armvtimer" },
	{ 3, "@present", VALUE_ENUM, RULE_HONOURED, 0, "no | yes",
		"timers of the host are not given to containers" },
	{ 3, "@tickpolicy", VALUE_TEXT, RULE_REFUSED, 0, NULL, HARDWARE },
	{ 3, "@track", VALUE_TEXT, RULE_REFUSED, 0, NULL, HARDWARE },
	{ 3, "@frequency", VALUE_TEXT, RULE_REFUSED, 0, NULL, HARDWARE },
	{ 3, "@mode", VALUE_TEXT, RULE_REFUSED, 0, NULL, HARDWARE },
	{ 3, "catchup", VALUE_RAW, RULE_REFUSED, 0, NULL, HARDWARE },
	ACTION("on_poweroff"),
	ACTION("on_reboot"),
	ACTION("on_crash"),
	{ 1, "on_lockfailure", VALUE_RAW, RULE_REFUSED, 0, NULL, "there is no lock manager" },
	{ 1, "pm", VALUE_RAW, RULE_REFUSED, 0, NULL, HARDWARE },
	{ 1, "perf", VALUE_RAW, RULE_REFUSED, 0, NULL,
		"the host's performance counters are not given out" },
	{ 1, "devices", VALUE_NONE, RULE_HONOURED },
	{ 2, "emulator", VALUE_TEXT, RULE_KEPT },
	{ 2, "disk", VALUE_NONE, RULE_HONOURED, RULE_MANY },
	{ 3, "@type", VALUE_ENUM, RULE_HONOURED, 0,
		"block | file dir network volume nvme vhostuser",
		"only type='block' is; a file or directory is a <filesystem>" },
	{ 3, "@device", VALUE_ENUM, RULE_HONOURED, 0, "disk | cdrom floppy lun", "only disk is" },
	{ 3, "@model", VALUE_TEXT, RULE_REFUSED, 0, NULL, HARDWARE },
	{ 3, "@rawio", VALUE_TEXT, RULE_REFUSED, 0, NULL, HARDWARE },
	{ 3, "@sgio", VALUE_TEXT, RULE_REFUSED, 0, NULL, HARDWARE },
	{ 3, "@snapshot", VALUE_TEXT, RULE_REFUSED, 0, NULL, "there are no snapshots" },
	{ 3, "driver", VALUE_RAW, RULE_REFUSED, 0, NULL, "the device is given as it is" },
	{ 3, "auth", VALUE_RAW, RULE_REFUSED },
	{ 3, "source", VALUE_NONE, RULE_HONOURED },
	{ 4, "@dev", VALUE_PATH, RULE_HONOURED },
	{ 3, "backingStore", VALUE_RAW, RULE_REFUSED },
	{ 3, "backenddomain", VALUE_RAW, RULE_REFUSED },
	{ 3, "geometry", VALUE_RAW, RULE_REFUSED, 0, NULL, HARDWARE },
	{ 3, "blockio", VALUE_RAW, RULE_REFUSED, 0, NULL, HARDWARE },
	{ 3, "mirror", VALUE_RAW, RULE_REFUSED },
	{ 3, "target", VALUE_NONE, RULE_HONOURED, RULE_REQUIRED },
	{ 4, "@dev", VALUE_TEXT, RULE_HONOURED, RULE_REQUIRED },
	{ 4, "@bus", VALUE_TEXT, RULE_KEPT },
	{ 4, "@tray", VALUE_TEXT, RULE_REFUSED },
	{ 4, "@removable", VALUE_TEXT, RULE_REFUSED },
	{ 4, "@rotation_rate", VALUE_TEXT, RULE_REFUSED },
	{ 3, "iotune", VALUE_RAW, RULE_REFUSED, 0, NULL, "use <blkiotune>" },
	{ 3, "readonly", VALUE_NONE, RULE_HONOURED },
	{ 3, "shareable", VALUE_NONE, RULE_KEPT },
	{ 3, "transient", VALUE_RAW, RULE_REFUSED, 0, NULL, "what is written stays" },
	{ 3, "serial", VALUE_TEXT, RULE_KEPT },
	{ 3, "wwn", VALUE_TEXT, RULE_KEPT },
	{ 3, "vendor", VALUE_TEXT, RULE_KEPT },
	{ 3, "product", VALUE_TEXT, RULE_KEPT },
	{ 3, "encryption", VALUE_RAW, RULE_REFUSED, 0, NULL, "open the device on the host" },
	DEVICE_INFORMATION(3),
	{ 2, "controller", VALUE_RAW, RULE_REFUSED, RULE_MANY, NULL, HARDWARE },
	{ 2, "lease", VALUE_RAW, RULE_REFUSED, RULE_MANY, NULL, "there is no lock manager" },
	{ 2, "filesystem", VALUE_NONE, RULE_HONOURED, RULE_MANY },
	{ 3, "@type", VALUE_ENUM, RULE_HONOURED, 0, "mount block file ram bind | template volume",
		"=Unexpected filesystem type" },
	{ 3, "@accessmode", VALUE_ENUM, RULE_HONOURED, 0, "passthrough | mapped squash",
		"files keep their owners: passthrough is" },
	{ 3, "@model", VALUE_TEXT, RULE_REFUSED, 0, NULL, HARDWARE },
	{ 3, "@multidevs", VALUE_ENUM, RULE_REFUSED, 0, "default remap forbid warn" },
	{ 3, "@fmode", VALUE_TEXT, RULE_REFUSED, 0, NULL, "files keep their modes" },
	{ 3, "@dmode", VALUE_TEXT, RULE_REFUSED, 0, NULL, "directories keep their modes" },
	{ 3, "driver", VALUE_NONE, RULE_HONOURED },
	{ 4, "@type", VALUE_ENUM, RULE_HONOURED, 0, "loop path | handle nbd ploop mtp virtiofs",
		"convert the image: qemu-img convert -O raw, then type='loop' format='raw'" },
	{ 4, "@format", VALUE_ENUM, RULE_HONOURED, 0,
		"raw | dir bochs cloop dmg iso vpc vdi vhd ploop cow qcow qcow2 qed vmdk fat luks",
		"convert the image: qemu-img convert -O raw, then type='loop' format='raw'" },
	{ 4, "@wrpolicy", VALUE_ENUM, RULE_REFUSED, 0, "default immediate" },
	{ 4, "@queue", VALUE_TEXT, RULE_REFUSED },
	{ 3, "binary", VALUE_RAW, RULE_REFUSED },
	{ 3, "source", VALUE_NONE, RULE_HONOURED },
	{ 4, "@dir", VALUE_PATH, RULE_HONOURED },
	{ 4, "@file", VALUE_PATH, RULE_HONOURED },
	{ 4, "@dev", VALUE_PATH, RULE_HONOURED },
	{ 4, "@name", VALUE_TEXT, RULE_KEPT }, /* of a template, which is refused */
	{ 4, "@usage", VALUE_SIZE, RULE_HONOURED, 0, "units KiB" },
	{ 4, "@units", VALUE_TEXT, RULE_HONOURED },
	{ 4, "@pool", VALUE_TEXT, RULE_KEPT },
	{ 4, "@volume", VALUE_TEXT, RULE_KEPT },
	{ 4, "@socket", VALUE_TEXT, RULE_REFUSED },
	{ 3, "target", VALUE_NONE, RULE_HONOURED, RULE_REQUIRED },
	{ 4, "@dir", VALUE_PATH, RULE_HONOURED, RULE_REQUIRED },
	{ 3, "readonly", VALUE_NONE, RULE_HONOURED },
	DEVICE_INFORMATION(3),
	{ 3, "space_hard_limit", VALUE_SIZE, RULE_REFUSED, 0, "unit bytes",
		"directories have no limit of their own; use an image, or a file system of its "
		"own" },
	{ 4, "@unit", VALUE_TEXT, RULE_HONOURED },
	{ 3, "space_soft_limit", VALUE_SIZE, RULE_REFUSED, 0, "unit bytes",
		"directories have no limit of their own; use an image, or a file system of its "
		"own" },
	{ 4, "@unit", VALUE_TEXT, RULE_HONOURED },
	{ 2, "interface", VALUE_NONE, RULE_HONOURED, RULE_MANY },
	{ 3, "@type", VALUE_ENUM, RULE_HONOURED, RULE_REQUIRED,
		"network bridge direct ethernet | user vhostuser server client mcast internal "
		"hostdev udp vdpa null vds",
		"=Unsupported network type" },
	{ 3, "@managed", VALUE_TEXT, RULE_REFUSED },
	{ 3, "@trustGuestRxFilters", VALUE_TEXT, RULE_REFUSED, 0, NULL, HARDWARE },
	{ 3, "mac", VALUE_NONE, RULE_HONOURED },
	{ 4, "@address", VALUE_MAC, RULE_HONOURED, RULE_REQUIRED },
	{ 4, "@type", VALUE_TEXT, RULE_KEPT },
	{ 4, "@check", VALUE_TEXT, RULE_KEPT },
	{ 3, "source", VALUE_NONE, RULE_HONOURED },
	{ 4, "@network", VALUE_TEXT, RULE_HONOURED },
	{ 4, "@portgroup", VALUE_TEXT, RULE_REFUSED, 0, NULL, "networks have no port groups" },
	{ 4, "@portid", VALUE_TEXT, RULE_OUTPUT },
	{ 4, "@bridge", VALUE_TEXT, RULE_HONOURED },
	{ 4, "@dev", VALUE_TEXT, RULE_HONOURED },
	{ 4, "@mode", VALUE_ENUM, RULE_HONOURED, 0, "vepa private bridge passthrough" },
	{ 4, "ip", VALUE_RAW, RULE_REFUSED, RULE_MANY, NULL,
		"addresses of the host's side are not set; do it on the host" },
	{ 4, "route", VALUE_RAW, RULE_REFUSED, RULE_MANY, NULL,
		"routes of the host's side are not set; do it on the host" },
	{ 3, "vlan", VALUE_RAW, RULE_REFUSED, 0, NULL, SHAPING },
	{ 3, "virtualport", VALUE_RAW, RULE_REFUSED, 0, NULL,
		"profiles of a port are not supported" },
	{ 3, "bandwidth", VALUE_RAW, RULE_REFUSED, 0, NULL, SHAPING },
	{ 3, "port", VALUE_NONE, RULE_HONOURED },
	{ 4, "@isolated", VALUE_ENUM, RULE_HONOURED, 0, "no yes" },
	ADDRESSES(3),
	{ 3, "portForward", VALUE_RAW, RULE_REFUSED, RULE_MANY, NULL, "ports are not forwarded" },
	{ 3, "script", VALUE_RAW, RULE_REFUSED, 0, NULL, "scripts are not run on the host" },
	{ 3, "downscript", VALUE_RAW, RULE_REFUSED, 0, NULL, "scripts are not run on the host" },
	{ 3, "backenddomain", VALUE_RAW, RULE_REFUSED },
	{ 3, "target", VALUE_NONE, RULE_HONOURED },
	{ 4, "@dev", VALUE_TEXT, RULE_HONOURED },
	{ 4, "@managed", VALUE_TEXT, RULE_REFUSED },
	{ 3, "guest", VALUE_NONE, RULE_HONOURED },
	{ 4, "@dev", VALUE_TEXT, RULE_HONOURED },
	{ 4, "@actual", VALUE_TEXT, RULE_OUTPUT },
	{ 3, "model", VALUE_RAW, RULE_KEPT },
	{ 3, "driver", VALUE_RAW, RULE_REFUSED, 0, NULL, HARDWARE },
	{ 3, "backend", VALUE_RAW, RULE_REFUSED, 0, NULL, HARDWARE },
	{ 3, "filterref", VALUE_RAW, RULE_REFUSED, 0, NULL,
		"filters are not libvirt's; a network of its own limits what a container reaches" },
	{ 3, "tune", VALUE_RAW, RULE_REFUSED, 0, NULL, SHAPING },
	{ 3, "teaming", VALUE_RAW, RULE_REFUSED, 0, NULL, HARDWARE },
	{ 3, "link", VALUE_NONE, RULE_HONOURED },
	{ 4, "@state", VALUE_ENUM, RULE_HONOURED, 0, "up | down",
		"an interface that is down cannot be had; leave it out" },
	{ 3, "mtu", VALUE_NONE, RULE_HONOURED },
	{ 4, "@size", VALUE_UNSIGNED, RULE_HONOURED, RULE_REQUIRED, "65535" },
	{ 3, "coalesce", VALUE_RAW, RULE_REFUSED, 0, NULL, HARDWARE },
	DEVICE_INFORMATION(3),
	HARDWARE_DEVICE("smartcard"),
	HARDWARE_DEVICE("serial"),
	HARDWARE_DEVICE("parallel"),
	{ 2, "console", VALUE_NONE, RULE_HONOURED, RULE_MANY },
	{ 3, "@type", VALUE_ENUM, RULE_HONOURED, RULE_REQUIRED,
		"pty | null vc dev file pipe stdio udp tcp unix spicevmc spiceport nmdm "
		"qemu-vdagent "
		"dbus",
		"!Only PTY console types are supported" },
	{ 3, "@tty", VALUE_TEXT, RULE_OUTPUT },
	{ 3, "source", VALUE_RAW, RULE_KEPT }, /* of a pty: output */
	{ 3, "protocol", VALUE_RAW, RULE_REFUSED },
	{ 3, "log", VALUE_RAW, RULE_REFUSED },
	{ 3, "target", VALUE_NONE, RULE_HONOURED },
	{ 4, "@type", VALUE_ENUM, RULE_HONOURED, 0,
		"lxc serial | xen uml virtio openvz sclp sclplm", "lxc is" },
	{ 4, "@port", VALUE_UNSIGNED, RULE_HONOURED, 0, "65535" },
	DEVICE_INFORMATION(3),
	HARDWARE_DEVICE("channel"),
	HARDWARE_DEVICE("input"),
	HARDWARE_DEVICE("tpm"),
	HARDWARE_DEVICE("graphics"),
	HARDWARE_DEVICE("sound"),
	HARDWARE_DEVICE("audio"),
	HARDWARE_DEVICE("video"),
	{ 2, "hostdev", VALUE_NONE, RULE_HONOURED, RULE_MANY },
	{ 3, "@mode", VALUE_ENUM, RULE_HONOURED, RULE_REQUIRED, "capabilities | subsystem",
		"give the device's node by mode='capabilities'" },
	{ 3, "@type", VALUE_ENUM, RULE_HONOURED, RULE_REQUIRED,
		"storage misc net | usb pci scsi scsi_host mdev" },
	{ 3, "@managed", VALUE_TEXT, RULE_KEPT },
	{ 3, "@sgio", VALUE_TEXT, RULE_REFUSED },
	{ 3, "@rawio", VALUE_TEXT, RULE_REFUSED },
	{ 3, "@model", VALUE_TEXT, RULE_REFUSED },
	{ 3, "source", VALUE_NONE, RULE_HONOURED, RULE_REQUIRED },
	{ 4, "block", VALUE_PATH, RULE_HONOURED },
	{ 4, "char", VALUE_PATH, RULE_HONOURED },
	{ 4, "interface", VALUE_TEXT, RULE_HONOURED },
	{ 4, "vendor", VALUE_RAW, RULE_REFUSED },
	{ 4, "product", VALUE_RAW, RULE_REFUSED },
	{ 4, "address", VALUE_RAW, RULE_REFUSED },
	ADDRESSES(3),
	{ 3, "teaming", VALUE_RAW, RULE_REFUSED, 0, NULL, HARDWARE },
	{ 3, "readonly", VALUE_NONE, RULE_HONOURED },
	{ 3, "shareable", VALUE_NONE, RULE_KEPT },
	DEVICE_INFORMATION(3),
	HARDWARE_DEVICE("redirdev"),
	HARDWARE_DEVICE("redirfilter"),
	HARDWARE_DEVICE("hub"),
	HARDWARE_DEVICE("watchdog"),
	HARDWARE_DEVICE("memballoon"),
	HARDWARE_DEVICE("rng"),
	HARDWARE_DEVICE("nvram"),
	HARDWARE_DEVICE("panic"),
	HARDWARE_DEVICE("shmem"),
	HARDWARE_DEVICE("memory"),
	HARDWARE_DEVICE("iommu"),
	HARDWARE_DEVICE("vsock"),
	HARDWARE_DEVICE("crypto"),
	{ 1, "seclabel", VALUE_NONE, RULE_HONOURED, RULE_MANY },
	{ 2, "@type", VALUE_ENUM, RULE_HONOURED, 0, "dynamic static none" },
	{ 2, "@model", VALUE_TEXT, RULE_HONOURED },
	{ 2, "@relabel", VALUE_ENUM, RULE_HONOURED, 0, "yes no" },
	{ 2, "label", VALUE_TEXT, RULE_HONOURED },
	{ 2, "imagelabel", VALUE_TEXT, RULE_OUTPUT },
	{ 2, "baselabel", VALUE_TEXT, RULE_HONOURED },
	{ 1, "keywrap", VALUE_RAW, RULE_REFUSED, 0, NULL, HARDWARE },
	{ 1, "launchSecurity", VALUE_RAW, RULE_REFUSED, 0, NULL, HARDWARE },
	{ 1, "lxc:namespace", VALUE_NONE, RULE_HONOURED },
	SHARED_NAMESPACE("lxc:sharenet"),
	SHARED_NAMESPACE("lxc:shareipc"),
	SHARED_NAMESPACE("lxc:shareuts"),
};

const size_t rules_count = ARRAY_SIZE(rules);

const Rule *rule_root(void)
{
	return rules;
}

const Rule *rule_first(const Rule *rule)
{
	const Rule *next = rule + 1;

	return next < rules + rules_count && next->depth > rule->depth ? next : NULL;
}

const Rule *rule_next(const Rule *rule)
{
	const Rule *next = rule + 1;

	while (next < rules + rules_count && next->depth > rule->depth)
		next++;
	return next < rules + rules_count && next->depth == rule->depth ? next : NULL;
}

const Rule *rule_below(const Rule *rule, const char *name)
{
	for (const Rule *r = rule ? rule_first(rule) : NULL; r; r = rule_next(r))
		if (strcmp(r->name, name) == 0 ||
			((r->flags & RULE_ANY_NAME) && capability_index(name, NULL) >= 0))
			return r;
	return NULL;
}

static const struct {
	const char *name;
	unsigned int number;
} capabilities[] = {
	{ "audit_control", CAP_AUDIT_CONTROL },
	{ "audit_write", CAP_AUDIT_WRITE },
	{ "block_suspend", CAP_BLOCK_SUSPEND },
	{ "chown", CAP_CHOWN },
	{ "dac_override", CAP_DAC_OVERRIDE },
	{ "dac_read_search", CAP_DAC_READ_SEARCH },
	{ "fowner", CAP_FOWNER },
	{ "fsetid", CAP_FSETID },
	{ "ipc_lock", CAP_IPC_LOCK },
	{ "ipc_owner", CAP_IPC_OWNER },
	{ "kill", CAP_KILL },
	{ "lease", CAP_LEASE },
	{ "linux_immutable", CAP_LINUX_IMMUTABLE },
	{ "mac_admin", CAP_MAC_ADMIN },
	{ "mac_override", CAP_MAC_OVERRIDE },
	{ "mknod", CAP_MKNOD },
	{ "net_admin", CAP_NET_ADMIN },
	{ "net_bind_service", CAP_NET_BIND_SERVICE },
	{ "net_broadcast", CAP_NET_BROADCAST },
	{ "net_raw", CAP_NET_RAW },
	{ "setgid", CAP_SETGID },
	{ "setfcap", CAP_SETFCAP },
	{ "setpcap", CAP_SETPCAP },
	{ "setuid", CAP_SETUID },
	{ "sys_admin", CAP_SYS_ADMIN },
	{ "sys_boot", CAP_SYS_BOOT },
	{ "sys_chroot", CAP_SYS_CHROOT },
	{ "sys_module", CAP_SYS_MODULE },
	{ "sys_nice", CAP_SYS_NICE },
	{ "sys_pacct", CAP_SYS_PACCT },
	{ "sys_ptrace", CAP_SYS_PTRACE },
	{ "sys_rawio", CAP_SYS_RAWIO },
	{ "sys_resource", CAP_SYS_RESOURCE },
	{ "sys_time", CAP_SYS_TIME },
	{ "sys_tty_config", CAP_SYS_TTY_CONFIG },
	{ "syslog", CAP_SYSLOG },
	{ "wake_alarm", CAP_WAKE_ALARM },
};

int capability_index(const char *name, unsigned int *ret_number)
{
	for (size_t i = 0; i < ARRAY_SIZE(capabilities); i++)
		if (strcmp(capabilities[i].name, name) == 0) {
			if (ret_number)
				*ret_number = capabilities[i].number;
			return (int)i;
		}
	return -1;
}

const char *capability_name(size_t index)
{
	return index < ARRAY_SIZE(capabilities) ? capabilities[index].name : NULL;
}
