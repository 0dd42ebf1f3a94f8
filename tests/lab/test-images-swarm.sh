#!/bin/bash
#
# The controls of images and of the swarm on real ones: each aspect with an image, a container, a
# cluster that is at fault, and with one that is not. What a plan tells of a secret is where it is,
# never the secret.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

IDS='image.healthcheck image.update-layer image.setuid image.add image.secrets image.sprawl image.rebuilt
	swarm.off swarm.managers swarm.address swarm.encrypted-networks swarm.autolock
	swarm.certificate-lifetime client.content-trust'

# look: a plan of these controls, for verdict and reason.
look() {
	local only=() id
	for id in $IDS; do only+=(--only "$id"); done
	h_harden plan --level 2 --json "${only[@]}" >"$WORK/plan.json"
	h_harden plan --level 2 "${only[@]}" >"$WORK/plan.txt"
}

verdict() {
	jq -r --arg id "$1" '.plan.findings[] | select(.control == $id) | .verdict' "$WORK/plan.json"
}

reason() {
	jq -r --arg id "$1" '.plan.findings[] | select(.control == $id) | .reason' "$WORK/plan.json"
}

# judged ID VERDICT REGEX DESC: what the last look has of a control.
judged() {
	is "$(verdict "$1")" "$2" "$4"
	like "$(reason "$1")" "$3" "$4: the reason"
}

# context: an empty directory for the files of a build.
context() {
	h sh -c 'rm -rf /root/context && mkdir /root/context'
}

# build TAG [DOCKER-ARG...]: the Dockerfile comes from standard input.
build() {
	local tag=$1
	shift
	h_write /root/context/Dockerfile
	h env DOCKER_BUILDKIT="${BUILDKIT:-0}" docker build --quiet --tag "$tag" "$@" /root/context >"$WORK/build" 2>&1 ||
		{ diag "$(cat "$WORK/build")" && return 1; }
}

# One image that is at fault in everything that a Dockerfile can do wrong.
build_faulty() {
	context
	h_write /root/context/note <<<'a note'
	h_write /root/context/id_rsa 600 <<<'hunter9'
	build faulty --build-arg NPM_TOKEN=hunter2 <<-'EOF'
		FROM lab-busybox
		ARG NPM_TOKEN
		ENV DB_PASSWORD="hunter3 hunter4"
		RUN apk update || true
		ADD note /note
		COPY id_rsa /root/.ssh/id_rsa
		RUN cp /bin/busybox /bin/lift && chmod 4755 /bin/lift
		RUN rm /root/.ssh/id_rsa && true --password hunter5
	EOF
}

# The same things done right, or taken away again by a later layer in each way there is.
build_sound() {
	context
	h_write /root/context/note <<<'a note'
	build sound <<-'EOF'
		FROM lab-busybox
		ENV DB_PASSWORD_FILE=/run/secrets/db
		HEALTHCHECK CMD true
		RUN (apk update && apk add curl) || true
		COPY note /usr/share/ADD
		RUN mkdir -p /opt/tools && for f in /bin/lift /bin/gone /opt/tools/su; do cp /bin/busybox $f; chmod 6755 $f; done
		RUN chmod 755 /bin/lift && rm /bin/gone
		RUN rm -rf /opt/tools && mkdir /opt/tools
		CMD ["/bin/sleep", "1000"]
	EOF
}

# A file that docker import brings along with its capability.
import_capable() {
	mkdir -p "$WORK/tree/bin"
	printf '#!/bin/sh\n' >"$WORK/tree/bin/ping"
	chmod 755 "$WORK/tree/bin/ping"
	setfattr -n security.capability -v 0x0100000200200000000000000000000000000000 "$WORK/tree/bin/ping"
	tar -C "$WORK/tree" --xattrs --xattrs-include=security.capability -c . | h docker import - capable >/dev/null
}

test_faulty() {
	local suite=$1
	build_faulty
	import_capable
	container_run_of faulty faulty /bin/sleep 1000
	h docker exec faulty sh -c 'echo patch >/bin/patched && rm /bin/lift'
	h docker commit --message 'fixed by hand' faulty committed >/dev/null
	look
	judged image.healthcheck fail 'faulty:latest' "$suite: an image in use without HEALTHCHECK"
	judged image.update-layer fail 'faulty:latest \(step [0-9]+: apk update' "$suite: an update without an install"
	judged image.add fail 'faulty:latest \(step [0-9]+: ADD to /note' "$suite: ADD"
	judged image.setuid fail 'faulty:latest \(/bin/lift\)' "$suite: a setuid file"
	judged image.setuid fail 'capable:latest \(/bin/ping\)' "$suite: a file with a capability"
	judged image.secrets fail 'faulty:latest .*ENV DB_PASSWORD' "$suite: a secret in the environment"
	judged image.secrets fail 'build argument NPM_TOKEN' "$suite: a secret in a build argument"
	judged image.secrets fail 'file /root/.ssh/id_rsa' "$suite: a secret that a later layer hides only"
	judged image.rebuilt fail 'committed:latest' "$suite: docker commit"
	unlike "$(cat "$WORK/plan.json" "$WORK/plan.txt")$(h_harden facts --json)$(h_harden facts)" 'hunter' \
		"$suite: no secret is told"
	like "$(cat "$WORK/plan.txt")" 'x image\.add .*-> in the Dockerfile: COPY' "$suite: what would fix it is told"
}

