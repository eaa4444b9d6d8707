//! From the wire to the nouns and back: the only place that reads protobuf fields.
//!
//! | file | words of |
//! |---|---|
//! | [`words`] | what every service shares: dates, seqs, accounts, entries, receipts |
//! | [`registry`] | bailleurs, operations, territories, communes |
//! | [`convention`] | versions of a territory's rules |
//! | [`ledger`] | declarations |
//! | [`books`] | entries, positions, the measured effort of a relogement |
//! | [`netting`], [`disputes`], [`explanation`] | runs, payments, what is contested, why |
//! | [`regional`] | plans over the runs of several territories |
//! | [`documents`] | files for people: relevé, arrêté, comparison |
//! | [`matching`] | rules, needs, offers, steps of proposals |
//! | [`audit`] | exports |
//! | [`access`] | identities |
//!
//! Reading (`date`, `works`, `convention`) takes the message by value and may refuse; the refusal carries the
//! path of the field inside the *request*: `works` reads `RecordWorksRequest.works` and `Event.works` alike, so
//! it refuses `works.amount_cents`. A field that a request holds directly has no prefix: `event_id`.
//! Writing (`wire_date`, `wire_works`) never fails; a counter beyond its wire type, which the books cannot
//! reach, is sent as the largest value.

pub mod access;
pub mod audit;
pub mod books;
pub mod commitments;
pub mod convention;
pub mod disputes;
pub mod documents;
pub mod explanation;
pub mod ledger;
pub mod matching;
pub mod netting;
pub mod regional;
pub mod registry;
pub mod words;
