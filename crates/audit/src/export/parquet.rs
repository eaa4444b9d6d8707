//! The table as Parquet: the columns of the CSV for machines, with real numbers, decimals and dates.
//!
//! Written with the columns of the `parquet` crate alone: its Arrow half takes longer to build than all the rest.

use super::manifest::Manifest;
use super::row::{Row, Side};
use super::running::{Layout, Names, Put};
use chambre_domain::calendar::day_number;
use chambre_domain::{Entry, Transfer, Unit};
use parquet::basic::Compression;
use parquet::data_type::{
    ByteArray, ByteArrayType, DataType, FixedLenByteArray, FixedLenByteArrayType, Int32Type, Int64Type,
};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;
use std::io::{self, Write};
use std::mem::take;
use std::sync::{Arc, Mutex, PoisonError};

/// Rows written at once: a few megabytes of memory.
const GROUP: usize = 16_384;

const SCHEMA: &str = "message mouvement {
    required int64 seq;
    required binary event_id (STRING);
    required binary kind (STRING);
    required int32 occurred_on (DATE);
    required int32 booked_on (DATE);
    required binary territory_siren (STRING);
    required binary territory_name (STRING);
    optional binary relogement_id (STRING);
    optional binary reference (STRING);
    required int32 debit_compte;
    optional binary debit_bailleur_siren (STRING);
    optional binary debit_bailleur_name (STRING);
    required int32 credit_compte;
    optional binary credit_bailleur_siren (STRING);
    optional binary credit_bailleur_name (STRING);
    required binary unit (STRING);
    required int64 amount (DECIMAL(18,2));
    required fixed_len_byte_array(32) seal;
}";

