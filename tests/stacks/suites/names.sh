# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh disable=SC2034
#
# A name server with a database: PowerDNS with its backend of MariaDB, a zone made with pdnsutil, changed over its HTTP interface.
# packages: pdns-server pdns-backend-mysql mariadb-server mariadb-client bind9-dnsutils
units='pdns.service mariadb.service'

configure() {
	mkdir -p /etc/systemd/system/pdns.service.d
	printf '[Unit]\nAfter=mariadb.service\n' >/etc/systemd/system/pdns.service.d/database.conf
	systemctl daemon-reload
	systemctl start mariadb
	mariadb -e "create database pdns; create user pdns@localhost identified by 'secret'; grant all on pdns.* to pdns@localhost"
	mariadb pdns </usr/share/pdns-backend-mysql/schema/schema.mysql.sql || mariadb pdns </usr/share/doc/pdns-backend-mysql/schema.mysql.sql
	rm -f /etc/powerdns/pdns.d/*
	cat >/etc/powerdns/pdns.d/gmysql.conf <<-'END'
	launch=gmysql
	gmysql-dbname=pdns
	gmysql-user=pdns
	gmysql-password=secret
	gmysql-socket=/run/mysqld/mysqld.sock
	api=yes
	api-key=changeme
	webserver=yes
	webserver-address=0.0.0.0
	webserver-allow-from=0.0.0.0/0
	END
	chown root:pdns /etc/powerdns/pdns.d/gmysql.conf
	chmod 640 /etc/powerdns/pdns.d/gmysql.conf
	pdnsutil create-zone shop.example ns.shop.example
	pdnsutil add-record shop.example www A 198.51.100.7
}

ask() {
	dig +short "@$1" www.shop.example | grep -q 198.51.100.7
	curl -fsS -X PATCH -H 'X-API-Key: changeme' "http://$1:8081/api/v1/servers/localhost/zones/shop.example." \
		-d '{"rrsets":[{"name":"new.shop.example.","type":"A","ttl":60,"changetype":"REPLACE","records":[{"content":"198.51.100.8","disabled":false}]}]}'
	kept "$1"
}

kept() {
	dig +short "@$1" new.shop.example | grep -q 198.51.100.8
}

change() {
	echo 'version-string=second' >/etc/powerdns/pdns.d/version.conf
}

changed() {
	dig +short "@$1" version.bind chaos txt | grep -q second
}
