//! What a run reads of the books, frozen at one seq, and the proposal made of it.

use super::Netting;
use super::steps::{elsewhere, not_a_run};
use crate::desk::refused;
use crate::status;
use chambre_api::convert::netting::ProposalAsked;
use chambre_domain::dispute::DisputeSubject;
use chambre_domain::measure::{EffortLine, LineKind, MeasuredRelogement};
use chambre_domain::netting_run::{NettingDecision, NettingOpening, PaymentState, Proposed};
use chambre_domain::{
    Cents, Compte, Convention, Date, Event, EventId, NettingId, NettingProposal, NettingRun, NettingStatus,
    OfficerId, Period, Reason, Refusal, Seq, Siren, TerritoryId,
};
use chambre_ledger::Books;
use chambre_settlement::{NettingInput, Obligations, obligations};
use std::collections::{BTreeMap, BTreeSet};
use tonic::Status;

impl Netting {
    /// Proposes a run, opened or not; the same figures again change nothing.
    pub(super) async fn propose(
        &self,
        asked: ProposalAsked,
        validate_only: bool,
    ) -> Result<NettingRun, Status> {
        if let Some(plan) = asked.id.as_ref().and_then(|id| self.regional(id).transpose()) {
            return Err(refused(not_a_run(&plan?)));
        }
        let known = self.0.books(|books| run_meant(books, &asked).cloned())?;
        let (territory, period) = place(&asked, known.as_ref()).map_err(refused)?;
        if let Some(run) = known.as_ref().filter(|run| signed_as_asked(run, &asked)) {
            return Ok(run.clone());
        }
        self.in_the_past(period.to)?;
        if let Some(run) = &known
            && run.status == NettingStatus::Open
            && !validate_only
        {
            let (netting, officer) = (run.opening.id.clone(), asked.officer.clone());
            self.cut_off(NettingDecision { netting, officer }, false).await?;
        } else if known.is_none() && !validate_only {
            self.book_accruals(territory, period.to).await?;
        }
        let id = known.map(|run| run.opening.id).or(asked.id);
        let ProposalAsked { officer, held, refusers, .. } = asked;
        let subject = Subject { id, territory, period, officer, held, refusers };
        let snapshot = self.0.books(|books| Snapshot::take(books, subject))?.map_err(refused)?;
        let computed = tokio::task::spawn_blocking(move || snapshot.propose()).await;
        let proposal =
            computed.map_err(|_| status::unavailable("the computation was cut short"))?.map_err(refused)?;
        let (id, revision) = (proposal.id.clone(), proposal.revision);
        if let Some(run) = self.0.books(|books| books.netting(&id).cloned())?
            && run.proposal().is_some_and(|last| same_figures(last, &proposal))
        {
            return Ok(run);
        }
        if validate_only {
            return Ok(preview(proposal));
        }
        let noun = if revision == 1 { id.to_string() } else { format!("{id}/{revision}") };
        let event_id = EventId::of_chamber("netting-proposed", noun);
        self.0.book(event_id, Event::NettingProposed(Box::new(proposal)), false).await?;
        self.run(&id)
    }
}

/// The run that is asked for: by its id, or the one under way for the same territory and period.
fn run_meant<'a>(books: &'a Books, asked: &ProposalAsked) -> Option<&'a NettingRun> {
    match &asked.id {
        Some(id) => books.netting(id),
        None => books.nettings().find(|run| {
            run.status.is_under_way()
                && Some(run.opening.territory) == asked.territory
                && Some(run.opening.period) == asked.period
        }),
    }
}

/// A proposal sent again after it was signed: it is answered, not refused.
fn signed_as_asked(run: &NettingRun, asked: &ProposalAsked) -> bool {
    let same = |last: &NettingProposal| {
        last.officer == asked.officer
            && last.refusers == asked.refusers
            && asked.held.iter().all(|siren| last.held.contains(siren))
    };
    run.approved.is_some() && run.status != NettingStatus::Cancelled && run.proposal().is_some_and(same)
}

