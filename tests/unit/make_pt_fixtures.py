"""Makes tests/unit/data/*.pt with PyTorch: python tests/unit/make_pt_fixtures.py

tests/unit/pt.c and pt_bad.c know what is in them. Torch's own files differ between versions of torch in members that do not matter.
"""
import collections
import io
import os
import struct
import warnings
import zipfile

import torch

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "data")


def save(name, value, **options):
    torch.save(value, os.path.join(FOLDER, name), **options)


def types():
    steps = torch.arange(6).reshape(2, 3)
    half = steps * 0.5 - 1  # -1 ... 1.5
    floats = {str(t)[6:]: half.to(t) for t in (torch.float32, torch.float16, torch.bfloat16, torch.float64)}
    ints = {str(t)[6:]: (steps - 2).to(t) for t in (torch.int8, torch.int16, torch.int32, torch.int64)}
    rest = {"uint8": (steps + 250).to(torch.uint8), "bool": steps % 3 == 0}
    odd = {"half_odd": torch.tensor([float("inf"), -float("inf"), float("nan"), 2.0**-24, -(2.0**-14), 65504.0, -0.0]).half()}
    return {**floats, **ints, **rest, **odd}


def tree():
    base = torch.arange(12.0).reshape(3, 4)
    twice = torch.tensor([1.0, 2.0])
    shared = {"inner": 5}
    net = torch.nn.Sequential(torch.nn.Linear(2, 1), torch.nn.BatchNorm1d(1))
    with torch.no_grad():
        net[0].weight.copy_(torch.tensor([[0.25, -0.75]]))
        net[0].bias.fill_(3)
    return {
        "net": net.state_dict(),  # an OrderedDict with _metadata
        "base": base, "transposed": base.t(), "column": base[:, 1], "part": base[1:, 2:], "stretched": torch.tensor([7.0]).expand(2, 3),
        "flipped_axes": torch.arange(24.0).reshape(2, 3, 4).permute(2, 0, 1),
        "scalar": torch.tensor(2.5), "empty": torch.zeros(0, 3), "rank5": torch.ones(1, 2, 1, 2, 1),
        "parameter": torch.nn.Parameter(torch.tensor([1.5, -1.5])), "wants_grad": torch.ones(2, requires_grad=True),
        "twice": [twice, twice], "shared": (shared, shared),
        "ordered": collections.OrderedDict([("b", 1), ("a", 2)]),
        "state": {0: {"step": 3}, 1: {"step": 4}, -7: None},
        "none": None, "yes": True, "no": False, "small": 7, "two_bytes": 1000, "negative": -5,
        "big": 2**40 + 1, "bigger": -(2**63), "zero": 0, "six_bytes": -(2**40),
        "real": 0.1, "infinite": float("inf"), "text": "Grüße, 漢字 😀", "empty_text": "",
        "list": [1, [2, []], {}], "tuple": (1, "two", 3.0, None), "size": torch.Size([4, 5]), "long": list(range(1500)),
    }


def bytes_of(value, **options):
    buffer = io.BytesIO()
    torch.save(value, buffer, **options)
    return buffer.getvalue()


def members(value):
    with zipfile.ZipFile(io.BytesIO(bytes_of(value))) as archive:
        return [(name, archive.read(name)) for name in archive.namelist()]


def pack(name, entries, method=zipfile.ZIP_STORED):
    with warnings.catch_warnings(), zipfile.ZipFile(os.path.join(FOLDER, name), "w", method) as archive:
        warnings.simplefilter("ignore")  # of duplicate names
        for member, data in entries:
            archive.writestr(zipfile.ZipInfo(member), data, method)


def bad():
    good = members({"a": torch.tensor([1.0, 2.0])})
    change = lambda end, data: [(n, data if n.endswith(end) else d) for n, d in good]
    pack("bad_duplicate.pt", good + [(n, b"\0" * 8) for n, d in good if n.endswith("data/0")])
    pack("bad_missing.pt", [(n, d) for n, d in good if not n.endswith("data/0")])
    pack("bad_short_storage.pt", change("data/0", b"\0" * 7))
    pack("bad_byteorder.pt", change("byteorder", b"big"))
    pack("bad_bzip2.pt", good, zipfile.ZIP_BZIP2)
    pack("bad_no_pickle.pt", [("archive/readme", b"hello")])
    pack("bad_no_folder.pt", [("no folder", b"hello")])
    # A member that says that it unpacks to almost 4 GiB, and a tensor that agrees.
    count = 2**30 - 1
    pickle = dict(good)[next(n for n, _ in good if n.endswith("data.pkl"))]
    number = b"J" + struct.pack("<i", count)
    pickle = pickle.replace(b"cpuq\x06K\x02", b"cpuq\x06" + number).replace(b"K\x00K\x02\x85", b"K\x00" + number + b"\x85")
    assert pickle.count(struct.pack("<i", count)) == 2
    path = os.path.join(FOLDER, "bad_bomb.pt")
    pack("bad_bomb.pt", [(n, pickle if n.endswith("data.pkl") else d) for n, d in good], zipfile.ZIP_DEFLATED)
    data = bytearray(open(path, "rb").read())
    for start, at, name in ((b"PK\3\4", 22, 30), (b"PK\1\2", 24, 46)):  # where sizes and names are in local and central headers
        i = 0
        while (i := data.find(start, i)) >= 0:
            if data[i + name:].split(b"/", 1)[1].startswith(b"data/0"):
                data[i + at:i + at + 4] = struct.pack("<I", 4 * count)
            i += 4
    open(path, "wb").write(data)


def main():
    os.makedirs(FOLDER, exist_ok=True)
    torch.manual_seed(1)
    for form, zipped in (("zip", True), ("legacy", False)):
        save(f"types_{form}.pt", types(), _use_new_zipfile_serialization=zipped)
        save(f"tree_{form}.pt", tree(), _use_new_zipfile_serialization=zipped)
        net = {"a": torch.arange(300.0), "b": {"c": torch.arange(40).reshape(8, 5).t(), "d": [1, None, "text", 2.5]}}
        save(f"small_{form}.pt", {**net, "e": torch.arange((160 if zipped else 540) * 1.0)}, _use_new_zipfile_serialization=zipped)
    for protocol in (3, 4):
        save(f"protocol{protocol}_zip.pt", types(), pickle_protocol=protocol)
        save(f"protocol{protocol}_legacy.pt", types(), pickle_protocol=protocol, _use_new_zipfile_serialization=False)
    pack("deflated.pt", members(types()), zipfile.ZIP_DEFLATED)
    bad()
    print(sum(os.path.getsize(os.path.join(FOLDER, f)) for f in os.listdir(FOLDER)), "bytes")


main()
