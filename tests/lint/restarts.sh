#!/bin/sh
# Every start, stop and restart of dockerd goes through one gate: systemd's jobs are asked for in
# engine/effect/docker-job.c alone, but for reloads; engine/host/write/bus-timer.c stops timers, by a name that
# it ends itself. And whoever connects to docker.socket has systemd start a dockerd that is down: effects and
# the way back open its API by live_api_open() alone, which asks first.
#
#     restarts.sh ROOT
set -eu
cd "$1"

grep -rnE 'engine_api_open\(' --include='*.c' engine/effect rollback cli |
	grep -v '^engine/effect/live-api\.c:' && {
	echo 'dockerd may be started past the gate: its API is opened by live_api_open()'
	exit 1
}
grep -rnE 'bus_job\(|"(Start|Stop|Restart|TryRestart|Kill|ReloadOrRestart)Unit"' --include='*.[ch]' engine rollback modules cli |
	grep -vE '^engine/host/write/bus-(job\.[ch]|timer\.c):|^engine/effect/docker-job\.c:|BUS_RELOAD' || exit 0
echo 'dockerd may be stopped past the gate: go through live_docker_job() or live_unit_job()'
exit 1
