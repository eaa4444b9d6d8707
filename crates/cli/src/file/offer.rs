//! The dwellings of a matching: one line of `logements.csv`, one offer. The columns are documented in
//! docs/appariement.md.

use super::cells::{Cells, Form, cut};
use super::declaration::YES_NO;
use chambre_domain::relogement::Typology;
use chambre_domain::{Amount, Cents, Date, OperationId, Reason, Siren};
use chambre_matching::trade::dwelling::{
    Access, DwellingKind, Financing, Hold, LandlordRole, PlannedWorks, SpecificPublic, WorksKind,
};
use chambre_matching::trade::ids::{ContingentId, DwellingRef, OfferId};
use chambre_matching::trade::{CommuneId, DwellingOffer, OfferDeclaration};

/// Columns, and the field of the offer that each feeds.
pub const FORM: Form = Form {
    name: "logements",
    columns: &[
        ("offre", "offer"),
        ("logement", "dwelling"),
        ("bailleur", "landlord"),
        ("role", "role"),
        ("commune", "commune"),
        ("qpv", "in_qpv"),
        ("typologie", "typology"),
        ("surface", "useful_surface"),
        ("accessibilite", "access"),
        ("financement", "financing"),
        ("public", "kind"),
        ("loyer", "rent_cents"),
        ("loyer_minimal", "lowest_rent_cents"),
        ("charges", "charges_cents"),
        ("neuf_ou_recent", "new_or_recent"),
        ("rt2005", "rt2005"),
        ("conventions_signees", "signed_conventions_of"),
        ("contingent", "contingent"),
        ("garde_pour", "hold"),
        ("garde_jusqu_au", "until"),
        ("vide_depuis", "vacant_since"),
        ("disponible_le", "available_from"),
        ("publie_le", "published_on"),
        ("travaux", "works"),
        ("hors_flux", "out_of_flow"),
        ("proposition_formelle", "formal"),
    ],
};

/// Columns that the heading must have.
pub const REQUIRED: [&str; 10] = [
    "offre",
    "logement",
    "bailleur",
    "role",
    "commune",
    "typologie",
    "loyer",
    "disponible_le",
    "publie_le",
    "proposition_formelle",
];

/// Typologies, as people write them.
pub const TYPOLOGIES: [(&str, Typology); 9] = [
    ("t1", Typology::T1),
    ("t1bis", Typology::T1),
    ("t1_bis", Typology::T1),
    ("t2", Typology::T2),
    ("t3", Typology::T3),
    ("t4", Typology::T4),
    ("t5", Typology::T5),
    ("t6", Typology::T6),
    ("t7", Typology::T6),
];

/// How a dwelling can be reached, or must be.
pub const ACCESS: [(&str, Access); 3] =
    [("ordinaire", Access::Ordinary), ("sans_marche", Access::StepFree), ("fauteuil", Access::Wheelchair)];

/// Financings, by their codes.
pub const FINANCINGS: [(&str, Financing); 7] = [
    ("plai", Financing::Plai),
    ("plai_adp", Financing::PlaiAdp),
    ("plus", Financing::Plus),
    ("plus_cd", Financing::PlusCd),
    ("pls", Financing::Pls),
    ("palulos", Financing::Palulos),
    ("pli", Financing::Pli),
];

/// Publics of specific dwellings.
pub const PUBLICS: [(&str, SpecificPublic); 2] =
    [("jeune", SpecificPublic::Young), ("senior", SpecificPublic::Senior)];

const ROLES: [(&str, LandlordRole); 2] =
    [("demolisseur", LandlordRole::Demolisher), ("autre", LandlordRole::Other)];

const WORKS: [(&str, WorksKind); 5] = [
    ("cloison", WorksKind::Partition),
    ("piece_d_eau", WorksKind::WetRoom),
    ("placard", WorksKind::Cupboard),
    ("accessibilite", WorksKind::Accessibility),
    ("autre", WorksKind::Other),
];

