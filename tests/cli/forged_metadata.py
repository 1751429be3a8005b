"""Gives one module of a core an image of our own: so many types that share one long name, not nested.
usage: forged_metadata.py CORE BASE SIZE (hex, of the module's image) TYPES NAME_BYTES."""
import struct
import sys

PT_LOAD, HEADER, PAGE = 1, struct.Struct("<IIQQQQQQ"), 4096
AREA = 0x600000000000  # where nothing is
PE, OPTIONAL, CLI, ROOT = 0x80, 0x98, 0x200, 0x400  # where in the image
MODULE, TYPE_DEF, ASSEMBLY = 0x00, 0x02, 0x20

path, base, size = sys.argv[1], int(sys.argv[2], 16), int(sys.argv[3], 16)
types, name_bytes = int(sys.argv[4]), int(sys.argv[5])
strings = b"\0Forged\0" + b"a" * name_bytes + b"\0"
strings += bytes(-len(strings) % 4)
tables = struct.pack("<IBBBBQQ3I", 0, 2, 0, 1, 1, 1 << MODULE | 1 << TYPE_DEF | 1 << ASSEMBLY, 0,
                     1, types, 1)
tables += struct.pack("<HI3H", 0, 1, 0, 0, 0)
tables += struct.pack("<3I3H", 1, 8, 0, 0, 1, 1) * types
tables += struct.pack("<I4HIH2I", 0x8004, 10, 0, 0, 0, 0, 0, 1, 0)
tables += bytes(-len(tables) % 4)
root = struct.pack("<IHHII12sHH", 0x424a5342, 1, 1, 0, 12, b"v4.0.30319", 0, 2)
at = len(root) + 12 + 20
root += struct.pack("<II4s", at, len(tables), b"#~")
root += struct.pack("<II12s", at + len(tables), len(strings), b"#Strings")
root += tables + strings

image = bytearray(ROOT) + root
image += bytes(-len(image) % PAGE)
image[0:2] = b"MZ"
struct.pack_into("<I", image, 0x3c, PE)
struct.pack_into("<4sHHIIIHH", image, PE, b"PE", 0x8664, 0, 0, 0, 0, 240, 0x2022)
struct.pack_into("<H54xII44xI", image, OPTIONAL, 0x20b, len(image), len(image), 16)
struct.pack_into("<II", image, OPTIONAL + 112 + 14 * 8, CLI, 72)
struct.pack_into("<IHHII", image, CLI, 72, 2, 5, ROOT, len(root))

core = bytearray(open(path, "rb").read())
old, new = struct.pack("<Q", base), struct.pack("<Q", AREA)
place = core.find(old)
while place >= 0:
    if place % 8 == 0:
        core[place:place + 8] = new
        if struct.unpack_from("<I", core, place + 8)[0] == size:
            struct.pack_into("<I", core, place + 8, len(image))
    place = core.find(old, place + 1)
table, = struct.unpack_from("<Q", core, 32)
headers = [HEADER.unpack_from(core, table + i * HEADER.size)
           for i in range(struct.unpack_from("<H", core, 56)[0])]
spare = min((h[5], i) for i, h in enumerate(headers) if h[0] == PT_LOAD and h[5])[1]
core += bytes(-len(core) % PAGE)
HEADER.pack_into(core, table + spare * HEADER.size, PT_LOAD, 6, len(core), AREA, 0, len(image),
                 len(image), PAGE)
open(path, "wb").write(core + image)
