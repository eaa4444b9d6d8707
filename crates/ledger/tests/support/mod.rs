//! Builders: a chamber with a few bailleurs, and events in one line.

#![allow(dead_code, clippy::unwrap_used, clippy::panic)] // each test binary uses its part; helpers of tests may stop

use chambre_domain::bailleur::Succession;
use chambre_domain::convention::{EffortRule, FairShare, RentGapMode, RentGapRule, SettlementRule};
use chambre_domain::dispute::{
    DisputeOutcome, DisputeParty, DisputeRaising, DisputeReason, DisputeSettlement, DisputeSubject,
};
use chambre_domain::follow_up::{
    CounterpartStep, Indemnity, IndemnityStatus, LandCounterpart, LeaseEnd, RentGapAccrual, RentRevision,
    Reversal, ReversalReason, Vacancy, Works,
};
use chambre_domain::netting::{NetPosition, NettingProposal, Payment, PaymentPlan, SharedEffort};
use chambre_domain::netting_run::{
    CancellationReason, NettingCancellation, NettingDecision, NettingInstruction, NettingOpening,
    NettingPublication, PaymentConfirmation, PaymentReturn,
};
use chambre_domain::operation::OperationKind;
use chambre_domain::relogement::Typology;
use chambre_domain::rent::RentHistory;
use chambre_domain::{
    Account, Amount, Bailleur, BailleurKind, BankAccount, BookedAt, Cents, Compte, Convention, Date, Entry,
    Event, EventId, HouseholdId, Iban, NettingId, OfficerId, Operation, OperationId, PaymentId, Period,
    Receipt, Refusal, Relogement, RelogementId, Seq, Siren, TerritoryId, Text, Transfer, VoucherRef,
};
use chambre_ledger::Reader;
use chambre_ledger::{
    Command, Durability, Ledger, LedgerError, Mode, Outcome, Salts, Settings, Verification, verify,
};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// Today, in every test that does not say otherwise.
pub const TODAY: Date = day(2026, 11, 24);

pub const fn day(year: i16, month: i8, day: i8) -> Date {
    Date::constant(year, month, day)
}

/// Plaine Commune: its convention capitalises the rent gap over 12 months, with claw-back.
pub fn plaine() -> TerritoryId {
    TerritoryId::parse("t", "200057867").unwrap()
}

/// Est Ensemble: its convention accrues the rent gap month by month.
pub fn ensemble() -> TerritoryId {
    TerritoryId::parse("t", "200057875").unwrap()
}

/// A bailleur by its letter: O the origin, H the host, X another host, N absorbs, E has no stock.
pub fn bailleur(letter: char) -> Siren {
    let place = "OHXNEAB".find(letter).unwrap();
    Siren::fictitious(u32::try_from(place).unwrap() + 1)
}

pub fn letter(siren: Siren) -> char {
    "OHXNEAB".chars().find(|letter| bailleur(*letter) == siren).unwrap_or('?')
}

pub fn text(text: &str) -> Text {
    Text::parse("text", text).unwrap()
}

pub fn id(text: &str) -> EventId {
    EventId::parse("event_id", text).unwrap()
}

pub fn officer(text: &str) -> OfficerId {
    OfficerId::parse("officer_id", text).unwrap()
}

pub fn netting_id(text: &str) -> NettingId {
    NettingId::parse("netting_id", text).unwrap()
}

pub fn amount(cents: i64) -> Amount {
    Amount::size_of(Cents::new(cents)).unwrap()
}

fn relogement_id(text: &str) -> RelogementId {
    RelogementId::parse("relogement_id", text).unwrap()
}

pub fn registered(letter: char) -> Event {
    let kind = if letter == 'E' { BailleurKind::OperateurSansParc } else { BailleurKind::Oph };
    let name = text(&format!("Bailleur {letter}"));
    Event::BailleurRegistered(Bailleur { siren: bailleur(letter), name, kind })
}

