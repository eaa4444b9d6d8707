//! The best assignment of a territory today, with what an officer needs to choose from it.

use super::Matching;
use super::book::Book;
use super::chaining;
use super::fact::Cost;
use super::shown;
use super::signed::Signed;
use crate::desk::refused;
use crate::status;
use chambre_api::convert::matching as wire;
use chambre_api::v1;
use chambre_domain::rehousing::{DwellingOffer, HouseholdNeed};
use chambre_domain::{Date, Reason, Refusal, TerritoryId};
use chambre_matching::Live;
use chambre_matching::exchange::directed::{Choice, ChoiceKind};
use chambre_matching::trade::decision::{Decision, Proof, decide};
use chambre_matching::trade::instance::{Batch, batch};
use chambre_matching::trade::{Policy, References, eligibility};
use chambre_matching::why_not::{WhyNot, nearest};
use std::collections::{BTreeMap, HashMap};
use tonic::Status;

/// What a run reads: a copy, so that nobody waits for the computation.
pub struct Snapshot {
    pub(super) on: Date,
    pub(super) needs: Vec<HouseholdNeed>,
    pub(super) offers: Vec<DwellingOffer>,
    /// Tenants who may move, and what each would free, at the same place.
    pub(super) tenants: Vec<HouseholdNeed>,
    pub(super) freed: Vec<DwellingOffer>,
    pub(super) policy: Policy,
    pub(super) references: References<'static>,
}

impl Matching {
    /// The best assignment of a territory today: with choices held, or through chains.
    pub(super) async fn best(
        &self,
        territory: TerritoryId,
        request: v1::RunMatchingRequest,
    ) -> Result<v1::RunMatchingResponse, Status> {
        let asked = wire::choices(request.choices).map_err(refused)?;
        let choice = |asked: wire::ChoiceAsked| {
            let kind = if asked.pinned { ChoiceKind::Pin } else { ChoiceKind::Ban };
            Choice { kind, household: asked.household, offer: asked.offer }
        };
        let choices: Vec<Choice> = asked.into_iter().map(choice).collect();
        let most = wire::max_transfers(request.max_transfers, choices.len()).map_err(refused)?;
        let on = self.0.desk.today();
        let snapshot = self.0.read(|book| Snapshot::of(book, territory, on, most > 0))?.map_err(refused)?;
        let computed = tokio::task::spawn_blocking(move || match most {
            0 => snapshot.run(&choices),
            most => snapshot.run_chains(most),
        });
        computed.await.map_err(|_| status::unavailable("the computation was cut short"))?
    }
}

impl Snapshot {
    /// The needs of the operations of a territory, and every offer of the region, without what is engaged; the transfers
    /// only where they are to be moved.
    ///
    /// # Errors
    /// A need that its counted offers or refusals make impossible.
    pub fn of(book: &Book, territory: TerritoryId, on: Date, moving: bool) -> Result<Self, Refusal> {
        let references = book.references_for_a_run(on);
        let there = book.needs_after("").filter(|listed| listed.project.territory == territory);
        let needs = there
            .filter(|listed| !references.engaged_households.contains(&listed.need.declared().household))
            .map(|listed| book.up_to_date(listed))
            .collect::<Result<_, _>>()?;
        let signed = Signed::of(book);
        let offers = book
            .offers_after("")
            .filter(|offer| !references.engaged_offers.contains(&offer.declared().offer))
            .map(|offer| signed.complete(offer))
            .collect::<Result<_, _>>()?;
        let (tenants, freed) = if moving {
            chaining::may_move(book, territory, &references.engaged_households, &signed)?
        } else {
            (Vec::new(), Vec::new())
        };
        Ok(Self { on, needs, offers, tenants, freed, policy: book.policy(territory, on), references })
    }

    fn batch(&self) -> Result<Batch, Refusal> {
        batch(&self.needs, &self.offers, &self.policy, &self.references)
    }

    /// Without a proof, which would be a defect of the program, nothing is answered.
    fn best(&self, batch: &Batch) -> Result<Decision, Status> {
        decide(batch, &self.offers, &self.references.contingents)
            .map_err(|error| status::unmade("matching", &error))
    }

    /// What giving a dwelling to a household costs the whole; nothing when the pair cannot be. Takes its time.
    pub fn cost_of(&self, choice: Choice) -> Option<Cost> {
        let batch = self.batch().ok()?;
        let pinned = batch.under(&[choice])?;
        let (best, amended) = (self.best(&batch).ok()?, self.best(&pinned).ok()?);
        Some((best.worth - amended.worth).into())
    }

