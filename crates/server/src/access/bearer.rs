//! The bearer token of a request (RFC 6750), and the certificate that it may be bound to (RFC 8705).

use http::HeaderMap;
use http::header::AUTHORIZATION;

/// The token of a request, if it brings one.
///
/// # Errors
/// Why its `authorization` is no bearer token: for the record only.
pub fn bearer(headers: &HeaderMap) -> Result<Option<&str>, String> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err("two authorizations in one call".to_owned());
    }
    let text = value.to_str().map_err(|_| "an authorization that is not text".to_owned())?;
    let (scheme, token) = text.split_once(' ').unwrap_or((text, ""));
    if scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() {
        Ok(Some(token.trim()))
    } else {
        Err("an authorization that is not a bearer token".to_owned())
    }
}

/// A fingerprint in hexadecimal as RFC 8705 writes it: base64url without padding.
pub fn thumbprint(hexadecimal: &str) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let bits: Vec<u8> = hexadecimal
        .chars()
        .filter_map(|digit| digit.to_digit(16))
        .flat_map(|digit| (0..4).rev().map(move |bit| u8::from(digit >> bit & 1 == 1)))
        .collect();
    let digit = |six: &[u8]| {
        let number = (0..6).fold(0_usize, |number, bit| number * 2 + usize::from(six.get(bit) == Some(&1)));
        char::from(DIGITS[number])
    };
    bits.chunks(6).map(digit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thumbprint_is_written_as_rfc_8705_does() {
        // SHA-256 of the empty text, in both writings.
        let digest = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(thumbprint(digest), "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU");
    }

    #[test]
    fn one_bearer_token_is_read_and_anything_else_is_refused() {
        let read = |values: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(AUTHORIZATION, (*value).parse().unwrap());
            }
            bearer(&headers).map(|token| token.map(str::to_owned))
        };
        assert_eq!(read(&[]), Ok(None));
        assert_eq!(read(&["Bearer a.b.c"]), Ok(Some("a.b.c".to_owned())));
        for bad in [&["Basic x"][..], &["Bearer"], &["Bearer "], &["Bearer a", "Bearer b"]] {
            assert!(read(bad).is_err(), "{bad:?}");
        }
    }
}
