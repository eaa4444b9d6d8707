//! `chambre match --graph`: solves a prepared instance, without server. Its answer is JSON.

use crate::failure::Failure;
use crate::report::{Report, warn};
use chambre_matching::graph::Graph;
use chambre_matching::rotating::{self, Rotation};
use chambre_matching::solve::{self, End, Step};
use serde::Deserialize;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// GraphOptions of a prepared instance.
#[derive(Debug, clap::Args)]
pub struct GraphOptions {
    /// Fichier JSON des ménages, des logements et des paires possibles (kind : bipartite, double, chain, rotating) ;
    /// la réponse est en JSON
    #[arg(long, value_name = "FICHIER")]
    pub graph: Option<PathBuf>,
    /// Avec --graph, rend au bout de ce temps la meilleure solution trouvée et la borne prouvée
    #[arg(long, value_name = "SECONDES", requires = "graph")]
    pub time_limit: Option<u64>,
    /// Avec --graph, fils d’exécution ; leur nombre ne change pas la réponse
    #[arg(long, value_name = "NOMBRE", default_value_t = 1)]
    pub threads: u8,
}

/// What the file says of itself.
#[derive(Debug, Deserialize)]
struct Head {
    kind: String,
}

/// A search is told about from this long on, and then as often.
const TOLD_EVERY: Duration = Duration::from_secs(2);

/// Solves the prepared instance of a file.
///
/// # Errors
/// A file that cannot be read or is no instance; a time too short to find any answer.
pub fn run(file: &Path, options: &GraphOptions) -> Result<Report, Failure> {
    let text = std::fs::read_to_string(file).map_err(|error| Failure::of_file(file, &error))?;
    let limit = options.time_limit.map_or(Duration::MAX, Duration::from_secs);
    solve(file, text, limit, options.threads.max(1).into())
}

fn solve(file: &Path, text: String, limit: Duration, threads: usize) -> Result<Report, Failure> {
    let started = Instant::now();
    let unreadable = |error: serde_json::Error| Failure::usage(format!("{} : {error}", file.display()));
    let head: Head = serde_json::from_str(&text).map_err(unreadable)?;
    match head.kind.as_str() {
        "rotating" => {
            let rotation: Rotation = serde_json::from_str(&text).map_err(unreadable)?;
            let trace = json!(rotating::rotate(&rotation));
            Ok(Report::new(trace.to_string(), trace))
        }
        "bipartite" | "double" | "chain" => {
            let graph: Graph = serde_json::from_str(&text).map_err(unreadable)?;
            drop(text);
            let mut watch = watcher(started, limit);
            let end = solve::solve(&graph, threads, &mut watch)
                .map_err(|error| Failure::usage(format!("{} : {error}", file.display())))?;
            told(&end, started.elapsed())
        }
        other => {
            Err(Failure::usage(format!("kind « {other} » inconnu : bipartite, double, chain ou rotating.")))
        }
    }
}

/// Says on the standard error where a long search is, and stops it when its time is up.
fn watcher(started: Instant, limit: Duration) -> impl FnMut(Step) -> bool {
    let mut next = TOLD_EVERY;
    move |step| {
        let elapsed = started.elapsed();
        if elapsed >= next {
            next = elapsed + TOLD_EVERY;
            let best = step.best.map_or("aucun".to_owned(), |best| best.to_string());
            warn(&format!(
                "{} s · niveau {} · meilleur : {best} · borne : {} · {} appariements résolus",
                elapsed.as_secs(),
                step.level + 1,
                step.bound,
                step.solved
            ));
        }
        elapsed < limit
    }
}

fn told(end: &End, elapsed: Duration) -> Result<Report, Failure> {
    let mut answer = json!(end);
    match end {
        End::Answer(_) => {
            let seconds = format!("{}.{:06}", elapsed.as_secs(), elapsed.subsec_micros());
            answer["seconds"] = serde_json::from_str::<Value>(&seconds).unwrap_or_default();
            Ok(Report::new(answer.to_string(), answer))
        }
        End::Infeasible(_) => Ok(Report::new(answer.to_string(), answer).refused()),
        End::Stopped => Err(Failure::infrastructure(
            "Temps écoulé avant qu’une solution qui respecte les règles ait été trouvée. Allongez --time-limit.",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Result<Value, Failure> {
        solve(Path::new("f.json"), text.to_owned(), Duration::MAX, 1).map(|report| report.json)
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
    fn rules_chains_and_double_propositions_are_solved() {
        let answer = told(
            r#"{"kind":"bipartite","households":[{"id":0,"urgent":1},{"id":1}],"dwellings":[{"id":0,"landlord":1},{"id":1,"landlord":1}],
                "edges":[[0,0,10],[0,1,7],[1,0,9]],"constraints":[{"type":"max","dwelling":{"landlord":1},"bound":1}]}"#,
        )
        .unwrap();
        assert_eq!(answer["assignments"], json!([{ "household": 0, "dwelling": 0, "score": 10 }]));
        assert_eq!(answer["bound"], json!({ "urgent": 1, "placed": 1, "score": 10 }));
        let answer = told(
            r#"{"kind":"chain","max_transfers":1,"households":[{"id":0}],"dwellings":[{"id":0}],"edges":[],
                "mutations":[{"id":0}],"mutation_to_dwelling":[[0,0,3]],"household_to_mutation":[[0,0,4]]}"#,
        )
        .unwrap();
        assert_eq!(
            answer["assignments"],
            json!([{ "household": 0, "dwelling": 0, "score": 7, "chain": [0] }])
        );
        assert_eq!(answer["transfers"], json!(1));
        let answer = told(
            r#"{"kind":"double","households":[{"id":0,"double":1}],"dwellings":[{"id":0},{"id":1}],"edges":[[0,0,3],[0,1,4]]}"#,
        )
        .unwrap();
        assert_eq!(answer["assignments"], json!([{ "household": 0, "dwellings": [0, 1], "score": 7 }]));
        assert_eq!((&answer["served"], &answer["score"]), (&json!(1), &json!(7)));
    }

    #[test]
    fn rules_that_cannot_be_kept_are_named_and_refused() {
        let text = r#"{"kind":"bipartite","households":[{"id":0,"project":2}],"dwellings":[{"id":0}],"edges":[[0,0,1]],
            "constraints":[{"type":"max","bound":9},{"type":"min","household":{"project":2},"bound":2}]}"#;
        let report = solve(Path::new("f.json"), text.to_owned(), Duration::MAX, 1).unwrap();
        assert_eq!(report.exit, crate::report::Exit::Refused);
        assert_eq!((&report.json["feasible"], &report.json["constraints"]), (&json!(false), &json!([1])));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, says) in [
            ("{", "f.json"),
            (r#"{"kind":"tripartite"}"#, "tripartite"),
            (
                r#"{"kind":"bipartite","households":[],"dwellings":[],"edges":[],"constraints":[{"type":"max"}]}"#,
                "bound",
            ),
            (r#"{"kind":"bipartite","households":[],"dwellings":[],"edges":[[0,0,1]]}"#, "household 0"),
            (
                r#"{"kind":"double","households":[],"dwellings":[],"edges":[],"mutations":[{"id":0}]}"#,
                "mutations",
            ),
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
