//! A convention file.

use super::is_told;
use chambre_api::convert::convention::{convention as of_wire, wire_convention};
use chambre_domain::Convention;

/// Reads a convention file; what is not text is refused before it is one.
pub fn convention(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let convention = match Convention::from_toml(text) {
        Ok(convention) => convention,
        Err(refusal) => return is_told(&refusal),
    };
    let file = toml::to_string(&convention).expect("a convention can be written as a file");
    assert_eq!(Convention::from_toml(&file).as_ref(), Ok(&convention), "{file}");
    let sent = of_wire(Some(wire_convention(&convention)));
    assert_eq!(sent.as_ref(), Ok(&convention), "the wire carries all that a file holds");
    // Mergers rename parties: the same rules for the same parties are the same convention.
    assert_eq!(convention.for_heirs(|siren| siren), convention);
}
