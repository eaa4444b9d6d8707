//! Identities that administrators register: they hold from the next call on, and every decision is kept.

use crate::authority::put;
use crate::wire::{call, signed};
use crate::world::{HERE, OWN, THERE, World};
use chambre_api::v1::access_service_client::AccessServiceClient;
use chambre_api::v1::{self, IdentityRole};
use chambre_server::ServerError;
use scenarios::{Told, siren};
use tonic::transport::Channel;
use tonic::{Code, Status};

/// A question about the runs of a territory, that officers of that territory may ask.
const READ: &str = "/chambre.v1.NettingService/ListNettings";

struct Desk {
    access: AccessServiceClient<Channel>,
    token: String,
}

impl Desk {
    async fn open(world: &World, name: &str) -> Self {
        let access = AccessServiceClient::new(world.chamber.channel().await);
        Self { access, token: world.token(name, "administrator") }
    }

    async fn register(&mut self, identity: v1::Identity) -> Result<v1::RegisterIdentityResponse, Status> {
        let request = v1::RegisterIdentityRequest { identity: Some(identity), validate_only: false };
        Ok(self.access.register_identity(signed(Some(&self.token), request)).await?.into_inner())
    }

    async fn revoke(
        &mut self,
        name: &str,
        allow_missing: bool,
    ) -> Result<v1::RevokeIdentityResponse, Status> {
        let request =
            v1::RevokeIdentityRequest { name: name.to_owned(), allow_missing, validate_only: false };
        Ok(self.access.revoke_identity(signed(Some(&self.token), request)).await?.into_inner())
    }

    async fn list(&mut self, request: v1::ListIdentitiesRequest) -> v1::ListIdentitiesResponse {
        self.access.list_identities(signed(Some(&self.token), request)).await.unwrap().into_inner()
    }
}

fn officer(name: &str, territory: &str) -> v1::Identity {
    v1::Identity {
        name: name.to_owned(),
        role: IdentityRole::Officer.into(),
        territory_sirens: vec![territory.to_owned()],
        ..v1::Identity::default()
    }
}

fn of(name: &str, role: IdentityRole) -> v1::Identity {
    v1::Identity { name: name.to_owned(), role: role.into(), ..v1::Identity::default() }
}

#[tokio::test]
async fn a_registered_name_has_its_role_at_the_next_call_and_after_a_restart() {
    let world = World::open().await;
    let channel = world.chamber.channel().await;
    let mut root = Desk::open(&world, "root").await;
    // Somebody whom the issuer knows, without a role.
    let token = world.token("c.petit", "");
    let runs = async |channel: &Channel, territory: &str| {
        let request = v1::ListNettingsRequest { territory_siren: territory.to_owned(), ..Default::default() };
        let answer = call(channel, READ, Some(&token), prost::Message::encode_to_vec(&request)).await;
        answer.map_or_else(|status| status.code(), |_| Code::Ok)
    };
    assert_eq!(runs(&channel, HERE).await, Code::PermissionDenied);
    let answer = root.register(officer("c.petit", HERE)).await.unwrap();
    let held = answer.identity.unwrap();
    assert_eq!((held.decided_by.as_str(), held.revoked, answer.replayed), ("root", false, false));
    assert_eq!(held.identity, Some(officer("c.petit", HERE)));
    assert_eq!((runs(&channel, HERE).await, runs(&channel, THERE).await), (Code::Ok, Code::PermissionDenied));
    assert!(root.register(officer("c.petit", HERE)).await.unwrap().replayed);

    // Another role in place of the first; the token of a moment ago follows.
    root.register(officer("c.petit", THERE)).await.unwrap();
    assert_eq!((runs(&channel, HERE).await, runs(&channel, THERE).await), (Code::PermissionDenied, Code::Ok));
    assert!(!root.revoke("c.petit", false).await.unwrap().replayed);
    assert!(root.revoke("c.petit", false).await.unwrap().replayed);
    assert_eq!(runs(&channel, THERE).await, Code::Unauthenticated);

    let tokens = chambre_server::access::TokenSettings {
        jwks: put(world.chamber.folder(), "jwks.json", world.issuer.jwks()).into(),
        issuer: crate::authority::ISSUER.to_owned(),
        audience: crate::authority::AUDIENCE.to_owned(),
    };
    let chamber = world.chamber.reopened_with(|config| config.access.tokens = Some(tokens)).await;
    let world = World { chamber, issuer: world.issuer };
    let channel = world.chamber.channel().await;
    assert_eq!(runs(&channel, THERE).await, Code::Unauthenticated, "still revoked");
    Desk::open(&world, "root").await.register(officer("c.petit", THERE)).await.unwrap();
    assert_eq!(runs(&channel, THERE).await, Code::Ok, "registered again");

    let folder = world.chamber.try_stop().await.unwrap();
    let kept = std::fs::read_to_string(folder.path().join("access/identities.log")).unwrap();
    assert_eq!(kept.lines().count(), 4, "every decision, no repeat: {kept}");
    let mut touched = 0;
    chambre_server::access::log::read(folder.path(), |access| {
        touched += u32::from(access.about == "identity c.petit" && access.who == "root");
        Ok(())
    })
    .unwrap();
    assert_eq!(touched, 6, "the record of accesses says over whom");
}

