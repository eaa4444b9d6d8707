//! What a pair says of itself: its score, its warnings, its cost, and what is refused before any rule.

use super::*;

#[test]
fn a_pair_that_fits_reports_each_component_of_its_score() {
    let edge = edge(|_, _| ());
    let points: Vec<_> = edge.score.components().iter().map(|earned| (earned.points, earned.most)).collect();
    // Effort (440 + 160 − 200) ÷ 2 000 = 20 %, a third of the way down from 30 %: 66 of 200 points.
    // Rent and charges as today; twelve months of twenty-four.
    assert_eq!(edge.effort_bp, Some(2_000));
    assert_eq!(points, [(300, 300), (150, 150), (66, 200), (100, 100), (50, 100), (80, 80), (70, 70)]);
    assert_eq!(edge.score.total(), 816);
    assert!(edge.inter_landlord && !edge.widened && edge.warnings.is_empty());
}

#[test]
fn a_missing_input_is_admitted_only_with_a_warning() {
    let on_unknown = BTreeMap::from([(Rule::Financing, OnUnknown::AdmitWithWarning)]);
    let offer = OfferDeclaration { financing: Some(Financing::Plai), ..offer() };
    let edge = read(need(), offer, PolicyTerms { on_unknown, ..terms() }, &references()).unwrap();
    assert_eq!(edge.warnings.iter().map(Reject::code).collect::<Vec<_>>(), ["H02_FINANCING_UNKNOWN"]);
}

#[test]
fn what_is_stored_comes_back_through_the_same_door() {
    let need_text = serde_json::to_string(&HouseholdNeed::new(need()).unwrap()).unwrap();
    assert_eq!(serde_json::from_str::<HouseholdNeed>(&need_text).unwrap().declared(), &need());
    let wrong = need_text.replace("\"persons\":3", "\"persons\":0");
    assert!(
        serde_json::from_str::<HouseholdNeed>(&wrong)
            .unwrap_err()
            .to_string()
            .contains("composition.persons")
    );
    let offer_text = serde_json::to_string(&DwellingOffer::new(offer()).unwrap()).unwrap();
    assert_eq!(serde_json::from_str::<DwellingOffer>(&offer_text).unwrap().declared(), &offer());
    assert!(serde_json::from_str::<DwellingOffer>(&offer_text.replace("44000", "999900")).is_err());
    let policy: PolicyTerms = serde_json::from_str(&serde_json::to_string(&terms()).unwrap()).unwrap();
    assert_eq!(policy, terms());
    let offers = r#"{"basis":"l314_2","made":[{"id":"F-1","notified_on":"2026-03-01","dwellings":2},
        {"id":"F-2","notified_on":"2026-03-02","dwellings":1},{"id":"F-3","notified_on":"2026-03-03","dwellings":1}]}"#;
    assert!(serde_json::from_str::<FormalOffers>(offers).is_err(), "a third offer of two");
}

#[test]
fn every_broken_rule_is_told_not_the_first_one_only() {
    check(
        |need, offer| {
            offer.typology = Typology::T1;
            offer.rent = Cents::new(200_000);
            need.needed_by = Some(TODAY);
        },
        &["H01_TYPOLOGY", "H03_EFFORT", "H04_RPV", "H12_DATE"],
    );
}

#[test]
fn the_expected_indemnity_is_shown_or_why_there_is_none() {
    let at = |on, change: fn(&mut OfferDeclaration)| {
        let mut offer = OfferDeclaration { available_from: on, vacant_since: None, ..offer() };
        change(&mut offer);
        let mut references = References { on, ..references() };
        references.anru_operations.insert(operation("OP-1"));
        read(need(), offer, terms(), &references).unwrap().indemnity
    };
    let (before, after) = (Date::constant(2021, 9, 30), Date::constant(2026, 11, 2));
    let rent = |offer: &mut OfferDeclaration| offer.rent = Cents::new(40_000);
    assert_eq!(at(before, rent), Indemnity::Expected(Cents::new(400_000)));
    assert_eq!(at(after, rent), Indemnity::NoScale { on: after });
    let not_signed = |offer: &mut OfferDeclaration| {
        offer.rent = Cents::new(40_000);
        offer.signed_conventions_of = Vec::new();
    };
    assert_eq!(at(after, not_signed), Indemnity::NotExpected(vec![IndemnityCheck::HostNotSignatory]));
    let dear = |offer: &mut OfferDeclaration| {
        offer.rent = Cents::new(45_933);
        offer.new_or_recent = Some(false);
        offer.rt2005 = None;
    };
    let ceiling = Cents::new(45_932);
    let expected = vec![IndemnityCheck::RentAboveCeiling { ceiling }, IndemnityCheck::QualityUnknown];
    assert_eq!(at(after, dear), Indemnity::NotExpected(expected));
}

#[test]
fn a_bad_declaration_is_refused_by_its_field() {
    let need_field = |change: fn(&mut NeedDeclaration)| {
        let mut declaration = need();
        change(&mut declaration);
        HouseholdNeed::new(declaration).unwrap_err().field
    };
    assert_eq!(need_field(|need| need.composition.dependants = 3), "composition.dependants");
    assert_eq!(need_field(|need| need.composition.units_tenths = 9), "composition.units_tenths");
    assert_eq!(need_field(|need| need.typology.min = Typology::T5), "typology");
    assert_eq!(need_field(|need| need.wishes[1].rank = 0), "wishes[1].rank");
    assert_eq!(need_field(|need| need.needed_by = Some(Date::constant(2025, 11, 1))), "needed_by");
    assert_eq!(need_field(|need| need.present_rent = Some(Cents::new(999_900))), "present_rent_cents");
    let extra = |need: &mut NeedDeclaration| {
        need.means.category = Some(CeilingCategory { category: 3, extra_persons: 1 })
    };
    assert_eq!(need_field(extra), "means.category.extra_persons");
    let lowest = OfferDeclaration { lowest_rent: Some(Cents::new(44_001)), ..offer() };
    let refusal = DwellingOffer::new(lowest).unwrap_err();
    assert_eq!((refusal.field.as_str(), refusal.reason), ("lowest_rent_cents", Reason::ValueRange));
}

#[test]
fn the_page_for_officers_lists_every_rule_and_every_weight() {
    let page = include_str!("../../../../../docs/appariement.md");
    for rule in Rule::ALL {
        assert!(page.contains(&format!("| `{}` |", rule.code())), "{}", rule.code());
    }
    for earned in edge(|_, _| ()).score.components() {
        let line = format!("| {} | {} |", earned.component.french(), earned.most);
        assert!(page.contains(&line), "{line}");
    }
}
