//! Documents of a run over gRPC: the relevé, the arrêté, the comparison say the figures of the run, to the cent.

#![allow(clippy::unwrap_used, clippy::panic)] // a scenario that cannot go on says which case it was

use chambre_api::v1::StatementFormat::{Csv, Pdf, RelogementsCsv};
use chambre_api::v1::event::Body;
use chambre_api::v1::{self, FairShareRule, KeyBasis, NettingLevel};
use scenarios::{
    Chamber, STOCK, TERRITORY, Told, causal, design, event, indemnity, key, nine, relogement, roles, siren,
    works,
};
use std::collections::BTreeMap;
use tonic::{Code, Status};

// ---- asking, and reading the answers ----

async fn statement(
    chamber: &Chamber,
    netting_id: &str,
    number: u32,
    format: v1::StatementFormat,
) -> Result<v1::GetStatementResponse, Status> {
    let (netting_id, bailleur_siren) = (netting_id.to_owned(), siren(number));
    let asked = v1::GetStatementRequest { netting_id, bailleur_siren, format: format.into() };
    Ok(chamber.client.netting().get_statement(asked).await?.into_inner())
}

async fn arrete(chamber: &Chamber, netting_id: &str) -> Result<v1::GetRunDocumentResponse, Status> {
    let asked = v1::GetRunDocumentRequest { netting_id: netting_id.to_owned() };
    Ok(chamber.client.netting().get_run_document(asked).await?.into_inner())
}

/// The rows of a table for French spreadsheets, each cell by the name of its column.
fn rows(content: &[u8]) -> Vec<BTreeMap<String, String>> {
    let text = std::str::from_utf8(content).unwrap().strip_prefix('\u{feff}').unwrap();
    let mut lines = text.lines().map(cells);
    let heads = lines.next().unwrap();
    lines.map(|line| heads.iter().cloned().zip(line).collect()).collect()
}

fn cells(line: &str) -> Vec<String> {
    let (mut cells, mut quoted) = (vec![String::new()], false);
    for one in line.chars() {
        match one {
            '"' => quoted = !quoted,
            ';' if !quoted => cells.push(String::new()),
            other => cells.last_mut().unwrap().push(other),
        }
    }
    cells
}

/// `label = amount` of every figure of a relevé.
async fn figures(chamber: &Chamber, netting_id: &str, number: u32) -> Vec<String> {
    let file = statement(chamber, netting_id, number, Csv).await.unwrap();
    let said = |row: &BTreeMap<String, String>| format!("{} = {}", row["Libellé"], row["Montant ou nombre"]);
    rows(&file.content).iter().map(said).collect()
}

fn holds(figures: &[String], expected: &[&str]) {
    for line in expected {
        assert!(figures.iter().any(|figure| figure == line), "{line} in {figures:#?}");
    }
}

fn is_a_pdf(content: &[u8]) {
    assert!(content.starts_with(b"%PDF") && content.len() > 5_000, "{} bytes", content.len());
}

/// Every document of a run can be made: a relevé in its three forms for each bailleur, and the arrêté.
async fn every_document(chamber: &Chamber, run: &v1::NettingRun, case: &str) {
    let document = arrete(chamber, &run.netting_id).await;
    is_a_pdf(&document.unwrap_or_else(|status| panic!("{case}, arrêté: {status}")).content);
    for position in &run.positions {
        let number = (1..).find(|number| siren(*number) == position.bailleur_siren).unwrap();
        for format in [Pdf, Csv, RelogementsCsv] {
            let file = statement(chamber, &run.netting_id, number, format).await;
            let file =
                file.unwrap_or_else(|status| panic!("{case}, bailleur {number}, {format:?}: {status}"));
            if format == Pdf {
                is_a_pdf(&file.content);
            }
        }
    }
}

// ---- the figures of the design ----

