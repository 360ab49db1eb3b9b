//! pgvector's approximate index, where the server has it: HNSW on `bit_hamming_ops`.

use postgres::Transaction;

use super::code::Bits;
use super::connection::Library;
use super::error::LibraryError;
use super::found::{SharedCode, code_of_row, distance};
use super::models::PublishedModel;
use crate::index::{Codes, CodesRef};

/// The number of codes with which the recall is measured, and the number of neighbours of each.
const SAMPLE: i64 = 50;
const NEIGHBOURS: usize = 10;

/// The fewest and the most codes that the index looks at for one code of a query: `hnsw.ef_search`.
const LOOKED_AT: std::ops::RangeInclusive<usize> = 100..=1000;

/// What was measured of an approximate index.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hnsw {
    /// The share of the ten nearest codes that the index found. `None` if it was not measured.
    pub recall: Option<f64>,
    /// The number of codes that it was measured with.
    pub sample: u32,
}

/// An approximate index of a model's codes.
pub(super) struct OfModel {
    pub facts: Hnsw,
    /// The operator for the distance, with its schema.
    operator: String,
}

/// The approximate index of a model, if it has one.
pub(super) fn of_model(
    transaction: &mut Transaction<'_>,
    model: &PublishedModel,
) -> Result<Option<OfModel>, postgres::Error> {
    let find =
        "SELECT n.nspname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am a ON a.oid = c.relam
            JOIN pg_opclass o ON o.oid = i.indclass[0] JOIN pg_namespace n ON n.oid = o.opcnamespace
        WHERE i.indrelid = to_regclass($1) AND a.amname = 'hnsw' AND o.opcname = 'bit_hamming_ops' AND i.indisvalid";
    let Some(row) = transaction.query_opt(find, &[&model.codes().to_string()])? else { return Ok(None) };
    let operator = format!("OPERATOR(\"{}\".<~>)", row.get::<_, &str>(0).replace('"', "\"\""));
    let measured = "SELECT recall, sample FROM soundalike.recalls WHERE model = $1";
    let facts = match transaction.query_opt(measured, &[&model.id])? {
        Some(row) => Hnsw { recall: Some(row.get(0)), sample: row.get::<_, i32>(1).cast_unsigned() },
        None => Hnsw { recall: None, sample: 0 },
    };
    Ok(Some(OfModel { facts, operator }))
}

/// About the `most` nearest codes of each code, in no order.
pub(super) fn nearest(
    transaction: &mut Transaction<'_>,
    model: &PublishedModel,
    index: &OfModel,
    codes: CodesRef<'_>,
    most: usize,
) -> Result<Vec<SharedCode>, postgres::Error> {
    let looked_at = most.clamp(*LOOKED_AT.start(), *LOOKED_AT.end());
    transaction.batch_execute(&format!("SET LOCAL hnsw.ef_search = {looked_at}; SET LOCAL enable_seqscan = off"))?;
    let nearest =
        format!("SELECT file, chunk, code FROM {} ORDER BY code {} $1 LIMIT $2", model.codes(), index.operator);
    let nearest = transaction.prepare(&nearest)?;
    let mut found = Vec::new();
    for code in codes.iter() {
        let rows = transaction.query(&nearest, &[&Bits::of(model.bits, code), &(most.min(looked_at) as i64)])?;
        found.extend(rows.iter().map(code_of_row));
    }
    transaction.batch_execute("SET LOCAL enable_seqscan = on")?;
    Ok(found)
}

impl Library {
    /// Makes an approximate index of a model's codes, if the server has pgvector and there is none yet. Then measures
    /// its recall.
    pub fn make_hnsw(&mut self, model: &PublishedModel) -> Result<Hnsw, LibraryError> {
        let failed = self.failed();
        let there = "SELECT 1 FROM pg_extension WHERE extname = 'vector'";
        if self.client.query_opt(there, &[]).map_err(&failed)?.is_none() {
            return Err(LibraryError::Request(format!(
                "{} has no pgvector; its administrator can install it and run CREATE EXTENSION vector",
                self.name
            )));
        }
        let mut transaction = self.client.transaction().map_err(&failed)?;
        if of_model(&mut transaction, model).map_err(&failed)?.is_none() {
            let schema = "SELECT n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
                WHERE e.extname = 'vector'";
            let schema: String = transaction.query_one(schema, &[]).map_err(&failed)?.get(0);
            let class = format!("\"{}\".bit_hamming_ops", schema.replace('"', "\"\""));
            let make = format!("CREATE INDEX ON {} USING hnsw (code {class})", model.codes());
            transaction.batch_execute(&make).map_err(&failed)?;
        }
        let recall = measure(&mut transaction, model).map_err(&failed)?;
        transaction.commit().map_err(&failed)?;
        Ok(recall)
    }
}

/// Compares the index's answers with the exact ones, for codes of the library, and keeps the result.
fn measure(transaction: &mut Transaction<'_>, model: &PublishedModel) -> Result<Hnsw, postgres::Error> {
    let Some(index) = of_model(transaction, model)? else { return Ok(Hnsw { recall: None, sample: 0 }) };
    let table = model.codes();
    let sample = format!("SELECT file, chunk, code FROM {table} ORDER BY hashint8(file * 65536 + chunk) LIMIT $1");
    let sample: Vec<SharedCode> = transaction.query(&sample, &[&SAMPLE])?.iter().map(code_of_row).collect();
    let exact = format!("SELECT file, chunk, code FROM {table} ORDER BY bit_count(code # $1) LIMIT $2");
    let exact = transaction.prepare(&exact)?;
    let (mut found, mut wanted) = (0, 0);
    for code in &sample {
        // A published model has a legal width, so this always has a code.
        let Ok(mut codes) = Codes::new(model.bits) else { continue };
        codes.extend_words(code.words.iter().copied());
        let values: [&(dyn postgres::types::ToSql + Sync); 2] =
            [&Bits::of(model.bits, &code.words), &(NEIGHBOURS as i64)];
        let rows = transaction.query(&exact, &values)?;
        let Some(farthest) = rows.iter().map(|row| distance(codes.as_ref(), &code_of_row(row).words)).max() else {
            continue;
        };
        // Of equally far codes, any counts as found.
        let near = nearest(transaction, model, &index, codes.as_ref(), NEIGHBOURS)?;
        let near = near.iter().filter(|near| distance(codes.as_ref(), &near.words) <= farthest).count();
        found += near.min(rows.len());
        wanted += rows.len();
    }
    let recall = if wanted == 0 { 1.0 } else { f64::from(found as u32) / f64::from(wanted as u32) };
    let keep = format!(
        "INSERT INTO soundalike.recalls (model, recall, sample, codes) SELECT $1, $2, $3, count(*) FROM {table}
         ON CONFLICT (model) DO UPDATE SET recall = excluded.recall, sample = excluded.sample, codes = excluded.codes,
            measured_at = now()"
    );
    transaction.execute(&keep, &[&model.id, &recall, &(sample.len() as i32)])?;
    Ok(Hnsw { recall: Some(recall), sample: sample.len() as u32 })
}
