use crate::paper::Read;
use crate::sample::{H, O, X, cents, labelled, payment, releve, relogement, rich};
use chambre_audit::report::{Direction, HowShared, KeyStep, Quantity, Releve, ReleveBailleur, Role};
use chambre_domain::Cents;

fn printed(name: &str, releve: Releve) -> Read {
    Read::pdf(name, &ReleveBailleur::checked(releve).unwrap().pdf().unwrap())
}

#[test]
fn the_worked_figures_of_the_design_are_printed() {
    let h = printed("releve-h.pdf", releve(H));
    h.says(&[
        "1 040,12 €",
        "258,03 €",
        "782,09 €",
        "1 290,12 € × 20 ÷ 100 = 258,02 €, reste 40/100 de centime",
    ]);
    h.says(&[
        "Bailleur H, société d’accueil de l’Œuvre",
        "Plaine Commune",
        "Article 7.2",
        "3 840,12",
        "4 000,00",
    ]);
    printed("releve-x.pdf", releve(X)).says(&[
        "ou égaux avec un SIREN plus petit",
        "250,00 €",
        "258,02 €",
        "8,02 €",
        "à payer",
    ]);
    printed("releve-o.pdf", releve(O)).says(&[
        "774,07 €",
        "Relogements d’origine",
        "reste 20/100 de centime",
    ]);
}

#[test]
fn pages_are_numbered_and_the_journal_is_cited() {
    let h = printed("releve-h.pdf", releve(H));
    assert_eq!(h.pages.len(), 2);
    h.says(&[
        "page 1 sur 2",
        "page 2 sur 2",
        &"ab".repeat(32),
        &"0123456789abcdef".repeat(4),
        "1er février 2026",
    ]);
}

#[test]
fn the_same_figures_give_the_same_bytes() {
    let pdf = || ReleveBailleur::checked(releve(H)).unwrap().pdf().unwrap();
    let first = pdf();
    assert_eq!(first, pdf());
    let text = String::from_utf8_lossy(&first).into_owned();
    assert!(text.contains("<pdfaid:part>2</pdfaid:part>"));
    assert!(text.contains("D:20260201"), "the day passed in is the only date");
}

/// A relevé whose effort is spread over so many relogements.
fn long(number: i64) -> Releve {
    let mut long = releve(H);
    let effort = 104_012;
    long.relogements = (1..=number)
        .map(|at| {
            let amount = if at == number { effort - (number - 1) } else { 1 };
            relogement(&format!("R-2025-{at:04}"), Role::Accueil, O, [amount, 0, 0, 0])
        })
        .collect();
    long
}

#[test]
fn two_thousand_relogements_go_on_over_pages_under_the_same_head() {
    let read = printed("releve-2000.pdf", long(2_000));
    let number = read.pages.len();
    assert!((60..120).contains(&number), "{number} pages");
    for (at, page) in (1..).zip(&read.pages) {
        assert!(page.contains(&format!("page {at} sur {number}")), "{page}");
    }
    for page in &read.pages[2..number] {
        assert!(page.contains("Écart de loyer"), "{page}");
    }
    let whole = read.whole();
    for at in 1..=2_000 {
        assert_eq!(whole.matches(&format!("R-2025-{at:04}")).count(), 1, "{at}");
    }
    assert!(read.pages[number - 1].contains("Total 1 040,12"));
}

#[test]
fn a_run_nobody_approved_is_a_draft_on_every_page() {
    let mut draft = releve(H);
    draft.run.approved_by = None;
    draft.run.status = "proposé".to_owned();
    let read = printed("releve-projet.pdf", draft);
    assert!(read.pages.iter().all(|page| page.contains("PROJET non approuvé")), "{:?}", read.pages);
    assert!(!printed("releve-h.pdf", releve(H)).whole().contains("PROJET"));
}

#[test]
fn a_bailleur_at_rest_has_a_releve_of_one_page() {
    let mut quiet = releve(O);
    let zero = Cents::ZERO;
    (quiet.position.fair_share, quiet.position.position, quiet.position.settled) = (zero, zero, zero);
    (quiet.versions, quiet.payments, quiet.relogements) = (Vec::new(), Vec::new(), Vec::new());
    let read = printed("releve-vide.pdf", quiet);
    assert_eq!(read.pages.len(), 1);
    read.says(&["ni à payer, ni à recevoir", "Aucun paiement", "Aucun effort n’est partagé"]);
}

