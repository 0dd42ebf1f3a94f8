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
	'order of its own rules | ^order .*(DOCKER|docker0|br-[0-9a-f]{12}) |at each start dockerd goes through its networks in another order, and inserts the rules of each'
	'key.json | ^tree /etc/docker/key\.json |dockerd 20.10 writes it at each start'
)

# aside LINE: the name of what it is.
aside() {
	local entry name rest
	for entry in "${ASIDE[@]}"; do
		name=${entry%% | *} rest=${entry#* | }
		[[ ! $1 =~ ${rest%%|*} ]] || { echo "$name" && return; }
	done
	is_named_sysctl "$1" && echo 'route_localnet, named by the rollback'
}

# A setting of the kernel that dockerd made and does not take back counts as known only where the way back
# said so of that very setting.
is_named_sysctl() {
	[[ $1 =~ ^sysctl\ (net/ipv4/conf/([^ ]*)/route_localnet)\  ]] && [[ $SAID == *"net.ipv4.conf.${BASH_REMATCH[2]}.route_localnet is 1"* ]]
}

# --- two lists --------------------------------------------------------------------------------------

# differences A B IGNORED: what is not the same, save lines of who runs since when where SAID tells of a
# job, save what matches IGNORED, and save what is not ours, which goes to $WORK/aside.
differences() {
	local line name ignored=$3
	! grep -qE '^  (reload|restart) of ' <<<"$SAID" || ignored+='|^run '
	diff <(without "${ignored#|}" "$1") <(without "${ignored#|}" "$2") | grep '^[<>]' |
		while read -r line; do
			name=$(aside "${line#??}")
			if [[ -n $name ]]; then echo "$name" >>"$WORK/aside"; else printf '%s\n' "$line"; fi
		done
}
