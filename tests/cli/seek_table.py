"""A packed file of frames, with a table of their sizes, of which one is damaged: the last byte of its checksum is
another; or, with "twice", it is there once more than the table says. usage: seek_table.py FOLDER NAME [twice]: the
frames are the folder's files by name, NAME the damaged one. On stdout (zstd's contrib/seekable_format/zstd_seekable_compression_format.md)."""
import os
import struct
import subprocess
import sys

folder, damaged = sys.argv[1:3]
twice = sys.argv[3:] == ["twice"]
table = b""
for name in sorted(os.listdir(folder)):
    path = os.path.join(folder, name)
    frame = bytearray(open(path, "rb").read())
    content = len(subprocess.run(["zstd", "-dqc", path], check=True, stdout=subprocess.PIPE).stdout)
    table += struct.pack("<II", len(frame), content)
    if name == damaged and twice:
        frame = frame * 2
    elif name == damaged:
        frame[-1] ^= 1
    sys.stdout.buffer.write(frame)
footer = struct.pack("<IBI", len(table) // 8, 0, 0x8F92EAB1)
sys.stdout.buffer.write(struct.pack("<II", 0x184D2A5E, len(table) + len(footer)) + table + footer)
