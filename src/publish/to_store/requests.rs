//! Requests side by side: a bounded number at once, and none after the first that failed.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::runtime::Runtime;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::diagnostics::Diagnostic;
use crate::publish::poisoned;

/// Requests at a time.
const MAX_REQUESTS: usize = 16;

pub struct Requests<'r> {
    runtime: &'r Runtime,
    slots: Arc<Semaphore>,
    tasks: Mutex<JoinSet<()>>,
    failure: Arc<Mutex<Option<Diagnostic>>>,
}

impl<'r> Requests<'r> {
    pub fn new(runtime: &'r Runtime) -> Requests<'r> {
        let slots = Arc::new(Semaphore::new(MAX_REQUESTS));
        Requests { runtime, slots, tasks: Mutex::default(), failure: Arc::default() }
    }

    /// Starts a request when there is room for it.
    ///
    /// # Errors
    /// An earlier one failed, for the reason that [`wait`](Self::wait) returns.
    pub fn start(
        &self,
        request: impl Future<Output = Result<(), Diagnostic>> + Send + 'static,
    ) -> Result<(), Diagnostic> {
        let slot = self.runtime.block_on(Arc::clone(&self.slots).acquire_owned()).map_err(|_| stopped())?;
        let (slots, failure) = (Arc::clone(&self.slots), Arc::clone(&self.failure));
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        while tasks.try_join_next().is_some() {}
        tasks.spawn_on(
            async move {
                if let Err(diagnostic) = request.await {
                    slots.close();
                    failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(diagnostic);
                }
                drop(slot);
            },
            self.runtime.handle(),
        );
        Ok(())
    }

    /// Waits until all requests are answered.
    ///
    /// # Errors
    /// Why the first one failed.
    pub fn wait(&self) -> Result<(), Diagnostic> {
        let mut tasks = std::mem::take(&mut *self.tasks.lock().map_err(|_| poisoned())?);
        self.runtime.block_on(async { while tasks.join_next().await.is_some() {} });
        match self.failure.lock().map_err(|_| poisoned())?.clone() {
            Some(failure) => Err(failure),
            None => Ok(()),
        }
    }
}

/// Takes the place of the error that is reported.
fn stopped() -> Diagnostic {
    Diagnostic::error(None, "an earlier request failed")
}