/// Where and when: as asked, or as the run was opened.
fn place(asked: &ProposalAsked, known: Option<&NettingRun>) -> Result<(TerritoryId, Period), Refusal> {
    let missing = |field: &str| Refusal::new(Reason::FieldMissing, field, "");
    let Some(run) = known else {
        let territory = asked.territory.ok_or_else(|| missing("territory_siren"))?;
        return Ok((territory, asked.period.ok_or_else(|| missing("period"))?));
    };
    let opening = &run.opening;
    let there = asked.territory.is_none_or(|territory| territory == opening.territory)
        && asked.period.is_none_or(|period| period == opening.period);
    if there { Ok((opening.territory, opening.period)) } else { Err(elsewhere(run)) }
}

fn same_figures(last: &NettingProposal, new: &NettingProposal) -> bool {
    last.input_sha256 == new.input_sha256
        && last.held == new.held
        && last.disputed == new.disputed
        && last.refusers == new.refusers
        && last.officer == new.officer
}

/// A proposal that nobody wrote.
fn preview(proposal: NettingProposal) -> NettingRun {
    let opening = NettingOpening {
        id: proposal.id.clone(),
        territory: proposal.territory,
        period: proposal.period,
        officer: proposal.officer.clone(),
    };
    NettingRun {
        cut_off: Some(proposal.at_seq),
        status: NettingStatus::Proposed,
        payments: vec![PaymentState::Awaited; proposal.plan.payments.len()],
        proposed: Some(Proposed { proposal, seq: Seq::ZERO }),
        ..NettingRun::open(opening, Seq::ZERO)
    }
}

/// What a proposal is about.
struct Subject {
    id: Option<NettingId>,
    territory: TerritoryId,
    period: Period,
    officer: OfficerId,
    held: Vec<Siren>,
    refusers: Vec<Siren>,
}

/// What a run reads of the books, frozen at one seq.
struct Snapshot {
    id: NettingId,
    subject: Subject,
    at_seq: Seq,
    revision: u32,
    conventions: Vec<Convention>,
    relogements: Vec<MeasuredRelogement>,
    carried_over: BTreeMap<Siren, Cents>,
    carried_obligations: Obligations,
    disputed: BTreeSet<Seq>,
}

impl Snapshot {
    fn take(books: &Books, mut subject: Subject) -> Result<Self, Refusal> {
        let territory = subject.territory;
        let run = subject.id.as_ref().and_then(|id| books.netting(id));
        let cut_off = run.and_then(|run| run.cut_off);
        let at_seq = cut_off.unwrap_or(books.head().seq);
        let (disputed, held) = disputed(books, territory);
        subject.held.extend(held);
        subject.held.sort_unstable();
        subject.held.dedup();
        let files = books.relogements_of(territory).map(|file| &file.measured);
        // The disputed ones too: what earlier runs shared of them counts in rules that look at the whole version.
        let mut relogements: Vec<MeasuredRelogement> =
            files.filter_map(|measured| until(measured, at_seq)).collect();
        if cut_off.is_none() {
            // A preview of a run not yet cut off counts the rent gaps that its closing would book.
            for command in chambre_ledger::accruals_due(books, territory, subject.period.to)? {
                add_accrual(&mut relogements, &command.event);
            }
        }
        Ok(Self {
            id: match &subject.id {
                Some(id) => id.clone(),
                None => free_id(books, territory, subject.period)?,
            },
            at_seq,
            revision: run.and_then(NettingRun::proposal).map_or(1, |last| last.revision + 1),
            conventions: conventions(books, territory),
            relogements,
            carried_over: carried_over(books, territory),
            carried_obligations: carried_obligations(books, books.last_approved(territory))?,
            disputed,
            subject,
        })
    }

    fn propose(self) -> Result<NettingProposal, Refusal> {
        let Subject { territory, period, officer, held, refusers, .. } = self.subject;
        let mut proposal = chambre_settlement::propose(&NettingInput {
            held,
            held_relogements: self.disputed,
            conventions: &self.conventions,
            relogements: &self.relogements,
            carried_over: self.carried_over,
            carried_obligations: self.carried_obligations,
            refusers: refusers.into_iter().collect(),
            ..NettingInput::new(self.id, territory, period, self.at_seq, officer)
        })?;
        proposal.revision = self.revision;
        Ok(proposal)
    }
}

