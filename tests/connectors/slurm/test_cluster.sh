#!/usr/bin/env bash
# The private cluster is up in seconds, runs a job, an array and one that takes too much memory, survives its controller's
# death, and leaves nothing behind.
#   How: run ourselves inside `cluster run`, then look for its folder and its processes from outside.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
fail() { echo "$0: $*" >&2; exit 1; }

if [ "${1:-}" = inside ]; then
    cd "$SLURM_TEST_DIR"
    sbatch -W -o job.out --wrap 'echo ran on $SLURMD_NODENAME' >/dev/null
    grep -q 'ran on localhost' job.out || fail "the job said: $(cat job.out)"
    sbatch -W -o 'array-%a.out' --array=0-3 --wrap 'echo $SLURM_ARRAY_TASK_ID' >/dev/null
    [ "$(cat array-*.out | paste -sd' ')" = "0 1 2 3" ] || fail "the array said: $(cat array-*.out)"
    sbatch -W --mem=50M -o memory.out --wrap 'python3 -c "import time; x = bytearray(300 << 20); time.sleep(60)"' \
        >/dev/null && fail "too much memory was allowed"
    grep -qi 'exceeded.*memory' memory.out || fail "the job that took too much said: $(cat memory.out)"
    "$SLURM_TEST_CLUSTER" kill-controller "$SLURM_TEST_DIR"
    ! scontrol ping | grep -q UP || fail "the controller is still there"
    "$SLURM_TEST_CLUSTER" start-controller "$SLURM_TEST_DIR"
    sbatch -W -o again.out --wrap 'echo again' >/dev/null
    grep -q again again.out || fail "after its restart the job said: $(cat again.out)"
    echo "$SLURM_TEST_DIR" >"$2"
    exit 0
fi

told=$(mktemp)
trap 'rm -f "$told"' EXIT
"$here/cluster" run "$0" inside "$told" || exit $?
dir=$(cat "$told")
[ -n "$dir" ] || fail "nothing was told"
[ ! -e "$dir" ] || fail "$dir is still there"
! pgrep -f -- "$dir" >/dev/null || fail "still running: $(pgrep -af -- "$dir")"
