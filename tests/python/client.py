"""A client of the chambre de compensation in Python, from the .proto files alone.

    pip install grpcio grpcio-tools grpcio-status
    chambre serve &
    python tests/python/client.py 127.0.0.1:50051 proto

It registers two bailleurs, records a relogement, loses an answer and retries, is refused, reads the books,
and takes a netting to its approval by a second officer. Every call can be sent again: run it twice.
"""

import glob
import importlib.resources
import sys
import tempfile

import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from grpc_tools import protoc


def generate(proto):
    """Generates the Python code of proto/chambre/v1; google.rpc.Status comes with grpcio-status."""
    out = tempfile.mkdtemp(prefix="chambre-")
    files = sorted(glob.glob(f"{proto}/chambre/v1/*.proto"))
    assert files, f"no .proto file under {proto}/chambre/v1"
    google = importlib.resources.files("grpc_tools") / "_proto"
    arguments = [f"-I{proto}", f"-I{google}", f"--python_out={out}", f"--grpc_python_out={out}", *files]
    if protoc.main(["protoc", *arguments]) != 0:
        sys.exit("the .proto files do not compile")
    sys.path.insert(0, out)


def explain(error):
    """What a refusal says: to a program (reason), about a field, to a person (French)."""
    told = {"code": error.code().name}
    for detail in rpc_status.from_call(error).details:
        for kind in (error_details_pb2.ErrorInfo, error_details_pb2.BadRequest, error_details_pb2.LocalizedMessage):
            message = kind()
            if detail.Unpack(message):
                told[kind.DESCRIPTOR.name] = message
    return told


def main(address, proto):
    generate(proto)
    from chambre.v1 import ledger_pb2, ledger_pb2_grpc, netting_pb2, netting_pb2_grpc
    from chambre.v1 import registry_pb2, registry_pb2_grpc, words_pb2

    channel = grpc.insecure_channel(address)
    registry = registry_pb2_grpc.RegistryServiceStub(channel)
    ledger = ledger_pb2_grpc.LedgerServiceStub(channel)
    netting = netting_pb2_grpc.NettingServiceStub(channel)

    def day(year, month, day):
        return words_pb2.Date(year=year, month=month, day=day)

    # Who takes part, where, under which rules. These SIRENs are fictitious; their check digit is right.
    plaine_commune, origin, host = "200057867", "000000018", "000000026"
    for siren, name in ((origin, "Bailleur qui démolit"), (host, "Bailleur qui accueille")):
        bailleur = registry_pb2.Bailleur(siren=siren, name=name, kind=registry_pb2.BAILLEUR_KIND_OPH)
        registry.RegisterBailleur(registry_pb2.RegisterBailleurRequest(bailleur=bailleur), timeout=10)
    operation = registry_pb2.Operation(
        operation_id="OP-PY", name="Opération fictive", kind=registry_pb2.OPERATION_KIND_ANRU,
        territory_siren=plaine_commune, origin_siren=origin)
    registry.RegisterOperation(registry_pb2.RegisterOperationRequest(operation=operation), timeout=10)
    convention = registry_pb2.Convention(
        territory_siren=plaine_commune, version=1, in_force_from=day(2025, 1, 1), title="Charte fictive",
        rent_gap_mode=registry_pb2.RENT_GAP_MODE_CAPITALISED, rent_gap_months=12, deduct_indemnity=True,
        counted_lines=[registry_pb2.COST_LINE_RENT_GAP, registry_pb2.COST_LINE_WORKS], share_bp=10_000,
        fair_share_rule=registry_pb2.FAIR_SHARE_RULE_CAUSAL)
    registry.PublishConvention(registry_pb2.PublishConventionRequest(convention=convention), timeout=10)

    # A household is rehoused: gap 840.00 − 519.99 over 12 months = 3 840.12.
    relogement = ledger_pb2.Relogement(
        relogement_id="R-PY-1", operation_id="OP-PY", household="h-7f3a9c2e41", host_siren=host,
        lease_date=day(2025, 3, 15), commune_insee="93066", typology=ledger_pb2.TYPOLOGY_T3,
        reference_rent_cents=84_000, practised_rent_cents=51_999)
    declaration = ledger_pb2.RecordRelogementRequest(event_id="01954f01-9a60-7001-8000-0000000000a1", relogement=relogement)
    first = ledger.RecordRelogement(declaration, timeout=10).receipt
    print(f"recorded at seq {first.seq}, seal {first.seal.hex()[:16]}…")

    # The answer was lost? Send the same request again: the first receipt comes back, nothing is booked twice.
    again = ledger.RecordRelogement(declaration, timeout=10).receipt
    assert again.replayed and (again.seq, again.seal) == (first.seq, first.seal), again
    print("sent again: the same receipt, replayed")

    # A refusal carries a stable reason for programs, the field, and a sentence in French for people.
    works = ledger_pb2.Works(relogement_id="R-PY-1", amount_cents=-5, invoiced_on=day(2025, 4, 2), voucher="F-1")
    try:
        ledger.RecordWorks(ledger_pb2.RecordWorksRequest(event_id="01954f02-84c0-7002-8000-0000000000a2", works=works), timeout=10)
        sys.exit("negative works were accepted")
    except grpc.RpcError as error:
        told = explain(error)
        assert told["code"] == "INVALID_ARGUMENT", told
        assert told["ErrorInfo"].reason == "AMOUNT_NOT_POSITIVE", told
        assert told["BadRequest"].field_violations[0].field == "works.amount_cents", told
        print(f"refused: {told['LocalizedMessage'].message}")

    # The journal, page by page.
    seqs, page_token = [], ""
    while True:
        page = ledger.ListEntries(ledger_pb2.ListEntriesRequest(page_size=2, page_token=page_token), timeout=10)
        seqs += [entry.seq for entry in page.entries]
        page_token = page.next_page_token
        if not page_token:
            break
    assert seqs == list(range(1, len(seqs) + 1)), seqs
    print(f"{len(seqs)} entries, without hole")

    # A netting: one officer proposes, another approves.
    period = words_pb2.Period(**{"from": day(2025, 1, 1), "to": day(2025, 6, 30)})
    netting.ProposeNetting(netting_pb2.ProposeNettingRequest(
        netting_id="N-PY", territory_siren=plaine_commune, period=period, officer_id="officer-1"), timeout=10)
    run = netting.ApproveNetting(
        netting_pb2.ApproveNettingRequest(netting_id="N-PY", officer_id="officer-2"), timeout=10).run
    payments = [(payment.from_siren, payment.to_siren, payment.amount_cents) for payment in run.payments]
    assert payments == [(origin, host, 384_012)], payments
    answer = ledger.GetPositions(ledger_pb2.GetPositionsRequest(territory_siren=plaine_commune), timeout=10)
    positions = {position.bailleur_siren: position.position_cents for position in answer.positions}
    assert positions[host] == 384_012 and positions[origin] == -384_012, positions
    print(f"{origin} pays {host} 3 840.12: positions {positions[origin] / 100:.2f} and {positions[host] / 100:.2f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
