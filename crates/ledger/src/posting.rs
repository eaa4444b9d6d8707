//! Posting rules: which event debits and credits which account. The table an accountant reads.
//!
//! The French table of `docs/plan-de-comptes.md` is checked against [`RULES`], and [`RULES`] against the
//! transfers that the functions of this file make.

use chambre_domain::follow_up::CounterpartStep;
use chambre_domain::netting::Payment;
use chambre_domain::regional::RegionalPayment;
use chambre_domain::{
    Account, Amount, Cents, Compte, NettingProposal, RegionalProposal, Siren, TerritoryId, Transfer,
    Transfers,
};
use smallvec::SmallVec;

/// One line of the table of posting rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// What happens, in French, as in the documentation.
    pub event: &'static str,
    /// Compte debited.
    pub debit: Compte,
    /// Compte credited.
    pub credit: Compte,
}

/// Every posting rule, for an amount above zero. A negative amount goes the opposite way; zero writes nothing.
pub const RULES: [Rule; 14] = [
    Rule {
        event: "Relogement enregistré",
        debit: Compte::RelogementsConfies,
        credit: Compte::RelogementsAccueillis,
    },
    Rule {
        event: "Écart de loyer, capitalisé ou couru",
        debit: Compte::EcartDeLoyer,
        credit: Compte::EffortMesure,
    },
    Rule {
        event: "Écart de loyer repris en fin de bail",
        debit: Compte::EffortMesure,
        credit: Compte::EcartDeLoyer,
    },
    Rule { event: "Travaux d’adaptation", debit: Compte::Travaux, credit: Compte::EffortMesure },
    Rule { event: "Vacance organisée", debit: Compte::Vacance, credit: Compte::EffortMesure },
    Rule { event: "Indemnité ANRU reçue", debit: Compte::EffortMesure, credit: Compte::IndemniteAnru },
    Rule { event: "Indemnité ANRU reprise", debit: Compte::IndemniteAnru, credit: Compte::EffortMesure },
    Rule {
        event: "Arrêté approuvé : effort réparti",
        debit: Compte::EffortMesure,
        credit: Compte::PositionDuBailleur,
    },
    Rule {
        event: "Arrêté approuvé : part équitable",
        debit: Compte::PositionDuBailleur,
        credit: Compte::EffortReparti,
    },
    Rule {
        event: "Plan régional approuvé : position reprise",
        debit: Compte::PositionDuBailleur,
        credit: Compte::PositionRegionale,
    },
    Rule {
        event: "Plan régional approuvé : compensé entre territoires",
        debit: Compte::PositionRegionale,
        credit: Compte::Liaison,
    },
    Rule {
        event: "Paiement régional confirmé : dette d’un territoire",
        debit: Compte::Liaison,
        credit: Compte::PositionRegionale,
    },
    Rule { event: "Droits à construire dus", debit: Compte::DroitsDus, credit: Compte::DroitsHonores },
    Rule { event: "Droits à construire honorés", debit: Compte::DroitsHonores, credit: Compte::DroitsDus },
];

/// The two ends of a relogement in the books.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parties {
    /// Netting territory of the operation.
    pub territory: TerritoryId,
    /// Bailleur of the operation.
    pub origin: Siren,
    /// Bailleur of the lease.
    pub host: Siren,
}

impl Parties {
    fn host(&self, compte: Compte) -> Account {
        Account::of(compte, self.territory, self.host)
    }
}

/// A relogement: one placement entrusted and taken in, and its capitalised rent gap.
#[must_use]
pub fn relogement(parties: &Parties, capitalised_gap: Cents) -> Transfers {
    let entrusted = Account::of(Compte::RelogementsConfies, parties.territory, parties.origin);
    let placement = Transfer::new(entrusted, parties.host(Compte::RelogementsAccueillis), Amount::ONE);
    placement.into_iter().chain(rent_gap(parties, capitalised_gap)).collect()
}

/// Rent gap borne; given back when below zero.
#[must_use]
pub fn rent_gap(parties: &Parties, gap: Cents) -> Transfers {
    Transfer::signed(parties.host(Compte::EcartDeLoyer), parties.host(Compte::EffortMesure), gap)
        .into_iter()
        .collect()
}

