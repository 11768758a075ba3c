/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The members of a Spec, in the order in which they are written.
 */
#include "engine/spec/spec-table.h"

#include "base/capability-names.h"

#define AT(type, member) .offset = offsetof(type, member)

static const char *const mapping_names[] = { "none", "container", "own", NULL };
static const char *const propagation_names[] = { "private", "slave", "shared", "unbindable", NULL };
static const char *const root_names[] = { "tmpfs", "directory", "image", "overlay", "host", NULL };
static const char *const role_names[] = { "lower", "upper", "work", NULL };
static const char *const mount_names[] = { "bind", "inside", "image", "tmpfs", "devpts", "mqueue",
	"proc", "sysfs", "cgroup", "directory", "file", "link", NULL };
static const char *const mount_flag_names[] = { "readonly", "nosuid", "nodev", "noexec",
	"recursive", "follow", "optional", "make", "socket", "keep-label", "noatime", "nosymfollow",
	"walk", "kept", "yield", "begin", NULL };
static const char *const copy_form_names[] = { "content", "resolver", "host-resolver", "empty",
	NULL };
static const char *const filter_names[] = { "narrow", "narrow-network", "wide", "wide-network",
	"narrow-dhcp", "wide-dhcp", "rules", "none", NULL };
static const char *const action_names[] = { "allow", "errno", "kill-process", "kill-thread", "trap",
	"log", "trace", "notify", NULL };
static const char *const filter_flag_names[] = { "tsync", "log", "spec-allow", "wait-killable-recv",
	NULL };
static const char *const device_names[] = { "character", "block", "fifo", "all", NULL };
static const char *const hook_names[] = { "create-runtime", "create-container", "start-container",
	"poststart", "poststop", NULL };
static const char *const attachment_names[] = { "shared", "bridge", "macvlan", "vlan", "ethernet",
	"hostdev", NULL };
static const char *const keeper_names[] = { "parent", "foreign", NULL };
static const char *const ready_names[] = { "exec", "notify", "units", NULL };
static const char *const after_names[] = { "end", "start", "preserve", NULL };
static const char *const restart_names[] = { "no", "on-failure", "always", NULL };

const char *const spec_comparison_names[] = { "equal", "not-equal", "less", "less-equal", "greater",
	"greater-equal", "masked-equal", NULL };

static const SpecMember container_members[] = {
	{ "name", SPEC_TEXT, AT(Spec, name) },
	{ "bundle", SPEC_TEXT, AT(Spec, bundle) },
	{ "users", SPEC_MAP, AT(Spec, users) },
	{ "groups", SPEC_MAP, AT(Spec, groups) },
};

static const SpecMember namespace_members[] = {
	{ "mount", SPEC_NAMESPACE, AT(SpecNamespaces, mount) },
	{ "user", SPEC_NAMESPACE, AT(SpecNamespaces, user) },
	{ "pid", SPEC_NAMESPACE, AT(SpecNamespaces, pid) },
	{ "ipc", SPEC_NAMESPACE, AT(SpecNamespaces, ipc) },
	{ "uts", SPEC_NAMESPACE, AT(SpecNamespaces, uts) },
	{ "cgroup", SPEC_NAMESPACE, AT(SpecNamespaces, cgroup) },
	{ "network", SPEC_NAMESPACE, AT(SpecNamespaces, network) },
	{ "time", SPEC_NAMESPACE, AT(SpecNamespaces, time) },
};

static const SpecMember root_members[] = {
	{ "kind", SPEC_ENUM, AT(SpecRoot, kind), root_names },
	{ "source", SPEC_TEXT, AT(SpecRoot, source) },
	{ "options", SPEC_TEXT, AT(SpecRoot, options) },
	{ "readonly", SPEC_BOOL, AT(SpecRoot, readonly) },
	{ "mapping", SPEC_ENUM, AT(SpecRoot, mapping), mapping_names },
	{ "users", SPEC_MAP, AT(SpecRoot, users) },
	{ "groups", SPEC_MAP, AT(SpecRoot, groups) },
	{ "propagation", SPEC_ENUM, AT(SpecRoot, propagation), propagation_names },
};