pub fn succeeded(absorbed: char, absorbing: char) -> Event {
    Event::BailleurSucceeded(Succession {
        absorbed: bailleur(absorbed),
        absorbing: bailleur(absorbing),
        effective_on: day(2026, 1, 1),
        officer: officer("alice"),
    })
}

/// The `n`-th fictitious account, given by a bailleur on a day.
pub fn banked(letter: char, n: u32, valid_from: Date) -> Event {
    Event::BankAccountRegistered(Box::new(BankAccount {
        bailleur: bailleur(letter),
        iban: Iban::fictitious(n),
        bic: None,
        holder: text(&format!("Bailleur {letter}")),
        valid_from,
        officer: officer("alice"),
    }))
}

pub fn operation(name: &str, territory: TerritoryId, origin: char) -> Event {
    Event::OperationRegistered(Operation {
        id: OperationId::parse("operation_id", name).unwrap(),
        name: text("Opération fictive"),
        kind: OperationKind::Anru,
        territory,
        origin: bailleur(origin),
        planned_relogements: 10,
        anru: None,
    })
}

/// A convention under which the origin bears its events.
pub fn convention(
    territory: TerritoryId,
    version: u32,
    in_force_from: Date,
    rent_gap: RentGapRule,
) -> Convention {
    Convention {
        territory,
        version,
        in_force_from,
        title: text("Charte fictive"),
        articles: Default::default(),
        rent_gap,
        effort: EffortRule::default(),
        fair_share: FairShare::Causal,
        settlement: SettlementRule::default(),
        commitments: Vec::new(),
    }
}

pub fn published(convention: Convention) -> Event {
    Event::ConventionPublished(Box::new(convention))
}

pub fn capitalised() -> RentGapRule {
    let mode = RentGapMode::Capitalised;
    RentGapRule { mode, months: 12, claw_back: true, revise_with_irl: false, include_charges: false }
}

pub fn accrued() -> RentGapRule {
    let mode = RentGapMode::Accrued;
    RentGapRule { mode, months: 192, claw_back: false, revise_with_irl: true, include_charges: false }
}

/// A relogement of operation `OP-T` (Plaine Commune) or `OP-U` (Est Ensemble), with a monthly gap in cents.
pub fn declared(name: &str, operation: &str, host: char, lease_date: Date, gap: i64) -> Relogement {
    Relogement {
        id: relogement_id(name),
        operation: OperationId::parse("operation_id", operation).unwrap(),
        household: HouseholdId::parse("household", &format!("h-{name}")).unwrap().into(),
        host: bailleur(host),
        lease_date,
        commune: "93066".into(),
        typology: Typology::T3,
        reference_rent: Cents::new(51_999 + gap),
        practised_rent: Cents::new(51_999),
        charges: None,
        contingent: None,
        out_of_flow: false,
        sne_motive_ru: false,
    }
}

pub fn recorded(name: &str, operation: &str, host: char, lease_date: Date, gap: i64) -> Event {
    Event::RelogementRecorded(Box::new(declared(name, operation, host, lease_date, gap)))
}

pub fn works(name: &str, cents: i64) -> Event {
    works_on(name, cents, day(2025, 4, 2))
}

pub fn works_on(name: &str, cents: i64, invoiced_on: Date) -> Event {
    let voucher = VoucherRef::parse("voucher", "F-17").unwrap();
    Event::WorksRecorded(Works {
        relogement: relogement_id(name),
        amount: amount(cents),
        invoiced_on,
        voucher,
    })
}

pub fn vacancy(name: &str, from: Date, to: Date, cents: i64) -> Event {
    Event::VacancyRecorded(Vacancy { relogement: relogement_id(name), from, to, amount: amount(cents) })
}

pub fn indemnity(name: &str, status: IndemnityStatus, cents: i64) -> Event {
    let occurred_on = day(2025, 9, 1);
    Event::IndemnityRecorded(Indemnity {
        relogement: relogement_id(name),
        status,
        amount: amount(cents),
        occurred_on,
    })
}

pub fn received(name: &str, cents: i64) -> Event {
    indemnity(name, IndemnityStatus::Received, cents)
}

