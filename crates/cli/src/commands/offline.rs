//! `chambre verify --export` and `--receipts`: proofs without the chamber, with nothing but a public key.

use crate::failure::Failure;
use crate::look;
use crate::report::Report;
use chambre_audit::proof::offline::{Note, verify};
use chambre_audit::proof::{
    Folder, Found, NoteError, OfflineError, PublicKey, ReceiptError, Receipts, public_keys,
};
use data_encoding::HEXLOWER;
use serde_json::{Value, json};
use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

/// The export that is verified, and what the reader knows beside it.
#[derive(Debug, Default, clap::Args)]
pub struct OfflineArgs {
    /// Vérifie un export, sans la chambre, au lieu du dossier des données
    #[arg(long, value_name = "DOSSIER", conflicts_with_all = ["backup", "data"])]
    pub export: Option<PathBuf>,
    /// Vérifie les preuves gardées par un bailleur (« chambre receipt »), sans la chambre
    #[arg(long, value_name = "FICHIER", conflicts_with_all = ["backup", "data", "export"], requires = "public_key")]
    pub receipts: Option<PathBuf>,
    /// Clés publiques de la chambre et de ses témoins, une par ligne
    #[arg(long, value_name = "FICHIER", conflicts_with_all = ["backup", "data"])]
    pub public_key: Option<PathBuf>,
    /// Point de contrôle gardé d’avant, à retrouver dans le journal ; peut être répété
    #[arg(long, value_name = "FICHIER", requires = "export")]
    pub checkpoint: Vec<PathBuf>,
}

struct OnDisk<'a>(&'a Path);

impl Folder for OnDisk<'_> {
    fn open(&self, file: &str) -> io::Result<Box<dyn Read + '_>> {
        Ok(Box::new(File::open(self.0.join(file))?))
    }
}

/// Verifies the export of a folder.
///
/// # Errors
/// Files that are not there or not of an export (2); an export that is damaged, or that nobody known signed (3).
pub fn run(folder: &Path, args: &OfflineArgs, json: bool) -> Result<Report, Failure> {
    let keys = known_keys(args)?;
    let kept = args.checkpoint.iter().map(|file| read(file)).collect::<Result<Vec<_>, _>>()?;
    let bar = look::progress(0, "écritures", json);
    let found = verify(&OnDisk(folder), &keys, &kept, &mut |seq| bar.set_position(seq.get()));
    bar.finish_and_clear();
    let found = found.map_err(|error| why(folder, &error))?;
    if let Some(fault) = &found.fault {
        return Err(Failure::infrastructure(format!(
            "{} : export altéré à l’écriture n° {} : {}. Gardez-le tel quel et demandez-en un autre.",
            folder.display(),
            fault.seq,
            fault.what
        )));
    }
    let (proved, not_proved) = (proved(&found), not_proved(&found, &keys));
    let lines = |items: &[String]| items.iter().map(|item| format!("\n  - {item}")).collect::<String>();
    let text = format!(
        "{}\n\nProuvé :{}\nNon prouvé :{}",
        summary(folder, &found),
        lines(&proved),
        lines(&not_proved)
    );
    Ok(Report::new(text, as_json(folder, &found, &proved, &not_proved)))
}

/// Verifies the receipts that a bailleur kept.
///
/// # Errors
/// A file that is not there or holds no receipts (2); an écriture that the signed journal does not hold (3).
pub fn run_receipts(file: &Path, args: &OfflineArgs) -> Result<Report, Failure> {
    let keys = known_keys(args)?;
    let text = read(file)?;
    let shown = file.display();
    let (receipts, signed) = Receipts::verify(text.as_bytes(), &keys).map_err(|error| match error {
        ReceiptError::Form(cause) => Failure::usage(format!("{shown} : ce ne sont pas des preuves ({cause}).")),
        ReceiptError::Note(cause) => {
            let cause = in_french(&cause);
            Failure::infrastructure(format!("{shown} : le point de contrôle n’est pas digne de foi ({cause})."))
        }
        ReceiptError::NotIncluded { seq } => Failure::infrastructure(format!(
            "{shown} : l’écriture n° {seq} n’est pas celle du journal signé. Gardez ce fichier et comparez son sceau \
             à celui de votre déclaration."
        )),
    })?;
    let (count, size) = (receipts.entries.len(), signed.checkpoint.size);
    let text = format!(
        "{shown} : {} au journal de {size} écritures signé par {} ({}).\n\
         Comparez chaque sceau à celui que vous avez reçu en déclarant : c’est lui qui engage le contenu.",
        look::counted(count, "écriture prouvée"),
        signed.checkpoint.origin,
        look::counted(signed.witnesses.len(), "témoin"),
    );
    let json = json!({ "file": shown.to_string(), "entries": count, "checkpoint_size": size, "sound": true });
    Ok(Report::new(text, json))
}

