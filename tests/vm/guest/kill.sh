# clrpod and its keeper are killed at random moments while they hold a process: tests/live/live_kill.sh on this
# architecture. /tests/kills has the number of rounds, /tests/mebibytes the size of the process.
. /tests/tap
mkfifo /tmp/watched.in
/bin/kill_victim "$(cat /tests/mebibytes)" handle <> /tmp/watched.in > /tmp/watched.out 2> /tmp/hurt &
victim=$!
soon grep -q ready /tmp/watched.out
kills() { /bin/killer $victim "$1" "$2" /bin/clrpod collect -p $victim -o /tmp/%.core --force > $log 2>&1; killed=$?; sed 's/^/# /' $log; return $killed; }
ok "killed in the middle: the process lives, nothing stands, no copy is left" kills "$(cat /tests/kills)" 0
ok "killed, and two others at once soon after" kills $(($(cat /tests/kills) / 4 > 2 ? $(cat /tests/kills) / 4 : 2)) 2
echo report > /tmp/watched.in
answered() { grep -q errors= /tmp/watched.out; }
ok "the process answers" soon answered
cat /tmp/watched.out /tmp/hurt > $log
ok "... and is not hurt" grep -q 'errors=0 .*sigchld=0' /tmp/watched.out
grep errors= /tmp/watched.out | sed 's/^/# /'
kill -9 $victim
rm -f /tmp/*.core*
