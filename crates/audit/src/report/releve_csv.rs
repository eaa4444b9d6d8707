//! The relevé for French spreadsheets.

use super::cited::{ConventionCited, Labelled, Party, carried_on};
use super::error::ReportError;
use super::key::{HowShared, KeyStep, Quantity, VersionPart};
use super::releve::Releve;
use super::words::{Cell, Sheet};
use chambre_domain::{Cents, french};

const FIGURES: [&str; 17] = [
    "Arrêté",
    "SIREN du bailleur",
    "Bailleur",
    "Rubrique",
    "Libellé",
    "Version de la convention",
    "Titre de la convention",
    "Article",
    "Référence",
    "SIREN de la contrepartie",
    "Contrepartie",
    "Poids",
    "Poids total",
    "Quotient",
    "Reste de la division",
    "Centime ou relogement du reste",
    "Montant ou nombre",
];

const RELOGEMENTS: [&str; 21] = [
    "Arrêté",
    "SIREN du bailleur",
    "Bailleur",
    "Relogement",
    "Opération",
    "Rôle",
    "SIREN de la contrepartie",
    "Contrepartie",
    "Date du bail",
    "Version de la convention",
    "Écart de loyer compté",
    "Travaux comptés",
    "Vacance comptée",
    "Indemnité ANRU déduite",
    "Ajustements",
    "Motif des ajustements",
    "Effort à ce jour",
    "Partagé avant",
    "Partagé maintenant",
    "Motif de non-partage",
    "Laissé de côté",
];

/// One figure of the relevé; what it does not have stays empty.
struct Figure<'a> {
    part: &'a str,
    label: &'a str,
    convention: Option<&'a ConventionCited>,
    reference: Option<[Cell; 3]>,
    key: Option<&'a KeyStep>,
    number: Option<Quantity>,
}

impl<'a> Figure<'a> {
    const fn plain(part: &'a str, label: &'a str, amount: Cents) -> Self {
        Self {
            part,
            label,
            convention: None,
            reference: None,
            key: None,
            number: Some(Quantity::Euros(amount)),
        }
    }

    fn cells(self) -> Vec<Cell> {
        let mut cells = vec![Cell::text(self.part), Cell::text(self.label)];
        cells.extend(match self.convention {
            Some(cited) => {
                [Cell::number(cited.version), Cell::text(&cited.title), Cell::text(&cited.article)]
            }
            None => [const { Cell::empty() }; 3],
        });
        cells.extend(self.reference.unwrap_or([const { Cell::empty() }; 3]));
        cells.extend(match self.key {
            Some(step) => [
                Cell::number(step.weight),
                Cell::number(step.total_weight),
                number(step.quotient),
                Cell::number(step.remainder),
                Cell::text(if step.grain_given { "oui" } else { "non" }),
            ],
            None => [const { Cell::empty() }; 5],
        });
        cells.push(self.number.map_or_else(Cell::empty, number));
        cells
    }
}

fn number(quantity: Quantity) -> Cell {
    match quantity {
        Quantity::Euros(cents) => Cell::euros(cents),
        Quantity::Placements(number) => Cell::number(number),
    }
}

/// One row per figure.
pub(crate) fn figures(releve: &Releve) -> Result<Vec<u8>, ReportError> {
    let mut sheet = Sheet::new(&FIGURES)?;
    for row in rows(releve) {
        let whose = [
            Cell::text(&releve.run.netting),
            Cell::text(releve.bailleur.siren),
            Cell::text(releve.bailleur.label()),
        ];
        sheet.row(whose.into_iter().chain(row))?;
    }
    Ok(sheet.finish())
}

fn rows(releve: &Releve) -> Vec<Vec<Cell>> {
    let position = &releve.position;
    let mut rows: Vec<_> = releve.versions.iter().flat_map(shares).collect();
    let mut push = |figure: Figure<'_>| rows.push(figure.cells());
    for Labelled { label, amount } in &releve.carried_from {
        push(Figure::plain("Report", label, *amount));
    }
    for (part, label, amount) in [
        ("Position", "a. Effort supporté", position.effort),
        ("Position", "b. Part équitable", position.fair_share),
        ("Position", "c. Report", position.carried_over),
        ("Position", "d. Position = a - b + c", position.position),
        ("Règlement", "e. Réglé par cet arrêté", position.settled),
        ("Règlement", "f. Reporté = d - e", carried_on(position)),
    ] {
        push(Figure::plain(part, label, amount));
    }
    if let Some(limit) = &releve.limit {
        // A hold is no amount: the figure stays empty.
        let number = limit.most.map(Quantity::Euros);
        push(Figure { number, ..Figure::plain("Ce qui limite e", &limit.label, Cents::ZERO) });
    }
    for payment in &releve.payments {
        let Party { siren, .. } = payment.counterparty;
        let reference =
            [Cell::text(&payment.id), Cell::text(siren), Cell::text(payment.counterparty.label())];
        let figure = Figure::plain("Paiement", payment.direction.french(), payment.signed());
        push(Figure { reference: Some(reference), ..figure });
    }
    for Labelled { label, amount } in &releve.set_off {
        push(Figure::plain("Compensé ailleurs", label, *amount));
    }
    let last = format!("Sceau de l’écriture {}", releve.run.at_seq);
    let hash = "Empreinte SHA-256 des données du calcul";
    for (label, proof) in
        [(last.as_str(), releve.run.seal.to_string()), (hash, releve.run.input_sha256.to_string())]
    {
        let reference = Some([Cell::text(proof), Cell::empty(), Cell::empty()]);
        push(Figure { reference, number: None, ..Figure::plain("Preuve", label, Cents::ZERO) });
    }
    rows
}

