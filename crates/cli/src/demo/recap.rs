//! What the demonstration tells at the end: tables for a person, one document for a program.

use super::agenda::{SEMESTERS, Semester};
use super::books::Books;
use super::cast::{Cast, Scene};
use super::charters::in_few_words;
use super::closing::netting_id;
use super::exports::Exported;
use super::guards::Guard;
use super::recorder::Sent;
use super::rehousing::Round;
use crate::look::{cell, count, euros, table};
use chambre_api::v1;
use chambre_ledger::Verification;
use data_encoding::HEXLOWER;
use serde::Serialize;
use std::fmt::Write as _;
use std::path::Path;

/// Everything that there is to tell.
#[derive(Debug, Serialize)]
pub struct Recap {
    seed: u64,
    data: String,
    bailleurs: usize,
    territories: usize,
    relogements: u64,
    entries: u64,
    transfers: u64,
    head_seal: String,
    verified: bool,
    accounts: usize,
    kinds: Vec<(&'static str, u64)>,
    sent: Sent,
    nettings: Vec<Closed>,
    owed_cents: i64,
    refused: Vec<Guard>,
    matching: Round,
    exports: Vec<Exported>,
    elapsed_ms: u64,
}

/// A run, before and after netting.
#[derive(Debug, Serialize)]
struct Closed {
    netting_id: String,
    territory: String,
    rules: String,
    status: &'static str,
    /// Without netting: one claim for each relogement shared.
    claims: usize,
    claims_cents: i64,
    shared_cents: i64,
    /// With it.
    payments: usize,
    payments_cents: i64,
    optimal: bool,
    confirmed: usize,
    lapsed: usize,
    carried_cents: i64,
}

/// What the demonstration went through.
pub struct Lived<'a> {
    /// The seed.
    pub seed: u64,
    /// Who played.
    pub cast: &'a Cast,
    /// The journal, read back.
    pub books: Books,
    /// The runs, as they stand at the end.
    pub runs: Vec<v1::NettingRun>,
    /// How declarations went.
    pub sent: Sent,
    /// What was refused.
    pub guards: Vec<Guard>,
    /// The matching round.
    pub round: Round,
    /// The files.
    pub exports: Vec<Exported>,
}

impl Recap {
    /// Gathers what there is to tell.
    pub fn new(lived: Lived<'_>, data: &Path, verified: &Verification, elapsed_ms: u64) -> Self {
        let Lived { seed, cast, books, runs, sent, guards, exports, round } = lived;
        let semesters = SEMESTERS.iter().flat_map(|semester| {
            let runs = &runs;
            let books = &books;
            cast.scenes.iter().filter_map(move |scene| {
                let id = netting_id(scene, semester);
                let run = runs.iter().find(|run| run.netting_id == id)?;
                Some(Closed::new(scene, semester, run, books))
            })
        });
        Self {
            seed,
            data: data.display().to_string(),
            bailleurs: cast.bailleurs.len(),
            territories: cast.scenes.len(),
            relogements: books.kinds.get("Relogement").copied().unwrap_or(0),
            entries: books.entries,
            transfers: books.transfers,
            head_seal: HEXLOWER.encode(verified.head.bytes()),
            verified: verified.fault.is_none(),
            accounts: verified.accounts,
            kinds: books.kinds.iter().map(|(kind, number)| (*kind, *number)).collect(),
            sent,
            nettings: semesters.collect(),
            owed_cents: books.owed.values().sum(),
            refused: guards,
            matching: round,
            exports,
            elapsed_ms,
        }
    }

    /// For a person.
    pub fn text(&self) -> String {
        let mut out = String::new();
        let _ = writeln!(
            out,
            "Une année fictive (graine {}) : {} bailleurs fictifs, {} territoires réels, {} relogements déclarés.\n\
             Les montants sont tirés au sort ; les forfaits ANRU sont ceux du barème antérieur à octobre 2021.\n",
            self.seed,
            count(self.bailleurs),
            count(self.territories),
            count(self.relogements)
        );
        let _ = writeln!(out, "Au journal\n{}\n", self.kinds_table());
        let Sent { unary, batch, stream, replayed } = self.sent;
        let _ = writeln!(
            out,
            "Déclarations envoyées : {} une à une, {} par lots, {} en flux ; {} renvoyées exprès, aucune \
             enregistrée deux fois.\n",
            count(unary),
            count(batch),
            count(stream),
            count(replayed)
        );
        for semester in &SEMESTERS {
            let _ = writeln!(out, "Arrêtés {}\n{}\n", semester.code, self.nettings_table(semester));
        }
        let _ = writeln!(out, "{}\n", self.totals());
        let _ = writeln!(out, "{}\n", self.matching.text());
        let _ = writeln!(out, "Refusé, comme il se doit\n{}", self.guards());
        let _ = writeln!(out, "{}", self.files());
        out
    }

