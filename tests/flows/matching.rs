//! From a need and a vacant dwelling to the ledger, through the door.

#![allow(clippy::unwrap_used)]

use chambre_api::v1::{self, proposal_step::Step};
use scenarios::{
    Chamber, TERRITORY, Told, causal, day, lease, need, offer, proposed, siren, step, to_the_lease,
};
use tonic::Status;

/// Bailleurs 1 (demolishes) and 2 (takes in), OP-1, the causal rules, one need and one offer that suit.
async fn chamber() -> Chamber {
    let chamber = Chamber::open().await;
    chamber.register(&[1, 2]).await;
    chamber.register_operations(&[1]).await;
    chamber.publish(causal()).await;
    chamber.declare_needs("n-1", vec![need("h-1", 1)]).await;
    chamber.declare_offers("o-1", vec![offer("O-1", 2)]).await;
    chamber
}

async fn propose(chamber: &Chamber, request: v1::ProposeRequest) -> Result<v1::ProposeResponse, Status> {
    chamber.client.matching().propose(request).await.map(tonic::Response::into_inner)
}

async fn stepped(
    chamber: &Chamber,
    request: v1::StepProposalRequest,
) -> Result<v1::StepProposalResponse, Status> {
    chamber.client.matching().step_proposal(request).await.map(tonic::Response::into_inner)
}

async fn run(chamber: &Chamber) -> v1::RunMatchingResponse {
    let request = v1::RunMatchingRequest {
        territory_siren: TERRITORY.to_owned(),
        choices: Vec::new(),
        max_transfers: 0,
    };
    chamber.client.matching().run_matching(request).await.unwrap().into_inner()
}

async fn relogement(chamber: &Chamber, id: &str) -> Result<v1::GetRelogementResponse, Status> {
    let request = v1::GetRelogementRequest { relogement_id: id.to_owned() };
    chamber.client.ledger().get_relogement(request).await.map(tonic::Response::into_inner)
}

/// The reason and the field of a refusal.
fn told<T: std::fmt::Debug>(answer: Result<T, Status>) -> (String, String) {
    let told = Told::by(&answer.unwrap_err());
    (told.reason, told.field)
}

fn stage(proposal: Option<v1::Proposal>) -> v1::ProposalStage {
    proposal.unwrap().stage()
}

// ---- the way to the ledger ----

#[tokio::test]
async fn a_signed_lease_becomes_a_relogement_with_its_works_and_its_vacancy_and_enters_the_next_netting() {
    let chamber = chamber().await;
    let before = chamber.head().await.seq;
    chamber.place("P-1", "h-1", "O-1").await;
    let messages = chamber.delivered().await;
    assert_eq!((messages.len(), messages[0].placement_id.as_str(), messages[0].revision), (1, "PL-P-1", 1));
    assert_eq!((messages[0].seq, messages[0].attempts), (before + 1, 1));
    assert_eq!(chamber.head().await.seq, before + 3, "the relogement, its works, its vacancy");
    let measured = relogement(&chamber, "PL-P-1").await.unwrap();
    let recorded = measured.relogement.unwrap();
    assert_eq!((recorded.reference_rent_cents, recorded.practised_rent_cents), (62_000, 50_000));
    assert_eq!((recorded.host_siren, recorded.operation_id.as_str()), (siren(2), "OP-1"));
    // `h-` and forty digits under a secret of this chamber: one name in sixteen begins with `h-1`.
    let drawn = recorded.household.strip_prefix("h-").unwrap();
    let drawn = drawn.len() == 40 && drawn.bytes().all(|digit| digit.is_ascii_hexdigit());
    assert!(drawn, "the ledger has a name of its own for the household: {}", recorded.household);
    // 12 × 120,00 + 1 200,00 + 620,00 = 3 260,00: what bailleur 1 owes bailleur 2.
    let netting = chamber.propose("N-1", (2025, 7, 1)).await;
    let net: Vec<i64> = netting.positions.iter().map(|position| position.position_cents).collect();
    assert_eq!(net, [-326_000, 326_000]);
    chamber.stop().await;
}

