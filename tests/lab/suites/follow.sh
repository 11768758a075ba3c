# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2016
# What the host renews, and credentials, under each model: a container reads its copies by its own label, whatever the host's files have.
# models: selinux smack apparmor
# seconds: 240
# shellcheck source=../guest/containers.sh
. "$LAB_IN/guest/containers.sh"

live=/etc/renewed/live/example.org
archive=/etc/renewed/archive/example.org

issue() { # NUMBER
	mkdir -p "$live" "$archive"
	echo "key $1" >"$archive/key$1.pem"
	chmod 600 "$archive/key$1.pem"
	ln -s "../../archive/example.org/key$1.pem" "$live/.new"
	mv -T "$live/.new" "$live/key.pem"
}

issue 1
echo beside >"$archive/other.pem"
echo secret >/etc/renewed/token
chmod 600 /etc/renewed/token
cat >/etc/systemd/system/follower.service <<'END'
[Service]
RuntimeDirectory=follower
ExecStart=/bin/sh -c 'cat "$CREDENTIALS_DIRECTORY/token" >/run/follower/token; exec sleep infinity'
ExecReload=/bin/sh -c 'cat /etc/renewed/live/example.org/key.pem >/run/follower/key'
END

check "create" virt-sandbox-service create -C -u follower.service --follow "$live" --credential token=/etc/renewed/token web1
check "start" virt-sandbox-service start web1
expect "the file is read" '^key 1$' inside web1 cat "$live/key.pem"
refused "and not written" 'Read-only file system' inside web1 sh -c "echo x >$live/key.pem"
refused "what lies beside it is not there" 'No such file' inside web1 cat "$archive/other.pem"
expect "the unit has the credential" '^secret$' inside web1 cat /run/follower/token
issue 2
check "what is renewed comes along" wait_until 120 sh -c "virt-sandbox-service execute web1 -- cat $live/key.pem | grep -x 'key 2'"
check "and the unit reads it when it is reloaded" wait_until 120 sh -c "virt-sandbox-service execute web1 -- cat /run/follower/key | grep -x 'key 2'"
check "stop" virt-sandbox-service stop web1
check "delete" virt-sandbox-service delete web1
nothing_left web1
empty "no denial but those explained" unexplained_denials
done_testing
