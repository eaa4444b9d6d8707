//! The divisions behind fair shares, as tables that can be done again with a calculator.

use super::cited::party;
use super::{Names, Unmade, wording};
use chambre_audit::report::{HowShared, KeyHolder, KeyStep, KeyTable, Labelled, Quantity, ReportError};
use chambre_domain::convention::FairShare;
use chambre_domain::explanation::PartOf;
use chambre_domain::{Cents, Convention, Siren};
use chambre_settlement::apportion::Apportionment;
use chambre_settlement::{VersionShare, apportionment};

/// The groups of a convention with roles, in the order that breaks ties.
const GROUPS: [&str; 2] = ["Bailleurs démolisseurs", "Autres bailleurs"];

/// The divisions of one version.
pub(super) struct Divided {
    /// What this run shares; placements to date.
    now: Sharing,
    /// Placements that earlier runs shared, below zero: they are taken off.
    before: Sharing,
    /// Euros per placement.
    tariff: Option<Cents>,
    /// What a body outside the key brings.
    outside: Option<(Siren, Cents)>,
    version: u32,
}

/// One whole, shared in one step or two.
#[derive(Default)]
struct Sharing {
    /// Between the groups, when there are roles.
    split: Option<KeyTable>,
    /// Inside each group: one, or two in the order of the split. None where nobody has a weight.
    groups: Vec<Option<KeyTable>>,
}

impl Divided {
    /// The divisions of a version; none under a causal rule.
    pub fn of(convention: &Convention, share: &VersionShare) -> Result<Option<Self>, Unmade> {
        let Some(division) = &share.division else { return Ok(None) };
        let rule = &convention.fair_share;
        let (tariff, pct) = match rule {
            FairShare::Units { tariff_cents, demolishers_pct, .. } => (Some(*tariff_cents), *demolishers_pct),
            FairShare::Roles { demolishers_pct, .. } => (None, Some(*demolishers_pct)),
            _ => (None, None),
        };
        let (before, now): (Vec<_>, Vec<_>) =
            division.groups.iter().partition(|(of, _)| *of == PartOf::PlacementsBefore);
        let maker = Maker { version: convention.version, rule, pct, tariff };
        // Nothing was shared before: there is nothing to take off.
        let before = if before.iter().all(|(_, group)| group.amount == 0) { Vec::new() } else { before };
        Ok(Some(Self {
            now: maker.sharing(&now, false)?,
            before: maker.sharing(&before, true)?,
            tariff,
            outside: division.outside.filter(|(_, brought)| *brought != Cents::ZERO),
            version: convention.version,
        }))
    }

    /// Every table, in the order they are done; together they make the fair shares.
    pub fn tables(&self, names: &Names) -> Result<Vec<KeyTable>, Unmade> {
        let sharings = [&self.now, &self.before].into_iter();
        let tables = sharings.flat_map(|sharing| sharing.split.iter().chain(sharing.groups.iter().flatten()));
        let mut tables: Vec<KeyTable> = tables.cloned().collect();
        if let Some((payer, brought)) = self.outside {
            let title = outside_label(names, payer);
            let step = KeyStep::divide(title.clone(), Quantity::Euros(brought), (1, 1), false)?;
            let rows = vec![(KeyHolder::Bailleur(payer), step)];
            tables.push(KeyTable { version: self.version, title, tariff: None, rows });
        }
        Ok(tables)
    }

    /// Why the part of a bailleur is what it is.
    pub fn how(&self, bailleur: Siren, names: &Names) -> Result<HowShared, Unmade> {
        let brings = self.outside.filter(|(payer, _)| *payer == bailleur);
        let own = brings
            .map(|(_, amount)| Labelled { label: "Argent extérieur que vous apportez".to_owned(), amount });
        let steps = self.now.steps(bailleur);
        if steps.is_empty() {
            return Ok(match own {
                Some(money) => HowShared::Brought(money),
                None => HowShared::Nothing("pas de poids dans la clé".to_owned()),
            });
        }
        let mut before = Vec::new();
        if let Some((payer, brought)) = self.outside {
            before.push(Labelled { label: outside_label(names, payer), amount: opposite(brought)? });
        }
        let mut after: Vec<Labelled> = own.into_iter().collect();
        let earlier = self.before.steps(bailleur);
        if let (Some(tariff), Some(whole)) = (self.tariff, self.before.whole()) {
            let label = format!("Déjà répartis par les arrêtés précédents : {} placements", -whole);
            before.push(Labelled { label, amount: opposite(worth(whole, tariff)?)? });
            let part = earlier.last().map_or(0, |step| step.part.number());
            let label = format!("À déduire, votre part des placements déjà répartis : {}", -part);
            after.push(Labelled { label, amount: worth(part, tariff)? });
        }
        Ok(HowShared::Keys { before, steps, tariff: self.tariff, after })
    }
}

impl Sharing {
    /// The steps of a bailleur, from the whole to its part; none when it has no weight.
    fn steps(&self, bailleur: Siren) -> Vec<KeyStep> {
        let own = |table: &KeyTable| {
            let row = table.rows.iter().find(|(holder, _)| *holder == KeyHolder::Bailleur(bailleur));
            row.map(|(_, step)| step.clone())
        };
        let found = self.groups.iter().enumerate().find_map(|(place, table)| {
            let step = own(table.as_ref()?)?;
            Some((place, step))
        });
        let Some((place, step)) = found else { return Vec::new() };
        let of_group = self.split.as_ref().and_then(|split| split.rows.get(place));
        of_group.map(|(_, step)| step.clone()).into_iter().chain([step]).collect()
    }

