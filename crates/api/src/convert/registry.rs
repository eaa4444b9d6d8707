//! Bailleurs, operations, conventions; territories and communes.

use super::words::{
    self, Asked, Declaration, date, each, missing, optional, required, same_names, sirens, small, wire_date,
};
use crate::v1;
use chambre_domain::bailleur::{BailleurKind, Succession};
use chambre_domain::convention::{
    CostLine, EffortRule, FairShare, KeyBasis, RentGapMode, RentGapRule, SettlementMode, SettlementRule,
    Surplus,
};
use chambre_domain::operation::{AnruConvention, OperationKind};
use chambre_domain::territory::{Commune, Territory};
use chambre_domain::{
    Bailleur, BankAccount, Bic, Cents, Convention, Date, Event, EventId, Iban, OfficerId, Operation,
    OperationId, Reason, Refusal, Siren, TerritoryId, bailleur::Text,
};
use std::collections::BTreeMap;

/// Which version of a territory's rules is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConventionAsked {
    /// The netting territory.
    pub territory: TerritoryId,
    /// That version; otherwise by date.
    pub version: Option<u32>,
    /// The version in force on this day; otherwise the latest.
    pub on: Option<Date>,
}

/// Reads a participant.
///
/// # Errors
/// The field under `bailleur` that is missing or wrong.
pub fn bailleur(wire: Option<v1::Bailleur>) -> Result<Bailleur, Refusal> {
    let read = |wire: v1::Bailleur| {
        Ok(Bailleur {
            siren: Siren::parse("siren", &wire.siren)?,
            name: Text::parse("name", &wire.name)?,
            kind: bailleur_kind("kind", wire.kind)?,
        })
    };
    read(required("bailleur", wire)?).map_err(|refusal: Refusal| refusal.within("bailleur"))
}

/// Reads a merger.
///
/// # Errors
/// The field that is missing or wrong; [`Reason::SuccessionToSelf`].
pub fn succession(wire: v1::RecordSuccessionRequest) -> Result<Asked<Declaration>, Refusal> {
    let id = EventId::parse("event_id", &wire.event_id)?;
    let succession = Succession {
        absorbed: Siren::parse("absorbed_siren", &wire.absorbed_siren)?,
        absorbing: Siren::parse("absorbing_siren", &wire.absorbing_siren)?,
        effective_on: date("effective_on", wire.effective_on)?,
        officer: OfficerId::parse("officer_id", &wire.officer_id)?,
    };
    if succession.absorbed == succession.absorbing {
        return Err(Refusal::new(Reason::SuccessionToSelf, "absorbing_siren", succession.absorbing));
    }
    Ok(Asked { command: (id, Event::BailleurSucceeded(succession)), validate_only: wire.validate_only })
}

/// Which bank accounts are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BankAccountsAsked {
    /// How many to a page.
    pub size: usize,
    /// Those of this bailleur; otherwise of all.
    pub bailleur: Option<Siren>,
    /// The one in use on this day; otherwise all that were recorded.
    pub in_use_on: Option<Date>,
}

/// Reads a bank account.
///
/// # Errors
/// The field under `bank_account` that is missing or wrong.
pub fn bank_account(wire: Option<v1::BankAccount>) -> Result<BankAccount, Refusal> {
    let read = |wire: v1::BankAccount| {
        Ok(BankAccount {
            bailleur: Siren::parse("bailleur_siren", &wire.bailleur_siren)?,
            iban: Iban::parse("iban", &wire.iban)?,
            bic: optional(&wire.bic, |text| Bic::parse("bic", text))?,
            holder: BankAccount::parse_holder("holder", &wire.holder)?,
            valid_from: date("valid_from", wire.valid_from)?,
            officer: OfficerId::parse("officer_id", &wire.officer_id)?,
        })
    };
    read(required("bank_account", wire)?).map_err(|refusal: Refusal| refusal.within("bank_account"))
}

/// Reads the record of a bank account.
///
/// # Errors
/// The field that is missing or wrong.
pub fn bank_account_registered(wire: v1::RegisterBankAccountRequest) -> Result<Asked<Declaration>, Refusal> {
    let id = EventId::parse("event_id", &wire.event_id)?;
    let event = Event::BankAccountRegistered(Box::new(bank_account(wire.bank_account)?));
    Ok(Asked { command: (id, event), validate_only: wire.validate_only })
}

