/*
 * Every cap on what a target can make us read, by name. A dump is hostile input: a count, a length
 * or a chain above its cap is ERROR_BAD_DATA (or cut, where the name says so), never an allocation.
 * tests/unit/test_limits.c has those that a small target can exceed by what it claims; the rest
 * are in the tests of the code that they bound.
 */
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

enum {
	/* A command */
	LIMIT_SCRATCH_BYTES = 512 * 1024 * 1024, /* that an answer is worked out in; what is kept
						    of the target is beside it */
	LIMIT_KEPT_REFERENCES = 1024 * 1024,     /* of one object that is no array */
	LIMIT_ROW_BYTES = 64 * 1024 * 1024,      /* of text: an answer with a longer row ends */
	LIMIT_VALUE_TEXT_BYTES = 1024 * 1024,    /* of one value as a text; cut */

	/* ELF and processes */
	LIMIT_PROGRAM_HEADERS =
		16 * 1024 * 1024,             /* PN_XNUM allows 2^32; a core has one a mapping */
	LIMIT_NOTE_BYTES = 256 * 1024 * 1024, /* all PT_NOTE segments of a core */
	LIMIT_MAPPINGS = 4 * 1024 * 1024,
	LIMIT_THREADS = 1024 * 1024,
	LIMIT_ANCESTORS = 256, /* of a process, looked at for where its filters come from */
	/* Never-touched memory that is put into a core as zeros: one run, and all. */
	LIMIT_UNTOUCHED_RUN_MIB = 64 * 1024,
	LIMIT_UNTOUCHED_MIB = 256 * 1024,
	LIMIT_MAPS_BYTES = 1024 * 1024 * 1024, /* the text of /proc/PID/maps */
	LIMIT_PROC_FILE_BYTES = 1024 * 1024,   /* any other file of /proc/PID */
	LIMIT_COLLECTED_FILE_BYTES =
		1024 * 1024 * 1024, /* a mapped file above: only its resident pages are collected */
	LIMIT_ZSTD_FRAME_BYTES =
		16 * 1024 * 1024, /* of content; a file with larger frames is unpacked whole */
	LIMIT_PACKED_HEAD_BYTES = 64 * 1024 * 1024, /* headers and notes of a core read while it is
						       packed; with more it is unpacked whole */
	LIMIT_SHARED_FILES = 256, /* of shared memory; their existing pages are asked for */
	LIMIT_FROZEN_BYTES =
		64 * 1024 *
		1024, /* of shared memory, copied for a snapshot while the process is stopped */
	LIMIT_SILENCE_MS = 1000, /* how long a look at processes may sleep before one is reported as
				    one that does not answer */
	LIMIT_SILENCE_OF_ONE_MS = 3000, /* the same when there is one that is asked for */
	LIMIT_STOP_MS =
		200, /* how long a thread may sleep uninterruptibly before we go on without it */
	LIMIT_NO_STOP_MS = 8 * 1000, /* the same of one that should run, before we give up; less
					than LIMIT_STAND_MS, which gives no reason when it ends */
	LIMIT_STOP_ONE_MS = 20,      /* the same where only some threads are stopped */
	LIMIT_CALL_MS = 3000,        /* how long a call that a thread makes for us may take */
	LIMIT_STAND_MS =
		10 * 1000, /* how long a copied process may be stopped, whatever we sleep in; with
			      --freeze, while one read lasts, or while we are stopped ourselves */
	LIMIT_STAND_FREED_MS = 4 * 1000, /* the same while a killed copy is freed */
	LIMIT_CALL_TOLD_MS = 1000,       /* of a call, from when we are told to stop */
	LIMIT_HOLD_TOLD_MS = 4000, /* how long a process stays stopped when we are told to stop */
	LIMIT_REAP_MS = 2000,      /* how long a thread is looked for that reaps a copy */
	LIMIT_KEEPER_SLEEPS_MS =
		60 * 1000, /* how long the keeper of a copy may be stopped itself, or wait for a
			      disk: it does not watch the copy's memory meanwhile */
	LIMIT_COPY_ENDS_MS = 10 * 1000,   /* how long the kernel may take to free a killed copy */
	LIMIT_KEEPER_ENDS_MS = 15 * 1000, /* both, and what there is besides */
	LIMIT_DUMP_WAIT_MS = 120 * 1000,  /* for a runtime that writes a dump of itself … */
	LIMIT_DUMP_BYTES_EACH_MS = 8 * 1024,       /* … and a ms for so many that it may have */
	LIMIT_CORE_OWNER_BYTES = 64 * 1024 * 1024, /* of notes, read to see what made the core */
	LIMIT_PATH_BYTES = 4096,
	LIMIT_ENVIRONMENT_BYTES = 2 * 1024 * 1024, /* looked at from its end; what is before is not
						      looked at, and the answer says so */
	LIMIT_MODULES = 64 * 1024,
	LIMIT_IMAGE_PROGRAM_HEADERS = 128, /* of a program or library; real ones have about 12 */
	LIMIT_DYNAMIC_ENTRIES = 4096,
	LIMIT_SYMBOL_CHAIN = 1024 * 1024,
	LIMIT_SYMBOL_NAME_BYTES = 4096,
	LIMIT_BUILD_ID_BYTES = 64,
	LIMIT_SYSROOT_FILES = 4 * 1024 * 1024, /* below --sysroot; what is beyond is not found */
	LIMIT_FILE_MAPPINGS = 256,             /* of one managed file; real ones have about 6 */
	LIMIT_PE_SECTIONS = 96,                /* PE/COFF: the Windows loader's own limit */
	LIMIT_BUNDLED_FILE_BYTES = 512 * 1024 * 1024, /* one file of a single-file app, unpacked */
	LIMIT_BUNDLED_BYTES = 1024 * 1024 * 1024,     /* … and all files of one app together */
	LIMIT_BUNDLES = 16, /* programs of one process looked at as bundles; real ones have one */

