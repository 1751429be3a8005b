# Yama 3 forbids it to everybody, until the next boot: the last of all.
. /tests/tap
echo 3 > /proc/sys/kernel/yama/ptrace_scope
sleep 600 &
ok "Yama 3" run 3 /bin/clrpod collect -p $! -o /tmp/core
ok "... is told" said 'ptrace_scope is 3, which forbids it to everybody'
kill $!
