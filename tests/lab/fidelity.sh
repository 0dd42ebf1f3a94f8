# shellcheck shell=bash
#
# fidelity.sh - everything that can be told about a host, as lines, and what two such lists differ
# in: for campaign-fidelity. Source it after lib.sh, harden.sh and rounds.sh.

# --- one list -------------------------------------------------------------------------------------

# facts FILE: files with content, owner, mode, access list, attributes, type and time (TREES), what is
# in force (effective.sh), and what dockerd says of itself, of networks and of containers.
facts() {
	snapshot_tree "$WORK/after" "${TREES[@]}"
	{
		sed 's/^/tree /' "$WORK/after"
		h sh -s <"$LAB_DIR/effective.sh" 2>/dev/null
		docker_says
	} | LC_ALL=C sort >"$1"
	(($(wc -l <"$1") > 5000)) || echo "$1 has but $(wc -l <"$1") facts" >&2
}

# Every field but what goes up and down by itself: the time, and dockerd's own threads and files.
docker_says() {
	h timeout 60 sh -c '
		docker info --format "{{json .}}"
		docker network inspect $(docker network ls --quiet --no-trunc)
		docker inspect $(docker ps --all --quiet --no-trunc)' 2>/dev/null |
		jq -r 'def leaf: if type == "object" or type == "array" then length == 0 else true end;
			def lines($what): paths(leaf) as $p | "\($what) \($p | map(tostring) | join(".")) \(getpath($p) | tojson)";
			if type == "object" then del(.SystemTime, .NFd, .NGoroutines, .NEventsListener) | lines("info")
			else .[] | lines(if .State then "inspect \(.Name)" else "network \(.Name)" end) end'
}

# --- what is not ours ------------------------------------------------------------------------------

# NAME | a line of the difference | why. Counted, and named at the end. What else differs is a failure.
ASIDE=(
	'key.json | ^tree /etc/docker/key\.json |dockerd 20.10 writes it at each start'
)

# Chains in which dockerd puts its own rules anew at each start, network by network, in an order that is never
# the same: who stands where there. That they are there, no more and no fewer, is held all the same.
CHAINS='(FORWARD|POSTROUTING|PREROUTING|OUTPUT|DOCKER|DOCKER-(ISOLATION-STAGE-[12]|FORWARD|CT|BRIDGE|INTERNAL))'

# aside LINE: the name of what it is.
aside() {
	local entry name rest
	for entry in "${ASIDE[@]}"; do
		name=${entry%% | *} rest=${entry#* | }
		[[ ! $1 =~ ${rest%%|*} ]] || { echo "$name" && return; }
	done
	if is_place "$1"; then
		echo "the order of dockerd's rules in its chains, after a start"
	elif is_named_sysctl "$1"; then
		echo 'route_localnet, which the rollback names'
	elif is_named_rule "$1"; then
		echo 'the masquerading of what the host itself sends to containers, which the rollback names'
	elif [[ $1 == 'units network-pre.target loaded '* && $SAID == *'network-pre.target,'* ]]; then
		echo 'network-pre.target, which the plan names: no stop takes it along'
	fi
}

is_place() {
	[[ $RESTARTED == yes && $1 == 'order '* ]] || return 1
	case $1 in
	'order nft '*) [[ $1 =~ ^order\ nft\ ip6?\ (filter|nat)\ $CHAINS\ [0-9]+: ]] ;;
	*) [[ $1 =~ ^order\ ip6?tables-save\ \*(filter|nat)\ [0-9]+:\ -A\ $CHAINS\  ]] ;;
	esac && [[ $1 =~ (DOCKER|docker0|br-[0-9a-f]{12}|MASQUERADE|masquerade|[0-9]:\ *\}?$) ]] # the last: where a chain ends
}

# A setting of the kernel that dockerd made and does not take back counts as known only where the way back
# said so of that very setting.
is_named_sysctl() {
	[[ $1 =~ ^sysctl\ (net/ipv4/conf/([^ ]*)/route_localnet)\  ]] && [[ $SAID == *"net.ipv4.conf.${BASH_REMATCH[2]}.route_localnet is 1"* ]]
}