/// Adaptation works borne.
#[must_use]
pub fn works(parties: &Parties, amount: Amount) -> Transfers {
    Transfer::new(parties.host(Compte::Travaux), parties.host(Compte::EffortMesure), amount)
        .into_iter()
        .collect()
}

/// Rent lost while a dwelling was kept empty.
#[must_use]
pub fn vacancy(parties: &Parties, amount: Amount) -> Transfers {
    Transfer::new(parties.host(Compte::Vacance), parties.host(Compte::EffortMesure), amount)
        .into_iter()
        .collect()
}

/// ANRU indemnity received; taken back when below zero.
///
/// The other way round than a cost: what ANRU has paid is no longer an effort (RGA ANRU, minoration de loyer).
#[must_use]
pub fn indemnity(parties: &Parties, received: Cents) -> Transfers {
    let (effort, anru) = (parties.host(Compte::EffortMesure), parties.host(Compte::IndemniteAnru));
    Transfer::signed(effort, anru, received).into_iter().collect()
}

/// Building rights promised to a host, or delivered.
#[must_use]
pub fn land_counterpart(
    territory: TerritoryId,
    bailleur: Siren,
    step: CounterpartStep,
    square_metres: Amount,
) -> Transfers {
    let due = Account::of(Compte::DroitsDus, territory, bailleur);
    let honoured = Account::of(Compte::DroitsHonores, territory, bailleur);
    let transfer = match step {
        CounterpartStep::Due => Transfer::new(due, honoured, square_metres),
        CounterpartStep::Honoured => Transfer::new(honoured, due, square_metres),
    };
    transfer.into_iter().collect()
}

/// The approval of a run: every bailleur's shared effort becomes a claim, its fair share a debt.
#[must_use]
pub fn approval(proposal: &NettingProposal) -> Transfers {
    let positions = proposal.positions.iter();
    positions.flat_map(|p| netting(proposal.territory, p.bailleur, p.effort, p.fair_share)).collect()
}

/// The approval of a run, for one bailleur: its shared effort becomes a claim, its fair share a debt.
#[must_use]
pub fn netting(
    territory: TerritoryId,
    bailleur: Siren,
    effort: Cents,
    fair_share: Cents,
) -> SmallVec<[Transfer; 2]> {
    let measured = Account::of(Compte::EffortMesure, territory, bailleur);
    let position = Account::of(Compte::PositionDuBailleur, territory, bailleur);
    let claim = Transfer::signed(measured, position, effort);
    let debt = Transfer::signed(position, Account::shared_out(territory), fair_share);
    claim.into_iter().chain(debt).collect()
}

/// A payment seen at the bank: the payee's claim and the payer's debt shrink together.
#[must_use]
pub fn payment(territory: TerritoryId, from: Siren, to: Siren, amount: Amount) -> Transfers {
    let position = |bailleur| Account::of(Compte::PositionDuBailleur, territory, bailleur);
    Transfer::new(position(to), position(from), amount).into_iter().collect()
}

/// The approval of a regional plan: positions leave the territories for the region, and what each bailleur owes
/// in one territory and is due in another is set off.
#[must_use]
pub fn regional_approval(plan: &RegionalProposal) -> Transfers {
    let shares = plan.moved.iter().flat_map(|one| moved(one.territory, one.bailleur, one.amount));
    let set_off = plan.set_off.iter().flat_map(|one| received(one.territory, one.bailleur, one.amount));
    shares.chain(set_off).collect()
}

/// A regional payment seen at the bank, territory by territory of its breakdown.
#[must_use]
pub fn regional_payment(payment: &RegionalPayment) -> Transfers {
    let Payment { from, to, .. } = payment.payment;
    let paid = payment.paid_for.iter().flat_map(|(at, cents)| received(*at, from, Cents::new(-cents.get())));
    let claimed = payment.received_for.iter().flat_map(|(at, cents)| received(*at, to, *cents));
    paid.chain(claimed).collect()
}

fn regional(territory: TerritoryId, bailleur: Siren) -> Account {
    Account::of(Compte::PositionRegionale, territory, bailleur)
}