    fn kinds_table(&self) -> String {
        let mut table = table(&["Écritures", ">Nombre"]);
        for (kind, number) in &self.kinds {
            table.add_row([cell(kind), cell(count(*number))]);
        }
        table.add_row([cell("Total"), cell(count(self.entries))]);
        table.to_string()
    }

    fn nettings_table(&self, semester: &Semester) -> String {
        let mut table = table(&[
            "Territoire",
            "Convention",
            ">Créances",
            ">Brut",
            ">Ordres",
            ">À payer",
            ">Payés",
            ">Reporté",
        ]);
        for run in self.nettings.iter().filter(|run| run.netting_id.starts_with(semester.code)) {
            let proven = if run.optimal { "" } else { " *" };
            table.add_row([
                cell(&run.territory),
                cell(&run.rules),
                cell(count(run.claims)),
                cell(euros(run.claims_cents)),
                cell(format!("{}{proven}", count(run.payments))),
                cell(euros(run.payments_cents)),
                cell(count(run.confirmed)),
                cell(euros(run.carried_cents)),
            ]);
        }
        table.to_string()
    }

    fn totals(&self) -> String {
        let sum = |part: fn(&Closed) -> i64| self.nettings.iter().map(part).sum::<i64>();
        let number = |part: fn(&Closed) -> usize| self.nettings.iter().map(part).sum::<usize>();
        let (claims, payments) = (number(|run| run.claims), number(|run| run.payments));
        let tenths = (claims * 10).checked_div(payments).unwrap_or(0);
        let lapsed = number(|run| run.lapsed);
        format!(
            "Sans compensation : {} créances, {}. Avec : {} paiements, {} ({},{} fois moins de paiements).\n\
             Ordres du premier semestre restés impayés et repris au second : {}. Reste dû à la fin : {}.\n\
             Créances : une par relogement partagé, au montant de son effort. Reporté : ce que le plan ne règle pas. \
             * : nombre minimal non prouvé.",
            count(claims),
            euros(sum(|run| run.claims_cents)),
            count(payments),
            euros(sum(|run| run.payments_cents)),
            count(tenths / 10),
            tenths % 10,
            count(lapsed),
            euros(self.owed_cents),
        )
    }

    fn guards(&self) -> String {
        let mut out = String::new();
        for guard in &self.refused {
            let _ = writeln!(out, "  {} : {}\n    {}", guard.attempt, guard.reason, guard.answer);
        }
        out
    }

    fn files(&self) -> String {
        let mut out = String::from("Fichiers\n");
        for file in &self.exports {
            let _ = writeln!(out, "  {} ({} octets)", file.path.display(), count(file.bytes));
        }
        let data = &self.data;
        let home = Path::new(data).parent().unwrap_or(Path::new("."));
        let (export, key) = (home.join("exports/journal"), home.join("cle-publique.txt"));
        let (export, key) = (export.display(), key.display());
        let _ = write!(
            out,
            "  {data} (le journal)\n\n\
             Journal vérifié : {} écritures, {} mouvements, {} comptes ; positions à somme nulle ; soldes relus.\n\
             Sceau de tête : {}\n\
             Durée : {},{:03} s\n\n\
             Pour aller plus loin\n  \
             chambre verify --data {data}\n  \
             chambre verify --export {export} --public-key {key}\n  \
             chambre serve --data {data}\n  \
             chambre netting list\n  \
             chambre netting show 2025-S2-PC\n  \
             chambre positions",
            count(self.entries),
            count(self.transfers),
            count(self.accounts),
            self.head_seal,
            self.elapsed_ms / 1000,
            self.elapsed_ms % 1000,
        );
        out
    }
}

impl Closed {
    fn new(scene: &Scene, semester: &Semester, run: &v1::NettingRun, books: &Books) -> Self {
        let (claims, claims_cents) = books.gross.get(&run.netting_id).copied().unwrap_or_default();
        let in_state = |status| run.payments.iter().filter(|payment| payment.status() == status).count();
        let last = semester.period().to;
        let rules = scene.conventions.iter().rfind(|convention| convention.in_force_from <= last);
        Self {
            netting_id: run.netting_id.clone(),
            territory: short(&scene.territory.territory().name),
            rules: rules.map_or_else(String::new, in_few_words),
            status: run.status().as_str_name(),
            claims,
            claims_cents,
            shared_cents: run.positions.iter().map(|position| position.effort_cents).sum(),
            payments: run.payments.len(),
            payments_cents: run.payments.iter().map(|payment| payment.amount_cents).sum(),
            optimal: run.payments_optimal,
            confirmed: in_state(v1::PaymentStatus::Confirmed),
            lapsed: in_state(v1::PaymentStatus::Lapsed),
            carried_cents: run
                .positions
                .iter()
                .map(|position| (position.position_cents - position.settled_cents).max(0))
                .sum(),
        }
    }
}

/// The name without the kind of body: `CA Grand Paris Sud` is known as Grand Paris Sud.
fn short(name: &str) -> String {
    let plain = name.strip_prefix("CA ").or_else(|| name.strip_prefix("CU ")).unwrap_or(name);
    plain.to_owned()
}
