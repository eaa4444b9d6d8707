//! The worked figures of the design (section 3) and of the netting specification (section 3), to the cent,
//! from the declaration to the position that GetPositions answers.

#![allow(clippy::unwrap_used)]

use chambre_api::v1::event::Body;
use chambre_api::v1::{self, CostLine, KeyBasis, NettingStatus, PaymentStatus};
use scenarios::{
    Chamber, STOCK, Told, approval, causal, design, indemnity, key, nine, reversal, roles, works,
};
use tonic::Code;

/// The bailleurs of the examples, by number.
const ALL: [u32; 5] = [1, 2, 3, 4, 5];

// ---- the figures of the design ----

async fn chamber_of_the_design() -> Chamber {
    design::chamber(design::convention()).await
}

/// One amount of each of the first bailleurs; zero for one that is not named.
fn column<const N: usize>(positions: &[v1::Position], amount: fn(&v1::Position) -> i64) -> [i64; N] {
    of_each(|siren| positions.iter().find(|position| position.bailleur_siren == siren).map(amount))
}

/// The same, of a run.
fn run_column<const N: usize>(run: &v1::NettingRun, amount: fn(&v1::NetPosition) -> i64) -> [i64; N] {
    of_each(|siren| run.positions.iter().find(|position| position.bailleur_siren == siren).map(amount))
}

fn of_each<const N: usize>(amount: impl Fn(&str) -> Option<i64>) -> [i64; N] {
    std::array::from_fn(|index| amount(&scenarios::siren(u32::try_from(index).unwrap() + 1)).unwrap_or(0))
}

/// `A>C 1005.80` for each payment, A being bailleur 1.
fn payments(run: &v1::NettingRun) -> Vec<String> {
    let letter =
        |siren: &str| (1..=26).zip('A'..='Z').find(|(n, _)| scenarios::siren(*n) == siren).unwrap().1;
    let euros = |cents: i64| format!("{}.{:02}", cents / 100, cents % 100);
    let said = |p: &v1::Payment| {
        format!("{}>{} {}", letter(&p.from_siren), letter(&p.to_siren), euros(p.amount_cents))
    };
    run.payments.iter().map(said).collect()
}

fn statuses(run: &v1::NettingRun) -> Vec<PaymentStatus> {
    run.payments.iter().map(v1::Payment::status).collect()
}

#[tokio::test]
async fn the_figures_of_the_design_go_from_declarations_to_positions() {
    let chamber = chamber_of_the_design().await;
    let measured = chamber.positions().await;
    assert_eq!(column(&measured, |p| p.unshared_effort_cents), [104_012, 25_000, 0]);
    assert_eq!(column(&measured, |p| p.position_cents), [0; 3]);

    let run = chamber.propose("N-1", (2025, 6, 30)).await;
    assert_eq!(run.status(), NettingStatus::Proposed);
    assert_eq!(run_column(&run, |p| p.effort_cents), [104_012, 25_000, 0]);
    assert_eq!(run_column(&run, |p| p.fair_share_cents), [25_803, 25_802, 77_407]);
    assert_eq!(chamber.positions().await, measured, "a proposal moves nothing");

    let run = chamber.approve("N-1").await;
    assert_eq!((run.status(), run.approved_by.as_str()), (NettingStatus::Approved, "officer-2"));
    let positions = chamber.positions().await;
    assert_eq!(column(&positions, |p| p.position_cents), [78_209, -802, -77_407]);
    assert_eq!(column(&positions, |p| p.unshared_effort_cents), [0; 3]);
    assert_eq!(payments(&run), ["B>A 8.02", "C>A 774.07"]);
}

