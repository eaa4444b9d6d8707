//! How numbers and event ids are stored.

use chambre_domain::EventId;
use rusqlite::ToSql;
use rusqlite::types::{ToSqlOutput, Value, ValueRef};

/// Sequence numbers beyond the range of SQLite's integers never meet: the greatest stands for them in a bound.
pub(crate) fn number(seq: u64) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}

/// An event id as stored: 16 bytes for a lower-case UUID, so that time-ordered ids fill the index in order.
pub(crate) enum Key<'a> {
    Uuid([u8; 16]),
    Text(&'a str),
}

impl<'a> Key<'a> {
    pub(crate) fn of(id: &'a EventId) -> Self {
        let text = id.as_str();
        match uuid::Uuid::try_parse_ascii(text.as_bytes()) {
            Ok(uuid) if is_usual_uuid(text.as_bytes()) => Self::Uuid(*uuid.as_bytes()),
            _ => Self::Text(text),
        }
    }
}

/// The length and case of the usual form of a UUID.
fn is_usual_uuid(text: &[u8]) -> bool {
    text.len() == 36 && !text.iter().any(u8::is_ascii_uppercase)
}

impl ToSql for Key<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Self::Uuid(bytes) => ToSqlOutput::Borrowed(ValueRef::Blob(bytes)),
            Self::Text(text) => ToSqlOutput::Owned(Value::Text((*text).to_owned())),
        })
    }
}

pub(crate) fn key_text(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Blob(bytes) => {
            uuid::Uuid::from_slice(bytes).map(|uuid| uuid.to_string()).unwrap_or_default()
        }
        // A UUID stored as text would not be found by its id again: it reads as no id, and its seal fails.
        ValueRef::Text(text) => match uuid::Uuid::try_parse_ascii(text) {
            Ok(_) if is_usual_uuid(text) => String::new(),
            _ => String::from_utf8_lossy(text).into_owned(),
        },
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::Connection;

    #[test]
    fn only_a_lower_case_uuid_is_packed_and_every_id_comes_back_as_sent() {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("CREATE TABLE t (id ANY UNIQUE) STRICT").unwrap();
        for (text, packed) in [
            ("0192f0c1-7d3e-7cc2-9f6a-0d5b1f3f8f01", true),
            ("0192F0C1-7D3E-7CC2-9F6A-0D5B1F3F8F01", false),
            ("0192f0c17d3e7cc29f6a0d5b1f3f8f01", false),
            ("facture-17", false),
            ("1234567890123456", false),
        ] {
            let id = EventId::parse("event_id", text).unwrap();
            assert_eq!(matches!(Key::of(&id), Key::Uuid(_)), packed, "{text}");
            connection.execute("INSERT INTO t VALUES (?1)", [Key::of(&id)]).unwrap();
            let back: String = connection
                .query_row("SELECT id FROM t WHERE id = ?1", [Key::of(&id)], |row| {
                    Ok(key_text(row.get_ref(0)?))
                })
                .unwrap();
            assert_eq!(back, text);
        }
    }
}
