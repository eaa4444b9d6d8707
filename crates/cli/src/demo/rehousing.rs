//! The last scene: a matching round whose completed placements go to the ledger by themselves, and a netting that
//! counts them.

use super::cast::{Cast, Scene};
use super::closing::{FIRST_OFFICER, check};
use super::dice::Dice;
use crate::look;
use anyhow::Context as _;
use chambre_api::convert::words::wire_date;
use chambre_api::v1::{self, proposal_step::Step};
use chambre_api::{Client, v1::CaleolVerdict};
use chambre_domain::{Date, Operation};
use serde::Serialize;
use std::time::Duration;

/// Day of the round, of its leases, and of the netting that counts them.
pub const ROUND: Date = Date::constant(2026, 2, 20);
const QUARTER: [Date; 2] = [Date::constant(2026, 1, 1), Date::constant(2026, 3, 31)];
/// Day on which the quarter is netted.
pub const NETTED: Date = Date::constant(2026, 4, 10);

/// Where it is played.
const SCENE: &str = "PC";

const HOUSEHOLDS: usize = 6;
const DWELLINGS: usize = 4;

/// What came of it.
#[derive(Debug, Default, Serialize)]
pub struct Round {
    territory: String,
    needs: i32,
    offers: i32,
    possible_pairs: i64,
    placed: usize,
    urgent: i32,
    certified: bool,
    unplaced: usize,
    delivered: usize,
    first_seq: i64,
    netting_id: String,
    effort_cents: i64,
}

/// Plays the round: needs, offers, the best assignment, each pair to its lease, each lease to the ledger.
///
/// # Errors
/// Anything that the chamber refuses.
pub async fn play(client: &Client, cast: &Cast, seed: u64) -> anyhow::Result<Round> {
    let scene = cast.scenes.iter().find(|scene| scene.code == SCENE).context("le territoire manque")?;
    let operation = scene.operations.first().context("aucune opération")?;
    let mut dice = Dice::new(seed ^ 0x6D61_7463_6869_6E67);
    let needs = (0..HOUSEHOLDS).map(|number| need(&mut dice, scene, operation, number)).collect();
    let request = v1::DeclareNeedsRequest {
        needs,
        request_id: "demo-besoins".to_owned(),
        author_id: FIRST_OFFICER.to_owned(),
        validate_only: false,
    };
    client.matching().declare_needs(request).await.context("besoins")?;
    let hosts: Vec<_> = scene.members.iter().filter(|(siren, _)| *siren != operation.origin).collect();
    let offers = (0..DWELLINGS).map(|number| {
        let host = hosts.get(number % hosts.len().max(1)).map(|(siren, _)| siren.to_string());
        offer(&mut dice, scene, host.unwrap_or_default(), number)
    });
    let request = v1::DeclareOffersRequest {
        offers: offers.collect(),
        request_id: "demo-logements".to_owned(),
        author_id: FIRST_OFFICER.to_owned(),
        validate_only: false,
    };
    client.matching().declare_offers(request).await.context("logements")?;
    let request = v1::RunMatchingRequest {
        territory_siren: scene.territory.to_string(),
        choices: Vec::new(),
        max_transfers: 0,
    };
    let best = client.matching().run_matching(request).await.context("appariement")?.into_inner();
    for (number, pair) in (1..).zip(&best.placed) {
        place(client, pair, number).await.with_context(|| format!("proposition {number}"))?;
    }
    let told = delivered(client).await?;
    Ok(Round {
        territory: scene.territory.territory().name.clone(),
        needs: best.needs,
        offers: best.offers,
        possible_pairs: best.possible_pairs,
        placed: best.placed.len(),
        urgent: best.urgent,
        certified: best.proven_by_prices,
        unplaced: best.unplaced.len(),
        delivered: told.len(),
        first_seq: told.iter().map(|message| message.seq).min().unwrap_or_default(),
        ..Round::default()
    })
}

/// The next netting of the territory counts the placements; it is proposed, for a second officer to approve.
///
/// # Errors
/// A run that the chamber refuses, or whose columns do not sum as they must.
pub async fn net(client: &Client, cast: &Cast, round: &mut Round) -> anyhow::Result<()> {
    let scene = cast.scenes.iter().find(|scene| scene.code == SCENE).context("le territoire manque")?;
    let [from, to] = QUARTER.map(wire_date);
    let request = v1::ProposeNettingRequest {
        netting_id: format!("2026-T1-{}", scene.code),
        territory_siren: scene.territory.to_string(),
        period: Some(v1::Period { from: Some(from), to: Some(to) }),
        officer_id: FIRST_OFFICER.to_owned(),
        ..v1::ProposeNettingRequest::default()
    };
    let run =
        client.netting().propose_netting(request).await.context("arrêté du trimestre")?.into_inner().run;
    let run = run.context("réponse sans arrêté")?;
    check(&run)?;
    round.effort_cents = run.positions.iter().map(|position| position.effort_cents).sum();
    round.netting_id = run.netting_id;
    Ok(())
}

