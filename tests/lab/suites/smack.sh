# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2016
# What the kernel is told about a container's Smack label: exactly the rules that it needs, as long as it runs; and the holes that the
# "Secure Linux containers cookbook" left open.
# models: smack
# seconds: 200
# shellcheck source=../guest/containers.sh
. "$LAB_IN/guest/containers.sh"

denied='Permission denied|Operation not permitted|No route to host|refused'

# may SUBJECT ACCESS OBJECT: what the kernel says about its rules.
may() {
	local answer

	exec {access2}<>/sys/fs/smackfs/access2
	printf '%s %s %s' "$1" "$3" "$2" >&"$access2"
	read -r -n 1 -u "$access2" answer
	exec {access2}>&-
	case $answer in
	1) return 0 ;;
	0) echo "no" && return 1 ;;
	esac
	echo "no answer: $answer"
	return 2
}

network() {
	grep -F "0.0.0.0/0" /sys/fs/smackfs/netlabel
}

before=$(network)
refused "before there is a container nobody may write to what is its own" no may _ w vss-alpha
for name in alpha beta; do
	check "create $name" virt-sandbox-service create "$name" -- /usr/bin/sleep infinity
done
for name in alpha beta; do
	check "start $name" virt-sandbox-service start "$name"
done
equal "the label is named after the container" vss-alpha "$(process_label alpha)"

# The rules.
for access in r w x a t; do
	check "the host's label may $access" may _ "$access" vss-alpha
	check "control: a may $access what is its own" may vss-alpha "$access" vss-alpha
	for object in vss-beta host System; do
		refused "a may not $access $object" no may vss-alpha "$access" "$object"
	done
done
for access in r x; do
	check "a may $access the shared /usr" may vss-alpha "$access" _
done
for access in w a t; do
	refused "a may not $access what everybody reads" no may vss-alpha "$access" _
done
empty "no rule names a as subject" grep -E '^vss-alpha ' /sys/fs/smackfs/load2

# What the administrator makes in its tree.
label_of() {
	getfattr --absolute-names --only-values -n security.SMACK64 "$1" | tr -d '\0'
}
touch "$trees/alpha/var/by-host"
equal "what the host makes in a's tree has its label" vss-alpha "$(label_of "$trees/alpha/var/by-host")"

# kill: the cookbook gave its containers the right to write to "_", and so to kill what has it.
sleep 1000 &
victim=$!
disown
refused "a may not kill a process of the host" 'Permission denied|Operation not permitted' as vss-alpha kill -9 "$victim"
echo 'vss-alpha _ rwa' >/sys/fs/smackfs/load2
check "control: with the cookbook's rule it may" as vss-alpha kill -9 "$victim"
echo 'vss-alpha _ -' >/sys/fs/smackfs/load2

# Terminals.
terminal="/proc/$(property beta pid)/root/dev/console"
equal "b's terminal has its label" vss-beta "$(label_of "$terminal")"
equal "and so has what makes more of them" vss-beta "$(label_of "/proc/$(property beta pid)/root/dev/pts/ptmx")"
# Opened again from a descriptor: no directory with a label is in the way.
exec {open}<"$terminal"
check "control: b writes to its terminal" as vss-beta sh -c "echo x >/proc/self/fd/$open"
refused "a does not" 'Permission denied|Operation not permitted' as vss-alpha sh -c "echo x >/proc/self/fd/$open"
exec {open}<&-

# Labels of files from inside: no capability there is one that Smack knows.
check "control: the host gives a file another label" sh -c 'touch /srv/file && setfattr -n security.SMACK64 -v _ /srv/file'
for attribute in SMACK64 SMACK64EXEC SMACK64MMAP; do
	refused "inside: $attribute of a file" "$denied" inside alpha python3 -c \
		"import os; open('/tmp/f', 'w'); os.setxattr('/tmp/f', 'security.$attribute', b'_')"
done
refused "inside: become another" . inside alpha sh -c 'echo vss-beta >/proc/self/attr/smack/current'
refused "inside: no smackfs" . inside alpha sh -c 'mkdir -p /tmp/s && mount -t smackfs smackfs /tmp/s'

# netlabel: packets of the world carry no label, so no rule towards "_" is needed; those inside the machine carry their sender's.
expect "packets of the world need no rule" '^0\.0\.0\.0/0 @$' network
listen='import socket, sys
s = socket.create_server(("127.0.0.1", int(sys.argv[1])))
print("up", flush=True)
while True:
    c, _ = s.accept()
    c.sendall(b"hello")
    c.close()'
connect='import socket, sys
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 5)
s.settimeout(5)
sys.exit(s.recv(5) != b"hello")'
as vss-beta python3 -c "$listen" 4242 >/dev/null 2>&1 &
listener=$!
check "control: b talks to b over the loopback" wait_until 30 as vss-beta python3 -c "$connect" 4242
refused "a does not talk to b over the loopback" . as vss-alpha python3 -c "$connect" 4242
kill "$listener"
pkill -f 'create_server.*4242'

# Gone with the container.
check "stop a" virt-sandbox-service stop alpha
refused "the host's label may no longer write to a's" no may _ w vss-alpha
empty "no rule names it" grep -w vss-alpha /sys/fs/smackfs/load2
check "control: b's are there" may _ w vss-beta
expect "nor is the network closed to b" '^0\.0\.0\.0/0 @$' network
check "stop b" virt-sandbox-service stop beta
empty "no rule names b" grep -w vss-beta /sys/fs/smackfs/load2
equal "with the last container the network is what it was" "${before:-0.0.0.0/0 -CIPSO}" "$(network)"
touch "$trees/alpha/var/by-host-later"
check "relabel" virt-sandbox-service relabel alpha
equal "what the host made in a's tree meanwhile has its label then" vss-alpha "$(label_of "$trees/alpha/var/by-host-later")"
check "it comes back with the next start" virt-sandbox-service start alpha
check "the rules are there" may _ w vss-alpha
check "stop it" virt-sandbox-service stop alpha

# Private files of the host: a subject with a container's label and nothing else
read_shadow() { # exit status of a root that has only the label of a container
	sh -c 'echo vss-alpha >/proc/self/attr/current && exec setpriv --bounding-set=-mac_override,-mac_admin cat /etc/shadow'
}
shadow_before=$(label_of /etc/shadow)
expect "control: without labels its mode alone keeps it" '^root:' read_shadow
check "policy install" virt-sandbox-service policy install
equal "shadow has a label of its own" vsb-private "$(label_of /etc/shadow)"
refused "a container's label does not read it" 'Permission denied' read_shadow
check "the host's processes do" setpriv --bounding-set=-mac_override,-mac_admin cat /etc/shadow
expect "policy status says so" 'vsb-private' virt-sandbox-service policy status
check "policy remove" virt-sandbox-service policy remove
equal "its label is what it was" "$shadow_before" "$(label_of /etc/shadow)"
empty "no rule is left of it" grep -E 'vsb-private +[rwxat]' /sys/fs/smackfs/load2

for name in alpha beta; do
	check "delete $name" virt-sandbox-service delete "$name"
	nothing_left "$name"
done
empty "no rule is left" grep -E 'vss-(alpha|beta)' /sys/fs/smackfs/load2
done_testing