/// Reads which bank accounts are asked for.
///
/// # Errors
/// The field that is wrong.
pub fn bank_accounts_asked(wire: &v1::ListBankAccountsRequest) -> Result<BankAccountsAsked, Refusal> {
    Ok(BankAccountsAsked {
        size: words::page_size(wire.page_size)?,
        bailleur: words::optional_siren("bailleur_siren", &wire.bailleur_siren)?,
        in_use_on: words::optional_date("in_use_on", wire.in_use_on)?,
    })
}

/// Reads an operation.
///
/// # Errors
/// The field under `operation` that is missing or wrong. Signatories without a reference are refused.
pub fn operation(wire: Option<v1::Operation>) -> Result<Operation, Refusal> {
    let read = |wire: v1::Operation| {
        let planned = wire.planned_relogements;
        Ok(Operation {
            id: OperationId::parse("operation_id", &wire.operation_id)?,
            name: Text::parse("name", &wire.name)?,
            kind: operation_kind("kind", wire.kind)?,
            territory: TerritoryId::parse("territory_siren", &wire.territory_siren)?,
            origin: Siren::parse("origin_siren", &wire.origin_siren)?,
            planned_relogements: u32::try_from(planned)
                .map_err(|_| Refusal::new(Reason::AmountNegative, "planned_relogements", planned))?,
            anru: anru_convention(&wire.anru_convention, wire.anru_signatories)?,
        })
    };
    read(required("operation", wire)?).map_err(|refusal: Refusal| refusal.within("operation"))
}

/// Reads a version of a territory's rules, and checks it.
///
/// # Errors
/// The field under `convention` that is missing, out of range, named twice, or foreign to the rule chosen.
pub fn convention(wire: Option<v1::Convention>) -> Result<Convention, Refusal> {
    let read = |wire: v1::Convention| {
        let convention = unchecked_convention(wire)?;
        convention
            .check()
            .map_err(|refusal| Refusal { field: wire_field_of_rule(&refusal.field).to_owned(), ..refusal })?;
        Ok(convention)
    };
    read(required("convention", wire)?).map_err(|refusal: Refusal| refusal.within("convention"))
}

/// Reads which version is asked for.
///
/// # Errors
/// The field that is wrong.
pub fn convention_asked(wire: v1::GetConventionRequest) -> Result<ConventionAsked, Refusal> {
    Ok(ConventionAsked {
        territory: TerritoryId::parse("territory_siren", &wire.territory_siren)?,
        version: Some(counter("version", wire.version)?).filter(|&version| version > 0),
        on: words::optional_date("on", wire.on)?,
    })
}

/// Reads an INSEE code, and the day on which it is asked; none means today.
///
/// # Errors
/// [`Reason::FieldMissing`], [`Reason::DateInvalid`].
pub fn commune_asked(wire: v1::ResolveCommuneRequest) -> Result<(String, Option<Date>), Refusal> {
    if wire.insee.is_empty() {
        return Err(missing("insee"));
    }
    Ok((wire.insee, words::optional_date("on", wire.on)?))
}

/// A participant.
#[must_use]
pub fn wire_bailleur(bailleur: &Bailleur) -> v1::Bailleur {
    v1::Bailleur {
        siren: bailleur.siren.to_string(),
        name: bailleur.name.to_string(),
        kind: wire_bailleur_kind(bailleur.kind),
    }
}

/// A bank account.
#[must_use]
pub fn wire_bank_account(account: &BankAccount) -> v1::BankAccount {
    v1::BankAccount {
        bailleur_siren: account.bailleur.to_string(),
        iban: account.iban.as_str().to_owned(),
        bic: words::wire_optional(account.bic.as_ref()),
        holder: account.holder.to_string(),
        valid_from: Some(wire_date(account.valid_from)),
        officer_id: account.officer.to_string(),
    }
}