# container_run_of NAME IMAGE CMD...: as container_run, from another image.
container_run_of() {
	h docker run --detach --name "$@" >/dev/null
}

test_patched() {
	local suite=$1
	h docker rmi --force committed >/dev/null
	look
	judged image.rebuilt fail 'faulty \(/bin/lift and /bin/patched\)' "$suite: a container that was patched in place"
	h docker rm --force faulty >/dev/null
	container_run_of harmless --security-opt no-new-privileges faulty /bin/sleep 1000
	h docker rmi --force capable >/dev/null
	look
	judged image.setuid pass 'no container can gain rights' "$suite: setuid does no harm without new privileges"
	h docker rm --force harmless >/dev/null
}

test_sound() {
	local suite=$1
	h docker rmi --force faulty >/dev/null
	h docker image prune --force >/dev/null
	build_sound
	container_run_of sound sound
	look
	judged image.healthcheck pass 'health check' "$suite: HEALTHCHECK passes"
	judged image.update-layer pass 'no image' "$suite: an update with an install passes"
	judged image.add pass 'no image' "$suite: COPY passes"
	judged image.setuid pass 'no image has files' "$suite: setuid that later layers take away passes"
	judged image.secrets pass 'nothing' "$suite: the name of a file with a secret passes"
	judged image.rebuilt pass '.' "$suite: images that were built pass"
	judged image.sprawl pass '0 of 2 images' "$suite: no image too many"
}

test_buildkit() {
	local suite=$1
	context
	BUILDKIT=1 build kit --build-arg TOKEN=hunter6 <<-'EOF' || return 0
		FROM lab-busybox
		ARG TOKEN
		RUN apk update || true
	EOF
	look
	judged image.update-layer fail 'kit:latest \(step [0-9]+: apk update' "$suite: BuildKit: an update without an install"
	judged image.secrets fail 'kit:latest \(step [0-9]+, build argument TOKEN' "$suite: BuildKit: a build argument"
	h docker rmi --force kit >/dev/null
}

test_sprawl() {
	local suite=$1
	h sh -c 'for n in 1 2 3 4 5 6 7 8 9 10 11; do
		tar -c -T /dev/null | docker import --change "LABEL n=$n" - "spare:$n" >/dev/null; done'
	look
	judged image.sprawl fail '11 of 13 images are used by no container' "$suite: too many images"
}

test_no_swarm() {
	local suite=$1 id
	judged swarm.off pass 'in no swarm' "$suite: a host in no swarm"
	for id in managers address encrypted-networks autolock certificate-lifetime; do
		judged "swarm.$id" not_applicable 'in no swarm' "$suite: ... and $id is not asked of it"
	done
}

test_swarm() {
	local suite=$1
	h docker swarm init --advertise-addr 127.0.0.1 --cert-expiry 2161h >/dev/null
	h docker network create --driver overlay plain >/dev/null
	look
	judged swarm.off fail 'in a swarm \(active\)' "$suite: a swarm"
	judged swarm.managers pass '1 manager' "$suite: one manager"
	judged swarm.address fail '0\.0\.0\.0:2377' "$suite: listening on every address"
	judged swarm.encrypted-networks fail '1 of 2 overlay networks .*: plain' "$suite: a network that is not encrypted"
	judged swarm.autolock fail 'key' "$suite: managers that start unlocked"
	judged swarm.certificate-lifetime fail '2161 hours' "$suite: certificates that live long"
	h docker network rm plain >/dev/null
	h docker network create --driver overlay --opt encrypted secret >/dev/null
	h_harden plan --only daemon.no-new-privileges --ack daemon.no-new-privileges --out /root/before-autolock >/dev/null
	h sh -c 'docker swarm update --autolock=true --cert-expiry 48h >/root/key'
	look
	judged swarm.encrypted-networks pass 'encrypted' "$suite: an encrypted network"
	judged swarm.autolock pass 'locked when they start' "$suite: managers that start locked"
	judged swarm.certificate-lifetime pass '48 hours' "$suite: certificates that live two days"
}

