//! An invented region: what households need, what dwellings are, which pairs are possible and what they score.

use super::draw::Draw;
use crate::graph::{Node, Value};

/// Netting territories of Île-de-France.
const ALL_TERRITORIES: i64 = 63;
/// Territories of an invented department.
const PER_DEPARTMENT: i64 = 8;
const COMMUNES: i64 = 20;
const LANDLORDS: i64 = 150;

/// Monthly rent and charges of a T1, by financing (PLAI, PLUS, PLS), in cents.
const RENTS: [i64; 3] = [28_000, 34_000, 46_000];
/// Highest resources by financing, in percent of the PLUS ceiling.
const CEILINGS: [i64; 3] = [60, 100, 130];

/// How large the region is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Region {
    territories: i64,
}

impl Region {
    /// A region for so many dwellings: all of Île-de-France from 2 500 on, a part of it below.
    #[must_use]
    pub fn for_stock(dwellings: u32) -> Self {
        Self { territories: i64::from(dwellings / 40).clamp(3, ALL_TERRITORIES) }
    }
}

/// An invented household.
#[derive(Debug, Clone)]
pub struct Need {
    urgent: bool,
    project: i64,
    origin: i64,
    first_quartile: bool,
    territory: i64,
    commune: i64,
    /// Territories wished beside its own.
    wishes: Vec<i64>,
    typology: i64,
    /// In percent of the PLUS ceiling.
    resources: i64,
    waiting_months: i64,
    rent_cents: i64,
}

/// An invented dwelling.
#[derive(Debug, Clone)]
pub struct Offer {
    landlord: i64,
    contingent: &'static str,
    demolisher: bool,
    qpv: Option<i64>,
    territory: i64,
    commune: i64,
    typology: i64,
    financing: usize,
    new: bool,
}

impl Need {
    /// Draws one.
    pub fn draw(draw: &mut Draw, region: Region) -> Self {
        // Renewal projects gather in part of the region.
        let gathered = draw.chance(70);
        let territory = draw.number(if gathered { (region.territories + 1) / 2 } else { region.territories });
        let mut wishes = Vec::new();
        if draw.chance(27) {
            wishes.push((territory + 1 + draw.number(3)) % region.territories);
        }
        if draw.chance(13) {
            wishes.push((territory + PER_DEPARTMENT + draw.number(20)) % region.territories);
        }
        let modest = draw.chance(75);
        let resources = 15 + draw.number(if modest { 45 } else { 100 });
        let typology = [1, 2, 3, 4, 5][draw.among(&[28, 22, 25, 17, 8])];
        Self {
            urgent: draw.below(1_000) < 75,
            project: territory * 4 + draw.number(4),
            origin: (territory * 7 + draw.number(6)) % LANDLORDS,
            first_quartile: resources < 40,
            territory,
            commune: draw.number(COMMUNES),
            wishes,
            typology,
            resources,
            waiting_months: draw.number(60),
            rent_cents: RENTS[0] + 9_000 * typology,
        }
    }

    /// As the instance tells it.
    #[must_use]
    pub fn node(&self, id: u32) -> Node {
        Node { urgent: u8::from(self.urgent), ..Node::numbered(id) }
            .with("project", Value::Number(self.project % 40))
            .with("origin", Value::Number(self.origin))
            .with("q1", Value::Number(i64::from(self.first_quartile)))
    }
}

impl Offer {
    /// Draws one.
    pub fn draw(draw: &mut Draw, region: Region) -> Self {
        let territory = draw.number(region.territories);
        let contingents = ["ETAT", "COMMUNE", "DEPARTEMENT", "EPCI", "ACTION_LOGEMENT", "BAILLEUR"];
        let landlord = (territory * 7 + draw.number(12)) % LANDLORDS;
        Self {
            landlord,
            contingent: contingents[draw.among(&[25, 15, 8, 7, 20, 25])],
            demolisher: landlord % 5 < 3,
            qpv: draw.chance(35).then_some(territory),
            territory,
            commune: draw.number(COMMUNES),
            typology: [1, 2, 3, 4, 5][draw.among(&[10, 25, 35, 22, 8])],
            financing: draw.among(&[30, 55, 15]),
            new: draw.chance(15),
        }
    }

