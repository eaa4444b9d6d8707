//! A worked example of a convention: two fictitious relogements, computed by the engine under its rules.

use crate::look::{self, cell, euros, signed};
use chambre_domain::convention::FairShare;
use chambre_domain::explanation::LimitedBy;
use chambre_domain::measure::{EffortLine, LineKind, MeasuredRelogement};
use chambre_domain::netting::NetPosition;
use chambre_domain::rent::RentHistory;
use chambre_domain::{
    Cents, Convention, Date, NettingId, OfficerId, Period, Refusal, RelogementId, Seq, Siren, calendar,
};
use chambre_settlement::{Computation, NettingInput, compute, effort};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// Rent gap, works, vacancy of thirty days, indemnity of each relogement: the worked figures of the books, then
/// one without help.
const AMOUNTS: [[i64; 4]; 2] = [[384_012, 120_000, 30_000, 400_000], [250_000, 0, 0, 0]];

/// The example: what was declared, and what the engine made of it.
pub(super) struct Example {
    relogements: Vec<MeasuredRelogement>,
    efforts: Vec<Cents>,
    computed: Computation,
}

impl Example {
    /// A first bailleur (a demolisher, if there is one) sends a household to a second, who sends one to a third.
    ///
    /// # Errors
    /// What the engine refuses, such as a key whose weights are all zero.
    pub(super) fn of(convention: &Convention) -> Result<Self, Refusal> {
        let lease = convention.in_force_from;
        let cut_off = calendar::plus_months(lease, 6);
        let [first, second, third] = cast(convention);
        let pairs = [(first, second), (second, third)];
        let relogements: Vec<MeasuredRelogement> = (1..)
            .zip(pairs)
            .zip(AMOUNTS)
            .map(|((seq, (origin, host)), amounts)| relogement(convention, seq, origin, host, amounts))
            .collect::<Result<_, Refusal>>()?;
        let conventions = [convention.clone()];
        let input = NettingInput {
            conventions: &conventions,
            relogements: &relogements,
            ..NettingInput::new(
                NettingId::parse("netting", "exemple")?,
                convention.territory,
                Period::new(lease, cut_off)?,
                Seq::new(2),
                OfficerId::parse("officer", "exemple")?,
            )
        };
        let efforts =
            relogements.iter().map(|one| effort(one, convention, cut_off)).collect::<Result<_, _>>()?;
        let computed = compute(&input)?;
        Ok(Self { relogements, efforts, computed })
    }

    /// For a person.
    pub(super) fn text(&self, convention: &Convention) -> String {
        let mut text =
            "Exemple chiffré (deux relogements fictifs, calculés par le moteur sous cette convention) :\n"
                .to_owned();
        for (number, (one, effort)) in (1..).zip(self.relogements.iter().zip(&self.efforts)) {
            let declared: Vec<String> = one.lines.iter().map(told).collect();
            let _ = writeln!(
                text,
                "  {number}. de {} chez {} : {} ; effort à répartir {}",
                one.origin,
                one.host,
                declared.join(", "),
                euros(effort.get())
            );
        }
        let headings = ["Bailleur", ">Effort", ">Juste part", ">Position", ">Réglé", ">Reporté", "Limite"];
        let mut table = look::table(&headings);
        for position in &self.computed.proposal.positions {
            table.add_row([
                cell(position.bailleur),
                cell(euros(position.effort.get())),
                cell(euros(position.fair_share.get())),
                cell(signed(position.position.get())),
                cell(signed(position.settled.get())),
                cell(signed(carried(position))),
                cell(self.limit(position.bailleur)),
            ]);
        }
        let _ = writeln!(text, "{table}\n{}", look::SIGNS);
        for payment in &self.computed.proposal.plan.payments {
            let amount = euros(payment.amount.get());
            let _ = writeln!(text, "  {} paie {amount} à {}.", payment.from, payment.to);
        }
        if self.computed.proposal.plan.payments.is_empty() {
            text += "  Aucun paiement.\n";
        }
        if matches!(convention.fair_share, FairShare::Units { .. }) {
            text += "Juste part : cible de placements × tarif.\n";
        }
        text
    }

    /// For a program.
    pub(super) fn json(&self) -> Value {
        let line = |line: &EffortLine| json!({ "line": kind(line.kind), "cents": line.amount.get() });
        let relogement = |(one, effort): (&MeasuredRelogement, &Cents)| {
            json!({
                "origin": one.origin,
                "host": one.host,
                "lines": one.lines.iter().map(line).collect::<Vec<_>>(),
                "effort_cents": effort.get(),
            })
        };
        let position = |position: &NetPosition| {
            json!({
                "bailleur": position.bailleur,
                "effort_cents": position.effort.get(),
                "fair_share_cents": position.fair_share.get(),
                "position_cents": position.position.get(),
                "settled_cents": position.settled.get(),
                "carried_forward_cents": carried(position),
            })
        };
        let proposal = &self.computed.proposal;
        let payments: Vec<Value> = proposal
            .plan
            .payments
            .iter()
            .map(|one| json!({ "from": one.from, "to": one.to, "cents": one.amount.get() }))
            .collect();
        json!({
            "relogements": self.relogements.iter().zip(&self.efforts).map(relogement).collect::<Vec<_>>(),
            "positions": proposal.positions.iter().map(position).collect::<Vec<_>>(),
            "payments": payments,
        })
    }

