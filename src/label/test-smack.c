/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Smack and AppArmor without them: what is written to the kernel's files, on a directory that looks like them.
 */

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/layout.h"
#include "base/path.h"
#include "base/unit-test.h"
#include "label/apparmor-profile.h"
#include "label/driver.h"
#include "label/host-files.h"
#include "label/label-reservation.h"
#include "label/smack-label.h"

typedef struct Fixture {
	char root[32];
	LabelHost host;
} Fixture;

static void put(const Fixture *f, const char *path, const char *text)
{
	_cleanup_free_ char *full = path_join(f->root, path), *parent = strdup(full);

	*strrchr(parent, '/') = '\0';
	assert_int_equal(file_mkdir_p(parent, 0755, NULL), 0);
	assert_int_equal(file_write_atomic(full, text, strlen(text), 0644, NULL), 0);
}

/* The last text that was written; what a shorter one leaves of a longer is cut by its length. */
static void expect(const Fixture *f, const char *path, const char *text)
{
	_cleanup_free_ char *full = path_join(f->root, path), *has = NULL;

	assert_int_equal(file_read(full, &has, NULL, NULL), 0);
	if (strncmp(has, text, strlen(text)) != 0)
		fail_msg("%s has \"%s\" instead of \"%s\"", path, has, text);
}

static int setup(void **state)
{
	Fixture *f = calloc(1, sizeof(*f));

	if (!f)
		return -1;
	strcpy(f->root, "/tmp/test-smack.XXXXXX");
	if (!mkdtemp(f->root))
		return -1;
	f->host = (LabelHost){ .root = f->root, .xattr_prefix = "user.", .memory_prefix = "user." };
	(void)setenv("VIRT_SANDBOX_ROOT", f->root, 1);
	put(f, "/sys/fs/smackfs/load2", "");
	put(f, "/sys/fs/smackfs/netlabel", "10.0.0.0/8 inner\n");
	put(f, "/sys/fs/smackfs/relabel-self", "");
	put(f, "/sys/fs/smackfs/revoke-subject", "");
	put(f, "/proc/1/attr/smack/current", "_");
	put(f, "/proc/thread-self/attr/smack/current", "_");
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	Fixture *f = *state;
	int r = file_remove_tree(AT_FDCWD, f->root, NULL);

	free(f);
	return r;
}

/* What makes a container one: its description. */
static void define(const char *name)
{
	_cleanup_free_ char *path = layout_pathf(LAYOUT_SERVICES, "%s.sandbox", name);

	assert_int_equal(file_mkdir_parent(path, NULL), 0);
	assert_int_equal(file_write_unsynced(path, "", 0, 0600, NULL), 0);
}

static LabelWish service(const char *name)
{
	define(name);
	return (LabelWish){ .container = name, .manager = true };
}

TEST(smack_label)
{
	_cleanup_free_ char *brief = smack_label_of("web1"), *a = NULL, *b = NULL;

	a = smack_label_of("a-rather-long-container-name-1");
	b = smack_label_of("a-rather-long-container-name-2");
	assert_string_equal(brief, "vss-web1");
	assert_int_equal(strlen(a), SMACK_LABEL_MAX);
	assert_string_not_equal(a, b);
	assert_true(smack_label_is_valid(a));
	assert_false(smack_label_is_valid("_"));
	assert_false(smack_label_is_valid("@"));
	assert_false(smack_label_is_valid("-x"));
	assert_false(smack_label_is_valid("a/b"));
	assert_false(smack_label_is_valid("a b"));
	assert_false(smack_label_is_valid(""));
}

TEST_WITH(smack_container, setup, teardown)
{
	const Fixture *f = *state;
	_cleanup_free_ char *path = path_join(f->root, "/proc"), *option = NULL;
	_cleanup_fd_ int proc_fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	_cleanup_label_ Label *label = NULL;
	LabelWish wish = service("web");

	assert_int_equal(label_reserve_on(&f->host, &wish, &label, NULL), 0);
	assert_string_equal(label_model(label), "smack");
	assert_string_equal(label_process(label), "vss-web");
	assert_int_equal(label_load(label, NULL), 0);
	expect(f, "/sys/fs/smackfs/load2", "_ vss-web rwxat");
	expect(f, "/sys/fs/smackfs/netlabel", "127.0.0.0/8 -CIPSO");
	assert_int_equal(label_prepare(label, NULL), 0);
	expect(f, "/sys/fs/smackfs/relabel-self", "vss-web");
	assert_int_equal(label_apply_self(label, proc_fd, NULL), 0);
	expect(f, "/proc/thread-self/attr/smack/current", "vss-web");
	assert_int_equal(label_verify_process(label, proc_fd, 1, NULL), -EACCES);
	put(f, "/proc/1/attr/smack/current", "vss-web");
	assert_int_equal(label_verify_process(label, proc_fd, 1, NULL), 0);
	assert_int_equal(label_mount_option(label, "tmpfs", &option, NULL), 0);
	assert_string_equal(option, "smackfstransmute=vss-web,smackfsdef=vss-web");
	put(f, "/proc/1/attr/smack/current", "System");
	assert_int_equal(label_unload(label, NULL), 0);
	expect(f, "/sys/fs/smackfs/load2", "System vss-web -");
	expect(f, "/sys/fs/smackfs/revoke-subject", "vss-web");
	expect(f, "/sys/fs/smackfs/netlabel", "0.0.0.0/0 -CIPSO"); /* it was the last */
}