    /// What is shared; none when nothing is.
    fn whole(&self) -> Option<i64> {
        let table = self.split.iter().chain(self.groups.iter().flatten()).next()?;
        table.rows.first().map(|(_, step)| step.base.number())
    }
}

/// What makes the tables of one version.
struct Maker<'a> {
    version: u32,
    rule: &'a FairShare,
    pct: Option<u32>,
    tariff: Option<Cents>,
}

impl Maker<'_> {
    fn sharing(
        &self,
        groups: &[&(PartOf, Apportionment<Siren>)],
        taken_off: bool,
    ) -> Result<Sharing, Unmade> {
        let suffix = match (self.tariff, taken_off) {
            (Some(_), true) => " – placements déjà répartis, à déduire",
            (Some(_), false) => " – placements à ce jour",
            (None, _) => "",
        };
        let weights = wording::weights(self.rule);
        let split = match (self.pct, groups) {
            (Some(pct), [(_, demolishers), (_, others)]) => {
                let title = format!("Partage entre les groupes{suffix}");
                self.split(title, pct, (demolishers, others), taken_off)?
            }
            _ => None,
        };
        let mut tables = Vec::new();
        for (place, (_, group)) in groups.iter().enumerate() {
            let of = GROUPS.get(place).filter(|_| self.pct.is_some());
            let label = of.map_or_else(|| weights.clone(), |of| format!("{of} : {weights}"));
            let holder = |siren: &Siren| (KeyHolder::Bailleur(*siren), label.clone());
            tables.push(self.table(format!("{label}{suffix}"), group, holder, taken_off)?);
        }
        Ok(Sharing { split, groups: tables })
    }

    /// The division between the groups: as the engine makes it, a group without weight hands its part over.
    fn split(
        &self,
        title: String,
        pct: u32,
        (demolishers, others): (&Apportionment<Siren>, &Apportionment<Siren>),
        taken_off: bool,
    ) -> Result<Option<KeyTable>, Unmade> {
        let overflow = || ReportError::Overflow { field: "keys.split".to_owned() };
        let whole = demolishers.amount.checked_add(others.amount).ok_or_else(overflow)?;
        let (first, second) = match (demolishers.weights > 0, others.weights > 0) {
            (true, true) => (u128::from(pct), u128::from(100_u32.saturating_sub(pct))),
            (first, second) => (u128::from(first), u128::from(second)),
        };
        let split = apportionment(whole, [(0, first), (1, second)])?;
        let holder = |place: &usize| {
            let name = GROUPS.get(*place).copied().unwrap_or_default().to_owned();
            (KeyHolder::Group(name.clone()), name)
        };
        self.table(title, &split, holder, taken_off)
    }

    /// One division, row by row; none when nobody has a weight (nothing is then shared).
    fn table<K: Ord>(
        &self,
        title: String,
        division: &Apportionment<K>,
        holder: impl Fn(&K) -> (KeyHolder, String),
        taken_off: bool,
    ) -> Result<Option<KeyTable>, Unmade> {
        if division.weights == 0 {
            return Ok(None);
        }
        // The division of an opposite amount is the mirror: what earlier runs shared is taken off.
        let sign = if taken_off { -1 } else { 1 };
        let amount = division.amount.checked_mul(sign);
        let amount = amount.ok_or_else(|| ReportError::Overflow { field: "keys.base".to_owned() })?;
        let base = match self.tariff {
            Some(_) => Quantity::Placements(amount),
            None => Quantity::Euros(Cents::new(amount)),
        };
        // Weights of a blend are products: they are printed in their smallest terms when they would be too wide.
        let wide = division.weights > u128::from(u64::MAX);
        let terms =
            if wide { division.parts.values().map(|part| part.weight).fold(0, gcd).max(1) } else { 1 };
        let narrow = |weight: u128| {
            u64::try_from(weight / terms)
                .map_err(|_| ReportError::Overflow { field: "keys.weight".to_owned() })
        };
        let total = narrow(division.weights)?;
        let mut rows = Vec::with_capacity(division.parts.len());
        for (key, part) in &division.parts {
            let (holder, label) = holder(key);
            let step = KeyStep::divide(label, base, (narrow(part.weight)?, total), part.takes_one)?;
            rows.push((holder, step));
        }
        Ok(Some(KeyTable { version: self.version, title, tariff: self.tariff, rows }))
    }
}

fn outside_label(names: &Names, payer: Siren) -> String {
    let payer = party(names, payer);
    format!("Argent extérieur apporté par {} ({})", payer.name, payer.siren)
}

fn worth(placements: i64, tariff: Cents) -> Result<Cents, ReportError> {
    let overflow = || ReportError::Overflow { field: "keys.tariff".to_owned() };
    placements.checked_mul(tariff.get()).map(Cents::new).ok_or_else(overflow)
}

fn opposite(amount: Cents) -> Result<Cents, ReportError> {
    amount.checked_neg().ok_or_else(|| ReportError::Overflow { field: "keys.before".to_owned() })
}

const fn gcd(one: u128, other: u128) -> u128 {
    let (mut one, mut other) = (one, other);
    while other != 0 {
        (one, other) = (other, one % other);
    }
    one
}
