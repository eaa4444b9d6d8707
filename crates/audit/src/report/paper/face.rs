//! The embedded fonts: how wide a text is, and where its lines break.

use super::Length;
use skrifa::raw::TableProvider;
use skrifa::{FontRef, MetadataProvider};
use std::collections::BTreeMap;
use std::sync::LazyLock;

const REGULAR: &[u8] = include_bytes!("../../../fonts/NotoSans-Regular.ttf");
const BOLD: &[u8] = include_bytes!("../../../fonts/NotoSans-SemiBold.ttf");

static REGULAR_FACE: LazyLock<Face> = LazyLock::new(|| Face::read(REGULAR));
static BOLD_FACE: LazyLock<Face> = LazyLock::new(|| Face::read(BOLD));

const MINUS: char = '\u{2212}';
const ELLIPSIS: char = '…';

/// Which of the two fonts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Weight {
    Regular,
    Bold,
}

impl Weight {
    pub(crate) const fn bytes(self) -> &'static [u8] {
        match self {
            Self::Regular => REGULAR,
            Self::Bold => BOLD,
        }
    }

    fn face(self) -> &'static Face {
        match self {
            Self::Regular => &REGULAR_FACE,
            Self::Bold => &BOLD_FACE,
        }
    }
}

/// One letter as drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Letter {
    /// Its number in the font.
    pub glyph: u32,
    /// Its width, in thousandths of the size: the fonts count a thousand units to the em.
    pub advance: i32,
}

#[derive(Debug)]
struct Face {
    letters: BTreeMap<char, Letter>,
}

impl Face {
    fn read(bytes: &[u8]) -> Self {
        let font = FontRef::new(bytes).expect("the embedded font is well-formed, as a test shows");
        let widths = font.hmtx().expect("the embedded font has widths, as a test shows");
        let letters = font.charmap().mappings().filter_map(|(code, glyph)| {
            let letter = Letter {
                glyph: glyph.to_u32(),
                advance: i32::from(widths.advance(glyph).unwrap_or_default()),
            };
            Some((char::from_u32(code)?, letter))
        });
        Self { letters: letters.collect() }
    }
}

/// The text in letters that the fonts have: no control characters, `?` for the unknown.
pub(crate) fn legible(text: &str) -> String {
    let known = &Weight::Regular.face().letters;
    let replace = |c: char| match c {
        MINUS => '-',
        c if c.is_whitespace() && !known.contains_key(&c) => ' ',
        c if c.is_control() => ' ',
        c if known.contains_key(&c) => c,
        _ => '?',
    };
    text.chars().map(replace).collect()
}

/// The letters of a legible text. The hyphen before a number, or alone, is drawn as a minus, and copied as a hyphen,
/// which is what calculators and spreadsheets read.
pub(crate) fn letters(text: &str, weight: Weight) -> impl Iterator<Item = (usize, char, Letter)> {
    let face = weight.face();
    let mut before = ' ';
    text.char_indices().map(move |(at, c)| {
        let minus = c == '-'
            && (before.is_whitespace() || before == '(')
            && text[at + 1..].starts_with(|next: char| next.is_ascii_digit() || next == ' ');
        before = c;
        let drawn = if minus { MINUS } else { c };
        let letter = face.letters.get(&drawn).or_else(|| face.letters.get(&'?'));
        (at, c, letter.copied().unwrap_or(Letter { glyph: 0, advance: 0 }))
    })
}

/// How wide a text is at a size.
pub(crate) fn width(text: &str, weight: Weight, size: Length) -> Length {
    let units: i64 = letters(text, weight).map(|(_, _, letter)| i64::from(letter.advance)).sum();
    Length::try_from(units.saturating_mul(i64::from(size)) / 1_000).unwrap_or(Length::MAX)
}

/// The text in lines no wider than `room`, broken at spaces, or inside a word that is too long; at most `most`
/// lines, the last of which ends with an ellipsis when something is left.
pub(crate) fn wrap(text: &str, weight: Weight, size: Length, room: Length, most: usize) -> Vec<String> {
    let text = legible(text);
    let fits = |line: &str| width(line, weight, size) <= room;
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
        if fits(&longer) {
            line = longer;
            continue;
        }
        if !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        for c in word.chars() {
            line.push(c);
            if !fits(&line) && line.chars().count() > 1 {
                line.pop();
                lines.push(std::mem::take(&mut line));
                line.push(c);
            }
        }
        if lines.len() > most {
            break;
        }
    }
    lines.push(line);
    if lines.len() > most {
        lines.truncate(most.max(1));
        if let Some(last) = lines.last_mut() {
            *last = shorten(last, |line| fits(line));
        }
    }
    lines
}

fn shorten(line: &str, fits: impl Fn(&str) -> bool) -> String {
    let mut kept = line.to_owned();
    loop {
        let short = format!("{}{ELLIPSIS}", kept.trim_end());
        if kept.is_empty() || fits(&short) {
            return short;
        }
        kept.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::paper::PT;

    #[test]
    fn both_fonts_have_every_letter_of_french_and_equal_digits() {
        let french = "àâäæçéèêëîïôœöùûüÿÀÂÄÆÇÉÈÊËÎÏÔŒÖÙÛÜŸ€«»’…–—×÷²°%\u{a0}\u{202f}";
        for weight in [Weight::Regular, Weight::Bold] {
            for c in french.chars().chain(' '..='~') {
                assert!(weight.face().letters.contains_key(&c), "{c} {weight:?}");
            }
            assert_eq!(width("0123456789", weight, 10 * PT), 10 * width("7", weight, 10 * PT));
        }
    }

    #[test]
    fn a_hyphen_before_a_number_is_as_wide_as_a_minus() {
        let drawn: Vec<_> =
            letters("-8 R-8 -a", Weight::Regular).map(|(_, _, letter)| letter.glyph).collect();
        let hyphen = drawn[4];
        assert_ne!(drawn[0], hyphen);
        assert_eq!(drawn[7], hyphen);
    }

    #[test]
    fn lines_break_at_spaces_inside_long_words_and_end_with_an_ellipsis() {
        let room = width("aaaa bbbb", Weight::Regular, 10 * PT);
        let wrapped = |text, most| wrap(text, Weight::Regular, 10 * PT, room, most);
        assert_eq!(wrapped("aaaa bbbb aaaa", 3), ["aaaa bbbb", "aaaa"]);
        assert_eq!(wrapped("", 3), [""]);
        assert_eq!(wrapped("aaaa bbbb aaaa bbbb aaaa", 2).len(), 2);
        assert!(wrapped("aaaa bbbb aaaa bbbb aaaa", 2)[1].ends_with('…'));
        let cut = wrapped(&"m".repeat(40), 99);
        assert!(cut.len() > 3 && cut.concat() == "m".repeat(40));
    }

    #[test]
    fn what_the_fonts_lack_is_a_question_mark() {
        assert_eq!(legible("Œuvre\t東\u{2212}5"), "Œuvre ?-5");
    }
}