# Likewise the rules that 20.10 makes for userland-proxy=false, of that very bridge.
is_named_rule() {
	[[ $1 =~ ^(iptables-save\ \*nat\ -A\ POSTROUTING\ -o\ ([^ ]+)\ .*--src-type\ LOCAL\ -j\ MASQUERADE|nft\ ip\ nat\ POSTROUTING:\ oifname\ \"([^\"]+)\"\ fib\ saddr\ type\ local\ counter\ masquerade)$ ]] &&
		[[ $(tr -s '\n ' ' ' <<<"$SAID") == *"containers on ${BASH_REMATCH[2]:-${BASH_REMATCH[3]}} is masqueraded"* ]]
}

# --- two lists --------------------------------------------------------------------------------------

# differences A B IGNORED: what is not the same, save lines of who runs since when where SAID tells of a
# job, save what matches IGNORED, and save what is not ours, which goes to $WORK/aside.
differences() {
	local line name ignored=$3 RESTARTED=no
	! grep -qE '^  restart of ' <<<"$SAID" || RESTARTED=yes
	! grep -qE '^  (reload|restart) of ' <<<"$SAID" || ignored+='|^run '
	{ diff <(without "${ignored#|}" "$1") <(without "${ignored#|}" "$2") || true; } | sed -n '/^[<>]/p' |
		while read -r line; do
			name=$(aside "${line#??}")
			if [[ -n $name ]]; then echo "$name" >>"$WORK/aside"; else printf '%s\n' "$line"; fi
		done
}

# follows_of EDIT: what an edit of somebody else may account for: its own file, and what is in force by it.
follows_of() {
	local path=${1%% *} kind=${1#* } of
	of=$(pattern_of "$1")
	printf '|%s|^file (%s|%s|/root/mine)[ /]' "${of//^/^tree }" "$path" "${path%/*}"
	[[ $1 != *'mkdir -p'* ]] || printf '|^file %s d ' "${path%/*/*}" # which that may have made
	[[ ${kind%% *} != meta ]] || return 0
	case $path in
	*/daemon.json) follows_config "$1" ;;
	*/docker.service.d*) printf '|^unit docker\.service (DropInPaths|NeedDaemonReload|UnitFileState|Nice|TimeoutStopUSec|TimeoutStop.*|TimeoutAbortUSec)=|^unit-file docker\.service |^process docker\.service nice' ;;
	*/docker.service | */docker.socket) printf '|^unit %s |^unit-file %s ' "${path##*/}" "${path##*/}" ;;
	*/default/docker) printf '|^process docker\.service (cmdline|environ) ' ;;
	esac
}

# The keys that are in the file beforehand or come with the edit, once dockerd is started on it.
follows_config() {
	local key
	for key in live-restore mtu icc userland-proxy debug labels; do
		[[ $1 == *"\"$key\""* ]] || grep -q "\"$key\"" "$WORK/daemon.before" || continue
		case $key in
		live-restore) printf '|^info LiveRestoreEnabled ' ;;
		mtu) printf '|^network bridge .*mtu |^link .* docker0: ' ;;
		icc) printf '|^network bridge .*icc |^(order )?(nft|iptables-save) .*docker0' ;;
		userland-proxy) printf '|^proxy |^(order )?(nft|ip6?tables-save) .*(DOCKER|POSTROUTING|OUTPUT)|route_localnet |/brport/hairpin_mode:' ;;
		debug) printf '|^info Debug ' ;;
		labels) printf '|^info Labels' ;;
		esac
	done
}

# --- what must be seen ------------------------------------------------------------------------------

# NAME | what somebody does | a line of the difference
# shellcheck disable=SC2034  # for campaign-fidelity
LOSERS=(
	'content | printf x >>/etc/hostname | ^. tree /etc/hostname sha256 '
	'mode | chmod 600 /etc/fstab | ^. tree /etc/fstab meta .*mode=0600'
	'owner | chown 1 /etc/issue | ^. tree /etc/issue meta .*owner=1:0'
	'access list | setfacl -m u:games:r /etc/passwd | ^. tree /etc/passwd acl '
	'attribute | setfattr -n trusted.lab -v x /etc/group | ^. tree /etc/group xattr '
	'type | mv /etc/motd /etc/motd.1; ln -s motd.1 /etc/motd | ^. tree /etc/motd meta type=l'
	'time | touch -d 2001-01-01 /etc/shells | ^. tree /etc/shells meta .*mtime=978'
	'a file elsewhere | : >/opt/left | ^. file /opt/left '
	'the socket | chmod 640 /run/docker.sock | ^. file /run/docker.sock '
	'a property of a unit | systemctl set-property --runtime docker.service CPUWeight=77 | ^. unit docker.service CPUWeight=77'
	'a unit that is enabled | systemctl disable docker.socket | ^. unit-file docker.socket disabled'
	'a setting of the kernel | sysctl -w net.ipv4.conf.lo.arp_announce=2 | ^. sysctl net/ipv4/conf/lo/arp_announce 2'
	'a rule | iptables -I FORWARD 1 -s 192.0.2.7 -j DROP | ^. iptables-save .filter -A FORWARD -s 192.0.2.7'
	'the place of a rule | iptables -D DOCKER-USER -j LAB-B; iptables -I DOCKER-USER 1 -j LAB-B | ^. order iptables-save .filter 000: -A DOCKER-USER -j LAB-B'
	'a table | nft add table inet lab | ^. nft inet lab'
	'a mount | mount -t tmpfs none /mnt | ^. mounted /mnt '
	'a route | ip route add blackhole 192.0.2.0/24 | ^. route blackhole'
	'a bridge | ip link set docker0 type bridge stp_state 1 | ^. bridge docker0/bridge/stp_state:1'
	'docker info | printf "{\"labels\": [\"lab=1\"]}" >/etc/docker/daemon.json; systemctl reload docker.service; sleep 1 | ^. info Labels'
	'a container | docker update --restart no one | ^. inspect /one HostConfig.RestartPolicy.Name'
	'its process | docker restart two | ^. container two process '
	'what it sees | echo lab >>/proc/$(docker inspect --format "{{.State.Pid}}" web)/root/etc/hosts | ^. container web etc/hosts lab'
	'who runs since when | : | ^. run docker.service StateChangeTimestamp'
)
