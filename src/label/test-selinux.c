/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * SELinux without SELinux: labels are chosen, reserved and refused on a directory that looks like its /proc, /sys and /etc. The kernel's "context" file
 * is played by a plain file (it answers what was asked) or by a file of /proc that refuses every text with EINVAL.
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
#include "label/driver.h"
#include "label/label-reservation.h"
#include "label/level.h"
#include "label/context.h"
#include "label/mcs.h"
#include "label/custom-type.h"

#define MANY 200 /* reservations of each of the two racing processes */

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

static int setup(void **state)
{
	Fixture *f = calloc(1, sizeof(*f));

	if (!f)
		return -1;
	strcpy(f->root, "/tmp/test-selinux.XXXXXX");
	if (!mkdtemp(f->root))
		return -1;
	f->host = (LabelHost){ .root = f->root, .xattr_prefix = "user.", .memory_prefix = "user." };
	(void)setenv("VIRT_SANDBOX_ROOT", f->root, 1);
	put(f, "/sys/fs/selinux/enforce", "1");
	put(f, "/sys/fs/selinux/context", "");
	put(f, "/etc/selinux/config", "# comment\nSELINUX=enforcing\nSELINUXTYPE=default\n");
	put(f, "/etc/selinux/default/contexts/lxc_contexts",
		"process = \"system_u:system_r:container_t:s0\"\ncontent = \"system_u:object_r:virt_var_lib_t:s0\"\n"
		"file = \"system_u:object_r:container_file_t:s0\"\nro_file=\"system_u:object_r:container_"
		"ro_file_t:s0\"\n");
	put(f, "/proc/1/attr/current", "system_u:system_r:init_t:s0");
	put(f, "/proc/1/comm", "systemd\n");
	put(f, "/proc/thread-self/attr/current",
		"unconfined_u:unconfined_r:unconfined_t:s0-s0:c0.c1023");
	put(f, "/proc/thread-self/attr/fscreate", "");
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

/* A label that was chosen before, as it is written down. */
static Label *take_up(const Fixture *f, const char *name, const char *process, const char *file)
{
	const Labels labels = { .model = (char *)"selinux",
		.process = (char *)process,
		.file = (char *)file,
		.relabel = true,
		.manager = true };
	Label *label = NULL;

	assert_int_equal(label_take_up_on(&f->host, name, &labels, &label, NULL), 0);
	return label;
}

/* Reserves with a level asked for; checks the result and the sentence. */
static void expect_level(
	const Fixture *f, const char *name, const char *level, int result, const char *sentence)
{
	LabelWish wish = service(name);
	_cleanup_error_ Error *error = NULL;
	_cleanup_label_ Label *label = NULL;

	wish.level = level;
	assert_int_equal(label_reserve_on(&f->host, &wish, &label, &error), result);
	if (sentence && !strstr(error_message(error), sentence))
		fail_msg("\"%s\" does not say \"%s\"", error_message(error), sentence);
}

TEST(auto_finds_it)
{
	const Fixture *f = *state;
	LabelWish wish = service("web");
	_cleanup_label_ Label *label = NULL;

	assert_int_equal(label_reserve_on(&f->host, &wish, &label, NULL), 0);
	assert_string_equal(label_model(label), "selinux");
}

TEST(dynamic)
{
	const Fixture *f = *state;
	LabelWish wish = service("web");
	_cleanup_label_ Label *label = NULL, *again = NULL;
	_cleanup_context_ Context process = {}, file = {};
	Level level;

	assert_int_equal(label_reserve_on(&f->host, &wish, &label, NULL), 0);
	assert_int_equal(context_parse(label_process(label), &process), 0);
	assert_string_equal(process.user, "system_u");
	assert_string_equal(process.role, "system_r");
	assert_string_equal(process.type, "container_t");
	assert_int_equal(level_parse(process.range, &level), 0);
	assert_int_equal(level_count(&level), 2);
	assert_int_equal(context_parse(label_file(label), &file), 0);
	assert_string_equal(file.role, "object_r");
	assert_string_equal(file.type, "container_file_t");
	assert_string_equal(file.range, process.range);

	/* As the description keeps it, it comes back. */
	assert_string_equal(label_model(label), "selinux");
	again = take_up(f, "web", label_process(label), label_file(label));
	assert_string_equal(label_process(again), label_process(label));
	assert_string_equal(label_file(again), label_file(label));
}

TEST(command_has_callers_identity)
{
	const Fixture *f = *state;
	LabelWish wish = service("once");
	_cleanup_label_ Label *label = NULL;

	wish.manager = false;
	assert_int_equal(label_reserve_on(&f->host, &wish, &label, NULL), 0);
	assert_memory_equal(label_process(label), "unconfined_u:unconfined_r:container_t:s0:c", 42);
	assert_int_equal(label_release("once", NULL), 0);
}

TEST(base_label)
{
	const Fixture *f = *state;
	LabelWish wish = service("web");
	_cleanup_label_ Label *label = NULL;

	wish.baselabel = "staff_u:staff_r:svirt_custom_t:s0";
	wish.level = "s0:c192,c392";
	assert_int_equal(label_reserve_on(&f->host, &wish, &label, NULL), 0);
	assert_string_equal(label_process(label), "system_u:system_r:svirt_custom_t:s0:c192,c392");
	assert_string_equal(label_file(label), "system_u:object_r:container_file_t:s0:c192,c392");
}

TEST(static)
{
	const Fixture *f = *state;
	LabelWish wish = service("web");
	_cleanup_label_ Label *label = NULL;

	wish.fixed = true;
	wish.label = "staff_u:staff_r:svirt_custom_t:s0:c192,c392";
	assert_int_equal(label_reserve_on(&f->host, &wish, &label, NULL), 0);
	assert_string_equal(label_process(label), "staff_u:staff_r:svirt_custom_t:s0:c192,c392");
	assert_string_equal(label_file(label), "system_u:object_r:container_file_t:s0:c192,c392");
	expect_level(f, "other", "s0:c192,c392", -EEXIST, "of container web");
}

TEST(refusals)
{
	const Fixture *f = *state;
	LabelWish wish = service("web");
	_cleanup_error_ Error *error = NULL;
	_cleanup_label_ Label *label = NULL;

	expect_level(f, "web", "s0:c2,c1", -EINVAL, "not a level");
	expect_level(f, "web", "s0", -EINVAL, "no categories");
	wish.label = "system_u:system_r:container_t:s0:c1,c2";
	assert_int_equal(label_reserve_on(&f->host, &wish, &label, &error), -EINVAL);
	error = error_free(error);
	wish.fixed = true;
	wish.baselabel = "a:b:c:s0";
	assert_int_equal(label_reserve_on(&f->host, &wish, &label, &error), -EINVAL);
}

TEST(asked_levels)
{
	const Fixture *f = *state;

	expect_level(f, "a", "s0:c1,c2", 0, NULL);
	expect_level(f, "b", "s0:c1,c2", -EEXIST, "of container a");
	expect_level(f, "b", "s0:c1", -EEXIST, "of container a");
	expect_level(f, "b", "s0:c1.c5", -EEXIST, "of container a");
	expect_level(f, "b", "s0:c1,c3", 0, NULL);
	/* The same container again: what was left of it is replaced. */
	expect_level(f, "a", "s0:c7,c8", 0, NULL);
	expect_level(f, "c", "s0:c1,c2", 0, NULL);
	assert_int_equal(label_release("c", NULL), 0);
	expect_level(f, "d", "s0:c1,c2", 0, NULL);
}

/* The script of a hundred containers gives each one category. */
TEST(single_categories)
{
	const Fixture *f = *state;

	for (int i = 1; i <= 100; i++) {
		char name[16], level[16];

		(void)snprintf(name, sizeof(name), "vs%d", i);
		(void)snprintf(level, sizeof(level), "s0:c%d", i);
		expect_level(f, name, level, 0, NULL);
	}
}

TEST(others_are_avoided)
{
	const Fixture *f = *state;
	LabelWish wish = service("web");

	/* All but the pair c6,c7 of a range of eight is in use: by a process of podman and by a domain of libvirt. */
	put(f, "/proc/1/attr/current", "system_u:system_r:init_t:s0-s0:c0.c7");
	put(f, "/proc/77/attr/current", "system_u:system_r:container_t:s0:c0.c6\n");
	put(f, "/proc/77/comm", "conmon\n");
	put(f, "/etc/libvirt/qemu/vm.xml", "<label>system_u:system_r:svirt_t:s0:c0,c7</label>");
	put(f, "/var/lib/containers/storage/overlay-containers/containers.json",
		"{\"MountLabel\":\"system_u:object_r:container_file_t:s0:c1,c7\",\"o\":\"context=u:r:t:s0:c2,c7,\"}"
		"s0:c3,c7 :s0:c3,c7 :s0:c4,c7 :s0:c5,c7");
	for (int i = 0; i < 3; i++) {
		_cleanup_label_ Label *label = NULL;

		assert_int_equal(label_reserve_on(&f->host, &wish, &label, NULL), 0);
		assert_non_null(strstr(label_process(label), ":s0:c6,c7"));
	}
	expect_level(f, "other", "s0:c1,c2", -EEXIST, "process 77 (conmon)");
}

static char *label_of(const char *path)
{
	char text[256] = "";

	if (getxattr(path, "user.selinux", text, sizeof(text) - 1) < 0)
		strcpy(text, "none");
	return strdup(text);
}

static void expect_label(const char *path, const char *text)
{
	_cleanup_free_ char *has = label_of(path);

	assert_string_equal(has, text);
}

/* What relabels the host (fixfiles -F) gives every file of a tree the level of all: a start gives it the container's again. */
TEST(repair)
{
	static const char ours[] = "system_u:object_r:container_file_t:s0:c1,c2",
			  all[] = "system_u:object_r:var_lib_t:s0";
	const Fixture *f = *state;
	_cleanup_free_ char *tree = path_join(f->root, "/tree"), *page = path_join(tree, "page");
	Labels labels = { .model = (char *)"selinux",
		.process = (char *)"system_u:system_r:container_t:s0:c1,c2",
		.file = (char *)ours,
		.tree = tree };
	_cleanup_label_ Label *label = NULL, *fixed = NULL;

	put(f, "/tree/page", "x");
	assert_int_equal(setxattr(tree, "user.selinux", all, strlen(all), 0), 0);
	assert_int_equal(setxattr(page, "user.selinux", all, strlen(all), 0), 0);
	labels.fixed = true;
	assert_int_equal(label_take_up_on(&f->host, "web", &labels, &fixed, NULL), 0);
	assert_int_equal(label_repair(fixed, NULL), 0);
	expect_label(tree, all);
	labels.fixed = false;
	assert_int_equal(label_take_up_on(&f->host, "web", &labels, &label, NULL), 0);
	assert_int_equal(label_repair(label, NULL), 1);
	expect_label(tree, ours);
	expect_label(page, ours);
	/* Only the root is looked at. */
	assert_int_equal(setxattr(page, "user.selinux", all, strlen(all), 0), 0);
	assert_int_equal(label_repair(label, NULL), 0);
	expect_label(page, all);
}

/* A policy of the container's own: only the given ports, and a start finds the text that create left. */
TEST(own_type)
{
	char *const ports[] = { (char *)"http_port_t", (char *)"dns_port_t", NULL };
	_cleanup_free_ char *text = NULL, *path = NULL, *written = NULL;
	_cleanup_error_ Error *error = NULL;
	const Fixture *f = *state;

	assert_int_equal(custom_type_format("web-1", ports, &text, NULL), 0);
	assert_non_null(strstr(text, "(call vss_container (vss_web_m1_t vss_web_m1_file_t))\n"
				     "(allow vss_web_m1_t http_port_t (tcp_socket (name_bind)))\n"
				     "(allow vss_web_m1_t http_port_t (udp_socket (name_bind)))\n"
				     "(allow vss_web_m1_t dns_port_t (tcp_socket (name_bind)))\n"));
	assert_null(strstr(text, "port_type"));
	assert_int_equal(custom_type_install("web-1", &error), -ENOENT);
	assert_non_null(
		strstr(error_message(error), "`virt-sandbox-service upgrade web-1` writes it"));
	assert_int_equal(custom_type_write("web-1", ports, NULL), 0);
	path = path_join(f->root, "/var/lib/libvirt-sandbox/policy/vss_web_m1.cil");
	assert_int_equal(file_read(path, &written, NULL, NULL), 0);
	assert_string_equal(written, text);
}

TEST(unknown_type)
{
	const Fixture *f = *state;
	_cleanup_free_ char *context = path_join(f->root, "/sys/fs/selinux/context");

	assert_int_equal(unlink(context), 0);
	assert_int_equal(symlink("/proc/self/oom_score_adj", context), 0);
	expect_level(f, "web", "s0:c1,c2", -EINVAL, "virt-sandbox-service policy install");
	/* And nothing stays reserved. */
	assert_int_equal(unlink(context), 0);
	put(f, "/sys/fs/selinux/context", "");
	expect_level(f, "other", "s0:c1,c2", 0, NULL);
}

TEST(missing_model)
{
	const Fixture *f = *state;
	_cleanup_free_ char *enforce = path_join(f->root, "/sys/fs/selinux/enforce");
	LabelWish wish = service("web");
	_cleanup_error_ Error *error = NULL;
	_cleanup_label_ Label *label = NULL;

	assert_int_equal(unlink(enforce), 0);
	wish.model = "selinux";
	assert_int_equal(label_reserve_on(&f->host, &wish, &label, &error), -EOPNOTSUPP);
	assert_non_null(strstr(error_message(error), "selinux-policy-default"));
	wish.model = NULL;
	assert_int_equal(label_reserve_on(&f->host, &wish, &label, NULL), 0);
	assert_string_equal(label_model(label), "none");
	assert_null(label_process(label));
}

TEST(process_is_verified)
{
	const Fixture *f = *state;
	_cleanup_free_ char *path = path_join(f->root, "/proc");
	_cleanup_fd_ int proc_fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	LabelWish wish = service("web");
	_cleanup_error_ Error *error = NULL;
	_cleanup_label_ Label *label = NULL;

	assert_true(proc_fd >= 0);
	wish.level = "s0:c1,c2";
	assert_int_equal(label_reserve_on(&f->host, &wish, &label, NULL), 0);
	put(f, "/proc/99/attr/current", "system_u:system_r:container_t:s0:c1,c2\n");
	assert_int_equal(label_verify_process(label, proc_fd, 99, NULL), 0);
	put(f, "/proc/99/attr/current", "system_u:system_r:container_t:s0:c1,c3\n");
	assert_int_equal(label_verify_process(label, proc_fd, 99, &error), -EACCES);
	put(f, "/proc/thread-self/attr/exec", "");
	assert_int_equal(label_apply_self(label, proc_fd, NULL), 0);
}

TEST(files)
{
	const Fixture *f = *state;
	_cleanup_free_ char *option = NULL, *proc = NULL;
	LabelWish wish = service("web");
	_cleanup_label_ Label *label = NULL;

	wish.level = "s0:c1,c2";
	assert_int_equal(label_reserve_on(&f->host, &wish, &label, NULL), 0);
	assert_int_equal(label_mount_option(label, "tmpfs", &option, NULL), 0);
	assert_string_equal(option, "context=\"system_u:object_r:container_file_t:s0:c1,c2\"");
	assert_int_equal(label_mount_option(label, "proc", &proc, NULL), 0);
	assert_string_equal(proc, "");
	assert_int_equal(label_create_begin(label, NULL), 0);
	assert_int_equal(label_create_end(label, NULL), 0);
}

/* The description of a container as it was saved, opened for a start. */
static int confirm_on(const Fixture *f, const char *name, const char *level, Error **ret_error)
{
	_cleanup_free_ char *process = NULL, *file = NULL;
	_cleanup_label_ Label *label = NULL;

	define(name);
	assert_true(asprintf(&process, "system_u:system_r:container_t:%s", level) > 0);
	assert_true(asprintf(&file, "system_u:object_r:container_file_t:%s", level) > 0);
	label = take_up(f, name, process, file);
	return label_confirm(label, ret_error);
}

TEST(confirm)
{
	_cleanup_reserve_ ReserveTable table = { .lock_fd = -EBADF };
	_cleanup_error_ Error *error = NULL;
	const Fixture *f = *state;

	assert_int_equal(confirm_on(f, "restored", "s0:c1,c2", NULL), 0);
	assert_int_equal(confirm_on(f, "restored", "s0:c1,c2", NULL), 0); /* is its own */
	assert_int_equal(confirm_on(f, "sibling", "s0:c1,c2", &error), -EEXIST);
	assert_non_null(strstr(error_message(error), "container restored"));
	assert_int_equal(confirm_on(f, "sibling", "s0", NULL), -EINVAL); /* nothing of its own */
	assert_int_equal(confirm_on(f, "sibling", "s0:c3,c4", NULL), 0);
	assert_int_equal(
		confirm_on(f, "restored", "s0:c5,c6", NULL), 0); /* by hand: its old one is free */
	assert_int_equal(reserve_load(&table, NULL), 0);
	assert_int_equal(table.n, 2);
	assert_true(reserve_has("restored", RESERVE_MCS, "s0:c5,c6"));
	assert_true(reserve_has("sibling", RESERVE_MCS, "s0:c3,c4"));
}

static void reserve_many(const Fixture *f, char who)
{
	for (int i = 0; i < MANY; i++) {
		char name[16];
		LabelWish wish;
		_cleanup_label_ Label *label = NULL;

		(void)snprintf(name, sizeof(name), "%c%d", who, i);
		wish = service(name);
		if (label_reserve_on(&f->host, &wish, &label, NULL) < 0)
			_exit(1);
	}
}

/* Two processes at once, out of a pool with just enough pairs: each name is in the table, no pair is there twice. */
TEST(race)
{
	const Fixture *f = *state;
	_cleanup_mcs_taken_ McsTaken *taken = mcs_taken_new();
	_cleanup_reserve_ ReserveTable table = { .lock_fd = -EBADF };
	Level pool = {}, drawn;
	int status;
	pid_t pid;

	put(f, "/proc/1/attr/current",
		"system_u:system_r:init_t:s0-s0:c1.c29"); /* 406 pairs for 400 containers */
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		reserve_many(f, 'x');
		_exit(0);
	}
	reserve_many(f, 'y');
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);

	assert_int_equal(reserve_load(&table, NULL), 0);
	assert_int_equal(table.n, 2 * MANY);
	for (size_t i = 0; i < table.n; i++) {
		Level level;

		assert_int_equal(level_parse(table.entries[i].text, &level), 0);
		mcs_take(taken, &level);
	}
	for (unsigned int c = 1; c <= 29; c++)
		level_add(&pool, c);
	for (int left = 406 - 2 * MANY; left > 0; left--) {
		assert_int_equal(mcs_draw(&pool, taken, &drawn, NULL), 0);
		mcs_take(taken, &drawn);
	}
	assert_int_equal(mcs_draw(&pool, taken, &drawn, NULL), -ENOSPC);
}

