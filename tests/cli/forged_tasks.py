"""Puts tasks on the heap of tests/dumps/sample-10.0-wks.core that share one list of continuations, which
are those tasks. usage: forged_tasks.py CORE TASKS CONTINUATIONS."""
import struct
import sys

PT_LOAD, HEADER, PAGE = 1, struct.Struct("<IIQQQQQQ"), 4096
AREA, START = 0x600000000000, 0x600000000028  # where nothing is
LIST, ARRAY = 0x7f74b66d22d0, 0x7f74b66d2860  # MethodTables: List<object>, object[]
TASK, TASK_BYTES, CONTINUATION = 0x7f68dd02fac8, 64, 0x20
REGION = 0x7f68c32534b8  # the large object heap's: its five pointers

path, tasks, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
core = bytearray(open(path, "rb").read())
table, = struct.unpack_from("<Q", core, 32)
headers = [HEADER.unpack_from(core, table + i * HEADER.size)
           for i in range(struct.unpack_from("<H", core, 56)[0])]


def at(address):
    return next(h[2] + address - h[3] for h in headers
                if h[0] == PT_LOAD and h[3] <= address < h[3] + h[5])


array = START + 32
first = array + 16 + 8 * count + 8
task = core[at(TASK):at(TASK) + TASK_BYTES]
struct.pack_into("<Q", task, CONTINUATION, START)
objects = struct.pack("<QQQQQQ", LIST, array, count | 1 << 32, 0, ARRAY, count)
objects += b"".join(struct.pack("<Q", first + TASK_BYTES * (i % tasks)) for i in range(count))
objects += bytes(8) + task * tasks
end = START + len(objects)
struct.pack_into("<5Q", core, at(REGION), end, end + PAGE, end + PAGE, end, START)
area = bytes(START - AREA) + objects + bytes(PAGE)
last = len(headers) - 1
core += bytes(-len(core) % PAGE)
HEADER.pack_into(core, table + last * HEADER.size, PT_LOAD, 6, len(core), AREA, 0, len(area),
                 len(area), PAGE)
open(path, "wb").write(core + area)