/// A merger, as a client declares it.
#[must_use]
pub fn wire_succession(
    event_id: &EventId,
    succession: &Succession,
    validate_only: bool,
) -> v1::RecordSuccessionRequest {
    v1::RecordSuccessionRequest {
        event_id: event_id.to_string(),
        absorbed_siren: succession.absorbed.to_string(),
        absorbing_siren: succession.absorbing.to_string(),
        effective_on: Some(wire_date(succession.effective_on)),
        officer_id: succession.officer.to_string(),
        validate_only,
    }
}

/// An operation.
#[must_use]
pub fn wire_operation(operation: &Operation) -> v1::Operation {
    let anru = operation.anru.as_ref();
    v1::Operation {
        operation_id: operation.id.to_string(),
        name: operation.name.to_string(),
        kind: wire_operation_kind(operation.kind),
        territory_siren: operation.territory.to_string(),
        origin_siren: operation.origin.to_string(),
        planned_relogements: small(operation.planned_relogements),
        anru_convention: words::wire_optional(anru.map(|anru| &anru.reference)),
        anru_signatories: anru.map_or_else(Vec::new, |anru| words::wire_sirens(&anru.signatories)),
    }
}

/// A version of a territory's rules.
#[must_use]
pub fn wire_convention(convention: &Convention) -> v1::Convention {
    let Convention { territory, version, in_force_from, title, rent_gap, effort, fair_share, settlement } =
        convention;
    let mut wire = v1::Convention {
        territory_siren: territory.to_string(),
        version: small(*version),
        in_force_from: Some(wire_date(*in_force_from)),
        title: title.to_string(),
        rent_gap_mode: wire_rent_gap_mode(rent_gap.mode),
        rent_gap_months: small(rent_gap.months),
        rent_gap_claw_back: rent_gap.claw_back,
        rent_gap_revise_with_irl: rent_gap.revise_with_irl,
        rent_gap_include_charges: rent_gap.include_charges,
        counted_lines: effort.count.iter().map(|line| wire_cost_line(*line)).collect(),
        deduct_indemnity: effort.deduct_indemnity,
        return_surplus: effort.surplus == Surplus::Return,
        share_bp: small(effort.share_bp),
        include_internal: effort.include_internal,
        works_cap_cents: effort.works_cap_cents.map(Cents::get),
        vacancy_days_cap: effort.vacancy_days_cap.map(small),
        total_cap_cents: effort.total_cap_cents.map(Cents::get),
        carry_over_only: settlement.mode == SettlementMode::CarryOver,
        de_minimis_cents: settlement.de_minimis_cents.get(),
        debtor_caps: wire_debtor_caps(&settlement.debtor_caps_cents),
        ..v1::Convention::default()
    };
    write_fair_share(fair_share, &mut wire);
    wire
}

/// A netting territory.
#[must_use]
pub fn wire_territory(territory: &Territory) -> v1::Territory {
    v1::Territory {
        siren: territory.id.to_string(),
        name: territory.name.clone(),
        kind: territory.kind.clone(),
        departments: territory.departments.clone(),
        commune_count: small(territory.commune_count),
    }
}

/// What an INSEE code means.
#[must_use]
pub fn wire_commune(commune: &Commune) -> v1::ResolveCommuneResponse {
    v1::ResolveCommuneResponse {
        insee: commune.insee.clone(),
        name: commune.name.clone(),
        territory_siren: commune.territory.to_string(),
    }
}

same_names! {
    bailleur_kind, wire_bailleur_kind: BailleurKind { Oph, Esh, Coop, Sem, OperateurSansParc }
    operation_kind, wire_operation_kind: OperationKind { Anru, Orcod, Own, Insalubrite }
    rent_gap_mode, wire_rent_gap_mode: RentGapMode { Capitalised, Accrued }
    cost_line, wire_cost_line: CostLine { RentGap, Works, Vacancy }
    key_basis, wire_key_basis: KeyBasis { Stock, Attributions, Equal, Fixed }
}

fn anru_convention(reference: &str, signatories: Vec<String>) -> Result<Option<AnruConvention>, Refusal> {
    if reference.is_empty() && !signatories.is_empty() {
        return Err(missing("anru_convention"));
    }
    let reference = optional(reference, |text| Text::parse("anru_convention", text))?;
    let signatories = sirens("anru_signatories", signatories)?;
    Ok(reference.map(|reference| AnruConvention { reference, signatories }))
}

