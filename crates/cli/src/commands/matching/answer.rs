//! What a folder is answered, as JSON. The format is documented in docs/appariement.md.

use super::notes::{self, Note};
use super::placement::{Placement, placement};
use super::why::{self, RuledOut, Teller, Unplaced, Vacant};
use crate::failure::Failure;
use crate::file::folder::Folder;
use crate::look;
use chambre_domain::Date;
use chambre_matching::Worth;
use chambre_matching::trade::decision::{Decision, Proof};
use chambre_matching::trade::instance::Batch;
use chambre_matching::trade::{Edge, Indemnity, References, Tally, eligibility};
use serde::Serialize;

/// The answer to a folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// Name and version of this format.
    pub format: &'static str,
    /// Day on which the rules were read.
    pub on: Date,
    /// The parameters.
    pub policy: PolicyUsed,
    /// What the folder holds.
    pub read: Read,
    /// What was absent or not read.
    pub notes: Vec<Note>,
    /// What the placements are worth: urgent households, then households, then points.
    pub objective: Worth,
    /// Why nothing is better.
    pub certificate: Certificate,
    /// Expected costs of the placements together.
    pub totals: Totals,
    /// Who goes where, in the order of the households.
    pub placements: Vec<Placement>,
    /// Who has no dwelling, and why.
    pub unplaced: Vec<Unplaced>,
    /// Which dwellings have no household, and why.
    pub vacant: Vec<Vacant>,
    /// Every pair against the rules.
    pub rules: Rules,
}

/// The policy of an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PolicyUsed {
    /// Its version.
    pub version: u32,
    /// First day in force.
    pub in_force_from: Date,
    /// SHA-256 of its parameters.
    pub sha256: String,
    /// It comes from the folder.
    pub from_folder: bool,
}

/// What was read of a folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Read {
    /// Households.
    pub needs: usize,
    /// Of them, urgent ones.
    pub urgent: usize,
    /// Dwellings.
    pub offers: usize,
    /// Contingents; nothing without their file.
    pub contingents: Option<usize>,
    /// Operations financed by ANRU; nothing without their file.
    pub anru_operations: Option<usize>,
}

/// Why nothing is better.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Certificate {
    /// Always true: an unproven answer is not given.
    pub proven: bool,
    /// `prices`: the prices of the dwellings and the gains of the households, checked apart from the search.
    /// `bound`: the bound of the search, under contingents limited to their places.
    pub by: &'static str,
    /// No set of placements is worth more.
    pub bound: Worth,
}

/// Expected costs together, in cents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Totals {
    /// Monthly rent gaps.
    pub monthly_gap_cents: i64,
    /// ANRU indemnities that can be given a figure.
    pub expected_indemnity_cents: i64,
}

/// Pairs, and which rules ruled them out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rules {
    /// Households × dwellings.
    pub pairs: u64,
    /// Of them, those that hold every rule.
    pub possible: u64,
    /// How many pairs each rule rules out; nothing when there are too many pairs to count.
    pub ruled_out: Option<Vec<RuledOut>>,
}

/// Beyond so many pairs, the rules that rule out are counted only for whom nothing is possible.
const MOST_COUNTED: u64 = 25_000_000;