fn need(dice: &mut Dice, scene: &Scene, operation: &Operation, number: usize) -> v1::Need {
    let urgent = number < 2;
    let resources = dice.between(1_800, 2_600) * 100;
    v1::Need {
        household: format!("h-{:016x}", dice.roll()),
        mous_id: "MOUS-1".to_owned(),
        operation_id: operation.id.to_string(),
        commune_insee: scene.communes.first().copied().unwrap_or_default().to_owned(),
        urgency: if urgent { v1::UrgencyCode::WorksCalendar } else { v1::UrgencyCode::Unspecified }.into(),
        urgent_since: urgent.then(|| wire_date(QUARTER[0])),
        persons: 3,
        dependants: 1,
        units_tenths: 18,
        income_bp_of_plus: Some(v1::Band { from: 5_000, to: 6_000 }),
        ceiling_category: 3,
        monthly_resources_cents: Some(v1::Band { from: resources, to: resources }),
        monthly_aid_cents: Some(18_000),
        least_typology: v1::Typology::T3.into(),
        best_typology: v1::Typology::T3.into(),
        most_typology: v1::Typology::T4.into(),
        access: v1::Access::Ordinary.into(),
        wishes: vec![v1::Wish { place: scene.territory.to_string(), rank: 1 }],
        widening: v1::Widening::No.into(),
        present_rent_cents: Some(dice.between(380, 520) * 100),
        present_charges_cents: Some(12_000),
        legal_basis: v1::LegalBasis::L4426.into(),
        entered_on: Some(wire_date(QUARTER[0])),
        ..v1::Need::default()
    }
}

fn offer(dice: &mut Dice, scene: &Scene, host: String, number: usize) -> v1::Offer {
    let rent = dice.between(520, 640) * 100;
    v1::Offer {
        offer_id: format!("O-2026-{}", number + 1),
        dwelling_ref: format!("LOT-{}", number + 1),
        bailleur_siren: host,
        role: v1::LandlordRole::Other.into(),
        commune_insee: dice.pick(&scene.communes).copied().unwrap_or_default().to_owned(),
        typology: if number == 3 { v1::Typology::T4 } else { v1::Typology::T3 }.into(),
        access: v1::Access::Ordinary.into(),
        financing: v1::Financing::Plus.into(),
        rent_cents: rent,
        lowest_rent_cents: Some(rent - 8_000),
        charges_cents: Some(11_000),
        new_or_recent: Some(number == 0),
        rt2005: Some(true),
        available_from: Some(wire_date(ROUND)),
        published_on: Some(wire_date(QUARTER[0])),
        formal: true,
        ..v1::Offer::default()
    }
}

/// From the proposal to the lease, in one day: each step is signed by who takes it.
async fn place(client: &Client, pair: &v1::PossiblePair, number: u32) -> anyhow::Result<()> {
    let proposal_id = format!("P-2026-{number}");
    let request = v1::ProposeRequest {
        proposal_id: proposal_id.clone(),
        household: pair.household.clone(),
        offer_id: pair.offer_id.clone(),
        mode: v1::ProposalMode::Batch.into(),
        formal_offer_id: format!("F-2026-{number}"),
        request_id: format!("demo-{proposal_id}"),
        author_id: FIRST_OFFICER.to_owned(),
        ..v1::ProposeRequest::default()
    };
    client.matching().propose(request).await?;
    let lease = v1::Lease {
        placement_id: format!("R-2026-{number:05}"),
        lease_date: Some(wire_date(ROUND)),
        // What the household can pay: 40 euros below the rent at which every rule holds.
        rent_cents: pair.rent_cents - 4_000,
        charges_cents: Some(11_000),
        sne_motive_ru: true,
        ..v1::Lease::default()
    };
    let allocated = v1::CaleolDecision { verdict: CaleolVerdict::Allocated.into(), rank: 0 };
    let steps = [
        ("position", Step::Position(()), "mous-1"),
        ("submit", Step::Submit(()), "mous-1"),
        ("decide", Step::Decide(allocated), "caleol-1"),
        ("notify", Step::Notify(()), "mous-1"),
        ("accept", Step::Accept(()), "mous-1"),
        ("sign", Step::Sign(lease), "accueil-1"),
    ];
    for (name, step, author) in steps {
        let request = v1::StepProposalRequest {
            proposal_id: proposal_id.clone(),
            step: Some(v1::ProposalStep { step: Some(step) }),
            request_id: format!("demo-{name}-{proposal_id}"),
            author_id: author.to_owned(),
            ..v1::StepProposalRequest::default()
        };
        client.matching().step_proposal(request).await.with_context(|| name.to_owned())?;
    }
    // One at a time: the order of the journal is that of the story.
    delivered(client).await.map(drop)
}

/// Every message to the ledger, once it is acknowledged.
async fn delivered(client: &Client) -> anyhow::Result<Vec<v1::OutboxMessage>> {
    loop {
        let request = v1::ListOutboxRequest { page_size: 1_000, ..v1::ListOutboxRequest::default() };
        let messages = client.matching().list_outbox(request).await?.into_inner().messages;
        if let Some(failed) = messages.iter().find(|message| !message.last_error.is_empty()) {
            anyhow::bail!("{} : {}", failed.placement_id, failed.last_error);
        }
        if messages.iter().all(|message| message.delivered_at.is_some()) {
            return Ok(messages);
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

impl Round {
    /// For a person.
    pub fn text(&self) -> String {
        let count = |number: i32| usize::try_from(number).unwrap_or_default();
        let pairs = usize::try_from(self.possible_pairs).unwrap_or_default();
        let proof = if self.certified { "preuve vérifiée" } else { "preuve non vérifiée" };
        format!(
            "Appariement à {}, le {}\n  {}, {}, {} ; meilleur ensemble ({proof}) : {} dont {}, {} sans logement.\n  \
             {} au registre sans ressaisie, à partir de l’écriture n° {} ; arrêté {} proposé : {} d’efforts à partager.",
            self.territory,
            look::french_day(ROUND),
            look::counted(count(self.needs), "ménage"),
            look::counted(count(self.offers), "logement"),
            look::counted(pairs, "couple possible"),
            look::counted(self.placed, "placé"),
            look::counted(count(self.urgent), "urgent"),
            look::count(self.unplaced as u64),
            look::counted(self.delivered, "relogement"),
            look::count(self.first_seq),
            self.netting_id,
            look::euros(self.effort_cents),
        )
    }
}
