//! A convention told in French, section by section.

use crate::chamber::{self, Names};
use chambre_domain::bailleur::Text;
use chambre_domain::convention::{
    Commitment, CommitmentUnit, CostLine, EffortRule, FairShare, KeyBasis, KeySource, NettingLevel, Party,
    RentGapMode, RentGapRule, SettlementMode, SettlementRule, Surplus, Weights,
};
use chambre_domain::{Convention, Siren, french};
use std::fmt::Write as _;

/// The convention as an officer would tell it.
pub(super) fn explain(convention: &Convention, names: &Names) -> String {
    let mut text = format!(
        "{}\n{}, version {}, pour les baux signés à partir du {}.\n\n",
        convention.title,
        chamber::territory_name(&convention.territory.to_string()),
        convention.version,
        french::long_date(convention.in_force_from),
    );
    let articles = &convention.articles;
    let in_units = matches!(convention.fair_share, FairShare::Units { .. });
    let effort = if in_units {
        units_effort_sentence(&convention.effort)
    } else {
        effort_sentence(&convention.effort)
    };
    let paragraphs = [
        ("Écart de loyer", None, rent_gap_sentence(&convention.rent_gap)),
        ("Effort", articles.effort.as_ref(), effort),
        ("Répartition", articles.fair_share.as_ref(), share_sentence(&convention.fair_share, names)),
        ("Règlement", articles.settlement.as_ref(), settlement_sentence(&convention.settlement, names)),
    ];
    for (heading, article, sentence) in paragraphs {
        let article = article.map_or_else(String::new, |article: &Text| format!(" ({article})"));
        let _ = writeln!(text, "{heading}{article} : {sentence}");
    }
    if !convention.commitments.is_empty() {
        let lines: Vec<String> =
            convention.commitments.iter().map(|one| commitment_line(one, names)).collect();
        let _ = writeln!(text, "Engagements :\n{}", lines.join("\n"));
    }
    text
}

fn rent_gap_sentence(rule: &RentGapRule) -> String {
    let gap = if rule.include_charges { "loyers et charges" } else { "loyers, hors charges" };
    let mut text = match rule.mode {
        RentGapMode::Capitalised => {
            format!("compté en une fois à la date du bail, pour {} mois ({gap}).", rule.months)
        }
        RentGapMode::Accrued => {
            format!("compté à chaque arrêté pour les mois courus, au plus {} mois ({gap}).", rule.months)
        }
    };
    if rule.claw_back {
        text += " Si le bail finit avant, les mois non commencés sont repris.";
    }
    if rule.revise_with_irl {
        text += " Les deux loyers suivent l’IRL chaque 1er janvier.";
    }
    text
}

fn effort_sentence(rule: &EffortRule) -> String {
    let line = |line: &CostLine| match line {
        CostLine::RentGap => "l’écart de loyer",
        CostLine::Works => "les travaux d’adaptation",
        CostLine::Vacancy => "la vacance organisée",
    };
    let counted: Vec<&str> = rule.count.iter().map(line).collect();
    let mut text = match counted.as_slice() {
        [] => "rien n’est compté".to_owned(),
        lines => format!("sont comptés {}", lines.join(", ")),
    };
    text += if rule.deduct_indemnity {
        ", moins l’indemnité ANRU reçue."
    } else {
        " ; l’indemnité ANRU reçue n’est pas déduite."
    };
    if rule.deduct_indemnity {
        text += match rule.surplus {
            Surplus::Keep => " Un excédent d’indemnité reste au bailleur d’accueil.",
            Surplus::Return => " Un excédent d’indemnité est réparti lui aussi.",
        };
    }
    let _ = write!(text, " Part répartie : {},{:02} %.", rule.share_bp / 100, rule.share_bp % 100);
    if rule.include_internal {
        text += " Les relogements internes à un bailleur sont répartis aussi.";
    }
    let caps = [("travaux", rule.works_cap_cents), ("effort total", rule.total_cap_cents)];
    for (what, cap) in caps {
        if let Some(cap) = cap {
            let _ = write!(text, " Plafond par relogement, {what} : {}.", french::euros(cap));
        }
    }
    if let Some(days) = rule.vacancy_days_cap {
        let _ = write!(text, " Vacance comptée : au plus {days} jours par relogement.");
    }
    text
}

