//! A disk that loses its power: what `recorder.c` wrote down, played again up to any point.

use rand::Rng;
use rand::rngs::SmallRng;
use std::collections::BTreeMap;
use std::path::Path;

/// Smallest piece that a disk writes whole.
const SECTOR: usize = 512;

/// One thing that the program asked of the disk.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    pub kind: u8,
    pub name: &'a str,
    offset: usize,
    bytes: &'a [u8],
}

/// Reads the log of the recorder; its format is at the top of `recorder.c`.
pub fn read_log(mut log: &[u8]) -> Vec<Asked<'_>> {
    let mut asked = Vec::new();
    while !log.is_empty() {
        let end = log.iter().position(|byte| *byte == b'\n').expect("a record starts with a line");
        let line = std::str::from_utf8(&log[..end]).unwrap();
        let [kind, offset, size, name] = line.splitn(4, ' ').collect::<Vec<_>>()[..] else {
            panic!("not a record: {line}")
        };
        let (bytes, rest) = log[end + 1..].split_at(size.parse().unwrap());
        asked.push(Asked { kind: kind.as_bytes()[0], name, offset: offset.parse().unwrap(), bytes });
        log = rest;
    }
    asked
}

/// The files of the folder: what is on disk for sure, and what was asked since.
#[derive(Debug, Default)]
pub struct Disk<'a> {
    files: BTreeMap<&'a str, File<'a>>,
}

#[derive(Debug, Default)]
struct File<'a> {
    synced: Vec<u8>,
    /// Since the last sync of this very file, the oldest first.
    unsynced: Vec<Asked<'a>>,
}

impl<'a> Disk<'a> {
    /// Does what was asked. Names are on disk at once: removing, renaming and creating need no sync here.
    pub fn serve(&mut self, asked: Asked<'a>) {
        match asked.kind {
            b'o' => drop(self.files.insert(asked.name, File::default())),
            b'w' | b't' => self.files.entry(asked.name).or_default().unsynced.push(asked),
            b's' => {
                let file = self.files.entry(asked.name).or_default();
                for asked in std::mem::take(&mut file.unsynced) {
                    change(&mut file.synced, asked);
                }
            }
            b'u' => drop(self.files.remove(asked.name)),
            b'r' => {
                let file = self.files.remove(asked.name).expect("a renamed file is there");
                self.files.insert(std::str::from_utf8(asked.bytes).unwrap(), file);
            }
            kind => panic!("unknown record {}", char::from(kind)),
        }
    }

    /// Names of the files.
    pub fn names(&self) -> impl Iterator<Item = &'a str> {
        self.files.keys().copied()
    }

    /// A file as the running program sees it.
    pub fn seen(&self, name: &str) -> Vec<u8> {
        let Some(file) = self.files.get(name) else { return Vec::new() };
        let mut content = file.synced.clone();
        file.unsynced.iter().for_each(|asked| change(&mut content, *asked));
        content
    }

    /// Every file as a power cut leaves it: of what was not synced, each piece is kept, dropped or torn.
    pub fn cut(&self, dice: &mut SmallRng) -> BTreeMap<&'a str, Vec<u8>> {
        self.files
            .iter()
            .map(|(name, file)| {
                let mut content = file.synced.clone();
                for asked in &file.unsynced {
                    match dice.random_range(0..3) {
                        0 => change(&mut content, *asked),
                        1 => {}
                        _ => tear(&mut content, *asked, dice),
                    }
                }
                (*name, content)
            })
            .collect()
    }
}

fn change(content: &mut Vec<u8>, asked: Asked<'_>) {
    if asked.kind == b't' {
        content.resize(asked.offset, 0);
        return;
    }
    let end = asked.offset + asked.bytes.len();
    if content.len() < end {
        content.resize(end, 0);
    }
    content[asked.offset..end].copy_from_slice(asked.bytes);
}

/// Some sectors of a write reach the disk, in any order; a change of length is whole or not at all.
fn tear(content: &mut Vec<u8>, asked: Asked<'_>, dice: &mut SmallRng) {
    if asked.kind == b't' {
        return;
    }
    let (mut offset, mut bytes) = (asked.offset, asked.bytes);
    while !bytes.is_empty() {
        let (sector, rest) = bytes.split_at((SECTOR - offset % SECTOR).min(bytes.len()));
        if dice.random() {
            change(content, Asked { offset, bytes: sector, ..asked });
        }
        offset += sector.len();
        bytes = rest;
    }
}

/// Writes the files into a folder, but for the wal-index: it lives in memory, and recovery rebuilds it.
pub fn write_out(files: &BTreeMap<&str, Vec<u8>>, folder: &Path) {
    for (name, content) in files.iter().filter(|(name, _)| !name.ends_with("-shm")) {
        std::fs::write(folder.join(name), content).unwrap();
    }
}
