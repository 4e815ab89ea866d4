#!/usr/bin/env python3
"""Writes the samples of Sampleton, a city that does not exist, into the folder of this script.

Same output on every machine: the only randomness is the generator below. The samples have, on purpose, the
defects that real files have; README.md lists them.
"""

import json
import pathlib

HERE = pathlib.Path(__file__).parent
DAY = "2024-05-14"


class Random:
    """A linear congruential generator, so that no library decides what the samples are."""

    def __init__(self, seed):
        self.state = seed

    def below(self, bound):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.state >> 33) % bound

    def pick(self, choices):
        return choices[self.below(len(choices))]


# Number, name, mode, description, tag, category, radios, share of the traffic.
TALKGROUPS = [
    (401, "SPD Disp N", "D", "Police Dispatch North", "Law Dispatch", "Police", 7, 10),
    (402, "SPD Disp S", "D", "Police Dispatch South", "Law Dispatch", "Police", 7, 9),
    (403, "SPD Tac 1", "D", "Police Tactical 1", "Law Tac", "Police", 4, 2),
    (404, "SPD Tac 2", "De", "Police Tactical 2", "Law Tac", "Police", 0, 0),
    (405, "SPD Detect", "DE", "Detectives", "Law Tac", "Police", 3, 1),
    (406, "SPD Traffic", "D", "Traffic Unit", "Law Tac", "Police", 3, 2),
    (407, "SPD Events", "D", 'The "Old Fair" and other events', "Law Tac", "Police", 0, 0),
    (408, "SPD Special", "DE", "Special Unit", "Law Tac", "Police", 0, 0),
    (409, "SPD Records", "D", "Records and Warrants", "Law Talk", "Police", 0, 0),
    (421, "SFD Disp", "D", "Fire Dispatch", "Fire Dispatch", "Fire", 6, 5),
    (422, "SFD Tac 2", "D", "Fireground 2", "Fire-Tac", "Fire", 4, 3),
    (423, "SFD Tac 3", "D", "Fireground 3", "Fire-Tac", "Fire", 0, 0),
    (424, "SFD Tac 4", "D", "Fireground 4", "Fire-Tac", "Fire", 0, 0),
    (425, "SFD Command", "D", "Fire Command", "Fire-Tac", "Fire", 0, 0),
    (426, "SFD Inspect", "D", "Fire Inspectors", "Fire-Talk", "Fire", 0, 0),
    (427, "SFD Training", "M", "Fire School", "Fire-Talk", "Fire", 0, 0),
    (441, "EMS Disp", "D", "Ambulance Dispatch", "EMS Dispatch", "Ambulance", 5, 4),
    (442, "EMS Tac", "D", "Ambulance Tactical", "EMS-Tac", "Ambulance", 0, 0),
    (443, "EMS Hosp W", "D", "West Hospital", "Hospital", "Ambulance", 2, 1),
    (444, "EMS Hosp E", "D", "East Hospital", "Hospital", "Ambulance", 0, 0),
    (461, "SPW Streets", "T", "Streets and Bridges", "Public Works", "Public Works", 4, 3),
    (462, "SPW Water", "T", "Waterworks", "Public Works", "Public Works", 3, 2),
    (463, "SPW Sewer", "T", "Sewers", "Public Works", "Public Works", 0, 0),
    (464, "SPW Refuse", "T", "Refuse Collection", "Public Works", "Public Works", 3, 2),
    (465, "SPW Parks", "T", "Parks, Ponds and Playgrounds", "Public Works", "Public Works", 0, 0),
    (466, "SPW Garage", "A", "City Garage", "Public Works", "Public Works", 0, 0),
    (481, "STA Bus 1", "T", "Bus Control, Lines 1 to 9", "Transportation", "Transit", 5, 5),
    (482, "STA Bus 2", "T", "Bus Control, Lines 10 and up", "Transportation", "Transit", 0, 0),
    (483, "STA Tram", "T", "Tram Control", "Transportation", "Transit", 4, 3),
    (484, "STA Depot", "T", "Depot", "Transportation", "Transit", 0, 0),
    (485, "STA Inspect", "Te", "Ticket Inspectors", "Security", "Transit", 0, 0),
    (501, "Schools 1", "D", "School Buses", "Schools", "Schools", 0, 0),
    (502, "Schools 2", "D", "School Guards", "Schools", "Schools", 0, 0),
    (503, "Zoo", "D", "Zoo Keepers", "Public Works", "City Hall", 0, 0),
    (504, "Library", "D", "Book Bus", "Public Works", "City Hall", 0, 0),
    (505, "Mayor", "DE", "Office of the Mayor", "Multi-Talk", "City Hall", 0, 0),
    (506, "Civil Def", "D", "Civil Defence", "Emergency Ops", "City Hall", 0, 0),
    (521, "Mutual Aid 1", "M", "Mutual Aid with Neighbours 1", "Interop", "Interoperability", 0, 0),
    (522, "Mutual Aid 2", "M", "Mutual Aid with Neighbours 2", "Interop", "Interoperability", 0, 0),
    (523, "All Call", "D", "All Services", "Interop", "Interoperability", 0, 0),
]

