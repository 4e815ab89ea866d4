#!/usr/bin/env python3
"""Makes the golden octets of every message from the tables of docs/protocol.md, and from nothing else.

    golden.py            writes vectors.json beside this file
    golden.py --check    compares it with what the tables say now; exit 1 where it is stale

Only the standard library is used: CRC-32C and SipHash-2-4 are written out below and check themselves. The values
are examples, drawn from a hash of their place, so that every run gives the same file.
"""

import hashlib
import hmac
import ipaddress
import json
import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
SPECIFICATION = HERE.parent.parent / "docs" / "protocol.md"
VECTORS = HERE / "vectors.json"


# Arithmetic.


def crc32c(octets):
    remainder = 0xFFFFFFFF
    for octet in octets:
        remainder ^= octet
        for _ in range(8):
            remainder = remainder >> 1 ^ (0x82F63B78 if remainder & 1 else 0)
    return remainder ^ 0xFFFFFFFF


def siphash24(key, octets):
    mask = 0xFFFFFFFFFFFFFFFF
    k0, k1 = (int.from_bytes(key[at : at + 8], "little") for at in (0, 8))
    v = [k0 ^ 0x736F6D6570736575, k1 ^ 0x646F72616E646F6D, k0 ^ 0x6C7967656E657261, k1 ^ 0x7465646279746573]

    def turn(value, bits):
        return (value << bits | value >> (64 - bits)) & mask

    def rounds(count):
        for _ in range(count):
            v[0] = (v[0] + v[1]) & mask
            v[1] = turn(v[1], 13) ^ v[0]
            v[0] = turn(v[0], 32)
            v[2] = (v[2] + v[3]) & mask
            v[3] = turn(v[3], 16) ^ v[2]
            v[0] = (v[0] + v[3]) & mask
            v[3] = turn(v[3], 21) ^ v[0]
            v[2] = (v[2] + v[1]) & mask
            v[1] = turn(v[1], 17) ^ v[2]
            v[2] = turn(v[2], 32)

    padded = octets + bytes(7 - len(octets) % 8) + bytes([len(octets) & 0xFF])
    for at in range(0, len(padded), 8):
        block = int.from_bytes(padded[at : at + 8], "little")
        v[3] ^= block
        rounds(2)
        v[0] ^= block
    v[2] ^= 0xFF
    rounds(4)
    return v[0] ^ v[1] ^ v[2] ^ v[3]


assert crc32c(b"123456789") == 0xE3069283
assert siphash24(bytes(range(16)), bytes(range(15))) == 0xA129CA6149BE45E5


# The specification, read.


def snake(name):
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


class Specification:
    def __init__(self, text):
        self.numbers, self.octets, self.records = {}, {}, {}
        self.enums, self.choices, self.families = {}, {}, {}
        self.layouts, self.prose = {}, {}
        self.version = int(re.search(r"^Version (\d+)\.", text, re.M).group(1))
        clause, title = "", ""
        lines = text.split("\n")
        at = 0
        while at < len(lines):
            heading = re.match(r"#{2,5} ([\d.]+|Appendix \w:) (.*)", lines[at])
            if heading:
                clause, title = heading.groups()
                self.heading(title)
            elif lines[at].startswith("|"):
                end = at
                while end < len(lines) and lines[end].startswith("|"):
                    end += 1
                rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[at:end]]
                self.table(clause, title, rows[0], rows[2:])
                at = end
                continue
            else:
                self.prose[clause] = self.prose.get(clause, "") + lines[at] + " "
            at += 1

    def heading(self, title):
        message = re.fullmatch(r"(\w+) 0x([0-9A-F]{2}) (\w+)", title)
        if message:
            family, code, name = message.groups()
            self.families.setdefault(family, {})[name] = (int(code, 16), [])

    def table(self, clause, title, header, rows):
        bare = [[cell.strip("`") for cell in row] for row in rows]
        if header == ["Field", "Encoding", "Octets", "Meaning"]:
            fields = [(row[0], row[1]) for row in bare]
            if title.startswith("Record "):
                self.records[title.removeprefix("Record ")] = fields
            else:
                family, _, name = title.split()
                self.families[family][name][1].extend(fields)
        elif header == ["Encoding", "Octets", "Least", "Greatest", "Meaning"]:
            for name, width, least, greatest, _ in bare:
                self.numbers[name] = (int(width), int(least), int(greatest))
        elif header == ["Encoding", "Octets", "Meaning"]:
            self.octets.update((row[0], int(row[1])) for row in bare)
        elif header == ["Octet", "Name", "Meaning"]:
            self.enums[title.removeprefix("Enumeration ")] = [(int(row[0]), row[1]) for row in bare]
        elif header == ["Code", "Name", "Text"]:
            self.enums["cause"] = [(int(row[0], 16), snake(row[1])) for row in bare]
        elif header == ["Tag", "Name", "Encoding", "Octets"]:
            self.choices[title.removeprefix("Choice ")] = [(int(row[0]), row[1], row[2]) for row in bare]
        elif header[0] == "Part":
            self.layouts[clause] = bare


