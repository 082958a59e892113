//! The instances of a data set: a directory of files, or a file with one instance a line.

use crate::files::{self, FileError, MAX_INPUT_BYTES};
use perfagent_core::bounded;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, ErrorKind, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// An instance's bytes and what they are called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The file's stem; of a line of a file, with `-` and the line's number behind it.
    pub name: String,
    /// Where it comes from, for messages.
    pub origin: String,
    /// The bytes.
    pub data: Arc<[u8]>,
}

/// Reads one instance after the other. What is kept of the others is where they lie.
pub struct Dataset {
    places: std::vec::IntoIter<Place>,
    lines: Option<Lines>,
}

enum Place {
    File(PathBuf),
    /// A line of the one file, by its first byte and its number from 1.
    Line(u64, usize),
}

struct Lines {
    path: PathBuf,
    file: BufReader<File>,
    at: u64,
}

impl Dataset {
    /// The instances of `path`: a directory's `*.json` files in the order of their names, a `.jsonl`
    /// file's lines, or one file as it is.
    ///
    /// # Errors
    /// The file or directory cannot be read.
    pub fn open(path: &Path) -> Result<Self, FileError> {
        let failed = |source| FileError { action: "read", path: path.to_owned(), source };
        if path.is_dir() {
            let mut files = Vec::new();
            for entry in std::fs::read_dir(path).map_err(failed)? {
                let file = entry.map_err(failed)?.path();
                if file.extension().is_some_and(|extension| extension == "json") {
                    files.push(file);
                }
            }
            files.sort();
            return Ok(Self::of(files.into_iter().map(Place::File).collect(), None));
        }
        let file = File::open(path).map_err(failed)?;
        if path.extension().is_none_or(|extension| extension != "jsonl") {
            return Ok(Self::of(vec![Place::File(path.to_owned())], None));
        }
        if !file.metadata().map_err(failed)?.is_file() {
            let why = "it is no regular file, which can be read more than once";
            return Err(failed(io::Error::new(ErrorKind::InvalidInput, why)));
        }
        let mut lines = Lines { path: path.to_owned(), file: BufReader::new(file), at: 0 };
        let places = lines.index().map_err(failed)?;
        Ok(Self::of(places, Some(lines)))
    }

    fn of(places: Vec<Place>, lines: Option<Lines>) -> Self {
        Self { places: places.into_iter(), lines }
    }

    /// The same instances in an order that `seed` decides.
    #[must_use]
    pub fn shuffled(self, seed: u64) -> Self {
        let mut places: Vec<Place> = self.places.collect();
        fastrand::Rng::with_seed(seed).shuffle(&mut places);
        Self::of(places, self.lines)
    }

    /// The first `limit` of the instances.
    #[must_use]
    pub fn limited(self, limit: usize) -> Self {
        Self::of(self.places.take(limit).collect(), self.lines)
    }

    /// How many instances are left.
    pub fn count_left(&self) -> usize {
        self.places.len()
    }
}

impl Lines {
    /// Where the lines begin that are not empty. Reads the file once, and keeps nothing of it.
    fn index(&mut self) -> io::Result<Vec<Place>> {
        let mut places = Vec::new();
        let (mut number, mut start, mut at, mut is_empty) = (1, 0, 0, true);
        loop {
            let block = self.file.fill_buf()?;
            let length = block.len();
            for &byte in block {
                at += 1;
                is_empty &= byte.is_ascii_whitespace();
                if byte == b'\n' {
                    places.extend((!is_empty).then_some(Place::Line(start, number)));
                    (number, start, is_empty) = (number + 1, at, true);
                }
            }
            if length == 0 {
                places.extend((!is_empty).then_some(Place::Line(start, number)));
                self.file.rewind()?;
                return Ok(places);
            }
            self.file.consume(length);
        }
    }

    fn read(&mut self, start: u64) -> io::Result<Vec<u8>> {
        if self.at != start {
            self.file.seek(SeekFrom::Start(start))?;
        }
        let mut line = Vec::new();
        let length = self.file.by_ref().take(MAX_INPUT_BYTES + 1).read_until(b'\n', &mut line)?;
        if length as u64 > MAX_INPUT_BYTES {
            return Err(bounded::too_large(MAX_INPUT_BYTES));
        }
        self.at = start + length as u64;
        line.pop_if(|last| *last == b'\n');
        Ok(line)
    }
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

impl Iterator for Dataset {
    type Item = Result<Source, FileError>;

    fn next(&mut self) -> Option<Self::Item> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            |source| FileError { action: "read", path, source }
        };
        Some(match (self.places.next()?, &mut self.lines) {
            (Place::File(path), _) => files::read(&path).map_err(failed(&path)).map(|data| Source {
                name: stem(&path),
                origin: path.display().to_string(),
                data: data.into(),
            }),
            (Place::Line(start, number), Some(lines)) => {
                lines.read(start).map_err(failed(&lines.path)).map(|data| Source {
                    name: format!("{}-{number}", stem(&lines.path)),
                    origin: format!("{}, line {number}", lines.path.display()),
                    data: data.into(),
                })
            }
            (Place::Line(..), None) => unreachable!("lines have a file"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_lines_and_files_are_read_in_order() {
        let directory = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(directory.path().join(name), text).unwrap();
        write("b.json", "2");
        write("a.json", "1");
        write("notes.txt", "x");
        write("set.jsonl", "{}\n\n[1]\n");
        let names = |path: &Path| -> Vec<(String, Vec<u8>)> {
            Dataset::open(path).unwrap().map(|source| source.unwrap()).map(|it| (it.name, it.data.to_vec())).collect()
        };
        let expected = |pairs: &[(&str, &str)]| -> Vec<(String, Vec<u8>)> {
            pairs.iter().map(|(name, data)| ((*name).to_owned(), data.as_bytes().to_vec())).collect()
        };
        assert_eq!(names(directory.path()), expected(&[("a", "1"), ("b", "2")]));
        assert_eq!(names(&directory.path().join("set.jsonl")), expected(&[("set-1", "{}"), ("set-3", "[1]")]));
        assert_eq!(names(&directory.path().join("b.json")), expected(&[("b", "2")]));
        let many: String = (0..100).map(|number| format!("{{\"id\": {number}}}\r\n")).collect();
        write("many.jsonl", &many);
        let open = || Dataset::open(&directory.path().join("many.jsonl")).unwrap();
        let read = |dataset: Dataset| dataset.map(|source| source.unwrap()).collect::<Vec<_>>();
        let (all, shuffled) = (read(open()), read(open().shuffled(7)));
        assert_eq!((open().count_left(), open().limited(3).count_left(), all.len()), (100, 3, 100));
        assert_eq!(read(open().shuffled(7).limited(5)), shuffled[..5]);
        assert_ne!(shuffled, all);
        assert!(all.iter().all(|source| shuffled.contains(source)), "each is read whole from wherever it lies");
        assert!(Dataset::open(&directory.path().join("none.jsonl")).is_err());

        let endless = directory.path().join("endless.jsonl");
        std::os::unix::fs::symlink("/dev/zero", &endless).unwrap();
        assert!(Dataset::open(&endless).err().unwrap().source.to_string().contains("no regular file"));
    }
}
