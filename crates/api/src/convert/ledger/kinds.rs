//! Kinds whose names are the same on the wire and in the domain.

use super::super::words::same_names;
use crate::v1;
use chambre_domain::Refusal;
use chambre_domain::follow_up::{CounterpartStep, IndemnityStatus, ReversalReason};
use chambre_domain::relogement::{Contingent, Typology};

same_names! {
    pub(in crate::convert) typology, wire_typology: Typology { T1, T2, T3, T4, T5, T6 }
    pub(in crate::convert) contingent, wire_contingent: Contingent {
        StateCivilServants, StatePriority, ActionLogement, LocalAuthorities, Other, NotReserved,
    }
    pub(in crate::convert) indemnity_status, wire_indemnity_status: IndemnityStatus { Expected, Requested, Notified, Received, Reclaimed }
    pub(in crate::convert) counterpart_step, wire_counterpart_step: CounterpartStep { Due, Honoured }
    pub(in crate::convert) reversal_reason, wire_reversal_reason: ReversalReason { Error, Duplicate, Cancelled }
}
