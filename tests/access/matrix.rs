//! Every RPC that the server says that it serves × every role × own and other territory × own and other landlord.

use crate::wire::{call, code, filled, reflected, signed};
use crate::world::{HERE, ORIGIN, OWN, STRANGER, STRANGERS_ORIGIN, THERE, World, need_of, offer_of};
use chambre_api::v1;
use chambre_server::access::identity::Role;
use chambre_server::access::table::{Compared, OPEN_SERVICES, RULES, Reach, Rule};
use prost_reflect::prost::Message as _;
use prost_reflect::{DescriptorPool, MethodDescriptor};
use scenarios::siren;
use std::cell::Cell;
use tonic::Code;
use tonic::transport::Channel;

/// Who calls: a role of the table, with the reach of its cell unless it is everywhere or nothing.
const CALLERS: [(&str, &str); 8] = [
    ("a.bailleur", "bailleur"),
    ("b.officer", "officer"),
    ("c.region", "region"),
    ("d.coordinator", "coordinator"),
    ("e.auditor", "auditor"),
    ("f.administrator", "administrator"),
    ("g.nobody", ""),
    ("h.matching", "matching"),
];

struct Combination<'a> {
    method: MethodDescriptor,
    rule: &'a Rule,
    name: &'a str,
    role: &'a str,
    territory: &'a str,
    landlord: u32,
}