/// Who bears what, in a few words.
pub(super) fn share_in_short(rule: &FairShare) -> String {
    match rule {
        FairShare::Causal => "à la charge du bailleur d’origine".to_owned(),
        FairShare::Key { basis, weights, .. } => {
            format!("clé entre {} bailleurs ({})", weights.len(), basis_name(*basis))
        }
        FairShare::Roles { demolishers_pct, .. } => {
            format!("{demolishers_pct} % démolisseurs, {} % autres", 100 - demolishers_pct.min(&100))
        }
        FairShare::Units { tariff_cents, .. } => {
            format!("placements, à {} l’un", french::euros(*tariff_cents))
        }
        FairShare::Rent { rents_cents, .. } => {
            format!("même taux des loyers de {} bailleurs", rents_cents.len())
        }
        FairShare::Blend { stock_bp, other_basis, .. } => {
            format!("{} selon le parc, le reste selon {}", percent(*stock_bp), basis_name(*other_basis))
        }
    }
}

/// `12,50 %` from ten-thousandths.
fn percent(bp: u32) -> String {
    format!("{},{:02} %", bp / 100, bp % 100)
}

fn share_sentence(rule: &FairShare, names: &Names) -> String {
    match rule {
        FairShare::Causal => {
            "chaque bailleur d’origine supporte ce que ses relogements ont coûté aux bailleurs d’accueil."
                .to_owned()
        }
        FairShare::Key { basis, source, weights } => {
            let lines = weight_lines(weights, &[], names);
            format!(
                "l’effort est partagé entre tous selon {}{} :\n{lines}",
                basis_name(*basis),
                dated(source)
            )
        }
        FairShare::Roles { demolishers_pct, demolishers, basis, source, weights } => {
            let lines = weight_lines(weights, demolishers, names);
            format!("{}{} :\n{lines}", by_roles(*demolishers_pct, *basis), dated(source))
        }
        FairShare::Units { tariff_cents, demolishers_pct, demolishers, basis, source, weights } => {
            let how = match demolishers_pct {
                Some(pct) => by_roles(*pct, *basis),
                None => format!("entre tous selon {}", basis_name(*basis)),
            };
            format!(
                "chacun doit un nombre de placements, {how}{}. Un placement de plus ou de moins que sa cible \
                 vaut {} :\n{}",
                dated(source),
                french::euros(*tariff_cents),
                weight_lines(weights, demolishers, names)
            )
        }
        FairShare::Rent { rents_cents, source, outside } => {
            let line = |(siren, rents): (&Siren, &_)| {
                format!("  - {} : {}", names.of(&siren.to_string()), french::euros(*rents))
            };
            let lines: Vec<String> = rents_cents.iter().map(line).collect();
            let brought = outside.map_or_else(String::new, |outside| {
                let (payer, amount) = (names.of(&outside.payer.to_string()), outside.amount_cents);
                format!(", une fois déduits les {} apportés par {payer}", french::euros(amount))
            });
            format!(
                "tous supportent un même taux de leurs loyers annuels{brought}{} :\n{}",
                dated(source),
                lines.join("\n")
            )
        }
        FairShare::Blend { stock_bp, stock, stock_source, other_basis, other, other_source } => format!(
            "{} selon le parc social sur le territoire{} :\n{}\net le reste selon {}{} :\n{}",
            percent(*stock_bp),
            dated(stock_source),
            weight_lines(stock, &[], names),
            basis_name(*other_basis),
            dated(other_source),
            weight_lines(other, &[], names)
        ),
    }
}

fn by_roles(demolishers_pct: u32, basis: KeyBasis) -> String {
    format!(
        "{demolishers_pct} % pour les bailleurs démolisseurs, {} % pour les autres, et dans chaque groupe selon {}",
        100 - demolishers_pct.min(100),
        basis_name(basis)
    )
}

fn dated(source: &Option<KeySource>) -> String {
    source.as_ref().map_or_else(String::new, |source| {
        format!(" ({}, au {})", source.label, french::long_date(source.as_of))
    })
}

fn units_effort_sentence(rule: &EffortRule) -> String {
    let internal = if rule.include_internal { "compris" } else { "exclus" };
    format!(
        "les placements sont comptés, non les euros ; relogements internes à un bailleur {internal}. Les coûts \
         déclarés restent mesurés, non répartis."
    )
}

