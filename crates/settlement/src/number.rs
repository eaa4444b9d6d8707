//! Numbers for payments between pairs: the same form as those of a plan.

use crate::plan::LARGEST_PAYMENT;
use chambre_domain::netting::Payment;
use chambre_domain::{Amount, NettingId, PaymentId, Reason, Refusal, Siren};
use sha2::{Digest, Sha256};

/// Payments of one run: what four digits number.
const MOST_PAYMENTS: usize = 9_999;

/// Payments `(payer, payee, cents)` in their order, each split under the limit of one transfer.
///
/// # Errors
/// [`Reason::NettingOverflow`] beyond 9 999 payments.
pub(crate) fn number(netting: &NettingId, legs: &[(Siren, Siren, i64)]) -> Result<Vec<Payment>, Refusal> {
    let stem = stem(netting);
    let mut payments = Vec::new();
    for &(from, to, cents) in legs {
        let mut left = cents;
        while left > 0 {
            if payments.len() == MOST_PAYMENTS {
                return Err(Refusal::new(Reason::NettingOverflow, "plan.payments", payments.len() + 1));
            }
            let amount = left.min(LARGEST_PAYMENT.get());
            let id = PaymentId::parse("payment_id", &format!("{stem}-{:04}", payments.len() + 1))?;
            payments.push(Payment { id, from, to, amount: Amount::new("plan.amount", amount)? });
            left -= amount;
        }
    }
    Ok(payments)
}

/// The netting id, or its beginning and its hash when it leaves no room for the number.
fn stem(netting: &NettingId) -> String {
    let id = netting.as_str();
    match id.get(..21) {
        Some(beginning) if id.len() > 30 => {
            let hash: String =
                Sha256::digest(id.as_bytes()).iter().take(4).map(|byte| format!("{byte:02x}")).collect();
            format!("{beginning}-{hash}")
        }
        _ => id.to_owned(),
    }
}