    fn limit(&self, bailleur: Siren) -> &'static str {
        match self.computed.limited_by.get(&bailleur) {
            None => "",
            Some(LimitedBy::Held) => "position retenue",
            Some(LimitedBy::Exempt) => "exempté",
            Some(LimitedBy::Cap { .. }) => "plafond",
            Some(LimitedBy::DeMinimis) => "sous le seuil",
            Some(LimitedBy::Smoothing) => "lissage",
            Some(LimitedBy::OtherSide) => "l’autre côté règle moins",
            Some(LimitedBy::NoMoney { .. }) => "aucun paiement",
        }
    }
}

fn carried(position: &NetPosition) -> i64 {
    position.position.checked_sub(position.settled).map_or(0, Cents::get)
}

/// Three bailleurs of the key, the demolishers first; fictitious ones where the convention names fewer.
fn cast(convention: &Convention) -> [Siren; 3] {
    let mut named: Vec<Siren> = match &convention.fair_share {
        FairShare::Roles { demolishers, .. } | FairShare::Units { demolishers, .. } => {
            demolishers.iter().take(1).copied().collect()
        }
        _ => Vec::new(),
    };
    let others = convention.fair_share.bailleurs();
    let fictitious = (1..).map(Siren::fictitious);
    for siren in others.into_iter().chain(fictitious.take(6)) {
        if !named.contains(&siren) {
            named.push(siren);
        }
    }
    let at = |place: usize| named.get(place).copied().unwrap_or_else(|| Siren::fictitious(99));
    [at(0), at(1), at(2)]
}

fn relogement(
    convention: &Convention,
    seq: u64,
    origin: Siren,
    host: Siren,
    amounts: [i64; 4],
) -> Result<MeasuredRelogement, Refusal> {
    let lease_date: Date = convention.in_force_from;
    let recorded_seq = Seq::new(seq);
    let kinds = [LineKind::RentGap, LineKind::Works, LineKind::Vacancy { days: 30 }, LineKind::Indemnity];
    let line = |(kind, cents): (LineKind, i64)| EffortLine {
        seq: recorded_seq,
        occurred_on: lease_date,
        kind,
        amount: Cents::new(cents),
    };
    Ok(MeasuredRelogement {
        recorded_seq,
        id: RelogementId::parse("relogement", &format!("exemple-{seq}"))?,
        territory: convention.territory,
        origin,
        host,
        convention_version: convention.version,
        rents: RentHistory {
            reference: Cents::ZERO,
            practised: Cents::ZERO,
            charges: None,
            lease_date,
            ended_on: None,
            revisions: Vec::new(),
        },
        lines: kinds.into_iter().zip(amounts).filter(|(_, cents)| *cents != 0).map(line).collect(),
        accrued: Cents::ZERO,
        shared: Cents::ZERO,
        reversed: false,
    })
}

fn told(line: &EffortLine) -> String {
    let amount = euros(line.amount.get());
    match line.kind {
        LineKind::RentGap => format!("écart de loyer {amount}"),
        LineKind::Works => format!("travaux {amount}"),
        LineKind::Vacancy { days } => format!("vacance {amount} ({days} jours)"),
        LineKind::Indemnity => format!("indemnité reçue {amount}"),
    }
}

fn kind(kind: LineKind) -> &'static str {
    match kind {
        LineKind::RentGap => "rent_gap",
        LineKind::Works => "works",
        LineKind::Vacancy { .. } => "vacancy",
        LineKind::Indemnity => "indemnity",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The convention of netting.md example 1 with that fair share, and its example.
    fn example(share: &str) -> (Convention, Example) {
        let head =
            "territory = \"200057867\"\nversion = 1\nin_force_from = \"2025-01-01\"\ntitle = \"Charte\"\n";
        let convention = Convention::from_toml(&format!("{head}[fair_share]\n{share}")).unwrap();
        let example = Example::of(&convention).unwrap();
        (convention, example)
    }

    #[test]
    fn the_example_is_computed_under_the_rules_of_the_file() {
        let (convention, example) = example("rule = \"causal\"");
        // 3 840.12 + 1 200.00 + 300.00 − 4 000.00.
        assert_eq!(example.efforts, [Cents::new(134_012), Cents::new(250_000)]);
        let text = example.text(&convention);
        for told in
            ["effort à répartir 1\u{202f}340,12\u{a0}€", "000000034 paie 1\u{202f}159,88\u{a0}€ à 000000042."]
        {
            assert!(text.contains(told), "{told}\n{text}");
        }
        assert_eq!(example.json()["payments"].as_array().map(Vec::len), Some(2));
    }

    #[test]
    fn the_example_takes_the_bailleurs_of_the_key() {
        let (_, example) = example(
            "rule = \"roles\"\ndemolishers_pct = 60\ndemolishers = [\"000000059\"]\nbasis = \"equal\"\n\
             weights = { \"000000018\" = 1, \"000000059\" = 1 }",
        );
        let shares: Vec<i64> =
            example.computed.proposal.positions.iter().map(|one| one.fair_share.get()).collect();
        // 60 % of 3 840.12 for the demolisher; the host outside the key bears nothing.
        assert_eq!(shares, [153_605, 0, 230_407]);
    }
}
