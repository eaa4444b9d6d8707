//! Which bailleur signed the convention of which operation, as the ledger says it.

use super::book::Book;
use chambre_domain::rehousing::{DwellingOffer, OfferDeclaration};
use chambre_domain::{OperationId, Refusal, Siren};
use std::collections::{BTreeMap, BTreeSet};

/// Operations by signatory, each once, in the order of the households that leave them. Read once for all the offers of a
/// question: a region has tens of thousands of both.
pub struct Signed(BTreeMap<Siren, Vec<OperationId>>);

impl Signed {
    /// Those of the needs that are listed.
    pub fn of(book: &Book) -> Self {
        let (mut signed, mut seen) = (BTreeMap::<Siren, Vec<OperationId>>::new(), BTreeSet::new());
        for (operation, signatories) in book.operations() {
            for siren in signatories {
                if seen.insert((*siren, operation)) {
                    signed.entry(*siren).or_default().push(operation.clone());
                }
            }
        }
        Self(signed)
    }

    /// An offer with the conventions that its bailleur signed.
    ///
    /// # Errors
    /// What the offer would be refused for.
    pub fn complete(&self, offer: &DwellingOffer) -> Result<DwellingOffer, Refusal> {
        let mut declaration: OfferDeclaration = offer.declared().clone();
        for operation in self.0.get(&declaration.landlord).into_iter().flatten() {
            if !declaration.signed_conventions_of.contains(operation) {
                declaration.signed_conventions_of.push(operation.clone());
            }
        }
        DwellingOffer::new(declaration)
    }
}