static const SpecMember layer_members[] = {
	{ "role", SPEC_ENUM, AT(SpecLayer, role), role_names },
	{ "source", SPEC_TEXT, AT(SpecLayer, source) },
	{ "mapping", SPEC_ENUM, AT(SpecLayer, mapping), mapping_names },
	{ "users", SPEC_MAP, AT(SpecLayer, users) },
	{ "groups", SPEC_MAP, AT(SpecLayer, groups) },
};

static const SpecMember mount_members[] = {
	{ "kind", SPEC_ENUM, AT(SpecMount, kind), mount_names },
	{ "target", SPEC_TEXT, AT(SpecMount, target) },
	{ "source", SPEC_TEXT, AT(SpecMount, source) },
	{ "below", SPEC_TEXT, AT(SpecMount, below) },
	{ "parts", SPEC_LIST, AT(SpecMount, parts) },
	{ "options", SPEC_TEXT, AT(SpecMount, options) },
	{ "flags", SPEC_FLAGS, AT(SpecMount, flags), mount_flag_names },
	{ "propagation", SPEC_ENUM, AT(SpecMount, propagation), propagation_names },
	{ "mapping", SPEC_ENUM, AT(SpecMount, mapping), mapping_names },
	{ "users", SPEC_MAP, AT(SpecMount, users) },
	{ "groups", SPEC_MAP, AT(SpecMount, groups) },
	{ "mode", SPEC_MODE, AT(SpecMount, mode) },
	{ "text", SPEC_TEXT, AT(SpecMount, text) },
};

static const SpecMember path_members[] = {
	{ "hidden", SPEC_LIST, AT(SpecPaths, hidden) },
	{ "readonly", SPEC_LIST, AT(SpecPaths, readonly) },
	{ "writable", SPEC_LIST, AT(SpecPaths, writable) },
};

static const SpecMember device_members[] = {
	{ "path", SPEC_TEXT, AT(SpecDevice, path) },
	{ "type", SPEC_ENUM, AT(SpecDevice, type), device_names },
	{ "major", SPEC_NUMBER, AT(SpecDevice, major) },
	{ "minor", SPEC_NUMBER, AT(SpecDevice, minor) },
	{ "mode", SPEC_MODE, AT(SpecDevice, mode) },
	{ "user", SPEC_NUMBER, AT(SpecDevice, user) },
	{ "group", SPEC_NUMBER, AT(SpecDevice, group) },
	{ "made", SPEC_BOOL, AT(SpecDevice, made) },
};

static const SpecMember device_rule_members[] = {
	{ "allow", SPEC_BOOL, AT(SpecDeviceRule, allow) },
	{ "type", SPEC_ENUM, AT(SpecDeviceRule, type), device_names },
	{ "major", SPEC_SIGNED, AT(SpecDeviceRule, major) },
	{ "minor", SPEC_SIGNED, AT(SpecDeviceRule, minor) },
	{ "access", SPEC_TEXT, AT(SpecDeviceRule, access) },
};

static const SpecMember process_members[] = {
	{ "program", SPEC_TEXT, AT(SpecProcess, program) },
	{ "paths", SPEC_LIST, AT(SpecProcess, paths) },
	{ "argv", SPEC_LIST, AT(SpecProcess, argv) },
	{ "environment", SPEC_LIST, AT(SpecProcess, environment) },
	{ "first-environment", SPEC_LIST, AT(SpecProcess, first_environment) },
	{ "directory", SPEC_TEXT, AT(SpecProcess, directory) },
	{ "host-name", SPEC_TEXT, AT(SpecProcess, host_name) },
	{ "domain-name", SPEC_TEXT, AT(SpecProcess, domain_name) },
	{ "user", SPEC_NUMBER, AT(SpecProcess, user) },
	{ "group", SPEC_NUMBER, AT(SpecProcess, group) },
	{ "groups", SPEC_NUMBERS, AT(SpecProcess, groups) },
	{ "umask", SPEC_MODE, AT(SpecProcess, umask) },
	{ "terminal", SPEC_BOOL, AT(SpecProcess, terminal) },
	{ "terminals", SPEC_NUMBER, AT(SpecProcess, terminals) },
	{ "rows", SPEC_NUMBER, AT(SpecProcess, rows) },
	{ "columns", SPEC_NUMBER, AT(SpecProcess, columns) },
};