#[tokio::test]
async fn the_relogement_tells_the_lines_of_its_effort() {
    let chamber = chamber_of_the_design().await;
    let asked = v1::GetRelogementRequest { relogement_id: "R-H".to_owned() };
    let told = chamber.client.ledger().get_relogement(asked).await.unwrap().into_inner();
    let lines: Vec<_> = told.lines.iter().map(|line| (line.kind(), line.amount_cents)).collect();
    use v1::EffortLineKind::{Indemnity, RentGap, Works};
    assert_eq!(told.monthly_gap_cents, 32_001);
    assert_eq!(lines, [(RentGap, 384_012), (Works, 120_000), (Indemnity, 400_000)]);
    assert_eq!((told.origin_siren, told.convention_version), (scenarios::siren(3), 1));
}

#[tokio::test]
async fn payments_confirmed_one_by_one_settle_the_run_and_empty_the_positions() {
    let chamber = chamber_of_the_design().await;
    chamber.propose("N-1", (2025, 6, 30)).await;
    let run = chamber.approve("N-1").await;
    let half = chamber.confirm("N-1", &run.payments[0]).await;
    assert_eq!(half.status(), NettingStatus::PartlySettled);
    assert_eq!(statuses(&half), [PaymentStatus::Confirmed, PaymentStatus::Awaited]);
    assert_eq!(column(&chamber.positions().await, |p| p.position_cents), [77_407, 0, -77_407]);
    let whole = chamber.confirm("N-1", &run.payments[1]).await;
    assert_eq!(whole.status(), NettingStatus::Settled);
    assert_eq!(column(&chamber.positions().await, |p| p.position_cents), [0; 3]);
}

#[tokio::test]
async fn a_late_indemnity_lowers_the_effort_in_the_next_run() {
    let chamber = settled_design().await;
    chamber.record("late", Body::Indemnity(indemnity("R-H", 50_000))).await;
    let run = chamber.propose("N-2", (2025, 6, 30)).await;
    assert_eq!(run_column(&run, |p| p.effort_cents), [-50_000, 0, 0]);
    assert_eq!(run_column(&run, |p| p.fair_share_cents), [-10_000, -10_000, -30_000]);
    assert_eq!(run_column(&run, |p| p.position_cents), [-40_000, 10_000, 30_000]);
    assert_eq!(run.relogement_count, 1);
}

#[tokio::test]
async fn a_reversal_after_a_run_falls_into_the_next_one() {
    let chamber = settled_design().await;
    let first = chamber.client.netting().get_netting(get("N-1")).await.unwrap().into_inner().run.unwrap();
    chamber.record("undo", Body::Reversal(reversal("x-2"))).await;
    let run = chamber.propose("N-2", (2025, 6, 30)).await;
    assert_eq!(run_column(&run, |p| p.effort_cents), [0, -25_000, 0]);
    assert_eq!(run_column(&run, |p| p.position_cents), [5_000, -20_000, 15_000]);
    let again = chamber.client.netting().get_netting(get("N-1")).await.unwrap().into_inner().run.unwrap();
    assert_eq!(again, first, "a closed run never changes");
}

fn get(netting_id: &str) -> v1::GetNettingRequest {
    v1::GetNettingRequest { netting_id: netting_id.to_owned() }
}

async fn settled_design() -> Chamber {
    let chamber = chamber_of_the_design().await;
    chamber.propose("N-1", (2025, 6, 30)).await;
    for payment in chamber.approve("N-1").await.payments {
        chamber.confirm("N-1", &payment).await;
    }
    chamber
}

#[tokio::test]
async fn an_unpaid_payment_comes_back_as_carry_over() {
    let chamber = chamber_of_the_design().await;
    chamber.propose("N-1", (2025, 6, 30)).await;
    let first = chamber.approve("N-1").await;
    chamber.confirm("N-1", &first.payments[0]).await;
    chamber.record("x-3", Body::Works(works("R-X", 10_000))).await;

    let second = chamber.propose("N-2", (2025, 6, 30)).await;
    assert_eq!(run_column(&second, |p| p.carried_over_cents), [77_407, 0, -77_407]);
    assert_eq!(run_column(&second, |p| p.position_cents), [75_407, 8_000, -83_407]);
    assert_eq!(payments(&second), ["C>A 754.07", "C>B 80.00"]);
    chamber.approve("N-2").await;
    assert_eq!(column(&chamber.positions().await, |p| p.position_cents), [75_407, 8_000, -83_407]);

    let first = chamber.client.netting().get_netting(get("N-1")).await.unwrap().into_inner().run.unwrap();
    assert_eq!(statuses(&first), [PaymentStatus::Confirmed, PaymentStatus::Lapsed]);
}

