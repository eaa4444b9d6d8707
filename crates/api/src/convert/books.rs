//! What is asked of the books, and what they answer: entries, positions, the measured effort of a relogement.

use super::ledger::wire_relogement;
use super::words::{self, optional, wire_booked_at, wire_date, wire_optional, wire_seq};
use crate::v1;
use chambre_domain::convention::RentGapRule;
use chambre_domain::measure::{EffortLine, LineKind, MeasuredRelogement};
use chambre_domain::{
    Account, AsOf, Atlas, Balance, BookedAt, Compte, Refusal, Relogement, RelogementId, Seq, Siren,
    TerritoryId,
};
use std::collections::BTreeMap;

/// Which entries of the journal are asked for; what is set applies together.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EntryFilter {
    /// Only entries that move an account of this territory.
    pub territory: Option<TerritoryId>,
    /// Only entries that move an account of this bailleur.
    pub bailleur: Option<Siren>,
    /// Only entries of this relogement.
    pub relogement: Option<RelogementId>,
}

/// Which balances are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PositionsAsked {
    /// Only this territory.
    pub territory: Option<TerritoryId>,
    /// Only this bailleur.
    pub bailleur: Option<Siren>,
    /// Which state of the books.
    pub as_of: AsOf,
}

// ---- declarations ----

/// Reads which page of the journal is asked for: the filter, the size of the page, its token.
///
/// # Errors
/// The field that is wrong.
pub fn entries_asked(wire: v1::ListEntriesRequest) -> Result<(EntryFilter, usize, String), Refusal> {
    let filter = EntryFilter {
        territory: words::optional_territory("territory_siren", &wire.territory_siren)?,
        bailleur: words::optional_siren("bailleur_siren", &wire.bailleur_siren)?,
        relogement: optional(&wire.relogement_id, |text| RelogementId::parse("relogement_id", text))?,
    };
    Ok((filter, words::page_size(wire.page_size)?, wire.page_token))
}

/// Reads which entries are followed, and after which seq.
///
/// # Errors
/// The field that is wrong.
pub fn watch_asked(wire: v1::WatchEntriesRequest) -> Result<(EntryFilter, Seq), Refusal> {
    let filter = EntryFilter {
        territory: words::optional_territory("territory_siren", &wire.territory_siren)?,
        bailleur: words::optional_siren("bailleur_siren", &wire.bailleur_siren)?,
        relogement: None,
    };
    Ok((filter, words::seq("cursor", wire.cursor)?.unwrap_or_default()))
}

/// Reads which balances are asked for.
///
/// # Errors
/// The field that is wrong.
pub fn positions_asked(wire: v1::GetPositionsRequest) -> Result<PositionsAsked, Refusal> {
    Ok(PositionsAsked {
        territory: words::optional_territory("territory_siren", &wire.territory_siren)?,
        bailleur: words::optional_siren("bailleur_siren", &wire.bailleur_siren)?,
        as_of: words::as_of("as_of", wire.as_of)?,
    })
}

/// A relogement with its effort. `rule` is the one of its convention: it says whether charges count in the gap.
#[must_use]
pub fn wire_measured(
    measured: &MeasuredRelogement,
    declared: &Relogement,
    booked_at: BookedAt,
    rule: &RentGapRule,
) -> v1::GetRelogementResponse {
    v1::GetRelogementResponse {
        relogement: Some(wire_relogement(declared)),
        recorded_seq: wire_seq(measured.recorded_seq),
        booked_at: Some(wire_booked_at(booked_at)),
        origin_siren: measured.origin.to_string(),
        territory_siren: measured.territory.to_string(),
        host_territory_siren: wire_optional(host_territory(declared)),
        convention_version: words::small(measured.convention_version),
        monthly_gap_cents: measured.rents.monthly_gap(rule).get(),
        lines: measured.lines.iter().map(wire_effort_line).collect(),
        shared_cents: measured.shared.get(),
        ended_on: measured.rents.ended_on.map(wire_date),
        reversed: measured.reversed,
    }
}

/// Groups balances into positions: by territory, then bailleur (the account without bailleur first), each with
/// its accounts by compte.
#[must_use]
pub fn positions(balances: impl IntoIterator<Item = (Account, Balance)>) -> Vec<v1::Position> {
    let mut grouped: BTreeMap<(TerritoryId, Option<Siren>), BTreeMap<Compte, Balance>> = BTreeMap::new();
    for (account, balance) in balances {
        grouped.entry((account.territory, account.bailleur)).or_default().insert(account.compte, balance);
    }
    grouped
        .into_iter()
        .map(|((territory, bailleur), comptes)| position(territory, bailleur, &comptes))
        .collect()
}

fn host_territory(declared: &Relogement) -> Option<TerritoryId> {
    let commune = Atlas::ile_de_france().resolve("commune_insee", &declared.commune, declared.lease_date);
    commune.ok().map(|commune| commune.territory)
}

fn wire_effort_line(line: &EffortLine) -> v1::EffortLine {
    let kind = match line.kind {
        LineKind::RentGap => v1::EffortLineKind::RentGap,
        LineKind::Works => v1::EffortLineKind::Works,
        LineKind::Vacancy { .. } => v1::EffortLineKind::Vacancy,
        LineKind::Indemnity => v1::EffortLineKind::Indemnity,
    };
    v1::EffortLine {
        seq: wire_seq(line.seq),
        occurred_on: Some(wire_date(line.occurred_on)),
        kind: kind.into(),
        amount_cents: line.amount.get(),
    }
}

fn position(
    territory: TerritoryId,
    bailleur: Option<Siren>,
    comptes: &BTreeMap<Compte, Balance>,
) -> v1::Position {
    let credit_balance = |compte| comptes.get(&compte).map_or(0, |balance| balance.credit_balance());
    let wire_balance = |(&compte, balance): (&Compte, &Balance)| v1::AccountBalance {
        account: Some(words::wire_account(Account { compte, territory, bailleur })),
        unit: words::wire_unit(compte.unit()).into(),
        debit: balance.debit,
        credit: balance.credit,
    };
    v1::Position {
        territory_siren: territory.to_string(),
        bailleur_siren: wire_optional(bailleur),
        position_cents: credit_balance(Compte::PositionDuBailleur),
        unshared_effort_cents: credit_balance(Compte::EffortMesure),
        balances: comptes.iter().map(wire_balance).collect(),
    }
}
