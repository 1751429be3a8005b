"""Makes of a core one of so many threads: as many notes (NT_PRSTATUS) as entries in the runtime's
list, none of them in both. usage: many_threads.py CORE THREAD HELD COUNT: of the list that the runtime
has, the address (hex) of its first thread, and how many it holds."""
import struct
import sys

PT_LOAD, PT_NOTE, HEADER, PAGE = 1, 4, struct.Struct("<IIQQQQQQ"), 4096
NOTE = struct.Struct("<III8s32xi300x")
AREA = 0x100000000000  # where nothing is
STRIDE = 64  # from one to the next, each of which overlaps those after it: what else is read of one is zero

path, thread, held, count = sys.argv[1], int(sys.argv[2], 16), int(sys.argv[3]), int(sys.argv[4])
core = bytearray(open(path, "rb").read())
table, = struct.unpack_from("<Q", core, 32)
headers = [HEADER.unpack_from(core, table + i * HEADER.size)
           for i in range(struct.unpack_from("<H", core, 56)[0])]


def put(kind, address, size, i):
    """What was just appended to the core is segment i."""
    HEADER.pack_into(core, table + i * HEADER.size, kind, 6, len(core) - size, address, 0, size,
                     size if kind == PT_LOAD else 0, PAGE if kind == PT_LOAD else 0)


def store_of(link):
    """Where the list begins: the pointer to the first thread's link that has a count behind it."""
    at = core.find(struct.pack("<Q", link))
    while at >= 0:
        if at % 8 == 0 and struct.unpack_from("<I", core, at + 24)[0] == held:
            return at
        at = core.find(struct.pack("<Q", link), at + 1)
    return None


place, store = next((at, store_of(thread + at)) for at in range(0, 1024, 8)
                    if store_of(thread + at))
links = [AREA + place + STRIDE * (i + 1) for i in range(count - 1)] + [thread + place]
struct.pack_into("<Q", core, store, AREA + place)
struct.pack_into("<I", core, store + 24, held + count)
notes = next(i for i, h in enumerate(headers) if h[0] == PT_NOTE)
spare = min((h[5], i) for i, h in enumerate(headers) if h[0] == PT_LOAD and h[5])[1]
area = bytes(place) + b"".join(struct.pack("<Q", link) + bytes(STRIDE - 8) for link in links) + bytes(PAGE)
old = bytes(core[headers[notes][2]:headers[notes][2] + headers[notes][5]])
core += bytes(-len(core) % PAGE) + area
put(PT_LOAD, AREA, len(area), spare)
core += old + b"".join(NOTE.pack(5, 336, 1, b"CORE", 1000000 + i) for i in range(count))
put(PT_NOTE, 0, len(old) + NOTE.size * count, notes)
open(path, "wb").write(core)