#[test]
fn negative_figures_caps_and_carry_overs_are_printed_with_their_parts() {
    printed("releve-complet.pdf", rich()).says(&[
        "-470,38 €",
        "758,03 €",
        "350,00 €",
        "dont arrêté N-200057867-2024-1, non réglé : 300,00 €",
        "-878,41 €",
        "plafond de 2,50 € par logement, 200 logements ; au plus 500,00 €",
        "-378,41 €",
        "-600,00 €",
        "part de ce territoire dans un paiement de 900,00 €",
        "compensé avec Est Ensemble",
        "excédent d’indemnité gardé par l’accueillant (2 489,50 €)",
        "travaux au-delà du plafond de 5 000,00 € par relogement (1 234,56 €)",
        "Rien n’est partagé maintenant : contestation du montant des travaux",
        "…",
    ]);
}

/// H hosted three relogements of a flat 3 500.00, and was to host two fifths of nine: 3 with a remainder of 3/5.
fn units() -> Releve {
    let tariff = 350_000;
    let mut units = releve(H);
    units.relogements = (1..=3)
        .map(|at| {
            let mut line = relogement(&format!("R-{at}"), Role::Accueil, O, [0, 0, 0, 0]);
            line.adjustments = vec![labelled("forfait par relogement", tariff)];
            (line.to_date, line.shared_now) = (cents(tariff), cents(tariff));
            line
        })
        .collect();
    let placements = Quantity::Placements;
    let group =
        KeyStep::divide("Bailleurs non démolisseurs, 40 %".into(), placements(9), (40, 100), true).unwrap();
    let own = KeyStep::divide("Parc social, RPLS 2025".into(), placements(4), (1_500, 3_000), false).unwrap();
    assert_eq!((group.quotient, group.remainder, own.part), (placements(3), 60, placements(2)));
    let version = &mut units.versions[0];
    (version.total, version.effort, version.fair_share) =
        (cents(9 * tariff), cents(3 * tariff), cents(2 * tariff));
    version.how = HowShared::Keys {
        before: Vec::new(),
        steps: vec![group, own],
        tariff: Some(cents(tariff)),
        after: Vec::new(),
    };
    let position = &mut units.position;
    (position.effort, position.fair_share) = (cents(3 * tariff), cents(2 * tariff));
    (position.position, position.settled) = (cents(tariff), cents(tariff));
    units.payments = vec![payment(1, Direction::Receives, O, tariff)];
    units
}

#[test]
fn a_convention_that_counts_placements_is_printed_with_its_tariff() {
    printed("releve-unites.pdf", units()).says(&[
        "9 × 40 ÷ 100 = 3, reste 60/100 de relogement ; relogement du reste attribué",
        "4 × 1 500 ÷ 3 000 = 2",
        "Part × tarif : 2 × 3 500,00 € = 7 000,00 €",
        "forfait par relogement (3 500,00 €)",
    ]);
    let mut cheaper = units();
    if let HowShared::Keys { tariff, .. } = &mut cheaper.versions[0].how {
        *tariff = Some(cents(1));
    }
    let error = ReleveBailleur::checked(cheaper).unwrap_err().to_string();
    assert!(error.starts_with("versions[0].steps[0].base"), "{error}");
}

#[test]
fn outside_money_is_taken_off_before_the_key() {
    let mut helped = releve(H);
    let step =
        KeyStep::divide("Loyers quittancés".into(), Quantity::Euros(cents(29_012)), (1, 4), false).unwrap();
    let version = &mut helped.versions[0];
    version.fair_share = cents(7_253);
    let before = vec![labelled("Apport d’Action Logement", -100_000)];
    version.how = HowShared::Keys { before, steps: vec![step], tariff: None, after: Vec::new() };
    let position = &mut helped.position;
    (position.fair_share, position.position, position.settled) = (cents(7_253), cents(96_759), cents(96_759));
    helped.payments = vec![payment(1, Direction::Receives, O, 96_759)];
    let texts =
        ["Apport d’Action Logement : -1 000,00 €", "Reste à répartir : 290,12 €", "la division tombe juste"];
    printed("releve-apport.pdf", helped).says(&texts);
}

#[test]
fn a_hundred_sources_of_a_carry_over_go_on_over_pages() {
    let mut carried = releve(X);
    let name = |at: i64| format!("arrêté N-{at:03}, dont une part reste due depuis la dernière échéance");
    carried.carried_from =
        (1..=200).map(|at| labelled(&name(at), if at % 2 == 0 { 1 } else { -1 })).collect();
    let read = printed("releve-reports.pdf", carried);
    let whole = read.whole();
    for at in 1..=200 {
        assert!(whole.contains(&format!("dont arrêté N-{at:03},")), "{at}");
    }
    assert!(read.pages.len() > 4, "{}", read.pages.len());
}

#[test]
fn letters_that_the_fonts_lack_do_not_stop_a_document() {
    let mut foreign = releve(H);
    foreign.bailleur.name = "住宅 Łódź\u{7}\nÎle".to_owned();
    printed("releve-lettres.pdf", foreign).says(&["?? Łódź Île"]);
}
