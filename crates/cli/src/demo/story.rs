//! What becomes of each household and of its host: amounts and delays in the range of what the study tells.
//!
//! Nothing here is data of anybody: rents, works and delays are drawn. The flat sums of ANRU are those of the
//! scale before October 2021, the only one that was found (domain.md §1).

use super::cast::{Cast, Scene};
use super::dice::Dice;
use super::year::{Drafts, MERGER, later, working_day};
use chambre_domain::follow_up::{
    Indemnity, IndemnityStatus, LeaseEnd, RentRevision, ReversalReason, Vacancy, Works,
};
use chambre_domain::relogement::{Contingent, Typology};
use chambre_domain::{
    Amount, Cents, Date, Event, HouseholdId, Operation, Relogement, RelogementId, VoucherRef,
};

/// First lease of the year, and how many days after it the last one comes.
const FIRST_LEASE: Date = Date::constant(2025, 1, 6);
const LEASE_DAYS: i32 = 346;

/// Share of relogements inside the origin's own stock, in thousandths (study: up to 60 % at the MEL).
const INTERNAL: u64 = 380;

/// Share of households that leave the territory, in thousandths (study: 27 % wish it).
const CROSS_TERRITORY: u64 = 270;

/// Typology, how often in a hundred, and useful surface in m².
const TYPOLOGIES: [(Typology, u64, i64); 6] = [
    (Typology::T1, 6, 28),
    (Typology::T2, 20, 45),
    (Typology::T3, 34, 62),
    (Typology::T4, 26, 78),
    (Typology::T5, 11, 94),
    (Typology::T6, 3, 108),
];

/// Tells the story of every relogement of the year.
///
/// # Errors
/// A value that the domain refuses.
pub fn tell(cast: &Cast, dice: &mut Dice, drafts: &mut Drafts) -> anyhow::Result<()> {
    let mut number = 0;
    for scene in &cast.scenes {
        for _ in 0..scene.relogements {
            number += 1;
            let mut teller = Teller { cast, scene, dice, drafts, number };
            teller.household()?;
        }
    }
    Ok(())
}

/// Tells one relogement.
struct Teller<'a> {
    cast: &'a Cast,
    scene: &'a Scene,
    dice: &'a mut Dice,
    drafts: &'a mut Drafts,
    number: u32,
}

/// A relogement that is declared, with what its follow-ups need.
struct Told {
    relogement: Relogement,
    booked_on: Date,
    place: usize,
    may_be_indemnified: bool,
}

