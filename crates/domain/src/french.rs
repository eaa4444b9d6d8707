//! French number and date formats, for people.

use crate::calendar::Date;
use crate::money::Cents;

const MONTHS: [&str; 12] = [
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
];

/// `-1 234 567,50 €`: U+202F between thousands, a comma, U+00A0 before the sign (format of `fr-FR`).
#[must_use]
pub fn euros(amount: Cents) -> String {
    let sign = if amount.get() < 0 { "-" } else { "" };
    let cents = amount.get().unsigned_abs();
    format!("{sign}{},{:02}\u{a0}€", count(cents / 100), cents % 100)
}

/// `1 234 567`: U+202F between thousands.
#[must_use]
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 2);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

/// `-1234567,50`: what a French spreadsheet reads as a number.
#[must_use]
pub fn decimal_comma(amount: Cents) -> String {
    amount.to_string().replace('.', ",")
}

/// `1er mars 2026`.
#[must_use]
pub fn long_date(date: Date) -> String {
    let month = MONTHS[usize::from(date.month().unsigned_abs()) - 1];
    let day = if date.day() == 1 { "1er".to_owned() } else { date.day().to_string() };
    format!("{day} {month} {}", date.year())
}

/// `01/03/2026`.
#[must_use]
pub fn short_date(date: Date) -> String {
    format!("{:02}/{:02}/{:04}", date.day(), date.month(), date.year())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_written_as_in_france() {
        assert_eq!(euros(Cents::new(-123_456_750)), "-1\u{202f}234\u{202f}567,50\u{a0}€");
        assert_eq!(euros(Cents::new(5)), "0,05\u{a0}€");
        assert_eq!(count(1_000), "1\u{202f}000");
        assert_eq!(count(999), "999");
        assert_eq!(decimal_comma(Cents::new(-5)), "-0,05");
    }

    #[test]
    fn dates_are_written_as_in_france() {
        assert_eq!(long_date(Date::constant(2026, 3, 1)), "1er mars 2026");
        assert_eq!(long_date(Date::constant(2026, 12, 24)), "24 décembre 2026");
        assert_eq!(short_date(Date::constant(2026, 3, 1)), "01/03/2026");
    }
}