#[tokio::test]
async fn the_officer_who_proposed_cannot_approve() {
    let chamber = chamber_of_the_design().await;
    chamber.propose("N-1", (2025, 6, 30)).await;
    let head = chamber.head().await;
    let refused = chamber.client.netting().approve_netting(approval("N-1", "officer-1")).await.unwrap_err();
    let told = Told::by(&refused);
    assert_eq!((told.code, told.reason.as_str()), (Code::PermissionDenied, "SAME_OFFICER"));
    assert_eq!(chamber.head().await, head);
    assert_eq!(chamber.approve("N-1").await.status(), NettingStatus::Approved);
}

#[tokio::test]
async fn the_same_books_give_the_same_run_to_the_byte() {
    let (one, other) = (chamber_of_the_design().await, chamber_of_the_design().await);
    let run = one.propose("N-1", (2025, 6, 30)).await;
    assert_eq!(run, other.propose("N-1", (2025, 6, 30)).await);
    assert_eq!(run, one.propose("N-1", (2025, 6, 30)).await, "the same proposal again");
}

#[tokio::test]
async fn every_step_of_a_run_can_be_sent_again() {
    let chamber = chamber_of_the_design().await;
    chamber.propose("N-1", (2025, 6, 30)).await;
    let approved = chamber.approve("N-1").await;
    let confirmed = chamber.confirm("N-1", &approved.payments[0]).await;
    let head = chamber.head().await;
    assert_eq!(chamber.approve("N-1").await, confirmed);
    assert_eq!(chamber.confirm("N-1", &approved.payments[0]).await, confirmed);
    assert_eq!(chamber.propose("N-1", (2025, 6, 30)).await, confirmed);
    assert_eq!(chamber.head().await, head, "nothing was written twice");
}

#[tokio::test]
async fn the_chamber_names_a_run_when_nobody_does_and_goes_on_with_the_one_under_way() {
    let chamber = chamber_of_the_design().await;
    let first = chamber.propose("", (2025, 6, 30)).await;
    assert_eq!(first.netting_id, "N-20250630-200057867-1");
    let head = chamber.head().await;
    assert_eq!(chamber.propose("", (2025, 6, 30)).await, first);
    assert_eq!(chamber.head().await, head, "the same figures again write nothing");
    let asked = v1::ListNettingsRequest::default();
    let listed = chamber.client.netting().list_nettings(asked).await.unwrap().into_inner().runs;
    assert_eq!(listed, [first]);
}

#[tokio::test]
async fn a_held_bailleur_is_carried_over_whole() {
    let chamber = chamber_of_the_design().await;
    let held_sirens = vec![scenarios::siren(2)];
    let request = v1::ProposeNettingRequest { held_sirens, ..scenarios::proposal("N-1", (2025, 6, 30)) };
    chamber.client.netting().propose_netting(request).await.unwrap();
    let run = chamber.approve("N-1").await;
    assert_eq!(run_column(&run, |p| p.settled_cents), [77_407, 0, -77_407]);
    assert_eq!(payments(&run), ["C>A 774.07"]);
    chamber.confirm("N-1", &run.payments[0]).await;
    assert_eq!(column(&chamber.positions().await, |p| p.position_cents), [802, -802, 0]);
}

// ---- the nine relogements of the specification ----