	/* contract */
	LIMIT_DESCRIPTOR_JSON_BYTES = 1024 * 1024,
	LIMIT_DESCRIPTOR_POINTERS = 4096,
	LIMIT_DESCRIPTORS = 16, /* of one runtime: its own and those below; real ones have two */

	/* .NET: chains and tables that the target links together */
	LIMIT_LOOKUP_MAP_BLOCKS = 4096,
	LIMIT_LOOKUP_MAP_ENTRIES = 16 * 1024 * 1024,
	LIMIT_HASH_BUCKETS = 16 * 1024 * 1024,
	LIMIT_HASH_CHAIN = 4096, /* the runtime grows its tables at about two entries a bucket */
	LIMIT_ASSEMBLIES = 64 * 1024,
	LIMIT_MODULE_PATHS_BYTES = 32 * 1024 * 1024, /* of all modules, UTF-16 */
	LIMIT_PARENT_CHAIN = 256, /* of MethodTables: a class may be asked for each by name */
	LIMIT_FIELDS = 64 * 1024, /* of one class */
	LIMIT_TLS_IN_FLIGHT = 64 * 1024,  /* a thread's list of thread statics being made */
	LIMIT_ENUM_CONSTANTS = 64 * 1024, /* of one enum */
	LIMIT_BIG_INTEGER_WORDS = 1024,   /* of 32 bits; longer ones are shown as a struct */
	LIMIT_GENERIC_ARGUMENTS = 1024,
	LIMIT_NESTING = 128, /* enclosing classes, types in type names, structs in structs */
	LIMIT_SIGNATURE_NODES = 4096,
	LIMIT_TYPE_NAME_BYTES = 8 * 1024,   /* a longer name is cut there, and says so */
	LIMIT_PARAMETERS_BYTES = 64 * 1024, /* of one method, as a text */
	LIMIT_ELEMENT_CHAIN = 64 * 1024,    /* arrays of arrays, pointers to pointers */
	LIMIT_METADATA_BYTES = 512 * 1024 * 1024,
	LIMIT_METADATA_STRING_BYTES = 64 * 1024,
	LIMIT_METADATA_STREAMS = 16,                  /* ECMA-335 II.24.2.2 knows five */
	LIMIT_METADATA_HOLE_BYTES = 16 * 1024 * 1024, /* a longer one: the rest is not looked for */
	LIMIT_IL_BYTES = 1024 * 1024,                 /* one method body */
	LIMIT_GETTER_FIELDS = 16,                     /* ldfld after ldfld of a trivial getter */
	LIMIT_CODE_RANGES = 64 * 1024,                /* in one chunk of the map of code */
	LIMIT_CODE_MAP_UNITS = 16 * 1024 * 1024,      /* looked at for the start of a method */
	LIMIT_CODE_VERSIONS = 64 * 1024,              /* of one method */
	LIMIT_CLASS_METHODS = 64 * 1024,              /* slots are numbered with 16 bits */
	LIMIT_METHOD_CODE_BYTES = 16 * 1024 * 1024,   /* of one method */
	LIMIT_FUNCLETS = 64 * 1024,                   /* of one method */
	LIMIT_IMAGE_FUNCTIONS = 16 * 1024 * 1024,     /* of one image compiled ahead of time */
	LIMIT_HASH_SLOTS = 64,                        /* in one bucket of a HashMap */
	LIMIT_INVOCATIONS = 1024 * 1024,              /* of one delegate */
	LIMIT_CONTINUATIONS = 16 * 1024 * 1024,       /* of all tasks together */
	LIMIT_STACK_TRACE_FRAMES = 1024 * 1024,       /* of one exception */
	LIMIT_EXCEPTION_MEMORY_BYTES =
		64 * 1024 * 1024,       /* what a mini dump holds for exceptions' sake */
	LIMIT_NESTED_EXCEPTIONS = 1024, /* of one thread */
	LIMIT_ARRAY_RANK = 32,          /* ECMA-335 II.14.2 as the runtime limits it: MAX_RANK */
	LIMIT_TYPES = 16 * 1024 * 1024,
	LIMIT_METHOD_TABLE_BYTES = 4096, /* the offset of any field in it */
	LIMIT_REFUSED_TYPES = 64 * 1024, /* pointers remembered as no MethodTable; then forgotten */

