//! A rule of sharing in one French sentence.

use chambre_domain::convention::{CostLine, EffortRule, FairShare, KeyBasis, KeySource};
use chambre_domain::french;

/// Who bears the effort.
pub(super) fn rule(rule: &FairShare) -> String {
    match rule {
        FairShare::Causal => {
            "chaque bailleur d’origine supporte ce que ses relogements coûtent aux bailleurs d’accueil"
                .to_owned()
        }
        FairShare::Key { .. } => {
            format!("tous les bailleurs supportent l’ensemble des efforts selon une clé : {}", weights(rule))
        }
        FairShare::Roles { demolishers_pct, .. } => {
            format!("{}, et dans chaque groupe selon une clé : {}", groups(*demolishers_pct), weights(rule))
        }
        FairShare::Units { tariff_cents, demolishers_pct, .. } => {
            let among = demolishers_pct.map_or_else(|| "entre tous".to_owned(), groups);
            format!(
                "les placements sont comptés, non les euros ; chacun en doit un nombre, {among}, selon une clé : {} ; \
                 un placement vaut {}",
                weights(rule),
                french::euros(*tariff_cents)
            )
        }
        FairShare::Rent { outside, .. } => {
            let less = if outside.is_some() { ", une fois déduit l’argent extérieur" } else { "" };
            format!("tous supportent un même taux de leurs loyers{less}")
        }
        FairShare::Blend { .. } => {
            format!("tous les bailleurs supportent l’ensemble des efforts selon {}", weights(rule))
        }
    }
}

/// What the weights of a key are, with the table they were read in.
pub(super) fn weights(rule: &FairShare) -> String {
    match rule {
        FairShare::Causal => String::new(),
        FairShare::Key { basis, source, .. }
        | FairShare::Roles { basis, source, .. }
        | FairShare::Units { basis, source, .. } => format!("{}{}", named(*basis), dated(source.as_ref())),
        FairShare::Rent { source, .. } => {
            format!("loyers annuels, en centimes{}", dated(source.as_ref()))
        }
        FairShare::Blend { stock_bp, stock_source, other_basis, other_source, .. } => format!(
            "{} {}{}, le reste {}{}",
            percent(*stock_bp),
            named(KeyBasis::Stock),
            dated(stock_source.as_ref()),
            named(*other_basis),
            dated(other_source.as_ref())
        ),
    }
}

/// `écart de loyer, travaux ; indemnité ANRU déduite ; 50 % répartis`: what the effort of a convention counts.
pub(super) fn effort(rule: &EffortRule) -> String {
    let line = |line: &CostLine| match line {
        CostLine::RentGap => "écart de loyer",
        CostLine::Works => "travaux",
        CostLine::Vacancy => "vacance",
    };
    let counted: Vec<&str> = rule.count.iter().map(line).collect();
    let counted = if counted.is_empty() { "aucun coût".to_owned() } else { counted.join(", ") };
    let deducted = if rule.deduct_indemnity { "" } else { "non " };
    let part = if rule.share_bp == 10_000 {
        String::new()
    } else {
        format!(" ; {} de l’effort répartis", percent(rule.share_bp))
    };
    format!("{counted} ; indemnité ANRU {deducted}déduite{part}")
}

/// `12,5 %` from ten-thousandths.
pub(super) fn percent(bp: u32) -> String {
    let decimals = format!("{:02}", bp % 100);
    match decimals.trim_end_matches('0') {
        "" => format!("{}\u{a0}%", bp / 100),
        decimals => format!("{},{decimals}\u{a0}%", bp / 100),
    }
}

fn groups(demolishers_pct: u32) -> String {
    format!(
        "{demolishers_pct}\u{a0}% pour les bailleurs démolisseurs, {}\u{a0}% pour les autres",
        100_u32.saturating_sub(demolishers_pct)
    )
}

const fn named(basis: KeyBasis) -> &'static str {
    match basis {
        KeyBasis::Stock => "parc social sur le territoire",
        KeyBasis::Attributions => "attributions annuelles",
        KeyBasis::Equal => "parts égales",
        KeyBasis::Fixed => "table de la charte",
    }
}

fn dated(source: Option<&KeySource>) -> String {
    source.map_or_else(String::new, |source| {
        format!(" ({}, au {})", source.label, french::short_date(source.as_of))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_lose_their_useless_zeros() {
        assert_eq!(
            [10_000, 5_000, 1_250, 1_205].map(percent),
            ["100\u{a0}%", "50\u{a0}%", "12,5\u{a0}%", "12,05\u{a0}%"]
        );
    }
}
