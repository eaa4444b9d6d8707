//! Chains: tenants who ask their bailleur for a transfer, what their moves free, and the proposals that follow.

use super::Matching;
use super::book::Book;
use super::fact::{Fact, ListedNeed, Project, Transfer};
use super::office::{Asked, Done};
use super::proposing::not_eligible;
use super::signed::Signed;
use super::{rotation, run, shown};
use crate::access::Caller;
use crate::access::check::Scope;
use crate::desk::refused;
use crate::status;
use chambre_api::convert::matching::{ChainAsked, TransferAsked, transfers};
use chambre_api::convert::words::wire_date;
use chambre_api::v1;
use chambre_domain::rehousing::ids::{ContingentId, ProposalId};
use chambre_domain::rehousing::step::Mode;
use chambre_domain::rehousing::{DwellingOffer, HouseholdNeed};
use chambre_domain::{HouseholdId, Reason, Refusal, TerritoryId};
use chambre_matching::exchange::{Chain, Link, ProposalChoice, ProposalTerms, Stamp};
use chambre_matching::solve::{Answer, End, Given, solve};
use chambre_matching::trade::chaining::chains;
use chambre_matching::trade::{Policy, References, eligibility};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::time::{Duration, Instant};
use tonic::Status;

impl Matching {
    /// Declares transfers: each for its bailleur, under the operation whose rehousing it helps.
    pub(super) async fn transfers_declared(
        &self,
        caller: &Caller,
        asked: Asked,
        wanted: Vec<v1::TenantTransfer>,
    ) -> Result<v1::DeclareTransfersResponse, Status> {
        let wanted = transfers(wanted).map_err(refused)?;
        let mut transfers = Vec::with_capacity(wanted.len());
        for (place, TransferAsked { need, frees, agreed }) in wanted.into_iter().enumerate() {
            let at = |refusal: Refusal| refused(refusal.within(&format!("transfers[{place}]")));
            let mut declaration = need.declaration;
            let Some(operation) = self.0.line.operation(&declaration.operation).await? else {
                caller.check(Scope::Unknown)?;
                let field = format!("transfers[{place}].need.operation_id");
                return Err(status::refuse(Reason::OperationUnknown, &field, &declaration.operation));
            };
            let landlord = frees.declared().landlord;
            let project = Project { origin: landlord, ..Project::from(operation) };
            caller.check(Scope::Here(project.territory, &[landlord]))?;
            self.check_same_origin(caller, &declaration.household)?;
            declaration.origin = Some(landlord);
            let need = HouseholdNeed::new(declaration).map_err(|refusal| at(refusal.within("need")))?;
            transfers.push(Transfer { listed: ListedNeed { project, need }, frees, agreed });
        }
        self.check_own_ids(caller, transfers.iter().map(|transfer| &transfer.frees))?;
        let declared = i32::try_from(transfers.len()).unwrap_or(i32::MAX);
        let decide = move |book: &Book| {
            book.may_list_transfers(&transfers)?;
            Ok(Fact::TransfersDeclared { transfers })
        };
        let Done { replayed, .. } = self.0.decide(asked, decide).await?;
        Ok(v1::DeclareTransfersResponse { declared, replayed })
    }

    /// Proposes a chain, link after link.
    pub(super) async fn chain_proposed(
        &self,
        asked: Asked,
        wanted: ChainAsked,
    ) -> Result<v1::ProposeChainResponse, Status> {
        let stamp = self.0.stamp(asked.head.author.clone(), None).map_err(refused)?;
        let ids = (0..=wanted.tenants.len()).map(|place| link_id(&wanted, place));
        let ids = ids.collect::<Result<Vec<_>, _>>().map_err(refused)?;
        let validate_only = asked.head.validate_only;
        let Done { replayed, .. } = self.0.decide(asked, move |book| propose(book, &wanted, stamp)).await?;
        let proposals = if validate_only {
            Vec::new()
        } else {
            ids.iter().map(|id| self.proposal(id)).collect::<Result<_, _>>()?
        };
        Ok(v1::ProposeChainResponse { proposals, replayed })
    }
}

/// `C-1-1`, `C-1-2`…
fn link_id(asked: &ChainAsked, place: usize) -> Result<ProposalId, Refusal> {
    ProposalId::parse("chain_id", &format!("{}-{}", asked.id, place + 1))
}

