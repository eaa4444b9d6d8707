//! What is wrong is refused: with its gRPC code, its reason, its field, a sentence in each language, and
//! without a trace in the journal.

#![allow(clippy::unwrap_used)]

use chambre_api::v1::event::Body;
use chambre_api::v1::{self, BailleurKind, IndemnityStatus, KeyBasis, Unit};
use chambre_api::{Client, FILE_DESCRIPTOR_SET};
use chambre_domain::refusal::Kind;
use chambre_domain::{Iban, Reason};
use scenarios::{
    Chamber, TERRITORY, Told, approval, bailleur, causal, day, event, indemnity, key, operation, proposal,
    relogement, reversal, roles, siren, vacancy, works,
};
use std::collections::BTreeSet;
use std::pin::Pin;
use tonic::Code::{
    self, Aborted, AlreadyExists, FailedPrecondition, InvalidArgument, NotFound, PermissionDenied,
};
use tonic::Status;

const PARIS: &str = "217500016";
const EST_ENSEMBLE: &str = "200057875";
const GRAND_ORLY: &str = "200058014";
const VALLEE_SUD: &str = "200057966";
const GRAND_PARIS_SUD: &str = "200059228";
const BOUCLE_NORD: &str = "200057990";
const METROPOLE: &str = "200054781";

// ---- the table ----

type Answer = Pin<Box<dyn Future<Output = Result<(), Status>>>>;

/// What is sent, and the refusal that must come back.
struct Case {
    name: &'static str,
    send: Box<dyn FnOnce(Client) -> Answer>,
    code: Code,
    reason: &'static str,
    field: &'static str,
    says: &'static str,
    fact: Option<(&'static str, &'static str)>,
}

impl Case {
    /// A fact that a program reads in the metadata.
    fn fact(self, name: &'static str, value: &'static str) -> Self {
        Self { fact: Some((name, value)), ..self }
    }
}

/// A case: `"name", service.method(request) => Code "REASON" "field" "piece of the sentence"`.
macro_rules! case {
    ($name:literal, $service:ident.$method:ident($request:expr) => $code:ident $reason:literal $field:literal $says:literal) => {{
        let request = $request;
        Case {
            name: $name,
            send: Box::new(move |client: Client| {
                Box::pin(async move { client.$service().$method(request).await.map(drop) })
            }),
            code: $code,
            reason: $reason,
            field: $field,
            says: $says,
            fact: None,
        }
    }};
}

/// A declaration sent with its own call.
macro_rules! declared {
    ($method:ident, $request:ident, $field:ident, $body:expr) => {
        v1::$request { event_id: "bad".to_owned(), $field: Some($body), validate_only: false }
    };
}

fn moved(change: impl FnOnce(&mut v1::Relogement)) -> v1::RecordRelogementRequest {
    let mut relogement = relogement("R-new", 1, 2, 1_000);
    change(&mut relogement);
    declared!(record_relogement, RecordRelogementRequest, relogement, relogement)
}

fn worked(change: impl FnOnce(&mut v1::Works)) -> v1::RecordWorksRequest {
    let mut works = works("R-1", 1_000);
    change(&mut works);
    declared!(record_works, RecordWorksRequest, works, works)
}

fn emptied(change: impl FnOnce(&mut v1::Vacancy)) -> v1::RecordVacancyRequest {
    let mut vacancy = vacancy("R-1", 1_000);
    change(&mut vacancy);
    declared!(record_vacancy, RecordVacancyRequest, vacancy, vacancy)
}

fn indemnified(change: impl FnOnce(&mut v1::Indemnity)) -> v1::RecordIndemnityRequest {
    let mut indemnity = indemnity("R-1", 1_000);
    change(&mut indemnity);
    declared!(record_indemnity, RecordIndemnityRequest, indemnity, indemnity)
}

fn revised(from: Option<v1::Date>, practised_rent_cents: i64) -> v1::RecordRentRevisionRequest {
    let relogement_id = "R-1".to_owned();
    let revision =
        v1::RentRevision { relogement_id, from, reference_rent_cents: 60_000, practised_rent_cents };
    declared!(record_rent_revision, RecordRentRevisionRequest, rent_revision, revision)
}

fn ended(relogement_id: &str, ended_on: Option<v1::Date>) -> v1::EndLeaseRequest {
    let end = v1::LeaseEnd { relogement_id: relogement_id.to_owned(), ended_on };
    declared!(end_lease, EndLeaseRequest, lease_end, end)
}

fn built(change: impl FnOnce(&mut v1::LandCounterpart)) -> v1::RecordLandCounterpartRequest {
    let mut counterpart = counterpart(100);
    change(&mut counterpart);
    declared!(record_land_counterpart, RecordLandCounterpartRequest, land_counterpart, counterpart)
}

/// So many m² promised to bailleur 2.
fn counterpart(quantity: i64) -> v1::LandCounterpart {
    v1::LandCounterpart {
        territory_siren: TERRITORY.to_owned(),
        bailleur_siren: siren(2),
        step: v1::CounterpartStep::Due.into(),
        quantity,
        unit: Unit::SquareMetres.into(),
        occurred_on: day(2025, 5, 1),
        voucher: "ACTE-1".to_owned(),
        officer_id: "officer-1".to_owned(),
    }
}

fn reversed(event_id: &str) -> v1::ReverseEventRequest {
    declared!(reverse_event, ReverseEventRequest, reversal, reversal(event_id))
}

fn registered(change: impl FnOnce(&mut v1::Bailleur)) -> v1::RegisterBailleurRequest {
    let mut bailleur = bailleur(99);
    change(&mut bailleur);
    v1::RegisterBailleurRequest { bailleur: Some(bailleur), validate_only: false }
}

fn banked(change: impl FnOnce(&mut v1::BankAccount)) -> v1::RegisterBankAccountRequest {
    let mut account = v1::BankAccount {
        bailleur_siren: siren(2),
        iban: Iban::fictitious(2).paper(),
        bic: String::new(),
        holder: "Bailleur 2".to_owned(),
        valid_from: day(2025, 1, 1),
        officer_id: "officer-1".to_owned(),
    };
    change(&mut account);
    declared!(register_bank_account, RegisterBankAccountRequest, bank_account, account)
}

fn opened(change: impl FnOnce(&mut v1::Operation)) -> v1::RegisterOperationRequest {
    let mut operation = operation(1);
    operation.operation_id = "OP-new".to_owned();
    change(&mut operation);
    v1::RegisterOperationRequest { operation: Some(operation), validate_only: false }
}

/// Version 2 of the rules of Plaine Commune, sound but for one change.
fn ruled(base: v1::Convention, change: impl FnOnce(&mut v1::Convention)) -> v1::PublishConventionRequest {
    let mut convention = v1::Convention { version: 2, in_force_from: day(2025, 6, 1), ..base };
    change(&mut convention);
    v1::PublishConventionRequest { convention: Some(convention), validate_only: false }
}

fn merged(absorbed: u32, absorbing: u32) -> v1::RecordSuccessionRequest {
    v1::RecordSuccessionRequest {
        event_id: "bad".to_owned(),
        absorbed_siren: siren(absorbed),
        absorbing_siren: siren(absorbing),
        effective_on: day(2025, 6, 1),
        officer_id: "officer-1".to_owned(),
        validate_only: false,
    }
}

fn proposed(change: impl FnOnce(&mut v1::ProposeNettingRequest)) -> v1::ProposeNettingRequest {
    let mut proposal = proposal("N-new", (2025, 6, 30));
    change(&mut proposal);
    proposal
}

fn confirmed(
    netting_id: &str,
    payment_id: &str,
    change: impl FnOnce(&mut v1::ConfirmPaymentRequest),
) -> v1::ConfirmPaymentRequest {
    let mut confirmation = v1::ConfirmPaymentRequest {
        netting_id: netting_id.to_owned(),
        payment_id: payment_id.to_owned(),
        paid_on: day(2025, 6, 30),
        amount_cents: 12_000,
        officer_id: "officer-1".to_owned(),
        validate_only: false,
    };
    change(&mut confirmation);
    confirmation
}

fn batch(events: Vec<v1::Event>) -> v1::RecordEventsRequest {
    v1::RecordEventsRequest { events, validate_only: false }
}

