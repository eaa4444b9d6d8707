//! A small journal with every kind of écriture, and its exports in memory.

#![allow(dead_code, clippy::unwrap_used, clippy::panic)] // each test file uses its part

use chambre_audit::{Export, Files, Format, Manifest, Names, Scope};
use chambre_domain::bailleur::Succession;
use chambre_domain::follow_up::{
    CounterpartStep, Indemnity, IndemnityStatus, LandCounterpart, Reversal, ReversalReason, Works,
};
use chambre_domain::netting_run::{NettingDecision, PaymentConfirmation};
use chambre_domain::relogement::Typology;
use chambre_domain::{
    Account, Amount, Bailleur, BailleurKind, BookedAt, Cents, Compte, Date, Entry, Event, EventId,
    HouseholdId, NettingId, OfficerId, OperationId, PaymentId, Relogement, RelogementId, Seal, Seq, Siren,
    TerritoryId, Text, Transfer, VoucherRef,
};
use std::io;

pub const FEC_WHOLE: &str = "000000000FEC20251231";

pub fn plaine_commune() -> TerritoryId {
    TerritoryId::parse("t", "200057867").unwrap()
}

pub fn paris() -> TerritoryId {
    TerritoryId::parse("t", "217500016").unwrap()
}

/// The origin of relogement R-1.
pub fn origin() -> Siren {
    Siren::fictitious(0)
}

/// Its host.
pub fn host() -> Siren {
    Siren::fictitious(1)
}

/// A bailleur that is there at the end only: it absorbs the host.
pub fn heir() -> Siren {
    Siren::fictitious(2)
}

pub fn names() -> Names {
    Box::new(|siren| {
        let known = [
            (origin(), "Habitat Origine"),
            (host(), "=CMD(\"accueil\")"),
            (heir(), "Société Hlm\tL’Œuvre; suite\n"),
        ];
        known
            .iter()
            .find(|(known, _)| *known == siren)
            .map(|(_, name)| (*name).to_owned())
            .unwrap_or_default()
    })
}

pub fn whole() -> Scope {
    Scope::whole(Date::constant(2025, 12, 31))
}

/// An entry booked at noon in Paris.
pub fn entry(seq: u64, booked: Date, id: &str, event: Event, transfers: &[Transfer]) -> Entry {
    let seal = Seal::from_bytes(&[u8::try_from(seq).unwrap(); 32]).unwrap();
    Entry {
        seq: Seq::new(seq),
        event_id: EventId::parse("e", id).unwrap(),
        occurred_on: event.occurred_on().unwrap_or(booked),
        booked_at: BookedAt::noon_in_paris(booked),
        event,
        transfers: transfers.iter().copied().collect(),
        seal,
    }
}

pub fn transfer(debit: (Compte, Siren), credit: (Compte, Siren), amount: i64) -> Transfer {
    transfer_in(plaine_commune(), debit, credit, amount)
}

fn transfer_in(place: TerritoryId, debit: (Compte, Siren), credit: (Compte, Siren), amount: i64) -> Transfer {
    let [debit, credit] = [debit, credit].map(|(compte, siren)| Account::of(compte, place, siren));
    Transfer::new(debit, credit, Amount::new("a", amount).unwrap()).unwrap()
}

fn share(siren: Siren, amount: i64) -> Transfer {
    let position = Account::of(Compte::PositionDuBailleur, plaine_commune(), siren);
    Transfer::new(position, Account::shared_out(plaine_commune()), Amount::new("a", amount).unwrap()).unwrap()
}

pub fn relogement(id: &str) -> Event {
    Event::RelogementRecorded(Box::new(Relogement {
        id: RelogementId::parse("r", id).unwrap(),
        operation: OperationId::parse("o", "OP-1").unwrap(),
        household: HouseholdId::parse("h", "h-7f3a9c2e41").unwrap().into(),
        host: host(),
        lease_date: Date::constant(2025, 3, 1),
        commune: "93066".into(),
        typology: Typology::T4,
        reference_rent: Cents::new(84_000),
        practised_rent: Cents::new(51_999),
        charges: None,
        contingent: None,
        out_of_flow: false,
        sne_motive_ru: false,
    }))
}

pub fn works() -> Event {
    Event::WorksRecorded(Works {
        relogement: RelogementId::parse("r", "R-1").unwrap(),
        amount: Amount::new("a", 120_000).unwrap(),
        invoiced_on: Date::constant(2025, 4, 2),
        voucher: VoucherRef::parse("v", "F-17").unwrap(),
    })
}

fn registration() -> Event {
    let name = Text::parse("n", "Habitat Origine").unwrap();
    Event::BailleurRegistered(Bailleur { siren: origin(), name, kind: BailleurKind::Oph })
}

