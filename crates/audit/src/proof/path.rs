//! Proofs over the tree (RFC 9162, section 2.1): that an entry is in it, that it only grew.
//!
//! A proof is a list of roots of subtrees. [`inclusion`] and [`consistency`] say which subtrees; a [`Tree`] gives
//! their roots; [`includes`] and [`extends`] check, knowing nothing but the proof.
//!
//! [`Tree`]: super::Tree

use super::tree::{Node, split};
use std::ops::Range;

/// Subtrees that prove leaf `index` in the tree of `size` leaves, from the leaf up; nothing when it is not there.
#[must_use]
pub fn inclusion(index: u64, size: u64) -> Option<Vec<Range<u64>>> {
    if index >= size {
        return None;
    }
    let mut siblings = Vec::new();
    let mut at = 0..size;
    while at.end - at.start > 1 {
        let middle = at.start + split(at.end - at.start);
        if index < middle {
            siblings.push(middle..at.end);
            at.end = middle;
        } else {
            siblings.push(at.start..middle);
            at.start = middle;
        }
    }
    siblings.reverse();
    Some(siblings)
}

/// Subtrees that prove that the tree of `old` leaves is the beginning of that of `new`.
///
/// None are needed from nothing, or between equal sizes; nothing when the old tree is the larger.
#[must_use]
pub fn consistency(old: u64, new: u64) -> Option<Vec<Range<u64>>> {
    if old > new {
        return None;
    }
    if old == 0 || old == new {
        return Some(Vec::new());
    }
    let mut subtrees = Vec::new();
    let (mut at, mut whole) = (0..new, true);
    while old < at.end {
        let middle = at.start + split(at.end - at.start);
        if old <= middle {
            subtrees.push(middle..at.end);
            at.end = middle;
        } else {
            subtrees.push(at.start..middle);
            at.start = middle;
            whole = false;
        }
    }
    // The old tree is itself one of the subtrees: whoever checks has its root already.
    if !whole {
        subtrees.push(at);
    }
    subtrees.reverse();
    Some(subtrees)
}

/// Whether `proof` shows that `leaf` is number `index`, from 0, of the tree of `size` leaves with this root.
#[must_use]
pub fn includes(leaf: Node, index: u64, size: u64, proof: &[Node], root: Node) -> bool {
    if index >= size {
        return false;
    }
    let (mut position, mut last, mut node) = (index, size - 1, leaf);
    for sibling in proof {
        if last == 0 {
            return false;
        }
        if position & 1 == 1 || position == last {
            node = Node::above(*sibling, node);
            // Levels where this subtree stands alone on the right have no sibling.
            while position & 1 == 0 && position != 0 {
                position >>= 1;
                last >>= 1;
            }
        } else {
            node = Node::above(node, *sibling);
        }
        position >>= 1;
        last >>= 1;
    }
    last == 0 && node == root
}

/// Whether `proof` shows that the tree of `old` leaves is the beginning of that of `new` leaves.
#[must_use]
pub fn extends(old: (u64, Node), new: (u64, Node), proof: &[Node]) -> bool {
    let ((old_size, old_root), (new_size, new_root)) = (old, new);
    if old_size > new_size {
        return false;
    }
    if old_size == 0 {
        return proof.is_empty() && old_root == Node::empty();
    }
    if old_size == new_size {
        return proof.is_empty() && old_root == new_root;
    }
    // A power of two is a full subtree: its root opens the path.
    let mut path = proof.iter().copied();
    let first = if old_size.is_power_of_two() { Some(old_root) } else { path.next() };
    let Some(first) = first else { return false };
    let (mut position, mut last) = (old_size - 1, new_size - 1);
    while position & 1 == 1 {
        position >>= 1;
        last >>= 1;
    }
    let (mut of_old, mut of_new) = (first, first);
    for node in path {
        if last == 0 {
            return false;
        }
        if position & 1 == 1 || position == last {
            of_old = Node::above(node, of_old);
            of_new = Node::above(node, of_new);
            while position & 1 == 0 && position != 0 {
                position >>= 1;
                last >>= 1;
            }
        } else {
            of_new = Node::above(of_new, node);
        }
        position >>= 1;
        last >>= 1;
    }
    last == 0 && of_old == old_root && of_new == new_root
}
