#!/usr/bin/env python3
"""extract-descriptor.py LIBRARY.SO [GC]: print the JSON of the runtime's own contract descriptor, or of a GC's.

LIBRARY is libcoreclr.so; the GC's descriptors (since .NET 11) stand there or in libclrgc.so, and GC tells which is
meant by how its GCIdentifiers begin: "workstation" or "server". The file's DotNetRuntimeContractDescriptor
(contract-descriptor.md in dotnet/runtime docs/design/datacontracts) holds zeros where the loader puts pointers:
R_*_RELATIVE relocations say what goes there. The output is the verbatim text, pretty-printed;
heap/contract/data/*.descriptor.json are made with it, never typed.
"""
import json
import struct
import sys

SYMBOL = b"DotNetRuntimeContractDescriptor"
MAGIC = b"DNCCDAC\0"
R_X86_64_RELATIVE, R_AARCH64_RELATIVE = 8, 1027

data = open(sys.argv[1], "rb").read()
section_offset, = struct.unpack_from("<Q", data, 40)
section_size, section_count = struct.unpack_from("<HH", data, 58)
sections = [struct.unpack_from("<IIQQQQIIQQ", data, section_offset + i * section_size) for i in range(section_count)]
program_offset, = struct.unpack_from("<Q", data, 32)
program_count, = struct.unpack_from("<H", data, 56)
loads = [p for p in (struct.unpack_from("<IIQQQQQQ", data, program_offset + i * 56) for i in range(program_count)) if p[0] == 1]


def file_offset(address):
    for _, _, offset, start, _, file_size, _, _ in loads:
        if start <= address < start + file_size:
            return offset + address - start
    raise SystemExit(f"address {address:#x} is not in the file")


relocated = {}
for _, kind, _, _, offset, size, _, _, _, _ in sections:
    if kind == 4:  # SHT_RELA
        for i in range(offset, offset + size, 24):
            where, info, addend = struct.unpack_from("<QQq", data, i)
            if info & 0xFFFFFFFF in (R_X86_64_RELATIVE, R_AARCH64_RELATIVE):
                relocated[where] = addend
    if kind == 19:  # SHT_RELR
        where = 0
        for i in range(offset, offset + size, 8):
            entry, = struct.unpack_from("<Q", data, i)
            slots = [entry] if entry & 1 == 0 else [where + 8 * b for b in range(63) if entry >> (b + 1) & 1]
            where = entry + 8 if entry & 1 == 0 else where + 63 * 8
            for slot in slots:
                relocated[slot], = struct.unpack_from("<Q", data, file_offset(slot))



def descriptor_at(address):
    json_size, = struct.unpack_from("<I", data, file_offset(address) + 12)
    start = file_offset(relocated[address + 16])
    return json.loads(data[start:start + json_size])


def exported():
    for _, kind, _, _, offset, size, link, _, _, _ in sections:
        if kind != 11:  # SHT_DYNSYM
            continue
        names = sections[link][4]
        for i in range(offset, offset + size, 24):
            name, _, _, _, value, _ = struct.unpack_from("<IBBHQQ", data, i)
            if data[names + name:names + name + len(SYMBOL) + 1] == SYMBOL + b"\0":
                yield descriptor_at(value)


def of_gc(kind):
    """No symbol leads to them: wherever the magic number stands before a pointer that the loader puts."""
    for _, _, offset, start, _, file_size, _, _ in loads:
        at = data.find(MAGIC, offset, offset + file_size)
        while at >= 0:
            if start + at - offset + 16 in relocated:
                descriptor = descriptor_at(start + at - offset)
                if descriptor["globals"].get("GCIdentifiers", [""])[0].startswith(kind):
                    yield descriptor
            at = data.find(MAGIC, at + 1, offset + file_size)


found = next(of_gc(sys.argv[2]) if len(sys.argv) > 2 else exported(), None)
if found is None:
    sys.exit(f"{sys.argv[1]} has no such descriptor")
print(json.dumps(found, indent=1))
