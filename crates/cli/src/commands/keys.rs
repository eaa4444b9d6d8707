//! `chambre keys`: the key that signs checkpoints, and the one that readers check with.

use crate::failure::Failure;
use crate::report::Report;
use chambre_audit::proof::SecretKey;
use serde_json::json;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// What is done with keys.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Crée une clé de signature, pour « chambre serve --checkpoint-key »
    New(NewArgs),
}

/// Where a new key goes.
#[derive(Debug, clap::Args)]
pub struct NewArgs {
    /// Nom du journal, repris par tous ses points de contrôle ; par exemple chambre.example/journal
    #[arg(long, value_name = "NOM")]
    name: String,
    /// Fichier de la clé secrète ; la clé publique va à côté, avec .pub
    #[arg(long, value_name = "FICHIER")]
    out: PathBuf,
    /// Répond en JSON, pour un programme
    #[arg(long)]
    json: bool,
}

impl Command {
    /// Whether `--json` stands after the command.
    pub fn json(&self) -> bool {
        let Self::New(args) = self;
        args.json
    }
}

/// Makes a key.
///
/// # Errors
/// A name that a note cannot hold, a file that exists (2); the disk (3).
pub fn run(command: &Command) -> Result<Report, Failure> {
    let Command::New(args) = command;
    let mut seed = [0; 32];
    getrandom::fill(&mut seed)
        .map_err(|error| Failure::infrastructure(format!("le système ne donne pas d’aléa ({error}).")))?;
    let key = SecretKey::from_seed(&args.name, &seed).map_err(|_| {
        Failure::usage(
            "--name : de 1 à 100 caractères, sans espace ni +, par exemple chambre.example/journal.",
        )
    })?;
    let mut public_file = args.out.clone().into_os_string();
    public_file.push(".pub");
    let public_file = PathBuf::from(public_file);
    write(&args.out, &key.to_text(), 0o600)?;
    write(&public_file, &format!("{}\n", key.public()), 0o644)?;
    let text = format!(
        "Clé secrète : {} (gardez-la : elle signe au nom de la chambre)\n\
         Clé publique : {} (remettez-la aux auditeurs, par un autre chemin que les exports)\n\n\
         Pour changer de clé plus tard : créez-en une du même nom et ajoutez sa clé publique aux anciennes, une \
         par ligne ; ce que les anciennes ont signé reste vérifiable.",
        args.out.display(),
        public_file.display()
    );
    let json = json!({
        "secret_key": args.out.display().to_string(),
        "public_key_file": public_file.display().to_string(),
        "public_key": key.public().to_string(),
    });
    Ok(Report::new(text, json))
}

/// Never replaces a key: what it signed would become unverifiable.
fn write(path: &Path, text: &str, mode: u32) -> Result<(), Failure> {
    let of_file = |error| Failure::of_file(path, &error);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path).map_err(of_file)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(of_file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Exit;
    use chambre_audit::proof::public_keys;
    use std::os::unix::fs::PermissionsExt as _;

    fn make(folder: &Path, name: &str) -> Result<Report, Failure> {
        run(&Command::New(NewArgs { name: name.to_owned(), out: folder.join("cle"), json: true }))
    }

    #[test]
    fn a_new_key_is_its_owner_s_alone_and_its_public_half_matches() {
        let folder = tempfile::tempdir().unwrap();
        make(folder.path(), "chambre.example/journal").unwrap();
        let secret = folder.path().join("cle");
        assert_eq!(std::fs::metadata(&secret).unwrap().permissions().mode() & 0o777, 0o600);
        let key = SecretKey::parse(&std::fs::read_to_string(&secret).unwrap()).unwrap();
        let public = public_keys(&std::fs::read_to_string(folder.path().join("cle.pub")).unwrap()).unwrap();
        assert_eq!(public, [key.public()]);
    }

    #[test]
    fn a_key_is_never_replaced_and_a_bad_name_is_a_mistake() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(make(folder.path(), "deux mots").unwrap_err().exit(), Exit::Usage);
        make(folder.path(), "chambre.example/journal").unwrap();
        let kept = std::fs::read(folder.path().join("cle")).unwrap();
        assert_eq!(make(folder.path(), "chambre.example/journal").unwrap_err().exit(), Exit::Usage);
        assert_eq!(std::fs::read(folder.path().join("cle")).unwrap(), kept);
    }
}
