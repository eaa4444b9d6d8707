use super::*;

const HEADING: &str = "event_id;type;relogement;operation;menage;bailleur_accueil;date;date_fin;commune;\
    typologie;loyer_reference;loyer_pratique;charges_reference;charges_pratiquees;contingent;hors_flux;\
    motif_ru;montant;statut;piece;extourne;motif\n";
const RELOGEMENT: &str = "e1;relogement;R-1;OP-1;h-7f3a;000000018;15/03/2025;;93066;T3;840,00;519,99;90;85,5;collectivités;oui;non;;;;;";

fn read_text(text: &str) -> (Vec<Declaration>, BadLines) {
    let mut bad = BadLines::default();
    let rows = sheet::rows(text.as_bytes(), &COLUMNS, &["event_id", "type"], &mut bad).unwrap();
    (declarations(&rows, &mut bad), bad)
}

fn body(line: &str) -> Body {
    let (mut found, bad) = read_text(&format!("{HEADING}{line}\n"));
    assert!(bad.is_empty(), "{bad}");
    found.remove(0).event.body.unwrap()
}

fn faults(line: &str) -> Vec<(String, String)> {
    let (found, bad) = read_text(&format!("{HEADING}{line}\n"));
    assert!(found.is_empty(), "{line}");
    bad.first().into_iter().map(|bad| (bad.field.clone(), bad.reason.clone())).collect()
}

fn check(line: &str, expected: &[(&str, &str)]) {
    let expected: Vec<_> = expected.iter().map(|(f, r)| ((*f).to_owned(), (*r).to_owned())).collect();
    assert_eq!(faults(line), expected, "{line}");
}

fn day(year: i32, month: i32, day: i32) -> Option<v1::Date> {
    Some(v1::Date { year, month, day })
}

#[test]
fn a_relogement_is_read_with_all_its_columns() {
    let Body::Relogement(relogement) = body(RELOGEMENT) else { panic!("another kind") };
    assert_eq!(relogement.lease_date, day(2025, 3, 15));
    assert_eq!((relogement.reference_rent_cents, relogement.practised_rent_cents), (84_000, 51_999));
    assert_eq!(
        (relogement.reference_charges_cents, relogement.practised_charges_cents),
        (Some(9_000), Some(8_550))
    );
    assert_eq!(relogement.typology(), v1::Typology::T3);
    assert_eq!(relogement.contingent(), v1::Contingent::LocalAuthorities);
    assert!(relogement.out_of_flow && !relogement.sne_motive_ru);
}

#[test]
fn every_other_kind_is_read() {
    let id = || "R-1".to_owned();
    let kinds = [
        (
            "e;Travaux;R-1;;;;2025-04-02;;;;;;;;;;;1 200,00;;F-12;;",
            Body::Works(v1::Works {
                relogement_id: id(),
                amount_cents: 120_000,
                invoiced_on: day(2025, 4, 2),
                voucher: "F-12".to_owned(),
            }),
        ),
        (
            "e;vacance;R-1;;;;01/02/2025;14/02/2025;;;;;;;;;;300.5;;;;",
            Body::Vacancy(v1::Vacancy {
                relogement_id: id(),
                from: day(2025, 2, 1),
                to: day(2025, 2, 14),
                amount_cents: 30_050,
            }),
        ),
        (
            "e;indemnité;R-1;;;;2025-09-30;;;;;;;;;;;4000;reçue;;;",
            Body::Indemnity(v1::Indemnity {
                relogement_id: id(),
                status: v1::IndemnityStatus::Received.into(),
                amount_cents: 400_000,
                occurred_on: day(2025, 9, 30),
            }),
        ),
        (
            "e;révision;R-1;;;;2026-01-01;;;;848,40;525;;;;;;;;;;",
            Body::RentRevision(v1::RentRevision {
                relogement_id: id(),
                from: day(2026, 1, 1),
                reference_rent_cents: 84_840,
                practised_rent_cents: 52_500,
            }),
        ),
        (
            "e;fin de bail;R-1;;;;2026-06-30;;;;;;;;;;;;;;;",
            Body::LeaseEnd(v1::LeaseEnd { relogement_id: id(), ended_on: day(2026, 6, 30) }),
        ),
        (
            "e;extourne;;;;;;;;;;;;;;;;;;;e0;doublon",
            Body::Reversal(v1::Reversal {
                reverses_event_id: "e0".to_owned(),
                reason: v1::ReversalReason::Duplicate.into(),
            }),
        ),
    ];
    for (line, expected) in kinds {
        assert_eq!(body(line), expected, "{line}");
    }
}