#[rustfmt::skip] // one case a line: it is a table
fn identifiers() -> Vec<Case> {
    vec![
        case!("eight digits", ledger.record_relogement(moved(|r| r.host_siren = "12345678".into())) => InvalidArgument "SIREN_FORMAT" "relogement.host_siren" "nine digits"),
        case!("spaces in a SIREN", ledger.record_relogement(moved(|r| r.host_siren = "000 000 018".into())) => InvalidArgument "SIREN_FORMAT" "relogement.host_siren" "nine digits"),
        case!("no SIREN at all", registry.register_bailleur(registered(|b| b.siren.clear())) => InvalidArgument "SIREN_FORMAT" "bailleur.siren" "nine digits"),
        case!("a mistyped digit", ledger.record_relogement(moved(|r| r.host_siren = "000000019".into())) => InvalidArgument "SIREN_CHECK_DIGIT" "relogement.host_siren" "check digit"),
        case!("nine zeros", registry.register_bailleur(registered(|b| b.siren = "000000000".into())) => InvalidArgument "SIREN_CHECK_DIGIT" "bailleur.siren" "check digit"),
        case!("a bad SIREN in a list", netting.propose_netting(proposed(|p| p.held_sirens = vec![siren(1), "x".into()])) => InvalidArgument "SIREN_FORMAT" "held_sirens[1]" "nine digits"),
        case!("a bad signatory", registry.register_operation(opened(|o| { o.anru_convention = "C-1".into(); o.anru_signatories = vec!["1".into()]; })) => InvalidArgument "SIREN_FORMAT" "operation.anru_signatories[0]" "nine digits"),
        case!("no event id", ledger.record_works(v1::RecordWorksRequest { event_id: String::new(), works: Some(works("R-1", 1)), validate_only: false }) => InvalidArgument "ID_EMPTY" "event_id" "missing"),
        case!("an event id of 65 characters", ledger.record_works(v1::RecordWorksRequest { event_id: "x".repeat(65), works: Some(works("R-1", 1)), validate_only: false }) => InvalidArgument "ID_TOO_LONG" "event_id" "64 characters"),
        case!("an accent in an event id", ledger.record_works(v1::RecordWorksRequest { event_id: "é".into(), works: Some(works("R-1", 1)), validate_only: false }) => InvalidArgument "ID_CHARACTERS" "event_id" "ASCII"),
        case!("no relogement id", ledger.record_relogement(moved(|r| r.relogement_id.clear())) => InvalidArgument "ID_EMPTY" "relogement.relogement_id" "missing"),
        case!("a slash in an operation id", registry.register_operation(opened(|o| o.operation_id = "OP/1".into())) => InvalidArgument "ID_CHARACTERS" "operation.operation_id" "ASCII"),
        case!("works without voucher", ledger.record_works(worked(|w| w.voucher.clear())) => InvalidArgument "ID_EMPTY" "works.voucher" "missing"),
        case!("nobody proposes", netting.propose_netting(proposed(|p| p.officer_id.clear())) => InvalidArgument "ID_EMPTY" "officer_id" "missing"),
        case!("a netting id of 31 characters", netting.propose_netting(proposed(|p| p.netting_id = "N".repeat(31))) => InvalidArgument "ID_TOO_LONG" "netting_id" "at most"),
        case!("a NIR of 15 digits", ledger.record_relogement(moved(|r| r.household = "185057800608436".into())) => InvalidArgument "HOUSEHOLD_NIR" "relogement.household" "NIR"),
        case!("a NIR of 13 digits, spaced", ledger.record_relogement(moved(|r| r.household = "1 85 05 78 006 084".into())) => InvalidArgument "HOUSEHOLD_NIR" "relogement.household" "NIR"),
        case!("a Corsican NIR", ledger.record_relogement(moved(|r| r.household = "285052A00608436".into())) => InvalidArgument "HOUSEHOLD_NIR" "relogement.household" "NIR"),
        case!("a bare NUR", ledger.record_relogement(moved(|r| r.household = "075011999999910001".into())) => InvalidArgument "HOUSEHOLD_NUR" "relogement.household" "NUR"),
        case!("a household with a name", ledger.record_relogement(moved(|r| r.household = "Mme Durand".into())) => InvalidArgument "ID_CHARACTERS" "relogement.household" "ASCII"),
        case!("no household", ledger.record_relogement(moved(|r| r.household.clear())) => InvalidArgument "ID_EMPTY" "relogement.household" "missing"),
    ]
}

#[rustfmt::skip]
fn bank_accounts() -> Vec<Case> {
    vec![
        case!("dashes in an IBAN", registry.register_bank_account(banked(|a| a.iban = "FR76-0000".into())) => InvalidArgument "IBAN_CHARACTERS" "bank_account.iban" "two letters"),
        case!("an account in America", registry.register_bank_account(banked(|a| a.iban = "US64SVBKUS6S3300958679".into())) => InvalidArgument "IBAN_COUNTRY" "bank_account.iban" "SEPA"),
        case!("an IBAN cut short", registry.register_bank_account(banked(|a| { a.iban.pop(); })) => InvalidArgument "IBAN_LENGTH" "bank_account.iban" "length"),
        case!("a mistyped IBAN", registry.register_bank_account(banked(|a| a.iban = "FR1520041010050500013M02606".into())) => InvalidArgument "IBAN_CHECK_DIGITS" "bank_account.iban" "check digits"),
        case!("a wrong clé RIB", registry.register_bank_account(banked(|a| a.iban = "FR8420041010050500013M02607".into())) => InvalidArgument "IBAN_RIB_KEY" "bank_account.iban" "RIB"),
        case!("a short BIC", registry.register_bank_account(banked(|a| a.bic = "AAAAFR".into())) => InvalidArgument "BIC_FORMAT" "bank_account.bic" "8 or 11"),
        case!("the same account again", registry.register_bank_account(banked(|a| { a.bailleur_siren = siren(1); a.iban = Iban::fictitious(1).paper(); a.holder = "Bailleur 1".into(); })) => AlreadyExists "BANK_ACCOUNT_EXISTS" "bank_account.iban" "already"),
        case!("the account of another", registry.register_bank_account(banked(|a| a.iban = Iban::fictitious(1).paper())) => FailedPrecondition "BANK_ACCOUNT_TAKEN" "bank_account.iban" "another"),
    ]
}

#[rustfmt::skip]
fn missing_and_unknown() -> Vec<Case> {
    vec![
        case!("no relogement", ledger.record_relogement(v1::RecordRelogementRequest { event_id: "bad".into(), ..Default::default() }) => InvalidArgument "FIELD_MISSING" "relogement" "required"),
        case!("no works", ledger.record_works(v1::RecordWorksRequest { event_id: "bad".into(), ..Default::default() }) => InvalidArgument "FIELD_MISSING" "works" "required"),
        case!("no reversal", ledger.reverse_event(v1::ReverseEventRequest { event_id: "bad".into(), ..Default::default() }) => InvalidArgument "FIELD_MISSING" "reversal" "required"),
        case!("no bailleur", registry.register_bailleur(v1::RegisterBailleurRequest::default()) => InvalidArgument "FIELD_MISSING" "bailleur" "required"),
        case!("no operation", registry.register_operation(v1::RegisterOperationRequest::default()) => InvalidArgument "FIELD_MISSING" "operation" "required"),
        case!("no convention", registry.publish_convention(v1::PublishConventionRequest::default()) => InvalidArgument "FIELD_MISSING" "convention" "required"),
        case!("no lease date", ledger.record_relogement(moved(|r| r.lease_date = None)) => InvalidArgument "FIELD_MISSING" "relogement.lease_date" "required"),
        case!("no first empty day", ledger.record_vacancy(emptied(|v| v.from = None)) => InvalidArgument "FIELD_MISSING" "vacancy.from" "required"),
        case!("no period", netting.propose_netting(proposed(|p| p.period = None)) => InvalidArgument "FIELD_MISSING" "period" "required"),
        case!("no end of the period", netting.propose_netting(proposed(|p| p.period = Some(v1::Period { from: day(2025, 1, 1), to: None }))) => InvalidArgument "FIELD_MISSING" "period.to" "required"),
        case!("no name", registry.register_bailleur(registered(|b| b.name = "   ".into())) => InvalidArgument "FIELD_MISSING" "bailleur.name" "required"),
        case!("no INSEE code", registry.resolve_commune(v1::ResolveCommuneRequest::default()) => InvalidArgument "FIELD_MISSING" "insee" "required"),
        case!("signatories without convention", registry.register_operation(opened(|o| o.anru_signatories = vec![siren(1)])) => InvalidArgument "FIELD_MISSING" "operation.anru_convention" "required"),
        case!("no typology", ledger.record_relogement(moved(|r| r.typology = 0)) => InvalidArgument "FIELD_MISSING" "relogement.typology" "required"),
        case!("typology 99", ledger.record_relogement(moved(|r| r.typology = 99)) => InvalidArgument "VALUE_UNKNOWN" "relogement.typology" "not in the list"),
        case!("contingent −1", ledger.record_relogement(moved(|r| r.contingent = -1)) => InvalidArgument "VALUE_UNKNOWN" "relogement.contingent" "not in the list"),
        case!("no status", ledger.record_indemnity(indemnified(|i| i.status = 0)) => InvalidArgument "FIELD_MISSING" "indemnity.status" "required"),
        case!("status 42", ledger.record_indemnity(indemnified(|i| i.status = 42)) => InvalidArgument "VALUE_UNKNOWN" "indemnity.status" "not in the list"),
        case!("no reason to reverse", ledger.reverse_event(v1::ReverseEventRequest { event_id: "bad".into(), reversal: Some(v1::Reversal { reason: 0, ..reversal("w-1") }), validate_only: false }) => InvalidArgument "FIELD_MISSING" "reversal.reason" "required"),
        case!("no step", ledger.record_land_counterpart(built(|l| l.step = 0)) => InvalidArgument "FIELD_MISSING" "land_counterpart.step" "required"),
        case!("no kind of bailleur", registry.register_bailleur(registered(|b| b.kind = 0)) => InvalidArgument "FIELD_MISSING" "bailleur.kind" "required"),
        case!("kind 9 of bailleur", registry.register_bailleur(registered(|b| b.kind = 9)) => InvalidArgument "VALUE_UNKNOWN" "bailleur.kind" "not in the list"),
        case!("kind 9 of operation", registry.register_operation(opened(|o| o.kind = 9)) => InvalidArgument "VALUE_UNKNOWN" "operation.kind" "not in the list"),
        case!("a name of 121 characters", registry.register_bailleur(registered(|b| b.name = "é".repeat(121))) => InvalidArgument "TEXT_TOO_LONG" "bailleur.name" "too long").fact("limit", "120"),
        case!("a tab in a name", registry.register_bailleur(registered(|b| b.name = "a\tb".into())) => InvalidArgument "TEXT_CHARACTERS" "bailleur.name" "control characters"),
        case!("an unknown territory", registry.register_operation(opened(|o| o.territory_siren = siren(1))) => InvalidArgument "TERRITORY_UNKNOWN" "operation.territory_siren" "63"),
        case!("the Métropole du Grand Paris", registry.register_operation(opened(|o| o.territory_siren = METROPOLE.into())) => InvalidArgument "TERRITORY_UNKNOWN" "operation.territory_siren" "EPT"),
        case!("a run of the Métropole", netting.propose_netting(proposed(|p| p.territory_siren = METROPOLE.into())) => InvalidArgument "TERRITORY_UNKNOWN" "territory_siren" "63"),
        case!("Lyon", ledger.record_relogement(moved(|r| r.commune_insee = "69123".into())) => InvalidArgument "COMMUNE_UNKNOWN" "relogement.commune_insee" "INSEE"),
        case!("a postal code", ledger.record_relogement(moved(|r| r.commune_insee = "93200".into())) => InvalidArgument "COMMUNE_UNKNOWN" "relogement.commune_insee" "postal code"),
        case!("no commune", ledger.record_relogement(moved(|r| r.commune_insee.clear())) => InvalidArgument "COMMUNE_UNKNOWN" "relogement.commune_insee" "INSEE"),
        case!("Pierrefitte after its merger", ledger.record_relogement(moved(|r| r.commune_insee = "93059".into())) => InvalidArgument "COMMUNE_UNKNOWN" "relogement.commune_insee" "INSEE").fact("current_code", "93066"),
    ]
}

