# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Further services, as services.sh: what make check has no time for.
# models: smack apparmor
# seconds: 200
# shellcheck source=../guest/services.sh
. "$LAB_IN/guest/services.sh"

answer_of_ssh() {
	ssh-keyscan -T 30 "$(address_of my-ssh)"
}

answer_of_dovecot() {
	{
		sleep 2
		printf 'a logout\r\n'
	} | nc -w 30 "$(address_of my-dovecot)" 143
}

service ssh 'ssh-ed25519'
service dovecot 'OK .*Dovecot'
empty "no denial but those explained" unexplained_denials
done_testing
