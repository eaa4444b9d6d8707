//! Payments numbered in their order.

use chambre_domain::netting::Payment;
use chambre_domain::{Amount, Cents, NettingId, PaymentId, Reason, Refusal, Siren};
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

/// Payments of one run: what four digits number.
const MOST_PAYMENTS: usize = 9_999;

/// Payments `(payer, payee, cents)` in their order: one line for a pair, whatever its amount (an amount beyond the
/// limit of one SEPA transfer is split by who writes the bank file).
///
/// The id of a payment is the netting's, `-`, and four digits: at most 35 characters, the room of an end-to-end
/// reference. A netting id beyond 30 bytes is cut to 21, `-`, and 8 hexadecimal digits of its SHA-256.
///
/// # Errors
/// [`Reason::NettingOverflow`] beyond 9 999 payments.
pub(crate) fn number(netting: &NettingId, legs: &[(Siren, Siren, i64)]) -> Result<Vec<Payment>, Refusal> {
    if legs.len() > MOST_PAYMENTS {
        return Err(Refusal::new(Reason::NettingOverflow, "plan.payments", legs.len()));
    }
    let stem = stem(netting);
    let numbered = (1..).zip(legs).map(|(number, &(from, to, cents))| {
        let id = PaymentId::parse("payment_id", &format!("{stem}-{number:04}"))?;
        // A sum of many amounts may be beyond what one bailleur can declare at once.
        let amount = Amount::size_of(Cents::new(cents))
            .ok_or_else(|| Refusal::new(Reason::AmountNotPositive, "plan.amount", cents))?;
        Ok(Payment { id, from, to, amount })
    });
    numbered.collect()
}

/// The netting id, or its beginning and its hash when it leaves no room for the number.
fn stem(netting: &NettingId) -> String {
    let id = netting.as_str();
    match id.get(..21) {
        Some(beginning) if id.len() > 30 => {
            format!("{beginning}-{}", HEXLOWER.encode(&Sha256::digest(id.as_bytes())[..4]))
        }
        _ => id.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payment_id_fits_an_end_to_end_reference() {
        for (netting, expected) in [
            ("2025-S1", "2025-S1"),
            ("123456789012345678901234567890", "123456789012345678901234567890"),
            // printf 1234567890123456789012345678901 | sha256sum
            ("1234567890123456789012345678901", "123456789012345678901-3b7184c0"),
        ] {
            let found = stem(&NettingId::parse("netting", netting).unwrap());
            assert_eq!(found, expected);
            assert!(found.len() + "-0001".len() <= 35);
        }
    }
}
