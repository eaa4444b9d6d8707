//! What was measured: whole events by second, whole microseconds, printed for people or as one document.

use super::child::Usage;
use super::lane::{Call, Lane, Taken};
use super::machine::Machine;
use super::maker::{Ids, Mix};
use crate::look::{cell, count, table};
use serde::Serialize;
use std::fmt::Write as _;
use std::time::Duration;

/// One line of the table.
#[derive(Debug, Clone, Serialize)]
pub struct Figure {
    /// For people.
    pub lane: &'static str,
    call: Call,
    events_per_call: usize,
    callers: usize,
    connections: usize,
    ids: Ids,
    mix: Mix,
    /// Events acknowledged.
    pub events: u64,
    elapsed_us: u64,
    /// Events acknowledged by second.
    pub events_per_second: u64,
    transfers_per_second: u64,
    p50_us: u32,
    p99_us: u32,
    worst_us: u32,
    /// CPU time of the server for one event, in nanoseconds.
    pub server_cpu_ns_per_event: u64,
    client_cpu_ns_per_event: u64,
    server_resident_kib: u64,
    foreign_core_pct: u64,
}

/// The journal after the measure.
#[derive(Debug, Clone, Serialize)]
pub struct Audit {
    /// Entries verified: as many as were acknowledged.
    pub entries: u64,
    /// Transfers verified.
    pub transfers: u64,
    /// Entries verified by second.
    pub events_per_second: u64,
    /// Size of the journal's file, by entry.
    pub bytes_per_event: u64,
    /// How long it took.
    pub elapsed_ms: u64,
}

/// Everything measured.
#[derive(Debug, Clone, Serialize)]
pub struct Document {
    machine: Machine,
    seconds_per_lane: u64,
    registered: u64,
    /// Events of the lane that is not told.
    pub warm_up_events: u64,
    /// The table.
    pub figures: Vec<Figure>,
    /// What the server used in all.
    pub server: Option<Usage>,
    /// How long the server took to stop.
    pub stop_ms: u64,
    /// What the verification found.
    pub audit: Option<Audit>,
}

impl Figure {
    /// Adds up what the callers of a lane went through.
    ///
    /// `foreign_ms` is the CPU time that other processes of the machine took meanwhile.
    pub fn new(
        lane: &Lane,
        mut taken: Taken,
        elapsed: Duration,
        (server, client): (Usage, Usage),
        foreign_ms: u64,
    ) -> Self {
        taken.delays.sort_unstable();
        let transfers = match lane.mix {
            Mix::Relogements => taken.events * 2,
            Mix::FollowedUp => taken.events * 5 / 4,
        };
        let per_event = |cpu_ms: u64| (cpu_ms * 1_000_000).checked_div(taken.events).unwrap_or(0);
        Self {
            lane: lane.name,
            call: lane.call,
            events_per_call: lane.events,
            callers: lane.callers,
            connections: lane.connections,
            ids: lane.ids,
            mix: lane.mix,
            events: taken.events,
            elapsed_us: u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX),
            events_per_second: per_second(taken.events, elapsed),
            transfers_per_second: per_second(transfers, elapsed),
            p50_us: percentile(&taken.delays, 50),
            p99_us: percentile(&taken.delays, 99),
            worst_us: percentile(&taken.delays, 100),
            server_cpu_ns_per_event: per_event(server.cpu_ms),
            client_cpu_ns_per_event: per_event(client.cpu_ms),
            server_resident_kib: server.resident_kib,
            foreign_core_pct: per_second(foreign_ms, elapsed) / 10,
        }
    }
}

impl Document {
    /// A document still empty.
    pub const fn new(machine: Machine, span: Duration, registered: u64) -> Self {
        Self {
            machine,
            seconds_per_lane: span.as_secs(),
            registered,
            warm_up_events: 0,
            figures: Vec::new(),
            server: None,
            stop_ms: 0,
            audit: None,
        }
    }

    /// Everything the server said was on disk.
    pub fn acknowledged(&self) -> u64 {
        let measured: u64 = self.figures.iter().map(|figure| figure.events).sum();
        self.registered + self.warm_up_events + measured
    }

