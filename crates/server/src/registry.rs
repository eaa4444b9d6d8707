//! RegistryService: who takes part, where, under which rules.

use crate::access::Caller;
use crate::desk::{Desk, refused};
use crate::page;
use crate::status;
use chambre_api::convert::{registry as wire, words};
use chambre_api::v1::{self, registry_service_server::RegistryService};
use chambre_domain::{Atlas, BankAccount, Event, EventId, OperationId, Reason, Refusal, Siren, TerritoryId};
use tonic::{Request, Response, Status};

/// The registry, over the books.
pub struct Registry(pub Desk);

#[tonic::async_trait]
impl RegistryService for Registry {
    async fn register_bailleur(
        &self,
        request: Request<v1::RegisterBailleurRequest>,
    ) -> Result<Response<v1::RegisterBailleurResponse>, Status> {
        let request = request.into_inner();
        let bailleur = wire::bailleur(request.bailleur).map_err(refused)?;
        let id = EventId::of_chamber("bailleur", bailleur.siren);
        let receipt = self.0.book(id, Event::BailleurRegistered(bailleur), request.validate_only).await?;
        Ok(Response::new(v1::RegisterBailleurResponse { receipt: Some(words::wire_receipt(&receipt)) }))
    }

    async fn get_bailleur(
        &self,
        request: Request<v1::GetBailleurRequest>,
    ) -> Result<Response<v1::GetBailleurResponse>, Status> {
        let siren = Siren::parse("siren", &request.into_inner().siren).map_err(refused)?;
        self.0.books(|books| {
            let (bailleur, absorbed_by) = books
                .parties()
                .bailleur(siren)
                .ok_or_else(|| status::refuse(Reason::BailleurUnknown, "siren", siren))?;
            Ok(Response::new(v1::GetBailleurResponse {
                bailleur: Some(wire::wire_bailleur(bailleur)),
                absorbed_by_siren: absorbed_by.map(|siren| siren.to_string()).unwrap_or_default(),
            }))
        })?
    }

    async fn list_bailleurs(
        &self,
        request: Request<v1::ListBailleursRequest>,
    ) -> Result<Response<v1::ListBailleursResponse>, Status> {
        let request = request.into_inner();
        let size = words::page_size(request.page_size).map_err(refused)?;
        let after = page::last(&"bailleurs", &request.page_token).map_err(refused)?;
        let after = after.map(|text| Siren::parse("page_token", &text)).transpose().map_err(refused)?;
        self.0.books(|books| {
            let mut found = books.parties().bailleurs_after(after);
            let bailleurs: Vec<_> = found.by_ref().take(size).collect();
            let more = found.next().is_some();
            let next = bailleurs
                .last()
                .filter(|_| more)
                .map(|last| page::token(&"bailleurs", &last.siren.to_string()));
            Ok(Response::new(v1::ListBailleursResponse {
                bailleurs: bailleurs.into_iter().map(wire::wire_bailleur).collect(),
                next_page_token: next.unwrap_or_default(),
            }))
        })?
    }

    async fn record_succession(
        &self,
        request: Request<v1::RecordSuccessionRequest>,
    ) -> Result<Response<v1::RecordSuccessionResponse>, Status> {
        let (caller, mut request) = Caller::enter(request);
        caller.sign(&mut request.officer_id)?;
        let asked = wire::succession(request).map_err(refused)?;
        let (event_id, event) = asked.command;
        let receipt = self.0.book(event_id, event, asked.validate_only).await?;
        let receipt = Some(words::wire_receipt(&receipt));
        Ok(Response::new(v1::RecordSuccessionResponse { receipt }))
    }

    async fn register_bank_account(
        &self,
        request: Request<v1::RegisterBankAccountRequest>,
    ) -> Result<Response<v1::RegisterBankAccountResponse>, Status> {
        let (caller, mut request) = Caller::enter(request);
        if let Some(account) = &mut request.bank_account {
            caller.sign(&mut account.officer_id)?;
        }
        let asked = wire::bank_account_registered(request).map_err(refused)?;
        let (event_id, event) = asked.command;
        let receipt = self.0.book(event_id, event, asked.validate_only).await?;
        let receipt = Some(words::wire_receipt(&receipt));
        Ok(Response::new(v1::RegisterBankAccountResponse { receipt }))
    }

