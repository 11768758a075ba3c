# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh disable=SC2034
#
# A file server whose users are in a database: ProFTPD with mod_sql and PostgreSQL; one may upload and fetch.
# packages: proftpd-core proftpd-mod-pgsql postgresql
units='proftpd.service postgresql@15-main.service'
options='--with /srv/files'

configure() {
	systemctl start postgresql@15-main
	su postgres -c "psql -c \"create user ftp password 'secret'\" -c 'create database ftp owner ftp'"
	mkdir -p /srv/files/anna
	chown -R www-data: /srv/files
	PGPASSWORD=secret psql -q -h localhost -U ftp ftp -c 'create table users (userid text, passwd text, uid int, gid int, homedir text, shell text)' \
		-c "insert into users values ('anna', 'open', 33, 33, '/srv/files/anna', '/bin/sh')"
	cat >/etc/proftpd/conf.d/sql.conf <<-'END'
	LoadModule mod_sql.c
	LoadModule mod_sql_postgres.c
	AuthOrder mod_sql.c
	SQLBackend postgres
	SQLConnectInfo ftp@localhost ftp secret
	SQLAuthTypes Plaintext
	SQLAuthenticate users
	SQLUserInfo users userid passwd uid gid homedir shell
	SQLMinUserUID 30
	SQLMinUserGID 30
	RequireValidShell off
	DefaultRoot ~
	UseIPv6 off
	END
}

ask() {
	echo 'a list of bread' | curl -fsS -T - "ftp://anna:open@$1/list"
	kept "$1"
	! curl -fsS "ftp://anna:wrong@$1/list"
}

kept() {
	curl -fsS "ftp://anna:open@$1/list" | grep -q bread
}

change() {
	printf 'ServerIdent on "second server"\n' >/etc/proftpd/conf.d/ident.conf
}

changed() {
	curl -sSv "ftp://anna:open@$1/" 2>&1 | grep -q 'second server'
}
