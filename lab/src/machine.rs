//! The machine that figures are measured on.

use std::process::Command;

use sysinfo::{CpuRefreshKind, MemoryRefreshKind, RefreshKind, System};

/// Processor, memory, system and compiler, each with its name: `CPU`, `memory`, `system`, `compiler`.
///
/// What the system does not tell is `unknown`.
pub fn describe() -> Vec<(String, String)> {
    let asked = RefreshKind::nothing()
        .with_cpu(CpuRefreshKind::nothing())
        .with_memory(MemoryRefreshKind::nothing().with_ram());
    let unknown = || "unknown".to_owned();
    let (processor, memory) = match System::new_with_specifics(asked) {
        Ok(system) => {
            let brand = system.cpus().first().map_or("unknown", |cpu| cpu.brand().trim());
            let gib = (system.total_memory() as f64 / f64::from(1 << 30)).round();
            (format!("{} x {brand}", system.cpus().len()), format!("{gib} GiB"))
        }
        Err(_) => (unknown(), unknown()),
    };
    let name = System::long_os_version().unwrap_or_else(|_| unknown());
    let kernel = System::kernel_version().unwrap_or_else(|_| unknown());
    [
        ("CPU", processor),
        ("memory", memory),
        ("system", format!("{name}, kernel {kernel}")),
        ("compiler", version("rustc").unwrap_or_else(unknown)),
    ]
    .map(|(what, which)| (what.to_owned(), which))
    .into()
}

/// What a program answers to `--version`; nothing where it cannot be run.
pub fn version(program: &str) -> Option<String> {
    let output = Command::new(program).arg("--version").output().ok()?;
    Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
