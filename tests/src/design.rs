//! The worked figures of the design (section 3): H is bailleur 1, X is 2, O is 3; O's households go to H and X.

use crate::Chamber;
use crate::messages::{event, indemnity, key, relogement, works};
use chambre_api::v1::event::Body;
use chambre_api::v1::{self, KeyBasis};

/// The key of the design: 20/20/60.
#[must_use]
pub fn convention() -> v1::Convention {
    key(KeyBasis::Fixed, &[20, 20, 60])
}

/// A chamber that holds its declarations, under a convention.
pub async fn chamber(convention: v1::Convention) -> Chamber {
    let chamber = Chamber::open().await;
    chamber.register(&[1, 2, 3]).await;
    chamber.register_operations(&[3]).await;
    chamber.publish(convention).await;
    let host = v1::Relogement {
        reference_rent_cents: 84_000,
        practised_rent_cents: 51_999,
        ..relogement("R-H", 3, 1, 0)
    };
    let declared = [
        event("h-1", Body::Relogement(host)),
        event("h-2", Body::Works(works("R-H", 120_000))),
        event("h-3", Body::Indemnity(indemnity("R-H", 400_000))),
        event("x-1", Body::Relogement(relogement("R-X", 3, 2, 0))),
        event("x-2", Body::Works(works("R-X", 25_000))),
    ];
    chamber.record_all(declared.to_vec()).await;
    chamber
}
