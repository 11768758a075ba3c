# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh disable=SC2034
#
# A reader of feeds, Tiny Tiny RSS, behind lighttpd and PHP-FPM, with PostgreSQL.
# packages: tt-rss lighttpd php-fpm php-pgsql postgresql
units='lighttpd.service php8.2-fpm.service postgresql@15-main.service'
options='-P tt-rss --with /etc/tt-rss'

configure() {
	systemctl start postgresql@15-main
	su postgres -c "psql -c \"create user feeds password 'secret'\" -c 'create database feeds owner feeds'"
	schema=$(find /usr/share/tt-rss /usr/share/dbconfig-common/data/tt-rss -name '*pgsql*' -type f | head -n 1)
	[ -n "$schema" ] || schema=/usr/share/dbconfig-common/data/tt-rss/install/pgsql
	PGPASSWORD=secret psql -q -h localhost -U feeds -f "$schema" feeds
	sed 's/^\(define.*DB_\)/# \1/' -i /etc/tt-rss/config.php
	cat >/etc/tt-rss/database.php <<-'END'
	<?php
	$dbuser='feeds'; $dbpass='secret'; $dbname='feeds'; $dbserver='localhost'; $dbport='5432'; $dbtype='pgsql';
	END
	chgrp www-data /etc/tt-rss/database.php
	lighty-enable-mod fastcgi-php-fpm || true
	cat >/etc/lighttpd/conf-available/50-tt-rss.conf <<-'END'
	alias.url += ( "/tt-rss" => "/usr/share/tt-rss/www" )
	END
	lighty-enable-mod tt-rss || true
}

ask() {
	kept "$1"
}

kept() {
	curl -fsS -d '{"op":"login","user":"admin","password":"password"}' "http://$1/tt-rss/api/" | grep -q session_id
}

change() {
	echo 'server.tag = "second"' >/etc/lighttpd/conf-enabled/99-tag.conf
}

changed() {
	curl -sS -D - -o /dev/null "http://$1/" | grep -qi 'server: second'
}
