//! Who plays: fictitious bailleurs and operations, on real territories of the atlas.

use super::charters;
use super::dice::Dice;
use anyhow::Context as _;
use chambre_domain::bailleur::{BailleurKind, Text};
use chambre_domain::operation::{AnruConvention, OperationKind};
use chambre_domain::{Atlas, Bailleur, Convention, Operation, OperationId, Siren, TerritoryId};

/// Bailleurs with stock; the operator without stock comes after them.
const BAILLEURS: usize = 28;

/// Of each territory, how many members run an operation: the first ones.
const DEMOLISHERS: usize = 3;

/// A territory of the demonstration; its members are places in the list of bailleurs.
struct Place {
    siren: &'static str,
    code: &'static str,
    relogements: usize,
    members: &'static [usize],
}

const PLACES: [Place; 10] = [
    Place { siren: "200057867", code: "PC", relogements: 190, members: &[0, 1, 2, 3, 4, 5, 6, 7, 8] },
    Place { siren: "200057875", code: "EE", relogements: 150, members: &[9, 10, 2, 3, 11, 12, 13, 5] },
    Place { siren: "200058790", code: "GPGE", relogements: 130, members: &[14, 10, 15, 1, 16, 6, 17] },
    Place { siren: "200059889", code: "GPSO", relogements: 160, members: &[18, 19, 20, 21, 22, 4, 23, 24] },
    Place {
        siren: "217500016",
        code: "PARIS",
        relogements: 170,
        members: &[25, 26, 27, 0, 2, 9, 14, 18, 12, 22],
    },
    Place { siren: "200057990", code: "BNS", relogements: 130, members: &[7, 13, 19, 26, 1, 20, 24] },
    Place { siren: "200058014", code: "GOSB", relogements: 140, members: &[11, 27, 15, 23, 3, 17, 5, 25] },
    Place { siren: "200058097", code: "PTE", relogements: 120, members: &[4, 16, 10, 8, 21, 0, 6] },
    Place { siren: "200058477", code: "VYVS", relogements: 70, members: &[22, 17, 24, 12, 26] },
    Place { siren: "200059228", code: "GPS", relogements: 90, members: &[23, 21, 15, 27, 13, 9] },
];

/// A territory with everything that takes part in it.
#[derive(Debug)]
pub struct Scene {
    /// The territory.
    pub territory: TerritoryId,
    /// Its short name in identifiers.
    pub code: &'static str,
    /// Bailleurs with stock there, and how many dwellings; the first three demolish.
    pub members: Vec<(Siren, u64)>,
    /// Its operations.
    pub operations: Vec<Operation>,
    /// Its rules: the first version, then the later ones.
    pub conventions: Vec<Convention>,
    /// INSEE codes of its communes, in order.
    pub communes: Vec<&'static str>,
    /// Relogements of the year.
    pub relogements: usize,
}

/// Everybody.
#[derive(Debug)]
pub struct Cast {
    /// Every participant; the last one has no stock.
    pub bailleurs: Vec<Bailleur>,
    /// The territories.
    pub scenes: Vec<Scene>,
    /// The bailleur that another absorbs at the end of the year.
    pub absorbed: Siren,
    /// The bailleur that takes it over.
    pub absorbing: Siren,
}

impl Cast {
    /// Casts the demonstration of a seed.
    ///
    /// # Errors
    /// A table of this file that does not fit the atlas.
    pub fn new(seed: u64) -> anyhow::Result<Self> {
        let mut dice = Dice::new(seed ^ 0x0CA5_7000);
        let bailleurs = (0..=BAILLEURS).map(bailleur).collect::<anyhow::Result<Vec<_>>>()?;
        let sirens: Vec<Siren> = bailleurs.iter().map(|bailleur| bailleur.siren).collect();
        let scenes = PLACES
            .iter()
            .map(|place| Scene::new(place, &sirens, &mut dice))
            .collect::<anyhow::Result<_>>()
            .context("distribution des rôles de la démonstration")?;
        Ok(Self { bailleurs, scenes, absorbed: sirens[8], absorbing: sirens[1] })
    }

    /// The operator without stock.
    pub fn operator(&self) -> Siren {
        self.bailleurs[BAILLEURS].siren
    }
}

