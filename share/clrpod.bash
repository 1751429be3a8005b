# Completion of clrpod's command line in bash. Made by clrpod --print-completion bash; do not edit.
_clrpod_words() { mapfile -t COMPREPLY < <(compgen -W "$1" -- "$word"); }
_clrpod_files() { compopt -o filenames; mapfile -t COMPREPLY < <(compgen "$1" -- "$word"); }

# Adds to $options those of a command.
_clrpod_options_of()
{
	case $1 in
	clrmodules | assemblies) options+=' -name -n -verbose -v' ;;
	clrthreads) options+=' -live -managedexception -special' ;;
	d | readmemory) options+=' -end -e -count -c -length -l -width -w -ascii -a -unicode -u -ascii-string -unicode-string -hex-prefix -h -show-address' ;;
	da) options+=' -end -e -count -c -length -l -width -w -ascii -a -unicode -u -ascii-string -unicode-string -hex-prefix -h -show-address' ;;
	db) options+=' -end -e -count -c -length -l -width -w -ascii -a -unicode -u -ascii-string -unicode-string -hex-prefix -h -show-address' ;;
	dbgout) options+=' -off' ;;
	dc) options+=' -end -e -count -c -length -l -width -w -ascii -a -unicode -u -ascii-string -unicode-string -hex-prefix -h -show-address' ;;
	dd) options+=' -end -e -count -c -length -l -width -w -ascii -a -unicode -u -ascii-string -unicode-string -hex-prefix -h -show-address' ;;
	diff) options+=' -all -type -limit -reverse -sysroot' ;;
	dp) options+=' -end -e -count -c -length -l -width -w -ascii -a -unicode -u -ascii-string -unicode-string -hex-prefix -h -show-address' ;;
	dq) options+=' -end -e -count -c -length -l -width -w -ascii -a -unicode -u -ascii-string -unicode-string -hex-prefix -h -show-address' ;;
	du) options+=' -end -e -count -c -length -l -width -w -ascii -a -unicode -u -ascii-string -unicode-string -hex-prefix -h -show-address' ;;
	dumparray) options+=' -start -length -details -nofields' ;;
	dumpasync) options+=' -stats -coalesce -address -addr -methodtable -mt -type -tasks -t -completed -c -fields -f' ;;
	dumpcollection) options+=' -start -length' ;;
	dumpdict) options+=' -key -start -length' ;;
	dumpexceptions) options+=' -type -exact -mt -min -max -gen -segment -heap' ;;
	dumpgen | dg) options+=' -type -mt' ;;
	dumpheap) options+=' -stat -type -exact -mt -min -max -gen -segment -heap -strings -thinlock -bycount -short -limit -noprogress' ;;
	dumphttp) options+=' -stats -pending -completed -uri -statuscode' ;;
	dumpil) options+=' -i' ;;
	dumplocks) options+=' -all' ;;
	dumpmodule) options+=' -mt' ;;
	dumpmt) options+=' -md' ;;
	dumpobj | do) options+=' -expand -nofields -refs' ;;
	dw) options+=' -end -e -count -c -length -l -width -w -ascii -a -unicode -u -ascii-string -unicode-string -hex-prefix -h -show-address' ;;
	eeheap) options+=' -gc -heap -segment' ;;
	finalizequeue | fq) options+=' -stat -summary -short -mt -detail -allReady' ;;
	gchandles) options+=' -stat -type -perdomain' ;;
	gcheapstat) options+=' -unreachable -inclUnrooted -iu' ;;
	get) options+=' -thread' ;;
	logging) options+=' -enable -e -disable -d' ;;
	logopen) options+=' --disable' ;;
	maddress) options+=' -summary -stat -images -reserve -reserveHeuristic -forceHandleTable -orderBySize -list' ;;
	modules | lm) options+=' -verbose -v -segments -s -resources -r -name -n -address -a' ;;
	name2ee) options+=' -exact' ;;
	printexception | pe) options+=' -nested -thread -lines -l -ccw' ;;
	refresh) options+=' -drop' ;;
	registers | r) options+=' -verbose -v' ;;
	runtimes | setruntime) options+=' -netcore -c -netfx -f -all -a' ;;
	setclrpath) options+=' -clear -c' ;;
	setsymbolserver) options+=' -ms -mi -interactive -disable -clear -reset -cache -nocache -directory -pat -timeout -retrycount -loadsymbols' ;;
	sosstatus) options+=' -reset' ;;
	syncblk) options+=' -all' ;;
	taskstate | tks) options+=' -v --value' ;;
	threadpool) options+=' -ti -hc -wi -stat -summary' ;;
	threads | setthread) options+=' -tid -t -verbose -v' ;;
	esac
}

# The word after -c: a command, then its options.
_clrpod_command()
{
	local options=
	case $word in
	*' '*) ;;
	*) _clrpod_words "$commands"; return ;;
	esac
	_clrpod_options_of "${word%% *}"
	local before=${word% *} word=${word##* }
	[[ $word == -* ]] || return
	_clrpod_words "$options"
	COMPREPLY=("${COMPREPLY[@]/#/$before }")
}