static const SpecMember capability_members[] = {
	{ "bounding", SPEC_BITS, AT(SpecCapabilities, bounding), capability_names },
	{ "permitted", SPEC_BITS, AT(SpecCapabilities, permitted), capability_names },
	{ "effective", SPEC_BITS, AT(SpecCapabilities, effective), capability_names },
	{ "inheritable", SPEC_BITS, AT(SpecCapabilities, inheritable), capability_names },
	{ "ambient", SPEC_BITS, AT(SpecCapabilities, ambient), capability_names },
};

static const SpecMember filter_members[] = {
	{ "no-new-privileges", SPEC_BOOL, AT(SpecFilter, no_new_privileges) },
	{ "kind", SPEC_ENUM, AT(SpecFilter, kind), filter_names },
	{ "otherwise", SPEC_ENUM, AT(SpecFilter, otherwise), action_names },
	{ "error", SPEC_NUMBER, AT(SpecFilter, error) },
	{ "architectures", SPEC_LIST, AT(SpecFilter, architectures) },
	{ "flags", SPEC_FLAGS, AT(SpecFilter, flags), filter_flag_names },
	{ "listener", SPEC_TEXT, AT(SpecFilter, listener) },
	{ "listener-data", SPEC_TEXT, AT(SpecFilter, listener_data) },
};

static const SpecMember filter_rule_members[] = {
	{ "calls", SPEC_LIST, AT(SpecFilterRule, calls) },
	{ "action", SPEC_ENUM, AT(SpecFilterRule, action), action_names },
	{ "error", SPEC_NUMBER, AT(SpecFilterRule, error) },
	{ "arguments", SPEC_ARGUMENTS, AT(SpecFilterRule, arguments) },
};

static const SpecMember limit_members[] = {
	{ "name", SPEC_TEXT, AT(SpecLimit, name) },
	{ "soft", SPEC_LARGE, AT(SpecLimit, soft) },
	{ "hard", SPEC_LARGE, AT(SpecLimit, hard) },
};

static const SpecMember scheduling_members[] = {
	{ "policy", SPEC_TEXT, AT(SpecScheduling, policy) },
	{ "nice", SPEC_SIGNED, AT(SpecScheduling, nice) },
	{ "priority", SPEC_SIGNED, AT(SpecScheduling, priority) },
	{ "runtime", SPEC_LARGE, AT(SpecScheduling, runtime) },
	{ "deadline", SPEC_LARGE, AT(SpecScheduling, deadline) },
	{ "period", SPEC_LARGE, AT(SpecScheduling, period) },
	{ "flags", SPEC_NUMBER, AT(SpecScheduling, flags) },
	{ "io-class", SPEC_TEXT, AT(SpecScheduling, io_class) },
	{ "io-priority", SPEC_NUMBER, AT(SpecScheduling, io_priority) },
	{ "affinity", SPEC_TEXT, AT(SpecScheduling, affinity) },
	{ "memory-nodes", SPEC_TEXT, AT(SpecScheduling, memory_nodes) },
	{ "oom-score", SPEC_SIGNED, AT(SpecScheduling, oom_score) },
	{ "keep-keyring", SPEC_BOOL, AT(SpecScheduling, keep_keyring) },
	{ "personality", SPEC_TEXT, AT(SpecScheduling, personality) },
};

static const SpecMember setting_members[] = {
	{ "key", SPEC_TEXT, AT(SpecSetting, key) },
	{ "value", SPEC_TEXT, AT(SpecSetting, value) },
};

