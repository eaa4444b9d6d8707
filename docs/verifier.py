#!/usr/bin/env python3
"""Second verifier of a journal export, written apart from the chamber: Python 3.8 or later and its library alone.

    python3 verifier.py FOLDER [PUBLIC_KEYS]

From docs/journal-format.md: hashes of the manifest, numbering, seals, transfers, balances, Merkle root, Ed25519
signature of the checkpoint. Exit code 0 when all hold, 1 at the first thing that does not.
"""
import base64
import hashlib
import json
import os
import struct
import sys

# Ed25519 (RFC 8032, 5.1): the curve, and its points in extended coordinates.
P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P

def add(a, b):
    x, y = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    t, z = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    e, f, g, h = y - x, z - t, z + t, y + x
    return e * f % P, g * h % P, f * g % P, e * h % P

def times(scalar, point):
    total = (0, 1, 1, 0)
    while scalar:
        total = add(total, point) if scalar & 1 else total
        point, scalar = add(point, point), scalar >> 1
    return total

def point_of(encoded):
    number = int.from_bytes(encoded, "little")
    sign, y = number >> 255, number & (1 << 255) - 1
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if y >= P or (x * x - square) % P or (x == 0 and sign):
        return None
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P

def ed25519_verifies(key, message, signature):
    point, r, s = point_of(key), point_of(signature[:32]), int.from_bytes(signature[32:], "little")
    if point is None or r is None or s >= ORDER or len(signature) != 64:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % ORDER
    left, right = times(s, point_of(bytes([0x58] + 31 * [0x66]))), add(r, times(h, point))
    return all((left[i] * right[2] - right[i] * left[2]) % P == 0 for i in (0, 1))

def sha256(data):
    return hashlib.sha256(data).digest()

def check(holds, what):
    if not holds:
        sys.exit(f"ALTÉRÉ : {what}")

def push(peaks, leaf):
    """The right edge of the Merkle tree: one full subtree, with its height, for each bit of the size."""
    height, node = 0, sha256(b"\0" + leaf)
    while peaks and peaks[-1][0] == height:
        height, node = height + 1, sha256(b"\1" + peaks.pop()[1] + node)
    peaks.append((height, node))

def root_of(peaks):
    node = peaks[-1][1] if peaks else sha256(b"")
    for _, left in peaks[-2::-1]:
        node = sha256(b"\1" + left + node)
    return node

UNITS = {1: "EUR", 2: "RELOGEMENT", 3: "M2SDP"}
UNIT_OF_COMPTE = {801100: 2, 802100: 2, 801200: 3, 802200: 3}  # every other compte counts euros

def add_transfers(seq, packed, balances):
    check(len(packed) % 33 == 0, f"écriture {seq} : mouvements coupés")
    for unit, amount, *accounts in struct.iter_unpack(">Bq6I", packed):
        debit, credit = tuple(accounts[:3]), tuple(accounts[3:])
        one_unit = unit in UNITS and all(UNIT_OF_COMPTE.get(of[0], 1) == unit for of in (debit, credit))
        check(amount > 0 and one_unit and debit[1] == credit[1], f"écriture {seq} : mouvement déséquilibré")
        balances.setdefault(debit, [0, 0])[0] += amount
        balances.setdefault(credit, [0, 0])[1] += amount

def balance_lines(balances):
    yield "compte,territory_siren,bailleur_siren,unit,debit,credit\n"
    for (compte, territory, bailleur), (debit, credit) in sorted(balances.items()):
        unit, siren = UNITS[UNIT_OF_COMPTE.get(compte, 1)], f"{bailleur:09}" if bailleur else ""
        yield f"{compte},{territory:09},{siren},{unit},{debit},{credit}\n"

def opened(note, keys):
    """Size and root of a checkpoint, and who signed it; with keys, one of its origin must have."""
    text, _, signatures = note.rpartition("\n\n")
    origin, size, root = (text + "\n").split("\n")[:3]
    signer = None
    for line in signatures.splitlines():
        _, name, encoded = line.split(" ")
        blob = base64.b64decode(encoded)
        for key_name, key_id, key in keys:
            if (key_name, key_id, key[0]) == (name, blob[:4], 1) and name == origin:
                check(ed25519_verifies(key[1:], (text + "\n").encode(), blob[4:]), f"signature de {name} fausse")
                signer = origin
    check(signer or not keys, f"aucune clé connue de {origin} n’a signé le point de contrôle")
    return int(size), base64.b64decode(root), signer

def main(folder, key_file=None):
    path = lambda name: os.path.join(folder, os.path.basename(name))
    words = open(key_file, encoding="utf-8").read().split() if key_file else []
    parts = [word.split("+", 2) for word in words if word.count("+") >= 2]
    keys = [(name, bytes.fromhex(key_id), base64.b64decode(key)) for name, key_id, key in parts]
    manifest = json.load(open(path("manifest.json"), encoding="utf-8"))
    version = (manifest["format"], manifest["format_version"])
    check(version == ("journal", 1), f"{version} n’est pas le journal, version 1")
    note = manifest.get("checkpoint")
    size, root, signer = opened(note, keys) if note else (0, sha256(b""), None)
    other = f"les {size} premières écritures ne sont pas celles du point de contrôle"
    peaks, before, seq, booked, balances = [], bytes(32), 0, -(2**63), {}
    check(size != 0 or root_of(peaks) == root, other)
    for line in open(path("journal.jsonl"), "rb"):
        seq += 1
        try:
            entry = json.loads(line)
            event_id, payload = entry["event_id"].encode(), entry["payload"].encode()
            transfers, seal = bytes.fromhex(entry["transfers"]), bytes.fromhex(entry["seal"])
            head = struct.pack(">BQqiH", 1, entry["seq"], entry["booked_at"], entry["occurred_on"], len(event_id))
        except (ValueError, KeyError, TypeError, AttributeError, struct.error):
            sys.exit(f"ALTÉRÉ : écriture {seq} : ligne illisible")
        check(entry["seq"] == seq and entry["booked_at"] >= booked, f"écriture {seq} : numéro ou instant")
        content = event_id + struct.pack(">I", len(payload)) + payload
        content += struct.pack(">H", len(transfers) // 33) + transfers
        check(sha256(before + head + content) == seal, f"écriture {seq} : sceau")
        add_transfers(seq, transfers, balances)
        push(peaks, seal)
        check(seq != size or root_of(peaks) == root, other)
        before, booked = seal, entry["booked_at"]
    check(seq >= size, f"le point de contrôle compte {size} écritures, {seq} lues")
    check((manifest["rows"], manifest["last_seal"]) == (seq, before.hex() if seq else None), "nombre du manifeste")
    written = list(open(path("balances.csv"), encoding="utf-8", newline=""))
    check(written == list(balance_lines(balances)), "balances.csv n’est pas la somme des mouvements")
    for file in manifest["files"]:
        digest, data = hashlib.sha256(), open(path(file["name"]), "rb")
        for piece in iter(lambda: data.read(1 << 16), b""):
            digest.update(piece)
        check(digest.hexdigest() == file["sha256"], f"{file['name']} n’est pas le fichier du manifeste")
    proof = f"{size} premières signées par {signer}" if signer else "aucune signature vérifiée"
    print(f"Sain : {seq} écritures, {len(balances)} comptes, racine {root_of(peaks).hex()}, {proof}")

if __name__ == "__main__":
    main(*sys.argv[1:]) if len(sys.argv) in (2, 3) else sys.exit(__doc__)
