//! Why a household has no dwelling, and why a dwelling has no household.

use crate::file::folder::Folder;
use crate::look;
use chambre_matching::trade::decision::{Decision, Proof};
use chambre_matching::trade::instance::Batch;
use chambre_matching::trade::tally::{Count, Ground};
use chambre_matching::trade::{HouseholdNeed, OfferDeclaration, Tally};
use chambre_matching::why_not::{WhyNot, nearest};
use chambre_matching::{Assignment, Instance, Live, Worth};
use serde::Serialize;
use std::collections::BTreeMap;

/// A household without a dwelling.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unplaced {
    /// Its pseudonym.
    pub household: String,
    /// Its team.
    pub mous: String,
    /// The operation it leaves.
    pub operation: String,
    /// Its rehousing is urgent.
    pub urgent: bool,
    /// Offers that hold every rule for it.
    pub possible: usize,
    /// Stable reason.
    pub reason: Reason,
    /// The sentence.
    pub french: String,
    /// The possible dwelling it came nearest to.
    pub nearest: Option<Nearest>,
    /// Which rules ruled the offers out, when none was possible.
    pub ruled_out: Option<Vec<RuledOut>>,
}

/// A dwelling without a household.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Vacant {
    /// The offer.
    pub offer: String,
    /// Its bailleur.
    pub landlord: String,
    /// Households for which it holds every rule.
    pub possible: usize,
    /// Stable reason.
    pub reason: Reason,
    /// The sentence.
    pub french: String,
    /// Which rules ruled the households out, when none was possible.
    pub ruled_out: Option<Vec<RuledOut>>,
}

/// Why somebody or something is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Reason {
    /// No pair holds every rule.
    NoPossiblePair,
    /// Each dwelling possible for it serves the whole better with another household.
    WorthMoreElsewhere,
    /// It would do as well in place of another: identifiers decided.
    Tie,
    /// A possible pair stands unused, for its contingent has no place left.
    ContingentFull,
    /// Every household it is possible for has another dwelling.
    NotNeeded,
}

/// The dwelling that a household came nearest to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Nearest {
    /// The offer.
    pub offer: String,
    /// Points of the pair.
    pub score: i64,
    /// Who has it.
    pub holder: Option<String>,
    /// Points of that pair.
    pub holder_score: Option<i64>,
    /// What giving it all the same would cost the whole; nothing when contingents were limited.
    pub cost: Option<Cost>,
}

/// What giving a household a dwelling all the same would cost the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Cost {
    /// Urgent households, households, points: everybody else at their best.
    #[serde(flatten)]
    pub worth: Worth,
    /// It is the cost itself; otherwise it is a bound below it, read off the prices.
    pub exact: bool,
    /// Points from which the pair would be among the best; nothing when no points would do, or for a bound.
    pub score_needed: Option<i64>,
}

/// How often a rule ruled out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuledOut {
    /// Code of the rule.
    pub code: String,
    /// What it says when it does not hold.
    pub french: &'static str,
    /// Pairs that it rules out.
    pub pairs: u64,
    /// Of them, those that no other rule rules out.
    pub alone: u64,
}

/// The rules of a tally, in their order.
pub fn ruled_out(tally: &Tally) -> Vec<RuledOut> {
    let told = |(ground, count): (&Ground, &Count)| RuledOut {
        code: ground.code(),
        french: if ground.unknown {
            "donnée manquante : règle non vérifiable"
        } else {
            ground.rule.french()
        },
        pairs: count.pairs,
        alone: count.alone,
    };
    tally.ruled_out.iter().map(told).collect()
}

/// The offer that a household came nearest to, with the points of the pair.
#[derive(Debug, Clone, Copy)]
struct Near {
    offer: u32,
    score: i64,
    cost: Option<Cost>,
}

/// Pairs that may be read again for exact costs, one question reading all of them.
const MOST_READ: usize = 500_000_000;

