# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh disable=SC2034
#
# WordPress as Debian's README has it: Apache with PHP, MariaDB, one site of /etc/wordpress.
# packages: wordpress apache2 libapache2-mod-php php-mysql mariadb-server mariadb-client
units='apache2.service mariadb.service'
# The keys are chosen for this test.
options='-P wordpress --with /etc/wordpress/config-default.php'

configure() {
	systemctl start mariadb
	mariadb -e "create database wp; create user wp@localhost identified by 'secret'; grant all on wp.* to wp@localhost"
	cat >/etc/wordpress/config-default.php <<-'END'
	<?php
	define('DB_NAME', 'wp');
	define('DB_USER', 'wp');
	define('DB_PASSWORD', 'secret');
	define('DB_HOST', 'localhost');
	define('WP_CONTENT_DIR', '/var/lib/wordpress/wp-content');
	define('WP_HTTP_BLOCK_EXTERNAL', true);
	define('DISABLE_WP_CRON', true);
	define('WP_SITEURL', 'http://' . $_SERVER['HTTP_HOST']);
	define('WP_HOME', 'http://' . $_SERVER['HTTP_HOST']);
	END
	chown root:www-data /etc/wordpress/config-default.php
	chmod 640 /etc/wordpress/config-default.php
	cat >/etc/apache2/sites-available/000-default.conf <<-'END'
	<VirtualHost *:80>
	    DocumentRoot /usr/share/wordpress
	    Alias /wp-content /var/lib/wordpress/wp-content
	    <Directory /usr/share/wordpress>
	        DirectoryIndex index.php
	        Require all granted
	    </Directory>
	    <Directory /var/lib/wordpress/wp-content>
	        Require all granted
	    </Directory>
	    ErrorLog /var/log/apache2/blog/error.log
	    CustomLog /var/log/apache2/blog/access.log combined
	</VirtualHost>
	END
	mkdir -p /var/log/apache2/blog /var/lib/wordpress/wp-content/uploads
	echo picture >/var/lib/wordpress/wp-content/uploads/picture.txt
}

ask() {
	curl -fsS -d 'weblog_title=Journal&user_name=anna&admin_password=secret&admin_password2=secret&pw_weak=on&admin_email=a@example.org&language=' \
		"http://$1/wp-admin/install.php?step=2" | grep -qiE 'success|already installed'
	kept "$1"
}

kept() {
	[ "$(curl -fsS "http://$1/wp-content/uploads/picture.txt")" = picture ]
	curl -fsSL "http://$1/?feed=rss2" | grep -q '<title>Journal</title>'
	curl -sS -D - -o /dev/null -b wordpress_test_cookie=WP%20Cookie%20check -d 'log=anna&pwd=secret&wp-submit=Log+In&testcookie=1' "http://$1/wp-login.php" |
		grep -qi 'set-cookie: wordpress_logged_in'
}

change() {
	sed -i '1a header("X-Site: two");' /etc/wordpress/config-default.php
}

changed() {
	curl -fsSL -D - -o /dev/null "http://$1/" | grep -qi 'x-site: two'
}