pub fn reclaimed(name: &str, cents: i64) -> Event {
    indemnity(name, IndemnityStatus::Reclaimed, cents)
}

pub fn revised(name: &str, from: Date, gap: i64) -> Event {
    Event::RentRevised(RentRevision {
        relogement: relogement_id(name),
        from,
        reference_rent: Cents::new(51_999 + gap),
        practised_rent: Cents::new(51_999),
    })
}

pub fn ended(name: &str, ended_on: Date) -> Event {
    Event::LeaseEnded(LeaseEnd { relogement: relogement_id(name), ended_on })
}

pub fn land(letter: char, step: CounterpartStep, square_metres: i64) -> Event {
    Event::LandCounterpartRecorded(LandCounterpart {
        territory: plaine(),
        bailleur: bailleur(letter),
        step,
        square_metres: amount(square_metres),
        occurred_on: day(2025, 6, 1),
        voucher: VoucherRef::parse("voucher", "ACTE-3").unwrap(),
        officer: officer("alice"),
    })
}

pub fn reversed(event_id: &str) -> Event {
    Event::EventReversed(Reversal { reverses: id(event_id), reason: ReversalReason::Error })
}

pub fn accrual(name: &str, recorded_seq: u64, through: Date, due: i64, booked_before: i64) -> Event {
    Event::RentGapAccrued(RentGapAccrual {
        relogement: relogement_id(name),
        recorded_seq: Seq::new(recorded_seq),
        through,
        due: Cents::new(due),
        booked_before: Cents::new(booked_before),
    })
}

/// A run to propose; every figure is in cents.
pub struct Run<'a> {
    pub id: &'a str,
    pub at_seq: u64,
    pub to: Date,
    /// Relogement by its seq, effort shared.
    pub shared: &'a [(u64, i64)],
    /// Bailleur, effort, fair share, carried over, settled.
    pub positions: &'a [(char, i64, i64, i64, i64)],
    /// Payment, payer, payee, amount.
    pub payments: &'a [(&'a str, char, char, i64)],
}

impl Run<'_> {
    pub fn proposal(&self) -> NettingProposal {
        let mut positions: Vec<NetPosition> = self
            .positions
            .iter()
            .map(|(letter, effort, fair_share, carried_over, settled)| NetPosition {
                bailleur: bailleur(*letter),
                effort: Cents::new(*effort),
                fair_share: Cents::new(*fair_share),
                carried_over: Cents::new(*carried_over),
                position: Cents::new(effort.wrapping_sub(*fair_share).wrapping_add(*carried_over)),
                settled: Cents::new(*settled),
            })
            .collect();
        positions.sort_by_key(|position| position.bailleur);
        let payment = |(name, from, to, cents): &(&str, char, char, i64)| Payment {
            id: PaymentId::parse("payment_id", name).unwrap(),
            from: bailleur(*from),
            to: bailleur(*to),
            amount: amount(*cents),
        };
        let shared = self
            .shared
            .iter()
            .map(|(seq, cents)| SharedEffort { recorded_seq: Seq::new(*seq), amount: Cents::new(*cents) });
        NettingProposal {
            id: netting_id(self.id),
            territory: plaine(),
            period: Period::new(day(2025, 1, 1), self.to).unwrap(),
            at_seq: Seq::new(self.at_seq),
            officer: officer("alice"),
            revision: 1,
            input_sha256: "00".into(),
            held: Vec::new(),
            disputed: Vec::new(),
            refusers: Vec::new(),
            left: Vec::new(),
            shared: shared.collect(),
            positions,
            plan: PaymentPlan { payments: self.payments.iter().map(payment).collect(), lower_bound: 0 },
        }
    }

    pub fn proposed(&self) -> Event {
        Event::NettingProposed(Box::new(self.proposal()))
    }
}

pub fn approved(netting: &str, by: &str) -> Event {
    Event::NettingApproved(NettingDecision { netting: netting_id(netting), officer: officer(by) })
}

