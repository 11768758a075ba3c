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
	PGPASSWORD=secret psql -q -h localhost -U feeds -f /usr/share/tt-rss/schema/ttrss_schema_pgsql.sql \
		-c "update ttrss_prefs set def_value = 'true' where pref_name = 'ENABLE_API_ACCESS'" feeds
	sed -i 's|%SELF_URL_PATH|http://localhost/tt-rss/|' /etc/tt-rss/config.php
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

# say ADDRESS WORDS: to the API; WORDS are what is between the braces
say() {
	curl -fsS -d "{$2}" "http://$1/tt-rss/api/"
}

ask() {
	session=$(say "$1" '"op":"login","user":"admin","password":"password"' | sed 's/.*"session_id":"\([^"]*\)".*/\1/')
	say "$1" "\"sid\":\"$session\",\"op\":\"shareToPublished\",\"title\":\"News of bread\",\"url\":\"http://example.org/\",\"content\":\"fresh\"" | grep -q OK
	kept "$1"
}

kept() {
	session=$(say "$1" '"op":"login","user":"admin","password":"password"' | sed 's/.*"session_id":"\([^"]*\)".*/\1/')
	say "$1" "\"sid\":\"$session\",\"op\":\"getHeadlines\",\"feed_id\":-2" | grep -q 'News of bread'
}

change() {
	echo 'server.tag = "second"' >/etc/lighttpd/conf-enabled/99-tag.conf
}

changed() {
	curl -sS -D - -o /dev/null "http://$1/" | grep -qi 'server: second'
}