fn unchecked_convention(wire: v1::Convention) -> Result<Convention, Refusal> {
    Ok(Convention {
        territory: TerritoryId::parse("territory_siren", &wire.territory_siren)?,
        version: counter("version", wire.version)?,
        in_force_from: date("in_force_from", wire.in_force_from)?,
        title: Text::parse("title", &wire.title)?,
        rent_gap: RentGapRule {
            mode: rent_gap_mode("rent_gap_mode", wire.rent_gap_mode)?,
            months: counter("rent_gap_months", wire.rent_gap_months)?,
            claw_back: wire.rent_gap_claw_back,
            revise_with_irl: wire.rent_gap_revise_with_irl,
            include_charges: wire.rent_gap_include_charges,
        },
        effort: EffortRule {
            count: counted_lines(wire.counted_lines)?,
            deduct_indemnity: wire.deduct_indemnity,
            surplus: if wire.return_surplus { Surplus::Return } else { Surplus::Keep },
            share_bp: counter("share_bp", wire.share_bp)?,
            include_internal: wire.include_internal,
            works_cap_cents: wire.works_cap_cents.map(Cents::new),
            vacancy_days_cap: wire
                .vacancy_days_cap
                .map(|days| counter("vacancy_days_cap", days))
                .transpose()?,
            total_cap_cents: wire.total_cap_cents.map(Cents::new),
        },
        fair_share: FairShareFields {
            rule: wire.fair_share_rule,
            basis: wire.key_basis,
            weights: wire.weights,
            demolishers_pct: wire.demolishers_pct,
            demolishers: wire.demolisher_sirens,
        }
        .read()?,
        settlement: SettlementRule {
            mode: if wire.carry_over_only { SettlementMode::CarryOver } else { SettlementMode::Monetary },
            de_minimis_cents: Cents::new(wire.de_minimis_cents),
            debtor_caps_cents: debtor_caps(wire.debtor_caps)?,
        },
    })
}

/// The fields of a convention that say who bears what.
struct FairShareFields {
    rule: i32,
    basis: i32,
    weights: Vec<v1::Weight>,
    demolishers_pct: i32,
    demolishers: Vec<String>,
}

impl FairShareFields {
    /// Reads the rule; a field of another rule is refused, never dropped: it would be a charter half applied.
    fn read(self) -> Result<FairShare, Refusal> {
        let rule = match v1::FairShareRule::try_from(self.rule) {
            Ok(v1::FairShareRule::Unspecified) => return Err(missing("fair_share_rule")),
            Ok(rule) => rule,
            Err(_) => return Err(Refusal::new(Reason::ValueUnknown, "fair_share_rule", self.rule)),
        };
        if rule != v1::FairShareRule::Roles {
            foreign("demolishers_pct", self.demolishers_pct != 0, rule)?;
            foreign("demolisher_sirens", !self.demolishers.is_empty(), rule)?;
        }
        if rule == v1::FairShareRule::Causal {
            foreign("key_basis", self.basis != 0, rule)?;
            foreign("weights", !self.weights.is_empty(), rule)?;
            return Ok(FairShare::Causal);
        }
        let basis = key_basis("key_basis", self.basis)?;
        let weights = weights(self.weights)?;
        if rule == v1::FairShareRule::Key {
            return Ok(FairShare::Key { basis, weights });
        }
        let demolishers_pct = counter("demolishers_pct", self.demolishers_pct)?;
        Ok(FairShare::Roles { demolishers_pct, demolishers: demolishers(self.demolishers)?, basis, weights })
    }
}

fn foreign(field: &str, present: bool, rule: v1::FairShareRule) -> Result<(), Refusal> {
    if present {
        return Err(Refusal::new(Reason::ConventionRange, field, "present").with("rule", rule.as_str_name()));
    }
    Ok(())
}

fn counted_lines(lines: Vec<i32>) -> Result<Vec<CostLine>, Refusal> {
    let mut seen = Vec::with_capacity(3);
    each("counted_lines", lines, |number| {
        let line = cost_line("", number)?;
        once(&mut seen, line, || twice(Reason::ConventionRange, "", number))
    })
}

