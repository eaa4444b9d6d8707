//! The chart of accounts, and the transfer: one amount from one account to another.
//!
//! The chamber keeps a memorandum ledger of the scheme: nobody's statutory books. Numbers have PCG-like roots
//! so that accounting tools accept the exports; class 8 counts what is not money.

use crate::money::{Amount, Cents};
use crate::siren::Siren;
use crate::territory::TerritoryId;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What an account counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Euros, in cents.
    Eur,
    /// Relogements.
    Placement,
    /// Building rights, in whole m² of surface de plancher.
    SquareMetreSdp,
}

impl Unit {
    /// Commodity name in exports.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Eur => "EUR",
            Self::Placement => "RELOGEMENT",
            Self::SquareMetreSdp => "M2SDP",
        }
    }
}

/// The side on which an account normally stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Debit.
    Debit,
    /// Credit.
    Credit,
    /// Either: a position is owed or due.
    Either,
}

macro_rules! chart {
    ($($(#[$doc:meta])* $variant:ident = $number:literal, $unit:ident, $side:ident, $label:literal;)*) => {
        /// A compte of the chart; it fixes the unit of its accounts.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u32)]
        pub enum Compte { $($(#[$doc])* $variant = $number,)* }

        impl Compte {
            /// The whole chart, by number.
            pub const ALL: &'static [Compte] = &[$(Compte::$variant,)*];

            /// Its six-digit number.
            #[must_use]
            pub const fn number(self) -> u32 { self as u32 }

            /// The compte of a number, if it is in the chart.
            #[must_use]
            pub const fn from_number(number: u32) -> Option<Self> {
                match number { $($number => Some(Self::$variant),)* _ => None }
            }

            /// What its accounts count.
            #[must_use]
            pub const fn unit(self) -> Unit { match self { $(Self::$variant => Unit::$unit,)* } }

            /// The side on which it normally stands.
            #[must_use]
            pub const fn side(self) -> Side { match self { $(Self::$variant => Side::$side,)* } }

            /// Its name, in French.
            #[must_use]
            pub const fn label(self) -> &'static str { match self { $(Self::$variant => $label,)* } }
        }
    };
}

chart! {
    /// What a regional plan takes from a territory and brings to another; zero once its payments are made.
    Liaison = 181_100, Eur, Either, "Liaison entre territoires";
    /// What a bailleur is owed (credit) or owes (debit), after an approved netting.
    PositionDuBailleur = 467_100, Eur, Either, "Position du bailleur";
    /// Owed or due by a bailleur under a regional plan, by territory.
    PositionRegionale = 467_200, Eur, Either, "Position régionale du bailleur";
    /// Effort measured, not yet shared.
    EffortMesure = 467_900, Eur, Credit, "Effort mesuré, à répartir";
    /// Adaptation works borne by the host.
    Travaux = 615_900, Eur, Debit, "Travaux d’adaptation supportés";
    /// Rent gap borne by the host.
    EcartDeLoyer = 704_900, Eur, Debit, "Écart de loyer supporté";
    /// Vacancy organised for relogements.
    Vacance = 704_910, Eur, Debit, "Vacance organisée";
    /// Effort shared out by nettings; one per territory, without bailleur.
    EffortReparti = 709_900, Eur, Credit, "Effort réparti";
    /// ANRU indemnity received by the host.
    IndemniteAnru = 741_100, Eur, Credit, "Indemnité ANRU reçue";
    /// Households entrusted by an origin.
    RelogementsConfies = 801_100, Placement, Debit, "Relogements confiés";
    /// Building rights due to a host.
    DroitsDus = 801_200, SquareMetreSdp, Debit, "Droits à construire dus";
    /// Households taken in by a host.
    RelogementsAccueillis = 802_100, Placement, Credit, "Relogements accueillis";
    /// Building rights honoured: the counterpart of those due.
    DroitsHonores = 802_200, SquareMetreSdp, Credit, "Droits à construire honorés";
}

impl fmt::Display for Compte {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.number())
    }
}

/// An account: one compte of one bailleur in one territory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Account {
    /// The compte, which fixes the unit.
    pub compte: Compte,
    /// The netting territory.
    pub territory: TerritoryId,
    /// The bailleur; none for [`Compte::EffortReparti`] and [`Compte::Liaison`].
    pub bailleur: Option<Siren>,
}

impl Account {
    /// The account of a bailleur.
    #[must_use]
    pub const fn of(compte: Compte, territory: TerritoryId, bailleur: Siren) -> Self {
        Self { compte, territory, bailleur: Some(bailleur) }
    }

    /// The account through which a regional plan leaves a territory and enters another; it belongs to no bailleur.
    #[must_use]
    pub const fn liaison(territory: TerritoryId) -> Self {
        Self { compte: Compte::Liaison, territory, bailleur: None }
    }

    /// The account of the effort a territory shared out; it belongs to no bailleur.
    #[must_use]
    pub const fn shared_out(territory: TerritoryId) -> Self {
        Self { compte: Compte::EffortReparti, territory, bailleur: None }
    }
}

impl fmt::Display for Account {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}", self.compte, self.territory)?;
        self.bailleur.map_or(Ok(()), |siren| write!(out, ":{siren}"))
    }
}