/// The relogements of a territory with every line booked, and the rent gaps that a closing would book.
pub(super) fn measured_until(
    books: &Books,
    territory: TerritoryId,
    through: Date,
) -> Result<Vec<MeasuredRelogement>, Refusal> {
    let mut relogements: Vec<MeasuredRelogement> =
        books.relogements_of(territory).map(|file| file.measured.clone()).collect();
    for command in chambre_ledger::accruals_due(books, territory, through)? {
        add_accrual(&mut relogements, &command.event);
    }
    Ok(relogements)
}

/// The rules of a territory, with the bailleurs that stand today for those absorbed since.
pub(super) fn conventions(books: &Books, territory: TerritoryId) -> Vec<Convention> {
    let conventions = books.parties().conventions(territory).iter();
    conventions.map(|convention| convention.for_heirs(|siren| books.parties().current(siren))).collect()
}

/// Relogements and bailleurs of a territory that are disputed at this moment.
fn disputed(books: &Books, territory: TerritoryId) -> (BTreeSet<Seq>, Vec<Siren>) {
    let (mut relogements, mut bailleurs) = (BTreeSet::new(), Vec::new());
    for dispute in books.disputes().of_territory(territory).filter(|dispute| dispute.settled.is_none()) {
        match &dispute.raising.subject {
            DisputeSubject::Relogement { id } => {
                relogements.extend(books.relogement(id).map(|file| file.measured.recorded_seq));
            }
            DisputeSubject::Bailleur { siren, .. } => bailleurs.push(books.parties().current(*siren)),
        }
    }
    (relogements, bailleurs)
}

/// A relogement as the journal told it up to a seq; nothing when it was recorded later.
fn until(measured: &MeasuredRelogement, at_seq: Seq) -> Option<MeasuredRelogement> {
    (measured.recorded_seq <= at_seq).then(|| {
        let mut measured = measured.clone();
        let known = measured.lines.len();
        measured.lines.retain(|line| line.seq <= at_seq);
        // A reversal mirrors every line: when one of them is later, so is the reversal.
        measured.reversed &= measured.lines.len() == known;
        measured
    })
}

/// `N-20251231-200057867-1`: the cut-off, the territory, and the first number not yet taken.
pub(super) fn free_id(books: &Books, territory: TerritoryId, period: Period) -> Result<NettingId, Refusal> {
    let stem = format!("N-{}-{territory}", period.to.strftime("%Y%m%d"));
    let mut number = 1;
    loop {
        let id = NettingId::parse("netting_id", &format!("{stem}-{number}"))?;
        if books.netting(&id).is_none() {
            return Ok(id);
        }
        number += 1;
    }
}

fn carried_over(books: &Books, territory: TerritoryId) -> BTreeMap<Siren, Cents> {
    let positions = books.balances().iter().filter(|(account, _)| {
        account.territory == territory && account.compte == Compte::PositionDuBailleur
    });
    positions
        .filter_map(|(account, balance)| Some((account.bailleur?, Cents::new(balance.credit_balance()))))
        .filter(|(_, carried)| *carried != Cents::ZERO)
        .collect()
}

/// The pairs behind the carry-over that a run leaves to the next one: what it left due, and what was not paid.
pub(super) fn carried_obligations(books: &Books, last: Option<&NettingRun>) -> Result<Obligations, Refusal> {
    let Some((run, proposal)) = last.and_then(|run| Some((run, run.proposal()?))) else {
        return Ok(Obligations::new());
    };
    let left = proposal.left.iter().map(|pair| ((pair.debtor, pair.creditor), pair.amount)).collect();
    let opening = chambre_settlement::opening_after(proposal, &run.payments, &left)?;
    obligations::for_heirs(&opening.carried_obligations, |siren| books.parties().current(siren))
}

fn add_accrual(relogements: &mut [MeasuredRelogement], event: &Event) {
    let Event::RentGapAccrued(accrual) = event else { return };
    // Relogements come in the order of the journal.
    let found = relogements.binary_search_by_key(&accrual.recorded_seq, |measured| measured.recorded_seq);
    if let Some(measured) = found.ok().and_then(|place| relogements.get_mut(place)) {
        let amount = Cents::new(accrual.due.get() - accrual.booked_before.get());
        let line =
            EffortLine { seq: Seq::ZERO, occurred_on: accrual.through, kind: LineKind::RentGap, amount };
        measured.lines.push(line);
    }
}