/// The fact of a chain: each move is read against every rule, on the state of that instant.
fn propose(book: &Book, asked: &ChainAsked, stamp: Stamp) -> Result<Fact, Refusal> {
    if book.desk().chain(&asked.id).is_some() {
        return Err(Refusal::new(Reason::ProposalExists, "chain_id", &asked.id));
    }
    let listed = book.need(&asked.household).map_err(|refusal| at(asked.tenants.len(), refusal))?;
    if listed.project.territory != asked.territory {
        // What is elsewhere is refused as what is not there.
        return Err(at(asked.tenants.len(), Refusal::new(Reason::NeedUnknown, "", HouseholdId::HIDDEN)));
    }
    let mut offer = book.offer(&asked.offer)?.clone();
    if book.round(&asked.offer).is_some() || rotation::is_kept(book, &offer, stamp.on) {
        return Err(Refusal::new(Reason::OutOfTurn, "offer_id", &asked.offer));
    }
    let mut reading = Reading {
        book,
        asked,
        policy: book.policy(asked.territory, stamp.on),
        references: book.references(stamp.on),
    };
    let (mut links, mut proposals) = (Vec::new(), Vec::new());
    for (place, tenant) in asked.tenants.iter().enumerate() {
        let transfer = book.transfer(tenant).map_err(|refusal| at(place, refusal))?;
        if transfer.listed.project.territory != asked.territory {
            return Err(at(place, Refusal::new(Reason::NeedUnknown, "", HouseholdId::HIDDEN)));
        }
        let (taken, frees) = (offer.declared().clone(), transfer.frees.declared());
        let why = if taken.landlord != frees.landlord { "another bailleur" } else { "not agreed" };
        if taken.landlord != frees.landlord || !transfer.agreed {
            return Err(at(place, Refusal::new(Reason::PairNotEligible, "", &taken.offer).with("why", why)));
        }
        if book.round(&frees.offer).is_some() {
            return Err(at(place, Refusal::new(Reason::OutOfTurn, "", &frees.offer)));
        }
        let link = u8::try_from(place + 1).ok();
        links.push(Link {
            tenant: tenant.clone(),
            landlord: frees.landlord,
            to: taken.dwelling.clone(),
            frees: frees.dwelling.clone(),
            agreed: transfer.agreed,
        });
        // A transfer is wished for: it is no formal offer.
        let wished =
            DwellingOffer::new(chambre_domain::rehousing::OfferDeclaration { formal: false, ..taken })?;
        proposals.push((
            transfer.listed.project.clone(),
            reading.terms(place, (&transfer.listed, &wished), link)?,
        ));
        offer = transfer.frees.clone();
    }
    let offer = Signed::of(book).complete(&offer)?;
    let last = reading.terms(asked.tenants.len(), (listed, &offer), None)?;
    proposals.push((listed.project.clone(), last));
    let most = u8::try_from(links.len()).unwrap_or(u8::MAX);
    // A link that comes back to a dwelling.
    let as_asked =
        |refusal: Refusal| Refusal { field: refusal.field.replace("chain.links", "households"), ..refusal };
    let chain = Chain::new(asked.id.clone(), links, most).map_err(as_asked)?;
    Ok(Fact::ChainProposed { chain, stamp, proposals })
}

/// What the links of one chain are read against: each takes its place of a contingent before the next is read.
struct Reading<'a> {
    book: &'a Book,
    asked: &'a ChainAsked,
    policy: Policy,
    references: References<'static>,
}

impl Reading<'_> {
    fn terms(
        &mut self,
        place: usize,
        (listed, offer): (&ListedNeed, &DwellingOffer),
        link: Option<u8>,
    ) -> Result<Box<ProposalTerms>, Refusal> {
        let (asked, policy) = (self.asked, &self.policy);
        let need = self.book.up_to_date(listed)?;
        let id = &offer.declared().offer;
        let edge = eligibility(&need, offer, policy, &self.references)
            .map_err(|broken| at(place, Refusal { field: String::new(), ..not_eligible(id, &broken) }))?;
        let formal_offer = asked.formal_offer.clone().filter(|_| link.is_none());
        let chain = Some(asked.id.clone());
        let (id, mode) = (link_id(asked, place)?, Mode::Batch);
        let choice = ProposalChoice { id, mode, formal_offer, rank: 1, chain, link };
        let terms = ProposalTerms::new(choice, (&need, offer, &edge), policy, &self.references);
        let terms = terms.map(Box::new).map_err(|refusal| {
            let formal = refusal.field == "formal_offer";
            if formal { Refusal { field: "formal_offer_id".to_owned(), ..refusal } } else { refusal }
        })?;
        let contingent = offer.declared().contingent.as_ref();
        if let Some((_, left)) = contingent.and_then(|id| self.references.contingents.get_mut(id)) {
            *left = left.saturating_sub(1);
        }
        Ok(terms)
    }
}

fn at(place: usize, refusal: Refusal) -> Refusal {
    Refusal { field: format!("households[{place}]"), ..refusal }
}

/// The tenants of a territory's operations who may move, without those under way.
pub(super) fn may_move(
    book: &Book,
    territory: TerritoryId,
    engaged: &HashSet<HouseholdId>,
    signed: &Signed,
) -> Result<(Vec<HouseholdNeed>, Vec<DwellingOffer>), Refusal> {
    let there = book.transfers_after("").filter(|transfer| {
        transfer.agreed
            && transfer.listed.project.territory == territory
            && !engaged.contains(&transfer.listed.need.declared().household)
    });
    let moves = there.map(|one| Ok((book.up_to_date(&one.listed)?, signed.complete(&one.frees)?)));
    Ok(moves.collect::<Result<Vec<_>, Refusal>>()?.into_iter().unzip())
}

/// How long chains are looked for: what is found by then is answered, and said not to be proven.
const PATIENCE: Duration = Duration::from_secs(20);

