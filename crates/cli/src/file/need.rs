//! The needs of a matching: one line of `besoins.csv`, one household. The columns are documented in docs/appariement.md.

use super::cells::{Cells, Form, cut};
use super::declaration::YES_NO;
use super::offer::{ACCESS, FINANCINGS, PUBLICS, TYPOLOGIES};
use chambre_domain::{Cents, Date, HouseholdId, OperationId, Reason, Siren, calendar};
use chambre_matching::trade::ids::{DwellingRef, FormalOfferId, MousId, OfferId};
use chambre_matching::trade::need::{
    CeilingCategory, Composition, Means, PastRefusal, RefusalReason, TypologyRange, Urgency, UrgencyCode,
    Widening, Wish,
};
use chambre_matching::trade::{
    Band, CommuneId, FormalOffers, HouseholdNeed, LegalBasis, NeedDeclaration, Place,
};

/// Columns, and the field of the need that each feeds.
pub const FORM: Form = Form {
    name: "besoins",
    columns: &[
        ("menage", "household"),
        ("mous", "mous"),
        ("operation", "operation"),
        ("bailleur_origine", "origin"),
        ("commune", "commune"),
        ("urgence", "urgency"),
        ("urgence_depuis", "since"),
        ("classe_projet", "project_class"),
        ("personnes", "persons"),
        ("personnes_a_charge", "dependants"),
        ("unites_consommation", "units_tenths"),
        ("ressources_pct_plus", "income_bp_of_plus"),
        ("categorie_plafond", "category"),
        ("personnes_supplementaires", "extra_persons"),
        ("ressources_mensuelles", "monthly_resources"),
        ("aide_logement", "monthly_aid_cents"),
        ("typologie_min", "min"),
        ("typologie_ideale", "typology"),
        ("typologie_max", "max"),
        ("financement_souhaite", "wanted_financing"),
        ("accessibilite", "access"),
        ("publics", "publics"),
        ("souhaits", "wishes"),
        ("exclusions", "exclusions"),
        ("elargissement", "widening"),
        ("loyer_actuel", "present_rent_cents"),
        ("charges_actuelles", "present_charges_cents"),
        ("base_legale", "basis"),
        ("propositions_dues", "formal_offers"),
        ("propositions_faites", "formal_offer"),
        ("refus", "refusals"),
        ("double_proposition", "double_proposition"),
        ("eligible_action_logement", "als_eligible"),
        ("public_prioritaire", "priority_public"),
        ("premier_quartile", "first_quartile"),
        ("inscrit_le", "entered_on"),
        ("a_reloger_avant", "needed_by"),
    ],
};

/// Columns that the heading must have.
pub const REQUIRED: [&str; 15] = [
    "menage",
    "mous",
    "operation",
    "commune",
    "classe_projet",
    "personnes",
    "personnes_a_charge",
    "unites_consommation",
    "typologie_min",
    "typologie_ideale",
    "typologie_max",
    "accessibilite",
    "elargissement",
    "base_legale",
    "inscrit_le",
];

const URGENCIES: [(&str, UrgencyCode); 4] = [
    ("calendrier_travaux", UrgencyCode::WorksCalendar),
    ("derniers_occupants", UrgencyCode::LastOccupants),
    ("danger", UrgencyCode::Danger),
    ("protection", UrgencyCode::Protection),
];

const WIDENINGS: [(&str, Widening); 3] =
    [("non", Widening::No), ("signale", Widening::Labelled), ("oui", Widening::Yes)];

const REASONS: [(&str, RefusalReason); 9] = [
    ("secteur", RefusalReason::Place),
    ("taille", RefusalReason::Size),
    ("loyer", RefusalReason::Rent),
    ("charges", RefusalReason::Charges),
    ("accessibilite", RefusalReason::Access),
    ("etat", RefusalReason::State),
    ("voisinage", RefusalReason::Neighbourhood),
    ("sans_reponse", RefusalReason::NoAnswer),
    ("autre", RefusalReason::Other),
];

/// Legal bases; another one says in its own column how many formal offers it owes.
const BASES: [(&str, Option<LegalBasis>); 5] = [
    ("l_442_6", Some(LegalBasis::L442_6)),
    ("l442_6", Some(LegalBasis::L442_6)),
    ("l_314_2", Some(LegalBasis::L314_2)),
    ("l314_2", Some(LegalBasis::L314_2)),
    ("autre", None),
];

/// Reads a line, communes as they are on a day; nothing when something in it is wrong, which is told.
pub fn read(cells: &mut Cells<'_>, on: Date) -> Option<HouseholdNeed> {
    let declaration = declaration(cells, on);
    let declaration = declaration.filter(|_| cells.sound())?;
    HouseholdNeed::new(declaration).map_err(|refusal| cells.refuse_field(&FORM, &refusal)).ok()
}

