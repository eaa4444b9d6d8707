#![allow(clippy::disallowed_types, clippy::float_arithmetic)]

use super::{Ended, Simplex};

/// A programme of rows `terms · x <= most`, each with any room.
fn programme(worth: &[f64], rows: &[(&[f64], f64)]) -> Simplex {
    let mut programme = Simplex::new(worth);
    for (terms, most) in rows {
        let terms = terms.iter().copied().enumerate().filter(|(_, count)| *count != 0.0);
        programme.add_row(terms.collect(), *most, f64::INFINITY);
    }
    programme
}

fn check(programme: &mut Simplex, values: &[f64], prices: &[f64]) {
    assert_eq!(programme.solve(1_000), Ended::Solved);
    let near = |found: &[f64], wanted: &[f64]| {
        found.len() == wanted.len() && found.iter().zip(wanted).all(|(a, b)| (a - b).abs() < 1e-9)
    };
    let found: Vec<f64> = (0..prices.len()).map(|row| programme.price(row)).collect();
    assert!(near(&programme.values(), values), "values {:?}, not {values:?}", programme.values());
    assert!(near(&found, prices), "prices {found:?}, not {prices:?}");
}

#[test]
fn a_programme_worked_by_hand() {
    // 5a + 4b + 2c, under a + b + c <= 7/4 and 2a + b <= 2: all of b, half of a, which fills the second row, and the
    // quarter of c that the first leaves. One more of the first row is one more of c: 2. One more of the second is half
    // of a, in place of half of c: 5/2 - 1 = 3/2. In all 2 * 7/4 + 3/2 * 2 = 13/2, and 1/2 that b earns above its rows: 7.
    let rows: [(&[f64], f64); 2] = [(&[1.0, 1.0, 1.0], 1.75), (&[2.0, 1.0, 0.0], 2.0)];
    check(&mut programme(&[5.0, 4.0, 2.0], &rows), &[0.5, 1.0, 0.25], &[2.0, 1.5]);
}

#[test]
fn rows_and_bounds_may_change_after_a_solution() {
    let mut programme = programme(&[3.0, 2.0], &[(&[1.0, 1.0], 1.5)]);
    check(&mut programme, &[1.0, 0.5], &[2.0]);
    programme.bound(0, 0.0, 0.0);
    check(&mut programme, &[0.0, 1.0], &[0.0]);
    programme.bound(0, 0.0, 1.0);
    programme.allow(0, 1.25);
    check(&mut programme, &[1.0, 0.25], &[2.0]);
    // Four times the first is at most 2: what is left of its worth is 1, a quarter for each.
    programme.add_row(vec![(0, 4.0)], 2.0, f64::INFINITY);
    check(&mut programme, &[0.5, 0.75], &[2.0, 0.25]);
}

#[test]
fn what_nothing_keeps_is_proven_empty() {
    // a + b <= 1 and a + b >= 3/2.
    let rows: [(&[f64], f64); 2] = [(&[1.0, 1.0], 1.0), (&[-1.0, -1.0], -1.5)];
    let Ended::Empty(ray) = programme(&[1.0, 1.0], &rows).solve(1_000) else { panic!("it is not empty") };
    // Times the ray, the rows come to 0 <= less than 0.
    assert!(ray.iter().all(|times| *times >= 0.0), "{ray:?}");
    assert!((ray[0] - ray[1]).abs() < 1e-9 && ray[0] - 1.5 * ray[1] < 0.0, "{ray:?}");
}

#[test]
fn the_same_programme_from_a_fresh_inverse_comes_to_the_same() {
    // Three households, each with two of three dwellings, in a ring: a row for each, then two pairs at most.
    let ends = [(0, 0), (0, 1), (1, 1), (1, 2), (2, 2), (2, 0)];
    let mut rows: Vec<(Vec<f64>, f64)> = Vec::new();
    for node in 0..3 {
        rows.push((ends.iter().map(|(household, _)| f64::from(u8::from(*household == node))).collect(), 1.0));
        rows.push((ends.iter().map(|(_, dwelling)| f64::from(u8::from(*dwelling == node))).collect(), 1.0));
    }
    rows.push((vec![1.0; 6], 2.0));
    let rows: Vec<(&[f64], f64)> = rows.iter().map(|(terms, most)| (terms.as_slice(), *most)).collect();
    let worth = [6.0, 1.0, 5.0, 2.0, 4.0, 3.0];
    let mut programme = programme(&worth, &rows);
    assert_eq!(programme.solve(1_000), Ended::Solved);
    let prices: Vec<f64> = (0..7).map(|row| programme.price(row)).collect();
    // What the rows are paid, and what each pair is worth above its rows, is what the best two that meet nowhere come to.
    let paid: f64 = rows.iter().zip(&prices).map(|((_, most), price)| most * price).sum();
    let above = |pair: usize| {
        let of_rows: f64 = rows.iter().zip(&prices).map(|((terms, _), price)| terms[pair] * price).sum();
        (worth[pair] - of_rows).max(0.0)
    };
    let above: f64 = (0..6).map(above).sum();
    assert!((paid + above - 11.0).abs() < 1e-9 && prices.iter().all(|price| *price > -1e-9), "{prices:?}");
    programme.refresh();
    assert!(programme.adds_up());
    check(&mut programme, &[1.0, 0.0, 1.0, 0.0, 0.0, 0.0], &prices);
}
