# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh disable=SC2034
#
# An application of one's own in Python, behind uWSGI and nginx; its account is named by a packaged default alone.
# packages: uwsgi uwsgi-plugin-python3 nginx-light
units='uwsgi.service nginx.service'
# What create itself names: data that only the application's text knows.
options='--with /var/lib/counter/notes --with /etc/counter/title'

configure() {
	mkdir -p /srv/counter /var/lib/counter
	chown www-data: /var/lib/counter
	cat >/srv/counter/app.py <<-'END'
	import pathlib
	DATA = pathlib.Path('/var/lib/counter/notes')
	TITLE = pathlib.Path('/etc/counter/title')

	def application(environ, start_response):
	    if environ['REQUEST_METHOD'] == 'POST':
	        DATA.write_bytes(environ['wsgi.input'].read(int(environ['CONTENT_LENGTH'])))
	    start_response('200 OK', [('content-type', 'text/plain')])
	    return [TITLE.read_bytes(), DATA.read_bytes() if DATA.exists() else b'nothing\n']
	END
	mkdir -p /etc/counter
	echo 'Title 1' >/etc/counter/title
	cat >/etc/uwsgi/apps-available/counter.ini <<-'END'
	[uwsgi]
	plugin = python3
	chdir = /srv/counter
	module = app
	socket = /run/uwsgi/app/counter/socket
	END
	ln -sf ../apps-available/counter.ini /etc/uwsgi/apps-enabled/counter.ini
	cat >/etc/nginx/sites-available/default <<-'END'
	server {
	    listen 80;
	    access_log /var/log/nginx/counter/access.log;
	    location / { include uwsgi_params; uwsgi_pass unix:/run/uwsgi/app/counter/socket; }
	}
	END
	mkdir -p /var/log/nginx/counter
}

ask() {
	curl -fsS -d 'remember this' "http://$1/" | grep -q 'Title 1'
	kept "$1"
}

kept() {
	curl -fsS "http://$1/" | grep -q 'remember this'
}

change() {
	echo 'Title 2' >/etc/counter/title
}

changed() {
	curl -fsS "http://$1/" | grep -q 'Title 2'
}
