//! The folder of a matching: needs, dwellings, and what the rules are read against.

use super::cells::{Cells, Form};
use super::transfer::Transfer;
use super::{BadFiles, BadLine, BadLines, need, offer, policy, reserve, sheet, transfer};
use crate::failure::Failure;
use crate::look;
use chambre_domain::{Date, OperationId};
use chambre_matching::trade::ids::ContingentId;
use chambre_matching::trade::{Contingent, DwellingOffer, HouseholdNeed, Policy, PolicyTerms};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::hash::Hash;
use std::path::{Path, PathBuf};

/// Needs: one line, one household.
pub const NEEDS: &str = "besoins.csv";
/// Dwellings: one line, one offer.
pub const OFFERS: &str = "logements.csv";
/// Reservation contingents; may be absent.
pub const CONTINGENTS: &str = "contingents.csv";
/// Operations financed by ANRU; may be absent.
pub const ANRU_OPERATIONS: &str = "operations_anru.csv";
/// Tenants who move, and what each frees: read on demand only.
pub const TRANSFERS: &str = "mutations.csv";
/// Parameters that are not the documented defaults; may be absent.
pub const POLICY: &str = "politique.toml";

/// What a folder holds, everything in it found good.
#[derive(Debug)]
pub struct Folder {
    /// Needs, in the order of their households.
    pub needs: Vec<HouseholdNeed>,
    /// Offers, in the order of their identifiers.
    pub offers: Vec<DwellingOffer>,
    /// Contingents with the places left in each; nothing without their file.
    pub contingents: Option<BTreeMap<ContingentId, (Contingent, u32)>>,
    /// Operations financed by ANRU; nothing without their file.
    pub anru_operations: Option<BTreeSet<OperationId>>,
    /// The parameters.
    pub policy: Policy,
    /// They come from the folder, and not from the documented defaults.
    pub own_policy: bool,
    /// Other files of the folder that look like ours, and were not read.
    pub unread: Vec<String>,
}

/// Reads a folder; the day tells which communes exist.
///
/// # Errors
/// A folder or a file that cannot be read; everything that is wrong in the files, with file, line and column.
pub fn read(folder: &Path, on: Date) -> Result<Folder, Failure> {
    if !folder.is_dir() {
        return Err(Failure::usage(format!(
            "{} n’est pas un dossier. Indiquez celui qui contient {NEEDS} et {OFFERS}.",
            folder.display()
        )));
    }
    let mut reader = Reader { folder, bad: BadFiles::default() };
    let mut needs = reader.lines(NEEDS, &need::FORM, &need::REQUIRED, |cells| need::read(cells, on))?;
    reader.once(NEEDS, &needs, "menage", |need| need.declared().household.clone());
    let mut offers = reader.lines(OFFERS, &offer::FORM, &offer::REQUIRED, |cells| offer::read(cells, on))?;
    reader.once(OFFERS, &offers, "offre", |offer| offer.declared().offer.clone());
    reader.once(OFFERS, &offers, "logement", |offer| {
        (offer.declared().landlord, offer.declared().dwelling.clone())
    });
    let contingents = reader.maybe(CONTINGENTS, |reader| reader.contingents())?;
    let anru_operations = reader.maybe(ANRU_OPERATIONS, |reader| {
        let form = Form { name: "operations_anru", columns: &[("operation", "operation")] };
        let lines = reader.lines(ANRU_OPERATIONS, &form, &reserve::OPERATION, reserve::operation)?;
        reader.once(ANRU_OPERATIONS, &lines, "operation", OperationId::clone);
        Ok(lines.into_iter().map(|(_, operation)| operation).collect())
    })?;
    let own_policy = reader.path(POLICY).exists();
    let policy = reader.policy(on)?;
    let unread = unread(folder)?;
    if reader.bad.is_empty() {
        for (file, lines) in [(NEEDS, needs.len()), (OFFERS, offers.len())] {
            if lines == 0 {
                return Err(Failure::usage(format!(
                    "{} ne contient aucune ligne.",
                    reader.path(file).display()
                )));
            }
        }
    }
    let (true, Some(policy)) = (reader.bad.is_empty(), policy) else {
        return Err(Failure::Files(reader.bad));
    };
    needs.sort_by(|(_, one), (_, other)| {
        one.declared().household.as_str().cmp(other.declared().household.as_str())
    });
    offers.sort_by(|(_, one), (_, other)| one.declared().offer.cmp(&other.declared().offer));
    Ok(Folder {
        needs: needs.into_iter().map(|(_, need)| need).collect(),
        offers: offers.into_iter().map(|(_, offer)| offer).collect(),
        contingents,
        anru_operations,
        policy,
        own_policy,
        unread,
    })
}