# What a spreadsheet makes of 1e1 and 1e4, the hexadecimal of 481 and 484.
DAMAGED_HEX = {481: "10", 484: "10000"}


def cell(text):
    return f'"{text}"' if "," in text or '"' in text else text


def talkgroups():
    lines = ["Decimal,Hex,Alpha Tag,Mode,Description,Tag,Category"]
    for number, name, mode, description, tag, category, _, _ in TALKGROUPS:
        hexadecimal = DAMAGED_HEX.get(number, f"{number:x}")
        # The inner quotation marks of 407 stay undoubled.
        lines.append(f"{number},{hexadecimal},{name},{mode},{cell(description)},{tag},{category}")
        if number == 464:
            lines.append("464,1d0,SPW Recycling,T,Recycling Yard,Public Works,Public Works")
    return "\n".join(lines) + "\n"


def talkgroups_reordered():
    """Columns in another order, spaces after commas, two more columns, a byte-order mark, CR LF."""
    lines = ["Category, Tag, Description, Alpha Tag, Mode, Priority, Preferred NAC, Hex, Decimal"]
    for number, name, mode, description, tag, category, _, share in TALKGROUPS[:12]:
        priority = 1 if share > 4 else 5
        row = [category, tag, cell(description.replace('"', '""')), name, mode, priority, "2C1", f"{number:x}", number]
        lines.append(", ".join(str(value) for value in row))
    return "\ufeff" + "\r\n".join(lines) + "\r\n"


def channel(number):
    """A channel of the 800 MHz plan in hertz."""
    return 851_012_500 + (number - 1) * 25_000


# Site, name, county, latitude, longitude, miles, channels; the second list can carry the control channel.
SITES = [
    (1, "Market Hill", "Sample", 45.0012, -93.2011, 8, [41, 81, 121, 161], [1, 201]),
    (2, "Harbour", "Sample", 44.9683, -93.1320, 6, [57, 97, 137], [17]),
    (3, "North Mill", "Sample", 45.0741, -93.2205, 7, [63, 103, 143], [23, 183]),
    (4, "Airfield", "Quarter", 44.9120, -93.2988, 10, [69, 109], [29]),
    (5, "Lake View ", "Quarter", 45.0310, -93.3902, 12, [75], [35, 115]),
]


def sites():
    widest = max(len(site[6]) + len(site[7]) for site in SITES)
    names = ["system", "RFSS", "Site Dec", "Site Hex", "Site NAC", "Description", "County Name", "Lat", "Lon", "Range"]
    lines = [",".join([*names, "Frequencies"]) + "," * (widest - 1)]
    for number, name, county, latitude, longitude, miles, traffic, control in SITES:
        frequencies = sorted([(channel(one), "") for one in traffic] + [(channel(one), "c") for one in control])
        row = ["Sampleton", "1", f"{number:03}", f"{number:X}", "2C1" if number != 4 else "", name, county]
        row += [str(latitude), str(longitude), str(miles)]
        row += [f"{hertz / 1e6:.6f}".rstrip("0") + mark if not mark else f"{hertz / 1e6:.6f}{mark}" for hertz, mark in frequencies]
        # One row is padded with empty cells, the others end where their frequencies end.
        row += [""] * (widest - len(frequencies) if number == 2 else 0)
        lines.append(",".join(row))
    return "\n".join(lines) + "\n"


def clock(millis):
    seconds, millis = divmod(millis, 1000)
    return f"{DAY} {17 + seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{millis:03}"


def conversations(random):
    """Rows of one hour: (start in ms, length in ms, talkgroup, radio or nothing, channel)."""
    members = {}
    unit = 20_101
    for number, *_, radios, _ in TALKGROUPS:
        members[number] = list(range(unit, unit + radios))
        unit += radios
    # The police of the south listen to the north as well.
    members[401] += members[402][:2]
    weighted = [number for *row, share in TALKGROUPS for number in [row[0]] * share]
    traffic = [hertz for site in SITES[:3] for hertz in map(channel, site[6])]
    rows, free_at, begins = [], {}, 0
    while begins < 3_540_000:
        # The first minute is busy, so that a short demonstration has something to show.
        begins += 500 + random.below(9_000 if begins < 60_000 else 86_000)
        talkgroup = random.pick(weighted)
        start = begins
        if start < free_at.get(talkgroup, 0):
            continue
        hertz = random.pick(traffic)
        speakers = members[talkgroup]
        first = random.below(len(speakers))
        for turn in range(1 + random.below(6)):
            speaker = speakers[(first + turn % 2 * (1 + random.below(2))) % len(speakers)]
            length = 900 + random.below(40) * 120 + random.below(3) * 700
            known = speaker if random.below(12) else None
            rows.append((start, length, talkgroup, known, hertz))
            if random.below(9) == 0:
                # The recorder has split one transmission into two rows that overlap.
                rows.append((start + length - 400, 1_500, talkgroup, known, hertz))
                start += 1_100
            # In one turn of eight the answer begins before the question has ended.
            start += length + (-350 if random.below(8) == 0 else 300 + random.below(2_000))
        free_at[talkgroup] = start + 5_000
    # A press without speech; and a radio that is recorded in two talkgroups at once.
    rows.append((1_800_250, 0, 441, members[441][0], channel(41)))
    rows.append((3_580_000, 9_000, 401, members[402][0], channel(81)))
    rows.append((3_584_500, 2_500, 402, members[402][0], channel(121)))
    return sorted(rows, key=lambda row: row[:3])


