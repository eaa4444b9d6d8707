//! The conventions of the demonstration: one of each kind that the study describes.

use super::cast::Scene;
use chambre_domain::bailleur::Text;
use chambre_domain::convention::{
    CostLine, EffortRule, FairShare, KeyBasis, RentGapMode, RentGapRule, SettlementMode, SettlementRule,
    Surplus,
};
use chambre_domain::{Cents, Convention, Date, Siren};
use std::collections::BTreeMap;

/// First day of the year played.
pub const NEW_YEAR: Date = Date::constant(2025, 1, 1);

/// From this lease date, the demolishers of GPS&O bear 70 % instead of 60 %.
pub const SECOND_HALF: Date = Date::constant(2025, 7, 1);

/// Most that the operator without stock pays in one run: its public money comes by instalments.
const OPERATOR_CAP: Cents = Cents::new(3_000_000);

/// The versions of a territory's rules, the first one first.
///
/// | territory | rent gap | effort | who bears |
/// |---|---|---|---|
/// | PC | accrued, IRL | works ≤ 8 000 €, 60 days of vacancy, internal too | key: stock |
/// | EE | 60 months, claw-back | all | causal, nothing below 50 € |
/// | GPGE | 36 months, claw-back | all | causal, operator capped |
/// | GPSO | accrued, IRL | all | 60/40, then 70/30 |
/// | PARIS | accrued, IRL | ≤ 20 000 € per relogement | key: attributions, nothing below 500 € |
/// | BNS | accrued, no IRL | half of it | causal |
/// | GOSB | 24 months | ≤ 9 000 € per relogement | key: equal |
/// | PTE | 48 months, claw-back | surplus given back | causal |
/// | VYVS | accrued, IRL | no works | key: fixed, carried over only |
/// | GPS | 36 months | all | 60/40 |
pub fn conventions(scene: &Scene, operator: Siren) -> anyhow::Result<Vec<Convention>> {
    let title = format!("Charte fictive 2025 — {}", scene.territory.territory().name);
    let first = Convention {
        territory: scene.territory,
        version: 1,
        in_force_from: NEW_YEAR,
        title: Text::parse("title", &title)?,
        articles: Default::default(),
        rent_gap: rent_gap(scene.code),
        effort: effort(scene.code),
        fair_share: fair_share(scene),
        settlement: settlement(scene, operator),
        commitments: Vec::new(),
    };
    if scene.code != "GPSO" {
        return Ok(vec![first]);
    }
    let second = Convention {
        version: 2,
        in_force_from: SECOND_HALF,
        title: Text::parse("title", &format!("{title}, avenant 70/30"))?,
        fair_share: roles(scene, 70),
        ..first.clone()
    };
    Ok(vec![first, second])
}

fn rent_gap(code: &str) -> RentGapRule {
    let accrued = RentGapRule::default();
    let capitalised = |months, claw_back| RentGapRule {
        mode: RentGapMode::Capitalised,
        months,
        claw_back,
        revise_with_irl: false,
        include_charges: false,
    };
    match code {
        "EE" => capitalised(60, true),
        "GPGE" => capitalised(36, true),
        "GOSB" => capitalised(24, false),
        "PTE" => capitalised(48, true),
        "GPS" => capitalised(36, false),
        "BNS" => RentGapRule { revise_with_irl: false, ..accrued },
        _ => accrued,
    }
}

fn effort(code: &str) -> EffortRule {
    let all = EffortRule::default();
    match code {
        "PC" => EffortRule {
            works_cap_cents: Some(Cents::new(800_000)),
            vacancy_days_cap: Some(60),
            include_internal: true,
            ..all
        },
        "PARIS" => EffortRule { total_cap_cents: Some(Cents::new(2_000_000)), ..all },
        "BNS" => EffortRule { share_bp: 5_000, ..all },
        "GOSB" => EffortRule { total_cap_cents: Some(Cents::new(900_000)), ..all },
        "PTE" => EffortRule { surplus: Surplus::Return, ..all },
        "VYVS" => EffortRule { count: vec![CostLine::RentGap, CostLine::Vacancy], ..all },
        _ => all,
    }
}

fn fair_share(scene: &Scene) -> FairShare {
    let key = |basis, weight: fn(u64) -> u64| {
        let weights = scene.members.iter().map(|(siren, stock)| (*siren, weight(*stock)));
        FairShare::Key { basis, source: None, weights: weights.collect() }
    };
    match scene.code {
        "PC" => key(KeyBasis::Stock, |stock| stock),
        // One dwelling in sixteen is let in a year (rotation of 6.2 %, study).
        "PARIS" => key(KeyBasis::Attributions, |stock| stock / 16),
        "GOSB" => key(KeyBasis::Equal, |_| 1),
        "VYVS" => key(KeyBasis::Fixed, |stock| if stock > 4_000 { 3 } else { 1 }),
        "GPSO" | "GPS" => roles(scene, 60),
        _ => FairShare::Causal,
    }
}

fn roles(scene: &Scene, demolishers_pct: u32) -> FairShare {
    FairShare::Roles {
        demolishers_pct,
        demolishers: scene.demolishers(),
        basis: KeyBasis::Stock,
        source: None,
        weights: scene.members.iter().copied().collect(),
    }
}

fn settlement(scene: &Scene, operator: Siren) -> SettlementRule {
    let at_once = SettlementRule::default();
    match scene.code {
        "EE" => SettlementRule { de_minimis_cents: Cents::new(5_000), ..at_once },
        "PARIS" => SettlementRule { de_minimis_cents: Cents::new(50_000), ..at_once },
        "GPGE" => SettlementRule { debtor_caps_cents: BTreeMap::from([(operator, OPERATOR_CAP)]), ..at_once },
        "VYVS" => SettlementRule { mode: SettlementMode::CarryOver, ..at_once },
        _ => at_once,
    }
}

/// The rules in a few French words, for a table.
pub fn in_few_words(convention: &Convention) -> String {
    let gap = match convention.rent_gap.mode {
        RentGapMode::Capitalised => format!("capitalisé {} mois", convention.rent_gap.months),
        RentGapMode::Accrued if convention.rent_gap.revise_with_irl => "couru, IRL".to_owned(),
        RentGapMode::Accrued => "couru".to_owned(),
    };
    let who = match &convention.fair_share {
        FairShare::Causal => "causal".to_owned(),
        FairShare::Key { basis: KeyBasis::Stock, .. } => "clé parc".to_owned(),
        FairShare::Key { basis: KeyBasis::Attributions, .. } => "clé attributions".to_owned(),
        FairShare::Key { basis: KeyBasis::Equal, .. } => "parts égales".to_owned(),
        FairShare::Key { basis: KeyBasis::Fixed, .. } => "clé de charte".to_owned(),
        FairShare::Roles { demolishers_pct, .. } => {
            format!("rôles {demolishers_pct}/{}", 100_u32.saturating_sub(*demolishers_pct))
        }
        FairShare::Units { .. } => "placements × tarif".to_owned(),
        FairShare::Rent { .. } => "clé loyers".to_owned(),
        FairShare::Blend { .. } => "clé mixte".to_owned(),
    };
    let half = if convention.effort.share_bp < 10_000 {
        format!(", {} %", convention.effort.share_bp / 100)
    } else {
        String::new()
    };
    let cash = if convention.settlement.mode.moves_money() { "" } else { ", report seul" };
    format!("{who}, {gap}{half}{cash}")
}
