# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh disable=SC2034
#
# MediaWiki behind nginx and PHP-FPM, with MariaDB; installed with its own installer.
# packages: mediawiki nginx-light php-fpm php-mysql php-xml php-mbstring php-intl mariadb-server mariadb-client
units='nginx.service php8.2-fpm.service mariadb.service'
options='-P mediawiki --with /etc/mediawiki/LocalSettings.php'

configure() {
	systemctl start mariadb
	mariadb -e "create user wiki@localhost identified by 'secret'; create database wiki; grant all on wiki.* to wiki@localhost"
	php /usr/share/mediawiki/maintenance/install.php --dbname wiki --dbuser wiki --dbpass secret --server http://localhost --scriptpath '' \
		--confpath /etc/mediawiki --pass 'a-long-Secret-1' Notebook Anna
	# shellcheck disable=SC2016 # of PHP
	sed -i 's|^\$wgServer =.*|$wgServer = WebRequest::detectServer();|' /etc/mediawiki/LocalSettings.php
	ln -sf /etc/mediawiki/LocalSettings.php /var/lib/mediawiki/LocalSettings.php
	chgrp www-data /etc/mediawiki/LocalSettings.php
	cat >/etc/nginx/sites-available/default <<-'END'
	server {
	    listen 80 default_server;
	    root /var/lib/mediawiki;
	    index index.php;
	    access_log /var/log/wiki/access.log;
	    location ~ \.php$ { include snippets/fastcgi-php.conf; fastcgi_pass unix:/run/php/php8.2-fpm.sock; }
	}
	END
	mkdir -p /var/log/wiki
}

ask() {
	rm -f /tmp/jar
	token=$(curl -fsS -c /tmp/jar -b /tmp/jar "http://$1/api.php?action=query&meta=tokens&format=json" | sed 's/.*csrftoken":"\([^"]*\)\\\\".*/\1\\/; s/\\\\/\\/')
	curl -fsS -c /tmp/jar -b /tmp/jar "http://$1/api.php" -d action=edit -d title=Shopping -d 'text=bread and butter' -d format=json --data-urlencode "token=$token" |
		grep -q Success
	kept "$1"
}

kept() {
	curl -fsSL "http://$1/index.php?title=Shopping" | grep -q 'bread and butter'
}

change() {
	# shellcheck disable=SC2016 # of PHP
	echo '$wgSitename = "Second notebook";' >>/etc/mediawiki/LocalSettings.php
}

changed() {
	curl -fsS "http://$1/api.php?action=query&meta=siteinfo&format=json" | grep -q 'Second notebook'
}
