//! Which écritures each scope keeps.

#![allow(clippy::unwrap_used)]

mod common;

use chambre_audit::{Export, Format, Scope};
use chambre_domain::{Date, Period, Seq, Siren};
use common::{feed, heir, host, journal, names, origin, paris, plaine_commune, run, text, whole};

/// The scope keeps these entries, and the export says how far it read.
fn check(scope: Scope, kept: &[&str], read_up_to: u64) {
    check_export(Export::new(Format::Csv, scope, names()), kept, read_up_to);
}

fn check_export(export: Export, kept: &[&str], read_up_to: u64) {
    let (files, manifest) = feed(export, &journal()).unwrap();
    let text = files.text("journal.csv");
    let mut seqs: Vec<&str> = text.lines().skip(1).map(|row| row.split(',').next().unwrap()).collect();
    seqs.dedup();
    assert_eq!(seqs, kept);
    assert_eq!(manifest.read_up_to_seq, Seq::new(read_up_to));
}

#[test]
fn the_whole_journal_has_every_ecriture_but_no_bare_registration() {
    check(whole(), &["2", "3", "4", "5", "6", "7", "8", "9", "10"], 10);
}

#[test]
fn a_territory_keeps_its_ecritures() {
    check(Scope { territory: Some(paris()), ..whole() }, &["6"], 10);
    check(
        Scope { territory: Some(plaine_commune()), ..whole() },
        &["2", "3", "4", "5", "7", "8", "9", "10"],
        10,
    );
}

#[test]
fn a_bailleur_keeps_every_ecriture_that_names_it_on_either_side() {
    check(Scope { bailleur: Some(origin()), ..whole() }, &["2", "8", "9"], 10);
    check(Scope { bailleur: Some(host()), ..whole() }, &["2", "3", "4", "5", "7", "8", "9", "10"], 10);
    check(Scope { bailleur: Some(Siren::fictitious(9)), ..whole() }, &[], 10);
}

#[test]
fn a_bailleur_in_a_territory_is_its_account_there() {
    check(Scope { bailleur: Some(heir()), ..whole() }, &["6", "10"], 10);
    check(Scope { bailleur: Some(heir()), territory: Some(paris()), ..whole() }, &["6"], 10);
    check(Scope { bailleur: Some(heir()), territory: Some(plaine_commune()), ..whole() }, &["10"], 10);
}

#[test]
fn the_extract_of_a_bailleur_does_not_show_the_shares_of_the_others() {
    let scope = Scope { bailleur: Some(origin()), ..whole() };
    let (files, manifest) = run(Format::Csv, scope, &journal()).unwrap();
    // One transfer each of the relogement, of the netting and of the payment.
    assert_eq!(manifest.rows, 3);
    let text = files.text("journal.csv");
    assert!(text.lines().skip(1).all(|row| row.contains("000000018")), "{text}");
}

#[test]
fn a_period_is_about_the_day_things_happened_and_holds_both_ends() {
    let period = |from, to| Some(Period::new(from, to).unwrap());
    let april = period(Date::constant(2025, 4, 2), Date::constant(2025, 6, 30));
    check(Scope { period: april, ..whole() }, &["3", "4", "5", "6", "7"], 10);
    let may = period(Date::constant(2025, 4, 3), Date::constant(2025, 6, 29));
    check(Scope { period: may, ..whole() }, &["6"], 10);
}

#[test]
fn reading_stops_at_a_seq_or_at_the_closing_date() {
    check_export(Export::new(Format::Csv, whole(), names()).up_to(Seq::new(3)), &["2", "3"], 3);
    check(Scope::whole(Date::constant(2025, 4, 8)), &["2", "3", "4", "5"], 5);
    check(Scope::whole(Date::constant(2025, 1, 1)), &[], 0);
}

#[test]
fn the_scope_names_the_fec_file_and_its_description() {
    for (scope, siren, line) in [
        (
            Scope { territory: Some(paris()), ..whole() },
            "217500016",
            "Territoire : Ville de Paris (217500016)\n",
        ),
        (
            Scope { bailleur: Some(origin()), territory: Some(paris()), ..whole() },
            "000000018",
            "Bailleur : Habitat Origine (000000018)\n",
        ),
    ] {
        let text = text(Format::Fec, scope, &format!("{siren}FEC20251231_description.txt"));
        assert!(text.contains(line), "{text}");
    }
}
