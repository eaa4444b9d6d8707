//! The folder of a demonstration: created, or taken again when a demonstration made it, and only then.

use anyhow::Context as _;
use std::fs::File;
use std::path::{Path, PathBuf};

/// Tells a folder that a demonstration made from any other.
const MARKER: &str = ".chambre-demo";

const MARKED: &str =
    "Dossier produit par « chambre demo » : « data » et « exports » y sont remplacés à chaque fois.\n";

/// Where a demonstration lives.
#[derive(Debug, Clone)]
pub struct Folder(PathBuf);

/// Why a folder is left alone, in French.
#[derive(Debug)]
pub struct Occupied(pub String);

impl Folder {
    /// Makes the folder ready: what an earlier demonstration wrote is removed, anything else is left alone.
    ///
    /// # Errors
    /// The storage error; [`Occupied`] inside when the folder is somebody's, or its journal is in use.
    pub fn prepare(path: &Path) -> anyhow::Result<Result<Self, Occupied>> {
        let shown = path.display();
        if path.exists() && !path.is_dir() {
            return Ok(Err(Occupied(format!("{shown} n’est pas un dossier"))));
        }
        std::fs::create_dir_all(path).with_context(|| format!("création de {shown}"))?;
        let marker = path.join(MARKER);
        let empty = std::fs::read_dir(path).with_context(|| format!("lecture de {shown}"))?.next().is_none();
        if !empty && !marker.exists() {
            let reason = "n’est pas vide et n’est pas celui d’une démonstration : il n’est pas touché";
            return Ok(Err(Occupied(format!("{shown} {reason} ; choisissez un autre dossier avec --out"))));
        }
        let folder = Self(path.to_owned());
        if folder.is_in_use() {
            let reason = "un serveur a ouvert le journal de";
            return Ok(Err(Occupied(format!("{reason} {shown} ; arrêtez-le d’abord"))));
        }
        std::fs::write(&marker, MARKED).with_context(|| format!("écriture dans {shown}"))?;
        for part in [folder.data(), folder.exports()] {
            if part.exists() {
                std::fs::remove_dir_all(&part)
                    .with_context(|| format!("remplacement de {}", part.display()))?;
            }
        }
        Ok(Ok(folder))
    }

    /// The data folder of the chamber.
    pub fn data(&self) -> PathBuf {
        self.0.join("data")
    }

    /// Where the exported files go.
    pub fn exports(&self) -> PathBuf {
        self.0.join("exports")
    }

    /// The public key of its chamber.
    pub fn public_key(&self) -> PathBuf {
        self.0.join("cle-publique.txt")
    }

    fn is_in_use(&self) -> bool {
        File::open(self.data().join("chambre.lock")).is_ok_and(|lock| lock.try_lock().is_err())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_is_not_ours_is_left_alone() {
        let parent = tempfile::tempdir().unwrap();
        std::fs::write(parent.path().join("these.docx"), "mine").unwrap();
        assert!(Folder::prepare(parent.path()).unwrap().is_err());
        assert!(Folder::prepare(&parent.path().join("these.docx")).unwrap().is_err());
        assert!(parent.path().join("these.docx").exists());
    }

    #[test]
    fn an_earlier_demonstration_is_replaced_and_nothing_else() {
        let parent = tempfile::tempdir().unwrap();
        let folder = Folder::prepare(&parent.path().join("demo")).unwrap().unwrap();
        std::fs::create_dir(folder.data()).unwrap();
        let lock = File::create(folder.data().join("chambre.lock")).unwrap();
        std::fs::write(folder.0.join("notes.txt"), "mine").unwrap();
        lock.lock().unwrap();
        assert!(Folder::prepare(&folder.0).unwrap().is_err());
        drop(lock);
        Folder::prepare(&folder.0).unwrap().unwrap();
        assert!(!folder.data().exists() && folder.0.join("notes.txt").exists());
    }
}
