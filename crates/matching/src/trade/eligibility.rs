//! Whether a dwelling may be proposed to a household: every rule, each with its figures.

use crate::trade::affordability::{Burden, burden};
use crate::trade::contingent::Accepts;
use crate::trade::cost::{Indemnity, expected_indemnity};
use crate::trade::dwelling::{
    Access, DwellingKind, DwellingOffer, Financing, LandlordRole, OfferDeclaration,
};
use crate::trade::ids::OfferId;
use crate::trade::need::{HouseholdNeed, NeedDeclaration, Widening};
use crate::trade::place::CommuneId;
use crate::trade::policy::{OnUnknown, Policy, PolicyTerms, PosterRule};
use crate::trade::references::References;
use crate::trade::rule::{Reject, Rule, Verdict, broken, unknown, unless};
use crate::trade::score::{Score, score};
use chambre_domain::{Cents, HouseholdId};

/// A possible pair, with all that an officer must see before choosing it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edge {
    /// The household.
    pub household: HouseholdId,
    /// The offer.
    pub offer: OfferId,
    /// Its rehousing is urgent.
    pub urgent: bool,
    /// Class of its project: 0 comes first.
    pub project_class: u8,
    /// Another bailleur than that of the origin takes the household in.
    pub inter_landlord: bool,
    /// The commune is outside its wishes.
    pub widened: bool,
    /// The commune is outside its wishes, and the household must be told so.
    pub labelled: bool,
    /// Monthly rent at which the rules hold, charges apart.
    pub rent: Cents,
    /// Effort rate at the worst end of what is known, in basis points.
    pub effort_bp: Option<i64>,
    /// Points, component by component.
    pub score: Score,
    /// Reference rent − rent: what the host would bear each month. Negative is legal.
    pub monthly_gap: Cents,
    /// What ANRU may be expected to pay, or why nothing is.
    pub indemnity: Indemnity,
    /// Rules about which an input was missing, admitted by the policy.
    pub warnings: Vec<Reject>,
}

/// Reads a pair against every rule.
///
/// # Errors
/// Every rule that is broken, or unknown and rejected by the policy, in the order of their codes.
pub fn eligibility(
    need: &HouseholdNeed,
    offer: &DwellingOffer,
    policy: &Policy,
    references: &References<'_>,
) -> Result<Edge, Vec<Reject>> {
    let pair = Pair { need: need.declared(), offer: offer.declared(), terms: policy.terms(), references };
    let (verdicts, burden) = pair.verdicts();
    let admitted = |reject: &Reject| {
        let late = reject.rule == Rule::Date && !pair.terms.late_is_out && reject.unknown.is_none();
        let unknown =
            reject.unknown.is_some() && policy.on_unknown(reject.rule) == OnUnknown::AdmitWithWarning;
        late || unknown
    };
    let (warnings, rejects): (Vec<_>, Vec<_>) = verdicts.into_iter().flatten().partition(admitted);
    if rejects.is_empty() { Ok(pair.edge(&burden, warnings)) } else { Err(rejects) }
}

/// H01: the typology is between the least and the most that fit.
pub(crate) fn fits(need: &HouseholdNeed, offer: &DwellingOffer) -> bool {
    typology_holds(need.declared(), offer.declared())
}

/// H05: the commune is wished, or widened to and allowed; never ruled out.
pub(crate) fn may_go_to(need: &HouseholdNeed, commune: &CommuneId) -> bool {
    area_holds(need.declared(), commune)
}

struct Pair<'a> {
    need: &'a NeedDeclaration,
    offer: &'a OfferDeclaration,
    terms: &'a PolicyTerms,
    references: &'a References<'a>,
}

