//! The wire and the nouns: what is written is read back, what is wrong is refused by the name of its field.

mod answers;
mod examples;
mod refusals;
mod round_trips;
