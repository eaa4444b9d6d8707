use super::*;

#[test]
fn nothing_follows_the_end_of_a_run() {
    for over in [NettingStatus::Closed, NettingStatus::Rejected, NettingStatus::Cancelled] {
        assert!(over.steps().is_empty(), "{}", over.french());
    }
}

#[test]
fn a_run_is_cancelled_only_before_its_payments_are_ordered() {
    let cancellable =
        NettingStatus::ALL.into_iter().filter(|status| status.steps().contains(&NettingStep::Cancel));
    assert_eq!(
        cancellable.map(NettingStatus::code).collect::<Vec<_>>(),
        ["OPEN", "CUT_OFF", "PROPOSED", "PUBLISHED", "APPROVED"]
    );
}

#[test]
fn a_signed_run_is_not_computed_again() {
    let computable =
        NettingStatus::ALL.into_iter().filter(|status| status.steps().contains(&NettingStep::Propose));
    assert!(computable.into_iter().all(NettingStatus::is_under_way));
}
