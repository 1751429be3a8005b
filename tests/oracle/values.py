"""One value of clrpod's (JSON) against the oracle's lines for it.

A leaf is what the oracle writes of a number, a reference, a field of a struct:
[path, offset, element type, type, value, text]. Each check goes to a Report (compare) with the reason that explains
a difference, or None.
"""
import re

import texts


def name_reason(name):
    wrong = "<*>", "<unnamed ", "((null))"
    return "names ClrMD gets wrong" if name == "?" or any(part in name for part in wrong) else None


def quote(text):
    """A string of clrpod's, written as the oracle does (Text.Quote)."""
    whole = int(text["length"]) if isinstance(text, dict) else None
    units = memoryview((text["value"] if whole else text).encode("utf-16-le", "surrogatepass")).cast("H")
    whole = whole or len(units)
    quoted = "".join("\\" + chr(unit) if chr(unit) in '"\\' else chr(unit) if 32 <= unit <= 126 else f"\\u{unit:04x}"
                     for unit in units[:200])
    return f'"{quoted}"' + (f"+{whole - 200}" if whole > 200 else "")


def compare_text(found, leaves, path, report, where, reason):
    """A struct that clrpod shows as one text, the oracle as the leaves below `path`."""
    names = tuple(leaf[0][len(path) + 1:] for leaf in leaves)
    if set(names) == {"_sign", "_bits"} and leaves[names.index("_bits")][4] != "0x0":
        reason = "text of a BigInteger"
    possible = texts.possible(names, [leaf[4] for leaf in leaves], found)
    if not texts.is_known(names) and isinstance(found, str) and path.count(".") > 1:
        reason = "text of a struct, deeper"
    report.check("structs as one text", found if found in possible else possible, found, where, reason)


def compare_enum(found, leaf, report, where, reason):
    _, offset, _, _, value, text = leaf
    number, name = found["value"], found["name"]
    if number != value and where.endswith("]") and value.lstrip("-").isdigit():
        if (int(value) - int(number)) % 256 == 0:
            return report.check("values: enums", value, number, where, "enum element")
    if number == value and name and text != name:
        reason = "flags" if text == "(no name)" else "enum of two names"
    report.check("values: enums", (value, text), (number, name or "(no name)"), where, reason)


def compare_leaf(found, leaf, report, where, reason):
    _, _, element, _, value, text = leaf
    kind, wanted = "values: numbers and pointers", value
    if isinstance(found, dict) and "name" in found:
        return compare_enum(found, leaf, report, where, reason)
    if element == "Boolean":
        wanted = value != "0"
    elif element == "Char":
        found = isinstance(found, str) and str(int.from_bytes(found.encode("utf-16-le", "surrogatepass"), "little"))
    elif element in ("Pointer", "FunctionPointer"):
        wanted = value
    elif value == "0x0":
        wanted = None
    elif text.startswith('"'):
        kind, wanted = "values: strings", text
        found = quote(found) if isinstance(found, str) or found and "length" in found else found
    elif value.startswith("0x"):
        kind, wanted = "values: references", (value, text)
        found = (found["address"], found["type"]) if isinstance(found, dict) and "address" in found else found
        reason = reason or name_reason(text)
    return report.check(kind, wanted, found, where, reason)


def path_of(path, name, leaves):
    """The oracle's path of a member that clrpod shows by its property's name."""
    forms = [f"{path}.{name}", *(f"{path}.<{name}>{suffix}" for suffix in ("k__BackingField", "i__Field", "P"))]
    return next((form for form in forms for leaf in leaves if (leaf[0] + ".").startswith(form + ".")), forms[0])


def compare_inline_array(members, leaves, path, report, where, reason):
    """[InlineArray]: the oracle shows its only field, which is the first element."""
    report.check("inline arrays: further elements", 1, len(members), f"{where} {path}", reason or "inline array")
    field = re.compile(re.escape(path) + r"\.(<[^>]*>\w*|[^.]*)")
    if len(leaves) == 1 and leaves[0][2:4] == ["Class", "T"]:
        reason = "shared layout"
    first = [[field.sub(lambda _: path + ".[0]", leaf[0], count=1), *leaf[1:]] for leaf in leaves]
    compare_value(members["[0]"], first, path + ".[0]", report, where, reason)


def compare_value(found, leaves, path, report, where, reason=None):
    """One value of clrpod's against the oracle's leaves: path, offset, element type, type, value, text."""
    if leaves and leaves[0][0] == path + ".hasValue":
        if leaves[0][4] == "0":
            return report.check("values: empty Nullables", None, found, f"{where} {path}", reason)
        return compare_value(found, leaves[1:], path + ".value", report, where, reason)
    if isinstance(found, dict) and "[0]" in found.get("fields", {}):
        return compare_inline_array(found["fields"], leaves, path, report, where, reason)
    if isinstance(found, dict) and "fields" in found:
        rest = list(leaves)
        for name, member in found["fields"].items():
            below = path_of(path, name, rest)
            mine = [leaf for leaf in rest if leaf[0] == below or leaf[0].startswith(below + ".")]
            rest = [leaf for leaf in rest if leaf not in mine]
            compare_value(member, mine, below, report, where, reason)
        return report.check("structs: their fields", [], [leaf[0] for leaf in rest if leaf[4] != "{}"], where, reason)
    if leaves and leaves[0][3] == "System.Void" and found is None:
        reason = "type not loaded"
    if not leaves:
        return report.check("structs: their fields", None, path, where, reason)
    if len(leaves) == 1 and leaves[0][0] == path and leaves[0][4] != "{}":
        return compare_leaf(found, leaves[0], report, f"{where} {path}", reason)
    return compare_text(found, leaves, path, report, f"{where} {path}", reason)


def take_value(lines, name):
    """The leaves of the value that comes next, if it has this name."""
    first = lines and lines[0][0]
    if first == name and lines[0][4] != "{}":
        return [lines.pop(0)]
    taken = []
    while lines and (lines[0][0].startswith(name + ".") or lines[0][0] == name):
        if taken and int(lines[0][1]) < int(taken[-1][1]) and lines[0][0] == taken[0][0]:
            break
        taken.append(lines.pop(0))
    return taken


def without_arguments(name):
    shorter = re.sub("<[^<>]*>", "", name)
    return name if shorter == name else without_arguments(shorter)


def type_reason(wanted, found, declaring):
    """Why the oracle gives a field another type."""
    if wanted.rstrip("[]") == "System.IntPtr" and found.rstrip("[]").endswith(")"):
        return "pointer type"
    if wanted == "System.UIntPtr" and found.endswith("*"):
        return "pointer type"
    if wanted in ("Object", "Object[]", "System.Void") or wanted == "System.ValueType[]" and found.endswith("[]"):
        return "type not loaded"
    if "<" in wanted and wanted.split("<")[0] == found.split("<")[0]:
        return "canonical field type"
    if "<" in declaring and re.fullmatch(r"\?|System\.__Canon(\[,*\])*|[A-Z]\w*(\[,*\])*", wanted):
        return "canonical field type"
    if "`" in wanted and without_arguments(found) == without_arguments(re.sub(r"`\d+", "", wanted)):
        return "canonical field type"
    return name_reason(wanted)


def compare_type(found, leaf, declaring, report, where):
    _, _, _, wanted, _, text = leaf
    if wanted != found and text == found:
        report.check("fields: type, as its value's", text, found, where)
    else:
        report.check("fields: type", wanted, found, where, type_reason(wanted, found, declaring))
