#!/bin/bash
# A real Slurm cluster of five nodes on this machine, for tests: cpu1, cpu2, gpu1 and gpu2 (two made-up a100 each) and
# tpu1 (four made-up v4). Needs root and packages of Debian, no systemd. What it starts, it stops.
#   cluster.sh install | start | stop
# Slurm's commands, and jobs without SLURM_* variables, look for /etc/slurm and the usual socket of munge: so those are
# used, but never those of another cluster.
set -euo pipefail
ROOT=${SLURM_TEST_ROOT:-/tmp/vrrae-slurm}
CONF=/etc/slurm
MUNGE=/run/munge
MARK="# Written by tests/slurm/cluster.sh of vrrae-bench, and removed by it."
NODES=(cpu1 cpu2 gpu1 gpu2 tpu1)

fail() {
    echo "error: $*" >&2
    exit 1
}

wait_for() { # until a command succeeds, for 20 seconds
    for _ in $(seq 40); do
        "$@" > /dev/null 2>&1 && return
        sleep 0.5
    done
    fail "no answer from: $*. Logs are in $ROOT/log"
}

install() {
    apt-get install -y --no-install-recommends slurmctld slurmd slurm-client munge
}

all_idle() {
    [ "$(timeout 5 sinfo --noheader --Node --states idle --format %N | sort -u | wc -l)" = ${#NODES[@]} ]
}

start() {
    [ "$(id -u)" = 0 ] || fail "only root can start Slurm's daemons"
    command -v slurmctld slurmd munged > /dev/null || fail "Slurm is not installed. On Debian: $0 install"
    for file in $CONF/slurm.conf $CONF/gres.conf $CONF/cgroup.conf; do
        if [ -e $file ] && ! grep -qF "$MARK" $file; then
            fail "$file is that of another cluster, and stays as it is. Run this on another machine"
        fi
    done
    mkdir -p "$ROOT"/{state,log,munge} $CONF $MUNGE
    if ! munge -n > /dev/null 2>&1; then
        [ -s "$ROOT/munge/key" ] || dd if=/dev/urandom of="$ROOT/munge/key" bs=128 count=1 status=none
        chown -R munge: "$ROOT/munge" $MUNGE
        chmod 0711 "$ROOT/munge"
        chmod 0755 $MUNGE
        chmod 0400 "$ROOT/munge/key"
        setpriv --reuid=munge --regid=munge --clear-groups munged --force --key-file="$ROOT/munge/key" \
            --socket=$MUNGE/munge.socket.2 --pid-file="$ROOT/munge/munged.pid" \
            --log-file="$ROOT/munge/munged.log" --seed-file="$ROOT/munge/seed"
        wait_for munge -n
    fi
    for device in gpu1-0 gpu1-1 gpu2-0 gpu2-1; do
        [ -e "$ROOT/state/$device" ] || mknod "$ROOT/state/$device" c 1 3 || touch "$ROOT/state/$device"
    done
    printf '%s\n' "$MARK" CgroupAutomount=no > $CONF/cgroup.conf
    cat > $CONF/gres.conf << END
$MARK
NodeName=gpu1 Name=gpu Type=a100 File=$ROOT/state/gpu1-[0-1]
NodeName=gpu2 Name=gpu Type=a100 File=$ROOT/state/gpu2-[0-1]
NodeName=tpu1 Name=tpu Type=v4 Count=4
END
    # Four processors and 64 GB each, whatever this machine has: jobs are small.
    local node="NodeHostname=localhost NodeAddr=127.0.0.1 CPUs=4 RealMemory=64000 State=UNKNOWN"
    cat > $CONF/slurm.conf << END
$MARK
ClusterName=vrrae
SlurmctldHost=localhost(127.0.0.1)
SlurmctldPort=16817
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
CredType=cred/munge
StateSaveLocation=$ROOT/state/ctld
SlurmdSpoolDir=$ROOT/state/slurmd.%n
SlurmctldPidFile=$ROOT/slurmctld.pid
SlurmdPidFile=$ROOT/slurmd.%n.pid
SlurmctldLogFile=$ROOT/log/slurmctld.log
SlurmdLogFile=$ROOT/log/slurmd.%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
MailProg=/bin/true
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
GresTypes=gpu,tpu
SlurmdParameters=config_overrides
ReturnToService=2
MinJobAge=86400
KillWait=30
SchedulerParameters=sched_interval=2,bf_interval=5
PropagateResourceLimits=NONE
NodeName=cpu1 Port=17001 $node
NodeName=cpu2 Port=17002 $node
NodeName=gpu1 Port=17003 Gres=gpu:a100:2 $node
NodeName=gpu2 Port=17004 Gres=gpu:a100:2 $node
NodeName=tpu1 Port=17005 Gres=tpu:v4:4 $node
PartitionName=cpu Nodes=cpu1,cpu2 Default=YES MaxTime=1-0
PartitionName=gpu Nodes=gpu1,gpu2 MaxTime=1-0
PartitionName=tpu Nodes=tpu1 MaxTime=1-0
END
    rm -rf "$ROOT/state/ctld" && mkdir "$ROOT/state/ctld"
    slurmctld -i
    for name in "${NODES[@]}"; do slurmd -N "$name"; done
    wait_for all_idle
    sinfo --Node --format '%N %P %t %c %m %G'
}

ended() { # also if nobody has asked for its outcome yet
    ! kill -0 "$1" 2> /dev/null || grep -qs '^State:.*Z' "/proc/$1/status"
}

stop() {
    if [ -s "$ROOT/slurmctld.pid" ]; then
        timeout 10 scancel --user root --full 2> /dev/null || true
        for _ in $(seq 60); do
            [ -z "$(timeout 5 squeue --noheader 2> /dev/null)" ] && break
            sleep 0.5
        done
    fi
    for file in "$ROOT"/slurmd.*.pid "$ROOT"/slurmctld.pid "$ROOT"/munge/munged.pid; do
        [ -s "$file" ] || continue
        pid=$(cat "$file")
        kill "$pid" 2> /dev/null || continue
        for _ in $(seq 40); do
            ended "$pid" && break
            sleep 0.25
        done
        ended "$pid" || kill -9 "$pid" 2> /dev/null || true
    done
    for file in $CONF/slurm.conf $CONF/gres.conf $CONF/cgroup.conf; do
        if [ -e $file ] && grep -qF "$MARK" $file; then rm $file; fi
    done
    rmdir $CONF 2> /dev/null || true
    rm -rf "$ROOT/state" "$ROOT"/*.pid
}

case "${1:-}" in
    install | start | stop) "$1" ;;
    *) fail "usage: $0 install | start | stop" ;;
esac
