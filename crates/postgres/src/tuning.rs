//! Server settings from the machine's size, by PostgreSQL's own advice for a shared machine.

const MIB: u64 = 1024 * 1024;

/// What the settings are derived from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Machine {
    /// Processor cores.
    pub cores: u64,
    /// Memory, in bytes.
    pub memory: u64,
}

impl Machine {
    /// This machine: the cores that this process may use and the memory that the kernel reports.
    pub fn current() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, |count| count.get() as u64);
        let memory = std::fs::read_to_string("/proc/meminfo")
            .ok()
            .and_then(|text| memory_total(&text))
            .unwrap_or(1024 * MIB);
        Machine { cores, memory }
    }
}

/// `MemTotal` of `/proc/meminfo`, in bytes.
fn memory_total(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find(|line| line.starts_with("MemTotal:"))?;
    let kibibytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kibibytes * 1024)
}

/// The settings that depend on the machine, as name and value, in the order they are written.
///
/// - `shared_buffers`: a quarter of the memory; the kernel's cache does the rest.
/// - `effective_cache_size`: three quarters, which both caches together may hold.
/// - `maintenance_work_mem`: a sixteenth, at most 2 GiB.
/// - `work_mem`: what is left after `shared_buffers`, over four sorts in each connection.
/// - Workers: one per core, of which a query may take half, at most four.
pub fn settings(machine: Machine) -> Vec<(&'static str, String)> {
    let Machine { cores, memory } = machine;
    let cores = cores.max(1);
    let connections = max_connections(machine);
    let shared_buffers = (memory / 4 / MIB).clamp(64, 64 * 1024);
    let maintenance = (memory / 16 / MIB).clamp(32, 2048);
    let work_mem_kib = ((memory / MIB - shared_buffers.min(memory / MIB)) * 1024
        / (connections * 4))
        .clamp(2048, 262_144);
    let per_gather = (cores / 2).clamp(1, 4);
    vec![
        ("shared_buffers", format!("{shared_buffers}MB")),
        ("effective_cache_size", format!("{}MB", (memory / 4 * 3 / MIB).max(128))),
        ("maintenance_work_mem", format!("{maintenance}MB")),
        ("work_mem", format!("{work_mem_kib}kB")),
        ("max_connections", connections.to_string()),
        ("max_worker_processes", (cores + 8).to_string()),
        ("max_parallel_workers", cores.to_string()),
        ("max_parallel_workers_per_gather", per_gather.to_string()),
        ("max_parallel_maintenance_workers", per_gather.to_string()),
        ("max_wal_size", format!("{}MB", (memory / 8 / MIB).clamp(1024, 16 * 1024))),
        ("min_wal_size", format!("{}MB", (memory / 64 / MIB).clamp(80, 2048))),
    ]
}

/// `max_connections`: room for the applications' pools, and more of it where there are more cores.
pub fn max_connections(machine: Machine) -> u64 {
    (machine.cores * 25).clamp(100, 500)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(machine: Machine, name: &str) -> String {
        settings(machine).into_iter().find(|(key, _)| *key == name).unwrap().1
    }

    #[test]
    fn machines_get_settings_of_their_size() {
        const GIB: u64 = 1024 * MIB;
        // (cores, GiB) -> shared_buffers, effective_cache_size, maintenance_work_mem, work_mem,
        // max_connections, workers per query, max_wal_size
        let table = [
            ((1, 1), ["256MB", "768MB", "64MB", "2048kB", "100", "1", "1024MB"]),
            ((2, 24), ["6144MB", "18432MB", "1536MB", "47185kB", "100", "1", "3072MB"]),
            ((8, 32), ["8192MB", "24576MB", "2048MB", "31457kB", "200", "4", "4096MB"]),
            ((16, 64), ["16384MB", "49152MB", "2048MB", "31457kB", "400", "4", "8192MB"]),
            ((32, 128), ["32768MB", "98304MB", "2048MB", "50331kB", "500", "4", "16384MB"]),
        ];
        let names = [
            "shared_buffers",
            "effective_cache_size",
            "maintenance_work_mem",
            "work_mem",
            "max_connections",
            "max_parallel_workers_per_gather",
            "max_wal_size",
        ];
        for ((cores, gibibytes), expected) in table {
            let machine = Machine { cores, memory: gibibytes * GIB };
            let found: Vec<String> = names.iter().map(|name| value(machine, name)).collect();
            assert_eq!(found, expected, "{cores} cores, {gibibytes} GiB");
        }
    }

    #[test]
    fn memory_is_read_from_the_kernel() {
        assert_eq!(memory_total("MemTotal:       2048 kB\nMemFree: 1 kB\n"), Some(2 * MIB));
        assert_eq!(memory_total("nothing"), None);
    }
}