#[tokio::test]
async fn a_revoked_name_is_refused_whatever_its_proof_says() {
    let world = World::open().await;
    let channel = world.chamber.channel().await;
    let mut root = Desk::open(&world, "root").await;
    let token = world.token("e.auditor", "auditor");
    assert!(call(&channel, READ, Some(&token), vec![]).await.is_ok());
    let refused = root.revoke("e.auditor", false).await.unwrap_err();
    let told = Told::by(&refused);
    assert_eq!((told.code, told.reason.as_str()), (Code::NotFound, "IDENTITY_UNKNOWN"));
    root.revoke("e.auditor", true).await.unwrap();
    let status = call(&channel, READ, Some(&token), vec![]).await.unwrap_err();
    assert_eq!(status.code(), Code::Unauthenticated);
    assert!(!status.message().contains("revoked"), "{status}");
    world.chamber.stop().await;
}

#[tokio::test]
async fn who_is_revoked_follows_the_journal_no_further() {
    let world = World::open().await;
    let channel = world.chamber.channel().await;
    let mut ledger = v1::ledger_service_client::LedgerServiceClient::new(channel);
    let own = world.token("si-a", "bailleur");
    let request = v1::WatchEntriesRequest::default();
    let watched = ledger.watch_entries(signed(Some(&world.token("e.auditor", "auditor")), request)).await;
    let mut watched = watched.unwrap().into_inner();
    let first = watched.message().await.unwrap().unwrap();
    let mut works = async |event_id: &str| {
        let works = Some(scenarios::works(&format!("R-{OWN}-{HERE}"), 100));
        let event_id = event_id.to_owned();
        let request = v1::RecordWorksRequest { event_id, works, validate_only: false };
        ledger.record_works(signed(Some(&own), request)).await.unwrap();
    };
    works("w-1").await;
    let next = watched.message().await.unwrap().unwrap();
    assert_eq!((next.entries.len(), next.cursor), (1, first.cursor + 1));
    Desk::open(&world, "root").await.revoke("e.auditor", true).await.unwrap();
    works("w-2").await;
    let ended = watched.message().await.unwrap_err();
    assert_eq!(Told::by(&ended).reason, "UNAUTHENTICATED");
    world.chamber.stop().await;
}

