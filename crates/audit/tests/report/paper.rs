//! Reads documents back with another library than the one that writes them.

use std::path::PathBuf;

/// A document read back.
pub struct Read {
    /// The text of each page; spaces of every kind, and line ends, are one space.
    pub pages: Vec<String>,
}

impl Read {
    /// Reads a document, and keeps it where people can look at it: `target/rapports/`.
    pub fn pdf(name: &str, bytes: &[u8]) -> Self {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("../rapports");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(name), bytes).unwrap();
        let document = lopdf::Document::load_mem(bytes).unwrap();
        let page = |number: u32| {
            let text = document.extract_text(&[number]).unwrap();
            text.split_whitespace().collect::<Vec<_>>().join(" ")
        };
        Self { pages: document.get_pages().into_keys().map(page).collect() }
    }

    /// Everything, in one line.
    pub fn whole(&self) -> String {
        self.pages.join(" ")
    }

    /// Each of these texts is somewhere.
    pub fn says(&self, texts: &[&str]) {
        let whole = self.whole();
        for text in texts {
            assert!(whole.contains(text), "{text:?} is not in {whole}");
        }
    }
}