/// Every cell is read before anything missing ends the reading: all that is wrong is told at once.
fn declaration(cells: &mut Cells<'_>, on: Date) -> Option<NeedDeclaration> {
    let household = cells.value("menage", HouseholdId::parse);
    let mous = cells.value("mous", MousId::parse);
    let operation = cells.value("operation", OperationId::parse);
    let origin = cells.optional_value("bailleur_origine", Siren::parse);
    let commune = cells.value("commune", |column, text| CommuneId::parse(column, text, on));
    let urgency = urgency(cells);
    let project_class = cells.whole("classe_projet", 0..=255);
    let composition = composition(cells);
    let means = means(cells);
    let typology = typology(cells);
    let wanted_financing = cells.optional_word("financement_souhaite", &FINANCINGS);
    let access = cells.word("accessibilite", &ACCESS);
    let items = cells.items("publics").into_iter();
    let publics = items.filter_map(|item| cells.known("publics", item, &PUBLICS)).collect();
    let wishes = wishes(cells, on);
    let exclusions = cells.list("exclusions", |column, text| Place::parse(column, text, on));
    let widening = cells.word("elargissement", &WIDENINGS);
    let present_rent = cells.optional_value("loyer_actuel", Cents::parse_euros);
    let present_charges = cells.optional_value("charges_actuelles", Cents::parse_euros);
    let formal_offers = formal_offers(cells);
    let refusals = refusals(cells);
    let double_proposition = cells.optional_word("double_proposition", &YES_NO).unwrap_or_default();
    let als_eligible = cells.optional_word("eligible_action_logement", &YES_NO);
    let priority_public = cells.optional_word("public_prioritaire", &YES_NO);
    let first_quartile = cells.optional_word("premier_quartile", &YES_NO);
    let entered_on = cells.date("inscrit_le");
    let needed_by = cells.optional_date("a_reloger_avant");
    Some(NeedDeclaration {
        household: household?,
        mous: mous?,
        operation: operation?,
        origin,
        commune: commune?,
        urgency,
        project_class: project_class?,
        composition: composition?,
        means,
        typology: typology?,
        wanted_financing,
        access: access?,
        publics,
        wishes,
        exclusions,
        widening: widening?,
        present_rent,
        present_charges,
        formal_offers: formal_offers?,
        refusals,
        double_proposition,
        als_eligible,
        priority_public,
        first_quartile,
        entered_on: entered_on?,
        needed_by,
    })
}

fn urgency(cells: &mut Cells<'_>) -> Option<Urgency> {
    cells.together("urgence", "urgence_depuis");
    let code = cells.optional_word("urgence", &URGENCIES);
    let since = cells.optional_date("urgence_depuis");
    Some(Urgency { code: code?, since: since? })
}

fn composition(cells: &mut Cells<'_>) -> Option<Composition> {
    let persons = cells.whole("personnes", 1..=20);
    let dependants = cells.whole("personnes_a_charge", 0..=19);
    let units = cells.value("unites_consommation", |_, text| Ok(text.to_owned()));
    let units = cells.decimal("unites_consommation", &units?, 1);
    let (persons, dependants, units) = (persons?, dependants?, units?);
    let units_tenths =
        u16::try_from(units).ok().filter(|units| (10..=u16::from(persons) * 10).contains(units));
    if units_tenths.is_none() {
        let french = format!("ce nombre va de 1 à {persons} : une unité au plus par personne.");
        cells.fault("unites_consommation", Reason::ValueRange.code(), french);
    }
    Some(Composition { persons, dependants, units_tenths: units_tenths? })
}

fn means(cells: &mut Cells<'_>) -> Means {
    let income_bp_of_plus =
        band(cells, "ressources_pct_plus", |cells, text| cells.decimal("ressources_pct_plus", text, 2));
    let category = cells.optional_whole("categorie_plafond", 1..=6);
    let extra = cells.optional_whole("personnes_supplementaires", 0..=14);
    if extra.is_some_and(|extra: u8| extra > 0) && cells.typed("categorie_plafond").is_none() {
        let french =
            "cette colonne va avec « personnes_supplementaires ». Indiquez 6, ou laissez les deux vides.";
        cells.fault("categorie_plafond", Reason::FieldMissing.code(), french.to_owned());
    }
    let monthly_resources = band(cells, "ressources_mensuelles", |cells, text| {
        let column = "ressources_mensuelles";
        cells.item(column, text, Cents::parse_euros(column, text)).map(Cents::get)
    });
    Means {
        income_bp_of_plus,
        category: category
            .map(|category| CeilingCategory { category, extra_persons: extra.unwrap_or_default() }),
        monthly_resources,
        monthly_aid: cells.optional_value("aide_logement", Cents::parse_euros),
    }
}