#[rustfmt::skip]
fn dates_and_amounts() -> Vec<Case> {
    vec![
        case!("30 February", ledger.record_relogement(moved(|r| r.lease_date = day(2025, 2, 30))) => InvalidArgument "DATE_INVALID" "relogement.lease_date" "calendar date"),
        case!("a date of 1989", ledger.record_relogement(moved(|r| r.lease_date = day(1989, 12, 31))) => InvalidArgument "DATE_INVALID" "relogement.lease_date" "1990"),
        case!("a year that overflows", ledger.record_works(worked(|w| w.invoiced_on = day(i32::MAX, 1, 1))) => InvalidArgument "DATE_INVALID" "works.invoiced_on" "calendar date"),
        case!("an empty date", ledger.record_works(worked(|w| w.invoiced_on = day(0, 0, 0))) => InvalidArgument "DATE_INVALID" "works.invoiced_on" "calendar date"),
        case!("new rents on the 2nd", ledger.record_rent_revision(revised(day(2025, 5, 2), 50_000)) => InvalidArgument "DATE_INVALID" "rent_revision.from" "calendar date").fact("first_of_month", "2025-05-01"),
        case!("a lease of tomorrow", ledger.record_relogement(moved(|r| r.lease_date = day(2025, 7, 2))) => InvalidArgument "DATE_IN_FUTURE" "relogement.lease_date" "after today").fact("today", "2025-07-01"),
        case!("an invoice of tomorrow", ledger.record_works(worked(|w| w.invoiced_on = day(2025, 7, 2))) => InvalidArgument "DATE_IN_FUTURE" "works.invoiced_on" "after today"),
        case!("a vacancy not yet over", ledger.record_vacancy(emptied(|v| v.to = day(2025, 7, 2))) => InvalidArgument "DATE_IN_FUTURE" "vacancy.to" "after today"),
        case!("a payment of tomorrow", netting.confirm_payment(confirmed("N-1", "N-1-0002", |c| c.paid_on = day(2025, 7, 2))) => InvalidArgument "DATE_IN_FUTURE" "paid_on" "after today"),
        case!("a period not yet over", netting.propose_netting(proposal("N-new", (2025, 7, 2))) => InvalidArgument "DATE_IN_FUTURE" "period.to" "after today"),
        case!("empty until before it was empty", ledger.record_vacancy(emptied(|v| v.to = day(2025, 1, 31))) => InvalidArgument "DATES_OUT_OF_ORDER" "vacancy.to" "wrong order"),
        case!("new rents before the lease", ledger.record_rent_revision(revised(day(2025, 2, 1), 50_000)) => InvalidArgument "DATES_OUT_OF_ORDER" "rent_revision.from" "wrong order").fact("lease_date", "2025-03-15"),
        case!("a lease that ends before it starts", ledger.end_lease(ended("R-1", day(2025, 3, 14))) => InvalidArgument "DATES_OUT_OF_ORDER" "lease_end.ended_on" "wrong order"),
        case!("a period upside down", netting.propose_netting(proposal("N-new", (2024, 12, 31))) => InvalidArgument "DATES_OUT_OF_ORDER" "period.to" "wrong order"),
        case!("works of nothing", ledger.record_works(worked(|w| w.amount_cents = 0)) => InvalidArgument "AMOUNT_NOT_POSITIVE" "works.amount_cents" "above zero"),
        case!("negative works", ledger.record_works(worked(|w| w.amount_cents = -1)) => InvalidArgument "AMOUNT_NOT_POSITIVE" "works.amount_cents" "reversal"),
        case!("the smallest number", ledger.record_indemnity(indemnified(|i| i.amount_cents = i64::MIN)) => InvalidArgument "AMOUNT_NOT_POSITIVE" "indemnity.amount_cents" "above zero"),
        case!("an empty vacancy", ledger.record_vacancy(emptied(|v| v.amount_cents = 0)) => InvalidArgument "AMOUNT_NOT_POSITIVE" "vacancy.amount_cents" "above zero"),
        case!("a billion and a cent", ledger.record_works(worked(|w| w.amount_cents = 100_000_000_001)) => InvalidArgument "AMOUNT_TOO_LARGE" "works.amount_cents" "one billion"),
        case!("the largest number", ledger.record_vacancy(emptied(|v| v.amount_cents = i64::MAX)) => InvalidArgument "AMOUNT_TOO_LARGE" "vacancy.amount_cents" "one billion"),
        case!("a gap beyond a billion over a year", ledger.record_relogement(moved(|r| r.reference_rent_cents = 100_000_000_000)) => InvalidArgument "AMOUNT_TOO_LARGE" "relogement.reference_rent_cents" "one billion"),
        case!("a rent beyond any counter", ledger.record_relogement(moved(|r| r.practised_rent_cents = i64::MAX)) => InvalidArgument "AMOUNT_TOO_LARGE" "relogement.practised_rent_cents" "one billion"),
        case!("a negative rent", ledger.record_relogement(moved(|r| r.practised_rent_cents = -1)) => InvalidArgument "AMOUNT_NEGATIVE" "relogement.practised_rent_cents" "negative"),
        case!("minus five relogements", registry.register_operation(opened(|o| o.planned_relogements = -5)) => InvalidArgument "AMOUNT_NEGATIVE" "operation.planned_relogements" "negative"),
        case!("9999 of RPLS", ledger.record_relogement(moved(|r| r.reference_rent_cents = 999_900)) => InvalidArgument "RENT_SENTINEL" "relogement.reference_rent_cents" "RPLS"),
        case!("9999 of RPLS, later", ledger.record_rent_revision(revised(day(2025, 5, 1), 999_900)) => InvalidArgument "RENT_SENTINEL" "rent_revision.practised_rent_cents" "RPLS"),
        case!("reference charges alone", ledger.record_relogement(moved(|r| r.reference_charges_cents = Some(1))) => InvalidArgument "CHARGES_INCOMPLETE" "relogement.practised_charges_cents" "go together"),
        case!("practised charges alone", ledger.record_relogement(moved(|r| r.practised_charges_cents = Some(1))) => InvalidArgument "CHARGES_INCOMPLETE" "relogement.reference_charges_cents" "go together"),
        case!("building rights in euros", ledger.record_land_counterpart(built(|l| l.unit = Unit::EurCents.into())) => InvalidArgument "UNIT_WRONG" "land_counterpart.unit" "m²"),
        case!("building rights in nothing", ledger.record_land_counterpart(built(|l| l.unit = 0)) => InvalidArgument "UNIT_WRONG" "land_counterpart.unit" "m²"),
        case!("building rights in unit 7", ledger.record_land_counterpart(built(|l| l.unit = 7)) => InvalidArgument "UNIT_WRONG" "land_counterpart.unit" "m²"),
    ]
}