TEST_WITH(smack_files, setup, teardown)
{
	const Fixture *f = *state;
	_cleanup_free_ char *program = path_join(f->root, "program"),
			    *directory = path_join(f->root, "sys");
	_cleanup_fd_ int program_fd = -EBADF, directory_fd = open(directory, O_PATH | O_CLOEXEC);
	_cleanup_label_ Label *label = NULL;
	LabelWish wish = service("web");
	char value[32] = "";

	put(f, "/program", "x");
	program_fd = open(program, O_PATH | O_CLOEXEC);
	assert_int_equal(setxattr(program, "user.SMACK64EXEC", "System", 6, 0), 0);
	assert_int_equal(label_reserve_on(&f->host, &wish, &label, NULL), 0);
	assert_int_equal(label_set_fd(label, program_fd, NULL), 0);
	assert_int_equal(label_set_fd(label, directory_fd, NULL), 0);
	assert_int_equal(getxattr(program, "user.SMACK64EXEC", value, sizeof(value)), -1);
	assert_int_equal(getxattr(program, "user.SMACK64", value, sizeof(value)), 7);
	assert_string_equal(value, "vss-web");
	assert_int_equal(getxattr(directory, "user.SMACK64TRANSMUTE", value, sizeof(value)), 4);
}

static void expect_label(const Fixture *f, const char *path, const char *text)
{
	_cleanup_free_ char *full = path_join(f->root, path);
	char has[256] = "";

	if (getxattr(full, "user.SMACK64", has, sizeof(has) - 1) < 0)
		strcpy(has, "none");
	assert_string_equal(has, text);
}

/* Files that it has below its own, which get the label of such files, again where that was lost. */
TEST_WITH(smack_base, setup, teardown)
{
	const Fixture *f = *state;
	_cleanup_free_ char *root = path_join(f->root, "/bases/id/root");
	const Labels labels = { .model = (char *)"smack",
		.process = (char *)"vss-web",
		.file = (char *)"vss-web",
		.base = root };
	const Labels none = { .model = (char *)"none", .base = root };
	_cleanup_label_ Label *label = NULL, *other = NULL;

	put(f, "/bases/id/root/etc/motd", "x");
	assert_int_equal(label_share_tree_on(&f->host, root, NULL), 0);
	expect_label(f, "/bases/id", "vsb-closed");
	expect_label(f, "/bases/id/root", "vsb-base");
	expect_label(f, "/bases/id/root/etc/motd", "vsb-base");
	expect_label(f, "/bases", "none");
	assert_int_equal(label_take_up_on(&f->host, "web", &labels, &label, NULL), 0);
	assert_int_equal(label_repair(label, NULL), 0);
	assert_int_equal(label_load(label, NULL), 0);
	expect(f, "/sys/fs/smackfs/load2", "vsb-base vss-web rwxat");
	assert_int_equal(removexattr(root, "user.SMACK64"), 0);
	assert_int_equal(label_repair(label, NULL), 1);
	expect_label(f, "/bases/id/root", "vsb-base");
	assert_int_equal(label_unload(label, NULL), 0);
	expect(f, "/sys/fs/smackfs/load2", "vsb-base vss-web -");
	assert_int_equal(label_take_up_on(&f->host, "web", &none, &other, NULL), 0);
	assert_int_equal(label_repair(other, NULL), -EOPNOTSUPP);
}