fn known_keys(args: &OfflineArgs) -> Result<Vec<PublicKey>, Failure> {
    let Some(file) = &args.public_key else { return Ok(Vec::new()) };
    public_keys(&read(file)?)
        .map_err(|error| Failure::usage(format!("{} : clé publique illisible ({error}).", file.display())))
}

fn read(file: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(file).map_err(|error| Failure::of_file(file, &error))
}

fn why(folder: &Path, error: &OfflineError) -> Failure {
    let folder = folder.display();
    match error {
        OfflineError::Read { file, cause } if cause.kind() == ErrorKind::NotFound => Failure::usage(format!(
            "{folder} : {file} manque ; un export sans tous ses fichiers n’est pas entier. Refaites-le."
        )),
        OfflineError::Read { file, cause } => Failure::infrastructure(format!("{folder} : {file} : {cause}")),
        OfflineError::Manifest(cause) => Failure::infrastructure(format!(
            "{folder} : manifest.json n’est pas le manifeste d’un export ({cause})."
        )),
        OfflineError::Version { format, version } => Failure::usage(format!(
            "{folder} : version {version} du format {format}, inconnue de ce programme. Mettez-le à jour."
        )),
        OfflineError::Note(cause) => Failure::infrastructure(format!(
            "{folder} : un point de contrôle n’est pas digne de foi ({}). Vérifiez la clé publique auprès de \
             la chambre, par un autre chemin que cet export.",
            in_french(cause)
        )),
    }
}

fn in_french(cause: &NoteError) -> String {
    match cause {
        NoteError::Form(_) => "ce n’est pas une note signée".to_owned(),
        NoteError::NotACheckpoint => "le texte signé n’est pas un point de contrôle".to_owned(),
        NoteError::WrongSignature { name } => format!("la signature de {name} est fausse"),
        NoteError::NoKnownSigner { origin, unknown } => format!(
            "aucune clé connue de {origin} ne l’a signé ; {} de clés inconnues",
            look::counted(*unknown, "signature")
        ),
    }
}

fn is_journal(found: &Found) -> bool {
    found.claim.format == "journal"
}

fn summary(folder: &Path, found: &Found) -> String {
    if !is_journal(found) {
        let files = look::counted(found.claim.files.len(), "fichier conforme");
        let (folder, format) = (folder.display(), &found.claim.format);
        return format!("{folder} : export « {format} », {files} au manifeste.");
    }
    if found.entries == 0 {
        return format!("{} : journal vide.", folder.display());
    }
    format!(
        "{} : {} vérifiées, dont {} mouvementées ({} mouvements, {} comptes).\nSceau de la dernière : {}\n\
         Racine de l’arbre : {}",
        folder.display(),
        look::counted(usize::try_from(found.entries).unwrap_or(usize::MAX), "écriture"),
        look::count(found.ecritures),
        look::count(found.transfers),
        look::count(found.accounts as u64),
        found.head,
        found.root,
    )
}

fn proved(found: &Found) -> Vec<String> {
    let mut proved = vec!["chaque fichier a la taille et l’empreinte du manifeste".to_owned()];
    if !is_journal(found) {
        return proved;
    }
    proved.extend(
        [
            "les écritures se suivent sans trou, sans doublon ni retour en arrière",
            "chaque sceau correspond au contenu et à l’écriture précédente",
            "chaque mouvement est équilibré, dans une seule unité et un seul territoire",
            "chaque solde est la somme de ses mouvements ; comptes et totaux sont ceux du manifeste",
        ]
        .map(str::to_owned),
    );
    proved.extend(found.notes.iter().map(note));
    proved
}

