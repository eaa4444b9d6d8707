//! Who reserves, and what ANRU finances: the lines of `contingents.csv` and of `operations_anru.csv`.

use super::cells::{Cells, Form};
use chambre_domain::relogement::Contingent as ReserverKind;
use chambre_domain::{OperationId, Reason, Text};
use chambre_matching::trade::ids::ContingentId;
use chambre_matching::trade::{Accepts, Commitment, Contingent};

/// Columns of the contingents, and the field that each feeds.
pub const FORM: Form = Form {
    name: "contingents",
    columns: &[
        ("contingent", "id"),
        ("reservataire", "reserver"),
        ("type", "kind"),
        ("accueille", "accepts"),
        ("operations", "operations"),
        ("engagement", "dwellings"),
        ("du", "from"),
        ("au", "to"),
        ("reste", "left"),
    ],
};

/// Columns that the heading of the contingents must have.
pub const REQUIRED: [&str; 8] =
    ["contingent", "reservataire", "type", "accueille", "engagement", "du", "au", "reste"];

/// The only column of the ANRU operations.
pub const OPERATION: [&str; 1] = ["operation"];

const KINDS: [(&str, ReserverKind); 6] = [
    ("etat_fonctionnaires", ReserverKind::StateCivilServants),
    ("etat_prioritaires", ReserverKind::StatePriority),
    ("action_logement", ReserverKind::ActionLogement),
    ("collectivites", ReserverKind::LocalAuthorities),
    ("autres", ReserverKind::Other),
    ("non_reserve", ReserverKind::NotReserved),
];

/// Whom a contingent accepts, operations apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Welcome {
    Anyone,
    AlsEligible,
    PriorityPublic,
    Operations,
}

const WELCOMES: [(&str, Welcome); 4] = [
    ("tous", Welcome::Anyone),
    ("action_logement", Welcome::AlsEligible),
    ("public_prioritaire", Welcome::PriorityPublic),
    ("operations", Welcome::Operations),
];

/// Dwellings promised at most, and left at most.
const MOST: u32 = 100_000;

/// Reads a contingent and the places left in it; nothing when something in the line is wrong, which is told.
pub fn contingent(cells: &mut Cells<'_>) -> Option<(Contingent, u32)> {
    let id = cells.value("contingent", ContingentId::parse);
    let reserver = cells.value("reservataire", Text::parse);
    let kind = cells.word("type", &KINDS);
    let accepts = accepts(cells);
    let dwellings = cells.whole("engagement", 0..=MOST);
    let from = cells.date("du");
    let to = cells.date("au");
    let left = cells.whole("reste", 0..=MOST);
    let (dwellings, from, to) = (dwellings?, from?, to?);
    let commitment = Commitment::new(dwellings, from, to);
    let commitment = commitment.map_err(|refusal| cells.refuse_field(&FORM, &refusal)).ok()?;
    Some((Contingent { id: id?, reserver: reserver?, kind: kind?, accepts: accepts?, commitment }, left?))
}

fn accepts(cells: &mut Cells<'_>) -> Option<Accepts> {
    let operations = cells.list("operations", OperationId::parse);
    let welcome = cells.word("accueille", &WELCOMES)?;
    let named = cells.typed("operations").is_some();
    if named != (welcome == Welcome::Operations) {
        let french = if named {
            "cette colonne ne se remplit qu’avec « operations » sous « accueille ». Videz-la, ou changez l’autre."
        } else {
            "« operations » sous « accueille » demande lesquelles. Nommez-les, séparées par |."
        };
        let reason = if named { "COLUMN_FOREIGN" } else { Reason::FieldMissing.code() };
        cells.fault("operations", reason, french.to_owned());
    }
    Some(match welcome {
        Welcome::Anyone => Accepts::Anyone,
        Welcome::AlsEligible => Accepts::AlsEligible,
        Welcome::PriorityPublic => Accepts::PriorityPublic,
        Welcome::Operations => Accepts::Operations(operations),
    })
}

/// Reads an operation financed by ANRU.
pub fn operation(cells: &mut Cells<'_>) -> Option<OperationId> {
    cells.value("operation", OperationId::parse)
}
