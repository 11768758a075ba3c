/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What text says of services of the same machine.
 */
#include <string.h>

#include "base/unit-test.h"
#include "host/host-listener.h"
#include "host/peer-text.h"

static const struct {
	const char *text, *name; /* the one that is found; NULL: none */
	PeerRole role;
} cases[] = {
	{ "DATABASE_URL=postgres://user:secret@localhost/db", "localhost", PEER_CONNECTS },
	{ "DATABASE_URL=\"postgresql+psycopg2://u:p@127.0.0.1:5433/db\"", "127.0.0.1:5433",
		PEER_CONNECTS },
	{ "/opt/app/run --upstream 127.0.0.1:9000", "127.0.0.1:9000", PEER_CONNECTS },
	{ "/opt/app/run --upstream=[::1]:9000 --verbose", "[::1]:9000", PEER_CONNECTS },
	{ "\tproxy_pass http://localhost:3000;", "localhost:3000", PEER_CONNECTS },
	{ "  server app1 127.0.0.1:8080 check", "127.0.0.1:8080", PEER_CONNECTS },
	{ "location / { proxy_pass http://127.0.0.1:9000/; }", "127.0.0.1:9000", PEER_CONNECTS },
	{ "API_URL: 'http://localhost:9000'", "localhost:9000", PEER_CONNECTS },
	{ "APP_URL=http://localhost:9000", "localhost:9000", PEER_UNKNOWN },
	{ "gunicorn --bind 127.0.0.1:8000 app", "127.0.0.1:8000", PEER_LISTENS },
	{ "bind 127.0.0.1 -::1", "127.0.0.1", PEER_LISTENS },
	{ "listen = 127.0.0.1:9000", "127.0.0.1:9000", PEER_LISTENS },
	{ "uvicorn app --host 127.0.0.1 --port 8001", "127.0.0.1:8001", PEER_UNKNOWN },
	{ "DB_HOST=localhost\nDB_PORT=3307", "localhost:3307", PEER_CONNECTS },
	{ "'HOST': 'localhost',\n'PORT': '5432',", "localhost:5432", PEER_UNKNOWN },
	{ "redis-cli -h 127.0.0.1 -p 6380 ping", "127.0.0.1:6380", PEER_UNKNOWN },
	{ "mysql_dsn=user:pw@tcp(127.0.0.1:3306)/db", "127.0.0.1:3306", PEER_CONNECTS },
	{ "jdbc.url=jdbc:postgresql://localhost:5432/app", "localhost:5432", PEER_CONNECTS },
	{ "milters = inet:8891@localhost", "localhost:8891", PEER_UNKNOWN },
	{ "socket.connect(('localhost', 6379))", "localhost:6379", PEER_CONNECTS },
	{ "replicaof 127.0.0.1 6379", "127.0.0.1:6379", PEER_CONNECTS },
	{ "fastcgi_pass unix:/run/php/fpm.sock;", "/run/php/fpm.sock", PEER_CONNECTS },
	{ "DB_SOCKET=/var/run/mysqld/mysqld.sock", "/var/run/mysqld/mysqld.sock", PEER_CONNECTS },
	{ "# proxy_pass http://localhost:3000;", NULL, PEER_UNKNOWN },
	{ "mynetworks = 127.0.0.0/8", NULL, PEER_UNKNOWN },
	{ "host all all 127.0.0.1/32 md5", NULL, PEER_UNKNOWN },
	{ "relay = 127.0.0.1.example.org:25 mylocalhost:26 localhost.example.org:27", NULL,
		PEER_UNKNOWN },
	{ "timeout 30\nport 6379", NULL, PEER_UNKNOWN },
	{ "MAILTO=root@localhost", NULL, PEER_UNKNOWN },
	{ "DEFAULT_FROM_EMAIL=\"Web <noreply@localhost>\"", NULL, PEER_UNKNOWN },
	{ "mail_to: mailto:root@127.0.0.1", NULL, PEER_UNKNOWN },
	{ "MAIL_URL=smtp://root@localhost", "localhost", PEER_CONNECTS },
	{ "MAIL_RELAY=root@localhost:25", "localhost:25", PEER_CONNECTS },
	{ "DB=user:secret@localhost", "localhost", PEER_UNKNOWN },
	{ "DATABASE=user@localhost/db", "localhost", PEER_CONNECTS },
};

