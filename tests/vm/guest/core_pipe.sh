# A process that crashed, whose core goes into a pipe (systemd-coredump, apport): whoever stops it would cut that off.
. /tests/tap
# The handler takes the core when it is told to: then whoever looked at the process has gone.
printf '#!/bin/sh\nuntil [ -e /tmp/take ]; do sleep 0.1; done\ncat > /tmp/part\nmv /tmp/part /tmp/size\n' > /tmp/handler
chmod +x /tmp/handler
echo '|/tmp/handler' > /proc/sys/kernel/core_pattern
mkfifo /tmp/commands
start() {
	rm -f /tmp/size /tmp/take
	/bin/busybox sleep 1000 &
	app=$!
	soon grep -q nanosleep /proc/$app/wchan || sleep 1
}
crash() { kill -SEGV $app; soon grep -q 'CoreDumping:.*1' /proc/$app/status; }
# What the handler has got in the end; no less than without us.
has_all() {
	: > /tmp/take
	soon test -e /tmp/size
	size=$(stat -c %s /tmp/size)
	echo "the handler got $size bytes of $whole" > $log
	[ "${size:-0}" -gt $((whole / 100 * 98)) ]
}
start
crash
whole=0
ok "without us: a core" has_all
whole=$size
for way in --snapshot --freeze; do
	start
	crash
	/bin/clrpod analyze -p $app $way -c modules > $log 2>&1
	ok "$way of a process that is writing its core: told" grep -q 'its core is being written' $log
	ok "... its core is whole" has_all
done
start
/bin/clrpod analyze -p $app --snapshot --hold 0 -x /tmp/commands > $log 2>&1 &
analyzer=$!
(
	echo modules
	soon grep -q Total $log
	crash
) > /tmp/commands
wait $analyzer
ok "a session that ends while the process writes its core: whole" has_all
echo core > /proc/sys/kernel/core_pattern
