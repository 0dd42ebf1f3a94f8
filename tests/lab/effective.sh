#!/bin/sh
#
# Runs inside a host, called by effective_state in fidelity.sh: prints one line for each fact about
# what is in force there, whatever the files say. A line begins with its section. Lines of the
# section "run" tell who runs since when: they stay the same only where nothing was restarted.
#
# What goes up or down by itself is not printed, by name: counters of systemd and of control groups,
# the kernel's random numbers, its count of connections and of terminals, the last process number.

set -u

units='docker.service docker.socket containerd.service'

# --- systemd ------------------------------------------------------------------------------------

counters='(CPUUsageNSec|Memory(Current|Peak|Available|SwapCurrent|SwapPeak|ZSwapCurrent)|EffectiveMemory(Max|High)'
counters="$counters"'|EffectiveTasksMax|TasksCurrent|IP(In|E)gress(Bytes|Packets)|IO(Read|Write)(Bytes|Operations)|NFileDescriptorStore|NAccepted|NConnections)'
runs='([A-Za-z]*Timestamp(Monotonic)?|[A-Za-z]*PID|InvocationID|ControlGroupId)'

# Lists of units are sets: systemd prints them in the order of its hash tables.
properties() {
	systemctl show "$1" | grep -Ev "^$counters=" | awk '
		/^(After|Before|[A-Za-z]*(Requires|Wants)[A-Za-z]*|(Wanted|Required|Bound|Upheld|Conflicted|Triggered)By|Requisite[A-Za-z]*|BindsTo|PartOf|ConsistsOf|Conflicts|Triggers|On(Failure|Success)[A-Za-z]*|Propagates[A-Za-z]*|[A-Za-z]*PropagatedFrom|Upholds|References|ReferencedBy|SliceOf|Names)=/ {
			n = split(substr($0, index($0, "=") + 1), words, " ")
			for (i = 1; i <= n; i++) print substr($0, 1, index($0, "=")) words[i]
			next
		}
		{ print }' |
		sed -E "s/^$runs=/run $1 &/; t; s/ ; start_time=.* \}\$/ }/; s/^/unit $1 /"
}

systemd() {
	for unit in $units; do properties "$unit"; done
	systemctl list-unit-files --no-legend --no-pager | awk '{ print "unit-file " $1 " " $2 " " $3 }'
	# what a start leaves for a moment is no setting
	systemctl list-units --all --no-legend --no-pager --plain |
		awk '$1 !~ /^(run-docker-runtime|init|dev-|sys-|systemd-)/ { print "units " $1 " " $2 " " $3 " " $4 }'
}

# --- processes ------------------------------------------------------------------------------------

process() {
	pid=$(systemctl show -P MainPID "$1")
	[ "$pid" -gt 0 ] || return 0
	printf 'process %s cmdline %s\n' "$1" "$(tr '\0' ' ' <"/proc/$pid/cmdline")"
	sed "s/^/process $1 cgroup /" "/proc/$pid/cgroup"
	printf 'process %s oom %s\n' "$1" "$(cat "/proc/$pid/oom_score_adj")"
	printf 'process %s nice %s\n' "$1" "$(cut -d' ' -f19 "/proc/$pid/stat")"
	tr '\0' '\n' <"/proc/$pid/environ" | grep -Ev '^(INVOCATION_ID|JOURNAL_STREAM|SYSTEMD_EXEC_PID|LISTEN_PID|MEMORY_PRESSURE_[A-Z]*|LISTEN_PIDFDID)=' |
		sed "s/^/process $1 environ /"
	sed "s/^/process $1 limit /" "/proc/$pid/limits"
	grep -E '^(Uid|Gid|Groups|Cap...|NoNewPrivs|Seccomp|Umask):' "/proc/$pid/status" | sed "s/^/process $1 status /"
}

