//! Bailleurs, operations; territories and communes.

use super::words::{
    self, Asked, Declaration, date, missing, optional, required, same_names, sirens, small, wire_date,
};
use crate::v1;
use chambre_domain::bailleur::{BailleurKind, Succession};
use chambre_domain::operation::{AnruConvention, OperationKind};
use chambre_domain::territory::{Commune, Territory};
use chambre_domain::{
    Bailleur, BankAccount, Bic, Date, Event, EventId, Iban, OfficerId, Operation, OperationId, Reason,
    Refusal, Siren, TerritoryId, bailleur::Text,
};

pub use super::convention::{ConventionAsked, convention, convention_asked, wire_convention};

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
}

fn anru_convention(reference: &str, signatories: Vec<String>) -> Result<Option<AnruConvention>, Refusal> {
    if reference.is_empty() && !signatories.is_empty() {
        return Err(missing("anru_convention"));
    }
    let reference = optional(reference, |text| Text::parse("anru_convention", text))?;
    let signatories = sirens("anru_signatories", signatories)?;
    Ok(reference.map(|reference| AnruConvention { reference, signatories }))
}