# Encoding.


def number(value, width):
    return (value & (1 << 8 * width) - 1).to_bytes(width, "big")


def encode(spec, kind, value):
    listed = re.fullmatch(r"list of (.+), at most (\d+)", kind)
    if kind.startswith("optional "):
        if value is None:
            return b"\0"
        return b"\1" + encode(spec, kind.removeprefix("optional "), value)
    if listed:
        values = b"".join(encode(spec, listed.group(1), one) for one in value)
        return number(len(value), 2) + values
    if kind.startswith("text, "):
        octets = value.encode()
        return number(len(octets), 2) + octets
    if kind == "flag":
        return number(int(value), 1)
    if kind == "nothing":
        return b""
    if kind == "frame run":
        frames = (b"\0" if frame is None else b"\1" + bytes(frame) for frame in value)
        return number(len(value), 1) + b"".join(frames)
    if kind == "socket address":
        host, port = value.rsplit(":", 1)
        address = ipaddress.ip_address(host.strip("[]"))
        tag = next(tag for tag, name, _ in spec.choices[kind] if name == f"IPv{address.version}")
        return number(tag, 1) + address.packed + number(int(port), 2)
    if kind in spec.choices:
        [(name, inner)] = value.items()
        tag, _, encoding = next(choice for choice in spec.choices[kind] if choice[1] == name)
        return number(tag, 1) + encode(spec, encoding, inner)
    if kind in spec.numbers:
        return number(value, spec.numbers[kind][0])
    if kind in spec.octets:
        return bytes(value)
    if kind in spec.enums:
        return number(next(octet for octet, name in spec.enums[kind] if name == value), 1)
    if kind in spec.records:
        return b"".join(encode(spec, inner, value[name]) for name, inner in spec.records[kind])
    if kind in spec.families:
        return encode_message(spec, kind, value, with_number=True)
    raise SystemExit(f"{SPECIFICATION.name} names the encoding `{kind}` but does not define it")


def encode_message(spec, family, message, with_number):
    [(name, values)] = message.items()
    code, fields = spec.families[family][name]
    octets = b"".join(encode(spec, kind, values[field]) for field, kind in fields)
    return number(code, 1) + octets if with_number else octets


def encode_frame(spec, family, message, epoch, sequence):
    [name] = message
    parts = {
        "version": spec.version,
        "family": snake(family),
        "message": spec.families[family][name][0],
        "epoch": epoch,
        "sequence": sequence,
        "payload": encode_message(spec, family, message, with_number=False),
    }
    layout = spec.layouts["2.1.1"]
    body = b""
    for part, kind, *_ in layout[1:-1]:
        body += parts[part] if kind == "payload" else encode(spec, kind, parts[part])
    (length, length_kind, length_width, _), (checksum, checksum_kind, checksum_width, _) = layout[0], layout[-1]
    assert (length, checksum) == ("length", "checksum")
    covered = encode(spec, length_kind, len(body) + int(checksum_width)) + body
    assert len(covered) == len(body) + int(length_width)
    return covered + encode(spec, checksum_kind, crc32c(covered))