fn commitment_line(commitment: &Commitment, names: &Names) -> String {
    let party = match &commitment.party {
        Party::Bailleur(siren) => names.of(&siren.to_string()),
        Party::Reserver(name) => name.to_string(),
    };
    let amount = |promised: u64| match commitment.unit {
        CommitmentUnit::Placements => french::count(promised),
        CommitmentUnit::AttributionsBp => percent(u32::try_from(promised).unwrap_or(10_000)),
    };
    let unit = match commitment.unit {
        CommitmentUnit::Placements => "placements",
        CommitmentUnit::AttributionsBp => "de ses attributions",
    };
    let promised = match commitment.max {
        Some(max) => format!("de {} à {} {unit}", amount(commitment.min), amount(max)),
        None => format!("au moins {} {unit}", amount(commitment.min)),
    };
    let (from, to) = (commitment.period.from, commitment.period.to);
    format!("  - {party} : {promised}, du {} au {}", french::long_date(from), french::long_date(to))
}

fn basis_name(basis: KeyBasis) -> &'static str {
    match basis {
        KeyBasis::Stock => "le parc social sur le territoire",
        KeyBasis::Attributions => "les attributions annuelles",
        KeyBasis::Equal => "parts égales",
        KeyBasis::Fixed => "une table de la charte",
    }
}

fn weight_lines(weights: &Weights, demolishers: &[Siren], names: &Names) -> String {
    let line = |(siren, weight): (&Siren, &u64)| {
        let role = if demolishers.contains(siren) { ", démolisseur" } else { "" };
        format!("  - {} : {}{role}", names.of(&siren.to_string()), french::count(*weight))
    };
    weights.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn settlement_sentence(rule: &SettlementRule, names: &Names) -> String {
    let mut text = match rule.mode {
        SettlementMode::Monetary => "les positions sont payées à chaque arrêté.".to_owned(),
        SettlementMode::CarryOver => {
            "rien n’est payé : les positions sont reportées d’un arrêté à l’autre.".to_owned()
        }
        SettlementMode::InKind => {
            "aucun paiement : des droits à construire (m² SDP) répondent des positions, \
                                   le reste est reporté."
                .to_owned()
        }
    };
    text += match rule.level {
        NettingLevel::Multilateral => "",
        NettingLevel::Bilateral => " Les dettes se compensent deux à deux seulement.",
        NettingLevel::Cyclic => {
            " Les dettes se compensent en boucle autant que possible ; personne n’a de créancier nouveau."
        }
    };
    if rule.de_minimis_cents.get() > 0 {
        let _ =
            write!(text, " En dessous de {}, le montant est reporté.", french::euros(rule.de_minimis_cents));
    }
    if let Some(part) = rule.smoothing.filter(|part| part.numerator < part.denominator) {
        let (numerator, denominator) = (part.numerator, part.denominator);
        let _ = write!(text, " Chaque arrêté règle {numerator}/{denominator} du solde.");
    }
    if let Some(days) = rule.dispute_days {
        let _ = write!(
            text,
            " Avant d’être approuvé, l’arrêté est publié et reste {days} {} ouvert aux contestations.",
            if days == 1 { "jour" } else { "jours" }
        );
    }
    text + &caps_sentence(rule, names)
}

fn caps_sentence(rule: &SettlementRule, names: &Names) -> String {
    let mut text = String::new();
    let whose = |siren: &Siren| names.of(&siren.to_string());
    for (siren, cap) in &rule.debtor_caps_cents {
        let _ = write!(text, " {} paie au plus {} par arrêté.", whose(siren), french::euros(*cap));
    }
    if let Some(cap) = rule.cap_per_dwelling_cents {
        let _ = write!(text, " Nul ne paie plus de {} par logement.", french::euros(cap));
    }
    if let Some(bp) = rule.cap_rents_bp {
        let _ = write!(text, " Nul ne paie plus de {} de ses loyers annuels.", percent(bp));
    }
    if let Some(bp) = rule.cap_growth_bp {
        let _ = write!(text, " Nul ne paie plus que l’an dernier augmenté de {}.", percent(bp));
    }
    if !text.is_empty() {
        text += " Le plus petit plafond s’applique.";
    }
    if !rule.exempt.is_empty() {
        let exempt: Vec<String> = rule.exempt.iter().map(whose).collect();
        let _ = write!(text, " Exemptés de tout paiement : {}.", exempt.join(", "));
    }
    text
}
