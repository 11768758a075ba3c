/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The keyfile against tests/golden/desc: good/X.sandbox resolves to X.resolved, bad/X.sandbox is
 * refused with the sentence of X.error, edit/X.previous becomes X.expected when X.wanted is saved
 * over it. With UPDATE_GOLDEN set the last of each is written instead.
 */
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/strv.h"
#include "base/unit-test.h"
#include "desc/keyfile.h"
#include "desc/keys.h"

static char *golden_path(const char *folder, const char *stem, const char *suffix)
{
	const char *root = getenv("SOURCE_ROOT");
	char *path;

	assert_non_null(root);
	assert_true(asprintf(&path, "%s/tests/golden/desc/%s%s%s%s", root, folder, stem ? "/" : "",
			    stem ? stem : "", suffix) > 0);
	return path;
}

static char *golden_read(const char *folder, const char *stem, const char *suffix)
{
	_cleanup_free_ char *path = golden_path(folder, stem, suffix);
	char *text = NULL;

	assert_int_equal(file_read(path, &text, NULL, NULL), 0);
	return text;
}

static void golden_compare(
	const char *folder, const char *stem, const char *suffix, const char *actual)
{
	_cleanup_free_ char *path = golden_path(folder, stem, suffix), *expected = NULL;

	if (getenv("UPDATE_GOLDEN"))
		assert_int_equal(file_write_atomic(path, actual, strlen(actual), 0644, NULL), 0);
	assert_int_equal(file_read(path, &expected, NULL, NULL), 0);
	assert_string_equal(actual, expected);
}

/* Calls check with each stem of folder that has the suffix. */
static void each(const char *folder, const char *suffix, void (*check)(const char *stem))
{
	_cleanup_free_ char *path = golden_path(folder, NULL, "");
	DIR *directory = opendir(path);
	struct dirent *entry;
	size_t found = 0;

	assert_non_null(directory);
	while ((entry = readdir(directory))) {
		_cleanup_free_ char *stem = strdup(entry->d_name);
		char *dot = strrchr(stem, '.');

		if (!dot || strcmp(dot, suffix) != 0)
			continue;
		*dot = '\0';
		check(stem);
		found++;
	}
	closedir(directory);
	assert_true(found > 0);
}

/* What one file holds. */
typedef struct Pair {
	Desc *desc;
	Identity *identity;
} Pair;

static void pair_done(Pair *pair)
{
	desc_free(pair->desc);
	identity_free(pair->identity);
}

#define _cleanup_pair_ _cleanup_(pair_done)

static Pair parse(const char *text)
{
	_cleanup_error_ Error *error = NULL;
	Pair pair = {};

	if (keyfile_parse(text, strlen(text), "test", &pair.desc, &pair.identity, &error) < 0)
		fail_msg("%s", error_message(error));
	return pair;
}

static char *format(Pair pair, const char *previous)
{
	_cleanup_error_ Error *error = NULL;
	char *text = NULL;

	if (keyfile_format(pair.desc, pair.identity, previous, &text, &error) < 0)
		fail_msg("%s", error_message(error));
	return text;
}

static void check_good(const char *stem)
{
	_cleanup_free_ char *text = golden_read("good", stem, ".sandbox");
	_cleanup_free_ char *resolved = NULL, *again = NULL, *copied = NULL;
	_cleanup_pair_ Pair pair = parse(text), back = {}, copy = {};
	_cleanup_error_ Error *error = NULL;

	if (desc_resolve(pair.desc, &error) < 0)
		fail_msg("%s: %s", stem, error_message(error));
	resolved = format(pair, NULL);
	golden_compare("good", stem, ".resolved", resolved);

	back = parse(resolved);
	assert_int_equal(desc_resolve(back.desc, NULL), 0);
	again = format(back, NULL);
	assert_string_equal(again, resolved);

	assert_int_equal(desc_copy(pair.desc, &copy.desc, NULL), 0);
	assert_int_equal(identity_copy(pair.identity, &copy.identity, NULL), 0);
	assert_int_equal(copy.desc->kind, pair.desc->kind);
	copied = format(copy, NULL);
	assert_string_equal(copied, resolved);
}

TEST(good)
{
	each("good", ".sandbox", check_good);
}