/// Reads the transfers of a folder: one line for each of its needs, which frees one of its offers.
///
/// # Errors
/// A file that cannot be read; everything that is wrong in it, with line and column.
pub fn read_transfers(folder: &Path, within: &Folder) -> Result<Vec<Transfer>, Failure> {
    let mut reader = Reader { folder, bad: BadFiles::default() };
    let needs: HashSet<_> = within.needs.iter().map(|need| &need.declared().household).collect();
    let offers: HashSet<_> = within.offers.iter().map(|offer| &offer.declared().offer).collect();
    let lines = reader.lines(TRANSFERS, &transfer::FORM, &transfer::REQUIRED, |cells| {
        let transfer = transfer::read(cells)?;
        if !needs.contains(&transfer.household) {
            cells.fault("menage", "UNKNOWN", format!("ce ménage n’est pas dans {NEEDS}."));
        }
        if !offers.contains(&transfer.offer) {
            cells.fault("offre", "UNKNOWN", format!("« {} » n’est pas dans {OFFERS}.", transfer.offer));
        }
        Some(transfer)
    })?;
    reader.once(TRANSFERS, &lines, "menage", |transfer| transfer.household.clone());
    reader.once(TRANSFERS, &lines, "offre", |transfer| transfer.offer.clone());
    let told: HashSet<_> = lines.iter().map(|(_, transfer)| &transfer.household).collect();
    let silent = needs.difference(&told).count();
    if reader.bad.is_empty() && silent > 0 {
        return Err(Failure::usage(format!(
            "{} : {} de {NEEDS} sans ligne. Une ligne par ménage.",
            reader.path(TRANSFERS).display(),
            look::counted(silent, "ménage")
        )));
    }
    if !reader.bad.is_empty() {
        return Err(Failure::Files(reader.bad));
    }
    Ok(lines.into_iter().map(|(_, transfer)| transfer).collect())
}

/// Reads the files of a folder, and keeps what is wrong in each.
struct Reader<'a> {
    folder: &'a Path,
    bad: BadFiles,
}

/// What a line holds, with its number.
type Lines<T> = Vec<(u64, T)>;

