# shellcheck shell=bash
# shellcheck disable=SC2034  # the tables are for campaign-scenarios
#
# The scenarios of campaign-scenarios (R7), a row each. Every host runs dockerd with live-restore
# and two containers; every row ends with `harden apply`, and with an exit code that is part of it.

LIVE='"live-restore":true'

# A config file that was bad before harden came, under a daemon that runs well:
#
#   NAME | EXIT CODE | CONTENT, with printf's escapes
#
# 5: refused, as dockerd would refuse it. 0: what would put the file into force is held back, and the
# rest is applied. Several codes are those of bookworm, trixie and forky (and the last that of what
# follows): from 23.0 on dockerd can be asked beforehand, and each version says more then.
FOUND=(
	'empty | 0 | '
	'blanks | 0 |  \n\t\n'
	'array | 5 | []'
	'string | 5 | "live-restore"'
	'null | 0 | null'
	'number | 5 | 42'
	"nul byte | 0/5 | {$LIVE}\\0"
	"byte order mark | 5/0 | \\xef\\xbb\\xbf{$LIVE}"
	'utf-16 | 5/0 | \xff\xfe{\0}\0'
	"latin-1 | 5 | {$LIVE, \"labels\": [\"a=\\xe9\"]}"
	"comma too many | 5 | {$LIVE,}"
	"comment | 5 | {\\n// on\\n$LIVE}"
	"cut off | 5 | {$LIVE, \"icc\": "
	"garbage behind | 0/5 | {$LIVE} x"
	"second object | 0/5 | {$LIVE}{}"
	"key twice | 0 | {$LIVE, \"icc\": true, \"icc\": false}"
	"live-restore twice | 0 | {\"live-restore\": false, $LIVE}"
	"deep | 5 | {$LIVE, \"x\": $(printf '[%.0s' {1..12000})$(printf ']%.0s' {1..12000})}"
	"unknown key | 0/5 | {$LIVE, \"bogus\": 1}"
	"unknown nested key | 0 | {$LIVE, \"builder\": {\"nosuch\": 1}}"
	"wrong case | 0/5 | {$LIVE, \"ICC\": true}"
	"text for a bool | 0/5 | {$LIVE, \"icc\": \"true\"}"
	"number for a bool | 0/5 | {$LIVE, \"icc\": 1}"
	"null for a bool | 0 | {$LIVE, \"icc\": null}"
	"number in log-opts | 0/5 | {$LIVE, \"log-opts\": {\"max-file\": 3}}"
	"array for log-opts | 0 | {$LIVE, \"log-opts\": []}"
	"also a flag | 0/5 | {$LIVE, \"containerd\": \"/run/containerd/containerd.sock\"}"
	"hosts beside fd:// | 0/5 | {$LIVE, \"hosts\": [\"unix:///run/x.sock\"]}"
	"removed key | 0/5 | {$LIVE, \"disable-legacy-registry\": true}"
	"no such log driver | 0 | {$LIVE, \"log-driver\": \"nosuch\"}"
	"registry of all | 0 | {$LIVE, \"insecure-registries\": [\"0.0.0.0/0\"]}"
	"negative ulimit | 0 | {$LIVE, \"default-ulimits\": {\"nofile\": {\"Name\": \"nofile\", \"Hard\": -5, \"Soft\": -5}}}"
	"no such seccomp profile | 0 | {$LIVE, \"seccomp-profile\": \"/nonexistent.json\"}"
	"icc without iptables | 0 | {$LIVE, \"icc\": false, \"iptables\": false}"
	"no such runtime | 0 | {$LIVE, \"default-runtime\": \"nosuch\"}"
	"mirror without scheme | 0/0/5 | {$LIVE, \"registry-mirrors\": [\"nosuch\"]}"
	"no such plugin | 0 | {$LIVE, \"authorization-plugins\": [\"nosuch\"]}"
	"no such user | 0/5 | {$LIVE, \"userns-remap\": \"nosuchuser\"}"
	"user without range | 0/5 | {$LIVE, \"userns-remap\": \"daemon\"}"
	"no such driver | 0 | {$LIVE, \"storage-driver\": \"zfs\"}"
	"no such level | 0/5 | {$LIVE, \"log-level\": \"loud\"}"
	"no address | 0/5 | {$LIVE, \"dns\": [\"not-an-address\"]}"
	"no network | 0 | {$LIVE, \"bip\": \"999.1.1.1/24\"}"
	"no size | 0/5 | {$LIVE, \"default-shm-size\": \"big\"}"
	"no such group | 0 | {$LIVE, \"group\": \"nosuchgroup\"}"
	"tls without keys | 0/5 | {$LIVE, \"tlsverify\": true}"
	"no pool | 0 | {$LIVE, \"default-address-pools\": [{\"base\": \"10.0.0.0/8\", \"size\": 99}]}"
	"live-restore gone | 0 | {}"
)

