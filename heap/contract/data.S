/* The shipped layouts, in the descriptor's own JSON form, as bytes of the program: layouts.c lists them. */
	.section .rodata

	.macro layout name, file
	.global layout_\name
	.global layout_\name\()_end
layout_\name:
	.incbin "\file"
layout_\name\()_end:
	.endm

	layout x64_8_0, "heap/contract/data/8.0-x64.json"
	layout x64_9_0, "heap/contract/data/9.0-x64.json"
	layout x64_9_0_descriptor, "heap/contract/data/9.0-x64.descriptor.json"
	layout x64_10_0, "heap/contract/data/10.0-x64.json"
	layout x64_10_0_descriptor, "heap/contract/data/10.0-x64.descriptor.json"

	layout arm64_8_0, "heap/contract/data/8.0-arm64.json"
	layout arm64_9_0, "heap/contract/data/9.0-arm64.json"
	layout arm64_9_0_descriptor, "heap/contract/data/9.0-arm64.descriptor.json"
	layout arm64_10_0, "heap/contract/data/10.0-arm64.json"
	layout arm64_10_0_descriptor, "heap/contract/data/10.0-arm64.descriptor.json"

	layout x64_11_0, "heap/contract/data/11.0-x64.json"
	layout x64_11_0_descriptor, "heap/contract/data/11.0-x64.descriptor.json"
	layout x64_11_0_gc_descriptor, "heap/contract/data/11.0-x64.gc.descriptor.json"
	layout arm64_11_0, "heap/contract/data/11.0-arm64.json"
	layout arm64_11_0_descriptor, "heap/contract/data/11.0-arm64.descriptor.json"
	layout arm64_11_0_gc_descriptor, "heap/contract/data/11.0-arm64.gc.descriptor.json"

	layout constants, "heap/contract/data/constants.json"

	.section .note.GNU-stack, "", %progbits
