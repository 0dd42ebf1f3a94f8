# bash completion for harden(1)

# The ids of all controls; slow answers and errors give none.
_harden_controls()
{
	harden list --quiet --color=never 2>/dev/null | awk '{ print $1 }'
}

_harden_transactions()
{
	harden history --color=never 2>/dev/null | awk '/^[0-9]/ { print $1 }'
}

_harden_options='--baseline --level --only --skip --ack --observe --root --out --force --detailed-exitcode
	--allow-unmeasured --strict --fail-on --next-boot --next-package --yes --dry-run --noop --what-if --no-restart --bisect --health-timeout
	--health-cmd --max-gap --drain-cmd --undrain-cmd --confirm --no-wait --extend --lock-timeout --on-conflict --set-aside --keep --older-than --verify --map --origin --json --format --color --lang --quiet --verbose --help --version'

_harden_commands='plan apply fix confirm rollback recover check audit status history show diff prune list explain facts
	baseline version help'

# The values of the option in $1, for the word $2; fails where it has none to offer.
_harden_value()
{
	case $1 in
	--baseline)
		mapfile -t COMPREPLY < <(compgen -W docker-host -- "$2"; compgen -f -- "$2")
		;;
	--root) mapfile -t COMPREPLY < <(compgen -d -- "$2") ;;
	--out | -o | --next-package | --health-cmd | --drain-cmd | --undrain-cmd) mapfile -t COMPREPLY < <(compgen -f -- "$2") ;;
	--only | --skip | --ack)
		# behind a comma the last one is completed, and what is before it stays
		local before=
		[[ $2 == *,* ]] && before=${2%,*},
		mapfile -t COMPREPLY < <(compgen -P "$before" -W "$(_harden_controls)" -- "${2##*,}")
		;;
	--level) mapfile -t COMPREPLY < <(compgen -W '1 2' -- "$2") ;;
	--format) mapfile -t COMPREPLY < <(compgen -W 'text json' -- "$2") ;;
	--fail-on) mapfile -t COMPREPLY < <(compgen -W 'critical high medium low' -- "$2") ;;
	--lang) mapfile -t COMPREPLY < <(compgen -W 'en zh' -- "$2") ;;
	--color) mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$2") ;;
	--on-conflict) mapfile -t COMPREPLY < <(compgen -W 'stop keep before' -- "$2") ;;
	--older-than) mapfile -t COMPREPLY < <(compgen -W '1w 30d 90d 365d' -- "$2") ;;
	--confirm) mapfile -t COMPREPLY < <(compgen -W '5m 10m 30m' -- "$2") ;;
	--observe) mapfile -t COMPREPLY < <(compgen -W '30s 5m 1h' -- "$2") ;;
	--health-timeout | --max-gap | --extend | --lock-timeout | --set-aside | --keep | --map) COMPREPLY=() ;;
	*) return 1 ;;
	esac
}

_harden_argument()
{
	case $1 in
	apply | fix) mapfile -t COMPREPLY < <(compgen -f -- "$2") ;;
	confirm | rollback | diff | prune) mapfile -t COMPREPLY < <(compgen -W "$(_harden_transactions)" -- "$2") ;;
	show)
		mapfile -t COMPREPLY < <(compgen -W "$(_harden_transactions)" -- "$2"
			compgen -f -- "$2")
		;;
	explain) mapfile -t COMPREPLY < <(compgen -W "$(_harden_controls)" -- "$2") ;;
	baseline) mapfile -t COMPREPLY < <(compgen -W 'lint show' -- "$2"; compgen -f -- "$2") ;;
	help) mapfile -t COMPREPLY < <(compgen -W "$_harden_commands" -- "$2") ;;
	'') mapfile -t COMPREPLY < <(compgen -W "$_harden_commands" -- "$2") ;;
	esac
}

_harden()
{
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} command='' i

	COMPREPLY=()
	if [[ $word == = ]]; then
		word=
	elif [[ $before == = ]]; then
		before=${COMP_WORDS[COMP_CWORD - 2]}
	fi
	_harden_value "$before" "$word" && return
	if [[ $word == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$_harden_options" -- "$word")
		return
	fi
	for ((i = 1; i < COMP_CWORD; i++)); do
		if [[ ${COMP_WORDS[i]} != -* ]]; then
			command=${COMP_WORDS[i]}
			break
		fi
	done
	_harden_argument "$command" "$word"
}

complete -F _harden harden
