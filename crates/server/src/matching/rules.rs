//! The rules of a territory: what its officers ask for, over the documented defaults.

use super::book::Book;
use super::fact::Fact;
use super::office::{Asked, Done};
use super::{Matching, shown};
use crate::desk::refused;
use crate::status;
use chambre_api::convert::matching::PolicyAsked;
use chambre_api::v1;
use chambre_domain::{Reason, Refusal};
use chambre_matching::trade::policy::{Clocks, OnUnknown, PosterRule, Weights};
use chambre_matching::trade::{Policy, PolicyTerms, Rule};
use std::collections::BTreeMap;
use tonic::Status;

impl Matching {
    /// Publishes rules. The same request again is answered with the version that it wrote.
    pub(super) async fn policy_published(
        &self,
        asked: Asked,
        wanted: PolicyAsked,
    ) -> Result<v1::PublishPolicyResponse, Status> {
        let (territory, id) = (wanted.territory, asked.head.request_id.clone());
        let Done { replayed, fact, .. } = self
            .0
            .decide(asked, move |book| {
                let terms = Box::new(next(book, &wanted)?);
                Ok(Fact::PolicyPublished { territory, terms })
            })
            .await?;
        let shown = match fact {
            Some(Fact::PolicyPublished { terms, .. }) => Policy::new(*terms).map_err(refused)?,
            // Taken before: what it published then is answered.
            _ => {
                let then = self.0.read(|book| book.published(&id).cloned())?;
                then.ok_or_else(|| status::unavailable("the rules are not there"))?
            }
        };
        let policy = Some(shown::policy(territory, &shown, shown.terms().version));
        Ok(v1::PublishPolicyResponse { policy, replayed })
    }
}

/// The next version of the rules that are asked for.
///
/// # Errors
/// A parameter out of its range, a rule that has no such code, a first day before that of the version before.
pub fn next(book: &Book, asked: &PolicyAsked) -> Result<PolicyTerms, Refusal> {
    let last = book.last_policy(asked.territory).map(Policy::terms);
    if let Some(last) = last.filter(|last| asked.in_force_from < last.in_force_from) {
        let refusal = Refusal::new(Reason::DatesOutOfOrder, "policy.in_force_from", asked.in_force_from);
        return Err(refusal.with("last", last.in_force_from));
    }
    let standard = PolicyTerms::standard(asked.in_force_from);
    let terms = PolicyTerms {
        version: last.map_or(1, |last| last.version.saturating_add(1)),
        effort_cap_bp: asked.effort_cap_bp.unwrap_or(standard.effort_cap_bp),
        rpv_floor_cents_per_day: asked.rpv_floor_cents_per_day.unwrap_or(standard.rpv_floor_cents_per_day),
        pls_ceiling_bp_of_plus: asked.pls_ceiling_bp_of_plus,
        own_stock_skips_ceiling: asked.own_stock_skips_ceiling.unwrap_or(standard.own_stock_skips_ceiling),
        late_is_out: asked.late_is_out.unwrap_or(standard.late_is_out),
        poster: asked.poster.unwrap_or(PosterRule::NonDemolishers),
        on_unknown: admitted(&asked.admit_unknown)?,
        weights: asked.weights.map_or(standard.weights, weights),
        clocks: Clocks {
            window_days: asked.clocks.window_days.unwrap_or(standard.clocks.window_days),
            extension_days: asked.clocks.extension_days.unwrap_or(standard.clocks.extension_days),
            turn_days: asked.clocks.turn_days.unwrap_or(standard.clocks.turn_days),
            answer_days: asked.clocks.answer_days.unwrap_or(standard.clocks.answer_days),
            hold_days: asked.clocks.hold_days.unwrap_or(standard.clocks.hold_days),
        },
        least_cell: asked.least_cell.unwrap_or(standard.least_cell),
        rotation: asked.rotation.clone(),
        ..standard
    };
    Policy::new(terms.clone())?;
    Ok(terms)
}

fn weights([geography, typology, affordability, rent_change, waiting, mix, quality]: [u32; 7]) -> Weights {
    Weights { geography, typology, affordability, rent_change, waiting, mix, quality }
}

fn admitted(codes: &[String]) -> Result<BTreeMap<Rule, OnUnknown>, Refusal> {
    let rule = |(place, code): (usize, &String)| {
        let unknown = || Refusal::new(Reason::ValueUnknown, format!("policy.admit_unknown[{place}]"), code);
        let found = Rule::ALL.into_iter().find(|rule| rule.code() == code);
        found.map(|rule| (rule, OnUnknown::AdmitWithWarning)).ok_or_else(unknown)
    };
    codes.iter().enumerate().map(rule).collect()
}
