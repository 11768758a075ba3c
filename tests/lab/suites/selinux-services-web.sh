# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2016
# Web servers and databases of the matrix that selinux-services does not have, one after another: each answers, nothing inside
# fails, and the kernel denied nothing that was not meant.
# models: selinux
# seconds: 600
# shellcheck source=../guest/served.sh
. "$LAB_IN/guest/served.sh"

# ---- web ----
ask_lighttpd() {
	answer 80 'GET / HTTP/1.0\r\n\r\n' '<html'
}

prepare_php() {
	append /etc/nginx/sites-enabled/php <<-'EOF'
		server { listen 8080; root /var/www/html;
		  location ~ \.php$ { include snippets/fastcgi-php.conf; fastcgi_pass unix:/run/php/php8.2-fpm.sock; } }
	EOF
	append /var/www/html/index.php <<<'<?php echo "sum ", 40 + 2;'
}

ask_php() {
	answer 8080 'GET /index.php HTTP/1.0\r\n\r\n' 'sum 42'
}

ask_lamp() {
	answer 80 'GET / HTTP/1.0\r\n\r\n' '<html' && inside lamp mariadb -N -e 'select concat("sum ", 20 + 22)' | grep 'sum 42'
}

prepare_haproxy() {
	append /etc/haproxy/haproxy.cfg <<-'EOF'

		frontend lab
		  bind :8080
		  mode http
		  http-request return status 200 content-type text/plain string "from haproxy"
	EOF
}

ask_haproxy() {
	answer 8080 'GET / HTTP/1.0\r\n\r\n' 'from haproxy'
}

ask_varnish() { # it has nobody to ask, and says so
	answer 6081 'GET / HTTP/1.0\r\n\r\n' ' 503 .*Varnish'
}

prepare_squid() {
	append /etc/squid/conf.d/lab.conf <<<'shutdown_lifetime 0 seconds'
}

ask_squid() { # it pings its neighbours, by the raw socket that ping takes, too
	answer 3128 'GET http://127.0.0.1:1/ HTTP/1.0\r\n\r\n' 'squid' && inside squid ping -c 1 127.0.0.1
}

# ---- databases ----
prepare_memcached() {
	sed -i 's/^-l .*/-l 0.0.0.0/' "$tree/etc/memcached.conf"
}

ask_memcached() {
	answer 11211 'set k 0 0 2\r\nhi\r\nget k\r\n' 'STORED.*hi.*END'
}

prepare_postgresql() {
	append /etc/postgresql/15/main/postgresql.conf <<<"listen_addresses = '*'"
}

ask_postgresql() { # nobody may log in from another machine; a process of its own says so
	answer 5432 '\0\0\0\x17\0\3\0\0user\0postgres\0\0' 'no pg_hba.conf entry' &&
		inside postgresql runuser -u postgres -- psql -Atc 'select 40 + 2' | grep 42
}

ask_slapd() { # the root of what it has, as everybody may see it
	answer 389 '0%\2\1\1c \4\0\n\1\0\n\1\0\2\1\0\2\1\0\1\1\0\x87\x0bobjectClass0\0' 'OpenLDAProotDSE.*\x0a\x01\x00\x04\x00\x04\x00'
}

served lighttpd lighttpd
served php nginx php8.2-fpm
served lamp apache2 mariadb
served haproxy haproxy
served varnish varnish
served squid squid
served memcached memcached
served postgresql postgresql@15-main
served slapd slapd
empty "no denial but those explained" unexplained_denials
done_testing