    /// Computes the best assignment that holds the choices, and checks its proof. Takes its time.
    ///
    /// # Errors
    /// [`Reason::PairNotEligible`] for choices that cannot be held; more needs or offers than can be numbered.
    pub fn run(&self, choices: &[Choice]) -> Result<v1::RunMatchingResponse, Status> {
        let whole = self.batch().map_err(refused)?;
        let unheld = || status::refuse(Reason::PairNotEligible, "choices", choices.len());
        let batch = whole.under(choices).ok_or_else(unheld)?;
        let possible = batch.instance.edges.len();
        let best = self.best(&batch)?;
        let cost = if choices.is_empty() { None } else { Some(self.best(&whole)?.worth - best.worth) };
        let costs = Costs::of(&batch, &best);
        let (mut placed, mut unplaced) = (Vec::new(), Vec::new());
        for (row, (need, dwelling)) in (0_u32..).zip(self.needs.iter().zip(&best.offer_of)) {
            match dwelling.and_then(|column| self.offers.get(column as usize)) {
                Some(offer) => {
                    if let Ok(edge) = eligibility(need, offer, &self.policy, &self.references) {
                        placed.push(shown::pair(&edge));
                    }
                }
                None => unplaced.push(self.unplaced(need, costs.told(row))),
            }
        }
        let count = |number: usize| i32::try_from(number).unwrap_or(i32::MAX);
        Ok(v1::RunMatchingResponse {
            on: Some(chambre_api::convert::words::wire_date(self.on)),
            policy_hash: self.policy.hash().to_owned(),
            needs: count(self.needs.len()),
            offers: count(self.offers.len()),
            possible_pairs: i64::try_from(possible).unwrap_or(i64::MAX),
            placed,
            unplaced,
            urgent: i32::try_from(best.worth.urgent).unwrap_or(i32::MAX),
            score: best.worth.score,
            // Without a proof nothing is answered.
            certified: true,
            proven_by_prices: matches!(best.proof, Proof::Prices(_)),
            contingents_limit: matches!(best.proof, Proof::Bound),
            cost: cost.map(|cost| shown::cost(cost.into())),
            chains: Vec::new(),
            transfers: 0,
        })
    }

    pub(super) fn unplaced(
        &self,
        need: &HouseholdNeed,
        told: Option<v1::UnplacedHousehold>,
    ) -> v1::UnplacedHousehold {
        let household = need.declared().household.as_str().to_owned();
        let Some(told) = told else {
            let mut excluded_by = HashMap::new();
            for offer in &self.offers {
                match eligibility(need, offer, &self.policy, &self.references) {
                    Ok(_) => *excluded_by.entry(AMENDMENT.to_owned()).or_default() += 1,
                    Err(broken) => {
                        broken.iter().for_each(|one| *excluded_by.entry(one.code()).or_default() += 1);
                    }
                }
            }
            return v1::UnplacedHousehold { household, excluded_by, ..v1::UnplacedHousehold::default() };
        };
        v1::UnplacedHousehold { household, ..told }
    }
}

/// What excludes a pair that every rule allows: a choice that is held.
const AMENDMENT: &str = "AMENDMENT";

/// What giving each household without a dwelling the one it comes nearest to would cost.
struct Costs<'a> {
    batch: &'a Batch,
    nearest: BTreeMap<u32, (u32, WhyNot)>,
    possible: BTreeMap<u32, i32>,
    /// Moves everybody to see the exact cost; without it, the prices tell the least it can be.
    live: Option<Live>,
}

/// Pairs that may be moved about to see exact costs, all households together: a few seconds of work.
const MOST_MOVED: usize = 50_000_000;

impl<'a> Costs<'a> {
    fn of(batch: &'a Batch, best: &Decision) -> Self {
        // Limited by contingents, the best has no prices: what another choice would cost is not told.
        let nearest = match &best.proof {
            Proof::Prices(priced) => nearest(&batch.instance, priced),
            Proof::Bound => BTreeMap::new(),
        };
        let mut possible = BTreeMap::new();
        for (household, _, _) in &batch.instance.edges {
            *possible.entry(*household).or_insert(0_i32) += 1;
        }
        let moved = nearest.len().saturating_mul(batch.instance.edges.len());
        let live = if moved <= MOST_MOVED { Live::start(&batch.instance).ok() } else { None };
        Self { batch, nearest, possible, live }
    }

    fn told(&self, row: u32) -> Option<v1::UnplacedHousehold> {
        let possible = self.possible.get(&row).copied()?;
        let Some((column, why)) = self.nearest.get(&row) else {
            return Some(v1::UnplacedHousehold { possible, ..v1::UnplacedHousehold::default() });
        };
        let exact = self.live.as_ref().and_then(|live| live.what_if(row, *column).ok());
        let cost = exact.as_ref().map_or(why.shortfall, |exact| exact.cost);
        let offer = self.batch.offers.get(*column as usize);
        Some(v1::UnplacedHousehold {
            possible,
            nearest_offer_id: offer.map_or_else(String::new, ToString::to_string),
            cost_urgent: cost.urgent,
            cost_placed: cost.placed,
            cost_points: cost.score,
            cost_is_exact: exact.is_some(),
            ..v1::UnplacedHousehold::default()
        })
    }
}