impl Combination<'_> {
    fn path(&self) -> String {
        format!("/{}/{}", self.method.parent_service().full_name(), self.method.name())
    }

    fn reach(&self) -> Reach {
        let role = if self.role == "region" { "officer" } else { self.role };
        match Role::named(role).map_or(Reach::No, |role| self.rule.reach(role)) {
            Reach::There if self.role == "region" => Reach::All,
            reach => reach,
        }
    }

    fn is_allowed(&self) -> bool {
        match self.reach() {
            Reach::No => false,
            Reach::All => true,
            Reach::There => self.territory == HERE,
            // A question that names no landlord is about the caller: another test reads what is answered.
            Reach::Own => self.landlord == OWN || !self.names_a_landlord(),
        }
    }

    fn names_a_landlord(&self) -> bool {
        let filter = self.rule.compared == Compared::Filter;
        !filter || self.method.input().get_field_by_name("bailleur_siren").is_some()
    }

    /// An officer signs building rights; a landlord declares works, or a relogement.
    fn chosen(&self) -> [&'static str; 3] {
        match self.role {
            "bailleur" | "matching" => ["works", "relogement_id", "bailleur_siren"],
            _ => ["land_counterpart", "relogement_id", "officer_id"],
        }
    }

    fn message(&self, number: u32) -> Vec<u8> {
        if self.method.name() == "PublishConvention" {
            // Its parameters exclude each other: names of fields alone do not make one that is accepted.
            let convention =
                v1::Convention { territory_siren: self.territory.to_owned(), ..scenarios::causal() };
            let request = v1::PublishConventionRequest { convention: Some(convention), validate_only: true };
            return request.encode_to_vec();
        }
        if self.method.name() == "ProposeRegionalNetting" {
            let run_netting_ids = vec![format!("N-{}-{}", self.landlord, self.territory)];
            let request = v1::ProposeRegionalNettingRequest {
                run_netting_ids,
                validate_only: true,
                ..Default::default()
            };
            return request.encode_to_vec();
        }
        if let Some(message) = self.of_the_matching(number) {
            return message;
        }
        let Self { territory, landlord, .. } = self;
        let reversed = if self.role == "bailleur" { "w" } else { "l" };
        let fill = |field: &str| match field {
            "territory_siren" => (*territory).to_owned(),
            "siren" | "bailleur_siren" | "host_siren" => siren(*landlord),
            "origin_siren" | "absorbed_siren" => siren(ORIGIN),
            "absorbing_siren" => siren(*landlord),
            "relogement_id" => format!("R-{landlord}-{territory}"),
            "netting_id" => format!("N-{landlord}-{territory}"),
            "operation_id" => format!("OP-{STRANGERS_ORIGIN}-{territory}"),
            "reverses_event_id" => format!("{reversed}-{landlord}-{territory}"),
            "dispute_id" => format!("d-{territory}"),
            "household" => format!("h-{landlord}-{territory}"),
            "offer_id" => format!("O-{landlord}-{territory}"),
            "proposal_id" => format!("P-{landlord}-{territory}"),
            "mous_id" => format!("M-{landlord}-{territory}"),
            "event_id" | "request_id" => format!("matrix-{number}"),
            "commune_insee" | "insee" => "93066".to_owned(),
            "officer_id" if self.method.name().ends_with("Events") => self.name.to_owned(),
            // Empty: the name is the caller's own.
            "officer_id" | "author_id" | "page_token" | "host" => String::new(),
            _ => "x".to_owned(),
        };
        filled(self.method.input(), &fill, &self.chosen()).encode_to_vec()
    }

    /// Messages of the matching whose fields depend on each other: names alone do not make one that is read.
    fn of_the_matching(&self, number: u32) -> Option<Vec<u8>> {
        let Self { territory, landlord, .. } = *self;
        let (request_id, author_id, validate_only) = (format!("matrix-{number}"), String::new(), true);
        let of = format!("{landlord}-{territory}");
        Some(match self.method.name() {
            "DeclareNeeds" => {
                let needs = vec![need_of(landlord, territory)];
                v1::DeclareNeedsRequest { needs, request_id, author_id, validate_only }.encode_to_vec()
            }
            "DeclareTransfers" => {
                let need = v1::Need { household: format!("t-{of}"), ..need_of(landlord, territory) };
                let frees = v1::Offer { offer_id: format!("F-{of}"), ..offer_of(landlord, territory) };
                let transfers =
                    vec![v1::TenantTransfer { need: Some(need), frees: Some(frees), agreed: true }];
                v1::DeclareTransfersRequest { transfers, request_id, author_id, validate_only }
                    .encode_to_vec()
            }
            "ProposeChain" => {
                let request = v1::ProposeChainRequest {
                    territory_siren: territory.to_owned(),
                    chain_id: "C-new".to_owned(),
                    offer_id: format!("O-{of}"),
                    households: vec![format!("t-{of}"), format!("h-{of}")],
                    request_id,
                    author_id,
                    validate_only,
                    ..v1::ProposeChainRequest::default()
                };
                request.encode_to_vec()
            }
            "DeclareOffers" => {
                let offers = vec![offer_of(landlord, territory)];
                v1::DeclareOffersRequest { offers, request_id, author_id, validate_only }.encode_to_vec()
            }
            "DeclareContingents" => {
                let contingent = v1::PooledContingent {
                    contingent_id: "ETAT".to_owned(),
                    reserver: "État (fictif)".to_owned(),
                    kind: v1::Contingent::StatePriority.into(),
                    accepts: v1::ContingentPublic::Anyone.into(),
                    dwellings: 1,
                    period: scenarios::proposal("", (2025, 12, 31)).period,
                    ..v1::PooledContingent::default()
                };
                let (territory_siren, contingents) = (territory.to_owned(), vec![contingent]);
                let request = v1::DeclareContingentsRequest {
                    territory_siren,
                    contingents,
                    request_id,
                    author_id,
                    validate_only,
                };
                request.encode_to_vec()
            }
            "Propose" => {
                let request = scenarios::proposed("P-new", &format!("h-{of}"), &format!("O-{of}"));
                v1::ProposeRequest { request_id, author_id, validate_only, ..request }.encode_to_vec()
            }
            "StepProposal" => {
                let position = v1::proposal_step::Step::Position(());
                let request = scenarios::step(&format!("P-{of}"), "", position);
                v1::StepProposalRequest { request_id, author_id, validate_only, ..request }.encode_to_vec()
            }
            _ => return None,
        })
    }
}

fn method(pool: &DescriptorPool, path: &str) -> MethodDescriptor {
    let (service, name) = path.trim_start_matches('/').split_once('/').unwrap();
    let service = pool.get_service_by_name(service).unwrap();
    service.methods().find(|method| method.name() == name).unwrap()
}

fn is_open(path: &str) -> bool {
    OPEN_SERVICES.iter().any(|service| path.starts_with(&format!("/{service}/")))
}