#[test]
fn every_fault_of_a_line_is_told_under_its_column() {
    check(
        "e;travaux;;;;;2025-02-30;;;;;;;;;;;12,345;;;;",
        &[
            ("relogement", "FIELD_MISSING"),
            ("montant", "AMOUNT_SUB_CENT"),
            ("date", "DATE_INVALID"),
            ("piece", "FIELD_MISSING"),
        ],
    );
    check(";travaux;R-1;;;;2025-02-03;;;;;;;;;;;12;;F;;", &[("event_id", "FIELD_MISSING")]);
    check("e;loyer;;;;;;;;;;;;;;;;;;;;", &[("type", "VALUE_UNKNOWN")]);
    check("e;fin_de_bail;R-1;;;;2026-06-30;;;;;;;;;;;5;;;;", &[("montant", "COLUMN_FOREIGN")]);
    check(
        "e;extourne;;;;;;;;;;;;;;;;;;;e 0;faute",
        &[("extourne", "ID_CHARACTERS"), ("motif", "VALUE_UNKNOWN")],
    );
}

#[test]
fn what_only_the_whole_line_shows_is_told_under_its_column_too() {
    check("e;travaux;R-1;;;;2025-02-03;;;;;;;;;;;-12;;F;;", &[("montant", "AMOUNT_NOT_POSITIVE")]);
    check("e;vacance;R-1;;;;2025-02-03;2025-02-01;;;;;;;;;;9;;;;", &[("date_fin", "DATES_OUT_OF_ORDER")]);
    check("e;revision;R-1;;;;2026-01-02;;;;9;8;;;;;;;;;;", &[("date", "DATE_INVALID")]);
    check(&RELOGEMENT.replace("85,5", ""), &[("charges_pratiquees", "CHARGES_INCOMPLETE")]);
    check(&RELOGEMENT.replace("93066", "93000"), &[("commune", "COMMUNE_UNKNOWN")]);
    check(&RELOGEMENT.replace("840,00", "9999"), &[("loyer_reference", "RENT_SENTINEL")]);
    check(&RELOGEMENT.replace("000000018", "000000019"), &[("bailleur_accueil", "SIREN_CHECK_DIGIT")]);
}

#[test]
fn a_household_is_never_repeated() {
    let (_, bad) = read_text(&format!("{HEADING}{}\n", RELOGEMENT.replace("h-7f3a", "1850578006084")));
    assert_eq!(bad.first()[0].reason, "HOUSEHOLD_NIR");
    assert!(!bad.to_string().contains("1850578"));
}

#[test]
fn the_same_identifier_twice_is_told_with_its_first_line() {
    let end = "e;fin_de_bail;R-1;;;;2026-06-30;;;;;;;;;;;;;;;\n";
    let (_, bad) = read_text(&format!("{HEADING}{end}{end}"));
    assert_eq!((bad.count, bad.first()[0].line), (1, 3));
    assert!(bad.to_string().contains("ligne 2"));
}

#[test]
fn a_refused_field_of_the_server_is_told_by_its_column() {
    let form = |name| &KINDS.iter().find(|(form, _)| form.name == name).unwrap().0;
    assert_eq!(form("travaux").column_of("events[3].works.amount_cents"), Some("montant"));
    assert_eq!(form("relogement").column_of("relogement.host_siren"), Some("bailleur_accueil"));
    assert_eq!(form("vacance").column_of("relogement_id"), Some("relogement"));
    assert_eq!(form("vacance").column_of("nothing"), None);
}

#[test]
fn every_column_of_a_form_is_a_column_of_the_file() {
    for (form, _) in &KINDS {
        assert!(form.columns.iter().all(|(column, _)| COLUMNS.contains(column)), "{}", form.name);
    }
}
