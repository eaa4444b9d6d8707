use crate::paper::Read;
use crate::sample::{cents, run};
use chambre_audit::report::{Party, Simulated, SimulatedPosition, Simulation, SimulationComparee};
use chambre_domain::Siren;

/// A, B, C, D, E: what they bore, and what each convention makes them bear.
fn simulated(title: &str, rule: &str, efforts: [i64; 5], shares: [i64; 5], payments: u32) -> Simulated {
    let positions = (1..).map(Siren::fictitious).zip(efforts.into_iter().zip(shares));
    let position = |(siren, (effort, share)): (Siren, (i64, i64))| {
        let position = SimulatedPosition {
            effort: cents(effort),
            fair_share: cents(share),
            position: cents(effort - share),
        };
        (siren, position)
    };
    Simulated {
        title: title.to_owned(),
        rule: rule.to_owned(),
        positions: positions.map(position).collect(),
        payments: Some(payments),
    }
}

fn simulation() -> Simulation {
    let run = run();
    let efforts = [376_845, 284_500, 842_450, 0, 394_000];
    Simulation {
        territory: run.territory,
        period: run.period,
        at_seq: run.at_seq,
        seal: run.seal,
        issued_on: run.issued_on,
        bailleurs: (1..=5)
            .zip(["A", "B", "C", "D", "E"])
            .map(|(at, letter)| Party { siren: Siren::fictitious(at), name: format!("Bailleur {letter}") })
            .collect(),
        conventions: vec![
            simulated(
                "Causale",
                "le bailleur d’origine supporte ce que coûtent ses opérations",
                efforts,
                [871_425, 880_525, 145_845, 0, 0],
                3,
            ),
            simulated(
                "Causale sans travaux",
                "comme A, travaux d’adaptation non comptés",
                [376_845, 220_500, 697_395, 0, 194_001],
                [692_370, 650_526, 145_845, 0, 0],
                3,
            ),
            simulated(
                "Parc",
                "tous supportent le total, selon le parc social dans le territoire",
                efforts,
                [850_298, 460_578, 297_605, 194_860, 94_454],
                4,
            ),
            simulated(
                "60/40",
                "60 % aux bailleurs démolisseurs, 40 % aux autres, selon le parc",
                efforts,
                [601_944, 326_053, 210_680, 511_284, 247_834],
                4,
            ),
            simulated(
                "70/30",
                "70 % aux bailleurs démolisseurs, 30 % aux autres, selon le parc",
                efforts,
                [702_268, 380_395, 245_794, 383_463, 185_875],
                4,
            ),
        ],
    }
}

pub fn comparison() -> SimulationComparee {
    SimulationComparee::checked(simulation()).unwrap()
}

fn refused(change: impl FnOnce(&mut Simulation)) -> String {
    let mut changed = simulation();
    change(&mut changed);
    SimulationComparee::checked(changed).unwrap_err().to_string()
}

#[test]
fn each_bailleur_sees_what_it_would_pay_under_each_convention() {
    let pdf = comparison().pdf().unwrap();
    assert_eq!(pdf, comparison().pdf().unwrap());
    let read = Read::pdf("comparaison.pdf", &pdf);
    read.says(&["-4 945,80", "-2 250,99", "-3 254,23", "+5 448,45", "-3 155,25", "D – 60/40", "18 977,95 €"]);
    read.says(&["ne vaut pas arrêté", "à recevoir", "à payer", "Plaine Commune"]);
}

#[test]
fn sixty_bailleurs_under_eight_conventions_go_on_over_pages() {
    let mut many = simulation();
    many.bailleurs =
        (1..=60).map(|at| Party { siren: Siren::fictitious(at), name: format!("Bailleur {at}") }).collect();
    for at in 0..3 {
        let mut again = many.conventions[at].clone();
        again.title = format!("{} bis, avec un titre bien trop long pour sa colonne", again.title);
        many.conventions.push(again);
    }
    let pdf = SimulationComparee::checked(many).unwrap().pdf().unwrap();
    let read = Read::pdf("comparaison-60.pdf", &pdf);
    assert!(read.pages.len() >= 6, "{}", read.pages.len());
    read.says(&["Bailleur 60", "…"]);
}

#[test]
fn a_convention_that_shares_more_or_less_than_was_borne_is_refused() {
    let first = Siren::fictitious(1);
    let change = |simulation: &mut Simulation, by: i64| {
        let at = simulation.conventions[3].positions.get_mut(&first).unwrap();
        at.fair_share = cents(at.fair_share.get() + by);
        at.position = cents(at.position.get() - by);
    };
    assert_eq!(
        refused(|simulation| change(simulation, 1)),
        "conventions[3].positions is stated as 0.00 but its parts make -0.01"
    );
    let wrong = |simulation: &mut Simulation| {
        simulation.conventions[0].positions.get_mut(&first).unwrap().position = cents(5);
    };
    assert!(refused(wrong).starts_with("conventions[0].positions[000000026]"), "{}", refused(wrong));
}

#[test]
fn comparisons_nobody_could_read_are_refused() {
    assert!(refused(|simulation| simulation.conventions.clear()).contains("one to eight"));
    let nine = |simulation: &mut Simulation| {
        let first = simulation.conventions[0].clone();
        simulation.conventions =
            (0..9).map(|at| Simulated { title: format!("{at}"), ..first.clone() }).collect();
    };
    assert!(refused(nine).contains("one to eight"));
    assert!(refused(|simulation| simulation.conventions[1].title = "Causale".to_owned()).contains("title"));
    assert!(refused(|simulation| simulation.bailleurs.reverse()).contains("in the order of the SIREN"));
    assert!(refused(|simulation| drop(simulation.bailleurs.pop())).contains("no line in the document"));
}