#[rustfmt::skip]
fn against_the_books() -> Vec<Case> {
    vec![
        case!("an unknown host", ledger.record_relogement(moved(|r| r.host_siren = siren(99))) => NotFound "BAILLEUR_UNKNOWN" "relogement.host_siren" "RegisterBailleur"),
        case!("an unknown operation", ledger.record_relogement(moved(|r| r.operation_id = "OP-99".into())) => NotFound "OPERATION_UNKNOWN" "relogement.operation_id" "RegisterOperation"),
        case!("an operator without stock as host", ledger.record_relogement(moved(|r| r.host_siren = siren(6))) => FailedPrecondition "HOST_WITHOUT_STOCK" "relogement.host_siren" "without stock"),
        case!("an absorbed host", ledger.record_relogement(moved(|r| r.host_siren = siren(4))) => FailedPrecondition "BAILLEUR_ABSORBED" "relogement.host_siren" "absorbed"),
        case!("a lease before any convention", ledger.record_relogement(moved(|r| r.lease_date = day(2024, 12, 31))) => FailedPrecondition "NO_CONVENTION" "relogement.lease_date" "PublishConvention"),
        case!("a relogement recorded twice", ledger.record_relogement(moved(|r| r.relogement_id = "R-1".into())) => AlreadyExists "RELOGEMENT_EXISTS" "relogement.relogement_id" "already recorded"),
        case!("works on nothing", ledger.record_works(worked(|w| w.relogement_id = "R-99".into())) => NotFound "RELOGEMENT_UNKNOWN" "works.relogement_id" "RecordRelogement"),
        case!("works on a reversed relogement", ledger.record_works(worked(|w| w.relogement_id = "R-2".into())) => FailedPrecondition "RELOGEMENT_REVERSED" "works.relogement_id" "reversed"),
        case!("a lease ended twice", ledger.end_lease(ended("R-3", day(2025, 6, 1))) => FailedPrecondition "LEASE_ALREADY_ENDED" "lease_end.relogement_id" "already recorded"),
        case!("more reclaimed than received", ledger.record_indemnity(indemnified(|i| { i.status = IndemnityStatus::Reclaimed.into(); i.amount_cents = 5_001; })) => FailedPrecondition "INDEMNITY_EXCEEDED" "indemnity.amount_cents" "reclaimed").fact("received_cents", "5000"),
        case!("more honoured than promised", ledger.record_land_counterpart(built(|l| { l.step = v1::CounterpartStep::Honoured.into(); l.quantity = 101; })) => FailedPrecondition "COUNTERPART_EXCEEDED" "land_counterpart.quantity" "building rights").fact("due", "100"),
        case!("an event id for other content", ledger.record_works(v1::RecordWorksRequest { event_id: "w-1".into(), works: Some(works("R-1", 999)), validate_only: false }) => AlreadyExists "EVENT_ID_REUSED" "event_id" "other content"),
        case!("an event id for another kind", ledger.record_vacancy(v1::RecordVacancyRequest { event_id: "w-1".into(), vacancy: Some(vacancy("R-1", 999)), validate_only: false }) => AlreadyExists "EVENT_ID_REUSED" "event_id" "other content"),
        case!("reversing nothing", ledger.reverse_event(reversed("never-sent")) => NotFound "EVENT_UNKNOWN" "reversal.reverses_event_id" "no event"),
        case!("reversing twice", ledger.reverse_event(reversed("r-2")) => FailedPrecondition "ALREADY_REVERSED" "reversal.reverses_event_id" "already been reversed"),
        case!("reversing a reversal", ledger.reverse_event(reversed("undo-2")) => FailedPrecondition "NOT_REVERSIBLE" "reversal.reverses_event_id" "not reversed").fact("kind", "event_reversed"),
        case!("reversing a merger", ledger.reverse_event(reversed("merger")) => FailedPrecondition "NOT_REVERSIBLE" "reversal.reverses_event_id" "next run").fact("kind", "bailleur_succeeded"),
        case!("reversing a registration", ledger.reverse_event(reversed(&format!("bailleur/{}", siren(1)))) => InvalidArgument "ID_CHARACTERS" "reversal.reverses_event_id" "ASCII"),
        case!("taking an id of the chamber", ledger.record_works(v1::RecordWorksRequest { event_id: "netting-approved/N-9".into(), works: Some(works("R-1", 1)), validate_only: false }) => InvalidArgument "ID_CHARACTERS" "event_id" "ASCII"),
        case!("reversing under later events", ledger.reverse_event(reversed("r-1")) => FailedPrecondition "HAS_FOLLOW_UPS" "reversal.reverses_event_id" "rest on it"),
        case!("a bailleur again, renamed", registry.register_bailleur(registered(|b| b.siren = siren(1))) => AlreadyExists "BAILLEUR_EXISTS" "bailleur.siren" "already registered"),
        case!("an operation again, changed", registry.register_operation(opened(|o| { o.operation_id = "OP-1".into(); o.name = "Autre".into(); })) => AlreadyExists "OPERATION_EXISTS" "operation.operation_id" "already registered"),
        case!("an operation of nobody", registry.register_operation(opened(|o| o.origin_siren = siren(99))) => NotFound "BAILLEUR_UNKNOWN" "operation.origin_siren" "RegisterBailleur"),
        case!("an operation of an absorbed bailleur", registry.register_operation(opened(|o| o.origin_siren = siren(4))) => FailedPrecondition "BAILLEUR_ABSORBED" "operation.origin_siren" "absorbing").fact("absorbed_by", "000000067"),
        case!("a bailleur that absorbs itself", registry.record_succession(merged(1, 1)) => InvalidArgument "SUCCESSION_TO_SELF" "absorbing_siren" "itself"),
        case!("a merger into nobody", registry.record_succession(merged(1, 99)) => NotFound "BAILLEUR_UNKNOWN" "absorbing_siren" "RegisterBailleur"),
        case!("a bailleur absorbed twice", registry.record_succession(merged(4, 1)) => FailedPrecondition "BAILLEUR_ABSORBED" "absorbed_siren" "absorbed"),
        case!("a merger of tomorrow", registry.record_succession(v1::RecordSuccessionRequest { effective_on: day(2025, 7, 2), ..merged(1, 2) }) => InvalidArgument "DATE_IN_FUTURE" "effective_on" "after today"),
    ]
}

#[rustfmt::skip]
fn conventions() -> Vec<Case> {
    let stock = |weights: &[i64]| key(KeyBasis::Stock, weights);
    vec![
        case!("rules of nowhere", registry.publish_convention(ruled(causal(), |c| c.territory_siren = siren(1))) => InvalidArgument "TERRITORY_UNKNOWN" "convention.territory_siren" "63"),
        case!("a version skipped", registry.publish_convention(ruled(causal(), |c| c.version = 3)) => FailedPrecondition "CONVENTION_VERSION" "convention.version" "follow each other").fact("expected", "2"),
        case!("version 0", registry.publish_convention(ruled(causal(), |c| c.version = 0)) => InvalidArgument "CONVENTION_RANGE" "convention.version" "range"),
        case!("version −1", registry.publish_convention(ruled(causal(), |c| c.version = -1)) => InvalidArgument "CONVENTION_RANGE" "convention.version" "range"),
        case!("in force before the one before", registry.publish_convention(ruled(causal(), |c| c.in_force_from = day(2025, 1, 1))) => FailedPrecondition "CONVENTION_VERSION" "convention.in_force_from" "follow each other"),
        case!("in force under a lease", registry.publish_convention(ruled(causal(), |c| c.in_force_from = day(2025, 3, 15))) => FailedPrecondition "CONVENTION_TOO_LATE" "convention.in_force_from" "already follows").fact("latest_lease", "2025-03-15"),
        case!("version 1 again, changed", registry.publish_convention(ruled(causal(), |c| { c.version = 1; c.in_force_from = day(2025, 1, 1); c.share_bp = 1; })) => FailedPrecondition "CONVENTION_VERSION" "convention.version" "follow each other"),
        case!("no title", registry.publish_convention(ruled(causal(), |c| c.title.clear())) => InvalidArgument "FIELD_MISSING" "convention.title" "required"),
        case!("no mode", registry.publish_convention(ruled(causal(), |c| c.rent_gap_mode = 0)) => InvalidArgument "FIELD_MISSING" "convention.rent_gap_mode" "required"),
        case!("no month", registry.publish_convention(ruled(causal(), |c| c.rent_gap_months = 0)) => InvalidArgument "CONVENTION_RANGE" "convention.rent_gap_months" "range").fact("least", "1"),
        case!("601 months", registry.publish_convention(ruled(causal(), |c| c.rent_gap_months = 601)) => InvalidArgument "CONVENTION_RANGE" "convention.rent_gap_months" "range").fact("most", "600"),
        case!("IRL with a capitalised gap", registry.publish_convention(ruled(causal(), |c| c.rent_gap_revise_with_irl = true)) => InvalidArgument "CONVENTION_RANGE" "convention.rent_gap_revise_with_irl" "range"),
        case!("claw-back with an accrued gap", registry.publish_convention(ruled(causal(), |c| { c.rent_gap_mode = v1::RentGapMode::Accrued.into(); c.rent_gap_claw_back = true; })) => InvalidArgument "CONVENTION_RANGE" "convention.rent_gap_claw_back" "range"),
        case!("more than all of it", registry.publish_convention(ruled(causal(), |c| c.share_bp = 10_001)) => InvalidArgument "CONVENTION_RANGE" "convention.share_bp" "range"),
        case!("a negative cap on works", registry.publish_convention(ruled(causal(), |c| c.works_cap_cents = Some(-1))) => InvalidArgument "CONVENTION_RANGE" "convention.works_cap_cents" "range"),
        case!("a negative cap on all", registry.publish_convention(ruled(causal(), |c| c.total_cap_cents = Some(-1))) => InvalidArgument "CONVENTION_RANGE" "convention.total_cap_cents" "range"),
        case!("a cap of eleven years", registry.publish_convention(ruled(causal(), |c| c.vacancy_days_cap = Some(4_015))) => InvalidArgument "CONVENTION_RANGE" "convention.vacancy_days_cap" "range"),
        case!("a negative threshold", registry.publish_convention(ruled(causal(), |c| c.de_minimis_cents = -1)) => InvalidArgument "CONVENTION_RANGE" "convention.de_minimis_cents" "range"),
        case!("a negative debtor cap", registry.publish_convention(ruled(causal(), |c| c.debtor_caps = vec![v1::DebtorCap { bailleur_siren: siren(1), cap_cents: -1 }])) => InvalidArgument "CONVENTION_RANGE" "convention.debtor_caps" "range"),
        case!("a line counted twice", registry.publish_convention(ruled(causal(), |c| c.counted_lines = vec![1, 1])) => InvalidArgument "CONVENTION_RANGE" "convention.counted_lines[1]" "range").fact("listed", "twice"),
        case!("line 7", registry.publish_convention(ruled(causal(), |c| c.counted_lines = vec![7])) => InvalidArgument "VALUE_UNKNOWN" "convention.counted_lines[0]" "not in the list"),
        case!("no rule", registry.publish_convention(ruled(causal(), |c| c.fair_share_rule = 0)) => InvalidArgument "FIELD_MISSING" "convention.fair_share_rule" "required"),
        case!("rule 8", registry.publish_convention(ruled(causal(), |c| c.fair_share_rule = 8)) => InvalidArgument "VALUE_UNKNOWN" "convention.fair_share_rule" "not in the list"),
        case!("a key without basis", registry.publish_convention(ruled(stock(&[1, 1]), |c| c.key_basis = 0)) => InvalidArgument "FIELD_MISSING" "convention.key_basis" "required"),
        case!("a key without weights", registry.publish_convention(ruled(stock(&[]), |_| {})) => InvalidArgument "CONVENTION_WEIGHTS" "convention.weights" "at least one weight"),
        case!("a negative weight", registry.publish_convention(ruled(stock(&[1, -1]), |_| {})) => InvalidArgument "CONVENTION_RANGE" "convention.weights[1].weight" "range"),
        case!("a weight beyond a billion", registry.publish_convention(ruled(stock(&[1_000_000_001]), |_| {})) => InvalidArgument "CONVENTION_RANGE" "convention.weights" "range"),
        case!("a bailleur weighed twice", registry.publish_convention(ruled(stock(&[1]), |c| c.weights.push(c.weights[0].clone()))) => InvalidArgument "CONVENTION_WEIGHTS" "convention.weights[1].bailleur_siren" "weight"),
        case!("a weight of nobody", registry.publish_convention(ruled(stock(&[1]), |c| c.weights[0].bailleur_siren = siren(99))) => NotFound "BAILLEUR_UNKNOWN" "convention.weights" "RegisterBailleur"),
        case!("a causal rule with weights", registry.publish_convention(ruled(stock(&[1]), |c| { c.fair_share_rule = v1::FairShareRule::Causal.into(); c.key_basis = 0; })) => InvalidArgument "CONVENTION_RANGE" "convention.weights" "range"),
        case!("a demolisher without weight", registry.publish_convention(ruled(roles(60, &[3], &[1, 1]), |_| {})) => InvalidArgument "CONVENTION_ROLES" "convention.demolisher_sirens" "listed in the weights"),
        case!("101 percent", registry.publish_convention(ruled(roles(101, &[1], &[1, 1]), |_| {})) => InvalidArgument "CONVENTION_RANGE" "convention.demolishers_pct" "range"),
    ]
}

