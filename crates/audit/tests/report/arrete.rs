use crate::paper::Read;
use crate::sample::{H, O, X, cents, convention, labelled, party, run};
use chambre_audit::report::{
    Arrete, ArreteCompensation, ArreteLine, KeyHolder, KeyStep, KeyTable, Party, Quantity,
};
use chambre_domain::netting::{NetPosition, Payment, PaymentPlan};
use chambre_domain::{Amount, Cents, PaymentId, Siren};

fn line(party: Party, effort: i64, fair_share: i64) -> ArreteLine {
    let position = NetPosition {
        bailleur: party.siren,
        effort: cents(effort),
        fair_share: cents(fair_share),
        carried_over: Cents::ZERO,
        position: cents(effort - fair_share),
        settled: cents(effort - fair_share),
    };
    ArreteLine { bailleur: party, position, limit: None, set_off: Vec::new() }
}

fn pays(number: u32, from: u32, to: u32, amount: i64) -> Payment {
    Payment {
        id: PaymentId::parse("p", &format!("N-200057867-2025-1-{number:04}")).unwrap(),
        from: Siren::fictitious(from),
        to: Siren::fictitious(to),
        amount: Amount::new("a", amount).unwrap(),
    }
}

fn arrete() -> Arrete {
    let step = |weight, grain| {
        KeyStep::divide("Clé".to_owned(), Quantity::Euros(cents(129_012)), (weight, 100), grain).unwrap()
    };
    let holder = |number| KeyHolder::Bailleur(Siren::fictitious(number));
    Arrete {
        run: run(),
        conventions: vec![convention(1)],
        lines: vec![
            line(party(H), 104_012, 25_803),
            line(party(X), 25_000, 25_802),
            line(party(O), 0, 77_407),
        ],
        plan: PaymentPlan { payments: vec![pays(1, X, H, 802), pays(2, O, H, 77_407)], lower_bound: 2 },
        keys: vec![KeyTable {
            version: 1,
            title: "clé de la charte, 20/20/60".to_owned(),
            tariff: None,
            rows: vec![
                (holder(H), step(20, true)),
                (holder(X), step(20, false)),
                (holder(O), step(60, false)),
            ],
        }],
    }
}

fn printed(name: &str, arrete: Arrete) -> Read {
    Read::pdf(name, &ArreteCompensation::checked(arrete).unwrap().pdf().unwrap())
}

fn refused(change: impl FnOnce(&mut Arrete)) -> String {
    let mut changed = arrete();
    change(&mut changed);
    ArreteCompensation::checked(changed).unwrap_err().to_string()
}

#[test]
fn the_worked_figures_of_the_design_are_printed() {
    let read = printed("arrete.pdf", arrete());
    read.says(&[
        "1 290,12 €",
        "+782,09",
        "-8,02",
        "-774,07",
        "774,07 €",
        "page 1 sur 2",
        "agent-1",
        "agent-2",
    ]);
    read.says(&["Il est démontré qu’aucun plan ne compte moins de paiements.", "40/100", "20/100"]);
    read.says(&["Somme des positions 0,00 €", "effort supporté", "part équitable", &"ab".repeat(32)]);
}

#[test]
fn the_same_figures_give_the_same_bytes() {
    let pdf = || ArreteCompensation::checked(arrete()).unwrap().pdf().unwrap();
    assert_eq!(pdf(), pdf());
}

/// So many bailleurs, each owed or owing by the one before it; efforts below zero among them.
fn crowd(number: u32) -> Arrete {
    let mut crowd = arrete();
    crowd.keys = Vec::new();
    let amount = |at: u32| i64::from(at) * 137_531 % 900_007 - 40_000;
    let bailleur = |at: u32| {
        let mut party = party(at + 10);
        party.name = match at % 3 {
            0 => format!("Office public de l’habitat n° {at}"),
            1 => format!("Société anonyme d’habitations à loyer modéré de la vallée et des plateaux n° {at}"),
            _ => format!("Coopérative {at}"),
        };
        party
    };
    // Each bears amount(at) and should bear what the next one bears: positions chain, and sum to zero.
    crowd.lines = (0..number).map(|at| line(bailleur(at), amount(at), amount((at + 1) % number))).collect();
    for line in &mut crowd.lines {
        line.position.settled = Cents::ZERO;
        line.limit = Some("la convention ne règle rien en argent".to_owned());
    }
    crowd.plan = PaymentPlan::default();
    crowd
}