/// One amount moved from the account credited to the account debited.
///
/// Invariant: both accounts count the same unit, so that every écriture balances per unit by construction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Transfer {
    debit: Account,
    credit: Account,
    amount: Amount,
}

impl Transfer {
    /// Debits one account and credits the other; nothing when they count different units.
    #[must_use]
    pub fn new(debit: Account, credit: Account, amount: Amount) -> Option<Self> {
        (debit.compte.unit() == credit.compte.unit()).then_some(Self { debit, credit, amount })
    }

    /// A signed amount in the direction debit → credit; below zero it goes the other way, zero moves nothing.
    #[must_use]
    pub fn signed(debit: Account, credit: Account, cents: Cents) -> Option<Self> {
        let amount = Amount::size_of(cents)?;
        if cents < Cents::ZERO { Self::new(credit, debit, amount) } else { Self::new(debit, credit, amount) }
    }

    /// The account debited.
    #[must_use]
    pub const fn debit(&self) -> Account {
        self.debit
    }

    /// The account credited.
    #[must_use]
    pub const fn credit(&self) -> Account {
        self.credit
    }

    /// The quantity, in the unit of both accounts.
    #[must_use]
    pub const fn amount(&self) -> Amount {
        self.amount
    }

    /// The unit of both accounts.
    #[must_use]
    pub const fn unit(&self) -> Unit {
        self.debit.compte.unit()
    }

    /// The same amount back: the line of a reversal.
    #[must_use]
    pub const fn mirrored(&self) -> Self {
        Self { debit: self.credit, credit: self.debit, amount: self.amount }
    }
}

/// What an account has been debited and credited since the beginning, in its unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Balance {
    /// Sum of debits, zero or more.
    pub debit: i64,
    /// Sum of credits, zero or more.
    pub credit: i64,
}

impl Balance {
    /// Credits minus debits: for a position, above zero is *to receive*.
    #[must_use]
    pub const fn credit_balance(self) -> i64 {
        self.credit - self.debit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(compte: Compte) -> Account {
        Account::of(compte, TerritoryId::parse("t", "200057867").unwrap(), Siren::fictitious(1))
    }

    #[test]
    fn numbers_go_both_ways_and_start_with_three_digits_of_the_pcg() {
        for compte in Compte::ALL {
            assert_eq!(Compte::from_number(compte.number()), Some(*compte));
            assert!((100_000..1_000_000).contains(&compte.number()));
        }
        assert_eq!(Compte::from_number(411_000), None);
    }

    #[test]
    fn euros_never_meet_placements() {
        let (euros, placements) = (account(Compte::EffortMesure), account(Compte::RelogementsConfies));
        assert_eq!(Transfer::new(euros, placements, Amount::ONE), None);
    }

    #[test]
    fn a_negative_amount_goes_the_other_way_and_zero_moves_nothing() {
        let (debit, credit) = (account(Compte::EcartDeLoyer), account(Compte::EffortMesure));
        let negative = Transfer::signed(debit, credit, Cents::new(-5)).unwrap();
        assert_eq!((negative.debit(), negative.amount().get()), (credit, 5));
        assert_eq!(Transfer::signed(debit, credit, Cents::ZERO), None);
    }
}