    /// For a person.
    pub fn text(&self) -> String {
        let machine = &self.machine;
        let mut out = String::new();
        let _ = writeln!(
            out,
            "Machine : {} cœurs {}, {} Mio, Linux {}, {}\nDurabilité : {}\n\
             Compilation : {} ; client et serveur se partagent la machine ; {} s par ligne\n\n{}",
            machine.cores,
            machine.cpu,
            count(machine.memory_mib),
            machine.kernel,
            machine.file_system,
            machine.durability,
            machine.profile,
            self.seconds_per_lane,
            self.lanes(),
        );
        if let Some(server) = &self.server {
            let _ = writeln!(
                out,
                "\nServeur : {} Mio résidents (au plus {}), {},{:03} s de CPU, arrêté en {} ms",
                count(server.resident_kib / 1024),
                count(server.peak_kib / 1024),
                server.cpu_ms / 1000,
                server.cpu_ms % 1000,
                self.stop_ms,
            );
        }
        if let Some(audit) = &self.audit {
            let _ = writeln!(
                out,
                "Journal : {} écritures, autant qu’acquittées, {} mouvements, {} octets par écriture\n\
                 Vérification : {} écritures/s ({},{:03} s)",
                count(audit.entries),
                count(audit.transfers),
                count(audit.bytes_per_event),
                count(audit.events_per_second),
                audit.elapsed_ms / 1000,
                audit.elapsed_ms % 1000,
            );
        }
        out
    }

    fn lanes(&self) -> String {
        let mut table = table(&[
            "Mesure",
            ">événements/s",
            ">mouvements/s",
            ">p50",
            ">p99",
            ">pire",
            ">CPU serveur",
            ">CPU client",
            ">Autres",
        ]);
        for figure in &self.figures {
            table.add_row([
                cell(figure.lane),
                cell(count(figure.events_per_second)),
                cell(count(figure.transfers_per_second)),
                cell(milliseconds(figure.p50_us)),
                cell(milliseconds(figure.p99_us)),
                cell(milliseconds(figure.worst_us)),
                cell(microseconds(figure.server_cpu_ns_per_event)),
                cell(microseconds(figure.client_cpu_ns_per_event)),
                cell(format!("{} %", figure.foreign_core_pct)),
            ]);
        }
        format!(
            "{table}\nDélais par appel ; CPU par événement ; autres : part d’un cœur prise par d’autres programmes."
        )
    }
}

/// So many by second.
pub fn per_second(number: u64, elapsed: Duration) -> u64 {
    let micros = elapsed.as_micros().max(1);
    u64::try_from(u128::from(number) * 1_000_000 / micros).unwrap_or(u64::MAX)
}

/// The middle one, or the lower of the two in the middle; zero without any.
pub fn median(numbers: impl IntoIterator<Item = u64>) -> u64 {
    let mut numbers: Vec<u64> = numbers.into_iter().collect();
    numbers.sort_unstable();
    numbers.get(numbers.len().saturating_sub(1) / 2).copied().unwrap_or(0)
}

/// The delay that so many in a hundred do not exceed (nearest rank); zero without any.
fn percentile(sorted: &[u32], hundredths: usize) -> u32 {
    let rank = (sorted.len() * hundredths).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or(0)
}

/// `1,42 ms`.
fn milliseconds(micros: u32) -> String {
    format!("{},{:02} ms", micros / 1000, micros % 1000 / 10)
}

/// `3,1 µs`.
pub fn microseconds(nanos: u64) -> String {
    format!("{},{} µs", nanos / 1000, nanos % 1000 / 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_delays_that_were_seen() {
        let delays: Vec<u32> = (1..=200).collect();
        assert_eq!([50, 99, 100].map(|p| percentile(&delays, p)), [100, 198, 200]);
        assert_eq!((percentile(&[], 50), percentile(&[7], 99)), (0, 7));
    }

    #[test]
    fn a_median_is_a_number_that_was_seen() {
        assert_eq!([&[][..], &[5], &[9, 1, 4], &[8, 2, 6, 4]].map(|n| median(n.to_vec())), [0, 5, 4, 4]);
    }

    #[test]
    fn rates_and_delays_are_whole_numbers_shown_with_a_comma() {
        assert_eq!(per_second(3, Duration::from_millis(1500)), 2);
        assert_eq!((milliseconds(1_429), microseconds(3_190)), ("1,42 ms".to_owned(), "3,1 µs".to_owned()));
    }
}
