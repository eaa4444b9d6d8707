//! The lease that completes a placement, and what its host did for it.

use crate::rehousing::dwelling::WorksKind;
use crate::rehousing::ids::PlacementId;
use crate::{Amount, Cents, Date, VoucherRef};
use serde::{Deserialize, Serialize};

/// What is known once the lease is signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// Identifier of the placement.
    pub placement: PlacementId,
    /// Day the lease starts.
    pub lease_date: Date,
    /// Monthly rent in the lease, charges apart, before RLS.
    pub rent: Cents,
    /// Monthly charges the household pays.
    pub charges: Option<Cents>,
    /// Works made, with their vouchers.
    pub works: Vec<DoneWorks>,
    /// Vacancy organised for this placement.
    pub vacancy: Option<OrganisedVacancy>,
    /// The request carries the motive « renouvellement urbain » in the SNE.
    pub sne_motive_ru: bool,
}

/// Works made for a placement: a measured effort, never an invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct DoneWorks {
    pub kind: WorksKind,
    pub amount: Amount,
    pub invoiced_on: Date,
    pub voucher: VoucherRef,
}

/// A dwelling kept empty on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct OrganisedVacancy {
    pub from: Date,
    pub to: Date,
    pub rent_lost: Amount,
}