    async fn list_bank_accounts(
        &self,
        request: Request<v1::ListBankAccountsRequest>,
    ) -> Result<Response<v1::ListBankAccountsResponse>, Status> {
        let (caller, request) = Caller::enter(request);
        let wire::BankAccountsAsked { size, mut bailleur, in_use_on } =
            wire::bank_accounts_asked(&request).map_err(refused)?;
        caller.narrow(&mut None, &mut bailleur)?;
        let question = ("bank_accounts", bailleur, in_use_on);
        let after = page::last(&question, &request.page_token).map_err(refused)?;
        let after = after.map(|text| place(&text)).transpose().map_err(refused)?;
        self.0.books(|books| {
            let parties = books.parties();
            let in_use = |account: &BankAccount| {
                let history = parties.bank_accounts(account.bailleur);
                in_use_on.is_none_or(|day| BankAccount::in_use(history, day) == Some(account))
            };
            let mut found = parties
                .bank_accounts_in_order()
                .filter(|(place, _)| after.is_none_or(|after| *place > after))
                .filter(|(_, account)| bailleur.is_none_or(|siren| account.bailleur == siren))
                .filter(|(_, account)| in_use(account));
            let accounts: Vec<_> = found.by_ref().take(size).collect();
            let more = found.next().is_some();
            let next = accounts.last().filter(|_| more);
            let next = next.map(|((siren, number), _)| page::token(&question, &format!("{siren}/{number}")));
            Ok(Response::new(v1::ListBankAccountsResponse {
                bank_accounts: accounts
                    .into_iter()
                    .map(|(_, account)| wire::wire_bank_account(account))
                    .collect(),
                next_page_token: next.unwrap_or_default(),
            }))
        })?
    }

    async fn register_operation(
        &self,
        request: Request<v1::RegisterOperationRequest>,
    ) -> Result<Response<v1::RegisterOperationResponse>, Status> {
        let request = request.into_inner();
        let operation = wire::operation(request.operation).map_err(refused)?;
        let id = EventId::of_chamber("operation", &operation.id);
        let receipt = self.0.book(id, Event::OperationRegistered(operation), request.validate_only).await?;
        Ok(Response::new(v1::RegisterOperationResponse { receipt: Some(words::wire_receipt(&receipt)) }))
    }

    async fn get_operation(
        &self,
        request: Request<v1::GetOperationRequest>,
    ) -> Result<Response<v1::GetOperationResponse>, Status> {
        let id = OperationId::parse("operation_id", &request.into_inner().operation_id).map_err(refused)?;
        self.0.books(|books| {
            let operation = books
                .parties()
                .operation(&id)
                .ok_or_else(|| status::refuse(Reason::OperationUnknown, "operation_id", &id))?;
            Ok(Response::new(v1::GetOperationResponse { operation: Some(wire::wire_operation(operation)) }))
        })?
    }

    async fn list_operations(
        &self,
        request: Request<v1::ListOperationsRequest>,
    ) -> Result<Response<v1::ListOperationsResponse>, Status> {
        let request = request.into_inner();
        let size = words::page_size(request.page_size).map_err(refused)?;
        let territory =
            words::optional_territory("territory_siren", &request.territory_siren).map_err(refused)?;
        let question = ("operations", territory);
        let after = page::last(&question, &request.page_token).map_err(refused)?;
        let after = after.map(|text| OperationId::parse("page_token", &text)).transpose().map_err(refused)?;
        self.0.books(|books| {
            let wanted =
                |operation: &&chambre_domain::Operation| territory.is_none_or(|t| operation.territory == t);
            let mut found = books.parties().operations_after(after.as_ref()).filter(wanted);
            let operations: Vec<_> = found.by_ref().take(size).collect();
            let more = found.next().is_some();
            let next =
                operations.last().filter(|_| more).map(|last| page::token(&question, last.id.as_str()));
            Ok(Response::new(v1::ListOperationsResponse {
                operations: operations.into_iter().map(wire::wire_operation).collect(),
                next_page_token: next.unwrap_or_default(),
            }))
        })?
    }

