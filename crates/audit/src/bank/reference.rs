//! References: what ties a payment of the journal to a line of a bank statement.
//!
//! Banks carry an end-to-end reference of 1 to 35 characters from one end to the other (EPC230-15: Latin letters,
//! digits and `/ - ? : ( ) . , ' +`; no `/` first, last or doubled). A payment id of the chamber is longer at
//! most (64) and may hold `_`, so:
//!
//! | payment id | reference |
//! |---|---|
//! | at most 35 characters, none of them `_` | itself |
//! | any other | `H+` and 28 hexadecimal digits of its SHA-256 |
//! | one that needs several transfers | the same with 32 for 35, then `/1`, `/2`… |
//!
//! Neither `+` nor `/` may be in a payment id, so no two payments share a reference, short of two SHA-256 that
//! agree on 112 bits. The journal holds the ids: the reference of each is computed again to find it.

use chambre_domain::{Amount, Cents, NettingId, PaymentId, Reason, Refusal, Siren};
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

/// The most that one SEPA credit transfer carries: 999 999 999,99 € (EPC132-08).
pub const TRANSFER_LIMIT: Cents = Cents::new(99_999_999_999);

/// The most transfers of one payment, so that `/99` ends the longest reference.
const PARTS_LIMIT: i64 = 99;

/// The longest reference that banks carry.
const LENGTH_LIMIT: usize = 35;

/// The longest id taken as it is when it needs several transfers: `/99` must follow.
const SPLIT_LIMIT: usize = LENGTH_LIMIT - 3;

/// One transfer at the bank: a payment, or a part of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transfer {
    /// Its end-to-end reference.
    pub end_to_end: String,
    /// Its amount, at most [`TRANSFER_LIMIT`].
    pub amount: Amount,
}

/// The end-to-end reference of a payment that one transfer carries.
#[must_use]
pub fn end_to_end(payment: &PaymentId) -> String {
    reference(payment.as_str(), LENGTH_LIMIT)
}

/// The transfers of a payment, in order: one, or as few as its amount needs.
///
/// # Errors
/// [`Reason::AmountTooLarge`] beyond 99 transfers.
pub fn transfers(payment: &PaymentId, amount: Amount) -> Result<Vec<Transfer>, Refusal> {
    let (whole, limit) = (amount.get(), TRANSFER_LIMIT.get());
    if whole <= limit {
        return Ok(vec![Transfer { end_to_end: end_to_end(payment), amount }]);
    }
    let full = (whole - 1) / limit;
    if full >= PARTS_LIMIT {
        return Err(Refusal::new(Reason::AmountTooLarge, "payment.amount", amount.cents())
            .with("payment", payment)
            .with("limit_cents", limit * PARTS_LIMIT));
    }
    // As many full transfers as fit, and the rest, which is above zero by the choice of `full`.
    let stem = reference(payment.as_str(), SPLIT_LIMIT);
    let part = |number: i64| {
        let cents = if number <= full { limit } else { whole - full * limit };
        let end_to_end = format!("{stem}/{number}");
        Ok(Transfer { end_to_end, amount: Amount::new("payment.amount", cents)? })
    };
    (1..=full + 1).map(part).collect()
}

/// The reference of the file of a debtor: the same file has the same one, so that its bank sees it twice.
#[must_use]
pub fn message_id(netting: &NettingId, debtor: Siren) -> String {
    reference(&format!("{netting}-{debtor}"), LENGTH_LIMIT)
}

fn reference(text: &str, limit: usize) -> String {
    // ISO 20022 keeps NOTPROVIDED for references that nobody gave.
    if text.len() <= limit && !text.contains('_') && text != "NOTPROVIDED" {
        return text.to_owned();
    }
    let digest = HEXLOWER.encode(&Sha256::digest(text.as_bytes()));
    format!("H+{}", &digest[..28])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn id(text: &str) -> PaymentId {
        PaymentId::parse("payment", text).unwrap()
    }

    fn cents(transfers: &[Transfer]) -> Vec<i64> {
        transfers.iter().map(|transfer| transfer.amount.get()).collect()
    }

    #[test]
    fn a_plain_id_is_its_own_reference() {
        for text in ["N-2027T1-200054781-0001", "1", "a:b.c-d", &"x".repeat(35)] {
            assert_eq!(end_to_end(&id(text)), text);
        }
    }

    #[test]
    fn any_other_id_is_known_by_its_digest() {
        // What `printf N_1 | sha256sum` begins with.
        assert_eq!(end_to_end(&id("N_1")), "H+ffaa0ad23479bca82f883ecf28ad");
        for text in [&"x".repeat(36), &"x".repeat(64), "NOTPROVIDED"] {
            let reference = end_to_end(&id(text));
            assert_eq!((reference.len(), &reference[..2]), (30, "H+"), "{text}");
        }
    }

    #[test]
    fn twelve_hundred_million_euros_go_in_two_transfers() {
        let payment = Amount::size_of(Cents::new(120_000_000_000)).unwrap();
        let parts = transfers(&id("N-1-0001"), payment).unwrap();
        assert_eq!(cents(&parts), [99_999_999_999, 20_000_000_001]);
        assert_eq!(
            parts.iter().map(|part| part.end_to_end.as_str()).collect::<Vec<_>>(),
            ["N-1-0001/1", "N-1-0001/2"]
        );
    }

    #[test]
    fn the_number_of_a_part_always_finds_room() {
        let payment = Amount::size_of(Cents::new(99 * 99_999_999_999)).unwrap();
        for (length, shown) in [(32, 35), (33, 33)] {
            let parts = transfers(&id(&"x".repeat(length)), payment).unwrap();
            assert_eq!(parts.last().map(|part| part.end_to_end.len()), Some(shown));
        }
    }

    #[test]
    fn a_payment_is_split_only_when_it_must_be() {
        let parts = |amount| transfers(&id("P"), Amount::size_of(Cents::new(amount)).unwrap());
        assert_eq!(cents(&parts(99_999_999_999).unwrap()), [99_999_999_999]);
        assert_eq!(cents(&parts(100_000_000_000).unwrap()), [99_999_999_999, 1]);
        assert_eq!(parts(99 * 99_999_999_999).unwrap().len(), 99);
        assert_eq!(parts(99 * 99_999_999_999 + 1).unwrap_err().reason, Reason::AmountTooLarge);
        assert_eq!(parts(i64::MAX).unwrap_err().reason, Reason::AmountTooLarge);
    }

    proptest! {
        #[test]
        fn references_differ_are_writable_and_lose_no_cent(
            ids in proptest::collection::btree_set("[A-Za-z0-9_.:-]{1,64}", 1..20),
            amount in 1..=500_000_000_000_i64,
        ) {
            let mut seen = BTreeSet::new();
            for text in ids {
                let parts = transfers(&id(&text), Amount::size_of(Cents::new(amount)).unwrap()).unwrap();
                prop_assert_eq!(parts.iter().map(|part| part.amount.get()).sum::<i64>(), amount);
                for Transfer { end_to_end, amount } in parts {
                    prop_assert!((1..=35).contains(&end_to_end.len()));
                    prop_assert!(end_to_end.chars().all(sepa::charset::is_sepa_char));
                    prop_assert!(!end_to_end.starts_with('/') && !end_to_end.ends_with('/') && !end_to_end.contains("//"));
                    prop_assert!(amount.cents() <= TRANSFER_LIMIT);
                    prop_assert!(seen.insert(end_to_end));
                }
            }
        }
    }
}