/// Where the writer of the crate leaves its bytes, and whence they are taken.
#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Written {
    fn take(&self) -> Vec<u8> {
        take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Rows gathered, by column.
#[derive(Default)]
struct Columns {
    seq: Vec<i64>,
    event_id: Vec<ByteArray>,
    kind: Vec<ByteArray>,
    occurred_on: Vec<i32>,
    booked_on: Vec<i32>,
    territory_siren: Vec<ByteArray>,
    territory_name: Vec<ByteArray>,
    relogement: Optional,
    reference: Optional,
    debit: Sides,
    credit: Sides,
    unit: Vec<ByteArray>,
    amount: Vec<i64>,
    seal: Vec<FixedLenByteArray>,
}

/// A column with holes: the values that are there, and for each row whether it has one.
#[derive(Default)]
struct Optional {
    values: Vec<ByteArray>,
    present: Vec<i16>,
}

#[derive(Default)]
struct Sides {
    compte: Vec<i32>,
    siren: Optional,
    name: Optional,
}

pub(crate) struct Parquet {
    names: Names,
    written: Written,
    /// Nothing once the file is whole, or when it could not even be begun.
    writer: Option<SerializedFileWriter<Written>>,
    columns: Columns,
}

impl Parquet {
    pub(crate) fn new(names: Names) -> Self {
        let schema = parse_message_type(SCHEMA).expect("the schema is a constant that the tests read");
        let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
        let written = Written::default();
        let writer = SerializedFileWriter::new(written.clone(), Arc::new(schema), Arc::new(properties));
        Self { names, written, writer: writer.ok(), columns: Columns::default() }
    }

    fn writer(&mut self) -> io::Result<&mut SerializedFileWriter<Written>> {
        self.writer.as_mut().ok_or_else(|| io::Error::other("the file of Parquet could not be begun"))
    }

    fn write_group(&mut self) -> io::Result<()> {
        let columns = take(&mut self.columns);
        let mut group = self.writer()?.next_row_group().map_err(other)?;
        columns.write(&mut group).map_err(other)?;
        group.close().map_err(other)?;
        Ok(())
    }
}

impl Columns {
    fn push(&mut self, row: Row<'_>) -> io::Result<()> {
        let seq = i64::try_from(row.entry.seq.get()).map_err(io::Error::other)?;
        // Hundredths, whatever the unit: one placement is 1.00.
        let amount = match row.unit {
            Unit::Eur => Some(row.amount),
            Unit::Placement | Unit::SquareMetreSdp => row.amount.checked_mul(100),
        };
        self.seq.push(seq);
        self.event_id.push(row.entry.event_id.as_str().into());
        self.kind.push(row.entry.event.kind().into());
        self.occurred_on.push(day_number(row.entry.occurred_on));
        self.booked_on.push(day_number(row.booked_on));
        self.territory_siren.push(row.territory_siren.as_str().into());
        self.territory_name.push(row.territory_name.into());
        self.relogement.push(row.relogement);
        self.reference.push(row.reference.as_deref());
        self.debit.push(&row.debit)?;
        self.credit.push(&row.credit)?;
        self.unit.push(row.unit.code().into());
        self.amount.push(amount.ok_or_else(|| io::Error::other("an amount is beyond 18 digits"))?);
        self.seal.push(ByteArray::from(row.entry.seal.bytes().to_vec()).into());
        Ok(())
    }

    /// In the order of the schema.
    fn write(&self, group: &mut SerializedRowGroupWriter<'_, Written>) -> Result<(), ParquetError> {
        all::<Int64Type>(group, &self.seq)?;
        all::<ByteArrayType>(group, &self.event_id)?;
        all::<ByteArrayType>(group, &self.kind)?;
        all::<Int32Type>(group, &self.occurred_on)?;
        all::<Int32Type>(group, &self.booked_on)?;
        all::<ByteArrayType>(group, &self.territory_siren)?;
        all::<ByteArrayType>(group, &self.territory_name)?;
        self.relogement.write(group)?;
        self.reference.write(group)?;
        for side in [&self.debit, &self.credit] {
            all::<Int32Type>(group, &side.compte)?;
            side.siren.write(group)?;
            side.name.write(group)?;
        }
        all::<ByteArrayType>(group, &self.unit)?;
        all::<Int64Type>(group, &self.amount)?;
        all::<FixedLenByteArrayType>(group, &self.seal)
    }
}

impl Sides {
    fn push(&mut self, side: &Side) -> io::Result<()> {
        self.compte.push(i32::try_from(side.compte.number()).map_err(io::Error::other)?);
        let (siren, name) =
            side.bailleur.as_ref().map(|(siren, name)| (siren.to_string(), name.as_str())).unzip();
        self.siren.push(siren.as_deref());
        self.name.push(name);
        Ok(())
    }
}

impl Optional {
    fn push(&mut self, value: Option<&str>) {
        self.present.push(i16::from(value.is_some()));
        self.values.extend(value.map(ByteArray::from));
    }

    fn write(&self, group: &mut SerializedRowGroupWriter<'_, Written>) -> Result<(), ParquetError> {
        column::<ByteArrayType>(group, &self.values, Some(&self.present))
    }
}

fn all<T: DataType>(
    group: &mut SerializedRowGroupWriter<'_, Written>,
    values: &[T::T],
) -> Result<(), ParquetError> {
    column::<T>(group, values, None)
}

fn column<T: DataType>(
    group: &mut SerializedRowGroupWriter<'_, Written>,
    values: &[T::T],
    present: Option<&[i16]>,
) -> Result<(), ParquetError> {
    let missing = || ParquetError::General("the schema has fewer columns than the table".to_owned());
    let mut column = group.next_column()?.ok_or_else(missing)?;
    column.typed::<T>().write_batch(values, present, None)?;
    column.close()
}

fn other(error: ParquetError) -> io::Error {
    io::Error::other(error)
}

impl Layout for Parquet {
    fn file_name(&self) -> String {
        "journal.parquet".to_owned()
    }

    fn head(&self) -> String {
        String::new()
    }

    fn entry(&mut self, entry: &Entry, transfers: &[Transfer], out: &mut Vec<u8>) -> io::Result<u64> {
        let mut rows = 0;
        for transfer in transfers {
            self.columns.push(Row::new(entry, transfer, &self.names))?;
            rows += 1;
        }
        if self.columns.seq.len() >= GROUP {
            self.write_group()?;
            out.append(&mut self.written.take());
        }
        Ok(rows)
    }

    fn end(&mut self, _manifest: &Manifest, put: Put<'_>) -> io::Result<()> {
        if !self.columns.seq.is_empty() {
            self.write_group()?;
        }
        self.writer()?.finish().map_err(other)?;
        put(&self.written.take())
    }

    fn companion(&self, _manifest: &Manifest) -> Option<(String, String)> {
        None
    }
}
