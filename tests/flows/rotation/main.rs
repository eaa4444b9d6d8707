//! Rotating priority among the MOUS of a territory, through the door.

#![allow(clippy::unwrap_used)]

mod kept;

use chambre_api::v1::{self, proposal_step::Step};
use chambre_domain::Date;
use chambre_matching::rotating::{Answer, Rotation, Round, TraceId, rotate};
use scenarios::{Chamber, TERRITORY, Told, causal, day, need, offer, proposed, step};
use std::collections::BTreeMap;
use tonic::Status;

const TEAMS: [&str; 3] = ["M1", "M2", "M3"];

/// A territory that rotates; each team has households `h-<team>-<number>`: M1 looks for a T3 or a T4, M2 for a T3, M3
/// for a T2 or a T3.
async fn chamber() -> Chamber {
    let chamber = Chamber::open().await;
    chamber.register(&[1, 2]).await;
    chamber.register_operations(&[1]).await;
    chamber.publish(causal()).await;
    publish(&chamber, "policy-1", &TEAMS).await.unwrap();
    let typologies = [
        (v1::Typology::T3, v1::Typology::T4),
        (v1::Typology::T3, v1::Typology::T3),
        (v1::Typology::T2, v1::Typology::T3),
    ];
    let needs = TEAMS.iter().zip(typologies).flat_map(|(team, (least, most))| {
        (1..=4).map(move |number| v1::Need {
            mous_id: (*team).to_owned(),
            least_typology: least.into(),
            most_typology: most.into(),
            ..need(&format!("h-{team}-{number}"), 1)
        })
    });
    chamber.declare_needs("n-1", needs.collect()).await;
    chamber
}

async fn publish(
    chamber: &Chamber,
    request_id: &str,
    teams: &[&str],
) -> Result<v1::PublishPolicyResponse, Status> {
    let policy = v1::MatchingPolicy {
        territory_siren: TERRITORY.to_owned(),
        in_force_from: day(2025, 7, 1),
        rotation: teams.iter().map(|team| (*team).to_owned()).collect(),
        ..v1::MatchingPolicy::default()
    };
    let request = v1::PublishPolicyRequest {
        policy: Some(policy),
        request_id: request_id.to_owned(),
        author_id: "officer-1".to_owned(),
        validate_only: false,
    };
    chamber.client.matching().publish_policy(request).await.map(tonic::Response::into_inner)
}

async fn open(chamber: &Chamber, offer_id: &str, typology: v1::Typology) {
    let offer = v1::Offer { typology: typology.into(), ..offer(offer_id, 2) };
    chamber.declare_offers(&format!("declare-{offer_id}"), vec![offer]).await;
}

async fn rotation(chamber: &Chamber) -> v1::GetRotationResponse {
    let request = v1::GetRotationRequest { territory_siren: TERRITORY.to_owned() };
    chamber.client.matching().get_rotation(request).await.unwrap().into_inner()
}

fn order(rotation: &v1::GetRotationResponse) -> Vec<&str> {
    rotation.order.iter().map(|team| team.mous_id.as_str()).collect()
}

fn rotating(proposal: &str, household: &str, offer_id: &str) -> v1::ProposeRequest {
    v1::ProposeRequest { mode: v1::ProposalMode::Rotating.into(), ..proposed(proposal, household, offer_id) }
}

async fn propose(chamber: &Chamber, request: v1::ProposeRequest) -> Result<v1::Proposal, Status> {
    let made = chamber.client.matching().propose(request).await?;
    Ok(made.into_inner().proposal.unwrap())
}

fn declined(offer_id: &str, team: &str) -> v1::DeclineTurnRequest {
    v1::DeclineTurnRequest {
        offer_id: offer_id.to_owned(),
        mous_id: team.to_owned(),
        reason: v1::DeclineReason::TooDear.into(),
        request_id: format!("decline-{offer_id}-{team}"),
        author_id: "mous-1".to_owned(),
        validate_only: false,
    }
}

async fn decline(chamber: &Chamber, offer_id: &str, team: &str) -> Result<v1::DeclineTurnResponse, Status> {
    chamber.client.matching().decline_turn(declined(offer_id, team)).await.map(tonic::Response::into_inner)
}

fn told<T: std::fmt::Debug>(answer: Result<T, Status>) -> (String, String, String) {
    let told = Told::by(&answer.unwrap_err());
    (told.reason, told.field, told.facts.get("asked").cloned().unwrap_or_default())
}

/// The day after, and the ones after it.
struct Days(i8);

