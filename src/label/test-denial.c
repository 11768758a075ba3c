/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Lines of real logs, and what is said about them.
 */

#include "base/unit-test.h"
#include "label/denial.h"

#define WEB "system_u:system_r:container_t:s0:c1,c2"

static void expect(const char *line, const char *container, const char *owner, const char *sentence)
{
	_cleanup_audit_denial_ AuditDenial denial = {};
	_cleanup_free_ char *text = NULL;

	assert_int_equal(audit_parse(line, &denial), 1);
	assert_int_equal(audit_sentence(&denial, container, owner, &text, NULL), 0);
	assert_string_equal(text, sentence);
}

#define BAD_CONTENT                                                                                \
	"type=AVC msg=audit(1763796123.123:456): avc:  denied  { read open } for  pid=812 "        \
	"comm=\"cat\" path=\"/var/www/html/badcontent\" dev=\"vda\" ino=77 "                       \
	"scontext=system_u:system_r:svirt_lxc_net_t:s0:c1,c2 "                                     \
	"tcontext=system_u:object_r:svirt_lxc_file_t:s0:c3,c4 tclass=file permissive=0"

#define LOST_LABEL                                                                                 \
	"avc:  denied  { read open } for  pid=8 comm=\"cat\" path=\"/var/www/page\" dev=\"vda\" "  \
	"scontext=system_u:system_r:svirt_lxc_net_t:s0:c1,c2 "                                     \
	"tcontext=system_u:object_r:etc_t:s0 tclass=file permissive=0"

TEST(selinux)
{
	expect(BAD_CONTENT, "web", "db",
		"process cat (812) of container web was refused read open on file "
		"/var/www/html/badcontent of container db: containers are kept apart, nothing should allow it");
	expect(BAD_CONTENT, "web", NULL,
		"process cat (812) of container web was refused read open on file "
		"/var/www/html/badcontent labelled system_u:object_r:svirt_lxc_file_t:s0:c3,c4: "
		"the level s0:c3,c4 is not its own, and no rule can allow it; if it should have "
		"the file, \"virt-sandbox-service relabel web\" labels it, where it is the container's");
	expect("audit: type=1400 audit(1.2:3): avc:  denied  { watch } for  pid=1 comm=\"systemd\" path=\"/sys/fs/cgroup\" "
	       "scontext=system_u:system_r:svirt_lxc_net_t:s0:c1,c2 tcontext=system_u:object_r:cgroup_t:s0 tclass=dir permissive=1",
		NULL, NULL,
		"process systemd (1) labelled system_u:system_r:svirt_lxc_net_t:s0:c1,c2 would "
		"have been refused watch on dir /sys/fs/cgroup labelled system_u:object_r:cgroup_t:s0: the rule (allow svirt_lxc_net_t cgroup_t (dir "
		"(watch))) would allow it");
	expect(LOST_LABEL, "web", NULL,
		"process cat (8) of container web was refused read open on file /var/www/page "
		"labelled system_u:object_r:etc_t:s0: the rule (allow svirt_lxc_net_t etc_t (file "
		"(read open))) would allow them; if the file is the container's, it has lost its "
		"label; \"virt-sandbox-service relabel web\" restores it");
	/* The kernel's files have no label on disk. */
	expect("avc:  denied  { write } for  pid=8 comm=\"sh\" name=\"printk\" dev=\"proc\" ino=7 "
	       "scontext=system_u:system_r:svirt_lxc_net_t:s0:c1,c2 tcontext=system_u:object_r:sysctl_kernel_t:s0 tclass=file permissive=0",
		"web", NULL,
		"process sh (8) of container web was refused write on file printk labelled "
		"system_u:object_r:sysctl_kernel_t:s0: the rule (allow svirt_lxc_net_t sysctl_kernel_t (file (write))) would allow it");
	/* Its own level on both sides: nobody else's. */
	expect("avc:  denied  { create } for  pid=1 comm=\"systemd\" scontext=system_u:system_r:svirt_lxc_net_t:s0:c1,c2 "
	       "tcontext=system_u:system_r:svirt_lxc_net_t:s0:c1,c2 tclass=netlink_audit_socket permissive=0",
		"web", "web",
		"process systemd (1) of container web was refused create on netlink_audit_socket "
		"of its own: the rule (allow svirt_lxc_net_t self (netlink_audit_socket (create))) would allow it");
	/* A daemon of the host, whose range reaches the container's level. */
	expect("avc:  denied  { getattr } for  pid=5 comm=\"cron\" path=\"/x\" scontext=system_u:system_r:crond_t:s0-s0:c0.c1023 "
	       "tcontext=system_u:object_r:svirt_lxc_file_t:s0:c1,c2 tclass=dir permissive=0",
		NULL, "web",
		"process cron (5) labelled system_u:system_r:crond_t:s0-s0:c0.c1023 was refused "
		"getattr on dir /x of container web: the rule (allow crond_t svirt_lxc_file_t (dir (getattr))) would allow it");
}

