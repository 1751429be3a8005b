"""Leaves one page out of a core's segments. usage: hole.py CORE ADDRESS (hex)."""
import struct
import sys

PT_LOAD, HEADER, PAGE = 1, struct.Struct("<IIQQQQQQ"), 4096
path, page = sys.argv[1], int(sys.argv[2], 16) & -PAGE
core = bytearray(open(path, "rb").read())
table, = struct.unpack_from("<Q", core, 32)
headers = []
for i in range(struct.unpack_from("<H", core, 56)[0]):
    kind, flags, offset, start, _, size, _, alignment = header = HEADER.unpack_from(
        core, table + i * HEADER.size)
    if kind != PT_LOAD or not start <= page < start + size:
        headers.append(header)
        continue
    for begin, end in ((start, page), (page + PAGE, start + size)):
        if begin < end:
            headers.append((kind, flags, offset + begin - start, begin, 0, end - begin,
                            end - begin, alignment))
core += bytes(-len(core) % 8)
struct.pack_into("<Q", core, 32, len(core))
struct.pack_into("<H", core, 56, len(headers))
open(path, "wb").write(core + b"".join(HEADER.pack(*header) for header in headers))
