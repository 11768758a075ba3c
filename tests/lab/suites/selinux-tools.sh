# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2016
# What else an administrator does under enforcing SELinux: one command in a sandbox, static labels that change nothing,
# labels of the host's files that change and come back, denials explained, the module that stays while it is needed.
# models: selinux
# seconds: 600
# shellcheck source=../guest/containers.sh
. "$LAB_IN/guest/containers.sh"

labels_below() { # every file's label, and our notes about it; the mark of a directory that a container could write to is to stay
	(cd "$1" && find . -print0 | sort -z | xargs -0 getfattr -hd -m 'security.selinux|trusted.*') | grep -v '^trusted\.virt-sandbox\.writable='
}

# One command
expect "a command in a sandbox" '^hello$' virt-sandbox -- /bin/echo hello
expect "it has a container's label" ':svirt_lxc_net_t:s0:c[0-9]+,c[0-9]+$' virt-sandbox -- /bin/cat /proc/self/attr/current
equal "its reservation is gone with it" '' "$(find /var/lib/libvirt-sandbox/mcs -type l 2>/dev/null)"

# Labels of files of the host that a container is given. "before" is what they had, byte for byte.
mkdir -p /srv/content/sub
echo page >/srv/content/page
ln -s page /srv/content/link
mkfifo /srv/content/sub/fifo
chcon -t usr_t /srv/content/page
before=$(labels_below /srv/content)
label=system_u:system_r:svirt_lxc_net_t:s0:c31,c32
mount=host-bind:/srv/content=/srv/content

labels_differ_from() { # LABEL; the number of files that have another one
	labels_below /srv/content | grep '^security.selinux=' | grep -vcF "$1"
}

unchanged() {
	equal "$1" "$before" "$(labels_below /srv/content)"
}

check "static: create" virt-sandbox-service create -s "static,label=$label" -m "$mount" static1 -- /bin/sleep 1000
check "start" virt-sandbox-service start static1
equal "it has the label that was given" "$label" "$(process_label static1)"
unchanged "and no file of the host another"
check "delete" sh -c 'virt-sandbox-service stop static1 && virt-sandbox-service delete static1'
unchanged "nor afterwards"

for name in static1 static2; do
	check "static with relabel: create $name" virt-sandbox-service create -s "static,label=$label,relabel=yes" -m "$mount" "$name" -- /bin/sleep 1000
done
equal "every file has its level" 0 "$(labels_differ_from ':svirt_lxc_file_t:s0:c31,c32"')"
check "start" virt-sandbox-service start static1
check "it writes there" inside static1 sh -c 'echo more >/srv/content/page && mkdir /srv/content/made && echo new >/srv/content/made/new'
check "delete one of two with that label" sh -c 'virt-sandbox-service stop static1 && virt-sandbox-service delete static1'
equal "every file still has it" 0 "$(labels_differ_from ':svirt_lxc_file_t:s0:c31,c32"')"
check "delete the other" virt-sandbox-service delete static2
expect "what they made is labelled as its directory was" ':var_t:s0 ' ls -Zd /srv/content/made/new
rm -r /srv/content/made
unchanged "every file has the label back that it had"

check "dynamic: create" virt-sandbox-service create -l s0:c33,c34 -m "$mount" dynamic1 -- /bin/sleep 1000
equal "every file has its level" 0 "$(labels_differ_from ':svirt_lxc_file_t:s0:c33,c34"')"
refused "no other container takes them away" 'another container' \
	virt-sandbox-service create -m "$mount" dynamic2 -- /bin/sleep 1000
equal "and none of them was touched" 0 "$(labels_differ_from ':svirt_lxc_file_t:s0:c33,c34"')"
nothing_left dynamic2
touch /srv/content/late
chcon -t usr_t -l s0 /srv/content/late
check "relabel" virt-sandbox-service relabel dynamic1
equal "a file that came later has it, too" 0 "$(labels_differ_from ':svirt_lxc_file_t:s0:c33,c34"')"
check "start" virt-sandbox-service start dynamic1
expect "it reads there" '^more$' inside dynamic1 cat /srv/content/link
check "delete" sh -c 'virt-sandbox-service stop dynamic1 && virt-sandbox-service delete dynamic1'
expect "what came later has its label back" ':usr_t:s0 ' ls -Z /srv/content/late
rm /srv/content/late
unchanged "every file has the label back that it had"

for option in readonly relabel=no; do
	check "$option: create" virt-sandbox-service create -m "$mount,$option" kept1 -- /bin/sleep 1000
	unchanged "$option: labels stay"
	check "$option: delete" virt-sandbox-service delete kept1
