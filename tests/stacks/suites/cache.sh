# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh disable=SC2034
#
# Three before one another: hitch ends TLS, varnish keeps pages, nginx makes them; PROXY protocol between them.
# packages: hitch varnish nginx-light openssl
units='hitch.service varnish.service nginx.service'
# What create itself names: a private key does not come unasked.
options='--with /etc/hitch/site.pem'

configure() {
	openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=site.example -addext subjectAltName=DNS:site.example -keyout /tmp/key.pem -out /etc/ssl/certs/own.pem
	cat /tmp/key.pem /etc/ssl/certs/own.pem >/etc/hitch/site.pem
	chmod 600 /etc/hitch/site.pem
	cat >/etc/hitch/hitch.conf <<-'END'
	frontend = "[*]:443"
	backend = "[127.0.0.1]:8443"
	pem-file = "/etc/hitch/site.pem"
	write-proxy-v2 = on
	user = "_hitch"
	group = "_hitch"
	END
	mkdir -p /etc/systemd/system/varnish.service.d
	cat >/etc/systemd/system/varnish.service.d/local.conf <<-'END'
	[Service]
	ExecStart=
	ExecStart=/usr/sbin/varnishd -j unix,user=vcache -F -a :80 -a 127.0.0.1:8443,PROXY -f /etc/varnish/default.vcl -S /etc/varnish/secret -s malloc,32m
	END
	cat >/etc/nginx/sites-available/default <<-'END'
	server {
	    listen 127.0.0.1:8080;
	    location / { root /srv/pages; }
	    location /time { return 200 $msec; add_header Cache-Control max-age=600; }
	}
	END
	mkdir -p /srv/pages
	echo 'first page' >/srv/pages/index.html
	systemctl daemon-reload
}

ask() {
	kept "$1"
	one=$(curl -fsS "http://$1/time")
	sleep 1
	[ "$one" = "$(curl -fsS "http://$1/time")" ]
}

kept() {
	curl -fsS --cacert /etc/ssl/certs/own.pem --resolve "site.example:443:$1" https://site.example/ | grep -q 'page'
}

change() {
	printf 'vcl 4.0;\nbackend default { .host = "127.0.0.1"; .port = "8080"; }\nsub vcl_deliver { set resp.http.x-second = "yes"; }\n' >/etc/varnish/default.vcl
}

changed() {
	curl -fsS -D - -o /dev/null "http://$1/" | grep -qi 'x-second: yes'
}