impl Days {
    fn pass(&mut self, chamber: &Chamber, days: i8) {
        self.0 += days;
        chamber.clock.set_day(Date::constant(2025, 7, self.0));
    }
}

/// The rule of the study, round by round: who answers what when asked; a team that is not listed lets its days pass.
#[tokio::test]
async fn the_rounds_of_the_service_are_those_of_the_study_and_survive_a_restart() {
    use Answer::{Accept, Decline};
    use v1::Typology::{T2, T3, T4};
    // (typology, answers, asked, who takes it, order of the next round)
    type Line<'a> =
        (v1::Typology, &'a [(&'a str, Answer)], &'a [&'a str], Option<&'a str>, [&'a str; 3], &'a [&'a str]);
    let table: [Line<'_>; 5] = [
        (T3, &[("M1", Decline), ("M2", Accept)], &["M1", "M2"], Some("M2"), ["M2", "M3", "M1"], &TEAMS),
        (T3, &[("M2", Accept)], &["M2"], Some("M2"), ["M3", "M1", "M2"], &TEAMS),
        (T4, &[], &["M1"], None, ["M3", "M2", "M1"], &["M1"]),
        (T3, &[("M3", Decline), ("M1", Accept)], &["M3", "M2", "M1"], Some("M1"), ["M2", "M1", "M3"], &TEAMS),
        (T2, &[("M3", Accept)], &["M3"], Some("M3"), ["M2", "M1", "M3"], &["M3"]),
    ];
    let (mut chamber, mut days) = (chamber().await, Days(1));
    let mut rounds = Vec::new();
    for (place, (typology, answers, asked, taken, next, eligible)) in table.into_iter().enumerate() {
        let offer_id = format!("O-{place}");
        open(&chamber, &offer_id, typology).await;
        for team in asked {
            let now = rotation(&chamber).await;
            assert_eq!(order(&now), next, "round {place}: the order turns when the dwelling is opened");
            let [round] = now.open.as_slice() else { unreachable!("round {place}: {:?}", now.open) };
            assert_eq!((round.asked_mous_id.as_str(), round.state()), (*team, v1::RoundState::Open));
            match answers.iter().find(|(name, _)| name == team) {
                Some((_, Accept)) => {
                    let proposal = format!("P-{place}");
                    let household = format!("h-{team}-{}", 1 + place % 4);
                    let made = propose(&chamber, rotating(&proposal, &household, &offer_id)).await.unwrap();
                    assert_eq!(made.until, round.until, "its days do not begin again");
                    chamber.take(step(&proposal, "position", Step::Position(()))).await;
                }
                Some(_) => drop(decline(&chamber, &offer_id, team).await.unwrap()),
                None => days.pass(&chamber, 3),
            }
            chamber = chamber.reopened().await;
            chamber.clock.set_day(Date::constant(2025, 7, days.0));
        }
        let now = rotation(&chamber).await;
        assert_eq!((order(&now), now.open.len()), (next.to_vec(), 0), "round {place}");
        let over = now.over.last().unwrap();
        let heard: Vec<_> = over.answers.iter().map(|one| one.mous_id.as_str()).collect();
        assert_eq!((over.offer_id.as_str(), heard), (offer_id.as_str(), asked.to_vec()));
        let winner = over.answers.last().filter(|_| over.state() == v1::RoundState::Taken);
        assert_eq!(winner.map(|one| one.mous_id.as_str()), taken, "round {place}");
        rounds.push(Round {
            dwelling: TraceId::Text(offer_id),
            eligible: eligible.iter().map(|team| (*team).to_owned()).collect(),
            answers: answers.iter().map(|(team, answer)| ((*team).to_owned(), *answer)).collect(),
        });
    }
    // The same rounds, by the rule alone.
    let trace = rotate(&Rotation { mous: TEAMS.map(str::to_owned).to_vec(), rounds });
    let now = rotation(&chamber).await;
    assert_eq!(order(&now), trace.final_order);
    for (over, turn) in now.over.iter().zip(&trace.rounds) {
        let asked: Vec<_> = over.answers.iter().map(|one| one.mous_id.clone()).collect();
        assert_eq!(
            (TraceId::Text(over.offer_id.clone()), asked),
            (turn.dwelling.clone(), turn.asked.clone())
        );
    }
    let won: BTreeMap<String, u64> =
        now.order.iter().map(|team| (team.mous_id.clone(), u64::try_from(team.taken).unwrap())).collect();
    assert_eq!((now.over.len(), won), (5, trace.won));
    chamber.stop().await;
}

