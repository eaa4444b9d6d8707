//! Conventions: a version of a territory's rules, flat on the wire where the convention file has sections.
//!
//! | file | part of the rules |
//! |---|---|
//! | `fair_share` | who bears what |
//! | `settlement` | what is paid at once, and the commitments |

mod fair_share;
mod settlement;

pub use settlement::wire_commitment;

use super::words::{self, date, each, required, same_names, small, wire_date};
use crate::v1;
use chambre_domain::bailleur::Text;
use chambre_domain::convention::{Articles, CostLine, EffortRule, RentGapMode, RentGapRule, Surplus};
use chambre_domain::{Cents, Convention, Date, Reason, Refusal, Siren, TerritoryId};

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

/// Reads a version of a territory's rules, and checks it.
///
/// # Errors
/// The field under `convention` that is missing, out of range, named twice, or foreign to the rule chosen.
pub fn convention(wire: Option<v1::Convention>) -> Result<Convention, Refusal> {
    let read = |wire: v1::Convention| {
        let convention = unchecked(wire)?;
        let on_the_wire = |refusal: Refusal| Refusal { field: wire_field_of_rule(&refusal.field), ..refusal };
        convention.check().map_err(on_the_wire)?;
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

/// A version of a territory's rules.
#[must_use]
pub fn wire_convention(convention: &Convention) -> v1::Convention {
    let Convention {
        territory,
        version,
        in_force_from,
        title,
        articles,
        rent_gap,
        effort,
        fair_share,
        settlement,
        commitments,
    } = convention;
    let text = |text: &Option<Text>| words::wire_optional(text.as_ref());
    let mut wire = v1::Convention {
        territory_siren: territory.to_string(),
        version: small(*version),
        in_force_from: Some(wire_date(*in_force_from)),
        title: title.to_string(),
        effort_article: text(&articles.effort),
        fair_share_article: text(&articles.fair_share),
        settlement_article: text(&articles.settlement),
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
        commitments: commitments.iter().map(settlement::wire_commitment).collect(),
        ..v1::Convention::default()
    };
    fair_share::write(fair_share, &mut wire);
    settlement::write(settlement, &mut wire);
    wire
}

same_names! {
    rent_gap_mode, wire_rent_gap_mode: RentGapMode { Capitalised, Accrued }
    cost_line, wire_cost_line: CostLine { RentGap, Works, Vacancy }
}

fn unchecked(mut wire: v1::Convention) -> Result<Convention, Refusal> {
    let text = |field, text: &str| words::optional(text, |text| Text::parse(field, text));
    Ok(Convention {
        territory: TerritoryId::parse("territory_siren", &wire.territory_siren)?,
        version: counter("version", wire.version)?,
        in_force_from: date("in_force_from", wire.in_force_from)?,
        title: Text::parse("title", &wire.title)?,
        articles: Articles {
            effort: text("effort_article", &wire.effort_article)?,
            fair_share: text("fair_share_article", &wire.fair_share_article)?,
            settlement: text("settlement_article", &wire.settlement_article)?,
        },
        rent_gap: RentGapRule {
            mode: rent_gap_mode("rent_gap_mode", wire.rent_gap_mode)?,
            months: counter("rent_gap_months", wire.rent_gap_months)?,
            claw_back: wire.rent_gap_claw_back,
            revise_with_irl: wire.rent_gap_revise_with_irl,
            include_charges: wire.rent_gap_include_charges,
        },
        effort: EffortRule {
            count: counted_lines(std::mem::take(&mut wire.counted_lines))?,
            deduct_indemnity: wire.deduct_indemnity,
            surplus: if wire.return_surplus { Surplus::Return } else { Surplus::Keep },
            share_bp: counter("share_bp", wire.share_bp)?,
            include_internal: wire.include_internal,
            works_cap_cents: wire.works_cap_cents.map(Cents::new),
            vacancy_days_cap: optional_counter("vacancy_days_cap", wire.vacancy_days_cap)?,
            total_cap_cents: wire.total_cap_cents.map(Cents::new),
        },
        fair_share: fair_share::read(&mut wire)?,
        commitments: settlement::commitments(std::mem::take(&mut wire.commitments))?,
        settlement: settlement::read(wire)?,
    })
}

fn counted_lines(lines: Vec<i32>) -> Result<Vec<CostLine>, Refusal> {
    let mut seen = Vec::with_capacity(3);
    each("counted_lines", lines, |number| {
        let line = cost_line("", number)?;
        once(&mut seen, line, || twice(Reason::ConventionRange, "", number))
    })
}

/// SIRENs of a list, each once.
fn distinct(field: &str, texts: Vec<String>, reason: Reason) -> Result<Vec<Siren>, Refusal> {
    let mut seen = Vec::with_capacity(texts.len());
    each(field, texts, |text| {
        let siren = Siren::parse("", &text)?;
        once(&mut seen, siren, || twice(reason, "", siren))
    })
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

fn optional_counter(field: &str, number: Option<i32>) -> Result<Option<u32>, Refusal> {
    number.map(|number| counter(field, number)).transpose()
}

/// A larger one.
fn large_counter(field: &str, number: i64) -> Result<u64, Refusal> {
    u64::try_from(number).map_err(|_| negative(field, number))
}

fn negative(field: &str, number: impl std::fmt::Display) -> Refusal {
    Refusal::new(Reason::ConventionRange, field, number).with("least", 0)
}

/// A larger count on the wire, where it is signed.
fn large(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// The wire is flat where the convention file has sections.
fn wire_field_of_rule(field: &str) -> String {
    let flat = match field {
        "rent_gap.months" => "rent_gap_months",
        "rent_gap.claw_back" => "rent_gap_claw_back",
        "rent_gap.revise_with_irl" => "rent_gap_revise_with_irl",
        "fair_share.demolishers" => "demolisher_sirens",
        "fair_share.stock" => "weights",
        "fair_share.other" => "other_weights",
        "fair_share.rents_cents" => "rents",
        "fair_share.outside.payer" => "outside.payer_siren",
        "settlement.debtor_caps_cents" => "debtor_caps",
        "settlement.level" => "netting_level",
        "settlement.exempt" => "exempt_sirens",
        _ => {
            let section = ["effort.", "fair_share.", "settlement."];
            section.into_iter().find_map(|section| field.strip_prefix(section)).unwrap_or(field)
        }
    };
    flat.to_owned()
}
