//! Solves prepared graphs, one answer a line: `solve [--time-limit SECONDS] FILE…`.

use chambre_matching::graph::Graph;
use chambre_matching::solve;
use std::error::Error;
use std::time::{Duration, Instant};

fn main() -> Result<(), Box<dyn Error>> {
    let mut words: Vec<String> = std::env::args().skip(1).collect();
    let mut limit = Duration::MAX;
    if words.first().is_some_and(|word| word == "--time-limit") {
        limit = Duration::from_secs(words.get(1).ok_or("--time-limit SECONDS")?.parse()?);
        words.drain(..2);
    }
    for file in words {
        let graph: Graph = serde_json::from_slice(&std::fs::read(&file)?)?;
        let started = Instant::now();
        let mut solved = 0;
        let end = solve::solve(&graph, 1, &mut |step| {
            solved = step.solved;
            if std::env::var_os("WATCH").is_some() && solved % 50 == 0 {
                eprintln!("{step:?}");
            }
            started.elapsed() < limit
        })?;
        println!(
            "{}",
            serde_json::json!({ "file": file, "millis": started.elapsed().as_millis(), "solved": solved, "end": end })
        );
    }
    Ok(())
}
