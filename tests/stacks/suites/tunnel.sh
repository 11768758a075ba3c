# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh disable=SC2034
#
# An encrypted way to a store: stunnel before redis with a password and an access list.
# packages: stunnel4 redis-server redis-tools openssl
units='stunnel4.service redis-server.service'
options='--with /etc/stunnel/store.pem --with /etc/redis/users.acl'

configure() {
	openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=store.example -addext subjectAltName=DNS:store.example -keyout /tmp/key.pem -out /etc/ssl/certs/store.pem
	cat /tmp/key.pem /etc/ssl/certs/store.pem >/etc/stunnel/store.pem
	chmod 600 /etc/stunnel/store.pem
	printf 'pid = /run/stunnel-store.pid\n[store]\naccept = 6380\nconnect = 127.0.0.1:6379\ncert = /etc/stunnel/store.pem\n' >/etc/stunnel/store.conf
	echo 'user default on >secret ~* +@all' >/etc/redis/users.acl
	chown redis: /etc/redis/users.acl
	chmod 640 /etc/redis/users.acl
	echo 'aclfile /etc/redis/users.acl' >>/etc/redis/redis.conf
}

store() {
	address=$1
	shift
	redis-cli -h "$address" -p 6380 --tls --sni store.example --cacert /etc/ssl/certs/store.pem --no-auth-warning -a secret "$@"
}

ask() {
	store "$1" set basket apples | grep -q OK
	store "$1" save | grep -q OK
	kept "$1"
	! redis-cli -h "$1" -p 6380 --tls --cacert /etc/ssl/certs/store.pem get basket | grep -q apples
}

kept() {
	store "$1" get basket | grep -q apples
}

change() {
	sed -i 's/^maxclients.*//; $a maxclients 55' /etc/redis/redis.conf
}

changed() {
	store "$1" config get maxclients | grep -q 55
}
