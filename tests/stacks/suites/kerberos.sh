# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh disable=SC2034
#
# A realm of Kerberos: a principal made with kadmin.local gets a ticket from the KDC, and changes its password over the network.
# packages: krb5-kdc krb5-admin-server krb5-user
units='krb5-kdc.service krb5-admin-server.service'
# What create itself names: the key that the database is encrypted with.
options='--with /etc/krb5kdc/.k5.EXAMPLE.ORG'

configure() {
	cat >/etc/krb5.conf <<-'END'
	[libdefaults]
	    default_realm = EXAMPLE.ORG
	    dns_lookup_kdc = false
	    dns_lookup_realm = false
	[realms]
	    EXAMPLE.ORG = {
	        kdc = 192.0.2.1
	        admin_server = 192.0.2.1
	    }
	END
	mkdir -p /etc/krb5kdc
	echo '*/admin@EXAMPLE.ORG *' >/etc/krb5kdc/kadm5.acl
	printf 'master\nmaster\n' | kdb5_util create -s
	kadmin.local -q 'addprinc -pw secret anna'
	kadmin.local -q 'addprinc -pw secret root/admin'
}

# at ADDRESS COMMAND...: as a client whose configuration names this address
at() {
	sed "s/192.0.2.1/$1/" /etc/krb5.conf >/tmp/krb5.conf
	shift
	KRB5_CONFIG=/tmp/krb5.conf "$@"
}

ask() {
	echo secret | at "$1" kinit anna
	at "$1" klist | grep -q krbtgt/EXAMPLE.ORG
	at "$1" kadmin -p root/admin -w secret -q 'getprinc bert' | grep -q 'Principal: bert' ||
		at "$1" kadmin -p root/admin -w secret -q 'addprinc -pw hidden bert'
	kept "$1"
}

kept() {
	echo hidden | at "$1" kinit bert
}

change() {
	printf '[kdcdefaults]\n    kdc_ports = 750,88\n[realms]\n    EXAMPLE.ORG = {\n        max_life = 2h\n    }\n' >/etc/krb5kdc/kdc.conf
}

# Whoever asks for nine hours gets two.
changed() {
	echo hidden | at "$1" kinit -l 9h bert
	at "$1" klist | awk '/krbtgt/ { print $1, $2; print $3, $4 }' | {
		read -r from
		read -r until
		[ "$(($(date -d "$until" +%s) - $(date -d "$from" +%s)))" -le 7200 ]
	}
}