#[tokio::test]
async fn a_proposal_out_of_turn_is_told_whose_turn_it_is_and_a_directed_one_passes() {
    let chamber = chamber().await;
    open(&chamber, "O-1", v1::Typology::T3).await;
    let out = |team: &str| ("OUT_OF_TURN".to_owned(), "offer_id".to_owned(), team.to_owned());
    assert_eq!(told(propose(&chamber, rotating("P-1", "h-M2-1", "O-1")).await), out("M1"));
    // Even for the team whose turn it is, the exchange is not the way while the dwelling goes round.
    assert_eq!(told(propose(&chamber, proposed("P-1", "h-M1-1", "O-1")).await), out("M1"));
    propose(&chamber, rotating("P-1", "h-M1-1", "O-1")).await.unwrap();
    let twice = told(propose(&chamber, rotating("P-2", "h-M1-2", "O-1")).await);
    assert_eq!(twice.0, "DWELLING_ENGAGED");
    assert_eq!(told(decline(&chamber, "O-1", "M1").await).0, "DWELLING_ENGAGED");
    assert_eq!(told(decline(&chamber, "O-1", "M2").await).2, "M1", "it is not its turn");
    // The refusal of the team passes the dwelling on.
    let no = Step::Decline(v1::DeclineReason::WrongPlace.into());
    let passed = chamber.take(step("P-1", "decline", no)).await;
    assert_eq!(passed.next_mous_id, "M2");
    let why = rotation(&chamber).await.open[0].answers[0].reason();
    assert_eq!(why, v1::DeclineReason::WrongPlace, "as it declined the proposal");
    assert_eq!(
        told(decline(&chamber, "O-1", "M1").await),
        ("OUT_OF_TURN".to_owned(), "mous_id".to_owned(), "M2".to_owned())
    );
    let directed = v1::ProposeRequest {
        mode: v1::ProposalMode::Directed.into(),
        direction_reason: v1::DirectionReason::Territory.into(),
        ..proposed("P-3", "h-M3-1", "O-1")
    };
    propose(&chamber, directed).await.unwrap();
    let now = rotation(&chamber).await;
    assert_eq!((now.open.len(), now.over[0].state()), (0, v1::RoundState::Closed));
    assert_eq!(order(&now), ["M2", "M3", "M1"], "who was asked first goes last, direction or not");
    chamber.stop().await;
}

#[tokio::test]
async fn a_dwelling_is_opened_once_a_team_has_a_household_and_goes_round_again_when_it_changed_or_is_free() {
    let chamber = chamber().await;
    open(&chamber, "O-1", v1::Typology::T5).await;
    assert_eq!(rotation(&chamber).await.open.len(), 0, "nobody looks for a T5");
    let large =
        v1::Need { mous_id: "M2".to_owned(), most_typology: v1::Typology::T5.into(), ..need("h-large", 1) };
    chamber.declare_needs("n-2", vec![large]).await;
    assert_eq!(rotation(&chamber).await.open[0].asked_mous_id, "M2");
    let passed = decline(&chamber, "O-1", "M2").await.unwrap();
    assert_eq!((passed.next_mous_id.as_str(), passed.until), ("", None));
    assert!(decline(&chamber, "O-1", "M2").await.unwrap().replayed);
    let chamber = chamber.reopened().await;
    let over = rotation(&chamber).await.over.remove(0);
    assert_eq!(over.state(), v1::RoundState::Exhausted);
    assert_eq!(over.answers[0].reason(), v1::DeclineReason::TooDear);
    let again = told(propose(&chamber, rotating("P-1", "h-large", "O-1")).await);
    assert_eq!((again.0.as_str(), again.2.as_str()), ("OUT_OF_TURN", ""), "no round is under way");
    // Declared again as it was, nothing moves; cheaper, every team may look at it again.
    let same = v1::Offer { typology: v1::Typology::T5.into(), ..offer("O-1", 2) };
    chamber.declare_offers("same", vec![same.clone()]).await;
    assert_eq!(rotation(&chamber).await.open.len(), 0);
    chamber.declare_offers("cheaper", vec![v1::Offer { rent_cents: 60_000, ..same }]).await;
    assert_eq!(rotation(&chamber).await.open[0].asked_mous_id, "M2");
    // Taken, then withdrawn: the dwelling is free, and goes round again.
    propose(&chamber, rotating("P-1", "h-large", "O-1")).await.unwrap();
    chamber.take(step("P-1", "position", Step::Position(()))).await;
    assert_eq!(rotation(&chamber).await.over.last().unwrap().state(), v1::RoundState::Taken);
    chamber.take(step("P-1", "lost", Step::Withdraw(v1::WithdrawReason::Mistake.into()))).await;
    assert_eq!(rotation(&chamber).await.open[0].asked_mous_id, "M2");
    // A territory that stops rotating closes its rounds, and any mode is open again.
    publish(&chamber, "policy-2", &[]).await.unwrap();
    let now = rotation(&chamber).await;
    assert_eq!((now.open.len(), now.order.len()), (0, 0));
    propose(&chamber, proposed("P-2", "h-large", "O-1")).await.unwrap();
    chamber.stop().await;
}

