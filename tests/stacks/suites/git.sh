# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh disable=SC2034
#
# Repositories of git over HTTP: nginx, fcgiwrap and git-http-backend, with a password file; one can push and clone.
# packages: nginx-light fcgiwrap git apache2-utils
units='nginx.service fcgiwrap.socket'
options='--with /etc/nginx/passwords'

configure() {
	git init -q --bare /srv/git/shop.git
	git -C /srv/git/shop.git config http.receivepack true
	chown -R www-data: /srv/git
	htpasswd -bc /etc/nginx/passwords anna secret
	chown root:www-data /etc/nginx/passwords
	chmod 640 /etc/nginx/passwords
	cat >/etc/nginx/sites-available/default <<-'END'
	server {
	    listen 80;
	    auth_basic repositories;
	    auth_basic_user_file /etc/nginx/passwords;
	    location / {
	        include fastcgi_params;
	        fastcgi_param SCRIPT_FILENAME /usr/lib/git-core/git-http-backend;
	        fastcgi_param GIT_PROJECT_ROOT /srv/git;
	        fastcgi_param GIT_HTTP_EXPORT_ALL 1;
	        fastcgi_param PATH_INFO $uri;
	        fastcgi_param REMOTE_USER $remote_user;
	        fastcgi_pass unix:/run/fcgiwrap.socket;
	    }
	}
	END
}

ask() {
	export HOME=/root GIT_TERMINAL_PROMPT=0
	rm -rf /tmp/one
	git init -q -b main /tmp/one
	cd /tmp/one
	echo 'bread' >list
	git add list
	git -c user.name=Anna -c user.email=anna@example.org commit -qm first
	git push -q -f "http://anna:secret@$1/shop.git" main
	kept "$1"
	! git ls-remote "http://$1/shop.git"
}

kept() {
	export HOME=/root
	rm -rf /tmp/two
	git clone -q -b main "http://anna:secret@$1/shop.git" /tmp/two
	grep -q bread /tmp/two/list
}

change() {
	sed -i 's/auth_basic repositories/auth_basic second/' /etc/nginx/sites-available/default
}

changed() {
	curl -sS -D - -o /dev/null "http://$1/" | grep -q 'realm="second"'
}