#[tokio::test]
async fn every_rpc_does_for_every_role_what_the_table_says() {
    let world = World::open().await;
    let channel = world.chamber.channel().await;
    let (paths, pool) = reflected(&channel, &world.token("e.auditor", "auditor")).await;
    let number = Cell::new(0);
    let mut holes = Vec::new();
    for path in paths.iter().filter(|path| !is_open(path)) {
        let rule = Rule::of_path(path);
        let rule = rule.unwrap_or_else(|| unreachable!("{path} has no line in access/table.rs"));
        for (name, role) in CALLERS {
            let token = world.token(name, role);
            for (territory, landlord) in [(HERE, OWN), (HERE, STRANGER), (THERE, OWN), (THERE, STRANGER)] {
                let method = method(&pool, path);
                let tried = Combination { method, rule, name, role, territory, landlord };
                number.set(number.get() + 1);
                holes.extend(hole(&channel, &tried, &token, number.get()).await);
            }
        }
    }
    println!("{} RPCs, {} combinations, {} holes", paths.len(), number.get(), holes.len());
    assert!(holes.is_empty(), "{}", holes.join("\n"));
    assert!(number.get() > 900, "the walk has lost its way");
    world.chamber.stop().await;
}

/// What goes against the table, if anything does.
async fn hole(channel: &Channel, tried: &Combination<'_>, token: &str, number: u32) -> Option<String> {
    let answer = call(channel, &tried.path(), Some(token), tried.message(number)).await;
    let found = code(&answer, tried.method.output());
    let stopped = matches!(found, Code::PermissionDenied | Code::Unauthenticated);
    let as_told = if tried.is_allowed() { !stopped } else { found == Code::PermissionDenied };
    let landlord = if tried.landlord == OWN { "own" } else { "other" };
    let told = answer.as_ref().err().map_or("", |status| status.message());
    (!as_told).then(|| {
        let (path, role, allowed) = (tried.path(), tried.role, tried.is_allowed());
        format!(
            "{path} as {role:?} in {} for {landlord}: allowed {allowed}, answered {found:?} {told}",
            tried.territory
        )
    })
}

#[tokio::test]
async fn nobody_reaches_any_rpc_but_the_probes_without_saying_who_they_are() {
    let world = World::open().await;
    let channel = world.chamber.channel().await;
    let (paths, _) = reflected(&channel, &world.token("e.auditor", "auditor")).await;
    for path in &paths {
        let answer = call(&channel, path, None, Vec::new()).await;
        let found = answer.map_or_else(|status| status.code(), |_| Code::Ok);
        let expected = if is_open(path) { Code::Ok } else { Code::Unauthenticated };
        assert_eq!(found, expected, "{path}");
    }
    world.chamber.stop().await;
}

#[tokio::test]
async fn every_line_of_the_table_is_an_rpc_of_the_server() {
    let world = World::open().await;
    let (paths, _) = reflected(&world.chamber.channel().await, &world.token("e", "auditor")).await;
    // The older reflection serves old tools and names itself nowhere.
    for rule in RULES.iter().filter(|rule| !rule.rpc.contains("v1alpha")) {
        assert!(paths.contains(&format!("/{}", rule.rpc)), "{} is served by nobody", rule.rpc);
    }
    world.chamber.stop().await;
}

#[tokio::test]
async fn an_unknown_rpc_is_refused_as_any_other() {
    let world = World::open().await;
    let token = world.token("e.auditor", "auditor");
    let answer =
        call(&world.chamber.channel().await, "/chambre.v1.LedgerService/Erase", Some(&token), vec![]).await;
    assert_eq!(answer.unwrap_err().code(), Code::PermissionDenied);
    world.chamber.stop().await;
}

/// With every filter left open, a landlord reads what concerns it and nothing else.
#[tokio::test]
async fn what_a_landlord_reads_never_names_a_stranger() {
    let world = World::open().await;
    let channel = world.chamber.channel().await;
    let (paths, pool) = reflected(&channel, &world.token("e.auditor", "auditor")).await;
    let token = world.token("a.bailleur", "bailleur");
    let strangers =
        [siren(STRANGER), siren(STRANGERS_ORIGIN), format!("R-{STRANGER}-"), format!("h-{STRANGER}-")];
    let mut read = 0;
    for path in paths.iter().filter(|path| !is_open(path)) {
        let rule = Rule::of_path(path).unwrap();
        // What is asked about one pair names that pair only.
        let writes = rule.compared == Compared::Parties && !path.contains("/Get");
        if rule.reach(Role::Bailleur) != Reach::Own || rule.compared == Compared::Events || writes {
            continue;
        }
        let fill = |field: &str| match field {
            "relogement_id" if path.ends_with("GetRelogement") => format!("R-{OWN}-{HERE}"),
            "netting_id" => format!("N-{OWN}-{HERE}"),
            "proposal_id" => format!("P-{OWN}-{HERE}"),
            "bailleur_siren" if path.ends_with("ExplainPosition") || path.ends_with("GetStatement") => {
                siren(OWN)
            }
            _ => String::new(),
        };
        let message = filled(method(&pool, path).input(), &fill, &[]);
        let mut message = message;
        // Days left open, too: a filter on a period would hide what is looked for.
        for field in ["period", "closing_date", "in_use_on"] {
            if message.get_field_by_name(field).is_some() {
                message.clear_field_by_name(field);
            }
        }
        let answer = call(&channel, path, Some(&token), message.encode_to_vec()).await;
        let answer = answer.unwrap_or_else(|status| unreachable!("{path}: {status}")).unwrap_or_default();
        let text = String::from_utf8_lossy(&answer);
        let own = [siren(OWN), format!("R-{OWN}-"), format!("h-{OWN}-")];
        let told = own.iter().any(|own| text.contains(own));
        assert!(told, "{path} says nothing of the landlord");
        for stranger in &strangers {
            assert!(!text.contains(stranger), "{path} names {stranger}");
        }
        read += 1;
    }
    assert!(read >= 12, "{read} readings");
    world.chamber.stop().await;
}