TEST_WITH(smack_refusals, setup, teardown)
{
	const Fixture *f = *state;
	_cleanup_label_ Label *label = NULL, *other = NULL;
	LabelWish wish = service("web");

	wish.level = "s0:c1,c2";
	assert_int_equal(label_reserve_on(&f->host, &wish, &label, NULL), -EINVAL);
	wish.level = NULL;
	wish.fixed = true;
	wish.label = "_";
	assert_int_equal(label_reserve_on(&f->host, &wish, &label, NULL), -EINVAL);
	wish.label = "vsb-base";
	assert_int_equal(label_reserve_on(&f->host, &wish, &label, NULL), -EINVAL);
	wish.label = "shared";
	assert_int_equal(label_reserve_on(&f->host, &wish, &label, NULL), 0);
	wish.container = "other";
	assert_int_equal(label_reserve_on(&f->host, &wish, &other, NULL), -EEXIST);
	assert_int_equal(label_release("web", NULL), 0);
	assert_int_equal(label_reserve_on(&f->host, &wish, &other, NULL), 0);
}

/* A description that was copied by hand, at its start. */
TEST_WITH(smack_confirm, setup, teardown)
{
	const Fixture *f = *state;
	_cleanup_label_ Label *label = NULL, *copy = NULL;
	_cleanup_error_ Error *error = NULL;
	const Labels labels = {
		.model = (char *)"smack", .process = (char *)"vss-web", .file = (char *)"vss-web"
	};

	define("web");
	define("copy");
	assert_int_equal(label_take_up_on(&f->host, "web", &labels, &label, NULL), 0);
	assert_int_equal(label_confirm(label, NULL), 0);
	assert_int_equal(label_confirm(label, NULL), 0);
	assert_int_equal(label_take_up_on(&f->host, "copy", &labels, &copy, NULL), 0);
	assert_int_equal(label_confirm(copy, &error), -EEXIST);
	assert_non_null(strstr(error_message(error), "container web"));
}