/// For each household without a dwelling, the possible offer that would cost the whole least. Every pair of it is
/// asked about in a small batch, the one nearest by prices in a larger one, none in the largest.
fn nearest_of(instance: &Instance, assignment: &Assignment) -> BTreeMap<u32, Near> {
    let bounds = nearest(instance, assignment);
    let affordable = |questions: usize| questions.saturating_mul(instance.edges.len()) <= MOST_READ;
    let alone = |(household, ..): &&(u32, u32, i64)| bounds.contains_key(household);
    let mut asked: Vec<(u32, u32, i64)> = instance.edges.iter().filter(alone).copied().collect();
    if !affordable(asked.len()) {
        let pair = |(household, (offer, why)): (&u32, &(u32, WhyNot))| (*household, *offer, why.worth.score);
        asked = bounds.iter().map(pair).collect();
    }
    let live = if affordable(asked.len()) { Live::start(instance).ok() } else { None };
    let Some(live) = live else {
        let bound = |(household, (offer, why)): (u32, (u32, WhyNot))| {
            let cost = Cost { worth: why.shortfall, exact: false, score_needed: None };
            (household, Near { offer, score: why.worth.score, cost: Some(cost) })
        };
        return bounds.into_iter().map(bound).collect();
    };
    let mut found: BTreeMap<u32, (Worth, Near)> = BTreeMap::new();
    for (household, offer, score) in asked {
        let Ok(what_if) = live.what_if(household, offer) else { continue };
        let cost = Some(Cost { worth: what_if.cost, exact: true, score_needed: what_if.score_needed });
        let near = (what_if.cost, Near { offer, score, cost });
        let known = found.entry(household).or_insert(near);
        if (near.0, near.1.offer) < (known.0, known.1.offer) {
            *known = near;
        }
    }
    found.into_iter().map(|(household, (_, near))| (household, near)).collect()
}

/// Tells why, once everything is decided.
pub struct Teller<'a> {
    folder: &'a Folder,
    instance: &'a Instance,
    nearest: Option<BTreeMap<u32, Near>>,
    /// Who has each offer, and the points of that pair.
    holders: Vec<Option<(u32, i64)>>,
    /// Offers possible for a household that has none.
    awaited: Vec<bool>,
    /// Possible pairs of each household and of each offer.
    possible: (Vec<usize>, Vec<usize>),
}

impl<'a> Teller<'a> {
    /// Reads the pairs once.
    pub fn new(folder: &'a Folder, batch: &'a Batch, decision: &Decision) -> Self {
        let instance = &batch.instance;
        let mut holders = vec![None; folder.offers.len()];
        let mut awaited = vec![false; folder.offers.len()];
        let mut possible = (vec![0; folder.needs.len()], vec![0; folder.offers.len()]);
        for (household, offer, score) in &instance.edges {
            possible.0[*household as usize] += 1;
            possible.1[*offer as usize] += 1;
            match decision.offer_of[*household as usize] {
                Some(held) if held == *offer => holders[*offer as usize] = Some((*household, *score)),
                Some(_) => {}
                None => awaited[*offer as usize] = true,
            }
        }
        let nearest = match &decision.proof {
            Proof::Prices(assignment) => Some(nearest_of(instance, assignment)),
            Proof::Bound => None,
        };
        Self { folder, instance, nearest, holders, awaited, possible }
    }

    /// Whether the household has no possible pair.
    pub fn impossible_household(&self, household: usize) -> bool {
        self.possible.0[household] == 0
    }

    /// Whether the offer has no possible pair.
    pub fn impossible_offer(&self, offer: usize) -> bool {
        self.possible.1[offer] == 0
    }

    /// Why this household has no dwelling.
    pub fn unplaced(&self, household: u32, tally: Option<&Tally>) -> Unplaced {
        let place = household as usize;
        let need = self.folder.needs[place].declared();
        let near = self.near(household);
        let reason = near.as_ref().map_or(Reason::NoPossiblePair, |(_, near)| reason(near));
        Unplaced {
            household: need.household.as_str().to_owned(),
            mous: need.mous.to_string(),
            operation: need.operation.to_string(),
            urgent: need.urgency.is_some(),
            possible: self.possible.0[place],
            reason,
            french: self.sentence(reason, near.as_ref(), tally),
            nearest: near.map(|(_, near)| near),
            ruled_out: tally.map(ruled_out),
        }
    }

    /// Why this offer has no household.
    pub fn vacant(&self, offer: u32, tally: Option<&Tally>) -> Vacant {
        let place = offer as usize;
        let declared = self.folder.offers[place].declared();
        let reason = if self.impossible_offer(place) {
            Reason::NoPossiblePair
        } else if self.awaited[place] {
            Reason::ContingentFull
        } else {
            Reason::NotNeeded
        };
        let french = match (reason, tally) {
            (Reason::NoPossiblePair, tally) => format!("Aucun ménage possible{}.", main_grounds(tally)),
            (Reason::ContingentFull, _) => {
                format!("Le contingent {} n’a plus de place.", contingent(declared))
            }
            _ => "Les ménages pour qui il est possible ont un autre logement.".to_owned(),
        };
        Vacant {
            offer: declared.offer.to_string(),
            landlord: declared.landlord.to_string(),
            possible: self.possible.1[place],
            reason,
            french,
            ruled_out: tally.map(ruled_out),
        }
    }

