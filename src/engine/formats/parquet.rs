//! Apache Parquet: one row for each chunk, with its code as binary of a fixed size. Any database with a Hamming metric
//! can load it.

use std::io::Write;
use std::sync::Arc;

use ::parquet::data_type::{
    ByteArray, ByteArrayType, DataType, DoubleType, FixedLenByteArray, FixedLenByteArrayType, Int64Type,
};
use ::parquet::errors::ParquetError;
use ::parquet::file::metadata::KeyValue;
use ::parquet::file::properties::WriterProperties;
use ::parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use ::parquet::schema::parser::parse_message_type;

/// The number of rows that are in memory at once.
const ROWS_A_GROUP: usize = 65_536;

/// A chunk and its code.
pub(in crate::engine) struct Row<'a> {
    pub id: i64,
    pub path: &'a str,
    pub start_secs: f64,
    pub end_secs: f64,
    /// The recorder's clock time at the start, if it is known.
    pub recorded: Option<String>,
    pub code: Vec<u8>,
}

/// Writes `rows` of codes of `bits` bits in their order. Bit i of a code is bit i % 8 of byte i / 8, counted from the
/// least significant bit.
pub(in crate::engine) fn write<'a>(
    bits: usize,
    rows: impl Iterator<Item = Row<'a>>,
    to: &mut (dyn Write + Send),
) -> Result<(), ParquetError> {
    let schema = parse_message_type(&format!(
        "message chunks {{
            required int64 id;
            required binary path (STRING);
            required double start_seconds;
            required double end_seconds;
            optional binary recorded (STRING);
            required fixed_len_byte_array({}) code;
        }}",
        bits.div_ceil(8)
    ))?;
    let about = [("soundalike.bits", bits.to_string()), ("soundalike.metric", "hamming".to_owned())];
    let about = about.map(|(key, value)| KeyValue::new(key.to_owned(), value));
    let properties = WriterProperties::builder().set_key_value_metadata(Some(about.to_vec())).build();
    let mut file = SerializedFileWriter::new(to, Arc::new(schema), Arc::new(properties))?;
    let mut rows = rows.peekable();
    while rows.peek().is_some() {
        let group: Vec<Row<'_>> = rows.by_ref().take(ROWS_A_GROUP).collect();
        let mut writer = file.next_row_group()?;
        column::<Int64Type, _>(&mut writer, &group, |row| row.id)?;
        column::<ByteArrayType, _>(&mut writer, &group, |row| ByteArray::from(row.path))?;
        column::<DoubleType, _>(&mut writer, &group, |row| row.start_secs)?;
        column::<DoubleType, _>(&mut writer, &group, |row| row.end_secs)?;
        optional::<ByteArrayType, _>(&mut writer, &group, |row| row.recorded.as_deref().map(ByteArray::from))?;
        column::<FixedLenByteArrayType, _>(&mut writer, &group, |row| FixedLenByteArray::from(row.code.clone()))?;
        writer.close()?;
    }
    file.close()?;
    Ok(())
}

fn column<T: DataType, W: Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    rows: &[Row<'_>],
    value: impl Fn(&Row<'_>) -> T::T,
) -> Result<(), ParquetError> {
    let values: Vec<T::T> = rows.iter().map(value).collect();
    write_column::<T, W>(group, &values, None)
}

/// A column in which values can be missing.
fn optional<T: DataType, W: Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    rows: &[Row<'_>],
    value: impl Fn(&Row<'_>) -> Option<T::T>,
) -> Result<(), ParquetError> {
    let values: Vec<Option<T::T>> = rows.iter().map(value).collect();
    let are_there: Vec<i16> = values.iter().map(|value| i16::from(value.is_some())).collect();
    let values: Vec<T::T> = values.into_iter().flatten().collect();
    write_column::<T, W>(group, &values, Some(&are_there))
}

fn write_column<T: DataType, W: Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    values: &[T::T],
    are_there: Option<&[i16]>,
) -> Result<(), ParquetError> {
    let Some(mut column) = group.next_column()? else {
        return Err(ParquetError::General("the schema has fewer columns than are written".into()));
    };
    column.typed::<T>().write_batch(values, are_there, None)?;
    column.close()
}