/// The same refusal, to the last word, whether what was named exists or not.
#[tokio::test]
async fn a_refusal_never_tells_what_exists() {
    let world = World::open().await;
    let channel = world.chamber.channel().await;
    let (_, pool) = reflected(&channel, &world.token("e.auditor", "auditor")).await;
    for (rpc, role, field, exists) in [
        ("LedgerService/GetRelogement", "bailleur", "relogement_id", format!("R-{STRANGER}-{HERE}")),
        ("LedgerService/GetRelogement", "officer", "relogement_id", format!("R-{STRANGER}-{THERE}")),
        ("LedgerService/ListEntries", "bailleur", "relogement_id", format!("R-{STRANGER}-{HERE}")),
        ("LedgerService/RecordWorks", "bailleur", "relogement_id", format!("R-{STRANGER}-{HERE}")),
        ("LedgerService/ReverseEvent", "bailleur", "reverses_event_id", format!("w-{STRANGER}-{HERE}")),
        ("LedgerService/ReverseEvent", "officer", "reverses_event_id", format!("l-{OWN}-{THERE}")),
        ("NettingService/GetNetting", "bailleur", "netting_id", format!("N-{STRANGER}-{HERE}")),
        ("NettingService/GetNetting", "coordinator", "netting_id", format!("N-{OWN}-{THERE}")),
        ("NettingService/ApproveNetting", "officer", "netting_id", format!("N-{OWN}-{THERE}")),
        ("NettingService/ConfirmPayment", "officer", "netting_id", format!("N-{OWN}-{THERE}")),
        ("MatchingService/GetProposal", "bailleur", "proposal_id", format!("P-{STRANGER}-{HERE}")),
        ("MatchingService/GetProposal", "officer", "proposal_id", format!("P-{OWN}-{THERE}")),
        ("MatchingService/ExplainPair", "bailleur", "household", format!("h-{STRANGER}-{HERE}")),
        ("MatchingService/WithdrawNeed", "bailleur", "household", format!("h-{STRANGER}-{HERE}")),
        ("MatchingService/WithdrawOffer", "officer", "offer_id", format!("O-{OWN}-{THERE}")),
    ] {
        let path = format!("/chambre.v1.{rpc}");
        let token = world.token("a.b", role);
        let told = async |id: &str| {
            let fill = |name: &str| match name {
                name if name == field => id.to_owned(),
                "event_id" | "request_id" => "probe".to_owned(),
                "officer_id" | "author_id" | "page_token" | "territory_siren" | "bailleur_siren" => {
                    String::new()
                }
                _ => "x".to_owned(),
            };
            let message = filled(method(&pool, &path).input(), &fill, &[]).encode_to_vec();
            scenarios::Told::by(&call(&channel, &path, Some(&token), message).await.unwrap_err())
        };
        let (exists, absent) = (told(&exists).await, told("no-such-thing").await);
        assert_eq!(exists.code, Code::PermissionDenied, "{rpc} as {role}");
        assert_eq!(exists, absent, "{rpc} as {role}");
    }
    world.chamber.stop().await;
}

