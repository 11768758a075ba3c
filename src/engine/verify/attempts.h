/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What virt-sandbox-attempt tries inside, for that program and for the reader of its answers: name, what is claimed, and why that matters. Each is harmless where it
 * succeeds: files are opened and not written, calls have arguments that mean nothing, mounts lie in a namespace of the program's own.
 */
#pragma once

#define ATTEMPTS(X)                                                                                \
	X(fresh_proc, "attempt: mount another /proc", "it would have no masks")                    \
	X(fresh_sysfs, "attempt: mount another /sys", "it would have no masks")                    \
	X(unmask, "attempt: take a mask off /proc", "root inside would see what it covers")        \
	X(remount, "attempt: make a read-only mount writable", "it could change shared files")     \
	X(leave_root, "attempt: leave the root directory", "it would reach the host's files")      \
	X(device, "attempt: make a device and open it", "it could read the host's disks")          \
	X(kernel_memory, "attempt: open the kernel's memory", "it could read everything")          \
	X(kernel_log, "attempt: read the kernel's log", "it tells of the host")                    \
	X(core_pattern, "attempt: open core_pattern for writing",                                  \
		"the host would run a program of the container's choice")                          \
	X(sysrq, "attempt: open sysrq-trigger for writing", "it could reboot the host")            \
	X(own_limits, "attempt: open its own limits for writing", "it could lift them")            \
	X(user_namespace, "attempt: make a user namespace", "most kernel exploits start with one") \
	X(modules, "attempt: load a module", "it would run code in the kernel")                    \
	X(bpf, "attempt: load a BPF program", "it would run code in the kernel")                   \
	X(perf, "attempt: open a performance counter", "it tells of other processes")              \
	X(io_uring, "attempt: set up io_uring", "its requests bypass the filter")                  \
	X(userfaultfd, "attempt: open userfaultfd", "it holds the kernel in the middle of a copy") \
	X(keys, "attempt: use the kernel's keyring", "keys are not all kept apart")                \
	X(handles, "attempt: open a file by its handle", "it would reach files outside the root")  \
	X(set_clock, "attempt: set the clock", "it is the host's")                                 \
	X(terminal, "attempt: push characters into a terminal", "they are typed by the caller")    \
	X(packet_socket, "attempt: open a packet socket",                                          \
		"it could forge and read frames of the network")                                   \
	X(vsock, "attempt: open a socket to the hypervisor", "it bypasses every network rule")     \
	X(crypto_socket, "attempt: open a socket to the kernel's ciphers",                         \
		"CVE-2026-31431 and others start with one")                                        \
	X(filter_rules, "attempt: open netlink for packet filters",                                \
		"it exposes many kernel vulnerabilities")                                          \
	X(label, "attempt: take a label of the host",                                              \
		"the host's policy would no longer confine it")
