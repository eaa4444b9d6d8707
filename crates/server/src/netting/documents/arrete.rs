//! The arrêté de compensation of a run.

use super::cited::{convention, party, run, version};
use super::key::Divided;
use super::{Dossier, Unmade};
use chambre_audit::report::{Arrete, ArreteLine, ConventionCited, KeyTable};
use chambre_domain::explanation::LimitedBy;
use chambre_domain::netting::NetPosition;
use chambre_settlement::VersionShare;

/// The figures of an arrêté.
pub(super) fn arrete(dossier: &Dossier) -> Result<Arrete, Unmade> {
    let proposal = &dossier.frozen.proposed.proposal;
    let shares = dossier.frozen.shares()?;
    let conventions: Result<Vec<ConventionCited>, Unmade> =
        shares.iter().map(|share| Ok(convention(version(dossier, share.version)?))).collect();
    Ok(Arrete {
        run: run(dossier),
        conventions: conventions?,
        lines: proposal.positions.iter().map(|position| line(dossier, position)).collect::<Result<_, _>>()?,
        plan: proposal.plan.clone(),
        keys: keys(dossier, &shares)?,
    })
}

fn line(dossier: &Dossier, position: &NetPosition) -> Result<ArreteLine, Unmade> {
    // Only a position that is not settled whole needs a reason.
    let limited_by = if position.settled == position.position {
        None
    } else {
        dossier.frozen.explain(position.bailleur)?.settlement.limited_by
    };
    Ok(ArreteLine {
        bailleur: party(&dossier.names, position.bailleur),
        position: *position,
        limit: limited_by.as_ref().map(LimitedBy::french),
        set_off: Vec::new(),
    })
}

/// Every key; none at all when a version is causal, since keys alone then do not make the fair shares.
fn keys(dossier: &Dossier, shares: &[VersionShare]) -> Result<Vec<KeyTable>, Unmade> {
    let mut tables = Vec::new();
    for share in shares {
        match Divided::of(version(dossier, share.version)?, share)? {
            Some(divided) => tables.extend(divided.tables(&dossier.names)?),
            None => return Ok(Vec::new()),
        }
    }
    Ok(tables)
}
