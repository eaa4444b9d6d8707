//! `chambre match --graph`: solves a prepared instance, without server. Its answer is JSON.

use crate::failure::Failure;
use crate::report::Report;
use chambre_matching::rotating::{self, Rotation};
use chambre_matching::{Assignment, Instance, assign, certify};
use serde::Deserialize;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Apparie des ménages et des logements d’un fichier préparé ; la réponse est en JSON.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Fichier JSON des ménages, des logements et des paires possibles (kind : bipartite ou rotating)
    #[arg(long, value_name = "FICHIER")]
    pub graph: PathBuf,
}

/// What the file says of itself.
#[derive(Debug, Deserialize)]
struct Head {
    kind: String,
    #[serde(default)]
    objective: Vec<String>,
    #[serde(default)]
    constraints: Vec<Value>,
}

/// Levels of the objective, as the file names them.
const OBJECTIVE: [&str; 3] = ["urgent", "placed", "score"];

pub fn run(args: &Args) -> Result<Report, Failure> {
    let text = std::fs::read_to_string(&args.graph).map_err(|error| Failure::of_file(&args.graph, &error))?;
    let answer = solve(&args.graph, &text)?;
    Ok(Report::new(answer.to_string(), answer))
}

fn solve(file: &Path, text: &str) -> Result<Value, Failure> {
    let unreadable = |error: serde_json::Error| Failure::usage(format!("{} : {error}", file.display()));
    let head: Head = serde_json::from_str(text).map_err(unreadable)?;
    match head.kind.as_str() {
        "bipartite" => {
            check(&head)?;
            let instance: Instance = serde_json::from_str(text).map_err(unreadable)?;
            bipartite(file, &instance)
        }
        "rotating" => {
            let rotation: Rotation = serde_json::from_str(text).map_err(unreadable)?;
            Ok(json!(rotating::rotate(&rotation)))
        }
        other => Err(Failure::usage(format!("kind « {other} » : seuls bipartite et rotating sont résolus."))),
    }
}

fn check(head: &Head) -> Result<(), Failure> {
    if !head.constraints.is_empty() {
        return Err(Failure::usage("constraints : les quotas ne sont pas encore résolus ; retirez-les."));
    }
    if !head.objective.is_empty() && head.objective != OBJECTIVE {
        return Err(Failure::usage("objective : seul [\"urgent\",\"placed\",\"score\"] est résolu."));
    }
    Ok(())
}

fn bipartite(file: &Path, instance: &Instance) -> Result<Value, Failure> {
    let started = Instant::now();
    let assignment =
        assign(instance).map_err(|error| Failure::usage(format!("{} : {error}", file.display())))?;
    certify(instance, &assignment).map_err(|error| Failure::infrastructure(error.to_string()))?;
    Ok(answer(instance, &assignment, started.elapsed()))
}

/// The answer; the bound is the answer itself, since the prices prove that none is better.
fn answer(instance: &Instance, assignment: &Assignment, elapsed: Duration) -> Value {
    let Assignment { dwelling_of, urgent, placed, score, .. } = assignment;
    let mut pairs: Vec<(u32, u32, i64)> = instance.edges.clone();
    pairs.retain(|(household, dwelling, _)| dwelling_of[*household as usize] == Some(*dwelling));
    pairs.sort_unstable();
    let assignments: Vec<Value> = pairs
        .into_iter()
        .map(|(household, dwelling, score)| json!({ "household": household, "dwelling": dwelling, "score": score }))
        .collect();
    let seconds = format!("{}.{:06}", elapsed.as_secs(), elapsed.subsec_micros());
    json!({
        "feasible": true,
        "optimal": true,
        "urgent": urgent,
        "placed": placed,
        "score": score,
        "transfers": 0,
        "assignments": assignments,
        "bound": { "urgent": urgent, "placed": placed, "score": score },
        "seconds": serde_json::from_str::<Value>(&seconds).unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Result<Value, Failure> {
        solve(Path::new("f.json"), text)
    }

    #[test]
    fn a_prepared_instance_is_solved_and_proven() {
        let answer = told(
            r#"{"kind":"bipartite","objective":["urgent","placed","score"],"constraints":[],
                "households":[{"id":0,"urgent":1,"project":2},{"id":1,"urgent":0}],
                "dwellings":[{"id":0,"landlord":1,"contingent":"ETAT"},{"id":1}],
                "edges":[[0,0,10],[0,1,7],[1,0,9]]}"#,
        )
        .unwrap();
        assert_eq!(
            (&answer["urgent"], &answer["placed"], &answer["score"]),
            (&json!(1), &json!(2), &json!(16))
        );
        assert_eq!(answer["assignments"][0], json!({ "household": 0, "dwelling": 1, "score": 7 }));
    }

    #[test]
    fn what_is_not_solved_is_refused() {
        for (text, says) in [
            ("{", "f.json"),
            (r#"{"kind":"chain"}"#, "chain"),
            (
                r#"{"kind":"bipartite","households":[],"dwellings":[],"edges":[],"constraints":[{"type":"max"}]}"#,
                "quotas",
            ),
            (r#"{"kind":"bipartite","households":[],"dwellings":[],"edges":[[0,0,1]]}"#, "household 0"),
        ] {
            assert!(told(text).unwrap_err().to_string().contains(says), "{text}");
        }
    }

    #[test]
    fn rotating_priority_is_traced() {
        let answer = told(
            r#"{"kind":"rotating","mous":["A","B"],"rounds":[{"dwelling":7,"eligible":["A","B"],"answers":{"A":"accept"}}]}"#,
        );
        assert_eq!(
            answer.unwrap()["rounds"][0],
            json!({"dwelling":7,"asked":["A"],"winner":"A","next_order":["B","A"]})
        );
    }
}
