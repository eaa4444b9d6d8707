//! Small models drawn at random, and all their answers, tried one by one.

use super::model::{Model, Row, Split, UNBOUNDED, WHOLE_BP};
use crate::double;
use crate::generate::draw::Draw;
use crate::graph::{Graph, Kind, Node};

/// A few pairs, levels and rules: of half the models some households are of two, of half some nodes must be paired, of
/// half there is a share.
pub(super) fn drawn(seed: u64) -> Model {
    let mut draw = Draw::new(seed);
    let mut below = |bound: u32| u32::try_from(draw.below(u64::from(bound))).unwrap();
    let (households, dwellings, of_two) = (below(5) + 2, below(4) + 2, below(2) * 60);
    let mut graph = Graph { kind: Kind::Double, ..Graph::default() };
    for id in 0..households {
        let double = u8::from(below(100) < of_two);
        graph.households.push(Node { id, urgent: u8::from(below(2) > 0), double, ..Node::default() });
        for dwelling in 0..dwellings {
            if below(3) > 0 && graph.edges.len() < 14 {
                graph.edges.push((id, dwelling, i64::from(below(40)) - 5));
            }
        }
    }
    graph.dwellings = (0..dwellings).map(|id| Node { id, ..Node::default() }).collect();
    let (mut model, _) = double::model(&graph);
    for _ in 0..below(4) {
        let counts = (0..).zip(&model.ends).map(|(pair, _)| (pair, i64::from(below(9)) - 4));
        let terms = counts.filter(|(_, count)| *count != 0).collect();
        model.rows.push(Row::new(terms, i64::from(below(6)) - 2, Split::Pair));
    }
    if below(2) > 0 {
        let outside_bp = i64::from(below(9) + 1) * 1_000;
        let (all, inside) = (below(2) > 0, below(3) + 1);
        let belongs: Vec<[bool; 2]> =
            model.ends.iter().map(|_| [all || below(4) > 0, below(4) < inside]).collect();
        model.rows.extend(share(&belongs, model.rows.len(), outside_bp));
    }
    if below(2) > 0 {
        model.must = (0..households).filter(|_| below(5) == 0).collect();
    }
    model
}

/// The rows of a share, of pairs in its whole or not and inside or not; the first of them at `at`.
fn share(belongs: &[[bool; 2]], at: usize, outside_bp: i64) -> [Row; 4] {
    let row = |count: &dyn Fn(bool) -> i64, most, split| {
        let whole = (0..).zip(belongs).filter(|(_, [whole, _])| *whole);
        let terms = whole.map(|(pair, [_, inside])| (pair, count(*inside)));
        Row::new(terms.filter(|(_, count)| *count != 0).collect(), most, split)
    };
    let outside = |inside: bool| i64::from(!inside);
    [
        row(
            &|inside| WHOLE_BP * outside(inside) - outside_bp,
            0,
            Split::Share { counters: at + 1, outside_bp },
        ),
        row(&outside, UNBOUNDED, Split::Pair),
        row(&|inside| -outside(inside), UNBOUNDED, Split::Pair),
        row(&|_| -1, UNBOUNDED, Split::Pair),
    ]
}

/// Every answer of a model.
pub(super) fn answers(model: &Model) -> Vec<Vec<bool>> {
    let mut choices = vec![vec![false; model.ends.len()]];
    for node in 0..model.sizes[0] {
        let mut more = Vec::new();
        for choice in &choices {
            let is_free = |dwelling: u32| {
                let mut held = choice.iter().zip(&model.ends).filter(|(taken, _)| **taken);
                held.all(|(_, ends)| ends[1] != dwelling)
            };
            for (pair, ends) in model.ends.iter().enumerate() {
                if ends[0] as usize == node && is_free(ends[1]) {
                    let mut with = choice.clone();
                    with[pair] = true;
                    more.push(with);
                }
            }
        }
        choices.extend(more);
    }
    let musts = |taken: &[bool]| {
        model
            .must
            .iter()
            .all(|node| taken.iter().zip(&model.ends).any(|(taken, ends)| *taken && ends[0] == *node))
    };
    choices.retain(|taken| musts(taken) && model.rows.iter().all(|row| row.count(taken) <= row.most));
    choices
}

/// What pairs taken come to, level by level.
pub(super) fn values(model: &Model, taken: &[bool]) -> Vec<i64> {
    (0..model.levels.len()).map(|level| model.value(level, taken)).collect()
}

/// What the best answer comes to.
pub(super) fn best(model: &Model) -> Option<Vec<i64>> {
    answers(model).iter().map(|taken| values(model, taken)).max()
}