/// Reads a line, its commune as it is on a day; nothing when something in it is wrong, which is told.
pub fn read(cells: &mut Cells<'_>, on: Date) -> Option<DwellingOffer> {
    let declaration = declaration(cells, on);
    let declaration = declaration.filter(|_| cells.sound())?;
    DwellingOffer::new(declaration).map_err(|refusal| cells.refuse_field(&FORM, &refusal)).ok()
}

/// Every cell is read before anything missing ends the reading: all that is wrong is told at once.
fn declaration(cells: &mut Cells<'_>, on: Date) -> Option<OfferDeclaration> {
    let offer = cells.value("offre", OfferId::parse);
    let dwelling = cells.value("logement", DwellingRef::parse);
    let landlord = cells.value("bailleur", Siren::parse);
    let role = cells.word("role", &ROLES);
    let commune = cells.value("commune", |column, text| CommuneId::parse(column, text, on));
    let in_qpv = cells.optional_word("qpv", &YES_NO);
    let typology = cells.word("typologie", &TYPOLOGIES);
    let useful_surface = surface(cells);
    let access = cells.optional_word("accessibilite", &ACCESS);
    let financing = cells.optional_word("financement", &FINANCINGS);
    let public = cells.optional_word("public", &PUBLICS);
    let rent = cells.value("loyer", Cents::parse_euros);
    let lowest_rent = cells.optional_value("loyer_minimal", Cents::parse_euros);
    let charges = cells.optional_value("charges", Cents::parse_euros);
    let new_or_recent = cells.optional_word("neuf_ou_recent", &YES_NO);
    let rt2005 = cells.optional_word("rt2005", &YES_NO);
    let signed_conventions_of = cells.list("conventions_signees", OperationId::parse);
    let contingent = cells.optional_value("contingent", ContingentId::parse);
    let hold = hold(cells);
    let vacant_since = cells.optional_date("vide_depuis");
    let available_from = cells.date("disponible_le");
    let published_on = cells.date("publie_le");
    let works = works(cells);
    let out_of_flow = cells.optional_word("hors_flux", &YES_NO).unwrap_or_default();
    let formal = cells.word("proposition_formelle", &YES_NO);
    Some(OfferDeclaration {
        offer: offer?,
        dwelling: dwelling?,
        landlord: landlord?,
        role: role?,
        commune: commune?,
        in_qpv,
        typology: typology?,
        useful_surface,
        access,
        financing,
        kind: public.map_or(DwellingKind::Ordinary, DwellingKind::Specific),
        rent: rent?,
        lowest_rent,
        charges,
        new_or_recent,
        rt2005,
        signed_conventions_of,
        contingent,
        hold,
        vacant_since,
        available_from: available_from?,
        published_on: published_on?,
        works,
        out_of_flow,
        formal: formal?,
    })
}

/// Square metres, with two decimals at most.
fn surface(cells: &mut Cells<'_>) -> Option<u32> {
    let column = "surface";
    let text = cells.typed(column)?;
    let hundredths = cells.decimal(column, text, 2)?;
    let found = u32::try_from(hundredths).ok().filter(|hundredths| *hundredths > 0);
    if found.is_none() {
        let french = format!("« {} » n’est pas une surface utile en m².", cut(text));
        cells.fault(column, Reason::ValueRange.code(), french);
    }
    found
}

fn hold(cells: &mut Cells<'_>) -> Option<Hold> {
    cells.together("garde_pour", "garde_jusqu_au");
    let operation = cells.optional_value("garde_pour", OperationId::parse);
    let until = cells.optional_date("garde_jusqu_au");
    Some(Hold { operation: operation?, until: until? })
}

/// Light works and their estimate: `cloison 1200,00|placard 350,00`.
fn works(cells: &mut Cells<'_>) -> Vec<PlannedWorks> {
    let column = "travaux";
    let mut works = Vec::new();
    for item in cells.items(column) {
        let Some([kind, estimate]) = cells.words(column, item, "nature montant") else { continue };
        let kind = cells.known(column, kind, &WORKS);
        let euros = Cents::parse_euros(column, estimate);
        let estimate = cells.item(column, estimate, euros.and_then(|euros| Amount::new(column, euros.get())));
        works.extend(kind.zip(estimate).map(|(kind, estimate)| PlannedWorks { kind, estimate }));
    }
    works
}