#[tokio::test]
async fn the_relevés_of_the_design_hold_its_figures_to_the_cent() {
    let chamber = design::chamber(design::convention()).await;
    let run = chamber.propose("N-1", (2025, 6, 30)).await;
    every_document(&chamber, &run, "the design").await;
    let host = figures(&chamber, "N-1", 1).await;
    let expected = [
        "a. Effort supporté = 1040,12",
        "b. Part équitable = 258,03",
        "d. Position = a - b + c = 782,09",
        "e. Réglé par cet arrêté = 782,09",
        "f. Reporté = d - e = 0,00",
        "Effort total du territoire = 1290,12",
    ];
    holds(&host, &expected);
    holds(&figures(&chamber, "N-1", 2).await, &["b. Part équitable = 258,02", "à payer = -8,02"]);
    holds(&figures(&chamber, "N-1", 3).await, &["a. Effort supporté = 0,00", "à payer = -774,07"]);

    let file = statement(&chamber, "N-1", 1, RelogementsCsv).await.unwrap();
    let lines = rows(&file.content);
    let [line] = lines.as_slice() else { panic!("{lines:?}") };
    let amounts =
        ["Écart de loyer compté", "Travaux comptés", "Indemnité ANRU déduite", "Partagé maintenant"];
    assert_eq!(amounts.map(|column| line[column].as_str()), ["3840,12", "1200,00", "4000,00", "1040,12"]);
    assert_eq!((line["Opération"].as_str(), line["Rôle"].as_str()), ("OP-3", "accueil"));
    assert_eq!(file.file_name, format!("releve-N-1-{}-relogements.csv", siren(1)));
    assert_eq!(file.media_type, "text/csv; charset=utf-8");
}

#[tokio::test]
async fn a_relevé_printed_again_after_later_runs_is_the_same_to_the_byte() {
    let chamber = design::chamber(design::convention()).await;
    chamber.propose("N-1", (2025, 6, 30)).await;
    for payment in chamber.approve("N-1").await.payments {
        chamber.confirm("N-1", &payment).await;
    }
    let before = statement(&chamber, "N-1", 1, RelogementsCsv).await.unwrap();
    let arrete_before = arrete(&chamber, "N-1").await.unwrap();
    chamber.record("late", Body::Indemnity(indemnity("R-H", 50_000))).await;
    let second = chamber.propose("N-2", (2025, 6, 30)).await;
    every_document(&chamber, &second, "a late indemnity").await;
    chamber.approve("N-2").await;
    assert_eq!(statement(&chamber, "N-1", 1, RelogementsCsv).await.unwrap(), before);
    assert_eq!(arrete(&chamber, "N-1").await.unwrap(), arrete_before);
    let file = statement(&chamber, "N-2", 1, RelogementsCsv).await.unwrap();
    let line = &rows(&file.content)[0];
    let amounts = ["Effort à ce jour", "Partagé avant", "Partagé maintenant"];
    assert_eq!(amounts.map(|column| line[column].as_str()), ["540,12", "1040,12", "-500,00"]);
}

#[tokio::test]
async fn a_capped_debtor_reads_which_cap_and_how_much() {
    let cap = v1::DebtorCap { bailleur_siren: siren(3), cap_cents: 50_000 };
    let chamber = design::chamber(v1::Convention { debtor_caps: vec![cap], ..design::convention() }).await;
    let run = chamber.propose("N-1", (2025, 6, 30)).await;
    every_document(&chamber, &run, "a cap").await;
    let debtor = figures(&chamber, "N-1", 3).await;
    let expected = [
        "plafond de la convention : montant fixé = 500,00",
        "e. Réglé par cet arrêté = -500,00",
        "f. Reporté = d - e = -274,07",
    ];
    holds(&debtor, &expected);
}

#[tokio::test]
async fn a_held_bailleur_reads_that_its_position_is_suspended() {
    let chamber = design::chamber(design::convention()).await;
    let held_sirens = vec![siren(2)];
    let request = v1::ProposeNettingRequest { held_sirens, ..scenarios::proposal("N-1", (2025, 6, 30)) };
    let answer = chamber.client.netting().propose_netting(request).await.unwrap().into_inner();
    every_document(&chamber, &answer.run.unwrap(), "a hold").await;
    let held = figures(&chamber, "N-1", 2).await;
    holds(&held, &["position suspendue (contestation ou refus) = ", "e. Réglé par cet arrêté = 0,00"]);
}