    async fn publish_convention(
        &self,
        request: Request<v1::PublishConventionRequest>,
    ) -> Result<Response<v1::PublishConventionResponse>, Status> {
        let (caller, request) = Caller::enter(request);
        let convention = wire::convention(request.convention).map_err(refused)?;
        caller.territory(convention.territory)?;
        let id =
            EventId::of_chamber("convention", format!("{}:{}", convention.territory, convention.version));
        let event = Event::ConventionPublished(Box::new(convention));
        let receipt = self.0.book(id, event, request.validate_only).await?;
        Ok(Response::new(v1::PublishConventionResponse { receipt: Some(words::wire_receipt(&receipt)) }))
    }

    async fn get_convention(
        &self,
        request: Request<v1::GetConventionRequest>,
    ) -> Result<Response<v1::GetConventionResponse>, Status> {
        let asked = wire::convention_asked(request.into_inner()).map_err(refused)?;
        self.0.books(|books| {
            let parties = books.parties();
            let found = match (asked.version, asked.on) {
                (Some(version), _) => parties.convention(asked.territory, version),
                (None, Some(day)) => parties.convention_on(asked.territory, day),
                (None, None) => parties.conventions(asked.territory).last(),
            };
            let convention = found.ok_or_else(|| {
                status::refuse(Reason::ConventionUnknown, "version", asked.version.unwrap_or_default())
            })?;
            Ok(Response::new(v1::GetConventionResponse {
                convention: Some(wire::wire_convention(convention)),
            }))
        })?
    }

    async fn list_conventions(
        &self,
        request: Request<v1::ListConventionsRequest>,
    ) -> Result<Response<v1::ListConventionsResponse>, Status> {
        let siren = request.into_inner().territory_siren;
        let territory = TerritoryId::parse("territory_siren", &siren).map_err(refused)?;
        self.0.books(|books| {
            let conventions =
                books.parties().conventions(territory).iter().map(wire::wire_convention).collect();
            Response::new(v1::ListConventionsResponse { conventions })
        })
    }

    async fn list_territories(
        &self,
        _: Request<v1::ListTerritoriesRequest>,
    ) -> Result<Response<v1::ListTerritoriesResponse>, Status> {
        let territories = Atlas::ile_de_france().territories().iter().map(wire::wire_territory).collect();
        Ok(Response::new(v1::ListTerritoriesResponse { territories }))
    }

    async fn resolve_commune(
        &self,
        request: Request<v1::ResolveCommuneRequest>,
    ) -> Result<Response<v1::ResolveCommuneResponse>, Status> {
        let (insee, on) = wire::commune_asked(request.into_inner()).map_err(refused)?;
        let on = on.unwrap_or_else(|| self.0.today());
        let commune = Atlas::ile_de_france().resolve("insee", &insee, on).map_err(refused)?;
        Ok(Response::new(wire::wire_commune(commune)))
    }

    async fn report_commitments(
        &self,
        request: Request<v1::ReportCommitmentsRequest>,
    ) -> Result<Response<v1::ReportCommitmentsResponse>, Status> {
        let (caller, request) = Caller::enter(request);
        let asked = chambre_api::convert::commitments::commitments(request).map_err(refused)?;
        caller.territory(asked.territory)?;
        crate::commitments::report(&self.0, &asked).map(Response::new)
    }
}

/// Where a page of bank accounts ends: after that many accounts of that bailleur. The list grows inside itself.
fn place(text: &str) -> Result<(Siren, usize), Refusal> {
    let bad = || Refusal::new(Reason::PageToken, "page_token", text);
    let (siren, number) = text.split_once('/').ok_or_else(bad)?;
    Ok((Siren::parse("page_token", siren)?, number.parse().map_err(|_| bad())?))
}
