//! Public tables: income ceilings, APL rent ceilings, the ANRU scale (see `data/README.md`).
//!
//! A year, a zone or a financing that the data do not hold gives nothing: never a guess.

use crate::trade::dwelling::Financing;
use crate::trade::need::{CeilingCategory, Composition};
use crate::trade::place::Zone;
use chambre_domain::relogement::Typology;
use chambre_domain::{Cents, Date, Reason, Refusal, calendar};
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// The tables shipped with the program, or loaded beside it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tables {
    /// Yearly income ceilings in euros.
    income: BTreeMap<(i16, Family, Area, Line), i64>,
    /// Monthly rent ceilings by first day in force.
    rent: BTreeMap<(Zone, Row), BTreeMap<Date, Cents>>,
    /// Flat sums by typology, with the last day in force.
    anru: Vec<(Date, Typology, Cents)>,
}

/// Families of financing with income ceilings in the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Family {
    Plai,
    Plus,
}

/// Areas of the income ceilings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Area {
    ParisAndAdjacent,
    Elsewhere,
}

/// Lines of the income ceilings: a category, or each extra person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Line {
    Category(u8),
    ExtraPerson,
}

/// Rows of the APL rent ceilings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Row {
    Single,
    Couple,
    OneDependant,
    EachMore,
}

impl Tables {
    /// The tables shipped with the program, read once.
    #[must_use]
    pub fn shipped() -> &'static Self {
        static TABLES: OnceLock<Tables> = OnceLock::new();
        TABLES.get_or_init(|| {
            Self::read(
                include_str!("../../data/plafonds_ressources_idf.csv"),
                include_str!("../../data/apl_plafonds_loyer.csv"),
                include_str!("../../data/anru_minoration_bareme.csv"),
            )
            .expect("shipped data: well-formed tables")
        })
    }

    /// Reads the three tables from CSV text with the headers of the shipped files.
    ///
    /// # Errors
    /// The first cell that cannot be read, named by its file and line.
    pub fn read(income: &str, rent: &str, anru: &str) -> Result<Self, Refusal> {
        let mut tables = Self::default();
        each_row("plafonds_ressources", income, 5, |row| {
            let year = row[0].parse().map_err(|_| Refusal::new(Reason::DateInvalid, "year", &row[0]))?;
            let ceiling = Cents::parse_euros("plafond_rfr_eur", &row[4])?.get() / 100;
            let family = one_of("financement", &row[1], &[("PLAI", Family::Plai), ("PLUS", Family::Plus)])?;
            let area = one_of("zone", &row[2], &AREAS)?;
            let line = match &row[3] {
                "supp" => Line::ExtraPerson,
                category => Line::Category(one_of("categorie_menage", category, &CATEGORIES)?),
            };
            tables.income.insert((year, family, area, line), ceiling);
            Ok(())
        })?;
        each_row("apl_plafonds_loyer", rent, 4, |row| {
            let from = calendar::parse_date("effective_from", &row[0])?;
            let ceiling = Cents::parse_euros("plafond_loyer_mensuel_eur", &row[3])?;
            let zone =
                one_of("zone_apl", &row[1], &[("1", Zone::One), ("2", Zone::Two), ("3", Zone::Three)])?;
            let of = one_of("composition", &row[2], &ROWS)?;
            tables.rent.entry((zone, of)).or_default().insert(from, ceiling);
            Ok(())
        })?;
        each_row("anru_minoration_bareme", anru, 5, |row| {
            let to = calendar::parse_date("valid_to", &row[1])?;
            let sum = Cents::parse_euros("forfait_eur", &row[4])?;
            for typology in typologies("typologie", &row[2])? {
                tables.anru.push((to, *typology, sum));
            }
            Ok(())
        })?;
        Ok(tables)
    }

    /// Yearly income ceiling in euros of a financing; nothing when the year or the financing is not in the data.
    ///
    /// PLAI_ADP follows PLAI, PLUS_CD follows PLUS. Zone 1bis is Paris and the adjacent communes: the same thirty.
    #[must_use]
    pub fn income_ceiling(
        &self,
        year: i16,
        financing: Financing,
        zone: Zone,
        of: CeilingCategory,
    ) -> Option<i64> {
        let family = match financing {
            Financing::Plai | Financing::PlaiAdp => Family::Plai,
            Financing::Plus | Financing::PlusCd => Family::Plus,
            Financing::Pls | Financing::Palulos | Financing::Pli => return None,
        };
        let area = if zone == Zone::OneBis { Area::ParisAndAdjacent } else { Area::Elsewhere };
        let line = |line| self.income.get(&(year, family, area, line)).copied();
        let extra = if of.extra_persons == 0 { 0 } else { line(Line::ExtraPerson)? };
        Some(line(Line::Category(of.category))? + extra * i64::from(of.extra_persons))
    }

    /// Monthly APL rent ceiling of a household in a zone on a day; nothing when the data do not reach that day.
    #[must_use]
    pub fn apl_rent_ceiling(&self, zone: Zone, composition: Composition, on: Date) -> Option<Cents> {
        let zone = if zone == Zone::OneBis { Zone::One } else { zone };
        let row = |of| self.rent.get(&(zone, of))?.range(..=on).next_back().map(|(_, ceiling)| *ceiling);
        match (composition.persons, composition.dependants) {
            (1, 0) => row(Row::Single),
            (_, 0) => row(Row::Couple),
            (_, dependants) => {
                let more = row(Row::EachMore)?.checked_times(u32::from(dependants) - 1)?;
                row(Row::OneDependant)?.checked_add(more)
            }
        }
    }

    /// Flat sum of the ANRU indemnity for a host dwelling on a day.
    ///
    /// # Errors
    /// [`Reason::AnruScaleMissing`] when no row is in force on that day: with the shipped data, from 1 October 2021.
    pub fn anru_flat_sum(&self, typology: Typology, on: Date) -> Result<Cents, Refusal> {
        let rows = self.anru.iter().filter(|(to, of, _)| *to >= on && *of == typology);
        let row = rows.min_by_key(|(to, ..)| *to).ok_or_else(|| {
            let last = self.anru.iter().map(|(to, ..)| *to).max().unwrap_or(Date::MIN);
            Refusal::new(Reason::AnruScaleMissing, "lease_date", on).with("last_known_day", last)
        })?;
        Ok(row.2)
    }
}