#[tokio::test]
async fn a_disputed_relogement_is_listed_and_shares_nothing() {
    let chamber = design::chamber(design::convention()).await;
    let raised = v1::RaiseDisputeRequest {
        event_id: "d-1".to_owned(),
        subject: Some(v1::raise_dispute_request::Subject::RelogementId("R-X".to_owned())),
        reason: v1::DisputeReason::AmountWrong.into(),
        raised_by: Some(v1::raise_dispute_request::RaisedBy::OfficerId("officer-1".to_owned())),
        ..v1::RaiseDisputeRequest::default()
    };
    chamber.client.netting().raise_dispute(raised).await.unwrap();
    let run = chamber.propose("N-1", (2025, 6, 30)).await;
    every_document(&chamber, &run, "a dispute").await;
    let file = statement(&chamber, "N-1", 2, RelogementsCsv).await.unwrap();
    let line = &rows(&file.content)[0];
    assert_eq!((line["Effort à ce jour"].as_str(), line["Partagé maintenant"].as_str()), ("250,00", "0,00"));
    assert_eq!(line["Motif de non-partage"], "en litige : au premier arrêté qui suit son règlement");
}

#[tokio::test]
async fn what_has_no_document_is_refused_by_name() {
    let chamber = design::chamber(design::convention()).await;
    let told = |answer: Status| Told::by(&answer);
    let unknown = told(arrete(&chamber, "N-9").await.unwrap_err());
    assert_eq!((unknown.code, unknown.reason.as_str()), (Code::NotFound, "NETTING_UNKNOWN"));
    chamber.propose("N-1", (2025, 6, 30)).await;
    let stranger = told(statement(&chamber, "N-1", 5, Pdf).await.unwrap_err());
    assert_eq!((stranger.code, stranger.reason.as_str()), (Code::NotFound, "BAILLEUR_UNKNOWN"));
    let formless = told(statement(&chamber, "N-1", 1, v1::StatementFormat::Unspecified).await.unwrap_err());
    assert_eq!((formless.reason.as_str(), formless.field.as_str()), ("FIELD_MISSING", "format"));
}

async fn chamber_of_nine(convention: v1::Convention) -> Chamber {
    let chamber = Chamber::open().await;
    chamber.register(&[1, 2, 3, 4, 5, 6]).await;
    chamber.register_operations(&[1, 2, 3]).await;
    chamber.publish(convention).await;
    chamber.record_all(nine()).await;
    chamber
}

#[tokio::test]
async fn example_7_roles_are_two_divisions_one_after_the_other() {
    let chamber = chamber_of_nine(roles(60, &[1, 2, 3], &STOCK)).await;
    let run = chamber.propose("N-1", (2025, 6, 30)).await;
    every_document(&chamber, &run, "example 7").await;
    let demolisher = figures(&chamber, "N-1", 1).await;
    let expected = [
        "À répartir : Bailleurs démolisseurs = 18977,95",
        "Bailleurs démolisseurs = 11386,77",
        "À répartir : Bailleurs démolisseurs : parc social sur le territoire = 11386,77",
        "Bailleurs démolisseurs : parc social sur le territoire = 6019,44",
        "b. Part équitable = 6019,44",
        "d. Position = a - b + c = -2250,99",
    ];
    holds(&demolisher, &expected);
    holds(&figures(&chamber, "N-1", 4).await, &["Autres bailleurs = 7591,18", "b. Part équitable = 5112,84"]);
}

