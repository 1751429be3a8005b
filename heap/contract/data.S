/* The shipped layouts, in the descriptor's own JSON form, as bytes of the program: layouts.c has the
 * table of them. tools/list-layouts makes layouts.inc from the names of data/'s files. */
	.section .rodata

	.macro layout_file name, file
	.global layout_\name
	.global layout_\name\()_end
layout_\name:
	.incbin "\file"
layout_\name\()_end:
	.endm

#define LAYOUT_FILE(name, file) layout_file name, file
#define LAYOUT(additions, descriptor, gc)
#include "heap/contract/layouts.inc"

	.section .note.GNU-stack, "", %progbits
