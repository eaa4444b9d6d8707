//! `chambre plan`: the fewest payments between positions of a file, without server. Its answer is JSON.

use crate::failure::Failure;
use crate::file::question::{Question, read};
use crate::report::{self, Report};
use chambre_domain::{Cents, french};
use chambre_settlement::plan::{Budget, Plan, PlanError, fewest_payments, fewest_payments_within};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Without a budget, the search ends after so many steps: same file, same answer, on any machine.
const DEFAULT_STEPS: u64 = 2_500_000_000;

/// The search says how far it is every so often.
const BETWEEN_WORDS: Duration = Duration::from_secs(2);

/// Cherche le plus petit nombre de paiements qui règle des positions ; la réponse est en JSON.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Fichier JSON : {"positions": {"SIREN": centimes, …}, "allowed_pairs": [["PAYEUR", "PAYÉ"], …]} ; - lit
    /// l’entrée standard
    #[arg(value_name = "FICHIER")]
    pub file: PathBuf,
    /// Temps de recherche, en secondes (ex. : 2,5) ; sans cette option, un nombre d’étapes toujours le même
    #[arg(long, value_name = "SECONDES", value_parser = duration)]
    pub budget: Option<Duration>,
}

pub fn run(args: &Args) -> Result<Report, Failure> {
    let answer = solve(&read(&args.file)?, args.budget)?;
    Ok(Report::new(answer.to_string(), answer))
}

fn solve(question: &Question, budget: Option<Duration>) -> Result<Value, Failure> {
    let started = Instant::now();
    let mut used = || match budget {
        Some(budget) => {
            let used = started.elapsed().as_millis() * 1_000 / budget.as_millis().max(1);
            u32::try_from(used).unwrap_or(u32::MAX)
        }
        None => 0,
    };
    let mut said_at = Duration::ZERO;
    let mut say = |per_mille: u32| {
        if started.elapsed() >= said_at + BETWEEN_WORDS {
            said_at = started.elapsed();
            report::warn(&format!("Recherche : {} % du budget utilisés…", per_mille / 10));
        }
    };
    let budget = if budget.is_some() { Budget::asking(&mut used) } else { Budget::steps(DEFAULT_STEPS) };
    let mut budget = budget.watched_by(&mut say);
    let plan = match &question.allowed_pairs {
        Some(pairs) => fewest_payments_within(&question.positions, pairs, &mut budget),
        None => fewest_payments(&question.positions, &mut budget),
    };
    let plan = plan.map_err(|error| refusal(&error))?;
    certify(question, &plan)?;
    Ok(answer(&plan))
}

fn refusal(error: &PlanError) -> Failure {
    let euros = |cents: i128| {
        i64::try_from(cents)
            .map_or_else(|_| format!("{cents} centimes"), |cents| french::euros(Cents::new(cents)))
    };
    Failure::usage(match error {
        PlanError::Unbalanced { sum } => format!(
            "positions : la somme fait « {} », et non zéro. Ce que les uns doivent est ce que les autres reçoivent.",
            euros(*sum)
        ),
        PlanError::FlowTooLarge { flow } => {
            format!(
                "positions : le total à recevoir, « {} », dépasse ce que l’on sait compter.",
                euros(*flow)
            )
        }
    })
}

/// Adds the payments up by another road: they move what the answer says, between allowed pairs, and no more.
fn certify(question: &Question, plan: &Plan<String>) -> Result<(), Failure> {
    let mut left: BTreeMap<&String, i128> =
        question.positions.iter().map(|(id, cents)| (id, i128::from(cents.get()))).collect();
    let mut settled = 0;
    for leg in &plan.payments {
        let cents = i128::from(leg.cents.get());
        let pair = (leg.from.clone(), leg.to.clone());
        let allowed = question.allowed_pairs.as_ref().is_none_or(|pairs| pairs.contains(&pair));
        if cents <= 0 || !allowed {
            return Err(Failure::infrastructure(format!("paiement {} → {} fautif", leg.from, leg.to)));
        }
        *left.entry(&leg.from).or_default() += cents;
        *left.entry(&leg.to).or_default() -= cents;
        settled += cents;
    }
    let open = |id: &String| plan.unsettled.get(id).map_or(0, |cents| i128::from(cents.get()));
    let sound =
        left.into_iter().all(|(id, left)| left == open(id)) && settled == i128::from(plan.settled.get());
    if sound { Ok(()) } else { Err(Failure::infrastructure("les paiements ne règlent pas les positions")) }
}

