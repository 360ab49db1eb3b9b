//! Near-duplicates: chunks, or whole files, whose codes differ in few bits.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;
use std::time::Instant;

use rayon::prelude::*;

use super::error::EngineError;
use super::explore::{Duplicate, DuplicateGroup, DuplicatesBy, DuplicatesReport, NamedFile};
use super::job::JobKind;
use super::ready::current_snapshot;
use super::shared::Job;
use super::snapshot::{Snapshot, Span};
use super::stage::JobStage;
use crate::ground::bits;
use crate::index::{AllCodes, Codes, distances};

/// The number of files that are compared with all others of their length between two checks for cancelling.
const FILES_A_ROUND: usize = 256;

pub(super) fn find_duplicates(job: &Job, within: u32, by: DuplicatesBy) -> Result<DuplicatesReport, EngineError> {
    let began = Instant::now();
    let snapshot = current_snapshot(job)?;
    job.progress(JobKind::Compare, JobStage::ComparingCodes, began, 0, 0);
    let mut order: Vec<usize> = (0..snapshot.spans.len()).collect();
    order.sort_by(|&a, &b| snapshot.spans[a].file.path.cmp(&snapshot.spans[b].file.path));
    let of_rows = Rows::new(&snapshot, &order)?;
    let (mut groups, silence) = match by {
        DuplicatesBy::Chunk => (by_chunk(job, &of_rows, within)?, of_rows.silence()),
        DuplicatesBy::File => (by_file(job, &of_rows, within, began)?, None),
    };
    groups.sort_by_key(|group| std::cmp::Reverse((group.files, group.members.len())));
    let named = |&span: &usize| {
        let file = &snapshot.spans[span].file;
        NamedFile { id: file.id, path: file.path.clone() }
    };
    Ok(DuplicatesReport {
        index_generation: snapshot.index_generation,
        bits: snapshot.index.index().bits(),
        within,
        by,
        files: order.iter().map(named).collect(),
        groups,
        silence,
        seconds: began.elapsed().as_secs_f64(),
    })
}

/// Groups of rows of the index, as stretches of files.
fn by_chunk(job: &Job, rows: &Rows<'_>, within: u32) -> Result<Vec<DuplicateGroup>, EngineError> {
    let offered = &rows.snapshot.offered;
    let index = rows.snapshot.index.index();
    let compared = index.without((0..index.len()).filter(|&row| !offered.contains(row)));
    let groups = compared.groups(within, &|| !job.is_cancelled())?.ok_or(EngineError::Cancelled)?;
    // Overlapping chunks of one file are always similar. A group of only these tells nothing new.
    Ok(groups.into_par_iter().map(|group| rows.group(group)).filter(|group| group.members.len() > 1).collect())
}

/// Groups of files with the same number of chunks. The chunks at the same position differ in few bits.
fn by_file(job: &Job, rows: &Rows<'_>, within: u32, began: Instant) -> Result<Vec<DuplicateGroup>, EngineError> {
    let mut by_length: HashMap<usize, Vec<usize>> = HashMap::new();
    for (number, span) in rows.snapshot.spans.iter().enumerate().filter(|(_, span)| span.chunks > 0) {
        by_length.entry(span.chunks).or_default().push(number);
    }
    let total = rows.snapshot.spans.len() as u64;
    let (mut groups, mut done) = (Vec::new(), 0);
    let mut lengths: Vec<(usize, Vec<usize>)> = by_length.into_iter().collect();
    lengths.sort_unstable();
    for (_, spans) in lengths {
        done += spans.len() as u64;
        if spans.len() > 1 {
            for members in alike(job, rows, &spans, within)?.into_iter().filter(|members| members.len() > 1) {
                groups.push(rows.whole_files(members));
            }
            job.progress(JobKind::Compare, JobStage::ComparingFiles, began, done, total);
        }
    }
    Ok(groups)
}

/// Groups `spans`, which all have one length. In each group, a chain of similar files connects any two.
fn alike(job: &Job, rows: &Rows<'_>, spans: &[usize], within: u32) -> Result<Vec<Vec<usize>>, EngineError> {
    // Files with equal codes are compared with others only once.
    let mut same: HashMap<Cow<'_, [u64]>, Vec<usize>> = HashMap::new();
    for &span in spans {
        same.entry(rows.codes.words(rows.of(span))).or_default().push(span);
    }
    let mut same: Vec<Vec<usize>> = same.into_values().collect();
    same.sort_unstable();
    // Many files begin with silence. Files differ more in their middles.
    let mut middles = Codes::new(rows.codes.bits())?;
    for spans in &same {
        let of_file = rows.of(spans[0]);
        middles.extend_words(rows.codes.code(of_file.start + of_file.len() / 2).iter().copied());
    }
    let middles = middles.as_ref();
    let mut sets = Sets::new(same.len());
    for first in (0..same.len()).step_by(FILES_A_ROUND) {
        job.check()?;
        let round = first..(first + FILES_A_ROUND).min(same.len());
        let found: Vec<(usize, Vec<usize>)> = round
            .into_par_iter()
            .map_init(Vec::new, |distance, one| {
                distances(middles, middles.code(one), distance);
                let near = |&other: &usize| {
                    u32::from(distance[other]) <= within
                        && !sets.are_joined(one, other)
                        && rows.furthest(same[one][0], same[other][0]) <= within
                };
                (one, (one + 1..same.len()).filter(near).collect())
            })
            .collect();
        for (one, others) in found {
            others.into_iter().for_each(|other| sets.join(one, other));
        }
    }
    let mut members: HashMap<usize, Vec<usize>> = HashMap::new();
    for (number, spans) in same.iter().enumerate() {
        members.entry(sets.root(number)).or_default().extend(spans);
    }
    let mut members: Vec<Vec<usize>> = members.into_values().collect();
    members.sort_unstable();
    Ok(members)
}

