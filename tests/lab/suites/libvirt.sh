# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2016
# The real libvirt beside virt-lxc, on the same documents: the same words, the same view from inside, and each difference that
# docs/LIBVIRT.md names, seen on both sides.
# models: none
# seconds: 900
# shellcheck source=../guest/tap.sh
. "$LAB_IN/guest/tap.sh"

name=twin
uuid=4fef1a06-2f95-4031-a76e-294cc4421c7b
tree=/srv/twin
views=/srv/views
doors='theirs ours'

theirs() {
	virsh -c lxc:/// "$@"
}

ours() {
	virt-lxc "$@"
}

# A root of the machine's own programs, with the libraries that they are linked to.
mkdir -p "$tree"/{bin,dev,proc,sys,var,tmp} "$views"
for program in bash cat grep ls readlink sleep sort tr; do
	for path in "$(readlink -f "$(type -P "$program")")" $(ldd "$(type -P "$program")" | grep -o '/[^ ]*'); do
		mkdir -p "$tree$(dirname "$path")"
		cp -Ln "$path" "$tree$path"
	done
	[ -e "$tree/bin/$program" ] || ln -s "$(readlink -f "$(type -P "$program")")" "$tree/bin/$program"
done
ln -sf bash "$tree/bin/sh"

# Says what it sees, each kind in a file of $VIEW, the last one when all are there.
cat >/srv/look <<-'EOF'
	tr '\0' '\n' </proc/1/environ | grep -v '^VIEW=' | sort >"$VIEW/environment"
	for n in mnt pid ipc uts net user; do echo "$n $(readlink "/proc/self/ns/$n")"; done >"$VIEW/namespaces"
	while read -r _ place kind _; do echo "$place $kind"; done </proc/mounts | sort -u >"$VIEW/mounts"
	ls /dev | sort >"$VIEW/devices"
	grep -E '^(CapBnd|Seccomp):' /proc/self/status >"$VIEW/status"
	cat /proc/sys/kernel/hostname >"$VIEW/hostname"
	ls /run 2>/dev/null | sort >"$VIEW/run"
	: >"$VIEW/done"
	exec sleep infinity
EOF
cp /srv/look "$tree/look"

document() { # VIEW DEVICES
	cat <<-EOF
		<domain type='lxc'>
		  <name>$name</name>
		  <uuid>$uuid</uuid>
		  <memory unit='KiB'>262144</memory>
		  <os>
		    <type>exe</type>
		    <init>/bin/sh</init>
		    <initarg>$3</initarg>
		    <initenv name='VIEW'>$1</initenv>
		  </os>
		  <features><privnet/></features>
		  <devices>$2<console type='pty'/></devices>
		</domain>
	EOF
}

# What a command says on both channels, and its status; numbers of processes are left out, and the emulator, which Debian has elsewhere.
said() { # theirs|ours COMMAND...
	"$@" 2>&1 </dev/null | sed -E 's/^ [0-9]+ +/ ID   /; s/^[0-9]+$/ID/; s|(<emulator>).*/|\1|'
	echo "status ${PIPESTATUS[0]}"
}

same() { # COMMAND...
	equal "both say the same: $*" "$(said theirs "$@")" "$(said ours "$@")"
}

# Starts the document in a file by both, one after the other; where each wrote its view: $views/theirs, $views/ours.
look() { # FILE PLACE-OF-THE-VIEW
	local door

	for door in $doors; do
		rm -rf "$2" "${views:?}/$door"
		mkdir -p "$2"
		check "$door: define" "$door" define "$1"
		check "$door: start" "$door" start "$name"
		check "$door: it has said what it sees" wait_until 120 test -e "$2/done"
		[ "$door" = theirs ] || memory_ours=$(awk '/^VmRSS/ { print $2 }' "/proc/$(ours -q domid "$name")/status")
		[ "$door" = ours ] || memory_theirs=$(awk '/^VmRSS/ { print $2 }' "/proc/$(theirs -q domid "$name")/status")
		cp -r "$2" "$views/$door"
		check "$door: destroy" "$door" destroy "$name"
	done
}

view() { # theirs|ours KIND
	cat "$views/$1/$2"
}