# What a baseline makes harden write. 1: the baseline itself is refused; 5: seen before anything is
# written; 3: dockerd says so, and it is put back; 0: refused by the module, or dockerd takes it.
# Several codes are those of the suites, as above.
#
#   NAME | EXIT CODE | KEY | VALUE, as YAML
WRITTEN=(
	'unknown key | 1 | bogus | 1'
	'wrong case | 1 | ICC | false'
	'text for a bool | 5 | icc | "false"'
	'number for a bool | 5 | icc | 0'
	'number in log-opts | 5 | log-opts | {max-file: 3}'
	'array for log-opts | 5 | log-opts | []'
	'removed key | 0 | disable-legacy-registry | true'
	'no such log driver | 0 | log-driver | nosuch'
	'negative ulimit | 0 | default-ulimits | {nofile: {Name: nofile, Hard: -5, Soft: -5}}'
	'registry of all | 0 | insecure-registries | ["0.0.0.0/0"]'
	'no such seccomp profile | 0 | seccomp-profile | /nonexistent.json'
	'no such runtime | 3 | default-runtime | nosuch'
	'mirror without scheme | 3/3/5 | registry-mirrors | ["nosuch"]'
	'no such plugin | 0 | authorization-plugins | ["nosuch"]'
	'no such user | 0 | userns-remap | nosuchuser'
	'user without range | 0 | userns-remap | daemon'
	'no such driver | 0 | storage-driver | zfs'
	'no such cgroup driver | 3 | exec-opts | ["native.cgroupdriver=nosuch"]'
	'no such level | 5 | log-level | loud'
	'no address | 3/5 | dns | ["not-an-address"]'
	'no size | 5 | default-shm-size | big'
	'no such ipc mode | 5 | default-ipc-mode | nosuch'
	'label without value | 3/5 | labels | ["noequals"]'
	'less than no downloads | 5 | max-concurrent-downloads | -1'
	'no registry | 3 | allow-nondistributable-artifacts | ["::::"]'
	'runtime without program | 3 | runtimes | {x: {path: /nonexistent}}'
	'another socket | 0 | hosts | ["unix:///run/x.sock"]'
)

# What goes wrong meanwhile: functions of scenario-events.sh.
#
#   NAME | EXIT CODE | FUNCTION ARGUMENT...
EVENTS=(
	'killed after the snapshot | 0 back | killed 1 snapshot'
	'killed after the first files | 0 back | killed 1 files'
	'killed after the reload | 0 back | killed 1 reload of dockerd'
	'killed after the last files | 0 back | killed 2 files'
	'killed after the restart | 0 back | killed 1 restart of dockerd'
	'power cut after the snapshot | cut | power_cut 1 snapshot'
	'power cut after the first files | cut | power_cut 1 files'
	'power cut after the reload | cut | power_cut 1 reload of dockerd'
	'power cut after the last files | cut | power_cut 2 files'
	'power cut after the restart | cut | power_cut 1 restart of dockerd'
	'TERM after the snapshot | 143 | signalled TERM 1 snapshot'
	'INT after the files | 130 | signalled INT 1 files'
	'HUP after the restart | 129 | signalled HUP 1 restart of dockerd'
	'dockerd killed while it is watched | 3 | dockerd_dies'
	'docker.service masked before the plan | 0 | masked'
	'no room for the undo data | 5 | state_full'
	'no room beside daemon.json | 5 | target_full'
	'no inodes beside daemon.json | 5 | target_without_inodes'
	'/etc is read-only | 5 | read_only'
	"systemd's socket is gone | 0 | no_private_socket"
	'no way to systemd at all | 5 | no_sockets'
	'somebody else holds the lock | 75 | locked'
	'the plan is stale | 5 | stale'
)

# The same in a virtual machine: the power cuts are true ones, and so is the kernel's audit.
MACHINE=(
	'power cut after the first files | cut | power_cut 1 files'
	'power cut after the restart | cut | power_cut 1 restart of dockerd'
	'killed after the restart | 0 back | killed 1 restart of dockerd'
	'audit is locked | 0 | audit_locked'
)