pub fn rejected(netting: &str) -> Event {
    Event::NettingRejected(NettingDecision { netting: netting_id(netting), officer: officer("bob") })
}

pub fn paid(netting: &str, payment: &str, cents: i64) -> Event {
    Event::PaymentConfirmed(PaymentConfirmation {
        netting: netting_id(netting),
        payment: PaymentId::parse("payment_id", payment).unwrap(),
        paid_on: day(2026, 2, 10),
        amount: amount(cents),
        officer: officer("bob"),
    })
}

pub fn opened(netting: &str, to: Date) -> Event {
    let period = Period::new(day(2025, 1, 1), to).unwrap();
    let (id, officer) = (netting_id(netting), officer("alice"));
    Event::NettingOpened(NettingOpening { id, territory: plaine(), period, officer })
}

pub fn cut_off(netting: &str) -> Event {
    Event::NettingCutOff(NettingDecision { netting: netting_id(netting), officer: officer("alice") })
}

pub fn publication(netting: &str, disputes_until: Option<Date>) -> Event {
    let (netting, officer) = (netting_id(netting), officer("alice"));
    Event::NettingPublished(NettingPublication { netting, officer, disputes_until })
}

pub fn instructed(netting: &str, pay_on: Date) -> Event {
    Event::NettingInstructed(NettingInstruction {
        netting: netting_id(netting),
        officer: officer("bob"),
        pay_on,
    })
}

pub fn cancelled(netting: &str) -> Event {
    let reason = CancellationReason::DecisionOfTheSignatories;
    Event::NettingCancelled(NettingCancellation {
        netting: netting_id(netting),
        officer: officer("bob"),
        reason,
    })
}

pub fn closed(netting: &str) -> Event {
    Event::NettingClosed(NettingDecision { netting: netting_id(netting), officer: officer("bob") })
}

pub fn sent_back(netting: &str, payment: &str) -> Event {
    Event::PaymentReturned(PaymentReturn {
        netting: netting_id(netting),
        payment: PaymentId::parse("payment_id", payment).unwrap(),
        returned_on: day(2026, 2, 12),
        officer: officer("bob"),
    })
}

/// A dispute of a relogement by a bailleur, in a run, or by an officer ('!').
pub fn dispute(relogement: &str, by: char, netting: impl AsRef<str>) -> Event {
    let raised_by = match by {
        '!' => DisputeParty::Officer { id: officer("alice") },
        letter => DisputeParty::Bailleur { siren: bailleur(letter) },
    };
    Event::DisputeRaised(DisputeRaising {
        subject: DisputeSubject::Relogement { id: relogement_id(relogement) },
        netting: (by != '!').then(|| netting_id(netting.as_ref())),
        reason: DisputeReason::AmountWrong,
        raised_by,
    })
}

/// An officer holds a whole bailleur.
pub fn hold(letter: char) -> Event {
    Event::DisputeRaised(DisputeRaising {
        subject: DisputeSubject::Bailleur { territory: plaine(), siren: bailleur(letter) },
        netting: None,
        reason: DisputeReason::UnderNegotiation,
        raised_by: DisputeParty::Officer { id: officer("alice") },
    })
}

pub fn dispute_settled(dispute: &str) -> Event {
    Event::DisputeSettled(DisputeSettlement {
        dispute: id(dispute),
        officer: officer("bob"),
        outcome: DisputeOutcome::Dismissed,
    })
}

/// A chamber in a temporary folder, with a clock that stands still until it is moved.
pub struct Chamber {
    pub folder: tempfile::TempDir,
    pub settings: Settings,
    ledger: Option<Ledger>,
    now: Arc<AtomicI64>,
    runtime: tokio::runtime::Runtime,
}

pub fn relaxed() -> Settings {
    // A test dies with its machine: nobody needs its commits to outlive a power cut.
    // The same events have the same seals, whatever the road they take.
    let salts = Salts::Derived([7; 32]);
    Settings { durability: Durability::Relaxed, disk_reserve_bytes: 0, salts, ..Settings::default() }
}

