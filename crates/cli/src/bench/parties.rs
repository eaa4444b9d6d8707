//! Who takes part in a measure: registered before the first figure.

use anyhow::Context as _;
use chambre_api::convert::registry::{wire_bailleur, wire_convention, wire_operation};
use chambre_api::{Client, v1};
use chambre_domain::bailleur::{BailleurKind, Text};
use chambre_domain::convention::{FairShare, RentGapMode, RentGapRule};
use chambre_domain::operation::OperationKind;
use chambre_domain::{Atlas, Bailleur, Convention, Date, Operation, OperationId, Siren};
use std::collections::BTreeMap;

/// About the landlords of the region (study).
const BAILLEURS: u32 = 150;

/// The largest territories: with Paris, where renewal projects are.
const TERRITORIES: u32 = 33;

/// Of how many territories each bailleur is a host.
const HOST_IN: u32 = 4;

const OPERATIONS: u32 = 300;

/// A relogement that may be declared: the fields that take part, ready for the wire.
#[derive(Debug, Clone)]
pub struct Place {
    /// The operation the household leaves.
    pub operation_id: String,
    /// A host of its territory.
    pub host_siren: String,
    /// A commune of its territory.
    pub commune_insee: String,
}

/// Everything registered.
#[derive(Debug)]
pub struct Parties {
    /// Places that relogements draw from.
    pub places: Vec<Place>,
    /// Entries that the registrations made.
    pub entries: u64,
}

impl Parties {
    /// Registers bailleurs and operations as an administrator, conventions as an officer.
    ///
    /// # Errors
    /// A registration that the chamber refuses.
    pub async fn register(administrator: &Client, officer: &Client) -> anyhow::Result<Self> {
        let mut registry = administrator.registry();
        let sirens: Vec<Siren> = Self::bailleurs().collect();
        for (siren, number) in sirens.iter().zip(1..) {
            let bailleur = Some(wire_bailleur(&bailleur(*siren, number)?));
            registry
                .register_bailleur(v1::RegisterBailleurRequest { bailleur, validate_only: false })
                .await?;
        }
        for territory in 0..TERRITORIES {
            let convention = Some(wire_convention(&convention(territory)?));
            let request = v1::PublishConventionRequest { convention, validate_only: false };
            officer.registry().publish_convention(request).await.context("publication d’une convention")?;
        }
        let mut communes: BTreeMap<Siren, String> = BTreeMap::new();
        for commune in Atlas::ile_de_france().communes() {
            communes.entry(commune.territory.siren()).or_insert_with(|| commune.insee.clone());
        }
        let mut places = Vec::new();
        for number in 0..OPERATIONS {
            let operation = operation(number, &sirens)?;
            let commune = communes.get(&operation.territory.siren()).context("territoire sans commune")?;
            places.extend(hosts(number % TERRITORIES, &sirens).map(|host| Place {
                operation_id: operation.id.to_string(),
                host_siren: host.to_string(),
                commune_insee: commune.clone(),
            }));
            let operation = Some(wire_operation(&operation));
            let request = v1::RegisterOperationRequest { operation, validate_only: false };
            registry.register_operation(request).await.context("inscription d’une opération")?;
        }
        Ok(Self { places, entries: u64::from(BAILLEURS + TERRITORIES + OPERATIONS) })
    }

    /// The same, with one host only.
    pub fn of_host(&self, siren: &str) -> Self {
        let own = self.places.iter().filter(|place| place.host_siren == siren);
        Self { places: own.cloned().collect(), entries: self.entries }
    }

    /// Every bailleur that takes part.
    pub fn bailleurs() -> impl Iterator<Item = Siren> {
        (1..=BAILLEURS).map(Siren::fictitious)
    }
}

fn bailleur(siren: Siren, number: u32) -> anyhow::Result<Bailleur> {
    let name = Text::parse("name", &format!("Bailleur {number} (fictif)"))?;
    Ok(Bailleur { siren, name, kind: BailleurKind::Esh })
}

/// Capitalised: a relogement makes two transfers, its placement and its rent gap.
fn convention(territory: u32) -> anyhow::Result<Convention> {
    let rent_gap = RentGapRule {
        mode: RentGapMode::Capitalised,
        months: 60,
        claw_back: true,
        revise_with_irl: false,
        include_charges: false,
    };
    Ok(Convention {
        territory: territory_at(territory)?,
        version: 1,
        in_force_from: Date::constant(2020, 1, 1),
        title: Text::parse("title", "Charte fictive d’une mesure")?,
        articles: Default::default(),
        rent_gap,
        effort: Default::default(),
        fair_share: FairShare::Causal,
        settlement: Default::default(),
        commitments: Vec::new(),
    })
}

fn operation(number: u32, sirens: &[Siren]) -> anyhow::Result<Operation> {
    let territory = number % TERRITORIES;
    let origin = hosts(territory, sirens).nth(number as usize % 5).context("territoire sans bailleur")?;
    Ok(Operation {
        id: OperationId::parse("operation_id", &format!("OP-{number}"))?,
        name: Text::parse("name", &format!("Opération fictive {number}"))?,
        kind: OperationKind::Anru,
        territory: territory_at(territory)?,
        origin,
        planned_relogements: 0,
        anru: None,
    })
}

/// Bailleur b is a host of territories b, b + 1, b + 2 and b + 3, modulo their number.
fn hosts(territory: u32, sirens: &[Siren]) -> impl Iterator<Item = Siren> {
    let near = move |number: u32| (territory + TERRITORIES - number % TERRITORIES) % TERRITORIES < HOST_IN;
    sirens.iter().zip(0..).filter(move |(_, number)| near(*number)).map(|(siren, _)| *siren)
}

fn territory_at(index: u32) -> anyhow::Result<chambre_domain::TerritoryId> {
    let territories = Atlas::ile_de_france().territories();
    territories.get(index as usize).map(|territory| territory.id).context("territoire absent de l’atlas")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_bailleur_is_a_host_of_four_territories() {
        let sirens: Vec<Siren> = (1..=BAILLEURS).map(Siren::fictitious).collect();
        for siren in &sirens {
            let places = (0..TERRITORIES).filter(|territory| hosts(*territory, &sirens).any(|s| s == *siren));
            assert_eq!(places.count(), 4);
        }
    }
}
