#!/usr/bin/env bash
# Where Slurm's daemons end at once, never get ready, or munge does not run, `cluster run` skips within seconds and says so.
# (Stand-ins for the daemons, so that this needs no Slurm.)
set -u
here=$(cd "$(dirname "$0")" && pwd)
place=$(mktemp -d /tmp/interphase-skip-XXXXXX)
trap 'rm -rf "$place"' EXIT
failed=0

stand_in() { # NAME COMMAND
    printf '#!/bin/bash\n%s\n' "$2" >"$place/bin/$1"
    chmod 755 "$place/bin/$1"
}

expect() { # WHAT LIMIT_S
    local begin=$SECONDS code
    PATH="$place/bin:$PATH" "$here/cluster" run true >"$place/out" 2>&1 </dev/null
    code=$?
    if [ $code -ne 77 ] || [ $((SECONDS - begin)) -gt "$2" ] || ! grep -q '^skipped: Slurm does not start here' "$place/out"; then
        echo "FAILED: $1: exit code $code after $((SECONDS - begin)) s (77 within $2 s)"
        cat "$place/out"
        failed=1
    else
        echo "passed: $1: skipped after $((SECONDS - begin)) s"
    fi
}

mkdir "$place/bin"
for program in sbatch squeue scancel scontrol; do stand_in $program 'exit 1'; done
stand_in sinfo 'sleep 300' # as it does where nobody answers
stand_in munged 'for word; do case $word in --socket=*) socket=${word#*=} ;; esac; done
exec python3 -c "import socket, time, sys; s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); time.sleep(300)" "$socket"'
stand_in slurmctld 'exec sleep 300'
stand_in slurmd 'echo "slurmd: fatal: no such node"; exit 1'
expect "a daemon that ends at once" 15
stand_in slurmd 'exec sleep 300'
expect "daemons that never get ready" 45
stand_in munged 'echo "munged: Error: insecure"; exit 1'
expect "munge that ends at once" 15
exit $failed
