# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2016
# The "Secure Linux containers cookbook": vs1 and vs2 with a root of their own, and its cheats, each beside its positive control.
# models: selinux smack
# seconds: 500
# shellcheck source=../guest/containers.sh
. "$LAB_IN/guest/containers.sh"

denied='Permission denied|Operation not permitted'
tree=/srv/system

# A system of the machine's own programs, with the libraries that they are linked to.
add() { # PROGRAM...
	local program path

	for program; do
		for path in "$(readlink -f "$(type -P "$program")")" $(ldd "$(type -P "$program")" | grep -o '/[^ ]*'); do
			mkdir -p "$tree$(dirname "$path")"
			cp -Ln "$path" "$tree$path"
		done
		[ -e "$tree/bin/$program" ] || ln -s "$(readlink -f "$(type -P "$program")")" "$tree/bin/$program"
	done
}
mkdir -p "$tree"/{bin,sbin,etc,var,usr,mnt,root}
add bash grep ls cat mkdir mv touch rm kill mknod mount sleep nc
ln -s bash "$tree/bin/sh"
echo 'root:x:0:0:root:/root:/bin/sh' >"$tree/etc/passwd"
cat >"$tree/sbin/init" <<-'EOF'
	#!/bin/sh
	trap 'exit 0' USR2 PWR
	while :; do
		printf 'HTTP/1.0 200 OK\r\n\r\nIt works\n' | /bin/nc -l -N 80 >/dev/null &
		wait $!
	done
EOF
chmod 755 "$tree/sbin/init"

check "the cookbook's network" virt-sandbox-service network create --subnet 10.0.2.0/24 vs
for n in 1 2; do
	check "create vs$n" virt-sandbox-service create --os-from "$tree" -N "vs,address=10.0.2.2$n/24" --hostname "vs$n" "vs$n"
done
check "start them" virt-sandbox-service start vs1 vs2
equal "they share one base" 1 "$(virt-sandbox-service base list --json | grep -c '"id"')"
expect "host name" '^vs1$' inside vs1 sh -c 'echo $HOSTNAME'
for n in 1 2; do
	expect "the page of vs$n is seen from the host" 'It works' curl -s --retry 20 --retry-connrefused "http://10.0.2.2$n/"
done

# "If you help container vs1 cheat": the host's files at its /mnt, by a mount that the administrator makes.
label1=$(process_label vs1)
label2=$(process_label vs2)
check "the two have labels of their own" test -n "$label1" -a "$label1" != "$label2"
if [ "$LAB_MODEL" = selinux ]; then # under Smack the administrator chooses what is the host's alone: suite smack
	echo secret >/root/secret
	refused "vs1 may not look into root's directory" "$denied" as "$label1" ls /root
	check "control: the suite may" ls /root/secret