# A restart of dockerd that leaves the manager locked, by a plan: on the way up and on the way back.
test_restart_that_locks() {
	local suite=$1 id=daemon.no-new-privileges
	exits 0 "$suite: a plan that restarts a manager with autolock" h_harden plan --only $id
	like "$OUTPUT" 'locks it \(autolock\).*1 held back' "$suite: ... is held back"
	exits 5 "$suite: one that was made before autolock" h_harden apply --yes /root/before-autolock
	like "$OUTPUT" 'is not what the plan said: .*locks it \(autolock\)' "$suite: ... is not carried out"
	like "$(h_harden plan --only $id --ack $id)" 'Undo .*an undo restarts dockerd as well, and autolock is on' \
		"$suite: the undo's need of the key is told"
	exits 0 "$suite: it is applied where somebody consents to it" \
		h_harden apply --yes --only $id --ack $id --health-timeout 1s
	like "$OUTPUT" 'is locked since the restart of dockerd \(active before\)' "$suite: ... and what it did is told"
	like "$OUTPUT" 'waiting for dockerd to start, up to [0-9]+ s' "$suite: ... what it waits for is said"
	is "$(h docker info --format '{{.Swarm.LocalNodeState}}')" locked "$suite: ... the swarm is locked"
	like "$(h_harden status)" 'Swarm: +this node is locked' "$suite: ... which status says"
	h sh -c 'grep -o "SWMKEY[^ ]*" /root/key | docker swarm unlock' >/dev/null
	h timeout 30 sh -c 'until docker node ls; do sleep 0.5; done' >/dev/null 2>&1
	exits 5 "$suite: its rollback asks as well" h_harden rollback --yes
	like "$OUTPUT" "docker swarm unlock.*--ack $id" "$suite: ... and names the consent"
	exits 0 "$suite: ... which is enough" h_harden rollback --yes --ack $id --health-timeout 1s
	like "$OUTPUT" 'is locked since' "$suite: ... and it is told again"
}

test_locked() {
	local suite=$1
	if whole "$suite"; then
		test_restart_that_locks "$suite"
	else
		h systemctl restart docker
	fi
	look
	judged swarm.off fail 'locked' "$suite: a locked manager is in a swarm"
	judged swarm.autolock pass 'waits for its key' "$suite: ... and is locked"
	judged swarm.managers not_measured 'locked' "$suite: ... and tells nothing of the others"
	h docker swarm leave --force >/dev/null
	h docker swarm init --advertise-addr 127.0.0.1 --listen-addr 127.0.0.1:2377 >/dev/null
	look
	judged swarm.address pass '127\.0\.0\.1:2377' "$suite: listening on one address"
	h docker swarm leave --force >/dev/null
}

# What the node listens on is not here any more: dockerd's start would leave it in error.
test_swarm_address() {
	local suite=$1 nothing='0 held back'
	h sh -c 'ip link add lab9 type veth peer name lab9p && ip addr add 10.7.7.1/24 dev lab9 && ip link set lab9 up'
	h docker swarm init --advertise-addr 10.7.7.1 --listen-addr 10.7.7.1:2377 >/dev/null
	like "$(h_harden plan --only daemon.no-new-privileges)" "$nothing" "$suite: a swarm with the address that it listens on"
	h ip addr del 10.7.7.1/24 dev lab9
	like "$(h_harden plan --only daemon.no-new-privileges)" 'held back: .*listens on 10\.7\.7\.1, an address' \
		"$suite: ... without it holds the restart"
	h systemctl restart docker
	like "$(h docker info -f '{{.Swarm.LocalNodeState}} {{.Swarm.Error}}')" '^error .*10\.7\.7\.1:2377' "$suite: ... which ends it"
	like "$(h_harden plan --only daemon.no-new-privileges)" "$nothing" "$suite: ... once"
	h sh -c 'docker swarm leave --force; ip link del lab9' >/dev/null
}

# The server of the signatures ends on a day, and the verdict with it.
test_content_trust() {
	local suite=$1
	if [[ $(date -u +%F) < 2026-12-08 ]]; then
		judged client.content-trust manual 'set nowhere' "$suite: content trust is set nowhere"
	else
		judged client.content-trust not_applicable 'not set' "$suite: content trust is set nowhere"
	fi
	h sh -c 'echo DOCKER_CONTENT_TRUST=1 >>/etc/environment'
	look
	if [[ $(date -u +%F) < 2026-12-08 ]]; then
		judged client.content-trust pass '/etc/environment' "$suite: content trust is set"
	else
		judged client.content-trust fail '/etc/environment' "$suite: content trust is set"
	fi
}

for suite in "${SUITES[@]}"; do
	host_start "$suite"
	image_import
	test_faulty "$suite"
	test_patched "$suite"
	test_sound "$suite"
	test_no_swarm "$suite"
	test_buildkit "$suite"
	test_sprawl "$suite"
	test_swarm "$suite"
	test_locked "$suite"
	test_swarm_address "$suite"
	test_content_trust "$suite"
	host_stop
done