impl run::Snapshot {
    /// The best assignment through chains of `most` transfers at most. Takes its time.
    ///
    /// # Errors
    /// [`Reason::QuotaSpent`] when the best would take more places of a contingent than are left: chains are not
    /// weighed against contingents.
    pub fn run_chains(&self, most: u8) -> Result<v1::RunMatchingResponse, Status> {
        let graph = chains(
            (&self.needs, &self.offers),
            (&self.tenants, &self.freed),
            &self.policy,
            &self.references,
            most,
        );
        let graph = graph.map_err(refused)?;
        let until = Instant::now() + PATIENCE;
        let end = solve(&graph, 1, &mut |_| Instant::now() < until);
        let answer = match end.map_err(|error| status::unmade("matching", &error))? {
            End::Answer(answer) => answer,
            End::Infeasible(_) | End::Stopped => {
                return Err(status::unavailable("no chain was found in time; ask for shorter ones"));
            }
        };
        self.check_contingents(&answer)?;
        let mut response = v1::RunMatchingResponse {
            on: Some(wire_date(self.on)),
            policy_hash: self.policy.hash().to_owned(),
            needs: small(self.needs.len()),
            offers: small(self.offers.len()),
            transfers: small(self.tenants.len()),
            possible_pairs: i64::try_from(graph.edges.len()).unwrap_or(i64::MAX),
            urgent: i32::try_from(answer.totals.urgent).unwrap_or(i32::MAX),
            score: answer.totals.score,
            certified: answer.optimal,
            proven_by_prices: answer.by_prices,
            ..v1::RunMatchingResponse::default()
        };
        for given in &answer.assignments {
            match given.chain.as_deref() {
                Some([_, ..]) => response.chains.extend(self.found(given)),
                _ => response.placed.extend(self.placed(given)),
            }
        }
        let served: BTreeSet<u32> = answer.assignments.iter().map(|one| one.household).collect();
        let mut possible: BTreeMap<u32, i32> = BTreeMap::new();
        for (household, _, _) in graph.edges.iter().chain(&graph.household_to_mutation) {
            *possible.entry(*household).or_default() += 1;
        }
        let rows = (0_u32..).zip(&self.needs).filter(|(row, _)| !served.contains(row));
        let left = rows.map(|(row, need)| self.unplaced(need, possible.get(&row).map(told)));
        response.unplaced = left.collect();
        Ok(response)
    }

    fn placed(&self, given: &Given) -> Option<v1::PossiblePair> {
        let need = self.needs.get(given.household as usize)?;
        let offer = self.offers.get(given.dwelling? as usize)?;
        eligibility(need, offer, &self.policy, &self.references).ok().map(|edge| shown::pair(&edge))
    }

    /// The dwellings taken, in order: the vacant one, then what each transfer frees.
    fn taken<'a>(&'a self, given: &Given) -> Vec<&'a DwellingOffer> {
        let vacant = given.dwelling.and_then(|column| self.offers.get(column as usize));
        let freed = given.chain.iter().flatten().filter_map(|transfer| self.freed.get(*transfer as usize));
        vacant.into_iter().chain(freed).collect()
    }

    fn found(&self, given: &Given) -> Option<v1::FoundChain> {
        let household = self.needs.get(given.household as usize)?.declared();
        let tenants =
            given.chain.iter().flatten().filter_map(|transfer| self.tenants.get(*transfer as usize));
        let who = tenants.map(|tenant| &tenant.declared().household).chain([&household.household]);
        let dwellings: Vec<String> =
            self.taken(given).iter().map(|offer| offer.declared().offer.to_string()).collect();
        let links = who.zip(&dwellings).enumerate().map(|(place, (household, offer_id))| v1::ChainLink {
            rank: small(place + 1),
            household: household.as_str().to_owned(),
            offer_id: offer_id.clone(),
            frees_offer_id: dwellings.get(place + 1).cloned().unwrap_or_default(),
        });
        Some(v1::FoundChain {
            links: links.collect(),
            score: given.score,
            urgent: household.urgency.is_some(),
        })
    }

    fn check_contingents(&self, answer: &Answer) -> Result<(), Status> {
        let mut taken: BTreeMap<&ContingentId, u32> = BTreeMap::new();
        let offers = answer.assignments.iter().flat_map(|given| self.taken(given));
        for contingent in offers.filter_map(|offer| offer.declared().contingent.as_ref()) {
            *taken.entry(contingent).or_default() += 1;
        }
        let beyond = taken
            .into_iter()
            .find(|(id, taken)| self.references.contingents.get(*id).is_some_and(|(_, left)| taken > left));
        match beyond {
            Some((id, taken)) => {
                let left = self.references.contingents.get(id).map_or(0, |(_, left)| *left);
                let refusal = Refusal::new(Reason::QuotaSpent, "max_transfers", taken);
                Err(refused(refusal.with("contingent", id).with("left", left)))
            }
            None => Ok(()),
        }
    }
}

fn small(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

fn told(possible: &i32) -> v1::UnplacedHousehold {
    v1::UnplacedHousehold { possible: *possible, ..v1::UnplacedHousehold::default() }
}