def encode_packet(spec, key, fields):
    bits, width = 0, 0

    def put(value, count):
        nonlocal bits, width
        bits, width = bits << count | value & (1 << count) - 1, width + count

    for part, size, value, _ in spec.layouts["8.2.1"]:
        if part == "frames":
            for frame in fields["frames"]:
                put(int.from_bytes(bytes(frame), "big"), int(size.split()[0]))
        elif value == "tag":
            assert width % 8 == 0
            put(siphash24(key, bits.to_bytes(width // 8, "big")), int(size))
        elif value == "field":
            put(int(fields[part]), int(size))
        elif value.startswith("position × "):
            put(fields["position"] * int(value.removeprefix("position × ")), int(size))
        else:
            put(int(value), int(size))
    return bits.to_bytes(width // 8, "big")


# Examples.

NAMES = ["Town Hall", "Köln Süd", "North Ridge 4", "Łódź", "港口"]


class Examples:
    """Values of one case: `least`, `greatest`, `empty`, `full`, or a named typical one."""

    def __init__(self, spec, case):
        self.spec, self.case = spec, case

    def draw(self, place, below):
        digest = hashlib.sha256(f"{self.case}/{place}".encode()).digest()
        return int.from_bytes(digest[:16], "big") % below

    def pick(self, place, values):
        if self.case == "least":
            return values[0]
        if self.case == "greatest":
            return values[-1]
        return values[self.draw(place, len(values))]

    def count(self, place, most):
        if self.case in ("least", "empty"):
            return 0
        if self.case in ("greatest", "full"):
            return most
        return 1 + self.draw(place, min(most, 5))

    def value(self, kind, place):
        spec = self.spec
        listed = re.fullmatch(r"list of (.+), at most (\d+)", kind)
        if kind.startswith("optional "):
            if not self.pick(f"{place}?", [False, True]):
                return None
            return self.value(kind.removeprefix("optional "), place)
        if listed:
            count = self.count(f"{place}#", int(listed.group(2)))
            return [self.value(listed.group(1), f"{place}[{at}]") for at in range(count)]
        if kind.startswith("text, "):
            most = int(re.search(r"\d+", kind).group())
            if self.case in ("greatest", "full"):
                return "x" * most
            return "" if self.case in ("least", "empty") else NAMES[self.draw(place, len(NAMES))]
        if kind == "flag":
            return self.pick(place, [False, True])
        if kind == "nothing":
            return {}
        if kind == "frame run":
            count = self.count(f"{place}#", 16)
            lost = self.case not in ("greatest", "full")
            return [
                None if lost and self.draw(f"{place}[{at}]?", 4) == 0 else self.fixed(f"{place}[{at}]", 8)
                for at in range(count)
            ]
        if kind == "socket address":
            port = self.pick(f"{place}:", [1, 5004, 40000, 65535])
            address = self.pick(place, ["192.0.2.17", "[2001:db8::1f]"])
            return f"{address}:{port}"
        if kind in spec.choices:
            _, name, encoding = self.pick(f"{place}|", spec.choices[kind])
            return {name: self.value(encoding, place)}
        if kind in spec.numbers:
            _, least, greatest = spec.numbers[kind]
            if self.case in ("least", "greatest"):
                return self.pick(place, [least, greatest])
            return least + self.draw(place, greatest - least + 1)
        if kind in spec.octets:
            return self.fixed(place, spec.octets[kind])
        if kind in spec.enums:
            return self.pick(place, spec.enums[kind])[1]
        if kind in spec.records:
            return {name: self.value(inner, f"{place}.{name}") for name, inner in spec.records[kind]}
        if kind in spec.families:
            return self.message(kind, self.pick(f"{place}|", list(spec.families[kind])))
        raise SystemExit(f"{SPECIFICATION.name} names the encoding `{kind}` but does not define it")

    def fixed(self, place, count):
        if self.case in ("least", "greatest"):
            return [self.pick(place, [0, 255])] * count
        return list(hashlib.sha256(f"{self.case}/{place}".encode()).digest()[:count])

    def message(self, family, name):
        _, fields = self.spec.families[family][name]
        return {name: {field: self.value(kind, f"{family}.{name}.{field}") for field, kind in fields}}


CASES = ["typical", "another", "third", "least", "greatest"]


def cases_of(fields):
    listed = any("list of" in kind or kind == "frame run" or kind.startswith("text") for _, kind in fields)
    return CASES + (["empty", "full"] if listed else [])


def frame_vectors(spec):
    on_links = [family for family in spec.families if snake(family) in [name for _, name in spec.enums["Family"]]]
    for family in on_links:
        for name, (_, fields) in spec.families[family].items():
            word = next(((field, kind) for field, kind in fields if kind in spec.families), None)
            if word is None:
                for case in cases_of(fields):
                    yield family, case, Examples(spec, case).message(family, name)
                continue
            for inner, (_, inner_fields) in spec.families[word[1]].items():
                for case in cases_of(inner_fields):
                    message = Examples(spec, case).message(family, name)
                    message[name][word[0]] = Examples(spec, case).message(word[1], inner)
                    yield family, case, message
            for kind, values in each_value(spec):
                holder = first_with(spec, word[1], kind)
                if holder and not any(first_with(spec, other, kind) for other in on_links):
                    for label, value in values:
                        message = Examples(spec, "typical").message(family, name)
                        message[name][word[0]] = with_value(spec, word[1], holder, value)
                        yield family, f"{kind} {label}", message
    for kind, values in each_value(spec):
        for family in on_links:
            holder = first_with(spec, family, kind)
            if holder:
                for label, value in values:
                    yield family, f"{kind} {label}", with_value(spec, family, holder, value)
                break


def each_value(spec):
    """Every value of every enumeration, and every kind of every choice."""
    for kind, values in spec.enums.items():
        yield kind, [(name, name) for _, name in values]
    example = Examples(spec, "typical")
    for kind, choices in spec.choices.items():
        if kind != "socket address":
            yield kind, [(name, {name: example.value(inner, f"{kind}.{name}")}) for _, name, inner in choices]
    yield "socket address", [("IPv4", "198.51.100.4:6000"), ("IPv6", "[2001:db8:4::4]:6000")]


def first_with(spec, family, kind):
    for name, (_, fields) in spec.families[family].items():
        for field, found in fields:
            if found == kind:
                return name, field
    return None


def with_value(spec, family, holder, value):
    name, field = holder
    message = Examples(spec, "typical").message(family, name)
    message[name][field] = value
    return message


def vectors(spec):
    frames = []
    for family, case, message in frame_vectors(spec):
        examples = Examples(spec, f"{case}/{len(frames)}")
        epoch, sequence = examples.draw("epoch", 1 << 32), examples.draw("sequence", 1 << 32)
        octets = encode_frame(spec, family, message, epoch, sequence)
        header = {"family": family, "case": case, "epoch": epoch, "sequence": sequence}
        frames.append(header | {"message": message, "frame": octets.hex()})
    return {
        "frames": frames,
        "packets": list(packet_vectors(spec)),
        "answers": list(answer_vectors(spec)),
        "proofs": list(proof_vectors(spec)),
    }


def packet_vectors(spec):
    for at, (count, marker, position) in enumerate([(1, True, 0), (4, False, 5), (9, False, 26843545), (16, True, 7)]):
        example = Examples(spec, f"packet {at}")
        key = example.fixed("key", spec.octets["voice key"])
        fields = {
            "spurt": example.value("spurt", "spurt"),
            "sequence": example.value("u16", "sequence"),
            "position": position,
            "marker": marker,
            "frames": [example.fixed(f"frames[{frame}]", 8) for frame in range(count)],
        }
        yield {"key": key} | fields | {"packet": encode_packet(spec, bytes(key), fields).hex()}


def answer_vectors(spec):
    def derive(clause, key, parts):
        prose = spec.prose[clause]
        label = re.search(r"ASCII text `([^`]+)`", prose).group(1)
        count = int(re.search(r"first (\d+) octets", prose).group(1))
        return list(hmac.digest(bytes(key), label.encode() + bytes(parts), "sha256")[:count])

    for case in CASES:
        example = Examples(spec, case)
        key, challenge = example.fixed("key", 16), example.value("challenge", "challenge")
        equipment, imsi = example.value("optional imei", "equipment"), example.value("optional imsi", "imsi")
        covered = challenge + (list(encode(spec, "imei", equipment)) if equipment else [])
        answer, session = derive("9.1", key, covered), derive("9.2", key, challenge)
        ordered = {part: example.value(kind, part) for part, kind, *_ in spec.layouts["9.5"]} | {"challenge": challenge}
        parts = b"".join(encode(spec, kind, ordered[part]) for part, kind, *_ in spec.layouts["9.5"])
        vector = {"key": key} | ordered | {"equipment": equipment, "answer": answer, "session": session}
        vector |= {"network_answer": derive("9.5", key, parts)}
        told = ordered | {"equipment": example.value("imei", "imei"), "imsi": imsi}
        parts = b"".join(encode(spec, kind, told[part]) for part, kind, *_ in spec.layouts["9.6"])
        yield vector | {"imei": told["equipment"], "imsi": imsi, "seal": derive("9.6", key, parts)}


def proof_vectors(spec):
    for name in spec.families["UplinkWord"]:
        for case in CASES:
            example = Examples(spec, case)
            key = example.fixed("key", spec.octets["session key"])
            parts = {part: example.value(kind, part) for part, kind, *_ in spec.layouts["9.3"] if part != "word"}
            parts["word"] = example.message("UplinkWord", name)
            octets = b"".join(encode(spec, kind, parts[part]) for part, kind, *_ in spec.layouts["9.3"])
            yield {"key": key} | parts | {"proof": siphash24(bytes(key), octets)}


def printed(sections):
    def line(vector):
        return json.dumps(vector, ensure_ascii=False, separators=(",", ":"))

    parts = (f'"{name}": [\n' + ",\n".join(map(line, rows)) + "\n]" for name, rows in sections.items())
    return "{\n" + ",\n".join(parts) + "\n}\n"


def main(arguments):
    if arguments not in ([], ["--check"]):
        raise SystemExit(__doc__)
    wanted = printed(vectors(Specification(SPECIFICATION.read_text(encoding="utf-8"))))
    if not arguments:
        VECTORS.write_text(wanted, encoding="utf-8")
        return
    found = VECTORS.read_text(encoding="utf-8") if VECTORS.exists() else ""
    if found != wanted:
        pairs = zip(found.split("\n") + [""], wanted.split("\n") + [""])
        line = next((at for at, (old, new) in enumerate(pairs, 1) if old != new), 1)
        raise SystemExit(
            f"tests/golden/vectors.json is stale from line {line}: "
            "run `python3 tests/golden/golden.py` and review the difference"
        )


if __name__ == "__main__":
    main(sys.argv[1:])