fn typology(cells: &mut Cells<'_>) -> Option<TypologyRange> {
    let min = cells.word("typologie_min", &TYPOLOGIES);
    let ideal = cells.word("typologie_ideale", &TYPOLOGIES);
    let max = cells.word("typologie_max", &TYPOLOGIES);
    let range = TypologyRange { min: min?, ideal: ideal?, max: max? };
    if range.min <= range.ideal && range.ideal <= range.max {
        return Some(range);
    }
    let french =
        "typologie_min, typologie_ideale et typologie_max ne vont pas en croissant. Corrigez-en une.";
    cells.fault("typologie_ideale", Reason::ValueRange.code(), french.to_owned());
    None
}

/// Places, from the first wish: `93066|93001|93`; a rank after a place (`93066 1`) tells it otherwise.
fn wishes(cells: &mut Cells<'_>, on: Date) -> Vec<Wish> {
    let column = "souhaits";
    let mut wishes = Vec::new();
    for (number, item) in (1..).zip(cells.items(column)) {
        let (place, rank) = match item.split_once(char::is_whitespace) {
            Some((place, rank)) => (place, rank.trim().parse::<u8>().ok()),
            None => (item, Some(number)),
        };
        let rank = rank.filter(|rank| (1..=9).contains(rank));
        if rank.is_none() {
            let french = format!("« {} » : le rang d’un souhait va de 1 à 9, après le lieu.", cut(item));
            cells.fault(column, Reason::ValueRange.code(), french);
        }
        let place = cells.item(column, place, Place::parse(column, place, on));
        wishes.extend(place.zip(rank).map(|(place, rank)| Wish { place, rank }));
    }
    wishes
}

/// Offers notified so far: `F-1 2026-03-01|F-2 2026-05-04`; the same twice is a double proposition.
fn formal_offers(cells: &mut Cells<'_>) -> Option<FormalOffers> {
    let basis = cells.word("base_legale", &BASES);
    let due = cells.optional_whole("propositions_dues", 1..=9);
    let basis = match (basis?, due) {
        (None, None) if cells.typed("propositions_dues").is_none() => {
            let french = "une autre base légale dit combien de propositions formelles sont dues, de 1 à 9.";
            cells.fault("propositions_dues", Reason::FieldMissing.code(), french.to_owned());
            return None;
        }
        (None, due) => LegalBasis::Other { formal_offers: due? },
        (Some(basis), None) => basis,
        (Some(basis), Some(due)) if due == basis.cap() => basis,
        (Some(basis), Some(_)) => {
            let french =
                format!("cette base légale doit {} propositions. Laissez la cellule vide.", basis.cap());
            cells.fault("propositions_dues", Reason::ValueRange.code(), french);
            return None;
        }
    };
    let column = "propositions_faites";
    let mut offers = FormalOffers::none(basis).ok()?;
    for item in cells.items(column) {
        let Some([id, on]) = cells.words(column, item, "proposition date") else { continue };
        let id = cells.item(column, item, FormalOfferId::parse(column, id));
        let on = cells.item(column, item, calendar::parse_date(column, on));
        let (Some(id), Some(on)) = (id, on) else { continue };
        let notified = offers.notify(&id, on);
        cells.item(column, item, notified);
    }
    Some(offers)
}

/// Dwellings refused before: `offre bailleur logement date motif`.
fn refusals(cells: &mut Cells<'_>) -> Vec<PastRefusal> {
    let column = "refus";
    let mut refusals = Vec::new();
    for item in cells.items(column) {
        let Some([offer, landlord, dwelling, on, reason]) =
            cells.words(column, item, "offre bailleur logement date motif")
        else {
            continue;
        };
        let offer = cells.item(column, offer, OfferId::parse(column, offer));
        let landlord = cells.item(column, landlord, Siren::parse(column, landlord));
        let dwelling = cells.item(column, dwelling, DwellingRef::parse(column, dwelling));
        let on = cells.item(column, on, calendar::parse_date(column, on));
        let reason = cells.known(column, reason, &REASONS);
        if let (Some(offer), Some(landlord), Some(dwelling), Some(on), Some(reason)) =
            (offer, landlord, dwelling, on, reason)
        {
            refusals.push(PastRefusal { offer, landlord, dwelling, on, reason });
        }
    }
    refusals
}

/// One number, or two bounds: `1850,00`, `1800..2000`.
fn band(
    cells: &mut Cells<'_>,
    column: &'static str,
    parse: impl Fn(&mut Cells<'_>, &str) -> Option<i64>,
) -> Option<Band> {
    let text = cells.typed(column)?;
    let (from, to) = match text.split_once("..") {
        Some((from, to)) => (parse(cells, from.trim()), parse(cells, to.trim())),
        None => {
            let exact = parse(cells, text);
            (exact, exact)
        }
    };
    let (from, to) = (from?, to?);
    let band = Band::new(column, from, to);
    if band.is_err() {
        let french = format!(
            "« {} » : une tranche va de la plus petite borne à la plus grande, sans nombre négatif (1800..2000).",
            cut(text)
        );
        cells.fault(column, Reason::ValueRange.code(), french);
    }
    band.ok()
}