/// A position that leaves a territory for the region.
fn moved(territory: TerritoryId, bailleur: Siren, cents: Cents) -> Transfers {
    let local = Account::of(Compte::PositionDuBailleur, territory, bailleur);
    Transfer::signed(local, regional(territory, bailleur), cents).into_iter().collect()
}

/// What a bailleur receives in a territory, through its liaison account; paid there when below zero.
fn received(territory: TerritoryId, bailleur: Siren, cents: Cents) -> Transfers {
    Transfer::signed(regional(territory, bailleur), Account::liaison(territory), cents).into_iter().collect()
}

/// A merger, for one account: its balance (credits − debits, in its unit) moves to the absorbing bailleur.
#[must_use]
pub fn succession(account: Account, absorbing: Siren, credit_balance: i64) -> Option<Transfer> {
    let heir = Account { bailleur: Some(absorbing), ..account };
    Transfer::signed(account, heir, Cents::new(credit_balance))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parties() -> Parties {
        let territory = TerritoryId::parse("t", "200057867").unwrap();
        Parties { territory, origin: Siren::fictitious(1), host: Siren::fictitious(2) }
    }

    fn comptes(transfers: &[Transfer]) -> Vec<(Compte, Compte)> {
        transfers.iter().map(|t| (t.debit().compte, t.credit().compte)).collect()
    }

    #[test]
    fn the_functions_follow_the_table() {
        let (p, one, cents) = (parties(), Amount::ONE, Cents::new(1));
        let made = [
            comptes(&relogement(&p, Cents::ZERO)),
            comptes(&rent_gap(&p, cents)),
            comptes(&rent_gap(&p, Cents::new(-1))),
            comptes(&works(&p, one)),
            comptes(&vacancy(&p, one)),
            comptes(&indemnity(&p, cents)),
            comptes(&indemnity(&p, Cents::new(-1))),
            comptes(&netting(p.territory, p.host, cents, Cents::ZERO)),
            comptes(&netting(p.territory, p.host, Cents::ZERO, cents)),
            comptes(&moved(p.territory, p.host, cents)),
            comptes(&received(p.territory, p.host, cents)),
            comptes(&received(p.territory, p.host, Cents::new(-1))),
            comptes(&land_counterpart(p.territory, p.host, CounterpartStep::Due, one)),
            comptes(&land_counterpart(p.territory, p.host, CounterpartStep::Honoured, one)),
        ];
        for (rule, made) in RULES.iter().zip(made) {
            assert_eq!(made, [(rule.debit, rule.credit)], "{}", rule.event);
        }
    }

    #[test]
    fn the_french_table_of_the_docs_is_the_same_table() {
        let page = include_str!("../../../docs/plan-de-comptes.md");
        for rule in RULES {
            let line = format!("| {} | {} | {} |", rule.event, rule.debit, rule.credit);
            assert!(page.contains(&line), "docs/plan-de-comptes.md lacks: {line}");
        }
        for compte in Compte::ALL {
            let line = format!("| {} | {} | {} |", compte, compte.label(), compte.unit().code());
            assert!(page.contains(&line), "docs/plan-de-comptes.md lacks: {line}");
        }
        let rules_in_page = page.lines().skip_while(|line| !line.starts_with("| Événement")).skip(2);
        let rules_in_page = rules_in_page.take_while(|line| line.starts_with('|')).count();
        assert_eq!(
            rules_in_page,
            RULES.len() + 2,
            "the two lines beyond the rules are the payment and the merger"
        );
    }

    #[test]
    fn a_payment_moves_a_claim_and_a_debt() {
        let p = parties();
        let paid = payment(p.territory, p.origin, p.host, Amount::ONE);
        assert_eq!((paid[0].debit().bailleur, paid[0].credit().bailleur), (Some(p.host), Some(p.origin)));
    }

    #[test]
    fn a_merger_moves_the_balance_whatever_its_sign() {
        let p = parties();
        let account = p.host(Compte::EffortMesure);
        let moved = succession(account, p.origin, 5).unwrap();
        assert_eq!((moved.debit(), moved.credit().bailleur), (account, Some(p.origin)));
        let moved = succession(account, p.origin, -5).unwrap();
        assert_eq!((moved.credit(), moved.debit().bailleur), (account, Some(p.origin)));
        assert_eq!(succession(account, p.origin, 0), None);
    }
}