impl Chamber {
    pub fn empty() -> Self {
        let mut chamber = Self::closed();
        chamber.reopen();
        chamber
    }

    /// A folder that nobody has opened yet.
    pub fn closed() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let now = Arc::new(AtomicI64::new(BookedAt::noon_in_paris(TODAY).millis()));
        let folder = tempfile::tempdir().unwrap();
        Self { folder, settings: relaxed(), ledger: None, now, runtime }
    }

    /// Entries 1 to 9: bailleurs O, H, X, N, E; operations OP-T and OP-U of O; both conventions.
    pub fn with_registry() -> Self {
        let chamber = Self::empty();
        for (place, event) in registry().into_iter().enumerate() {
            assert_eq!(chamber.booked(&format!("registry-{place}"), event), place as u64 + 1);
        }
        chamber
    }

    pub fn ledger(&self) -> &Ledger {
        self.ledger.as_ref().unwrap()
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn set_now(&self, day: Date) {
        self.now.store(BookedAt::noon_in_paris(day).millis(), Ordering::SeqCst);
    }

    pub fn close(&mut self) {
        if let Some(ledger) = self.ledger.take() {
            ledger.close().unwrap();
        }
    }

    pub fn try_reopen(&mut self) -> Result<(), LedgerError> {
        self.close();
        let now = Arc::clone(&self.now);
        let clock = Arc::new(move || BookedAt::from_millis(now.load(Ordering::SeqCst)));
        self.ledger = Some(Ledger::open(self.folder.path(), self.settings, clock)?);
        Ok(())
    }

    pub fn reopen(&mut self) {
        self.try_reopen().unwrap();
    }

    pub fn wait<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    pub fn record(&self, commands: Vec<Command>, mode: Mode) -> Vec<Outcome> {
        self.wait(self.ledger().record(commands, mode)).unwrap()
    }

    pub fn batch(&self, mode: Mode, events: &[(&str, Event)]) -> Vec<Outcome> {
        self.record(events.iter().map(|(name, event)| Command::new(id(name), event.clone())).collect(), mode)
    }

    pub fn outcome(&self, name: &str, event: Event) -> Outcome {
        self.batch(Mode::Each, &[(name, event)]).remove(0)
    }

    pub fn receipt(&self, name: &str, event: Event) -> Receipt {
        self.outcome(name, event).unwrap_or_else(|refusal| panic!("{name}: {refusal} {:?}", refusal.facts))
    }

    /// Books a new event; the number of its entry.
    pub fn booked(&self, name: &str, event: Event) -> u64 {
        let receipt = self.receipt(name, event);
        assert!(!receipt.replayed, "{name} was booked before");
        receipt.seq.get()
    }

    /// Why an event is refused: `REASON field fact=value …`.
    pub fn refused(&self, name: &str, event: Event) -> String {
        match self.outcome(name, event) {
            Ok(receipt) => panic!("{name} was accepted at {}", receipt.seq),
            Err(refusal) => said(&refusal),
        }
    }

    pub fn entry(&self, seq: u64) -> Entry {
        self.ledger().entries(&[seq]).unwrap().remove(0)
    }

    /// The transfers of an entry, `compte bailleur > compte bailleur amount`.
    pub fn moves(&self, seq: u64) -> Vec<String> {
        self.entry(seq).transfers.iter().map(line).collect()
    }

    /// Credits − debits of a bailleur's account in Plaine Commune.
    pub fn balance(&self, compte: Compte, letter: char) -> i64 {
        self.balance_of(Account::of(compte, plaine(), bailleur(letter)))
    }

    pub fn balance_of(&self, account: Account) -> i64 {
        self.ledger().books().unwrap().balances().of(account).credit_balance()
    }

    pub fn fingerprint(&self) -> String {
        self.ledger().books().unwrap().fingerprint()
    }

    pub fn head(&self) -> u64 {
        self.ledger().books().unwrap().head().seq.get()
    }

    pub fn verified(&self) -> Verification {
        verify(&Reader::open(self.path()).unwrap(), |_| {}).unwrap()
    }

    /// Everything that a refused event must leave as it was: the books, the file.
    pub fn state(&self) -> (String, Vec<Entry>, String) {
        let entries = self.ledger().entries_after(Seq::ZERO, u32::MAX, None, None).unwrap();
        let stored = self.ledger().read(|reader| Ok(format!("{:?}", reader.balances()?))).unwrap();
        (self.fingerprint(), entries, stored)
    }

    /// The books in memory, the file, and a replay of the file say the same.
    pub fn check_sound(&mut self) {
        let before = self.fingerprint();
        self.reopen();
        assert_eq!(self.fingerprint(), before, "a replay gives other books");
        let verified = self.verified();
        assert_eq!(verified.fault, None);
        assert_eq!(verified.entries, self.head());
    }
}