static const SpecMember cgroup_members[] = {
	{ "path", SPEC_TEXT, AT(SpecCgroup, path) },
	{ "delegate", SPEC_BOOL, AT(SpecCgroup, delegate) },
	{ "depth", SPEC_NUMBER, AT(SpecCgroup, depth) },
	{ "descendants", SPEC_NUMBER, AT(SpecCgroup, descendants) },
	{ "socket-rules", SPEC_LIST, AT(SpecCgroup, socket_rules) },
};

static const SpecMember resource_members[] = {
	{ "memory", SPEC_LARGE, AT(SpecResources, memory) },
	{ "cpu-milli", SPEC_LARGE, AT(SpecResources, cpu_milli) },
	{ "pids", SPEC_LARGE, AT(SpecResources, pids) },
	{ "io-weight", SPEC_LARGE, AT(SpecResources, io_weight) },
};

static const SpecMember hook_members[] = {
	{ "point", SPEC_ENUM, AT(SpecHook, point), hook_names },
	{ "path", SPEC_TEXT, AT(SpecHook, path) },
	{ "argv", SPEC_LIST, AT(SpecHook, argv) },
	{ "environment", SPEC_LIST, AT(SpecHook, environment) },
	{ "timeout", SPEC_NUMBER, AT(SpecHook, timeout) },
};

static const SpecMember network_members[] = {
	{ "kind", SPEC_ENUM, AT(Attachment, kind), attachment_names },
	{ "source", SPEC_TEXT, AT(Attachment, source) },
	{ "host-name", SPEC_TEXT, AT(Attachment, host_name) },
	{ "name", SPEC_TEXT, AT(Attachment, name) },
	{ "mac", SPEC_TEXT, AT(Attachment, mac) },
	{ "addresses", SPEC_LIST, AT(Attachment, addresses) },
	{ "peers", SPEC_LIST, AT(Attachment, peers) },
	{ "routes", SPEC_LIST, AT(Attachment, routes) },
	{ "published", SPEC_LIST, AT(Attachment, published) },
	{ "allowed", SPEC_LIST, AT(Attachment, allowed) },
	{ "egress", SPEC_LIST, AT(Attachment, egress) },
	{ "resolvers", SPEC_LIST, AT(Attachment, resolvers) },
	{ "mode", SPEC_TEXT, AT(Attachment, mode) },
	{ "vlan", SPEC_NUMBER, AT(Attachment, vlan) },
	{ "mtu", SPEC_NUMBER, AT(Attachment, mtu) },
	{ "rate-in", SPEC_NUMBER, AT(Attachment, rate_in) },
	{ "rate-out", SPEC_NUMBER, AT(Attachment, rate_out) },
	{ "lease", SPEC_BOOL, AT(Attachment, lease) },
	{ "down", SPEC_BOOL, AT(Attachment, down) },
};

static const SpecMember label_members[] = {
	{ "model", SPEC_TEXT, AT(Labels, model) },
	{ "process", SPEC_TEXT, AT(Labels, process) },
	{ "file", SPEC_TEXT, AT(Labels, file) },
	{ "relabel", SPEC_BOOL, AT(Labels, relabel) },
	{ "fixed", SPEC_BOOL, AT(Labels, fixed) },
	{ "own-type", SPEC_BOOL, AT(Labels, custom_type) },
	{ "tree", SPEC_TEXT, AT(Labels, tree) },
	{ "base", SPEC_TEXT, AT(Labels, base) },
	{ "manager", SPEC_BOOL, AT(Labels, manager) },
};