fn note(note: &Note) -> String {
    let (size, origin) = (look::count(note.checkpoint.size), &note.checkpoint.origin);
    match &note.signed {
        None => format!(
            "les {size} premières écritures ont la racine du point de contrôle de {origin}, non signé ici"
        ),
        Some(signed) => {
            let keys: Vec<String> = signed.signers.iter().map(|key| HEXLOWER.encode(&key.id())).collect();
            let witnesses = match signed.witnesses.as_slice() {
                [] => String::new(),
                some => {
                    let names: Vec<&str> = some.iter().map(|(key, _)| key.name()).collect();
                    format!(", et {} l’ont vu ({})", look::counted(some.len(), "témoin"), names.join(", "))
                }
            };
            format!(
                "les {size} premières écritures sont celles que {origin} a signées (clé {}){witnesses}",
                keys.join(", ")
            )
        }
    }
}

fn not_proved(found: &Found, keys: &[PublicKey]) -> Vec<String> {
    let mut gaps = vec!["que les déclarations disent vrai : les pièces sont chez les bailleurs".to_owned()];
    if !is_journal(found) {
        gaps.push(
            "que ces lignes sont celles du journal : exportez-le (« chambre export journal ») et comparez les sceaux"
                .to_owned(),
        );
        return gaps;
    }
    gaps.push(
        "que les mouvements suivent les règles d’écriture : « chambre verify » le contrôle sur les données"
            .to_owned(),
    );
    let signed = found.notes.iter().filter(|note| note.signed.is_some());
    let covered = signed.clone().map(|note| note.checkpoint.size).max();
    match covered {
        None if keys.is_empty() && !found.notes.is_empty() => {
            gaps.push("qui a produit ce journal : donnez la clé publique de la chambre (--public-key)".to_owned());
        }
        None => gaps.push(
            "qui a produit ce journal, ni qu’il n’a pas été réécrit en entier : aucun point de contrôle signé"
                .to_owned(),
        ),
        Some(size) if size < found.entries => gaps.push(format!(
            "que les écritures {} à {} n’ont pas été réécrites : aucune signature ne les couvre",
            size + 1,
            found.entries
        )),
        Some(_) => {}
    }
    if !signed.into_iter().any(|note| note.signed.as_ref().is_some_and(|signed| !signed.witnesses.is_empty()))
    {
        gaps.push(
            "que la chambre montre le même journal à tous : aucun témoin connu n’a cosigné ; comparez vos points de \
             contrôle entre bailleurs"
                .to_owned(),
        );
    }
    gaps.push("qu’aucune écriture n’a été ajoutée, puis retirée, après la dernière de cet export".to_owned());
    gaps
}

fn as_json(folder: &Path, found: &Found, proved: &[String], not_proved: &[String]) -> Value {
    let notes = found.notes.iter().map(|note| {
        let signed = note.signed.as_ref();
        let signers: Vec<String> =
            signed.map_or_else(Vec::new, |signed| signed.signers.iter().map(ToString::to_string).collect());
        let witnesses: Vec<String> = signed.map_or_else(Vec::new, |signed| {
            signed.witnesses.iter().map(|(key, _)| key.to_string()).collect()
        });
        json!({
            "origin": note.checkpoint.origin,
            "size": note.checkpoint.size,
            "root": note.checkpoint.root.to_string(),
            "signers": signers,
            "witnesses": witnesses,
            "unknown_signatures": signed.map(|signed| signed.unknown),
        })
    });
    json!({
        "export": folder.display().to_string(),
        "format": found.claim.format,
        "format_version": found.claim.format_version,
        "entries": found.entries,
        "ecritures": found.ecritures,
        "transfers": found.transfers,
        "accounts": found.accounts,
        "head_seal": found.head.to_string(),
        "root": found.root.to_string(),
        "checkpoints": notes.collect::<Vec<_>>(),
        "sound": true,
        "proved": proved,
        "not_proved": not_proved,
    })
}
