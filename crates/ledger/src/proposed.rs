//! A proposal that the journal holds: of the run of one territory, or of a regional plan.

use crate::books::Books;
use crate::decide::on_current_accounts;
use crate::posting;
use chambre_domain::{Entry, Event, NettingProposal, PaymentId, RegionalProposal, Transfers};

/// What was proposed.
pub(crate) enum Proposed {
    /// The run of a territory.
    Run(Box<NettingProposal>),
    /// A plan over several runs.
    Region(Box<RegionalProposal>),
}

impl Proposed {
    /// The proposal of an entry, when it is one.
    pub(crate) fn of(entry: Entry) -> Option<Self> {
        match entry.event {
            Event::NettingProposed(proposal) => Some(Self::Run(proposal)),
            Event::RegionalProposed(proposal) => Some(Self::Region(proposal)),
            _ => None,
        }
    }

    /// What its approval moves.
    pub(crate) fn approval(&self) -> Transfers {
        match self {
            Self::Run(proposal) => posting::approval(proposal),
            Self::Region(proposal) => posting::regional_approval(proposal),
        }
    }

    /// What the confirmation of one of its payments moves, on the accounts of the bailleurs that stand today, and the
    /// cents seen at the bank.
    pub(crate) fn payment(&self, books: &Books, id: &PaymentId) -> Option<(Transfers, i64)> {
        let (moved, payment) = match self {
            Self::Run(proposal) => {
                let payment = proposal.plan.payments.iter().find(|one| one.id == *id)?;
                (posting::payment(proposal.territory, payment.from, payment.to, payment.amount), payment)
            }
            Self::Region(proposal) => {
                let one = proposal.payments.iter().find(|one| one.payment.id == *id)?;
                (posting::regional_payment(one), &one.payment)
            }
        };
        let current = moved.iter().filter_map(|transfer| on_current_accounts(books, transfer)).collect();
        Some((current, payment.amount.get()))
    }
}