TEST(mentions)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_peer_text_ PeerText found = { 0 };

		assert_int_equal(peer_text_parse(cases[i].text, strlen(cases[i].text), &found), 0);
		if (found.n != (cases[i].name ? 1 : 0))
			fail_msg("%s: %zu mentions", cases[i].text, found.n);
		if (!cases[i].name)
			continue;
		if (strcmp(found.mentions[0].name, cases[i].name) != 0 ||
			found.mentions[0].role != cases[i].role)
			fail_msg("%s: %s %d", cases[i].text, found.mentions[0].name,
				found.mentions[0].role);
	}
}

/* What the text names as its own is no service of another. */
TEST(own_ports)
{
	static const struct {
		const char *text;
		unsigned int port;
	} own[] = { { "port 6379", 6379 }, { "--http-port=8080", 8080 }, { "listen 81;", 81 },
		{ "bind 127.0.0.1:82", 82 }, { "run :83", 83 }, { "ADDRESS=0.0.0.0:84", 84 } };

	for (size_t i = 0; i < ARRAY_SIZE(own); i++) {
		_cleanup_peer_text_ PeerText found = { 0 };

		assert_int_equal(peer_text_parse(own[i].text, strlen(own[i].text), &found), 0);
		if (!peer_text_has_port(&found, own[i].port))
			fail_msg("%s", own[i].text);
	}
}

TEST(of_a_service_elsewhere)
{
	static const char text[] =
		"[database]\nhost = localhost\nport = 5432\n[db_two]\nDB_HOST=localhost\nDB_PORT=5433\n";
	_cleanup_peer_text_ PeerText found = { 0 };

	assert_int_equal(peer_text_parse(text, strlen(text), &found), 0);
	assert_int_equal(found.n, 2);
	assert_string_equal(found.mentions[0].name, "localhost:5432");
	assert_string_equal(found.mentions[0].key, "host");
	assert_int_equal(found.mentions[0].line, 2);
	assert_int_equal(found.mentions[1].port, 5433);
	assert_false(peer_text_has_port(&found, 5433));
}

TEST(listeners)
{
	static const char tcp
		[] = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
		     "   0: 0100007F:1538 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 11 1 0 0 100 0 0 10 0\n"
		     "   1: 0100007F:0050 0100007F:1538 01 00000000:00000000 00:00000000 00000000     0        0 12 1 0 0 100 0 0 10 0\n",
	     sockets[] = "Num RefCount Protocol Flags Type St Inode Path\n"
			 "0000000000000000: 00000002 00000000 00010000 0001 01 13 /run/x/a b.sock\n"
			 "0000000000000000: 00000003 00000000 00000000 0001 03 14 /run/x/c.sock\n"
			 "0000000000000000: 00000002 00000000 00010000 0001 01 15 @abstract\n";
	_cleanup_host_listeners_ HostListeners all = { 0 };
	_cleanup_free_ char *one = strdup(tcp), *two = strdup(sockets);

	assert_int_equal(host_listeners_parse(one, false, &all), 0);
	assert_int_equal(host_listeners_parse_unix(two, &all), 0);
	assert_int_equal(all.n, 2);
	assert_string_equal(host_listeners_find(&all, 5432, NULL)->inode, "11");
	assert_string_equal(host_listeners_find(&all, 0, "/run/x/a b.sock")->inode, "13");
	assert_null(host_listeners_find(&all, 80, NULL));
	assert_null(host_listeners_find(&all, 0, "/run/x/c.sock"));
}