impl Pair<'_> {
    fn verdicts(&self) -> ([Verdict; 15], Burden) {
        let mut burden = burden(self.need, self.offer, self.terms);
        let verdicts = [
            self.typology(),
            self.financing(),
            burden.effort.take(),
            burden.rpv.take(),
            self.area(),
            self.access(),
            self.specific(),
            self.contingent(),
            self.offers_left(),
            self.refused_before(),
            self.held(),
            self.date(),
            self.status(),
            self.poster(),
            self.frozen(),
        ];
        (verdicts, burden)
    }

    fn edge(&self, burden: &Burden, warnings: Vec<Reject>) -> Edge {
        let (need, offer) = (self.need, self.offer);
        let widened = !is_wished(need, &offer.commune);
        Edge {
            household: need.household.clone(),
            offer: offer.offer.clone(),
            urgent: need.urgency.is_some(),
            project_class: need.project_class,
            inter_landlord: self.is_inter_landlord(),
            widened,
            labelled: widened && need.widening == Widening::Labelled,
            rent: burden.rent,
            effort_bp: burden.effort_bp,
            score: score(need, offer, self.terms, burden, self.references.on),
            monthly_gap: Cents::new(offer.rent.get() - burden.rent.get()),
            indemnity: expected_indemnity(need, offer, burden.rent, self.references),
            warnings,
        }
    }

    fn is_inter_landlord(&self) -> bool {
        self.need.origin != Some(self.offer.landlord)
    }

    fn typology(&self) -> Verdict {
        if typology_holds(self.need, self.offer) {
            return None;
        }
        let range = self.need.typology;
        let show = |typology| format!("{typology:?}");
        let (min, max, of) = (show(range.min), show(range.max), show(self.offer.typology));
        broken(Rule::Typology, &[("min", &min), ("max", &max), ("logement", &of)])
    }

    fn financing(&self) -> Verdict {
        if self.terms.own_stock_skips_ceiling && !self.is_inter_landlord() {
            return None;
        }
        let rule = Rule::Financing;
        let Some(financing) = self.offer.financing else { return unknown(rule, "financing") };
        let Some(income) = self.need.means.income_bp_of_plus else { return unknown(rule, "income") };
        let Some(ceiling) = self.ceiling_bp(financing) else {
            // PLAI is below PLUS in every year of the data: beyond PLUS is beyond both.
            let beyond_plus =
                matches!(financing, Financing::Plai | Financing::PlaiAdp) && income.from() > WHOLE;
            let figures: [(&'static str, &dyn std::fmt::Display); 2] =
                [("ressources_bp_du_plus", &income.from()), ("plafond_bp_du_plus", &WHOLE)];
            return if beyond_plus { broken(rule, &figures) } else { unknown(rule, "income_ceiling") };
        };
        if income.to() <= ceiling {
            None
        } else if income.from() > ceiling {
            broken(rule, &[("ressources_bp_du_plus", &income.from()), ("plafond_bp_du_plus", &ceiling)])
        } else {
            unknown(rule, "income: bande à cheval sur le plafond")
        }
    }

    /// The ceiling of a financing in basis points of the PLUS ceiling, rounded down.
    fn ceiling_bp(&self, financing: Financing) -> Option<i64> {
        match financing {
            Financing::Plus | Financing::PlusCd => Some(WHOLE),
            Financing::Pls => self.terms.pls_ceiling_bp_of_plus.map(i64::from),
            Financing::Plai | Financing::PlaiAdp => {
                let (on, tables) = (self.references.on, self.references.tables);
                let zone = self.offer.commune.zone();
                let row =
                    |financing| tables.income_ceiling(on.year(), financing, zone, self.need.means.category?);
                Some(row(Financing::Plai)? * WHOLE / row(Financing::Plus)?)
            }
            Financing::Palulos | Financing::Pli => None,
        }
    }

    fn area(&self) -> Verdict {
        let commune = self.offer.commune.insee();
        unless(area_holds(self.need, &self.offer.commune), Rule::Area, &[("commune", &commune)])
    }

    fn access(&self) -> Verdict {
        match (self.need.access, self.offer.access) {
            (Access::Ordinary, _) => None,
            (_, None) => unknown(Rule::Access, "access"),
            (needed, Some(offered)) if offered >= needed => None,
            (needed, Some(offered)) => {
                let (demanded, given) = (format!("{needed:?}"), format!("{offered:?}"));
                broken(Rule::Access, &[("besoin", &demanded), ("logement", &given)])
            }
        }
    }

    fn specific(&self) -> Verdict {
        let DwellingKind::Specific(public) = self.offer.kind else { return None };
        let name = format!("{public:?}");
        unless(self.need.publics.contains(&public), Rule::Specific, &[("public", &name)])
    }

    fn contingent(&self) -> Verdict {
        let rule = Rule::Contingent;
        let id = self.offer.contingent.as_ref()?;
        let Some((contingent, left)) = self.references.contingents.get(id) else {
            return unknown(rule, "contingent");
        };
        let accepted = match &contingent.accepts {
            Accepts::Anyone => Some(true),
            Accepts::AlsEligible => self.need.als_eligible,
            Accepts::PriorityPublic => self.need.priority_public,
            Accepts::Operations(operations) => Some(operations.contains(&self.need.operation)),
        };
        match accepted {
            None => unknown(rule, "als_eligible / priority_public"),
            Some(accepted) => unless(
                accepted && *left > 0,
                rule,
                &[("contingent", id), ("accueille", &accepted), ("reste", left)],
            ),
        }
    }

    fn offers_left(&self) -> Verdict {
        let offers = &self.need.formal_offers;
        let figures: [(&'static str, &dyn std::fmt::Display); 2] =
            [("faites", &offers.used()), ("dues", &offers.basis().cap())];
        unless(offers.left() > 0 || !self.offer.formal, Rule::OffersLeft, &figures)
    }

    fn refused_before(&self) -> Verdict {
        let refusal = self.need.refusals.iter().find(|refusal| {
            refusal.landlord == self.offer.landlord && refusal.dwelling == self.offer.dwelling
        })?;
        broken(Rule::RefusedBefore, &[("le", &refusal.on)])
    }

    fn held(&self) -> Verdict {
        let hold = self.offer.hold.as_ref()?;
        let holds = hold.operation == self.need.operation || self.references.on > hold.until;
        unless(holds, Rule::Held, &[("operation", &hold.operation), ("jusqu’au", &hold.until)])
    }

    fn date(&self) -> Verdict {
        let (by, free) = (self.need.needed_by?, self.offer.available_from);
        unless(free <= by, Rule::Date, &[("libre_le", &free), ("avant_le", &by)])
    }

    fn status(&self) -> Verdict {
        let household = self.references.engaged_households.contains(&self.need.household);
        let dwelling = self.references.engaged_offers.contains(&self.offer.offer);
        let figures: [(&'static str, &dyn std::fmt::Display); 2] =
            [("menage", &household), ("logement", &dwelling)];
        unless(!household && !dwelling, Rule::Status, &figures)
    }

    fn poster(&self) -> Verdict {
        let holds = !self.references.on_exchange || may_post(self.terms.poster, self.need, self.offer);
        unless(holds, Rule::Poster, &[("bailleur", &self.offer.landlord)])
    }

    fn frozen(&self) -> Verdict {
        let freezes = self.references.frozen.iter();
        let freeze = freezes
            .filter(|freeze| freeze.household == self.need.household && freeze.offer == self.offer.offer)
            .find(|freeze| freeze.until >= self.references.on)?;
        let reason = freeze.reason.code();
        broken(Rule::Frozen, &[("par", &freeze.author), ("motif", &reason), ("jusqu’au", &freeze.until)])
    }
}

/// One, in basis points.
const WHOLE: i64 = 10_000;

fn typology_holds(need: &NeedDeclaration, offer: &OfferDeclaration) -> bool {
    (need.typology.min..=need.typology.max).contains(&offer.typology)
}

fn is_wished(need: &NeedDeclaration, commune: &CommuneId) -> bool {
    need.wishes.iter().any(|wish| wish.place.holds(commune))
}

fn area_holds(need: &NeedDeclaration, commune: &CommuneId) -> bool {
    let excluded = need.exclusions.iter().any(|place| place.holds(commune));
    !excluded && (need.widening != Widening::No || is_wished(need, commune))
}

/// Whether the poster rule lets the bailleur of this offer serve this household on the exchange.
fn may_post(rule: PosterRule, need: &NeedDeclaration, offer: &OfferDeclaration) -> bool {
    match rule {
        PosterRule::Anyone => true,
        PosterRule::NonDemolishers => offer.role == LandlordRole::Other,
        PosterRule::OutsideOwnOperations => {
            offer.role == LandlordRole::Other || need.origin != Some(offer.landlord)
        }
    }
}
