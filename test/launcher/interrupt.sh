# shellcheck shell=sh disable=SC2154
# A signal ends a comparison: what there is is shown, the child is gone.
# A shell's background job ignores SIGINT, and so would we: hence SIGTERM, and
# SIGINT from a program that restores it.
end_by() {
    signal=$1 status=$2
    cat >started.sh <<SCRIPT
echo \$\$ >>pids
[ -e measured ] || { [ "\$(wc -l <pids)" -lt 8 ] && exit 0; }
exec sleep 60
SCRIPT
    rm -f pids
    env --default-signal=INT "$lazyzero" compare -n 9 sh started.sh \
        >out 2>err &
    for _ in $(seq 200); do
        [ -e pids ] && [ "$(wc -l <pids)" -ge 8 ] && break
        sleep 0.1
    done
    sleep 0.2
    kill -"$signal" $!
    wait $!
    got=$?
    [ $got -eq "$status" ] || wrong "status $got after SIG$signal"
    grep -q 'interrupted after' err || wrong "not said: $(cat err)"
    grep -q '^system' out || wrong "no table: $(cat out)"
    ! kill -0 "$(tail -n 1 pids)" 2>/dev/null || wrong 'the child lives'
}

end_by INT 130
end_by TERM 143
