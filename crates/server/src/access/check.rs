//! The caller of one request: its rights, compared with what it asks for.

use super::identity::{Identity, Rights};
use super::renewed::Proven;
use super::seen::About;
use super::table::{Reach, Rule};
use crate::status;
use chambre_domain::measure::MeasuredRelogement;
use chambre_domain::{NettingRun, Reason, Refusal, RegionalNetting, Siren, TerritoryId};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use tonic::{Request, Status};

/// What a request touches.
#[derive(Debug, Clone, Copy)]
pub enum Scope<'a> {
    /// What the books do not hold: refused as what belongs to others is, so that the answers are the same.
    Unknown,
    /// Something in a territory, of these landlords.
    Here(TerritoryId, &'a [Siren]),
    /// Something of a landlord, whatever the territory.
    Of(Siren),
}

/// Who calls, for the length of one request.
#[derive(Debug, Clone)]
pub struct Caller {
    identity: Arc<Identity>,
    rule: Option<&'static Rule>,
    course: Arc<Course>,
    proven: Option<Arc<Proven>>,
}

/// What became of the check during the call.
#[derive(Debug, Default)]
struct Course {
    checked: AtomicBool,
    denied: AtomicUsize,
    about: OnceLock<About>,
}

impl Caller {
    /// Somebody, at the door of an RPC.
    pub fn new(identity: Arc<Identity>, rule: Option<&'static Rule>) -> Self {
        Self { identity, rule, course: Arc::default(), proven: None }
    }

    /// The same, with what it proved.
    pub fn with(self, proven: Proven) -> Self {
        Self { proven: Some(Arc::new(proven)), ..self }
    }

    /// In a long answer, before more is said: whether the caller is still who it was.
    pub fn is_still_there(&self) -> Result<(), Status> {
        self.proven.as_ref().map_or(Ok(()), |proven| proven.is_still(&self.identity))
    }

    /// Takes a request apart: who calls, and what for. Without the gate before it, the caller is nobody.
    pub fn enter<T>(request: Request<T>) -> (Self, T) {
        let caller = request.extensions().get::<Self>().cloned();
        let nobody = || {
            let rights = Rights::Nothing;
            Self::new(Arc::new(Identity { rights, ..Identity::trial() }), None)
        };
        (caller.unwrap_or_else(nobody), request.into_inner())
    }

    /// Who it is.
    pub fn identity(&self) -> &Arc<Identity> {
        &self.identity
    }

    /// How far it reaches with this RPC.
    pub fn reach(&self) -> Reach {
        match (&self.identity.rights, self.rule) {
            (Rights::Trial, _) => Reach::All,
            (rights, Some(rule)) => rights.role().map_or(Reach::No, |role| rule.reach(role)),
            (_, None) => Reach::No,
        }
    }

    /// Whether the service compared what the table says that it compares.
    pub fn was_checked(&self) -> bool {
        use super::table::Compared;
        matches!(self.identity.rights, Rights::Trial)
            || self.rule.is_some_and(|rule| rule.compared == Compared::Nothing)
            || self.course.checked.load(Ordering::Acquire)
    }

    /// What the request was about, for the record of accesses.
    pub fn about(&self) -> About {
        match self.course.denied.load(Ordering::Acquire) {
            0 => self.course.about.get().cloned().unwrap_or_default(),
            denied => About::Denied(denied),
        }
    }

    /// One event of the request was not for this caller to declare.
    pub(super) fn count_denied(&self) {
        self.course.denied.fetch_add(1, Ordering::AcqRel);
    }

    /// The one comparison: what is asked for against what the caller reaches.
    pub fn check(&self, scope: Scope<'_>) -> Result<(), Status> {
        self.note(scope);
        if self.allows(scope) { Ok(()) } else { Err(denied()) }
    }

    /// The same, as a yes or no.
    pub fn allows(&self, scope: Scope<'_>) -> bool {
        match (self.reach(), scope) {
            (Reach::All, _) => true,
            (Reach::There, Scope::Here(territory, _)) => {
                self.identity.rights.territories().is_some_and(|territories| territories.hold(territory))
            }
            (Reach::Own, Scope::Here(_, parties)) => self.siren().is_some_and(|own| parties.contains(&own)),
            (Reach::Own, Scope::Of(siren)) => self.siren() == Some(siren),
            (Reach::No | Reach::There | Reach::Own, _) => false,
        }
    }

    /// A request that touches a territory.
    pub fn territory(&self, territory: TerritoryId) -> Result<(), Status> {
        self.check(Scope::Here(territory, &[]))
    }

    /// A request that touches a landlord.
    #[allow(dead_code)] // for RPCs whose line compares a landlord
    pub fn bailleur(&self, siren: Siren) -> Result<(), Status> {
        self.check(Scope::Of(siren))
    }

    /// A request that touches several territories: an officer needs every one of them.
    pub fn region(&self, territories: &[TerritoryId]) -> Result<(), Status> {
        self.in_region(territories, &[])
    }

    /// A request that touches a regional plan.
    pub fn regional(&self, plan: &RegionalNetting) -> Result<(), Status> {
        self.in_region(&territories(plan), &regional_parties(plan))
    }

