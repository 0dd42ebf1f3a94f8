# shellcheck shell=bash disable=SC2034
# Commands of docker.service's own beside dockerd: one that stops a container behind each start, and
# a reload that restarts dockerd, before live-restore is in force.

ARGS=(--only daemon.live-restore,daemon.no-new-privileges)

set_up() {
	mkdir -p /etc/systemd/system/docker.service.d
	printf '[Service]\nExecStartPost=-/usr/bin/docker kill pub\nExecStopPost=-/usr/bin/curl -u "me:s3cret s3cret" http://127.0.0.1:1/?sig=s3cret\nExecReload=\nExecReload=/usr/bin/systemctl --no-block restart docker\n' \
		>/etc/systemd/system/docker.service.d/commands.conf
	systemctl daemon-reload
}

expect() {
	like "$PLAN" 'held back: ExecStartPost= of docker\.service runs again' "$1: the command at the start is named"
	like "$PLAN" "/usr/bin/curl[[:space:]]+\\('/etc[^ ]*/commands\\.conf'\\)" "$1: another, by its program and its file"
	unlike "$PLAN$APPLIED$CHECKED" 's3cret' "$1: ... which nothing tells"
	like "$PLAN" 'a reload of dockerd is more than a SIGHUP' "$1: and that of the reload"
	like "$PLAN" 'No changes\. 2 held back' "$1: and both hold"
}
