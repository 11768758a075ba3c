# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2016
# What else an administrator does under enforcing SELinux: one command in a sandbox, static labels that change nothing,
# denials explained, the module that stays while it is needed.
# models: selinux
# seconds: 240
# shellcheck source=../guest/containers.sh
. "$LAB_IN/guest/containers.sh"

labels_below() { # every file's label, and our notes about it
	(cd "$1" && find . -print0 | sort -z | xargs -0 getfattr -hd -m 'security.selinux|trusted.*')
}

# One command
expect "a command in a sandbox" '^hello$' virt-sandbox -- /bin/echo hello
expect "it has a container's label" ':svirt_lxc_net_t:s0:c[0-9]+,c[0-9]+$' virt-sandbox -- /bin/cat /proc/self/attr/current
equal "its reservation is gone with it" '' "$(cat /run/libvirt-sandbox/labels /var/lib/libvirt-sandbox/labels 2>/dev/null)"

# Static labels
mkdir /srv/content
echo page >/srv/content/page
ln -s page /srv/content/link
chcon -t usr_t /srv/content/page
before=$(labels_below /srv/content)
label=system_u:system_r:svirt_lxc_net_t:s0:c31,c32
check "create, static" virt-sandbox-service create -s "static,label=$label" -m host-bind:/srv/content=/srv/content static1 -- /bin/sleep 1000
check "start" virt-sandbox-service start static1
equal "it has the label that was given" "$label" "$(process_label static1)"
equal "and no file of the host another" "$before" "$(labels_below /srv/content)"
check "delete" sh -c 'virt-sandbox-service stop static1 && virt-sandbox-service delete static1'
equal "nor afterwards" "$before" "$(labels_below /srv/content)"

# The denials of today in words
check "a container to be refused something" virt-sandbox-service create -C -l s0:c41,c42 -u apache2.service web1
check "start" virt-sandbox-service start web1
empty "no denial but those explained" unexplained_denials
echo secret >"$trees/web1/var/www/html/bad"
chcon -l s0:c43,c44 "$trees/web1/var/www/html/bad"
refused "a file of other categories" 'Permission denied' inside web1 cat /var/www/html/bad
expect "audit tells who tried what" 'web1.*cat.*read' virt-sandbox-service audit web1

# The module
expect "policy status" 'policy module of virt-sandbox is loaded' virt-sandbox-service policy status
refused "it stays while a container needs it" 'container web1' virt-sandbox-service policy remove
check "delete" sh -c 'virt-sandbox-service stop web1 && virt-sandbox-service delete web1'
done_testing
