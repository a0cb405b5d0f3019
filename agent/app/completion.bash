# Bash completion of interphase.
_interphase() {
    local current=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]}
    local commands="check run worker ask tell status replay bench export pause resume drain safe-stop ready approve cancel retract resolve keygen enrol"
    if [ "$COMP_CWORD" = 1 ]; then
        mapfile -t COMPREPLY < <(compgen -W "$commands --help --version" -- "$current")
        return
    fi
    local options=""
    case $command in
    run) options="--journal --workers --slots --listen --keys --seed --with --json --quiet" ;;
    worker) options="--connect --key --server-key --connector --slots --allow --name --state" ;;
    enrol) options="--role --connect --public --remark --keys --list --revoke -o" ;;
    keygen) options="--keys" ;;
    ask) options="-n --journal --json" ;;
    tell) options="--trial --task --failed --at" ;;
    status) options="--why --json" ;;
    replay) options="--verify --head --until --with" ;;
    bench) options="--seeds --first-seed --trials --with --against --parallel --keep -o" ;;
    export) options="--format -o" ;;
    pause | resume | drain) options="--by" ;;
    safe-stop | ready) options="--station --by" ;;
    approve) options="--reject --by" ;;
    cancel) options="--trial --request --all --by" ;;
    retract) options="--trial --request --event --by" ;;
    resolve) options="--request --as --by --reason" ;;
    esac
    case $command in
    ask | tell | status | pause | resume | drain | safe-stop | ready | approve | cancel | retract | resolve)
        options="$options --connect --key --server-key" ;;
    esac
    case ${COMP_WORDS[COMP_CWORD - 1]} in
    --key) mapfile -t COMPREPLY < <(compgen -f -X "!*.key" -- "$current"); return ;;
    --role) mapfile -t COMPREPLY < <(compgen -W "compute station operate observe" -- "$current"); return ;;
    --format) mapfile -t COMPREPLY < <(compgen -W "csv measurements json journal" -- "$current"); return ;;
    --as) mapfile -t COMPREPLY < <(compgen -W "measured void requeue" -- "$current"); return ;;
    esac
    if [[ $current == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$options --help" -- "$current")
        return
    fi
    # Behind the journal: its open requests, with their corrections and reasons.
    if [[ $command == status || $command == approve ]] && [ "$COMP_CWORD" = 3 ] && [ -f "${COMP_WORDS[2]}" ]; then
        local requests
        requests=$("${COMP_WORDS[0]}" status "${COMP_WORDS[2]}" --json 2>/dev/null | grep -oE '"request": ?[0-9]+' | grep -oE '[0-9]+$')
        mapfile -t COMPREPLY < <(compgen -W "$requests" -- "$current")
        return
    fi
    local pattern='*.journal'
    case $command in check | run | ask | bench) pattern='*.yaml' ;; esac
    mapfile -t COMPREPLY < <(compgen -f -X "!$pattern" -- "$current"; compgen -d -S / -- "$current")
    compopt -o nospace 2>/dev/null
}
complete -F _interphase interphase
