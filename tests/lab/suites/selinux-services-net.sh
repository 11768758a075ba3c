# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Mail, files, names, messages and jobs of the matrix, as selinux-services-web.
# models: selinux
# seconds: 600
# shellcheck source=../guest/served.sh
. "$LAB_IN/guest/served.sh"

prepare_postfix() {
	append /etc/passwd <<<'tester:x:2000:2000::/var/tmp:/bin/sh'
	append /etc/postfix/main.cf <<-'EOF'
		mynetworks = 0.0.0.0/0
		mydestination = lab.example
		smtpd_delay_reject = no
	EOF
}

ask_postfix() { # all at once, as many clients do
	answer 25 "$(printf '%s\\r\\n' 'EHLO host' 'MAIL FROM:<me@example.org>' 'RCPT TO:<tester@lab.example>' DATA 'Subject: lab' '' hello . QUIT)" \
		'queued as .*221 ' && wait_until 60 grep 'Subject: lab' "$tree/var/mail/tester"
}

prepare_vsftpd() {
	sed -i 's/^anonymous_enable=.*/anonymous_enable=YES/' "$tree/etc/vsftpd.conf"
	mkdir -p "$tree/srv/ftp" && append /srv/ftp/file <<<'over ftp'
}

ask_vsftpd() {
	curl -sS --max-time 60 "ftp://$(address_of vsftpd)/file" | grep 'over ftp'
}

# ---- names, messages ----
ask_named() { # its own zone "localhost"
	answer 53/udp '\x12\x34\1\0\0\1\0\0\0\0\0\0\x09localhost\0\0\1\0\1' '\x7f\x00\x00\x01'
}

prepare_unbound() {
	append /etc/unbound/unbound.conf.d/lab.conf <<-'EOF'
		server:
		  interface: 0.0.0.0
		  access-control: 0.0.0.0/0 allow
		  local-data: "a.lab. A 192.0.2.8"
	EOF
}

ask_unbound() {
	answer 53/udp '\x12\x34\1\0\0\1\0\0\0\0\0\0\1a\3lab\0\0\1\0\1' '\xc0\x00\x02\x08'
}

prepare_dnsmasq() {
	append /etc/dnsmasq.d/lab.conf <<-'EOF'
		address=/a.lab/192.0.2.9
		no-resolv
	EOF
}

ask_dnsmasq() {
	answer 53/udp '\x12\x34\1\0\0\1\0\0\0\0\0\0\1a\3lab\0\0\1\0\1' '\xc0\x00\x02\x09'
}

prepare_rsyslog() {
	append /etc/rsyslog.d/lab.conf <<-'EOF'
		module(load="imtcp")
		input(type="imtcp" port="514")
		*.* /var/log/all.log
	EOF
}

ask_rsyslog() { # it takes what it is told without a word
	wait_until 60 bash -c "echo '<13>lab: hello' >/dev/tcp/$(address_of rsyslog)/514" &&
		wait_until 60 grep 'lab: hello' "$tree/var/log/all.log"
}

prepare_mosquitto() {
	append /etc/mosquitto/conf.d/lab.conf <<-'EOF'
		listener 1883
		allow_anonymous true
	EOF
}

ask_mosquitto() {
	answer 1883 '\x10\x0f\0\4MQTT\4\2\0\x3c\0\3lab' '^\x20\x02\x00\x00'
}

prepare_tor() {
	append /etc/tor/torrc <<-'EOF'
		SocksPort 0.0.0.0:9050
	EOF
}

ask_tor() {
	answer 9050 '\5\1\0' '^\x05\x00'
}

prepare_cron() { # a job for when the system starts, so that nobody waits for the next minute
	append /etc/cron.d/lab <<<'@reboot root echo ran >>/var/tmp/jobs'
}

ask_cron() {
	wait_until 60 grep ran "$tree/var/tmp/jobs"
}

served postfix postfix
served vsftpd vsftpd
served named named
served unbound unbound
served dnsmasq dnsmasq
served rsyslog rsyslog
served mosquitto mosquitto
served tor tor@default
served cron cron
empty "no denial but those explained" unexplained_denials
done_testing
