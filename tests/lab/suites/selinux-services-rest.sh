# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2016
# The rest of the matrix, as selinux-services-web: what make check has no time for.
# models: selinux
# seconds: 400
# shellcheck source=../guest/served.sh
. "$LAB_IN/guest/served.sh"

prepare_nsd() {
	append /etc/nsd/nsd.conf.d/lab.conf <<-'EOF'
		zone:
		  name: lab
		  zonefile: /etc/nsd/lab.zone
	EOF
	append /etc/nsd/lab.zone <<-'EOF'
		$ORIGIN lab.
		$TTL 60
		@ IN SOA ns root 1 60 60 60 60
		@ IN NS ns
		ns IN A 192.0.2.1
		a IN A 192.0.2.10
	EOF
}

ask_nsd() {
	answer 53/udp '\x12\x34\1\0\0\1\0\0\0\0\0\0\1a\3lab\0\0\1\0\1' '\xc0\x00\x02\x0a'
}

prepare_tftp() {
	mkdir -p "$tree/srv/tftp" && append /srv/tftp/file <<<'over tftp'
}

ask_tftp() { # from inside: the server answers from a port of its own, and the host takes only answers from containers
	inside tftp curl -sS --max-time 60 tftp://127.0.0.1/file | grep 'over tftp'
}

prepare_radius() {
	append /etc/freeradius/3.0/mods-config/files/authorize <<<'tester Cleartext-Password := "secret"'
	append /etc/freeradius/3.0/clients.conf <<-'EOF'
		client all {
			ipaddr = 0.0.0.0/0
			secret = shared
		}
	EOF
}

ask_radius() { # an Access-Request of "tester" with "secret", as the shared secret "shared" hides and signs it; 2 is Access-Accept
	answer 1812/udp '\x01\x07\x00\x400123456789abcdef\1\x08tester\2\x12\xda\xb2\xf0\xd3\x0f\x92\x64\xcc\x07\xe1\xb1\x4d\xfa\xff\xfb\x39\x50\x12\x62\x97\x5a\xf2\x31\x2c\x4c\xba\x09\x66\x63\x95\xbc\xfe\x2e\xee' '^\x02\x07'
}

prepare_ngircd() {
	sed -i 's/;DNS = .*/DNS = no/; s/;Ident = .*/Ident = no/' "$tree/etc/ngircd/ngircd.conf"
}

ask_ngircd() {
	answer 6667 'NICK tester\r\nUSER tester 0 * :Tester\r\n' ' 001 tester '
}

prepare_munin() {
	append /etc/munin/munin-node.conf <<<'cidr_allow 0.0.0.0/0'
}

ask_munin() {
	answer 4949 'version\nquit\n' 'munins node on '
}

served nsd nsd
served tftp tftpd-hpa
served radius freeradius
served ngircd ngircd
served munin munin-node
empty "no denial but those explained" unexplained_denials
done_testing