    /// Whether a regional plan is for this caller to see.
    pub fn sees_regional(&self, plan: &RegionalNetting) -> bool {
        let parties = regional_parties(plan);
        territories(plan).into_iter().all(|territory| self.allows(Scope::Here(territory, &parties)))
    }

    fn in_region(&self, territories: &[TerritoryId], parties: &[Siren]) -> Result<(), Status> {
        self.mark(|| About::Words(format!("{} territories", territories.len())));
        let all = territories.iter().all(|one| self.allows(Scope::Here(*one, parties)));
        if all { Ok(()) } else { Err(denied()) }
    }

    /// A request that touches a run.
    pub fn run(&self, run: Option<&NettingRun>) -> Result<(), Status> {
        match run {
            None => self.check(Scope::Unknown),
            Some(run) => self.check(Scope::Here(run.opening.territory, &parties(run))),
        }
    }

    /// A request that touches the position of a landlord in a run, once the run was shown to it.
    pub fn position(&self, run: Option<&NettingRun>, siren: Siren) -> Result<(), Status> {
        match run {
            None => self.check(Scope::Unknown),
            Some(run) => {
                let shown: Vec<Siren> = parties(run).into_iter().filter(|party| *party == siren).collect();
                self.check(Scope::Here(run.opening.territory, &shown))
            }
        }
    }

    /// A request that touches a relogement.
    pub fn relogement(&self, measured: Option<&MeasuredRelogement>) -> Result<(), Status> {
        match measured {
            None => self.check(Scope::Unknown),
            Some(measured) => self.check(Scope::Here(measured.territory, &[measured.origin, measured.host])),
        }
    }

    /// Narrows the filter of a question to what the caller may see: what it left open is closed, what it asks
    /// beyond is refused.
    pub fn narrow(
        &self,
        territory: &mut Option<TerritoryId>,
        bailleur: &mut Option<Siren>,
    ) -> Result<(), Status> {
        match self.reach() {
            Reach::All => {}
            Reach::Own => *bailleur = bailleur.or(self.siren()),
            Reach::There => {
                *territory = territory.or(self.identity.rights.territories().and_then(|t| t.only()))
            }
            Reach::No => return self.check(Scope::Unknown),
        }
        match (self.reach(), *territory, *bailleur) {
            (Reach::All, _, _) => {
                self.mark(About::default);
                Ok(())
            }
            (Reach::There, Some(territory), _) => self.territory(territory),
            (Reach::Own, _, Some(siren)) => self.check(Scope::Of(siren)),
            _ => self.check(Scope::Unknown),
        }
    }

    /// Puts the caller's name where a request names an officer; refuses any other name.
    pub fn sign(&self, officer_id: &mut String) -> Result<(), Status> {
        if matches!(self.identity.rights, Rights::Trial) {
            return Ok(());
        }
        let name = self.identity.name.as_str();
        if !officer_id.is_empty() && officer_id != name {
            let refusal = Refusal::new(Reason::OfficerNotCaller, "officer_id", &officer_id);
            return Err(status::refused(&refusal));
        }
        name.clone_into(officer_id);
        Ok(())
    }

    /// The landlord that it is.
    pub fn siren(&self) -> Option<Siren> {
        match self.identity.rights {
            Rights::Bailleur(siren) => Some(siren),
            _ => None,
        }
    }

    pub(super) fn mark(&self, about: impl FnOnce() -> About) {
        self.course.checked.store(true, Ordering::Release);
        self.course.about.get_or_init(about);
    }

    fn note(&self, scope: Scope<'_>) {
        self.mark(|| match scope {
            Scope::Unknown => About::Nothing,
            Scope::Here(territory, _) => About::Territory(territory),
            Scope::Of(siren) => About::Bailleur(siren),
        });
    }
}

/// The landlords that a run is about: those with a position in it, once it was shown to them.
pub fn parties(run: &NettingRun) -> Vec<Siren> {
    let shown = run.disputes_until.is_some() || run.approved.is_some();
    let positions = run.proposal().filter(|_| shown).map(|proposal| &proposal.positions);
    positions.into_iter().flatten().map(|position| position.bailleur).collect()
}

/// The territories of a regional plan.
fn territories(plan: &RegionalNetting) -> Vec<TerritoryId> {
    let proposal = &plan.proposal;
    let moved = proposal.moved.iter().map(|share| share.territory);
    let due = proposal.carried_over.iter().flat_map(|due| [due.paid_in, due.received_in]);
    moved.chain(due).collect()
}

/// The landlords that a regional plan is about, once it is approved.
fn regional_parties(plan: &RegionalNetting) -> Vec<Siren> {
    let moved = plan.proposal.moved.iter().map(|share| share.bailleur);
    let due = plan.proposal.carried_over.iter().flat_map(|due| [due.from, due.to]);
    if plan.approved.is_some() { moved.chain(due).collect() } else { Vec::new() }
}

/// The one refusal of what a caller may not do: the same whether what it named exists or not.
pub fn denied() -> Status {
    status::refused(&denial())
}

/// The same, inside a batch.
pub fn denial() -> Refusal {
    Refusal::new(Reason::AccessDenied, "identity", "")
}