_clrpod()
{
	local options= commands='
		analyzeoom
		clrmodules assemblies
		clrthreads
		crashinfo
		d readmemory
		da
		db
		dbgout
		dc
		dd
		diff
		dp
		dq
		du
		dumpalc
		dumparray
		dumpassembly
		dumpasync
		dumpclass
		dumpcollection
		dumpconcurrentdictionary dcd
		dumpconcurrentqueue dcq
		dumpdelegate
		dumpdict
		dumpdomain
		dumpexceptions
		dumpgen dg
		dumpheap
		dumphttp
		dumpil
		dumplocks
		dumpmd
		dumpmodule
		dumpmt
		dumpobj do
		dumpobjgcrefs
		dumprequests
		dumpruntimetypes
		dumpstring
		dumpvc
		dw
		eeheap
		eeversion
		enummem
		ephrefs
		exit quit q
		finalizequeue fq
		gchandleleaks
		gchandles
		gcheapstat
		gcwhere
		get
		help soshelp
		ip2md
		listnearobj lno
		loadsymbols
		logclose
		logging
		logopen
		maddress
		modules lm
		name2ee
		printexception pe
		refresh
		registers r
		report
		runtimes setruntime
		setclrpath
		setsymbolserver
		sizestats
		sosflush
		sosstatus
		syncblk
		taskstate tks
		threadpool
		threadpoolqueue tpq
		threads setthread
		threadstate
		timerinfo ti
		token2ee
		verifyheap
		verifyobj'
	local verbs='analyze collect ps diff --help --version --print-man --print-completion'
	local word=$2 last=$3 verb=${COMP_WORDS[1]}
	COMPREPLY=()
	if [ "$COMP_CWORD" = 1 ]; then
		_clrpod_words "$verbs $commands"
		return
	fi
	[[ " $verbs " == *" $verb "* ]] || { _clrpod_options_of "$verb"; verb=COMMAND; }
	case $verb:$last in
	analyze:-p | analyze:--process-id)
		_clrpod_words "$(cd /proc && echo [0-9]*)"
		return ;;
	analyze:-n | analyze:--name)
		return ;;
	analyze:--hold)
		return ;;
	analyze:--stall)
		return ;;
	analyze:-c | analyze:--command)
		_clrpod_command
		return ;;
	analyze:-x | analyze:--script)
		_clrpod_files -f
		return ;;
	analyze:--threads)
		return ;;
	analyze:--sysroot)
		_clrpod_files -d
		return ;;
	collect:-p | collect:--process-id)
		_clrpod_words "$(cd /proc && echo [0-9]*)"
		return ;;
	collect:-n | collect:--name)
		return ;;
	collect:-o | collect:--output)
		_clrpod_files -f
		return ;;
	collect:--type)
		_clrpod_words 'Full Heap Mini'
		return ;;
	collect:--stall)
		return ;;
	diff:-p | diff:--process-id)
		_clrpod_words "$(cd /proc && echo [0-9]*)"
		return ;;
	diff:-n | diff:--name)
		return ;;
	diff:--stall)
		return ;;
	diff:-type | diff:--type)
		return ;;
	diff:-limit | diff:--limit)
		return ;;
	diff:--threads)
		return ;;
	diff:--sysroot)
		_clrpod_files -d
		return ;;
	COMMAND:-p | COMMAND:--process-id)
		_clrpod_words "$(cd /proc && echo [0-9]*)"
		return ;;
	COMMAND:-n | COMMAND:--name)
		return ;;
	COMMAND:--hold)
		return ;;
	COMMAND:--stall)
		return ;;
	COMMAND:--threads)
		return ;;
	COMMAND:--sysroot)
		_clrpod_files -d
		return ;;
	esac
	case $verb in
	analyze) options=' -p --process-id -n --name --freeze --no-stop --snapshot --hold --stall -c --command -x --script -i --interactive --json --jsonl --threads --sysroot --keep-going --no-pager --partial-ok' ;;
	collect) options=' -p --process-id -n --name -o --output --zstd --type --freeze --snapshot --stall --force --json --jsonl --partial-ok' ;;
	ps) options=' --json --jsonl --partial-ok' ;;
	diff) options=' -p --process-id -n --name --snapshot --stall -all --all -type --type -limit --limit --json --jsonl --threads --sysroot --partial-ok' ;;
	COMMAND) options+=' -p --process-id -n --name --freeze --no-stop --snapshot --hold --stall --json --jsonl --threads --sysroot --partial-ok' ;;
	--print-completion) _clrpod_words 'bash zsh'; return ;;
	--print-man) _clrpod_words commands; return ;;
	esac
	if [[ $word == -* ]]; then
		_clrpod_words "$options --help"
	else
		_clrpod_files -f
	fi
}
complete -F _clrpod clrpod
