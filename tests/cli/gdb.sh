#!/bin/sh
# Threads, registers and memory are what gdb (x64) and eu-readelf (arm64) read in the same dumps.
. "$(dirname "$0")/lib"

unpack() { # NAME
	core=$work/$1.core
	[ -f "tests/dumps/$1.core.zst" ] && zstd -dqcf "tests/dumps/$1.core.zst" > "$core"
}

# "TID REGISTER VALUE" a line, of every thread, as clrpod says them: values without leading zeros.
our_registers() {
	"$program" analyze "$core" -c threads | sed 's/^[* ][0-9]* 0x[0-9A-F]* (\([0-9]*\)).*/\1/' > "$work/tids"
	sed 's/.*/setthread -t &\nregisters/' "$work/tids" > "$work/script"
	"$program" analyze "$core" --jsonl -x "$work/script" | tr -d '{}"' | awk -F '[:,]' '
		/^table:registers/ { name[++count] = $4; value[count] = $8 }
		/os_id:/ {
			for (i = 1; i <= count; i++)
				print substr($0, match($0, /os_id:/) + 6) + 0, name[i], value[i]
			count = 0
		}' | sort
}

same() { # NAME: $work/ours equals $work/theirs, which is not empty
	[ -s "$work/theirs" ] && diff "$work/theirs" "$work/ours" > "$work/diff"
	status=$?
	head -n 10 "$work/diff" 2>/dev/null | sed 's/^/# /'
	result $status "$1: $(wc -l < "$work/theirs") equal"
}

in_gdb() { # COMMAND...
	timeout 120 gdb -nx -batch -c "$core" "$@" 2>/dev/null
}

for name in sample-10.0-wks sample-8.0-srv musl-10.0-heap small-crash2 small-gcore; do
	if ! command -v gdb > /dev/null; then
		skip "gdb is not there" "$name in gdb"
		continue
	fi
	unpack $name || continue
	our_registers | grep -vE ' (cs|ds|es|fs|gs|ss) ' > "$work/ours"
	in_gdb -ex 'thread apply all info registers' | awk '
		/^Thread / { sub(/.*LWP /, ""); sub(/\).*/, ""); tid = $0 }
		/^r[a-z0-9]+ +0x/ || /^eflags / { print tid, $1, $2 }' | sort > "$work/theirs"
	same "$name: registers of every thread"
	sp=$(sed -n 's/^[0-9]* rsp //p' "$work/ours" | head -n 1)
	in_gdb -ex "x/64xg $sp" | sed -n 's/^0x.*:\t//p' | tr '\t' '\n' > "$work/theirs"
	"$program" analyze "$core" -c "dq $sp -c 64 -h" | cut -d : -f 2 | tr -s ' ' '\n' | sed '/^$/d' \
		> "$work/ours"
	same "$name: a stack"
done

for name in arm64-10.0-heap arm64-9.0-heap; do
	if ! command -v eu-readelf > /dev/null; then
		skip "eu-readelf is not there" "$name in eu-readelf"
		continue
	fi
	unpack $name || continue
	our_registers | grep -v cpsr | sed 's/ fp / x29 /; s/ lr / x30 /' | sort > "$work/ours"
	eu-readelf -n "$core" 2>/dev/null | awk '
		/^ *CORE .*PRSTATUS/ { general = 1 }
		/^ *(CORE|LINUX) / && !/PRSTATUS/ { general = 0 }
		/pid: / && general { sub(/.*[^p]pid: /, " "); tid = $1 + 0 }
		general {
			gsub(/[:,]/, " ")
			for (i = 1; i < NF; i++)
				if ($i ~ /^(x[0-9]+|sp|pc)$/)
					print tid, $i, $(i + 1)
		}' | while read -r tid name_of value; do
		printf '%s %s 0x%x\n' "$tid" "$name_of" "$value"
	done | sort > "$work/theirs"
	same "$name: registers of every thread"
done

# Mapped files: bytes of each by NT_FILE.
for name in sample-10.0-wks arm64-10.0-heap small-kernel33 small-mini; do
	if ! command -v eu-readelf > /dev/null; then
		skip "eu-readelf is not there" "$name: mapped files"
		continue
	fi
	unpack $name || continue
	eu-readelf -n "$core" 2>/dev/null | awk '
		/^ *[0-9a-f]+-[0-9a-f]+ [0-9a-f]+ [0-9]+ / {
			bytes = $3
			sub(/^ *[^ ]+ +[^ ]+ +[^ ]+ +/, "")
			size[$0] += bytes
		}
		END { for (path in size) print path, size[path] }' | sort > "$work/theirs"
	"$program" analyze "$core" --jsonl -c 'maddress -summary -images' |
		sed -n 's/^{"table":"images","image":"\(.*\)","count":.*,"size":\(.*\)}/\1 \2/p' |
		sort > "$work/ours"
	same "$name: mapped files"
done
finish
