/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The vocabulary of rules.d: what is refused and with which words, the administrator's files before ours, and our own files.
 */
#include <string.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/path.h"
#include "base/spawn.h"
#include "base/strv.h"
#include "base/trusted-path.h"
#include "base/unit-test.h"
#include "host/knowledge.h"
#include "host/vocabulary.h"

static void refused(const char *text, const char *sentence)
{
	_cleanup_knowledge_ Knowledge *knowledge = calloc(1, sizeof(*knowledge));
	_cleanup_error_ Error *error = NULL;

	assert_true(knowledge_parse(knowledge, text, strlen(text), "f.rules", &error) < 0);
	if (!strstr(error_message(error), sentence))
		fail_msg("%s, not: %s", error_message(error), sentence);
	assert_int_equal(knowledge->n_stanzas, 0);
}

TEST(refused)
{
	refused("[wizard x]\n", "f.rules:1: [wizard]: unknown kind of stanza");
	refused("[service]\nname=a\n", "f.rules:1: a stanza begins with [service NAME]");
	refused("[service a/b]\n", "a stanza begins with [service NAME]");
	refused("name=a\n", "f.rules:1: name: stands before the first stanza");
	refused("[service x]\nname=a\nport=80\n", "f.rules:3: port: unknown key of a [service]");
	refused("[service x]\nname=a\nname=a\n", "f.rules:3: name=a: given twice");
	refused("[service x]\nname=a b\n", "f.rules:2: name: \"a b\" is not a name");
	refused("[service x]\nname=\n", "is not a name");
	refused("[service x]\n", "f.rules:1: [service x]: name= is missing");
	refused("[service x]\nname=a\n[service x]\nname=b\n", "already in f.rules:1");
	refused("[drop-place x]\npath=etc\n", "\"etc\" is not a normal absolute path");
	refused("[drop-place x]\npath=/etc/../x\n", "is not a normal absolute path");
	refused("[drop-place x]\npath=/a\nreader=b\nreader=c\n", "f.rules:4: reader: given twice");
	refused("[instances x]\nunit=tor\nconfiguration=/a\ntemplate=t\n",
		"\"tor\" is not the full name of a unit");
	refused("[host-program x]\nprogram=p\nreason=a\\nb\ninstead=c\n",
		"without control characters");
	refused("[shared-place x]\n", "f.rules:1: [shared-place x]: path= is missing");
	refused("[base x]\nreason=r\nhost=apk\n", "f.rules:3: host: \"apk\" is not dpkg or rpm");
	refused("[base x]\npath=/etc/x\n", "f.rules:1: [base x]: reason= is missing");
	refused("[host-unit x]\nunit=a b\n",
		"f.rules:2: unit: \"a b\" is not the name of a unit, with * and ?");
	refused("[login-file x]\nname=/etc/x\n", "\"/etc/x\" is not a normal relative path");
	refused("[login-file x]\nname=a/../b\n", "is not a normal relative path");
	refused("[secret-value x]\nvalue=Key\nlength=forty\n",
		"f.rules:3: length: \"forty\" is not a number");
	refused("[secret-value x]\nvalue=Key\n", "[secret-value x]: length= is missing");
	refused("[secret-store x]\nbegins=a\n", "[secret-store x]: contains= is missing");
	refused("[fresh-secret x]\npath=/etc/k\nreason=r\nkind=ring\n",
		"f.rules:4: kind: \"ring\" is not shared-key, ssh-host-key or tls-certificate");
	refused("[fresh-secret x]\npath=/etc/k\nreason=r\nkind=shared-key\n", "text= is missing");
	refused("[fresh-secret x]\npath=/etc/k\nreason=r\nkind=tls-certificate\n",
		"certificate= is missing");
	refused("[fresh-secret x]\npath=/etc/k\nreason=r\nkind=ssh-host-key\n", "type= is missing");
	refused("[fresh-secret x]\ntext=no place\n", "is not a text with one %1");
	refused("[fresh-secret x]\ntext=%1 and %1\n", "is not a text with one %1");
	refused("[metadata x]\naddress=10.0.0\n",
		"address: \"10.0.0\" is not an IPv4 or IPv6 address, or a network");
	refused("[metadata x]\naddress=10.0.0.0/\n", "is not an IPv4 or IPv6 address");
	refused("[metadata x]\naddress=fd00::/129\n", "is not an IPv4 or IPv6 address");
	refused("[made-file x]\nmode=u+x\n", "\"u+x\" is not a mode of four octal digits");
	refused("[made-file x]\nmode=7777\n", "is not a mode of four octal digits");
	refused("[warned-library x]\npackage=l\n", "[warned-library x]: reason= is missing");
}

