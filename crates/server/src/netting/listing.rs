//! The list of runs and regional plans, the latest first, page by page.

use super::Netting;
use crate::access::Caller;
use crate::access::check::parties;
use crate::desk::refused;
use crate::page;
use chambre_api::convert::{netting as wire, regional as wire_regional, words};
use chambre_api::v1;
use chambre_domain::{NettingRun, RegionalNetting, Seq};
use tonic::Status;

impl Netting {
    pub(super) fn list(
        &self,
        caller: &Caller,
        request: &v1::ListNettingsRequest,
    ) -> Result<v1::ListNettingsResponse, Status> {
        let size = words::page_size(request.page_size).map_err(refused)?;
        let mut territory =
            words::optional_territory("territory_siren", &request.territory_siren).map_err(refused)?;
        let mut party = None;
        caller.narrow(&mut territory, &mut party)?;
        let question = ("nettings", territory, party);
        let after = page::last(&question, &request.page_token).map_err(refused)?;
        let after = after.and_then(|text| text.parse::<u64>().ok()).map_or(Seq::new(u64::MAX), Seq::new);
        self.0.books(|books| {
            let before = |seq: Seq| seq < after;
            let runs = books.nettings().rev().filter(|run| {
                before(run.opened_seq)
                    && territory.is_none_or(|territory| run.opening.territory == territory)
                    && party.is_none_or(|party| parties(run).contains(&party))
            });
            let plans = books
                .regionals()
                .rev()
                .filter(|plan| before(plan.opened_seq) && territory.is_none() && caller.sees_regional(plan));
            let mut found: Vec<Listed<'_>> = runs
                .take(size + 1)
                .map(Listed::Run)
                .chain(plans.take(size + 1).map(Listed::Region))
                .collect();
            found.sort_by_key(|one| std::cmp::Reverse(one.opened_seq()));
            let more = found.len() > size;
            found.truncate(size);
            let last = found.last().filter(|_| more);
            let next = last.map(|one| page::token(&question, &one.opened_seq().to_string()));
            v1::ListNettingsResponse {
                runs: found.iter().map(|one| one.wire(caller)).collect(),
                next_page_token: next.unwrap_or_default(),
            }
        })
    }
}

/// A line of the list of runs.
enum Listed<'a> {
    Run(&'a NettingRun),
    Region(&'a RegionalNetting),
}

impl Listed<'_> {
    fn opened_seq(&self) -> Seq {
        match self {
            Self::Run(run) => run.opened_seq,
            Self::Region(plan) => plan.opened_seq,
        }
    }

    fn wire(&self, caller: &Caller) -> v1::NettingRun {
        match self {
            Self::Run(run) => wire::wire_run(&caller.shown_run((*run).clone())),
            Self::Region(plan) => wire_regional::wire_regional(&caller.shown_regional((*plan).clone())),
        }
    }
}
