//! AccessService: what administrators ask of the register of identities.

use super::check::Caller;
use super::gate::Access;
use super::identity::{Rights, Said};
use super::names::{By, Known};
use super::register::{Decided, Standing, Undecided};
use super::seen::About;
use crate::desk::refused;
use crate::{page, status};
use chambre_api::convert::access::{self as wire, IdentityAsked};
use chambre_api::convert::words;
use chambre_api::v1::{self, access_service_server::AccessService};
use chambre_domain::{BookedAt, Reason};
use std::sync::Arc;
use tonic::{Request, Response, Status};

/// The register, behind the door; none in a trial.
pub struct Identities(pub Option<Arc<Access>>);

impl Identities {
    fn access(&self) -> Result<&Arc<Access>, Status> {
        self.0.as_ref().ok_or_else(|| status::refuse(Reason::IdentitiesOff, "identity", ""))
    }

    /// Takes a decision, on a thread that may wait for the disk.
    async fn decide(
        &self,
        caller: Caller,
        validate_only: bool,
        decide: impl FnOnce(&Access, By<'_>) -> Result<Decided, Undecided> + Send + 'static,
    ) -> Result<Decided, Status> {
        let access = Arc::clone(self.access()?);
        let decided = tokio::task::spawn_blocking(move || {
            let by = By { caller: caller.identity(), at_millis: access.now_millis(), validate_only };
            decide(&access, by)
        });
        match decided.await {
            Ok(Ok(decided)) => Ok(decided),
            Ok(Err(Undecided::Refused(refusal))) => Err(refused(refusal)),
            Ok(Err(Undecided::Disk(error))) => {
                tracing::error!(%error, "the register of identities cannot be written");
                Err(status::unavailable(
                    "the register of identities cannot be written; send the same request again",
                ))
            }
            Err(error) => {
                tracing::error!(%error, "a decision over an identity was cut short");
                Err(status::unavailable("the decision was cut short; send the same request again"))
            }
        }
    }
}

#[tonic::async_trait]
impl AccessService for Identities {
    async fn register_identity(
        &self,
        request: Request<v1::RegisterIdentityRequest>,
    ) -> Result<Response<v1::RegisterIdentityResponse>, Status> {
        let (caller, request) = Caller::enter(request);
        let asked = wire::identity_asked(request).map_err(refused)?;
        let name = asked.command.name.clone();
        caller.mark(|| About::Words(format!("identity {name}")));
        let rights = rights(asked.command)?;
        let text = name.to_string();
        let decide = move |access: &Access, by: By<'_>| access.names().register(&name, rights, by);
        let decided = self.decide(caller, asked.validate_only, decide).await?;
        let (identity, replayed) = (Some(wire_standing(&text, &decided.standing)), decided.replayed);
        Ok(Response::new(v1::RegisterIdentityResponse { identity, replayed }))
    }

    async fn revoke_identity(
        &self,
        request: Request<v1::RevokeIdentityRequest>,
    ) -> Result<Response<v1::RevokeIdentityResponse>, Status> {
        let (caller, request) = Caller::enter(request);
        let asked = wire::revocation_asked(&request).map_err(refused)?;
        let wire::RevocationAsked { name, allow_missing } = asked.command;
        caller.mark(|| About::Words(format!("identity {name}")));
        let text = name.to_string();
        let decide = move |access: &Access, by: By<'_>| access.names().revoke(&name, allow_missing, by);
        let decided = self.decide(caller, asked.validate_only, decide).await?;
        let (identity, replayed) = (Some(wire_standing(&text, &decided.standing)), decided.replayed);
        Ok(Response::new(v1::RevokeIdentityResponse { identity, replayed }))
    }

    async fn list_identities(
        &self,
        request: Request<v1::ListIdentitiesRequest>,
    ) -> Result<Response<v1::ListIdentitiesResponse>, Status> {
        let request = request.into_inner();
        let size = words::page_size(request.page_size).map_err(refused)?;
        let question = ("identities", request.show_revoked);
        let after = page::last(&question, &request.page_token).map_err(refused)?;
        let known = self.access()?.names().known();
        let shown = |(name, known): (String, Known)| wire_known(&name, known);
        let mut found = known
            .into_iter()
            .filter(|(name, _)| after.as_ref().is_none_or(|after| name > after))
            .map(shown)
            .filter(|identity| request.show_revoked || !identity.revoked);
        let identities: Vec<_> = found.by_ref().take(size).collect();
        let last = identities.last().filter(|_| found.next().is_some());
        let name = last.and_then(|last| last.identity.as_ref()).map(|identity| identity.name.as_str());
        let next_page_token = name.map(|name| page::token(&question, name)).unwrap_or_default();
        Ok(Response::new(v1::ListIdentitiesResponse { identities, next_page_token }))
    }
}

fn rights(asked: IdentityAsked) -> Result<Rights, Status> {
    let territories = if asked.whole_region {
        vec!["region".to_owned()]
    } else {
        asked.territories.iter().map(ToString::to_string).collect()
    };
    let siren = asked.siren.map(|siren| siren.to_string());
    let said = Said { role: Some(asked.role.to_owned()), siren, territories };
    // What the wire let through has all that its role needs.
    said.rights().map_err(|_| status::refuse(Reason::ValueUnknown, "identity.role", asked.role))
}

fn wire_known(name: &str, known: Known) -> v1::RegisteredIdentity {
    match known {
        Known::Register(standing) => wire_standing(name, &standing),
        Known::Directory(rights) => v1::RegisteredIdentity {
            identity: Some(wire_identity(name, &rights)),
            source: v1::IdentitySource::Directory.into(),
            ..v1::RegisteredIdentity::default()
        },
    }
}

fn wire_standing(name: &str, standing: &Standing) -> v1::RegisteredIdentity {
    v1::RegisteredIdentity {
        identity: Some(wire_identity(name, &standing.rights)),
        source: v1::IdentitySource::Register.into(),
        revoked: standing.revoked,
        decided_by: standing.by.clone(),
        decided_at: Some(words::wire_booked_at(BookedAt::from_millis(standing.at_millis))),
    }
}

fn wire_identity(name: &str, rights: &Rights) -> v1::Identity {
    let Said { role, siren, territories } = rights.said();
    wire::wire_identity(name, role.as_deref().unwrap_or_default(), siren, territories)
}
