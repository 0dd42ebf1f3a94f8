#!/bin/bash
#
# A share of campaign-scenarios: of each table some rows, and its control arm.

exec "$(dirname "$0")/campaign-scenarios" \
	'bookworm, found: empty' 'bookworm, found: no such seccomp profile' 'trixie, found: second object' \
	'trixie, found: unknown key' 'forky, found: array for log-opts' \
	'bookworm, written: no such driver' 'bookworm, written: no such cgroup driver' 'trixie, written: mirror *' \
	'bookworm, meanwhile: killed after the restart' 'trixie, meanwhile: /etc is read-only' \
	'control arm, written: no such runtime'
