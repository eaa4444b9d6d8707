//! Payment orders: what a bank would check, checked by another road than the one that writes.

#![allow(clippy::unwrap_used, clippy::panic)]

mod bank;

use bank::{
    ORDERS, account, accounts, day, made_at, netting, order, payments, period, plaine_commune, strict,
};
use chambre_audit::bank::{Instruction, PaymentFile, Subject, payment_files};
use chambre_domain::netting::Payment;
use chambre_domain::{Amount, BankAccount, Bic, Cents, PaymentId, Reason, Refusal, Siren, Text};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

fn files(payments: &[Payment], accounts: &BTreeMap<Siren, BankAccount>) -> Result<Vec<PaymentFile>, Refusal> {
    let netting = netting();
    payment_files(
        &Instruction {
            netting: &netting,
            subject: Subject::Run { territory: plaine_commune(), period: period() },
            payments,
            created_at: made_at(),
            execute_on: day(2026, 2, 2),
        },
        accounts,
    )
}

fn one(payments: &[Payment]) -> PaymentFile {
    let mut files = files(payments, &accounts()).unwrap();
    assert_eq!(files.len(), 1);
    files.remove(0)
}

fn refused(payments: &[Payment], accounts: &BTreeMap<Siren, BankAccount>) -> String {
    let refusal = files(payments, accounts).unwrap_err();
    let facts: Vec<String> = refusal.facts.iter().map(|(name, fact)| format!("{name}={fact}")).collect();
    format!("{} {} {:?} {}", refusal.reason, refusal.field, refusal.value, facts.join(" "))
        .trim_end()
        .to_owned()
}

/// `GOLDEN=write cargo test -p chambre-audit` takes them anew.
#[test]
fn the_files_are_the_expected_ones() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/pain001");
    let made = files(&payments(), &accounts()).unwrap();
    for file in &made {
        let path = folder.join(&file.name);
        if std::env::var_os("GOLDEN").is_some() {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(&path, &file.xml).unwrap();
        }
        assert_eq!(file.xml, std::fs::read_to_string(&path).unwrap(), "{}", path.display());
    }
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), made.len(), "a file is no longer written");
}

#[test]
fn each_debtor_has_its_file_and_every_check_of_a_bank_passes() {
    let made = files(&payments(), &accounts()).unwrap();
    assert_eq!(made.len(), 2);
    for file in &made {
        strict::check(&file.xml);
    }
    let ordered: Vec<_> =
        made.iter().map(|file| (file.debtor, file.transfers.len(), file.total.get())).collect();
    assert_eq!(ordered, [(Siren::fictitious(1), 2, 394_000), (Siren::fictitious(2), 1, 1)]);
}

#[test]
fn the_same_run_gives_the_same_bytes() {
    assert_eq!(files(&payments(), &accounts()).unwrap(), files(&payments(), &accounts()).unwrap());
}

#[test]
fn nobody_to_pay_is_no_file() {
    // A ring of equal debts leaves every position at zero: the schema wants a transaction, so there is no file.
    assert_eq!(files(&[], &accounts()).unwrap(), []);
}

#[test]
fn names_are_written_as_banks_write_them_and_references_are_kept() {
    let file = one(&payments()[..2]);
    for text in [
        "<Dbtr><Nm>Bailleur d&apos;Elan + Fils</Nm></Dbtr>",
        "<Nm>Bailleur C (OPH)</Nm>",
        "<EndToEndId>N-2025-1-0001</EndToEndId>",
        "<Ustrd>Compensation relogements Plaine Commune du 01/01/2025 au 31/12/2025</Ustrd>",
        "<ReqdExctnDt><Dt>2026-02-02</Dt></ReqdExctnDt>",
        "<CreDtTm>2026-02-01T11:00:00Z</CreDtTm>",
        "<BtchBookg>false</BtchBookg>",
        "<MsgId>N-2025-1-000000026</MsgId>",
        r#"<InstdAmt Ccy="EUR">3939.99</InstdAmt>"#,
        "<Id>NOTPROVIDED</Id>",
    ] {
        assert!(compact(&file.xml).contains(text), "{text}\n{}", file.xml);
    }
}

