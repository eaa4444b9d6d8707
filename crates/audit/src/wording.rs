//! How entries, amounts and dates are written, in every format.

use crate::export::Names;
use chambre_domain::{Date, Entry, Event, Siren, Unit};
use std::borrow::Cow;

/// `Travaux d’adaptation R-1`: the kind of the event in French, and the noun it is about.
pub(crate) fn label(event: &Event) -> String {
    match noun(event) {
        Some(noun) => format!("{} {noun}", event.french()),
        None => event.french().to_owned(),
    }
}

/// The noun an écriture is about: a relogement, the event it reverses, a run, a payment, two bailleurs.
pub(crate) fn noun(event: &Event) -> Option<String> {
    match event {
        Event::EventReversed(reversal) => Some(reversal.reverses.to_string()),
        Event::BailleurSucceeded(merger) => Some(format!("{} vers {}", merger.absorbed, merger.absorbing)),
        _ => {
            let (payment, netting) = (event.payment(), event.netting());
            payment
                .map(ToString::to_string)
                .or_else(|| netting.map(ToString::to_string))
                .or_else(|| event.relogement().map(ToString::to_string))
        }
    }
}

/// The name of a bailleur on one line, never empty, and never a formula.
pub(crate) fn name(names: &Names, siren: Siren) -> String {
    let name = one_line(&names(siren));
    match name.trim() {
        "" => format!("SIREN {siren}"),
        name => harmless(name).into_owned(),
    }
}

/// The document behind an écriture: the run, the payment, or else the declaration itself.
pub(crate) fn piece(entry: &Entry) -> &str {
    let (payment, netting) = (entry.event.payment(), entry.event.netting());
    match (payment, netting) {
        (Some(payment), _) => payment.as_str(),
        (None, Some(netting)) => netting.as_str(),
        (None, None) => entry.event_id.as_str(),
    }
}

/// Euros with two decimals after `mark`, `1234,56`; the other units whole, `1234`. For zero and above.
pub(crate) fn quantity(unit: Unit, quantity: i128, mark: char) -> String {
    match unit {
        Unit::Eur => format!("{}{mark}{:02}", quantity / 100, quantity % 100),
        Unit::Placement | Unit::SquareMetreSdp => quantity.to_string(),
    }
}

/// `20250301`.
pub(crate) fn compact_date(date: Date) -> String {
    format!("{:04}{:02}{:02}", date.year(), date.month(), date.day())
}

/// The text on one line and in one column: control characters become spaces.
///
/// Texts come clean from their door; this guards files split by tabs and line ends against any other road.
pub(crate) fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// A text that no spreadsheet takes for a formula: an apostrophe goes before `=`, `+`, `-`, `@` and control
/// characters (OWASP, CSV injection). Names are free text, and people open machines' files too.
pub(crate) fn harmless(text: &str) -> Cow<'_, str> {
    if text.starts_with(|c: char| matches!(c, '=' | '+' | '-' | '@') || c.is_control()) {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

/// The text in ASCII: accents dropped, other marks replaced by the nearest, and `?` when there is none.
pub(crate) fn ascii(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            ' '..='~' => plain.push(c),
            'à' | 'â' | 'ä' => plain.push('a'),
            'À' | 'Â' | 'Ä' => plain.push('A'),
            'ç' => plain.push('c'),
            'Ç' => plain.push('C'),
            'é' | 'è' | 'ê' | 'ë' => plain.push('e'),
            'É' | 'È' | 'Ê' | 'Ë' => plain.push('E'),
            'î' | 'ï' => plain.push('i'),
            'Î' | 'Ï' => plain.push('I'),
            'ô' | 'ö' => plain.push('o'),
            'Ô' | 'Ö' => plain.push('O'),
            'ù' | 'û' | 'ü' => plain.push('u'),
            'Ù' | 'Û' | 'Ü' => plain.push('U'),
            'ÿ' => plain.push('y'),
            'Ÿ' => plain.push('Y'),
            'œ' => plain.push_str("oe"),
            'Œ' => plain.push_str("OE"),
            'æ' => plain.push_str("ae"),
            'Æ' => plain.push_str("AE"),
            '’' | '‘' => plain.push('\''),
            '«' | '»' | '“' | '”' => plain.push('"'),
            '–' | '—' => plain.push('-'),
            '\u{a0}' | '\u{202f}' => plain.push(' '),
            _ if c.is_control() => plain.push(' '),
            _ => plain.push('?'),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn euros_have_two_decimals_and_counts_none() {
        assert_eq!(quantity(Unit::Eur, 5, ','), "0,05");
        assert_eq!(quantity(Unit::Eur, 123_456_789_012_345_678_901, '.'), "1234567890123456789.01");
        assert_eq!(quantity(Unit::Placement, 1, ','), "1");
        assert_eq!(quantity(Unit::SquareMetreSdp, 350, ','), "350");
    }

    #[test]
    fn dates_are_eight_digits() {
        assert_eq!(compact_date(Date::constant(2025, 3, 1)), "20250301");
    }

    #[test]
    fn a_text_never_breaks_its_line() {
        assert_eq!(one_line("a\tb\r\nc\u{85}d"), "a b  c d");
        assert_eq!(ascii("Écart de loyer – l’Œuvre\tŁ"), "Ecart de loyer - l'OEuvre ?");
    }

    #[test]
    fn a_name_is_never_a_formula() {
        for (text, expected) in [
            ("=1+1", "'=1+1"),
            ("+33", "'+33"),
            ("-2", "'-2"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t=1"),
            ("Habitat 77", "Habitat 77"),
            ("A=B", "A=B"),
            ("", ""),
        ] {
            assert_eq!(harmless(text), expected);
        }
    }

    #[test]
    fn every_french_kind_and_label_has_its_ascii_form() {
        for compte in chambre_domain::Compte::ALL {
            assert!(!ascii(compte.label()).contains('?'), "{compte}");
        }
        for territory in chambre_domain::Atlas::ile_de_france().territories() {
            assert!(!ascii(&territory.name).contains('?'), "{}", territory.name);
        }
    }
}