    fn near(&self, household: u32) -> Option<(u32, Nearest)> {
        let Near { offer, score, cost } = match &self.nearest {
            Some(nearest) => *nearest.get(&household)?,
            None => {
                // A dwelling that nobody has comes first: only its contingent keeps it from the household.
                let from = self.instance.edges.partition_point(|pair| pair.0 < household);
                let pairs = self.instance.edges[from..].iter().take_while(|pair| pair.0 == household);
                let key = |pair: &&(u32, u32, i64)| {
                    (self.holders[pair.1 as usize].is_none(), pair.2, std::cmp::Reverse(pair.1))
                };
                let (_, offer, score) = *pairs.max_by_key(key)?;
                Near { offer, score, cost: None }
            }
        };
        let holder = self.holders[offer as usize];
        let near = Nearest {
            offer: self.folder.offers[offer as usize].declared().offer.to_string(),
            score,
            holder: holder.map(|(holder, _)| self.pseudonym(holder).to_owned()),
            holder_score: holder.map(|(_, score)| score),
            cost,
        };
        Some((offer, near))
    }

    fn sentence(&self, reason: Reason, near: Option<&(u32, Nearest)>, tally: Option<&Tally>) -> String {
        let Some((place, near)) = near else {
            return format!("Aucun logement possible{}.", main_grounds(tally));
        };
        let (offer, holder) = (&near.offer, near.holder.as_deref().unwrap_or("–"));
        let gives = format!("Le logement {offer} va à {holder}");
        match (reason, near.cost) {
            (Reason::ContingentFull, _) => format!(
                "Le logement {offer} lui convient, mais le contingent {} n’a plus de place.",
                contingent(self.folder.offers[*place as usize].declared())
            ),
            (Reason::Tie, _) => {
                format!(
                    "À égalité avec {holder} pour le logement {offer} : l’ordre des identifiants a départagé."
                )
            }
            (_, Some(Cost { exact: true, worth: Worth { urgent: 1.., .. }, .. })) => {
                format!("{gives} : le lui donner laisserait un ménage urgent de plus sans logement.")
            }
            (_, Some(Cost { exact: true, worth: Worth { placed: 1.., .. }, .. })) => {
                format!("{gives} : le lui donner laisserait un ménage de plus sans logement.")
            }
            (_, Some(Cost { exact: true, worth, .. })) => format!(
                "{gives} : le lui donner coûterait {} à l’ensemble.",
                look::counted(usize::try_from(worth.score).unwrap_or_default(), "point")
            ),
            _ => format!(
                "{gives}, avec {} contre {} pour lui : l’ensemble y gagne.",
                look::counted(
                    near.holder_score.and_then(|score| usize::try_from(score).ok()).unwrap_or_default(),
                    "point"
                ),
                look::count(near.score)
            ),
        }
    }

    fn pseudonym(&self, household: u32) -> &str {
        let need: &HouseholdNeed = &self.folder.needs[household as usize];
        need.declared().household.as_str()
    }
}

fn reason(near: &Nearest) -> Reason {
    match near {
        Nearest { holder: None, .. } => Reason::ContingentFull,
        Nearest { cost: Some(Cost { worth: Worth::ZERO, exact: true, .. }), .. } => Reason::Tie,
        Nearest { .. } => Reason::WorthMoreElsewhere,
    }
}

fn contingent(offer: &OfferDeclaration) -> &str {
    offer.contingent.as_ref().map_or("", |id| id.as_str())
}

/// The three rules that rule out most, then those that rule out alone, with their counts.
fn main_grounds(tally: Option<&Tally>) -> String {
    let mut grounds = tally.map(ruled_out).unwrap_or_default();
    grounds.sort_by_key(|ground| std::cmp::Reverse(ground.pairs));
    let list = |grounds: &mut dyn Iterator<Item = (&str, u64)>| {
        grounds.map(|(code, pairs)| format!("{code} ({})", look::count(pairs))).collect::<Vec<_>>().join(", ")
    };
    let most = list(&mut grounds.iter().take(3).map(|ground| (ground.code.as_str(), ground.pairs)));
    let alone = grounds.iter().filter(|ground| ground.alone > 0);
    let alone = list(&mut alone.map(|ground| (ground.code.as_str(), ground.alone)));
    let told = [(" ; écartés par ", most), (" ; à une règle près : ", alone)];
    told.iter().filter(|(_, list)| !list.is_empty()).map(|(words, list)| format!("{words}{list}")).collect()
}