fn indemnity() -> Event {
    Event::IndemnityRecorded(Indemnity {
        relogement: RelogementId::parse("r", "R-1").unwrap(),
        status: IndemnityStatus::Received,
        amount: Amount::new("a", 400_000).unwrap(),
        occurred_on: Date::constant(2025, 6, 30),
    })
}

fn reversal() -> Event {
    let reverses = EventId::parse("e", "-2").unwrap();
    Event::EventReversed(Reversal { reverses, reason: ReversalReason::Error })
}

fn counterpart() -> Event {
    Event::LandCounterpartRecorded(LandCounterpart {
        territory: paris(),
        bailleur: heir(),
        step: CounterpartStep::Due,
        square_metres: Amount::new("m", 350).unwrap(),
        occurred_on: Date::constant(2025, 5, 5),
        voucher: VoucherRef::parse("v", "ACTE-1").unwrap(),
        officer: officer(),
    })
}

fn approval() -> Event {
    let netting = NettingId::parse("n", "N-2025-1").unwrap();
    Event::NettingApproved(NettingDecision { netting, officer: officer() })
}

fn payment() -> Event {
    Event::PaymentConfirmed(PaymentConfirmation {
        netting: NettingId::parse("n", "N-2025-1").unwrap(),
        payment: PaymentId::parse("p", "N-2025-1-0001").unwrap(),
        paid_on: Date::constant(2025, 11, 3),
        amount: Amount::new("a", 2_600).unwrap(),
        officer: officer(),
    })
}

fn succession() -> Event {
    let effective_on = Date::constant(2025, 12, 1);
    Event::BailleurSucceeded(Succession {
        absorbed: host(),
        absorbing: heir(),
        effective_on,
        officer: officer(),
    })
}

fn officer() -> OfficerId {
    OfficerId::parse("o", "agent-1").unwrap()
}

/// Ten entries, in 2025: what a relogement costs, one error put right, a netting, a payment, a merger.
pub fn journal() -> Vec<Entry> {
    use Compte::{
        DroitsDus, DroitsHonores, EcartDeLoyer, EffortMesure, IndemniteAnru, PositionDuBailleur,
        RelogementsAccueillis, RelogementsConfies, Travaux,
    };
    let on = |month, day| Date::constant(2025, month, day);
    let placed = transfer((RelogementsConfies, origin()), (RelogementsAccueillis, host()), 1);
    let gap = transfer((EcartDeLoyer, host()), (EffortMesure, host()), 384_012);
    let worked = transfer((Travaux, host()), (EffortMesure, host()), 120_000);
    let received = transfer((EffortMesure, host()), (IndemniteAnru, host()), 400_000);
    let effort = transfer((EffortMesure, host()), (PositionDuBailleur, host()), 104_012);
    let paid = transfer((PositionDuBailleur, host()), (PositionDuBailleur, origin()), 2_600);
    let right = transfer_in(paris(), (DroitsDus, heir()), (DroitsHonores, heir()), 350);
    let moved = transfer((PositionDuBailleur, host()), (PositionDuBailleur, heir()), 75_609);
    let mut cancelled = entry(4, on(4, 8), "e-4", reversal(), &[worked.mirrored()]);
    cancelled.occurred_on = on(4, 2);
    vec![
        entry(1, on(1, 6), "bailleur:000000018", registration(), &[]),
        entry(2, on(3, 10), "e-2", relogement("R-1"), &[placed, gap]),
        entry(3, on(4, 7), "-2", works(), &[worked]),
        cancelled,
        entry(5, on(4, 8), "e-5", works(), &[worked]),
        entry(6, on(5, 6), "e-6", counterpart(), &[right]),
        entry(7, on(7, 1), "e-7", indemnity(), &[received]),
        entry(
            8,
            on(10, 15),
            "netting-approved:N-2025-1",
            approval(),
            &[effort, share(host(), 25_803), share(origin(), 78_209)],
        ),
        entry(9, on(11, 4), "payment:N-2025-1-0001", payment(), &[paid]),
        entry(10, on(12, 2), "e-10", succession(), &[moved]),
    ]
}

/// Exports entries into memory.
pub fn run(format: Format, scope: Scope, entries: &[Entry]) -> io::Result<(Files, Manifest)> {
    feed(Export::new(format, scope, names()), entries)
}

/// Gives entries to an export and ends it.
pub fn feed(mut export: Export, entries: &[Entry]) -> io::Result<(Files, Manifest)> {
    let mut files = Files::default();
    for entry in entries {
        export.entry(entry, &mut files)?;
    }
    let manifest = export.finish(&mut files)?;
    Ok((files, manifest))
}

/// The text of one file of an export of the whole journal.
pub fn text(format: Format, scope: Scope, file: &str) -> String {
    let (files, _) = run(format, scope, &journal()).unwrap();
    assert!(files.iter().any(|(name, _)| name == file), "no file {file} in {files:?}");
    files.text(file)
}