/* A command that was killed, and what has been swept up after it. */
TEST_WITH(reservations_of_the_gone, setup, teardown)
{
	const Fixture *f = *state;
	_cleanup_free_ char *path = layout_pathf(LAYOUT_SERVICES, "once.sandbox");
	_cleanup_reserve_ ReserveTable table = { .lock_fd = -EBADF };
	const LabelWish stays = service("stays"), once = service("once");
	_cleanup_label_ Label *one = NULL, *two = NULL;

	assert_int_equal(label_reserve_on(&f->host, &stays, &one, NULL), 0);
	assert_int_equal(label_reserve_on(&f->host, &once, &two, NULL), 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(reserve_load(&table, NULL), 0);
	assert_int_equal(table.n, 1);
	assert_string_equal(table.entries[0].container, "stays");
	assert_string_equal(table.entries[0].text, "vss-stays");
}

TEST_WITH(slash, setup, teardown)
{
	const Fixture *f = *state;
	LabelWish wish = service("web");
	_cleanup_label_ Label *label = NULL;

	wish.fixed = true;
	wish.label = "../locks/x";
	assert_int_equal(label_reserve_on(&f->host, &wish, &label, NULL), -EINVAL);
}

TEST_WITH(apparmor_container, setup, teardown)
{
	const Fixture *f = *state;
	_cleanup_free_ char *path = path_join(f->root, "/proc"),
			    *load2 = path_join(f->root, "/sys/fs/smackfs/load2");
	_cleanup_fd_ int proc_fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	_cleanup_label_ Label *label = NULL, *fixed = NULL;
	LabelWish wish = service("web");

	assert_int_equal(unlink(load2), 0);
	put(f, "/sys/module/apparmor/parameters/enabled", "Y\n");
	put(f, "/sys/kernel/security/apparmor/profiles",
		"other (enforce)\nmine (complain)\nmine2 (enforce)\n");
	put(f, "/sys/kernel/security/apparmor/.remove", "");
	put(f, "/proc/thread-self/attr/apparmor/exec", "");
	put(f, "/proc/5/attr/apparmor/current", "unconfined\n");
	assert_int_equal(label_reserve_on(&f->host, &wish, &label, NULL), 0);
	assert_true(label_sees_old_mounts_only(label));
	assert_string_equal(label_model(label), "apparmor");
	assert_string_equal(label_process(label), "vss-web");
	assert_null(label_file(label));
	assert_int_equal(label_apply_self(label, proc_fd, NULL), 0);
	expect(f, "/proc/thread-self/attr/apparmor/exec", "exec vss-web");
	assert_int_equal(label_verify_process(label, proc_fd, 5, NULL), -EACCES);
	put(f, "/proc/5/attr/apparmor/current", "vss-web (complain)\n");
	assert_int_equal(label_verify_process(label, proc_fd, 5, NULL), -EACCES);
	put(f, "/proc/5/attr/apparmor/current", "vss-web (enforce)\n");
	assert_int_equal(label_verify_process(label, proc_fd, 5, NULL), 0);
	assert_int_equal(label_unload(label, NULL), 0);
	expect(f, "/sys/kernel/security/apparmor/.remove", "vss-web");

	wish.fixed = true;
	wish.label = "mine";
	assert_int_equal(label_reserve_on(&f->host, &wish, &fixed, NULL), 0);
	assert_int_equal(label_load(fixed, NULL), -ENOENT); /* complain mode confines nothing */
	put(f, "/sys/kernel/security/apparmor/profiles", "mine (enforce)\n");
	assert_int_equal(label_load(fixed, NULL), 0);
	fixed = label_free(fixed);
	wish.label = "unconfined";
	assert_int_equal(label_reserve_on(&f->host, &wish, &fixed, NULL), -EINVAL);
}

TEST(apparmor_profile)
{
	_cleanup_free_ char *text = NULL, *bad = NULL, *command = NULL;

	assert_int_equal(apparmor_profile_format("vss-web.1", true, &text, NULL), 0);
	assert_non_null(strstr(text, "profile \"vss-web.1\" flags="));
	assert_null(strstr(text, "change_profile"));
	assert_null(strstr(text, "ux,\n"));
	assert_null(strstr(text, "network unix")); /* the rules about unix sockets say more */
	assert_non_null(strstr(text, "audit deny mount fstype=proc -> /{,[^pr]**,p{,[^r]**,"));
	assert_non_null(strstr(text, ",s{,[^y]**,y{,[^s]**,s{,[^/]**}}}")); /* all below /sys/ */
	assert_non_null(
		strstr(text, "/{*,*/{,[^p]**,p{,[^r]**,r{,[^o]**,o{,[^c]**,c{,[^/]**,/?**"));
	assert_int_equal(apparmor_profile_format("vss-web.1", false, &command, NULL), 0);
	assert_null(strstr(command, "mount"));
	assert_non_null(strstr(command, "deny /{,run/systemd/*/}proc/{sysrq-trigger,"));
	assert_int_equal(apparmor_profile_format("a\" {", true, &bad, NULL), -EINVAL);
	assert_int_equal(apparmor_profile_format("a//&b", true, &bad, NULL), -EINVAL);
}

static void set_label(const Fixture *f, const char *path, const char *text)
{
	_cleanup_free_ char *full = path_join(f->root, path);

	assert_int_equal(setxattr(full, "user.SMACK64", text, strlen(text), 0), 0);
}

/* Private files of the host: labelled, again where a program has replaced one, and put back as they were. */
TEST_WITH(host_files, setup, teardown)
{
	char *const patterns[] = { (char *)"/etc/shadow", (char *)"/etc/keys/*_key",
		(char *)"/etc/missing", NULL };
	const Fixture *f = *state;
	_cleanup_free_ char *shadow = path_join(f->root, "/etc/shadow"),
			    *rules = path_join(f->root, "/etc/smack/accesses.d/virt-sandbox");

	put(f, "/etc/shadow", "x");
	put(f, "/etc/passwd", "x");
	put(f, "/etc/keys/a_key", "x");
	put(f, "/etc/keys/a_key.pub", "x");
	set_label(f, "/etc/keys/a_key", "old");
	assert_false(host_files_are_private());
	assert_int_equal(host_files_protect(&f->host, patterns, NULL), 0);
	assert_true(host_files_are_private());
	expect_label(f, "/etc/shadow", "vsb-private");
	expect_label(f, "/etc/keys/a_key", "vsb-private");
	expect_label(f, "/etc/keys/a_key.pub", "none");
	expect_label(f, "/etc/passwd", "none");
	expect(f, "/etc/smack/accesses.d/virt-sandbox", "_ vsb-private rwxat\n");
	expect(f, "/sys/fs/smackfs/load2", "_ vsb-private rwxat");
	assert_int_equal(unlink(shadow), 0);
	put(f, "/etc/shadow", "new");
	assert_int_equal(host_files_protect(&f->host, patterns, NULL), 0);
	expect_label(f, "/etc/shadow", "vsb-private");
	assert_int_equal(host_files_release(&f->host, NULL), 0);
	expect_label(f, "/etc/shadow", "none");
	expect_label(f, "/etc/keys/a_key", "old");
	expect(f, "/sys/fs/smackfs/load2", "_ vsb-private -----");
	assert_false(host_files_are_private());
	assert_false(file_exists(rules));
	assert_int_equal(host_files_release(&f->host, NULL), 0);
}
