# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh disable=SC2034
#
# A directory that lets people in: OpenLDAP with an entry, and Apache that asks it for passwords.
# packages: slapd ldap-utils apache2
units='apache2.service slapd.service'

configure() {
	systemctl start slapd
	cat >/tmp/people.ldif <<-'END'
	dn: ou=people,dc=nodomain
	objectClass: organizationalUnit
	ou: people

	dn: uid=anna,ou=people,dc=nodomain
	objectClass: account
	objectClass: simpleSecurityObject
	uid: anna
	userPassword: secret
	END
	ldapadd -Y EXTERNAL -H ldapi:/// <<-'END' || true
	dn: olcDatabase={1}mdb,cn=config
	changetype: modify
	replace: olcRootPW
	olcRootPW: admin
	END
	systemctl stop slapd
	slapadd -n 1 -l /tmp/people.ldif
	chown -R openldap: /var/lib/ldap
	a2enmod authnz_ldap
	mkdir -p /srv/private /var/log/apache2/private
	echo 'a private page' >/srv/private/index.html
	cat >/etc/apache2/sites-available/000-default.conf <<-'END'
	<VirtualHost *:80>
	    DocumentRoot /srv/private
	    ErrorLog ${APACHE_LOG_DIR}/private/error.log
	    <Directory /srv/private>
	        AuthType Basic
	        AuthName private
	        AuthBasicProvider ldap
	        AuthLDAPURL ldap://127.0.0.1/ou=people,dc=nodomain?uid
	        Require valid-user
	    </Directory>
	</VirtualHost>
	END
}

ask() {
	! curl -fsS "http://$1/" || return 1
	! curl -fsS -u anna:wrong "http://$1/" || return 1
	curl -fsS -u anna:secret "http://$1/" | grep -q private
	ldappasswd -x -H "ldap://$1" -D uid=anna,ou=people,dc=nodomain -w secret -s changed uid=anna,ou=people,dc=nodomain
	ldappasswd -x -H "ldap://$1" -D uid=anna,ou=people,dc=nodomain -w changed -s secret uid=anna,ou=people,dc=nodomain
}

kept() {
	curl -fsS -u anna:secret "http://$1/" | grep -q private
}

change() {
	sed -i 's/AuthName private/AuthName second/' /etc/apache2/sites-available/000-default.conf
}

changed() {
	curl -sS -D - -o /dev/null "http://$1/" | grep -q 'realm="second"'
}