/// Without the spaces between elements.
fn compact(xml: &str) -> String {
    xml.lines().map(str::trim).collect()
}

#[test]
fn a_known_bic_is_written() {
    let mut accounts = accounts();
    let bic = |text| Some(Bic::parse("bic", text).unwrap());
    accounts.get_mut(&Siren::fictitious(1)).unwrap().bic = bic("AAAAFRPP");
    accounts.get_mut(&Siren::fictitious(3)).unwrap().bic = bic("BBBBFRPPXXX");
    let xml = files(&payments()[..1], &accounts).unwrap().remove(0).xml;
    assert!(xml.contains("<BICFI>AAAAFRPP</BICFI>") && xml.contains("<BICFI>BBBBFRPPXXX</BICFI>"), "{xml}");
    strict::check(&xml);
}

#[test]
fn twelve_hundred_million_euros_are_two_transfers_of_one_payment() {
    let amount = Amount::size_of(Cents::new(120_000_000_000)).unwrap();
    let file = one(&[Payment { amount, ..order(1, 1, 3, 1) }]);
    strict::check(&file.xml);
    let amounts: Vec<_> = file.transfers.iter().map(|(id, t)| (id.as_str(), t.amount.get())).collect();
    assert_eq!(amounts, [("N-2025-1-0001", 99_999_999_999), ("N-2025-1-0001", 20_000_000_001)]);
    assert_eq!(file.total, Cents::new(120_000_000_000));
    assert!(
        file.xml.contains("<NbOfTxs>2</NbOfTxs>") && file.xml.contains("<CtrlSum>1200000000.00</CtrlSum>")
    );
    assert!(
        file.xml.contains("N-2025-1-0001/1</EndToEndId>")
            && file.xml.contains("N-2025-1-0001/2</EndToEndId>")
    );
}

#[test]
fn whoever_lacks_an_account_is_named_with_all_the_others() {
    let mut accounts = accounts();
    accounts.remove(&Siren::fictitious(2));
    accounts.remove(&Siren::fictitious(3));
    let expected = "BANK_ACCOUNT_UNKNOWN bailleur_siren \"000000034 000000042\" on=2026-02-02 count=2";
    assert_eq!(refused(&payments(), &accounts), expected);
}

#[test]
fn payer_and_payee_on_one_account_are_refused() {
    let mut accounts = accounts();
    let iban = accounts[&Siren::fictitious(3)].iban.clone();
    accounts.get_mut(&Siren::fictitious(1)).unwrap().iban = iban;
    assert_eq!(
        refused(&payments(), &accounts),
        "BANK_ACCOUNT_SAME payment.id \"N-2025-1-0001\" from=000000026 to=000000042"
    );
}

#[test]
fn a_name_that_no_bank_can_read_is_refused() {
    for holder in ["漢字", "« — »"] {
        let mut accounts = accounts();
        accounts.get_mut(&Siren::fictitious(3)).unwrap().holder = Text::parse("holder", holder).unwrap();
        let expected = format!("NAME_UNWRITABLE holder {holder:?} bailleur=000000042");
        assert_eq!(refused(&payments(), &accounts), expected);
    }
    // 40 letters that are written with two characters each.
    let mut accounts = accounts();
    accounts.get_mut(&Siren::fictitious(3)).unwrap().holder = Text::parse("holder", &"Θ".repeat(40)).unwrap();
    assert!(refused(&payments(), &accounts).starts_with("NAME_UNWRITABLE"));
}