#[rustfmt::skip]
fn nettings() -> Vec<Case> {
    let of = |territory: &str| { let territory = territory.to_owned(); move |p: &mut v1::ProposeNettingRequest| p.territory_siren = territory };
    vec![
        case!("an unknown run", netting.get_netting(v1::GetNettingRequest { netting_id: "N-99".into() }) => NotFound "NETTING_UNKNOWN" "netting_id" "ListNettings"),
        case!("approving an unknown run", netting.approve_netting(approval("N-99", "officer-2")) => NotFound "NETTING_UNKNOWN" "netting_id" "ListNettings"),
        case!("approving alone", netting.approve_netting(approval("N-4", "officer-1")) => PermissionDenied "SAME_OFFICER" "officer_id" "second officer"),
        case!("approving what a payment has outdated", netting.approve_netting(approval("N-4", "officer-2")) => Aborted "NETTING_OUTDATED" "netting_id" "propose it again"),
        case!("approving a rejected run", netting.approve_netting(approval("N-2", "officer-2")) => FailedPrecondition "NETTING_STATUS" "netting_id" "state").fact("step", "APPROVE"),
        case!("approving again, by another", netting.approve_netting(approval("N-1", "officer-3")) => FailedPrecondition "NETTING_STATUS" "netting_id" "state"),
        case!("rejecting an approved run", netting.reject_netting(v1::RejectNettingRequest { netting_id: "N-1".into(), officer_id: "officer-2".into(), validate_only: false }) => FailedPrecondition "NETTING_STATUS" "netting_id" "state"),
        case!("a run id for another period", netting.propose_netting(proposal("N-1", (2025, 6, 29))) => FailedPrecondition "NETTING_ELSEWHERE" "netting_id" "opened for another").fact("to", "2025-06-30"),
        case!("a second run under way", netting.open_netting(v1::OpenNettingRequest { netting_id: "N-5".into(), territory_siren: scenarios::TERRITORY.into(), period: proposal("N-5", (2025, 12, 31)).period, officer_id: "officer-1".into(), validate_only: false }) => FailedPrecondition "NETTING_UNDER_WAY" "territory_siren" "cancel it first").fact("netting_id", "N-4"),
        case!("cutting off what is proposed", netting.cut_off_netting(v1::CutOffNettingRequest { netting_id: "N-4".into(), officer_id: "officer-1".into(), validate_only: false }) => FailedPrecondition "NETTING_STATUS" "netting_id" "state").fact("step", "CUT_OFF"),
        case!("ordering what is not approved", netting.instruct_netting(v1::InstructNettingRequest { netting_id: "N-4".into(), officer_id: "officer-1".into(), pay_on: day(2099, 1, 1), validate_only: false }) => FailedPrecondition "NETTING_STATUS" "netting_id" "state").fact("step", "INSTRUCT"),
        case!("a window already over", netting.publish_netting(v1::PublishNettingRequest { netting_id: "N-4".into(), officer_id: "officer-1".into(), disputes_until: day(2020, 1, 1), validate_only: false }) => InvalidArgument "DATES_OUT_OF_ORDER" "disputes_until" "wrong order"),
        case!("cancelling what is over", netting.cancel_netting(v1::CancelNettingRequest { netting_id: "N-2".into(), officer_id: "officer-1".into(), reason: 1, validate_only: false }) => FailedPrecondition "NETTING_STATUS" "netting_id" "state").fact("step", "CANCEL"),
        case!("cancelling without a reason", netting.cancel_netting(v1::CancelNettingRequest { netting_id: "N-4".into(), officer_id: "officer-1".into(), reason: 0, validate_only: false }) => InvalidArgument "FIELD_MISSING" "reason" "required"),
        case!("closing what is not approved", netting.close_netting(v1::CloseNettingRequest { netting_id: "N-4".into(), officer_id: "officer-1".into(), validate_only: false }) => FailedPrecondition "NETTING_STATUS" "netting_id" "state").fact("step", "CLOSE"),
        case!("a return of what was never paid", netting.return_payment(v1::ReturnPaymentRequest { netting_id: "N-3".into(), payment_id: "N-3-0002".into(), returned_on: day(2025, 7, 1), officer_id: "officer-1".into(), validate_only: false }) => FailedPrecondition "PAYMENT_NOT_CONFIRMED" "payment_id" "seen at the bank"),
        case!("a dispute of nothing", netting.raise_dispute(v1::RaiseDisputeRequest { event_id: "d-1".into(), ..Default::default() }) => InvalidArgument "FIELD_MISSING" "subject" "required"),
        case!("a window still open", netting.approve_netting(approval("N-6", "officer-2")) => FailedPrecondition "DISPUTE_WINDOW_OPEN" "netting_id" "after the last day").fact("disputes_until", "2025-07-10"),
        case!("approving unpublished", netting.approve_netting(approval("N-8", "officer-2")) => FailedPrecondition "NETTING_UNPUBLISHED" "netting_id" "publish it first").fact("status", "PROPOSED"),
        case!("a window too short", netting.publish_netting(v1::PublishNettingRequest { netting_id: "N-8".into(), officer_id: "officer-1".into(), disputes_until: day(2025, 7, 10), validate_only: false }) => FailedPrecondition "DISPUTE_WINDOW_SHORT" "disputes_until" "without a day"),
        case!("approving what is disputed", netting.approve_netting(approval("N-7", "officer-2")) => FailedPrecondition "NETTING_DISPUTED" "netting_id" "propose it again").fact("dispute_id", "d-7"),
        case!("a dispute out of its window", netting.raise_dispute(dispute("d-8", "OP-200057990", Some((2, "N-7")))) => FailedPrecondition "DISPUTE_WINDOW_CLOSED" "netting_id" "ask an officer"),
        case!("a dispute of somebody else's relogement", netting.raise_dispute(dispute("d-8", "OP-200057966", Some((3, "N-6")))) => PermissionDenied "DISPUTE_NOT_CONCERNED" "raised_by.bailleur_siren" "origin or host"),
        case!("a second dispute", netting.raise_dispute(dispute("d-8", "OP-200057990", None)) => AlreadyExists "DISPUTE_EXISTS" "subject" "first dispute"),
        case!("a dispute settled twice", netting.settle_dispute(v1::SettleDisputeRequest { outcome: 1, ..settled("d-6") }) => FailedPrecondition "DISPUTE_SETTLED" "dispute_id" "already settled"),
        case!("an end to no dispute", netting.settle_dispute(v1::SettleDisputeRequest { dispute_id: "d-99".into(), outcome: 1, officer_id: "officer-1".into(), validate_only: false }) => NotFound "DISPUTE_UNKNOWN" "dispute_id" "ListDisputes"),
        case!("a period before the last run", netting.propose_netting(proposal("N-new", (2025, 6, 29))) => FailedPrecondition "PERIOD_ORDER" "period.to" "last approved run").fact("last_approved_to", "2025-06-30"),
        case!("a key of zeros", netting.propose_netting(proposed(of(PARIS))) => FailedPrecondition "NETTING_WEIGHTS" "fair_share.weights" "every weight"),
        case!("an index never published", netting.propose_netting(proposed(of(EST_ENSEMBLE))) => FailedPrecondition "IRL_MISSING" "period" "IRL"),
        case!("a territory where nothing happened", netting.propose_netting(proposed(of(GRAND_ORLY))) => FailedPrecondition "NETTING_NOTHING" "territory_siren" "nothing to share"),
        case!("a run without rules", netting.propose_netting(proposed(of("200058485"))) => FailedPrecondition "NO_CONVENTION" "period.to" "PublishConvention"),
        case!("an unknown payment", netting.confirm_payment(confirmed("N-1", "N-1-0099", |_| {})) => NotFound "PAYMENT_UNKNOWN" "payment_id" "GetNetting"),
        case!("a payment of a run not approved", netting.confirm_payment(confirmed("N-4", "N-4-0001", |_| {})) => FailedPrecondition "NETTING_STATUS" "netting_id" "state"),
        case!("a payment seen twice", netting.confirm_payment(confirmed("N-1", "N-1-0001", |_| {})) => FailedPrecondition "PAYMENT_CONFIRMED" "payment_id" "already confirmed"),
        case!("a payment taken over", netting.confirm_payment(confirmed("N-1", "N-1-0002", |_| {})) => FailedPrecondition "PAYMENT_LAPSED" "payment_id" "later run"),
        case!("another amount", netting.confirm_payment(confirmed("N-3", "N-3-0002", |c| c.amount_cents = 1)) => FailedPrecondition "PAYMENT_DIFFERS" "amount_cents" "exact amount"),
        case!("a payment of nothing", netting.confirm_payment(confirmed("N-3", "N-3-0001", |c| c.amount_cents = 0)) => InvalidArgument "AMOUNT_NOT_POSITIVE" "amount_cents" "above zero"),
    ]
}