# Of each container's first process: its number and the moment of its start, its rights, what it sees.
container() {
	stat=$(sed 's/.*) //' "/proc/$2/stat") || return 0
	printf 'container %s process %s %s\n' "$1" "$2" "$(echo "$stat" | cut -d' ' -f20)"
	sed "s/^/container $1 cgroup /" "/proc/$2/cgroup"
	printf 'container %s oom %s\n' "$1" "$(cat "/proc/$2/oom_score_adj")"
	grep -E '^(Uid|Gid|Groups|Cap...|NoNewPrivs|Seccomp|NSpid):' "/proc/$2/status" | sed "s/^/container $1 status /"
	sed "s/^/container $1 limit /" "/proc/$2/limits"
	sed "s/^/container $1 mount /" "/proc/$2/mountinfo"
	for file in etc/resolv.conf etc/hosts etc/hostname; do
		sed "s|^|container $1 $file |" "/proc/$2/root/$file"
	done
	nsenter -t "$2" -n ip -o address show | sed "s/^/container $1 address /"
	nsenter -t "$2" -n ip route show table all | sed "s/^/container $1 route /"
	(cd "/proc/$2/ns" && stat -L -c "container $1 namespace %n %i" ./*)
}

containers() {
	docker ps --all --no-trunc --format '{{.Names}}' | while read -r name; do
		container "$name" "$(docker inspect --format '{{.State.Pid}}' "$name")"
	done
	docker image ls --all --no-trunc --format 'image {{.ID}} {{.Repository}}:{{.Tag}}'
	docker volume ls --format 'volume {{.Driver}} {{.Name}}'
	# those that dockerd starts for them
	for pid in $(pgrep -x docker-proxy); do
		printf 'proxy %s\n' "$(tr '\0' ' ' <"/proc/$pid/cmdline")"
	done
}

# --- the kernel -----------------------------------------------------------------------------------

sysctls() {
	find /proc/sys/net /proc/sys/kernel -type f -perm /444 \
		! -path '/proc/sys/kernel/random/*' ! -name ns_last_pid ! -name nf_conntrack_count ! -path /proc/sys/kernel/pty/nr \
		-exec grep -H '' {} + 2>/dev/null | sed 's|^/proc/sys/\([^:]*\):|sysctl \1 |'
}

# Counters aside. A line for each rule, and one more for its place in its chain: dockerd puts its own
# rules in another order at each start. The order of chains has no meaning.
filter() {
	nft --stateless list ruleset 2>/dev/null | sed 's/counter packets [0-9]* bytes [0-9]*/counter/; s/^[\t ]*//' |
		awk '$1 == "table" { t = $2 " " $3 } $1 == "chain" { c = $2; n = 0 }
			{ printf "nft %s %s: %s\norder nft %s %s %03d: %s\n", t, c, $0, t, c, n++, $0 }'
	for save in iptables-save ip6tables-save; do
		$save 2>/dev/null | grep -v '^#' | sed 's/\[[0-9]*:[0-9]*\]//' |
			awk -v s="$save" '/^\*/ { t = $1 } { printf "%s %s %s\n", s, t, $0 }
				$1 == "-A" { printf "order %s %s %03d: %s\n", s, t, n[t $2]++, $0 }'
	done
}

# The kernel tries an IPv6 address for a second or two before it counts, and has its route.
settle_addresses() {
	tries=50
	while [ "$tries" -gt 0 ] && [ -n "$(ip -o address show tentative)" ]; do
		sleep 0.1
		tries=$((tries - 1))
	done
}

network() {
	settle_addresses
	ip -o address show | sed 's/^/address /'
	ip -o link show | sed 's/^/link /'
	ip route show table all | sed 's/^/route /'
	ip rule show | sed 's/^/rule /'
	# what the spanning tree is about just now is no setting
	for directory in /sys/class/net/*/bridge /sys/class/net/*/brport; do
		[ ! -d "$directory" ] || grep -H '' "$directory"/* 2>/dev/null
	done | grep -Ev '(_timer|/flush|/topology_change(_detected)?|/change_ack|/config_pending|/designated_[a-z]*):' | sed 's|^/sys/class/net/|bridge |'
}

mounts() {
	findmnt --raw --noheadings --output TARGET,SOURCE,FSTYPE,OPTIONS | sed 's/^/mounted /'
}

# --- files anywhere -------------------------------------------------------------------------------

# snapshot.sh reads contents where harden writes; here is whether anything appeared, went or was
# written elsewhere. Left out: harden's own ledger, logs, and what containerd and systemd keep.
files() {
	find / -xdev \( -path /var/lib/harden -o -path /var/lib/containerd -o -path /var/log -o -path /var/lib/systemd -o -path /tmp -o -path /var/tmp \) \
		-prune -o -type d -printf 'file %p %y %#m %U:%G\n' -o -printf 'file %p %y %#m %U:%G %s %T@ %l\n'
	find /var/lib/docker /run/docker.sock -maxdepth 1 -printf 'file %p %y %#m %U:%G\n'
}

systemd
process docker.service
process containerd.service
containers
sysctls
filter
network
mounts
files