done
mkdir /run/lab/root
mount --bind / /run/lab/root
for path in /var/lib /run/lab/root; do
	refused "$path is not relabelled" 'whose labels the host needs|no container may write there' \
		virt-sandbox-service create -m "host-bind:/srv/content=$path" system1 -- /bin/sleep 1000
done
umount /run/lab/root
nothing_left system1

expect "one command: it reads there" '^more$' virt-sandbox -m "$mount" -- /bin/cat /srv/content/page
unchanged "labels are back with its end"
virt-sandbox -m "$mount" -- /bin/sleep 1000 &
check "another runs" wait_until 60 sh -c 'ls -Z /srv/content/page | grep svirt_lxc_file_t'
kill -KILL $!
wait
refused "it was killed; the next command that changes anything finishes its work" 'nosuch' virt-sandbox-service delete nosuch
unchanged "labels are back"

# The denials of today in words
check "a container to be refused something" virt-sandbox-service create -C -l s0:c41,c42 -u apache2.service web1
check "start" virt-sandbox-service start web1
empty "no denial but those explained" unexplained_denials
# Message queues: the directory is the container's; the queues' label is the kernel's choice (SECURITY.md)
expect "the directory of message queues has its label" ':svirt_lxc_file_t:s0:c41,c42 ' \
	nsenter -t "$(property web1 pid)" -m ls -Zd /dev/mqueue
check "it makes one" inside web1 /usr/local/bin/lab-probe call newqueue
expect "and lists it" '^lab-held$' inside web1 ls /dev/mqueue

# What the policy refuses without a word, and why no word is needed
refused "a device ends at the capability" 'Operation not permitted' inside web1 mknod /run/null c 1 3
refused "so does a block device" 'Operation not permitted' inside web1 mknod /run/disk b 0 0
refused "the character device 0:0 is the policy's to refuse" 'Permission denied' inside web1 mknod /run/whiteout c 0 0
expect "a file of a cgroup opens although its creation is refused" '^5$' inside web1 sh -c \
	'cd /sys/fs/cgroup && mkdir probe && echo 5 >probe/cgroup.max.depth && cat probe/cgroup.max.depth'
refused "and no other can be made there" 'Permission denied' inside web1 sh -c 'echo 5 >/sys/fs/cgroup/probe/none'
check "the cgroup goes" inside web1 rmdir /sys/fs/cgroup/probe
empty "still no denial" unexplained_denials
echo secret >"$trees/web1/var/www/html/bad"
chcon -l s0:c43,c44 "$trees/web1/var/www/html/bad"
refused "a file of other categories" 'Permission denied' inside web1 cat /var/www/html/bad
echo moved >"$trees/web1/var/www/html/moved"
chcon system_u:object_r:etc_runtime_t:s0 "$trees/web1/var/www/html/moved"
refused "a file that came with the host's type" 'Permission denied' inside web1 cat /var/www/html/moved
virt-sandbox-service audit web1 >"$LAB_OUT/audit.txt"
virt-sandbox-service audit >"$LAB_OUT/audit-all.txt"
expect "audit tells who tried what" '^process cat .* of container web1 was refused [a-z ]*(read|getattr)[a-z ]* on file .*bad' \
	cat "$LAB_OUT/audit.txt"
expect "and events has it" 'denied  process cat ' virt-sandbox-service events --event denied web1
expect "and whose level that is" 's0:c43,c44' cat "$LAB_OUT/audit.txt"
expect "and what a file of the host's type lacks" 'moved.*relabel web1' cat "$LAB_OUT/audit.txt"

# A relabelling of the whole host leaves a tree alone; a tree that lost its labels nevertheless has them again at its next start
shown=$(ls -Zd "$trees/web1/etc/passwd")
check "restorecon -RF of all trees" restorecon -RF "$trees"
equal "the tree keeps its categories" "$shown" "$(ls -Zd "$trees/web1/etc/passwd")"
check "stop" virt-sandbox-service stop web1
chcon -R system_u:object_r:var_lib_t:s0 "$trees/web1"
expect "a start gives them back and says so" 'web1: its files had lost their security label' \
	sh -c 'virt-sandbox-service start web1 2>&1; journalctl -b --no-pager -u web1_sandbox.service 2>/dev/null'
equal "as they were" "$shown" "$(ls -Zd "$trees/web1/etc/passwd")"

# The module
expect "policy status" 'policy module of virt-sandbox is loaded' virt-sandbox-service policy status
refused "it stays while a container needs it" 'container web1' virt-sandbox-service policy remove
check "delete" sh -c 'virt-sandbox-service stop web1 && virt-sandbox-service delete web1'
done_testing
