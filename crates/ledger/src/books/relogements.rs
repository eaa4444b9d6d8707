//! The file of each relogement.

use super::undo::Undo;
use chambre_domain::measure::MeasuredRelogement;
use chambre_domain::rent::RentHistory;
use chambre_domain::{Cents, OperationId, Relogement, RelogementId, Seq, Siren, TerritoryId};
use foldhash::HashMap;
use smallvec::SmallVec;
use std::collections::BTreeMap;

/// What the books keep of a relogement.
#[derive(Debug, Clone)]
pub struct RelogementFile {
    /// Its effort, as a netting sees it.
    pub measured: MeasuredRelogement,
    /// The operation that the household was moved from.
    pub operation: OperationId,
    /// Entries about it, in order.
    pub entries: SmallVec<[u64; 2]>,
    /// Works, vacancies, indemnities, revisions and end of lease that are not reversed.
    pub live_follow_ups: i32,
    /// Entries that declared the revisions, in the same order.
    pub(super) revised_by: Vec<Seq>,
    /// The file of a first record under the same id, since reversed.
    previous: Option<u32>,
}

impl RelogementFile {
    pub(super) fn open(
        seq: Seq,
        declared: &Relogement,
        territory: TerritoryId,
        origin: Siren,
        convention_version: u32,
    ) -> Self {
        let measured = MeasuredRelogement {
            recorded_seq: seq,
            id: declared.id.clone(),
            territory,
            origin,
            host: declared.host,
            convention_version,
            rents: RentHistory::of(declared),
            lines: Vec::with_capacity(1),
            accrued: Cents::ZERO,
            shared: Cents::ZERO,
            reversed: false,
        };
        Self {
            measured,
            operation: declared.operation.clone(),
            entries: SmallVec::new(),
            live_follow_ups: 0,
            revised_by: Vec::new(),
            previous: None,
        }
    }
}

/// Every relogement, in the order of the journal.
#[derive(Debug, Default)]
pub struct Relogements {
    files: Vec<RelogementFile>,
    by_id: HashMap<RelogementId, u32>,
    by_territory: BTreeMap<TerritoryId, Vec<u32>>,
}

impl Relogements {
    pub(super) fn len(&self) -> usize {
        self.files.len()
    }

    pub(super) fn get(&self, id: &RelogementId) -> Option<&RelogementFile> {
        self.index_of(id).and_then(|index| self.file(index))
    }

    pub(super) fn at(&self, recorded_seq: Seq) -> Option<&RelogementFile> {
        self.index_at(recorded_seq).and_then(|index| self.file(index))
    }

    pub(super) fn of_territory(&self, territory: TerritoryId) -> impl Iterator<Item = &RelogementFile> {
        self.by_territory.get(&territory).into_iter().flatten().filter_map(|index| self.file(*index))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &RelogementFile> {
        self.files.iter()
    }

    pub(super) fn entries_of(&self, id: &RelogementId) -> Vec<u64> {
        let mut seqs = Vec::new();
        let mut next = self.index_of(id);
        while let Some(file) = next.and_then(|index| self.file(index)) {
            seqs.extend(file.entries.iter().copied());
            next = file.previous;
        }
        seqs.sort_unstable();
        seqs
    }

    pub(super) fn index_of(&self, id: &RelogementId) -> Option<u32> {
        self.by_id.get(id).copied()
    }

    /// Files are opened in the order of the journal, so their seqs are sorted.
    pub(super) fn index_at(&self, recorded_seq: Seq) -> Option<u32> {
        let found = self.files.binary_search_by_key(&recorded_seq, |file| file.measured.recorded_seq).ok()?;
        u32::try_from(found).ok()
    }

    pub(super) fn indexes_of_bailleur(&self, siren: Siren) -> Vec<u32> {
        let concerned = |file: &RelogementFile| file.measured.origin == siren || file.measured.host == siren;
        (0..).zip(&self.files).filter(|(_, file)| concerned(file)).map(|(index, _)| index).collect()
    }

    fn file(&self, index: u32) -> Option<&RelogementFile> {
        self.files.get(usize::try_from(index).ok()?)
    }

    pub(super) fn file_mut(&mut self, index: u32) -> &mut RelogementFile {
        &mut self.files[index as usize]
    }

    pub(super) fn push(&mut self, mut file: RelogementFile) {
        let index =
            u32::try_from(self.files.len()).expect("four thousand million relogements do not fit a region");
        file.previous = self.by_id.insert(file.measured.id.clone(), index);
        self.by_territory.entry(file.measured.territory).or_default().push(index);
        self.files.push(file);
    }

    pub(super) fn pop(&mut self) {
        let Some(file) = self.files.pop() else { return };
        if let Some(list) = self.by_territory.get_mut(&file.measured.territory) {
            list.pop();
            if list.is_empty() {
                self.by_territory.remove(&file.measured.territory);
            }
        }
        match file.previous {
            Some(previous) => self.by_id.insert(file.measured.id, previous),
            None => self.by_id.remove(&file.measured.id),
        };
    }

    /// The same text for the same files, in whatever order the maps keep them.
    pub(super) fn fingerprint(&self) -> String {
        let by_id: BTreeMap<_, _> = self.by_id.iter().collect();
        format!("{:?}\n{by_id:?}\n{:?}", self.files, self.by_territory)
    }

    pub(super) fn take_back(&mut self, change: Undo) {
        match change {
            Undo::FileEntry(index) => {
                self.file_mut(index).entries.pop();
            }
            Undo::FileReversed(index) => self.file_mut(index).measured.reversed = false,
            Undo::Line(index) => {
                self.file_mut(index).measured.lines.pop();
            }
            Undo::Shared(index, shared) => self.file_mut(index).measured.shared = shared,
            Undo::Accrued(index, accrued) => self.file_mut(index).measured.accrued = accrued,
            Undo::Parties(index, origin, host) => {
                let measured = &mut self.file_mut(index).measured;
                (measured.origin, measured.host) = (origin, host);
            }
            Undo::EndedOn(index, ended_on) => self.file_mut(index).measured.rents.ended_on = ended_on,
            Undo::RevisionAdded(index) => {
                let file = self.file_mut(index);
                file.measured.rents.revisions.pop();
                file.revised_by.pop();
            }
            Undo::RevisionRemoved(index, place, by, step) => {
                let file = self.file_mut(index);
                file.measured.rents.revisions.insert(place, step);
                file.revised_by.insert(place, by);
            }
            Undo::LiveFollowUps(index, sign) => self.file_mut(index).live_follow_ups -= sign,
            other => unreachable!("{other:?} is not a change of a relogement"),
        }
    }
}