#[rustfmt::skip]
fn questions_and_batches() -> Vec<Case> {
    let page_token = || "x".to_owned();
    vec![
        case!("a page of −1 bailleurs", registry.list_bailleurs(v1::ListBailleursRequest { page_size: -1, ..Default::default() }) => InvalidArgument "PAGE_SIZE" "page_size" "negative"),
        case!("a page of −1 entries", ledger.list_entries(v1::ListEntriesRequest { page_size: -1, ..Default::default() }) => InvalidArgument "PAGE_SIZE" "page_size" "negative"),
        case!("a page token of one's own", ledger.list_entries(v1::ListEntriesRequest { page_token: page_token(), ..Default::default() }) => InvalidArgument "PAGE_TOKEN" "page_token" "next_page_token"),
        case!("a page token cut short", registry.list_operations(v1::ListOperationsRequest { page_token: "0123456789abcdef".into(), ..Default::default() }) => InvalidArgument "PAGE_TOKEN" "page_token" "unchanged"),
        case!("a page token in Greek", netting.list_nettings(v1::ListNettingsRequest { page_token: "αβγδεζηθικλμνξοπρστυ".into(), ..Default::default() }) => InvalidArgument "PAGE_TOKEN" "page_token" "unchanged"),
        case!("a seq not yet written", ledger.get_positions(v1::GetPositionsRequest { as_of: Some(v1::AsOf { seq: 1_000_000, ..Default::default() }), ..Default::default() }) => InvalidArgument "SEQ_BEYOND_HEAD" "as_of.seq" "GetJournalHead"),
        case!("a negative seq", ledger.get_positions(v1::GetPositionsRequest { as_of: Some(v1::AsOf { seq: -1, ..Default::default() }), ..Default::default() }) => InvalidArgument "SEQ_BEYOND_HEAD" "as_of.seq" "seq"),
        case!("a bad day", ledger.get_positions(v1::GetPositionsRequest { as_of: Some(v1::AsOf { booked_by: day(2025, 13, 1), ..Default::default() }), ..Default::default() }) => InvalidArgument "DATE_INVALID" "as_of.booked_by" "calendar date"),
        case!("a cursor beyond the head", ledger.watch_entries(v1::WatchEntriesRequest { cursor: 1_000_000, ..Default::default() }) => InvalidArgument "SEQ_BEYOND_HEAD" "cursor" "GetJournalHead"),
        case!("entries of the Métropole", ledger.list_entries(v1::ListEntriesRequest { territory_siren: METROPOLE.into(), ..Default::default() }) => InvalidArgument "TERRITORY_UNKNOWN" "territory_siren" "63"),
        case!("positions of a bad SIREN", ledger.get_positions(v1::GetPositionsRequest { bailleur_siren: "1".into(), ..Default::default() }) => InvalidArgument "SIREN_FORMAT" "bailleur_siren" "nine digits"),
        case!("an unknown relogement", ledger.get_relogement(v1::GetRelogementRequest { relogement_id: "R-99".into() }) => NotFound "RELOGEMENT_UNKNOWN" "relogement_id" "RecordRelogement"),
        case!("an unknown bailleur", registry.get_bailleur(v1::GetBailleurRequest { siren: siren(99) }) => NotFound "BAILLEUR_UNKNOWN" "siren" "RegisterBailleur"),
        case!("an unknown operation", registry.get_operation(v1::GetOperationRequest { operation_id: "OP-99".into() }) => NotFound "OPERATION_UNKNOWN" "operation_id" "RegisterOperation"),
        case!("an unknown version", registry.get_convention(v1::GetConventionRequest { territory_siren: TERRITORY.into(), version: 9, on: None }) => NotFound "CONVENTION_UNKNOWN" "version" "ListConventions"),
        case!("rules before the first", registry.get_convention(v1::GetConventionRequest { territory_siren: TERRITORY.into(), version: 0, on: day(2024, 1, 1) }) => NotFound "CONVENTION_UNKNOWN" "version" "ListConventions"),
        case!("an empty batch", ledger.record_events(batch(Vec::new())) => InvalidArgument "BATCH_EMPTY" "events" "no event"),
        case!("1001 events", ledger.record_events(batch(vec![v1::Event::default(); 1_001])) => InvalidArgument "BATCH_TOO_LARGE" "events" "split").fact("limit", "1000"),
        case!("50 001 events in an import", ledger.import_events(tokio_stream::iter(vec![v1::ImportEventsRequest { events: vec![v1::Event::default(); 1_000], validate_only: false }; 51])) => InvalidArgument "BATCH_TOO_LARGE" "events" "split").fact("limit", "50000"),
    ]
}

#[rustfmt::skip]
fn identities() -> Vec<Case> {
    vec![
        case!("no identity", access.register_identity(v1::RegisterIdentityRequest::default()) => InvalidArgument "FIELD_MISSING" "identity" "required"),
        case!("an identity without a role", access.register_identity(known(|i| i.role = 0)) => InvalidArgument "FIELD_MISSING" "identity.role" "required"),
        case!("a role that does not exist", access.register_identity(known(|i| i.role = 99)) => InvalidArgument "VALUE_UNKNOWN" "identity.role" "list"),
        case!("a name with a space", access.register_identity(known(|i| i.name = "a martin".into())) => InvalidArgument "ID_CHARACTERS" "identity.name" "ASCII"),
        case!("a landlord without a SIREN", access.register_identity(known(|i| i.role = v1::IdentityRole::Bailleur.into())) => InvalidArgument "FIELD_MISSING" "identity.bailleur_siren" "required"),
        case!("an officer of nowhere", access.register_identity(known(|i| i.role = v1::IdentityRole::Officer.into())) => InvalidArgument "FIELD_MISSING" "identity.territory_sirens" "required"),
        case!("an auditor of one territory", access.register_identity(known(|i| i.territory_sirens = vec![PARIS.into()])) => InvalidArgument "IDENTITY_FIELD" "identity.territory_sirens" "goes with").fact("role", "auditor"),
        case!("an auditor with a SIREN", access.register_identity(known(|i| i.bailleur_siren = siren(1))) => InvalidArgument "IDENTITY_FIELD" "identity.bailleur_siren" "goes with"),
        case!("an officer of the Métropole", access.register_identity(known(|i| { i.role = v1::IdentityRole::Officer.into(); i.territory_sirens = vec![METROPOLE.into()]; })) => InvalidArgument "TERRITORY_UNKNOWN" "identity.territory_sirens[0]" "63"),
        case!("an identity in a trial", access.register_identity(known(|_| {})) => FailedPrecondition "IDENTITIES_OFF" "identity" "trial"),
        case!("a revocation of nobody", access.revoke_identity(v1::RevokeIdentityRequest::default()) => InvalidArgument "ID_EMPTY" "name" "missing"),
        case!("a revocation in a trial", access.revoke_identity(v1::RevokeIdentityRequest { name: "a".into(), ..Default::default() }) => FailedPrecondition "IDENTITIES_OFF" "identity" "trial"),
        case!("a page of −1 identities", access.list_identities(v1::ListIdentitiesRequest { page_size: -1, ..Default::default() }) => InvalidArgument "PAGE_SIZE" "page_size" "negative"),
        case!("identities of a trial", access.list_identities(v1::ListIdentitiesRequest::default()) => FailedPrecondition "IDENTITIES_OFF" "identity" "trial"),
    ]
}

fn known(change: impl FnOnce(&mut v1::Identity)) -> v1::RegisterIdentityRequest {
    let role = v1::IdentityRole::Auditor.into();
    let mut identity = v1::Identity { name: "a.martin".to_owned(), role, ..v1::Identity::default() };
    change(&mut identity);
    v1::RegisterIdentityRequest { identity: Some(identity), validate_only: false }
}

fn table() -> Vec<Case> {
    let groups = [
        identities(),
        identifiers(),
        bank_accounts(),
        missing_and_unknown(),
        dates_and_amounts(),
        against_the_books(),
        conventions(),
        nettings(),
        questions_and_batches(),
    ];
    groups.into_iter().flatten().collect()
}

