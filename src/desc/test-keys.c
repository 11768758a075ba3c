/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The table of keys has no holes, and single options are read as documented.
 */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/strv.h"
#include "base/unit-test.h"
#include "desc/keys.h"

TEST(table)
{
	for (size_t i = 0; i < keys_count(); i++) {
		const Key *key = keys_at(i);
		bool boolean = !key->argument;

		assert_non_null(key->help);
		assert_true(*key->help && key->help[strlen(key->help) - 1] != '.');
		assert_true(key->type->set && key->type->get && key->type->unset);
		assert_ptr_equal(keys_find(key->section, key->name), key);
		assert_false(key->letter && !key->option);
		assert_false(key->flags & KEY_OUTPUT && key->option);
		assert_false(boolean && key->flags & KEY_LIST);
		for (size_t j = 0; j < i; j++) {
			const Key *other = keys_at(j);

			assert_false(key->letter && key->letter == other->letter);
			assert_false(key->option && other->option &&
				     strcmp(key->option, other->option) == 0);
		}
		/* A section is written in one piece. */
		if (i > 0 && strcmp(key->section, keys_at(i - 1)->section) != 0)
			for (size_t j = 0; j < i; j++)
				assert_string_not_equal(keys_at(j)->section, key->section);
	}
	assert_null(keys_at(keys_count()));
}

/* Each key has its line in the man page, and each line its key. */
TEST(man_page)
{
	const char *root = getenv("SOURCE_ROOT");
	_cleanup_free_ char *path = NULL, *page = NULL;
	size_t keys = 0, lines = 0;

	assert_non_null(root);
	assert_true(asprintf(&path, "%s/man/virt-sandbox.sandbox.5.rst", root) > 0);
	assert_int_equal(file_read(path, &page, NULL, NULL), 0);
	for (size_t i = 0; i < keys_count(); i++) {
		const Key *key = keys_at(i);
		_cleanup_free_ char *section = NULL, *name = NULL;
		const char *begin, *end, *line;

		if (key->flags & KEY_SHORTHAND)
			continue;
		assert_true(asprintf(&section, "\n[%s]\n---", key->section) > 0);
		assert_true(asprintf(&name, "\n**%s**\n", key->name) > 0);
		begin = strstr(page, section);
		if (!begin)
			fail_msg("[%s] is not in the man page", key->section);
		end = strstr(begin + 1, "\n[");
		line = strstr(begin, name);
		if (!line || (end && line > end))
			fail_msg("[%s] %s is not in the man page", key->section, key->name);
		keys++;
	}
	for (const char *p = page; (p = strstr(p, "\n**")); p++)
		lines += p[strcspn(p + 1, "\n")] == '*';
	assert_int_equal(lines, keys);
}

static void expect(const char *key, const char *text, const char *expected)
{
	_cleanup_desc_ Desc *desc = desc_new();
	_cleanup_error_ Error *error = NULL;
	_cleanup_strv_ char **values = NULL;
	_cleanup_free_ char *joined = NULL;

	if (desc_set(desc, key, text, &error) < 0)
		fail_msg("%s: %s", text, error_message(error));
	assert_int_equal(desc_get(desc, key, &values, NULL), 0);
	joined = strv_join(values, "|");
	assert_string_equal(joined, expected);
}

static void refuse(const char *key, const char *text, const char *expected)
{
	_cleanup_desc_ Desc *desc = desc_new();
	_cleanup_error_ Error *error = NULL;
	_cleanup_strv_ char **values = NULL;

	if (desc_set(desc, key, text, &error) == 0)
		fail_msg("%s accepts \"%s\"", key, text);
	if (!strstr(error_message(error), expected))
		fail_msg("%s: %s", text, error_message(error));
	/* And nothing is left of it. */
	assert_int_equal(desc_get(desc, key, &values, NULL), 0);
	assert_null(values);
}

