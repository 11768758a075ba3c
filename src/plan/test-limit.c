/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a container cannot give: refused or replaced, and what is neither.
 */
#include <stdio.h>
#include <string.h>

#include "base/strv.h"
#include "base/unit-test.h"
#include "plan/plan.h"
#include "plan/rules.h"
#include "plan/test-plan-fixture.h"

static bool contains(const PlanFixture *made, const char *path, const char *text)
{
	const PlanEntry *e = made_entry(made, path);

	return e && e->content && strstr(e->content, text);
}

static const char *const refused_lines[] = {
	"[Unit] ConditionCapability=CAP_SYS_TIME",
	"[Unit] ConditionVirtualization=!container",
	"[Unit] ConditionVirtualization=N",
	"[Unit] ConditionVirtualization=!On",
	"[Service] AmbientCapabilities=CAP_NET_ADMIN CAP_SYS_MODULE",
	"[Service] DeviceAllow=block-sd rw",
	"[Service] DeviceAllow=/dev/net/tun rw",
	"[Service] ExecStartPre=/sbin/modprobe x",
	"[Service] RootImage=/x.raw",
	"[Service] LoadCredentialEncrypted=x:/y",
	"[Service] TTYPath=/dev/tty1",
	"[Service] ExecStart=/usr/sbin/dockerd -H fd://",
	"[Service] ExecStart=+/sbin/mdadm --monitor --scan",
	"[Unit] Requires=network.target proc-fs-nfsd.mount",
	"[Unit] BindsTo=dev-sdb1.device",
	"[Unit] Requires=srv-my\\x2ddata.mount",
	"[Service] ExecStart=/usr/sbin/nft -f /etc/nftables.conf",
	"[Service] ExecStart=/lib/ufw/ufw-init start quiet",
	"[Service] ExecStart=/sbin/ifup -a --read-environment",
	"[Service] ExecStart=/usr/lib/apt/apt.systemd.daily update",
	"[Unit] ConditionPathIsReadWrite=/sys",
	"[Mount] What=hugetlbfs",
	"[Service] ExecStart=/usr/sbin/timemaster -f /etc/linuxptp/timemaster.conf",
	"[Service] ExecStart=/etc/init.d/xl2tpd start",
	"[Service] ExecStart=/sbin/auditd",
	"[Service] User=nosuchuser",
	"[Service] SupplementaryGroups=redis nosuchgroup",
	"[Service] SupplementaryGroups=\"redis\" \"nosuchgroup\"",
	"[Service] ExecStart=\"/usr/sbin/dockerd\" -H fd://",
	"[Service] ExecStart=/sbin/mod\\x70robe x",
	"[Service] ExecStart=+!modprobe x",
	"[Unit] Requires=\"dev-sdb1.device\"",
	"[Service] User=far",
	"[Service] Group=far",
	"[Service] User=100500",
	"[Service] SupplementaryGroups=redis 65536",
	"[Service] IPAddressDeny=nowhere",
	"[Service] RestrictNetworkInterfaces=lo eth0",
	"[Service] SocketBindDeny=tcp:any",
	"[Service] RestrictFileSystems=ext4 tmpfs",
	"[Service] BPFProgram=egress:/sys/fs/bpf/x",
	"[Service] IPIngressFilterPath=/sys/fs/bpf/x",
	"[Service] NFTSet=cgroup:inet:filter:x",
	"[Service] DeviceAllow=/dev/fuse rw",
	"[Service] RootVerity=/x.verity",
	"[Service] SetCredentialEncrypted=x: AAAA",
	"[Socket] ListenSpecial=/dev/input/event0",
};

TEST(refusals)
{
	for (size_t i = 0; i < ARRAY_SIZE(refused_lines); i++) {
		_cleanup_free_ char *text = NULL;
		_cleanup_made_ PlanFixture made = { 0 };

		assert_true(asprintf(&text,
				    "unit x.service asked\n  name x.service\n  %s\n" ACCOUNTS
				    "user far 100500:100500 \"\" /home/far /bin/sh\n"
				    "group far 100500 \ndevice /dev/fuse\n",
				    refused_lines[i]) > 0);
		made = made_with(text, true, NULL, NULL);
		assert_int_equal(made.r, -EOPNOTSUPP);
		assert_null(made.plan);
		assert_non_null(
			strstr(error_message(made.error), "x.service cannot run in a container"));
	}
}

