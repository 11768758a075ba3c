# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh disable=SC2034
#
# A proxy with TLS: HAProxy with a certificate of the administrator before nginx, which answers for two sites.
# packages: haproxy nginx-light openssl
units='haproxy.service nginx.service'
# What create itself names: a private key does not come unasked.
options='--with /etc/ssl/own/site.pem'

configure() {
	mkdir -p /etc/ssl/own /srv/www/one /srv/www/two /srv/www/logs
	openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=one.example -addext 'subjectAltName=DNS:one.example,DNS:two.example' \
		-keyout /tmp/key.pem -out /etc/ssl/certs/own.pem
	cat /etc/ssl/certs/own.pem /tmp/key.pem >/etc/ssl/own/site.pem
	chmod 600 /etc/ssl/own/site.pem
	echo one >/srv/www/one/index.html
	echo two >/srv/www/two/index.html
	rm /etc/nginx/sites-enabled/default
	for site in one two; do
		echo "server { listen 127.0.0.1:8080; server_name $site.example; root /srv/www/$site; access_log /srv/www/logs/$site.log; }" >/etc/nginx/sites-available/$site
		ln -s ../sites-available/$site /etc/nginx/sites-enabled/$site
	done
	cat >>/etc/haproxy/haproxy.cfg <<-'END'
	frontend web
	    bind :80
	    bind :443 ssl crt /etc/ssl/own/site.pem alpn h2,http/1.1
	    http-request redirect scheme https unless { ssl_fc }
	    default_backend sites
	backend sites
	    server local 127.0.0.1:8080 check
	END
}

ask() {
	kept "$1"
	curl -sS -o /dev/null -w '%{http_code}' "http://$1/" | grep -q 302
}

kept() {
	for site in one two; do
		curl -fsS --cacert /etc/ssl/certs/own.pem --resolve "$site.example:443:$1" "https://$site.example/" | grep -q $site
	done
}

change() {
	sed -i '/frontend web/a \    http-response set-header x-proxy second' /etc/haproxy/haproxy.cfg
}

changed() {
	curl -fsSk -D - -o /dev/null -H 'Host: one.example' "https://$1/" | grep -qi 'x-proxy: second'
}