/// The rows of the index as parts of files.
struct Rows<'a> {
    snapshot: &'a Snapshot,
    codes: AllCodes<'a>,
    /// The number of each span's file, by path.
    number: Vec<u32>,
    /// Chunks overlap or touch if their numbers differ by less than this.
    reach: usize,
}

impl<'a> Rows<'a> {
    fn new(snapshot: &'a Snapshot, order: &[usize]) -> Result<Self, EngineError> {
        let mut number = vec![0u32; order.len()];
        order.iter().zip(0..).for_each(|(&span, place)| number[span] = place);
        let reach = snapshot.grid.chunk_frames.div_ceil(snapshot.grid.hop_frames.max(1)) as usize;
        Ok(Self { snapshot, codes: snapshot.index.codes()?, number, reach })
    }

    fn span(&self, number: usize) -> &Span {
        &self.snapshot.spans[number]
    }

    /// The rows of a span.
    fn of(&self, span: usize) -> Range<usize> {
        let span = self.span(span);
        span.first_row..span.first_row + span.chunks
    }

    /// The most bits in which two codes at one place of two spans differ.
    fn furthest(&self, a: usize, b: usize) -> u32 {
        let pairs = self.codes.rows(self.of(a)).zip(self.codes.rows(self.of(b)));
        pairs.map(|(a, b)| bits::distance(a, b)).max().unwrap_or(0)
    }

    /// A group of rows, which must ascend. Consecutive rows of a file become one member.
    fn group(&self, rows: impl IntoIterator<Item = usize>) -> DuplicateGroup {
        let mut members: Vec<Duplicate> = Vec::new();
        // The row and the span of the last chunk, and the first chunk's code.
        let (mut last, mut first) = (None::<(usize, usize)>, None::<&[u64]>);
        for row in rows {
            let (Some(span), Some(place)) = (self.snapshot.span_number(row), self.snapshot.place(row)) else {
                continue;
            };
            let code = self.codes.code(row);
            let distance = bits::distance(code, first.get_or_insert(code));
            let follows = last.is_some_and(|(before, of)| of == span && row - before <= self.reach);
            last = Some((row, span));
            match members.last_mut().filter(|_| follows) {
                Some(member) => {
                    member.end_secs = place.end_secs;
                    member.chunks += 1;
                    member.distance = member.distance.min(distance);
                }
                None => members.push(Duplicate {
                    file: self.number[span],
                    start_secs: place.start_secs,
                    end_secs: place.end_secs,
                    chunks: 1,
                    distance,
                }),
            }
        }
        sorted(members)
    }

    fn silence(&self) -> Option<DuplicateGroup> {
        let rows = self.snapshot.spans.iter().flat_map(|span| span.first_row..span.first_row + span.chunks);
        let group = self.group(rows.filter(|&row| !self.snapshot.offered.contains(row)));
        (!group.members.is_empty()).then_some(group)
    }

    fn whole_files(&self, mut spans: Vec<usize>) -> DuplicateGroup {
        spans.sort_unstable_by_key(|&span| self.number[span]);
        let first = spans[0];
        let member = |span: usize| Duplicate {
            file: self.number[span],
            start_secs: 0.0,
            end_secs: self.span(span).file.duration_secs(),
            chunks: self.span(span).chunks as u32,
            distance: self.furthest(first, span),
        };
        sorted(spans.into_iter().map(member).collect())
    }
}

fn sorted(mut members: Vec<Duplicate>) -> DuplicateGroup {
    members.sort_by(|a, b| a.file.cmp(&b.file).then(a.start_secs.total_cmp(&b.start_secs)));
    let files = members.chunk_by(|a, b| a.file == b.file).count();
    let chunks = members.iter().map(|member| u64::from(member.chunks)).sum();
    let furthest = members.iter().map(|member| member.distance).max().unwrap_or(0);
    DuplicateGroup { members, files, chunks, furthest }
}

/// Disjoint sets. Each element points to another element of its set, and the root points to itself.
struct Sets(Vec<usize>);

impl Sets {
    fn new(len: usize) -> Self {
        Self((0..len).collect())
    }

    fn root(&self, mut at: usize) -> usize {
        while self.0[at] != at {
            at = self.0[at];
        }
        at
    }

    fn are_joined(&self, a: usize, b: usize) -> bool {
        self.root(a) == self.root(b)
    }

    fn join(&mut self, a: usize, b: usize) {
        let root = self.root(a).min(self.root(b));
        for mut at in [a, b] {
            // Points every element on the path to the root, which keeps paths short.
            while self.0[at] != root {
                at = std::mem::replace(&mut self.0[at], root);
            }
        }
    }
}