TEST(numbers)
{
	expect("resources.memory", "4096K", "4M");
	expect("resources.memory", "4096KiB", "4M");
	expect("resources.memory", "1048576M", "1T");
	expect("resources.memory", "4194305", "4194305");
	expect("resources.memory", "max", "max");
	refuse("resources.memory", "4m", "unknown suffix \"m\"");
	refuse("resources.memory", "", "not a number");
	refuse("resources.memory", "-5M", "not a number");
	refuse("resources.memory", " 5M", "not a number");
	refuse("resources.memory", "18446744073709551616", "too large");
	refuse("resources.memory", "9223372036854775808", "too large");
	expect("resources.cpus", "2", "2");
	expect("resources.cpus", "0.250", "0.25");
	refuse("resources.cpus", "0", "not between");
	refuse("resources.cpus", "0.0001", "not between");
	refuse("resources.cpus", "8193", "not between");
	refuse("resources.pids", "0", "not between 1 and");
}

TEST(mount)
{
	expect("mount.entry", "host-bind:/srv=/data,ro,relabel=no",
		"host-bind:/srv=/data,readonly,relabel=no");
	expect("mount.entry", "host-bind:/srv=/data,relabel=yes", "host-bind:/srv=/data");
	refuse("mount.entry", "host-bind:/srv=/data,relabel=perhaps", "relabel=perhaps");
	refuse("mount.entry", "ram:/srv=5M,relabel=no", "keeps its labels");
	refuse("mount.entry", "ram:/srv=0", "must be more than 0");
	refuse("mount.entry", "ram:/run/host=1M", "cannot mount anything on /run/host");
	refuse("mount.entry", "ram:/var/run/host/x=1M", "cannot mount anything on /var/run/host/x");
	refuse("mount.entry", "host-bind:/srv=/data,rw", "Unknown parameter \"rw\"");
}

TEST(network)
{
	expect("network.interface", "dhcp,source=default", "default,dhcp");
	expect("network.interface", "source=br0", "bridge,source=br0");
	expect("network.interface", "address=10.1.2.3", "default,address=10.1.2.3/24");
	expect("network.interface", "address=fd00::1", "default,address=fd00::1/64");
	expect("network.interface", "bridge,source=br0,address=10.0.0.2/8,route=default%10.0.0.1",
		"bridge,source=br0,address=10.0.0.2/8,route=0.0.0.0/0%10.0.0.1");
	expect("network.interface", "back-end,mac=52:54:00:00:00:01",
		"network,source=back-end,mac=52:54:00:00:00:01");
	expect("network.interface", "network,source=back-end", "network,source=back-end");
	expect("network.interface", "network,source=default", "default");
	refuse("network.interface", "back_end,front", "Unknown parameter \"front\"");
	refuse("network.interface", "network,source=a/b", "must begin");
	expect("network.interface", "macvlan,source=eth0,mode=vepa,mtu=1400",
		"macvlan,source=eth0,mode=vepa,mtu=1400");
	expect("network.interface", "vlan,source=eth0,id=7", "vlan,source=eth0,id=7");
	expect("network.interface", "hostdev,source=eth1,peer=10.1.2.3%10.1.2.1",
		"hostdev,source=eth1,peer=10.1.2.3%10.1.2.1");
	expect("network.interface", "container=web", "container=web");
	refuse("network.interface", "container=a/b", "must begin");
	refuse("network.interface", "host,container=web", "two types");
	refuse("network.interface", "vlan,source=eth0,id=4095", "number from 1 to 4094");
	expect("network.interface", "default,bandwidth=10M", "default,bandwidth=10M");
	expect("network.interface", "back-end,bandwidth=1500K/2000M",
		"network,source=back-end,bandwidth=1500K/2G");
	expect("network.interface", "source=br0,bandwidth=max/64K",
		"bridge,source=br0,bandwidth=max/64K");
	refuse("network.interface", "default,bandwidth=10", "from 64K to 100G, or max");
	refuse("network.interface", "default,bandwidth=63K", "from 64K to 100G, or max");
	refuse("network.interface", "default,bandwidth=101G", "from 64K to 100G, or max");
	refuse("network.interface", "default,bandwidth=10M/", "from 64K to 100G, or max");
	refuse("network.interface", "default,bandwidth=1M/1M/1M", "from 64K to 100G, or max");
	refuse("network.interface", "default,mtu=100", "number from 576 to 65535");
	refuse("network.interface", "default,mtu=1500x", "number from 576 to 65535");
	refuse("network.interface", "macvlan,mode=open", "none of private");
	refuse("network.interface", "ethernet,peer=10.1.2.3", "not written ADDRESS%PEER");
	refuse("network.interface", "ethernet,peer=10.1.2.3%fd00::1", "mixes IPv4 and IPv6");
	refuse("network.interface", "", "empty");
	refuse("network.interface", "none,host", "two types");
	refuse("network.interface", "source=averylonginterface", "cannot be the name");
	refuse("network.interface", "address=10.1.2.3/33", "between 0 and 32");
	refuse("network.interface", "address=10.1.2/8", "not an IP address");
	refuse("network.interface", "mac=52:54:00:00:00", "not a MAC address");
}

