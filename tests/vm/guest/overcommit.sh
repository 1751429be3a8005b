# vm.overcommit_memory=2: a process that takes more than half of what may be promised cannot be copied.
. /tests/tap
/bin/churn 600 > /tmp/churn.out &
app=$!
soon grep -q round /tmp/churn.out
answers() { # it runs, and says so
	: > /tmp/churn.out
	kill -USR1 $app 2> /dev/null && soon grep -q round /tmp/churn.out
}
mode=$(cat /proc/sys/vm/overcommit_memory) ratio=$(cat /proc/sys/vm/overcommit_ratio)
echo 50 > /proc/sys/vm/overcommit_ratio
echo 2 > /proc/sys/vm/overcommit_memory
ok "with vm.overcommit_memory=2 no snapshot" run 3 /bin/clrpod collect -p $app -o /tmp/core --type Mini
ok "... named, with the way out" said 'cannot be copied.*vm\.overcommit_memory=2 does not allow.*--freeze'
ok "... it runs, and answers" answers
ok "... --freeze" run 0 /bin/clrpod collect -p $app -o /tmp/core --type Mini --freeze
ok "... it runs, and answers" answers
echo $mode > /proc/sys/vm/overcommit_memory
echo $ratio > /proc/sys/vm/overcommit_ratio
rm -f /tmp/core
kill -9 $app