TEST(found)
{
	static const char text[] = "# comment\n[service a]\nname=x\nname=y\n\n"
				   "[drop-place d]\npath=/etc/z\n[service b]\nname=w\n"
				   "[secret-text t]\nline=a\\tb\\s\n";
	_cleanup_knowledge_ Knowledge *knowledge = calloc(1, sizeof(*knowledge));
	_cleanup_strv_ char **lines = NULL;
	size_t n = 0;

	assert_int_equal(knowledge_parse(knowledge, text, strlen(text), "f", NULL), 0);
	STANZA_FOREACH (s, knowledge, STANZA_SERVICE)
		n++;
	assert_int_equal(n, 2);
	assert_string_equal(knowledge_find(knowledge, STANZA_SERVICE, "name", "y")->name, "a");
	assert_null(knowledge_find(knowledge, STANZA_SERVICE, "name", "/etc/z"));
	assert_null(knowledge_find(NULL, STANZA_SERVICE, "name", "y"));
	assert_int_equal(knowledge_list(knowledge, &lines, NULL), 0);
	assert_string_equal(lines[0], "service a: name=x, name=y (f:2)");
	assert_string_equal(lines[1], "drop-place d: path=/etc/z (f:6)");
	assert_string_equal(lines[3], "secret-text t: line=a\\tb\\s (f:10)");
}

/* Values of one key over all stanzas of a kind, and no others. */
TEST(values)
{
	static const char text[] = "[drop-place a]\npath=/a\nreader=r\npath=/b\n"
				   "[shared-place s]\npath=/s\n[drop-place c]\npath=/c\n";
	_cleanup_knowledge_ Knowledge *knowledge = calloc(1, sizeof(*knowledge));
	char found[16] = "";

	assert_int_equal(knowledge_parse(knowledge, text, strlen(text), "f", NULL), 0);
	KNOWLEDGE_FOREACH (place, knowledge, STANZA_DROP_PLACE, "path") {
		strcat(found, place.value);
		strcat(found, place.stanza->name);
	}
	assert_string_equal(found, "/aa/ba/cc");
	KNOWLEDGE_FOREACH (place, NULL, STANZA_DROP_PLACE, "path")
		fail_msg("%s of nothing", place.value);
}

static void put(const char *directory, const char *name, const char *text)
{
	_cleanup_free_ char *path = path_join(directory, name);

	assert_int_equal(file_mkdir_p(directory, 0755, NULL), 0);
	assert_int_equal(file_write_atomic(path, text, strlen(text), 0644, NULL), 0);
}

/* Their file by the same name replaces ours, an empty one switches it off, one of another name is added. */
TEST(directories)
{
	char place[] = "/tmp/test-knowledge.XXXXXX";
	_cleanup_free_ char *vendor = NULL, *local = NULL;
	_cleanup_knowledge_ Knowledge *knowledge = NULL, *ours = NULL;
	_cleanup_error_ Error *error = NULL;

	assert_non_null(mkdtemp(place));
	vendor = path_join(place, "vendor");
	local = path_join(place, "local");
	put(vendor, "10-a.rules", "[service a]\nname=ours\n");
	put(vendor, "20-b.rules", "[service b]\nname=b\n");
	put(vendor, "30-c.rules.bak", "not read");
	assert_int_equal(knowledge_load_from(vendor, local, &ours, NULL), 0);
	assert_int_equal(ours->n_stanzas, 2);
	put(local, "10-a.rules", "[service a]\nname=theirs\n");
	put(local, "20-b.rules", "");
	put(local, "90-z.rules", "[service z]\nname=z\n");
	assert_int_equal(knowledge_load_from(vendor, local, &knowledge, NULL), 0);
	assert_int_equal(knowledge->n_stanzas, 2);
	assert_non_null(knowledge_find(knowledge, STANZA_SERVICE, "name", "theirs"));
	assert_null(knowledge_find(knowledge, STANZA_SERVICE, "name", "b"));
	assert_non_null(knowledge_find(knowledge, STANZA_SERVICE, "name", "z"));
	assert_true(knowledge_load_from("/nonexistent", NULL, &ours, &error) < 0);
	assert_non_null(strstr(error_message(error), "cannot read the rules in /nonexistent"));
	char *const argv[] = { (char *)"rm", (char *)"-r", place, NULL };
	assert_int_equal(spawn_run(argv, NULL, NULL, NULL, NULL), 0);
}

