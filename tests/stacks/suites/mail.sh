# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh disable=SC2034
#
# Mail as the guides of Postfix and Dovecot have it: virtual users of a file, local users of the machine; submission with a password, and IMAP.
# packages: postfix dovecot-imapd dovecot-lmtpd
units='postfix.service dovecot.service'
options='--account anna,password --with /etc/dovecot/users --with /var/mail/virtual'

configure() {
	useradd -m -s /bin/sh anna
	echo anna:secret | chpasswd
	useradd -r -u 5000 -m -d /var/mail/virtual vmail
	printf 'bert@shop.example:{PLAIN}hidden::::::\n' >/etc/dovecot/users
	chown root:dovecot /etc/dovecot/users
	chmod 640 /etc/dovecot/users
	cat >/etc/dovecot/local.conf <<-'END'
	mail_location = maildir:~/Maildir
	disable_plaintext_auth = no
	ssl = no
	service lmtp {
	  unix_listener /var/spool/postfix/private/dovecot-lmtp {
	    user = postfix
	    group = postfix
	  }
	}
	service auth {
	  unix_listener /var/spool/postfix/private/auth {
	    user = postfix
	    group = postfix
	  }
	}
	passdb {
	  driver = passwd-file
	  args = /etc/dovecot/users
	}
	userdb {
	  driver = passwd-file
	  args = /etc/dovecot/users
	  override_fields = uid=vmail gid=vmail home=/var/mail/virtual/%u
	}
	END
	cat >/etc/postfix/main.cf <<-'END'
	compatibility_level = 3.6
	myhostname = mail.example
	mydestination = mail.example, localhost
	virtual_mailbox_domains = shop.example
	virtual_mailbox_maps = hash:/etc/postfix/vmailbox
	virtual_transport = lmtp:unix:private/dovecot-lmtp
	home_mailbox = Maildir/
	smtpd_sasl_type = dovecot
	smtpd_sasl_path = private/auth
	smtpd_sasl_auth_enable = yes
	smtpd_recipient_restrictions = permit_sasl_authenticated, reject_unauth_destination
	END
	echo 'bert@shop.example yes' >/etc/postfix/vmailbox
	postmap /etc/postfix/vmailbox
	[ -s /etc/aliases ] || echo 'postmaster: root' >/etc/aliases
	newaliases
}

# send ADDRESS RECIPIENT OPTION...
send() {
	address=$1 recipient=$2
	shift 2
	printf 'Subject: order\n\nfor %s\n' "$recipient" | curl -fsS "smtp://$address" --mail-from buyer@elsewhere.example --mail-rcpt "$recipient" -T - "$@"
}

ask() {
	send "$1" anna@mail.example
	send "$1" bert@shop.example
	send "$1" bert@shop.example --user anna:secret
	! send "$1" nobody@shop.example || return 1
	! send "$1" someone@elsewhere.example || return 1
	kept "$1"
}

kept() {
	curl -fsS --user anna:secret "imap://$1/INBOX;MAILINDEX=1" | grep -q 'for anna'
	curl -fsS --user bert@shop.example:hidden "imap://$1/INBOX;MAILINDEX=1" | grep -q 'for bert'
	! curl -fsS --user anna:wrong "imap://$1/INBOX;MAILINDEX=1"
}

change() {
	echo 'smtpd_banner = second mail' >>/etc/postfix/main.cf
}

changed() {
	curl -sSv "smtp://$1" -X QUIT 2>&1 | grep -q 'second mail'
}