static void check_bad(const char *stem)
{
	_cleanup_free_ char *text = golden_read("bad", stem, ".sandbox"), *line = NULL;
	_cleanup_error_ Error *error = NULL;
	_cleanup_desc_ Desc *desc = NULL;
	int r = keyfile_parse(text, strlen(text), "x.sandbox", &desc, NULL, &error);

	if (r == 0)
		r = desc_resolve(desc, &error);
	if (r == 0)
		fail_msg("%s is accepted", stem);
	assert_int_equal(r, -error_errnum(error));
	assert_true(asprintf(&line, "%s\n", error_message(error)) > 0);
	golden_compare("bad", stem, ".error", line);
}

TEST(bad)
{
	each("bad", ".sandbox", check_bad);
}

static void check_edit(const char *stem)
{
	_cleanup_free_ char *previous = golden_read("edit", stem, ".previous");
	_cleanup_free_ char *wanted = golden_read("edit", stem, ".wanted");
	_cleanup_free_ char *actual = NULL, *again = NULL, *plain = NULL, *plain_wanted = NULL;
	_cleanup_pair_ Pair pair = parse(wanted), back = {};

	actual = format(pair, previous);
	golden_compare("edit", stem, ".expected", actual);
	back = parse(actual);
	plain = format(back, NULL);
	plain_wanted = format(pair, NULL);
	assert_string_equal(plain, plain_wanted);
	again = format(pair, actual);
	assert_string_equal(again, actual);
}

TEST(edit)
{
	each("edit", ".previous", check_edit);
}

TEST(file_with_nul_is_refused)
{
	static const char text[] = "[core]\nna\0me=x\n";
	_cleanup_error_ Error *error = NULL;
	Desc *desc = NULL;

	assert_int_equal(keyfile_parse(text, sizeof(text) - 1, "f", &desc, NULL, &error), -EINVAL);
	assert_string_equal(error_message(error), "f:2: a NUL byte");
}