/* docker.socket is nothing without what it starts. */
TEST(refused_with_trigger)
{
	static const char *const sockets[] = { "x.socket asked\n  name x.socket\n",
		"y.socket asked\n  name y.socket\n  [Socket] Service=x.service\n",
		"x.timer asked\n  name x.timer\n" };

	for (size_t i = 0; i < ARRAY_SIZE(sockets); i++) {
		_cleanup_free_ char *text = NULL;
		_cleanup_made_ PlanFixture made = { 0 };

		assert_true(
			asprintf(&text,
				"unit %sunit x.service\n  name x.service\n  [Service] ExecStart=/usr/sbin/dockerd\n" ACCOUNTS,
				sockets[i]) > 0);
		made = made_with(text, true, NULL, NULL);
		assert_int_equal(made.r, -EOPNOTSUPP);
		assert_non_null(strstr(
			error_message(made.error), "x.service cannot run in a container: Exec"));
	}
}

/* Notes but for those of rule_type(). */
static size_t notes(const PlanFixture *made)
{
	size_t n = 0;

	for (size_t i = 0; i < made->plan->n_notes; i++) {
		const char *replacement = made->plan->notes[i].replacement;

		n += !replacement || strcmp(replacement, "Type=exec") != 0;
	}
	return n;
}

TEST(not_refused)
{
	static const char text[] = "unit x.service asked\n  name x.service\n"
				   "  [Unit] Requires=tmp.mount -.mount y.socket\n"
				   "  [Service] ExecStart=/usr/bin/my-dockerd\n"
				   "  [Service] ExecStartPre=-/usr/sbin/modprobe x\n"
				   "unit y.socket\n  name y.socket\n"
				   "  [Unit] Requires=proc-fs-nfsd.mount\n" ACCOUNTS;
	_cleanup_made_ PlanFixture made = made_new(text, true);

	assert_int_equal(made.r, 0);
	assert_int_equal(notes(&made), 0);
}

/* The table says what becomes of a directive; here is who does it. */
TEST(table)
{
	for (size_t i = 0; i < directives_count(); i++) {
		const Directive *row = directives_at(i);

		if (rules_refuses(row) && row->fate != FATE_REFUSES && !row->note)
			fail_msg("%s is refused, and the table does not say so", row->key);
		if (row->fate == FATE_REFUSES && !rules_refuses(row))
			fail_msg("the table says that %s is refused: it is not", row->key);
		if ((row->fate == FATE_DROP_IN) != rules_replaces(row))
			fail_msg("%s: the table and the drop-ins differ", row->key);
		if (row->fate == FATE_TELLS && !row->note)
			fail_msg("nothing is told of %s", row->key);
	}
}

