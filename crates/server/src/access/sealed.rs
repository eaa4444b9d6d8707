//! Lines of JSON sealed one after the other: what changes, goes, comes or moves afterwards is seen.
//!
//! The last member of each line, `seal`, is the SHA-256 of the seal of the line before (64 hexadecimal digits; zeros
//! before the first line of all) followed by the text of the line up to `,"seal":`.

use data_encoding::HEXLOWER;
use serde::{Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io;
use std::path::Path;

/// What stands between a line and its seal.
const MARK: &str = ",\"seal\":\"";

/// What the first line of all is sealed after.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Seals an object after the seal of the line before: the whole line without its end, and its seal.
///
/// # Errors
/// An object that is not written as JSON.
pub fn close(before: &str, object: &impl Serialize) -> io::Result<(String, String)> {
    let mut line = serde_json::to_string(object)?;
    line.pop();
    let seal = seal(before, &line);
    Ok((format!("{line}{MARK}{seal}\"}}"), seal))
}

/// The seal of what it covers, after the seal of the line before.
pub fn seal(before: &str, covered: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(before.as_bytes());
    hash.update(covered.as_bytes());
    HEXLOWER.encode(&hash.finalize())
}

/// The object, and the seal of its line.
pub fn read<T: DeserializeOwned>(line: &str) -> Option<(T, &str)> {
    let (_, seal) = split(line)?;
    Some((serde_json::from_str(line).ok()?, seal))
}

/// What the seal covers, and the seal.
pub fn split(line: &str) -> Option<(&str, &str)> {
    let (covered, rest) = line.rsplit_once(MARK)?;
    let seal = rest.strip_suffix("\"}")?;
    (seal.len() == 64 && seal.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some((covered, seal))
}

/// A line that a crash left without its end was never confirmed to anybody: it goes.
///
/// # Errors
/// The disk's.
pub fn cut_torn_line(path: &Path) -> io::Result<()> {
    let bytes = std::fs::read(path)?;
    let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    if whole < bytes.len() {
        tracing::warn!(file = %path.display(), "the last line was cut by a crash: removed");
        File::options().write(true).open(path)?.set_len(u64::try_from(whole).unwrap_or(0))?;
    }
    Ok(())
}

/// The fault of a line, named by file and number.
pub fn damaged(place: (&Path, usize), what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("{}, line {}: {what}", place.0.display(), place.1))
}
