# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Two containers' labels against each other and against the host, with no namespace in between: same user ids, same paths. Every
# refusal has its positive control: the same by the container whose thing it is.
# models: selinux smack
# seconds: 300
# shellcheck source=../guest/tap.sh
. "$LAB_IN/guest/tap.sh"

probe=$LAB_IN/programs/label-probe
denied='[Pp]ermission denied|Operation not permitted'

mkdir /srv/lab
chmod 755 /srv/lab
read -r a_process a_file < <("$probe" create a /srv/lab/a)
read -r b_process b_file < <("$probe" create b /srv/lab/b)
note "a: $a_process $a_file"
note "b: $b_process $b_file"
a() { "$probe" run a "$a_process" "$a_file" "$@"; }
b() { "$probe" run b "$b_process" "$b_file" "$@"; }

equal "two labels differ" yes "$([ "$a_process" != "$b_process" ] && echo yes)"
empty "what was made in a's tree has a's label" "$probe" check a "$a_process" "$a_file" /srv/lab/a
expect "a process has the label" "^$(tr -d ' ' <<<"${a_process/container_t/svirt_lxc_net_t}")\$" a cat /proc/self/attr/current
expect "control: a reads its own file" '^content$' a cat /srv/lab/a/file
check "control: a writes to its own tree" a touch /srv/lab/a/own
expect "control: b reads its own file" '^content$' b cat /srv/lab/b/file
refused "a does not read b's file" "$denied" a cat /srv/lab/b/file
refused "a does not list b's tree" "$denied" a ls /srv/lab/b
refused "a does not write to b's tree" "$denied" a touch /srv/lab/b/planted
refused "a does not write to the host's /etc" "$denied" a touch /etc/planted
refused "a does not write to the host's /usr" "$denied" a touch /usr/bin/planted
check "a runs programs of the shared /usr" a /usr/bin/true

touch /srv/lab/a/by-host
empty "what the administrator makes in a's tree has a's label" "$probe" check a "$a_process" "$a_file" /srv/lab/a

# Signals, tracing, /proc
"$probe" run b "$b_process" "$b_file" sleep 1000 &
sleep 3
sleeper=$(pgrep -f '^sleep 1000')
refused "a does not kill b's process" "$denied" a kill -9 "$sleeper"
refused "a does not kill the host's process" "$denied" a kill -9 $$
refused "a does not read b's process" "$denied" a cat "/proc/$sleeper/environ"
check "control: b reads its own process" b cat "/proc/$sleeper/environ"
check "control: b kills its own process" b kill -9 "$sleeper"

# Unix sockets
listen='import socket,sys;s=socket.socket(socket.AF_UNIX);s.bind(sys.argv[1].replace("@","\0"));s.listen();print("up",flush=True);s.accept();s.accept()'
connect='import socket,sys;s=socket.socket(socket.AF_UNIX);s.connect(sys.argv[1].replace("@","\0"))'
for address in @lab /srv/lab/b/socket; do
	"$probe" run b "$b_process" "$b_file" python3 -c "$listen" "$address" >/run/lab/listening &
	wait_until 60 grep -q up /run/lab/listening
	chmod 777 /srv/lab/b/socket 2>/dev/null
	refused "a does not connect to b's socket $address" "$denied" a python3 -c "$connect" "$address"
	check "control: b connects to its socket $address" b python3 -c "$connect" "$address"
	b python3 -c "$connect" "$address" 2>/dev/null
done

# System V IPC
id=$(b ipcmk -M 4096 -p 666 | sed -n 's/.*: //p')
refused "a does not use b's shared memory" "$denied" a ipcrm -m "$id"
check "control: b removes its shared memory" b ipcrm -m "$id"
id=$(b ipcmk -Q -p 666 | sed -n 's/.*: //p')
refused "a does not use b's message queue" "$denied" a ipcrm -q "$id"
check "control: b removes its message queue" b ipcrm -q "$id"

# Levels and labels that cannot be had
write='import os,sys;os.write(os.open(sys.argv[1],os.O_WRONLY),sys.argv[2].encode())'
case $LAB_MODEL in
selinux)
	refused "a does not take another label" "$denied" a python3 -c "$write" /proc/self/attr/exec "${b_process}"
	level=$(sed -E 's/.*:(s0:.*)/\1/' <<<"$a_process")
	refused "the same level again is refused" 'of container a' "$probe" create c /srv/lab/c "$level"
	refused "part of it is refused" 'of container a' "$probe" create c /srv/lab/c "${level%%,*}"
	refused "a type that the policy does not know is refused" 'policy install' "$probe" static c system_u:system_r:nonsense_t:s0:c1,c2
	;;
smack)
	refused "a does not take another label" "$denied" a python3 -c "$write" /proc/self/attr/smack/current _
	refused "a does not give a file another label" "$denied" a setfattr -n security.SMACK64 -v _ /srv/lab/a/file
	;;
esac

# Existing content, there and back
mkdir /srv/lab/content
echo page >/srv/lab/content/page
before=$(getfattr -Rhd -m 'security.*' --absolute-names /srv/lab/content | grep -v evm)
check "existing content is relabelled" "$probe" relabel a "$a_process" "$a_file" /srv/lab/content
expect "and a reads it" page a cat /srv/lab/content/page
refused "and b does not" "$denied" b cat /srv/lab/content/page
refused "it must be restored before the label is given back" 'still has the label' "$probe" release a
check "it is restored" "$probe" restore a "$a_process" "$a_file" /srv/lab/content
equal "to what it was" "$before" "$(getfattr -Rhd -m 'security.*|trusted.*' --absolute-names /srv/lab/content | grep -v evm)"
check "the label is given back" "$probe" release a
check "and b's" "$probe" release b
equal "no reservation is left" "" "$(find /var/lib/libvirt-sandbox -type l)"
done_testing