bounding() { # theirs|ours: as a number
	echo $((16#$(view "$1" status | sed -n 's/^CapBnd:[[:space:]]*//p')))
}

refuses() { # DESCRIPTION REGEX FILE: ours says why not, theirs starts it; theirs second, since it may make what was missing
	refused "ours: $1: refused" "$2" sh -c "virt-lxc define '$3' && virt-lxc start $name"
	ours undefine "$name" >/dev/null 2>&1
	check "theirs: $1: defined" theirs define "$3"
	check "theirs: $1: starts" theirs start "$name"
	theirs destroy "$name" >/dev/null 2>&1
	theirs undefine "$name" >/dev/null 2>&1
}

# The cgroup of the lab's service is delegated, and holds more than one process: no limit can be set below it.
mkdir -p /sys/fs/cgroup/suite
echo $$ >/sys/fs/cgroup/suite/cgroup.procs

# One driver that fails to begin ends the daemon, and that of QEMU looks for users whom nobody made here: containers' alone.
find /usr/lib -path '*/libvirt/connection-driver/*' ! -name libvirt_driver_lxc.so -delete
mkdir -p /var/log/libvirt
libvirtd -d
if ! wait_until 240 theirs uri 2>/dev/null; then
	sed 's/^/# /' /var/log/libvirt/libvirtd.log
	echo 'Bail out! libvirtd does not answer'
	exit 1
fi
check "libvirtd answers" theirs uri

# -- Words and documents --

document /var/view "<filesystem type='mount'><source dir='$tree'/><target dir='/'/></filesystem>" /look >/srv/twin.xml
same domstate "$name"
same define /srv/twin.xml
same dumpxml "$name"
same list --all
same list --name --inactive
for verb in domid domuuid domname domstate memtune domblklist domiflist desc suspend destroy shutdown; do
	same "$verb" "$name"
done
same start
same start "$name"
same start "$name"
same list
same domstate "$name" --reason
same destroy "$name"
same domstate "$name" --reason
printf 'lxc.utsname = twin\nlxc.rootfs = /srv/twin\nlxc.network.type = veth\nlxc.network.link = br0\nlxc.cgroup.cpu.shares = 512\n' >/srv/config
converted() { # theirs|ours; uuid and MAC address are chosen
	"$1" -q domxml-from-native lxc-tools /srv/config | grep -v -e '<uuid>' -e '<mac address=' -e '<emulator>'
}
equal "both make the same of a file of LXC" "$(converted theirs)" "$(converted ours)"

# -- A root of its own --

look /srv/twin.xml "$tree/var/view"
equal "the same environment" "$(view theirs environment)" "$(view ours environment)"
equal "the same host name" "$(view theirs hostname)" "$(view ours hostname)"
empty "what libvirt has in /dev is there" comm -23 "$views/theirs/devices" "$views/ours/devices"
for place in '/proc proc' '/sys(/class)? sysfs' '/dev tmpfs' '/dev/pts devpts'; do
	for door in $doors; do
		expect "$door: mounts: $place" "^$place\$" view "$door" mounts
	done
done
for n in mnt pid ipc uts net; do
	for door in $doors; do
		check "$door: a $n namespace of its own" test "$(view "$door" namespaces | grep "^$n ")" != "$n $(readlink "/proc/self/ns/$n")"
	done
done
equal "difference: theirs has the host's user namespace" "user $(readlink /proc/self/ns/user)" "$(view theirs namespaces | grep '^user ')"
check "difference: ours has one of its own" test "$(view ours namespaces | grep '^user ')" != "user $(readlink /proc/self/ns/user)"
equal "difference: no capability that libvirt does not give" 0 $(($(bounding ours) & ~$(bounding theirs)))
expect "difference: theirs filters no system calls" '^Seccomp:[[:space:]]*0' view theirs status
expect "difference: ours does" '^Seccomp:[[:space:]]*2' view ours status
expect "difference: theirs shows the limit in /proc/meminfo" '^/proc/meminfo fuse' view theirs mounts
empty "difference: ours shows the host's" sh -c "grep '^/proc/meminfo fuse' $views/ours/mounts"
note "resident kilobytes while one runs: libvirt_lxc $memory_theirs (and libvirtd $(awk '/^VmRSS/ { print $2 }' "/proc/$(pidof libvirtd)/status")), virt-sandbox-supervisor $memory_ours"

# -- While it runs --

for door in $doors; do
	check "$door: start" "$door" start "$name"
done
exits "difference: theirs ends with 0 or 1" 1 virsh -q -c lxc:/// lxc-enter-namespace "$name" --noseclabel -- /bin/sh -c 'exit 5'
exits "difference: ours with the command's status" 5 virt-lxc -q lxc-enter-namespace "$name" -- /bin/sh -c 'exit 5'
refused "difference: theirs cannot suspend with cgroup v2" . theirs suspend "$name"
check "difference: ours can" ours suspend "$name"
check "and resumes" ours resume "$name"
for door in $doors; do
	check "$door: destroy" "$door" destroy "$name"
	begun=$(date +%s%N)
	for _ in 1 2 3; do
		"$door" start "$name" >/dev/null && "$door" destroy "$name" >/dev/null
	done
	note "$door: start and destroy, milliseconds each: $((($(date +%s%N) - begun) / 3000000))"
	check "$door: undefine" "$door" undefine "$name"
done

# -- The host's root --

document "$views/host" '' /srv/look >/srv/host.xml
look /srv/host.xml "$views/host"
equal "the same environment on the host's root" "$(view theirs environment)" "$(view ours environment)"
equal "no user namespace here either" "$(view theirs namespaces | grep '^user ')" "$(view ours namespaces | grep '^user ')"
check "difference: theirs has CAP_SYS_ADMIN" test $(($(bounding theirs) >> 21 & 1)) = 1
check "difference: ours has not" test $(($(bounding ours) >> 21 & 1)) = 0
for door in $doors; do
	check "$door: undefine" "$door" undefine "$name"
done

# -- What is refused here and not there --

mkdir -p /srv/given
document /var/view "<filesystem type='mount'><source dir='/srv/given'/><target dir='/made/by/libvirt'/></filesystem>" /srv/look >/srv/made.xml
refuses "a mount point that the host's root lacks" '/made/by/libvirt' /srv/made.xml
check "which theirs has made on the host" test -d /made/by/libvirt
{
	echo '<!DOCTYPE domain [<!ENTITY it "twin">]>'
	cat /srv/twin.xml
} >/srv/doctype.xml
refuses "a DOCTYPE" DOCTYPE /srv/doctype.xml
sed 's|<console|<sound model="ich6"/><console|' /srv/twin.xml >/srv/sound.xml
refuses "a device that no container has" 'line [0-9]+: <sound>' /srv/sound.xml

check "libvirtd ends" sh -c 'kill $(pidof libvirtd)'
done_testing