#[tokio::test]
async fn a_lease_undone_is_reversed_in_the_ledger_and_the_dwelling_is_free_again() {
    let chamber = chamber().await;
    chamber.place("P-1", "h-1", "O-1").await;
    let undone = Step::Reverse(v1::ReversalReason::Cancelled.into());
    let answer = stepped(&chamber, step("P-1", "reverse", undone)).await.unwrap();
    let proposal = answer.proposal.unwrap();
    assert_eq!((proposal.end(), proposal.placement_id.as_str()), (v1::ProposalEnd::Reversed, "PL-P-1"));
    let messages = chamber.delivered().await;
    assert_eq!(messages.iter().map(|message| message.revision).collect::<Vec<_>>(), [1, 2]);
    let positions = chamber.positions().await;
    assert!(positions.iter().all(|position| position.balances.iter().all(|one| one.debit == one.credit)));
    chamber.stop().await;
}

#[tokio::test]
async fn what_the_ledger_refuses_waits_says_why_and_goes_as_soon_as_it_can() {
    let chamber = Chamber::open().await;
    // Bailleur 2 is not registered: the ledger cannot take its relogement yet.
    chamber.register(&[1]).await;
    chamber.register_operations(&[1]).await;
    chamber.publish(causal()).await;
    chamber.declare_needs("n-1", vec![need("h-1", 1)]).await;
    chamber.declare_offers("o-1", vec![offer("O-1", 2)]).await;
    chamber.place("P-1", "h-1", "O-1").await;
    let waiting = loop {
        let request = v1::ListOutboxRequest { waiting_only: true, ..v1::ListOutboxRequest::default() };
        let listed = chamber.client.matching().list_outbox(request).await.unwrap().into_inner().messages;
        if listed[0].attempts > 0 {
            break listed;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    };
    assert!(waiting[0].last_error.contains("host_siren"), "{}", waiting[0].last_error);
    assert!(waiting[0].next_attempt_at.is_some() && waiting[0].delivered_at.is_none());
    chamber.register(&[2]).await;
    // The wait is part of what is stored: the next day is after it.
    chamber.clock.set_day(chambre_domain::Date::constant(2025, 7, 2));
    let messages = chamber.delivered().await;
    assert!(messages[0].last_error.is_empty() && messages[0].attempts > 1);
    assert!(relogement(&chamber, "PL-P-1").await.is_ok());
    chamber.stop().await;
}

#[tokio::test]
async fn everything_is_there_again_after_a_restart_and_each_request_is_taken_once() {
    let chamber = chamber().await;
    propose(&chamber, proposed("P-1", "h-1", "O-1")).await.unwrap();
    chamber.take(step("P-1", "position", Step::Position(()))).await;
    let chamber = chamber.reopened().await;
    assert!(propose(&chamber, proposed("P-1", "h-1", "O-1")).await.unwrap().replayed);
    let again = stepped(&chamber, step("P-1", "position", Step::Position(()))).await.unwrap();
    assert!(again.replayed);
    assert_eq!(stage(again.proposal), v1::ProposalStage::Positioned);
    let other = v1::StepProposalRequest {
        step: step("P-1", "", Step::Submit(())).step,
        ..step("P-1", "position", Step::Position(()))
    };
    assert_eq!(told(stepped(&chamber, other).await), ("EVENT_ID_REUSED".to_owned(), "request_id".to_owned()));
    for (name, one) in to_the_lease("PL-1").into_iter().skip(1) {
        chamber.take(step("P-1", name, one)).await;
    }
    let chamber = chamber.reopened().await;
    let head = chamber.head().await.seq;
    let first = chamber.delivered().await;
    let chamber = chamber.reopened().await;
    assert_eq!(chamber.delivered().await, first);
    assert_eq!(chamber.head().await.seq, first[0].seq + 2);
    assert!(head <= first[0].seq + 2);
    chamber.stop().await;
}

#[tokio::test]
async fn a_move_inside_the_origins_own_stock_is_no_matter_of_the_chamber() {
    let chamber = chamber().await;
    let own = v1::Offer { role: v1::LandlordRole::Demolisher.into(), ..offer("O-2", 1) };
    chamber.declare_offers("o-2", vec![own]).await;
    let request =
        v1::ProposeRequest { mode: v1::ProposalMode::Batch.into(), ..proposed("P-1", "h-1", "O-2") };
    propose(&chamber, request).await.unwrap();
    for (name, one) in to_the_lease("PL-1") {
        if !matches!(one, Step::Submit(()) | Step::Decide(_)) {
            chamber.take(step("P-1", name, one)).await;
        }
    }
    assert!(chamber.delivered().await.is_empty());
    chamber.stop().await;
}

// ---- rules and computation ----

#[tokio::test]
async fn a_run_says_who_goes_where_and_why_the_others_go_nowhere() {
    let chamber = chamber().await;
    let wheelchair = v1::Need { access: v1::Access::Wheelchair.into(), ..need("h-3", 1) };
    let urgent = v1::Need {
        urgency: v1::UrgencyCode::WorksCalendar.into(),
        urgent_since: day(2025, 2, 1),
        ..need("h-2", 1)
    };
    chamber.declare_needs("n-2", vec![urgent, wheelchair]).await;
    let best = run(&chamber).await;
    assert!(best.certified && best.proven_by_prices);
    assert_eq!((best.needs, best.offers, best.possible_pairs, best.urgent), (3, 1, 2, 1));
    let placed = &best.placed[0];
    assert_eq!((placed.household.as_str(), placed.offer_id.as_str(), placed.urgent), ("h-2", "O-1", true));
    assert_eq!(placed.monthly_gap_cents, 62_000 - placed.rent_cents);
    assert_eq!(placed.components.iter().map(|one| one.points).sum::<i32>(), placed.score);
    assert_eq!(placed.expected_indemnity_cents, None);
    assert!(placed.indemnity_checks.contains(&"NOT_ANRU".to_owned()), "no ANRU convention is registered");
    let [first, third] = best.unplaced.as_slice() else { unreachable!("{:?}", best.unplaced) };
    assert_eq!((first.household.as_str(), first.possible), ("h-1", 1));
    let cost = (first.cost_urgent, first.cost_placed, first.cost_is_exact);
    assert_eq!((first.nearest_offer_id.as_str(), cost), ("O-1", (1, 0, true)));
    assert_eq!((third.household.as_str(), third.possible), ("h-3", 0));
    assert_eq!(third.excluded_by, std::collections::HashMap::from([("H06_ACCESS".to_owned(), 1)]));
    // Engaged, a dwelling is no longer on the table.
    propose(&chamber, proposed("P-1", "h-1", "O-1")).await.unwrap();
    assert_eq!(run(&chamber).await.offers, 0);
    chamber.stop().await;
}

#[tokio::test]
async fn an_officer_sees_what_a_choice_costs_before_it_and_the_cost_of_a_direction_is_kept() {
    let chamber = chamber().await;
    let urgent =
        v1::Need { urgency: v1::UrgencyCode::Danger.into(), urgent_since: day(2025, 2, 1), ..need("h-2", 1) };
    chamber.declare_needs("n-2", vec![urgent]).await;
    let asked = |kind: v1::ChoiceKind, household: &str, offer_id: &str| v1::RunMatchingRequest {
        territory_siren: TERRITORY.to_owned(),
        choices: vec![v1::MatchingChoice {
            kind: kind.into(),
            household: household.to_owned(),
            offer_id: offer_id.to_owned(),
        }],
        max_transfers: 0,
    };
    let matching = || chamber.client.matching();
    let pinned =
        matching().run_matching(asked(v1::ChoiceKind::Pin, "h-1", "O-1")).await.unwrap().into_inner();
    // h-1 takes the place of an urgent household; both have the same points.
    assert_eq!(pinned.cost, Some(v1::ChoiceCost { urgent: 1, placed: 0, points: 0 }));
    assert_eq!((pinned.placed[0].household.as_str(), pinned.certified), ("h-1", true));
    assert_eq!(
        pinned.unplaced[0].excluded_by,
        std::collections::HashMap::from([("AMENDMENT".to_owned(), 1)])
    );
    let banned =
        matching().run_matching(asked(v1::ChoiceKind::Ban, "h-1", "O-1")).await.unwrap().into_inner();
    assert_eq!(banned.cost, Some(v1::ChoiceCost::default()), "the best did not take it anyway");
    let nobody = matching().run_matching(asked(v1::ChoiceKind::Pin, "h-9", "O-1")).await;
    assert_eq!(told(nobody), ("PAIR_NOT_ELIGIBLE".to_owned(), "choices".to_owned()));
    let unsaid = matching().run_matching(asked(v1::ChoiceKind::Unspecified, "h-1", "O-1")).await;
    assert_eq!(told(unsaid), ("FIELD_MISSING".to_owned(), "choices[0].kind".to_owned()));
    let directed = v1::ProposeRequest {
        mode: v1::ProposalMode::Directed.into(),
        direction_reason: v1::DirectionReason::Calendar.into(),
        ..proposed("P-1", "h-1", "O-1")
    };
    propose(&chamber, directed).await.unwrap();
    let chamber = chamber.reopened().await;
    let asked = v1::GetProposalRequest { proposal_id: "P-1".to_owned() };
    let kept = chamber.client.matching().get_proposal(asked).await.unwrap().into_inner().proposal.unwrap();
    assert_eq!(kept.direction_reason(), v1::DirectionReason::Calendar);
    assert_eq!(kept.direction_cost, Some(v1::ChoiceCost { urgent: 1, placed: 0, points: 0 }));
    chamber.stop().await;
}

#[tokio::test]
async fn an_impossible_pair_is_refused_with_its_rules_and_explained_with_its_figures() {
    let chamber = chamber().await;
    let dear = v1::Offer { rent_cents: 90_000, lowest_rent_cents: None, ..offer("O-2", 2) };
    chamber.declare_offers("o-2", vec![dear]).await;
    let refused = propose(&chamber, proposed("P-1", "h-1", "O-2")).await.unwrap_err();
    let refused = Told::by(&refused);
    assert_eq!((refused.reason.as_str(), refused.field.as_str()), ("PAIR_NOT_ELIGIBLE", "offer_id"));
    assert_eq!(refused.facts["rules"], "H03_EFFORT");
    let asked = v1::ExplainPairRequest { household: "h-1".to_owned(), offer_id: "O-2".to_owned() };
    let said = chamber.client.matching().explain_pair(asked).await.unwrap().into_inner();
    assert!(said.pair.is_none());
    assert_eq!(said.broken[0].code, "H03_EFFORT");
    assert!(said.broken[0].sentence.contains("taux d’effort"), "{}", said.broken[0].sentence);
    chamber.stop().await;
}

#[tokio::test]
async fn a_territory_publishes_its_own_clock_and_nobody_answers_after_it() {
    let chamber = chamber().await;
    let clocks = v1::MatchingClocks { window_days: Some(3), ..v1::MatchingClocks::default() };
    let policy = v1::MatchingPolicy {
        territory_siren: TERRITORY.to_owned(),
        in_force_from: day(2025, 7, 1),
        clocks: Some(clocks),
        ..v1::MatchingPolicy::default()
    };
    let request = v1::PublishPolicyRequest {
        policy: Some(policy.clone()),
        request_id: "policy-1".to_owned(),
        author_id: "officer-1".to_owned(),
        validate_only: false,
    };
    let published = chamber.client.matching().publish_policy(request.clone()).await.unwrap().into_inner();
    let shown = published.policy.unwrap();
    assert_eq!((shown.version, shown.effort_cap_bp, shown.hash.len()), (1, Some(3_000), 64));
    let again = chamber.client.matching().publish_policy(request).await.unwrap().into_inner();
    assert!(again.replayed && again.policy.unwrap().hash == shown.hash);
    let made = propose(&chamber, proposed("P-1", "h-1", "O-1")).await.unwrap().proposal.unwrap();
    assert_eq!((made.until, made.policy_hash), (day(2025, 7, 4), shown.hash));
    chamber.clock.set_day(chambre_domain::Date::constant(2025, 7, 5));
    let late = stepped(&chamber, step("P-1", "position", Step::Position(()))).await;
    assert_eq!(told(late).0, "PROPOSAL_STEP");
    let asked = v1::GetProposalRequest { proposal_id: "P-1".to_owned() };
    let ended = chamber.client.matching().get_proposal(asked).await.unwrap().into_inner().proposal.unwrap();
    assert_eq!((ended.stage(), ended.end()), (v1::ProposalStage::Ended, v1::ProposalEnd::Expired));
    assert_eq!(ended.formal_offers_used, 0, "an offer that nobody notified does not count");
    let shorter = v1::MatchingClocks { answer_days: Some(9), ..v1::MatchingClocks::default() };
    let request = v1::PublishPolicyRequest {
        policy: Some(v1::MatchingPolicy { clocks: Some(shorter), in_force_from: day(2025, 8, 1), ..policy }),
        request_id: "policy-2".to_owned(),
        author_id: "officer-1".to_owned(),
        validate_only: false,
    };
    let refused = chamber.client.matching().publish_policy(request).await;
    assert_eq!(told(refused), ("VALUE_RANGE".to_owned(), "policy.clocks.answer_days".to_owned()));
    chamber.stop().await;
}

#[tokio::test]
async fn three_refused_offers_are_counted_with_their_dates_and_end_the_title_of_occupation() {
    let chamber = chamber().await;
    chamber.declare_offers("o-2", vec![offer("O-2", 2), offer("O-3", 2), offer("O-4", 2)]).await;
    for number in 1..=3 {
        let proposal = format!("P-{number}");
        propose(&chamber, proposed(&proposal, "h-1", &format!("O-{number}"))).await.unwrap();
        for (name, one) in to_the_lease("never").into_iter().take(4) {
            chamber.take(step(&proposal, name, one)).await;
        }
        let refuse = Step::Refuse(v1::HouseholdRefusal::Size.into());
        let answer = chamber.take(step(&proposal, "refuse", refuse)).await;
        let proposal = answer.proposal.unwrap();
        assert_eq!((proposal.formal_offers_used, proposal.formal_offers_left), (number, 3 - number));
        let lost = (number == 3).then_some(()).and_then(|()| day(2026, 1, 1));
        assert_eq!(answer.title_lost_on, lost, "six months after the third");
    }
    let fourth = propose(&chamber, proposed("P-4", "h-1", "O-4")).await.unwrap_err();
    assert_eq!(Told::by(&fourth).facts["rules"], "H09_OFFERS_LEFT");
    chamber.stop().await;
}

#[tokio::test]
async fn a_contingent_pools_its_places_and_says_how_many_are_taken() {
    let chamber = chamber().await;
    let pooled = v1::PooledContingent {
        contingent_id: "ETAT".to_owned(),
        reserver: "État (fictif)".to_owned(),
        kind: v1::Contingent::StatePriority.into(),
        accepts: v1::ContingentPublic::Anyone.into(),
        dwellings: 3,
        taken_before: 2,
        period: Some(v1::Period { from: day(2025, 1, 1), to: day(2025, 12, 31) }),
        ..v1::PooledContingent::default()
    };
    let declare = |request_id: &str| v1::DeclareContingentsRequest {
        territory_siren: TERRITORY.to_owned(),
        contingents: vec![pooled.clone()],
        request_id: request_id.to_owned(),
        author_id: "officer-1".to_owned(),
        validate_only: false,
    };
    chamber.client.matching().declare_contingents(declare("c-1")).await.unwrap();
    let paris =
        v1::DeclareContingentsRequest { territory_siren: "217500016".to_owned(), ..declare("c-paris") };
    let elsewhere = chamber.client.matching().declare_contingents(paris).await;
    assert_eq!(told(elsewhere), ("CONTINGENT_ELSEWHERE".to_owned(), "contingent_id".to_owned()));
    let reserved = |id: &str| v1::Offer { contingent_id: "ETAT".to_owned(), ..offer(id, 2) };
    chamber.declare_offers("o-2", vec![reserved("O-2"), reserved("O-3")]).await;
    chamber.declare_needs("n-2", vec![need("h-2", 1)]).await;
    let withdraw = v1::WithdrawOfferRequest {
        offer_id: "O-1".to_owned(),
        request_id: "w-1".to_owned(),
        author_id: "host-1".to_owned(),
        validate_only: false,
    };
    chamber.client.matching().withdraw_offer(withdraw).await.unwrap();
    let best = run(&chamber).await;
    assert!(
        best.certified && best.contingents_limit && !best.proven_by_prices,
        "two dwellings, two households, one place"
    );
    assert_eq!((best.placed.len(), best.unplaced.len(), best.unplaced[0].possible), (1, 1, 2));
    chamber.place("P-1", "h-1", "O-2").await;
    let answer = chamber.client.matching().declare_contingents(declare("c-2")).await.unwrap().into_inner();
    assert_eq!(answer.contingents[0].taken, 1);
    let spent = propose(&chamber, proposed("P-2", "h-2", "O-3")).await.unwrap_err();
    assert_eq!(Told::by(&spent).facts["rules"], "H08_CONTINGENT");
    chamber.stop().await;
}

#[tokio::test]
async fn the_report_of_a_territory_counts_and_names_no_household() {
    let chamber = chamber().await;
    let urgent =
        v1::Need { urgency: v1::UrgencyCode::Danger.into(), urgent_since: day(2025, 2, 1), ..need("h-2", 1) };
    let wheelchair = v1::Need { best_typology: v1::Typology::T4.into(), ..need("h-3", 1) };
    chamber.declare_needs("n-2", vec![urgent, wheelchair]).await;
    let kept = v1::Offer {
        held_for_operation_id: "OP-1".to_owned(),
        held_until: day(2025, 12, 31),
        vacant_since: day(2025, 5, 31),
        ..offer("O-2", 2)
    };
    let large = v1::Offer { typology: v1::Typology::T6.into(), ..offer("O-3", 2) };
    let flow = v1::Offer { out_of_flow: true, ..offer("O-4", 2) };
    chamber.declare_offers("o-2", vec![kept, large, flow]).await;
    chamber.place("P-1", "h-1", "O-4").await;
    let request = v1::ReportMatchingRequest { territory_siren: TERRITORY.to_owned() };
    let told = chamber.client.matching().report_matching(request).await.unwrap().into_inner();
    let shown = |count: &Option<v1::HiddenCount>| match count.as_ref().and_then(|count| count.shown) {
        Some(v1::hidden_count::Shown::Count(count)) => count,
        other => unreachable!("{other:?}"),
    };
    let needs: Vec<_> = told
        .needs
        .iter()
        .map(|line| (line.typology(), shown(&line.households), shown(&line.urgent)))
        .collect();
    assert_eq!(
        needs,
        [(v1::Typology::T3, 1, 1), (v1::Typology::T4, 1, 0)],
        "the household placed is no need"
    );
    assert_eq!(told.offers, 3);
    // Published on 1 June, a week to answer, today 1 July: three offers that nobody took position on.
    let orphans: Vec<_> = told
        .orphans
        .iter()
        .map(|one| (one.offer_id.as_str(), one.possible, one.main_rule.as_str()))
        .collect();
    assert_eq!(orphans, [("O-1", 2, ""), ("O-2", 2, ""), ("O-3", 0, "H01_TYPOLOGY")]);
    let delay = &told.delays[0];
    assert_eq!((delay.proposed, delay.answered, delay.median_days), (1, 1, Some(0)));
    let hold = &told.holds[0];
    // 31 days since the last lease; 620,00 × 12 ÷ 365 = 20,38 a day.
    assert_eq!((hold.offer_id.as_str(), hold.days, hold.lost_each_day_cents), ("O-2", Some(31), Some(2_038)));
    assert_eq!(
        (told.out_of_flow[0].bailleur_siren.as_str(), told.out_of_flow[0].dwellings),
        (siren(2).as_str(), 1)
    );
    assert_eq!(shown(&told.near_the_last_offer), 0);
    assert!(!format!("{told:?}").contains("h-"), "no household is named");
    chamber.stop().await;
}

#[tokio::test]
async fn what_is_withdrawn_is_off_the_list_and_may_come_back() {
    let chamber = chamber().await;
    let withdraw = |request_id: &str| v1::WithdrawOfferRequest {
        offer_id: "O-1".to_owned(),
        request_id: request_id.to_owned(),
        author_id: "host-1".to_owned(),
        validate_only: false,
    };
    chamber.client.matching().withdraw_offer(withdraw("w-1")).await.unwrap();
    let again = chamber.client.matching().withdraw_offer(withdraw("w-1")).await.unwrap().into_inner();
    assert!(again.replayed);
    assert_eq!(
        told(chamber.client.matching().withdraw_offer(withdraw("w-2")).await),
        ("OFFER_UNKNOWN".to_owned(), "offer_id".to_owned())
    );
    assert_eq!(told(propose(&chamber, proposed("P-1", "h-1", "O-1")).await).0, "OFFER_UNKNOWN");
    chamber.declare_offers("o-2", vec![offer("O-1", 2)]).await;
    assert!(propose(&chamber, proposed("P-1", "h-1", "O-1")).await.is_ok());
    let request = v1::WithdrawNeedRequest {
        household: "h-1".to_owned(),
        request_id: "w-3".to_owned(),
        author_id: "mous-1".to_owned(),
        validate_only: false,
    };
    chamber.client.matching().withdraw_need(request).await.unwrap();
    let listed = chamber.client.matching().list_needs(v1::ListNeedsRequest::default()).await.unwrap();
    assert!(listed.into_inner().needs.is_empty());
    chamber.stop().await;
}

#[tokio::test]
async fn a_list_comes_page_by_page_exactly_as_it_was_declared() {
    let chamber = chamber().await;
    let mut declared = vec![need("h-1", 1), need("h-2", 1), need("h-3", 1)];
    declared[1].refusals.push(v1::PastRefusal {
        offer_id: "O-9".to_owned(),
        landlord_siren: siren(2),
        dwelling_ref: "LOT-9".to_owned(),
        refused_on: day(2025, 2, 1),
        reason: v1::HouseholdRefusal::Neighbourhood.into(),
    });
    declared[2].formal_offers.push(v1::MadeOffer {
        formal_offer_id: "F-0".to_owned(),
        notified_on: day(2025, 2, 1),
        dwellings: 2,
    });
    chamber.declare_needs("n-2", declared.clone()).await;
    let mut read = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = v1::ListNeedsRequest { page_size: 2, page_token, ..v1::ListNeedsRequest::default() };
        let page = chamber.client.matching().list_needs(request).await.unwrap().into_inner();
        read.extend(page.needs);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!(read, declared);
    let offers = chamber.client.matching().list_offers(v1::ListOffersRequest::default()).await.unwrap();
    assert_eq!(offers.into_inner().offers, [offer("O-1", 2)]);
    chamber.stop().await;
}

// ---- what is kept of households ----

#[tokio::test]
async fn a_household_placed_for_a_year_is_forgotten_and_what_it_counted_for_stays() {
    let chamber = chamber().await;
    let needs = ["h-withdrawn-xyz", "h-waiting-xyz", "h-placed-xyz", "h-live-xyz"]
        .map(|household| need(household, 1));
    chamber.declare_needs("n-2", needs.to_vec()).await;
    chamber.declare_offers("o-2", vec![offer("O-2", 2), offer("O-3", 2)]).await;
    chamber.place("P-1", "h-placed-xyz", "O-1").await;
    let withdraw = v1::WithdrawNeedRequest {
        household: "h-withdrawn-xyz".to_owned(),
        request_id: "w-1".to_owned(),
        author_id: "mous-1".to_owned(),
        validate_only: false,
    };
    chamber.client.matching().withdraw_need(withdraw).await.unwrap();
    propose(&chamber, proposed("P-2", "h-live-xyz", "O-2")).await.unwrap();
    chamber.take(step("P-2", "position", Step::Position(()))).await;
    let told = chamber.delivered().await;
    let day = chambre_domain::Date::constant;
    let running = chambre_server::forget(chamber.folder(), day(2026, 7, 1), false);
    assert!(matches!(running, Err(chambre_ledger::LedgerError::AlreadyOpen)), "{running:?}");
    let only_told = chambre_server::forget(chamber.folder(), day(2026, 7, 1), true).unwrap();
    assert_eq!((only_told.due, only_told.kept), (2, 3), "even while it runs");
    let clock = chamber.clock.clone();
    let folder = chamber.try_stop().await.unwrap();
    assert_eq!(
        chambre_server::forget(folder.path(), day(2026, 6, 30), false).unwrap().due,
        0,
        "not a day before"
    );
    let done = chambre_server::forget(folder.path(), day(2026, 7, 1), false).unwrap();
    assert_eq!((done.due, done.kept), (2, 3));
    let bytes = std::fs::read(folder.path().join("matching.db")).unwrap();
    let holds = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(!holds("h-placed-xyz") && !holds("h-withdrawn-xyz"), "nothing of them is in the file");
    assert!(holds("h-waiting-xyz") && holds("h-live-xyz") && holds("efface-"));
    let chamber = Chamber::open_again(folder, clock).await;
    assert_eq!(chamber.delivered().await, told, "the ledger is not told again");
    let asked = v1::GetProposalRequest { proposal_id: "P-1".to_owned() };
    let placed = chamber.client.matching().get_proposal(asked).await.unwrap().into_inner().proposal.unwrap();
    assert!(placed.household.starts_with("efface-"), "{}", placed.household);
    assert_eq!((placed.stage(), placed.formal_offers_used), (v1::ProposalStage::Completed, 1));
    let listed = chamber.client.matching().list_needs(v1::ListNeedsRequest::default()).await.unwrap();
    let listed: Vec<_> = listed.into_inner().needs.into_iter().map(|need| need.household).collect();
    assert_eq!(listed, ["h-1", "h-live-xyz", "h-waiting-xyz"]);
    // The lease may still be undone: the ledger knows it by its own names.
    let undone = Step::Reverse(v1::ReversalReason::Cancelled.into());
    chamber.take(step("P-1", "reverse", undone)).await;
    assert_eq!(chamber.delivered().await.len(), 2);
    chamber.stop().await;
}

// ---- bad input ----

#[tokio::test]
async fn a_bad_need_or_offer_is_refused_at_its_place_and_nothing_of_the_request_is_kept() {
    let chamber = chamber().await;
    let declare = |bad: v1::Need| {
        let needs = vec![need("h-8", 1), bad];
        let (request_id, author_id) = ("bad".to_owned(), "mous-1".to_owned());
        v1::DeclareNeedsRequest { needs, request_id, author_id, validate_only: false }
    };
    let good = || need("h-9", 1);
    for (bad, reason, field) in [
        (v1::Need { persons: 0, ..good() }, "VALUE_RANGE", "needs[1].composition.persons"),
        (v1::Need { persons: 300, ..good() }, "VALUE_RANGE", "needs[1].persons"),
        (
            v1::Need { operation_id: "OP-77".to_owned(), ..good() },
            "OPERATION_UNKNOWN",
            "needs[1].operation_id",
        ),
        (v1::Need { household: "1850775123456".to_owned(), ..good() }, "HOUSEHOLD_NIR", "needs[1].household"),
        (
            v1::Need { commune_insee: "69123".to_owned(), ..good() },
            "COMMUNE_UNKNOWN",
            "needs[1].commune_insee",
        ),
        (v1::Need { legal_basis: 0, ..good() }, "FIELD_MISSING", "needs[1].legal_basis"),
        (v1::Need { widening: 9, ..good() }, "VALUE_UNKNOWN", "needs[1].widening"),
        (v1::Need { entered_on: None, ..good() }, "FIELD_MISSING", "needs[1].entered_on"),
        (v1::Need { needed_by: day(2024, 1, 1), ..good() }, "DATES_OUT_OF_ORDER", "needs[1].needed_by"),
    ] {
        let refused = chamber.client.matching().declare_needs(declare(bad)).await;
        assert_eq!(told(refused), (reason.to_owned(), field.to_owned()));
    }
    let listed = chamber.client.matching().list_needs(v1::ListNeedsRequest::default()).await.unwrap();
    assert_eq!(listed.into_inner().needs.len(), 1, "none of the requests left anything behind");
    let bad = v1::Offer { lowest_rent_cents: Some(63_000), ..offer("O-9", 2) };
    let (request_id, author_id) = ("bad-o".to_owned(), "host-1".to_owned());
    let request = v1::DeclareOffersRequest { offers: vec![bad], request_id, author_id, validate_only: false };
    let refused = chamber.client.matching().declare_offers(request).await;
    assert_eq!(told(refused), ("VALUE_RANGE".to_owned(), "offers[0].lowest_rent_cents".to_owned()));
    chamber.stop().await;
}

#[tokio::test]
async fn a_step_out_of_turn_a_dearer_lease_and_a_future_day_are_refused() {
    let chamber = chamber().await;
    propose(&chamber, proposed("P-1", "h-1", "O-1")).await.unwrap();
    let early = stepped(&chamber, step("P-1", "sign", Step::Sign(lease("PL-1")))).await;
    assert_eq!(told(early).0, "PROPOSAL_STEP");
    let unknown = stepped(&chamber, step("P-9", "position", Step::Position(()))).await;
    assert_eq!(told(unknown), ("PROPOSAL_UNKNOWN".to_owned(), "proposal_id".to_owned()));
    let tomorrow =
        v1::StepProposalRequest { on: day(2025, 7, 2), ..step("P-1", "position", Step::Position(())) };
    assert_eq!(told(stepped(&chamber, tomorrow).await), ("DATE_IN_FUTURE".to_owned(), "on".to_owned()));
    let twice = propose(
        &chamber,
        v1::ProposeRequest { request_id: "other".to_owned(), ..proposed("P-2", "h-1", "O-1") },
    );
    assert_eq!(told(twice.await).0, "DWELLING_ENGAGED");
    let directed =
        v1::ProposeRequest { mode: v1::ProposalMode::Directed.into(), ..proposed("P-3", "h-1", "O-1") };
    assert_eq!(
        told(propose(&chamber, directed).await),
        ("FIELD_MISSING".to_owned(), "direction_reason".to_owned())
    );
    for (name, one) in to_the_lease("PL-1").into_iter().take(5) {
        chamber.take(step("P-1", name, one)).await;
    }
    let dearer = v1::Lease { rent_cents: 70_000, ..lease("PL-1") };
    let dearer = stepped(&chamber, step("P-1", "sign", Step::Sign(dearer))).await;
    assert_eq!(told(dearer), ("PROPOSAL_LEASE".to_owned(), "lease.rent_cents".to_owned()));
    let checked =
        v1::StepProposalRequest { validate_only: true, ..step("P-1", "sign", Step::Sign(lease("PL-1"))) };
    assert!(stepped(&chamber, checked).await.unwrap().proposal.is_none());
    assert!(chamber.delivered().await.is_empty(), "a check tells the ledger nothing");
    chamber.stop().await;
}