#[tokio::test]
async fn example_5_a_key_is_one_division_with_its_weight_and_its_remainder() {
    let chamber = chamber_of_nine(key(KeyBasis::Stock, &STOCK)).await;
    let run = chamber.propose("N-1", (2025, 6, 30)).await;
    every_document(&chamber, &run, "example 5").await;
    let file = statement(&chamber, "N-1", 1, Csv).await.unwrap();
    let rows = rows(&file.content);
    let divided = rows.iter().find(|row| row["Poids"] == "12000").unwrap();
    // 1 897 795 cents × 12 000 = 850 298 × 26 783 + 8 666.
    let columns = ["Poids total", "Quotient", "Reste de la division", "Centime ou relogement du reste"];
    assert_eq!(columns.map(|column| divided[column].as_str()), ["26783", "8502,98", "8666", "non"]);
    assert_eq!(divided["Montant ou nombre"], "8502,98");
}

/// Conventions of every kind.
fn conventions() -> Vec<(&'static str, v1::Convention)> {
    let stock = || key(KeyBasis::Stock, &STOCK);
    let weights = |list: &[i64]| key(KeyBasis::Equal, list).weights;
    let rents = |list: [i64; 3]| {
        let rent =
            |(number, rents_cents): (u32, i64)| v1::YearlyRent { bailleur_siren: siren(number), rents_cents };
        (1..).zip(list).map(rent).collect::<Vec<_>>()
    };
    let ruled = |rule: FairShareRule, convention: v1::Convention| v1::Convention {
        fair_share_rule: rule.into(),
        ..convention
    };
    let units = v1::Convention { tariff_cents: 150_000, ..ruled(FairShareRule::Units, stock()) };
    let outside = v1::OutsideMoney { payer_siren: siren(6), amount_cents: 1_500_000 };
    let rent = v1::Convention {
        rents: rents([700_000_000, 300_000_001, 99]),
        weights: Vec::new(),
        key_basis: KeyBasis::Unspecified.into(),
        ..ruled(FairShareRule::Rent, stock())
    };
    let level = |level: NettingLevel| v1::Convention { netting_level: level.into(), ..causal() };
    vec![
        ("causal", causal()),
        ("surplus returned", v1::Convention { return_surplus: true, ..causal() }),
        ("half shared", v1::Convention { share_bp: 3_333, ..stock() }),
        ("internal", v1::Convention { include_internal: true, ..stock() }),
        (
            "caps of the effort",
            v1::Convention {
                works_cap_cents: Some(50_000),
                vacancy_days_cap: Some(7),
                total_cap_cents: Some(300_000),
                ..causal()
            },
        ),
        ("rent gap only", v1::Convention { counted_lines: vec![1], deduct_indemnity: false, ..stock() }),
        ("roles", roles(70, &[1, 2], &STOCK)),
        ("roles without others", roles(60, &[1, 2, 3, 4, 5], &STOCK)),
        ("units", units.clone()),
        (
            "units by roles",
            v1::Convention {
                units_by_roles: true,
                demolishers_pct: 60,
                demolisher_sirens: vec![siren(1), siren(2)],
                ..units
            },
        ),
        ("rent", rent.clone()),
        ("outside money", v1::Convention { outside: Some(outside), ..rent }),
        (
            "blend",
            v1::Convention {
                stock_bp: 3_333,
                key_basis: KeyBasis::Equal.into(),
                other_weights: weights(&[1, 1, 1, 1, 1]),
                ..ruled(FairShareRule::Blend, stock())
            },
        ),
        ("bilateral", level(NettingLevel::Bilateral)),
        ("cyclic", level(NettingLevel::Cyclic)),
        (
            "smoothing",
            v1::Convention { smoothing: Some(v1::Fraction { numerator: 1, denominator: 3 }), ..stock() },
        ),
        ("de minimis", v1::Convention { de_minimis_cents: 250_000, ..stock() }),
        ("exempt", v1::Convention { exempt_sirens: vec![siren(1)], ..stock() }),
        ("carry-over", v1::Convention { carry_over_only: true, ..stock() }),
        ("in kind", v1::Convention { in_kind_only: true, ..stock() }),
    ]
}