fn each_row(
    file: &str,
    text: &str,
    columns: usize,
    mut keep: impl FnMut(&csv::StringRecord) -> Result<(), Refusal>,
) -> Result<(), Refusal> {
    for (place, row) in csv::Reader::from_reader(text.as_bytes()).into_records().enumerate() {
        let line = format!("{file}:{}", place + 2);
        let row = row.map_err(|error| Refusal::new(Reason::FieldMissing, line.as_str(), error))?;
        if row.len() < columns {
            return Err(Refusal::new(Reason::FieldMissing, line, row.len()).with("columns", columns));
        }
        keep(&row).map_err(|refusal| refusal.within(&line))?;
    }
    Ok(())
}

const AREAS: [(&str, Area); 2] =
    [("paris_communes_limitrophes", Area::ParisAndAdjacent), ("ile_de_france", Area::Elsewhere)];
const CATEGORIES: [(&str, u8); 6] = [("1", 1), ("2", 2), ("3", 3), ("4", 4), ("5", 5), ("6", 6)];
const ROWS: [(&str, Row); 4] = [
    ("personne_seule", Row::Single),
    ("couple_sans_pac", Row::Couple),
    ("seul_ou_couple_1_pac", Row::OneDependant),
    ("par_pac_supplementaire", Row::EachMore),
];

