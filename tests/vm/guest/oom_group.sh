# cgroup v2 with memory.oom.group=1, as Kubernetes sets it: running out of memory kills every
# process of the group, a snapshot's child and the app together.
. /tests/tap
group=/sys/fs/cgroup/app
echo +memory > /sys/fs/cgroup/cgroup.subtree_control
mkdir $group

start() { # MEBIBYTES LIMIT
	echo max > $group/memory.max
	echo 1 > $group/memory.oom.group
	sh -c "echo \$\$ > $group/cgroup.procs; exec /bin/churn $1" > /tmp/churn.out &
	app=$!
	soon grep -q round /tmp/churn.out
	echo ${2}M > $group/memory.max
}
answers() { # it runs, and says so
	: > /tmp/churn.out
	kill -USR1 $app 2> /dev/null && soon grep -q round /tmp/churn.out
}
alive_after() { # TIMES STATUSES COLLECT-ARGUMENTS...
	times=$1 wanted=$2
	shift 2
	alive=0 seen=
	for attempt in $(seq $times); do
		rm -f /tmp/core*
		/bin/clrpod collect -p $app -o /tmp/core --force "$@" > $log 2>&1
		seen="$seen $?"
		[ $attempt = 1 ] && tail -n 2 $log | sed 's/^/# /'
		answers || break
		alive=$((alive + 1))
	done
	echo "# alive $alive of $times; exit statuses:$seen; $(grep oom_kill' ' $group/memory.events)"
	[ $alive = $times ] && ! echo "$seen" | tr ' ' '\n' | grep -vE "^($wanted|)$"
}

start 54 60
ok "a program at 90 % of its limit is alive after collect, 20 of 20" alive_after 20 '0|3|5'
ok "... and after collect --freeze" alive_after 2 0 --freeze
kill -9 $app
wait $app 2> /dev/null
start 40 64
ok "a program that outgrows its room while it is copied is alive, 10 of 10" alive_after 10 '0|3|5'
killed() { grep -q '^oom_kill 0$' $group/memory.events; }
ok "... nobody was killed" killed
kill -9 $app