def calls(rows):
    lines = ["start_local,duration_s,talkgroup,radio_id,frequency_hz,channel,decoder,grouping,filename"]
    for start, length, talkgroup, radio, hertz in rows:
        when = clock(start)
        name = when.replace("-", "").replace(":", "").replace(" ", "_").split(".")[0]
        name += f"_Sampleton_TO_{talkgroup}" + (f"_FROM_{radio}" if radio else "") + ".mp3"
        number = (hertz - 851_012_500) // 25_000 + 1
        lines.append(f"{when},{length / 1000:g},{talkgroup},{radio or ''},{hertz},0-{number},Sample,Sampleton,{name}")
    return "\n".join(lines) + "\n"


def trunk_recorder():
    start = 1_715_706_000  # 2024-05-14 17:00:00 UTC
    call = {
        "freq": channel(41), "start_time": start, "stop_time": start + 12, "emergency": 0, "priority": 4,
        "mode": 0, "duplex": 0, "encrypted": 0, "call_length": 10.8, "talkgroup": 421,
        "talkgroup_tag": "SFD Disp", "talkgroup_description": "Fire Dispatch", "talkgroup_group_tag": "Fire Dispatch",
        "talkgroup_group": "Fire", "audio_type": "digital", "short_name": "sampleton",
        "freqList": [
            {"freq": channel(41), "time": start, "pos": 0.0, "len": 10.8, "error_count": 3, "spike_count": 0},
        ],
        "srcList": [
            {"src": 20140, "time": start, "pos": 0.0, "emergency": 0, "signal_system": "", "tag": ""},
            {"src": 20141, "time": start + 4, "pos": 4.32, "emergency": 0, "signal_system": "", "tag": "Engine 2"},
            {"src": 20140, "time": start + 9, "pos": 8.1, "emergency": 1, "signal_system": "", "tag": ""},
        ],
    }
    return json.dumps(call, indent=2) + "\n"


def sdrtrunk():
    header = "TIMESTAMP,DURATION_MS,PROTOCOL,EVENT,FROM,TO,CHANNEL_NUMBER,FREQUENCY,TIMESLOT,DETAILS,EVENT_ID"
    names = {number: name for number, name, *_ in TALKGROUPS}
    rows = [header.split(",")]

    def event(second, length, kind, radio, talkgroup, number, details, identity):
        when = f"{DAY.replace('-', ':')}:17:{second // 60:02}:{second % 60:02}"
        to = f"{names[talkgroup]} ({talkgroup})" if talkgroup else ""
        frequency = f"{channel(number) / 1e6:.6f}" if number else "0.000000"
        rows.append([when, length, "APCO-25", kind, radio, to, f"0-{number}" if number else "", frequency, "", details, identity])

    for length in ("", "360", "1440", "3240"):
        event(4, length, "Group Call", "20101", 401, 41, "", "1001")
    event(5, "", "Register", "20133", 0, 0, "", "1002")
    for length in ("720", "2160"):
        event(9, length, "Group Call", "20103", 401, 41, "", "1003")
    for length in ("", "540", "4140"):
        event(12, length, "Encrypted Group Call", "20128", 405, 81, "ENCRYPTED", "1004")
        event(14, length, "Group Call", "20140", 421, 121, "EMERGENCY", "1005")
    event(31, "", "Data Call", "20151", 0, 121, "", "1006")
    for length in ("180", "900"):
        event(40, length, "Patch Call", "", 441, 161, "", "1007")
    return "\n".join(",".join(f'"{value}"' for value in row) for row in rows) + "\n"


def op25():
    rows = ["# Sampleton, talkgroups of the dispatchers"]
    rows += [f"{number}\t{name}" for number, name, _, _, tag, *_ in TALKGROUPS if "Disp" in name or tag == "Interop"]
    rows.append("421\tSFD Dispatch")
    return "\n".join(rows) + "\n"


def main():
    rows = conversations(Random(14))
    files = {
        "sample-talkgroups.csv": talkgroups(),
        "sample-talkgroups-reordered.csv": talkgroups_reordered(),
        "sample-sites.csv": sites(),
        "sample-calls.csv": calls(rows),
        "sample-trunk-recorder.json": trunk_recorder(),
        "sample-sdrtrunk-events.csv": sdrtrunk(),
        "sample-op25-tags.tsv": op25(),
    }
    for name, text in files.items():
        (HERE / name).write_bytes(text.encode())


if __name__ == "__main__":
    main()