#[tokio::test]
async fn two_dwellings_open_at_once_get_successive_orders_and_a_new_team_enters_last() {
    let chamber = chamber().await;
    let offers = ["O-2", "O-1"].map(|id| v1::Offer { published_on: day(2025, 6, 3), ..offer(id, 2) });
    let first = v1::Offer { published_on: day(2025, 6, 2), ..offer("O-9", 2) };
    chamber.declare_offers("o-1", offers.into_iter().chain([first]).collect()).await;
    let now = rotation(&chamber).await;
    let asked: Vec<_> =
        now.open.iter().map(|round| (round.offer_id.as_str(), round.asked_mous_id.as_str())).collect();
    assert_eq!(asked, [("O-1", "M2"), ("O-2", "M3"), ("O-9", "M1")], "by day of publication, then by offer");
    decline(&chamber, "O-9", "M1").await.unwrap();
    publish(&chamber, "policy-2", &["M4", "M3", "M1"]).await.unwrap();
    assert_eq!(order(&rotation(&chamber).await), ["M1", "M3", "M4"]);
    chamber.stop().await;
}

#[tokio::test]
async fn what_is_wrong_is_named() {
    let chamber = chamber().await;
    open(&chamber, "O-1", v1::Typology::T3).await;
    let at = |reason: &str, field: &str| (reason.to_owned(), field.to_owned());
    let told = |answer| {
        let (reason, field, _) = told(answer);
        (reason, field)
    };
    let mut matching = chamber.client.matching();
    let mut asked = async |change: fn(&mut v1::DeclineTurnRequest)| {
        let mut request = declined("O-1", "M1");
        change(&mut request);
        told(matching.decline_turn(request).await.map(tonic::Response::into_inner))
    };
    assert_eq!(asked(|wrong| wrong.offer_id = "O-99".into()).await, at("OFFER_UNKNOWN", "offer_id"));
    assert_eq!(asked(|wrong| wrong.reason = 0).await, at("FIELD_MISSING", "reason"));
    assert_eq!(asked(|wrong| wrong.reason = 99).await, at("VALUE_UNKNOWN", "reason"));
    assert_eq!(asked(|wrong| wrong.mous_id = "M 1".into()).await, at("ID_CHARACTERS", "mous_id"));
    assert_eq!(asked(|wrong| wrong.mous_id = "M3".into()).await, at("OUT_OF_TURN", "mous_id"));
    // The identifiers of the clock follow from public facts: whoever took one would stop it.
    for reserved in ["turn:", "tick:", "turn:0f5a", "tick:0f5a"] {
        let mut request = declined("O-1", "M1");
        request.request_id = reserved.to_owned();
        let refused = chamber.client.matching().decline_turn(request).await.unwrap_err();
        assert_eq!(Told::by(&refused).reason, "ID_RESERVED", "{reserved}");
        let refused = publish(&chamber, reserved, &TEAMS).await.unwrap_err();
        assert_eq!(Told::by(&refused).field, "request_id", "{reserved}");
    }
    for (teams, reason, field) in [
        (vec!["M1", "M2", "M1"], "TEAM_TWICE", "policy.rotation[2]"),
        (vec!["M1", ""], "ID_EMPTY", "policy.rotation[1]"),
    ] {
        let (got, at, _) = self::told(publish(&chamber, "policy-2", &teams).await);
        assert_eq!((got.as_str(), at.as_str()), (reason, field));
    }
    let many: Vec<String> = (0..201).map(|number| format!("M{number}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let (reason, field, _) = self::told(publish(&chamber, "policy-2", &many).await);
    assert_eq!((reason.as_str(), field.as_str()), ("VALUE_RANGE", "policy.rotation"));
    let unknown = v1::GetRotationRequest { territory_siren: "123456782".to_owned() };
    let unknown = chamber.client.matching().get_rotation(unknown).await.unwrap_err();
    assert_eq!(Told::by(&unknown).reason, "TERRITORY_UNKNOWN");
    assert_eq!(
        order(&rotation(&chamber).await),
        ["M2", "M3", "M1"],
        "nothing was changed by what was refused"
    );
    chamber.stop().await;
}
