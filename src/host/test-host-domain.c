/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The host's domain, by its files.
 */

#include "base/unit-test.h"
#include "host/host-domain.h"

static const char hosts[] =
	"127.0.0.1 localhost\n# 192.0.2.1 web.commented.example web\n"
	"192.0.2.2 other.example.net other\n192.0.2.3\tweb.example.org  www web # mine\n"
	"192.0.2.4 web.example.com web\n";

static void expect(const char *hostname, const char *text, const char *domain)
{
	_cleanup_free_ char *found = NULL;

	assert_int_equal(host_domain_parse(hostname, text, &found), 0);
	if (domain)
		assert_string_equal(found, domain);
	else
		assert_null(found);
}

TEST(of_its_own_name)
{
	expect("# mine\n\n web.example.org\n", hosts, "example.org");
	expect("web.example.org", NULL, "example.org");
	expect("web.exa mple", NULL, "exa");
	expect("web.b\"d", hosts, NULL);
	expect("web.", hosts, NULL);
}

TEST(of_hosts)
{
	expect("web\n", hosts, "example.org");
	expect("we\n", hosts, NULL);
	expect("localhost\n", hosts, NULL);
	expect("web\n", "192.0.2.1 webb.example.org web\n192.0.2.1 web.example.org\n", NULL);
	expect("web\n", "192.0.2.1 web.exa/mple web\n", NULL);
	expect("web\n", NULL, NULL);
	expect("", hosts, NULL);
	expect(NULL, hosts, NULL);
}
