//! One call under way, from the door to the record of accesses.

use super::check::{Caller, denied};
use super::log::Recorder;
use super::seen::Seen;
use chambre_ledger::Clock;
use http::Response;
use std::sync::Arc;
use tonic::body::Body;
use tonic::{Code, Status};

/// One call under way, recorded however it ends.
pub struct Visit {
    pub seen: Seen,
    pub caller: Option<Caller>,
    pub clock: Clock,
    pub recorder: Option<Arc<Recorder>>,
}

impl Visit {
    /// The code of an answer; an answer that left without the comparison that the table asks for is a refusal.
    pub fn verdict(&self, response: Response<Body>) -> (Code, Response<Body>) {
        let code = Status::from_header_map(response.headers()).map_or(Code::Ok, |status| status.code());
        let forgot = code == Code::Ok && self.caller.as_ref().is_some_and(|caller| !caller.was_checked());
        if forgot {
            tracing::error!(rpc = %self.seen.rpc, "this RPC answered without comparing what the table says");
            return (Code::PermissionDenied, denied().into_http());
        }
        (code, response)
    }

    /// Records it; a long answer goes on.
    pub async fn end(mut self, code: Code) {
        self.note(code);
        let (recorder, seen) = (self.recorder.take(), std::mem::take(&mut self.seen));
        // Damped refusals are counted, not recorded: a flood must not fill the disk.
        let damped = code == Code::ResourceExhausted && seen.who.is_none();
        metrics::counter!("chambre_access_total", "role" => seen.role(), "outcome" => seen.outcome)
            .increment(1);
        if let Some(recorder) = recorder.filter(|_| !damped) {
            recorder.record(seen).await;
        }
    }

    fn note(&mut self, code: Code) {
        self.seen.at_millis = (self.clock)().millis();
        self.seen.outcome = name(code);
        self.seen.about = self.caller.as_ref().map(Caller::about).unwrap_or_default();
    }
}

impl Drop for Visit {
    /// A caller that went away in the middle was there all the same; what it asked for may be done.
    fn drop(&mut self) {
        if let Some(recorder) = self.recorder.take() {
            self.note(Code::Cancelled);
            recorder.record_now(std::mem::take(&mut self.seen));
        }
    }
}

const fn name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}
