# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh disable=SC2034
#
# A pool of connections: pgbouncer before PostgreSQL, with the users that its own file lists.
# packages: pgbouncer postgresql postgresql-client
units='pgbouncer.service postgresql@15-main.service'
options='--with /etc/pgbouncer/userlist.txt'

configure() {
	systemctl start postgresql@15-main
	su postgres -c "psql -c \"create user shop password 'secret'\" -c 'create database shop owner shop'"
	cat >/etc/pgbouncer/pgbouncer.ini <<-'END'
	[databases]
	shop = host=127.0.0.1 port=5432 user=shop password=secret
	[pgbouncer]
	listen_addr = *
	listen_port = 6432
	auth_type = plain
	auth_file = /etc/pgbouncer/userlist.txt
	admin_users = shop
	unix_socket_dir = /var/run/postgresql
	logfile = /var/log/postgresql/pgbouncer.log
	pidfile = /var/run/postgresql/pgbouncer.pid
	END
	echo '"shop" "open"' >/etc/pgbouncer/userlist.txt
	chown postgres: /etc/pgbouncer/userlist.txt /etc/pgbouncer/pgbouncer.ini
}

sql() {
	PGPASSWORD=open PGCONNECT_TIMEOUT=5 psql -qAt -h "$1" -p 6432 -U shop "$2" -c "$3"
}

ask() {
	sql "$1" shop 'create table if not exists orders (what text)'
	sql "$1" shop "insert into orders values ('bread')"
	kept "$1"
	! PGPASSWORD=wrong psql -h "$1" -p 6432 -U shop shop -c 'select 1'
}

kept() {
	sql "$1" shop 'select what from orders' | grep -q bread
}

change() {
	echo 'max_client_conn = 77' >>/etc/pgbouncer/pgbouncer.ini
}

changed() {
	sql "$1" pgbouncer 'show config' | grep -q 'max_client_conn|77'
}