pub fn registry() -> Vec<Event> {
    let mut events: Vec<Event> = "OHXNE".chars().map(registered).collect();
    events.push(operation("OP-T", plaine(), 'O'));
    events.push(operation("OP-U", ensemble(), 'O'));
    events.push(published(convention(plaine(), 1, day(2024, 1, 1), capitalised())));
    events.push(published(convention(ensemble(), 1, day(2024, 1, 1), accrued())));
    events
}

pub fn said(refusal: &Refusal) -> String {
    let mut said = format!("{} {}", refusal.reason, refusal.field);
    for (name, fact) in &refusal.facts {
        said.push_str(&format!(" {name}={fact}"));
    }
    said
}

pub fn line(transfer: &Transfer) -> String {
    let account = |account: Account| match account.bailleur {
        Some(siren) => format!("{} {}", account.compte, letter(siren)),
        None => account.compte.to_string(),
    };
    format!("{} > {} {}", account(transfer.debit()), account(transfer.credit()), transfer.amount().get())
}

/// The worked figure of DESIGN.md, shared 20/20/60 %: H is owed 782.09 by O (774.07) and X (8.02).
pub fn worked_run(id: &str, at_seq: u64, to: Date, seqs: (u64, u64)) -> Event {
    Run {
        id,
        at_seq,
        to,
        shared: &[(seqs.0, 104_012), (seqs.1, 25_000)],
        positions: &[
            ('O', 0, 77_407, 0, -77_407),
            ('H', 104_012, 25_803, 0, 78_209),
            ('X', 25_000, 25_802, 0, -802),
        ],
        payments: &[(&format!("{id}-1"), 'O', 'H', 77_407), (&format!("{id}-2"), 'X', 'H', 802)],
    }
    .proposed()
}

