//! Proposals that are true of the books: of a run, of a regional plan.

use super::support::*;
use chambre_domain::measure::LineKind;
use chambre_domain::netting::Payment;
use chambre_domain::regional::{Compression, OptOuts, RegionalDue, RegionalPayment, RegionalShare};
use chambre_domain::{
    Account, Cents, Compte, NettingId, NettingStatus, OfficerId, PaymentId, RegionalNetting,
    RegionalProposal, Seq, Siren,
};
use chambre_ledger::Books;
use std::collections::BTreeMap;

/// A run as the engine would make it: what is not shared yet, borne by the origin; sometimes on an older seq.
pub fn honest_run(books: &Books, a: u8, b: u8, c: u8) -> chambre_domain::NettingProposal {
    let (mut efforts, mut fair, mut shared) = (BTreeMap::<Siren, i64>::new(), BTreeMap::new(), Vec::new());
    for file in books.relogements_of(plaine()) {
        let measured = &file.measured;
        let sign = |kind| if kind == LineKind::Indemnity { -1 } else { 1 };
        let total: i64 = measured.lines.iter().map(|line| sign(line.kind) * line.amount.get()).sum();
        let delta = total - measured.shared.get();
        if delta != 0 {
            shared.push((measured.recorded_seq.get(), delta));
            *efforts.entry(measured.host).or_default() += delta;
            *fair.entry(measured.origin).or_default() += delta;
        }
    }
    let position = |letter| {
        let siren = bailleur(letter);
        let (effort, share) = (efforts.get(&siren).unwrap_or(&0), fair.get(&siren).unwrap_or(&0));
        let account = Account::of(Compte::PositionDuBailleur, plaine(), siren);
        let carried = books.balances().of(account).credit_balance();
        (letter, *effort, *share, carried, 0_i64)
    };
    let mut positions: Vec<_> = "OHXNEAB"
        .chars()
        .filter(|letter| books.parties().bailleur(bailleur(*letter)).is_some())
        .map(position)
        .collect();
    let under_way = books.nettings().find(|run| run.status.is_under_way());
    let id = under_way.map_or_else(|| format!("N-{}", a % 16), |run| run.opening.id.to_string());
    let mut payments = Vec::new();
    let owed = |p: &(char, i64, i64, i64, i64)| p.1 - p.2 + p.3 - p.4;
    while b.is_multiple_of(2) {
        let debtor = positions.iter().position(|p| owed(p) < 0);
        let creditor = positions.iter().position(|p| owed(p) > 0);
        let (Some(debtor), Some(creditor)) = (debtor, creditor) else { break };
        let cents = owed(&positions[creditor]).min(-owed(&positions[debtor]));
        payments.push((
            format!("{id}-{}", payments.len()),
            positions[debtor].0,
            positions[creditor].0,
            cents,
        ));
        positions[debtor].4 -= cents;
        positions[creditor].4 += cents;
    }
    let payments: Vec<_> =
        payments.iter().map(|(name, from, to, cents)| (name.as_str(), *from, *to, *cents)).collect();
    let head = books.head().seq.get();
    let at_seq = if c.is_multiple_of(8) { head / 2 } else { head };
    let at_seq = under_way.and_then(|run| run.cut_off).map_or(at_seq, Seq::get);
    let run = Run {
        id: &id,
        at_seq,
        to: day(2026, 3, 31),
        shared: &shared,
        positions: &positions,
        payments: &payments,
    };
    let revision = under_way.and_then(|run| run.proposal()).map_or(1, |last| last.revision + 1);
    chambre_domain::NettingProposal { revision, ..run.proposal() }
}

/// A regional plan as no engine would make it, but true: every payment that it takes over, and every one that is due
/// again, as it was.
pub fn honest_plan(books: &Books, a: u8) -> RegionalProposal {
    let under_way = books.regionals().find(|plan| plan.status.is_under_way());
    let id = under_way.map_or_else(|| format!("R-{}", a % 16), |plan| plan.proposal.id.to_string());
    let runs: Vec<_> = books.nettings().filter(|run| run.status == NettingStatus::Approved).collect();
    let current = |siren| books.parties().current(siren);
    let carried = books.last_regional().map(RegionalNetting::unpaid).unwrap_or_default();
    let carried: Vec<_> = carried
        .into_iter()
        .map(|due| RegionalDue { from: current(due.from), to: current(due.to), ..due })
        .collect();
    let mut moved: BTreeMap<Siren, i64> = BTreeMap::new();
    let mut payments = Vec::new();
    for payment in runs.iter().filter_map(|run| run.proposal()).flat_map(|run| &run.plan.payments) {
        let (from, to) = (current(payment.from), current(payment.to));
        if from != to {
            *moved.entry(from).or_default() -= payment.amount.get();
            *moved.entry(to).or_default() += payment.amount.get();
            payments.push((from, plaine(), to, plaine(), payment.amount));
        }
    }
    payments.extend(carried.iter().map(|due| (due.from, due.paid_in, due.to, due.received_in, due.amount)));
    let payments =
        (1..).zip(payments).map(|(number, (from, paid_in, to, received_in, amount))| RegionalPayment {
            payment: Payment {
                id: PaymentId::parse("p", &format!("{id}-{number}")).unwrap(),
                from,
                to,
                amount,
            },
            paid_for: [(paid_in, amount.cents())].into(),
            received_for: [(received_in, amount.cents())].into(),
        });
    let share =
        |(bailleur, cents)| RegionalShare { territory: plaine(), bailleur, amount: Cents::new(cents) };
    RegionalProposal {
        nettings: runs.iter().map(|run| run.opening.id.clone()).collect(),
        compression: Compression::Full,
        out: OptOuts::default(),
        at_seq: books.head().seq,
        officer: OfficerId::parse("o", "alice").unwrap(),
        revision: under_way.map_or(1, |plan| plan.proposal.revision + 1),
        input_sha256: "".into(),
        moved: moved.into_iter().filter(|(_, cents)| *cents != 0).map(share).collect(),
        carried_over: carried,
        set_off: Vec::new(),
        payments: payments.collect(),
        lower_bound: 0,
        id: NettingId::parse("n", &id).unwrap(),
    }
}