/// The value that a cell names.
fn one_of<T: Copy>(field: &str, text: &str, list: &[(&str, T)]) -> Result<T, Refusal> {
    let found = list.iter().find(|(name, _)| *name == text);
    found.map(|(_, value)| *value).ok_or_else(|| Refusal::new(Reason::ValueUnknown, field, text))
}

fn typologies(field: &str, text: &str) -> Result<&'static [Typology], Refusal> {
    match text {
        "T1" => Ok(&[Typology::T1]),
        "T2" => Ok(&[Typology::T2]),
        "T3" => Ok(&[Typology::T3]),
        "T4" => Ok(&[Typology::T4]),
        "T5+" => Ok(&[Typology::T5, Typology::T6]),
        _ => Err(Refusal::new(Reason::ValueUnknown, field, text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn category(category: u8, extra_persons: u8) -> CeilingCategory {
        CeilingCategory { category, extra_persons }
    }

    #[test]
    fn income_ceilings_are_those_of_the_data_and_nothing_beyond() {
        let tables = Tables::shipped();
        let ceiling = |year, financing, zone, of| tables.income_ceiling(year, financing, zone, of);
        assert_eq!(ceiling(2026, Financing::Plus, Zone::One, category(4, 0)), Some(57_930));
        assert_eq!(ceiling(2026, Financing::PlusCd, Zone::OneBis, category(6, 2)), Some(84_304 + 2 * 9_394));
        assert_eq!(ceiling(2022, Financing::Plai, Zone::OneBis, category(2, 0)), Some(21_805));
        assert_eq!(ceiling(2023, Financing::Plai, Zone::One, category(2, 0)), None, "PLAI stops in 2022");
        assert_eq!(ceiling(2026, Financing::Pls, Zone::One, category(2, 0)), None);
        assert_eq!(ceiling(2027, Financing::Plus, Zone::One, category(2, 0)), None);
    }

    #[test]
    fn plai_is_never_above_plus_in_any_row_of_the_data() {
        let tables = Tables::shipped();
        for ((year, financing, zone, of), plai) in &tables.income {
            if *financing == Family::Plai {
                let plus = tables.income[&(*year, Family::Plus, *zone, *of)];
                assert!(*plai < plus, "{year} {zone:?} {of:?}");
            }
        }
    }

    #[test]
    fn apl_ceilings_follow_the_household_and_the_day() {
        let ceiling = |persons, dependants, on| {
            let composition = Composition { persons, dependants, units_tenths: 10 };
            Tables::shipped().apl_rent_ceiling(Zone::OneBis, composition, on)
        };
        let autumn = Date::constant(2025, 10, 1);
        assert_eq!(ceiling(1, 0, autumn), Some(Cents::new(33_314)));
        assert_eq!(ceiling(4, 2, autumn), Some(Cents::new(51_999)));
        assert_eq!(ceiling(4, 2, Date::constant(2026, 10, 1)), Some(Cents::new(52_597)));
        assert_eq!(ceiling(2, 0, Date::constant(2019, 9, 30)), None);
    }

    #[test]
    fn without_a_row_for_the_day_the_indemnity_is_not_computed() {
        let sum = |typology, on| Tables::shipped().anru_flat_sum(typology, on);
        let last = Date::constant(2021, 9, 30);
        for (typology, euros) in [(Typology::T1, 1_500), (Typology::T3, 4_000), (Typology::T6, 5_000)] {
            assert_eq!(sum(typology, last), Ok(Cents::new(euros * 100)));
        }
        let refusal = sum(Typology::T3, Date::constant(2021, 10, 1)).unwrap_err();
        assert_eq!(refusal.reason, Reason::AnruScaleMissing);
    }

    #[test]
    fn a_bad_cell_is_named_by_its_file_and_line() {
        let refusal = Tables::read("a,b,c,d,e\n2026,PLUS,z,1,beaucoup\n", "a\n", "a\n").unwrap_err();
        assert_eq!(refusal.field, "plafonds_ressources:2.plafond_rfr_eur");
    }
}
