//! Proofs of the Merkle tree: published vectors, every size up to 70 leaves, and a foreign implementation.

#![allow(clippy::unwrap_used)]

use chambre_audit::proof::{Frontier, Node, Tree, TreeError, path};
use std::ops::Range;
use tlog_tiles::tlog;

/// Inputs and roots of the tests of Google's certificate-transparency and Trillian logs, for RFC 6962.
const INPUTS: [&str; 8] =
    ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
const ROOTS: [&str; 9] = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

const LARGEST: u64 = 70;

fn bytes(hexadecimal: &str) -> Vec<u8> {
    let digits = hexadecimal.as_bytes().chunks(2);
    digits.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

fn data(index: u64) -> Vec<u8> {
    format!("entry {index}").into_bytes()
}

fn leaves(range: Range<u64>) -> Vec<Node> {
    range.map(|index| Node::leaf(&data(index))).collect()
}

fn tree(size: u64) -> Tree {
    let mut tree = Tree::default();
    leaves(0..size).into_iter().for_each(|leaf| tree.push(leaf));
    tree
}

fn roots(tree: &Tree, subtrees: Vec<Range<u64>>) -> Vec<Node> {
    let mut read = |range| Ok::<_, TreeError>(leaves(range));
    subtrees.into_iter().map(|subtree| tree.root_of(subtree, &mut read).unwrap()).collect()
}

fn root(tree: &Tree, size: u64) -> Node {
    tree.root_of(0..size, &mut |range| Ok::<_, TreeError>(leaves(range))).unwrap()
}

fn foreign(nodes: &[Node]) -> Vec<tlog::Hash> {
    nodes.iter().map(|node| tlog::Hash(*node.bytes())).collect()
}

#[test]
fn the_published_roots_are_found_again() {
    let mut frontier = Frontier::default();
    assert_eq!(frontier.root().to_string(), ROOTS[0]);
    for (input, expected) in INPUTS.iter().zip(&ROOTS[1..]) {
        frontier.push(Node::leaf(&bytes(input)));
        assert_eq!(frontier.root().to_string(), *expected);
    }
}

#[test]
fn the_published_paths_are_found_again() {
    let all: Vec<Node> = INPUTS.iter().map(|input| Node::leaf(&bytes(input))).collect();
    let mut tree = Tree::default();
    all.iter().for_each(|leaf| tree.push(*leaf));
    let mut read = |range: Range<u64>| {
        Ok::<_, TreeError>(
            all[usize::try_from(range.start).unwrap()..usize::try_from(range.end).unwrap()].to_vec(),
        )
    };
    let mut check = |subtrees: Option<Vec<Range<u64>>>, expected: &[&str]| {
        let roots =
            subtrees.unwrap().into_iter().map(|part| tree.root_of(part, &mut read).unwrap().to_string());
        assert_eq!(roots.collect::<Vec<_>>(), expected);
    };
    check(
        path::inclusion(5, 8),
        &[
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ],
    );
    check(
        path::inclusion(3, 7),
        &[
            "0298d122906dcfc10892cb53a73992fc5b9f493ea4c9badb27b791b4127a7fe7",
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            "837dbb152e9b079010717e84e865da4ebc0fa198a806d59d31bf15accef22d0e",
        ],
    );
    check(
        path::consistency(3, 7),
        &[
            "0298d122906dcfc10892cb53a73992fc5b9f493ea4c9badb27b791b4127a7fe7",
            "07506a85fd9dd2f120eb694f86011e5bb4662e5c415a62917033d4a9624487e7",
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            "837dbb152e9b079010717e84e865da4ebc0fa198a806d59d31bf15accef22d0e",
        ],
    );
    check(
        path::consistency(6, 8),
        &[
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ],
    );
}

#[test]
fn every_leaf_of_every_size_is_proved_to_us_and_to_a_foreign_checker() {
    let tree = tree(LARGEST);
    for size in 1..=LARGEST {
        let root = root(&tree, size);
        for index in 0..size {
            let leaf = Node::leaf(&data(index));
            let proof = roots(&tree, path::inclusion(index, size).unwrap());
            assert!(path::includes(leaf, index, size, &proof, root), "{index} of {size}");
            let theirs = tlog::check_record(
                &foreign(&proof),
                size,
                tlog::Hash(*root.bytes()),
                index,
                tlog::record_hash(&data(index)),
            );
            assert!(theirs.is_ok(), "{index} of {size}: {theirs:?}");
        }
    }
}

#[test]
fn no_proof_of_inclusion_serves_another_leaf_place_size_or_root() {
    let tree = tree(LARGEST);
    for size in 1..=LARGEST {
        let whole = root(&tree, size);
        for index in 0..size {
            let leaf = Node::leaf(&data(index));
            let proof = roots(&tree, path::inclusion(index, size).unwrap());
            assert!(!path::includes(Node::leaf(b"other"), index, size, &proof, whole));
            for other in (0..=size).filter(|other| *other != index) {
                assert!(!path::includes(leaf, other, size, &proof, whole), "{index} as {other} of {size}");
            }
            assert!(!path::includes(leaf, index, size, &proof, Node::leaf(b"other")));
            assert!(!path::includes(leaf, index, size, &[proof.as_slice(), &[leaf]].concat(), whole));
            for at in 0..proof.len() {
                let mut damaged = proof.clone();
                damaged[at] = leaf;
                assert!(!path::includes(leaf, index, size, &damaged, whole), "{index} of {size}, node {at}");
                assert!(
                    !path::includes(leaf, index, size, &proof[..at], whole),
                    "{index} of {size}, cut at {at}"
                );
            }
        }
    }
    assert_eq!(path::inclusion(3, 3), None);
}

#[test]
fn every_growth_is_proved_to_us_and_to_a_foreign_checker() {
    let tree = tree(LARGEST);
    for new in 1..=LARGEST {
        let grown = (new, root(&tree, new));
        for old in 0..=new {
            let before = (old, root(&tree, old));
            let proof = roots(&tree, path::consistency(old, new).unwrap());
            assert!(path::extends(before, grown, &proof), "{old} to {new}");
            if old > 0 {
                let [theirs_new, theirs_old] = [grown.1, before.1].map(|node| tlog::Hash(*node.bytes()));
                let theirs = tlog::check_tree(&foreign(&proof), new, theirs_new, old, theirs_old);
                assert!(theirs.is_ok(), "{old} to {new}: {theirs:?}");
            }
        }
    }
}

#[test]
fn no_proof_of_growth_serves_other_roots_or_sizes() {
    let tree = tree(LARGEST);
    let other = Node::leaf(b"other");
    for new in 2..=LARGEST {
        let grown = (new, root(&tree, new));
        for old in 1..new {
            let before = (old, root(&tree, old));
            let proof = roots(&tree, path::consistency(old, new).unwrap());
            assert!(!path::extends((old, other), grown, &proof), "{old} to {new}");
            assert!(!path::extends(before, (new, other), &proof), "{old} to {new}");
            assert!(!path::extends(grown, before, &proof), "{old} to {new}");
            assert!(!path::extends(before, grown, &[proof.as_slice(), &[other]].concat()), "{old} to {new}");
            for at in 0..proof.len() {
                let mut damaged = proof.clone();
                damaged[at] = other;
                assert!(!path::extends(before, grown, &damaged), "{old} to {new}, node {at}");
                assert!(!path::extends(before, grown, &proof[..at]), "{old} to {new}, cut at {at}");
            }
        }
    }
    assert_eq!(path::consistency(4, 3), None);
}
