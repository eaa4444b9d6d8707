//! Lists, page by page.

use crate::desk::refused;
use crate::page;
use chambre_api::convert::matching::ListAsked;
use tonic::Status;

/// The items of a page, of those found for it and one more; where the next one starts.
pub fn paged<T>(asked: &ListAsked, mut items: Vec<(String, T)>, question: &str) -> (Vec<T>, String) {
    let more = items.len() > asked.size;
    items.truncate(asked.size);
    let last = items.last().filter(|_| more).map(|(id, _)| page::token(&question, id));
    (items.into_iter().map(|(_, item)| item).collect(), last.unwrap_or_default())
}

/// Where a page starts; empty for the first.
pub fn after(asked: &ListAsked, question: &str) -> Result<String, Status> {
    page::last(&question, &asked.after).map(Option::unwrap_or_default).map_err(refused)
}

/// What a question is, for its page tokens.
pub fn question(name: &str, asked: &ListAsked) -> String {
    format!("{name}/{:?}/{:?}", asked.territory, asked.bailleur)
}
