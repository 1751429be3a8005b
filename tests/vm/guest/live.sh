# A live process on this architecture: threads in blocked system calls, signals, shared memory; as a
# snapshot and frozen.
. /tests/tap
mkfifo /tmp/victim.in
/bin/victim <> /tmp/victim.in > /tmp/victim.out &
victim=$!
soon grep -q ready /tmp/victim.out
untouched() { ! grep -qE '^TracerPid:.*[1-9]|^State:.*[tTZ] ' /proc/$victim/task/*/status; }
several() { # TIMES ARGUMENTS...
	times=$1
	shift
	for i in $(seq $times); do
		rm -f /tmp/core
		run 0 /bin/clrpod collect -p $victim -o /tmp/core --force "$@" && untouched || return 1
	done
}
ok "5 snapshots while threads come and go" several 5
ok "2 frozen" several 2 --freeze
echo report > /tmp/victim.in
answered() { grep -q sent= /tmp/victim.out; }
ok "the process answers" soon answered
value() { tr ' ' '\n' < /tmp/victim.out | sed -n "s/^$1=//p"; }
cat /tmp/victim.out > $log
ok "no signal was lost" test "$(value sent)" = "$(value received)" -a "$(value sent)" -gt 0
ok "no system call ended early" test "$(value eintr)" = 0
kill -9 $victim
rm -f /tmp/core

[ -e /app ] || { skip "a .NET program" "none in this machine"; exit; }
export DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1
mkfifo /tmp/app.in
/app/Sample <> /tmp/app.in > /tmp/facts 2>&1 &
app=$!
ended() { grep -q ^END /tmp/facts; }
ok "a .NET program runs" soon ended
get='get Demo.Payments.Gateway.Instance.Policies["payments"].EnableFallback'
ok "collect" run 0 /bin/clrpod collect -p $app -o /tmp/core
ok "analyze the core" run 0 /bin/clrpod analyze /tmp/core -c "$get"
ok "... has the value" said '^False$'
rm -f /tmp/core
ok "collect --freeze" run 0 /bin/clrpod collect -p $app -o /tmp/core --freeze
ok "analyze the core" run 0 /bin/clrpod analyze /tmp/core -c "$get"
ok "... has the value" said '^False$'
ok "analyze -p" run 0 /bin/clrpod analyze -p $app -c "$get"
ok "... has the value" said '^False$'
kill -9 $app