/// Under this convention, the nine relogements end in these positions of A, B, C, D, E.
async fn check(convention: v1::Convention, expected: [i64; 5], payment_count: usize) -> v1::NettingRun {
    let chamber = Chamber::open().await;
    chamber.register(&ALL).await;
    chamber.register_operations(&[1, 2, 3]).await;
    chamber.publish(convention).await;
    chamber.record_all(nine()).await;
    chamber.propose("N-1", (2025, 6, 30)).await;
    let run = chamber.approve("N-1").await;
    assert_eq!(run_column(&run, |p| p.position_cents), expected, "positions of the run");
    assert_eq!(run_column(&run, |p| p.settled_cents), expected, "settled now");
    assert_eq!(column(&chamber.positions().await, |p| p.position_cents), expected, "accounts 467100");
    assert_eq!((run.payments.len(), run.payments_optimal), (payment_count, true));
    run
}

fn fair_shares(run: &v1::NettingRun) -> [i64; 5] {
    run_column(run, |position| position.fair_share_cents)
}

#[tokio::test]
async fn example_1_the_origin_bears_and_the_host_keeps_a_surplus() {
    let run = check(causal(), [-494_580, -596_025, 696_605, 0, 394_000], 3).await;
    assert_eq!(run.positions.iter().map(|p| p.effort_cents).sum::<i64>(), 1_897_795);
    assert_eq!(payments(&run), ["A>C 1005.80", "A>E 3940.00", "B>C 5960.25"]);
}

#[tokio::test]
async fn example_2_a_surplus_is_returned_to_the_origin() {
    let convention = v1::Convention { return_surplus: true, ..causal() };
    check(convention, [-436_990, -596_025, 696_605, -57_590, 394_000], 4).await;
}

#[tokio::test]
async fn example_3_works_do_not_count() {
    let counted_lines = [CostLine::RentGap, CostLine::Vacancy].map(i32::from).to_vec();
    let convention = v1::Convention { counted_lines, ..causal() };
    check(convention, [-315_525, -430_026, 551_550, 0, 194_001], 3).await;
}

#[tokio::test]
async fn example_4_half_of_the_effort_is_shared() {
    let convention = v1::Convention { share_bp: 5_000, ..causal() };
    check(convention, [-247_290, -298_013, 348_303, 0, 197_000], 3).await;
}

#[tokio::test]
async fn example_5_the_key_is_the_stock() {
    let run = check(key(KeyBasis::Stock, &STOCK), [-473_453, -176_078, 544_845, -194_860, 299_546], 4).await;
    assert_eq!(fair_shares(&run), [850_298, 460_578, 297_605, 194_860, 94_454]);
}

#[tokio::test]
async fn example_6_the_key_is_equal() {
    let run = check(key(KeyBasis::Equal, &[1; 5]), [-2_714, -95_059, 462_891, -379_559, 14_441], 4).await;
    assert_eq!(fair_shares(&run), [379_559; 5]);
}

#[tokio::test]
async fn example_7_demolishers_bear_sixty_percent() {
    let run = check(roles(60, &[1, 2, 3], &STOCK), [-225_099, -41_553, 631_770, -511_284, 146_166], 4).await;
    assert_eq!(fair_shares(&run), [601_944, 326_053, 210_680, 511_284, 247_834]);
}

#[tokio::test]
async fn example_8_demolishers_bear_seventy_percent() {
    let run = check(roles(70, &[1, 2, 3], &STOCK), [-325_423, -95_895, 596_656, -383_463, 208_125], 4).await;
    assert_eq!(fair_shares(&run), [702_268, 380_395, 245_794, 383_463, 185_875]);
}

#[tokio::test]
async fn example_9_internal_relogements_count() {
    let convention = v1::Convention { include_internal: true, ..key(KeyBasis::Stock, &STOCK) };
    let run = check(convention, [-368_582, -222_190, 515_051, -214_369, 290_090], 4).await;
    assert_eq!(run.positions.iter().map(|p| p.effort_cents).sum::<i64>(), 2_087_795);
}
