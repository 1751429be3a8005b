"""Puts objects on the heap of tests/dumps/sample-10.0-wks.core that share what is long.
usage: forged_heap.py CORE timers QUEUES TIMERS: a timer queue that is listed so many times, of so many timers
       forged_heap.py CORE fields OBJECTS FIELDS: timer queues of so many fields; 0x600000000028 leads to the others
       forged_heap.py CORE exceptions EXCEPTIONS FRAMES: that share one stack trace of so many frames
       forged_heap.py CORE locks LOCKS READERS: ReaderWriterLockSlims
       forged_heap.py CORE tasks TASKS CONTINUATIONS: that share one list of continuations, which are those tasks
"""
import struct
import sys

PT_LOAD, HEADER, PAGE = 1, struct.Struct("<IIQQQQQQ"), 4096
AREA, START = 0x600000000000, 0x600000000028  # where nothing is
REGION = 0x7f68c32534b8  # the large object heap's: its five pointers
ARRAY, TIMER = 0x7f74b66d50e0, 0x7f74b66d3d20  # MethodTables: TimerQueue[], TimerQueueTimer
QUEUES, QUEUE, QUEUE_BYTES, TIMER_BYTES = 0x7f68dd0124e8, 0x7f68dd012510, 0x50, 0x60
QUEUE_TABLE, QUEUE_CLASS = 0x7f74b66d43a8, 0x7f74b66a88a0  # TimerQueue's MethodTable and EEClass
EXCEPTION, EXCEPTION_BYTES, TRACE, FRAME_BYTES = 0x7f68dd012708, 120, 0x30, 32
LIST, ITEMS = 0x7f74b66d22d0, 0x7f74b66d2860  # MethodTables: List<object>, object[]
TASK, TASK_BYTES, CONTINUATION = 0x7f68dd02fac8, 64, 0x20
LOCK, LOCK_BYTES, LOCK_ID, LOCK_OWNERS = 0x7f74b66da728, 96, 0x28, 0x48

path, kind, many, count = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
core = bytearray(open(path, "rb").read())
table, = struct.unpack_from("<Q", core, 32)
headers = [HEADER.unpack_from(core, table + i * HEADER.size)
           for i in range(struct.unpack_from("<H", core, 56)[0])]


def at(address):
    return next(h[2] + address - h[3] for h in headers
                if h[0] == PT_LOAD and h[3] <= address < h[3] + h[5])


def read(address, size):
    return core[at(address):at(address) + size]


def timers():
    global core
    array = START + QUEUE_BYTES
    first = array + 16 + 8 * many + 8
    queue = read(QUEUE, QUEUE_BYTES)
    struct.pack_into("<Q", queue, 8, first)
    core = core.replace(struct.pack("<Q", QUEUES), struct.pack("<Q", array))
    chain = b"".join(struct.pack("<QQQ48xII16x", TIMER, 0, first + TIMER_BYTES * (i + 1) if i + 1 < count else 0,
                                 1000, 5000) for i in range(count))
    return bytes(queue) + struct.pack("<QQ", ARRAY, many) + struct.pack("<Q", START) * many + bytes(8) + chain


def fields():
    first = START + 8 * (many + 2)
    described = first + 16 * many
    for offset, layout, number in (24, "<Q", described), (50, "<H", count), (54, "<H", 0), (58, "<H", 0):
        struct.pack_into(layout, core, at(QUEUE_CLASS) + offset, number)
    references = b"".join(struct.pack("<Q", first + 16 * i) for i in range(many))
    objects = struct.pack("<Q", QUEUE_TABLE) + references + bytes(8) + struct.pack("<QQ", QUEUE_TABLE, 0) * many
    return objects + b"".join(struct.pack("<QII", QUEUE_TABLE, 0xd8c, 8 * min(i, many) | 0x12 << 27)
                              for i in range(count))


def exceptions():
    exception = read(EXCEPTION, EXCEPTION_BYTES)
    trace, = struct.unpack_from("<Q", exception, TRACE)
    table, = struct.unpack("<Q", read(trace, 8))
    head, frame = read(trace + 16, 16), read(trace + 32, FRAME_BYTES)
    struct.pack_into("<I", head, 0, count)
    struct.pack_into("<QQQ", exception, TRACE - 16, 0, 0, START)  # neither inner exception nor link
    return struct.pack("<QQ", table, 16 + FRAME_BYTES * count) + head + frame * count + bytes(8) + exception * many


def locks():
    lock = bytearray(LOCK_BYTES)
    for offset, layout, number in (0, "<Q", LOCK), (LOCK_ID, "<Q", 1), (LOCK_OWNERS, "<I", count):
        struct.pack_into(layout, lock, offset, number)
    return bytes(lock) * many


def tasks():
    array = START + 32
    first = array + 16 + 8 * count + 8
    task = read(TASK, TASK_BYTES)
    struct.pack_into("<Q", task, CONTINUATION, START)
    lists = struct.pack("<QQQQQQ", LIST, array, count | 1 << 32, 0, ITEMS, count)
    lists += b"".join(struct.pack("<Q", first + TASK_BYTES * (i % many)) for i in range(count))
    return lists + bytes(8) + task * many


objects = {"timers": timers, "fields": fields, "exceptions": exceptions, "locks": locks,
           "tasks": tasks}[kind]()
end = START + len(objects)
struct.pack_into("<5Q", core, at(REGION), end, end + PAGE, end + PAGE, end, START)
area = bytes(START - AREA) + objects + bytes(PAGE)
core += bytes(-len(core) % PAGE)
HEADER.pack_into(core, table + (len(headers) - 1) * HEADER.size, PT_LOAD, 6, len(core), AREA, 0, len(area),
                 len(area), PAGE)
open(path, "wb").write(core + area)