TEST(security)
{
	_cleanup_desc_ Desc *desc = desc_new();
	DescSecurity *security = &desc->security;

	assert_int_equal(desc_set(desc, "security.level", "s0:c1,c2", NULL), 0);
	assert_int_equal(desc_set(desc, "security.options",
				 "selinux,dynamic,baselabel=u:r:svirt_t:s0,type=own", NULL),
		0);
	assert_int_equal(security->model, DESC_MODEL_SELINUX);
	assert_string_equal(security->baselabel, "u:r:svirt_t:s0");
	assert_string_equal(security->level, "s0:c1,c2");
	assert_true(security->custom_type);

	assert_int_equal(desc_set(desc, "security.options",
				 "static,label=u:r:svirt_t:s0:c192,c392,relabel=yes", NULL),
		0);
	assert_int_equal(security->model, DESC_MODEL_AUTO);
	assert_int_equal(security->labeling, DESC_LABEL_STATIC);
	assert_string_equal(security->label, "u:r:svirt_t:s0:c192,c392");
	assert_true(security->relabel);
	assert_null(security->baselabel);
	assert_false(security->custom_type);

	/* As the ancestor wrote it. */
	assert_int_equal(desc_set(desc, "security.options", "dynamic,label=u:r:t:s0", NULL), 0);
	assert_string_equal(security->baselabel, "u:r:t:s0");
	assert_null(security->label);

	assert_int_equal(desc_set(desc, "security.options", "none", NULL), 0);
	assert_int_equal(security->model, DESC_MODEL_NONE);

	refuse("security.options", "inherit", "not supported");
	refuse("security.options", "dinamic", "Unknown security option 'dinamic'");
	refuse("security.options", "static,label=", "empty");
	refuse("security.options", "dynamic,c1", "Unknown security option 'c1'");
}

TEST(unknown_key)
{
	_cleanup_desc_ Desc *desc = desc_new();
	_cleanup_error_ Error *error = NULL;

	assert_int_equal(desc_set(desc, "core.nick", "x", &error), -ENOENT);
	assert_string_equal(error_message(error), "there is no key \"core.nick\"");
	assert_int_equal(desc_set(desc, "core", "x", NULL), -ENOENT);
	assert_int_equal(desc_set(desc, "identity.id-base", "655360", NULL), -EINVAL); /* chosen */
	assert_int_equal(desc_unset(desc, "corename", NULL), -ENOENT);
}

TEST(unset)
{
	_cleanup_desc_ Desc *desc = desc_new();
	_cleanup_strv_ char **values = NULL;

	for (int i = 0; i < DESC_NETWORK_MAX; i++)
		assert_int_equal(desc_set(desc, "network.interface", "default", NULL), 0);
	assert_int_equal(desc_set(desc, "network.interface", "default", NULL), -E2BIG);
	assert_int_equal(desc_unset(desc, "network.interface", NULL), 0);
	assert_int_equal(desc_get(desc, "network.interface", &values, NULL), 0);
	assert_null(values);
}