impl Reader<'_> {
    fn path(&self, file: &str) -> PathBuf {
        self.folder.join(file)
    }

    fn lines<T>(
        &mut self,
        file: &'static str,
        form: &Form,
        required: &[&'static str],
        read: impl Fn(&mut Cells<'_>) -> Option<T>,
    ) -> Result<Lines<T>, Failure> {
        let columns: Vec<&'static str> = form.columns.iter().map(|(column, _)| *column).collect();
        let bytes = sheet::bytes_of(&self.path(file))?;
        let mut bad = BadLines::default();
        let rows = sheet::rows(&bytes, &columns, required, &mut bad).unwrap_or_else(|french| {
            let (field, reason) = (String::new(), "HEADING".to_owned());
            bad.push(BadLine { line: 1, field, reason, french });
            Vec::new()
        });
        let mut lines = Vec::with_capacity(rows.len());
        for row in &rows {
            let mut cells = Cells::new(row, &mut bad);
            let found = read(&mut cells);
            lines.extend(found.filter(|_| cells.sound()).map(|found| (row.line, found)));
        }
        self.bad.push(file, bad);
        Ok(lines)
    }

    /// Refuses a second line under the same key: one of the two would be lost, or given twice.
    fn once<T, K: Eq + Hash>(
        &mut self,
        file: &'static str,
        lines: &Lines<T>,
        column: &str,
        key: impl Fn(&T) -> K,
    ) {
        let mut seen: HashMap<K, u64> = HashMap::new();
        let mut bad = BadLines::default();
        for (line, noun) in lines {
            let key = key(noun);
            if let Some(first) = seen.get(&key) {
                let french = format!("la ligne {first} le porte déjà. Gardez une seule des deux lignes.");
                let (field, reason) = (column.to_owned(), "TWICE".to_owned());
                bad.push(BadLine { line: *line, field, reason, french });
            } else {
                seen.insert(key, *line);
            }
        }
        self.bad.push(file, bad);
    }

    fn maybe<T>(
        &mut self,
        file: &str,
        read: impl FnOnce(&mut Self) -> Result<T, Failure>,
    ) -> Result<Option<T>, Failure> {
        if self.path(file).exists() { read(self).map(Some) } else { Ok(None) }
    }

    fn contingents(&mut self) -> Result<BTreeMap<ContingentId, (Contingent, u32)>, Failure> {
        let lines = self.lines(CONTINGENTS, &reserve::FORM, &reserve::REQUIRED, reserve::contingent)?;
        self.once(CONTINGENTS, &lines, "contingent", |(contingent, _)| contingent.id.clone());
        Ok(lines.into_iter().map(|(_, found)| (found.0.id.clone(), found)).collect())
    }

    fn policy(&mut self, on: Date) -> Result<Option<Policy>, Failure> {
        let path = self.path(POLICY);
        if !path.exists() {
            return Ok(Some(Policy::new(PolicyTerms::standard(on))?));
        }
        let bytes = sheet::bytes_of(&path)?;
        let mut bad = BadLines::default();
        let policy = match std::str::from_utf8(&bytes) {
            Ok(text) => policy::read(text, on, &mut bad),
            Err(_) => {
                let (field, reason) = (String::new(), "NOT_UTF8".to_owned());
                bad.push(BadLine {
                    line: 1,
                    field,
                    reason,
                    french: "ce fichier n’est pas en UTF-8.".to_owned(),
                });
                None
            }
        };
        self.bad.push(POLICY, bad);
        Ok(policy)
    }
}

/// Files that look like ours under another name: a misspelt one would be left out without a word.
fn unread(folder: &Path) -> Result<Vec<String>, Failure> {
    let mut unread = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(|error| Failure::of_file(folder, &error))? {
        let entry = entry.map_err(|error| Failure::of_file(folder, &error))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let known = [NEEDS, OFFERS, CONTINGENTS, ANRU_OPERATIONS, POLICY].contains(&name.as_str());
        let ours = [".csv", ".toml"].iter().any(|end| name.to_lowercase().ends_with(end));
        if ours && !known {
            unread.push(name);
        }
    }
    unread.sort();
    Ok(unread)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_transfers_is_read_and_what_is_wrong_is_named_with_its_line() {
        let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/exemples/mutations");
        let folder = tempfile::tempdir().unwrap();
        for file in [NEEDS, OFFERS] {
            std::fs::copy(example.join(file), folder.path().join(file)).unwrap();
        }
        let on = crate::look::typed_day("2026-11-02").unwrap();
        let within = read(folder.path(), on).unwrap();
        let (household, offer) = (&within.needs[0].declared().household, &within.offers[0].declared().offer);
        let told = |lines: &str| {
            let text = lines.replace("MENAGE", household.as_str()).replace("OFFRE", offer.as_str());
            std::fs::write(folder.path().join(TRANSFERS), text).unwrap();
            read_transfers(folder.path(), &within).map_err(|failure| failure.to_string())
        };
        let good = told("menage;offre;accord\r\n\r\nMENAGE;OFFRE;Oui\r\n").unwrap();
        let read = Transfer { household: household.clone(), offer: offer.clone(), agreed: true };
        assert_eq!(good, [read]);
        for (text, said) in [
            ("menage;offre\nMENAGE;OFFRE\n", "accord"),
            ("menage;offre;accord\n\nMENAGE;OFFRE;peut-être\n", "ligne 3, colonne « accord »"),
            ("menage;offre;accord\nMENAGE;OFFRE;oui\nMENAGE;OFFRE;oui\n", "ligne 3, colonne « menage »"),
            ("menage;offre;accord\nMENAGE;F-0;oui\n", "ligne 2, colonne « offre »"),
            ("menage;offre;accord\nt-0;OFFRE;oui\n", "ligne 2, colonne « menage »"),
            ("menage;offre;accord\nMENAGE;OFFRE\n", "ligne 2"),
            ("menage;offre;accord\n", "1 ménage de besoins.csv sans ligne"),
        ] {
            let refused = told(text).unwrap_err();
            assert!(refused.contains(said), "{text}: {refused}");
        }
    }
}