TEST(smack)
{
	expect("type=AVC msg=audit(1.2:3): lsm=SMACK fn=smack_inode_permission action=denied "
	       "subject=\"vss-a\" object=\"host\" requested=rx pid=9 comm=\"ls\" name=\"vs2\" dev=\"vda\" ino=5",
		"a", NULL,
		"process ls (9) of container a was refused rx on vs2 labelled host: the Smack rule \"vss-a host rx\" would allow it");
}

TEST(apparmor)
{
	expect("type=AVC msg=audit(1.2:3): apparmor=\"DENIED\" operation=\"open\" class=\"file\" "
	       "profile=\"vss-web\" name=\"/proc/sysrq-trigger\" pid=4 comm=\"sh\" requested_mask=\"wc\" denied_mask=\"wc\" fsuid=0 ouid=0",
		"web", NULL,
		"process sh (4) of container web was refused open on /proc/sysrq-trigger: a profile of yours that allows it can be given with -s "
		"static,label=PROFILE");
}

TEST(hexadecimal_names)
{
	_cleanup_audit_denial_ AuditDenial denial = {};

	/* "a b", then an escape sequence that must not reach a terminal */
	assert_int_equal(audit_parse("avc:  denied  { read } for  pid=1 comm=6120621B5B326A "
				     "name=\"x\" scontext=a:b:c:s0 tcontext=a:b:c:s0 tclass=file",
				 &denial),
		1);
	assert_string_equal(denial.process, "a b?[2j");
}

TEST(other_lines)
{
	static const char *const others[] = {
		"",
		"type=SYSCALL msg=audit(1.2:3): arch=c000003e syscall=257 success=no",
		"avc:  granted  { read } for  pid=1 scontext=a:b:c:s0",
		"avc:  denied  {",
		"avc:  denied  { read } for  pid=1",
		"apparmor=\"ALLOWED\" operation=\"open\"",
		"lsm=SMACK fn=x action=granted subject=\"a\"",
	};
	_cleanup_audit_denial_ AuditDenial denial = {};

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		assert_int_equal(audit_parse(others[i], &denial), 0);
}

TEST(whose)
{
	_cleanup_audit_denial_ AuditDenial denial = {};

	assert_int_equal(
		audit_parse(
			"avc:  denied  { read } for  pid=1 scontext=system_u:system_r:svirt_lxc_net_t:s0:c1,c2 "
			"tcontext=a:b:c:s0 tclass=file",
			&denial),
		1);
	assert_true(audit_is_of(&denial, WEB));
	assert_false(audit_is_of(&denial, "system_u:system_r:container_t:s0:c1,c3"));
	assert_false(audit_is_of(&denial, "system_u:system_r:svirt_lxc_net_t:s0"));
	assert_false(audit_is_of(&denial, "vss-web"));
	assert_false(audit_target_is_of(&denial, WEB));
}