/// Effort and fair share under one version of the convention.
fn shares(version: &VersionPart) -> Vec<Vec<Cell>> {
    let euros = Quantity::Euros;
    let share = euros(version.fair_share);
    let mut lines: Vec<(&str, String, Option<&KeyStep>, Quantity)> = vec![
        ("Effort", "Effort supporté".to_owned(), None, euros(version.effort)),
        ("Effort", "Effort total du territoire".to_owned(), None, euros(version.total)),
    ];
    let part = "Part équitable";
    match &version.how {
        HowShared::Origin => lines.push((part, "Somme des relogements d’origine".to_owned(), None, share)),
        HowShared::Nothing(reason) => lines.push((part, reason.clone(), None, share)),
        HowShared::Brought(money) => lines.push((part, money.label.clone(), None, euros(money.amount))),
        HowShared::Keys { before, steps, tariff, after } => {
            lines.extend(before.iter().map(|line| (part, line.label.clone(), None, euros(line.amount))));
            for step in steps {
                lines.push((part, format!("À répartir : {}", step.label), None, step.base));
                lines.push((part, step.label.clone(), Some(step), step.part));
            }
            if let Some(tariff) = tariff {
                lines.push((part, "Tarif par relogement".to_owned(), None, euros(*tariff)));
                let priced = super::key::priced(steps.last(), *tariff);
                lines.push((part, "Part × tarif".to_owned(), None, euros(priced)));
            }
            if !after.is_empty() {
                lines.extend(after.iter().map(|line| (part, line.label.clone(), None, euros(line.amount))));
                lines.push((part, "Part équitable".to_owned(), None, share));
            }
        }
    }
    let convention = Some(&version.convention);
    let cells = |(part, label, key, number): (&str, String, _, _)| {
        Figure { part, label: &label, convention, reference: None, key, number: Some(number) }.cells()
    };
    lines.into_iter().map(cells).collect()
}

/// One row per relogement.
pub(crate) fn relogements(releve: &Releve) -> Result<Vec<u8>, ReportError> {
    let mut sheet = Sheet::new(&RELOGEMENTS)?;
    for line in &releve.relogements {
        let (siren, other) = match &line.other {
            Some(party) => (Cell::text(party.siren), Cell::text(party.label())),
            None => (Cell::empty(), Cell::empty()),
        };
        // The line was checked: its adjustments are what is left of the effort to date, so they are in range.
        let adjusted: i128 = line.adjustments.iter().map(|line| i128::from(line.amount.get())).sum();
        let adjusted = super::error::cents("adjustments", adjusted)?;
        sheet.row([
            Cell::text(&releve.run.netting),
            Cell::text(releve.bailleur.siren),
            Cell::text(releve.bailleur.label()),
            Cell::text(&line.id),
            Cell::text(&line.operation),
            Cell::text(line.role.french()),
            siren,
            other,
            Cell::text(french::short_date(line.lease_date)),
            Cell::number(line.convention_version),
            Cell::euros(line.rent_gap),
            Cell::euros(line.works),
            Cell::euros(line.vacancy),
            Cell::euros(line.indemnity),
            Cell::euros(adjusted),
            Cell::text(listed(&line.adjustments)),
            Cell::euros(line.to_date),
            Cell::euros(line.shared_before),
            Cell::euros(line.shared_now),
            line.held.as_ref().map_or_else(Cell::empty, Cell::text),
            Cell::text(listed(&line.left_out)),
        ])?;
    }
    Ok(sheet.finish())
}

/// `excédent gardé (575,90 €), plafond (-20,00 €)`.
pub(crate) fn listed(lines: &[Labelled]) -> String {
    let texts = lines.iter().map(|line| format!("{} ({})", line.label, french::euros(line.amount)));
    texts.collect::<Vec<_>>().join(", ")
}