/// A life of the chamber in which every kind of event happens and is accepted, from an empty journal.
///
/// Entries 1 to 9 are the registry; the comments number those that later entries name.
pub fn story() -> Vec<(String, Event)> {
    let due = |through, ended_on, revisions: &[(Date, i64)]| {
        let mut rents = RentHistory::of(&declared("R-3", "OP-U", 'H', day(2025, 1, 10), 10_000));
        let revision = |(from, gap): &(Date, i64)| (*from, Cents::new(51_999 + gap), Cents::new(51_999));
        rents.revisions = revisions.iter().map(revision).collect();
        rents.ended_on = ended_on;
        rents.accrued(&accrued(), through).unwrap().get()
    };
    let (year_end, july) = (day(2025, 12, 31), day(2025, 7, 1));
    let (first, second) =
        (due(year_end, None, &[(july, 9_000)]), due(year_end, Some(day(2025, 10, 31)), &[(july, 9_000)]));
    let mut events = registry();
    events.extend([
        recorded("R-1", "OP-T", 'H', day(2025, 3, 15), 32_001), // 10
        works("R-1", 120_000),                                  // 11
        vacancy("R-1", day(2025, 2, 1), day(2025, 2, 10), 10_000), // 12
        reversed("s-12"),
        indemnity("R-1", IndemnityStatus::Expected, 500_000),
        received("R-1", 400_000),
        recorded("R-2", "OP-T", 'X', day(2025, 5, 1), 0), // 16
        works("R-2", 25_000),
        recorded("R-3", "OP-U", 'H', day(2025, 1, 10), 10_000), // 18
        revised("R-3", day(2025, 6, 1), 8_000),                 // 19
        revised("R-3", july, 9_000),
        reversed("s-19"),
        accrual("R-3", 18, year_end, first, 0),
        ended("R-3", day(2025, 10, 31)),
        accrual("R-3", 18, year_end, second, first),
        hold('E'), // 25: nothing moves, and E has no part in the run
        worked_run("N-2", 24, day(2025, 12, 31), (10, 16)),
        approved("N-2", "bob"),
        paid("N-2", "N-2-1", 77_407),
        recorded("R-4", "OP-T", 'H', day(2025, 6, 1), 5_000), // 29
        reversed("s-29"),
        recorded("R-4", "OP-T", 'H', day(2025, 6, 1), 32_001), // 31
        ended("R-4", day(2025, 8, 31)),                        // 32
        reversed("s-32"),
        land('H', CounterpartStep::Due, 100),
        land('H', CounterpartStep::Honoured, 40),
        second_run("N-3", 35),
        rejected("N-3"),
        second_run("N-4", 37),
        approved("N-4", "bob"),
        paid("N-4", "N-4-1", 384_012),
        published(convention(plaine(), 2, day(2026, 1, 1), capitalised())),
        succeeded('H', 'N'),
        reclaimed("R-1", 100_000),
        reversed("s-11"),
        paid("N-4", "N-4-2", 802),
        recorded("R-5", "OP-T", 'N', day(2026, 2, 1), -1_000),
        ended("R-5", day(2026, 3, 15)),
        opened("N-5", day(2026, 2, 28)), // 48
        cut_off("N-5"),
        cancelled("N-5"),
        third_run("N-6", 50),
        publication("N-6", None),
        approved("N-6", "bob"),
        instructed("N-6", day(2027, 6, 1)),
        paid("N-6", "N-6-1", 100),
        sent_back("N-6", "N-6-1"),
        closed("N-6"),
        dispute_settled("s-25"),
        works("R-2", 1_000), // the last entry moves something, so that a cut tail is seen by the balances
    ]);
    (1..).zip(events).map(|(seq, event)| (format!("s-{seq}"), event)).collect()
}

/// What R-4 (entry 31) adds to what X still owes of the worked run.
fn second_run(id: &str, at_seq: u64) -> Event {
    Run {
        id,
        at_seq,
        to: day(2026, 1, 31),
        shared: &[(31, 384_012)],
        positions: &[
            ('O', 0, 384_012, 0, -384_012),
            ('H', 384_012, 0, 802, 384_814),
            ('X', 0, 0, -802, -802),
        ],
        payments: &[(&format!("{id}-1"), 'O', 'H', 384_012), (&format!("{id}-2"), 'X', 'H', 802)],
    }
    .proposed()
}

/// A part of R-5 (entry 46), hosted by the bailleur that absorbed H.
fn third_run(id: &str, at_seq: u64) -> Event {
    Run {
        id,
        at_seq,
        to: day(2026, 2, 28),
        shared: &[(46, 100)],
        positions: &[('O', 0, 100, 0, -100), ('N', 100, 0, 0, 100)],
        payments: &[(&format!("{id}-1"), 'O', 'N', 100)],
    }
    .proposed()
}

pub fn commands(events: &[(String, Event)]) -> Vec<Command> {
    events.iter().map(|(name, event)| Command::new(id(name), event.clone())).collect()
}

/// The whole story, in one chamber.
pub fn told() -> Chamber {
    let chamber = Chamber::empty();
    for (outcome, (name, event)) in chamber.record(commands(&story()), Mode::Each).iter().zip(story()) {
        assert!(outcome.is_ok(), "{name} {}: {outcome:?}", event.kind());
    }
    chamber
}