static const SpecMember keep_members[] = {
	{ "keeper", SPEC_ENUM, AT(SpecKeep, keeper), keeper_names },
	{ "ready", SPEC_ENUM, AT(SpecKeep, ready), ready_names },
	{ "units", SPEC_LIST, AT(SpecKeep, units) },
	{ "ready-timeout", SPEC_NUMBER, AT(SpecKeep, ready_timeout) },
	{ "reload-signal", SPEC_TEXT, AT(SpecKeep, reload_signal) },
	{ "reload-answers", SPEC_BOOL, AT(SpecKeep, reload_answers) },
	{ "on-reboot", SPEC_ENUM, AT(SpecKeep, on_reboot), after_names },
	{ "on-poweroff", SPEC_ENUM, AT(SpecKeep, on_poweroff), after_names },
	{ "on-crash", SPEC_ENUM, AT(SpecKeep, on_crash), after_names },
	{ "restart", SPEC_ENUM, AT(SpecKeep, restart), restart_names },
	{ "restart-delay", SPEC_NUMBER, AT(SpecKeep, restart_delay) },
	{ "health", SPEC_LIST, AT(SpecKeep, health) },
	{ "health-interval", SPEC_NUMBER, AT(SpecKeep, health_interval) },
	{ "health-timeout", SPEC_NUMBER, AT(SpecKeep, health_timeout) },
	{ "health-retries", SPEC_NUMBER, AT(SpecKeep, health_retries) },
	{ "log", SPEC_TEXT, AT(SpecKeep, log) },
	{ "held", SPEC_BOOL, AT(SpecKeep, held) },
};

static const SpecMember copy_members[] = {
	{ "source", SPEC_TEXT, AT(SpecCopy, source) },
	{ "target", SPEC_TEXT, AT(SpecCopy, target) },
	{ "mode", SPEC_MODE, AT(SpecCopy, mode) },
	{ "follow", SPEC_BOOL, AT(SpecCopy, follow) },
	{ "form", SPEC_ENUM, AT(SpecCopy, form), copy_form_names },
	{ "lines", SPEC_LIST, AT(SpecCopy, lines) },
};

static const SpecMember stop_members[] = {
	{ "signal", SPEC_TEXT, AT(SpecStop, signal) },
	{ "seconds", SPEC_NUMBER, AT(SpecStop, seconds) },
};

#define ONE(title, table, place, ...)                                                              \
	{                                                                                          \
		.name = title, .members = table, .n_members = ARRAY_SIZE(table), .offset = place,  \
		__VA_ARGS__                                                                        \
	}
#define MANY(title, table, member, ...)                                                            \
	{                                                                                          \
		.name = title, .members = table, .n_members = ARRAY_SIZE(table),                   \
		.offset = offsetof(Spec, member), .count = offsetof(Spec, n_##member),             \
		.size = sizeof(*((Spec *)NULL)->member), __VA_ARGS__                               \
	}

const SpecSection spec_sections[] = {
	ONE("container", container_members, 0),
	ONE("namespaces", namespace_members, offsetof(Spec, namespaces), .process = true),
	ONE("root", root_members, offsetof(Spec, root)),
	MANY("layer", layer_members, layers),
	MANY("mount", mount_members, mounts),
	ONE("paths", path_members, offsetof(Spec, paths)),
	MANY("device", device_members, devices),
	MANY("device-rule", device_rule_members, device_rules),
	ONE("process", process_members, offsetof(Spec, process)),
	ONE("capabilities", capability_members, offsetof(Spec, capabilities), .process = true),
	ONE("filter", filter_members, offsetof(Spec, filter), .process = true),
	MANY("filter-rule", filter_rule_members, filter_rules, .process = true),
	MANY("limit", limit_members, limits, .process = true),
	ONE("scheduling", scheduling_members, offsetof(Spec, scheduling), .process = true),
	MANY("sysctl", setting_members, sysctls),
	ONE("cgroup", cgroup_members, offsetof(Spec, cgroup)),
	ONE("resources", resource_members, offsetof(Spec, resources)),
	MANY("cgroup-value", setting_members, cgroup_values),
	MANY("hook", hook_members, hooks),
	MANY("network", network_members, networks),
	ONE("label", label_members, offsetof(Spec, label)),
	MANY("annotation", setting_members, annotations),
	ONE("keep", keep_members, offsetof(Spec, keep)),
	MANY("copy", copy_members, copies),
	MANY("stop", stop_members, stops),
};

const size_t spec_sections_count = ARRAY_SIZE(spec_sections);