impl Scene {
    fn new(place: &Place, sirens: &[Siren], dice: &mut Dice) -> anyhow::Result<Self> {
        let territory = TerritoryId::parse("territory", place.siren)?;
        let members: Vec<(Siren, u64)> =
            place.members.iter().map(|index| (sirens[*index], stock(dice))).collect();
        let mut communes: Vec<&'static str> = Atlas::ile_de_france()
            .communes()
            .filter(|commune| commune.territory == territory)
            .map(|commune| commune.insee.as_str())
            .collect();
        communes.sort_unstable();
        let operator = sirens[BAILLEURS];
        let mut scene = Self {
            territory,
            code: place.code,
            members,
            operations: Vec::new(),
            conventions: Vec::new(),
            communes,
            relogements: place.relogements,
        };
        scene.operations = scene.operations_for(operator, dice)?;
        scene.conventions = charters::conventions(&scene, operator)?;
        Ok(scene)
    }

    /// Bailleurs that run an operation.
    pub fn demolishers(&self) -> Vec<Siren> {
        self.members.iter().take(DEMOLISHERS).map(|(siren, _)| *siren).collect()
    }

    fn operations_for(&self, operator: Siren, dice: &mut Dice) -> anyhow::Result<Vec<Operation>> {
        // The Bas Clichy: households of degraded co-ownerships, and an operator that has no dwelling to offer.
        let orcod = (self.code == "GPGE").then_some((OperationKind::Orcod, operator, true));
        let kinds = match self.code {
            "PARIS" => [OperationKind::Own, OperationKind::Insalubrite, OperationKind::Anru],
            _ => [OperationKind::Anru, OperationKind::Anru, OperationKind::Own],
        };
        let own = self.demolishers().into_iter().zip(kinds).map(|(origin, kind)| {
            let anru = kind == OperationKind::Anru;
            (kind, origin, anru)
        });
        own.chain(orcod)
            .zip(1..)
            .map(|((kind, origin, anru), number)| self.operation(number, kind, origin, anru, dice))
            .collect()
    }

    fn operation(
        &self,
        number: u32,
        kind: OperationKind,
        origin: Siren,
        anru: bool,
        dice: &mut Dice,
    ) -> anyhow::Result<Operation> {
        let code = self.code;
        let name = format!("Opération fictive n° {number}, {}", self.territory.territory().name);
        let signatories = self.members.iter().map(|(siren, _)| *siren);
        let signatories = signatories.filter(|siren| *siren == origin || dice.chance(650)).collect();
        let reference = format!("Convention ANRU fictive {code}-{number}");
        let planned = dice.between(30, 90);
        Ok(Operation {
            id: OperationId::parse("operation_id", &format!("OP-{code}-{number}"))?,
            name: Text::parse("name", &name)?,
            kind,
            territory: self.territory,
            origin,
            planned_relogements: u32::try_from(planned)?,
            anru: anru
                .then(|| Text::parse("anru", &reference))
                .transpose()?
                .map(|reference| AnruConvention { reference, signatories }),
        })
    }
}

/// `Bailleur A` to `Bailleur Z`, then `Bailleur AA`; the last one is the operator without stock.
fn bailleur(index: usize) -> anyhow::Result<Bailleur> {
    let letter = |place: usize| char::from(b'A' + u8::try_from(place % 26).unwrap_or(0));
    let name = match index {
        BAILLEURS => "Opérateur sans parc (fictif)".to_owned(),
        0..26 => format!("Bailleur {} (fictif)", letter(index)),
        _ => format!("Bailleur A{} (fictif)", letter(index)),
    };
    let kinds = [
        BailleurKind::Oph,
        BailleurKind::Esh,
        BailleurKind::Esh,
        BailleurKind::Coop,
        BailleurKind::Oph,
        BailleurKind::Sem,
    ];
    Ok(Bailleur {
        siren: Siren::fictitious(u32::try_from(index)? + 1),
        name: Text::parse("name", &name)?,
        kind: if index == BAILLEURS { BailleurKind::OperateurSansParc } else { kinds[index % kinds.len()] },
    })
}

/// Dwellings of a bailleur in a territory; one in eight is small, below the 500 of the charter of GPGE.
fn stock(dice: &mut Dice) -> u64 {
    let (least, most) = if dice.chance(125) { (90, 480) } else { (800, 9_500) };
    dice.between(least, most).unsigned_abs()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cast_is_large_enough_and_visibly_fictitious() {
        let cast = Cast::new(1).unwrap();
        assert!(cast.bailleurs.len() > 25 && cast.scenes.len() >= 8);
        assert!(cast.bailleurs.iter().all(|bailleur| bailleur.name.as_str().contains("fictif")));
        assert!(cast.scenes.iter().map(|scene| scene.relogements).sum::<usize>() >= 1_300);
        assert!(cast.scenes.iter().all(|scene| !scene.communes.is_empty()));
        assert!(cast.scenes.iter().flat_map(|scene| &scene.conventions).all(|c| c.check().is_ok()));
    }
}
