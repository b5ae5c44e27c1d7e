//! Ids of what a store holds. They are indexes, so they mean something only beside the store that they come from.

/// A file, or a chunk of a large JSONL file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(u32);

impl FileId {
    pub(super) fn new(index: usize) -> FileId {
        FileId(index as u32)
    }

    pub(super) fn index(self) -> usize {
        self.0 as usize
    }
}

/// A record: its index among the records of its file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordId {
    pub file: FileId,
    pub index: u32,
}

/// The metadata of an entry: its index among the entries of its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MetaId {
    pub file: FileId,
    pub index: u32,
}
