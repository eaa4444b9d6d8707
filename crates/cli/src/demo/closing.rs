//! The closings: one officer proposes, another approves, payments are confirmed, a few never come.

use super::agenda::Semester;
use super::cast::{Cast, Scene};
use super::dice::Dice;
use crate::failure::Failure;
use crate::look;
use anyhow::Context as _;
use chambre_api::convert::words::{wire_date, wire_period};
use chambre_api::{Client, v1};
use chambre_domain::Date;
use chambre_domain::calendar::day_number;

/// The officer who proposes.
pub const FIRST_OFFICER: &str = "agent-aorif-1";

/// The officer who approves.
pub const SECOND_OFFICER: &str = "agent-aorif-2";

/// The officer who reads the bank statements.
const TREASURER: &str = "agent-aorif-3";

/// Out of a hundred payments, how many come with the first wave, and with the first or the second.
const PAID: [i64; 2] = [82, 93];

/// Identifier of a run.
pub fn netting_id(scene: &Scene, semester: &Semester) -> String {
    format!("{}-{}", semester.code, scene.code)
}

/// Proposes a run of every territory.
///
/// # Errors
/// A run that the chamber refuses, or whose columns do not sum as they must.
pub async fn propose(client: &Client, cast: &Cast, semester: &Semester) -> anyhow::Result<()> {
    for scene in &cast.scenes {
        // One bailleur of Est Ensemble disputes a declaration: its position waits for the second semester.
        let disputes = scene.code == "EE" && semester.code == "2025-S1";
        let held = scene.members.iter().skip(3).take(usize::from(disputes));
        let request = v1::ProposeNettingRequest {
            netting_id: netting_id(scene, semester),
            territory_siren: scene.territory.to_string(),
            period: Some(wire_period(semester.period())),
            officer_id: FIRST_OFFICER.to_owned(),
            held_sirens: held.map(|(siren, _)| siren.to_string()).collect(),
            refuser_sirens: Vec::new(),
            validate_only: false,
        };
        let answer = client.netting().propose_netting(request).await;
        let answer = answer.with_context(|| format!("arrêté de {}", scene.code))?.into_inner();
        check(&answer.run.context("réponse sans arrêté")?)?;
    }
    Ok(())
}

/// Approves the run of every territory.
///
/// # Errors
/// A run that the chamber refuses to approve.
pub async fn approve(client: &Client, cast: &Cast, semester: &Semester) -> anyhow::Result<()> {
    for scene in &cast.scenes {
        let request = v1::ApproveNettingRequest {
            netting_id: netting_id(scene, semester),
            officer_id: SECOND_OFFICER.to_owned(),
            validate_only: false,
        };
        let answer = client.netting().approve_netting(request).await;
        answer.with_context(|| format!("approbation de {}", scene.code))?;
    }
    Ok(())
}

/// Confirms the payments of a wave: in a semester, the dice of a payment fall the same in each wave.
///
/// # Errors
/// A payment that the chamber refuses to confirm.
pub async fn confirm(
    client: &Client,
    cast: &Cast,
    (semester, wave): (&Semester, usize),
    day: Date,
    seed: u64,
) -> anyhow::Result<()> {
    let mut dice = Dice::new(seed ^ u64::from(day_number(semester.period().to).unsigned_abs()));
    for scene in &cast.scenes {
        let netting_id = netting_id(scene, semester);
        let request = v1::GetNettingRequest { netting_id: netting_id.clone() };
        let run = client.netting().get_netting(request).await?.into_inner().run;
        for payment in run.context("réponse sans arrêté")?.payments {
            let drawn = dice.between(0, 99);
            if drawn >= PAID[wave] || payment.status() != v1::PaymentStatus::Awaited {
                continue;
            }
            let request = v1::ConfirmPaymentRequest {
                netting_id: netting_id.clone(),
                payment_id: payment.payment_id,
                paid_on: Some(wire_date(day)),
                amount_cents: payment.amount_cents,
                officer_id: TREASURER.to_owned(),
                validate_only: false,
            };
            client.netting().confirm_payment(request).await.context("confirmation d’un paiement")?;
        }
    }
    Ok(())
}

/// Invariant: efforts and fair shares are one sum, positions and settled amounts sum to zero, and the payments
/// move exactly what is settled.
pub fn check(run: &v1::NettingRun) -> anyhow::Result<()> {
    let sum = |part: fn(&v1::NetPosition) -> i64| run.positions.iter().map(part).sum::<i64>();
    let flow: i64 = run.payments.iter().map(|payment| payment.amount_cents).sum();
    let faults = [
        ("efforts − parts", sum(|p| p.effort_cents - p.fair_share_cents)),
        ("positions", sum(|p| p.position_cents)),
        ("montants réglés", sum(|p| p.settled_cents)),
        ("paiements − montants réglés", flow - sum(|p| p.settled_cents.max(0))),
    ];
    for (what, left) in faults {
        if left != 0 {
            let (id, left) = (&run.netting_id, look::euros(left));
            return Err(Failure::infrastructure(format!("arrêté {id} : {what} = {left}, attendu 0")).into());
        }
    }
    Ok(())
}
