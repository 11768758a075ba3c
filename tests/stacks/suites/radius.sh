# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh disable=SC2034
#
# FreeRADIUS with its users in MariaDB, as its wiki has it: accounting is written to the database.
# packages: freeradius freeradius-mysql freeradius-utils mariadb-server mariadb-client
units='freeradius.service mariadb.service'

configure() {
	mkdir -p /etc/systemd/system/freeradius.service.d
	printf '[Unit]\nAfter=mariadb.service\n' >/etc/systemd/system/freeradius.service.d/database.conf
	systemctl daemon-reload
	systemctl start mariadb
	mariadb -e "create database radius; create user radius@localhost identified by 'radpass'; grant all on radius.* to radius@localhost"
	mariadb radius </etc/freeradius/3.0/mods-config/sql/main/mysql/schema.sql
	mariadb radius -e "insert into radcheck (username, attribute, op, value) values ('anna', 'Cleartext-Password', ':=', 'secret')"
	cd /etc/freeradius/3.0
	sed -i 's/dialect = "sqlite"/dialect = "mysql"/; s/driver = "rlm_sql_null"/driver = "rlm_sql_${dialect}"/; s/^#\t\(server = "localhost"\)/\t\1/
		s/^#\t\(login = "radius"\)/\t\1/; s/^#\t\(password = "radpass"\)/\t\1/; /^\t\ttls {/,/^\t\t}/d; s/#\(.*read_clients\)/\1/' mods-available/sql
	ln -sf ../mods-available/sql mods-enabled/sql
	sed -i 's/^\t-sql/\tsql/' sites-available/default
	printf 'client network {\n\tipaddr = 0.0.0.0/0\n\tsecret = shared\n}\n' >>clients.conf
}

ask() {
	radtest anna secret "$1" 0 shared | grep -q Access-Accept
	! radtest anna wrong "$1" 0 shared || return 1
	printf 'User-Name=anna\nAcct-Status-Type=Start\nAcct-Session-Id=s1\nNAS-IP-Address=192.0.2.9\nAcct-Unique-Session-Id=u1\n' | radclient -x "$1" acct shared | grep -q Accounting-Response
}

kept() {
	radtest anna secret "$1" 0 shared | grep -q Access-Accept
}

change() {
	printf 'DEFAULT User-Name == "bert", Cleartext-Password := "hidden"\n' >/etc/freeradius/3.0/mods-config/files/authorize
}

changed() {
	radtest bert hidden "$1" 0 shared | grep -q Access-Accept
}
