#!/usr/bin/env python3
"""Reads the tables of an export with other people's libraries: the CSV, Parquet and XLSX hold the same rows and totals,
with real decimals, numbers and dates, and the FEC has its columns, dates, amounts, numbers and balance.

    tables.py FOLDER    where FOLDER holds csv/, parquet/, xlsx/ and fec/
"""
import csv
import datetime
import json
import pathlib
import sys
from decimal import Decimal

import openpyxl
import pyarrow
import pyarrow.parquet

FEC = (
    "JournalCode JournalLib EcritureNum EcritureDate CompteNum CompteLib CompAuxNum CompAuxLib PieceRef PieceDate "
    "EcritureLib Debit Credit EcritureLet DateLet ValidDate Montantdevise Idevise"
).split()


def totals(rows):
    sums = {}
    for unit, amount in rows:
        count, total = sums.get(unit, (0, Decimal(0)))
        sums[unit] = (count + 1, total + amount)
    return sums


def of_manifest(folder):
    manifest = json.loads((folder / "manifest.json").read_text())
    return {unit: (moved["transfers"], Decimal(moved["total"])) for unit, moved in manifest["moved"].items()}


def of_csv(folder):
    with open(folder / "journal.csv", newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def check_parquet(folder, lines):
    table = pyarrow.parquet.read_table(folder / "journal.parquet")
    types = {field.name: field.type for field in table.schema}
    assert types["amount"] == pyarrow.decimal128(18, 2), types["amount"]
    assert types["occurred_on"] == types["booked_on"] == pyarrow.date32(), types
    assert not any(pyarrow.types.is_floating(kind) for kind in types.values()), types
    rows = table.to_pylist()
    for row, line in zip(rows, lines, strict=True):
        row["seal"] = row["seal"].hex()
        shown = {name: "" if value is None else str(value) for name, value in row.items()}
        shown["amount"] = str(row["amount"] if row["unit"] == "EUR" else int(row["amount"]))
        assert shown == line, f"Parquet {shown}\nCSV     {line}"
    return totals((row["unit"], row["amount"]) for row in rows)


def check_workbook(folder, lines, expected):
    book = openpyxl.load_workbook(folder / "journal.xlsx", read_only=True)
    rows = list(book["Mouvements"].iter_rows(min_row=2, values_only=True))
    for row, line in zip(rows, lines, strict=True):
        assert isinstance(row[0], int) and isinstance(row[16], (int, float)), row
        assert all(isinstance(day, datetime.datetime) for day in row[3:5]), row
        cells = (str(row[0]), str(row[3].date()), str(row[4].date()), row[5], row[17])
        assert cells == tuple(line[name] for name in ("seq", "occurred_on", "booked_on", "territory_siren", "seal")), row
        assert round(Decimal(row[16]), 2) == Decimal(line["amount"]), row
    sheet = list(book["Totaux"].iter_rows(values_only=True))
    of_units = {row[0]: (row[1], round(Decimal(row[3]), 2)) for row in sheet[4:] if row[0] in expected}
    assert of_units == expected, sheet
    return totals((row[15], round(Decimal(row[16]), 2)) for row in rows)


def check_fec(folder):
    [path] = [path for path in folder.glob("*FEC*.txt") if not path.stem.endswith("_description")]
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[0].split("\t")[:18] == FEC, lines[0]
    balance, last, validated = {}, 0, ""
    for line in lines[1:]:
        cells = line.split("\t")
        assert len(cells) == 20 and all(cells[at] for at in (0, 1, 2, 3, 4, 5, 8, 9, 10, 11, 12, 15)), line
        for at in (3, 9, 15):
            datetime.datetime.strptime(cells[at], "%Y%m%d")
        assert cells[4][:3].isdigit() and cells[15] >= validated, line
        debit, credit = (Decimal(cells[at].replace(",", ".")) for at in (11, 12))
        assert "." not in cells[11] + cells[12] and (debit == 0) != (credit == 0) and min(debit, credit) == 0, line
        number, validated = int(cells[2]), cells[15]
        assert number in (last, last + 1), line
        last = number
        balance[number] = balance.get(number, 0) + debit - credit
    assert last and not any(balance.values()), balance
    return last, len(lines) - 1


def main(folder):
    lines = of_csv(folder / "csv")
    expected = of_manifest(folder / "csv")
    assert lines and totals((line["unit"], Decimal(line["amount"])) for line in lines) == expected, "CSV"
    assert check_parquet(folder / "parquet", lines) == expected, "Parquet"
    assert check_workbook(folder / "xlsx", lines, expected) == expected, "XLSX"
    ecritures, rows = check_fec(folder / "fec")
    print(f"CSV, Parquet and XLSX: {len(lines)} rows, " + ", ".join(f"{t} {u}" for u, (_, t) in expected.items()))
    print(f"FEC: {ecritures} écritures, {rows} lines, balanced")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(pathlib.Path(sys.argv[1]))
