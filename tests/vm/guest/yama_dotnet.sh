# Under Yama 1 the memory of a .NET process is closed to root without SYS_PTRACE; its diagnostics
# socket is not.
. /tests/tap
[ -e /app ] || { skip "the diagnostics socket under Yama" "no .NET program in this machine"; exit; }
export DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1
mkfifo /tmp/app.in
mkdir -m 1777 /tmp/its
TMPDIR=/tmp/its /usr/bin/setpriv --reuid 1654 --regid 1654 --clear-groups /app/Sample <> /tmp/app.in > /tmp/facts 2>&1 &
app=$!
ended() { grep -q ^END /tmp/facts; }
ok "a .NET program runs" soon ended
ended || { cat /proc/$app/status /proc/$app/wchan /proc/$app/maps | sed 's/^/# /'; dmesg | tail -n 5 | sed 's/^/# /'; kill -9 $app; wait $app; echo "# exit status $?"; sed 's/^/# /' /tmp/facts | head -n 20; exit; }
container() { /usr/bin/setpriv --bounding-set -sys_ptrace /bin/clrpod "$@"; }
is_shown() { said "^ *$app .* $1 +[a-z]+ +Sample"; }

ok "ps, root without SYS_PTRACE" run 0 container ps
ok "... shows as whom it can be read" is_shown 'uid 1654'
echo 1 > /proc/sys/kernel/yama/ptrace_scope
ok "ps under Yama 1" run 0 container ps
ok "... shows that its socket is left" is_shown socket
ok "... and why" said "^$app: Yama's ptrace_scope is 1"
mkdir -m 700 /tmp/root
ok "collect under Yama 1, by the runtime" run 0 container collect -p $app -o /tmp/root/core
ok "... says so" said 'its runtime is asked for the dump'
ours() { [ "$(stat -c '%u %a' /tmp/root/core)" = "0 600" ]; }
ok "... the dump is ours" ours
nothing() { ! ls /tmp/its | grep -v dotnet-diagnostic | grep -v clr-debug-pipe; }
ok "... nothing stays in its TMPDIR" nothing
ok "... the dump opens" run 0 /bin/clrpod analyze /tmp/root/core \
	-c 'get Demo.Payments.Gateway.Instance.Policies["payments"].EnableFallback'
ok "... and has the value" said '^False$'
ok "analyze -p under Yama 1" run 3 container analyze -p $app -c eeversion
ok "... names the way that is left" said 'clrpod collect can ask its runtime'
rm -f /tmp/root/core
echo 2 > /proc/sys/kernel/yama/ptrace_scope
ok "Yama 2: the runtime cannot either" run 3 container collect -p $app -o /tmp/root/core
ok "... in its own words" said 'could not write the dump'
ok "... nothing stays" nothing
echo 0 > /proc/sys/kernel/yama/ptrace_scope
kill -9 $app
