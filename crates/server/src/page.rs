//! Page tokens: opaque to the caller, bound to the question they belong to.

use chambre_domain::{Reason, Refusal};
use std::hash::{DefaultHasher, Hash, Hasher};

/// A token that goes on after `last`, for the same `question`.
pub fn token(question: &impl Hash, last: &str) -> String {
    format!("{:016x}{}", fingerprint(&(question, last)), hex(last))
}

/// Where a token goes on; nothing for the first page.
///
/// # Errors
/// [`Reason::PageToken`] for a token of another question, or one that was changed.
pub fn last(question: &impl Hash, token: &str) -> Result<Option<String>, Refusal> {
    if token.is_empty() {
        return Ok(None);
    }
    let bad = || Refusal::new(Reason::PageToken, "page_token", token);
    let (print, rest) = token.split_at_checked(16).ok_or_else(bad)?;
    let last = unhex(rest).ok_or_else(bad)?;
    if print == format!("{:016x}", fingerprint(&(question, last.as_str()))) {
        Ok(Some(last))
    } else {
        Err(bad())
    }
}

fn fingerprint(question: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    question.hash(&mut hasher);
    hasher.finish()
}

fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<String> {
    let pairs = text.as_bytes().chunks(2);
    let bytes: Option<Vec<u8>> =
        pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect();
    String::from_utf8(bytes?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_serves_the_question_it_came_from_only() {
        let made = token(&("entries", 1), "42");
        assert_eq!(last(&("entries", 1), &made), Ok(Some("42".to_owned())));
        assert_eq!(last(&("entries", 1), ""), Ok(None));
        for (question, token) in
            [(("entries", 2), made.as_str()), (("entries", 1), "x"), (("entries", 1), &made[..17])]
        {
            assert_eq!(last(&question, token).unwrap_err().reason, Reason::PageToken);
        }
    }
}
