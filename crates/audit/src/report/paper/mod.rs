//! A page and what is drawn on it. Lengths are whole thousandths of a point: the same input gives the same bytes.
//!
//! | file | noun |
//! |---|---|
//! | [`face`] | the embedded fonts: widths, lines that fit |
//! | [`mark`] | what a page holds: words, rules, bars |
//! | [`flow`] | pages one after the other, their heads and feet |
//! | [`grid`] | a table that goes on over pages |
//! | [`svg`] | one sheet as a picture |
//! | [`ink`] | the pages as PDF; the only file that speaks to the PDF library, which counts in floats |

pub(crate) mod face;
pub(crate) mod flow;
pub(crate) mod grid;
mod ink;
pub(crate) mod mark;
pub(crate) mod svg;

/// A length, in thousandths of a point (1/72 inch).
pub(crate) type Length = i32;

/// One point.
pub(crate) const PT: Length = 1_000;
