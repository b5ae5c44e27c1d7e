//! Who holds a lease: a process, and whether it is gone where it was one of this machine.

use std::fs;

/// A process. Where the system does not say what tells it from others, nobody takes it for gone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Holder {
    /// Of the machine.
    pub name: String,
    /// The boot of the machine and the process ids that are seen in this container.
    machine: String,
    process: u32,
    /// When the process started, since process ids are used again.
    started: u64,
}

impl Holder {
    /// This process.
    pub fn current() -> Holder {
        let read = |path: &str| fs::read_to_string(path).map(|text| text.trim().to_owned()).unwrap_or_default();
        let boot = read("/proc/sys/kernel/random/boot_id");
        let processes = fs::read_link("/proc/self/ns/pid").map(|link| link.display().to_string()).unwrap_or_default();
        let process = std::process::id();
        Holder {
            name: Some(read("/proc/sys/kernel/hostname")).filter(|name| !name.is_empty()).unwrap_or("-".to_owned()),
            machine: if boot.is_empty() || processes.is_empty() {
                "-".to_owned()
            } else {
                format!("{boot}/{processes}")
            },
            process,
            started: start(process).unwrap_or_default(),
        }
    }

    /// As a line of a lease.
    pub fn line(&self) -> String {
        let Holder { name, machine, process, started } = self;
        format!("{name}\t{machine}\t{process}\t{started}")
    }

    /// Reads such a line.
    pub fn parse(line: &str) -> Option<Holder> {
        let fields: Vec<&str> = line.split('\t').collect();
        let [name, machine, process, started] = fields[..] else { return None };
        Some(Holder {
            name: name.to_owned(),
            machine: machine.to_owned(),
            process: process.parse().ok()?,
            started: started.parse().ok()?,
        })
    }

    /// Whether it was a process of this machine, and has ended.
    pub fn is_gone(&self, current: &Holder) -> bool {
        let is_here = self.machine == current.machine && self.machine != "-" && current.started != 0;
        is_here && start(self.process) != Some(self.started)
    }

    /// For people.
    pub fn describe(&self) -> String {
        format!("process {} of the machine `{}`", self.process, self.name)
    }
}

/// When a process started, in ticks since the boot; `None` if it has ended.
fn start(process: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name of the program is in parentheses, and may hold anything.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let is_zombie = matches!(fields.first(), Some(&("Z" | "X")));
    fields.get(19).filter(|_| !is_zombie)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_ended_is_gone() {
        let current = Holder::current();
        assert_eq!(Holder::parse(&current.line()).as_ref(), Some(&current));
        assert!(!current.is_gone(&current));
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let ended = Holder { process: child.id(), started: 1, ..current.clone() };
        child.wait().unwrap();
        if current.machine != "-" {
            assert!(ended.is_gone(&current));
            // The same id, given to another process.
            assert!(Holder { started: current.started + 1, ..current.clone() }.is_gone(&current));
        }
        let elsewhere = Holder { machine: "other".to_owned(), ..ended };
        assert!(!elsewhere.is_gone(&current));
    }
}
