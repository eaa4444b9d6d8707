//! The tables, to the byte; `GOLDEN=1 cargo test` writes them again, for a change that was meant.

use crate::sample::{H, O, X, releve, rich};
use crate::simulation::comparison;
use chambre_audit::report::ReleveBailleur;
use chambre_domain::french;
use std::path::PathBuf;

fn complete() -> ReleveBailleur {
    ReleveBailleur::checked(rich()).unwrap()
}

fn check(file: &str, bytes: &[u8]) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/report").join(file);
    if std::env::var_os("GOLDEN").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, bytes).unwrap();
    }
    let expected = std::fs::read(&path).unwrap_or_else(|_| panic!("{} is missing", path.display()));
    assert_eq!(String::from_utf8_lossy(bytes), String::from_utf8_lossy(&expected), "{file}");
}

#[test]
fn the_figures_of_a_releve_are_the_expected_ones() {
    let simple = ReleveBailleur::checked(releve(H)).unwrap();
    check("releve-h.csv", &simple.csv().unwrap());
    check("releve-complet.csv", &complete().csv().unwrap());
}

#[test]
fn the_relogements_of_a_releve_are_the_expected_ones() {
    check("relogements-complet.csv", &complete().relogements_csv().unwrap());
}

#[test]
fn the_comparison_is_the_expected_one() {
    check("comparaison.csv", &comparison().csv().unwrap());
}

#[test]
fn what_people_type_is_never_a_formula() {
    let mut hostile = releve(H);
    hostile.bailleur.name = "=1+1".to_owned();
    hostile.versions[0].convention.title = "@SUM(A1)".to_owned();
    hostile.versions[0].convention.article = "\t+7".to_owned();
    hostile.payments[0].counterparty.name = "-2;\"x\"\r\n=3".to_owned();
    let hostile = ReleveBailleur::checked(hostile).unwrap();
    for table in [hostile.csv().unwrap(), hostile.relogements_csv().unwrap()] {
        let mut reader = csv::ReaderBuilder::new().delimiter(b';').from_reader(&table[3..]);
        for row in reader.records().map(Result::unwrap) {
            for cell in row.iter().filter(|cell| cell.starts_with(['=', '+', '-', '@', '\t', '\r'])) {
                let number = cell.replace(',', "").parse::<i64>();
                assert!(number.is_ok_and(|number| number < 0), "{cell:?} in {row:?}");
            }
        }
    }
}

#[test]
fn the_page_on_releves_names_every_column_and_the_figures_that_are_printed() {
    let one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let page = one_line(include_str!("../../../../docs/releve.md"));
    let tables =
        [complete().csv().unwrap(), complete().relogements_csv().unwrap(), comparison().csv().unwrap()];
    for table in tables {
        let head = String::from_utf8(table[3..].to_vec()).unwrap();
        let head = head.lines().next().unwrap().replace(';', ", ");
        assert!(page.contains(&format!("{head}.")), "{head}");
    }
    for number in [H, X, O] {
        let releve = releve(number);
        let position = releve.position;
        for amount in [position.effort, position.fair_share] {
            let printed = one_line(&french::euros(amount));
            assert!(page.contains(&printed), "{printed}");
        }
        let position = one_line(&french::euros(position.position)).replace('-', "−");
        assert!(page.contains(&position), "{position}");
    }
}
