//! Writes an invented instance: `cargo run --release -p chambre-matching --example generate -- HELP`.

use chambre_matching::generate::{self, Order};
use chambre_matching::graph::Graph;
use std::error::Error;
use std::io::{BufWriter, Write as _};

const HELP: &str = "generate KIND HOUSEHOLDS DWELLINGS PER_HOUSEHOLD SEED [TRANSFERS MOST | ONE_IN]
KIND: bipartite, equal (all scores the same), double (one household in ONE_IN), chain (TRANSFERS, at most MOST in a
row). The instance goes to the standard output as JSON; with `binary` before KIND, as little-endian 32-bit numbers:
households, dwellings, edges, then urgent of each household, then household, dwelling, score of each edge.";

fn main() -> Result<(), Box<dyn Error>> {
    let mut words: Vec<String> = std::env::args().skip(1).collect();
    let binary = words.first().is_some_and(|word| word == "binary");
    if binary {
        words.remove(0);
    }
    let number = |place: usize| -> Result<u64, Box<dyn Error>> {
        Ok(words.get(place).ok_or(HELP)?.parse().map_err(|_| HELP)?)
    };
    let small = |place: usize| -> Result<u32, Box<dyn Error>> { Ok(u32::try_from(number(place)?)?) };
    let kind = words.first().ok_or(HELP)?.as_str();
    let order = Order {
        households: small(1)?,
        dwellings: small(2)?,
        per_household: small(3)?,
        equal_scores: kind == "equal",
        seed: number(4)?,
    };
    let graph = match kind {
        "bipartite" | "equal" => generate::bipartite(&order),
        "double" => generate::double(&order, number(5)?),
        "chain" => generate::chain(&order, small(5)?, small(6)?),
        _ => return Err(HELP.into()),
    };
    let mut out = BufWriter::new(std::io::stdout().lock());
    if binary {
        write_binary(&graph, &mut out)?;
    } else {
        serde_json::to_writer(&mut out, &graph)?;
    }
    out.flush()?;
    Ok(())
}

fn write_binary(graph: &Graph, out: &mut impl std::io::Write) -> Result<(), Box<dyn Error>> {
    let sizes = [graph.households.len(), graph.dwellings.len(), graph.edges.len()];
    for size in sizes {
        out.write_all(&i32::try_from(size)?.to_le_bytes())?;
    }
    for household in &graph.households {
        out.write_all(&i32::from(household.urgent).to_le_bytes())?;
    }
    for &(household, dwelling, score) in &graph.edges {
        for value in [i64::from(household), i64::from(dwelling), score] {
            out.write_all(&i32::try_from(value)?.to_le_bytes())?;
        }
    }
    Ok(())
}