TEST(save_keeps_comments_and_mode)
{
	char folder[] = "/tmp/test-keyfile.XXXXXX";
	_cleanup_free_ char *path = NULL, *text = NULL;
	_cleanup_pair_ Pair pair = parse("[core]\nname=b\n");
	_cleanup_desc_ Desc *loaded = NULL;
	struct stat st;

	assert_non_null(mkdtemp(folder));
	assert_true(asprintf(&path, "%s/b.sandbox", folder) > 0);
	assert_int_equal(keyfile_save(pair.desc, pair.identity, path, NULL), 0);
	assert_int_equal(file_write_atomic(path, "# mine\n[core]\nname=a\n", 21, 0644, NULL), 0);
	assert_int_equal(keyfile_save(pair.desc, pair.identity, path, NULL), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(file_read(path, &text, NULL, NULL), 0);
	assert_string_equal(text, "# mine\n[core]\nname=b\n");
	assert_int_equal(keyfile_load(path, &loaded, NULL, NULL), 0);
	assert_string_equal(loaded->name, "b");

	/* A broken file is left alone. */
	assert_int_equal(file_write_atomic(path, "[oops\n", 6, 0600, NULL), 0);
	assert_int_equal(keyfile_save(pair.desc, pair.identity, path, NULL), -EINVAL);
	free(TAKE_PTR(text));
	assert_int_equal(file_read(path, &text, NULL, NULL), 0);
	assert_string_equal(text, "[oops\n");
	unlink(path);
	rmdir(folder);
}

/* ---- generated descriptions ---- */

static unsigned int random_state = 20261122;

static unsigned int roll(unsigned int limit)
{
	random_state = random_state * 1664525u + 1013904223u;
	return (random_state >> 8) % limit;
}

/* Any bytes but NUL, with a liking for those that mean something in the file. */
static void random_text(char *text, size_t room)
{
	static const char special[] = " \t\r\n\\=,:#;[]%\"'.-";
	size_t size = roll((unsigned int)room);

	for (size_t i = 0; i < size; i++)
		text[i] = roll(2) ? special[roll(sizeof(special) - 1)] : (char)(1 + roll(255));
	text[size] = '\0';
}

static const char *const samples[][6] = {
	{ "core.name", "a", "web1", "x.y-z_0" },
	{ "core.hostname", "a", "mail.example.org", "x-1" },
	{ "core.site", "network.dns=10.0.0.53", "restart.policy=on-failure" },
	{ "service.units", "a.service", "foo@bar-1.service", "foo\\x2dbar@.service" },
	{ "service.aliases", "httpd.service" },
	{ "service.init", "direct", "systemd" },
	{ "service.step", "type=exec", "start=. /bin/a b%20c /d", "x" },
	{ "service.boot-target", "multi-user.target" },
	{ "service.dbus", "yes", "no" },
	{ "service.host-journal", "yes", "no" },
	{ "service.sysctl", "net.core.somaxconn=512", "kernel.sem=250 32000 100 128" },
	{ "service.socket-rule", "IPAddressDeny=any", "SocketBindAllow=ipv4:tcp:80-90",
		"RestrictNetworkInterfaces=~lo" },
	{ "service.ignored-directives", "IPAddressDeny", "RootImage" },
	{ "system.os", "debian:bookworm" },
	{ "system.from", "/srv/a b/root.tar.xz" },
	{ "system.arch", "i386" },
	{ "system.base", "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef" },
	{ "system.init", "other", "systemd" },
	{ "root.path", "/srv/a, root", "host" },
	{ "root.readonly", "yes", "no" },
	{ "content.copy", "true", "off" },
	{ "content.packages", "libapache2-mod-php8.2", "gcc-12-base:amd64" },
	{ "content.with", "/etc/a b", "/var/lib/x/" },
	{ "content.without", "/etc/#c", "/var/lib/[y]" },
	{ "content.account", "alice", "bob,password" },
	{ "content.shared", "/opt/x" },
	{ "content.follow", "/etc/letsencrypt/live/a b" },
	{ "service.credential", "tls.key=/etc/my app/key" },
	{ "content.path", "/srv", "/a b/c" },
	{ "content.image-size", "1G", "33554433" },
	{ "identity.user", "www-data", "1000:1000" },
	{ "identity.home", "/", "/home/x" },
	{ "identity.uuid", "0123456789abcdef0123456789abcdef" },
	{ "identity.id-base", "65536", "4294901759" },
	{ "identity.model", "selinux", "auto" },
	{ "identity.label", "u:r:t:s0:c1,c2" },
	{ "identity.imagelabel", "u:object_r:t:s0:c1,c2" },
	{ "identity.link", "mac=52:54:00:00:00:01", "mac=52:54:00:00:00:02,address=10.209.0.2/16",
		"address=10.209.0.3/16", "" },
	{ "security.options", "none", "static,label=u:r:t:s0:c1,c2,relabel=yes", "apparmor",
		"dynamic,baselabel=u:r:t:s0", "selinux,type=own" },
	{ "security.level", "s0:c5", "s0:c9,c7" },
	{ "security.model", "selinux", "auto" },
	{ "security.labeling", "static", "dynamic" },
	{ "security.label", "u:r:t:s0", "a,b=c" },
	{ "security.baselabel", "User" },
	{ "security.relabel", "yes", "no" },
	{ "security.own-type", "yes", "no" },
	{ "security.capability", "CAP_NET_ADMIN" },
	{ "security.device", "/dev/fuse", "/dev/bus/usb/001/002:/dev/reader:r" },
	{ "resources.cpu-weight", "1", "10000" },
	{ "resources.cpuset", "0-3,7", "0" },
	{ "resources.swap", "0", "max", "512M" },
	{ "network.interface", "none", "source=br0,mac=52:54:00:00:00:01,address=::1/64",
		"default,route=10.0.0.0/8%10.1.1.1", "macvlan,source=e,dhcp" },
	{ "network.publish", "8080:80", "127.0.0.1:53:53/udp", "[::1]:1:65535" },
	{ "network.allow-from", "db1:80", "192.0.2.0/24", "[2001:db8::/32]:53/udp" },
	{ "network.egress", "host:53/udp", "db1", "0.0.0.0/0:443" },
	{ "network.dns", "192.0.2.53", "2001:db8::53", "none" },
	{ "network.dns-search", "example.org", "_sites.example.org", "." },
	{ "order.requires", "db1", "x.y-z_0" },
	{ "order.after", "db1" },
	{ "restart.policy", "always", "no", "on-failure" },
	{ "restart.delay", "1", "86400" },
	{ "restart.limit", "1000" },
	{ "restart.interval", "60" },
	{ "restart.on-upgrade", "restart", "hold" },
	{ "health.command", "test \"$(echo a b)\" = 'a b'" },
	{ "health.interval", "5" },
	{ "health.timeout", "30" },
	{ "health.retries", "2" },
	{ "resources.memory", "5M", "max", "4194305" },
	{ "resources.cpus", "0.001", "8192", "1.25" },
	{ "resources.pids", "1", "4194304" },
	{ "resources.io-weight", "100" },
	{ "resources.files", "256", "1073741824" },
};

static void set(Pair pair, const char *name, const char *value)
{
	_cleanup_free_ char *section = strndup(name, strcspn(name, "."));
	const Key *key = keys_find(section, name + strlen(section) + 1);
	_cleanup_error_ Error *error = NULL;

	if (key_set(key, (void *)key_object(key, pair.desc, pair.identity), value, &error) < 0)
		fail_msg("%s: %s", name, error_message(error));
}

static void put_path(Buf *buf, const char *text)
{
	buf_puts(buf, "/");
	for (; *text; text++) {
		if (strchr("\\,=", *text))
			buf_puts(buf, "\\");
		buf_append(buf, text, 1);
	}
}

static void add_random_mount(Desc *desc, const char *target, const char *source)
{
	_cleanup_buf_ Buf buf = {};
	_cleanup_free_ char *text = NULL;
	Error *error = NULL;
	int r;

	buf_puts(&buf, "guest-bind:");
	put_path(&buf, target);
	buf_puts(&buf, "=");
	put_path(&buf, source);
	assert_int_equal(buf_take(&buf, &text, NULL), 0);
	r = desc_set(desc, "mount.entry", text, &error);
	/* A random text may contain "..", or be empty; nothing else can be wrong with it. */
	if (r < 0)
		assert_true(strstr(error_message(error), "\"..\"") ||
			    strstr(error_message(error), "not the root itself"));
	error_free(error);
}

static Pair random_pair(void)
{
	Pair pair = { desc_new(), identity_new() };
	char text[2][24];

	assert_non_null(pair.desc);
	assert_non_null(pair.identity);
	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		size_t count = 0;

		while (count < 5 && samples[i][count + 1])
			count++;
		for (unsigned int n = roll(3); n > 0; n--)
			set(pair, samples[i][0], samples[i][1 + roll((unsigned int)count)]);
	}
	for (unsigned int n = roll(5); n > 0; n--) {
		random_text(text[0], sizeof(text[0]));
		set(pair, "command.argv", text[0]);
	}
	for (unsigned int n = roll(3); n > 0; n--) {
		_cleanup_free_ char *variable = NULL;

		random_text(text[0], sizeof(text[0]));
		random_text(text[1], sizeof(text[1]));
		add_random_mount(pair.desc, text[0], text[1]);
		assert_true(asprintf(&variable, "A=%s", text[0]) > 0);
		set(pair, "environment.variable", variable);
	}
	return pair;
}

