"""safetensors of F32, by struct."""
import array
import json
import struct


def encode(tensors):
    """tensors: name -> (shape, list of numbers)."""
    header, data = {}, b""
    for name, (shape, values) in tensors.items():
        piece = struct.pack(f"<{len(values)}f", *values)
        header[name] = {"dtype": "F32", "shape": list(shape), "data_offsets": [len(data), len(data) + len(piece)]}
        data += piece
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + data


def decode(blob):
    (n,) = struct.unpack("<Q", blob[:8])
    header, data = json.loads(blob[8:8 + n]), blob[8 + n:]
    out = {}
    for name, about in header.items():
        if name != "__metadata__":
            begin, end = about["data_offsets"]
            out[name] = (about["shape"], array.array("f", data[begin:end]).tolist())
    return out


def same_numbers(a, b):
    """Whether two files hold the same tensors bit for bit, whatever their notes say."""
    def parts(blob):
        (n,) = struct.unpack("<Q", blob[:8])
        header = json.loads(blob[8:8 + n])
        header.pop("__metadata__", None)
        return header, blob[8 + n:]
    return parts(a) == parts(b)