#[test]
fn a_payment_given_twice_and_an_execution_in_the_past_are_refused() {
    let twice = [order(1, 1, 3, 5), order(1, 2, 3, 5)];
    assert_eq!(refused(&twice, &accounts()), "ORDER_DUPLICATE payment.id \"N-2025-1-0001\"");
    let netting = netting();
    let late = Instruction {
        netting: &netting,
        subject: Subject::Run { territory: plaine_commune(), period: period() },
        payments: &payments(),
        created_at: made_at(),
        execute_on: day(2026, 1, 31),
    };
    let refusal = payment_files(&late, &accounts()).unwrap_err();
    assert_eq!((refusal.reason, refusal.field.as_str()), (Reason::DatesOutOfOrder, "execute_on"));
}

#[test]
fn a_regional_plan_is_named_in_the_motive() {
    let netting = netting();
    let instruction = Instruction {
        netting: &netting,
        subject: Subject::Region,
        payments: &payments(),
        created_at: made_at(),
        execute_on: day(2026, 2, 2),
    };
    for file in payment_files(&instruction, &accounts()).unwrap() {
        strict::check(&file.xml);
        assert!(
            file.xml.contains("<Ustrd>Compensation relogements plan regional N-2025-1</Ustrd>"),
            "{}",
            file.xml
        );
    }
}

#[test]
fn every_territory_fits_the_motive() {
    let netting = netting();
    for territory in chambre_domain::Atlas::ile_de_france().territories() {
        let instruction = Instruction {
            netting: &netting,
            subject: Subject::Run { territory: territory.id, period: period() },
            payments: &payments(),
            created_at: made_at(),
            execute_on: day(2026, 2, 2),
        };
        for file in payment_files(&instruction, &accounts()).unwrap() {
            strict::check(&file.xml);
            let whole = compact(&file.xml).contains(" du 01/01/2025 au 31/12/2025</Ustrd>");
            assert!(whole, "{}", territory.name);
        }
    }
}

/// A payment id, its parties and its cents.
type Drawn = (String, u32, u32, i64);

fn drawn() -> impl Strategy<Value = Vec<Drawn>> {
    proptest::collection::vec(("[A-Za-z0-9_.:-]{1,64}", 1..6_u32, 1..6_u32, 1..=300_000_000_000_i64), 0..12)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn any_payments_keep_their_sums_and_pass_every_check(
        drawn in drawn(),
        holders in proptest::collection::vec(prop_oneof![9 => "[A-Za-zÀ-ÿ &’'.,/-]{1,70}", 1 => "\\PC{1,70}"], 6),
    ) {
        let mut ids = BTreeSet::new();
        let payments: Vec<Payment> = drawn
            .into_iter()
            .filter(|(id, from, to, _)| from != to && ids.insert(id.clone()))
            .map(|(id, from, to, cents)| Payment {
                id: PaymentId::parse("id", &id).unwrap(),
                from: Siren::fictitious(from),
                to: Siren::fictitious(to),
                amount: Amount::size_of(Cents::new(cents)).unwrap(),
            })
            .collect();
        let accounts: BTreeMap<Siren, BankAccount> = (1..6)
            .filter_map(|n| {
                let holder = Text::parse("holder", &holders[usize::try_from(n).unwrap()]).ok()?;
                Some((Siren::fictitious(n), BankAccount { holder, ..account(n, "x") }))
            })
            .collect();
        match files(&payments, &accounts) {
            Ok(files) => {
                let asked: i64 = payments.iter().map(|payment| payment.amount.get()).sum();
                prop_assert_eq!(files.iter().map(|file| file.total.get()).sum::<i64>(), asked);
                let debtors: BTreeSet<Siren> = payments.iter().map(|payment| payment.from).collect();
                prop_assert_eq!(files.iter().map(|file| file.debtor).collect::<BTreeSet<_>>(), debtors);
                for file in &files {
                    prop_assert_eq!(strict::check(&file.xml), file.transfers.len());
                }
            }
            Err(refusal) => prop_assert!(matches!(
                refusal.reason,
                Reason::NameUnwritable | Reason::BankAccountUnknown
            ), "{}", refusal),
        }
    }
}

#[test]
fn the_golden_files_are_those_that_the_schema_is_tried_on() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/pain001");
    let names: BTreeSet<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(names, ORDERS.map(str::to_owned).into());
}
