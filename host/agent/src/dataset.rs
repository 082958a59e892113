//! The instances of a data set: a directory of files, or a file with one instance a line.

use crate::files::FileError;
use std::fs::File;
use std::io::{BufRead as _, BufReader};
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

/// Reads one instance after the other; a file of many is never held as a whole.
pub struct Dataset {
    reader: Reader,
}

enum Reader {
    Files(std::vec::IntoIter<PathBuf>),
    Lines { path: PathBuf, lines: Box<std::io::Split<BufReader<File>>>, number: usize },
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
            return Ok(Self { reader: Reader::Files(files.into_iter()) });
        }
        let file = File::open(path).map_err(failed)?;
        if path.extension().is_some_and(|extension| extension == "jsonl") {
            let lines = Box::new(BufReader::new(file).split(b'\n'));
            return Ok(Self { reader: Reader::Lines { path: path.to_owned(), lines, number: 0 } });
        }
        Ok(Self { reader: Reader::Files(vec![path.to_owned()].into_iter()) })
    }
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

impl Iterator for Dataset {
    type Item = Result<Source, FileError>;

    fn next(&mut self) -> Option<Self::Item> {
        match &mut self.reader {
            Reader::Files(files) => {
                let path = files.next()?;
                let read = std::fs::read(&path).map(|data| Source {
                    name: stem(&path),
                    origin: path.display().to_string(),
                    data: data.into(),
                });
                Some(read.map_err(|source| FileError { action: "read", path, source }))
            }
            Reader::Lines { path, lines, number } => loop {
                let line = lines.next()?;
                *number += 1;
                let line = match line {
                    Ok(line) => line,
                    Err(source) => return Some(Err(FileError { action: "read", path: path.clone(), source })),
                };
                if !line.trim_ascii().is_empty() {
                    let name = format!("{}-{number}", stem(path));
                    let origin = format!("{}, line {number}", path.display());
                    return Some(Ok(Source { name, origin, data: line.into() }));
                }
            },
        }
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
        assert!(Dataset::open(&directory.path().join("none.jsonl")).is_err());
    }
}