fi
inside vs2 sh -c 'echo of vs2 >/var/file; echo vs2:x >>/etc/passwd'
file=$trees/vs2/upper/var/file
refused "vs1 may not read vs2's files" "$denied" as "$label1" cat "$file"
expect "control: the suite may" 'of vs2' cat "$file"
# What is changed of the base is the container's alone from then on; the base below stays as it is, and closed.
file=$trees/vs2/upper/etc/passwd
refused "nor what vs2 has changed of the base" "$denied" as "$label1" cat "$file"
expect "control: the suite may" '^vs2:x' cat "$file"
expect "vs1 has it unchanged" '^root:' inside vs1 cat /etc/passwd
empty "without what vs2 wrote" inside vs1 sh -c 'grep vs2 /etc/passwd || :'
if [ "$LAB_MODEL" = smack ]; then
	equal "which has the label of vs2" "$label2" "$(getfattr --absolute-names --only-values -n security.SMACK64 "$file")"
	refused "vs1 may not reach the base itself" "$denied" as "$label1" ls /var/lib/libvirt-sandbox/bases/*/root
fi

sleep 1000 &
victim=$!
disown
refused "vs1 may not kill a process of the host" "$denied" as "$label1" bash -c "kill -9 $victim"
check "control: the suite may" kill -9 "$victim"
refused "vs1 may not kill vs2" "$denied" as "$label1" bash -c "kill -9 $(property vs2 pid)"

# From inside.
refused "mknod of the host's disk" "$denied" inside vs1 mknod /disk b 8 1
check "control: the host's root may" sh -c 'mknod /run/disk b 8 1 && rm /run/disk'
refused "mount of a cgroup hierarchy of version 1" . inside vs1 mount -t cgroup cgroup /mnt
refused "mount of a disk" . inside vs1 mount /dev/vda /tmp
empty "no terminal of the host's" inside vs1 sh -c 'for t in /dev/pts/[0-9]*; do [ "$t" = /dev/pts/0 ] || echo "$t"; done'

# What is its own it may spoil: the label is not its init's.
check "mv /sbin /sbin.bak" inside vs1 sh -c 'mv /sbin /sbin.bak && mkdir /sbin && cat /sbin.bak/init >/sbin/init'
expect "vs2 has its own" '^init$' inside vs2 ls /sbin
check "stop vs1" virt-sandbox-service stop -t 5 vs1
refused "an init that is not executable does not start" . virt-sandbox-service start vs1
inside vs2 sh -c 'touch /var/still' && check "vs2 goes on" test -e "$trees/vs2/upper/var/still"
chmod 755 "$trees/vs1/upper/sbin/init"
check "with an init of its own making vs1 starts" virt-sandbox-service start vs1
equal "in the same label" "$label1" "$(process_label vs1)"

# A root of one's own, and the closing advice: one root that nobody writes to, with a label that all may read, and a /scratch of each.
label_of() {
	getfattr --absolute-names --only-values -n "security.$([ "$LAB_MODEL" = smack ] && echo SMACK64 || echo selinux)" "$1" | tr -d '\0'
}
cp -a "$tree" /srv/own
cp -a "$tree" /srv/minimal
mkdir /srv/one /srv/minimal/scratch /srv/minimal/{dev,proc,sys,run,tmp}
echo of all >/srv/minimal/etc/shadow
echo of one >/srv/one/shadow
[ "$LAB_MODEL" = smack ] || chcon -R -t container_ro_file_t /srv/minimal
before=$(label_of /srv/own/usr/bin/bash)
check "create a system in a directory" virt-sandbox-service create --root /srv/own -N none own
check "create a command in the root of all" virt-sandbox-service create one --root /srv/minimal --root-readonly -N none \
	-m host-bind:/scratch=/srv/one -m guest-bind:/etc/shadow=/scratch/shadow -- /bin/sh -c 'echo up >/scratch/up; exec sleep 1000'
# "If you help container vs1 cheat": the host's root at its /mnt.
before_root=$(label_of /root)
mount --bind / /srv/own/mnt
refused "no container has the host's root in its own" "the host's root is mounted at /srv/own/mnt" virt-sandbox-service start own
refused "nor is one made of it" "the host's root is mounted at /srv/own/mnt" virt-sandbox-service create --root /srv/own -N none other
umount /srv/own/mnt
equal "nothing of the host has another label" "$before_root" "$(label_of /root)"
check "start both" virt-sandbox-service start own one
check "its root writes everywhere in it" inside own sh -c 'echo new >/etc/new && echo more >>/etc/passwd && mv /mnt /moved'
expect "as the host sees" '^more' cat /srv/own/etc/passwd
refused "vs1 may not read what it wrote" "$denied" as "$label1" cat /srv/own/etc/new
expect "a file of its own in the root of all" '^of one' inside one cat /etc/shadow
check "its /scratch is its own" inside one sh -c 'echo x >/scratch/x && rm /scratch/x && test -e /scratch/up'
refused "the root of all is nobody's to write" 'Read-only' inside one touch /etc/new
refused "vs1 may not read its /scratch" "$denied" as "$label1" cat /srv/one/up
equal "the root of all has kept its label" "$(label_of /srv/minimal/bin)" "$(label_of /srv/minimal/usr/bin/bash)"
check "stop and delete both" sh -c 'virt-sandbox-service stop -t 5 own one && virt-sandbox-service delete own one'
equal "the directory has its label back" "$before" "$(label_of /srv/own/usr/bin/bash)"

# The same in an image, which under Smack could bring SMACK64EXEC along.
truncate -s 64M /srv/root.img && mkfs.ext4 -q -d "$tree" /srv/root.img
if [ "$LAB_MODEL" = smack ]; then
	expect "an image is no root" 'as a root under smack' sh -c '! virt-sandbox --root=/srv/root.img -- cat /etc/passwd'
else
	expect "its root writes in an image" '^more' virt-sandbox --root=/srv/root.img -- sh -c 'echo more >>/etc/passwd && cat /etc/passwd'
	expect "and anybody reads it" '^more' virt-sandbox --root=/srv/root.img --root-readonly -- cat /etc/passwd
fi

check "stop and delete" sh -c 'virt-sandbox-service stop -t 5 vs1 vs2 && virt-sandbox-service delete vs1 vs2 && virt-sandbox-service base delete "$(ls /var/lib/libvirt-sandbox/bases)"'
done_testing
