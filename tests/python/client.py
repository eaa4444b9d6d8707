"""A client of the chambre de compensation in Python, from the .proto files alone.

    pip install grpcio grpcio-tools grpcio-status
    chambre serve &
    python tests/python/client.py 127.0.0.1:50051 proto

It registers two bailleurs, records a relogement, loses an answer and retries, is refused, reads the books,
takes a netting to its approval by a second officer, and a family from its need to a lease that reaches the journal.
Every call can be sent again: run it twice.
"""

import glob
import importlib.resources
import sys
import tempfile
import time

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

    rehouse(channel, day, plaine_commune, host)


def rehouse(channel, day, territory, host):
    """Matches a family with a dwelling of another landlord; the signed lease reaches the journal by itself."""
    from chambre.v1 import ledger_pb2, ledger_pb2_grpc, matching_pb2, matching_pb2_grpc
    from google.protobuf import empty_pb2

    matching = matching_pb2_grpc.MatchingServiceStub(channel)
    who = {"author_id": "mous-1"}
    need = matching_pb2.Need(
        household="h-0c5e1d7a90", mous_id="MOUS-1", operation_id="OP-PY", commune_insee="93066", persons=3,
        dependants=1, units_tenths=18, income_bp_of_plus=matching_pb2.Band(**{"from": 5_000, "to": 6_000}),
        ceiling_category=3, monthly_resources_cents=matching_pb2.Band(**{"from": 180_000, "to": 180_000}),
        monthly_aid_cents=20_000, least_typology=ledger_pb2.TYPOLOGY_T3, best_typology=ledger_pb2.TYPOLOGY_T3,
        most_typology=ledger_pb2.TYPOLOGY_T3, access=matching_pb2.ACCESS_ORDINARY,
        wishes=[matching_pb2.Wish(place=territory, rank=1)], widening=matching_pb2.WIDENING_NO,
        legal_basis=matching_pb2.LEGAL_BASIS_L442_6, entered_on=day(2025, 1, 10))
    offer = matching_pb2.Offer(
        offer_id="O-PY", dwelling_ref="LOT-PY", bailleur_siren=host, role=matching_pb2.LANDLORD_ROLE_OTHER,
        commune_insee="93066", typology=ledger_pb2.TYPOLOGY_T3, access=matching_pb2.ACCESS_ORDINARY,
        financing=matching_pb2.FINANCING_PLUS, rent_cents=60_000, charges_cents=9_000,
        available_from=day(2025, 6, 1), published_on=day(2025, 6, 1), formal=True)
    matching.DeclareNeeds(matching_pb2.DeclareNeedsRequest(needs=[need], request_id="py-need", **who), timeout=10)
    matching.DeclareOffers(matching_pb2.DeclareOffersRequest(offers=[offer], request_id="py-offer", **who), timeout=10)
    best = matching.RunMatching(matching_pb2.RunMatchingRequest(territory_siren=territory), timeout=10)
    assert best.certified, best
    matching.Propose(matching_pb2.ProposeRequest(
        proposal_id="P-PY", household=need.household, offer_id="O-PY", mode=matching_pb2.PROPOSAL_MODE_BATCH,
        formal_offer_id="F-PY", request_id="py-propose", **who), timeout=10)
    empty, step = empty_pb2.Empty(), matching_pb2.ProposalStep
    lease = matching_pb2.Lease(placement_id="R-PY-2", lease_date=best.on, rent_cents=56_000, charges_cents=9_000)
    allocated = matching_pb2.CaleolDecision(verdict=matching_pb2.CALEOL_VERDICT_ALLOCATED)
    steps = [step(position=empty), step(submit=empty), step(decide=allocated), step(notify=empty),
             step(accept=empty), step(sign=lease)]
    for one in steps:
        name = one.WhichOneof("step")
        answer = matching.StepProposal(matching_pb2.StepProposalRequest(
            proposal_id="P-PY", step=one, request_id=f"py-{name}", **who), timeout=10)
    assert answer.proposal.stage == matching_pb2.PROPOSAL_STAGE_COMPLETED, answer
    for _ in range(300):
        [message] = matching.ListOutbox(matching_pb2.ListOutboxRequest(), timeout=10).messages
        assert not message.last_error, message
        if message.HasField("delivered_at"):
            break
        time.sleep(0.05)
    ledger = ledger_pb2_grpc.LedgerServiceStub(channel)
    booked = ledger.GetRelogement(ledger_pb2.GetRelogementRequest(relogement_id="R-PY-2"), timeout=10).relogement
    assert (booked.reference_rent_cents, booked.practised_rent_cents) == (60_000, 56_000), booked
    assert booked.household != need.household, "the ledger has a name of its own for the household"
    print(f"rehoused: the lease of {booked.host_siren} is entry {message.seq} of the journal")


if __name__ == "__main__":
    main(*sys.argv[1:])
