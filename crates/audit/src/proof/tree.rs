//! The Merkle tree of RFC 6962 (section 2.1; RFC 9162 has the same): nodes, the running root, the tree that proves.
//!
//! Written here rather than taken: the crates at hand keep every hash of the tree, or want a store of tiles. A
//! verifier needs the right edge only ([`Frontier`], at most 64 nodes); a server needs one node in
//! [`BLOCK`] leaves ([`Tree`]), because it can read the seals of one block again. The tests compare with the
//! vectors of the RFC's reference log and with a foreign implementation.

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use std::fmt;
use std::ops::Range;

/// Leaves under one node that a [`Tree`] keeps: 32 bytes for 256 entries, 125 kB for a million.
pub const BLOCK: u64 = 256;

/// Hash of a leaf or of a subtree.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Node([u8; 32]);

impl Node {
    /// The 32 bytes, as they are.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The leaf that holds these bytes: SHA-256 of 0x00 and them.
    #[must_use]
    pub fn leaf(data: &[u8]) -> Self {
        Self(Sha256::new().chain_update([0]).chain_update(data).finalize().into())
    }

    /// The node above two: SHA-256 of 0x01, the left one and the right one.
    #[must_use]
    pub fn above(left: Self, right: Self) -> Self {
        Self(Sha256::new().chain_update([1]).chain_update(left.0).chain_update(right.0).finalize().into())
    }

    /// Root of the tree without leaves: SHA-256 of nothing.
    #[must_use]
    pub fn empty() -> Self {
        Self(Sha256::digest([]).into())
    }

    /// The 32 bytes.
    #[must_use]
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Node {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", HEXLOWER.encode_display(&self.0))
    }
}

impl fmt::Debug for Node {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Node({self})")
    }
}

/// The right edge of a growing tree: enough for its root, never for a proof.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Frontier {
    size: u64,
    /// One full subtree for each bit of the size, the largest first.
    peaks: Vec<Node>,
}

impl Frontier {
    /// Leaves so far.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Adds a leaf.
    pub fn push(&mut self, leaf: Node) {
        let mut node = leaf;
        // Each full subtree of the size reached so far joins the new one: as a carry in an addition.
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.peaks.pop() {
                node = Node::above(left, node);
            }
        }
        self.peaks.push(node);
        self.size += 1;
    }

    /// Root of the leaves so far.
    #[must_use]
    pub fn root(&self) -> Node {
        let joined = self.peaks.iter().rev().copied().reduce(|right, left| Node::above(left, right));
        joined.unwrap_or_else(Node::empty)
    }
}

/// A growing tree that proves: it keeps one node for each full block, and reads leaves again for the rest.
#[derive(Debug, Clone, Default)]
pub struct Tree {
    blocks: Vec<Node>,
    last: Frontier,
}

impl Tree {
    /// Leaves so far.
    #[must_use]
    pub fn size(&self) -> u64 {
        block_count(self.blocks.len()) * BLOCK + self.last.size()
    }

    /// Adds a leaf.
    pub fn push(&mut self, leaf: Node) {
        self.last.push(leaf);
        if self.last.size() == BLOCK {
            self.blocks.push(std::mem::take(&mut self.last).root());
        }
    }

    /// Root of the subtree over some leaves, as RFC 6962 splits them.
    ///
    /// `leaves` reads leaves again, fewer than [`BLOCK`] at once; a full block is never read.
    ///
    /// # Errors
    /// What `leaves` answers; [`TreeError`] for leaves that are not there, or when `leaves` gives another number.
    pub fn root_of<E: From<TreeError>>(
        &self,
        range: Range<u64>,
        leaves: &mut impl FnMut(Range<u64>) -> Result<Vec<Node>, E>,
    ) -> Result<Node, E> {
        if range.end > self.size() || range.start > range.end {
            return Err(TreeError { first: range.start, end: range.end, size: self.size() }.into());
        }
        let count = range.end - range.start;
        if count == BLOCK
            && range.start.is_multiple_of(BLOCK)
            && let Some(block) = usize::try_from(range.start / BLOCK).ok().and_then(|at| self.blocks.get(at))
        {
            return Ok(*block);
        }
        if count <= BLOCK {
            let read = leaves(range.clone())?;
            if u64::try_from(read.len()) != Ok(count) {
                return Err(TreeError { first: range.start, end: range.end, size: self.size() }.into());
            }
            let mut frontier = Frontier::default();
            read.into_iter().for_each(|leaf| frontier.push(leaf));
            return Ok(frontier.root());
        }
        let middle = range.start + split(count);
        let left = self.root_of(range.start..middle, leaves)?;
        Ok(Node::above(left, self.root_of(middle..range.end, leaves)?))
    }
}