fn weights(weights: Vec<v1::Weight>) -> Result<BTreeMap<Siren, u64>, Refusal> {
    let mut by_siren = BTreeMap::new();
    each("weights", weights, |v1::Weight { bailleur_siren, weight }| {
        let siren = Siren::parse("bailleur_siren", &bailleur_siren)?;
        let weight = u64::try_from(weight).map_err(|_| negative("weight", weight))?;
        match by_siren.insert(siren, weight) {
            Some(_) => Err(twice(Reason::ConventionWeights, "bailleur_siren", siren)),
            None => Ok(()),
        }
    })?;
    Ok(by_siren)
}

fn demolishers(texts: Vec<String>) -> Result<Vec<Siren>, Refusal> {
    let mut seen = Vec::with_capacity(texts.len());
    each("demolisher_sirens", texts, |text| {
        let siren = Siren::parse("", &text)?;
        once(&mut seen, siren, || twice(Reason::ConventionRoles, "", siren))
    })
}

fn debtor_caps(caps: Vec<v1::DebtorCap>) -> Result<BTreeMap<Siren, Cents>, Refusal> {
    let mut by_siren = BTreeMap::new();
    each("debtor_caps", caps, |v1::DebtorCap { bailleur_siren, cap_cents }| {
        let siren = Siren::parse("bailleur_siren", &bailleur_siren)?;
        match by_siren.insert(siren, Cents::new(cap_cents)) {
            Some(_) => Err(twice(Reason::ConventionRange, "bailleur_siren", siren)),
            None => Ok(()),
        }
    })?;
    Ok(by_siren)
}

fn once<T: Copy + PartialEq>(
    seen: &mut Vec<T>,
    item: T,
    refused: impl FnOnce() -> Refusal,
) -> Result<T, Refusal> {
    if seen.contains(&item) {
        return Err(refused());
    }
    seen.push(item);
    Ok(item)
}

fn twice(reason: Reason, field: &str, value: impl std::fmt::Display) -> Refusal {
    Refusal::new(reason, field, value).with("listed", "twice")
}

/// A number that the wire signs and the noun does not.
fn counter(field: &str, number: i32) -> Result<u32, Refusal> {
    u32::try_from(number).map_err(|_| negative(field, number))
}

fn negative(field: &str, number: impl std::fmt::Display) -> Refusal {
    Refusal::new(Reason::ConventionRange, field, number).with("least", 0)
}

/// The wire is flat where the convention file has sections.
fn wire_field_of_rule(field: &str) -> &str {
    match field {
        "rent_gap.months" => "rent_gap_months",
        "rent_gap.claw_back" => "rent_gap_claw_back",
        "rent_gap.revise_with_irl" => "rent_gap_revise_with_irl",
        "fair_share.demolishers" => "demolisher_sirens",
        "settlement.debtor_caps_cents" => "debtor_caps",
        _ => field.rsplit('.').next().unwrap_or(field),
    }
}

fn wire_debtor_caps(caps: &BTreeMap<Siren, Cents>) -> Vec<v1::DebtorCap> {
    caps.iter()
        .map(|(siren, cap)| v1::DebtorCap { bailleur_siren: siren.to_string(), cap_cents: cap.get() })
        .collect()
}

fn write_fair_share(fair_share: &FairShare, wire: &mut v1::Convention) {
    let (rule, basis, weights) = match fair_share {
        FairShare::Causal => {
            wire.fair_share_rule = v1::FairShareRule::Causal.into();
            return;
        }
        FairShare::Key { basis, weights } => (v1::FairShareRule::Key, basis, weights),
        FairShare::Roles { demolishers_pct, demolishers, basis, weights } => {
            wire.demolishers_pct = small(*demolishers_pct);
            wire.demolisher_sirens = words::wire_sirens(demolishers);
            (v1::FairShareRule::Roles, basis, weights)
        }
    };
    let weight = |(siren, weight): (&Siren, &u64)| v1::Weight {
        bailleur_siren: siren.to_string(),
        weight: i64::try_from(*weight).unwrap_or(i64::MAX),
    };
    wire.fair_share_rule = rule.into();
    wire.key_basis = wire_key_basis(*basis);
    wire.weights = weights.iter().map(weight).collect();
}
