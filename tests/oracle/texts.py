"""Structs that clrpod shows as one text (DateTime, Guid …), written from the fields that the oracle lists."""
import datetime
import re
import struct


def show_time(ticks):
    seconds = ticks // 10**7
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{ticks % 10**7:07}"


def show_date(ticks):
    return f"{datetime.date.fromordinal(ticks // (864 * 10**9) + 1)}T{show_time(ticks % (864 * 10**9))}"


def show_span(ticks):
    days, rest = divmod(abs(ticks), 864 * 10**9)
    text = show_time(rest).removesuffix(".0000000")
    return ("-" if ticks < 0 else "") + (f"{days}." if days else "") + text


def show_guid(a, b, c, *rest):
    rest = "".join(f"{byte:02x}" for byte in rest)
    return f"{a & 0xffffffff:08x}-{b & 0xffff:04x}-{c & 0xffff:04x}-{rest[:4]}-{rest[4:]}"


def show_decimal(flags, high, low):
    scale = flags >> 16 & 0xff
    digits = str((high & 0xffffffff) << 64 | low & (1 << 64) - 1).rjust(scale + 1, "0")
    sign = "-" if flags < 0 and digits.strip("0") else ""
    return sign + (digits[:-scale] + "." + digits[-scale:] if scale else digits)


def show_offset(minutes, data):
    ticks = (data & (1 << 62) - 1) + minutes * 600000000
    return f"{show_date(ticks)}{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


def show_index(value):
    return f"^{~value}" if value < 0 else str(value)


def is_half(text, bits):
    try:
        return struct.pack("e", float(text)) == struct.pack("H", bits)
    except (ValueError, TypeError, OverflowError, struct.error):
        return False


# The fields of such a struct -> what they may stand for.
TEXTS = {
    ("_dateData",): lambda data: [show_date(data & (1 << 62) - 1) + ("", "Z", " (local)", " (local)")[data >> 62 & 3]],
    ("_dateTime._dateData", "_offsetMinutes"): lambda data, minutes: [show_offset(minutes, data)],
    ("_offsetMinutes", "_dateTime._dateData"): lambda minutes, data: [show_offset(minutes, data)],
    ("_ticks",): lambda ticks: [show_span(ticks), show_time(ticks)],
    ("_dayNumber",): lambda day: [str(datetime.date.fromordinal(day + 1))],
    tuple("_" + letter for letter in "abcdefghijk"): lambda *parts: [show_guid(*parts)],
    ("_flags", "_hi32", "_lo64"): lambda *parts: [show_decimal(*parts)],
    ("_lower", "_upper"): lambda low, high: [str(high << 64 | low), str((high - (high >> 63 << 64)) << 64 | low)],
    ("_value",): lambda value: [show_index(value), chr(value & 0xfffff), f"U+{value:04X}"],
    ("<Start>k__BackingField._value", "<End>k__BackingField._value"):
        lambda start, end: [f"{show_index(start)}..{show_index(end)}"],
}


def is_known(names):
    return names in TEXTS or set(names) == {"_sign", "_bits"}


def possible(names, values, found):
    """What clrpod may write for a struct with these fields (dotted names, values as the oracle writes them)."""
    if set(names) == {"_sign", "_bits"}:
        return [values[names.index("_sign")]]
    if names not in TEXTS or not all(re.fullmatch("-?[0-9]+", value) for value in values):
        return []
    numbers = [int(value) for value in values]
    if names == ("_value",) and is_half(found, numbers[0]):
        return [found]
    return TEXTS[names](*numbers)
