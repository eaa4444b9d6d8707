//! The bearer token of a request (RFC 6750), and the certificate that it may be bound to (RFC 8705).

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue};

/// The authorization of a request, if it brings one.
///
/// # Errors
/// It brings two: why, for the record only.
pub fn authorization(headers: &HeaderMap) -> Result<Option<&HeaderValue>, String> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let value = values.next();
    if values.next().is_some() {
        return Err("two authorizations in one call".to_owned());
    }
    Ok(value)
}

/// The token of a request, if it brings one.
///
/// # Errors
/// Why its authorization is no bearer token: for the record only.
pub fn bearer(headers: &HeaderMap) -> Result<Option<&str>, String> {
    authorization(headers)?.map(token_of).transpose()
}

/// The token of an authorization.
///
/// # Errors
/// Why it is no bearer token: for the record only.
pub fn token_of(value: &HeaderValue) -> Result<&str, String> {
    let text = value.to_str().map_err(|_| "an authorization that is not text".to_owned())?;
    let (scheme, token) = text.split_once(' ').unwrap_or((text, ""));
    if scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() {
        Ok(token.trim())
    } else {
        Err("an authorization that is not a bearer token".to_owned())
    }
}

/// A fingerprint in hexadecimal as RFC 8705 writes it: base64url without padding. Nothing for other text.
pub fn thumbprint(hexadecimal: &str) -> Option<String> {
    HEXLOWER.decode(hexadecimal.as_bytes()).ok().map(|bytes| BASE64URL_NOPAD.encode(&bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thumbprint_is_written_as_rfc_8705_does() {
        // SHA-256 of the empty text, in both writings.
        let digest = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(thumbprint(digest).unwrap(), "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU");
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