#[tokio::test]
async fn the_officer_of_a_run_is_the_one_who_calls_and_approves_no_run_of_its_own() {
    let world = World::open().await;
    let channel = world.chamber.channel().await;
    let mut netting = v1::netting_service_client::NettingServiceClient::new(channel);
    let (martin, durand) = (world.token("a.martin", "officer"), world.token("b.durand", "officer"));
    let propose = |officer: &str| {
        let mut request = scenarios::proposal("N-four-eyes", (2025, 6, 30));
        officer.clone_into(&mut request.officer_id);
        request.held_sirens = vec![siren(OWN)];
        request
    };
    let refused = netting.propose_netting(signed(Some(&martin), propose("b.durand"))).await.unwrap_err();
    assert_eq!(scenarios::Told::by(&refused).reason, "OFFICER_NOT_CALLER");
    // The work of a later month, or there would be nothing to share.
    let works = v1::RecordWorksRequest {
        event_id: "later".to_owned(),
        works: Some(scenarios::works(&format!("R-{OWN}-{HERE}"), 900)),
        validate_only: false,
    };
    let mut ledger = v1::ledger_service_client::LedgerServiceClient::new(world.chamber.channel().await);
    let own = world.token("si-a", "bailleur");
    ledger.record_works(signed(Some(&own), works)).await.unwrap();
    let run = netting.propose_netting(signed(Some(&martin), propose(""))).await.unwrap().into_inner().run;
    assert_eq!(run.unwrap().proposed_by, "a.martin");
    let approve = || scenarios::approval("N-four-eyes", "");
    let refused = netting.approve_netting(signed(Some(&martin), approve())).await.unwrap_err();
    assert_eq!(scenarios::Told::by(&refused).reason, "SAME_OFFICER");
    let run = netting.approve_netting(signed(Some(&durand), approve())).await.unwrap().into_inner().run;
    assert_eq!(run.unwrap().approved_by, "b.durand");
    world.chamber.stop().await;
}

#[tokio::test]
async fn the_origin_reads_what_the_host_charges_it_and_cannot_cancel_it() {
    let world = World::open().await;
    let mut ledger = v1::ledger_service_client::LedgerServiceClient::new(world.chamber.channel().await);
    let claims =
        crate::authority::claims("si-b", "bailleur", &serde_json::json!({ "chambre_siren": siren(ORIGIN) }));
    let origin = world.issuer.token(&claims);
    let relogement_id = format!("R-{OWN}-{HERE}");
    let request = v1::ListEntriesRequest { relogement_id, ..v1::ListEntriesRequest::default() };
    let entries = ledger.list_entries(signed(Some(&origin), request)).await.unwrap().into_inner().entries;
    let kinds: Vec<&str> = entries.iter().map(|entry| entry.kind.as_str()).collect();
    assert_eq!(kinds, ["relogement_recorded", "works_recorded"]);
    let request = v1::ReverseEventRequest {
        event_id: "undo".to_owned(),
        reversal: Some(scenarios::reversal(&format!("w-{OWN}-{HERE}"))),
        validate_only: false,
    };
    let refused = ledger.reverse_event(signed(Some(&origin), request)).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
    world.chamber.stop().await;
}

#[tokio::test]
async fn a_batch_is_judged_event_by_event() {
    use v1::event::Body;
    let world = World::open().await;
    let mut ledger = v1::ledger_service_client::LedgerServiceClient::new(world.chamber.channel().await);
    let own = world.token("si-a", "bailleur");
    let works = |landlord| Body::Works(scenarios::works(&format!("R-{landlord}-{HERE}"), 100));
    // The second event rests on the first: the writer judges it when the first is there.
    let mut fresh = scenarios::relogement("R-fresh", ORIGIN, OWN, 1_000);
    fresh.operation_id = format!("OP-{ORIGIN}-{HERE}");
    let events = vec![
        scenarios::event("b-1", Body::Relogement(fresh)),
        scenarios::event("b-2", Body::Works(scenarios::works("R-fresh", 100))),
        scenarios::event("b-3", works(STRANGER)),
        scenarios::event("b-4", works(OWN)),
    ];
    let request = v1::RecordEventsRequest { events, validate_only: false };
    let answer = ledger.record_events(signed(Some(&own), request)).await.unwrap().into_inner();
    let refused: Vec<bool> = answer
        .outcomes
        .iter()
        .map(|outcome| matches!(outcome.outcome, Some(v1::event_outcome::Outcome::Error(_))))
        .collect();
    assert_eq!(refused, [false, false, true, false]);
    world.chamber.stop().await;
}
