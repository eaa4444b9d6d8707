//! `chambre access-log`: who called what, when, and what came of it; and the proof that nothing was changed.

use super::DataOptions;
use crate::failure::Failure;
use crate::look;
use crate::report::{self, Report};
use chambre_domain::Date;
use chambre_server::access::log::{self, Access};
use serde_json::json;
use std::path::{Path, PathBuf};

/// Which accesses.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// « verify » : vérifie les numéros et les sceaux au lieu de lister
    #[arg(value_name = "ACTION", value_parser = ["verify"])]
    action: Option<String>,
    /// Seulement ceux de ce nom
    #[arg(long, value_name = "NOM")]
    who: Option<String>,
    /// Seulement les appels dont le nom contient ce texte, par exemple RecordWorks
    #[arg(long, value_name = "TEXTE")]
    rpc: Option<String>,
    /// Seulement ceux qui finissent ainsi, par exemple PERMISSION_DENIED
    #[arg(long, value_name = "CODE")]
    outcome: Option<String>,
    /// À partir de ce jour (UTC)
    #[arg(long, value_name = "DATE", value_parser = look::typed_day)]
    from: Option<Date>,
    /// Jusqu’à ce jour (UTC)
    #[arg(long, value_name = "DATE", value_parser = look::typed_day)]
    to: Option<Date>,
    #[command(flatten)]
    pub data: DataOptions,
}

/// Lists the accesses asked for, one line each, or verifies the record.
///
/// # Errors
/// A record that is damaged or cannot be read (3).
pub fn run(args: &Args, before: Option<PathBuf>) -> Result<Report, Failure> {
    let folder = args.data.folder(before);
    if args.action.is_some() {
        return verify(&folder);
    }
    let mut count = 0_u64;
    let listed = log::read(&folder, |access| {
        if args.wants(&access) {
            count += 1;
            report::print(&if args.data.json { serde_json::to_string(&access)? } else { line(&access) });
        }
        Ok(())
    });
    listed.map_err(|error| failed(&folder, &error))?;
    if !args.data.json {
        report::warn(&format!("{} accès.", look::count(count)));
    }
    Ok(Report::default())
}

impl Args {
    fn wants(&self, access: &Access) -> bool {
        let day = access.at.get(..10).unwrap_or_default();
        self.who.as_ref().is_none_or(|who| *who == access.who)
            && self.rpc.as_ref().is_none_or(|rpc| access.rpc.contains(rpc.as_str()))
            && self.outcome.as_ref().is_none_or(|outcome| *outcome == access.outcome)
            && self.from.is_none_or(|from| day >= from.to_string().as_str())
            && self.to.is_none_or(|to| day <= to.to_string().as_str())
    }
}

fn line(access: &Access) -> String {
    let Access { n, at, who, role, peer, rpc, about, outcome, why, .. } = access;
    let who = if who.is_empty() { "?".to_owned() } else { format!("{who} ({role})") };
    let rest = [about, why].into_iter().filter(|text| !text.is_empty()).map(|text| format!(" · {text}"));
    format!("{n}  {at}  {who}  {peer}  {rpc}  {outcome}{}", rest.collect::<String>())
}

fn verify(folder: &Path) -> Result<Report, Failure> {
    let found = log::verify(folder).map_err(|error| failed(folder, &error))?;
    let mut text = format!(
        "{} accès vérifiés, du n° {} au n° {}. Dernier sceau : {}\n\nProuvé : aucune ligne n’a été changée, ôtée, \
         ajoutée ni déplacée entre ces deux numéros.\nNon prouvé : que la fin n’a pas été retirée ; comparez à un \
         numéro et à un sceau que vous aviez notés.",
        look::count(found.lines),
        found.first,
        found.last,
        found.seal
    );
    if found.first > 1 {
        text += "\nLes mois antérieurs ont été retirés : la première ligne n’est rattachée à rien.";
    }
    let json = json!({ "lines": found.lines, "first": found.first, "last": found.last, "seal": found.seal });
    Ok(Report::new(text, json))
}

fn failed(folder: &Path, error: &std::io::Error) -> Failure {
    match error.kind() {
        std::io::ErrorKind::InvalidData => {
            Failure::infrastructure(format!("journal des accès endommagé : {error}."))
        }
        _ => Failure::of_file(folder, error),
    }
}