/// Reasons that the table cannot meet, and why.
const ELSEWHERE: [(Reason, &str); 63] = [
    (Reason::NettingGrouped, "in the scenarios of a region"),
    (Reason::RegionalNothing, "in the scenarios of a region"),
    (Reason::OptOutUnknown, "in the scenarios of a region"),
    (Reason::Unauthenticated, "in the scenarios of access"),
    (Reason::AccessDenied, "in the scenarios of access"),
    (Reason::OfficerNotCaller, "in the scenarios of access"),
    (Reason::IdentityUnknown, "in the scenarios of access"),
    (Reason::IdentityInFile, "in the scenarios of access"),
    (Reason::IdentityOwn, "in the scenarios of access"),
    (Reason::RateLimit, "in the scenarios of access"),
    (Reason::ExportWhole, "in the scenarios of access and of proofs"),
    (Reason::CheckpointKeyMissing, "in the scenarios of proofs"),
    (Reason::ValueRange, "who goes where: in the tests of matching"),
    (Reason::PairNotEligible, "who goes where: in the tests of matching"),
    (Reason::AnruScaleMissing, "who goes where: in the tests of matching"),
    (Reason::NeedUnknown, "who goes where: in the scenarios of matching"),
    (Reason::IdReserved, "who goes where: in the scenarios of the rotation"),
    (Reason::OfferTwice, "who goes where: in the scenarios of chains"),
    (Reason::HouseholdTwice, "who goes where: in the scenarios of chains"),
    (Reason::ContingentElsewhere, "who goes where: in the scenarios of matching"),
    (Reason::OfferUnknown, "who goes where: in the scenarios of matching"),
    (Reason::ProposalUnknown, "who goes where: in the tests of matching"),
    (Reason::ProposalExists, "who goes where: in the tests of matching"),
    (Reason::ProposalStep, "who goes where: in the tests of matching"),
    (Reason::ProposalClock, "who goes where: in the tests of matching"),
    (Reason::ProposalLease, "who goes where: in the tests of matching"),
    (Reason::DwellingEngaged, "who goes where: in the tests of matching"),
    (Reason::HouseholdEngaged, "who goes where: in the tests of matching"),
    (Reason::FormalOffersSpent, "who goes where: in the tests of matching"),
    (Reason::QuotaSpent, "who goes where: in the tests of matching"),
    (Reason::PosterNotAllowed, "who goes where: in the tests of matching"),
    (Reason::OutOfTurn, "who goes where: in the scenarios of the rotation"),
    (Reason::TeamTwice, "who goes where: in the scenarios of the rotation"),
    (Reason::ChainUnsigned, "who goes where: in the tests of matching"),
    (Reason::ScenarioDuplicate, "in the scenarios of documents"),
    (Reason::DocumentTooLarge, "needs a statement of some hundred thousand relogements"),
    (Reason::MessageUnreadable, "below: bytes that are no message"),
    (Reason::MessageTooLarge, "below: bytes that are no message"),
    (Reason::AmountFormat, "files only: the wire carries cents"),
    (Reason::AmountSubCent, "files only: the wire carries cents"),
    (Reason::ConventionFormat, "files only"),
    (Reason::NettingOverflow, "needs ninety million declarations of a billion"),
    (Reason::BalanceOverflow, "needs ninety million declarations of a billion"),
    (Reason::AllOrNothing, "sound lines of a refused import are not told"),
    (Reason::QueueFull, "in the scenarios of the service"),
    (Reason::DiskFull, "below: it needs a full disk"),
    (Reason::BankAccountUnknown, "files only: payment orders, in the tests of audit"),
    (Reason::BankAccountSame, "files only: payment orders, in the tests of audit"),
    (Reason::NameUnwritable, "files only: payment orders, in the tests of audit"),
    (Reason::OrderDuplicate, "files only: payment orders, in the tests of audit"),
    (Reason::OrderFile, "files only: payment orders, in the tests of audit"),
    (Reason::StatementTooLarge, "files only: bank statements, in the tests of audit"),
    (Reason::StatementXml, "files only: bank statements, in the tests of audit"),
    (Reason::StatementEntity, "files only: bank statements, in the tests of audit"),
    (Reason::StatementSchema, "files only: bank statements, in the tests of audit"),
    (Reason::StatementField, "files only: bank statements, in the tests of audit"),
    (Reason::StatementValue, "files only: bank statements, in the tests of audit"),
    (Reason::StatementCurrency, "files only: bank statements, in the tests of audit"),
    (Reason::StatementBalance, "files only: bank statements, in the tests of audit"),
    (Reason::StatementPending, "files only: bank statements, in the tests of audit"),
    (Reason::StatementAccount, "files only: bank statements, in the tests of audit"),
    (Reason::StatementDuplicate, "files only: bank statements, in the tests of audit"),
    (Reason::StatementDirection, "files only: bank statements, in the tests of audit"),
];

/// A chamber with something to be wrong about.
///
/// Bailleur 4 was absorbed by 5, 6 has no stock. R-1 has works and an indemnity, R-2 is reversed, the lease of
/// R-3 is over. Run N-1: one payment confirmed, one taken over by N-3; N-2 rejected; N-4 outdated.
async fn chamber() -> Chamber {
    let chamber = Chamber::open().await;
    chamber.register(&[1, 2, 3, 4, 5]).await;
    let without_stock = v1::Bailleur { kind: BailleurKind::OperateurSansParc.into(), ..bailleur(6) };
    let request = v1::RegisterBailleurRequest { bailleur: Some(without_stock), validate_only: false };
    chamber.client.registry().register_bailleur(request).await.unwrap();
    let account = v1::RegisterBankAccountRequest {
        event_id: "b-1".to_owned(),
        ..banked(|a| {
            a.bailleur_siren = siren(1);
            a.iban = Iban::fictitious(1).paper();
            a.holder = "Bailleur 1".to_owned();
        })
    };
    chamber.client.registry().register_bank_account(account).await.unwrap();
    chamber.register_operations(&[1]).await;
    chamber.publish(causal()).await;
    let merger = v1::RecordSuccessionRequest { event_id: "merger".to_owned(), ..merged(4, 5) };
    chamber.client.registry().record_succession(merger).await.unwrap();
    let declared = [
        event("r-1", Body::Relogement(relogement("R-1", 1, 2, 1_000))),
        event("w-1", Body::Works(works("R-1", 5_000))),
        event("i-1", Body::Indemnity(indemnity("R-1", 5_000))),
        event("r-2", Body::Relogement(relogement("R-2", 1, 2, 1_000))),
        event("undo-2", Body::Reversal(reversal("r-2"))),
        event("r-3", Body::Relogement(relogement("R-3", 1, 3, 2_000))),
        event(
            "end-3",
            Body::LeaseEnd(v1::LeaseEnd { relogement_id: "R-3".into(), ended_on: day(2025, 6, 1) }),
        ),
        event("l-1", Body::LandCounterpart(counterpart(100))),
    ];
    chamber.record_all(declared.to_vec()).await;
    run_nettings(&chamber).await;
    other_territories(&chamber).await;
    chamber
}

async fn run_nettings(chamber: &Chamber) {
    let period_end = (2025, 6, 30);
    chamber.propose("N-1", period_end).await;
    let first = chamber.approve("N-1").await;
    chamber.confirm("N-1", &first.payments[0]).await;
    chamber.propose("N-2", period_end).await;
    let rejected =
        v1::RejectNettingRequest { netting_id: "N-2".into(), officer_id: "o".into(), validate_only: false };
    chamber.client.netting().reject_netting(rejected).await.unwrap();
    chamber.record("w-3", Body::Works(works("R-1", 7_000))).await;
    chamber.propose("N-3", period_end).await;
    let third = chamber.approve("N-3").await;
    chamber.propose("N-4", period_end).await;
    chamber.confirm("N-3", &third.payments[0]).await;
}

/// In Paris a key whose weights are all zero; in Est Ensemble a lease older than the IRL; in Grand-Orly rules
/// and nothing else.
async fn other_territories(chamber: &Chamber) {
    chamber.publish(v1::Convention { territory_siren: GRAND_ORLY.to_owned(), ..causal() }).await;
    let zero = v1::Convention { territory_siren: PARIS.to_owned(), ..key(KeyBasis::Equal, &[0, 0]) };
    let old = v1::Convention {
        territory_siren: EST_ENSEMBLE.to_owned(),
        in_force_from: day(1995, 1, 1),
        rent_gap_mode: v1::RentGapMode::Accrued.into(),
        rent_gap_months: 600,
        rent_gap_revise_with_irl: true,
        ..causal()
    };
    let elsewhere = |siren: &str| v1::Convention { territory_siren: siren.to_owned(), ..causal() };
    let march = day(2025, 3, 1);
    let published = v1::Convention { dispute_days: Some(30), ..elsewhere(GRAND_PARIS_SUD) };
    let disputed = [(elsewhere(VALLEE_SUD), march), (elsewhere(BOUCLE_NORD), march), (published, march)];
    for (convention, lease_date) in [(zero, march), (old, day(1995, 3, 1))].into_iter().chain(disputed) {
        let territory_siren = convention.territory_siren.clone();
        chamber.publish(convention).await;
        let id = format!("OP-{territory_siren}");
        let operation = v1::Operation { operation_id: id.clone(), territory_siren, ..operation(1) };
        let request = v1::RegisterOperationRequest { operation: Some(operation), validate_only: false };
        chamber.client.registry().register_operation(request).await.unwrap();
        let moved = v1::Relogement { operation_id: id.clone(), lease_date, ..relogement(&id, 1, 2, 1_000) };
        chamber.record(&id, Body::Relogement(moved)).await;
    }
    disputes(chamber).await;
}

/// In Vallée Sud a run published for a while, and a dispute settled; in Boucle Nord a proposal whose relogement
/// is disputed since.
async fn disputes(chamber: &Chamber) {
    for (id, territory) in [("N-6", VALLEE_SUD), ("N-7", BOUCLE_NORD), ("N-8", GRAND_PARIS_SUD)] {
        let request = v1::ProposeNettingRequest {
            territory_siren: territory.to_owned(),
            ..proposal(id, (2025, 6, 30))
        };
        chamber.client.netting().propose_netting(request).await.unwrap();
    }
    let published = v1::PublishNettingRequest {
        netting_id: "N-6".into(),
        officer_id: "officer-1".into(),
        disputes_until: day(2025, 7, 10),
        validate_only: false,
    };
    chamber.client.netting().publish_netting(published).await.unwrap();
    for (id, territory) in [("d-6", VALLEE_SUD), ("d-7", BOUCLE_NORD)] {
        let raised = dispute(id, &format!("OP-{territory}"), None);
        chamber.client.netting().raise_dispute(raised).await.unwrap();
    }
    let settled = v1::SettleDisputeRequest { dispute_id: "d-6".into(), ..settled("d-6") };
    chamber.client.netting().settle_dispute(settled).await.unwrap();
}

fn settled(dispute_id: &str) -> v1::SettleDisputeRequest {
    let (dispute_id, officer_id) = (dispute_id.to_owned(), "officer-2".to_owned());
    v1::SettleDisputeRequest { dispute_id, outcome: 2, officer_id, validate_only: false }
}

/// A dispute by an officer, or by a bailleur in a run.
fn dispute(id: &str, relogement: &str, by: Option<(u32, &str)>) -> v1::RaiseDisputeRequest {
    use v1::raise_dispute_request::{RaisedBy, Subject};
    v1::RaiseDisputeRequest {
        event_id: id.to_owned(),
        subject: Some(Subject::RelogementId(relogement.to_owned())),
        netting_id: by.map(|(_, netting)| netting.to_owned()).unwrap_or_default(),
        reason: v1::DisputeReason::AmountWrong.into(),
        raised_by: Some(match by {
            None => RaisedBy::OfficerId("officer-1".to_owned()),
            Some((bailleur, _)) => RaisedBy::BailleurSiren(siren(bailleur)),
        }),
        validate_only: false,
    }
}

