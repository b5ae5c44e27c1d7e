//! Work beside the server, one task at a time in a thread of its own: on a schedule, or when the admin address is asked for it.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::Clock;
use crate::model::Timestamp;

/// The longest pause after failures.
const MAX_PAUSE: Duration = Duration::from_secs(24 * 3600);

/// A task by its name, and how often it is run by itself.
#[derive(Debug, Clone)]
pub struct Task {
    pub name: String,
    pub every: Option<Duration>,
}

/// Runs the task of a name: tells its progress, and returns what it did or why it failed, in one line.
pub type RunTask = Box<dyn Fn(&str, &(dyn Fn(String) + Sync)) -> Result<String, String> + Send>;

/// What is known of a task.
#[derive(Debug, Clone, Default)]
pub struct TaskStatus {
    pub name: String,
    pub is_running: bool,
    pub is_queued: bool,
    pub progress: Option<String>,
    pub last_start: Option<Timestamp>,
    pub last_end: Option<Timestamp>,
    pub last_success: Option<Timestamp>,
    /// What the last run did, or why it failed.
    pub outcome: Option<Result<String, String>>,
    pub next: Option<Timestamp>,
    pub succeeded: u64,
    pub failed: u64,
}

enum Message {
    Run(usize),
    Stop,
}

/// The tasks of a server.
pub struct Tasks {
    statuses: Mutex<Vec<TaskStatus>>,
    sender: Sender<Message>,
    clock: Clock,
}

/// Stops the thread when it is dropped, without waiting for a task at work.
pub struct TasksHandle(Arc<Tasks>);

impl Drop for TasksHandle {
    fn drop(&mut self) {
        let _ = self.0.sender.send(Message::Stop);
    }
}

impl Tasks {
    /// Starts to run tasks, those on a schedule at once.
    pub fn start(tasks: Vec<Task>, run: RunTask, clock: Clock) -> (Arc<Tasks>, TasksHandle) {
        let (sender, receiver) = channel();
        let status = |task: &Task| TaskStatus { name: task.name.clone(), ..TaskStatus::default() };
        let statuses = Mutex::new(tasks.iter().map(status).collect());
        let shared = Arc::new(Tasks { statuses, sender, clock });
        let runner = Runner {
            due: tasks.iter().map(|task| task.every.map(|_| Instant::now())).collect(),
            failures: vec![0; tasks.len()],
            tasks,
            run,
            shared: Arc::clone(&shared),
        };
        std::thread::spawn(move || runner.run(&receiver));
        (Arc::clone(&shared), TasksHandle(shared))
    }

    pub fn statuses(&self) -> MutexGuard<'_, Vec<TaskStatus>> {
        self.statuses.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks for a run, unless one is asked for already. Returns whether there is such a task.
    pub fn trigger(&self, name: &str) -> bool {
        let mut statuses = self.statuses();
        let Some(index) = statuses.iter().position(|status| status.name == name) else { return false };
        if !std::mem::replace(&mut statuses[index].is_queued, true) {
            let _ = self.sender.send(Message::Run(index));
        }
        true
    }

    fn now(&self) -> Timestamp {
        Timestamp((self.clock)().timestamp())
    }
}

/// The thread.
struct Runner {
    tasks: Vec<Task>,
    run: RunTask,
    shared: Arc<Tasks>,
    /// By task: when it is due.
    due: Vec<Option<Instant>>,
    /// By task: how often it failed in a row.
    failures: Vec<u32>,
}

impl Runner {
    fn run(mut self, messages: &Receiver<Message>) {
        loop {
            let next = self.due.iter().flatten().min();
            let wait = next.map_or(MAX_PAUSE, |at| at.saturating_duration_since(Instant::now()));
            let index = match messages.recv_timeout(wait) {
                Ok(Message::Run(index)) => Some(index),
                Ok(Message::Stop) | Err(RecvTimeoutError::Disconnected) => return,
                Err(RecvTimeoutError::Timeout) => {
                    self.due.iter().position(|due| due.is_some_and(|due| due <= Instant::now()))
                }
            };
            if let Some(index) = index {
                self.run_task(index);
            }
        }
    }

    fn run_task(&mut self, index: usize) {
        let name = self.tasks[index].name.clone();
        {
            let now = self.shared.now();
            let status = &mut self.shared.statuses()[index];
            // What is asked for from now on is another run.
            (status.is_running, status.is_queued, status.last_start, status.next) = (true, false, Some(now), None);
        }
        let tell = |progress: String| self.shared.statuses()[index].progress = Some(progress);
        let outcome = (self.run)(&name, &tell);
        match &outcome {
            Ok(done) => tracing::info!("import of {name}: {done}"),
            Err(why) => tracing::warn!("import of {name} failed: {why}"),
        }
        self.failures[index] = if outcome.is_ok() { 0 } else { self.failures[index].saturating_add(1) };
        // After failures more and more seldom.
        let pause = self.tasks[index].every.map(|every| {
            let longest = MAX_PAUSE.max(every);
            every.checked_mul(2_u32.saturating_pow(self.failures[index])).map_or(longest, |pause| pause.min(longest))
        });
        self.due[index] = pause.map(|pause| Instant::now() + pause);
        let now = self.shared.now();
        let status = &mut self.shared.statuses()[index];
        (status.is_running, status.progress, status.last_end) = (false, None, Some(now));
        status.next = pause.map(|pause| Timestamp(now.0.saturating_add(pause.as_secs() as i64)));
        match &outcome {
            Ok(_) => (status.last_success, status.succeeded) = (Some(now), status.succeeded + 1),
            Err(_) => status.failed += 1,
        }
        status.outcome = Some(outcome);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::sync::atomic::{AtomicU32, Ordering};

    use chrono::Utc;

    use super::*;

    fn until(mut is_so: impl FnMut() -> bool) {
        let end = Instant::now() + Duration::from_secs(10);
        while !is_so() {
            assert!(Instant::now() < end, "it did not come to pass");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    #[test]
    fn tasks_run_one_at_a_time_on_their_schedule_and_when_asked_for() {
        let (at_work, most) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
        let counted = (Arc::clone(&at_work), Arc::clone(&most));
        let run: RunTask = Box::new(move |name, tell| {
            let now = counted.0.fetch_add(1, Ordering::SeqCst) + 1;
            counted.1.fetch_max(now, Ordering::SeqCst);
            tell("half done".to_owned());
            std::thread::sleep(Duration::from_millis(10));
            counted.0.fetch_sub(1, Ordering::SeqCst);
            if name == "broken" { Err("it is down".to_owned()) } else { Ok("done".to_owned()) }
        });
        let task =
            |name: &str, every: Option<u64>| Task { name: name.to_owned(), every: every.map(Duration::from_millis) };
        let tasks = vec![task("often", Some(20)), task("broken", Some(20)), task("asked", None)];
        let (tasks, handle) = Tasks::start(tasks, run, Arc::new(Utc::now));
        assert!(tasks.trigger("asked") && !tasks.trigger("nothing"));
        until(|| tasks.statuses()[2].succeeded == 1 && tasks.statuses()[0].succeeded > 3);
        let statuses = tasks.statuses().clone();
        assert_eq!(most.load(Ordering::SeqCst), 1);
        assert_eq!(statuses[2].outcome, Some(Ok("done".to_owned())));
        assert!(statuses[2].next.is_none() && statuses[2].last_success.is_some());
        // Twice as long after each failure.
        until(|| tasks.statuses()[0].succeeded > 30);
        let failed = tasks.statuses()[1].failed;
        assert!((2..15).contains(&failed), "{failed}");
        drop(handle);
    }
}