/// Puts the answer together.
///
/// # Errors
/// A pair that was chosen and does not hold the rules any more, or a total beyond counting: defects of the program.
pub fn of(
    folder: &Folder,
    batch: &Batch,
    decision: &Decision,
    references: &References<'_>,
    json: bool,
) -> Result<Answer, Failure> {
    let teller = Teller::new(folder, batch, decision);
    let counted = Counted::of(folder, &teller, references, json);
    let mut placements = Vec::new();
    let mut totals = Totals::default();
    let mut unplaced = Vec::new();
    let mut taken = vec![false; folder.offers.len()];
    for (household, offer) in (0..).zip(&decision.offer_of) {
        let Some(offer) = *offer else {
            unplaced.push(teller.unplaced(household, counted.of_household(household)));
            continue;
        };
        taken[offer as usize] = true;
        let (need, offer) = (&folder.needs[household as usize], &folder.offers[offer as usize]);
        let edge = eligibility(need, offer, &folder.policy, references)
            .map_err(|_| defect("un couple ne tient plus"))?;
        totals = totals.with(&edge).ok_or_else(|| defect("un total dépasse ce que l’on sait compter"))?;
        placements.push(placement(folder, household, offer.declared(), &edge));
    }
    let vacant = (0..).zip(&taken).filter(|(_, taken)| !**taken);
    let vacant = vacant.map(|(offer, _)| teller.vacant(offer, counted.of_offer(offer))).collect();
    let mut notes = notes::of(folder, references.on);
    if counted.all.is_none() {
        notes.push(Note {
            code: "RULES_NOT_COUNTED",
            french: format!(
                "Plus de {} couples : les règles ne sont décomptées que pour les ménages sans logement possible.",
                look::count(MOST_COUNTED)
            ),
        });
    }
    let terms = folder.policy.terms();
    Ok(Answer {
        format: "chambre-appariement-1",
        on: references.on,
        policy: PolicyUsed {
            version: terms.version,
            in_force_from: terms.in_force_from,
            sha256: folder.policy.hash().to_owned(),
            from_folder: folder.own_policy,
        },
        read: Read {
            needs: folder.needs.len(),
            urgent: folder.needs.iter().filter(|need| need.declared().urgency.is_some()).count(),
            offers: folder.offers.len(),
            contingents: folder.contingents.as_ref().map(|known| known.len()),
            anru_operations: folder.anru_operations.as_ref().map(|known| known.len()),
        },
        notes,
        objective: decision.worth,
        certificate: Certificate {
            proven: true,
            by: if matches!(decision.proof, Proof::Prices(_)) { "prices" } else { "bound" },
            bound: decision.worth,
        },
        totals,
        placements,
        unplaced,
        vacant,
        rules: Rules {
            pairs: folder.needs.len() as u64 * folder.offers.len() as u64,
            possible: batch.instance.edges.len() as u64,
            ruled_out: counted.all.as_ref().map(why::ruled_out),
        },
    })
}

/// The pairs counted against the rules.
struct Counted {
    all: Option<Tally>,
    households: Vec<Option<Tally>>,
    offers: Vec<Option<Tally>>,
}

impl Counted {
    fn of(folder: &Folder, teller: &Teller<'_>, references: &References<'_>, json: bool) -> Self {
        let (needs, offers) = (folder.needs.len(), folder.offers.len());
        let everything = needs as u64 * offers as u64 <= MOST_COUNTED;
        let empty = |wanted: bool| wanted.then(Tally::default);
        let mut counted = Self {
            all: empty(everything),
            households: (0..needs).map(|place| empty(teller.impossible_household(place))).collect(),
            offers: (0..offers).map(|place| empty(everything && teller.impossible_offer(place))).collect(),
        };
        let bar = look::progress(needs as u64, "ménages lus", json);
        for (need, of_household) in folder.needs.iter().zip(&mut counted.households) {
            bar.inc(1);
            if !everything && of_household.is_none() {
                continue;
            }
            for (offer, of_offer) in folder.offers.iter().zip(&mut counted.offers) {
                let read = eligibility(need, offer, &folder.policy, references);
                for tally in
                    [counted.all.as_mut(), of_household.as_mut(), of_offer.as_mut()].into_iter().flatten()
                {
                    tally.add(&read);
                }
            }
        }
        bar.finish_and_clear();
        counted
    }

    fn of_household(&self, household: u32) -> Option<&Tally> {
        self.households[household as usize].as_ref()
    }

    fn of_offer(&self, offer: u32) -> Option<&Tally> {
        self.offers[offer as usize].as_ref()
    }
}

impl Totals {
    fn with(self, edge: &Edge) -> Option<Self> {
        let indemnity = match edge.indemnity {
            Indemnity::Expected(sum) => sum.get(),
            Indemnity::NoScale { .. } | Indemnity::NotExpected(_) => 0,
        };
        Some(Self {
            monthly_gap_cents: self.monthly_gap_cents.checked_add(edge.monthly_gap.get())?,
            expected_indemnity_cents: self.expected_indemnity_cents.checked_add(indemnity)?,
        })
    }
}

fn defect(cause: &str) -> Failure {
    Failure::infrastructure(format!("{cause} : défaut du programme. Rien n’est écrit."))
}