#[test]
fn many_bailleurs_go_on_over_pages_with_the_legend_on_each_page_of_the_picture() {
    let read = printed("arrete-60.pdf", crowd(60));
    let pictures = read
        .pages
        .iter()
        .filter(|page| page.contains("effort − part (euros)") || page.contains("effort - part (euros)"));
    assert!(pictures.count() >= 3, "{:?}", read.pages);
    let number = read.pages.len();
    read.says(&[
        &format!("page {number} sur {number}"),
        "Aucun paiement.",
        "la convention ne règle rien en argent",
    ]);
}

#[test]
fn one_bailleur_at_rest_is_an_arrete_too() {
    let mut alone = crowd(1);
    alone.lines[0].limit = None;
    printed("arrete-1.pdf", alone).says(&["Somme des positions 0,00 €"]);
    let mut nobody = crowd(1);
    nobody.lines.clear();
    printed("arrete-0.pdf", nobody).says(&["Bailleurs 0"]);
}

#[test]
fn sums_that_do_not_hold_are_refused() {
    let moved = |arrete: &mut Arrete, at: usize, by: i64| {
        let position = &mut arrete.lines[at].position;
        position.fair_share = cents(position.fair_share.get() - by);
        position.position = cents(position.position.get() + by);
    };
    assert!(refused(|arrete| arrete.lines[0].position.position = cents(1)).starts_with("lines[0].position"));
    assert!(refused(|arrete| arrete.lines.swap(0, 1)).contains("in the order of the SIREN"));
    assert!(refused(|arrete| drop(arrete.lines.pop())).starts_with("lines.fair_share"));
    assert!(refused(|arrete| arrete.lines[0].position.settled = cents(1)).starts_with("lines[0].limit"));
    let unfair = refused(|arrete| {
        moved(arrete, 0, 1);
        arrete.lines[0].limit = Some("x".to_owned());
    });
    assert!(unfair.starts_with("lines.fair_share"), "{unfair}");
    let carried = refused(|arrete| {
        let position = &mut arrete.lines[0].position;
        (position.carried_over, position.position, position.settled) =
            (cents(1), cents(78_210), cents(78_210));
    });
    assert!(carried.starts_with("lines.carried_over is stated as 0.01"), "{carried}");
}

#[test]
fn payments_that_do_not_settle_are_refused() {
    assert!(refused(|arrete| drop(arrete.plan.payments.pop())).starts_with("lines[0].settled"));
    assert!(
        refused(|arrete| arrete.plan.payments[0].to = Siren::fictitious(9))
            .contains("no line in the document")
    );
    assert!(
        refused(|arrete| arrete.plan.payments[0].to = arrete.plan.payments[0].from).contains("two bailleurs")
    );
    let twice = refused(|arrete| arrete.plan.payments[1].id = arrete.plan.payments[0].id.clone());
    assert!(twice.ends_with("(must stand once)"), "{twice}");
    assert!(refused(|arrete| arrete.plan.lower_bound = 3).starts_with("plan.lower_bound"));
    assert!(
        refused(|arrete| arrete.lines[0].set_off = vec![labelled("x", 1)]).starts_with("lines[0].settled")
    );
}

#[test]
fn a_key_that_favours_somebody_is_refused() {
    let whole = Quantity::Euros(cents(129_012));
    let favour = refused(|arrete| {
        let rows = &mut arrete.keys[0].rows;
        rows[0].1 = KeyStep::divide("Clé".to_owned(), whole, (20, 100), false).unwrap();
        rows[2].1 = KeyStep::divide("Clé".to_owned(), whole, (60, 100), true).unwrap();
    });
    assert_eq!(
        favour,
        "keys[0].grain_given: clé de la charte, 20/20/60 (must go to the largest remainders, ties to the first row)"
    );
    assert!(refused(|arrete| drop(arrete.keys[0].rows.pop())).starts_with("keys[0].weight"));
    assert!(refused(|arrete| arrete.keys[0].rows[0].1.grain_given = false).starts_with("keys[0].rows[0]"));
    assert!(refused(|arrete| arrete.keys[0].tariff = Some(cents(5))).starts_with("keys[0].tariff"));
    let swapped = refused(|arrete| {
        arrete.keys[0].rows[0].0 = KeyHolder::Bailleur(Siren::fictitious(X));
        arrete.keys[0].rows[1].0 = KeyHolder::Bailleur(Siren::fictitious(H));
    });
    assert!(swapped.starts_with("lines[0].fair_share"), "{swapped}");
}
