#!/bin/sh
# Every start, stop and restart of dockerd goes through one gate: systemd's jobs are asked for in
# engine/effect/docker-job.c alone, but for reloads; engine/host/write/bus-timer.c stops timers, by a name that
# it ends itself.
#
#     restarts.sh ROOT
set -eu
cd "$1"

grep -rnE 'bus_job\(|"(Start|Stop|Restart|TryRestart|Kill|ReloadOrRestart)Unit"' --include='*.[ch]' engine rollback modules cli |
	grep -vE '^engine/host/write/bus-(job\.[ch]|timer\.c):|^engine/effect/docker-job\.c:|BUS_RELOAD' || exit 0
echo 'dockerd may be stopped past the gate: go through live_docker_job() or live_unit_job()'
exit 1
