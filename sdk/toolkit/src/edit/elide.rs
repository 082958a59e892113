//! Finds the place of a block that leaves lines of the program out with `...`.

use super::line::{Effort, Line, Program};
use super::locate::{Miss, Piece, Place, Reading};
use super::scan::{Difference, EXACT, Hit, scan};
use std::collections::BTreeSet;

/// The place of a block whose `...` lines stand for lines of the program.
pub(super) fn elided<'a>(
    program: &Program<'_>,
    readings: &[Reading<'a>],
    effort: &mut Effort,
) -> Result<Place<'a>, Miss> {
    let split: Vec<Vec<Reading<'a>>> = readings.iter().map(segments).collect::<Result<_, _>>()?;
    let mut all_hits = Vec::new();
    for segments in &split {
        let scanned = segments.iter().map(|segment| scan(&program.lines, &segment.search, effort));
        let hits = scanned.collect::<Result<Vec<_>, _>>()?;
        if let Some(starts) = only_chain(segments, &hits, EXACT)? {
            return Ok(place(segments, &starts, EXACT));
        }
        all_hits.push(hits);
    }
    for (segments, hits) in split.iter().zip(&all_hits) {
        if let Some((starts, difference)) = only_shifted_chain(segments, hits, effort)? {
            return Ok(place(segments, &starts, difference));
        }
    }
    Err(Miss::NotFound)
}

/// The only chain of hits whose indentation all differs alike.
fn only_shifted_chain<'x>(
    segments: &[Reading<'_>],
    hits: &[Vec<Hit<'x>>],
    effort: &mut Effort,
) -> Result<Option<(Vec<usize>, Difference<'x>)>, Miss> {
    let differences: BTreeSet<Difference<'x>> = hits[0].iter().map(|hit| hit.difference).collect();
    let work: usize = hits.iter().map(Vec::len).sum();
    let mut found: Option<(Vec<usize>, Difference<'x>)> = None;
    for difference in differences.into_iter().filter(|difference| *difference != EXACT) {
        effort.spend(work).ok_or(Miss::Exhausted)?;
        let Some(starts) = only_chain(segments, hits, difference)? else { continue };
        if let Some((others, _)) = found {
            let (one, two) = (others[0], starts[0]);
            return Err(Miss::Ambiguous { starts: vec![one.min(two), one.max(two)] });
        }
        found = Some((starts, difference));
    }
    Ok(found)
}

/// The parts of a reading between its `...` lines that hold text, each with its partner.
fn segments<'a>(reading: &Reading<'a>) -> Result<Vec<Reading<'a>>, Miss> {
    let search: Vec<&[Line<'_>]> = reading.search.split(Line::is_elision).collect();
    let replace: Vec<&[Line<'_>]> = reading.replace.split(Line::is_elision).collect();
    let last = search.len() - 1;
    let mut segments = Vec::new();
    for (index, (search, replace)) in search.into_iter().zip(replace).enumerate() {
        let is_blank = |lines: &[Line<'_>]| lines.iter().all(Line::is_blank);
        if !is_blank(search) {
            segments.push(Reading { search: search.to_vec(), replace: replace.to_vec() });
        } else if !is_blank(replace) || (index != 0 && index != last) {
            return Err(Miss::LooseElision);
        }
    }
    if segments.is_empty() { Err(Miss::LooseElision) } else { Ok(segments) }
}

/// Starts of the only chain of hits with `difference`, one of each segment and in order; `None` where
/// there is none.
fn only_chain(
    segments: &[Reading<'_>],
    hits: &[Vec<Hit<'_>>],
    difference: Difference<'_>,
) -> Result<Option<Vec<usize>>, Miss> {
    let mut earliest = Vec::new();
    let mut from = 0;
    for (segment, hits) in segments.iter().zip(hits) {
        let fits = |hit: &&Hit<'_>| hit.difference == difference && hit.at >= from;
        let Some(hit) = hits.iter().find(fits) else { return Ok(None) };
        earliest.push(hit.at);
        from = hit.at + segment.search.len();
    }
    let mut latest = Vec::new();
    let mut to = usize::MAX;
    for (segment, hits) in segments.iter().zip(hits).rev() {
        let fits = |hit: &&Hit<'_>| hit.difference == difference && hit.at + segment.search.len() <= to;
        let Some(hit) = hits.iter().rev().find(fits) else { return Ok(None) };
        latest.push(hit.at);
        to = hit.at;
    }
    latest.reverse();
    // Chains are ordered piece by piece, so there is one exactly if the first is the last.
    match earliest.iter().zip(&latest).find(|(first, last)| first != last) {
        None => Ok(Some(earliest)),
        Some((first, last)) => Err(Miss::Ambiguous { starts: vec![*first, *last] }),
    }
}

fn place<'a>(segments: &[Reading<'a>], starts: &[usize], difference: Difference<'_>) -> Place<'a> {
    let piece = |(segment, at): (&Reading<'a>, &usize)| Piece {
        at: *at,
        search: segment.search.clone(),
        replace: segment.replace.clone(),
    };
    Place { pieces: segments.iter().zip(starts).map(piece).collect(), shift: difference.into() }
}