#[tokio::test]
async fn an_administrator_changes_neither_itself_nor_what_the_operator_lists_and_one_is_always_left() {
    let listed = format!(
        "[[identity]]\nname = \"root\"\nrole = \"administrator\"\n\n[[identity]]\nname = \"si-a\"\nrole = \
         \"bailleur\"\nsiren = \"{}\"\n",
        siren(OWN)
    );
    let world = World::open_with(|config, folder| {
        config.access.directory = Some(put(folder, "identites.toml", listed));
    })
    .await;
    let mut root = Desk::open(&world, "root").await;
    let mut second = Desk::open(&world, "second").await;
    second.token = world.token("second", "");
    let told = |status: Status| {
        let told = Told::by(&status);
        (told.code, told.reason, told.field)
    };
    let refused = |code: Code, reason: &str, field: &str| (code, reason.to_owned(), field.to_owned());
    let own = refused(Code::PermissionDenied, "IDENTITY_OWN", "identity.name");
    for role in [IdentityRole::Auditor, IdentityRole::Administrator] {
        assert_eq!(told(root.register(of("root", role)).await.unwrap_err()), own);
    }
    let file = refused(Code::FailedPrecondition, "IDENTITY_IN_FILE", "identity.name");
    assert_eq!(told(root.register(of("si-a", IdentityRole::Auditor)).await.unwrap_err()), file);
    let file = refused(Code::FailedPrecondition, "IDENTITY_IN_FILE", "name");
    assert_eq!(told(root.revoke("si-a", true).await.unwrap_err()), file);

    assert_eq!(second.revoke("x", true).await.unwrap_err().code(), Code::PermissionDenied);
    root.register(of("second", IdentityRole::Administrator)).await.unwrap();
    assert_eq!(told(second.revoke("second", false).await.unwrap_err()).1, "IDENTITY_OWN");
    assert_eq!(told(second.revoke("root", false).await.unwrap_err()).1, "IDENTITY_IN_FILE");
    second.register(of("third", IdentityRole::Matching)).await.unwrap();
    root.register(of("second", IdentityRole::Auditor)).await.unwrap();
    assert_eq!(second.revoke("third", false).await.unwrap_err().code(), Code::PermissionDenied);

    // The auditor that it has become reads them: in order, page by page, each with its source.
    let page =
        |page_token: String| v1::ListIdentitiesRequest { page_size: 2, page_token, show_revoked: false };
    let first = second.list(page(String::new())).await;
    let next = second.list(page(first.next_page_token)).await;
    let rows: Vec<_> = first.identities.into_iter().chain(next.identities).collect();
    let names: Vec<_> = rows.iter().map(|row| row.identity.as_ref().unwrap().name.as_str()).collect();
    assert_eq!((names, next.next_page_token.as_str()), (vec!["root", "second", "si-a", "third"], ""));
    let decided: Vec<_> = rows.iter().map(|row| row.decided_by.as_str()).collect();
    assert_eq!(decided, ["", "root", "", "second"]);
    root.revoke("third", false).await.unwrap();
    let all = v1::ListIdentitiesRequest { show_revoked: true, ..v1::ListIdentitiesRequest::default() };
    assert_eq!(root.list(v1::ListIdentitiesRequest::default()).await.identities.len(), 3);
    assert_eq!(root.list(all).await.identities.iter().filter(|row| row.revoked).count(), 1);
    world.chamber.stop().await;
}

#[tokio::test]
async fn a_register_that_was_changed_keeps_the_service_from_starting() {
    let world = World::open().await;
    Desk::open(&world, "root").await.register(of("a", IdentityRole::Auditor)).await.unwrap();
    let folder = world.chamber.try_stop().await.unwrap();
    let path = folder.path().join("access/identities.log");
    let changed = std::fs::read_to_string(&path).unwrap().replace("auditor", "administrator");
    std::fs::write(&path, changed).unwrap();
    let mut config = chambre_server::Config::new(folder.path().to_owned());
    config.listen = "127.0.0.1:0".parse().unwrap();
    config.access.tokens = Some(chambre_server::access::TokenSettings {
        jwks: put(folder.path(), "jwks.json", world.issuer.jwks()).into(),
        issuer: crate::authority::ISSUER.to_owned(),
        audience: crate::authority::AUDIENCE.to_owned(),
    });
    let clock = chambre_server::ManualClock::new(scenarios::TODAY).clock();
    let error = chambre_server::start(config, clock).await.unwrap_err();
    assert!(matches!(error, ServerError::Access(_)), "{error}");
    assert!(error.to_string().contains("identities.log, line 1: the seal"), "{error}");
}