impl Teller<'_> {
    fn household(&mut self) -> anyhow::Result<()> {
        let Some(operation) = self.dice.pick(&self.scene.operations) else { return Ok(()) };
        let lease_date = working_day(later(FIRST_LEASE, self.dice.days(0, LEASE_DAYS)));
        let delay = match self.dice.below(100) {
            0..70 => self.dice.days(0, 7),
            70..92 => self.dice.days(8, 30),
            _ => self.dice.days(31, 75),
        };
        let booked_on = working_day(later(lease_date, delay));
        let relogement = self.relogement(operation, lease_date, booked_on)?;
        let signed =
            |anru: &chambre_domain::operation::AnruConvention| anru.signatories.contains(&relogement.host);
        let may_be_indemnified = operation.anru.as_ref().is_some_and(signed);
        let event = Event::RelogementRecorded(Box::new(relogement.clone()));
        let Some(place) = self.drafts.add(booked_on, event) else { return Ok(()) };
        let told = Told { relogement, booked_on, place, may_be_indemnified };
        // A relogement that is corrected has no follow-up: the chamber would ask to reverse them first.
        match self.dice.below(1_000) {
            0..14 => self.corrected(told),
            14..19 => {
                let day = later(told.booked_on, self.dice.days(5, 60));
                self.drafts.cancel(day, told.place, ReversalReason::Cancelled);
                Ok(())
            }
            _ => self.followed_up(&told),
        }
    }

    fn relogement(
        &mut self,
        operation: &Operation,
        lease_date: Date,
        booked_on: Date,
    ) -> anyhow::Result<Relogement> {
        let host = self.host(operation, booked_on);
        let commune = self.commune();
        let weights = TYPOLOGIES.map(|(_, weight, _)| weight);
        let (typology, _, surface) = TYPOLOGIES[self.dice.weighted(&weights)];
        // Cents by m²: what the dwelling would have borne, and what the household pays.
        let reference_rent = surface * self.dice.between(760, 1_180);
        let practised_rent = match self.dice.below(100) {
            0..3 => reference_rent,
            3..10 => reference_rent + surface * self.dice.between(10, 120),
            _ => surface * self.dice.between(560, 740),
        };
        let contingents = [
            None,
            Some(Contingent::StatePriority),
            Some(Contingent::ActionLogement),
            Some(Contingent::LocalAuthorities),
            Some(Contingent::NotReserved),
        ];
        let contingent = self.dice.pick(&contingents).copied().flatten();
        let household = format!("h-{:016x}", self.dice.roll());
        Ok(Relogement {
            id: RelogementId::parse("relogement_id", &format!("R-2025-{:05}", self.number))?,
            operation: operation.id.clone(),
            household: HouseholdId::parse("household", &household)?.into(),
            host,
            lease_date,
            commune: commune.into(),
            typology,
            reference_rent: Cents::new(reference_rent),
            practised_rent: Cents::new(practised_rent),
            charges: None,
            contingent,
            out_of_flow: self.dice.chance(850),
            sne_motive_ru: self.dice.chance(600),
        })
    }

    /// The origin itself, or another member by its stock; from the merger on, the absorbing bailleur.
    fn host(&mut self, operation: &Operation, booked_on: Date) -> chambre_domain::Siren {
        let members = &self.scene.members;
        let has_stock = members.iter().any(|(siren, _)| *siren == operation.origin);
        let host = if has_stock && self.dice.chance(INTERNAL) {
            operation.origin
        } else {
            let others =
                members.iter().map(|(siren, stock)| if *siren == operation.origin { 0 } else { *stock });
            members[self.dice.weighted(&others.collect::<Vec<_>>())].0
        };
        let merged = host == self.cast.absorbed && booked_on >= MERGER;
        if merged { self.cast.absorbing } else { host }
    }

    fn commune(&mut self) -> &'static str {
        let elsewhere = self.dice.chance(CROSS_TERRITORY);
        let scene = if elsewhere { self.dice.pick(&self.cast.scenes) } else { None };
        self.dice.pick(&scene.unwrap_or(self.scene).communes).copied().unwrap_or("75056")
    }

    /// Declared with a wrong rent, cancelled some weeks later, declared again under the same identifier.
    fn corrected(&mut self, told: Told) -> anyhow::Result<()> {
        let day = later(told.booked_on, self.dice.days(10, 160));
        if self.drafts.cancel(day, told.place, ReversalReason::Error).is_none() {
            return Ok(());
        }
        let mut right = told.relogement;
        right.practised_rent = Cents::new(right.practised_rent.get() - self.dice.between(500, 9_000));
        if right.host == self.cast.absorbed && working_day(day) >= MERGER {
            right.host = self.cast.absorbing;
        }
        self.drafts.add(day, Event::RelogementRecorded(Box::new(right)));
        Ok(())
    }

    fn followed_up(&mut self, told: &Told) -> anyhow::Result<()> {
        if self.dice.chance(360) {
            self.works(told)?;
        }
        if self.dice.chance(60) {
            self.works(told)?;
        }
        if self.dice.chance(240) {
            self.vacancy(told)?;
        }
        if told.may_be_indemnified && self.dice.chance(700) {
            self.indemnity(told)?;
        }
        match self.dice.below(1_000) {
            0..70 => self.rent_revision(told),
            70..115 => self.lease_end(told),
            _ => {}
        }
        Ok(())
    }

    fn works(&mut self, told: &Told) -> anyhow::Result<()> {
        let invoiced_on = later(told.relogement.lease_date, self.dice.days(-40, 60));
        let booked_on = later(told.booked_on.max(invoiced_on), self.dice.days(1, 25));
        let mut works = Works {
            relogement: told.relogement.id.clone(),
            amount: Amount::new("amount_cents", self.dice.between(35_000, 520_000))?,
            invoiced_on,
            voucher: VoucherRef::parse(
                "voucher",
                &format!("FAC-{:05}-{:04}", self.number, self.dice.below(10_000)),
            )?,
        };
        let Some(place) = self.drafts.add(booked_on, Event::WorksRecorded(works.clone())) else {
            return Ok(());
        };
        match self.dice.below(1_000) {
            0..30 => {
                let day = later(booked_on, self.dice.days(10, 120));
                if self.drafts.cancel(day, place, ReversalReason::Error).is_some() {
                    works.amount = Amount::new("amount_cents", self.dice.between(35_000, 520_000))?;
                    self.drafts.add(day, Event::WorksRecorded(works));
                }
            }
            30..45 => {
                let again = later(booked_on, self.dice.days(2, 20));
                let noticed = later(again, self.dice.days(4, 40));
                if let Some(place) = self.drafts.add(again, Event::WorksRecorded(works)) {
                    self.drafts.cancel(noticed, place, ReversalReason::Duplicate);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn vacancy(&mut self, told: &Told) -> anyhow::Result<()> {
        let days = self.dice.days(8, 85);
        let to = later(told.relogement.lease_date, -1);
        let monthly = told.relogement.reference_rent;
        let lost = monthly.ratio(i64::from(days), 30).unwrap_or_default();
        let vacancy = Vacancy {
            relogement: told.relogement.id.clone(),
            from: later(to, 1 - days),
            to,
            amount: Amount::new("amount_cents", lost.get())?,
        };
        let booked_on = later(told.booked_on, self.dice.days(0, 12));
        self.drafts.add(booked_on, Event::VacancyRecorded(vacancy));
        Ok(())
    }

    /// Expected, asked for, granted, received: often after the closing, sometimes after the year.
    fn indemnity(&mut self, told: &Told) -> anyhow::Result<()> {
        use IndemnityStatus::{Expected, Notified, Received, Reclaimed, Requested};
        let flat_sum = match told.relogement.typology {
            Typology::T1 | Typology::T2 => 150_000,
            Typology::T3 | Typology::T4 => 400_000,
            Typology::T5 | Typology::T6 => 500_000,
        };
        let mut steps = vec![(Expected, 0, 3), (Requested, 12, 45), (Notified, 30, 75), (Received, 25, 110)];
        if self.dice.chance(20) {
            steps.push((Reclaimed, 20, 90));
        }
        let mut day = told.booked_on;
        for (status, least, most) in steps {
            day = working_day(later(day, self.dice.days(least, most)));
            let indemnity = Indemnity {
                relogement: told.relogement.id.clone(),
                status,
                amount: Amount::new("amount_cents", flat_sum)?,
                occurred_on: day,
            };
            let heard = later(day, self.dice.days(0, 6));
            if self.drafts.add(heard, Event::IndemnityRecorded(indemnity)).is_none() {
                break;
            }
            day = working_day(heard);
        }
        Ok(())
    }

    fn rent_revision(&mut self, told: &Told) {
        let months = u32::try_from(self.dice.between(2, 8)).unwrap_or(2);
        let from = chambre_domain::calendar::plus_months(told.relogement.lease_date.first_of_month(), months);
        let raised = |rent: Cents, thousandths| rent.ratio(1_000 + thousandths, 1_000).unwrap_or(rent);
        let revision = RentRevision {
            relogement: told.relogement.id.clone(),
            from,
            reference_rent: raised(told.relogement.reference_rent, self.dice.between(8, 25)),
            practised_rent: raised(told.relogement.practised_rent, self.dice.between(0, 20)),
        };
        let booked_on = later(from.max(told.booked_on), self.dice.days(0, 15));
        self.drafts.add(booked_on, Event::RentRevised(revision));
    }

    fn lease_end(&mut self, told: &Told) {
        let ended_on = later(told.relogement.lease_date, self.dice.days(35, 220));
        let end = LeaseEnd { relogement: told.relogement.id.clone(), ended_on };
        let booked_on = later(ended_on.max(told.booked_on), self.dice.days(0, 20));
        self.drafts.add(booked_on, Event::LeaseEnded(end));
    }
}
