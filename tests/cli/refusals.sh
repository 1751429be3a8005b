#!/bin/sh
# What cannot be opened is refused with status 3 and one sentence that names it; in JSON too.
. "$(dirname "$0")/lib"

# An ELF header: elf FILE CLASS DATA TYPE MACHINE, the last two as octal bytes in the file's order.
elf() {
	printf '\177ELF%b%b\001\000\000\000\000\000\000\000\000\000%b%b\001\000\000\000' \
		"$2" "$3" "$4" "$5" > "$1"
	head -c 200 /dev/zero >> "$1"
}

refused() { # FILE TEXT NAME
	expect 3 "$3" "$program" analyze "$1" -c eeversion
	said err "$2" "it is named: $2"
	silent out "and nothing is answered"
	[ "$(wc -l < "$work/err")" = 1 ]
	result $? "one sentence"
	"$program" analyze "$1" --json -c eeversion > "$work/out" 2>&1
	[ $? = 3 ] && grep -qF '"status":"error"' "$work/out" && valid_json "$work/out"
	result $? "an error in JSON too"
}

printf 'MDMP\223\247\000\000' > "$work/windows.dmp"
head -c 4096 /dev/zero >> "$work/windows.dmp"
refused "$work/windows.dmp" "is a Windows minidump" "a Windows minidump"

for magic in '\317\372\355\376' '\316\372\355\376' '\376\355\372\317' '\376\355\372\316'; do
	printf "$magic"'\007\000\000\001\003\000\000\000\004\000\000\000' > "$work/macho"
	head -c 4096 /dev/zero >> "$work/macho"
	refused "$work/macho" "is a Mach-O file of macOS" "Mach-O $magic"
done
printf '\312\376\272\276\000\000\000\002\001\000\000\007' > "$work/fat"
refused "$work/fat" "is a Mach-O or Java class file" "a fat Mach-O file"
printf '\312\376\272\277\000\000\000\002\001\000\000\007' > "$work/fat"
refused "$work/fat" "is a Mach-O" "a fat Mach-O file of 64-bit offsets"

little='\001'
big='\002'
elf "$work/x86" '\001' $little '\004\000' '\003\000'
refused "$work/x86" "is a 32-bit ELF file" "a core of x86"
elf "$work/arm" '\001' $little '\004\000' '\050\000'
refused "$work/arm" "is a 32-bit ELF file" "a core of 32-bit arm"
elf "$work/riscv" '\002' $little '\004\000' '\363\000'
refused "$work/riscv" "RISC-V" "a core of riscv64"
elf "$work/s390x" '\002' $big '\000\004' '\000\026'
refused "$work/s390x" "big-endian" "a core of s390x"
elf "$work/ppc64le" '\002' $little '\004\000' '\025\000'
refused "$work/ppc64le" "ppc64le" "a core of ppc64le"
elf "$work/other" '\002' $little '\004\000' '\002\001'
refused "$work/other" "another machine" "a core of loongarch64"
refused "$program" "is an ELF program or shared library" "a program"
elf "$work/lib.so" '\002' $little '\003\000' '\076\000'
refused "$work/lib.so" "is an ELF program or shared library" "a shared library"
refused README.md "is a text file" "a text file"
: > "$work/empty"
refused "$work/empty" "is empty" "an empty file"
refused "$work" "is a directory" "a folder"
printf 'Nettrace\024\000\000\000!FastSerialization.1' > "$work/a.nettrace"
refused "$work/a.nettrace" "is an event trace" "a .nettrace"
printf '\024\000\000\000!FastSerialization.1\005' > "$work/a.gcdump"
refused "$work/a.gcdump" "is a gcdump" "a .gcdump"
head -c 8192 /dev/zero > "$work/zeros"
refused "$work/zeros" "begins with zeros" "a file of zeros"

echo 'no dump at all' | zstd -q > "$work/text.zst"
expect 3 "a .zst of something else" "$program" analyze "$work/text.zst" -c eeversion
said err "is a text file" "names what is in it"

# A plain C program: its process, and where gdb is there its core.
printf '#include <unistd.h>\nint main(void) { pause(); return 0; }\n' > "$work/plain.c"
if ${CC:-cc} -o "$work/plain" "$work/plain.c" 2>/dev/null; then
	"$work/plain" &
	child=$!
	waits() { [ "$(readlink "/proc/$child/exe")" = "$work/plain" ] && grep -q '^State:.S' "/proc/$child/status"; }
	soon waits
	expect 3 "a process without .NET" "$program" analyze -p $child -c eeversion
	said err "$child" "is named"
	if command -v gcore >/dev/null 2>&1 && gcore -o "$work/core" $child >/dev/null 2>&1; then
		expect 3 "a core of a C program" "$program" analyze "$work/core.$child" -c eeversion
		said err "no .NET runtime here" "says so"
		said err "$work/plain" "and names the program"
	else
		skip "no gcore" "a core of a C program"
	fi
	kill $child
	wait $child 2>/dev/null
else
	skip "no compiler" "a process without .NET"
fi
finish