static void link_to(const char *target, const char *directory, const char *name)
{
	_cleanup_free_ char *path = path_join(directory, name);

	(void)unlink(path);
	assert_int_equal(symlink(target, path), 0);
}

static void refused_from(const char *vendor, const char *local, const char *sentence)
{
	_cleanup_knowledge_ Knowledge *knowledge = NULL;
	_cleanup_error_ Error *error = NULL;

	assert_true(knowledge_load_from(vendor, local, &knowledge, &error) < 0);
	if (!strstr(error_message(error), sentence))
		fail_msg("%s, not: %s", error_message(error), sentence);
}

/* A link to /dev/null switches ours off; one to nowhere, or to where a container writes, is an error and not ours; and what is built in is ours alone. */
TEST(local_links)
{
	char place[] = "/tmp/test-knowledge.XXXXXX";
	_cleanup_free_ char *vendor = NULL, *local = NULL, *tree = NULL, *inside = NULL;
	_cleanup_knowledge_ Knowledge *knowledge = NULL;
	_cleanup_fd_ int fd = -EBADF;

	if (geteuid() != 0)
		unit_test_skip("only root can mark a tree");
	assert_non_null(mkdtemp(place));
	vendor = path_join(place, "vendor");
	local = path_join(place, "local");
	tree = path_join(place, "tree");
	inside = path_join(tree, "10-a.rules");
	put(vendor, "10-a.rules", "[service a]\nname=ours\n");
	put(local, "90-z.rules", "");
	put(tree, "10-a.rules", "[service a]\nname=theirs\n");
	link_to("/dev/null", local, "10-a.rules");
	assert_int_equal(knowledge_load_from(vendor, local, &knowledge, NULL), 0);
	assert_int_equal(knowledge->n_stanzas, 0);
	link_to("/nonexistent", local, "10-a.rules");
	refused_from(vendor, local, "No such file or directory");
	fd = open(tree, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(trusted_path_mark(fd, tree, NULL), 0);
	link_to(inside, local, "10-a.rules");
	refused_from(vendor, local, "container");
	assert_int_equal(unlink(inside), 0);
	link_to("/dev/null", local, "10-a.rules");
	put(local, "90-z.rules", "[metadata cloud]\naddress=10.1.2.3\n");
	refused_from(vendor, local, "90-z.rules:1: [metadata cloud]: is built in");
	char *const argv[] = { (char *)"rm", (char *)"-r", place, NULL };
	assert_int_equal(spawn_run(argv, NULL, NULL, NULL, NULL), 0);
}

/* Fedora's names, and Debian's. */
static const char *const same[][2] = { { "httpd", "apache2" }, { "mysqld", "mariadb" },
	{ "named", "bind9" }, { "sshd", "ssh" }, { "crond", "cron" }, { "smb", "smbd" },
	{ "nmb", "nmbd" }, { "redis", "redis-server" }, { "chronyd", "chrony" },
	{ "php-fpm", "php8.2-fpm" }, { "exim", "exim4" }, { "ntpd", "ntpsec" },
	{ "dhcpd", "isc-dhcp-server" }, { "nfs-server", "nfs-kernel-server" },
	{ "snmpd", "net-snmp" }, { "tftp", "tftpd-hpa" } };

TEST(our_own)
{
	_cleanup_free_ char *directory = path_join(getenv("SOURCE_ROOT"), "rules.d");
	_cleanup_knowledge_ Knowledge *knowledge = NULL;
	_cleanup_error_ Error *error = NULL;

	if (knowledge_load_from(directory, NULL, &knowledge, &error) < 0)
		fail_msg("%s", error_message(error));
	for (int kind = 0; kind < _STANZA_KIND_MAX; kind++) {
		assert_non_null(knowledge_next(knowledge, (StanzaKind)kind, NULL));
		assert_int_equal(stanza_kind_from_name(stanza_kind_name((StanzaKind)kind)), kind);
	}
	for (size_t i = 0; i < ARRAY_SIZE(same); i++)
		if (!knowledge_find(knowledge, STANZA_SERVICE, "name", same[i][0]) ||
			knowledge_find(knowledge, STANZA_SERVICE, "name", same[i][0]) !=
				knowledge_find(knowledge, STANZA_SERVICE, "name", same[i][1]))
			fail_msg("%s is not %s", same[i][0], same[i][1]);
}