    /// As the instance tells it.
    #[must_use]
    pub fn node(&self, id: u32) -> Node {
        Node::numbered(id)
            .with("landlord", Value::Number(self.landlord))
            .with("contingent", Value::Text(self.contingent.to_owned()))
            .with("epci", Value::Number(self.territory))
            .with("demolisher", Value::Number(i64::from(self.demolisher)))
            .with("qpv", self.qpv.map_or(Value::Nothing(()), Value::Number))
    }
}

/// The offers, by territory and typology.
pub struct Stock<'a> {
    region: Region,
    offers: &'a [Offer],
    shelves: Vec<Vec<u32>>,
}

fn shelf(territory: i64, typology: i64) -> usize {
    usize::try_from(territory * 6 + typology).unwrap_or(0)
}

impl<'a> Stock<'a> {
    /// Puts the offers on their shelves.
    #[must_use]
    pub fn of(offers: &'a [Offer], region: Region) -> Self {
        let mut shelves = vec![Vec::new(); shelf(region.territories, 0)];
        for (place, offer) in (0..).zip(offers) {
            shelves[shelf(offer.territory, offer.typology)].push(place);
        }
        Self { region, offers, shelves }
    }

    /// The offers a need may take, and their scores.
    pub fn possible(&self, need: &Need) -> impl Iterator<Item = (u32, i64)> {
        let own = std::iter::once(need.territory);
        let territories = self.region.territories;
        let around = [1, territories - 1].map(|step| (need.territory + step) % territories);
        let mut places: Vec<i64> = own.chain(need.wishes.iter().copied()).chain(around).collect();
        let mut seen = std::collections::BTreeSet::new();
        places.retain(|place| seen.insert(*place));
        let typologies = [need.typology, need.typology + 1];
        places
            .into_iter()
            .flat_map(move |place| typologies.map(|typology| (place, typology)))
            .filter(|(_, typology)| *typology <= 5)
            .flat_map(|(place, typology)| self.shelves[shelf(place, typology)].iter())
            .filter_map(|place| score(need, &self.offers[*place as usize]).map(|score| (*place, score)))
    }
}

/// The score of a pair, 0 to 1 000, or nothing where a rule forbids it: the weights of the components are those
/// of the default policy (geography 300, affordability 200, typology 150, rent gap 100, waiting 100, mix 80,
/// new 70).
fn score(need: &Need, offer: &Offer) -> Option<i64> {
    if need.resources > CEILINGS[offer.financing] {
        return None;
    }
    let rent = RENTS[offer.financing] + 9_000 * (offer.typology - 1);
    // What the household can bear: resources and aid, at 30 %.
    let bearable = 22_000 + 500 * need.resources + 8_000 * need.typology;
    let margin = bearable - rent;
    if margin < 0 {
        return None;
    }
    let geography = match offer.territory {
        own if own == need.territory && offer.commune == need.commune => 300,
        own if own == need.territory => 220,
        wished if need.wishes.contains(&wished) => 160,
        _ => 60,
    };
    let affordability = (margin / 100).min(200);
    let typology = if offer.typology == need.typology { 150 } else { 70 };
    let gap = (100 - (rent - need.rent_cents).abs() / 200).max(0);
    let waiting = need.waiting_months * 100 / 60;
    let mix = match (offer.qpv, need.first_quartile) {
        (None, true) => 80,
        (Some(_), true) => 0,
        (_, false) => 40,
    };
    let new = if offer.new { 70 } else { 0 };
    Some(geography + affordability + typology + gap + waiting + mix + new)
}
