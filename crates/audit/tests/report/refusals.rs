//! A relevé that contradicts itself is never printed.

use crate::sample::{H, O, X, cents, labelled, releve, relogement, rich};
use chambre_audit::report::{
    Direction, HowShared, KeyStep, Releve, ReleveBailleur, ReportError, Role, SettlementLimit,
};
use chambre_domain::{Cents, RelogementId, Siren};

fn refused(change: impl FnOnce(&mut Releve)) -> String {
    let mut changed = releve(H);
    change(&mut changed);
    ReleveBailleur::checked(changed).unwrap_err().to_string()
}

#[test]
fn a_position_that_its_parts_do_not_make_is_refused() {
    let error = refused(|releve| releve.position.position = cents(78_210));
    assert_eq!(error, "position.position is stated as 782.10 but its parts make 782.09");
    assert!(refused(|releve| releve.position.effort = cents(1)).starts_with("position.position"));
    assert!(
        refused(|releve| releve.carried_from = vec![labelled("x", 1)]).starts_with("position.carried_over")
    );
}

#[test]
fn a_fair_share_that_its_key_does_not_make_is_refused() {
    fn step(releve: &mut Releve) -> &mut KeyStep {
        match &mut releve.versions[0].how {
            HowShared::Keys { steps, .. } => &mut steps[0],
            other => panic!("{other:?}"),
        }
    }
    assert!(refused(|releve| step(releve).weight = 21).starts_with("versions[0].steps[0]"));
    assert!(refused(|releve| step(releve).remainder = 41).starts_with("versions[0].steps[0]"));
    assert!(refused(|releve| step(releve).grain_given = false).starts_with("versions[0].steps[0]"));
    assert!(
        refused(|releve| releve.versions[0].total = cents(129_013)).starts_with("versions[0].steps[0].base")
    );
    assert!(
        refused(|releve| releve.versions[0].how = HowShared::Origin).starts_with("versions[0].fair_share")
    );
    assert!(
        refused(|releve| releve.versions[0].how = HowShared::Nothing("x".into())).starts_with("versions[0]")
    );
    assert!(refused(|releve| releve.versions.clear()).starts_with("position.effort"));
}

#[test]
fn an_effort_that_its_relogements_do_not_make_is_refused() {
    assert!(refused(|releve| releve.relogements[0].works = cents(0)).starts_with("relogements[0].to_date"));
    assert!(
        refused(|releve| releve.relogements[0].shared_before = cents(1))
            .starts_with("relogements[0].shared_now")
    );
    assert!(
        refused(|releve| releve.relogements[0].held = Some("x".into()))
            .starts_with("relogements[0].shared_now")
    );
    assert!(refused(|releve| releve.relogements.clear()).starts_with("versions[0].effort"));
    assert!(refused(|releve| releve.relogements[0].role = Role::Origine).starts_with("versions[0].effort"));
    assert!(refused(|releve| releve.relogements[0].role = Role::Interne).starts_with("relogements[0].other"));
    assert!(refused(|releve| releve.relogements[0].convention_version = 9).starts_with("versions[0].effort"));
    let twice = |releve: &mut Releve| {
        let mut again = releve.relogements[0].clone();
        again.role = Role::Origine;
        releve.relogements.push(again);
    };
    assert!(refused(twice).ends_with("(must stand once)"));
}

#[test]
fn a_settlement_that_payments_or_limits_do_not_make_is_refused() {
    assert!(refused(|releve| drop(releve.payments.pop())).starts_with("position.settled"));
    assert!(refused(|releve| releve.payments[0].direction = Direction::Pays).starts_with("position.settled"));
    assert!(refused(|releve| releve.position.settled = cents(78_210)).starts_with("position.settled"));
    assert!(refused(|releve| releve.position.settled = cents(-1)).starts_with("position.settled"));
    assert!(refused(|releve| releve.position.settled = cents(77_407)).starts_with("limit"));
    let limit = |most| Some(SettlementLimit { label: "plafond".to_owned(), most });
    assert!(refused(|releve| releve.limit = limit(None)).starts_with("limit"));
    // A cap bounds what is paid: the bailleur is made a debtor by its carry-over.
    let capped = |releve: &mut Releve| {
        let position = &mut releve.position;
        position.position = cents(-80_000);
        position.carried_over = cents(-80_000 - position.effort.get() + position.fair_share.get());
        position.settled = cents(-77_407);
        releve.carried_from.clear();
        releve.limit = limit(Some(cents(77_406)));
    };
    assert!(refused(capped).starts_with("limit.most"));
    assert!(
        refused(|releve| releve.payments[1].counterparty.siren = Siren::fictitious(H))
            .contains("another bailleur")
    );
}

/// Every amount that another one is made of: all but what is only told (what was left out, the bound of a cap, the
/// total of a causal version, what a held relogement shared before).
fn amounts(releve: &mut Releve) -> Vec<&mut Cents> {
    let position = &mut releve.position;
    let mut all = vec![
        &mut position.effort,
        &mut position.fair_share,
        &mut position.carried_over,
        &mut position.position,
        &mut position.settled,
    ];
    for version in &mut releve.versions {
        all.extend([&mut version.effort, &mut version.fair_share]);
        if version.how != HowShared::Origin {
            all.push(&mut version.total);
        }
    }
    for line in &mut releve.relogements {
        all.extend([&mut line.rent_gap, &mut line.works, &mut line.vacancy, &mut line.indemnity]);
        all.extend(line.adjustments.iter_mut().map(|line| &mut line.amount));
        all.extend([&mut line.to_date, &mut line.shared_now]);
        if line.held.is_none() {
            all.push(&mut line.shared_before);
        }
    }
    all.extend(releve.carried_from.iter_mut().chain(&mut releve.set_off).map(|line| &mut line.amount));
    all
}

#[test]
fn no_amount_can_be_wrong_by_a_cent() {
    let number = amounts(&mut rich()).len();
    assert!(number > 40, "{number}");
    for (at, by) in (0..number).flat_map(|at| [(at, 1), (at, -1)]) {
        let mut wrong = rich();
        let amount = amounts(&mut wrong).swap_remove(at);
        *amount = cents(amount.get() + by);
        assert!(ReleveBailleur::checked(wrong).is_err(), "amount {at} changed by {by}");
    }
}

#[test]
fn a_run_that_cannot_be_found_again_is_refused() {
    assert!(refused(|releve| releve.run.input_sha256 = "abc".into()).starts_with("run.input_sha256"));
    assert!(
        refused(|releve| releve.run.approved_by = Some(releve.run.proposed_by.clone()))
            .starts_with("run.approved_by")
    );
    assert!(refused(|releve| releve.bailleur.siren = Siren::fictitious(X)).starts_with("bailleur.siren"));
}

#[test]
fn figures_beyond_64_bits_are_refused_and_never_wrap() {
    let error = refused(|releve| releve.position.fair_share = cents(i64::MIN));
    assert_eq!(error, "position.fair_share leaves the range of a 64-bit number of cents");
    let mut wide = releve(H);
    wide.relogements.push(relogement("R-9", Role::Accueil, O, [0, 0, 0, 0]));
    for line in &mut wide.relogements {
        line.id = RelogementId::parse("r", &format!("{}-x", line.id)).unwrap();
        (line.rent_gap, line.works, line.indemnity) = (cents(i64::MAX), cents(0), cents(0));
        (line.to_date, line.shared_now) = (cents(i64::MAX), cents(i64::MAX));
    }
    let overflow = ReportError::Overflow { field: "versions[0].effort".to_owned() };
    assert_eq!(ReleveBailleur::checked(wide).unwrap_err(), overflow);
}
