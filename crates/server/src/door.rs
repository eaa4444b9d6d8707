//! Around every call: the caller's deadline is kept, and figures are counted.

use crate::status;
use http::{Request, Response};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tonic::Status;
use tonic::body::Body;

/// When the caller gives up; long answers read it and end themselves.
#[derive(Debug, Clone, Copy)]
pub struct Deadline(pub tokio::time::Instant);

/// Wraps every service.
#[derive(Debug, Clone, Copy)]
pub struct Door;

impl<S> tower::Layer<S> for Door {
    type Service = Doorway<S>;

    fn layer(&self, inner: S) -> Doorway<S> {
        Doorway { inner }
    }
}

/// A service behind the door.
#[derive(Debug, Clone)]
pub struct Doorway<S> {
    inner: S,
}

impl<S> tower::Service<Request<Body>> for Doorway<S>
where
    S: tower::Service<Request<Body>, Response = Response<Body>> + Clone + Send + 'static,
    S::Future: Send + 'static,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let started = Instant::now();
        let method = request.uri().path().to_owned();
        let allowed =
            request.headers().get("grpc-timeout").and_then(|value| value.to_str().ok()).and_then(timeout);
        if let Some(allowed) = allowed {
            request.extensions_mut().insert(Deadline(tokio::time::Instant::now() + allowed));
        }
        let call = self.inner.call(request);
        Box::pin(async move {
            let answer = match allowed {
                // A little before the transport's own timer, which would answer CANCELLED.
                Some(allowed) => tokio::time::timeout(allowed.saturating_sub(Duration::from_millis(2)), call)
                    .await
                    .unwrap_or_else(|_| Ok(status::deadline_exceeded().into_http())),
                None => call.await,
            };
            let answer = answer.map(in_our_words);
            if let Ok(response) = &answer {
                let code =
                    response.headers().get("grpc-status").and_then(|code| code.to_str().ok()).unwrap_or("0");
                count(method, code.to_owned(), started.elapsed());
            }
            answer
        })
    }
}

/// An answer of the transport about bytes that it could not read becomes a refusal with details.
fn in_our_words(response: Response<Body>) -> Response<Body> {
    let Some(status) = Status::from_header_map(response.headers()) else { return response };
    match status::unread(status.code(), status.message()) {
        Some(_) => status::readable(status).into_http(),
        None => response,
    }
}

fn count(method: String, code: String, elapsed: Duration) {
    metrics::counter!("chambre_calls_total", "method" => method.clone(), "code" => code).increment(1);
    metrics::histogram!("chambre_call_seconds", "method" => method).record(elapsed);
}

/// Reads the `grpc-timeout` header: up to eight digits and a unit.
fn timeout(header: &str) -> Option<Duration> {
    let (digits, unit) = header.split_at_checked(header.len().checked_sub(1)?)?;
    if digits.is_empty() || digits.len() > 8 {
        return None;
    }
    let number: u64 = digits.parse().ok()?;
    match unit {
        "H" => Some(Duration::from_secs(number * 3_600)),
        "M" => Some(Duration::from_secs(number * 60)),
        "S" => Some(Duration::from_secs(number)),
        "m" => Some(Duration::from_millis(number)),
        "u" => Some(Duration::from_micros(number)),
        "n" => Some(Duration::from_nanos(number)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_of_the_deadline_is_read() {
        assert_eq!(timeout("250m"), Some(Duration::from_millis(250)));
        assert_eq!(timeout("1H"), Some(Duration::from_secs(3_600)));
        for bad in ["", "m", "250", "123456789m", "é", "-1S"] {
            assert_eq!(timeout(bad), None, "{bad}");
        }
    }
}
