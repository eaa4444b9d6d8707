//! What the crash tests declare: a small chamber, then relogements and works without end.

use chambre_domain::bailleur::Text;
use chambre_domain::follow_up::Works;
use chambre_domain::operation::OperationKind;
use chambre_domain::relogement::Typology;
use chambre_domain::{
    Amount, Bailleur, BailleurKind, Cents, Convention, Date, Event, EventId, HouseholdId, Operation,
    OperationId, Refusal, Relogement, RelogementId, Siren, TerritoryId, VoucherRef,
};
use chambre_ledger::Command;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

const BAILLEURS: u32 = 12;
const CHARTER: &str = "territory = \"200057867\"\nversion = 1\nin_force_from = \"2025-01-01\"\n\
                       title = \"Charte fictive\"\n[fair_share]\nrule = \"causal\"\n";

/// The participants, the rules and the operation that every declaration rests on.
pub fn registrations() -> Result<Vec<Command>, Refusal> {
    let named = |id: String, event| Ok::<_, Refusal>(Command::new(EventId::parse("event_id", &id)?, event));
    let mut commands = Vec::new();
    for n in 0..BAILLEURS {
        let (siren, name) = (Siren::fictitious(n), Text::parse("name", &format!("Bailleur {n}"))?);
        let bailleur = Bailleur { siren, name, kind: BailleurKind::Oph };
        commands.push(named(format!("bailleur:{siren}"), Event::BailleurRegistered(bailleur))?);
    }
    let convention = Box::new(Convention::from_toml(CHARTER)?);
    commands.push(named("convention:1".to_owned(), Event::ConventionPublished(convention))?);
    let operation = Operation {
        id: OperationId::parse("operation_id", "OP-1")?,
        name: Text::parse("name", "Quartier des Tests")?,
        kind: OperationKind::Anru,
        territory: TerritoryId::parse("territory_siren", "200057867")?,
        origin: Siren::fictitious(0),
        planned_relogements: 0,
        anru: None,
    };
    commands.push(named("operation:OP-1".to_owned(), Event::OperationRegistered(operation))?);
    Ok(commands)
}

/// The declarations of one declarant, the same for the same name and seed.
#[derive(Debug)]
pub struct Declarations {
    declarant: &'static str,
    dice: SmallRng,
    made: u32,
    relogements: Vec<RelogementId>,
}

impl Declarations {
    /// Those of a declarant, from the first.
    pub fn new(declarant: &'static str, seed: u64) -> Self {
        Self { declarant, dice: SmallRng::seed_from_u64(seed), made: 0, relogements: Vec::new() }
    }

    /// The next one: a relogement, or works on a relogement declared before.
    pub fn declare(&mut self) -> Result<(EventId, Event), Refusal> {
        let id = self.event_id()?;
        self.made += 1;
        let event = if self.relogements.is_empty() || self.dice.random_ratio(1, 4) {
            Event::RelogementRecorded(Box::new(self.relogement()?))
        } else {
            Event::WorksRecorded(self.works()?)
        };
        Ok((id, event))
    }

    /// Every sort of id that callers choose: mostly UUIDv7, then random UUIDs and their own numbering.
    fn event_id(&mut self) -> Result<EventId, Refusal> {
        let text = match self.dice.random_range(0..10) {
            0 => format!("{}-{}", self.declarant, self.made),
            1 | 2 => uuid::Builder::from_random_bytes(self.dice.random()).into_uuid().to_string(),
            _ => {
                let millis = 1_767_225_600_000 + u64::from(self.made);
                let random = self.dice.random();
                uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid().to_string()
            }
        };
        EventId::parse("event_id", &text)
    }

    fn relogement(&mut self) -> Result<Relogement, Refusal> {
        let id = RelogementId::parse("relogement_id", &format!("R-{}-{}", self.declarant, self.made))?;
        self.relogements.push(id.clone());
        Ok(Relogement {
            id,
            operation: OperationId::parse("operation_id", "OP-1")?,
            household: HouseholdId::parse("household", &format!("h-{:032x}", self.dice.random::<u128>()))?
                .into(),
            host: Siren::fictitious(self.dice.random_range(1..BAILLEURS)),
            lease_date: Date::constant(2025, 3, 15),
            commune: "93066".into(),
            typology: Typology::T3,
            reference_rent: Cents::new(84_000),
            practised_rent: Cents::new(self.dice.random_range(40_000..80_000)),
            charges: None,
            contingent: None,
            out_of_flow: false,
            sne_motive_ru: false,
        })
    }

    fn works(&mut self) -> Result<Works, Refusal> {
        let which = self.dice.random_range(0..self.relogements.len());
        Ok(Works {
            relogement: self.relogements[which].clone(),
            amount: Amount::new("amount_cents", self.dice.random_range(1..500_000))?,
            invoiced_on: Date::constant(2025, 4, 2),
            voucher: VoucherRef::parse("voucher", &format!("F-{}-{}", self.declarant, self.made))?,
        })
    }
}
