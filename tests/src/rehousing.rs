//! Needs, offers and steps ready to send: the smallest that the matching accepts.

use crate::{COMMUNE, Chamber, day, siren};
use chambre_api::v1::{self, proposal_step::Step};

/// A household of three that leaves operation `OP-<origin>` of Saint-Denis and looks for a T3 in its territory.
#[must_use]
pub fn need(household: &str, origin: u32) -> v1::Need {
    v1::Need {
        household: household.to_owned(),
        mous_id: "MOUS-1".to_owned(),
        operation_id: format!("OP-{origin}"),
        commune_insee: COMMUNE.to_owned(),
        persons: 3,
        dependants: 1,
        units_tenths: 18,
        income_bp_of_plus: Some(v1::Band { from: 5_500, to: 6_000 }),
        ceiling_category: 3,
        monthly_resources_cents: Some(v1::Band { from: 180_000, to: 190_000 }),
        monthly_aid_cents: Some(20_000),
        least_typology: v1::Typology::T3.into(),
        best_typology: v1::Typology::T3.into(),
        most_typology: v1::Typology::T4.into(),
        access: v1::Access::Ordinary.into(),
        wishes: vec![v1::Wish { place: crate::TERRITORY.to_owned(), rank: 1 }],
        widening: v1::Widening::No.into(),
        present_rent_cents: Some(42_000),
        present_charges_cents: Some(9_000),
        legal_basis: v1::LegalBasis::L4426.into(),
        entered_on: day(2025, 1, 10),
        ..v1::Need::default()
    }
}

/// A T3 of Saint-Denis at 620 euros, that its bailleur lets down to 500; free since 2025-06-01.
#[must_use]
pub fn offer(offer_id: &str, host: u32) -> v1::Offer {
    v1::Offer {
        offer_id: offer_id.to_owned(),
        dwelling_ref: format!("LOT-{offer_id}"),
        bailleur_siren: siren(host),
        role: v1::LandlordRole::Other.into(),
        commune_insee: COMMUNE.to_owned(),
        typology: v1::Typology::T3.into(),
        access: v1::Access::Ordinary.into(),
        financing: v1::Financing::Plus.into(),
        rent_cents: 62_000,
        lowest_rent_cents: Some(50_000),
        charges_cents: Some(9_000),
        new_or_recent: Some(true),
        available_from: day(2025, 6, 1),
        published_on: day(2025, 6, 1),
        formal: true,
        ..v1::Offer::default()
    }
}

/// A proposal of that pair on the exchange, under a formal offer of its own.
#[must_use]
pub fn proposed(proposal_id: &str, household: &str, offer_id: &str) -> v1::ProposeRequest {
    v1::ProposeRequest {
        proposal_id: proposal_id.to_owned(),
        household: household.to_owned(),
        offer_id: offer_id.to_owned(),
        mode: v1::ProposalMode::Exchange.into(),
        formal_offer_id: format!("F-{proposal_id}"),
        request_id: format!("propose-{proposal_id}"),
        author_id: "mous-1".to_owned(),
        ..v1::ProposeRequest::default()
    }
}

/// A step of a proposal, today, under a request id made of both.
#[must_use]
pub fn step(proposal_id: &str, name: &str, step: Step) -> v1::StepProposalRequest {
    v1::StepProposalRequest {
        proposal_id: proposal_id.to_owned(),
        step: Some(v1::ProposalStep { step: Some(step) }),
        request_id: format!("{name}-{proposal_id}"),
        author_id: "mous-1".to_owned(),
        ..v1::StepProposalRequest::default()
    }
}

/// The lease of a placement: 500 euros from 2025-07-01, with works of 1 200 euros and a month of vacancy.
#[must_use]
pub fn lease(placement_id: &str) -> v1::Lease {
    v1::Lease {
        placement_id: placement_id.to_owned(),
        lease_date: day(2025, 7, 1),
        rent_cents: 50_000,
        charges_cents: Some(9_000),
        works: vec![v1::DoneWorks {
            kind: v1::WorksKind::WetRoom.into(),
            amount_cents: 120_000,
            invoiced_on: day(2025, 6, 20),
            voucher: "F-2025-31".to_owned(),
        }],
        vacancy: Some(v1::OrganisedVacancy {
            from: day(2025, 6, 1),
            to: day(2025, 6, 30),
            rent_lost_cents: 62_000,
        }),
        sne_motive_ru: true,
    }
}

/// The steps from a proposal to its lease with another bailleur.
#[must_use]
pub fn to_the_lease(placement_id: &str) -> Vec<(&'static str, Step)> {
    let allocated = v1::CaleolDecision { verdict: v1::CaleolVerdict::Allocated.into(), rank: 0 };
    vec![
        ("position", Step::Position(())),
        ("submit", Step::Submit(())),
        ("decide", Step::Decide(allocated)),
        ("notify", Step::Notify(())),
        ("accept", Step::Accept(())),
        ("sign", Step::Sign(lease(placement_id))),
    ]
}

impl Chamber {
    /// Declares needs; all must be taken.
    pub async fn declare_needs(&self, request_id: &str, needs: Vec<v1::Need>) {
        let (request_id, author_id) = (request_id.to_owned(), "mous-1".to_owned());
        let request = v1::DeclareNeedsRequest { needs, request_id, author_id, validate_only: false };
        self.client.matching().declare_needs(request).await.unwrap();
    }

    /// Declares offers; all must be taken.
    pub async fn declare_offers(&self, request_id: &str, offers: Vec<v1::Offer>) {
        let (request_id, author_id) = (request_id.to_owned(), "host-1".to_owned());
        let request = v1::DeclareOffersRequest { offers, request_id, author_id, validate_only: false };
        self.client.matching().declare_offers(request).await.unwrap();
    }

    /// Takes a step; it must be taken.
    pub async fn take(&self, request: v1::StepProposalRequest) -> v1::StepProposalResponse {
        self.client.matching().step_proposal(request).await.unwrap().into_inner()
    }

    /// Proposes a pair and takes it to its lease; the placement bears the id of the proposal, `PL-` before it.
    pub async fn place(&self, proposal_id: &str, household: &str, offer_id: &str) {
        let request = proposed(proposal_id, household, offer_id);
        self.client.matching().propose(request).await.unwrap();
        for (name, one) in to_the_lease(&format!("PL-{proposal_id}")) {
            self.take(step(proposal_id, name, one)).await;
        }
    }

    /// The messages to the ledger, once none waits any more.
    pub async fn delivered(&self) -> Vec<v1::OutboxMessage> {
        loop {
            let request = v1::ListOutboxRequest::default();
            let listed = self.client.matching().list_outbox(request).await.unwrap().into_inner().messages;
            if listed.iter().all(|message| message.delivered_at.is_some()) {
                return listed;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    }
}