/// A run with a hold, approved, then one with late lines and a refusal: every document of both can be made.
async fn two_runs(name: &str, convention: v1::Convention) {
    let chamber = chamber_of_nine(convention).await;
    let held = v1::ProposeNettingRequest {
        held_sirens: vec![siren(2)],
        ..scenarios::proposal("N-1", (2025, 6, 30))
    };
    let first = chamber.client.netting().propose_netting(held).await.unwrap().into_inner().run.unwrap();
    every_document(&chamber, &first, name).await;
    let first = chamber.approve("N-1").await;
    if let Some(payment) = first.payments.first() {
        chamber.confirm("N-1", payment).await;
    }
    let late = [
        event("late-1", Body::Relogement(relogement("e10", 2, 3, 12_345))),
        event("late-2", Body::Indemnity(indemnity("e01", 70_001))),
        event("late-3", Body::Works(works("e09", 10_001))),
        event("late-4", Body::Relogement(relogement("e11", 3, 4, 54_321))),
    ];
    chamber.record_all(late.to_vec()).await;
    let refused = v1::ProposeNettingRequest {
        refuser_sirens: vec![siren(4)],
        ..scenarios::proposal("N-2", (2025, 6, 30))
    };
    let second = chamber.client.netting().propose_netting(refused).await.unwrap().into_inner().run.unwrap();
    every_document(&chamber, &second, &format!("{name}, second run")).await;
    every_document(&chamber, &first, &format!("{name}, first run again")).await;
}

#[tokio::test]
async fn every_relevé_of_every_run_can_be_made_under_conventions_of_every_kind() {
    for (name, convention) in conventions() {
        two_runs(name, convention).await;
    }
}

#[tokio::test]
async fn a_cap_between_pairs_has_its_documents_too() {
    let cap = v1::DebtorCap { bailleur_siren: siren(1), cap_cents: 100_000 };
    let convention =
        v1::Convention { debtor_caps: vec![cap], netting_level: NettingLevel::Bilateral.into(), ..causal() };
    let chamber = chamber_of_nine(convention).await;
    let run = chamber.propose("N-1", (2025, 6, 30)).await;
    every_document(&chamber, &run, "a cap between pairs").await;
}

// ---- comparisons ----

fn comparison(scenarios: &[(&str, v1::Convention)], form: v1::ComparisonFormat) -> v1::GetComparisonRequest {
    let scenario = |(name, convention): &(&str, v1::Convention)| v1::Scenario {
        name: (*name).to_owned(),
        conventions: vec![convention.clone()],
    };
    v1::GetComparisonRequest {
        territory_siren: TERRITORY.to_owned(),
        period: scenarios::proposal("", (2025, 6, 30)).period,
        scenarios: scenarios.iter().map(scenario).collect(),
        format: form.into(),
    }
}

#[tokio::test]
async fn a_comparison_holds_the_position_of_each_bailleur_under_each_rule() {
    let chamber = chamber_of_nine(causal()).await;
    let head = chamber.head().await;
    let tried = [("Parc", key(KeyBasis::Stock, &STOCK)), ("60/40", roles(60, &[1, 2, 3], &STOCK))];
    let mut netting = chamber.client.netting();
    let asked = comparison(&tried, v1::ComparisonFormat::Csv);
    let file = netting.get_comparison(asked).await.unwrap().into_inner();
    let rows = rows(&file.content);
    let position = |name: &str| {
        let row = rows.iter().find(|row| row["SIREN"] == siren(1) && row["Convention"] == name).unwrap();
        row["Position (à recevoir si positive)"].clone()
    };
    assert_eq!([position("Parc"), position("60/40")], ["-4734,53", "-2250,99"]);
    let asked = comparison(&tried, v1::ComparisonFormat::Pdf);
    is_a_pdf(&netting.get_comparison(asked).await.unwrap().into_inner().content);
    let twice = [("Parc", causal()), ("Parc", causal())];
    let refused = netting.get_comparison(comparison(&twice, v1::ComparisonFormat::Pdf)).await.unwrap_err();
    let told = Told::by(&refused);
    assert_eq!((told.reason.as_str(), told.field.as_str()), ("SCENARIO_DUPLICATE", "scenarios[1].name"));
    assert_eq!(chamber.head().await, head, "a comparison writes nothing");
}