/* Comments between all lines, as a person might write. */
static char *commented(const char *text)
{
	_cleanup_buf_ Buf buf = {};
	char *result = NULL;

	for (const char *p = text; *p; p++) {
		buf_append(&buf, p, 1);
		if (*p == '\n')
			buf_puts(&buf, "# note\n");
	}
	assert_int_equal(buf_take(&buf, &result, NULL), 0);
	return result;
}

static size_t count_notes(const char *text)
{
	size_t count = 0;

	for (; (text = strstr(text, "# note\n")); text++)
		count++;
	return count;
}

/* Every key has to be among the samples, or the identity would be shown of some only. */
TEST(samples_are_complete)
{
	for (size_t i = 0; i < keys_count(); i++) {
		const Key *key = keys_at(i);
		_cleanup_free_ char *name = NULL;
		bool found = strcmp(key->section, "mount") == 0 ||
			     strcmp(key->section, "command") == 0 ||
			     strcmp(key->section, "environment") == 0; /* random_desc() itself */

		assert_true(asprintf(&name, "%s.%s", key->section, key->name) > 0);
		for (size_t j = 0; j < ARRAY_SIZE(samples); j++)
			found = found || strcmp(samples[j][0], name) == 0;
		if (!found)
			fail_msg("no sample of %s", name);
	}
}

TEST(file_is_identity)
{
	_cleanup_pair_ Pair last = random_pair();

	for (int i = 0; i < 2000; i++) {
		_cleanup_pair_ Pair back = {}, merged = {};
		Pair pair = random_pair();
		_cleanup_free_ char *text = format(pair, NULL), *again = NULL, *old = NULL;
		_cleanup_free_ char *notes = NULL, *edited = NULL, *plain = NULL;

		back = parse(text);
		again = format(back, NULL);
		assert_string_equal(again, text);

		old = format(last, NULL);
		notes = commented(old);
		edited = format(pair, notes);
		merged = parse(edited);
		plain = format(merged, NULL);
		assert_string_equal(plain, text);
		assert_int_equal(count_notes(edited), count_notes(notes));
		pair_done(&last);
		last = pair;
	}
}