fn answer(plan: &Plan<String>) -> Value {
    let payments: Vec<Value> = plan
        .payments
        .iter()
        .map(|leg| json!({ "from": leg.from, "to": leg.to, "cents": leg.cents.get(), "group": leg.group }))
        .collect();
    let unsettled: BTreeMap<&String, i64> =
        plan.unsettled.iter().map(|(id, cents)| (id, cents.get())).collect();
    json!({
        "payments": payments,
        "count": plan.payments.len(),
        "optimal": plan.is_optimal(),
        "lower_bound": plan.lower_bound,
        "flow": plan.flow.get(),
        "settled": plan.settled.get(),
        "unsettled": unsettled,
        "groups": plan.groups,
        "greedy_count": plan.greedy_count,
        "method": plan.method.name(),
    })
}

/// Seconds, with at most three decimals after a comma or a point.
fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || "attendu : des secondes, entre 0,001 et 86 400".to_owned();
    let (seconds, decimals) = text.split_once([',', '.']).unwrap_or((text, "0"));
    let digits =
        |part: &str| !part.is_empty() && part.len() <= 5 && part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(seconds) || !digits(decimals) || decimals.len() > 3 {
        return Err(wrong());
    }
    let seconds: u64 = seconds.parse().map_err(|_| wrong())?;
    let millis: u64 = format!("{decimals:0<3}").parse().map_err(|_| wrong())?;
    let duration = Duration::from_secs(seconds) + Duration::from_millis(millis);
    if duration.is_zero() || duration > Duration::from_hours(24) { Err(wrong()) } else { Ok(duration) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Exit;

    fn told(text: &str) -> Result<Value, Failure> {
        solve(&Question::parse("f.json", text)?, None)
    }

    #[test]
    fn the_greedy_trap_is_paid_in_three() {
        let answer =
            told(r#"{"positions":{"A":7000,"B":5000,"C":-5000,"D":-4000,"E":-3000,"F":0}}"#).unwrap();
        assert_eq!(
            answer,
            json!({
                "payments": [
                    {"from": "C", "to": "B", "cents": 5000, "group": 1},
                    {"from": "D", "to": "A", "cents": 4000, "group": 0},
                    {"from": "E", "to": "A", "cents": 3000, "group": 0},
                ],
                "count": 3, "optimal": true, "lower_bound": 3, "flow": 12000, "settled": 12000,
                "unsettled": {}, "groups": [["A", "D", "E"], ["B", "C"]], "greedy_count": 4, "method": "subsets",
            })
        );
    }

    #[test]
    fn what_allowed_pairs_cannot_settle_is_said() {
        let answer =
            told(r#"{"positions":{"A":50,"B":50,"C":-60,"D":-40},"allowed_pairs":[["C","A"],["D","A"]]}"#);
        let answer = answer.unwrap();
        assert_eq!(
            (&answer["settled"], &answer["flow"], &answer["count"]),
            (&json!(50), &json!(100), &json!(1))
        );
        assert_eq!(answer["unsettled"], json!({"B": 50, "C": -10, "D": -40}));
        assert_eq!(told(r#"{"positions":{"A":5,"B":-5},"allowed_pairs":[]}"#).unwrap()["settled"], json!(0));
    }

    #[test]
    fn positions_that_do_not_balance_are_refused_with_their_sum() {
        let failure = told(r#"{"positions":{"A":7000,"B":-6999}}"#).unwrap_err();
        assert_eq!(failure.exit(), Exit::Usage);
        assert!(failure.to_string().contains("positions : la somme fait « 0,01"), "{failure}");
        let large = format!(r#"{{"positions":{{"A":{0},"B":{0},"C":-{0},"D":-{0}}}}}"#, i64::MAX);
        assert!(told(&large).unwrap_err().to_string().contains("dépasse"));
    }

    #[test]
    fn a_budget_is_read_in_seconds() {
        assert_eq!(duration("2,5"), Ok(Duration::from_millis(2_500)));
        assert_eq!(duration("0.05"), Ok(Duration::from_millis(50)));
        assert_eq!(duration("5"), Ok(Duration::from_secs(5)));
        for wrong in ["", "0", "-1", "1e3", "0.0001", "99999", ",5", "5,", "un"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