/// Leaves asked for that the tree does not have, or that could not all be read again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("leaves {first} to {end} are not all among the {size} of the tree")]
pub struct TreeError {
    /// First leaf asked for, from 0.
    pub first: u64,
    /// The one after the last.
    pub end: u64,
    /// Leaves in the tree.
    pub size: u64,
}

/// Leaves on the left when RFC 6962 splits `count`, above 1: the largest power of two below it.
pub(super) const fn split(count: u64) -> u64 {
    1 << (count - 1).ilog2()
}

fn block_count(blocks: usize) -> u64 {
    u64::try_from(blocks).expect("no list in memory is longer than 64 bits count")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Root by the definition of RFC 6962, without any memory of parts.
    fn by_definition(leaves: &[Node]) -> Node {
        match leaves {
            [] => Node::empty(),
            [leaf] => *leaf,
            more => {
                let middle = usize::try_from(split(more.len() as u64)).unwrap();
                Node::above(by_definition(&more[..middle]), by_definition(&more[middle..]))
            }
        }
    }

    fn leaves(count: u64) -> Vec<Node> {
        (0..count).map(|index| Node::leaf(&index.to_be_bytes())).collect()
    }

    #[test]
    fn the_running_root_is_that_of_the_definition_at_every_size() {
        let all = leaves(300);
        let mut frontier = Frontier::default();
        assert_eq!(frontier.root(), Node::empty());
        for (index, leaf) in all.iter().enumerate() {
            frontier.push(*leaf);
            assert_eq!(frontier.root(), by_definition(&all[..=index]));
        }
    }

    #[test]
    fn a_tree_keeps_one_node_a_block_and_never_reads_a_full_one() {
        let count = 5 * BLOCK + 70;
        let all = leaves(count);
        let mut tree = Tree::default();
        all.iter().for_each(|leaf| tree.push(*leaf));
        assert_eq!((tree.size(), tree.blocks.len(), tree.last.size()), (count, 5, 70));
        for range in [0..count, 0..1, 0..256, 256..512, 0..1024, 1024..count, 1279..1281, 1..700] {
            let mut read = 0;
            let root: Result<Node, TreeError> = tree.root_of(range.clone(), &mut |part: Range<u64>| {
                read += part.end - part.start;
                Ok(all[usize::try_from(part.start).unwrap()..usize::try_from(part.end).unwrap()].to_vec())
            });
            let [start, end] = [range.start, range.end].map(|at| usize::try_from(at).unwrap());
            assert_eq!(root.unwrap(), by_definition(&all[start..end]), "{range:?}");
            assert!(read <= BLOCK || !range.start.is_multiple_of(BLOCK), "{read} leaves read for {range:?}");
        }
    }

    #[test]
    fn leaves_that_are_not_there_are_an_error() {
        let mut tree = Tree::default();
        tree.push(Node::leaf(b"only"));
        let mut none = |_| Ok::<_, TreeError>(Vec::new());
        assert_eq!(tree.root_of(0..2, &mut none), Err(TreeError { first: 0, end: 2, size: 1 }));
        assert_eq!(tree.root_of(0..1, &mut none), Err(TreeError { first: 0, end: 1, size: 1 }));
        assert_eq!(tree.root_of(0..0, &mut none), Ok(Node::empty()));
    }
}
