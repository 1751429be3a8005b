#!/bin/bash
# The requests that an ASP.NET Core program is answering, and those it sent (tests/programs/webapi). TAP on stdout.
#
# usage: live_web.sh PROGRAM     (build/release/clrpod)
# needs: the .NET SDK with ASP.NET Core, python3. Exit status 77: skipped, with the reason.
. "$(dirname "$0")/common"
command -v python3 >/dev/null || skip_all "no python3 here"
facts() { "$here/busy_facts.py" "$program" "$work/web.core" "$work/printed" >"$log" 2>&1; }

build_program webapi
# No collection while it runs (256 MiB of generation 0): requests that are over are still to be found.
DOTNET_GCgen0size=0x10000000 DOTNET_ROLL_FORWARD=Major dotnet "$work/app/WebApi.dll" hang <"$work/stdin" >"$work/printed" 2>&1 &
victim=$!
exec 3>"$work/stdin"
soon grep -q '^END' "$work/printed" || skip_all "it does not start: $(head -n 1 "$work/printed")"
clrpod collect -p "$victim" -o "$work/web.core" --type Heap --force
if said 'SYS_PTRACE|ptrace_scope'; then skip_all "$(tail -n 1 "$log")"; fi
ok "the requests it is answering" facts
clrpod analyze "$work/web.core" -c dumprequests
ok "... and no others" said '^Found 3 active requests$'
clrpod analyze "$work/web.core" -c 'dumphttp --pending' -c 'dumphttp --stats'
ok "those that it sent and that wait" test "$(grep -c /hang/ "$log")" = 3
ok "... and all others" said '^ +300 POST +200 127\.0\.0\.1$'
# Those of DynamicMethods, which its libraries make, are in no metadata.
ok "each type that it has a RuntimeType of has a name" gives 0 "$program" analyze "$work/web.core" -c dumpruntimetypes
ok "... those of its dynamic methods too" said ' \(dynamicClass\)$'
finish
