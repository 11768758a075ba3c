# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Services under the models that have no suite of their own for them: each answers its client, all its processes have the
# label, and the kernel denies nothing that is not explained.
# models: smack apparmor
# seconds: 250
# shellcheck source=../guest/services.sh
. "$LAB_IN/guest/services.sh"

answer_of_nginx() {
	curl -sS --max-time 20 "http://$(address_of my-nginx)/"
}

answer_of_redis() {
	inside my-redis redis-cli set lab 42
}

answer_of_mariadb() {
	inside my-mariadb mariadb -N -e 'select concat("sum ", 20 + 22)'
}

service nginx '<html'
service redis-server '^OK'
service mariadb 'sum 42'
empty "no denial but those explained" unexplained_denials
done_testing
