//! Page tokens: opaque to the caller, bound to the question they belong to.

use chambre_domain::{Reason, Refusal};
use data_encoding::HEXLOWER;
use std::hash::{DefaultHasher, Hash, Hasher};

/// A token that goes on after `last`, for the same `question`.
pub fn token(question: &impl Hash, last: &str) -> String {
    format!("{:016x}{}", fingerprint(&(question, last)), HEXLOWER.encode(last.as_bytes()))
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
    let last = HEXLOWER
        .decode(rest.as_bytes())
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or_else(bad)?;
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