TEST(told)
{
	static const struct {
		const char *line, *words; /* NULL: nothing is told */
	} rows[] = {
		{ "[Unit] ConditionHost=web1", NULL },
		{ "[Unit] ConditionHost=!web2", NULL },
		{ "[Unit] ConditionHost=WEB*", NULL },
		{ "[Unit] ConditionHost=web2", "the name inside is the name of the container" },
		{ "[Unit] AssertHost=!web1", "the name inside is the name of the container" },
		{ "[Unit] ConditionSecurity=apparmor", "no security module" },
		{ "[Unit] ConditionSecurity=!selinux", NULL },
		{ "[Unit] ConditionPathIsMountPoint=/data", "decided outside" },
		{ "[Unit] ConditionKernelCommandLine=!quiet", NULL },
		{ "[Socket] ListenStream=10.77.0.5:8088", "addresses of its own" },
		{ "[Socket] ListenDatagram=[2001:db8::5]:53", "addresses of its own" },
		{ "[Socket] ListenStream=8088", NULL },
		{ "[Socket] ListenStream=0.0.0.0:8088", NULL },
		{ "[Socket] ListenStream=127.0.0.1:8088", NULL },
		{ "[Socket] ListenStream=[::]:8088", NULL },
		{ "[Socket] ListenStream=/run/x", NULL },
		{ "[Socket] BindToDevice=ens18", "interfaces of its own" },
		{ "[Socket] BindToDevice=lo", NULL },
		{ "[Socket] SocketProtocol=sctp", "TCP and UDP" },
		{ "[Service] LimitNOFILE=1048576", "no more than the container has" },
		{ "[Service] LimitNOFILE=1024:524288", NULL },
		{ "[Service] LimitMEMLOCK=infinity", "no more than the container has" },
		{ "[Service] LimitMEMLOCK=8M", NULL },
		{ "[Service] LimitRTPRIO=99", "no more than the container has" },
		{ "[Service] LimitCORE=infinity", "no core" },
		{ "[Service] LimitNPROC=4096", NULL },
		{ "[Service] LimitNPROC=infinity", "no more than the container has" },
		{ "[Service] OOMScoreAdjust=-900", "the host's to give" },
		{ "[Service] OOMScoreAdjust=100", NULL },
		{ "[Service] AppArmorProfile=-x", "the label is the container's" },
		{ "[Service] ManagedOOMSwap=kill", "systemd-oomd" },
		{ "[Service] IOReadBandwidthMax=/dev/sda 1M", "no devices of the host" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *text = NULL;
		_cleanup_made_ PlanFixture made = { 0 };

		assert_true(asprintf(&text,
				    "unit x.service asked\n  name x.service\n  package x\n  %s\n"
				    "package x 1 source=x direct\n" ACCOUNTS,
				    rows[i].line) > 0);
		made = made_new(text, true);
		if (strv_length(made.plan->warnings) != (rows[i].words ? 1 : 0))
			fail_msg(
				"%s: %zu warnings", rows[i].line, strv_length(made.plan->warnings));
		if (rows[i].words)
			assert_non_null(strstr(made.plan->warnings[0], rows[i].words));
	}
}

TEST(ignored)
{
	static const char text[] = "unit x.service asked\n  name x.service\n"
				   "  [Service] IPAddressDeny=any\n" ACCOUNTS;
	static const char path[] = "/etc/systemd/system/x.service.d/50-virt-sandbox.conf";
	_cleanup_made_ PlanFixture made = made_ignoring(text, "IPAddressDeny"),
				   other = made_ignoring(text, "AmbientCapabilities"),
				   user = made_ignoring(text, "User"),
				   unknown = made_ignoring(text, "IPAdressDeny");

	assert_int_equal(made.r, 0);
	assert_true(contains(&made, path, "[Service]\nIPAddressDeny=\n"));
	assert_int_equal(notes(&made), 1);
	assert_int_equal(other.r, 0);
	assert_true(strv_contains(other.plan->socket_rules, "IPAddressDeny=any"));
	assert_null(made.plan->socket_rules);
	assert_int_equal(user.r, -EOPNOTSUPP);
	assert_int_equal(unknown.r, -EOPNOTSUPP);
	assert_non_null(strstr(error_message(unknown.error), "--ignore-directive IPAdressDeny"));
}

static const struct {
	const char *own, *other; /* lines of x.service; the unit beside it */
	const char *rules; /* NULL: refused */
} socket_rows[] = {
	{ "[Service] IPAddressAllow=10.0.0.0/8 localhost", "", "" },
	{ "[Service] IPAddressDeny=any\n  [Service] IPAddressAllow=10.0.0.0/8 localhost", "",
		"IPAddressAllow=10.0.0.0/8 IPAddressAllow=localhost IPAddressDeny=any" },
	{ "[Service] RestrictNetworkInterfaces=~lo", "", "RestrictNetworkInterfaces=~lo" },
	{ "[Service] SocketBindDeny=any\n  [Service] SocketBindAllow=tcp:80", "",
		"SocketBindAllow=tcp:80 SocketBindDeny=any" },
	{ "[Service] IPAddressDeny=any", "y.service\n  [Service] ExecStart=/bin/y",
		"/system.slice/x.service IPAddressDeny=any" },
	{ "[Service] IPAddressDeny=any", "y.service\n  [Service] IPAddressDeny=::1",
		"/system.slice/x.service IPAddressDeny=any" },
	{ "[Service] IPAddressDeny=any", "x.socket\n  [Socket] ListenStream=80",
		"/system.slice/x.service IPAddressDeny=any" },
	{ "[Service] ExecStart=/bin/x",
		"x.socket asked\n  name x.socket\n  [Socket] ListenStream=80\n  [Socket] IPAddressDeny=any",
		NULL },
	{ "[Service] IPAddressDeny=any", "x.socket\n  [Socket] ListenStream=/run/x",
		"IPAddressDeny=any" },
	{ "[Service] IPAddressDeny=any", "y.service\n  [Service] IPAddressDeny=any",
		"IPAddressDeny=any" },
	{ "[Service] IPAddressDeny=any", "y.service\n  [Service] PrivateNetwork=yes",
		"IPAddressDeny=any" },
	{ "[Service] IPAddressDeny=any",
		"y.service\n  [Service] RestrictAddressFamilies=AF_UNIX AF_NETLINK",
		"IPAddressDeny=any" },
	{ "[Service] IPAddressDeny=any", "y.service\n  [Service] RestrictAddressFamilies=~AF_UNIX",
		"/system.slice/x.service IPAddressDeny=any" },
	{ "[Service] IPAddressDeny=any\n  [Service] Slice=a-b.slice",
		"y.service\n  [Service] ExecStart=/bin/y",
		"/a.slice/a-b.slice/x.service IPAddressDeny=any" },
	{ "[Service] ExecStart=/bin/x", "a-b.slice\n  [Slice] IPAddressDeny=any",
		"/a.slice/a-b.slice IPAddressDeny=any" },
	{ "[Service] IPAddressDeny=any", "y.timer\n  [Timer] OnBootSec=1", "IPAddressDeny=any" },
	{ "[Service] ExecStart=/bin/x",
		"x@0.service asked\n  name x@0.service\n  [Service] IPAddressDeny=any\n"
		"unit x.socket\n  [Socket] ListenStream=/run/x\n  [Socket] Accept=no",
		"/system.slice/system-x.slice/x@0.service IPAddressDeny=any" },
	{ "[Service] ExecStart=/bin/x",
		"x@0.service asked\n  name x@0.service\n  [Service] IPAddressDeny=any\n"
		"unit x.socket\n  [Socket] ListenStream=/run/x\n  [Socket] Accept=yes",
		NULL },
};

/* What a container keeps from outside is kept of all its units: each that uses the network has to say it. */
TEST(sockets)
{
	for (size_t i = 0; i < ARRAY_SIZE(socket_rows); i++) {
		_cleanup_free_ char *text = NULL, *rules = NULL;
		_cleanup_made_ PlanFixture made = { 0 };

		assert_true(asprintf(&text,
				    "unit x.service asked\n  name x.service\n  %s\n%s%s\n" ACCOUNTS,
				    socket_rows[i].own, *socket_rows[i].other ? "unit " : "",
				    socket_rows[i].other) > 0);
		made = made_with(text, true, NULL, NULL);
		if (made.r != (socket_rows[i].rules ? 0 : -EOPNOTSUPP))
			fail_msg("%s, %s: %d", socket_rows[i].own, socket_rows[i].other, made.r);
		if (!socket_rows[i].rules) {
			assert_non_null(strstr(error_message(made.error),
				"--ignore-directive IPAddressDeny accepts that it does not hold"));
			continue;
		}
		rules = strv_join(made.plan->socket_rules, " ");
		assert_string_equal(rules, socket_rows[i].rules);
	}
}

TEST(capture)
{
	static const char text[] =
		"unit x.service asked\n  name x.service\n  package x\n"
		"unit y.service\n  name y.service\n  package y\n"
		"package x 1 source=x direct\n  depends libc6\n  depends libpcap0.8\n"
		"package y 1 source=y direct\n  depends libpcap0.8\n" ACCOUNTS;
	_cleanup_made_ PlanFixture made = made_new(text, true);

	assert_int_equal(made.r, 0);
	assert_int_equal(strv_length(made.plan->warnings), 1);
	assert_non_null(strstr(made.plan->warnings[0], "x.service depends on libpcap0.8"));
}

TEST(drop_in)
{
	static const char text[] =
		"unit x.service asked\n  path /usr/lib/systemd/system/x.service\n  name x.service\n"
		"  [Service] PrivateUsers=yes\n  [Service] AmbientCapabilities=CAP_IPC_LOCK CAP_NET_ADMIN\n"
		"  [Service] Nice=-5\n  [Service] ExecStart=-/sbin/modprobe x\n" ACCOUNTS;
	_cleanup_made_ PlanFixture made = made_new(text, true);
	static const char path[] = "/etc/systemd/system/x.service.d/50-virt-sandbox.conf";

	made_expect(&made, path, PLAN_FILE, "drop-in");
	assert_true(contains(&made, path, "PrivateUsers=no\n"));
	assert_true(
		contains(&made, path, "AmbientCapabilities=\nAmbientCapabilities=CAP_NET_ADMIN\n"));
	assert_true(contains(&made, path, "Nice=0\n"));
	assert_int_equal(notes(&made), 4);
	assert_string_equal(made.plan->notes[1].directive, "PrivateUsers=yes");
	assert_string_equal(made.plan->notes[1].replacement, "PrivateUsers=no");
	assert_false(made.plan->notes[1].refusal);
}

TEST(network_administration)
{
	static const struct {
		const char *line;
		bool given;
	} rows[] = {
		{ "AmbientCapabilities=CAP_NET_RAW CAP_NET_ADMIN", true },
		{ "CapabilityBoundingSet=cap_net_admin", true },
		{ "CapabilityBoundingSet=~CAP_NET_ADMIN", false },
		{ "CapabilityBoundingSet=CAP_NET_RAW", false },
		{ "ExecStart=/usr/sbin/keepalived --dont-fork", true },
		{ "ExecStart=/usr/sbin/keepalived-exporter", false },
		{ "ExecStart=/usr/sbin/apache2", false },
		{ "ReadWritePaths=/run -/proc/sys/net/ipv4", true },
		{ "ReadWritePaths=/var/lib/x", false },
		{ "ExecStartPre=/sbin/sysctl -w net.ipv4.ip_forward=1", true },
		{ "User=redis", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *text = NULL;
		_cleanup_made_ PlanFixture made = { 0 };

		assert_true(
			asprintf(&text,
				"unit x.service asked\n  name x.service\n  [Service] %s\n" ACCOUNTS,
				rows[i].line) > 0);
		made = made_new(text, true);
		assert_int_equal(
			strv_contains(made.plan->capabilities, "CAP_NET_ADMIN"), rows[i].given);
		assert_int_equal(notes(&made), rows[i].given ? 1 : 0);
		if (rows[i].given)
			assert_string_equal(made.plan->notes[0].directive, rows[i].line);
	}
}

/* systemd calls Type=simple started before it knows whether there is such a program. */
TEST(type)
{
	static const struct {
		const char *lines;
		bool replaced;
	} rows[] = {
		{ "  [Service] ExecStart=/usr/bin/x\n", true },
		{ "  [Service] Type=simple\n  [Service] ExecStart=/usr/bin/x\n", true },
		{ "  [Service] Type=idle\n  [Service] ExecStart=/usr/bin/x\n", true },
		{ "  [Service] Type=notify\n  [Service] Type=simple\n  [Service] ExecStart=/x\n",
			true },
		{ "  [Service] Type=notify\n  [Service] ExecStart=/usr/bin/x\n", false },
		{ "  [Service] Type=oneshot\n  [Service] ExecStart=/usr/bin/x\n", false },
		{ "  [Service] BusName=org.x\n  [Service] ExecStart=/usr/bin/x\n", false },
		{ "  [Service] ExecStop=/usr/bin/x\n", false }, /* oneshot */
	};
	static const char path[] = "/etc/systemd/system/x.service.d/50-virt-sandbox-type.conf";

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *text = NULL;
		_cleanup_made_ PlanFixture made = { 0 };

		assert_true(asprintf(&text, "unit x.service asked\n  name x.service\n%s" ACCOUNTS,
				    rows[i].lines) > 0);
		made = made_new(text, true);
		assert_int_equal(made.r, 0);
		assert_int_equal(made.plan->n_notes, rows[i].replaced ? 1 : 0);
		if (rows[i].replaced)
			assert_true(contains(&made, path, "[Service]\nType=exec\n"));
	}
}

/* Data that is written to while it is copied is no data of any moment. */
TEST(running)
{
	static const char text[] = "unit x.service asked\n  name x.service\n  package x\n"
				   "package x 1 source=x direct\nrunning-unit x.service\n" ACCOUNTS;
	_cleanup_made_ PlanFixture copied = made_new(text, true), fresh = made_new(text, false);

	assert_int_equal(copied.r, 0);
	assert_int_equal(strv_length(copied.plan->warnings), 1);
	assert_non_null(strstr(copied.plan->warnings[0], "x.service runs on this host"));
	STRV_FOREACH (warning, fresh.plan->warnings)
		assert_null(strstr(*warning, "runs on this host"));
}