/* Releases before 0.1.1 kept all in one file. */
TEST(former_table)
{
	const Fixture *f = *state;
	_cleanup_free_ char *path = path_join(f->root, "/var/lib/libvirt-sandbox/labels");

	define("web");
	define("db");
	define("shop");
	put(f, "/var/lib/libvirt-sandbox/labels",
		"web mcs s0:c1,c2\nshop static s0:c5,c6\ndb static s0:c5,c6\n");
	expect_level(f, "other", "s0:c1,c2", -EEXIST, "of container web");
	expect_level(f, "other", "s0:c5,c6", -EEXIST, "s0:c5,c6 of container");
	expect_level(f, "other", "s0:c3,c4", 0, NULL);
	assert_int_equal(access(path, F_OK), -1);
	assert_true(reserve_has("web", RESERVE_MCS, "s0:c1,c2"));
	assert_true(reserve_has("shop", RESERVE_STATIC, "s0:c5,c6"));
	assert_true(reserve_has("db", RESERVE_STATIC, "s0:c5,c6"));
	assert_int_equal(label_release("db", NULL), 0);
	assert_false(reserve_has("db", RESERVE_STATIC, "s0:c5,c6"));
	assert_true(reserve_has("shop", RESERVE_STATIC, "s0:c5,c6"));
}

TEST(damaged_table)
{
	const Fixture *f = *state;

	put(f, "/var/lib/libvirt-sandbox/labels", "web mcs s0:c1,c2\nbroken\n");
	expect_level(f, "other", "s0:c3,c4", -EINVAL, "labels:2:");
}

TEST_FIXTURE(setup, teardown)