	/* the GC heap */
	LIMIT_ROWS = 1 << 30, /* of one answer that is kept: 32 GiB */
	LIMIT_HEAPS = 4096,
	LIMIT_MARKS_BYTES = 1 << 30, /* bits for where objects begin: of a heap of 64 GiB */
	LIMIT_SEGMENTS = 4 * 1024 * 1024,
	LIMIT_BOOKKEEPING_RANGES = 1024,       /* of card tables; one a time that the heap grew */
	LIMIT_GC_SERIES = 64 * 1024,           /* runs of references in one type */
	LIMIT_REFERENCE_PLANS = 64 * 1024,     /* types whose references one thread keeps … */
	LIMIT_REFERENCE_PARTS = 256 * 1024,    /* … and the runs of all; then forgotten */
	LIMIT_HANDLE_TABLE_MAPS = 1024 * 1024, /* each holds tens of handle tables */
	LIMIT_SYNC_BLOCKS = 64 * 1024 * 1024,  /* an object's header has 26 bits for the index */
	LIMIT_HANDLE_SEGMENTS = 1024 * 1024,   /* of 64 KiB, of one handle table */
	LIMIT_STRING_UNITS =
		0x3fffffdf, /* the longest string the runtime makes (String.MaxLength) */

	/* collections */
	LIMIT_TREE_DEPTH = 128,        /* balanced trees of 2^31 nodes have 62 at most */
	LIMIT_COLLECTION_WRAPPERS = 8, /* a ReadOnlyCollection of a Collection of … */
	LIMIT_COLLECTION_NODES = 16 * 1024 * 1024, /* of a chain that is to be turned round */
	LIMIT_COUNT_LAG = 1024 * 1024,  /* elements of a concurrent collection beyond its count:
					   at most one a thread is not counted yet */
	LIMIT_UNREADABLE_RUN = 1024,    /* elements one after the other; then the collection ends */
	LIMIT_GET_STEPS = 256,          /* members and indexes of one get path */
	LIMIT_NEAREST_KEYS = 16 * 1024, /* compared when a key was not found */

	/* what is shown */
	LIMIT_FILTERS = 100, /* of one line: each is called by the one before */
	LIMIT_KEPT_LINES_BYTES = 64 * 1024 * 1024, /* by |> sort and |> tail, and of one line */
	LIMIT_SCRIPT_LINE_BYTES = 1024 * 1024,     /* of commands */
	LIMIT_DEAF_MS = 2 * 1000, /* how long a computation that is told to stop, and does not check
				     for it, may go on */
	LIMIT_TAIL_LINES = 1024 * 1024,
	LIMIT_SORT_COLUMN = 1024,
	LIMIT_COMPLETIONS = 64 * 1024, /* names that begin with what is typed */
	LIMIT_REASONS = 64 * 1024,     /* that are counted beside those that are said */
	LIMIT_SHOWN_STRUCTS = 3, /* levels of structs in a value, where a command has no option */
	LIMIT_SHOWN_STRING_UNITS = 4096,               /* longer ones are cut, and say so */
	LIMIT_STRING_BUILDER_CHUNKS = 4 * 1024 * 1024, /* the longest honest one has 135,000 */
	LIMIT_MEMORY_UNITS = 0x7fffffff,               /* by one d, db, dq …: as SOS */
	LIMIT_MEMORY_ROW_UNITS = 1024,
	LIMIT_MEMORY_TEXT_UNITS = 64 * 1024, /* of one da or du without a zero; it can go on */
	LIMIT_EXPAND_DEPTH = 64,
	LIMIT_EXPANDED_OBJECTS = 1000, /* by one dumpobj -expand; the answer says so */
	LIMIT_EXPANDED_ELEMENTS = 100, /* of one array in it */
};

#endif