/// What differs between the refusal and the line of the table.
async fn faults(case: Case, client: Client) -> Vec<String> {
    let Err(status) = (case.send)(client).await else { return vec![format!("{}: accepted", case.name)] };
    let told = Told::by(&status);
    let fact = case.fact.map(|(name, value)| (value, told.facts.get(name).map_or("", String::as_str)));
    let (wanted, known) = fact.unwrap_or_default();
    let compared = [
        ("code", format!("{:?}", case.code), format!("{:?}", told.code)),
        ("reason", case.reason.to_owned(), told.reason.clone()),
        ("field", case.field.to_owned(), told.field.clone()),
        ("fact", wanted.to_owned(), known.to_owned()),
        ("locale", "fr-FR".to_owned(), told.locale.clone()),
    ];
    let differs = compared.into_iter().filter(|(_, wanted, got)| wanted != got);
    let mut faults: Vec<String> =
        differs.map(|(what, wanted, got)| format!("{}: {what} {got:?}, not {wanted:?}", case.name)).collect();
    let named_in_french = told.french.starts_with(&format!("{} : ", case.field));
    if !told.message.contains(case.says) || !named_in_french || !told.facts.contains_key("fix") {
        faults.push(format!("{}: says {:?} and {:?}", case.name, told.message, told.french));
    }
    let personal = ["1850578", "185057", "28505", "075011", "Durand"];
    if personal.iter().any(|piece| format!("{status:?}{told:?}").contains(piece)) {
        faults.push(format!("{}: the refusal repeats personal data", case.name));
    }
    faults
}

#[tokio::test]
async fn every_bad_input_is_refused_with_its_reason_and_leaves_no_trace() {
    let chamber = chamber().await;
    let (head, positions) = (chamber.head().await, chamber.positions().await);
    let mut wrong = Vec::new();
    for case in table() {
        wrong.extend(faults(case, chamber.client.clone()).await);
    }
    assert!(wrong.is_empty(), "{} faults:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(chamber.head().await, head, "a refused call was written");
    assert_eq!(chamber.positions().await, positions);
    let receipt = chamber.record("after", Body::Works(works("R-1", 100))).await;
    assert_eq!(receipt.seq, head.seq + 1, "the chamber no longer takes what is right");
}

#[test]
fn the_table_meets_every_reason() {
    let met: BTreeSet<_> = table().iter().map(|case| case.reason).collect();
    let elsewhere: BTreeSet<_> = ELSEWHERE.iter().map(|(reason, _)| reason.code()).collect();
    let all: BTreeSet<_> = Reason::ALL.iter().map(|reason| reason.code()).collect();
    assert_eq!(met.union(&elsewhere).copied().collect::<BTreeSet<_>>(), all);
    assert_eq!(met.intersection(&elsewhere).count(), 0);
}

// ---- below the messages ----

/// Sends bytes as they are, and drops what is answered.
#[derive(Debug, Default)]
struct Raw;

impl tonic::codec::Codec for Raw {
    type Encode = Vec<u8>;
    type Decode = ();
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl tonic::codec::Encoder for Raw {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, bytes: Vec<u8>, out: &mut tonic::codec::EncodeBuf<'_>) -> Result<(), Status> {
        bytes::BufMut::put_slice(out, &bytes);
        Ok(())
    }
}

impl tonic::codec::Decoder for Raw {
    type Item = ();
    type Error = Status;

    fn decode(&mut self, bytes: &mut tonic::codec::DecodeBuf<'_>) -> Result<Option<()>, Status> {
        bytes::Buf::advance(bytes, bytes::Buf::remaining(bytes));
        Ok(Some(()))
    }
}

async fn send_raw(chamber: &Chamber, method: &'static str, bytes: Vec<u8>) -> Result<(), Status> {
    let mut client = tonic::client::Grpc::new(chamber.channel().await);
    client.ready().await.unwrap();
    let path = tonic::codegen::http::uri::PathAndQuery::from_static(method);
    client.unary(tonic::Request::new(bytes), path, Raw).await.map(drop)
}

const RECORD_WORKS: &str = "/chambre.v1.LedgerService/RecordWorks";

#[tokio::test]
async fn bytes_that_are_no_message_are_refused_and_the_service_goes_on() {
    let chamber = chamber().await;
    let head = chamber.head().await;
    let oversized = [&[0x0a, 0xff, 0xff, 0xff, 0x02][..], &vec![b'x'; 6 << 20]].concat();
    for (name, bytes) in [
        ("event_id in Latin-1", vec![0x0a, 3, b'c', 0xe9, b'e']),
        ("event_id longer than the message", vec![0x0a, 200, 1, b'x']),
        ("a wire type that does not exist", vec![0x0f, 1]),
        ("works as a number", vec![0x10, 1]),
        ("noise", vec![0xff; 64]),
        ("more than 4 MiB", oversized),
    ] {
        let refused = send_raw(&chamber, RECORD_WORKS, bytes).await.unwrap_err();
        let told = Told::by(&refused);
        let reason = if name.starts_with("more") { "MESSAGE_TOO_LARGE" } else { "MESSAGE_UNREADABLE" };
        assert_eq!(
            (refused.code(), told.reason.as_str()),
            (Code::InvalidArgument, reason),
            "{name}: {refused:?}"
        );
    }
    assert_eq!(chamber.head().await, head);
    chamber.record("after", Body::Works(works("R-1", 100))).await;
}

#[tokio::test]
async fn the_old_code_of_a_merged_commune_is_right_before_the_merger() {
    let chamber = Chamber::open().await;
    let asked = |on| v1::ResolveCommuneRequest { insee: "93059".to_owned(), on };
    let before = chamber.client.registry().resolve_commune(asked(day(2024, 12, 31))).await.unwrap();
    let before = before.into_inner();
    assert_eq!((before.insee.as_str(), before.territory_siren.as_str()), ("93066", TERRITORY));
    let refused = chamber.client.registry().resolve_commune(asked(day(2025, 1, 1))).await.unwrap_err();
    assert_eq!(Told::by(&refused).facts["current_code"], "93066");
}

#[tokio::test]
async fn a_method_that_does_not_exist_is_unimplemented() {
    let chamber = Chamber::open().await;
    for method in ["/chambre.v1.LedgerService/Erase", "/chambre.v2.LedgerService/RecordWorks", "/nothing"] {
        let refused = send_raw(&chamber, method, Vec::new()).await.unwrap_err();
        assert_eq!(refused.code(), Code::Unimplemented, "{method}");
    }
}

#[tokio::test]
async fn a_field_that_a_newer_client_knows_is_ignored() {
    let chamber = chamber().await;
    let mut bytes = vec![0x0a, 3, b'n', b'-', b'1']; // event_id = "n-1"
    bytes.extend([0x12, 34, 0x0a, 3, b'R', b'-', b'1', 0x10, 100]); // works { relogement_id: "R-1", amount_cents: 100
    bytes.extend([0x1a, 7, 0x08, 0xe9, 0x0f, 0x10, 4, 0x18, 2, 0x22, 9]); // invoiced_on: 2025-04-02, voucher:
    bytes.extend(*b"F-2025-17"); // }
    bytes.extend([0xa2, 0x06, 3, b'n', b'e', b'w']); // field 100
    bytes[6] = u8::try_from(bytes.len() - 7 - 6).unwrap();
    send_raw(&chamber, RECORD_WORKS, bytes).await.unwrap();
    let told = chamber.record("n-1", Body::Works(works("R-1", 100))).await;
    assert!(told.replayed, "it is the same declaration");
}

#[tokio::test]
async fn a_disk_nearly_full_refuses_to_write_and_goes_on_reading() {
    let chamber = Chamber::open_with(|config| config.ledger.disk_reserve_bytes = u64::MAX).await;
    let request = v1::RegisterBailleurRequest { bailleur: Some(bailleur(1)), validate_only: false };
    let refused = chamber.client.registry().register_bailleur(request).await.unwrap_err();
    let told = Told::by(&refused);
    assert_eq!((told.code, told.reason.as_str()), (Code::ResourceExhausted, "DISK_FULL"));
    assert!(tonic_types::StatusExt::get_details_retry_info(&refused).is_some());
    assert_eq!(chamber.head().await.seq, 0);
}

// ---- the catalogue ----

/// The lines that `docs/errors.md` must hold, in the order of the catalogue.
fn catalogue() -> Vec<String> {
    let code = |kind| match kind {
        Kind::Invalid => "INVALID_ARGUMENT",
        Kind::Missing => "NOT_FOUND",
        Kind::Exists => "ALREADY_EXISTS",
        Kind::State => "FAILED_PRECONDITION",
        Kind::Forbidden => "PERMISSION_DENIED",
        Kind::Unauthenticated => "UNAUTHENTICATED",
        Kind::Outdated => "ABORTED",
        Kind::Exhausted => "RESOURCE_EXHAUSTED",
    };
    let line = |reason: &Reason| {
        format!("| `{reason}` | {} | {} | {} |", code(reason.kind()), reason.english(), reason.fix())
    };
    Reason::ALL.iter().map(line).collect()
}

#[test]
fn the_page_of_errors_lists_every_reason() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/errors.md")).unwrap();
    let (_, table) = page.split_once("## The catalogue").unwrap();
    let listed: Vec<&str> = table.lines().filter(|line| line.starts_with("| `")).collect();
    let expected = catalogue();
    assert!(listed == expected, "the table of docs/errors.md must be:\n{}", expected.join("\n"));
}

#[test]
fn the_descriptors_hold_the_methods_that_the_table_calls() {
    // The raw calls above name a method as text: it must be one.
    let name = b"RecordWorks";
    assert!(FILE_DESCRIPTOR_SET.windows(name.len()).any(|window| window == name));
}
